//! Properties of what happens to claims after filing: rates, appeals, and what silence leads to.

use std::collections::BTreeMap;

use assent_types::claim::{Claim, ClaimFlag, ClaimStatus, LockPoint};
use assent_types::fixing::Fixing;
use assent_types::settlement::{Direction, Settlement, SettlementStatus};
use assent_types::state::{Record, StateKey};
use assent_types::{ClaimId, FixingId, Money};

use super::claim_walks::{CLAIMS, claims, settlements};
use super::follow::*;
use crate::runtime::call::Call;
use crate::runtime::table::{Effect, Stop};
use crate::testing::*;
use crate::{MemoryState, Row, Table};

// INV-17 ------------------------------------------------------------------------------------------------------------

fn fixings(state: &MemoryState) -> BTreeMap<FixingId, &Fixing> {
    let found = state.values().filter_map(|value| match &value.record {
        Record::Fixing(fixing) => Some((fixing.id, fixing.as_ref())),
        _ => None,
    });
    found.collect()
}

/// Every payment in another currency cites one fixing that was in force at its lock point, and moves what the recomputed
/// rational says, to half a minor unit; one in the bills' currency cites none.
fn conversions_are_exact(state: &MemoryState) -> Result<u64, String> {
    let (fixings, mut converted) = (fixings(state), 0);
    let by_id: BTreeMap<ClaimId, &Claim> = claims(state).map(|claim| (claim.id, claim)).collect();
    for settlement in settlements(state) {
        let claim = by_id.get(&settlement.claim).ok_or("no claim")?;
        ensure(settlement.amount.ccy == claim.terms.amounts.billed.ccy, || "another currency than the bills'".into())?;
        ensure(settlement.fx.is_some() == claim.terms.fx.is_some(), || "converted or not".into())?;
        let (Some(conversion), Some(lock)) = (settlement.fx, claim.terms.fx) else { continue };
        let fixing = fixings.get(&conversion.fixing).ok_or("an unknown fixing is cited")?;
        let exact = i128::from(settlement.amount.minor) * i128::from(fixing.num);
        let moved = i128::from(conversion.amount.minor) * i128::from(fixing.den);
        let within = (exact - moved).abs() * 2 <= i128::from(fixing.den);
        ensure(within && exact - moved == i128::from(conversion.residual), || {
            format!("{} became {}", settlement.amount, conversion.amount)
        })?;
        ensure(conversion.amount.ccy == lock.ccy, || "in another currency than was agreed".into())?;
        let at_instruction = lock.at == LockPoint::Instruction && settlement.direction == Direction::Pay;
        let live = fixing.is_live(settlement.instructed_at, 4 * DAY_MS);
        ensure(!at_instruction || live, || "the fixing was not in force".into())?;
        let locked = lock.at == LockPoint::Instruction || claim.course.fixing == Some(conversion.fixing);
        ensure(locked && fixing.published_at <= settlement.instructed_at, || "not the locked fixing".into())?;
        converted += 1;
    }
    Ok(converted)
}

/// An instruction that pays one minor unit more.
fn generous(call: &mut Call<'_, '_>, row: &Row) -> Result<(), Stop> {
    really(call, row)?;
    let id = crate::settlement::execute::instructed(call);
    let Some(settlement) = crate::runtime::state::settlement(call.view, id)? else { return Ok(()) };
    let mut settlement: Settlement = (*settlement).clone();
    if let Some(conversion) = &mut settlement.fx {
        conversion.amount = Money::new(conversion.amount.ccy, conversion.amount.minor + 1);
    }
    call.view.put(StateKey::Settlement(id), Record::Settlement(settlement));
    Ok(())
}

/// Counts payments that were converted.
pub(super) const INV_17: Property =
    Property::of_states("INV-17", 30, || Box::new(|step| conversions_are_exact(&step.after.state)));

#[test]
fn inv_17_every_payment_in_another_currency_cites_one_fixing_exactly() {
    let more = with_row("ST-01", |row| row.effect = Effect { text: "one more", apply: generous });
    CLAIMS.catches(&INV_17, &more);
}

// INV-18 ------------------------------------------------------------------------------------------------------------

/// No act lowers what is approved.
fn approvals_stand(step: &Step<'_>) -> Result<u64, String> {
    let mut seen = 0;
    for value in step.outcome.writes.values() {
        let Record::Claim(claim) = &value.record else { continue };
        let Some(before) = crate::runtime::state::claim(&step.before.state, claim.id).unwrap() else { continue };
        let before = before.approved_total;
        ensure(before <= claim.approved_total, || format!("{before} approved, then {}", claim.approved_total))?;
        seen += u64::from(before < claim.approved_total);
    }
    Ok(seen)
}

/// Counts acts that approve more.
pub(super) const INV_18: Property = Property::of_blocks("INV-18", 100, || Box::new(approvals_stand));

#[test]
fn inv_18_an_appeal_never_lowers_what_was_approved() {
    let lowered = with_row("CL-22", without_guard("not_below_before_and_less_than_claimed"));
    CLAIMS.catches(&INV_18, &lowered);
}

// INV-36 ------------------------------------------------------------------------------------------------------------

/// Where a claim may rest when nobody acts any more: for good, or where a missed deadline names who must act.
fn may_rest(claim: &Claim, settlement: Option<&Settlement>) -> bool {
    let named = claim.course.breaches > 0 && claim.flags.has(ClaimFlag::DeadlineMissed);
    let disputed = settlement
        .is_some_and(|settlement| settlement.status == SettlementStatus::PayeeDisputed && settlement.breaches > 0);
    match claim.status {
        ClaimStatus::InReview | ClaimStatus::Appealed | ClaimStatus::Approved | ClaimStatus::PartApproved => named,
        ClaimStatus::PayInstructed | ClaimStatus::ClawbackPending => disputed,
        status => status.is_terminal(),
    }
}

/// Stops every actor: after finitely many blocks nothing moves any more, every claim rests where it may, and nothing was
/// denied, rejected or withdrawn by silence.
fn silence_ends(world: &World, tables: &[Table<'_>]) -> Result<u64, String> {
    let mut silent = world.clone();
    let against =
        |status: ClaimStatus| matches!(status, ClaimStatus::Denied | ClaimStatus::Rejected | ClaimStatus::Withdrawn);
    let before: BTreeMap<ClaimId, ClaimStatus> = claims(&silent.state).map(|claim| (claim.id, claim.status)).collect();
    let mut blocks = 0;
    loop {
        silent.time = FAR;
        if silent.run_with(tables, &[]).receipts.is_empty() {
            break;
        }
        blocks += 1;
        ensure(blocks < 20, || "deadlines never end".into())?;
    }
    let by_id: BTreeMap<_, &Settlement> =
        settlements(&silent.state).map(|settlement| (settlement.id, settlement)).collect();
    for claim in claims(&silent.state) {
        let settlement = claim.settlement.and_then(|id| by_id.get(&id).copied());
        ensure(may_rest(claim, settlement), || format!("a claim rests as {}", claim.status))?;
        let was = before.get(&claim.id).copied().unwrap_or(claim.status);
        let denied = claim.status == ClaimStatus::ClosedDenied
            && !matches!(was, ClaimStatus::ClosedDenied | ClaimStatus::Denied);
        ensure(!denied && (!against(claim.status) || was == claim.status), || {
            format!("silence made a claim that was {was} {}", claim.status)
        })?;
    }
    Ok(blocks)
}

/// Counts blocks in which deadlines moved something on.
pub(super) const INV_36: Property =
    Property::of_states("INV-36", 100, || Box::new(|step| silence_ends(step.after, step.tables)));

#[test]
fn inv_36_silence_ends_and_denies_nothing() {
    // A wait for information without an end.
    CLAIMS.catches(&INV_36, &without_row("CL-09"));
}
