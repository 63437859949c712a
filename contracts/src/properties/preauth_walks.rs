//! Properties of whole chains with preauthorisations and guarantees of payment.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::action::Action;
use assent_types::claim::{AdjReasons, ClaimStatus};
use assent_types::guarantee::{CancelGround, Guarantee, GuaranteeStatus, guaranteed_denials};
use assent_types::preauth::Preauth;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, GuaranteeId, Money, PreauthId};

use super::claim_walks::{claims, sum};
use super::document_walks::INV_04;
use super::follow::*;
use super::indexes::{INV_33, INV_34, INV_35};
use super::preauth_walk::PreauthWalk;
use super::privacy::INV_25;
use super::walks::{INV_01, INV_03};
use crate::claim::object::status_of;
use crate::preauth::ledger::release;
use crate::preauth::object::{head_of, status_of as preauth_status_of};
use crate::runtime::call::Call;
use crate::runtime::table::actors::INS;
use crate::runtime::table::{Effect, Stop};
use crate::testing::*;
use crate::{MemoryState, Row};

pub(super) const PREAUTHS: Kind = Kind {
    name: "preauthorisations",
    new: |seed| Box::new(PreauthWalk::new(seed)),
    seeds: 3_001..=4_000,
    machines: &[*b"EL", *b"PA", *b"GP"],
    never: &[],
    also: &["AN-14"],
    errors: &[
        ErrorCode::OverPreauth.number(),
        ErrorCode::PreauthMismatch.number(),
        ErrorCode::GuaranteeDenial.number(),
    ],
    properties: &[INV_01, INV_03, INV_04, INV_13, INV_19, INV_25, INV_33, INV_34, INV_35],
};

#[test]
fn walks_of_preauthorisations_keep_every_invariant_and_fire_every_row() {
    PREAUTHS.keeps_its_properties();
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

/// Counts preauthorisations with something consumed or lapsed.
const INV_13: Property = Property::of_states("INV-13", 200, || {
    Box::new(|step| {
        preauths_are_conserved(&step.after.state)?;
        let used = |preauth: &&Preauth| !preauth.buckets.consumed.is_zero() || !preauth.buckets.lapsed.is_zero();
        Ok(preauths(&step.after.state).filter(used).count() as u64)
    })
});

#[test]
fn inv_13_preauthorisations_are_conserved() {
    let twice = with_row("GP-03", |row| row.effect = Effect { text: "given back twice", apply: release_twice });
    PREAUTHS.catches(&INV_13, &twice);
    let forgotten = with_row("PA-12", |row| row.effect = Effect { text: "forgotten", apply: end_without_lapse });
    PREAUTHS.catches(&INV_13, &forgotten);
    let kept = with_row("CL-04", |row| row.effect = Effect { text: "kept", apply: reject_and_keep });
    PREAUTHS.catches(&INV_13, &kept);
    // The ledger itself refuses what the guard forgot: nothing is ever moved that is not there.
    PREAUTHS.bears(&INV_13, &with_row("GP-01", without_guard("preauthorisation_covers_it")));
}

// INV-19 ------------------------------------------------------------------------------------------------------------

/// Under a guarantee nothing is disallowed but for the listed reasons.
fn denials_are_listed(state: &MemoryState) -> Result<u64, String> {
    let mut denied = 0;
    for claim in claims(state).filter(|claim| claim.terms.guarantee.is_some()) {
        let reasons = claim.decision.as_ref().map_or(AdjReasons::EMPTY, |decision| decision.reasons);
        ensure(reasons.is_subset(guaranteed_denials()), || format!("disallowed for {reasons:?}"))?;
        denied += u64::from(claim.status == ClaimStatus::Denied);
    }
    Ok(denied)
}

/// A guarantee that was accepted is cancelled by its provider, with the insurer or after a discharge, or by a regulator.
fn cancellations_are_the_providers(step: &Step<'_>) -> Result<u64, String> {
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

/// Counts claims denied under a guarantee, and guarantees that were cancelled.
const INV_19: Property = Property::of_blocks("INV-19", 30, || {
    Box::new(|step| Ok(denials_are_listed(&step.after.state)? + cancellations_are_the_providers(step)?))
});

#[test]
fn inv_19_guarantees_bind_the_insurer() {
    PREAUTHS.catches(&INV_19, &with_row("CL-17", without_guard("reasons_allowed_under_guarantee")));
    let alone = with_row("GP-10", |row| {
        row.actors = &[INS];
        row.guards = &[];
    });
    PREAUTHS.catches(&INV_19, &alone);
}
