//! Consents as contracts of a data space, and back.

use assent_fhir::dataspace::{
    Negotiation, NegotiationState, consent_from_odrl, consent_to_odrl, negotiation_from_dsp, negotiation_to_dsp,
    terms_to_odrl,
};
use assent_fhir::{Defaults, Intent, Mapping, OrganizationEntry, PatientEntry, PolicyEntry, terms_to_fhir};
use assent_types::codec::Set;
use assent_types::consent::*;
use assent_types::{ConsentId, ErrorCode, Hash32, Millis, OrgId, Sp};
use serde_json::{Value, json};

use crate::claims::{Change, refused};
use crate::rng::Rng;
use crate::roundtrip::{consent, mapping_for, terms};
use crate::{as_golden, fixture, mapping};

/// Any terms for one organisation.
fn contract(rng: &mut Rng) -> ConsentTerms {
    let orgs = Set::new([OrgId(rng.below(9) as u32)]).unwrap();
    ConsentTerms { grantees: Grantees { orgs, ..Grantees::default() }, ..terms(rng) }
}

#[test]
fn terms_written_in_odrl_read_back_the_same() {
    let mut rng = Rng::from_env();
    let mut written = 0;
    for case in 0..1_000 {
        let terms = contract(&mut rng);
        let mapping = mapping_for(&mut rng, &terms);
        let intent = rng.one(&[Intent::Propose, Intent::Grant]);
        let text = match (terms_to_fhir(&terms, intent, &mapping), terms_to_odrl(&terms, intent, &mapping)) {
            (Ok(_), Ok(text)) => text,
            (Err(one), Err(other)) => {
                assert_eq!(one, other);
                continue;
            }
            other => panic!("case {case}: one form can be written and the other cannot: {other:?}"),
        };
        written += 1;
        let draft = consent_from_odrl(&text, &mapping).unwrap_or_else(|error| panic!("case {case}: {error}\n{text}"));
        assert_eq!((draft.terms, draft.intent), (terms, intent), "case {case}\n{text}");
        assert!(draft.exceptions.is_empty());
    }
    assert!(written > 900, "{written}");
}

#[test]
fn a_dissent_is_a_prohibition_and_beats_permissions() {
    let mut rng = Rng(3);
    for (effect, present, absent) in
        [(Effect::Permit, "permission", "prohibition"), (Effect::Deny, "prohibition", "permission")]
    {
        let terms = ConsentTerms { effect, ..contract(&mut rng) };
        let text = terms_to_odrl(&terms, Intent::Grant, &Mapping::default()).unwrap();
        let policy: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&policy["conflict"], policy[present].as_array().map(Vec::len)), (&json!("prohibit"), Some(1)));
        assert!(policy.get(absent).is_none());
        assert_eq!(policy["prohibition"][0].get("duty"), None, "a prohibition has no duties");
    }
}

#[test]
fn purposes_are_constraints_and_obligations_duties() {
    let mut rng = Rng(4);
    let mut terms = contract(&mut rng);
    terms.effect = Effect::Permit;
    terms.purposes = Set::new([Purpose::Clmattch]).unwrap();
    terms.obligations = Obligations::of(&[Obligation::Noreuse, Obligation::NotifySubject]);
    terms.retention_days = Some(30);
    let text = terms_to_odrl(&terms, Intent::Grant, &Mapping::default()).unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    let rule = &policy["permission"][0];
    let purpose = json!({
        "leftOperand": "purpose",
        "operator": "isAnyOf",
        "rightOperand": ["http://terminology.hl7.org/CodeSystem/v3-ActReason#CLMATTCH"],
    });
    assert_eq!(rule["constraint"][0], purpose);
    let actions: Vec<&Value> = rule["duty"].as_array().unwrap().iter().map(|duty| &duty["action"]).collect();
    let own = "https://assent.example/fhir/CodeSystem/obligation#NOTIFY_SUBJECT";
    assert_eq!(actions, ["http://terminology.hl7.org/CodeSystem/v3-ActCode#NOREUSE", own, "delete"]);
    assert_eq!(rule["duty"][2]["constraint"][0]["rightOperand"], "P30D");
}

#[test]
fn a_contract_has_two_parties() {
    let mut rng = Rng(5);
    let one = contract(&mut rng);
    let two = Grantees { orgs: Set::new([OrgId(1), OrgId(2)]).unwrap(), ..Grantees::default() };
    let but = Grantees { excluded: Set::new([OrgId(3)]).unwrap(), ..one.grantees.clone() };
    for grantees in [two, but] {
        let terms = ConsentTerms { grantees, ..one.clone() };
        let error = terms_to_odrl(&terms, Intent::Grant, &Mapping::default()).unwrap_err();
        assert_eq!((error.code, error.path.as_str()), (ErrorCode::FhirUnsupported, "policy.assignee"));
    }
}

#[test]
fn a_policy_of_another_system_is_read_with_the_defaults_of_its_policy() {
    // What connectors send: no profile, single values, prefixes. The rest is what the parties have agreed on.
    let (sp, policy) = (Sp(Hash32([1; 32])), PolicyRef { policy: Hash32([2; 32]), notice: Hash32([3; 32]) });
    let evidence =
        EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([4; 32]), timestamp: None, mutually_recognised: false };
    let defaults = Defaults {
        kind: Some(ConsentKind::Claim),
        actions: Some(DataActions::of(&[DataAction::Access])),
        categories: Some(Categories::of(&[Category::Lab])),
        max_grade: Some(3),
        evidence: Some(evidence),
        ..Defaults::default()
    };
    let org = |reference: &str, org| OrganizationEntry { reference: reference.to_owned(), org: OrgId(org) };
    let mut mapping = Mapping {
        patients: vec![PatientEntry { reference: "urn:patient:1".to_owned(), controller: OrgId(1), sp }],
        organizations: vec![org("did:web:hospital.example", 1), org("did:web:insurer.example", 3)],
        policies: vec![PolicyEntry { name: "https://claims.example/policy".to_owned(), policy, defaults }],
        ..Mapping::default()
    };
    let offer = json!({
        "@context": "https://w3id.org/dspace/2025/1/context.jsonld",
        "@type": "Offer",
        "@id": "urn:uuid:3dd1add8-4d2d-569e-d634-8394a8836a88",
        "target": "urn:patient:1",
        "assigner": "did:web:hospital.example",
        "assignee": "did:web:insurer.example",
        "https://assent.example/fhir/odrl#policy": "https://claims.example/policy",
        "permission": [{
            "action": "odrl:use",
            "constraint": [
                {
                    "leftOperand": "odrl:purpose",
                    "operator": "eq",
                    "rightOperand": "http://terminology.hl7.org/CodeSystem/v3-ActReason#CLMATTCH",
                },
                { "leftOperand": "odrl:spatial", "operator": "odrl:eq", "rightOperand": "HK" },
                { "leftOperand": "odrl:dateTime", "operator": "odrl:gteq", "rightOperand": "2026-12-01" },
                { "leftOperand": "dateTime", "operator": "odrl:lteq", "rightOperand": "2026-12-31" },
            ],
        }],
    })
    .to_string();
    let draft = consent_from_odrl(&offer, &mapping).unwrap();
    let terms = &draft.terms;
    assert_eq!((draft.intent, terms.subject, terms.controller), (Intent::Propose, sp, OrgId(1)));
    assert_eq!(terms.purposes, Set::new([Purpose::Clmattch]).unwrap());
    assert_eq!(terms.grantees.orgs, Set::new([OrgId(3)]).unwrap());
    assert_eq!((terms.max_grade, terms.evidence, terms.policy), (3, evidence, policy));
    // From midnight to midnight in Hong Kong.
    assert_eq!((terms.nbf, terms.exp), (Millis(1_796_054_400_000), Some(Millis(1_798_732_800_000))));
    // What neither the offer nor the defaults say is named, never guessed.
    mapping.policies[0].defaults.evidence = None;
    assert_eq!(consent_from_odrl(&offer, &mapping).unwrap_err().code, ErrorCode::FhirMissing);
    mapping.organizations.clear();
    assert_eq!(consent_from_odrl(&offer, &mapping).unwrap_err().path, "policy.assigner");
}

/// The claim consent of the fixtures, for the insurer alone.
fn agreement() -> String {
    let draft = assent_fhir::consent_from_fhir(&fixture("p1-claim.json"), &mapping()).unwrap();
    terms_to_odrl(&draft.terms, Intent::Grant, &Mapping::default()).unwrap()
}

#[test]
fn what_terms_cannot_say_is_refused_at_its_place() {
    let read = |text: &str| consent_from_odrl(text, &Mapping::default());
    let constraint = |left: &str, operator: &str, right: Value| json!([{ "leftOperand": left, "operator": operator, "rightOperand": right }]);
    let other = json!(["https://w3id.org/dspace/2025/1/context.jsonld", { "use": "urn:x" }]);
    let twice = ["purpose", "odrl:purpose"].map(|left| constraint(left, "eq", "urn:x#TREAT".into())[0].clone());
    let changes: [Change; 15] = [
        ("/@context", "http://www.w3.org/ns/odrl.jsonld".into(), "E711 policy.@context"),
        ("/@context", other, "E712 policy.@context[1]"),
        ("/@type", "Set".into(), "E711 policy.@type"),
        ("/conflict", "perm".into(), "E711 policy.conflict"),
        ("/obligation", json!([]), "E711 policy.obligation"),
        ("/prohibition", json!([{ "action": "use" }]), "E711 policy.permission"),
        ("/target", "Patient/unknown".into(), "E713 policy.target"),
        ("/permission/0/action", "distribute".into(), "E711 policy.permission[0].action"),
        ("/permission/0/constraint", json!([]), "E712 policy.permission[0].constraint"),
        ("/permission/0/constraint", json!(twice), "E711 policy.permission[0].constraint[1]"),
        (
            "/permission/0/constraint",
            constraint("count", "lteq", "3".into()),
            "E711 policy.permission[0].constraint[0].leftOperand",
        ),
        (
            "/permission/0/constraint",
            constraint("purpose", "isNoneOf", "urn:x#TREAT".into()),
            "E711 policy.permission[0].constraint[0].operator",
        ),
        (
            "/permission/0/constraint",
            constraint("purpose", "eq", "research".into()),
            "E711 policy.permission[0].constraint[0]",
        ),
        ("/permission/0/duty", json!([{ "action": "urn:x#pay" }]), "E711 policy.permission[0].duty[0].action"),
        (
            "/permission/0/duty",
            json!([{ "action": "delete", "constraint": constraint("elapsedTime", "eq", "P1Y".into()) }]),
            "E711 policy.permission[0].duty[0].constraint[0]",
        ),
    ];
    refused(&agreement(), &changes, read);
}

#[test]
fn every_status_of_a_consent_has_its_state() {
    let mut rng = Rng(6);
    for status in ConsentStatus::ALL {
        let mut consent = consent(&mut rng, *status);
        (consent.terms.exp, consent.answer_by, consent.suspended_until) = (None, None, None);
        for offers in [true, false] {
            let other = OrgId(consent.terms.controller.0 + 1);
            consent.proposed_by = Some(if offers { consent.terms.controller } else { other });
            let expected = match status {
                ConsentStatus::Proposed if offers => Ok("OFFERED"),
                ConsentStatus::Proposed => Ok("REQUESTED"),
                ConsentStatus::Active => Ok("FINALIZED"),
                ConsentStatus::Suspended => Err(ErrorCode::FhirUnsupported),
                _ => Ok("TERMINATED"),
            };
            let state = NegotiationState::of(&consent, Millis(1));
            assert_eq!(state.map(NegotiationState::code).map_err(|error| error.code), expected, "{status}");
        }
        consent.terms = contract(&mut rng);
        let kind = match consent_to_odrl(&consent, &Mapping::default()) {
            Ok(text) => serde_json::from_str::<Value>(&text).unwrap()["@type"].as_str().map(str::to_owned),
            Err(error) => panic_unless_over(*status, &error),
        };
        let expected = match status {
            ConsentStatus::Proposed => Some("Offer"),
            ConsentStatus::Active => Some("Agreement"),
            _ => None,
        };
        assert_eq!(kind.as_deref(), expected, "{status}");
    }
}

fn panic_unless_over(status: ConsentStatus, error: &assent_fhir::FhirError) -> Option<String> {
    assert!(!matches!(status, ConsentStatus::Proposed | ConsentStatus::Active), "{status}: {error}");
    assert_eq!((error.code, error.path.as_str()), (ErrorCode::FhirUnsupported, "policy.@type"));
    None
}

#[test]
fn negotiations_read_back() {
    let mut rng = Rng(7);
    for state in NegotiationState::ALL {
        let negotiation = Negotiation { consent: ConsentId(rng.hash()), state };
        let text = negotiation_to_dsp(&negotiation).unwrap();
        assert_eq!(negotiation_from_dsp(&text), Ok(negotiation));
    }
    let text =
        negotiation_to_dsp(&Negotiation { consent: ConsentId(rng.hash()), state: NegotiationState::Agreed }).unwrap();
    let changes: [Change; 5] = [
        ("/@type", "ContractOfferMessage".into(), "E711 ContractNegotiation.@type"),
        ("/state", "PAID".into(), "E712 ContractNegotiation.state"),
        ("/providerPid", "urn:uuid:1".into(), "E711 ContractNegotiation.providerPid"),
        ("/consumerPid", "urn:uuid:1".into(), "E711 ContractNegotiation.consumerPid"),
        ("/offer", json!({}), "E711 ContractNegotiation.offer"),
    ];
    refused(&text, &changes, negotiation_from_dsp);
}

#[test]
fn the_golden_contract_is_what_is_written() {
    let negotiation = Negotiation { consent: ConsentId(Rng(8).hash()), state: NegotiationState::Finalized };
    let lines = [agreement(), negotiation_to_dsp(&negotiation).unwrap()];
    as_golden("contracts.ndjson", &(lines.join("\n") + "\n"));
}
