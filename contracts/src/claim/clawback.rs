//! Clawbacks: guards and effects of CL-31 to CL-37 and CL-41.

use assent_types::action::Action;
use assent_types::bill::Bill;
use assent_types::claim::{Claim, ClaimFlag, Clawback, Payee};
use assent_types::org::Role;
use assent_types::{ErrorCode, Hash32, Money};

use super::check::{no_delegate, person_signs};
use super::close::{closing, release};
use super::execute::{cause_payment, put_bill, put_claim};
use super::ledger::claw;
use super::object::status_of;
use crate::runtime::call::{Call, payload};
use crate::runtime::state::{self, ReadError};
use crate::runtime::table::{Check, Row, State, ensure};
use crate::settlement::execute::instructed;

fn claim<'o>(call: &'o Call<'_, '_>) -> &'o Claim {
    &call.claim_object().claim
}

/// E203 unless the claim's insurer itself asks: a clawback is not delegated.
pub(super) fn insurer_itself(call: &Call<'_, '_>) -> Check {
    no_delegate(call, claim(call).insurer)
}

/// E701 for another currency; E617 for nothing, for more than is settled, or after the window.
pub(super) fn within(call: &Call<'_, '_>) -> Check {
    let (amount, claim) = (payload!(call, RequestClawback).amount, claim(call));
    ensure(amount.ccy == claim.settled_net.ccy, ErrorCode::Currency)?;
    let in_time = claim.course.clawback_until.is_some_and(|until| call.now() < until);
    ensure(!amount.is_zero() && amount <= claim.settled_net && in_time, ErrorCode::Clawback)
}

/// E704 unless there is a share for each bill, in order, and they add up to the amount; E617 for a share above what the
/// bill allocates to the claim.
pub(super) fn shares(call: &Call<'_, '_>) -> Check {
    let request = payload!(call, RequestClawback);
    let object = call.claim_object();
    let bills = request.shares.iter().map(|share| &share.bill);
    ensure(bills.eq(object.claim.terms.bills.iter()), ErrorCode::Unbalanced)?;
    let sum = Money::sum(request.amount.ccy, request.shares.iter().map(|share| share.amount))?;
    ensure(sum == request.amount, ErrorCode::Unbalanced)?;
    for (bill, share) in object.bills.iter().zip(&request.shares) {
        claw(&mut bill.clone(), object.claim.id, share.amount)?;
    }
    Ok(())
}

/// CL-31: the payee's answer is due.
pub(super) fn request(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let request = payload!(call, RequestClawback);
    let mut claim = call.take_claim_object().claim;
    claim.course.clawback = Some(Clawback {
        reason: request.reason,
        amount: request.amount,
        shares: request.shares.clone(),
        requested_at: call.now(),
        in_flight: false,
        order: None,
    });
    claim.due = Some(call.now().plus(call.params.claims.course.dispute_ms));
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// Whoever was paid by the claim answers: its provider or the advance payer (E203), the subject (E309) or a proxy (E301).
pub(super) fn payee(call: &Call<'_, '_>) -> Check {
    let capacity = match call.action() {
        Action::AgreeClawback(agree) => agree.capacity,
        Action::ContestClawback(contest) => contest.capacity,
        other => unreachable!("{} answers no clawback", other.name()),
    };
    let claim = claim(call);
    match payee_org(call, claim)? {
        Some(payee) => {
            let itself = capacity == assent_types::claim::Capacity::Organisation;
            ensure(itself && call.signer().org_id() == Some(payee), ErrorCode::Role)
        }
        None => person_signs(call, claim.subject, capacity),
    }
}

/// The organisation that a claim pays; `None` if it pays the subject.
pub(crate) fn payee_org(call: &Call<'_, '_>, claim: &Claim) -> Result<Option<assent_types::OrgId>, ReadError> {
    Ok(match claim.terms.payee {
        Payee::Provider => Some(claim.provider),
        Payee::Subject { .. } => None,
        Payee::Advance { assignment } => {
            let found = state::assignment(call.view, assignment)?;
            Some(found.ok_or_else(|| ReadError(format!("the assignment of claim {} is not there", claim.id)))?.payer)
        }
    })
}

/// E616 while the clawback's payment is under way.
pub(super) fn not_in_flight(call: &Call<'_, '_>) -> Check {
    let in_flight = claim(call).course.clawback.as_ref().is_some_and(|clawback| clawback.in_flight);
    ensure(!in_flight, ErrorCode::SettlementLive)
}

/// E203 unless a regulator orders.
pub(super) fn regulator(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org.as_ref().is_some_and(|org| org.roles.has(Role::Regulator)), ErrorCode::Role)
}

/// CL-32, CL-36: a settlement of the amount begins with ST-01, in the same transaction.
pub(super) fn pay_back(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let order: Option<Hash32> = match call.action() {
        Action::OrderClawback(order) => Some(order.order),
        _ => None,
    };
    cause_payment(call)?;
    let mut claim = call.take_claim_object().claim;
    claim.settlement = Some(instructed(call));
    if let Some(clawback) = &mut claim.course.clawback {
        clawback.in_flight = true;
        clawback.order = order;
    }
    put_claim(call, row, claim)
}

/// CL-33: nothing is paid back; the insurer may turn to a regulator.
pub(super) fn contest(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    claim.flags = claim.flags.with(ClaimFlag::ClawbackContested);
    claim.due = closing(&claim);
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// CL-34, CL-35: what was paid back is off the claim and off its bills, and is never paid again.
pub(super) fn paid_back(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let object = call.take_claim_object();
    let mut claim = object.claim;
    let Some(clawback) = claim.course.clawback.as_mut() else {
        return Err(ReadError(format!("claim {} has no clawback", claim.id)).into());
    };
    clawback.in_flight = false;
    let (amount, shares) = (clawback.amount, clawback.shares.clone());
    claim.settled_net = claim.settled_net.minus(amount)?;
    claim.clawed_back = claim.clawed_back.plus(amount)?;
    let bills: Vec<Bill> = object.bills;
    for (mut bill, share) in bills.into_iter().zip(&shares) {
        claw(&mut bill, claim.id, share.amount)?;
        put_bill(call, bill);
    }
    claim.status = status_of(row.to);
    claim.due = closing(&claim);
    if row.to == State::Reversed {
        release(call, &claim)?;
        claim.due = None;
    }
    put_claim(call, row, claim)
}

/// CL-41: the payment came to nothing; the clawback may be agreed to or ordered again until the claim's deadline.
pub(super) fn not_paid_back(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    if let Some(clawback) = &mut claim.course.clawback {
        clawback.in_flight = false;
    }
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}
