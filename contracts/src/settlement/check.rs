//! Guards on settlements.

use assent_types::action::Action;
use assent_types::claim::{Capacity, Payee};
use assent_types::governance::Target;
use assent_types::org::Role;
use assent_types::settlement::Direction;
use assent_types::state::BankDesignation;
use assent_types::{Currency, ErrorCode, OrgId};

use crate::claim::check::person_signs;
use crate::governance::halts::halts_of;
use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, ensure};

/// E616 if a payment of the claim is under way.
pub(super) fn one_live(call: &Call<'_, '_>) -> Check {
    let Some(last) = call.claim_object().claim.settlement else { return Ok(()) };
    let ended = state::settlement(call.view, last)?.is_none_or(|settlement| settlement.status.is_terminal());
    ensure(ended, ErrorCode::SettlementLive)
}

/// E213 while the regulators have stopped new payments. Reports of what has happened are never stopped.
pub(super) fn not_halted(call: &Call<'_, '_>) -> Check {
    let stopped = halts_of(call.view)?.stops(&Target::Settlement, call.now());
    ensure(!stopped, ErrorCode::Halted)
}

/// The bank and the currency that a payment is about.
fn route(call: &Call<'_, '_>) -> (OrgId, Currency) {
    match call.action() {
        Action::InstructPayment(instruct) => (instruct.bank, instruct.amount.ccy),
        _ => {
            let settlement = &call.settlement_object().settlement;
            (settlement.bank, settlement.amount.ccy)
        }
    }
}

/// E624 unless the bank is active, a bank, and designated for the currency.
pub(super) fn designated(call: &Call<'_, '_>) -> Check {
    let (bank, ccy) = route(call);
    let org = state::org(call.view, bank)?;
    let is_bank = org.is_some_and(|org| org.roles.has(Role::Bank) && org.is_active(call.now()));
    let named = call.params.claims.banks.contains(&BankDesignation { ccy, bank });
    ensure(is_bank && named, ErrorCode::Bank)
}

/// E203 unless the bank that was instructed reports.
pub(super) fn bank(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(call.settlement_object().settlement.bank), ErrorCode::Role)
}

/// E701 for another currency, E615 for another amount than was instructed.
pub(super) fn exact(call: &Call<'_, '_>) -> Check {
    let (paid, instructed) = (payload!(call, BankPaid).amount, call.settlement_object().settlement.amount);
    ensure(paid.ccy == instructed.ccy, ErrorCode::Currency)?;
    ensure(paid == instructed, ErrorCode::PayAmount)
}

/// Who gets the money acknowledges: the provider (E203), or the subject (E309) or a proxy (E301).
pub(super) fn payee(call: &Call<'_, '_>) -> Check {
    let object = call.settlement_object();
    let capacity = payload!(call, PayeeAck).capacity;
    match (object.settlement.direction, object.settlement.payee, capacity) {
        (Direction::Pay, Payee::Provider, Capacity::Organisation) => {
            ensure(call.signer().org_id() == Some(object.claim.provider), ErrorCode::Role)
        }
        (Direction::Pay, Payee::Subject { .. }, person) => person_signs(call, object.claim.subject, person),
        _ => Err(ErrorCode::Role.into()),
    }
}
