//! FHIR R5 Consent.

use assent_fhir::{
    Intent, Mapping, consent_from_fhir, consent_from_fhir_r5, consent_to_fhir_r5, terms_to_fhir, terms_to_fhir_r5,
};
use assent_types::consent::{BreakGlass, ConsentStatus, Effect, Purpose};
use serde_json::{Value, json};

use crate::rng::Rng;
use crate::roundtrip::{consent, mapping_for, terms};
use crate::{as_golden, fixture, mapping};

#[test]
fn terms_written_in_r5_read_back_the_same() {
    let mut rng = Rng::from_env();
    let mut written = 0;
    for case in 0..1_000 {
        let terms = terms(&mut rng);
        let mapping = mapping_for(&mut rng, &terms);
        let intent = rng.one(&[Intent::Propose, Intent::Grant]);
        let (r4, r5) = (terms_to_fhir(&terms, intent, &mapping), terms_to_fhir_r5(&terms, intent, &mapping));
        let text = match (r4, r5) {
            (Ok(_), Ok(text)) => text,
            (Err(one), Err(other)) => {
                assert_eq!(one, other);
                continue;
            }
            other => panic!("case {case}: one version can be written and the other cannot: {other:?}"),
        };
        written += 1;
        let draft =
            consent_from_fhir_r5(&text, &mapping).unwrap_or_else(|error| panic!("case {case}: {error}\n{text}"));
        assert_eq!((draft.terms, draft.intent), (terms, intent), "case {case}\n{text}");
        assert!(draft.exceptions.is_empty());
        // A reader of R4 does not take one version for the other.
        assert!(consent_from_fhir(&text, &mapping).is_err());
    }
    assert!(written > 900);
}

#[test]
fn a_dissent_in_r5_permits_nothing_to_whoever_does_not_know_it() {
    let mut rng = Rng(3);
    let mut terms = terms(&mut rng);
    terms.effect = Effect::Deny;
    let text = terms_to_fhir_r5(&terms, Intent::Grant, &Mapping::default()).unwrap();
    let mut resource: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(resource["decision"], "permit");
    assert!(resource["modifierExtension"][0]["url"].as_str().unwrap().ends_with("/dissent"));
    // Without the modifier it would be an opt-in with an exception, which is something else.
    resource.as_object_mut().unwrap().remove("modifierExtension");
    let read = consent_from_fhir_r5(&resource.to_string(), &Mapping::default());
    assert_ne!(read.map(|draft| (draft.terms, draft.exceptions.len())), Ok((terms, 0)));
}

#[test]
fn records_in_r5_carry_identifier_date_and_status() {
    let mut rng = Rng(5);
    for status in ConsentStatus::ALL {
        let consent = consent(&mut rng, *status);
        let written: Value = serde_json::from_str(&consent_to_fhir_r5(&consent, &Mapping::default()).unwrap()).unwrap();
        assert_eq!((&written["id"], &written["date"]), (&json!(consent.id.to_string()), &json!("2026-09-21")));
        let expected = match status {
            ConsentStatus::Proposed => "draft",
            ConsentStatus::Active => "active",
            ConsentStatus::Rejected | ConsentStatus::Lapsed => "not-done",
            ConsentStatus::EnteredInError => "entered-in-error",
            _ => "inactive",
        };
        assert_eq!(written["status"], expected, "{status}");
    }
}

/// An R5 resource over the policy of the fixtures.
fn r5(decision: &str, provision: Value) -> Value {
    let r4: Value = serde_json::from_str(&fixture("p2-share.json")).unwrap();
    let mut resource = json!({
        "resourceType": "Consent",
        "status": "active",
        "category": r4["category"],
        "subject": r4["patient"],
        "controller": r4["organization"],
        "policyBasis": r4["policy"][0],
        "extension": r4["extension"],
        "decision": decision,
    });
    if !provision.is_null() {
        resource["provision"] = provision;
    }
    resource
}

#[test]
fn the_patterns_of_r4_are_understood_in_r5() {
    let r4: Value = serde_json::from_str(&fixture("p2-share.json")).unwrap();
    let mut provision = r4["provision"].clone();
    let effect = provision.as_object_mut().unwrap().remove("type");
    assert_eq!(effect, Some(json!("permit")));
    // Classes of R4 are resource types or document types.
    let classes = provision.as_object_mut().unwrap().remove("class").unwrap_or(json!([]));
    provision["documentType"] = classes;
    let text = r5("deny", json!([provision])).to_string();
    let expected = consent_from_fhir(&fixture("p2-share.json"), &mapping()).unwrap();
    assert_eq!(consent_from_fhir_r5(&text, &mapping()).unwrap().terms, expected.terms);
    // What the provision excepts is taken away from it.
    let mut narrowed = provision.clone();
    narrowed["provision"] = json!([{ "purpose": [{
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"
    }] }]);
    let draft = consent_from_fhir_r5(&r5("deny", json!([narrowed])).to_string(), &mapping()).unwrap();
    assert_eq!(draft.exceptions.len(), 1);
    assert_eq!((draft.exceptions[0].effect, &draft.exceptions[0].purposes[..]), (Effect::Deny, &[Purpose::Hresch][..]));
}

/// The value under a pointer, and the refusal that it brings.
type Change = (&'static str, Value, &'static str);

#[test]
fn refusals_name_elements_of_r5() {
    let mut rng = Rng(6);
    let mut terms = terms(&mut rng);
    (terms.effect, terms.data_period) = (Effect::Permit, None);
    let text = terms_to_fhir_r5(&terms, Intent::Grant, &Mapping::default()).unwrap();
    let changes: [Change; 10] = [
        ("/decision", json!("maybe"), "E712 Consent.decision"),
        ("/status", json!("unknown"), "E711 Consent.status"),
        ("/subject", json!({ "reference": "Patient/9" }), "E713 Consent.subject"),
        ("/controller", json!([{ "reference": "Practitioner/9" }]), "E711 Consent.controller[0]"),
        ("/policyBasis", json!({ "uri": "http://unknown.example" }), "E713 Consent.policyBasis"),
        ("/modifierExtension", json!([{ "url": "http://other.example" }]), "E711 Consent.modifierExtension[0]"),
        ("/grantee", json!([{ "reference": "Organization/1" }]), "E711 Consent.grantee"),
        ("/provision/0/purpose/0/code", json!("FooBar"), "E711 Consent.provision[0].purpose[0]"),
        ("/provision/0/documentType/0/code", json!("x"), "E711 Consent.provision[0].documentType[0]"),
        ("/provision/0/expression", json!({}), "E711 Consent.provision[0].expression"),
    ];
    for (pointer, value, expected) in changes {
        let mut resource: Value = serde_json::from_str(&text).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { &mut resource } else { resource.pointer_mut(parent).unwrap() };
        parent.as_object_mut().unwrap().insert(name.to_owned(), value);
        let error = consent_from_fhir_r5(&resource.to_string(), &Mapping::default()).unwrap_err();
        assert_eq!(format!("E{} {}", error.code.number(), error.path), expected);
    }
}

/// IHE PCF: everything is denied but for breaking the glass; the group that may is for illustration only.
#[test]
fn deny_except_break_glass_may_name_the_group() {
    let group = "Group/privileged";
    let exception = json!({
        "type": "permit",
        "purpose": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG" }],
        "actor": [{
            "role": { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"
            }] },
            "reference": { "reference": group },
        }],
    });
    let mut resource: Value = serde_json::from_str(&fixture("p3-deny.json")).unwrap();
    resource["provision"]["provision"] = json!([exception]);
    let error = consent_from_fhir(&resource.to_string(), &mapping()).unwrap_err();
    assert_eq!(error.path, "Consent.provision.provision[0]", "the group is not known");
    let known = Mapping { break_glass_groups: vec![group.to_owned()], ..mapping() };
    let draft = consent_from_fhir(&resource.to_string(), &known).unwrap();
    assert_eq!((draft.terms.effect, draft.terms.break_glass), (Effect::Deny, BreakGlass::Allow));
    assert!(draft.exceptions.is_empty());
}

/// IHE PCF: normal data, but not restricted data: the exception takes nothing away.
#[test]
fn an_exception_above_the_permits_grade_is_no_dissent() {
    let label = |code: &str| {
        json!([{
            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code
        }])
    };
    let mut resource: Value = serde_json::from_str(&fixture("p1-claim.json")).unwrap();
    resource["provision"]["securityLabel"] = label("N");
    let plain = consent_from_fhir(&resource.to_string(), &mapping()).unwrap();
    resource["provision"]["provision"] = json!([{ "type": "deny", "securityLabel": label("R") }]);
    assert_eq!(consent_from_fhir(&resource.to_string(), &mapping()).unwrap(), plain);
    resource["provision"]["provision"] = json!([{ "type": "deny", "securityLabel": label("M") }]);
    let error = consent_from_fhir(&resource.to_string(), &mapping()).unwrap_err();
    assert_eq!(error.path, "Consent.provision.provision[0].securityLabel[0]");
}

#[test]
fn the_golden_consents_are_what_is_written() {
    let mut lines = String::new();
    for name in ["p1-claim", "p3-deny", "p4-draft"] {
        let draft = consent_from_fhir(&fixture(&format!("{name}.json")), &mapping()).unwrap();
        lines.push_str(&terms_to_fhir_r5(&draft.terms, draft.intent, &mapping()).unwrap());
        lines.push('\n');
    }
    as_golden("consents-r5.ndjson", &lines);
}
