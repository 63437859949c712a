//! A second opinion on decisions, written from the specification's text and sharing no code with the first: purposes by
//! their code texts, places and bases by plain comparison.

use assent_types::access::{AccessRequest, Descriptor};
use assent_types::consent::*;
use assent_types::ids::Millis;
use assent_types::org::{Org, OrgStatus};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::review::Standing;
use assent_types::state::{Params, Record, StateKey};

use super::cases::Patched;
use crate::StateRead;
use crate::testing::descriptors;

/// Broader purposes of each purpose, from the nearest.
fn broader(code: &str) -> &'static [&'static str] {
    match code {
        "COC" | "ETREAT" | "TREATDS" | "CLINTRL" => &["TREAT"],
        "ERTREAT" | "BTG" => &["ETREAT", "TREAT"],
        "CLMATTCH" | "COVAUTH" | "COVERAGE" | "REMITADV" | "PMTDS" => &["HPAYMT"],
        "ELIGDTRM" | "ELIGVER" | "ENROLLM" => &["COVERAGE", "HPAYMT"],
        "PATADMIN" | "RECORDMGT" | "HQUALIMP" | "HACCRED" | "MEMADMIN" | "FRAUD" | "HCOMPL" | "HLEGAL" | "GOV"
        | "MLTRAINING" | "HTEST" => &["HOPERAT"],
        "BIORCH" | "CLINTRCH" | "DSRCH" | "TRANSRCH" | "POARCH" => &["HRESCH"],
        "CLINTRCHPC" | "CLINTRCHNPC" => &["CLINTRCH", "HRESCH"],
        "FAMRQT" | "PWATRNY" | "SUPNWK" => &["PATRQT"],
        "DISASTER" => &["PUBHLTH"],
        _ => &[],
    }
}

const EXPLICIT_ONLY: &str = " BTG TREATDS CLINTRL PMTDS FRAUD HCOMPL HLEGAL GOV MLTRAINING FAMRQT PWATRNY SUPNWK HTEST \
                             HRESCH BIORCH CLINTRCH CLINTRCHPC CLINTRCHNPC DSRCH TRANSRCH POARCH ";

fn explicit_only(code: &str) -> bool {
    EXPLICIT_ONLY.contains(&format!(" {code} "))
}

fn purpose_granted(granted: Purpose, asked: Purpose) -> bool {
    // No explicit-only purpose has a purpose below it that inherits, so looking at the asked one is enough.
    granted == asked || (!explicit_only(asked.code()) && broader(asked.code()).contains(&granted.code()))
}

fn purpose_denied(denied: Purpose, asked: Purpose) -> bool {
    denied == asked || (asked != Purpose::Btg && broader(asked.code()).contains(&denied.code()))
}

fn within(place: &Place, places: &PlaceSet) -> bool {
    places.iter().any(|other| other.jur == place.jur && [0, place.city].contains(&other.city))
}

fn org_of(state: &Patched<'_>, id: assent_types::OrgId) -> Option<Org> {
    match &state.get(&StateKey::Org(id)).unwrap()?.record {
        Record::Org(org) => Some((**org).clone()),
        _ => None,
    }
}

fn in_force(consent: &Consent, at: Millis) -> bool {
    consent.status == ConsentStatus::Active
        && consent.terms.nbf <= at
        && !matches!(consent.terms.exp, Some(exp) if at >= exp)
        && !matches!(consent.terms.limits.max_uses, Some(max) if consent.uses >= max)
}

fn selected(terms: &ConsentTerms, org: &Org, accreditation_at: Option<(&Place, Millis)>) -> bool {
    terms.grantees.roles.iter().any(|selector| {
        org.roles.codes().any(|role| role == selector.role)
            && within(&org.seat, &selector.places)
            && match (selector.accreditation, accreditation_at) {
                (Some(kind), Some((place, at))) => org.accreditations.iter().any(|accreditation| {
                    accreditation.kind == kind
                        && within(place, &accreditation.scope)
                        && (accreditation.nbf..accreditation.exp).contains(&at)
                        && accreditation.revoked_at.is_none()
                }),
                _ => true,
            }
    })
}

/// Whether any effective dissent overlaps the request.
pub(super) fn denied(request: &AccessRequest, state: &Patched<'_>, book: &ConsentBook, at: Millis) -> bool {
    let requester = org_of(state, request.requester).unwrap();
    book.live.iter().filter(|c| c.terms.effect == Effect::Deny && in_force(c, at)).any(|consent| {
        let terms = &consent.terms;
        let named = (terms.grantees.orgs.contains(&request.requester) || selected(terms, &requester, None))
            && !terms.grantees.excluded.contains(&request.requester);
        let purpose = terms.purposes.iter().any(|denied| purpose_denied(*denied, request.purpose));
        let data = descriptors(request).iter().any(|descriptor| {
            let (first, after) = (descriptor.service_month.first_day(), descriptor.service_month.next().first_day());
            terms.categories.has(descriptor.category)
                && !matches!(terms.data_period, Some((start, end)) if end <= first || after <= start)
        });
        named && purpose && data
    })
}

/// Whether this one consent covers this one descriptor on every axis.
pub(super) fn covers(
    request: &AccessRequest,
    descriptor: &Descriptor,
    consent: &Consent,
    state: &Patched<'_>,
    at: Millis,
) -> bool {
    let terms = &consent.terms;
    let (requester, controller) =
        (org_of(state, request.requester).unwrap(), org_of(state, request.controller).unwrap());
    let place = &descriptor.deliver_to;
    let grantee = (terms.grantees.orgs.contains(&request.requester) || selected(terms, &requester, Some((place, at))))
        && !terms.grantees.excluded.contains(&request.requester);
    let period = terms.data_period.is_none_or(|(start, end)| {
        start <= descriptor.service_month.first_day() && descriptor.service_month.next().first_day() <= end
    });
    in_force(consent, at)
        && terms.effect == Effect::Permit
        && grantee
        && period
        && terms.purposes.iter().any(|granted| purpose_granted(*granted, request.purpose))
        && terms.actions.has(request.action)
        && terms.categories.has(descriptor.category)
        && descriptor.grade <= terms.max_grade.min(4)
        && terms.instances.is_none()
        && within(place, &terms.places)
        && !terms.limits.per_access_confirm
        && lawful(request, descriptor, terms, &controller, state, at)
}

/// The separate consents of a Mainland controller, and a live basis for whatever crosses a border (INV-12c).
pub(super) fn lawful(
    request: &AccessRequest,
    descriptor: &Descriptor,
    terms: &ConsentTerms,
    controller: &Org,
    state: &Patched<'_>,
    at: Millis,
) -> bool {
    let place = &descriptor.deliver_to;
    let home = controller.seat.jur;
    let crosses = place.jur != home;
    if home == Jurisdiction::Cn {
        let has = |bit| terms.separate.has(bit);
        let abroad =
            || has(SeparateConsent::Xb) && terms.xborder.as_ref().is_some_and(|xborder| within(place, &xborder.to));
        let independent = request.requester != request.controller;
        if !has(SeparateConsent::Sens) || (independent && !has(SeparateConsent::Prov)) || (crosses && !abroad()) {
            return false;
        }
    }
    if !crosses {
        return true;
    }
    let Some(value) = state.get(&StateKey::Bases(request.controller)).unwrap() else { return false };
    let Record::Bases(bases) = &value.record else { return false };
    bases.iter().any(|basis| {
        let kind_allowed = match basis.kind {
            BasisKind::GbaScHk | BasisKind::GbaScMo => {
                let nine = [4401, 4403, 4404, 4406, 4407, 4412, 4413, 4419, 4420];
                let other = if basis.kind == BasisKind::GbaScHk { Jurisdiction::Hk } else { Jurisdiction::Mo };
                let inside =
                    |place: &Place| place.jur == other || (place.jur == Jurisdiction::Cn && nine.contains(&place.city));
                inside(&controller.seat) && inside(place)
            }
            BasisKind::HkRmc => home == Jurisdiction::Hk,
            BasisKind::MoTransfer => home == Jurisdiction::Mo,
            BasisKind::CnExemptContract => home == Jurisdiction::Cn && terms.kind == ConsentKind::Claim,
            _ => home == Jurisdiction::Cn,
        };
        let emergency = (basis.kind == BasisKind::CnExemptEmergency) == (request.purpose == Purpose::Btg);
        Some(basis.id) == request.xborder_basis
            && (basis.exporter, basis.importer) == (request.controller, request.requester)
            && kind_allowed
            && (emergency || home != Jurisdiction::Cn)
            && terms.xborder.as_ref().is_none_or(|xborder| xborder.basis_kinds.has(basis.kind))
            && within(&controller.seat, &basis.from)
            && within(place, &basis.to)
            && basis.categories.has(descriptor.category)
            && basis.status == BasisStatus::Active
            && (basis.effective..basis.exp).contains(&at)
            && (basis.filed || at < basis.filing_deadline)
    })
}

/// Whether the gates before the consents let the request through.
pub(super) fn platform(request: &AccessRequest, state: &Patched<'_>, params: &Params, at: Millis) -> bool {
    let (requester, controller) =
        (org_of(state, request.requester).unwrap(), org_of(state, request.controller).unwrap());
    let active = |org: &Org| match org.status {
        OrgStatus::Active => true,
        OrgStatus::Suspended { until, .. } => at >= until,
        _ => false,
    };
    let sees = |category| {
        params.user_categories.iter().any(|rule| rule.user_role == request.user_role && rule.categories.has(category))
    };
    let there = requester.facilities.iter().find(|facility| facility.id == request.facility).map(|f| f.place);
    let hospital_only_own = ["HOPERAT", "PATADMIN", "RECORDMGT", "HQUALIMP", "HACCRED"];
    let role_passes = requester.roles.codes().any(|role| {
        let own = !hospital_only_own.contains(&request.purpose.code()) || request.requester == request.controller;
        let minimal = params.minimisation.iter().any(|rule| {
            rule.role == role
                && rule.purpose == request.purpose
                && descriptors(request).iter().all(|d| rule.categories.has(d.category) && d.grade <= rule.max_grade)
        });
        let accredited = params.accreditations.iter().all(|rule| {
            rule.role != role
                || rule.purpose != request.purpose
                || descriptors(request).iter().all(|d| {
                    d.deliver_to.jur != rule.jurisdiction
                        || rule.any_of.iter().any(|kind| requester.is_accredited(*kind, &d.deliver_to, at))
                })
        });
        own && minimal && accredited
    });
    let treatment = request.purpose.code() == "TREAT" || broader(request.purpose.code()).contains(&"TREAT");
    let awaited = state.get(&StateKey::Unacknowledged(request.requester, request.controller)).unwrap();
    let barred = match awaited.map(|value| value.record.clone()) {
        Some(Record::Unacknowledged(awaited)) => awaited.bars(at),
        _ => false,
    };
    active(&requester)
        && active(&controller)
        && (treatment || !barred)
        && descriptors(request).iter().all(|d| sees(d.category) && Some(d.deliver_to) == there)
        && role_passes
}

/// Whether the subject forbids that the glass is broken: by a dissent, or with its joining.
pub(super) fn glass_forbidden(request: &AccessRequest, book: &ConsentBook, at: Millis) -> bool {
    request.purpose.code() == "BTG"
        && book.live.iter().any(|consent| {
            let terms = &consent.terms;
            terms.break_glass == BreakGlass::Forbid
                && (terms.effect == Effect::Deny || terms.kind.code() == "JOIN")
                && in_force(consent, at)
        })
}

fn standing_of(request: &AccessRequest, state: &Patched<'_>) -> Standing {
    match state.get(&StateKey::Standing(request.requester)).unwrap().map(|value| value.record.clone()) {
        Some(Record::Standing(standing)) => *standing,
        _ => Standing::default(),
    }
}

/// Whether the named basis carries an emergency over the border: out of the Mainland by its exemption alone.
pub(super) fn emergency_basis(request: &AccessRequest, controller: &Org, state: &Patched<'_>, at: Millis) -> bool {
    let Some(value) = state.get(&StateKey::Bases(request.controller)).unwrap() else { return false };
    let Record::Bases(bases) = &value.record else { return false };
    bases.iter().any(|basis| {
        // The standard contracts of the area hold both ways; the exemption is the Mainland's.
        let nine = [4401, 4403, 4404, 4406, 4407, 4412, 4413, 4419, 4420];
        let into_area = || {
            let away = |d: &&Descriptor| d.deliver_to.jur != controller.seat.jur;
            descriptors(request)
                .iter()
                .filter(away)
                .all(|d| d.deliver_to.jur == Jurisdiction::Cn && nine.contains(&d.deliver_to.city))
        };
        let kind = match (controller.seat.jur, basis.kind) {
            (Jurisdiction::Cn, kind) => kind == BasisKind::CnExemptEmergency,
            (Jurisdiction::Hk, BasisKind::HkRmc) | (Jurisdiction::Mo, BasisKind::MoTransfer) => true,
            (Jurisdiction::Hk, BasisKind::GbaScHk) | (Jurisdiction::Mo, BasisKind::GbaScMo) => into_area(),
            _ => false,
        };
        kind && Some(basis.id) == request.xborder_basis
            && (basis.exporter, basis.importer) == (request.controller, request.requester)
            && within(&controller.seat, &basis.from)
            && basis.status == BasisStatus::Active
            && (basis.effective..basis.exp).contains(&at)
            && (basis.filed || at < basis.filing_deadline)
            && descriptors(request)
                .iter()
                .filter(|d| d.deliver_to.jur != controller.seat.jur)
                .all(|d| within(&d.deliver_to, &basis.to) && basis.categories.has(d.category))
    })
}

/// Whether the request states an emergency that opens the glass, the subject's will aside.
pub(super) fn breaks_glass(request: &AccessRequest, state: &Patched<'_>, params: &Params, at: Millis) -> bool {
    let (requester, controller) =
        (org_of(state, request.requester).unwrap(), org_of(state, request.controller).unwrap());
    let standing = standing_of(request, state);
    let owes = standing.reviews.iter().any(|review| review.due <= at && at < review.barred_until);
    let barred = matches!(standing.glass_barred_until, Some(until) if at < until);
    let hospital = requester.roles.codes().any(|role| role.code() == "HOS");
    let scope = params.minimisation.iter().any(|rule| {
        (rule.role.code(), rule.purpose.code()) == ("HOS", "BTG")
            && descriptors(request).iter().all(|d| rule.categories.has(d.category))
    });
    let crosses = descriptors(request).iter().any(|d| d.deliver_to.jur != controller.seat.jur);
    request.btg.is_some()
        && request.purpose.code() == "BTG"
        && hospital
        && scope
        && !owes
        && !barred
        && (!crosses || emergency_basis(request, &controller, state, at))
}
