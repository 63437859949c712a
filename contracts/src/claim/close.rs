//! Withdrawing, closing and reopening claims, and the deadlines that nobody kept.

use assent_types::action::Action;
use assent_types::claim::{Capacity, Claim, ClaimFlag, ClaimStatus, Submitter};
use assent_types::limits::BREACHES_MAX;
use assent_types::state::{Record, StateKey};
use assent_types::{ClaimId, ErrorCode, Hash32, Millis};

use super::check::person_signs;
use super::execute::{put_bill, put_claim};
use super::ledger::{self, cite};
use super::object::{case_of, cited_bill, claim_object, status_of};
use crate::anomaly::deadline;
use crate::erasure;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::sweep_row;
use crate::runtime::state;
use crate::runtime::table::{Check, Row, Stop, ensure};

// What a claim holds ------------------------------------------------------------------------------------------------

/// Gives back what a claim that ends holds of other records: its place and its share on its bills.
///
/// Called for every ending but payment: rejected, withdrawn, denied for good, paid back. Whatever else a claim comes to
/// hold is given back here too.
pub(super) fn release(call: &mut Call<'_, '_>, claim: &Claim) -> Check {
    for nullifier in &claim.terms.bills {
        let mut bill = (*cited_bill(call, claim, *nullifier)?).clone();
        ledger::release(&mut bill, claim.id)?;
        put_bill(call, bill);
    }
    Ok(())
}

/// Gives back what a claim used of the capability under which an organisation filed it.
pub(super) fn return_capability(call: &mut Call<'_, '_>, claim: &Claim) -> Check {
    let mut case = (*case_of(call, claim)?).clone();
    if let (Submitter::Org(_), Some(claimed)) = (claim.submitted_by, case.claimed) {
        case.claimed = Some(claimed.minus(claim.terms.amounts.claimed)?);
        call.view.put(StateKey::Case(case.id), Record::Case(case));
    }
    Ok(())
}

// Withdrawing and reopening -----------------------------------------------------------------------------------------

/// Whoever filed withdraws, or the subject: its provider what an organisation filed (E203), the subject (E309) or a proxy
/// (E301) anything but a claim under a guarantee (E203).
pub(super) fn withdrawer(call: &Call<'_, '_>) -> Check {
    let claim = &call.claim_object().claim;
    match payload!(call, WithdrawClaim).capacity {
        Capacity::Organisation => {
            let filed = matches!(claim.submitted_by, Submitter::Org(_));
            ensure(filed && call.signer().org_id() == Some(claim.provider), ErrorCode::Role)
        }
        // Who relied on a guarantee decides whether it is given up.
        person => {
            ensure(claim.terms.guarantee.is_none(), ErrorCode::Role)?;
            person_signs(call, claim.subject, person)
        }
    }
}

/// E607 if something is settled.
pub(super) fn unsettled(call: &Call<'_, '_>) -> Check {
    ensure(call.claim_object().claim.settled_net.is_zero(), ErrorCode::State)
}

/// CL-38: the claim is off its bills.
pub(super) fn withdraw(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    release(call, &claim)?;
    return_capability(call, &claim)?;
    claim.due = None;
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// E623 without an order.
pub(super) fn ordered(call: &Call<'_, '_>) -> Check {
    let order = match call.action() {
        Action::ReopenClaim(reopen) => reopen.order,
        Action::OrderClawback(order) => order.order,
        other => unreachable!("{} needs no order", other.name()),
    };
    ensure(order != Hash32::ZERO, ErrorCode::Reason)
}

/// E602 if the insurer has another claim on a bill by now, E622 if too many claims cite one, E601 for a bill that does not
/// stand any more.
pub(super) fn citable(call: &Call<'_, '_>) -> Check {
    let object = call.claim_object();
    let claim = &object.claim;
    for bill in &object.bills {
        if bill.claims.iter().any(|listed| listed.claim == claim.id) {
            continue;
        }
        ensure(bill.status == assent_types::bill::BillStatus::Registered, ErrorCode::Bill)?;
        ensure(bill.claims.iter().all(|listed| listed.insurer != claim.insurer), ErrorCode::Duplicate)?;
        cite(&mut bill.clone(), claim)?;
    }
    Ok(())
}

/// CL-30: the claim is under review again, on its bills, and keeps what is left of its documents.
pub(super) fn reopen(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let order = payload!(call, ReopenClaim).order;
    let mut object = call.take_claim_object();
    for mut bill in std::mem::take(&mut object.bills) {
        if bill.claims.iter().all(|listed| listed.claim != object.claim.id) {
            cite(&mut bill, &object.claim)?;
            put_bill(call, bill);
        }
    }
    let mut claim = object.claim;
    erasure::execute::cite_again(call, &claim)?;
    claim.course.reopened = Some(order);
    claim.flags = claim.flags.with(ClaimFlag::Reopened);
    claim.status = status_of(row.to);
    begin(&mut claim, Some(call.now().plus(call.params.claims.adjudicate_ms)));
    put_claim(call, row, claim)
}

// Deadlines ---------------------------------------------------------------------------------------------------------

/// A status begins: whoever must act in it has missed nothing yet.
pub(super) fn begin(claim: &mut Claim, due: Option<Millis>) {
    claim.due = due;
    claim.course.breaches = 0;
}

/// The review goes on at this instant, with what is left of its time.
pub(super) fn resume(claim: &mut Claim, at: Millis) {
    claim.due = claim.course.paused_ms.take().map(|left| at.plus(left));
    claim.status = ClaimStatus::InReview;
}

/// The time to decide stands still, if it does not already, and another deadline runs.
pub(super) fn pause(claim: &mut Claim, now: Millis, wait_ms: u64) {
    if claim.status == ClaimStatus::InReview {
        claim.course.paused_ms = claim.due.map(|due| due.0.saturating_sub(now.0));
    }
    claim.due = Some(now.plus(wait_ms));
}

/// By when a settled claim closes: when neither an appeal nor a clawback can come any more.
pub(super) fn closing(claim: &Claim) -> Option<Millis> {
    claim.course.appeal_until.max(claim.course.clawback_until)
}

/// Somebody missed a deadline (AN-14): the status stays, the miss is counted, and the next deadline runs unless the last
/// one was missed. Times count from the deadline that passed, however late the sweep.
fn breach(claim: &mut Claim, at: Millis, again_ms: Option<u64>) {
    claim.course.breaches = claim.course.breaches.saturating_add(1);
    claim.flags = claim.flags.with(ClaimFlag::DeadlineMissed);
    claim.due = again_ms.filter(|_| claim.course.breaches < BREACHES_MAX).map(|again| at.plus(again));
}

/// The rows of the sweeper that change the claim alone: CL-05, CL-09, CL-11, CL-14, CL-18, CL-24, CL-26, CL-37, CL-40.
pub(super) fn move_on(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    let Some(at) = claim.due else { unreachable!("what is swept has a deadline") };
    let params = &call.params.claims;
    let review = Some(at.plus(params.adjudicate_ms));
    match claim.status {
        ClaimStatus::Submitted | ClaimStatus::DupHold => {
            let held = claim.status == ClaimStatus::DupHold;
            let flag = if held { ClaimFlag::DupUnresolved } else { ClaimFlag::AckMissed };
            claim.flags = claim.flags.with(flag).with(ClaimFlag::DeadlineMissed);
            claim.status = status_of(row.to);
            begin(&mut claim, review);
        }
        ClaimStatus::InfoRequested | ClaimStatus::ConsentHold => {
            let held = claim.status == ClaimStatus::ConsentHold;
            claim.flags = claim.flags.with(if held { ClaimFlag::ConsentMissing } else { ClaimFlag::InfoTimeout });
            resume(&mut claim, at);
        }
        ClaimStatus::InReview => breach(&mut claim, at, Some(params.adjudicate_ms)),
        ClaimStatus::Appealed => super::appeal::escalate(&mut claim, at, params.course.appeal_decide_ms, breach),
        ClaimStatus::ClawbackPending => {
            claim.due = closing(&claim);
            claim.status = status_of(row.to);
        }
        ClaimStatus::Settled => {
            claim.due = None;
            claim.status = status_of(row.to);
        }
        // Approved and PartApproved: the insurer has not instructed the payment.
        _ => breach(&mut claim, at, None),
    }
    put_claim(call, row, claim)
}

/// CL-39: nobody appealed; the claim is off its bills.
pub(super) fn close_denied(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    release(call, &claim)?;
    claim.due = None;
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// Sweeps a claim whose deadline has passed. False if none has, or no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: ClaimId) -> Result<bool, Stop> {
    let Some(claim) = state::claim(call.view, id)? else { return Ok(false) };
    if claim.deadline().is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    let Some(row) = sweep_row(call.tables, *b"CL", claim.status.into()) else { return Ok(false) };
    call.object = Object::Claim(Box::new(claim_object(call, (*claim).clone())?));
    (row.effect.apply)(call, &row)?;
    deadline::of_claim(call, &row, &claim)?;
    Ok(true)
}
