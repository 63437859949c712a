//! Governed matrices as FHIR Permissions, and back.

use assent_fhir::{Mapping, Matrix, MatrixRecord, permission_from_fhir, permission_to_fhir};
use assent_types::access::UserRole;
use assent_types::consent::{Categories, Category, Purpose, SeparateConsent, SeparateConsents};
use assent_types::org::{AccreditationKind, Role};
use assent_types::place::Jurisdiction;
use assent_types::state::{AccreditationRule, MinimisationRule, SeparateConsentRule, UserCategoryRule};
use assent_types::{ErrorCode, List, Millis};
use serde_json::{Value, json};

use crate::as_golden;
use crate::claims::{Change, refused};
use crate::rng::Rng;

const CASES: usize = 300;

/// Any of these, none twice and at least one.
fn keys<T: Copy + PartialEq>(rng: &mut Rng, of: &[T]) -> Vec<T> {
    let mut chosen = rng.some(of);
    if chosen.is_empty() {
        chosen.push(rng.one(of));
    }
    chosen
}

fn categories(rng: &mut Rng) -> Categories {
    Categories::of(&rng.at_least_one(Category::ALL))
}

fn requesters(rng: &mut Rng) -> Matrix {
    let mut minimisation = Vec::new();
    for role in keys(rng, Role::ALL) {
        for purpose in keys(rng, &[Purpose::Treat, Purpose::Hpaymt, Purpose::Clmattch]) {
            let (categories, max_grade) = (categories(rng), 1 + rng.below(5) as u8);
            minimisation.push(MinimisationRule { role, purpose, categories, max_grade });
        }
    }
    let accreditations = (0..rng.below(20)).map(|_| AccreditationRule {
        role: rng.one(Role::ALL),
        purpose: rng.one(&[Purpose::Treat, Purpose::Hpaymt, Purpose::Btg]),
        jurisdiction: rng.one(Jurisdiction::ALL),
        any_of: List::new((0..=rng.below(3)).map(|_| rng.one(AccreditationKind::ALL)).collect()).unwrap(),
    });
    let accreditations = accreditations.collect();
    let consents = |rng: &mut Rng| SeparateConsents::of(&rng.some(SeparateConsent::ALL));
    let separate_consents = rng.some(Jurisdiction::ALL).into_iter().map(|jurisdiction| SeparateConsentRule {
        jurisdiction,
        always: consents(rng),
        provision: consents(rng),
        outside: consents(rng),
    });
    let separate_consents = separate_consents.collect();
    Matrix::Requesters { minimisation, accreditations, separate_consents }
}

fn persons(rng: &mut Rng) -> Matrix {
    let roles = keys(rng, UserRole::ALL);
    Matrix::Persons(
        roles.into_iter().map(|user_role| UserCategoryRule { user_role, categories: categories(rng) }).collect(),
    )
}

#[test]
fn governed_matrices_read_back() {
    let mut rng = Rng::from_env();
    for case in 0..CASES {
        let matrix = if rng.flag() { requesters(&mut rng) } else { persons(&mut rng) };
        let record = MatrixRecord { as_of: Millis(rng.next() % 200_000_000_000_000), matrix };
        let text = permission_to_fhir(&record).unwrap();
        assert_eq!(permission_from_fhir(&text, &Mapping::default()).as_ref(), Ok(&record), "case {case}\n{text}");
    }
}

/// What insurers may ask for payment, accredited in Hong Kong, and what a nurse may see.
fn small() -> [MatrixRecord; 2] {
    let requesters = Matrix::Requesters {
        minimisation: vec![
            MinimisationRule {
                role: Role::Insurer,
                purpose: Purpose::Hpaymt,
                categories: Categories::of(&[Category::Diagnosis, Category::Ebill]),
                max_grade: 4,
            },
            MinimisationRule {
                role: Role::Hospital,
                purpose: Purpose::Treat,
                categories: Categories::of(&[Category::Lab]),
                max_grade: 5,
            },
        ],
        accreditations: vec![AccreditationRule {
            role: Role::Insurer,
            purpose: Purpose::Hpaymt,
            jurisdiction: Jurisdiction::Hk,
            any_of: List::new(vec![AccreditationKind::HkInsurerAuth]).unwrap(),
        }],
        separate_consents: vec![SeparateConsentRule {
            jurisdiction: Jurisdiction::Cn,
            always: SeparateConsents::of(&[SeparateConsent::Sens]),
            provision: SeparateConsents::of(&[SeparateConsent::Prov]),
            outside: SeparateConsents::of(&[SeparateConsent::Xb]),
        }],
    };
    let rule =
        |user_role, categories: &[Category]| UserCategoryRule { user_role, categories: Categories::of(categories) };
    let persons = Matrix::Persons(vec![rule(UserRole::Nurse, &[Category::AllergyAdr, Category::Lab])]);
    [requesters, persons].map(|matrix| MatrixRecord { as_of: Millis(1_790_000_000_000), matrix })
}

#[test]
fn the_golden_permissions_are_what_is_written() {
    let lines = small().map(|record| permission_to_fhir(&record).unwrap());
    as_golden("permissions.ndjson", &(lines.join("\n") + "\n"));
}

#[test]
fn every_rule_permits_by_labels_alone_and_needs_a_consent_besides() {
    for record in small() {
        let resource: Value = serde_json::from_str(&permission_to_fhir(&record).unwrap()).unwrap();
        assert_eq!(resource["combining"], "deny-unless-permit");
        for rule in resource["rule"].as_array().unwrap() {
            assert_eq!(rule["type"], "permit");
            assert_eq!(rule["limit"][0]["coding"][0]["code"], "NODSCLCD", "{rule:#}");
            assert!(rule["data"].as_array().is_some_and(|data| !data.is_empty()), "without data all is permitted");
        }
    }
    let [requesters, _] = small();
    let resource: Value = serde_json::from_str(&permission_to_fhir(&requesters).unwrap()).unwrap();
    assert_eq!(resource["rule"][0]["limit"][1]["coding"][0]["code"], "HK_INSURER_AUTH");
    assert_eq!(resource["rule"][1]["limit"].as_array().map(Vec::len), Some(1), "treatment needs no accreditation");
}

#[test]
fn what_a_matrix_cannot_say_is_refused_at_its_element() {
    let read = |text: &str| permission_from_fhir(text, &Mapping::default());
    let [requesters, persons] = small().map(|record| permission_to_fhir(&record).unwrap());
    let other_actor = json!([{ "reference": "Practitioner/1" }]);
    let treat =
        json!([{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT" }] }]);
    let unknown = json!([{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV" }]);
    let changes: [Change; 13] = [
        ("/status", "draft".into(), "E711 Permission.status"),
        ("/combining", "permit-overrides".into(), "E711 Permission.combining"),
        ("/date", json!(["2026-01-01", "2026-01-02"]), "E711 Permission.date[1]"),
        ("/validity", json!({ "start": "2026-01-01" }), "E711 Permission.validity"),
        ("/extension", json!([{ "url": "https://example.org/other" }]), "E713 Permission"),
        ("/rule/0/type", "deny".into(), "E711 Permission.rule[0].type"),
        ("/rule/0/limit", json!([]), "E712 Permission.rule[0].limit"),
        ("/rule/1/limit", treat.clone(), "E711 Permission.rule[1].limit"),
        ("/rule/1/data/0/security", unknown, "E711 Permission.rule[1].data[0].security[0]"),
        ("/rule/0/data/0/period", json!([]), "E711 Permission.rule[0].data[0].period"),
        ("/rule/0/activity/0/actor", other_actor, "E713 Permission.rule[0].activity[0].actor[0]"),
        ("/rule/0/activity/0/action", treat.clone(), "E711 Permission.rule[0].activity[0].action"),
        (
            "/rule/0/activity/0/purpose",
            json!([{ "coding": [{ "system": "urn:x", "code": "TREAT" }] }]),
            "E711 Permission.rule[0].activity[0].purpose[0]",
        ),
    ];
    refused(&requesters, &changes, read);
    let changes: [Change; 1] = [("/rule/0/activity/0/purpose", treat, "E711 Permission.rule[0].activity[0].purpose")];
    refused(&persons, &changes, read);
    // One entry more, for the same category, or with another grade.
    let mut twice: Value = serde_json::from_str(&requesters).unwrap();
    let first = twice["rule"][0]["data"][0].clone();
    twice["rule"][0]["data"].as_array_mut().unwrap().push(first);
    assert_eq!(read(&twice.to_string()).unwrap_err().path, "Permission.rule[0].data[2].security");
    let text = requesters.replacen("\"code\":\"N\"", "\"code\":\"R\"", 1);
    assert_eq!(read(&text).unwrap_err().path, "Permission.rule[0].data[1].security");
    let mut again: Value = serde_json::from_str(&requesters).unwrap();
    let rule = again["rule"][0].clone();
    again["rule"].as_array_mut().unwrap().push(rule);
    let error = read(&again.to_string()).unwrap_err();
    assert_eq!((error.code, error.path.as_str()), (ErrorCode::FhirInvalid, "Permission.rule[2]"));
}

#[test]
fn a_rule_that_would_permit_all_is_not_written() {
    let empty = UserCategoryRule { user_role: UserRole::Nurse, categories: Categories::EMPTY };
    for matrix in [Matrix::Persons(vec![empty]), Matrix::Persons(Vec::new())] {
        let error = permission_to_fhir(&MatrixRecord { as_of: Millis(0), matrix }).unwrap_err();
        assert_eq!(error.code, ErrorCode::FhirMissing);
    }
}
