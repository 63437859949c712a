//! Effects of the rows of cases, bills and claims.

use assent_types::action::Action;
use assent_types::anomaly::AnomalyKind;
use assent_types::bill::{Bill, BillFlag, BillFlags, BillStatus, RegisterBill};
use assent_types::case::{Case, case_id_of};
use assent_types::claim::{
    AdjDecision, AdjReasons, Award, BillShare, Capacity, Claim, ClaimFlag, ClaimFlags, ClaimStatus, Course,
    DecisionMode, LockPoint, RejectReason, Submitter, claim_id_of,
};
use assent_types::settlement::{Direction, Settlement};
use assent_types::state::{Record, StateKey};
use assent_types::{BillNullifier, ErrorCode};
use assent_types::{Hash32, List, Millis, Money};

use super::close::{begin, closing, release, return_capability};
use super::decide::award;
use super::ledger::{allocate, cite};
use super::object::{ClaimObject, case_of, claim_object, status_of};
use super::open::{Change, count_live, count_requests};
use crate::anomaly::{Noted, note};
use crate::erasure;
use crate::fixing::lock;
use crate::preauth::draw;
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
        code: None,
        capability: open.capability,
        claimed: open.capability.map(|capability| Money::zero(capability.cap.ccy)),
        claims: 0,
        preauths: 0,
        guarantees: 0,
        live: 0,
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

pub(crate) fn put_case(call: &mut Call<'_, '_>, case: Case) {
    call.view.put(StateKey::Case(case.id), Record::Case(case));
}

/// BI-01: keeps the bill with nothing allocated.
pub(super) fn register_bill(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let bill = new_bill(payload!(call, RegisterBill), call.now());
    call.emit(row, bill.nullifier.0, None, &[bill.issuer]);
    put_bill(call, bill);
    Ok(())
}

fn new_bill(register: &RegisterBill, at: Millis) -> Bill {
    Bill {
        nullifier: register.nullifier,
        issuer: register.issuer,
        total: register.total,
        allocated: Money::zero(register.total.ccy),
        claims: List::default(),
        attestation: register.attestation,
        registered_at: at,
        status: BillStatus::Registered,
        replaced_by: None,
        flags: BillFlags::EMPTY,
    }
}

/// BI-02: no claim may cite the bill any more.
pub(super) fn void_bill(call: &mut Call<'_, '_>, row: &Row) -> Check {
    end_bill(call, row, BillStatus::Voided, None)
}

/// BI-03: as BI-02, and the new bill is registered.
pub(super) fn replace_bill(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let by = &payload!(call, ReplaceBill).by;
    end_bill(call, row, BillStatus::Replaced, Some(by.nullifier))?;
    put_bill(call, new_bill(by, call.now()));
    Ok(())
}

/// AN-16 if a payment had been instructed.
fn end_bill(call: &mut Call<'_, '_>, row: &Row, status: BillStatus, replaced_by: Option<BillNullifier>) -> Check {
    let mut bill = call.bill().clone();
    let paid = bill.flags.has(BillFlag::PaymentRequested);
    if paid {
        bill.flags = bill.flags.with(BillFlag::VoidedAfterPayment);
    }
    (bill.status, bill.replaced_by) = (status, replaced_by);
    call.emit(row, bill.nullifier.0, None, &[bill.issuer]);
    let (object, of) = (bill.nullifier.0, Some(bill.issuer));
    put_bill(call, bill);
    if paid { note(call, Noted { kind: AnomalyKind::BillVoided, of, object, subject: None }) } else { Ok(()) }
}

pub(super) fn put_bill(call: &mut Call<'_, '_>, bill: Bill) {
    call.view.put(StateKey::Bill(bill.nullifier, bill.issuer), Record::Bill(Box::new(bill)));
}

// Claims -----------------------------------------------------------------------------------------------------------

/// Writes a claim, and leaves the row's event. The preauthorisation and the guarantee that the claim cites follow it; what
/// was loaded before is not any more.
pub(super) fn put_claim(call: &mut Call<'_, '_>, row: &Row, claim: Claim) -> Check {
    call.emit(row, claim.id.0, Some(claim.subject), &[claim.insurer, claim.provider]);
    let was = state::claim(call.view, claim.id)?.is_some_and(|before| !before.status.is_terminal());
    let change = Change { was, is: !claim.status.is_terminal() };
    count_live(call, claim.terms.case, change)?;
    count_requests(call, (claim.insurer, claim.subject), change)?;
    call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim.clone())));
    draw::follow(call, &claim)
}

/// CL-01, CL-02: keeps the claim, lists it on its bills and counts it in its case. AN-15 for a bill that another insurer
/// knows, where nobody said so.
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
    let held = row.to == State::DupHold;
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
        flags: if held { ClaimFlags::of(&[ClaimFlag::BillCollision]) } else { ClaimFlags::EMPTY },
        due: Some(call.now().plus(if held { params.dup_hold_ms } else { params.ack_ms })),
        course: Course { fixing: submit.terms.fx.and_then(|lock| lock.fixing), ..Course::default() },
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
    let collision = held.then_some(Noted {
        kind: AnomalyKind::BillCollision,
        of: Some(claim.provider),
        object: claim.id.0,
        subject: Some(claim.subject),
    });
    put_claim(call, row, claim)?;
    collision.map_or(Ok(()), |noted| note(call, noted))
}

fn due_for_decision(call: &Call<'_, '_>) -> Option<Millis> {
    Some(call.now().plus(call.params.claims.adjudicate_ms))
}

/// CL-03: the claim is under review.
pub(super) fn accept(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    claim.status = status_of(row.to);
    begin(&mut claim, due_for_decision(call));
    put_claim(call, row, claim)
}

/// CL-12: the claim is under review; the subject's co-signature declares co-ordination of benefits.
pub(super) fn clear(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    if cosigning_subjects(call)?.contains(&claim.subject) {
        claim.flags = claim.flags.with(ClaimFlag::CobDeclared);
    }
    claim.status = status_of(row.to);
    begin(&mut claim, due_for_decision(call));
    put_claim(call, row, claim)
}

/// CL-04: the claim goes back, and its bills are free of it.
pub(super) fn reject(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let reason = payload!(call, RejectClaim).reason;
    let claim = call.take_claim_object().claim;
    end(call, row, claim, reason)
}

/// CL-13: as a rejection; the case counts the duplicate.
pub(super) fn confirm(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    claim.flags = claim.flags.with(ClaimFlag::DupConfirmed);
    let mut case = (*case_of(call, &claim)?).clone();
    case.duplicates = case.duplicates.saturating_add(1);
    put_case(call, case);
    end(call, row, claim, RejectReason::Duplicate)
}

/// Ends a claim without a decision, and gives back what it held: its bills, and the provider's capability.
fn end(call: &mut Call<'_, '_>, row: &Row, mut claim: Claim, reason: RejectReason) -> Check {
    release(call, &claim)?;
    return_capability(call, &claim)?;
    claim.rejected = Some(reason);
    claim.due = None;
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// CL-15, CL-16: the shares are allocated on the bills, and payment is due.
pub(super) fn approve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let award = award(call);
    let (mode, reasons, outcome_root) = match call.action() {
        Action::ApproveClaim(approve) => (approve.mode, AdjReasons::EMPTY, approve.outcome_root),
        Action::ApprovePartial(approve) => (approve.mode, approve.reasons, approve.outcome_root),
        other => unreachable!("{} approves nothing", other.name()),
    };
    let object = call.take_claim_object();
    decided(call, row, object, Some(award), Decided { mode, reasons, outcome_root })
}

/// CL-17: nothing is approved, and an appeal is open.
pub(super) fn deny(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let deny = payload!(call, DenyClaim);
    let object = call.take_claim_object();
    let (mode, reasons, outcome_root) = (deny.mode, deny.reasons, deny.outcome_root);
    decided(call, row, object, None, Decided { mode, reasons, outcome_root })
}

/// What a decision adds to the amounts.
pub(super) struct Decided {
    pub(super) mode: DecisionMode,
    pub(super) reasons: AdjReasons,
    pub(super) outcome_root: Hash32,
}

/// Keeps a decision: its award on the bills, or that nothing is approved; its rate, if it is taken now; and until when it
/// may be appealed against. What is settled already settles the claim again (CL-29).
pub(super) fn decided(
    call: &mut Call<'_, '_>,
    row: &Row,
    object: ClaimObject,
    award: Option<&Award>,
    decided: Decided,
) -> Check {
    let ClaimObject { mut claim, bills } = object;
    let Some(by) = call.signer().org_id() else { unreachable!("an organisation decides") };
    if let Some(award) = award {
        for (mut bill, share) in bills.into_iter().zip(&award.shares) {
            allocate(&mut bill, claim.id, share.amount)?;
            put_bill(call, bill);
        }
        claim.approved_total = award.approved;
        claim.course.fixing = lock::at_decision(call, &claim)?;
    }
    let shares: &[BillShare] = award.map_or(&[], |award| &award.shares);
    claim.decision = Some(AdjDecision {
        by,
        mode: decided.mode,
        approved: claim.approved_total,
        disallowed: claim.terms.amounts.claimed.minus(claim.approved_total)?,
        reasons: decided.reasons,
        shares: match List::new(shares.to_vec()) {
            Ok(shares) => shares,
            Err(_) => unreachable!("shares came in a list of this bound"),
        },
        outcome_root: decided.outcome_root,
        at: call.now(),
    });
    let appeal_until = call.now().plus(call.params.claims.appeal_ms);
    let pay_by = call.now().plus(call.params.claims.pay_ms);
    claim.course.appeal_until = Some(appeal_until);
    claim.status = status_of(row.to);
    begin(&mut claim, Some(if award.is_some() { pay_by } else { appeal_until }));
    let (settled, status, id) = (award.is_some() && claim.payable()?.is_zero(), claim.status, claim.id);
    put_claim(call, row, claim)?;
    if settled {
        load_again(call, id)?;
        cause(call, EventName::AlreadyPaid, status.into())?;
    }
    Ok(())
}

/// CL-29: nothing is left to pay.
pub(super) fn already_paid(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    claim.status = status_of(row.to);
    let due = closing(&claim);
    begin(&mut claim, due);
    put_claim(call, row, claim)
}

fn load_again(call: &mut Call<'_, '_>, id: assent_types::ClaimId) -> Check {
    let Some(claim) = state::claim(call.view, id)? else {
        return Err(state::ReadError(format!("claim {id} is not there")).into());
    };
    call.object = Object::Claim(Box::new(claim_object(call, (*claim).clone())?));
    Ok(())
}

// Payment ----------------------------------------------------------------------------------------------------------

/// Causes ST-01 for the claim that is loaded.
pub(super) fn cause_payment(call: &mut Call<'_, '_>) -> Check {
    cause(call, EventName::Instruct, State::New)
}

/// CL-25: a settlement of the payable amount begins with ST-01, in the same transaction.
pub(super) fn instruct(call: &mut Call<'_, '_>, row: &Row) -> Check {
    cause_payment(call)?;
    let ClaimObject { mut claim, bills } = call.take_claim_object();
    if claim.terms.fx.is_some_and(|lock| lock.at == LockPoint::Instruction) {
        claim.course.fixing = lock::latest_for(call, &claim)?.map(|fixing| fixing.id);
    }
    for mut bill in bills.into_iter().filter(|bill| !bill.flags.has(BillFlag::PaymentRequested)) {
        bill.flags = bill.flags.with(BillFlag::PaymentRequested);
        put_bill(call, bill);
    }
    claim.settlement = Some(instructed(call));
    claim.status = status_of(row.to);
    begin(&mut claim, None);
    put_claim(call, row, claim)
}

/// Moves the claim of a settlement that has ended, in the same transaction or sweep.
pub(crate) fn payment_ended(call: &mut Call<'_, '_>, settlement: &Settlement) -> Check {
    let Some(claim) = state::claim(call.view, settlement.claim)? else {
        return Err(state::ReadError(format!("the claim of settlement {} is not there", settlement.id)).into());
    };
    let event = ending(settlement, &claim);
    let from = claim.status.into();
    load_again(call, claim.id)?;
    cause(call, event, from)
}

/// What the end of a settlement is to its claim.
pub(crate) fn ending(settlement: &Settlement, claim: &Claim) -> EventName {
    let paid = settlement.status == assent_types::settlement::SettlementStatus::Acked;
    match settlement.direction {
        Direction::Pay if paid => EventName::PaymentDone,
        Direction::Pay => EventName::PaymentFailed,
        Direction::Clawback if !paid => EventName::ClawbackFailed,
        Direction::Clawback if claim.settled_net == settlement.amount => EventName::ClawbackDone,
        Direction::Clawback => EventName::ClawbackPartDone,
    }
}

fn settlement_of(call: &Call<'_, '_>, claim: &Claim) -> Result<(Settlement, Millis), Stop> {
    let missing = || state::ReadError(format!("the ended settlement of claim {} is not there", claim.id));
    let id = claim.settlement.ok_or_else(missing)?;
    let settlement = (*state::settlement(call.view, id)?.ok_or_else(missing)?).clone();
    let ended_at = settlement.ended_at.ok_or_else(missing)?;
    Ok((settlement, ended_at))
}

/// CL-27: what was paid is settled.
pub(super) fn payment_done(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    let (settlement, at) = settlement_of(call, &claim)?;
    claim.settled_net = claim.settled_net.plus(settlement.amount)?;
    claim.course.clawback_until = Some(at.plus(call.params.claims.course.clawback_ms));
    claim.status = status_of(row.to);
    let due = closing(&claim);
    begin(&mut claim, due);
    put_claim(call, row, claim)
}

/// CL-28: the claim is as it was decided, and payment is due again.
pub(super) fn payment_failed(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    let (_, at) = settlement_of(call, &claim)?;
    let in_full = claim.approved_total == claim.terms.amounts.claimed;
    claim.status = match row.to {
        State::Decided if in_full => ClaimStatus::Approved,
        State::Decided => ClaimStatus::PartApproved,
        other => status_of(other),
    };
    begin(&mut claim, Some(at.plus(call.params.claims.pay_ms)));
    put_claim(call, row, claim)
}
