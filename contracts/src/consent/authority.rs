//! Who may give, change and take back consents.

use assent_types::consent::{
    AttestMethod, ConsentKind, ConsentTerms, Effect, EvidenceKind, EvidenceRef, Grantor, Purpose,
};
use assent_types::org::Role;
use assent_types::subject::{KeyOwner, Mandate, MandateKind, MandateOp};
use assent_types::{ErrorCode, Hash32, KeyId, MandateId, OrgId, Sp};

use super::narrow::is_narrower;
use crate::access::purpose::{covers, is_research};
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, Stop, ensure};

/// The mandate, if it is live, is for this subject and lists the operation (E301), and its proxy signs (E309).
/// Revoking is in every mandate: nobody can be appointed to give and not to take back. A parent's ends when the child
/// comes of age.
pub(crate) fn mandate_for(
    call: &Call<'_, '_>,
    id: MandateId,
    subject: Sp,
    op: MandateOp,
) -> Result<Found<Mandate>, Stop> {
    mandate_of(call, id, subject, op, call.signer().key)
}

/// The same for a proxy whose key signed something else than the transaction.
pub(crate) fn mandate_of(
    call: &Call<'_, '_>,
    id: MandateId,
    subject: Sp,
    op: MandateOp,
    key: KeyId,
) -> Result<Found<Mandate>, Stop> {
    let Some(mandate) = state::mandate(call.view, id)? else { return Err(ErrorCode::Mandate.into()) };
    let allows = op == MandateOp::Revoke || mandate.terms.ops.has(op);
    ensure(mandate.terms.subject == subject && mandate.is_live(call.now()) && allows, ErrorCode::Mandate)?;
    if mandate.terms.kind == MandateKind::Parent {
        let of_age = state::subject(call.view, subject)?.and_then(|subject| subject.majority_at);
        ensure(of_age.is_none_or(|since| call.now() < since), ErrorCode::Mandate)?;
    }
    ensure(mandate.terms.proxy.id() == key, ErrorCode::NotGrantor)?;
    Ok(mandate)
}

/// Whether a mandate covers what a consent would say.
///
/// Research and the training of models are never an agent's to give. Crossing the border has to be in the mandate.
pub(crate) fn covers_terms(mandate: &Mandate, terms: &ConsentTerms) -> bool {
    let purpose_covered = |asked: &Purpose| mandate.terms.purposes.iter().any(|given| covers(*given, *asked));
    let reserved = terms.kind == ConsentKind::Research
        || terms.purposes.iter().any(|purpose| *purpose == Purpose::Mltraining || is_research(*purpose));
    mandate.terms.consent_kinds.has(terms.kind)
        && terms.purposes.iter().all(purpose_covered)
        && (mandate.terms.may_xborder || terms.xborder.is_none())
        && (mandate.terms.kind.is_substitute() || !reserved)
}

pub(crate) fn subject_signs(call: &Call<'_, '_>, subject: Sp) -> Check {
    ensure(call.signer().owner == KeyOwner::Subject(subject), ErrorCode::NotGrantor)
}

pub(crate) fn is_present(evidence: &EvidenceRef) -> bool {
    evidence.hash != Hash32::ZERO
}

/// Whether the attesting organisation alone gains by the consent.
fn benefits_alone(org: OrgId, terms: &ConsentTerms) -> bool {
    terms.effect == Effect::Permit
        && terms.grantees.roles.is_empty()
        && terms.grantees.orgs.iter().all(|grantee| *grantee == org)
}

/// Whether the evidence is of a kind that the attester cannot make by itself: a time-stamped transcript of the card
/// reader or of the one-time password, a certificate signature of the patient, or a witness that co-signs.
pub(crate) fn from_outside(
    call: &Call<'_, '_>,
    org: OrgId,
    method: AttestMethod,
    evidence: &EvidenceRef,
) -> Result<bool, Stop> {
    let by_kind = match evidence.kind {
        EvidenceKind::CaEsign => true,
        EvidenceKind::IdCardReader => method == AttestMethod::IdCardReader && evidence.timestamp.is_some(),
        EvidenceKind::Otp => method == AttestMethod::Otp && evidence.timestamp.is_some(),
        _ => false,
    };
    Ok(by_kind || cosigning_orgs(call)?.iter().any(|witness| *witness != org))
}

/// The grantor may give this consent: E203, E301 or E309.
///
/// An organisation attests with evidence only, an insurer never attests, and whoever alone gains by a consent needs
/// evidence from outside. Where the subject or a proxy signs, the signature itself is the evidence of the act.
pub(super) fn may_grant(call: &Call<'_, '_>) -> Check {
    let grant = payload!(call, GrantConsent);
    match &grant.grantor {
        Grantor::Subject => subject_signs(call, grant.terms.subject),
        Grantor::Proxy { mandate } => {
            let mandate = mandate_for(call, *mandate, grant.terms.subject, MandateOp::Grant)?;
            ensure(covers_terms(&mandate, &grant.terms), ErrorCode::Mandate)
        }
        Grantor::OrgAttested { org, method, .. } => {
            let Some(attester) = state::org(call.view, *org)? else { return Err(ErrorCode::Role.into()) };
            ensure(!attester.roles.has(Role::Insurer), ErrorCode::Role)?;
            ensure(call.signer().owner == KeyOwner::Org(*org), ErrorCode::NotGrantor)?;
            ensure(is_present(&grant.terms.evidence), ErrorCode::NotGrantor)?;
            let outside =
                !benefits_alone(*org, &grant.terms) || from_outside(call, *org, *method, &grant.terms.evidence)?;
            ensure(outside, ErrorCode::NotGrantor)
        }
    }
}

pub(crate) fn subject_or_proxy(call: &Call<'_, '_>, subject: Sp, grantor: &Grantor, op: MandateOp) -> Check {
    match grantor {
        Grantor::Subject => subject_signs(call, subject),
        Grantor::Proxy { mandate } => mandate_for(call, *mandate, subject, op).map(|_| ()),
        Grantor::OrgAttested { .. } => Err(ErrorCode::Role.into()),
    }
}

/// The subject or a proxy amends: E301 or E309.
pub(super) fn may_amend(call: &Call<'_, '_>) -> Check {
    let amend = payload!(call, AmendConsent);
    subject_or_proxy(call, amend.target.subject, &amend.grantor, MandateOp::Amend)
}

/// The subject or a proxy rejects: E301 or E309.
pub(super) fn may_reject(call: &Call<'_, '_>) -> Check {
    let reject = payload!(call, RejectConsent);
    subject_or_proxy(call, reject.target.subject, &reject.grantor, MandateOp::Reject)
}

/// The subject or a proxy revokes, or an organisation attests with evidence that the subject does: E301 or E309.
pub(super) fn may_revoke(call: &Call<'_, '_>) -> Check {
    let revoke = payload!(call, RevokeConsent);
    match &revoke.grantor {
        Grantor::OrgAttested { org, .. } => {
            let shown = revoke.evidence.as_ref().is_some_and(is_present);
            ensure(call.signer().owner == KeyOwner::Org(*org) && shown, ErrorCode::NotGrantor)
        }
        grantor => subject_or_proxy(call, revoke.target.subject, grantor, MandateOp::Revoke),
    }
}

/// E309 unless the organisation that attested the grant signs or co-signs, and a second organisation too.
pub(super) fn may_mark(call: &Call<'_, '_>) -> Check {
    let object = call.consent_object();
    let consent = object.position.and_then(|position| object.book.live.get(position));
    let Some(Grantor::OrgAttested { org: attester, .. }) = consent.and_then(|consent| consent.grantor) else {
        return Err(ErrorCode::NotGrantor.into());
    };
    let mut signers = cosigning_orgs(call)?;
    signers.extend(call.signer().org_id());
    let second = signers.iter().any(|org| *org != attester);
    ensure(second && signers.contains(&attester), ErrorCode::NotGrantor)
}

/// E308 if a proxy widens a consent and its mandate would not let it give the wider one.
pub(super) fn may_widen(call: &Call<'_, '_>) -> Check {
    let amend = payload!(call, AmendConsent);
    let Grantor::Proxy { mandate } = &amend.grantor else { return Ok(()) };
    let object = call.consent_object();
    let Some(current) = object.position.and_then(|position| object.book.live.get(position)) else {
        return Err(ErrorCode::NotHead.into());
    };
    if is_narrower(&amend.terms, &current.terms) {
        return Ok(());
    }
    let mandate = state::mandate(call.view, *mandate)?;
    let may =
        mandate.is_some_and(|mandate| mandate.terms.ops.has(MandateOp::Grant) && covers_terms(&mandate, &amend.terms));
    ensure(may, ErrorCode::Widen)
}
