//! Guards on what a consent says and on the state of its book.

use assent_types::ErrorCode;
use assent_types::consent::{ConsentTerms, Effect, EvidenceRef, Purpose, SeparateConsents, XBorder};
use assent_types::limits::LIVE_CONSENTS_MAX;
use assent_types::org::Org;
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::{ChainClass, Params};
use assent_types::{Hash32, action::Action};

use super::book::live_count;
use crate::access::border::kind_fits_places;
use crate::access::glass::forbids;
use crate::runtime::call::{Call, ConsentObject, payload};
use crate::runtime::state::Found;
use crate::runtime::table::{Check, ensure};

/// The terms that the action proposes, grants or amends to.
fn new_terms<'a>(call: &Call<'a, '_>) -> &'a ConsentTerms {
    match call.action() {
        Action::ProposeConsent(propose) => &propose.terms,
        Action::GrantConsent(grant) => &grant.terms,
        Action::AmendConsent(amend) => &amend.terms,
        Action::RedeemClaimCode(redeem) => &redeem.code.body.disclose,
        other => unreachable!("{} says no terms", other.name()),
    }
}

/// E307 unless a proposal is granted with its own terms. Evidence and the separate consents are the grantor's to add.
pub(super) fn as_proposed(call: &Call<'_, '_>) -> Check {
    let grant = payload!(call, GrantConsent);
    let object = call.consent_object();
    let Some(proposed) = object.position.and_then(|position| object.book.live.get(position)) else { return Ok(()) };
    let xborder = match (&grant.terms.xborder, &proposed.terms.xborder) {
        (Some(given), Some(asked)) => Some(XBorder { evidence: given.evidence, ..asked.clone() }),
        (_, asked) => asked.clone(),
    };
    let expected = ConsentTerms {
        evidence: grant.terms.evidence,
        separate: grant.terms.separate,
        xborder,
        ..proposed.terms.clone()
    };
    ensure(expected == grant.terms, ErrorCode::NotHead)
}

/// E307 if the new version is about another subject or controller.
pub(super) fn same_lineage(call: &Call<'_, '_>) -> Check {
    let amend = payload!(call, AmendConsent);
    let same = (amend.terms.subject, amend.terms.controller) == (amend.target.subject, amend.target.controller);
    ensure(same, ErrorCode::NotHead)
}

/// E108 for a grade outside 1 to 5, and for the test purpose on a production chain.
pub(crate) fn codes(call: &Call<'_, '_>) -> Check {
    let terms = new_terms(call);
    let test_purpose = terms.purposes.contains(&Purpose::Htest) && call.params.chain_class == ChainClass::Production;
    ensure((1..=5).contains(&terms.max_grade) && !test_purpose, ErrorCode::UnknownCode)
}

/// E303 unless the window and the service dates are windows, and the end lies ahead.
pub(crate) fn window(call: &Call<'_, '_>) -> Check {
    let terms = new_terms(call);
    let window = terms.exp.is_none_or(|exp| terms.nbf < exp && call.now() < exp);
    let period = terms.data_period.is_none_or(|(start, end)| start < end);
    ensure(window && period, ErrorCode::Window)
}

/// E304 if an axis allows nothing at all: such a consent would look like one and never apply.
pub(crate) fn axes(call: &Call<'_, '_>) -> Check {
    let terms = new_terms(call);
    let grantees = &terms.grantees;
    let empty = terms.purposes.is_empty()
        || terms.actions.is_empty()
        || terms.categories.is_empty()
        || terms.places.is_empty()
        || (grantees.orgs.is_empty() && grantees.roles.is_empty())
        || grantees.roles.iter().any(|selector| selector.places.is_empty())
        || terms.instances.as_ref().is_some_and(|instances| instances.is_empty())
        || terms.xborder.as_ref().is_some_and(|xborder| xborder.to.is_empty() || xborder.basis_kinds.is_empty())
        || terms.limits.max_uses == Some(0)
        || terms.limits.rate.is_some_and(|(count, window)| count == 0 || window == 0);
    ensure(!empty, ErrorCode::EmptyAxis)
}

fn is_present(evidence: &EvidenceRef) -> bool {
    evidence.hash != Hash32::ZERO
}

/// Places outside a jurisdiction to which the terms let data be delivered.
fn places_outside(terms: &ConsentTerms, home: Jurisdiction) -> impl Iterator<Item = &Place> {
    terms.places.iter().filter(move |place| place.jur != home)
}

/// Whether the terms let anybody outside a jurisdiction have data, by place of delivery or by seat.
fn leaves(terms: &ConsentTerms, grantees: &[Found<Org>], home: Jurisdiction) -> bool {
    let selected = || terms.grantees.roles.iter().flat_map(|selector| selector.places.iter());
    places_outside(terms, home).next().is_some()
        || grantees.iter().any(|org| org.jurisdiction() != home)
        || selected().any(|place| place.jur != home)
}

/// The separate consents that the controller's jurisdiction requires for these terms.
fn required_separate(params: &Params, object: &ConsentObject, terms: &ConsentTerms) -> SeparateConsents {
    let home = object.controller.jurisdiction();
    let provides =
        !terms.grantees.roles.is_empty() || terms.grantees.orgs.iter().any(|grantee| *grantee != object.controller.id);
    let leaves = leaves(terms, &object.grantees, home);
    params.separate_consents.iter().filter(|rule| rule.jurisdiction == home).fold(
        SeparateConsents::EMPTY,
        |required, rule| {
            let provision = if provides { rule.provision } else { SeparateConsents::EMPTY };
            let outside = if leaves { rule.outside } else { SeparateConsents::EMPTY };
            required.or(rule.always).or(provision).or(outside)
        },
    )
}

/// E305 unless a permit carries the separate consents that the controller's law requires; that to cross the border
/// with its own evidence and for every place outside.
pub(crate) fn separate(call: &Call<'_, '_>) -> Check {
    use assent_types::consent::SeparateConsent::Xb;

    let terms = new_terms(call);
    if terms.effect == Effect::Deny {
        return Ok(());
    }
    let object = call.consent_object();
    let required = required_separate(&call.params, object, terms);
    ensure(required.is_subset(terms.separate), ErrorCode::SeparateConsent)?;
    if !required.has(Xb) {
        return Ok(());
    }
    let home = object.controller.jurisdiction();
    let complete = terms.xborder.as_ref().is_some_and(|xborder| {
        is_present(&xborder.evidence) && places_outside(terms, home).all(|place| place.is_in(&xborder.to))
    });
    ensure(complete, ErrorCode::SeparateConsent)
}

/// E306 if a place outside, to which the terms let data go, can be covered by none of the kinds of basis listed.
pub(crate) fn basis_places(call: &Call<'_, '_>) -> Check {
    let terms = new_terms(call);
    let Some(xborder) = terms.xborder.as_ref().filter(|_| terms.effect == Effect::Permit) else { return Ok(()) };
    let from = &call.consent_object().controller.seat;
    let covered = |to: &Place| {
        to.jur == from.jur || xborder.basis_kinds.codes().any(|kind| kind_fits_places(&call.params, kind, from, to))
    };
    ensure(xborder.to.iter().all(covered), ErrorCode::BasisPlace)
}

/// E311 unless an order suspends a permit until an instant ahead and within the limit. To suspend a dissent, or a
/// directive that forbids breaking the glass, would permit what the subject forbids.
pub(super) fn suspension(call: &Call<'_, '_>) -> Check {
    let suspend = payload!(call, SuspendConsent);
    let object = call.consent_object();
    let consent = object.position.and_then(|position| object.book.live.get(position));
    let limit = call.now().plus(call.params.access.suspension_max_ms);
    let bounded = call.now() < suspend.until && suspend.until <= limit && suspend.order != Hash32::ZERO;
    let permit = consent.is_some_and(|consent| consent.terms.effect == Effect::Permit && !forbids(consent));
    ensure(bounded && permit, ErrorCode::Suspension)
}

/// E311 unless an order lifts the suspension.
pub(super) fn resumption(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, ResumeConsent).order != Hash32::ZERO, ErrorCode::Suspension)
}

/// E309 without evidence of the error.
pub(super) fn error_shown(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, MarkInError).evidence != Hash32::ZERO, ErrorCode::NotGrantor)
}

/// E310 if a new consent would be one more than a subject may hold with a controller. Consents that are over do not
/// count, whether swept or not.
pub(crate) fn room(call: &Call<'_, '_>) -> Check {
    let object = call.consent_object();
    let adds = object.position.is_none();
    ensure(!adds || live_count(&object.book, call.now()) < LIVE_CONSENTS_MAX, ErrorCode::ConsentLimit)
}
