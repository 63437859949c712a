//! Effects of the rows of cases, bills and claims.

use assent_types::action::Action;
use assent_types::bill::{Bill, BillStatus};
use assent_types::case::{Case, case_id_of};
use assent_types::claim::{
    AdjDecision, AdjReasons, BillShare, Capacity, Claim, ClaimFlag, ClaimFlags, ClaimStatus, DecisionMode,
    RejectReason, Submitter, claim_id_of,
};
use assent_types::settlement::Settlement;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, Hash32, List, Millis, Money};

use super::decide::award;
use super::ledger::{allocate, cite, release};
use super::object::{self, ClaimObject, claim_object, overdue_row, status_of};
use crate::erasure;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::cause;
use crate::runtime::signer::cosigning_subjects;
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, State, Stop};
use crate::settlement::execute::instructed;

// Cases and bills --------------------------------------------------------------------------------------------------

/// CS-01: keeps the case.
pub(super) fn open_case(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let open = payload!(call, OpenCase);
    let case = Case {
        id: case_id_of(&call.tx),
        subject: open.subject,
        insurer: open.insurer,
        provider: open.provider,
        plan_commit: open.plan_commit,
        opened_by: open.grantor,
        capability: open.capability,
        claimed: open.capability.map(|capability| Money::zero(capability.cap.ccy)),
        claims: 0,
        duplicates: 0,
        opened_at: call.now(),
        exp: open.exp,
    };
    keep_new_case(call, row, case);
    Ok(())
}

/// Keeps a new case, whatever opens it.
pub(crate) fn keep_new_case(call: &mut Call<'_, '_>, row: &Row, case: Case) {
    call.emit(row, case.id.0, Some(case.subject), &[case.insurer, case.provider]);
    put_case(call, case);
}

/// BI-01: keeps the bill with nothing allocated.
pub(super) fn register_bill(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let register = payload!(call, RegisterBill);
    let bill = Bill {
        nullifier: register.nullifier,
        issuer: register.issuer,
        total: register.total,
        allocated: Money::zero(register.total.ccy),
        claims: List::default(),
        attestation: register.attestation,
        registered_at: call.now(),
        status: BillStatus::Registered,
    };
    call.emit(row, bill.nullifier.0, None, &[bill.issuer]);
    put_bill(call, bill);
    Ok(())
}

fn put_bill(call: &mut Call<'_, '_>, bill: Bill) {
    call.view.put(StateKey::Bill(bill.nullifier, bill.issuer), Record::Bill(Box::new(bill)));
}

// Claims -----------------------------------------------------------------------------------------------------------

/// Writes a claim, and leaves the events of what moved it: an overdue deadline first, then the act.
fn put_claim(call: &mut Call<'_, '_>, row: &Row, overdue: Option<Row>, claim: Claim) {
    for row in overdue.iter().chain([row]) {
        call.emit(row, claim.id.0, Some(claim.subject), &[claim.insurer, claim.provider]);
    }
    call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
}

fn case_of(call: &Call<'_, '_>, claim: &Claim) -> Result<Case, Stop> {
    let case = state::case(call.view, claim.terms.case)?;
    Ok((*case.ok_or_else(|| state::ReadError(format!("the case of claim {} is not there", claim.id)))?).clone())
}

fn put_case(call: &mut Call<'_, '_>, case: Case) {
    call.view.put(StateKey::Case(case.id), Record::Case(case));
}

/// CL-01, CL-02: keeps the claim, lists it on its bills and counts it in its case.
pub(super) fn submit(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let submit = payload!(call, SubmitClaim);
    let filing = call.take_filing();
    let mut case = (*filing.case).clone();
    let claimed = submit.terms.amounts.claimed;
    case.claims = case.claims.checked_add(1).ok_or(ErrorCode::Limit)?;
    let submitted_by = match (submit.capacity, call.signer().org_id()) {
        (Capacity::Organisation, Some(org)) => Submitter::Org(org),
        _ => Submitter::Subject,
    };
    if let (Submitter::Org(_), Some(before)) = (submitted_by, case.claimed) {
        case.claimed = Some(before.plus(claimed)?);
    }
    let params = &call.params.claims;
    let wait_ms = if row.to == State::DupHold { params.dup_hold_ms } else { params.ack_ms };
    let nothing = Money::zero(claimed.ccy);
    let claim = Claim {
        id: claim_id_of(&call.tx),
        seq: case.claims,
        subject: case.subject,
        insurer: case.insurer,
        provider: case.provider,
        terms: submit.terms.clone(),
        submitted_by,
        submitted_at: call.now(),
        decision: None,
        rejected: None,
        approved_total: nothing,
        settled_net: nothing,
        clawed_back: nothing,
        appeals: 0,
        info_rounds: 0,
        settlement: None,
        flags: ClaimFlags::EMPTY,
        due: Some(call.now().plus(wait_ms)),
        status: status_of(row.to),
    };
    for bill in filing.bills.iter().flatten() {
        let mut bill = (**bill).clone();
        cite(&mut bill, &claim)?;
        put_bill(call, bill);
    }
    for document in &submit.terms.attachments {
        erasure::execute::cite(call, *document, claim.id)?;
    }
    put_case(call, case);
    put_claim(call, row, None, claim);
    Ok(())
}

fn due_for_decision(call: &Call<'_, '_>) -> Option<Millis> {
    Some(call.now().plus(call.params.claims.adjudicate_ms))
}

/// CL-03: the claim is under review.
pub(super) fn accept(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let ClaimObject { mut claim, overdue, .. } = call.take_claim_object();
    claim.status = status_of(row.to);
    claim.due = due_for_decision(call);
    put_claim(call, row, overdue, claim);
    Ok(())
}

/// CL-12: the claim is under review; the subject's co-signature declares co-ordination of benefits.
pub(super) fn clear(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let ClaimObject { mut claim, overdue, .. } = call.take_claim_object();
    if cosigning_subjects(call)?.contains(&claim.subject) {
        claim.flags = claim.flags.with(ClaimFlag::CobDeclared);
    }
    claim.status = status_of(row.to);
    claim.due = due_for_decision(call);
    put_claim(call, row, overdue, claim);
    Ok(())
}

/// CL-05, CL-14: a deadline has passed.
pub(super) fn move_on(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let ClaimObject { mut claim, .. } = call.take_claim_object();
    object::move_on(&mut claim, row, &call.params.claims);
    put_claim(call, row, None, claim);
    Ok(())
}

/// CL-04: the claim goes back, and its bills are free of it.
pub(super) fn reject(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let reason = payload!(call, RejectClaim).reason;
    let object = call.take_claim_object();
    let case = case_of(call, &object.claim)?;
    end(call, row, object, case, reason)
}

/// CL-13: as a rejection; the case counts the duplicate.
pub(super) fn confirm(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut object = call.take_claim_object();
    object.claim.flags = object.claim.flags.with(ClaimFlag::DupConfirmed);
    let mut case = case_of(call, &object.claim)?;
    case.duplicates = case.duplicates.saturating_add(1);
    end(call, row, object, case, RejectReason::Duplicate)
}

/// Ends a claim without a decision, and gives back what it held: its bills, and the provider's capability.
fn end(call: &mut Call<'_, '_>, row: &Row, object: ClaimObject, mut case: Case, reason: RejectReason) -> Check {
    let ClaimObject { mut claim, bills, overdue } = object;
    if let (Submitter::Org(_), Some(claimed)) = (claim.submitted_by, case.claimed) {
        case.claimed = Some(claimed.minus(claim.terms.amounts.claimed)?);
    }
    for mut bill in bills {
        release(&mut bill, claim.id)?;
        put_bill(call, bill);
    }
    claim.rejected = Some(reason);
    claim.due = None;
    claim.status = status_of(row.to);
    put_case(call, case);
    put_claim(call, row, overdue, claim);
    Ok(())
}

/// CL-15, CL-16: the shares are allocated on the bills, and payment is due.
pub(super) fn approve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let award = award(call);
    let (mode, reasons, outcome_root) = match call.action() {
        Action::ApproveClaim(approve) => (approve.mode, AdjReasons::EMPTY, approve.outcome_root),
        Action::ApprovePartial(approve) => (approve.mode, approve.reasons, approve.outcome_root),
        other => unreachable!("{} approves nothing", other.name()),
    };
    let mut object = call.take_claim_object();
    for (bill, share) in object.bills.iter_mut().zip(&award.shares) {
        allocate(bill, object.claim.id, share.amount)?;
    }
    for bill in std::mem::take(&mut object.bills) {
        put_bill(call, bill);
    }
    let due = call.now().plus(call.params.claims.pay_ms);
    object.claim.approved_total = award.approved;
    decide(call, row, object, due, Decided { mode, reasons, outcome_root, shares: award.shares.to_vec() })
}

/// CL-17: nothing is approved, and an appeal is open.
pub(super) fn deny(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let deny = payload!(call, DenyClaim);
    let object = call.take_claim_object();
    let due = call.now().plus(call.params.claims.appeal_ms);
    let (mode, reasons, outcome_root) = (deny.mode, deny.reasons, deny.outcome_root);
    decide(call, row, object, due, Decided { mode, reasons, outcome_root, shares: Vec::new() })
}

/// What a decision adds to the amounts.
struct Decided {
    mode: DecisionMode,
    reasons: AdjReasons,
    outcome_root: Hash32,
    shares: Vec<BillShare>,
}

fn decide(call: &mut Call<'_, '_>, row: &Row, object: ClaimObject, due: Millis, decided: Decided) -> Check {
    let ClaimObject { mut claim, overdue, .. } = object;
    let Some(by) = call.signer().org_id() else { unreachable!("an insurer decides") };
    let approved = claim.approved_total;
    claim.decision = Some(AdjDecision {
        by,
        mode: decided.mode,
        approved,
        disallowed: claim.terms.amounts.claimed.minus(approved)?,
        reasons: decided.reasons,
        shares: match List::new(decided.shares) {
            Ok(shares) => shares,
            Err(_) => unreachable!("shares came in a list of this bound"),
        },
        outcome_root: decided.outcome_root,
        at: call.now(),
    });
    claim.due = Some(due);
    claim.status = status_of(row.to);
    put_claim(call, row, overdue, claim);
    Ok(())
}

// Payment ----------------------------------------------------------------------------------------------------------

/// CL-25: a settlement of the payable amount begins with ST-01, in the same transaction.
pub(super) fn instruct(call: &mut Call<'_, '_>, row: &Row) -> Check {
    cause(call, EventName::Instruct, State::New)?;
    let ClaimObject { mut claim, overdue, .. } = call.take_claim_object();
    claim.settlement = Some(instructed(call));
    claim.due = None;
    claim.status = status_of(row.to);
    put_claim(call, row, overdue, claim);
    Ok(())
}

/// Moves the claim of a settlement that has ended, in the same transaction or sweep.
pub(crate) fn payment_ended(call: &mut Call<'_, '_>, event: EventName, settlement: &Settlement) -> Check {
    let Some(claim) = state::claim(call.view, settlement.claim)? else {
        return Err(state::ReadError(format!("the claim of settlement {} is not there", settlement.id)).into());
    };
    let claim = (*claim).clone();
    let from = claim.status.into();
    call.object = Object::Claim(Box::new(claim_object(call, claim)?));
    cause(call, event, from)
}

fn settlement_of(call: &Call<'_, '_>, claim: &Claim) -> Result<Settlement, Stop> {
    let missing = || state::ReadError(format!("the settlement of claim {} is not there", claim.id));
    let id = claim.settlement.ok_or_else(missing)?;
    Ok((*state::settlement(call.view, id)?.ok_or_else(missing)?).clone())
}

/// CL-27: what was paid is settled.
pub(super) fn payment_done(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let ClaimObject { mut claim, .. } = call.take_claim_object();
    claim.settled_net = claim.settled_net.plus(settlement_of(call, &claim)?.amount)?;
    claim.due = None;
    claim.status = status_of(row.to);
    put_claim(call, row, None, claim);
    Ok(())
}

/// CL-28: the claim is as it was decided, and payment is due again.
pub(super) fn payment_failed(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let ClaimObject { mut claim, .. } = call.take_claim_object();
    let in_full = claim.approved_total == claim.terms.amounts.claimed;
    claim.due = Some(call.now().plus(call.params.claims.pay_ms));
    claim.status = match row.to {
        State::Decided if in_full => ClaimStatus::Approved,
        State::Decided => ClaimStatus::PartApproved,
        other => status_of(other),
    };
    put_claim(call, row, None, claim);
    Ok(())
}

/// Sweeps a claim whose deadline has passed. False if no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: assent_types::ClaimId) -> Result<bool, Stop> {
    let Some(claim) = state::claim(call.view, id)? else { return Ok(false) };
    let claim = (*claim).clone();
    let Some(row) = overdue_row(call.tables, &claim, call.now()) else { return Ok(false) };
    call.object = Object::Claim(Box::new(claim_object(call, claim)?));
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
