//! Guards of claim codes.

use std::collections::BTreeSet;

use assent_types::claim::Capacity;
use assent_types::claim_code::{ClaimCodeBody, CodeGrant, ProviderSelector, RedeemClaimCode};
use assent_types::consent::{ConsentKind, ConsentTerms, Effect, Grantor, Purpose};
use assent_types::subject::{KeyOwner, MandateOp};
use assent_types::{ErrorCode, Sp};

use crate::claim::check::{is_amount, parties_active, person_signs};
use crate::consent::authority;
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::{KeyState, key_state};
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

fn redeem<'a>(call: &Call<'a, '_>) -> &'a RedeemClaimCode {
    payload!(call, RedeemClaimCode)
}

fn body<'a>(call: &Call<'a, '_>) -> &'a ClaimCodeBody {
    &redeem(call).code.body
}

// Who grants ---------------------------------------------------------------------------------------------------------

/// E309 unless a key in force of the subject, or of the proxy of a mandate, signed the code; E301 for a mandate that
/// does not allow it.
fn is_granted(
    call: &Call<'_, '_>,
    grant: &CodeGrant,
    subject: Sp,
    op: MandateOp,
    terms: Option<&ConsentTerms>,
) -> Check {
    let KeyState::Live { key, owner, .. } = key_state(call.view, &grant.key, call.now())? else {
        return Err(ErrorCode::NotGrantor.into());
    };
    match grant.grantor {
        Grantor::Subject => ensure(owner == KeyOwner::Subject(subject), ErrorCode::NotGrantor)?,
        Grantor::Proxy { mandate } => {
            let mandate = authority::mandate_of(call, mandate, subject, op, grant.key)?;
            let covered = terms.is_none_or(|terms| authority::covers_terms(&mandate, terms));
            ensure(covered, ErrorCode::Mandate)?;
        }
        Grantor::OrgAttested { .. } => return Err(ErrorCode::Role.into()),
    }
    ensure(key.verify_claim_code(&body(call).id(), &grant.signature), ErrorCode::NotGrantor)
}

/// The case's subject and the consent's, or proxies of them, signed the code: E103 for one of another chain, E203, E301
/// or E309.
pub(super) fn granted(call: &Call<'_, '_>) -> Check {
    let code = &redeem(call).code;
    let body = &code.body;
    ensure(body.chain == call.ctx.chain, ErrorCode::WrongChain)?;
    let same = body.subject == body.disclose.subject;
    match &code.consent_grant {
        None => {
            ensure(same, ErrorCode::NotGrantor)?;
            is_granted(call, &code.case_grant, body.subject, MandateOp::Grant, Some(&body.disclose))?;
        }
        Some(grant) => {
            ensure(!same, ErrorCode::NotGrantor)?;
            is_granted(call, grant, body.disclose.subject, MandateOp::Grant, Some(&body.disclose))?;
        }
    }
    is_granted(call, &code.case_grant, body.subject, MandateOp::Claim, None)
}

/// The subject or a proxy revokes: E301 or E309.
pub(super) fn revoker(call: &Call<'_, '_>) -> Check {
    let revoke = payload!(call, RevokeClaimCode);
    authority::subject_or_proxy(call, revoke.subject, &revoke.grantor, MandateOp::Revoke)
}

/// The provider of the case, its subject or a proxy closes it: E203, E301 or E309.
pub(super) fn closer(call: &Call<'_, '_>) -> Check {
    let code = call.claim_code();
    match payload!(call, CloseCase).capacity {
        Capacity::Organisation => {
            let provider = code.redeemed.map(|redeemed| redeemed.provider);
            ensure(provider.is_some() && call.signer().org_id() == provider, ErrorCode::Role)
        }
        person => person_signs(call, code.subject, person),
    }
}

// The code and its presentation --------------------------------------------------------------------------------------

/// E801 unless the code is in its window, lives no longer than codes may, and its case ends in the future and not too
/// late, after its consent.
pub(super) fn window(call: &Call<'_, '_>) -> Check {
    let body = body(call);
    let (now, params) = (call.now(), &call.params);
    let code = body.nbf <= now && now < body.exp && body.exp <= body.nbf.plus(params.claim_codes.ttl_ms);
    let case = now < body.case_exp && body.case_exp <= now.plus(params.claims.case_max_ms);
    let consent = body.disclose.exp.is_some_and(|exp| exp <= body.case_exp);
    ensure(code && case && consent, ErrorCode::CodeWindow)
}

/// E802 unless the provider that redeems is one that the code names.
pub(super) fn audience(call: &Call<'_, '_>) -> Check {
    let Some(org) = &call.signer().org else { return Err(ErrorCode::Role.into()) };
    let matches = match &body(call).provider {
        ProviderSelector::Org(id) => *id == org.id,
        ProviderSelector::Accredited { kind, places } => {
            let facility = redeem(call).presentation.facility;
            let place = org.facilities.iter().find(|known| known.id == facility).map(|known| known.place);
            place.is_some_and(|place| place.is_in(places) && org.is_accredited(*kind, &place, call.now()))
        }
    };
    ensure(matches, ErrorCode::CodeAudience)
}

/// E803 unless the code's holder presented it to this provider, at one of its facilities, for its terminal's challenge
/// and about now.
pub(super) fn presented(call: &Call<'_, '_>) -> Check {
    let redeem = redeem(call);
    let (body, presentation) = (&redeem.code.body, &redeem.presentation);
    let Some(org) = &call.signer().org else { return Err(ErrorCode::Role.into()) };
    let here = presentation.provider == org.id
        && org.facilities.iter().any(|facility| facility.id == presentation.facility)
        && presentation.terminal_nonce == redeem.terminal_nonce;
    let drift_ms = call.now().0.abs_diff(presentation.at.0);
    let signed = presentation.code == body.id() && body.holder.is_valid() && presentation.is_signed_by(&body.holder);
    ensure(here && drift_ms <= call.params.claim_codes.drift_ms && signed, ErrorCode::Presentation)
}

/// E108 unless the consent is a permit of kind CLAIM that names the insurer, for coverage and claims only.
pub(super) fn discloses(call: &Call<'_, '_>) -> Check {
    let body = body(call);
    let terms = &body.disclose;
    let purposes = [Purpose::Covauth, Purpose::Clmattch, Purpose::Hpaymt];
    let fits = terms.kind == ConsentKind::Claim
        && terms.effect == Effect::Permit
        && terms.grantees.orgs.contains(&body.insurer)
        && terms.purposes.iter().all(|purpose| purposes.contains(purpose));
    ensure(fits, ErrorCode::UnknownCode)
}

/// E701 or E703 for a cap that is no amount.
pub(super) fn cap(call: &Call<'_, '_>) -> Check {
    is_amount(call, body(call).cap)
}

/// The insurer insures and the provider treats (E203), and both are active (E202).
pub(super) fn parties(call: &Call<'_, '_>) -> Check {
    parties_active(call, body(call).insurer, redeem(call).presentation.provider)
}

// Closing ------------------------------------------------------------------------------------------------------------

/// E607 unless every claim, preauthorisation and guarantee of the case is named, each once, and none is live. A payment
/// under way keeps its claim live.
pub(super) fn nothing_live(call: &Call<'_, '_>) -> Check {
    let Some(redeemed) = call.claim_code().redeemed else { return Err(ErrorCode::State.into()) };
    let close = payload!(call, CloseCase);
    let case = state::case(call.view, redeemed.case)?;
    let case = case.ok_or_else(|| state::ReadError("the case of a redeemed code is not there".into()))?;
    all_named(&close.claims, case.claims)?;
    all_named(&close.preauths, case.preauths)?;
    all_named(&close.guarantees, case.guarantees)?;
    for id in &close.claims {
        let claim = state::claim(call.view, *id)?.ok_or(Stop::from(ErrorCode::State))?;
        ensure(claim.terms.case == redeemed.case && claim.status.is_terminal(), ErrorCode::State)?;
    }
    for id in &close.preauths {
        let preauth = state::preauth(call.view, *id)?.ok_or(Stop::from(ErrorCode::State))?;
        ensure(preauth.case == redeemed.case && preauth.status.is_terminal(), ErrorCode::State)?;
    }
    for id in &close.guarantees {
        let guarantee = state::guarantee(call.view, *id)?.ok_or(Stop::from(ErrorCode::State))?;
        ensure(guarantee.case == redeemed.case && guarantee.status.is_terminal(), ErrorCode::State)?;
    }
    Ok(())
}

/// E607 unless as many are named as there are, each once.
fn all_named<T: Ord>(named: &[T], count: u32) -> Check {
    let distinct: BTreeSet<&T> = named.iter().collect();
    ensure(distinct.len() == named.len() && u32::try_from(named.len()) == Ok(count), ErrorCode::State)
}
