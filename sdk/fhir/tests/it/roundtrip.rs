use assent_fhir::{
    Defaults, DocumentEntry, Intent, Mapping, OrganizationEntry, PatientEntry, Performer, PolicyEntry,
    consent_from_fhir, consent_to_fhir, terms_to_fhir,
};
use assent_types::codec::Set;
use assent_types::consent::*;
use assent_types::limits::{GRANTEES_MAX, INSTANCES_MAX, PLACES_MAX, SELECTORS_MAX};
use assent_types::org::{AccreditationKind, Role};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::{ConsentId, Day, ErrorCode, Hash32, MandateId, Millis, OrgId, Sp};

use crate::rng::Rng;

const CASES: usize = 2_000;

fn place(rng: &mut Rng) -> Place {
    let city = if rng.flag() { 0 } else { rng.one(&[1, 4401, 4403, 4405, 999_999, u32::MAX]) };
    Place { jur: rng.one(Jurisdiction::ALL), city }
}

fn places(rng: &mut Rng, min: usize) -> PlaceSet {
    let count = min + rng.below(4);
    let places: Vec<Place> = (0..count).map(|_| place(rng)).collect();
    Set::new(places).unwrap()
}

fn orgs<const MAX: usize>(rng: &mut Rng) -> Set<OrgId, MAX> {
    let count = rng.below(4);
    let orgs: Vec<OrgId> = (0..count).map(|_| OrgId(rng.below(40) as u32)).collect();
    Set::new(orgs).unwrap()
}

fn selector(rng: &mut Rng) -> RoleSelector {
    RoleSelector {
        role: rng.one(Role::ALL),
        places: places(rng, 0),
        accreditation: rng.maybe(|rng| rng.one(AccreditationKind::ALL)),
    }
}

fn grantees(rng: &mut Rng) -> Grantees {
    let mut orgs_granted: Set<OrgId, GRANTEES_MAX> = orgs(rng);
    let count = rng.below(3);
    let roles: Vec<RoleSelector> = (0..count).map(|_| selector(rng)).collect();
    if roles.is_empty() && orgs_granted.is_empty() {
        orgs_granted = Set::new([OrgId(7)]).unwrap();
    }
    Grantees { orgs: orgs_granted, roles: Set::<_, SELECTORS_MAX>::new(roles).unwrap(), excluded: orgs(rng) }
}

fn evidence(rng: &mut Rng) -> EvidenceRef {
    EvidenceRef {
        kind: rng.one(EvidenceKind::ALL),
        hash: rng.hash(),
        timestamp: rng.maybe(Rng::hash),
        mutually_recognised: rng.flag(),
    }
}

fn labels(rng: &mut Rng) -> LabelRule {
    let labels = Labels::of(&rng.some(Label::ALL));
    match rng.below(4) {
        0 => LabelRule::NoneRestricted,
        1 => LabelRule::AllowList(labels),
        2 => LabelRule::AllowList(Labels::EMPTY),
        _ => LabelRule::AnyExcept(labels),
    }
}

fn xborder(rng: &mut Rng) -> XBorder {
    XBorder {
        to: places(rng, 0),
        basis_kinds: BasisKinds::of(&rng.some(BasisKind::ALL)),
        notice: rng.hash(),
        evidence: evidence(rng),
    }
}

fn instances(rng: &mut Rng) -> Set<Hash32, INSTANCES_MAX> {
    let count = 1 + rng.below(3);
    let hashes: Vec<Hash32> = (0..count).map(|_| rng.hash()).collect();
    Set::new(hashes).unwrap()
}

/// Any terms that the ledger could hold.
pub(crate) fn terms(rng: &mut Rng) -> ConsentTerms {
    let nbf = if rng.flag() { 0 } else { rng.next() % 200_000_000_000_000 };
    let first_day = rng.below(2_900_000) as u32;
    ConsentTerms {
        kind: rng.one(ConsentKind::ALL),
        effect: rng.one(Effect::ALL),
        subject: Sp(rng.hash()),
        controller: OrgId(rng.below(20) as u32),
        grantees: grantees(rng),
        purposes: Set::new(rng.at_least_one(Purpose::ALL)).unwrap(),
        actions: DataActions::of(&rng.at_least_one(DataAction::ALL)),
        categories: Categories::of(&rng.at_least_one(Category::ALL)),
        max_grade: 1 + rng.below(5) as u8,
        labels: labels(rng),
        data_period: rng.maybe(|rng| (Day(first_day), Day(first_day + 1 + rng.below(30_000) as u32))),
        instances: rng.maybe(instances),
        places: places(rng, 1),
        xborder: rng.maybe(xborder),
        separate: SeparateConsents::of(&rng.some(SeparateConsent::ALL)),
        nbf: Millis(nbf),
        exp: rng.maybe(|rng| Millis(nbf + 1 + rng.next() % 50_000_000_000_000)),
        limits: Limits {
            max_uses: rng.maybe(|rng| rng.next() as u32),
            rate: rng.maybe(|rng| (rng.next() as u32, rng.next())),
            per_access_confirm: rng.flag(),
        },
        redisclosure: rng.one(Redisclosure::ALL),
        obligations: Obligations::of(&rng.some(Obligation::ALL)),
        retention_days: rng.maybe(|rng| rng.next() as u32),
        break_glass: rng.one(BreakGlass::ALL),
        policy: PolicyRef { policy: rng.hash(), notice: rng.hash() },
        evidence: evidence(rng),
    }
}

/// A mapping that lists some of what the terms name, and whose defaults must not creep in.
pub(crate) fn mapping_for(rng: &mut Rng, terms: &ConsentTerms) -> Mapping {
    let mut mapping = Mapping {
        utc_offset_minutes: rng.maybe(|rng| rng.one(&[-720, -30, 0, 480, 840])),
        defaults: Defaults {
            separate: Some(SeparateConsents::all()),
            xborder: Some(xborder(rng)),
            obligations: Some(Obligations::all()),
            retention_days: Some(1),
            places: Some(places(rng, 1)),
            ..Defaults::default()
        },
        ..Mapping::default()
    };
    if rng.flag() {
        let reference = rng.one(&["Patient/p1", "https://example.org/ids|p1"]).to_owned();
        mapping.patients.push(PatientEntry { reference, controller: terms.controller, sp: terms.subject });
    }
    for org in terms.grantees.orgs.iter().chain(&terms.grantees.excluded) {
        if rng.flag() {
            mapping.organizations.push(OrganizationEntry { reference: format!("Organization/o{org}"), org: *org });
        }
    }
    for (index, lineage) in terms.instances.iter().flatten().enumerate() {
        // Every other entry clashes with one before it: such a reference must not be written.
        let reference = format!("DocumentReference/d{}", index / 2);
        mapping.documents.push(DocumentEntry { reference, lineage: *lineage });
    }
    if rng.flag() {
        let name = rng.one(&["https://example.org/policy", "http://example.org|rule"]).to_owned();
        mapping.policies.push(PolicyEntry { name, policy: terms.policy, defaults: Defaults::default() });
    }
    mapping
}

#[test]
fn written_terms_read_back_the_same() {
    let mut rng = Rng::from_env();
    let mut not_written = 0;
    for case in 0..CASES {
        let terms = terms(&mut rng);
        let mapping = mapping_for(&mut rng, &terms);
        let intent = rng.one(&[Intent::Propose, Intent::Grant]);
        let written = match terms_to_fhir(&terms, intent, &mapping) {
            Ok(written) => written,
            Err(error) => {
                // Only days after 9999 are out of reach.
                assert_eq!(
                    (error.code, error.path.as_str()),
                    (ErrorCode::FhirUnsupported, "Consent.provision.dataPeriod")
                );
                not_written += 1;
                continue;
            }
        };
        let text = written.to_string();
        let draft = consent_from_fhir(&text, &mapping).unwrap_or_else(|error| panic!("case {case}: {error}\n{text}"));
        assert_eq!(draft.terms, terms, "case {case}\n{text}");
        assert_eq!(draft.intent, intent, "case {case}");
        assert!(draft.exceptions.is_empty(), "case {case}");
        assert_eq!(draft.performer, None, "case {case}");
    }
    assert!(not_written < CASES / 10, "{not_written} of {CASES} could not be written");
}

#[test]
fn the_round_trip_test_would_see_a_change() {
    let mut rng = Rng(3);
    let terms = terms(&mut rng);
    let text = terms_to_fhir(&terms, Intent::Grant, &Mapping::default()).unwrap().to_string();
    let effect = terms.effect.code();
    let flipped = if effect == "permit" { "deny" } else { "permit" };
    let flipped = text.replacen(&format!("\"type\":\"{effect}\""), &format!("\"type\":\"{flipped}\""), 1);
    assert_ne!(text, flipped);
    assert!(consent_from_fhir(&flipped, &Mapping::default()).map(|draft| draft.terms) != Ok(terms));
}

pub(crate) fn consent(rng: &mut Rng, status: ConsentStatus) -> Consent {
    let mut terms = terms(rng);
    terms.data_period = None;
    Consent {
        id: ConsentId(rng.hash()),
        lineage: ConsentId(rng.hash()),
        version: 1,
        supersedes: None,
        terms,
        grantor: Some(Grantor::Subject),
        proposed_by: None,
        created_at: Millis(1_790_000_000_000),
        answer_by: None,
        granted_at: Some(Millis(1_790_000_000_001)),
        closed_at: None,
        uses: 0,
        rate_window: None,
        reserved: Default::default(),
        suspended_until: None,
        parental: false,
        status,
    }
}

#[test]
fn records_carry_identifier_time_and_status() {
    let mut rng = Rng(5);
    for status in ConsentStatus::ALL {
        let consent = consent(&mut rng, *status);
        let written = consent_to_fhir(&consent, &Mapping::default()).unwrap();
        assert_eq!(written["id"], consent.id.to_string());
        assert_eq!(written["dateTime"], "2026-09-21T14:13:20.001Z");
        let read = consent_from_fhir(&written.to_string(), &Mapping::default());
        match status {
            ConsentStatus::Active | ConsentStatus::Proposed => {
                let draft = read.unwrap();
                assert_eq!(draft.terms, consent.terms);
                assert_eq!(draft.performer, Some(Performer::Subject));
            }
            _ => {
                let error = read.unwrap_err();
                assert_eq!(
                    (error.code, error.path.as_str()),
                    (ErrorCode::FhirUnsupported, "Consent.status"),
                    "{status}"
                );
            }
        }
    }
    let mut proxied = consent(&mut rng, ConsentStatus::Active);
    proxied.grantor = Some(Grantor::Proxy { mandate: MandateId(rng.hash()) });
    assert!(consent_to_fhir(&proxied, &Mapping::default()).unwrap().get("performer").is_none());
}

/// The axis that is missing, and how it became empty.
type Emptied = (&'static str, fn(&mut ConsentTerms));

#[test]
fn empty_axes_are_not_written() {
    let mut rng = Rng(9);
    let base = consent(&mut rng, ConsentStatus::Active).terms;
    let changes: [Emptied; 6] = [
        ("Consent.provision.actor", |terms| terms.grantees = Grantees::default()),
        ("Consent.provision.purpose", |terms| terms.purposes = Set::default()),
        ("Consent.provision.action", |terms| terms.actions = DataActions::EMPTY),
        ("Consent.provision.class", |terms| terms.categories = Categories::EMPTY),
        ("Consent.provision.extension(place)", |terms| terms.places = Set::default()),
        ("Consent.provision.data", |terms| terms.instances = Some(Set::default())),
    ];
    for (path, change) in changes {
        let mut terms = base.clone();
        change(&mut terms);
        let error = terms_to_fhir(&terms, Intent::Grant, &Mapping::default()).unwrap_err();
        assert_eq!((error.code, error.path.as_str()), (ErrorCode::FhirMissing, path));
    }
    let mut terms = base;
    terms.max_grade = 6;
    let error = terms_to_fhir(&terms, Intent::Grant, &Mapping::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::FhirUnsupported);
}

#[test]
fn full_lists_fit() {
    let mut rng = Rng(11);
    let mut terms = consent(&mut rng, ConsentStatus::Active).terms;
    terms.purposes = Set::new(Purpose::ALL.iter().copied()).unwrap();
    terms.categories = Categories::all();
    terms.places = Set::new((0..PLACES_MAX).map(|n| Place::city(Jurisdiction::Cn, 4400 + n as u32))).unwrap();
    terms.instances = Some(Set::new((0..INSTANCES_MAX).map(|_| rng.hash()).collect::<Vec<_>>()).unwrap());
    terms.grantees.orgs = Set::new((0..GRANTEES_MAX).map(|n| OrgId(n as u32))).unwrap();
    let written = terms_to_fhir(&terms, Intent::Grant, &Mapping::default()).unwrap().to_string();
    assert_eq!(consent_from_fhir(&written, &Mapping::default()).unwrap().terms, terms);
}
