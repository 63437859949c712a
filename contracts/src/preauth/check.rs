//! Guards on preauthorisations.

use assent_types::action::Action;
use assent_types::case::{Case, CaseOp};
use assent_types::claim::{AdjReasons, Capacity, ClaimStatus, DecisionMode};
use assent_types::consent::Purpose;
use assent_types::delegation::DelegationOp;
use assent_types::limits::PREAUTH_GENERATIONS_MAX;
use assent_types::org::Role;
use assent_types::preauth::{Preauth, PreauthTerms, Validity};
use assent_types::{AnchorId, ErrorCode, Hash32, Money, Month, Set};

use super::ledger;
use crate::claim::case::{self, documents_permitted, insurers_probe};
use crate::claim::check::{is_amount, no_delegate, person_signs};
use crate::delegation::check::acts_for;
use crate::runtime::call::{Call, payload};
use crate::runtime::table::{Check, ensure};

// Who acts ---------------------------------------------------------------------------------------------------------

fn case_of<'o>(call: &'o Call<'_, '_>) -> &'o Case {
    &call.preauth_object().case
}

/// The case's provider acts, or its administrator, who asks up to its limit: E202 to E205.
pub(super) fn provider(call: &Call<'_, '_>) -> Check {
    let amount = match call.action() {
        Action::RequestPreauth(request) => Some(request.terms.amount),
        Action::AmendPreauth(amend) => Some(amend.terms.amount),
        _ => None,
    };
    acts_for(call, case::parties(case_of(call)).provider_by(DelegationOp::Preauth), amount)
}

/// The case's insurer acts, or its administrator, who approves up to its limit: E202 to E205.
pub(super) fn insurer(call: &Call<'_, '_>) -> Check {
    let amount = match call.action() {
        Action::ApprovePreauth(approve) => Some(approve.approved),
        Action::ApprovePreauthPartial(approve) => Some(approve.approved),
        _ => None,
    };
    acts_for(call, case::parties(case_of(call)).insurer_by(DelegationOp::Preauth), amount)
}

/// E203 unless the case's insurer itself acts.
pub(super) fn insurer_itself(call: &Call<'_, '_>) -> Check {
    no_delegate(call, case_of(call).insurer)
}

/// The case's provider itself, its subject or a proxy acts: E203, E301 or E309.
pub(super) fn holder(call: &Call<'_, '_>) -> Check {
    match payload!(call, CancelPreauth).capacity {
        Capacity::Organisation => no_delegate(call, case_of(call).provider),
        person => person_signs(call, case_of(call).subject, person),
    }
}

// Requests ---------------------------------------------------------------------------------------------------------

fn terms<'a>(call: &Call<'a, '_>) -> &'a PreauthTerms {
    match call.action() {
        Action::RequestPreauth(request) => &request.terms,
        Action::AmendPreauth(amend) => &amend.terms,
        other => unreachable!("{} asks for nothing", other.name()),
    }
}

/// E805 if the case is over.
pub(super) fn case_open(call: &Call<'_, '_>) -> Check {
    case::open(call, case_of(call))
}

/// E701 or E703 for what is no amount.
pub(super) fn amount(call: &Call<'_, '_>) -> Check {
    is_amount(call, terms(call).amount)
}

/// E303 unless the services end after now, in order and within the calendar.
pub(super) fn service(call: &Call<'_, '_>) -> Check {
    let service = &terms(call).service;
    let in_order = service.first <= service.last && service.last <= Month::MAX;
    ensure(in_order && call.now() < service.end(), ErrorCode::Window)
}

/// E704 unless there is an item.
pub(super) fn items(call: &Call<'_, '_>) -> Check {
    ensure(terms(call).item_count > 0, ErrorCode::Unbalanced)
}

/// E202 or E205 unless insurer and provider may agree on coverage.
pub(super) fn licensed(call: &Call<'_, '_>) -> Check {
    case::parties_licensed(call, case_of(call))
}

/// E805 unless the subject lets the provider ask: by the case's capability, by a co-signature, or by consents under
/// which the insurer may have the documents, of which there must be one then.
pub(super) fn asked_lawfully(call: &Call<'_, '_>) -> Check {
    let terms = terms(call);
    let allowed = case::is_allowed(call, case_of(call), (CaseOp::Preauth, DelegationOp::Preauth), Some(terms.amount))?;
    ensure(allowed || !terms.attachments.is_empty(), ErrorCode::Capability)
}

/// E610 for a document that the insurer could not have for the authorisation in this very block.
pub(super) fn attachments(call: &Call<'_, '_>) -> Check {
    let case = case_of(call);
    let documents: &[AnchorId] = match call.action() {
        Action::SupplyPreauthInfo(supply) => &supply.attachments,
        _ => &terms(call).attachments,
    };
    let asked = insurers_probe(case.insurer, (case.subject, case.id), Purpose::Covauth);
    documents_permitted(call, &asked, documents)
}

fn same_parties(preauth: &Preauth, case: &Case) -> bool {
    (preauth.subject, preauth.insurer, preauth.provider) == (case.subject, case.insurer, case.provider)
}

/// E606 unless what is to be replaced is of the same parties, and E903 for the last of too long a row.
pub(super) fn prior(call: &Call<'_, '_>) -> Check {
    let object = call.preauth_object();
    let Some(prior) = &object.other else { return Ok(()) };
    ensure(same_parties(prior, &object.case), ErrorCode::PreauthMismatch)?;
    ensure(prior.generation < PREAUTH_GENERATIONS_MAX, ErrorCode::Limit)
}

/// E607 unless the version is the next one.
pub(super) fn version(call: &Call<'_, '_>) -> Check {
    let next = call.preauth().version.checked_add(1);
    ensure(next == Some(payload!(call, AmendPreauth).version), ErrorCode::State)
}

// Information ------------------------------------------------------------------------------------------------------

/// E607 if the insurer has asked often enough.
pub(super) fn rounds(call: &Call<'_, '_>) -> Check {
    ensure(call.preauth().info_rounds < call.params.preauth.info_rounds_max, ErrorCode::State)
}

/// E611 unless the insurer asks for something, and only for what the minimisation matrix lets it have for an
/// authorisation.
pub(super) fn minimal(call: &Call<'_, '_>) -> Check {
    let asked = payload!(call, PendPreauth).asked;
    let mut rules = call.params.minimisation.iter();
    let minimal = rules
        .any(|rule| (rule.role, rule.purpose) == (Role::Insurer, Purpose::Covauth) && asked.is_subset(rule.categories));
    ensure(minimal && !asked.is_empty(), ErrorCode::Minimisation)
}

/// E610 for no document, E903 for more than a request may have.
pub(super) fn supplied(call: &Call<'_, '_>) -> Check {
    let supplied = &payload!(call, SupplyPreauthInfo).attachments;
    ensure(!supplied.is_empty(), ErrorCode::AttachConsent)?;
    let before = &call.preauth().terms.attachments;
    let all: Result<Set<AnchorId, { assent_types::limits::CLAIM_ATTACHMENTS_MAX }>, _> =
        Set::new(before.iter().chain(supplied).copied());
    ensure(all.is_ok(), ErrorCode::Limit)
}

// Decisions --------------------------------------------------------------------------------------------------------

fn approval(call: &Call<'_, '_>) -> (Money, Validity) {
    match call.action() {
        Action::ApprovePreauth(approve) => (approve.approved, approve.validity),
        Action::ApprovePreauthPartial(approve) => (approve.approved, approve.validity),
        other => unreachable!("{} approves nothing", other.name()),
    }
}

/// An amount of the request's currency (E701), at most what is asked for (E604).
fn at_most_requested(call: &Call<'_, '_>) -> Result<(Money, Money), crate::runtime::table::Stop> {
    let ((approved, _), requested) = (approval(call), call.preauth().terms.amount);
    ensure(approved.ccy == requested.ccy, ErrorCode::Currency)?;
    ensure(approved <= requested, ErrorCode::OverClaimed)?;
    Ok((approved, requested))
}

/// E701, E604, or E704 if less is approved than is asked for.
pub(super) fn in_full(call: &Call<'_, '_>) -> Check {
    let (approved, requested) = at_most_requested(call)?;
    ensure(approved == requested, ErrorCode::Unbalanced)
}

/// E701, E604, or E704 if nothing or all is approved.
pub(super) fn in_part(call: &Call<'_, '_>) -> Check {
    let (approved, requested) = at_most_requested(call)?;
    ensure(!approved.is_zero() && approved < requested, ErrorCode::Unbalanced)
}

/// E303 unless the validity ends after it begins and after now, and is not too long.
pub(super) fn validity(call: &Call<'_, '_>) -> Check {
    let (_, validity) = approval(call);
    let longest = validity.from.plus(call.params.preauth.valid_max_ms);
    let in_order = validity.from < validity.to && call.now() < validity.to;
    ensure(in_order && validity.to <= longest, ErrorCode::Window)
}

/// E623 without a reason for what is not approved.
pub(super) fn reasons(call: &Call<'_, '_>) -> Check {
    let given = match call.action() {
        Action::ApprovePreauthPartial(approve) => approve.reasons,
        Action::DenyPreauth(deny) => deny.reasons,
        other => unreachable!("{} disallows nothing", other.name()),
    };
    ensure(given != AdjReasons::EMPTY, ErrorCode::Reason)
}

/// E609 if a program alone denies.
pub(super) fn reviewed(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, DenyPreauth).mode != DecisionMode::Auto, ErrorCode::AutoDenial)
}

// Ends -------------------------------------------------------------------------------------------------------------

/// E607 while a guarantee on it is open, or a claim that cites it.
pub(super) fn free(call: &Call<'_, '_>) -> Check {
    let preauth = call.preauth();
    let open = preauth.claims.iter().any(|usage| !ClaimStatus::is_terminal(usage.status));
    ensure(preauth.guarantees.is_empty() && !open, ErrorCode::State)
}

/// E607 if a guarantee on it is open, or a claim has drawn on it or may.
pub(super) fn unused(call: &Call<'_, '_>) -> Check {
    let preauth = call.preauth();
    ensure(preauth.guarantees.is_empty() && preauth.claims.is_empty(), ErrorCode::State)
}

/// E623 without a notice.
pub(super) fn notice(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, VoidPreauth).notice != Hash32::ZERO, ErrorCode::Reason)
}

/// E606 unless the other one was made to take its place, is approved and live, and in the same currency.
pub(super) fn child(call: &Call<'_, '_>) -> Check {
    let object = call.preauth_object();
    let parent = call.preauth();
    let fits = object.other.as_ref().is_some_and(|child| {
        child.prior == Some(parent.id)
            && child.status.is_live()
            && same_parties(child, &object.case)
            && child.approved.ccy == parent.approved.ccy
    });
    ensure(fits, ErrorCode::PreauthMismatch)
}

/// E605 unless the one that takes its place has free what is reserved and consumed here, E903 if it has no room.
pub(super) fn child_room(call: &Call<'_, '_>) -> Check {
    // One that could not take its place anyway is refused for that.
    let Some(child) = call.preauth_object().other.as_ref().filter(|_| self::child(call).is_ok()) else {
        return Ok(());
    };
    ledger::hand_over(&mut call.preauth().clone(), &mut child.clone())
}
