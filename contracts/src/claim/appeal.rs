//! Appeals: guards and effects of CL-19 to CL-24.

use assent_types::action::Action;
use assent_types::case::CaseOp;
use assent_types::claim::{
    APPEAL_LEVEL_INSURER, APPEAL_LEVEL_REGULATOR, AdjReasons, Appeal, AppealOutcome, Capacity, Claim, DecideAppeal,
    DecisionMode,
};
use assent_types::org::Role;
use assent_types::{ErrorCode, Hash32, Millis};

use super::check::person_signs;
use super::close::begin;
use super::decide::{award, claimed_currency};
use super::execute::{Decided, decided, put_claim};
use super::object::{case_of, status_of};
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_subjects;
use crate::runtime::table::{Check, Row, ensure};

fn claim<'o>(call: &'o Call<'_, '_>) -> &'o Claim {
    &call.claim_object().claim
}

fn decision<'a>(call: &Call<'a, '_>) -> &'a DecideAppeal {
    payload!(call, DecideAppeal)
}

// Filing ------------------------------------------------------------------------------------------------------------

/// The subject (E309) or a proxy (E301) appeals, or the claim's provider (E203) with the subject's authority (E805): a
/// live capability for claims, or the subject's co-signature.
pub(super) fn appellant(call: &Call<'_, '_>) -> Check {
    let claim = claim(call);
    let capacity = payload!(call, FileAppeal).capacity;
    if capacity != Capacity::Organisation {
        return person_signs(call, claim.subject, capacity);
    }
    ensure(call.signer().org_id() == Some(claim.provider), ErrorCode::Role)?;
    let case = case_of(call, claim)?;
    let capable = case.capability.is_some_and(|capability| capability.ops.has(CaseOp::Claim));
    let authority = (capable && case.is_open(call.now())) || cosigning_subjects(call)?.contains(&claim.subject);
    ensure(authority, ErrorCode::Capability)
}

/// E612 after the window, or for one appeal too many.
pub(super) fn window(call: &Call<'_, '_>) -> Check {
    let claim = claim(call);
    let open = claim.course.appeal_until.is_some_and(|until| call.now() < until);
    ensure(open && claim.appeals < call.params.claims.course.appeals_max, ErrorCode::Appeal)
}

/// E612 against a decision that disallowed nothing, or once money was clawed back.
pub(super) fn against_part(call: &Call<'_, '_>) -> Check {
    let claim = claim(call);
    let partial = claim.decision.as_ref().is_some_and(|decision| !decision.disallowed.is_zero());
    ensure(partial && claim.clawed_back.is_zero(), ErrorCode::Appeal)
}

/// CL-19, CL-20: the first appeal goes to the insurer, every later one to a regulator.
pub(super) fn file(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let grounds = payload!(call, FileAppeal).grounds;
    let mut claim = call.take_claim_object().claim;
    let level = if claim.appeals == 0 { APPEAL_LEVEL_INSURER } else { APPEAL_LEVEL_REGULATOR };
    let approved_before = claim.approved_total;
    claim.course.appeal = Some(Appeal { level, filed_at: call.now(), grounds, approved_before });
    claim.appeals = claim.appeals.saturating_add(1);
    claim.status = status_of(row.to);
    begin(&mut claim, Some(call.now().plus(call.params.claims.course.appeal_decide_ms)));
    put_claim(call, row, claim)
}

/// CL-24: from the insurer the appeal goes on to a regulator, whose deadline may be missed once. The miss is recorded by
/// `breach`.
pub(super) fn escalate(claim: &mut Claim, at: Millis, again_ms: u64, breach: impl Fn(&mut Claim, Millis, Option<u64>)) {
    let first = claim.course.appeal.as_mut().filter(|appeal| appeal.level == APPEAL_LEVEL_INSURER);
    let again = first.map(|appeal| {
        appeal.level = APPEAL_LEVEL_REGULATOR;
        again_ms
    });
    breach(claim, at, again);
}

// Deciding ----------------------------------------------------------------------------------------------------------

/// E203 unless the claim's insurer decides at the first level, and a regulator at the second.
pub(super) fn level(call: &Call<'_, '_>) -> Check {
    let claim = claim(call);
    // Without an open appeal the state refuses; whoever is no decider at any level is told so first.
    let level = claim.course.appeal.map(|appeal| appeal.level);
    let insurer = call.signer().org_id() == Some(claim.insurer);
    let regulator = call.signer().org.as_ref().is_some_and(|org| org.roles.has(Role::Regulator));
    let allowed = match level {
        Some(APPEAL_LEVEL_INSURER) => insurer,
        Some(_) => regulator,
        None => insurer || regulator,
    };
    ensure(allowed, ErrorCode::Role)
}

fn person(mode: DecisionMode) -> Option<Hash32> {
    match mode {
        DecisionMode::Human { adjudicator } => Some(adjudicator),
        DecisionMode::AutoReviewed { reviewer } => Some(reviewer),
        DecisionMode::Auto => None,
    }
}

/// E609 if a program alone decides.
pub(super) fn by_person(call: &Call<'_, '_>) -> Check {
    ensure(person(decision(call).mode).is_some(), ErrorCode::AutoDenial)
}

/// E612 if whoever decided before decides again.
pub(super) fn another_person(call: &Call<'_, '_>) -> Check {
    let before = claim(call).decision.as_ref().and_then(|decision| person(decision.mode));
    ensure(before.is_none() || before != person(decision(call).mode), ErrorCode::Appeal)
}

/// E701, E604, E613 for less than was approved before, or E704 if nothing or all is approved.
pub(super) fn in_part(call: &Call<'_, '_>) -> Check {
    claimed_currency(call)?;
    let (approved, claim) = (award(call).approved, claim(call));
    ensure(claim.approved_total <= approved, ErrorCode::Reformatio)?;
    ensure(!approved.is_zero() && approved < claim.terms.amounts.claimed, ErrorCode::Unbalanced)
}

/// E613 if something was approved before.
pub(super) fn nothing_before(call: &Call<'_, '_>) -> Check {
    ensure(claim(call).approved_total.is_zero(), ErrorCode::Reformatio)
}

/// E623 without a reason for what is disallowed.
pub(super) fn reasons(call: &Call<'_, '_>) -> Check {
    let given = match &decision(call).outcome {
        AppealOutcome::Full(_) => return Ok(()),
        AppealOutcome::Part(_, reasons) | AppealOutcome::Deny(reasons) => *reasons,
    };
    ensure(given != AdjReasons::EMPTY, ErrorCode::Reason)
}

/// CL-21 to CL-23: the claim is as it is decided now; the difference is allocated.
pub(super) fn decide(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let Action::DecideAppeal(decide) = call.action() else { unreachable!("appeals are decided by one action") };
    let (award, reasons) = match &decide.outcome {
        AppealOutcome::Full(award) => (Some(award), AdjReasons::EMPTY),
        AppealOutcome::Part(award, reasons) => (Some(award), *reasons),
        AppealOutcome::Deny(reasons) => (None, *reasons),
    };
    let (mode, outcome_root) = (decide.mode, decide.outcome_root);
    let mut object = call.take_claim_object();
    object.claim.course.appeal = None;
    decided(call, row, object, award, Decided { mode, reasons, outcome_root })
}
