//! Properties of whole chains with claims and payments.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::access::{Asked, UserRole};
use assent_types::action::Action;
use assent_types::bill::Bill;
use assent_types::claim::{AdjDecision, AdjReasons, BenefitKind, Claim, ClaimStatus};
use assent_types::document::DocumentStatus;
use assent_types::receipt::RowId;
use assent_types::settlement::{Direction, Settlement, SettlementStatus};
use assent_types::state::{Record, StateKey};
use assent_types::{BillNullifier, ClaimId, ErrorCode, Money, OrgId, Set, encode};
use base64::Engine as _;
use sha2::{Digest, Sha256};

use super::claim_walk::{ClaimWalk, bill_number};
use super::walks::{Check, Step, as_tables, follow, refused_changes_nothing, with_row};
use super::{BLOCKS, WALKS};
use crate::claim::object::status_of;
use crate::runtime::call::Call;
use crate::runtime::table::{Effect, Stop};
use crate::testing::*;
use crate::{MemoryState, Row, StateRead, Table, execute_block_with, permit, tables};

pub(super) type Verdict = Result<(), String>;

pub(super) fn walk(name: &str, seed: u64, tables: &[Table<'_>], check: Check<'_>) -> Verdict {
    follow(name, seed, &mut ClaimWalk::new(seed), tables, check)
}

/// Walks with every seed on the real tables, where the property must hold.
pub(super) fn holds(name: &str, check: &mut dyn FnMut(&Step<'_>) -> Verdict) {
    // Rare courses, such as a hold that a consent ends, take more walks than other properties.
    for seed in 1..=4 * WALKS {
        walk(name, seed, tables(), check).unwrap();
    }
}

/// Walks on faulty tables, where one of the seeds must show the fault.
pub(super) fn catches(name: &str, faulty: &[Vec<Row>], check: &mut dyn FnMut(&Step<'_>) -> Verdict) {
    let faulty = as_tables(faulty);
    let caught = (1..=WALKS).try_for_each(|seed| walk(&format!("{name} with a fault"), seed, &faulty, check));
    println!("{name}: {caught:?}");
    assert!(caught.is_err(), "{name}: the seeded fault was not caught");
}

pub(super) fn without_guard(name: &'static str) -> impl Fn(&mut Row) {
    move |row| {
        let rest: Vec<_> = row.guards.iter().filter(|guard| guard.name != name).copied().collect();
        assert!(rest.len() < row.guards.len(), "{} has no guard {name}", row.id);
        row.guards = rest.leak();
    }
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

pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}

#[test]
fn walks_of_claims_fire_every_row_and_meet_many_errors() {
    let mut rows: BTreeSet<RowId> = BTreeSet::new();
    let mut codes = BTreeSet::new();
    holds("coverage of claims", &mut |step| {
        for (receipt, details) in &step.outcome.receipts {
            rows.extend(details.events.iter().map(|event| event.row));
            codes.insert(receipt.code);
        }
        Ok(())
    });
    let machines = [*b"CS", *b"BI", *b"CL", *b"ST"];
    let missing: Vec<String> = tables()
        .iter()
        .flat_map(|table| table.iter())
        .filter(|row| machines.contains(&row.id.0) && !rows.contains(&row.id))
        .map(|row| row.id.to_string())
        .collect();
    println!("rows of cases, bills, claims and payments fired: {rows:?}");
    println!("errors met: {codes:?}");
    assert_eq!(missing, [""; 0]);
    assert!(codes.len() >= 15, "{codes:?}");
}

// INV-03 ------------------------------------------------------------------------------------------------------------

#[test]
fn inv_03_a_refused_act_on_claims_changes_nothing() {
    holds("INV-03 claims", &mut |step| refused_changes_nothing(tables(), step));
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
    let tables = as_tables(&leaky);
    catches("INV-03 claims", &leaky, &mut |step| refused_changes_nothing(&tables, step));
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

#[test]
fn inv_14_bills_are_conserved() {
    let mut allocated = 0;
    holds("INV-14", &mut |step| {
        allocated += bills(&step.after.state).filter(|bill| !bill.allocated.is_zero()).count();
        bills_are_conserved(&step.after.state)
    });
    assert!(allocated > 100, "hardly a bill was allocated");
    catches("INV-14", &forgetful(), &mut |step| bills_are_conserved(&step.after.state));
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
    catches("INV-14 after a rejection", &kept, &mut |step| bills_are_conserved(&step.after.state));
}

// INV-15 ------------------------------------------------------------------------------------------------------------

/// What was billed is borne by somebody; what was claimed is approved or disallowed.
fn claims_balance(state: &MemoryState) -> Verdict {
    for claim in claims(state) {
        let amounts = &claim.terms.amounts;
        let others = amounts.other_payers.iter().map(|payer| payer.amount);
        let borne = sum([amounts.claimed, amounts.subject_share]) + sum(others);
        ensure(borne == sum([amounts.billed]) && claim.terms.lines.total == amounts.billed, || {
            format!("{} billed, {borne} borne", amounts.billed)
        })?;
        let Some(decision) = &claim.decision else { continue };
        let decided = sum([decision.approved, decision.disallowed]);
        let shares = sum(decision.shares.iter().map(|share| share.amount));
        let complete = decided == sum([amounts.claimed]) && shares == sum([decision.approved]);
        let reasoned = decision.disallowed.is_zero() == (decision.reasons == AdjReasons::EMPTY);
        ensure(complete && reasoned && decision.approved == claim.approved_total, || {
            format!("{} claimed, {decided} decided, {shares} shared out", amounts.claimed)
        })?;
    }
    Ok(())
}

#[test]
fn inv_15_claims_balance() {
    holds("INV-15", &mut |step| claims_balance(&step.after.state));
    let filed = with_row("CL-01", without_guard("amounts_balance"));
    catches("INV-15 at filing", &filed, &mut |step| claims_balance(&step.after.state));
    let decided = with_row("CL-16", without_guard("shares_add_up"));
    catches("INV-15 at the decision", &decided, &mut |step| claims_balance(&step.after.state));
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

#[test]
fn inv_16_payments_add_up() {
    let mut settled = 0;
    holds("INV-16", &mut |step| {
        settled += claims(&step.after.state).filter(|claim| claim.status == ClaimStatus::Settled).count();
        payments_add_up(&step.after.state)
    });
    assert!(settled > 100, "hardly a claim was settled");
    let unchecked = with_row("CL-25", without_guard("amount_is_payable"));
    catches("INV-16", &unchecked, &mut |step| payments_add_up(&step.after.state));
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
    catches("INV-16 with money counted twice", &twice, &mut |step| payments_add_up(&step.after.state));
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
    catches("INV-16 with clawed money paid again", &again, &mut |step| payments_add_up(&step.after.state));
}

// INV-20 ------------------------------------------------------------------------------------------------------------

/// What was clawed back of a claim's share of a bill.
fn clawed_of(bill: &Bill, claim: ClaimId) -> u64 {
    bill.claims.iter().filter(|listed| listed.claim == claim).map(|listed| listed.clawed.minor).sum()
}

/// The insurers together settle at most the total of a bill. A claim is paid whole, so its shares are.
fn nobody_gains_by_insurance(state: &MemoryState) -> Result<usize, String> {
    let mut shared = 0;
    for bill in bills(state) {
        let paid: Vec<(OrgId, u64)> = claims(state)
            .filter(|claim| claim.terms.benefit == BenefitKind::Indemnity && !claim.settled_net.is_zero())
            .map(|claim| (claim.insurer, share_of(claim, bill.nullifier) - clawed_of(bill, claim.id)))
            .filter(|(_, share)| *share > 0)
            .collect();
        let insurers: BTreeSet<OrgId> = paid.iter().map(|(insurer, _)| *insurer).collect();
        shared += usize::from(insurers.len() > 1);
        let total: u128 = paid.iter().map(|(_, share)| u128::from(*share)).sum();
        ensure(total <= u128::from(bill.total.minor), || format!("{total} settled on a bill of {}", bill.total))?;
    }
    Ok(shared)
}

#[test]
fn inv_20_all_insurers_together_settle_at_most_the_bill() {
    let mut shared = 0;
    holds("INV-20", &mut |step| {
        shared += nobody_gains_by_insurance(&step.after.state)?;
        Ok(())
    });
    println!("INV-20 bills on which two insurers paid, summed over blocks: {shared}");
    assert!(shared > 10, "insurers hardly ever met on a bill");
    catches("INV-20", &forgetful(), &mut |step| nobody_gains_by_insurance(&step.after.state).map(|_| ()));
}

// INV-24, the half of claims ----------------------------------------------------------------------------------------

/// Every document that a claim cites was active, of the same subject or a linked one, and permitted to the insurer in
/// the state in which the claim was filed.
fn documents_are_permitted(step: &Step<'_>) -> Result<usize, String> {
    let mut cited = 0;
    let ctx = step.before.ctx();
    for (index, (tx, (receipt, _))) in step.txs.iter().zip(&step.outcome.receipts).enumerate() {
        let attachments = match (receipt.code, &tx.body.action) {
            (0, Action::SubmitClaim(submit)) if !submit.terms.attachments.is_empty() => &submit.terms.attachments,
            (0, Action::LinkAttachments(link)) => &link.anchors,
            _ => continue,
        };
        let mut state = step.before.state.clone();
        state.apply(&execute_block_with(tables(), &ctx, &state, &step.txs[..index]).unwrap());
        let case = match &tx.body.action {
            Action::SubmitClaim(submit) => submit.terms.case,
            Action::LinkAttachments(link) => {
                crate::runtime::state::claim(&state, link.claim).unwrap().ok_or("no claim")?.terms.case
            }
            _ => continue,
        };
        let case = crate::runtime::state::case(&state, case).unwrap().ok_or("no case")?;
        for id in attachments {
            let anchor = crate::runtime::state::anchor(&state, *id).unwrap().ok_or("no document")?;
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
            let decision = permit(&request, &state, ctx.time).unwrap().map_err(|code| code.to_string())?;
            let active = anchor.status == DocumentStatus::Active;
            ensure(active && decision.permit, || format!("active {active}, {:?}", decision.reasons))?;
            cited += 1;
        }
    }
    Ok(cited)
}

#[test]
fn inv_24_claims_cite_only_documents_that_the_insurer_may_have() {
    let mut cited = 0;
    holds("INV-24 claims", &mut |step| {
        cited += documents_are_permitted(step)?;
        Ok(())
    });
    println!("INV-24 documents cited: {cited}");
    assert!(cited > 10, "hardly a document was cited");
    let unguarded = with_row("CL-01", without_guard("documents_permitted"));
    catches("INV-24 claims", &unguarded, &mut |step| documents_are_permitted(step).map(|_| ()));
    let linked = with_row("CL-08", without_guard("documents_permitted"));
    catches("INV-24 linked", &linked, &mut |step| documents_are_permitted(step).map(|_| ()));
}

// INV-25 ------------------------------------------------------------------------------------------------------------

/// The forms in which an identifier could be left behind: plain, in either case, in hexadecimal and base64, and hashed
/// without a salt.
fn forms(identifier: &str) -> Vec<Vec<u8>> {
    let hash = Sha256::digest(identifier.as_bytes());
    let base64 = base64::engine::general_purpose::STANDARD.encode(identifier);
    vec![
        identifier.as_bytes().to_vec(),
        identifier.to_uppercase().into_bytes(),
        identifier.to_lowercase().into_bytes(),
        hex::encode(identifier).into_bytes(),
        base64.trim_end_matches('=').as_bytes().to_vec(),
        hash.to_vec(),
        hex::encode(hash).into_bytes(),
    ]
}

/// Whether any of the forms occurs in what a block, its receipts and its writes leave behind.
fn leaks(step: &Step<'_>, planted: &[Vec<u8>]) -> bool {
    let mut left: Vec<Vec<u8>> = step.txs.iter().map(|tx| tx.to_bytes()).collect();
    left.extend(step.outcome.receipts.iter().flat_map(|(receipt, details)| [encode(receipt), encode(details)]));
    left.extend(step.outcome.writes.values().map(encode));
    left.iter().any(|bytes| planted.iter().any(|form| bytes.windows(form.len()).any(|window| window == form)))
}

#[test]
fn inv_25_no_bill_number_is_left_on_the_ledger() {
    let planted: Vec<Vec<u8>> = (1..=40).flat_map(|n| forms(&bill_number(n))).collect();
    for seed in 1..=3 {
        walk("INV-25 bills", seed, tables(), &mut |step| {
            ensure(!leaks(step, &planted), || "a bill number was left behind".into())
        })
        .unwrap();
    }
    // A hospital that hashes its numbers instead of keying them is noticed.
    let mut world = World::with_subjects(1);
    let plain = BillNullifier(assent_types::Hash32(Sha256::digest(bill_number(7).as_bytes()).into()));
    let register = assent_types::bill::RegisterBill {
        nullifier: plain,
        issuer: HKH,
        total: crate::testing::claims::hkd(5),
        attestation: None,
    };
    let before = world.clone();
    let txs = [world.tx(&signing(HKH), Action::RegisterBill(register))];
    let outcome = world.run(&txs);
    assert!(leaks(&Step { before: &before, after: &world, txs: &txs, outcome: &outcome }, &planted));
}

// INV-01 ------------------------------------------------------------------------------------------------------------

/// Follows the walk on a second chain that sweeps one deadline per block: every act gets the same answer.
#[test]
fn inv_01_claims_get_the_same_answers_however_late_the_sweep() {
    use super::walk::Walking as _;

    let mut lag = 0;
    for seed in 1..=WALKS {
        let mut early = ClaimWalk::new(seed);
        let mut late = early.world.clone();
        late.change_params(|params| params.sweep_max = 1);
        for block in 0..BLOCKS {
            let txs = early.next_block();
            late.time = early.world.time;
            let a = early.run(tables(), &txs);
            let b = late.run(&txs);
            let codes = |outcome: &crate::BlockOutcome| -> Vec<u16> {
                outcome.receipts.iter().take(txs.len()).map(|(receipt, _)| receipt.code).collect()
            };
            assert_eq!(codes(&a), codes(&b), "seed {seed} block {block}");
            lag += late.state.due(late.time, 1_000).unwrap().len();
        }
    }
    println!("INV-01 deadlines of claims still waiting, summed over blocks: {lag}");
    assert!(lag > 20, "the late chain was hardly ever late");
}
