//! Guards of erasure and holds.

use assent_types::claim::Capacity;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::erasure::{Attestation, Destroyed, ErasureBasis, Hold, Retention};
use assent_types::limits::HOLDS_MAX;
use assent_types::org::Role;
use assent_types::subject::{KeyOwner, MandateOp};
use assent_types::{ErrorCode, Hash32, Millis};

use crate::consent::authority::mandate_for;
use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

/// The document that an event is about.
pub(super) fn document<'c>(call: &'c Call<'_, '_>) -> &'c Anchor {
    match &call.document_object().anchor {
        Some(anchor) => anchor,
        None => unreachable!("dispatch found the document"),
    }
}

/// What keeps the document.
pub(super) fn retention<'c>(call: &'c Call<'_, '_>) -> &'c Retention {
    match &call.document_object().retention {
        Some(retention) => retention,
        None => unreachable!("dispatch read what keeps the document"),
    }
}

/// Whether the signer is the subject of a document or its proxy: E301 or E309.
fn person(call: &Call<'_, '_>, anchor: &Anchor, capacity: Capacity) -> Check {
    let subject = anchor.body.subject;
    match capacity {
        Capacity::Subject => ensure(call.signer().owner == KeyOwner::Subject(subject), ErrorCode::NotGrantor),
        Capacity::Proxy { mandate } => mandate_for(call, mandate, subject, MandateOp::Revoke).map(|_| ()),
        Capacity::Organisation => Err(ErrorCode::Role.into()),
    }
}

/// Whether the signer is the controller of a document or a regulator: E203.
fn authority(call: &Call<'_, '_>, anchor: &Anchor) -> Check {
    let regulator = call.signer().org.as_ref().is_some_and(|org| org.roles.has(Role::Regulator));
    ensure(regulator || call.signer().org_id() == Some(anchor.body.controller), ErrorCode::Role)
}

/// E301 or E309 unless the subject or its proxy asks, E203 unless the controller or a regulator does, E309 if an
/// organisation names no record. Of a document that does not exist, nothing is said here.
pub(super) fn may_request(call: &Call<'_, '_>) -> Check {
    let request = payload!(call, RequestErasure);
    let Some(anchor) = state::anchor(call.view, request.anchor)? else { return Ok(()) };
    if request.capacity != Capacity::Organisation {
        return person(call, &anchor, request.capacity);
    }
    authority(call, &anchor)?;
    ensure(request.evidence != Hash32::ZERO, ErrorCode::NotGrantor)
}

/// E301 or E309 unless the subject or its proxy withdraws.
pub(super) fn may_withdraw(call: &Call<'_, '_>) -> Check {
    let withdraw = payload!(call, WithdrawErasure);
    match state::anchor(call.view, withdraw.anchor)? {
        Some(anchor) => person(call, &anchor, withdraw.capacity),
        None => Ok(()),
    }
}

/// E203 unless the controller signs.
pub(super) fn controller_approves(call: &Call<'_, '_>) -> Check {
    match state::anchor(call.view, payload!(call, ApproveErasure).anchor)? {
        Some(anchor) => ensure(call.signer().org_id() == Some(anchor.body.controller), ErrorCode::Role),
        None => Ok(()),
    }
}

/// Whether the time for which the law keeps a document has run out and no hold keeps it on. Nobody is then permitted to
/// have a restricted document, be it that an open claim still delays its erasure: what a claim's course needs is held.
pub(crate) fn is_retention_over(anchor: &Anchor, retention: Option<&Retention>, at: Millis) -> bool {
    let over = anchor.body.retention_until.is_some_and(|until| until <= at);
    over && retention.is_none_or(|retention| retention.holds.is_empty())
}

/// Whether the law, a hold or an open claim keeps a document.
pub(super) fn is_kept(call: &Call<'_, '_>, anchor: &Anchor, retention: &Retention) -> Result<bool, Stop> {
    let by_law = anchor.body.retention_until.is_some_and(|until| call.now() < until);
    if by_law || !retention.holds.is_empty() {
        return Ok(true);
    }
    for claim in &retention.cited_by {
        if state::claim(call.view, *claim)?.is_some_and(|claim| !claim.status.is_terminal()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// E406 if something keeps the document.
pub(super) fn nothing_keeps(call: &Call<'_, '_>) -> Check {
    ensure(!is_kept(call, document(call), retention(call))?, ErrorCode::Hold)
}

/// E404 unless the document was the active head when it was restricted and no later version has become active since.
pub(super) fn was_head(call: &Call<'_, '_>) -> Check {
    let was_active = retention(call).request.is_some_and(|request| request.was == DocumentStatus::Active);
    ensure(was_active, ErrorCode::Lineage)?;
    let Some(next) = document(call).next else { return Ok(()) };
    let waits = state::anchor(call.view, next)?.is_some_and(|next| {
        let status = next.effective_status(call.now());
        matches!(status, DocumentStatus::Pending | DocumentStatus::Abandoned)
    });
    ensure(waits, ErrorCode::Lineage)
}

/// E408 if a regulator or court ordered the erasure: that is not the subject's to take back.
pub(super) fn not_ordered(call: &Call<'_, '_>) -> Check {
    let ordered = retention(call).request.is_some_and(|request| request.basis == ErasureBasis::Order);
    ensure(!ordered, ErrorCode::DocumentState)
}

/// E408 without an order.
pub(super) fn order(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, LiftRestriction).order != Hash32::ZERO, ErrorCode::DocumentState)
}

// Destruction --------------------------------------------------------------------------------------------------------

/// E504 for a share, E505 for a shard and E203 for a salt or the controller's part of the key that is not the signer's or is attested already; E505 for
/// nothing at all.
pub(super) fn destroys_own(call: &Call<'_, '_>) -> Check {
    let attest = payload!(call, DestroyAttest);
    let (anchor, keyset) = (document(call), &call.document_object().keyset);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let done = &retention(call).attestations;
    ensure(!attest.destroyed.is_empty(), ErrorCode::Shard)?;
    for destroyed in &attest.destroyed {
        let again = match destroyed {
            Destroyed::Share => done.iter().any(|other| other.destroyed == *destroyed && other.by == org),
            Destroyed::Shard(_) | Destroyed::Salt | Destroyed::ControllerKey => {
                done.iter().any(|other| other.destroyed == *destroyed)
            }
        };
        let (own, code) = match destroyed {
            Destroyed::Share => (keyset.share_of(org).is_some(), ErrorCode::NotKeyHolder),
            Destroyed::Shard(shard) => {
                let custody = anchor.custody.get(usize::from(*shard));
                (custody.is_some_and(|custody| custody.custodian == org), ErrorCode::Shard)
            }
            Destroyed::Salt | Destroyed::ControllerKey => (anchor.body.controller == org, ErrorCode::Role),
        };
        ensure(own && !again, code)?;
    }
    Ok(())
}

/// The attestations with those of the event.
pub(super) fn with_attested(call: &Call<'_, '_>) -> Retention {
    let attest = payload!(call, DestroyAttest);
    let mut retention = retention(call).clone();
    let Some(by) = call.signer().org_id() else { return retention };
    let at = call.now();
    let more = attest.destroyed.iter().map(|destroyed| Attestation { destroyed: *destroyed, by, at });
    let all: Vec<Attestation> = retention.attestations.iter().copied().chain(more).collect();
    if let Ok(all) = assent_types::Set::new(all) {
        retention.attestations = all;
    }
    retention
}

/// Whether so much is destroyed that fewer shares than the threshold and fewer shards than suffice are left.
fn is_enough(call: &Call<'_, '_>) -> bool {
    let (coding, keyset) = (&document(call).body.coding, &call.document_object().keyset);
    let after = with_attested(call);
    let shares = keyset.holders.len().saturating_sub(usize::from(keyset.threshold)) + 1;
    let shards = usize::from(coding.n()).saturating_sub(usize::from(coding.k())) + 1;
    after.controller_destroyed() && after.shares_destroyed() >= shares && after.shards_destroyed() >= shards
}

/// Chosen if the event destroys the last that was missing.
pub(super) fn destroys_enough(call: &Call<'_, '_>) -> Check {
    ensure(is_enough(call), ErrorCode::DocumentState)
}

/// Chosen if more is awaited.
pub(super) fn awaits_more(call: &Call<'_, '_>) -> Check {
    ensure(!is_enough(call), ErrorCode::DocumentState)
}

// Holds --------------------------------------------------------------------------------------------------------------

/// E203 unless the controller or a regulator signs. Of a document that does not exist, nothing is said here.
pub(super) fn may_hold(call: &Call<'_, '_>) -> Check {
    match state::anchor(call.view, payload!(call, PlaceHold).anchor)? {
        Some(anchor) => authority(call, &anchor),
        None => Ok(()),
    }
}

/// E408 for a document that is to be erased already, or never was there.
pub(super) fn there(call: &Call<'_, '_>) -> Check {
    let status = document(call).effective_status(call.now());
    let gone = matches!(status, DocumentStatus::ErasurePending | DocumentStatus::Abandoned);
    ensure(!gone, ErrorCode::DocumentState)
}

/// E406 without evidence, or if the document has as many holds as it may have.
pub(super) fn hold(call: &Call<'_, '_>) -> Check {
    let room = retention(call).holds.len() < HOLDS_MAX;
    ensure(room && payload!(call, PlaceHold).evidence != Hash32::ZERO, ErrorCode::Hold)
}

/// The hold that an event ends.
pub(super) fn held(call: &Call<'_, '_>) -> Option<Hold> {
    let id = payload!(call, ReleaseHold).hold;
    retention(call).holds.iter().find(|hold| hold.id == id).copied()
}

/// E203 unless who placed the hold ends it. Of a hold that does not exist, nothing is said here.
pub(super) fn placed(call: &Call<'_, '_>) -> Check {
    ensure(held(call).is_none_or(|hold| call.signer().org_id() == Some(hold.by)), ErrorCode::Role)
}
