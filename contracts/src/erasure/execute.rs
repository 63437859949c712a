//! Loading documents with what keeps them, and the effects of erasure and holds.

use assent_types::action::Action;
use assent_types::anomaly::AnomalyKind;
use assent_types::claim::Claim;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::erasure::{ErasureBasis, ErasureRequest, Hold, Retention, Tombstone, hold_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::{AnchorId, ClaimId, ErrorCode, Hash32, List, Set};

use super::check;
use crate::anomaly::{Noted, note};
use crate::claim;
use crate::document::execute::{put, put_event};
use crate::document::load;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::sweep_row_to;
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, State, Stop};
use crate::session;

fn read(call: &Call<'_, '_>, id: AnchorId) -> Result<Retention, Stop> {
    Ok(state::retention(call.view, id)?.map(|retention| (*retention).clone()).unwrap_or_default())
}

fn write(call: &mut Call<'_, '_>, id: AnchorId, retention: Retention) {
    call.view.put(StateKey::Retention(id), Record::Retention(Box::new(retention)));
}

/// Loads a document in its effective state with what keeps it; E905 if there is none.
pub(crate) fn load(call: &Call<'_, '_>, id: AnchorId) -> Result<(State, Object), Stop> {
    let (from, mut object) = load::existing(call, id)?;
    if let Object::Document(document) = &mut object {
        document.retention = Some(read(call, id)?);
    }
    Ok((from, object))
}

/// The same for a hold on it: new, live, or E905 if there is none of this identifier.
pub(crate) fn load_hold(call: &Call<'_, '_>, id: AnchorId, hold: Option<Hash32>) -> Result<(State, Object), Stop> {
    let (_, object) = load(call, id)?;
    let Some(hold) = hold else { return Ok((State::New, object)) };
    let live = read(call, id)?.holds.iter().any(|other| other.id == hold);
    if live { Ok((State::Live, object)) } else { Err(ErrorCode::NotFound.into()) }
}

fn status_of(state: State) -> DocumentStatus {
    match state.document_status() {
        Some(status) => status,
        None => unreachable!("rows of documents lead to states of documents"),
    }
}

fn current(call: &Call<'_, '_>) -> (Anchor, Retention) {
    (check::document(call).clone(), check::retention(call).clone())
}

/// DO-06: nobody but the law gets the document any more. If the law keeps it for a time, the sweeper looks again after
/// that.
pub(super) fn request(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let request = payload!(call, RequestErasure);
    let (mut anchor, mut retention) = current(call);
    let (basis, evidence, at) = (request.basis, request.evidence, call.now());
    retention.request = Some(ErasureRequest { basis, evidence, at, was: anchor.status });
    retention.due = anchor.body.retention_until;
    anchor.status = status_of(row.to);
    let (subject, controller) = (anchor.body.subject, anchor.body.controller);
    write(call, anchor.id, retention);
    put(call, row, anchor)?;
    session::review::open_sessions(call, subject, controller)
}

/// DO-07, DO-08, DO-19: everybody who holds something of it has to destroy it, before a deadline.
pub(super) fn approve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let (mut anchor, mut retention) = current(call);
    let stated = match call.source.as_ref().map(|source| &source.transaction.body.action) {
        Some(Action::ApproveErasure(approve)) => approve.basis,
        _ => ErasureBasis::RetentionOver,
    };
    let own = ErasureRequest { basis: stated, evidence: Hash32::ZERO, at: call.now(), was: anchor.status };
    retention.request = Some(retention.request.unwrap_or(own));
    retention.due = Some(call.now().plus(call.params.access.erase_ms));
    anchor.status = status_of(row.to);
    let (subject, controller) = (anchor.body.subject, anchor.body.controller);
    write(call, anchor.id, retention);
    put(call, row, anchor)?;
    // A deadline finds the document restricted, for which nobody but the law has open sessions: at their next step.
    if row.event == EventName::Sweep { Ok(()) } else { session::review::open_sessions(call, subject, controller) }
}

/// DO-09, DO-12: the document is what it was.
pub(super) fn restore(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let (mut anchor, mut retention) = current(call);
    retention.request = None;
    retention.due = None;
    anchor.status = status_of(row.to);
    write(call, anchor.id, retention);
    put(call, row, anchor)
}

/// DO-18: something was destroyed; more is awaited.
pub(super) fn attest(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let retention = check::with_attested(call);
    let (anchor, _) = current(call);
    write(call, anchor.id, retention);
    put(call, row, anchor)
}

/// DO-10: neither key nor ciphertext can be put together again, if the attestations are true. The anchor makes way for a
/// tombstone.
pub(super) fn bury(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut retention = check::with_attested(call);
    let (anchor, _) = current(call);
    let basis = retention.request.map_or(ErasureBasis::RetentionOver, |request| request.basis);
    retention.due = None;
    retention.cited_by = Set::default();
    let tombstone = Tombstone {
        id: anchor.id,
        lineage: anchor.lineage,
        version: anchor.body.version,
        controller: anchor.body.controller,
        at: call.now(),
        attestation_root: retention.attestation_root(),
        basis,
    };
    write(call, anchor.id, retention);
    put_event(call, row, &anchor)?;
    call.view.put(StateKey::Anchor(anchor.id), Record::Tombstone(tombstone));
    Ok(())
}

/// HO-01: the document is held.
pub(super) fn hold(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let place = payload!(call, PlaceHold);
    let Some(by) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let (anchor, mut retention) = current(call);
    let (id, placed_at) = (hold_id_of(&call.tx), call.now());
    let hold = Hold { id, by, reason: place.reason, evidence: place.evidence, placed_at };
    retention.holds.push(hold).map_err(|_| Stop::from(ErrorCode::Hold))?;
    write(call, anchor.id, retention);
    put_event(call, row, &anchor)
}

/// HO-02: the hold is over. A restricted document whose retention is over is looked at again.
pub(super) fn release(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let id = payload!(call, ReleaseHold).hold;
    let (anchor, mut retention) = current(call);
    let rest = retention.holds.iter().filter(|hold| hold.id != id).copied().collect();
    retention.holds = List::new(rest).map_err(|_| Stop::from(ErrorCode::Hold))?;
    look_again(call, &anchor, retention);
    put_event(call, row, &anchor)
}

/// Something keeps a document no longer. If it is restricted and its retention is over, the sweeper looks at it again.
fn look_again(call: &mut Call<'_, '_>, anchor: &Anchor, retention: Retention) {
    let waits =
        anchor.status == DocumentStatus::Restricted && check::is_retention_over(anchor, Some(&retention), call.now());
    let due = if waits { Some(call.now()) } else { retention.due };
    write(call, anchor.id, Retention { due, ..retention });
}

/// A claim cites a document: it is kept until the claim is over. Claims that are over make room.
pub(crate) fn cite(call: &mut Call<'_, '_>, id: AnchorId, claim: ClaimId) -> Check {
    let mut retention = read(call, id)?;
    let mut citing = Vec::new();
    for other in &retention.cited_by {
        if state::claim(call.view, *other)?.is_some_and(|other| !other.status.is_terminal()) {
            citing.push(*other);
        }
    }
    retention.cited_by =
        Set::new(citing.into_iter().chain([claim])).map_err(|_| Stop::from(ErrorCode::AttachConsent))?;
    write(call, id, retention);
    Ok(())
}

/// A claim goes on after all: it keeps those of its documents that are left.
pub(crate) fn cite_again(call: &mut Call<'_, '_>, claim: &Claim) -> Check {
    for id in claim.documents() {
        if state::anchor(call.view, *id)?.is_some() {
            cite(call, *id, claim.id)?;
        }
    }
    Ok(())
}

/// A claim is over: it keeps the documents that it cites no longer.
pub(crate) fn uncite(call: &mut Call<'_, '_>, claim: &Claim) -> Check {
    for id in claim.documents() {
        let Some(anchor) = state::anchor(call.view, *id)?.filter(|anchor| anchor.status == DocumentStatus::Restricted)
        else {
            continue;
        };
        let retention = read(call, *id)?;
        look_again(call, &anchor, retention);
    }
    Ok(())
}

/// Moves on documents that are overdue before somebody acts on them: however late the sweeper comes, who acts finds them
/// where a punctual sweep would have left them. What is moved is undone with an act that is refused.
pub(crate) fn catch_up(call: &mut Call<'_, '_>) -> Check {
    let id = match call.action() {
        Action::OrderRepair(act) => act.anchor,
        Action::CompleteRepair(act) => act.anchor,
        Action::RequestErasure(act) => act.anchor,
        Action::WithdrawErasure(act) => act.anchor,
        Action::ApproveErasure(act) => act.anchor,
        Action::DestroyAttest(act) => act.anchor,
        Action::LiftRestriction(act) => act.anchor,
        Action::PlaceHold(act) => act.anchor,
        Action::ReleaseHold(act) => act.anchor,
        _ => return Ok(()),
    };
    move_on(call, &[id])
}

/// Moves on these documents if they are overdue, and before them the claims that may keep them.
pub(crate) fn move_on(call: &mut Call<'_, '_>, anchors: &[AnchorId]) -> Check {
    let object = std::mem::replace(&mut call.object, Object::None);
    for id in anchors {
        if state::anchor(call.view, *id)?.is_some_and(|anchor| anchor.status == DocumentStatus::Restricted) {
            for claim in &read(call, *id)?.cited_by {
                claim::catchup::claim(call, *claim)?;
            }
        }
        sweep(call, *id)?;
    }
    call.object = object;
    Ok(())
}

/// Sweeps a document whose retention is over or whose erasure is overdue (AN-09, once). False if nothing is to be done.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: AnchorId) -> Result<bool, Stop> {
    let Some(anchor) = state::anchor(call.view, id)? else { return Ok(false) };
    let retention = read(call, id)?;
    if retention.due.is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    match anchor.status {
        DocumentStatus::ErasurePending => {
            let (of, subject) = (Some(anchor.body.controller), Some(anchor.body.subject));
            write(call, id, Retention { due: None, ..retention });
            note(call, Noted { kind: AnomalyKind::ErasureOverdue, of, object: id.0, subject })?;
            Ok(true)
        }
        DocumentStatus::Restricted if !check::is_kept(call, &anchor, &retention)? => {
            let (from, to) = (State::Restricted, State::ErasurePending);
            let Some(row) = sweep_row_to(call.tables, *b"DO", from, to) else { return Ok(false) };
            let (_, object) = load(call, id)?;
            call.object = object;
            (row.effect.apply)(call, &row)?;
            call.object = Object::None;
            Ok(true)
        }
        // Something else keeps it, whose end files the deadline again.
        _ => {
            write(call, id, Retention { due: None, ..retention });
            Ok(true)
        }
    }
}
