//! Guards of keysets, documents and repairs.

use assent_types::action::Action;
use assent_types::consent::{Consent, ConsentKind, DataAction, Effect, TransferBasis};
use assent_types::document::{Anchor, AnchorBody, DocumentStatus, Grade, Placement, StoredShard};
use assent_types::governance::Target;
use assent_types::limits::SHARDS_MAX;
use assent_types::org::{Org, Role};
use assent_types::place::Place;
use assent_types::{ErrorCode, List, Millis, Month, OrgId};

use super::{may_repair, may_store, placement};
use crate::access::border;
use crate::governance::halts::halts_of;
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

/// What an action anchors: the body and who is to keep the shards.
fn anchored<'a>(call: &Call<'a, '_>) -> (&'a AnchorBody, &'a List<Placement, SHARDS_MAX>) {
    match call.action() {
        Action::AnchorDocument(anchor) => (&anchor.body, &anchor.custody),
        Action::AnchorCorrection(correction) => (&correction.body, &correction.custody),
        other => unreachable!("{} anchors nothing", other.name()),
    }
}

/// The document that an event is about.
fn document<'c>(call: &'c Call<'_, '_>) -> &'c Anchor {
    match &call.document_object().anchor {
        Some(anchor) => anchor,
        None => unreachable!("dispatch found the document"),
    }
}

fn signs(call: &Call<'_, '_>, org: OrgId, code: ErrorCode) -> Check {
    ensure(call.signer().org_id() == Some(org), code)
}

// Keysets ------------------------------------------------------------------------------------------------------------

/// E203 unless the controller signs.
pub(super) fn controller_signs(call: &Call<'_, '_>) -> Check {
    signs(call, payload!(call, RegisterKeyset).controller, ErrorCode::Role)
}

/// E410 unless the threshold can be reached, every holder is an active key holder that signs or co-signs, none is named
/// twice, and one has its seat in the controller's jurisdiction.
pub(super) fn keyset(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterKeyset);
    let holders = &register.holders;
    let threshold = usize::from(register.threshold);
    ensure((1..=holders.len()).contains(&threshold), ErrorCode::Keyset)?;
    let Some(controller) = state::org(call.view, register.controller)? else { return Err(ErrorCode::Keyset.into()) };
    let agreed = cosigning_orgs(call)?;
    let mut at_home = false;
    for (index, holder) in holders.iter().enumerate() {
        let Some(org) = state::org(call.view, *holder)? else { return Err(ErrorCode::Keyset.into()) };
        let holds = org.roles.has(Role::KeyHolder) && org.is_active(call.now());
        let agrees = *holder == register.controller || agreed.contains(holder);
        ensure(holds && agrees && !holders[..index].contains(holder), ErrorCode::Keyset)?;
        at_home |= org.jurisdiction() == controller.jurisdiction();
    }
    ensure(at_home, ErrorCode::Keyset)
}

// Anchoring ----------------------------------------------------------------------------------------------------------

/// E405 unless the author signs.
pub(super) fn author_signs(call: &Call<'_, '_>) -> Check {
    signs(call, anchored(call).0.author, ErrorCode::NotAuthor)
}

/// E108 for a clear grade that may not stand in clear, or a month beyond the calendar.
pub(super) fn codes(call: &Call<'_, '_>) -> Check {
    let (body, _) = anchored(call);
    let grade = match body.grade {
        Grade::Clear(grade) => (1..=Grade::CLEAR_MAX).contains(&grade),
        Grade::Committed(_) => true,
    };
    ensure(grade && body.service_month <= Month::MAX, ErrorCode::UnknownCode)
}

/// E401 without encryption.
pub(super) fn encrypted(call: &Call<'_, '_>) -> Check {
    ensure(anchored(call).0.aead.is_some(), ErrorCode::EncRequired)
}

/// Whether a custodian may keep a shard at a place: an active custodian, at its seat or at one of its facilities.
fn is_custodian(call: &Call<'_, '_>, placement: &Placement) -> Result<bool, Stop> {
    let Some(org) = state::org(call.view, placement.custodian)? else { return Ok(false) };
    let there = org.seat == placement.place || org.facilities.iter().any(|facility| facility.place == placement.place);
    Ok(there && org.roles.has(Role::Custodian) && org.is_active(call.now()))
}

/// E402 unless the code is listed, every shard has a root and a custodian, and the shards are spread as they have to be.
pub(super) fn coding(call: &Call<'_, '_>) -> Check {
    let (body, custody) = anchored(call);
    let n = usize::from(body.coding.n());
    let well_formed = placement::is_coding(&body.coding) && body.shard_roots.len() == n && body.size_4k > 0;
    ensure(well_formed && placement::is_spread(body, custody), ErrorCode::Coding)?;
    for placement in custody {
        ensure(is_custodian(call, placement)?, ErrorCode::Coding)?;
    }
    Ok(())
}

/// E403 if a custodian is also a key holder.
pub(super) fn disjoint(call: &Call<'_, '_>) -> Check {
    let (_, custody) = anchored(call);
    ensure(!placement::overlaps(&call.document_object().keyset, custody), ErrorCode::RoleOverlap)
}

/// E410 for a keyset of another controller.
pub(super) fn keyset_fits(call: &Call<'_, '_>) -> Check {
    ensure(call.document_object().keyset.controller == anchored(call).0.controller, ErrorCode::Keyset)
}

/// E306 if so much is placed outside the controller's jurisdiction that it could be read there, without a live basis
/// for every organisation outside.
fn transfers(call: &Call<'_, '_>, body: &AnchorBody, placements: &[Placement]) -> Check {
    let object = call.document_object();
    let home = &object.controller.seat;
    let mut seats: Vec<(OrgId, Option<Place>)> = Vec::new();
    for holder in &object.keyset.holders {
        seats.push((*holder, state::org(call.view, *holder)?.map(|org: state::Found<Org>| org.seat)));
    }
    let seat_of = |id| seats.iter().find(|(holder, _)| *holder == id).and_then(|(_, seat)| *seat);
    let importers = placement::importers(body, &object.keyset, home.jur, placements, seat_of);
    if importers.is_empty() {
        return Ok(());
    }
    let bases = state::bases(call.view, body.controller)?;
    let halts = halts_of(call.view)?;
    let stopped = |basis: &TransferBasis| {
        let target = Target::Basis { exporter: basis.exporter, basis: basis.id };
        halts.stops(&target, call.now()) || halts.stops_outbound(home.jur, call.now())
    };
    let carried = |(org, place): &(OrgId, Place)| {
        bases.as_ref().is_some_and(|bases| {
            bases.iter().any(|basis| {
                basis.importer == *org
                    && !(body.important && border::is_gba(basis.kind))
                    && border::is_live(basis, call.now())
                    && !stopped(basis)
                    && border::carries(&call.params, basis, body.category, home, place)
            })
        })
    };
    ensure(importers.iter().all(carried), ErrorCode::BasisPlace)
}

/// E306 if anchoring is a transfer without a live basis.
pub(super) fn basis(call: &Call<'_, '_>) -> Check {
    let (body, custody) = anchored(call);
    transfers(call, body, custody)
}

/// Whether a consent lets an organisation deposit a document of this body.
fn permits_deposit(consent: &Consent, body: &AnchorBody, at: Millis) -> bool {
    let terms = &consent.terms;
    terms.kind == ConsentKind::Deposit
        && terms.effect == Effect::Permit
        && consent.is_effective(at)
        && terms.grantees.orgs.contains(&body.author)
        && !terms.grantees.excluded.contains(&body.author)
        && terms.actions.has(DataAction::Deposit)
        && terms.categories.has(body.category)
        && body.grade.effective() <= terms.max_grade
}

/// E409 if the author deposits with another controller without the subject's consent to that.
pub(super) fn deposit(call: &Call<'_, '_>) -> Check {
    let (body, _) = anchored(call);
    if body.author == body.controller {
        return Ok(());
    }
    let book = state::consents(call.view, body.subject, body.controller)?;
    let permitted = book.is_some_and(|book| book.live.iter().any(|consent| permits_deposit(consent, body, call.now())));
    ensure(permitted, ErrorCode::Deposit)
}

/// E404 unless this is a first version.
pub(super) fn first_version(call: &Call<'_, '_>) -> Check {
    let (body, _) = anchored(call);
    ensure(body.version == 1 && body.prev.is_none(), ErrorCode::Lineage)
}

/// E404 unless the version before is active, is the head, and is of the same subject and controller with the number
/// before. A later version that was never stored does not count. E405 unless its author or controller corrects it.
pub(super) fn next_version(call: &Call<'_, '_>) -> Check {
    let (body, _) = anchored(call);
    let Some(before) = &call.document_object().anchor else { return Err(ErrorCode::Lineage.into()) };
    let follows = before.effective_status(call.now()) == DocumentStatus::Active
        && before.body.version.checked_add(1) == Some(body.version)
        && (before.body.subject, before.body.controller) == (body.subject, body.controller);
    ensure(follows, ErrorCode::Lineage)?;
    if let Some(next) = before.next {
        let gone = state::anchor(call.view, next)?
            .is_none_or(|next| next.effective_status(call.now()) == DocumentStatus::Abandoned);
        ensure(gone, ErrorCode::Lineage)?;
    }
    ensure([before.body.author, before.body.controller].contains(&body.author), ErrorCode::NotAuthor)
}

// Storing ------------------------------------------------------------------------------------------------------------

/// E505 unless each shard is this custodian's to store, was not stored yet, and has the anchored root.
pub(super) fn stores_own(call: &Call<'_, '_>) -> Check {
    let receipt = payload!(call, StoreReceipt);
    let anchor = document(call);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Shard.into()) };
    let awaited = |stored: &StoredShard| {
        may_store(anchor, org, stored.shard, call.now()).is_ok()
            && anchor.body.shard_roots.get(usize::from(stored.shard)) == Some(&stored.root)
    };
    let distinct = receipt.shards.windows(2).all(|pair| pair[0].shard != pair[1].shard);
    ensure(!receipt.shards.is_empty() && distinct && receipt.shards.iter().all(awaited), ErrorCode::Shard)
}

/// E504 unless the share is this key holder's and was not accepted yet.
pub(super) fn accepts_own(call: &Call<'_, '_>) -> Check {
    let accept = payload!(call, AcceptShare);
    let (anchor, keyset) = (document(call), &call.document_object().keyset);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::NotKeyHolder.into()) };
    let own = keyset.share_of(org) == Some(accept.share);
    ensure(own && !anchor.accepted.contains(&org), ErrorCode::NotKeyHolder)
}

/// Whether the event is the last that the document waits for: every key holder has accepted its share, and all shards
/// but at most one are stored.
fn is_last(call: &Call<'_, '_>) -> bool {
    let (anchor, keyset) = (document(call), &call.document_object().keyset);
    let stored = anchor.custody.iter().filter(|custody| custody.stored_at.is_some()).count();
    let (stored, accepted) = match call.action() {
        Action::StoreReceipt(receipt) => (stored + receipt.shards.len(), anchor.accepted.len()),
        _ => (stored, anchor.accepted.len() + 1),
    };
    stored + 1 >= usize::from(anchor.body.coding.n()) && accepted >= keyset.holders.len()
}

/// Chosen if the event completes the document.
pub(super) fn completes(call: &Call<'_, '_>) -> Check {
    ensure(is_last(call), ErrorCode::DocumentState)
}

/// Chosen if more is awaited.
pub(super) fn awaits_more(call: &Call<'_, '_>) -> Check {
    ensure(!is_last(call), ErrorCode::DocumentState)
}

// Retraction and repair ----------------------------------------------------------------------------------------------

/// E405 unless the author signs. Of a document that does not exist, nothing is said here.
pub(super) fn author_retracts(call: &Call<'_, '_>) -> Check {
    match state::anchor(call.view, payload!(call, RetractDocument).anchor)? {
        Some(anchor) => signs(call, anchor.body.author, ErrorCode::NotAuthor),
        None => Ok(()),
    }
}

/// E203 unless the controller orders the repair, or the custodian of the shard one by itself. Of a document that does
/// not exist, nothing is said here.
pub(super) fn may_order(call: &Call<'_, '_>) -> Check {
    let order = payload!(call, OrderRepair);
    let Some(anchor) = state::anchor(call.view, order.anchor)? else { return Ok(()) };
    let org = call.signer().org_id();
    let keeper = anchor.custody.get(usize::from(order.shard)).map(|custody| custody.custodian);
    let itself = org == Some(order.placement.custodian) && org == keeper;
    ensure(org == Some(anchor.body.controller) || itself, ErrorCode::Role)
}

/// E408 unless the document is active or superseded: others have nothing that would be worth a repair.
pub(super) fn repairable(call: &Call<'_, '_>) -> Check {
    let status = document(call).effective_status(call.now());
    ensure(matches!(status, DocumentStatus::Active | DocumentStatus::Superseded), ErrorCode::DocumentState)
}

/// E402 unless the shards are still spread as they have to be after the repair, E505 for a shard that does not exist.
pub(super) fn repaired_spread(call: &Call<'_, '_>) -> Check {
    let order = payload!(call, OrderRepair);
    let anchor = document(call);
    let after = placement::after_repairs(anchor, Some((order.shard, order.placement)));
    let spread = placement::is_spread(&anchor.body, &after) && is_custodian(call, &order.placement)?;
    ensure(spread, ErrorCode::Coding)?;
    ensure(usize::from(order.shard) < anchor.custody.len(), ErrorCode::Shard)
}

/// E403 if the new custodian is a key holder, E306 if the repair makes a transfer without a live basis.
pub(super) fn repaired_fits(call: &Call<'_, '_>) -> Check {
    let order = payload!(call, OrderRepair);
    let anchor = document(call);
    let after = placement::after_repairs(anchor, Some((order.shard, order.placement)));
    transfers(call, &anchor.body, &after)?;
    ensure(!placement::overlaps(&call.document_object().keyset, &after), ErrorCode::RoleOverlap)
}

/// E402 unless the shards are spread as they have to be once this one is moved, whatever other repairs are open: those
/// may be completed in any order.
pub(super) fn still_spread(call: &Call<'_, '_>) -> Check {
    let (shard, anchor) = (payload!(call, CompleteRepair).shard.shard, document(call));
    let Some(repair) = anchor.repair_of(shard) else { return Err(ErrorCode::Shard.into()) };
    let moved = Placement { custodian: repair.custodian, place: repair.place };
    ensure(placement::is_spread(&anchor.body, &placement::after_repair(anchor, shard, moved)), ErrorCode::Coding)
}

/// E505 unless the custodian that the ledger named has rebuilt the shard with its anchored root.
pub(super) fn repairs_own(call: &Call<'_, '_>) -> Check {
    let complete = payload!(call, CompleteRepair);
    let anchor = document(call);
    let root = anchor.body.shard_roots.get(usize::from(complete.shard.shard));
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Shard.into()) };
    may_repair(anchor, org, complete.shard.shard, call.now())?;
    ensure(root == Some(&complete.shard.root), ErrorCode::Shard)
}
