//! The fixtures' Bundles, element by element.

use assent_fhir::ingest::{
    Amount, Attachment, ClaimUse, DocumentKind, Ingest, PatientRef, Scenario, canonical_json, read,
};
use assent_types::consent::Category;
use assent_types::{Day, ErrorCode, Month, OrgId};
use serde_json::{Value, json};

use crate::{changed, fixture, refusal, resource, scenario, shown};

fn p1() -> Ingest {
    read(&fixture("p1-bundle.json"), &scenario("p1-scenario.json")).unwrap()
}

fn hkd(minor: u64) -> Amount {
    Amount { currency: "HKD", minor }
}

fn day(year: u32, month: u32, day: u32) -> Day {
    Day::from_date(year, month, day).unwrap()
}

#[test]
fn the_demonstration_bundle_is_accepted_whole() {
    let ingest = p1();
    assert_eq!(ingest.summary.refused, []);
    assert!(ingest.summary.ignored.is_empty());
    assert_eq!(ingest.summary.entries(), 11);
    let patient = &ingest.patients[0];
    let identifiers: Vec<&str> = patient.identifiers.iter().map(|identifier| identifier.value.expose()).collect();
    assert_eq!(identifiers, ["MRN-EXAMPLE-000017", "PERMIT-EXAMPLE-0456789"]);
    assert_eq!(patient.identifiers[1].type_code.as_deref(), Some("PPN"));
    assert_eq!(patient.birth_date.as_ref().unwrap().expose(), "1971-03-09");
    assert_eq!(patient.reference.as_ref().unwrap().expose(), "https://assent.example/fhir/Patient/p1");
    let orgs: Vec<_> = ingest.organizations.iter().map(|organization| organization.org).collect();
    assert_eq!(orgs, [Some(OrgId(1)), Some(OrgId(3))]);
}

#[test]
fn documents_hold_what_they_cite() {
    let ingest = p1();
    let said: Vec<_> = ingest
        .documents
        .iter()
        .map(|document| (document.kind, document.category, document.grade, document.parts, document.service.day))
        .collect();
    let (third, fourth) = (Some(day(2026, 8, 3)), Some(day(2026, 8, 4)));
    assert_eq!(
        said,
        [
            (DocumentKind::DiagnosticReport, Category::Lab, 4, 3, third),
            (DocumentKind::DiagnosticReport, Category::RadReport, 4, 1, fourth),
            (DocumentKind::DocumentReference, Category::ClinNote, 4, 2, third),
            (DocumentKind::Bill, Category::Ebill, 4, 1, third),
            (DocumentKind::ExplanationOfBenefit, Category::Eob, 4, 1, third),
        ]
    );
    assert!(ingest.documents.iter().all(|document| document.patient == PatientRef::Listed(0)));
    assert!(ingest.documents.iter().all(|document| document.service.month == Month((2026 - 1970) * 12 + 7)));
    assert_eq!(ingest.documents[0].codes[0].code, "58410-2");
    let bytes = std::str::from_utf8(&ingest.documents[0].bytes).unwrap();
    assert!(bytes.starts_with("{\"entry\":[{\"fullUrl\":\"https://assent.example/fhir/DiagnosticReport/blood-count\""));
    assert!(bytes.contains("\"value\":13.10}"), "the number stays the source's text: {bytes}");
    let document: Value = serde_json::from_str(bytes).unwrap();
    let kinds: Vec<&str> = document["entry"].as_array().unwrap().iter().map(kind).collect();
    assert_eq!(kinds, ["DiagnosticReport", "Observation", "Observation"]);
    let document: Value = serde_json::from_slice(&ingest.documents[2].bytes).unwrap();
    assert_eq!(kind(&document["entry"][1]), "Binary");
}

fn kind(entry: &Value) -> &str {
    entry["resource"]["resourceType"].as_str().unwrap()
}

/// The bytes depend on what the resource says, and neither on its spelling nor on the order of its members.
#[test]
fn documents_are_canonical() {
    let first = p1();
    let respelt = fixture("p1-bundle.json").replace("  ", "\t").replace("CT of", "\\u0043T of");
    let second = read(&respelt, &scenario("p1-scenario.json")).unwrap();
    assert_eq!(first, second);
    for document in &first.documents {
        let text = std::str::from_utf8(&document.bytes).unwrap();
        assert_eq!(canonical_json(text).unwrap(), text);
    }
    let other = fixture("p1-bundle.json").replace("13.10", "13.1");
    assert_ne!(first.documents[0].bytes, read(&other, &scenario("p1-scenario.json")).unwrap().documents[0].bytes);
}

#[test]
fn claim_bill_and_statement_say_what_they_say() {
    let ingest = p1();
    let claim = &ingest.claims[0];
    assert_eq!((claim.use_code, claim.provider, claim.insurer), (ClaimUse::Claim, OrgId(1), OrgId(3)));
    assert_eq!(claim.service, (day(2026, 8, 3), day(2026, 8, 6)));
    assert_eq!((claim.billed, claim.plan.as_str()), (hkd(638_050), "cross-border-inpatient"));
    assert_eq!(claim.attachments, [Attachment::Listed(0), Attachment::Listed(1)]);
    let bill = &ingest.bills[claim.bill.unwrap()];
    assert_eq!(
        bill.id.expose(),
        "https://assent.example/fhir/identifier/shenzhen-hospital-bill|BILL-EXAMPLE-2026-0815"
    );
    assert_eq!((bill.issuer, bill.total, bill.document), (OrgId(1), hkd(638_050), 3));
    assert_eq!(claim.lines, bill.lines);
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.sequence, line.minor)).collect();
    assert_eq!(lines, [(1, 375_000), (2, 48_050), (3, 215_000)]);
    let statement = &ingest.statements[0];
    assert_eq!((statement.claim, statement.insurer, statement.document), (Some(0), OrgId(3), 4));
    let amounts = (statement.submitted, statement.benefit, statement.payment);
    assert_eq!(amounts, (Some(hkd(638_050)), Some(hkd(560_000)), Some(hkd(560_000))));
}

#[test]
fn what_the_scenario_does_not_say_is_missing() {
    let text = fixture("p1-bundle.json");
    let whole = scenario("p1-scenario.json");
    let refused = |scenario: &Scenario| -> Vec<String> {
        read(&text, scenario).unwrap().summary.refused.iter().map(shown).collect()
    };
    let nothing = refused(&Scenario::default());
    assert_eq!(nothing, ["E713 Claim.insurer", "E713 ExplanationOfBenefit.insurer"]);
    // An insurer that is named is not replaced by the scenario's.
    assert_eq!(refused(&Scenario { insurer: Some(OrgId(5)), ..Scenario::default() }), nothing);
    let mut no_provider = whole.clone();
    no_provider.organizations.remove(0);
    assert_eq!(refused(&no_provider), ["E713 Claim.provider"]);
    let claims = read(&text, &Scenario { provider: Some(OrgId(9)), ..no_provider }).unwrap().claims;
    assert_eq!(claims[0].provider, OrgId(9));
    assert_eq!(refused(&Scenario { plan: None, ..whole.clone() }), ["E713 Claim.insurance"]);
    assert_eq!(refused(&whole), Vec::<String>::new());
    let unknown = serde_json::from_str::<Scenario>("{\"insurers\": 3}").unwrap_err();
    assert!(unknown.to_string().contains("unknown field"), "{unknown}");
}

/// A transaction as generators of synthetic data write it, without and with what it leaves open.
#[test]
fn a_transaction_needs_its_scenario() {
    let text = fixture("p2-transaction.json");
    let ingest = read(&text, &Scenario::default()).unwrap();
    let refused: Vec<String> = ingest.summary.refused.iter().map(shown).collect();
    assert_eq!(refused, ["E713 Claim.insurer", "E702 ExplanationOfBenefit.payment.amount.value"]);
    let golden = "     1 accepted DiagnosticReport\n     1 accepted Observation\n     1 accepted Organization\n     \
                  1 accepted Patient\n     1 E702     ExplanationOfBenefit.payment.amount.value\n     \
                  1 E713     Claim.insurer\n     1 ignored  CarePlan\n";
    assert_eq!(ingest.summary.to_string(), golden);

    let ingest = read(&text, &scenario("p2-scenario.json")).unwrap();
    let refused: Vec<String> = ingest.summary.refused.iter().map(shown).collect();
    assert_eq!(refused, ["E702 ExplanationOfBenefit.payment.amount.value"]);
    let claim = &ingest.claims[0];
    assert_eq!((claim.provider, claim.insurer, claim.billed), (OrgId(1), OrgId(3), hkd(12_550)));
    assert_eq!(claim.service, (day(2026, 8, 26), day(2026, 8, 26)), "moved by the scenario's days");
    let lines: Vec<u64> = ingest.bills[0].lines.iter().map(|line| line.minor).collect();
    assert_eq!(lines, [7_998, 4_552], "the first line carries what the total leaves");
    assert_eq!(ingest.bills[0].id.expose(), "urn:uuid:00000000-0000-4000-8000-000000000005");
    let bytes = std::str::from_utf8(&ingest.documents[0].bytes).unwrap();
    assert!(bytes.contains("1998-05-20T08:00:00.123456+08:00") && bytes.contains("36.800000000000004"));
}

#[test]
fn a_part_of_another_subject_is_never_disclosed() {
    let path = "E712 DiagnosticReport.result[1]";
    assert_eq!(
        refusal(|bundle| {
            resource(bundle, "platelets")["subject"] = json!({"reference": "Patient/p9"});
        }),
        format!("{path}; E712 Claim.supportingInfo[0].valueReference")
    );
    assert!(
        refusal(|bundle| {
            resource(bundle, "platelets")["subject"] = json!({"reference": "Group/g1"});
        })
        .starts_with(path)
    );
    // Through another Observation as well.
    let indirect = refusal(|bundle| {
        resource(bundle, "haemoglobin")["hasMember"] = json!([{"reference": "Observation/platelets"}]);
        resource(bundle, "blood-count")["result"] = json!([{"reference": "Observation/haemoglobin"}]);
        resource(bundle, "platelets")["subject"] = json!({"reference": "Patient/p9"});
    });
    assert!(indirect.starts_with("E712 DiagnosticReport.result[0]"), "{indirect}");
}

#[test]
fn claims_and_statements_stay_with_their_subject() {
    let other = |bundle: &mut Value| {
        let mut patient = bundle["entry"][0].clone();
        patient["fullUrl"] = json!("https://assent.example/fhir/Patient/p9");
        patient["resource"]["id"] = json!("p9");
        bundle["entry"].as_array_mut().unwrap().push(patient);
    };
    let evidence = refusal(|bundle| {
        other(bundle);
        resource(bundle, "chest-ct")["subject"] = json!({"reference": "Patient/p9"});
    });
    assert_eq!(evidence, "E712 Claim.supportingInfo[1].valueReference");
    let statement = refusal(|bundle| {
        other(bundle);
        resource(bundle, "ExplanationOfBenefit/stay")["patient"] = json!({"reference": "Patient/p9"});
    });
    assert_eq!(statement, "E712 ExplanationOfBenefit.claim");
}

#[test]
fn indirect_parts_and_circles_are_followed_once() {
    let text = changed("p1-bundle.json", |bundle| {
        resource(bundle, "haemoglobin")["hasMember"] = json!([{"reference": "Observation/platelets"}]);
        resource(bundle, "platelets")["derivedFrom"] = json!([{"reference": "Observation/haemoglobin"}]);
        resource(bundle, "blood-count")["result"] = json!([{"reference": "Observation/haemoglobin"}]);
    });
    let ingest = read(&text, &scenario("p1-scenario.json")).unwrap();
    assert_eq!((ingest.documents[0].parts, ingest.summary.accepted["Observation"]), (3, 2));
    let text = changed("p1-bundle.json", |bundle| {
        resource(bundle, "blood-count")["result"] = json!([{"reference": "Observation/haemoglobin"}]);
    });
    let ingest = read(&text, &scenario("p1-scenario.json")).unwrap();
    assert_eq!((ingest.documents[0].parts, ingest.summary.ignored["Observation"]), (2, 1));
}

#[test]
fn the_grade_is_that_of_the_highest_part() {
    let grade = |labels: Value| {
        let text = changed("p1-bundle.json", |bundle| {
            resource(bundle, "platelets")["meta"] = json!({"security": labels});
            resource(bundle, "blood-count")["meta"] = json!({"security": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "L"}]});
            resource(bundle, "haemoglobin")["meta"] = json!({"security": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "U"}]});
        });
        read(&text, &scenario("p1-scenario.json")).unwrap().documents[0].grade
    };
    assert_eq!(grade(json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "M"}])), 3);
    assert_eq!(grade(json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}])), 5);
    assert_eq!(grade(json!([])), 4, "what says nothing is normal");
}

#[test]
fn documents_that_do_not_hold_are_refused() {
    let report = |member: &'static str, value: Value| {
        refusal(move |bundle| {
            bundle["entry"][9]["resource"].as_object_mut().unwrap().remove("supportingInfo");
            resource(bundle, "blood-count")[member] = value;
        })
    };
    assert_eq!(report("status", json!("entered-in-error")), "E711 DiagnosticReport.status");
    assert_eq!(report("subject", json!({"display": "somebody"})), "E713 DiagnosticReport.subject");
    assert_eq!(report("subject", json!({"reference": "Device/d"})), "E711 DiagnosticReport.subject");
    assert_eq!(report("effectiveDateTime", json!("2026")), "E713 DiagnosticReport.effectiveDateTime");
    assert_eq!(report("effectiveDateTime", json!("2026-02-30")), "E712 DiagnosticReport.effectiveDateTime");
    assert_eq!(report("effectiveDateTime", json!("1969-12-31")), "E711 DiagnosticReport.effectiveDateTime");
    assert_eq!(report("effectiveDateTime", json!("2026-08")), "", "a month is enough");
    assert_eq!(report("result", json!({"reference": "Observation/platelets"})), "E712 DiagnosticReport.result");
    let content = refusal(|bundle| {
        resource(bundle, "discharge")["content"][0]["attachment"]["url"] = json!("https://elsewhere.example/1");
    });
    // The Binary keeps its entry but has no document.
    assert_eq!(content, "E713 DocumentReference.content[0].attachment");
}

#[test]
fn bundles_that_do_not_hand_over_resources_are_refused() {
    let refused = |change: fn(&mut Value)| {
        let error = read(&changed("p1-bundle.json", change), &Scenario::default()).unwrap_err();
        format!("E{} {}", error.code.number(), error.path)
    };
    assert_eq!(refused(|bundle| bundle["type"] = json!("history")), "E711 Bundle.type");
    assert_eq!(refused(|bundle| bundle["type"] = json!("document")), "E712 Bundle.entry[0]");
    assert_eq!(
        refused(|bundle| bundle["entry"][1]["fullUrl"] = bundle["entry"][0]["fullUrl"].clone()),
        "E712 Bundle.entry[1].fullUrl"
    );
    assert_eq!(refused(|bundle| bundle["implicitRules"] = json!("x")), "E711 Bundle.implicitRules");
    assert_eq!(refused(|bundle| bundle["resourceType"] = json!("not a type")), "E712 Bundle.resourceType");
    let entry = refusal(|bundle| bundle["entry"][3]["request"] = json!({"method": "DELETE", "url": "Observation/1"}));
    assert_eq!(entry, "E711 Bundle.entry[3].request.method");
    assert_eq!(read("[]", &Scenario::default()).unwrap_err().code, ErrorCode::FhirInvalid);
}

#[test]
fn every_kind_that_hands_over_resources_is_read_alike() {
    let whole = p1();
    for kind in ["transaction", "batch", "searchset"] {
        let text = changed("p1-bundle.json", |bundle| bundle["type"] = json!(kind));
        let ingest = read(&text, &scenario("p1-scenario.json")).unwrap();
        assert_eq!(ingest.documents.len(), whole.documents.len(), "{kind}");
        assert_eq!(ingest.summary, whole.summary, "{kind}");
    }
    let text = changed("p1-bundle.json", |bundle| {
        bundle["type"] = json!("document");
        let composition = json!({"resource": {"resourceType": "Composition", "status": "final"}});
        bundle["entry"].as_array_mut().unwrap().insert(0, composition);
    });
    let ingest = read(&text, &scenario("p1-scenario.json")).unwrap();
    assert_eq!((ingest.summary.accepted, ingest.summary.ignored["Composition"]), (whole.summary.accepted, 1));
    // A resource by itself is a Bundle of one.
    let report = fixture("p1-bundle.json");
    let report: Value = serde_json::from_str(&report).unwrap();
    let alone = read(&report["entry"][6]["resource"].to_string(), &Scenario::default()).unwrap();
    assert_eq!((alone.documents.len(), alone.documents[0].parts), (1, 1));
}

#[test]
fn one_bill_on_two_claims_is_one_bill() {
    let second = |change: fn(&mut Value)| {
        let text = changed("p1-bundle.json", |bundle| {
            let mut copy = bundle["entry"][9].clone();
            copy["fullUrl"] = json!("https://assent.example/fhir/Claim/second");
            copy["resource"]["id"] = json!("second");
            change(&mut copy["resource"]);
            bundle["entry"].as_array_mut().unwrap().push(copy);
        });
        read(&text, &scenario("p1-scenario.json")).unwrap()
    };
    let same = second(|_| {});
    assert_eq!((same.claims.len(), same.bills.len(), same.claims[1].bill), (2, 1, Some(0)));
    let other = second(|claim| {
        claim["item"][2]["net"]["value"] = json!(2151);
        claim["total"]["value"] = json!(6381.5);
    });
    assert_eq!(shown(&other.summary.refused[0]), "E712 Claim.identifier");
    let asked = second(|claim| claim["use"] = json!("preauthorization"));
    assert_eq!((asked.claims[1].use_code, asked.claims[1].bill), (ClaimUse::Preauthorization, None));
}
