//! What references lead to.

use assent_fhir::ingest::{Attachment, Ingest, PatientRef, Scenario, read};
use assent_types::OrgId;
use serde_json::{Value, json};

use crate::{changed, refusal, resource, scenario, shown};

/// Reads `p1-bundle.json` with another reference to the patient of the blood count.
fn subject(reference: Value) -> Result<PatientRef, String> {
    let change = |bundle: &mut Value| {
        bundle["entry"].as_array_mut().unwrap().truncate(6);
        resource(bundle, "blood-count")["result"] = json!([{"display": "on paper"}]);
        resource(bundle, "blood-count")["subject"] = reference;
    };
    let ingest = read(&changed("p1-bundle.json", change), &scenario("p1-scenario.json")).unwrap();
    match ingest.summary.refused.first() {
        None => Ok(ingest.documents[0].patient.clone()),
        Some(refusal) => Err(format!("E{} {}", refusal.error.code.number(), refusal.error.path)),
    }
}

fn outside(patient: &PatientRef) -> &str {
    let PatientRef::Outside(reference) = patient else { panic!("the Bundle holds this patient") };
    reference.expose()
}

#[test]
fn every_kind_of_reference_finds_its_entry() {
    let permit = "https://assent.example/fhir/identifier/travel-permit";
    for reference in [
        json!({"reference": "Patient/p1"}),
        json!({"reference": "https://assent.example/fhir/Patient/p1"}),
        json!({"reference": format!("Patient?identifier={permit}|PERMIT-EXAMPLE-0456789")}),
        json!({"reference": format!("Patient?identifier={permit}%7cPERMIT%2DEXAMPLE-0456789")}),
        json!({"type": "Patient", "identifier": {"system": permit, "value": "PERMIT-EXAMPLE-0456789"}}),
        json!({"identifier": {"system": permit, "value": "PERMIT-EXAMPLE-0456789"}}),
    ] {
        assert_eq!(subject(reference.clone()), Ok(PatientRef::Listed(0)), "{reference}");
    }
}

#[test]
fn what_the_bundle_does_not_hold_stays_a_reference() {
    for (reference, key) in [
        (json!({"reference": "Patient/p9"}), "Patient/p9"),
        (json!({"reference": "Patient/p1/_history/2"}), "Patient/p1/_history/2"),
        (json!({"reference": "https://other.example/fhir/Patient/p1"}), "https://other.example/fhir/Patient/p1"),
        (json!({"reference": "Patient?identifier=a|b"}), "a|b"),
        (json!({"identifier": {"value": "b"}}), "|b"),
    ] {
        assert_eq!(outside(&subject(reference).unwrap()), key);
    }
}

#[test]
fn what_leads_nowhere_is_refused() {
    let at = "DiagnosticReport.subject";
    for (reference, expected) in [
        (json!({"reference": "urn:uuid:00000000-0000-4000-8000-00000000dead"}), format!("E712 {at}.reference")),
        (json!({"reference": "#patient"}), format!("E712 {at}.reference")),
        (json!({"reference": "p1"}), format!("E712 {at}.reference")),
        (json!({"reference": "/p1"}), format!("E712 {at}.reference")),
        (json!({"reference": "Patient?name=x"}), format!("E711 {at}.reference")),
        (json!({"reference": "Patient?identifier=%zz"}), format!("E712 {at}.reference")),
        (json!({"reference": "Patient?identifier=a|b&active=true"}), format!("E711 {at}.reference")),
        (json!({"reference": "Organization/shenzhen-hospital"}), format!("E711 {at}")),
        (json!({"reference": "#"}), format!("E711 {at}")),
        (json!({"display": "p1"}), format!("E713 {at}")),
        (json!({"reference": ""}), format!("E712 {at}.reference")),
        (json!("Patient/p1"), format!("E712 {at}")),
    ] {
        assert_eq!(subject(reference.clone()), Err(expected), "{reference}");
    }
}

#[test]
fn two_that_fit_are_one_too_many() {
    let ambiguous = refusal(|bundle| {
        let mut twin = bundle["entry"][0].clone();
        twin["fullUrl"] = json!("https://assent.example/fhir/Patient/twin");
        twin["resource"]["id"] = json!("twin");
        let mrn = "https://assent.example/fhir/identifier/shenzhen-hospital-mrn|MRN-EXAMPLE-000017";
        resource(bundle, "chest-ct")["subject"] = json!({"reference": format!("Patient?identifier={mrn}")});
        resource(bundle, "Claim/stay").as_object_mut().unwrap().remove("supportingInfo");
        bundle["entry"].as_array_mut().unwrap().push(twin);
    });
    assert_eq!(ambiguous, "E712 DiagnosticReport.subject");
}

#[test]
fn a_reference_to_a_refused_patient_is_refused() {
    let refused = refusal(|bundle| {
        bundle["entry"].as_array_mut().unwrap().truncate(6);
        resource(bundle, "Patient/p1")["birthDate"] = json!("yesterday");
    });
    assert_eq!(refused, "E712 Patient.birthDate; E712 DiagnosticReport.subject");
}

fn claim(change: impl FnOnce(&mut Value), scenario: &Scenario) -> Ingest {
    read(&changed("p1-bundle.json", |bundle| change(resource(bundle, "Claim/stay"))), scenario).unwrap()
}

/// A claim may carry its parties inside itself.
#[test]
fn contained_parties_are_understood() {
    let ingest = claim(
        |claim| {
            claim["contained"] = json!([
                {"resourceType": "Patient", "id": "who", "identifier": [{"system": "s", "value": "inside-1"}]},
                {"resourceType": "Organization", "id": "payer", "name": "Inner Insurer"}
            ]);
            claim["patient"] = json!({"reference": "#who"});
            claim.as_object_mut().unwrap().remove("supportingInfo");
            claim["insurer"] = json!({"reference": "#payer"});
        },
        &Scenario {
            organizations: [
                scenario("p1-scenario.json").organizations,
                serde_json::from_value(json!([{"name": "Inner Insurer", "org": 5}])).unwrap(),
            ]
            .concat(),
            ..scenario("p1-scenario.json")
        },
    );
    // Whether the statement is about the same person cannot be told.
    let refused: Vec<String> = ingest.summary.refused.iter().map(shown).collect();
    assert_eq!(refused, ["E712 ExplanationOfBenefit.claim"]);
    assert_eq!((&ingest.claims[0].patient, ingest.claims[0].insurer), (&PatientRef::Listed(1), OrgId(5)));
    assert_eq!(ingest.patients[1].identifiers[0].value.expose(), "inside-1");
    assert_eq!(ingest.bills[0].patient, PatientRef::Listed(1));
}

#[test]
fn organisations_are_found_by_reference_identifier_or_name() {
    let by = |entry: Value| {
        let organizations = serde_json::from_value(json!([entry, {"name": "Hong Kong Insurer", "org": 3}])).unwrap();
        let scenario = Scenario { organizations, ..scenario("p1-scenario.json") };
        claim(|_| {}, &scenario).claims.first().map(|claim| claim.provider)
    };
    assert_eq!(by(json!({"reference": "Organization/shenzhen-hospital", "org": 7})), Some(OrgId(7)));
    assert_eq!(
        by(json!({"reference": "https://assent.example/fhir/Organization/shenzhen-hospital", "org": 7})),
        Some(OrgId(7))
    );
    assert_eq!(
        by(json!({"identifier": "https://assent.example/fhir/identifier/organization|1", "org": 7})),
        Some(OrgId(7))
    );
    assert_eq!(by(json!({"name": "Shenzhen Hospital", "org": 7})), Some(OrgId(7)));
    assert_eq!(by(json!({"name": "Shenzhen Hospital", "reference": "Organization/other", "org": 7})), None);
    assert_eq!(by(json!({"name": "shenzhen hospital", "org": 7})), None);
    assert_eq!(by(json!({"org": 7})), None, "an entry that says nothing fits nothing");
}

#[test]
fn evidence_outside_is_named() {
    let ingest = claim(
        |claim| {
            claim["supportingInfo"] = json!([
                {"valueReference": {"reference": "DiagnosticReport/elsewhere"}},
                {"valueReference": {"reference": "Observation/haemoglobin"}},
                {"valueReference": {"reference": "DiagnosticReport/blood-count"}},
                {"valueReference": {"reference": "Encounter/1"}},
                {"valueReference": {"display": "by fax"}},
                {"valueString": "words"}
            ]);
        },
        &scenario("p1-scenario.json"),
    );
    let [Attachment::Outside(first), Attachment::Listed(0)] = ingest.claims[0].attachments.as_slice() else {
        panic!("{:?}", ingest.claims[0].attachments);
    };
    assert_eq!(first.expose(), "DiagnosticReport/elsewhere");
}
