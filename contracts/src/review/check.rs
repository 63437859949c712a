//! Guards of reviews.

use assent_types::review::Finding;
use assent_types::{ErrorCode, Hash32};

use crate::runtime::call::{Call, payload};
use crate::runtime::table::{Check, ensure};

/// E506 unless the requester signs.
pub(super) fn requester_signs(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(call.review_object().requester), ErrorCode::NotRequester)
}

/// E506 unless the requester or the controller signs.
pub(super) fn notifier_signs(call: &Call<'_, '_>) -> Check {
    let review = call.review_object();
    let may = call.signer().org_id().is_some_and(|org| [review.requester, review.controller].contains(&org));
    ensure(may, ErrorCode::NotRequester)
}

/// E510 unless the clinician and the evidence are named.
pub(super) fn justified(call: &Call<'_, '_>) -> Check {
    let submit = payload!(call, SubmitJustification);
    ensure(submit.clinician != Hash32::ZERO && submit.evidence != Hash32::ZERO, ErrorCode::Review)
}

/// E510 unless the notice is named and none was given before.
pub(super) fn notice(call: &Call<'_, '_>) -> Check {
    let first = call.review_object().notified.is_none();
    ensure(first && payload!(call, NotifySubject).notice != Hash32::ZERO, ErrorCode::Review)
}

/// E203 if the regulator itself asked for or controls the documents.
pub(super) fn impartial(call: &Call<'_, '_>) -> Check {
    let review = call.review_object();
    let party = call.signer().org_id().is_none_or(|org| [review.requester, review.controller].contains(&org));
    ensure(!party, ErrorCode::Role)
}

/// E510 unless the decision is named.
pub(super) fn order(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, DecideReview).order != Hash32::ZERO, ErrorCode::Review)
}

/// Chosen if the access is found to be justified.
pub(super) fn upholds(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, DecideReview).finding == Finding::Justified, ErrorCode::Review)
}

/// Chosen if a violation is found. That nothing was submitted is for the ledger to find.
pub(super) fn condemns(call: &Call<'_, '_>) -> Check {
    let finding = payload!(call, DecideReview).finding;
    let violation = matches!(finding, Finding::NoEmergency | Finding::Excessive | Finding::Untrue);
    ensure(violation, ErrorCode::Review)
}
