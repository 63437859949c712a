//! Guards on settlements.

use assent_types::action::Action;
use assent_types::claim::{Capacity, Submitter};
use assent_types::governance::Target;
use assent_types::org::Role;
use assent_types::settlement::{Direction, Resolution};
use assent_types::state::BankDesignation;
use assent_types::{ErrorCode, Hash32, Money, OrgId};

use crate::claim::check::person_signs;
use crate::claim::clawback::payee_org;
use crate::fixing::lock;
use crate::governance::halts::halts_of;
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::{cosigning_orgs, cosigning_subjects};
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

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

/// The bank of a payment, and what it moves in which currencies.
struct Route {
    bank: OrgId,
    amount: Money,
    payout: Money,
}

/// E705 if it is paid in another currency and no fixing is in force.
fn route(call: &Call<'_, '_>) -> Result<Route, Stop> {
    let (bank, amount, back) = match call.action() {
        Action::InstructPayment(instruct) => (instruct.bank, instruct.amount, false),
        Action::AgreeClawback(agree) => (agree.bank, clawed(call)?, true),
        Action::OrderClawback(order) => (order.bank, clawed(call)?, true),
        _ => {
            let settlement = &call.settlement_object().settlement;
            return Ok(Route { bank: settlement.bank, amount: settlement.amount, payout: settlement.payout() });
        }
    };
    let conversion = lock::conversion(call, &call.claim_object().claim, amount, back)?;
    Ok(Route { bank, amount, payout: conversion.map_or(amount, |conversion| conversion.amount) })
}

/// What the clawback of the loaded claim is about.
pub(super) fn clawed(call: &Call<'_, '_>) -> Result<Money, Stop> {
    let claim = &call.claim_object().claim;
    let clawback = claim.course.clawback.as_ref();
    Ok(clawback.ok_or_else(|| state::ReadError(format!("claim {} has no clawback", claim.id)))?.amount)
}

/// E705 or E703 if the amount cannot be converted to the currency of the payment.
pub(super) fn convertible(call: &Call<'_, '_>) -> Check {
    route(call).map(|_| ())
}

/// E624 unless the bank is active, a bank, and designated for the currency of the bills and that of the payment.
pub(super) fn designated(call: &Call<'_, '_>) -> Check {
    let Ok(Route { bank, amount, payout }) = route(call) else { return Ok(()) };
    let org = state::org(call.view, bank)?;
    let is_bank = org.is_some_and(|org| org.roles.has(Role::Bank) && org.is_active(call.now()));
    let named = |ccy| call.params.claims.banks.contains(&BankDesignation { ccy, bank });
    ensure(is_bank && named(amount.ccy) && named(payout.ccy), ErrorCode::Bank)
}

/// E203 unless the bank that was instructed reports.
pub(super) fn bank(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(call.settlement_object().settlement.bank), ErrorCode::Role)
}

/// E701 for another currency, E615 for another amount than was instructed.
pub(super) fn exact(call: &Call<'_, '_>) -> Check {
    let (paid, instructed) = (payload!(call, BankPaid).amount, call.settlement_object().settlement.payout());
    ensure(paid.ccy == instructed.ccy, ErrorCode::Currency)?;
    ensure(paid == instructed, ErrorCode::PayAmount)
}

/// Whoever should get the money says whether it came: of a payment the claim's payee, of a clawback its insurer. E203 for
/// another organisation, E309 or E301 for another person.
pub(super) fn payee(call: &Call<'_, '_>) -> Check {
    let object = call.settlement_object();
    let capacity = match call.action() {
        Action::PayeeAck(ack) => ack.capacity,
        Action::DisputePayment(dispute) => dispute.capacity,
        other => unreachable!("{} says nothing of the money", other.name()),
    };
    let payee = match object.settlement.direction {
        Direction::Pay => payee_org(call, &object.claim)?,
        Direction::Clawback => Some(object.claim.insurer),
    };
    match (payee, capacity) {
        (Some(org), Capacity::Organisation) => ensure(call.signer().org_id() == Some(org), ErrorCode::Role),
        (None, person) if person != Capacity::Organisation => person_signs(call, object.claim.subject, person),
        _ => Err(ErrorCode::Role.into()),
    }
}

/// E203 unless whoever instructed takes it back, or the insurer what was instructed in its name.
pub(super) fn instructor(call: &Call<'_, '_>) -> Check {
    let object = call.settlement_object();
    let capacity = payload!(call, RecallPayment).capacity;
    match (object.settlement.instructed_by, capacity) {
        (Submitter::Org(org), Capacity::Organisation) => {
            let signer = call.signer().org_id();
            let own = object.settlement.direction == Direction::Pay && signer == Some(object.claim.insurer);
            ensure(own || signer == Some(org), ErrorCode::Role)
        }
        (Submitter::Subject, person) if person != Capacity::Organisation => {
            person_signs(call, object.claim.subject, person)
        }
        _ => Err(ErrorCode::Role.into()),
    }
}

/// E203 unless the settlement's bank resolves, or a regulator.
pub(super) fn resolver(call: &Call<'_, '_>) -> Check {
    let signer = call.signer();
    let regulator = signer.org.as_ref().is_some_and(|org| org.roles.has(Role::Regulator));
    ensure(regulator || signer.org_id() == Some(call.settlement_object().settlement.bank), ErrorCode::Role)
}

/// The bank's word needs the co-signature of whom it is to the disadvantage of (E203): the payee's that it was paid, the
/// payer's that it was not. A regulator's needs an order (E623).
pub(super) fn agreed(call: &Call<'_, '_>) -> Check {
    let object = call.settlement_object();
    let resolve = payload!(call, ResolvePayment);
    if call.signer().org_id() != Some(object.settlement.bank) {
        return ensure(resolve.order.is_some_and(|order| order != Hash32::ZERO), ErrorCode::Reason);
    }
    let paid = matches!(resolve.resolution, Resolution::Paid { .. });
    // In a clawback the claim's payee pays and its insurer is paid.
    let by_insurer = paid == (object.settlement.direction == Direction::Clawback);
    let org = if by_insurer { Some(object.claim.insurer) } else { payee_org(call, &object.claim)? };
    let signed = match org {
        Some(org) => cosigning_orgs(call)?.contains(&org),
        None => cosigning_subjects(call)?.contains(&object.claim.subject),
    };
    ensure(signed, ErrorCode::Role)
}
