//! Guards on guarantees of payment.

use assent_types::case::{Case, CaseOp};
use assent_types::delegation::DelegationOp;
use assent_types::guarantee::CancelGround;
use assent_types::{ErrorCode, Hash32};

use crate::claim::case;
use crate::claim::check::{is_amount, no_delegate};
use crate::delegation::check::acts_for;
use crate::preauth::ledger;
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::table::{Check, ensure};

fn case_of<'o>(call: &'o Call<'_, '_>) -> &'o Case {
    &call.guarantee_object().case
}

/// The case's insurer offers, or its administrator up to its limit: E202 to E205.
pub(super) fn insurer(call: &Call<'_, '_>) -> Check {
    let amount = payload!(call, OfferGuarantee).amount;
    acts_for(call, case::parties(case_of(call)).insurer_by(DelegationOp::Guarantee), Some(amount))
}

/// E203 unless the case's provider itself acts.
pub(super) fn provider(call: &Call<'_, '_>) -> Check {
    no_delegate(call, case_of(call).provider)
}

/// E805 if the case is over.
pub(super) fn case_open(call: &Call<'_, '_>) -> Check {
    case::open(call, case_of(call))
}

/// E701 or E703 for what is no amount.
pub(super) fn amount(call: &Call<'_, '_>) -> Check {
    is_amount(call, payload!(call, OfferGuarantee).amount)
}

/// E303 unless it ends in the future and not too late.
pub(super) fn window(call: &Call<'_, '_>) -> Check {
    let exp = payload!(call, OfferGuarantee).exp;
    let latest = call.now().plus(call.params.preauth.valid_max_ms);
    ensure(call.now() < exp && exp <= latest, ErrorCode::Window)
}

/// E202 or E205 unless insurer and provider may agree on coverage.
pub(super) fn licensed(call: &Call<'_, '_>) -> Check {
    case::parties_licensed(call, case_of(call))
}

/// E606 for a preauthorisation that is not live, is of other parties or ends before the guarantee; E701 for another
/// currency, E605 if it has less left, E903 if too many guarantees rest on it.
pub(super) fn covered(call: &Call<'_, '_>) -> Check {
    let offer = payload!(call, OfferGuarantee);
    let object = call.guarantee_object();
    let Some(preauth) = &object.preauth else { return Ok(()) };
    let case = &object.case;
    let same = (preauth.subject, preauth.insurer, preauth.provider) == (case.subject, case.insurer, case.provider);
    let lasts = preauth.validity().is_some_and(|validity| offer.exp <= validity.to);
    ensure(preauth.status.is_live() && same && lasts, ErrorCode::PreauthMismatch)?;
    ensure(preauth.approved.ccy == offer.amount.ccy, ErrorCode::Currency)?;
    ledger::reserve(&mut preauth.clone(), assent_types::guarantee::guarantee_id_of(&call.tx), offer.amount)
}

/// E805 unless the subject lets the provider accept guarantees.
pub(super) fn allowed(call: &Call<'_, '_>) -> Check {
    ensure(
        case::is_allowed(call, case_of(call), (CaseOp::Guarantee, DelegationOp::Guarantee), None)?,
        ErrorCode::Capability,
    )
}

/// E606 unless the services of the claim that calls it begin before its end.
pub(super) fn begun(call: &Call<'_, '_>) -> Check {
    let object = call.guarantee_object();
    let begun = match (&object.guarantee, &object.claim) {
        (Some(guarantee), Some((_, service))) => service.start() < guarantee.exp,
        _ => false,
    };
    ensure(begun, ErrorCode::PreauthMismatch)
}

/// E623 for a discharge without evidence.
pub(super) fn evident(call: &Call<'_, '_>) -> Check {
    match payload!(call, CancelGuarantee).ground {
        CancelGround::Agreed => Ok(()),
        CancelGround::Discharged { evidence } => ensure(evidence != Hash32::ZERO, ErrorCode::Reason),
    }
}

/// E203 unless the insurer co-signs, or the patient was discharged without use.
pub(super) fn agreed(call: &Call<'_, '_>) -> Check {
    let agreed = match payload!(call, CancelGuarantee).ground {
        CancelGround::Agreed => cosigning_orgs(call)?.contains(&case_of(call).insurer),
        CancelGround::Discharged { .. } => true,
    };
    ensure(agreed, ErrorCode::Role)
}

/// E623 without an order.
pub(super) fn order(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, OrderCancelGuarantee).order != Hash32::ZERO, ErrorCode::Reason)
}
