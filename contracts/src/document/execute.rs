//! Effects of keysets, documents and repairs.

use assent_types::document::{
    Anchor, AnchorBody, Custody, DocumentStatus, Keyset, Placement, ShardRepair, StoredShard, anchor_id_of,
    keyset_id_of,
};
use assent_types::state::{Record, StateKey};
use assent_types::{AnchorId, ErrorCode, List, Millis, OrgId, Set};

use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{sweep_row, system_row};
use crate::runtime::state::{self};
use crate::runtime::table::{Check, EventName, Row, State, Stop};
use crate::session;

fn status_of(state: State) -> DocumentStatus {
    match state.document_status() {
        Some(status) => status,
        None => unreachable!("rows of documents lead to states of documents"),
    }
}

/// Author, controller, custodians and key holders.
fn parties(anchor: &Anchor, keyset: &Keyset) -> Vec<OrgId> {
    let mut parties = vec![anchor.body.author, anchor.body.controller];
    parties.extend(anchor.custody.iter().map(|custody| custody.custodian));
    parties.extend(anchor.repairs.iter().map(|repair| repair.custodian));
    parties.extend(keyset.holders.iter());
    parties
}

/// Leaves the row's event for everybody who has to do with the document.
pub(crate) fn put_event(call: &mut Call<'_, '_>, row: &Row, anchor: &Anchor) -> Check {
    let Some(keyset) = state::keyset(call.view, anchor.body.keyset)? else { return Err(ErrorCode::NotFound.into()) };
    call.emit(row, anchor.id.0, Some(anchor.body.subject), &parties(anchor, &keyset));
    Ok(())
}

/// Writes the document and leaves the row's event.
pub(crate) fn put(call: &mut Call<'_, '_>, row: &Row, anchor: Anchor) -> Check {
    put_event(call, row, &anchor)?;
    call.view.put(StateKey::Anchor(anchor.id), Record::Anchor(Box::new(anchor)));
    Ok(())
}

/// A copy of the document that the event is about.
fn current(call: &Call<'_, '_>) -> Anchor {
    match &call.document_object().anchor {
        Some(anchor) => (**anchor).clone(),
        None => unreachable!("dispatch found the document"),
    }
}

/// KS-01: the keyset may be named by documents of its controller.
pub(super) fn register_keyset(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let register = payload!(call, RegisterKeyset);
    let keyset = Keyset {
        id: keyset_id_of(&call.tx),
        controller: register.controller,
        threshold: register.threshold,
        holders: register.holders.clone(),
        registered_at: call.now(),
    };
    call.emit(row, keyset.id.0, None, &register.holders);
    call.view.put(StateKey::Keyset(keyset.id), Record::Keyset(keyset));
    Ok(())
}

fn pending(call: &Call<'_, '_>, row: &Row, body: &AnchorBody, placements: &[Placement]) -> Anchor {
    let id = anchor_id_of(&call.tx);
    let custody = placements.iter().map(|placement| Custody {
        custodian: placement.custodian,
        place: placement.place,
        stored_at: None,
        generation: 0,
    });
    let custody = match List::new(custody.collect()) {
        Ok(custody) => custody,
        Err(_) => unreachable!("as many as placements, which have the same bound"),
    };
    Anchor {
        id,
        lineage: id,
        body: body.clone(),
        status: status_of(row.to),
        anchored_at: call.now(),
        store_by: call.now().plus(call.params.store_ttl_ms),
        settled_at: None,
        next: None,
        custody,
        accepted: Set::default(),
        keyset_epoch: 0,
        generation: 0,
        repairs: List::default(),
    }
}

/// DO-01: custodians and key holders may now store.
pub(super) fn anchor(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let anchor = payload!(call, AnchorDocument);
    let pending = pending(call, row, &anchor.body, &anchor.custody);
    put(call, row, pending)
}

/// DO-04: the same for a later version; the one before knows of it.
pub(super) fn correct(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let correction = payload!(call, AnchorCorrection);
    let Some(mut before) = call.document_object().anchor.as_deref().cloned() else {
        return Err(ErrorCode::Lineage.into());
    };
    let next = Anchor { lineage: before.lineage, ..pending(call, row, &correction.body, &correction.custody) };
    before.next = Some(next.id);
    call.view.put(StateKey::Anchor(before.id), Record::Anchor(Box::new(before)));
    put(call, row, next)
}

/// Marks shards as stored and closes their repairs.
fn mark_stored(anchor: &mut Anchor, shards: &[StoredShard], at: Millis) {
    for stored in shards {
        if let Some(custody) = anchor.custody.as_mut_slice().get_mut(usize::from(stored.shard)) {
            custody.stored_at = Some(at);
        }
        close_repair(anchor, stored.shard);
    }
}

fn close_repair(anchor: &mut Anchor, shard: u8) {
    let open = anchor.repairs.iter().filter(|repair| repair.shard != shard).copied().collect();
    set_repairs(anchor, open);
}

/// Sets the open repairs, one per shard at most.
fn set_repairs(anchor: &mut Anchor, mut repairs: Vec<ShardRepair>) {
    repairs.sort_unstable_by_key(|repair| repair.shard);
    anchor.repairs = match List::new(repairs) {
        Ok(repairs) => repairs,
        Err(_) => unreachable!("there is at most one open repair for each shard"),
    };
}

/// DO-02, DO-14, DO-17: the custodian's shards are stored.
pub(super) fn store(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let receipt = payload!(call, StoreReceipt);
    let mut anchor = current(call);
    mark_stored(&mut anchor, &receipt.shards, call.now());
    settle(call, row, anchor)
}

/// DO-15, DO-16: the key holder keeps its share.
pub(super) fn accept(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let mut anchor = current(call);
    anchor.accepted =
        Set::new(anchor.accepted.iter().copied().chain([org])).map_err(|_| Stop::from(ErrorCode::NotKeyHolder))?;
    settle(call, row, anchor)
}

/// Moves the document to the row's state. When it becomes active, shards that are missing are open repairs of the
/// custodians that were to store them, and the version before is superseded.
fn settle(call: &mut Call<'_, '_>, row: &Row, mut anchor: Anchor) -> Check {
    let activates = anchor.status == DocumentStatus::Pending && row.to == State::Active;
    anchor.status = status_of(row.to);
    if !activates {
        return put(call, row, anchor);
    }
    anchor.settled_at = Some(call.now());
    let opened_at = call.now();
    let missing = (0u8..).zip(anchor.custody.iter()).filter(|(_, custody)| custody.stored_at.is_none());
    let repairs = missing.map(|(shard, custody)| ShardRepair {
        shard,
        custodian: custody.custodian,
        place: custody.place,
        opened_at,
    });
    let repairs = repairs.collect();
    set_repairs(&mut anchor, repairs);
    let before = anchor.body.prev;
    put(call, row, anchor)?;
    match before {
        Some(before) => supersede(call, before),
        None => Ok(()),
    }
}

/// Fires DO-13 for the version before. One that was retracted meanwhile stays retracted, one that was erased is gone.
fn supersede(call: &mut Call<'_, '_>, before: AnchorId) -> Check {
    if state::anchor(call.view, before)?.is_none() {
        return Ok(());
    }
    let (from, object) = super::load::existing(call, before)?;
    let Some(row) = system_row(call.tables, *b"DO", EventName::SuccessorActive, from) else { return Ok(()) };
    call.object = object;
    (row.effect.apply)(call, &row)
}

/// DO-13: the version is not the head any more.
pub(super) fn superseded(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let anchor = Anchor { status: status_of(row.to), ..current(call) };
    put(call, row, anchor)
}

/// DO-05: nobody gets the document any more; open sessions for it are cancelled.
pub(super) fn retract(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut anchor = current(call);
    let (subject, controller) = (anchor.body.subject, anchor.body.controller);
    anchor.status = status_of(row.to);
    put(call, row, anchor)?;
    session::review::open_sessions(call, subject, controller)
}

/// SR-01: the named custodian is to rebuild the shard; an order before is replaced.
pub(super) fn order_repair(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let order = payload!(call, OrderRepair);
    let mut anchor = current(call);
    let repair = ShardRepair {
        shard: order.shard,
        custodian: order.placement.custodian,
        place: order.placement.place,
        opened_at: call.now(),
    };
    let others = anchor.repairs.iter().filter(|other| other.shard != order.shard).copied();
    let repairs = others.chain([repair]).collect();
    set_repairs(&mut anchor, repairs);
    put(call, row, anchor)
}

/// SR-02: the shard is kept where it was rebuilt, in a new generation.
pub(super) fn complete_repair(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let shard = payload!(call, CompleteRepair).shard.shard;
    let mut anchor = current(call);
    let Some(repair) = anchor.repair_of(shard).copied() else { return Err(ErrorCode::Shard.into()) };
    anchor.generation = anchor.generation.saturating_add(1);
    let (generation, stored_at) = (anchor.generation, Some(call.now()));
    if let Some(custody) = anchor.custody.as_mut_slice().get_mut(usize::from(shard)) {
        *custody = Custody { custodian: repair.custodian, place: repair.place, stored_at, generation };
    }
    close_repair(&mut anchor, shard);
    put(call, row, anchor)
}

/// DO-03: what was not stored in time never will be.
pub(super) fn abandon(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut anchor = current(call);
    anchor.status = status_of(row.to);
    anchor.settled_at = Some(call.now());
    put(call, row, anchor)
}

/// Sweeps a document whose deadline has passed. False if no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: AnchorId) -> Result<bool, Stop> {
    let Some(anchor) = state::anchor(call.view, id)? else { return Ok(false) };
    let (from, effective) = (State::from(anchor.status), State::from(anchor.effective_status(call.now())));
    let Some(row) = sweep_row(call.tables, *b"DO", from).filter(|row| row.to == effective) else { return Ok(false) };
    let (_, object) = super::load::existing(call, id)?;
    call.object = object;
    (row.effect.apply)(call, &row)?;
    call.object = Object::None;
    Ok(true)
}
