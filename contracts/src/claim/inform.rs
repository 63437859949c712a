//! Information that a decision waits for: guards and effects of CL-06 to CL-11.

use assent_types::access::Reason;
use assent_types::claim::{Capacity, Claim, ClaimStatus};
use assent_types::consent::{Categories, Purpose};
use assent_types::delegation::DelegationOp;
use assent_types::org::Role;
use assent_types::{AnchorId, ErrorCode, Set};

use super::case::{documents_permitted, insurers_probe};
use super::check::{claim_parties, person_signs};
use super::close::{pause, resume};
use super::execute::put_claim;
use super::object::status_of;
use crate::access::permit::{Probe, probe_reasons};
use crate::delegation::check::acts_for;
use crate::erasure;
use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, Stop, ensure};

fn claim<'o>(call: &'o Call<'_, '_>) -> &'o Claim {
    &call.claim_object().claim
}

/// What the insurer asks for on a claim.
fn probed(claim: &Claim) -> Probe {
    insurers_probe(claim.insurer, (claim.subject, claim.terms.case), Purpose::Clmattch)
}

// Requests ----------------------------------------------------------------------------------------------------------

/// E607 if information was asked for as often as is allowed.
pub(super) fn rounds(call: &Call<'_, '_>) -> Check {
    ensure(claim(call).info_rounds < call.params.claims.course.info_rounds_max, ErrorCode::State)
}

/// E304 for nothing, E611 for a category that no insurer may have for claims.
pub(super) fn minimal(call: &Call<'_, '_>) -> Check {
    let asked = payload!(call, RequestInfo).categories;
    ensure(!asked.is_empty(), ErrorCode::EmptyAxis)?;
    let allowed = call
        .params
        .minimisation
        .iter()
        .filter(|rule| (rule.role, rule.purpose) == (Role::Insurer, Purpose::Clmattch))
        .fold(Categories::EMPTY, |all, rule| all.or(rule.categories));
    ensure(asked.is_subset(allowed), ErrorCode::Minimisation)
}

/// CL-06: the time to decide stands still.
pub(super) fn request(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let asked = payload!(call, RequestInfo).categories;
    let mut claim = call.take_claim_object().claim;
    pause(&mut claim, call.now(), call.params.claims.course.info_ms);
    claim.course.asked = asked;
    claim.info_rounds = claim.info_rounds.saturating_add(1);
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// The claim's provider, its subject or a proxy answers: E203, E204, E301 or E309.
pub(super) fn informant(call: &Call<'_, '_>) -> Check {
    let capacity = match call.action() {
        assent_types::action::Action::LinkAttachments(link) => link.capacity,
        assent_types::action::Action::ResumeWithConsent(resume) => resume.capacity,
        other => unreachable!("{} informs nobody", other.name()),
    };
    match capacity {
        Capacity::Organisation => acts_for(call, claim_parties(claim(call)).provider_by(DelegationOp::File), None),
        person => person_signs(call, claim(call).subject, person),
    }
}

/// E610 unless there are documents and each is permitted to the insurer in this very block.
pub(super) fn linkable(call: &Call<'_, '_>) -> Check {
    let anchors = &payload!(call, LinkAttachments).anchors;
    ensure(!anchors.is_empty(), ErrorCode::AttachConsent)?;
    documents_permitted(call, &probed(claim(call)), anchors)
}

fn with_linked(claim: &Claim, more: &[AnchorId]) -> Result<Set<AnchorId, 64>, Stop> {
    Set::new(claim.course.linked.iter().chain(more).copied()).map_err(|_| ErrorCode::TooLarge.into())
}

/// E107 if more documents would be linked than a claim can list.
pub(super) fn link_room(call: &Call<'_, '_>) -> Check {
    with_linked(claim(call), &payload!(call, LinkAttachments).anchors).map(|_| ())
}

/// CL-08: the documents are linked, and the review goes on.
pub(super) fn link(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let anchors = &payload!(call, LinkAttachments).anchors;
    let mut claim = call.take_claim_object().claim;
    claim.course.linked = with_linked(&claim, anchors)?;
    resume(&mut claim, call.now());
    for document in anchors {
        erasure::execute::cite(call, *document, claim.id)?;
    }
    put_claim(call, row, claim)
}

// Holds -------------------------------------------------------------------------------------------------------------

/// The claim's insurer, its administrator, or the claim's provider: E203 or E204.
pub(super) fn insurer_or_provider(call: &Call<'_, '_>) -> Check {
    if call.signer().org_id() == Some(claim(call).provider) {
        return Ok(());
    }
    acts_for(call, claim_parties(claim(call)).insurer_by(DelegationOp::Handle), None)
}

/// Whether a document that the claim does not cite yet is refused to the insurer for want of a consent: what was lawfully
/// received stays.
fn is_refused(call: &Call<'_, '_>, id: AnchorId) -> Result<bool, Stop> {
    let claim = claim(call);
    if claim.documents().any(|document| *document == id) {
        return Ok(false);
    }
    let Some(document) = state::anchor(call.view, id)? else { return Ok(false) };
    let reasons = probe_reasons(&probed(claim), &document, call.view, call.now())?;
    // D40 to D59: no consent covers it. Anything else, a consent would not change.
    let of_consent = |reason: &Reason| (40..60).contains(&(*reason as u8));
    Ok(!reasons.is_empty() && reasons.iter().all(of_consent))
}

/// E607 unless a document that is needed is refused for want of a consent.
pub(super) fn gap(call: &Call<'_, '_>) -> Check {
    for id in &payload!(call, ConsentGap).needed {
        if is_refused(call, *id)? {
            return Ok(());
        }
    }
    Err(ErrorCode::State.into())
}

/// CL-07: the time to decide stands still until the consent is there.
pub(super) fn hold(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let needed = payload!(call, ConsentGap).needed.clone();
    let mut claim = call.take_claim_object().claim;
    pause(&mut claim, call.now(), call.params.claims.course.consent_hold_ms);
    claim.course.needed = needed;
    claim.status = status_of(row.to);
    put_claim(call, row, claim)
}

/// E610 unless every document that is needed is permitted to the insurer now.
pub(super) fn consented(call: &Call<'_, '_>) -> Check {
    documents_permitted(call, &probed(claim(call)), &claim(call).course.needed)
}

/// CL-10: the review goes on.
pub(super) fn resume_review(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut claim = call.take_claim_object().claim;
    debug_assert_eq!(status_of(row.to), ClaimStatus::InReview);
    resume(&mut claim, call.now());
    put_claim(call, row, claim)
}
