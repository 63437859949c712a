//! Guards on decisions and on the instruction of their payment.

use assent_types::ErrorCode;
use assent_types::action::Action;
use assent_types::claim::{AdjReasons, AppealOutcome, Award, Claim, DecisionMode, Submitter};

use super::ledger::allocate;
use crate::codesystem;
use crate::fixing::lock;
use crate::preauth::draw;
use crate::runtime::call::{Call, payload};
use crate::runtime::table::{Check, ensure};

/// What an approval says.
pub(super) fn award<'a>(call: &Call<'a, '_>) -> &'a Award {
    match call.action() {
        Action::ApproveClaim(approve) => &approve.award,
        Action::ApprovePartial(approve) => &approve.award,
        Action::DecideAppeal(decide) => match &decide.outcome {
            AppealOutcome::Full(award) | AppealOutcome::Part(award, _) => award,
            AppealOutcome::Deny(_) => unreachable!("a denial approves nothing"),
        },
        other => unreachable!("{} approves nothing", other.name()),
    }
}

fn claim<'o>(call: &'o Call<'_, '_>) -> &'o Claim {
    &call.claim_object().claim
}

/// E203 if the organisation that filed the claim decides on it.
pub(super) fn decider(call: &Call<'_, '_>) -> Check {
    let filed = claim(call).submitted_by;
    ensure(call.signer().org_id().is_none_or(|org| filed != Submitter::Org(org)), ErrorCode::Role)
}

/// An amount of the claim's currency (E701), at most what is claimed (E604).
pub(super) fn claimed_currency(call: &Call<'_, '_>) -> Check {
    let (approved, claimed) = (award(call).approved, claim(call).terms.amounts.claimed);
    ensure(approved.ccy == claimed.ccy, ErrorCode::Currency)?;
    ensure(approved <= claimed, ErrorCode::OverClaimed)
}

/// E701, E604, or E704 if less is approved than is claimed.
pub(super) fn in_full(call: &Call<'_, '_>) -> Check {
    claimed_currency(call)?;
    ensure(award(call).approved == claim(call).terms.amounts.claimed, ErrorCode::Unbalanced)
}

/// E701, E604, or E704 if nothing or all is approved.
pub(super) fn in_part(call: &Call<'_, '_>) -> Check {
    claimed_currency(call)?;
    let approved = award(call).approved;
    ensure(!approved.is_zero() && approved < claim(call).terms.amounts.claimed, ErrorCode::Unbalanced)
}

/// E704 unless there is a share for each bill, in order, and they add up to what is approved; E701 or E703 for shares
/// that cannot be added.
pub(super) fn shares(call: &Call<'_, '_>) -> Check {
    let award = award(call);
    let bills = award.shares.iter().map(|share| &share.bill);
    ensure(bills.eq(claim(call).terms.bills.iter()), ErrorCode::Unbalanced)?;
    ensure(award.shared()? == award.approved, ErrorCode::Unbalanced)
}

/// E623 without a reason for what is disallowed.
pub(super) fn reasons(call: &Call<'_, '_>) -> Check {
    let given = match call.action() {
        Action::ApprovePartial(approve) => approve.reasons,
        Action::DenyClaim(deny) => deny.reasons,
        other => unreachable!("{} disallows nothing", other.name()),
    };
    ensure(given != AdjReasons::EMPTY, ErrorCode::Reason)
}

/// E608 if something is disallowed for a reason that the claim's guarantee rules out.
pub(super) fn reasons_guaranteed(call: &Call<'_, '_>) -> Check {
    let given = match call.action() {
        Action::ApprovePartial(approve) => approve.reasons,
        Action::DenyClaim(deny) => deny.reasons,
        Action::DecideAppeal(decide) => match decide.outcome {
            AppealOutcome::Full(_) => AdjReasons::EMPTY,
            AppealOutcome::Part(_, reasons) | AppealOutcome::Deny(reasons) => reasons,
        },
        other => unreachable!("{} disallows nothing", other.name()),
    };
    draw::reasons_allowed(claim(call), given)
}

/// E605 if more is approved than the claim's preauthorisation has left for it.
pub(super) fn within_preauth(call: &Call<'_, '_>) -> Check {
    draw::within(call, claim(call), award(call).approved)
}

/// E609 if a program alone denies.
pub(super) fn reviewed(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, DenyClaim).mode != DecisionMode::Auto, ErrorCode::AutoDenial)
}

/// E613 for less than was approved before the claim was reopened: that takes a clawback.
pub(super) fn not_lowered(call: &Call<'_, '_>) -> Check {
    let approved = match call.action() {
        Action::DenyClaim(_) => assent_types::Money::zero(claim(call).approved_total.ccy),
        _ => award(call).approved,
    };
    ensure(claim(call).approved_total.minor <= approved.minor, ErrorCode::Reformatio)
}

/// E705 if the rate is taken at the decision and no fixing is in force.
pub(super) fn rate(call: &Call<'_, '_>) -> Check {
    lock::at_decision(call, claim(call)).map(|_| ())
}

/// E707 unless the code map that the claim cites is still the one of its pair at the time of service.
pub(super) fn code_map(call: &Call<'_, '_>) -> Check {
    codesystem::check::map_in_force(call, &claim(call).terms)
}

/// E603 if the indemnities on a bill would exceed its total.
pub(super) fn bills_hold(call: &Call<'_, '_>) -> Check {
    let object = call.claim_object();
    for (bill, share) in object.bills.iter().zip(&award(call).shares) {
        allocate(&mut bill.clone(), object.claim.id, share.amount)?;
    }
    Ok(())
}

/// E615 unless the payment is all that is payable, which is something; E701 for another currency.
pub(super) fn payable(call: &Call<'_, '_>) -> Check {
    let (amount, payable) = (payload!(call, InstructPayment).amount, claim(call).payable()?);
    ensure(amount.ccy == payable.ccy, ErrorCode::Currency)?;
    ensure(amount == payable && !amount.is_zero(), ErrorCode::PayAmount)
}
