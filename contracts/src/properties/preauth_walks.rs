//! Properties of whole chains with preauthorisations and guarantees of payment.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::action::Action;
use assent_types::claim::{AdjReasons, ClaimStatus};
use assent_types::guarantee::{CancelGround, Guarantee, GuaranteeStatus, guaranteed_denials};
use assent_types::preauth::Preauth;
use assent_types::receipt::RowId;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, GuaranteeId, Money, PreauthId};

use super::claim_walks::{claims, ensure, sum, without_guard};
use super::preauth_walk::PreauthWalk;
use super::walks::{Check, Step, as_tables, follow, refused_changes_nothing, with_row};
use super::{BLOCKS, WALKS};
use crate::claim::object::status_of;
use crate::preauth::ledger::release;
use crate::preauth::object::{head_of, status_of as preauth_status_of};
use crate::runtime::call::Call;
use crate::runtime::table::actors::INS;
use crate::runtime::table::{Effect, Stop};
use crate::testing::*;
use crate::{MemoryState, Row, StateRead, Table, tables};

type Verdict = Result<(), String>;

fn walk(name: &str, seed: u64, tables: &[Table<'_>], check: Check<'_>) -> Verdict {
    follow(name, seed, &mut PreauthWalk::new(seed), tables, check)
}

/// Walks with every seed on the real tables, where the property must hold.
fn holds(name: &str, check: &mut dyn FnMut(&Step<'_>) -> Verdict) {
    for seed in 1..=WALKS {
        walk(name, seed, tables(), check).unwrap();
    }
}

/// Walks on faulty tables, where one of the seeds must show the fault.
fn catches(name: &str, faulty: &[Vec<Row>], check: &mut dyn FnMut(&Step<'_>) -> Verdict) {
    let faulty = as_tables(faulty);
    let caught = (1..=WALKS).try_for_each(|seed| walk(&format!("{name} with a fault"), seed, &faulty, check));
    println!("{name}: {caught:?}");
    assert!(caught.is_err(), "{name}: the seeded fault was not caught");
}

fn preauths(state: &MemoryState) -> impl Iterator<Item = &Preauth> {
    state.values().filter_map(|value| match &value.record {
        Record::Preauth(preauth) => Some(preauth.as_ref()),
        _ => None,
    })
}

fn guarantees(state: &MemoryState) -> impl Iterator<Item = &Guarantee> {
    state.values().filter_map(|value| match &value.record {
        Record::Guarantee(guarantee) => Some(guarantee),
        _ => None,
    })
}

#[test]
fn walks_of_preauthorisations_fire_every_row_and_meet_many_errors() {
    let mut rows: BTreeSet<RowId> = BTreeSet::new();
    let mut codes = BTreeSet::new();
    holds("coverage of preauthorisations", &mut |step| {
        for (receipt, details) in &step.outcome.receipts {
            rows.extend(details.events.iter().map(|event| event.row));
            codes.insert(receipt.code);
        }
        Ok(())
    });
    let machines = [*b"EL", *b"PA", *b"GP"];
    let missing: Vec<String> = tables()
        .iter()
        .flat_map(|table| table.iter())
        .filter(|row| machines.contains(&row.id.0) && !rows.contains(&row.id))
        .map(|row| row.id.to_string())
        .collect();
    println!("errors met: {codes:?}");
    assert_eq!(missing, [""; 0]);
    // Claims under preauthorisations take their whole course.
    let course = [19, 20, 21, 22, 23, 28, 29, 30, 34, 35, 38, 39].map(|number| RowId(*b"CL", number));
    let missing: Vec<String> = course.iter().filter(|row| !rows.contains(row)).map(RowId::to_string).collect();
    assert_eq!(missing, [""; 0]);
    let specific = [ErrorCode::OverPreauth, ErrorCode::PreauthMismatch, ErrorCode::GuaranteeDenial];
    assert!(specific.iter().all(|code| codes.contains(&code.number())) && codes.len() >= 10, "{codes:?}");
}

#[test]
fn inv_03_a_refused_act_on_preauthorisations_changes_nothing() {
    holds("INV-03 preauthorisations", &mut |step| refused_changes_nothing(tables(), step));
}

// INV-13 ------------------------------------------------------------------------------------------------------------

/// What was approved is remaining, reserved by the open guarantees, consumed by the claims, or lapsed.
fn preauths_are_conserved(state: &MemoryState) -> Verdict {
    let mut reserved: BTreeMap<PreauthId, u128> = BTreeMap::new();
    let mut open: BTreeSet<GuaranteeId> = BTreeSet::new();
    for guarantee in guarantees(state) {
        ensure(guarantee.reserved <= guarantee.amount, || "more is reserved than promised".into())?;
        if guarantee.status.is_terminal() {
            ensure(guarantee.reserved.is_zero(), || format!("{} reserves", guarantee.status))?;
            continue;
        }
        let Some(cited) = guarantee.preauth else { continue };
        let head = head_of(state, cited).map_err(|error| error.to_string())?.ok_or("no preauthorisation")?;
        *reserved.entry(head.id).or_default() += u128::from(guarantee.reserved.minor);
        ensure(head.guarantees.contains(&guarantee.id), || "an open guarantee is not listed".into())?;
        open.insert(guarantee.id);
    }
    for claim in claims(state) {
        let Some(cited) = claim.terms.preauth else { continue };
        let head = head_of(state, cited).map_err(|error| error.to_string())?.ok_or("no preauthorisation")?;
        let listed = head.claims.iter().find(|usage| usage.claim == claim.id);
        let over = matches!(claim.status, ClaimStatus::Rejected | ClaimStatus::Withdrawn | ClaimStatus::ClosedDenied);
        let as_expected = listed
            .map_or(over, |usage| !over && usage.consumed == claim.approved_total && usage.status == claim.status);
        ensure(as_expected, || format!("a claim that is {} is listed as {listed:?}", claim.status))?;
    }
    for preauth in preauths(state) {
        let buckets = &preauth.buckets;
        let total = sum([buckets.remaining, buckets.reserved, buckets.consumed, buckets.lapsed]);
        ensure(total == sum([preauth.approved]), || format!("{} approved, {total} in the buckets", preauth.approved))?;
        let set_aside = reserved.get(&preauth.id).copied().unwrap_or_default();
        ensure(set_aside == sum([buckets.reserved]), || format!("{set_aside} set aside, not {}", buckets.reserved))?;
        let consumed = sum(preauth.claims.iter().map(|usage| usage.consumed));
        ensure(consumed == sum([buckets.consumed]), || format!("{consumed} consumed, not {}", buckets.consumed))?;
        ensure(preauth.status.is_live() || buckets.remaining.is_zero(), || {
            format!("{} remains of one that is {}", buckets.remaining, preauth.status)
        })?;
        ensure(preauth.guarantees.iter().all(|id| open.contains(id)), || "a guarantee that is over is listed".into())?;
    }
    Ok(())
}

/// An end of a guarantee that gives back twice.
fn release_twice(call: &mut Call<'_, '_>, row: &Row) -> Result<(), Stop> {
    let object = call.guarantee_object();
    let (Some(mut guarantee), Some(mut preauth)) = (object.guarantee.clone(), object.preauth.clone()) else {
        return Err(ErrorCode::State.into());
    };
    let once = guarantee.reserved;
    release(&mut preauth, &mut guarantee)?;
    preauth.buckets.remaining = preauth.buckets.remaining.plus(once)?;
    guarantee.status = GuaranteeStatus::Declined;
    guarantee.due = None;
    call.emit(row, guarantee.id.0, None, &[]);
    call.view.put(StateKey::Guarantee(guarantee.id), Record::Guarantee(guarantee));
    call.view.put(StateKey::Preauth(preauth.id), Record::Preauth(Box::new(preauth)));
    Ok(())
}

/// An end of a preauthorisation that forgets what remained.
fn end_without_lapse(call: &mut Call<'_, '_>, row: &Row) -> Result<(), Stop> {
    let Some(mut preauth) = call.take_preauth_object().preauth else { return Err(ErrorCode::State.into()) };
    preauth.buckets.remaining = Money::zero(preauth.approved.ccy);
    preauth.status = preauth_status_of(row.to);
    call.view.put(StateKey::Preauth(preauth.id), Record::Preauth(Box::new(preauth)));
    Ok(())
}

/// A rejection that leaves the preauthorisation as it was.
fn reject_and_keep(call: &mut Call<'_, '_>, row: &Row) -> Result<(), Stop> {
    let mut claim = call.take_claim_object().claim;
    claim.status = status_of(row.to);
    claim.due = None;
    call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
    Ok(())
}

#[test]
fn inv_13_preauthorisations_are_conserved() {
    let (mut consumed, mut lapsed) = (0, 0);
    holds("INV-13", &mut |step| {
        consumed += preauths(&step.after.state).filter(|preauth| !preauth.buckets.consumed.is_zero()).count();
        lapsed += preauths(&step.after.state).filter(|preauth| !preauth.buckets.lapsed.is_zero()).count();
        preauths_are_conserved(&step.after.state)
    });
    println!("INV-13 preauthorisations with something consumed {consumed}, lapsed {lapsed}, summed over blocks");
    assert!(consumed > 100 && lapsed > 100, "hardly anything was consumed or lapsed");
    let mut check = |step: &Step<'_>| preauths_are_conserved(&step.after.state);
    let twice = with_row("GP-03", |row| row.effect = Effect { text: "given back twice", apply: release_twice });
    catches("INV-13 with a double release", &twice, &mut check);
    let forgotten = with_row("PA-12", |row| row.effect = Effect { text: "forgotten", apply: end_without_lapse });
    catches("INV-13 with an expiry without lapse", &forgotten, &mut check);
    let kept = with_row("CL-04", |row| row.effect = Effect { text: "kept", apply: reject_and_keep });
    catches("INV-13 with a claim that stays listed", &kept, &mut check);
    let unbounded = with_row("GP-01", without_guard("preauthorisation_covers_it"));
    // The ledger itself refuses what the guard forgot: nothing is ever moved that is not there.
    holds_on("INV-13 without a guard", &unbounded, &mut check);
}

fn holds_on(name: &str, tables: &[Vec<Row>], check: &mut dyn FnMut(&Step<'_>) -> Verdict) {
    let tables = as_tables(tables);
    for seed in 1..=2 {
        walk(name, seed, &tables, check).unwrap();
    }
}

// INV-19 ------------------------------------------------------------------------------------------------------------

/// Under a guarantee nothing is disallowed but for the listed reasons.
fn denials_are_listed(state: &MemoryState) -> Result<usize, String> {
    let mut denied = 0;
    for claim in claims(state).filter(|claim| claim.terms.guarantee.is_some()) {
        let reasons = claim.decision.as_ref().map_or(AdjReasons::EMPTY, |decision| decision.reasons);
        ensure(reasons.is_subset(guaranteed_denials()), || format!("disallowed for {reasons:?}"))?;
        denied += usize::from(claim.status == ClaimStatus::Denied);
    }
    Ok(denied)
}

/// A guarantee that was accepted is cancelled by its provider, with the insurer or after a discharge, or by a regulator.
fn cancellations_are_the_providers(step: &Step<'_>) -> Result<usize, String> {
    let mut cancelled = 0;
    for (tx, (receipt, _)) in step.txs.iter().zip(&step.outcome.receipts) {
        if receipt.code != 0 {
            continue;
        }
        let by = |org| tx.body.signer == signing(org).public().id();
        match &tx.body.action {
            Action::CancelGuarantee(cancel) => {
                let agreed = tx.cosignatures.iter().any(|with| with.signer == signing(INSURER).public().id());
                let grounded = agreed || cancel.ground != CancelGround::Agreed;
                ensure(by(HKH) && grounded, || "cancelled by the insurer alone".into())?;
            }
            Action::OrderCancelGuarantee(_) => ensure(by(REGULATOR), || "no regulator's order".into())?,
            _ => continue,
        }
        cancelled += 1;
    }
    Ok(cancelled)
}

#[test]
fn inv_19_guarantees_bind_the_insurer() {
    let (mut denied, mut cancelled) = (0, 0);
    holds("INV-19", &mut |step| {
        denied += denials_are_listed(&step.after.state)?;
        cancelled += cancellations_are_the_providers(step)?;
        Ok(())
    });
    println!("INV-19 claims denied under a guarantee, summed over blocks: {denied}, guarantees cancelled: {cancelled}");
    assert!(denied > 10 && cancelled > 3, "hardly anything was denied or cancelled");
    let unlisted = with_row("CL-17", without_guard("reasons_allowed_under_guarantee"));
    catches("INV-19", &unlisted, &mut |step| denials_are_listed(&step.after.state).map(|_| ()));
    let alone = with_row("GP-10", |row| {
        row.actors = &[INS];
        row.guards = &[];
    });
    catches("INV-19 by the insurer", &alone, &mut |step| cancellations_are_the_providers(step).map(|_| ()));
}

// INV-01 ------------------------------------------------------------------------------------------------------------

/// Follows the walk on a second chain that sweeps one deadline per block: every act gets the same answer.
#[test]
fn inv_01_preauthorisations_get_the_same_answers_however_late_the_sweep() {
    use super::walk::Walking as _;

    let mut lag = 0;
    for seed in 1..=WALKS {
        let mut early = PreauthWalk::new(seed);
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
    println!("INV-01 deadlines of preauthorisations still waiting, summed over blocks: {lag}");
    assert!(lag > 20, "the late chain was hardly ever late");
}
