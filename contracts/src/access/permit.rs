//! The gates, and the decision.

use std::collections::BTreeSet;

use assent_types::access::{AccessRequest, Asked, Decision, Descriptor, Reason, UserRole};
use assent_types::consent::{
    Category, Consent, ConsentBook, ConsentStatus, DataAction, Effect, Obligation, Obligations, Purpose,
};
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::ids::{BasisId, CaseId, ConsentId, Hash32, Millis, Month, OrgId, Sp};
use assent_types::org::{AccreditationKind, Org, Role};
use assent_types::place::Place;
use assent_types::state::{ChainClass, StateKey};
use assent_types::{ErrorCode, List, Set};

use super::border;
use super::cover::{Facts, Item, Use};
use super::purpose::{is_own_data_only, requesters};
use super::{documents, glass};
use crate::governance::halts::stop_access;
use crate::runtime::state::{self, ReadError, StateRead};

/// The records that [`permit`] reads for a request, ascending. With these proven at one height, anyone can run it again.
/// Which they are depends on the documents that are named: those have to be in the state that is read here.
///
/// # Errors
///
/// If the state cannot be read.
pub fn decision_keys(request: &AccessRequest, state: &dyn StateRead) -> Result<Vec<StateKey>, ReadError> {
    let mut keys = BTreeSet::from([
        StateKey::Params,
        StateKey::Org(request.requester),
        StateKey::Org(request.controller),
        StateKey::Subject(request.subject),
        StateKey::Consents(request.subject, request.controller),
        StateKey::Bases(request.controller),
        StateKey::Halts,
        StateKey::Standing(request.requester),
        StateKey::Unacknowledged(request.requester, request.controller),
    ]);
    if let Asked::Documents { anchors, case, .. } = &request.asked {
        keys.extend(case.map(StateKey::SubjectLinks));
        for id in anchors {
            keys.insert(StateKey::Anchor(*id));
            if let Some(anchor) = state::anchor(state, *id)? {
                keys.insert(StateKey::Subject(anchor.body.subject));
                keys.insert(StateKey::Consents(anchor.body.subject, request.controller));
                if anchor.status == DocumentStatus::Restricted {
                    keys.insert(StateKey::Retention(*id));
                }
            }
        }
    }
    Ok(keys.into_iter().collect())
}

/// Decides a request at an instant. A denial is an answer with all its reasons; it is not an error.
///
/// The inner error is E907 for a request that asks for nothing, or with a grade outside 1 to 5 or a month beyond the
/// calendar, E501 for documents of two subjects or two controllers, and E108 for broken glass without an attestation that
/// the patient is present. No subject has confirmed the request: that is said with the session that asks.
///
/// # Errors
///
/// If the state cannot be read.
pub fn permit(
    request: &AccessRequest,
    state: &dyn StateRead,
    at: Millis,
) -> Result<Result<Decision, ErrorCode>, ReadError> {
    Ok(judge(request, state, at, Use::New, false)?.map(|judged| judged.decision))
}

/// A decision, and the pseudonym on whose consents it rests.
pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) subject: Sp,
}

/// [`permit`] for one use of limited consents: a new one, or that of a session that was permitted before; confirmed by
/// the subject or not.
pub(crate) fn judge(
    request: &AccessRequest,
    state: &dyn StateRead,
    at: Millis,
    usage: Use,
    confirmed: bool,
) -> Result<Result<Judged, ErrorCode>, ReadError> {
    if request.btg.is_some_and(|statement| statement.patient_present == Hash32::ZERO) {
        return Ok(Err(ErrorCode::UnknownCode));
    }
    let named = match documents::resolve(request, state, at)? {
        Ok(named) => named,
        Err(code) => return Ok(Err(code)),
    };
    let params = state::params(state)?;
    let requester = state::org(state, request.requester)?;
    let controller = state::org(state, request.controller)?;
    let bases = state::bases(state, request.controller)?;
    let halts = state::halts(state)?;
    let standing = state::standing(state, request.requester)?;
    let unacknowledged = state::unacknowledged(state, request.requester, request.controller)?;
    let subject = state::subject(state, named.subject)?;
    let book = state::consents(state, named.subject, request.controller)?.filter(|_| subject.is_some());
    let empty = ConsentBook::default();
    let book: &ConsentBook = book.as_deref().unwrap_or(&empty);

    let basis = bases.as_ref().and_then(|bases| {
        bases.iter().find(|basis| {
            Some(basis.id) == request.xborder_basis
                && basis.exporter == request.controller
                && basis.importer == request.requester
        })
    });
    let facts = Facts {
        request,
        items: &named.items,
        usage,
        confirmed,
        at,
        params: &params,
        requester: requester.as_deref(),
        controller: controller.as_deref(),
        standing: standing.as_deref(),
        unacknowledged: unacknowledged.as_deref(),
        subject: subject.as_deref(),
        basis,
        halts: halts.as_deref(),
    };
    Ok(Ok(Judged { decision: decide(&facts, book, named.reasons), subject: named.subject }))
}

/// Whether an organisation could have a document of a subject for a purpose now, at one of its facilities and under one
/// of its transfer bases. Uses nothing up and asks nobody to confirm.
///
/// # Errors
///
/// If the state cannot be read.
pub(crate) fn probe(asked: &Probe, document: &Anchor, state: &dyn StateRead, at: Millis) -> Result<bool, ReadError> {
    Ok(probe_reasons(asked, document, state, at)?.is_empty())
}

/// Why an organisation could not have a document, at the facility and under the basis where the least is missing; nothing
/// if it could.
///
/// # Errors
///
/// If the state cannot be read.
pub(crate) fn probe_reasons(
    asked: &Probe,
    document: &Anchor,
    state: &dyn StateRead,
    at: Millis,
) -> Result<BTreeSet<Reason>, ReadError> {
    let documents =
        |deliver_to| Asked::Documents { anchors: bounded(Set::new([document.id])), deliver_to, case: Some(asked.case) };
    probe_with(asked, document.body.controller, &documents, state, at)
}

/// [`probe`] for data of a controller that are described and not named.
///
/// # Errors
///
/// If the state cannot be read.
pub(crate) fn probe_data(
    asked: &Probe,
    controller: OrgId,
    data: (Category, u8, Month),
    state: &dyn StateRead,
    at: Millis,
) -> Result<bool, ReadError> {
    let (category, grade, service_month) = data;
    let described =
        |deliver_to| Asked::Data(bounded(List::new(vec![Descriptor { category, grade, service_month, deliver_to }])));
    Ok(probe_with(asked, controller, &described, state, at)?.is_empty())
}

fn probe_with(
    asked: &Probe,
    controller: OrgId,
    delivered_to: &dyn Fn(Place) -> Asked,
    state: &dyn StateRead,
    at: Millis,
) -> Result<BTreeSet<Reason>, ReadError> {
    let mut nearest = BTreeSet::from([Reason::OrgInactive]);
    let Some(requester) = state::org(state, asked.requester)? else { return Ok(nearest) };
    let mut tries = 0;
    let bases = state::bases(state, controller)?;
    let own = bases.iter().flat_map(|bases| bases.iter()).filter(|basis| basis.importer == asked.requester);
    let bases: Vec<Option<BasisId>> = [None].into_iter().chain(own.map(|basis| Some(basis.id))).collect();
    let mut tried = BTreeSet::new();
    for facility in requester.facilities.iter().filter(|facility| tried.insert(facility.place)) {
        for basis in &bases {
            let request = AccessRequest {
                requester: asked.requester,
                facility: facility.id,
                user_ref: Hash32::ZERO,
                user_role: asked.user_role,
                subject: asked.subject,
                controller,
                asked: delivered_to(facility.place),
                purpose: asked.purpose,
                action: DataAction::Access,
                xborder_basis: *basis,
                btg: None,
            };
            let reasons: BTreeSet<Reason> = match judge(&request, state, at, Use::Probed, false)? {
                Ok(judged) if judged.decision.permit => return Ok(BTreeSet::new()),
                Ok(judged) => judged.decision.reasons.iter().copied().collect(),
                Err(_) => BTreeSet::from([Reason::AnchorState]),
            };
            if tries == 0 || (reasons.len(), &reasons) < (nearest.len(), &nearest) {
                nearest = reasons;
            }
            tries += 1;
        }
    }
    Ok(nearest)
}

/// Who probes for what.
pub(crate) struct Probe {
    pub(crate) requester: OrgId,
    pub(crate) user_role: UserRole,
    /// Whose documents, under this pseudonym or one that the case links with it.
    pub(crate) subject: Sp,
    pub(crate) case: CaseId,
    pub(crate) purpose: Purpose,
}

fn decide(facts: &Facts<'_>, book: &ConsentBook, mut reasons: BTreeSet<Reason>) -> Decision {
    reasons.extend(platform(facts));
    reasons.extend(role_gates(facts));
    if book.live.iter().any(|consent| facts.is_dissent(consent)) {
        reasons.insert(Reason::SubjectDeny);
    }
    if facts.request.purpose == Purpose::Btg && glass::is_forbidden(facts, book) {
        reasons.insert(Reason::GlassForbidden);
    }
    let mut basis: Vec<&Consent> = Vec::new();
    let mut uncovered = BTreeSet::new();
    for item in facts.items {
        match consent_gate(facts, book, item) {
            Ok(consent) => basis.push(consent),
            Err(missed) => uncovered.extend(missed),
        }
    }
    let breaks = facts.request.btg.is_some() && !uncovered.is_empty();
    if breaks {
        basis.clear();
        let refused = glass::misses(facts);
        if !refused.is_empty() {
            reasons.extend(refused.into_iter().chain(uncovered));
        }
    } else {
        reasons.extend(uncovered);
    }
    let permitted = reasons.is_empty();
    let ids: Vec<ConsentId> = if permitted { basis.iter().map(|consent| consent.id).collect() } else { Vec::new() };
    Decision {
        permit: permitted,
        reasons: bounded(Set::new(reasons)),
        basis: bounded(List::new(ids)),
        obligations: if permitted { obligations(facts, &basis) } else { Obligations::EMPTY },
        valid_until: if permitted { valid_until(facts, book, &basis) } else { facts.at },
        btg: permitted && breaks,
    }
}

fn bounded<T, E>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(_) => unreachable!("there are fewer reasons than a set holds, and as many bases as items"),
    }
}

/// Gate 1: both organisations in good standing, no measure of the regulators against it, no bar on new requests, the
/// person's role, and the place of delivery.
fn platform(facts: &Facts<'_>) -> BTreeSet<Reason> {
    let request = facts.request;
    let mut reasons = BTreeSet::new();
    let active = |org: Option<&Org>| org.is_some_and(|org| org.is_active(facts.at));
    if !active(facts.requester) || !active(facts.controller) {
        reasons.insert(Reason::OrgInactive);
    }
    let crosses_from = facts.controller.map(Org::jurisdiction).filter(|_| crosses(facts));
    if facts.halts.is_some_and(|halts| stop_access(halts, request, crosses_from, facts.at)) {
        reasons.insert(Reason::Halted);
    }

    if facts.barred_from().is_some_and(|from| from <= facts.at) {
        reasons.insert(Reason::Barred);
    }
    let asked = facts.categories();
    let mut rules = facts.params.user_categories.iter().filter(|rule| rule.user_role == request.user_role);
    if !rules.any(|rule| asked.is_subset(rule.categories)) {
        reasons.insert(Reason::RoleCategory);
    }
    let facility =
        facts.requester.and_then(|org| org.facilities.iter().find(|facility| facility.id == request.facility));
    let delivered_there = |item: &Item| facility.is_some_and(|f| f.place == item.descriptor.deliver_to);
    if !facts.items.iter().all(delivered_there) {
        reasons.insert(Reason::PlaceMismatch);
    }
    reasons
}

/// Gates 1, 2 and 4 as far as they depend on the role in which the organisation asks: purpose, accreditation and
/// minimisation. An organisation of several roles asks in the one for which the least is missing; roles are never put
/// together.
fn role_gates(facts: &Facts<'_>) -> BTreeSet<Reason> {
    let request = facts.request;
    let test_refused = request.purpose == Purpose::Htest && facts.params.chain_class == ChainClass::Production;
    let may_ask = |role: &Role| {
        let own = request.requester == request.controller;
        facts.requester.is_some_and(|org| org.roles.has(*role))
            && (!is_own_data_only(request.purpose) || own)
            && !test_refused
    };
    requesters(request.purpose)
        .iter()
        .filter(|role| may_ask(role))
        .map(|role| role_misses(facts, *role))
        .min_by_key(|misses| (misses.len(), misses.clone()))
        .unwrap_or_else(|| BTreeSet::from([Reason::RolePurpose, Reason::Minimisation]))
}

fn role_misses(facts: &Facts<'_>, role: Role) -> BTreeSet<Reason> {
    let request = facts.request;
    let mut misses = BTreeSet::new();
    for rule in &facts.params.accreditations {
        if rule.role != role || rule.purpose != request.purpose {
            continue;
        }
        let has_any = |item: &Item| {
            rule.any_of.iter().any(|kind| {
                facts.requester.is_some_and(|org| org.is_accredited(*kind, &item.descriptor.deliver_to, facts.at))
            })
        };
        let mut there = facts.items.iter().filter(|item| item.descriptor.deliver_to.jur == rule.jurisdiction);
        if !there.all(has_any) {
            let licence = rule.any_of.iter().any(|kind| is_licence(*kind));
            misses.insert(if licence { Reason::NotLicensed } else { Reason::NotAccredited });
        }
    }
    let asked = facts.categories();
    let grade = facts.items.iter().map(|item| item.descriptor.grade).max().unwrap_or(0);
    let minimal = facts.params.minimisation.iter().any(|rule| {
        (rule.role, rule.purpose) == (role, request.purpose)
            && asked.is_subset(rule.categories)
            && grade <= rule.max_grade
    });
    if !minimal {
        misses.insert(Reason::Minimisation);
    }
    misses
}

/// Whether the accreditation is a licence to do business, rather than a sign of quality or membership.
fn is_licence(kind: AccreditationKind) -> bool {
    matches!(
        kind,
        AccreditationKind::CnClaimsLicence | AccreditationKind::HkInsurerAuth | AccreditationKind::MoInsurerAuth
    )
}

/// Gate 6 for one item: the consent with the smallest identifier that covers it alone, or why the nearest does
/// not.
fn consent_gate<'b>(facts: &Facts<'_>, book: &'b ConsentBook, item: &Item) -> Result<&'b Consent, BTreeSet<Reason>> {
    let counts = |consent: &&Consent| {
        consent.terms.effect == Effect::Permit
            && matches!(
                consent.status,
                ConsentStatus::Active
                    | ConsentStatus::Suspended
                    | ConsentStatus::Revoked
                    | ConsentStatus::Expired
                    | ConsentStatus::Exhausted
            )
            && facts.is_named(&consent.terms)
    };
    let mut nearest: Option<BTreeSet<Reason>> = None;
    let mut covering: Option<&Consent> = None;
    for consent in book.live.iter().chain(&book.closed).filter(counts) {
        let misses = facts.misses(consent, item);
        if misses.is_empty() {
            let effective = facts.usage == Use::Counted || consent.is_effective(facts.at);
            assert!(effective, "every axis of effectiveness has a reason of its own");
            if covering.is_none_or(|other| consent.id < other.id) {
                covering = Some(consent);
            }
        } else if nearest.as_ref().is_none_or(|other| (misses.len(), &misses) < (other.len(), other)) {
            nearest = Some(misses);
        }
    }
    covering.ok_or_else(|| nearest.unwrap_or_else(|| BTreeSet::from([Reason::NoConsent])))
}

/// What comes with a permit: what the consents ask for, an account of every disclosure, and the refrain from passing on
/// what crossed under a GBA contract.
fn obligations(facts: &Facts<'_>, basis: &[&Consent]) -> Obligations {
    let mut all = Obligations::of(&[Obligation::Audit, Obligation::Aod]);
    for consent in basis {
        all = all.or(consent.terms.obligations);
    }
    if crosses(facts) && facts.basis.is_some_and(|basis| border::is_gba(basis.kind)) {
        all = all.with(Obligation::Nordsclw);
    }
    if facts.request.purpose == Purpose::Btg {
        all = all.with(Obligation::NotifySubject).with(Obligation::Review);
    }
    all
}

fn crosses(facts: &Facts<'_>) -> bool {
    facts.controller.is_some_and(|controller| {
        facts.items.iter().any(|item| item.descriptor.deliver_to.jur != controller.jurisdiction())
    })
}

/// Until when a permit may be relied on as long as the records stay as they are: the next instant at which time alone
/// could turn it into a denial, and never longer than decisions live.
fn valid_until(facts: &Facts<'_>, book: &ConsentBook, basis: &[&Consent]) -> Millis {
    let mut until = facts.at.plus(facts.params.decision_ttl_ms);
    let mut bound = |instant: Millis| {
        if facts.at < instant {
            until = until.min(instant);
        }
    };
    basis.iter().filter_map(|consent| consent.terms.exp).for_each(&mut bound);
    book.live
        .iter()
        .filter(|consent| consent.terms.effect == Effect::Deny || glass::forbids(consent))
        .for_each(|consent| bound(consent.terms.nbf));
    let owed = facts.standing.iter().filter(|_| facts.request.btg.is_some());
    owed.flat_map(|standing| standing.reviews.iter()).for_each(|review| bound(review.due));
    if let Some(end) = facts.parents_end().filter(|_| basis.iter().any(|consent| consent.parental)) {
        bound(end);
    }
    if let Some(basis) = facts.basis.filter(|_| crosses(facts)) {
        bound(border::ends(basis));
    }
    facts.items.iter().filter_map(|item| item.until).for_each(&mut bound);
    facts.barred_from().into_iter().for_each(&mut bound);
    if let Some(requester) = facts.requester {
        requester.accreditations.iter().for_each(|accreditation| bound(accreditation.exp));
    }
    until
}
