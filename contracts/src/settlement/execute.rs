//! Loading settlements, and the effects of their rows.

use assent_types::action::Action;
use assent_types::claim::{Claim, Submitter};
use assent_types::settlement::{Direction, Payment, Resolution, Settlement, SettlementStatus, settlement_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, Millis, SettlementId};

use super::check::clawed;
use crate::anomaly::deadline;
use crate::claim::execute::{ending, payment_ended};
use crate::fixing::lock;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{caused_row, sweep_row};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

/// A settlement with its claim.
pub(crate) struct SettlementObject {
    /// A copy that effects change and write back.
    pub(crate) settlement: Settlement,
    pub(crate) claim: Claim,
}

/// Reads a settlement with its claim: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: SettlementId) -> Result<(State, Object), Stop> {
    let Some(object) = read(call, id)? else { return Err(ErrorCode::NotFound.into()) };
    Ok((object.settlement.status.into(), Object::Settlement(Box::new(object))))
}

pub(super) fn read(call: &Call<'_, '_>, id: SettlementId) -> Result<Option<SettlementObject>, Stop> {
    let Some(settlement) = state::settlement(call.view, id)? else { return Ok(None) };
    let claim = state::claim(call.view, settlement.claim)?
        .ok_or_else(|| state::ReadError(format!("the claim of settlement {id} is not there")))?;
    Ok(Some(SettlementObject { settlement: (*settlement).clone(), claim: (*claim).clone() }))
}

fn status_of(state: State) -> SettlementStatus {
    match SettlementStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of settlements lead to states of settlements"),
    }
}

/// The identifier of the settlement that the transaction instructs.
pub(crate) fn instructed(call: &Call<'_, '_>) -> SettlementId {
    settlement_id_of(&call.tx)
}

/// Writes a settlement and leaves the row's event. Its bank is a party too.
fn put(call: &mut Call<'_, '_>, row: &Row, settlement: Settlement, claim: &Claim) {
    let parties = [claim.insurer, claim.provider, settlement.bank];
    call.emit(row, settlement.id.0, Some(claim.subject), &parties);
    call.view.put(StateKey::Settlement(settlement.id), Record::Settlement(settlement));
}

/// ST-01: keeps the instruction. Fires inside CL-25, CL-32 or CL-36, with the claim loaded.
pub(super) fn instruct(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let (direction, bank, amount, purpose) = match call.action() {
        Action::InstructPayment(instruct) => (Direction::Pay, instruct.bank, instruct.amount, instruct.purpose),
        Action::AgreeClawback(agree) => (Direction::Clawback, agree.bank, clawed(call)?, agree.purpose),
        Action::OrderClawback(order) => (Direction::Clawback, order.bank, clawed(call)?, order.purpose),
        other => unreachable!("{} instructs no payment", other.name()),
    };
    let claim = call.claim_object().claim.clone();
    let settlement = Settlement {
        id: instructed(call),
        claim: claim.id,
        direction,
        payer: claim.insurer,
        payee: claim.terms.payee,
        bank,
        amount,
        fx: lock::conversion(call, &claim, amount, direction == Direction::Clawback)?,
        purpose,
        instructed_by: call.signer().org_id().map_or(Submitter::Subject, Submitter::Org),
        instructed_at: call.now(),
        paid: None,
        failed: None,
        deemed: false,
        due: Some(call.now().plus(call.params.claims.bank_ms)),
        ended_at: None,
        batch: None,
        breaches: 0,
        order: None,
        status: status_of(row.to),
    };
    put(call, row, settlement, &claim);
    Ok(())
}

/// ST-02: the bank will pay.
pub(super) fn accept(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let SettlementObject { mut settlement, claim } = call.take_settlement_object();
    settlement.due = Some(call.now().plus(call.params.claims.bank_ms));
    settlement.status = status_of(row.to);
    put(call, row, settlement, &claim);
    Ok(())
}

/// ST-05: the bank has paid.
pub(super) fn paid(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let paid = payload!(call, BankPaid);
    let SettlementObject { mut settlement, claim } = call.take_settlement_object();
    let payment = Payment { amount: paid.amount, value_day: paid.value_day, bank_ref: paid.bank_ref, at: call.now() };
    settlement.paid = Some(payment);
    settlement.due = Some(call.now().plus(call.params.claims.payee_ack_ms));
    settlement.status = status_of(row.to);
    put(call, row, settlement, &claim);
    Ok(())
}

/// ST-08: the payee says that the money has not come.
pub(super) fn dispute(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let SettlementObject { mut settlement, claim } = call.take_settlement_object();
    settlement.due = Some(call.now().plus(call.params.claims.course.dispute_ms));
    settlement.status = status_of(row.to);
    put(call, row, settlement, &claim);
    Ok(())
}

/// ST-03, ST-04, ST-06, ST-09, ST-10: the settlement ends, and its claim moves with it.
pub(super) fn end(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let now = call.now();
    let mut object = call.take_settlement_object();
    match call.action() {
        Action::BankFail(fail) => object.settlement.failed = Some(fail.reason),
        Action::ResolvePayment(resolve) => {
            object.settlement.order = resolve.order;
            match resolve.resolution {
                Resolution::Paid { value_day, bank_ref } => {
                    let amount = object.settlement.payout();
                    object.settlement.paid = Some(Payment { amount, value_day, bank_ref, at: now });
                }
                Resolution::Failed { reason } => object.settlement.failed = Some(reason),
            }
        }
        _ => {}
    }
    close(call, row, object, now)
}

/// Ends a settlement at an instant, and moves its claim.
fn close(call: &mut Call<'_, '_>, row: &Row, object: SettlementObject, at: Millis) -> Check {
    let SettlementObject { mut settlement, claim } = object;
    settlement.due = None;
    settlement.ended_at = Some(at);
    settlement.status = status_of(row.to);
    put(call, row, settlement.clone(), &claim);
    payment_ended(call, &settlement)
}

/// ST-07, ST-11, ST-12, ST-13: a deadline has passed. Times count from it, however late the sweep.
pub(super) fn move_on(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut object = call.take_settlement_object();
    let Some(at) = object.settlement.due else { unreachable!("what is swept has a deadline") };
    let dispute_ms = call.params.claims.course.dispute_ms;
    let settlement = &mut object.settlement;
    let missed = settlement.breaches.saturating_add(1);
    match settlement.status {
        SettlementStatus::Paid => {
            settlement.deemed = true;
            close(call, row, object, at)
        }
        SettlementStatus::Instructed => {
            settlement.breaches = missed;
            close(call, row, object, at)
        }
        status => {
            settlement.breaches = missed;
            // A bank that did not pay in time leaves a dispute; who does not resolve one in time is named once.
            settlement.due = (status == SettlementStatus::BankAccepted).then(|| at.plus(dispute_ms));
            settlement.status = status_of(row.to);
            put(call, row, object.settlement, &object.claim);
            Ok(())
        }
    }
}

/// Sweeps a settlement whose deadline has passed. False if none has, or no row leads on from its state or its claim's.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: SettlementId) -> Result<bool, Stop> {
    let Some(object) = read(call, id)? else { return Ok(false) };
    if object.settlement.due.is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    let Some(row) = sweep_row(call.tables, *b"ST", object.settlement.status.into()) else { return Ok(false) };
    let ended = Settlement { status: status_of(row.to), ..object.settlement.clone() };
    let caused = || caused_row(call.tables, ending(&ended, &object.claim), object.claim.status.into());
    if ended.status.is_terminal() && caused().is_none() {
        return Ok(false);
    }
    let (before, subject) = (object.settlement.clone(), object.claim.subject);
    call.object = Object::Settlement(Box::new(object));
    (row.effect.apply)(call, &row)?;
    deadline::of_settlement(call, &row, &before, subject)?;
    Ok(true)
}
