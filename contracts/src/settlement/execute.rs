//! Loading settlements, and the effects of their rows.

use assent_types::claim::Claim;
use assent_types::settlement::{Direction, Payment, Settlement, SettlementStatus, settlement_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, SettlementId};

use crate::claim::execute::payment_ended;
use crate::claim::object::is_overdue;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{caused_row, sweep_row};
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, State, Stop};

/// A settlement with its claim.
pub(crate) struct SettlementObject {
    /// A copy that effects change and write back.
    pub(crate) settlement: Settlement,
    pub(crate) claim: Claim,
}

/// Reads a settlement with its claim: E905 if it is unknown. One that is overdue counts as acknowledged.
pub(crate) fn load(call: &Call<'_, '_>, id: SettlementId) -> Result<(State, Object), Stop> {
    let Some(object) = read(call, id)? else { return Err(ErrorCode::NotFound.into()) };
    let overdue = is_overdue(&object.settlement, call.now());
    let from = if overdue { State::Acked } else { object.settlement.status.into() };
    Ok((from, Object::Settlement(Box::new(object))))
}

fn read(call: &Call<'_, '_>, id: SettlementId) -> Result<Option<SettlementObject>, Stop> {
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

/// ST-01: keeps the instruction. Fires inside CL-25, with the claim loaded.
pub(super) fn instruct(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let instruct = payload!(call, InstructPayment);
    let Some(instructed_by) = call.signer().org_id() else { unreachable!("an insurer instructs") };
    let claim = call.claim_object().claim.clone();
    let settlement = Settlement {
        id: instructed(call),
        claim: claim.id,
        direction: Direction::Pay,
        payer: claim.insurer,
        payee: claim.terms.payee,
        bank: instruct.bank,
        amount: instruct.amount,
        purpose: instruct.purpose,
        instructed_by,
        instructed_at: call.now(),
        paid: None,
        failed: None,
        deemed: false,
        due: Some(call.now().plus(call.params.claims.bank_ms)),
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

/// ST-04: the bank cannot pay; the claim is open for another instruction.
pub(super) fn fail(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let reason = payload!(call, BankFail).reason;
    let mut object = call.take_settlement_object();
    object.settlement.failed = Some(reason);
    end(call, row, object, EventName::PaymentFailed)
}

/// ST-06, ST-07: the payee has the money; the claim is settled.
pub(super) fn acknowledge(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut object = call.take_settlement_object();
    object.settlement.deemed = row.event == EventName::Sweep;
    end(call, row, object, EventName::PaymentDone)
}

fn end(call: &mut Call<'_, '_>, row: &Row, object: SettlementObject, event: EventName) -> Check {
    let SettlementObject { mut settlement, claim } = object;
    settlement.due = None;
    settlement.status = status_of(row.to);
    put(call, row, settlement.clone(), &claim);
    payment_ended(call, event, &settlement)
}

/// Sweeps a settlement whose payee did not answer in time. False if no row leads on from its state or its claim's.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: SettlementId) -> Result<bool, Stop> {
    let Some(object) = read(call, id)?.filter(|object| is_overdue(&object.settlement, call.now())) else {
        return Ok(false);
    };
    let row = sweep_row(call.tables, *b"ST", object.settlement.status.into());
    let claims_row = caused_row(call.tables, EventName::PaymentDone, object.claim.status.into());
    let (Some(row), Some(_)) = (row, claims_row) else { return Ok(false) };
    call.object = Object::Settlement(Box::new(object));
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
