//! Guards of subjects and mandates.

use assent_types::action::{RegisterSubject, RevokeMandate, possession_of};
use assent_types::consent::EvidenceRef;
use assent_types::key::{PublicKey, Signature};
use assent_types::limits::PROXY_SUBJECTS_MAX;
use assent_types::org::Role;
use assent_types::oversight::RolloverPseudonym;
use assent_types::place::Jurisdiction;
use assent_types::state::Params;
use assent_types::subject::{AgeBand, KeyOwner, MandateKind, MandateOp, Subject};
use assent_types::{ErrorCode, Hash32, Sp};

use crate::runtime::call::{Call, payload};
use crate::runtime::signer::{cosigning_orgs, cosigning_subjects};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, State, Stop, ensure};

/// A pseudonym that is still free, else E210.
pub(crate) fn unregistered(call: &Call<'_, '_>, register: &RegisterSubject) -> Result<State, Stop> {
    ensure(state::subject(call.view, register.sp)?.is_none(), ErrorCode::Subject)?;
    Ok(State::New)
}

/// A registered pseudonym, else E210.
pub(crate) fn registered(call: &Call<'_, '_>, sp: Sp) -> Result<State, Stop> {
    ensure(state::subject(call.view, sp)?.is_some(), ErrorCode::Subject)?;
    Ok(State::Registered)
}

/// E108 for a level of assurance outside 1 to 3.
pub(super) fn enrolment(call: &Call<'_, '_>) -> Check {
    ensure((1..=3).contains(&payload!(call, RegisterSubject).loa), ErrorCode::UnknownCode)
}

fn possessed(call: &Call<'_, '_>, key: &PublicKey, sp: &Sp, possession: &Signature) -> Check {
    let asked = possession_of(call.ctx.chain, key, sp);
    ensure(key.is_valid() && key.verify_possession(&asked, possession), ErrorCode::KeyExists)
}

fn fresh(call: &Call<'_, '_>, key: &PublicKey, sp: &Sp, possession: &Signature) -> Check {
    possessed(call, key, sp, possession)?;
    ensure(state::key(call.view, key.id())?.is_none(), ErrorCode::KeyExists)
}

/// E212 unless the subject's key is valid, unknown to the ledger, and its holder asked for it to be registered.
pub(super) fn fresh_key(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterSubject);
    fresh(call, &register.key, &register.sp, &register.possession)
}

/// E309 unless the subject's own key signs.
pub(super) fn subject_signs(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateSubjectKey);
    ensure(call.signer().owner == KeyOwner::Subject(rotate.sp), ErrorCode::NotGrantor)
}

/// E212 unless the new key is valid, unknown to the ledger, and its holder asked for it to be registered.
pub(super) fn fresh_rotated_key(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateSubjectKey);
    fresh(call, &rotate.new, &rotate.sp, &rotate.possession)
}

/// E203 unless the verifying organisation is one that may verify and signs or co-signs; E309 if another subject or
/// organisation signs.
pub(super) fn mandate_signed(call: &Call<'_, '_>) -> Check {
    let grant = payload!(call, GrantMandate);
    let signer = call.signer();
    if let Some(org) = &signer.org {
        let verifies = org.roles.has(Role::Hospital) || org.roles.has(Role::Regulator);
        ensure(verifies && grant.terms.kind.is_substitute(), ErrorCode::Role)?;
        return ensure(org.id == grant.verified_by, ErrorCode::NotGrantor);
    }
    ensure(cosigning_orgs(call)?.contains(&grant.verified_by), ErrorCode::Role)?;
    let Some(verifier) = state::org(call.view, grant.verified_by)? else { return Err(ErrorCode::Role.into()) };
    let verifies = [Role::Hospital, Role::Regulator, Role::App].iter().any(|role| verifier.roles.has(*role));
    ensure(verifies, ErrorCode::Role)?;
    ensure(signer.owner == KeyOwner::Subject(grant.terms.subject), ErrorCode::NotGrantor)
}

fn is_present(evidence: &EvidenceRef) -> bool {
    evidence.hash != Hash32::ZERO
}

/// E302 where evidence is needed that nobody of higher priority exists, and there is none.
pub(super) fn priority(call: &Call<'_, '_>) -> Check {
    let terms = &payload!(call, GrantMandate).terms;
    let shown = terms.no_higher_priority.as_ref().is_some_and(is_present);
    ensure(!terms.kind.needs_no_higher_priority() || shown, ErrorCode::MandatePriority)
}

/// E303 unless the window is one and its end lies ahead; E304 if the proxy may give consents but of no kind or for no
/// purpose. A mandate to revoke alone needs neither.
pub(super) fn mandate_terms(call: &Call<'_, '_>) -> Check {
    let terms = &payload!(call, GrantMandate).terms;
    ensure(terms.nbf < terms.exp && call.now() < terms.exp, ErrorCode::Window)?;
    let gives = [MandateOp::Grant, MandateOp::Amend].iter().any(|op| terms.ops.has(*op));
    ensure(!gives || !(terms.purposes.is_empty() || terms.consent_kinds.is_empty()), ErrorCode::EmptyAxis)
}

/// Whether everybody of the age band is under the age of self-consent of the jurisdiction.
fn is_under_age(band: AgeBand, jurisdiction: Jurisdiction, params: &Params) -> bool {
    let oldest = match band {
        AgeBand::Under14 => 13,
        AgeBand::From14 => 15,
        AgeBand::From16 => 17,
        AgeBand::Adult | AgeBand::From65 => return false,
    };
    let [cn, hk, mo] = params.self_consent_age;
    let age = match jurisdiction {
        Jurisdiction::Cn => cn,
        Jurisdiction::Hk => hk,
        Jurisdiction::Mo => mo,
    };
    oldest < age
}

/// Whether everybody of a subject's age band is under the age of self-consent where it was enrolled.
pub(super) fn is_under_age_at_home(call: &Call<'_, '_>, subject: &Subject) -> Result<bool, Stop> {
    let enroller = state::org(call.view, subject.enrolled_by)?;
    Ok(enroller.is_some_and(|org| is_under_age(subject.age_band, org.jurisdiction(), &call.params)))
}

/// E309 unless the organisation that enrolled the subject signs.
pub(super) fn enroller_signs(call: &Call<'_, '_>) -> Check {
    match state::subject(call.view, payload!(call, UpdateAgeBand).sp)? {
        Some(subject) => ensure(call.signer().org_id() == Some(subject.enrolled_by), ErrorCode::NotGrantor),
        None => Ok(()),
    }
}

/// E108 unless the new age band is above the one before: nobody grows younger.
pub(super) fn older(call: &Call<'_, '_>) -> Check {
    let update = payload!(call, UpdateAgeBand);
    ensure(subject_of(call, update.sp)?.age_band < update.age_band, ErrorCode::UnknownCode)
}

/// State of a pseudonym that leads to another: E210 unless both are registered and different.
pub(crate) fn rollover_state(call: &Call<'_, '_>, rollover: &RolloverPseudonym) -> Result<State, Stop> {
    registered(call, rollover.new)?;
    let from = registered(call, rollover.old)?;
    ensure(rollover.old != rollover.new, ErrorCode::Subject)?;
    Ok(if state::rollover(call.view, rollover.old)?.is_some() { State::Superseded } else { from })
}

/// E309 unless the old pseudonym's key signs and the new one's co-signs, or two organisations attest the link.
pub(super) fn may_roll_over(call: &Call<'_, '_>) -> Check {
    let rollover = payload!(call, RolloverPseudonym);
    let may = match call.signer().owner {
        KeyOwner::Subject(signer) => signer == rollover.old && cosigning_subjects(call)?.contains(&rollover.new),
        KeyOwner::Org(org) => cosigning_orgs(call)?.iter().any(|other| *other != org),
        KeyOwner::Proxy => false,
    };
    ensure(may, ErrorCode::NotGrantor)
}

fn subject_of(call: &Call<'_, '_>, sp: Sp) -> Result<Found<Subject>, Stop> {
    state::subject(call.view, sp)?.ok_or_else(|| ErrorCode::Subject.into())
}

/// E301 unless the right that the mandate claims fits the subject.
///
/// A substitute needs a subject under the age of self-consent where the subject was enrolled, or a capacity statement:
/// evidence with a time-stamp; a parent's right ends with that age, whatever is stated. Family that assists needs a
/// subject of 65 or more. Every mandate needs evidence.
pub(super) fn capacity(call: &Call<'_, '_>) -> Check {
    let terms = &payload!(call, GrantMandate).terms;
    ensure(is_present(&terms.evidence), ErrorCode::Mandate)?;
    let subject = subject_of(call, terms.subject)?;
    if terms.kind == MandateKind::AgedAssist {
        return ensure(subject.age_band == AgeBand::From65, ErrorCode::Mandate);
    }
    if !terms.kind.is_substitute() {
        return Ok(());
    }
    let under_age = is_under_age_at_home(call, &subject)?;
    let stated = terms.kind != MandateKind::Parent && terms.evidence.timestamp.is_some();
    ensure(under_age || stated, ErrorCode::Mandate)
}

/// E212 unless the proxy asked for this mandate, with a key that is new or a proxy's already.
pub(super) fn proxy_key(call: &Call<'_, '_>) -> Check {
    let grant = payload!(call, GrantMandate);
    possessed(call, &grant.terms.proxy, &grant.terms.subject, &grant.possession)?;
    let entry = state::key(call.view, grant.terms.proxy.id())?;
    ensure(entry.is_none_or(|entry| entry.owner == KeyOwner::Proxy), ErrorCode::KeyExists)
}

/// E301 if the proxy's key has served as many subjects as one may.
pub(super) fn proxy_limit(call: &Call<'_, '_>) -> Check {
    let terms = &payload!(call, GrantMandate).terms;
    let room = state::key(call.view, terms.proxy.id())?
        .is_none_or(|entry| entry.proxy_for.contains(&terms.subject) || entry.proxy_for.len() < PROXY_SUBJECTS_MAX);
    ensure(room, ErrorCode::Mandate)
}

/// State of a mandate; E301 if the subject has none of this identifier.
pub(crate) fn mandate_state(call: &Call<'_, '_>, revoke: &RevokeMandate) -> Result<State, Stop> {
    let mandate = state::mandate(call.view, revoke.mandate)?;
    let Some(mandate) = mandate.filter(|mandate| mandate.terms.subject == revoke.subject) else {
        return Err(ErrorCode::Mandate.into());
    };
    if mandate.revoked_at.is_some() {
        return Ok(State::Revoked);
    }
    Ok(if call.now() < mandate.terms.exp { State::Live } else { State::Expired })
}

/// E309 unless the subject or the organisation that verified the mandate signs. Of a mandate that does not exist,
/// nothing is said here.
pub(super) fn may_revoke(call: &Call<'_, '_>) -> Check {
    let revoke = payload!(call, RevokeMandate);
    let owner = call.signer().owner;
    let verifier = state::mandate(call.view, revoke.mandate)?.map(|mandate| KeyOwner::Org(mandate.verified_by));
    let may = owner == KeyOwner::Subject(revoke.subject) || verifier.is_none_or(|verifier| owner == verifier);
    ensure(may, ErrorCode::NotGrantor)
}
