use assent_fhir::{ConsentDraft, Defaults, FhirError, PolicyEntry, consent_from_fhir};
use assent_types::consent::{BreakGlass, Effect, PolicyRef};
use assent_types::{Hash32, Millis};
use serde_json::{Value, json};

use crate::{fixture, mapping};

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const OWN: &str = "https://assent.example/fhir/StructureDefinition/";

fn claim() -> Value {
    serde_json::from_str(&fixture("p1-claim.json")).unwrap()
}

fn read(resource: &Value) -> Result<ConsentDraft, FhirError> {
    consent_from_fhir(&resource.to_string(), &mapping())
}

/// Sets the value at a JSON pointer; its last part is created, and `-` appends to an array.
fn set(resource: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match resource.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        Value::Object(fields) => drop(fields.insert(last.to_owned(), value)),
        other => panic!("{pointer} lies in {other}"),
    }
}

fn remove(resource: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match resource.pointer_mut(parent).unwrap() {
        Value::Array(items) => drop(items.remove(last.parse().unwrap())),
        Value::Object(fields) => assert!(fields.remove(last).is_some(), "{pointer}"),
        other => panic!("{pointer} lies in {other}"),
    }
}

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

/// Pointer, value to set there, number of the error, path of the error.
type Case = (&'static str, Value, &'static str, &'static str);

/// Faults of the resource itself.
fn resource_cases() -> Vec<Case> {
    vec![
        ("/modifierExtension", json!([{ "url": "x" }]), "E711", "Consent.modifierExtension"),
        ("/implicitRules", json!("http://example.org"), "E711", "Consent.implicitRules"),
        ("/_status", json!({ "id": "x" }), "E711", "Consent._status"),
        ("/contained", json!([{}]), "E711", "Consent.contained"),
        ("/verification", json!([{ "verified": false }]), "E711", "Consent.verification"),
        ("/securityLabels", json!([]), "E711", "Consent.securityLabels"),
        ("/provision/modifierExtension", json!([]), "E711", "Consent.provision.modifierExtension"),
        ("/provision/unless", json!("x"), "E711", "Consent.provision.unless"),
        ("/provision/actor/0/until", json!("x"), "E711", "Consent.provision.actor[0].until"),
        ("/resourceType", json!("Patient"), "E711", "resourceType"),
        ("/status", json!("inactive"), "E711", "Consent.status"),
        ("/status", json!("rejected"), "E711", "Consent.status"),
        ("/status", json!("entered-in-error"), "E711", "Consent.status"),
        ("/status", json!("not-done"), "E712", "Consent.status"),
        ("/status", json!(""), "E712", "Consent.status"),
        ("/status", json!(null), "E712", "Consent.status"),
        ("/dateTime", json!("yesterday"), "E712", "Consent.dateTime"),
        ("/scope/coding/0/code", json!("treatment"), "E711", "Consent.scope"),
        ("/scope/coding/0/code", json!("research"), "E711", "Consent.scope"),
        ("/scope/coding/-", coding("x", "y"), "E711", "Consent.scope.coding"),
        ("/category/-", json!({ "coding": [coding(ACT_CODE, "EMRGONLY")] }), "E711", "Consent.category[2]"),
        ("/category/1/coding/0/code", json!("SALE"), "E712", "Consent.category[1]"),
        ("/category", json!([]), "E712", "Consent.category"),
        ("/patient/reference", json!("Patient/p9"), "E713", "Consent.patient"),
        ("/patient", json!({ "display": "p1" }), "E713", "Consent.patient"),
        ("/organization/0/reference", json!("Organization/other"), "E713", "Consent.organization[0]"),
        ("/organization/0/reference", json!("Practitioner/x"), "E711", "Consent.organization[0]"),
        (
            "/organization/-",
            json!({ "reference": "Organization/hongkong-hospital" }),
            "E711",
            "Consent.organization[1]",
        ),
        ("/performer/-", json!({ "reference": "Patient/p2" }), "E711", "Consent.performer[1]"),
        ("/policy/0/uri", json!("https://example.org/unknown"), "E713", "Consent.policy[0]"),
        ("/policy/-", json!({ "uri": "https://example.org/second" }), "E711", "Consent.policy"),
        ("/policyRule", json!({ "coding": [coding(ACT_CODE, "OPTIN")] }), "E711", "Consent.policyRule"),
        ("/policyRule", json!({ "coding": [coding("x", "y")] }), "E711", "Consent.policy"),
    ]
}

/// Faults of its provision.
fn provision_cases() -> Vec<Case> {
    let actor = |reference: &str| {
        let role = json!({ "coding": [coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")] });
        json!({ "role": role, "reference": { "reference": reference } })
    };
    vec![
        ("/provision/type", json!("allow"), "E712", "Consent.provision.type"),
        ("/provision/actor/-", actor("Practitioner/p"), "E711", "Consent.provision.actor[1].reference"),
        ("/provision/actor/-", actor("Group/g"), "E711", "Consent.provision.actor[1].reference"),
        ("/provision/actor/-", actor("Organization/other"), "E713", "Consent.provision.actor[1].reference"),
        ("/provision/actor/0/role/coding/0/code", json!("AUT"), "E711", "Consent.provision.actor[0].role"),
        ("/provision/actor/0/role/coding/0/code", json!("CST"), "E711", "Consent.provision.actor[0].reference"),
        ("/provision/purpose/-", coding(ACT_REASON, "MARKETING"), "E711", "Consent.provision.purpose[3]"),
        ("/provision/purpose/-", coding("http://example.org", "TREAT"), "E711", "Consent.provision.purpose[3]"),
        ("/provision/action/-", json!({ "coding": [coding("x", "access")] }), "E711", "Consent.provision.action[2]"),
        ("/provision/class/-", coding("urn:ietf:bcp:13", "application/pdf"), "E711", "Consent.provision.class[6]"),
        (
            "/provision/class/-",
            coding("http://hl7.org/fhir/resource-types", "MedicationRequest"),
            "E711",
            "Consent.provision.class[6]",
        ),
        (
            "/provision/code",
            json!([{ "coding": [coding("http://loinc.org", "1-1")] }]),
            "E711",
            "Consent.provision.code",
        ),
        ("/provision/securityLabel/-", coding(ACT_CODE, "ETHUD"), "E711", "Consent.provision.securityLabel[1]"),
        ("/provision/securityLabel/-", coding(CONFIDENTIALITY, "X"), "E711", "Consent.provision.securityLabel[1]"),
        (
            "/provision/data",
            json!([{ "meaning": "related", "reference": { "reference": "Encounter/e" } }]),
            "E711",
            "Consent.provision.data[0].meaning",
        ),
        (
            "/provision/data",
            json!([{ "meaning": "instance", "reference": { "reference": "DocumentReference/d" } }]),
            "E713",
            "Consent.provision.data[0].reference",
        ),
        ("/provision/dataPeriod", json!({ "start": "2026-01-01" }), "E713", "Consent.provision.dataPeriod.end"),
        ("/provision/dataPeriod/start", json!("1969-12-31"), "E711", "Consent.provision.dataPeriod.start"),
        ("/provision/dataPeriod/end", json!("2026-12-31T10:00:00Z"), "E711", "Consent.provision.dataPeriod.end"),
        ("/provision/dataPeriod/end", json!("2025-12-31"), "E712", "Consent.provision.dataPeriod"),
        ("/provision/period/end", json!("2025-12-31"), "E712", "Consent.provision.period"),
        ("/provision/period/end", json!("1969-12-30"), "E711", "Consent.provision.period.end"),
        ("/provision/period/start", json!("2026-02-30"), "E712", "Consent.provision.period.start"),
    ]
}

#[test]
fn what_cannot_be_expressed_is_refused_at_its_element() {
    for (pointer, value, number, path) in resource_cases().into_iter().chain(provision_cases()) {
        let mut resource = claim();
        set(&mut resource, pointer, value);
        let error = read(&resource).expect_err(pointer);
        assert_eq!((format!("E{}", error.code.number()).as_str(), error.path.as_str()), (number, path), "{error}");
    }
}

#[test]
fn extensions_are_strict_when_they_are_ours() {
    let own = |name: &str, value: Value| {
        let mut extension = value;
        extension["url"] = json!(format!("{OWN}{name}"));
        extension
    };
    let root = "Consent.extension[5]";
    let cases = [
        ("/extension/-", own("seperate-consent", json!({ "valueCode": "AUTO" })), root),
        ("/extension/-", own("separate-consent", json!({ "valueCode": "MAYBE" })), root),
        ("/extension/-", own("separate-consent", json!({ "valueString": "AUTO" })), root),
        ("/extension/-", own("separate-consent", json!({ "valueCode": "AUTO", "valueString": "x" })), root),
        (
            "/extension/-",
            own("retention-days", json!({ "valueUnsignedInt": 4_294_967_296_u64 })),
            "Consent.extension[5].valueUnsignedInt",
        ),
        (
            "/extension/-",
            own("retention-days", json!({ "valueUnsignedInt": -1 })),
            "Consent.extension[5].valueUnsignedInt",
        ),
        ("/extension/-", own("limits", json!({ "extension": [{ "url": "rate-count", "valueUnsignedInt": 1 }] })), root),
        (
            "/extension/-",
            own("limits", json!({ "extension": [{ "url": "max-amount", "valueUnsignedInt": 1 }] })),
            "Consent.extension[5].extension[0]",
        ),
        ("/extension/-", own("evidence", json!({ "valueString": "x" })), root),
        (
            "/provision/extension/-",
            own("place", json!({ "valueString": "Shenzhen" })),
            "Consent.provision.extension[1]",
        ),
        (
            "/provision/extension/-",
            own("place", json!({ "valueString": "CN-04403" })),
            "Consent.provision.extension[1]",
        ),
        (
            "/provision/extension/-",
            own("max-grade", json!({ "valueUnsignedInt": 6 })),
            "Consent.provision.extension[1]",
        ),
    ];
    for (pointer, value, path) in cases {
        let mut resource = claim();
        set(&mut resource, pointer, value.clone());
        let error = read(&resource).expect_err(&value.to_string());
        assert_eq!((error.code.number(), error.path.as_str()), (712, path), "{value}: {error}");
    }
    let mut resource = claim();
    set(&mut resource, "/extension/-", json!({ "url": "http://example.org/colour", "valueColour": { "deep": [1.5] } }));
    assert_eq!(read(&resource), read(&claim()), "extensions of others are no modifiers");
}

/// Every pointer to a field of an object.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                into.push(format!("{at}/{name}"));
                pointers(field, &format!("{at}/{name}"), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                into.push(format!("{at}/{index}"));
                pointers(item, &format!("{at}/{index}"), into);
            }
        }
        _ => {}
    }
}

#[test]
fn nothing_that_is_said_is_passed_over() {
    // The LOINC category only repeats that this is a consent; when it was written down binds nobody.
    let silent = ["/category/0", "/dateTime"];
    let whole = read(&claim()).unwrap();
    let mut all = Vec::new();
    pointers(&claim(), "", &mut all);
    assert!(all.len() > 100);
    for pointer in all {
        let mut resource = claim();
        remove(&mut resource, &pointer);
        let is_same = read(&resource).is_ok_and(|draft| draft == whole);
        assert_eq!(is_same, silent.contains(&pointer.as_str()), "without {pointer}");
    }
}

#[test]
fn an_unknown_element_anywhere_is_refused() {
    let mut all = Vec::new();
    pointers(&claim(), "", &mut all);
    let mut tried = 0;
    for pointer in all {
        let mut resource = claim();
        if resource.pointer(&pointer).is_none_or(|value| !value.is_object()) {
            continue;
        }
        set(&mut resource, &format!("{pointer}/valueOfLife"), json!("x"));
        let error = read(&resource).expect_err(&pointer);
        assert_eq!(error.code.number(), 711, "{pointer}: {error}");
        assert!(error.path.ends_with("valueOfLife"), "{error}");
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn a_nested_deny_becomes_a_consent_of_its_own() {
    let mut resource = claim();
    let nested = json!([
        { "type": "deny", "dataPeriod": { "start": "2026-03-01", "end": "2026-03-31" } },
        { "type": "permit", "purpose": [coding(ACT_REASON, "PMTDS")], "securityLabel": [coding(CONFIDENTIALITY, "M")] },
    ]);
    set(&mut resource, "/provision/provision", nested);
    let draft = read(&resource).unwrap();
    let [deny, permit] = &draft.exceptions[..] else { panic!("two exceptions") };
    assert_eq!((deny.effect, permit.effect), (Effect::Deny, Effect::Permit));
    assert_eq!((deny.max_grade, permit.max_grade, draft.terms.max_grade), (5, 3, 4));
    assert_eq!((&deny.purposes, &deny.grantees), (&draft.terms.purposes, &draft.terms.grantees));
    assert_ne!(deny.data_period, draft.terms.data_period);
    assert_eq!(permit.data_period, draft.terms.data_period);
    assert_eq!((permit.nbf, permit.exp), (draft.terms.nbf, draft.terms.exp));
    for (nested, path) in [
        (json!([{ "type": "deny" }]), "Consent.provision.provision[0]"),
        (json!([{ "purpose": [coding(ACT_REASON, "PMTDS")] }]), "Consent.provision.provision[0].type"),
        (json!([{ "type": "deny", "provision": [{ "type": "permit" }] }]), "Consent.provision.provision[0].provision"),
        (
            json!([{ "type": "deny", "securityLabel": [coding(CONFIDENTIALITY, "M")] }]),
            "Consent.provision.provision[0].securityLabel[0]",
        ),
    ] {
        set(&mut resource, "/provision/provision", nested);
        assert_eq!(read(&resource).unwrap_err().path, path);
    }
}

#[test]
fn a_dissent_reaches_emergencies_unless_it_excepts_them() {
    let mut resource: Value = serde_json::from_str(&fixture("p3-deny.json")).unwrap();
    assert_eq!(read(&resource).unwrap().terms.break_glass, BreakGlass::Allow);
    set(&mut resource, "/provision/purpose", json!([coding(ACT_REASON, "TREAT")]));
    assert_eq!(read(&resource).unwrap().terms.break_glass, BreakGlass::Forbid);
    set(&mut resource, "/provision/provision", json!([{ "type": "permit", "purpose": [coding(ACT_REASON, "BTG")] }]));
    let draft = read(&resource).unwrap();
    assert_eq!(draft.terms.break_glass, BreakGlass::Allow);
    assert!(draft.exceptions.is_empty());
    set(&mut resource, "/provision/provision", json!([{ "type": "permit", "purpose": [coding(ACT_REASON, "TREAT")] }]));
    assert_eq!(read(&resource).unwrap_err().path, "Consent.provision.provision[0]");
}

#[test]
fn an_opt_in_with_an_exception_becomes_two_consents() {
    let mut resource: Value = serde_json::from_str(&fixture("p3-deny.json")).unwrap();
    remove(&mut resource, "/policy");
    set(&mut resource, "/policyRule", json!({ "coding": [coding(ACT_CODE, "OPTIN")] }));
    assert_eq!(read(&resource).unwrap_err().path, "Consent.policyRule");
    let permit = consent_from_fhir(&fixture("p2-share.json"), &mapping()).unwrap().terms;
    let mut mapping = mapping();
    mapping.policies.push(PolicyEntry {
        name: format!("{ACT_CODE}|OPTIN"),
        policy: PolicyRef { policy: Hash32([1; 32]), notice: Hash32([2; 32]) },
        defaults: Defaults {
            grantees: Some(permit.grantees.clone()),
            purposes: Some(permit.purposes.clone()),
            actions: Some(permit.actions),
            categories: Some(permit.categories),
            max_grade: Some(permit.max_grade),
            places: Some(permit.places.clone()),
            ..Defaults::default()
        },
    });
    let draft = consent_from_fhir(&resource.to_string(), &mapping).unwrap();
    assert_eq!((draft.terms.effect, &draft.terms.grantees), (Effect::Permit, &permit.grantees));
    let [deny] = &draft.exceptions[..] else { panic!("one exception") };
    assert_eq!((deny.effect, deny.nbf, deny.exp), (Effect::Deny, Millis(0), None));
    remove(&mut resource, "/provision/type");
    let error = consent_from_fhir(&resource.to_string(), &mapping).unwrap_err();
    assert_eq!((error.code.number(), error.path.as_str()), (713, "Consent.provision.type"));
}
