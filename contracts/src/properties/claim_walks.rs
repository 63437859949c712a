//! Properties of whole chains with claims and payments.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::access::{Asked, UserRole};
use assent_types::action::Action;
use assent_types::bill::Bill;
use assent_types::claim::{AdjDecision, AdjReasons, BenefitKind, Claim, ClaimStatus};
use assent_types::document::DocumentStatus;
use assent_types::settlement::{Direction, Settlement, SettlementStatus};
use assent_types::state::{Record, StateKey};
use assent_types::{BillNullifier, ClaimId, ErrorCode, Money, OrgId, Set};

use super::claim_walk::ClaimWalk;
use super::course_walks::{INV_17, INV_18, INV_36};
use super::document_walks::INV_04;
use super::follow::*;
use super::indexes::{INV_33, INV_34, INV_35};
use super::privacy::INV_25;
use super::walks::{INV_01, INV_03};
use crate::claim::object::status_of;
use crate::runtime::call::Call;
use crate::runtime::table::{Effect, Stop};
use crate::testing::*;
use crate::{MemoryState, Row, permit};

pub(super) const CLAIMS: Kind = Kind {
    name: "claims",
    new: |seed| Box::new(ClaimWalk::new(seed)),
    seeds: 2_001..=3_000,
    machines: &[*b"CS", *b"BI", *b"CL", *b"ST", *b"SB"],
    never: &[],
    also: &["AN-14", "AN-15", "AN-16"],
    errors: &[],
    properties: &[
        INV_01, INV_03, INV_04, INV_14, INV_15, INV_16, INV_17, INV_18, INV_20, INV_24, INV_25, INV_33, INV_34, INV_35,
        INV_36,
    ],
};

#[test]
fn walks_of_claims_keep_every_invariant_and_fire_every_row() {
    CLAIMS.keeps_its_properties();
}

pub(super) fn claims(state: &MemoryState) -> impl Iterator<Item = &Claim> {
    state.values().filter_map(|value| match &value.record {
        Record::Claim(claim) => Some(claim.as_ref()),
        _ => None,
    })
}

fn bills(state: &MemoryState) -> impl Iterator<Item = &Bill> {
    state.values().filter_map(|value| match &value.record {
        Record::Bill(bill) => Some(bill.as_ref()),
        _ => None,
    })
}

pub(super) fn settlements(state: &MemoryState) -> impl Iterator<Item = &Settlement> {
    state.values().filter_map(|value| match &value.record {
        Record::Settlement(settlement) => Some(settlement),
        _ => None,
    })
}

pub(super) fn sum(amounts: impl IntoIterator<Item = Money>) -> u128 {
    amounts.into_iter().map(|amount| u128::from(amount.minor)).sum()
}

#[test]
fn inv_03_a_refused_act_on_claims_changes_nothing() {
    // An effect that keeps half of its writes and then refuses.
    let leaky = with_row("CL-15", |row| {
        row.effect = Effect {
            text: "half an effect",
            apply: |call, _| {
                let object = call.take_claim_object();
                let claim = Claim { approved_total: object.claim.terms.amounts.claimed, ..object.claim };
                call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
                call.view.keep();
                Err(Stop::Refused(ErrorCode::State))
            },
        };
    });
    CLAIMS.catches(&INV_03, &leaky);
}

// INV-14 ------------------------------------------------------------------------------------------------------------

/// What a claim's decision gives it of a bill.
fn share_of(claim: &Claim, bill: BillNullifier) -> u64 {
    let shares = claim.decision.iter().flat_map(|decision| decision.shares.iter());
    shares.filter(|share| share.bill == bill).map(|share| share.amount.minor).sum()
}

/// Whether a claim holds nothing of its bills any more.
fn is_released(status: ClaimStatus) -> bool {
    use ClaimStatus::{ClosedDenied, Rejected, Reversed, Withdrawn};
    matches!(status, Rejected | Withdrawn | ClosedDenied | Reversed)
}

/// The sum of indemnities on a bill is what it says, and at most its total; each claim's allocation is its approved
/// share less what was clawed back, and a claim is listed exactly while it stands.
fn bills_are_conserved(state: &MemoryState) -> Verdict {
    let by_id: BTreeMap<ClaimId, &Claim> = claims(state).map(|claim| (claim.id, claim)).collect();
    for bill in bills(state) {
        let indemnities = bill.claims.iter().filter(|listed| listed.benefit == BenefitKind::Indemnity);
        let allocated = sum(indemnities.map(|listed| listed.amount));
        ensure(allocated == u128::from(bill.allocated.minor) && bill.allocated <= bill.total, || {
            format!("bill of {}: {allocated} listed, {} allocated", bill.total, bill.allocated)
        })?;
        for listed in &bill.claims {
            let claim = by_id.get(&listed.claim).ok_or("an unknown claim is listed")?;
            ensure(!is_released(claim.status), || format!("a claim that is {} is listed", claim.status))?;
            let standing = listed.amount.minor + listed.clawed.minor;
            ensure(standing == share_of(claim, bill.nullifier), || {
                let (amount, clawed) = (listed.amount, listed.clawed);
                format!("{amount} allocated, {clawed} clawed back, {} approved", share_of(claim, bill.nullifier))
            })?;
        }
    }
    for claim in by_id.values().filter(|claim| !is_released(claim.status)) {
        let of_claim = bills(state).flat_map(|bill| bill.claims.iter()).filter(|listed| listed.claim == claim.id);
        let clawed = sum(of_claim.map(|listed| listed.clawed));
        ensure(clawed == sum([claim.clawed_back]), || format!("{clawed} off bills, {} back", claim.clawed_back))?;
        for bill in bills(state).filter(|bill| claim.terms.bills.contains(&bill.nullifier)) {
            let listed = bill.claims.iter().filter(|listed| listed.claim == claim.id).count();
            ensure(listed == 1, || format!("a claim is listed {listed} times on its bill"))?;
        }
    }
    Ok(())
}

/// An approval that forgets the bills.
fn approve_and_forget(call: &mut Call<'_, '_>, row: &Row) -> Result<(), Stop> {
    let mut claim = call.take_claim_object().claim;
    let Action::ApproveClaim(approve) = call.action() else { unreachable!("CL-15 is an approval") };
    claim.approved_total = approve.award.approved;
    claim.decision = Some(AdjDecision {
        by: claim.insurer,
        mode: approve.mode,
        approved: approve.award.approved,
        disallowed: Money::zero(approve.award.approved.ccy),
        reasons: AdjReasons::EMPTY,
        shares: approve.award.shares.clone(),
        outcome_root: approve.outcome_root,
        at: call.now(),
    });
    claim.status = status_of(row.to);
    call.emit(row, claim.id.0, None, &[]);
    call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
    Ok(())
}

fn forgetful() -> Vec<Vec<Row>> {
    with_row("CL-15", |row| row.effect = Effect { text: "the bills are forgotten", apply: approve_and_forget })
}

/// Counts bills of which something is allocated.
const INV_14: Property = Property::of_states("INV-14", 100, || {
    Box::new(|step| {
        bills_are_conserved(&step.after.state)?;
        Ok(bills(&step.after.state).filter(|bill| !bill.allocated.is_zero()).count() as u64)
    })
});

#[test]
fn inv_14_bills_are_conserved() {
    CLAIMS.catches(&INV_14, &forgetful());
    // A rejection that releases nothing.
    let kept = with_row("CL-04", |row| {
        row.effect = Effect {
            text: "the bills keep it",
            apply: |call, row| {
                let claim = Claim { status: status_of(row.to), due: None, ..call.take_claim_object().claim };
                call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
                Ok(())
            },
        };
    });
    CLAIMS.catches(&INV_14, &kept);
}

// INV-15 ------------------------------------------------------------------------------------------------------------

/// What was billed is borne by somebody; what was claimed is approved or disallowed.
fn claims_balance<'c>(claims: impl Iterator<Item = &'c Claim>) -> Result<u64, String> {
    let mut decided_claims = 0;
    for claim in claims {
        let amounts = &claim.terms.amounts;
        let others = amounts.other_payers.iter().map(|payer| payer.amount);
        let borne = sum([amounts.claimed, amounts.subject_share]) + sum(others);
        ensure(borne == sum([amounts.billed]) && claim.terms.lines.total == amounts.billed, || {
            format!("{} billed, {borne} borne", amounts.billed)
        })?;
        let Some(decision) = &claim.decision else { continue };
        decided_claims += 1;
        let decided = sum([decision.approved, decision.disallowed]);
        let shares = sum(decision.shares.iter().map(|share| share.amount));
        let complete = decided == sum([amounts.claimed]) && shares == sum([decision.approved]);
        let reasoned = decision.disallowed.is_zero() == (decision.reasons == AdjReasons::EMPTY);
        ensure(complete && reasoned && decision.approved == claim.approved_total, || {
            format!("{} claimed, {decided} decided, {shares} shared out", amounts.claimed)
        })?;
    }
    Ok(decided_claims)
}

/// Counts claims that were decided.
const INV_15: Property = Property::of_blocks("INV-15", 500, || {
    Box::new(|step| {
        claims_balance(step.outcome.writes.values().filter_map(|value| match &value.record {
            Record::Claim(claim) => Some(claim.as_ref()),
            _ => None,
        }))
    })
});

#[test]
fn inv_15_claims_balance() {
    CLAIMS.catches(&INV_15, &with_row("CL-01", without_guard("amounts_balance")));
    CLAIMS.catches(&INV_15, &with_row("CL-16", without_guard("shares_add_up")));
}

// INV-16 ------------------------------------------------------------------------------------------------------------

/// What is settled is what payees have acknowledged, at most what is approved, and one payment is under way at a time.
fn payments_add_up(state: &MemoryState) -> Verdict {
    for claim in claims(state) {
        let own: Vec<&Settlement> = settlements(state).filter(|settlement| settlement.claim == claim.id).collect();
        let acked = |direction| {
            let acked = own.iter().filter(|settlement| settlement.status == SettlementStatus::Acked);
            sum(acked.filter(|settlement| settlement.direction == direction).map(|settlement| settlement.amount))
        };
        let (there, back) = (acked(Direction::Pay), acked(Direction::Clawback));
        let net = there.checked_sub(back).ok_or("more was clawed back")?;
        ensure(back == sum([claim.clawed_back]), || format!("{back} came back, {} clawed back", claim.clawed_back))?;
        ensure(net == sum([claim.settled_net]), || format!("{net} acknowledged, {} settled", claim.settled_net))?;
        let within = sum([claim.settled_net, claim.clawed_back]) <= sum([claim.approved_total])
            && claim.approved_total <= claim.terms.amounts.claimed;
        ensure(within, || format!("{} settled of {} approved", claim.settled_net, claim.approved_total))?;
        let live = own.iter().filter(|settlement| !settlement.status.is_terminal()).count();
        let in_flight = claim.course.clawback.as_ref().is_some_and(|clawback| clawback.in_flight);
        let due =
            claim.status == ClaimStatus::PayInstructed || claim.status == ClaimStatus::ClawbackPending && in_flight;
        ensure(live == usize::from(due), || format!("{live} payments under way of a claim that is {}", claim.status))?;
    }
    Ok(())
}

/// Counts claims that were paid.
const INV_16: Property = Property::of_states("INV-16", 100, || {
    Box::new(|step| {
        payments_add_up(&step.after.state)?;
        Ok(claims(&step.after.state).filter(|claim| claim.status == ClaimStatus::Settled).count() as u64)
    })
});

#[test]
fn inv_16_payments_add_up() {
    CLAIMS.catches(&INV_16, &with_row("CL-25", without_guard("amount_is_payable")));
    let twice = with_row("CL-27", |row| {
        row.effect = Effect {
            text: "settled twice",
            apply: |call, row| {
                let mut claim = call.take_claim_object().claim;
                claim.settled_net = claim.approved_total.plus(claim.approved_total)?;
                claim.status = status_of(row.to);
                call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
                Ok(())
            },
        };
    });
    CLAIMS.catches(&INV_16, &twice);
    // What came back is payable once more.
    let again = with_row("CL-35", |row| {
        row.effect = Effect {
            text: "clawed back and payable",
            apply: |call, row| {
                let mut claim = call.take_claim_object().claim;
                let amount = claim.course.clawback.take().map_or(claim.settled_net, |clawback| clawback.amount);
                claim.settled_net = claim.settled_net.minus(amount)?;
                claim.status = status_of(row.to);
                call.emit(row, claim.id.0, None, &[]);
                call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
                Ok(())
            },
        };
    });
    CLAIMS.catches(&INV_16, &again);
}

// INV-20 ------------------------------------------------------------------------------------------------------------

/// What was clawed back of a claim's share of a bill.
fn clawed_of(bill: &Bill, claim: ClaimId) -> u64 {
    bill.claims.iter().filter(|listed| listed.claim == claim).map(|listed| listed.clawed.minor).sum()
}

/// The insurers together settle at most the total of a bill. A claim is paid whole, so its shares are.
fn nobody_gains_by_insurance(state: &MemoryState) -> Result<u64, String> {
    let mut shared = 0;
    for bill in bills(state) {
        let paid: Vec<(OrgId, u64)> = claims(state)
            .filter(|claim| claim.terms.benefit == BenefitKind::Indemnity && !claim.settled_net.is_zero())
            .map(|claim| (claim.insurer, share_of(claim, bill.nullifier) - clawed_of(bill, claim.id)))
            .filter(|(_, share)| *share > 0)
            .collect();
        let insurers: BTreeSet<OrgId> = paid.iter().map(|(insurer, _)| *insurer).collect();
        shared += u64::from(insurers.len() > 1);
        let total: u128 = paid.iter().map(|(_, share)| u128::from(*share)).sum();
        ensure(total <= u128::from(bill.total.minor), || format!("{total} settled on a bill of {}", bill.total))?;
    }
    Ok(shared)
}

/// Counts bills on which two insurers paid.
const INV_20: Property =
    Property::of_states("INV-20", 3, || Box::new(|step| nobody_gains_by_insurance(&step.after.state)));

#[test]
fn inv_20_all_insurers_together_settle_at_most_the_bill() {
    CLAIMS.catches(&INV_20, &forgetful());
}

// INV-24, the half of claims ----------------------------------------------------------------------------------------

/// Every document that a claim cites was active, of the same subject or a linked one, and permitted to the insurer in
/// the state in which the claim was filed.
fn documents_are_permitted(step: &Step<'_>) -> Result<u64, String> {
    let mut cited = 0;
    let ctx = step.before.ctx();
    for (index, (tx, (receipt, _))) in step.txs.iter().zip(&step.outcome.receipts).enumerate() {
        let attachments = match (receipt.code, &tx.body.action) {
            (0, Action::SubmitClaim(submit)) if !submit.terms.attachments.is_empty() => &submit.terms.attachments,
            (0, Action::LinkAttachments(link)) => &link.anchors,
            _ => continue,
        };
        let state = step.state_before(index);
        let case = match &tx.body.action {
            Action::SubmitClaim(submit) => submit.terms.case,
            Action::LinkAttachments(link) => {
                crate::runtime::state::claim(&*state, link.claim).unwrap().ok_or("no claim")?.terms.case
            }
            _ => continue,
        };
        let case = crate::runtime::state::case(&*state, case).unwrap().ok_or("no case")?;
        for id in attachments {
            let anchor = crate::runtime::state::anchor(&*state, *id).unwrap().ok_or("no document")?;
            let request = assent_types::access::AccessRequest {
                requester: case.insurer,
                user_role: UserRole::MedicalAssessor,
                subject: case.subject,
                controller: anchor.body.controller,
                asked: Asked::Documents {
                    anchors: Set::new([*id]).unwrap(),
                    deliver_to: HONG_KONG,
                    case: Some(case.id),
                },
                ..claim_request(1)
            };
            let decision = permit(&request, &*state, ctx.time).unwrap().map_err(|code| code.to_string())?;
            let active = anchor.status == DocumentStatus::Active;
            ensure(active && decision.permit, || format!("active {active}, {:?}", decision.reasons))?;
            cited += 1;
        }
    }
    Ok(cited)
}

/// Counts documents that are cited.
const INV_24: Property = Property::of_blocks("INV-24", 20, || Box::new(documents_are_permitted));

#[test]
fn inv_24_claims_cite_only_documents_that_the_insurer_may_have() {
    CLAIMS.catches(&INV_24, &with_row("CL-01", without_guard("documents_permitted")));
    CLAIMS.catches(&INV_24, &with_row("CL-08", without_guard("documents_permitted")));
}
