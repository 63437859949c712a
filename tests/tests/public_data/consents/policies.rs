//! What the references and policies of the examples mean on the test's ledger.

use assent_fhir::{Defaults, DocumentEntry, Mapping, OrganizationEntry, PatientEntry, PolicyEntry};
use assent_genesis::sample::HONG_KONG_HOSPITAL;
use assent_types::consent::*;
use assent_types::org::Role;
use assent_types::place::{Jurisdiction, Place};
use assent_types::{Hash32, Set, Sp};

use crate::ledger::RESEARCH_HOUSE;

/// The patient's pseudonym.
pub(super) const SUBJECT: Sp = Sp(Hash32([0x55; 32]));

/// The examples' documents and one that no example names, each with its lineage.
pub(super) fn documents() -> impl Iterator<Item = (&'static str, Hash32)> {
    let names = [
        "Observation/ex-weight",
        "Observation/ex-weight-2",
        "Observation/ex-bloodSugar",
        "Observation/ex-bloodPressure",
        "Observation/ex-alcoholUse",
        "Encounter/ex-encounter",
        "another",
    ];
    names.into_iter().zip(1..).map(|(name, byte)| (name, Hash32([byte; 32])))
}

pub(super) fn evidence() -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::PaperScan, hash: Hash32([9; 32]), timestamp: None, mutually_recognised: false }
}

/// What a policy says where an example is silent: in Hong Kong, for normal data, to organisations of these roles.
fn defaults(roles: &[Role], purposes: &[Purpose]) -> Defaults {
    let hong_kong = Set::new([Place::whole(Jurisdiction::Hk)]).unwrap();
    let community =
        roles.iter().map(|role| RoleSelector { role: *role, places: hong_kong.clone(), accreditation: None });
    Defaults {
        kind: Some(ConsentKind::Share),
        grantees: Some(Grantees { roles: Set::new(community).unwrap(), ..Grantees::default() }),
        purposes: Some(Set::new(purposes.iter().copied()).unwrap()),
        actions: Some(DataActions::of(&[DataAction::Access, DataAction::Use])),
        categories: Some(Categories::all()),
        max_grade: Some(4),
        places: Some(hong_kong),
        evidence: Some(evidence()),
        ..Defaults::default()
    }
}

pub(super) fn mapping() -> Mapping {
    use Purpose::{Hoperat, Hpaymt, Hresch, Pubhlth, Treat};
    let care = || defaults(&[Role::Hospital, Role::Insurer], &[Treat, Hpaymt, Hoperat]);
    // A policy of which nothing is left over when it is rejected.
    let everything =
        || defaults(&[Role::Hospital, Role::Insurer, Role::Research], &[Treat, Hpaymt, Hoperat, Hresch, Pubhlth]);
    let policies = [
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode|OPTIN", care()),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode|OPTOUT", everything()),
        ("http://example.org/policies/basePrivacyConsentPolicy.txt", care()),
        ("http://example.org/policies/researchPrivacyConsentPolicy.txt", defaults(&[Role::Research], &[Hresch])),
        ("https://profiles.ihe.net/ITI/PCF/Policy-basic-normal", care()),
        ("https://profiles.ihe.net/ITI/PCF/Policy-break-glass-only", everything()),
    ];
    let orgs = [
        ("Organization/ex-organization", HONG_KONG_HOSPITAL),
        ("Organization/f001", HONG_KONG_HOSPITAL),
        ("Organization/ex-org-researcher", RESEARCH_HOUSE),
    ];
    let patients = ["f001", "example", "72", "xcda", "ex-patient"];
    Mapping {
        organizations: orgs.map(|(name, org)| OrganizationEntry { reference: name.to_owned(), org }).into(),
        patients: patients
            .map(|patient| PatientEntry {
                reference: format!("Patient/{patient}"),
                controller: HONG_KONG_HOSPITAL,
                sp: SUBJECT,
            })
            .into(),
        documents: documents().map(|(name, lineage)| DocumentEntry { reference: name.to_owned(), lineage }).collect(),
        policies: policies
            .into_iter()
            .zip(1..)
            .map(|((name, defaults), byte)| PolicyEntry {
                name: name.to_owned(),
                policy: PolicyRef { policy: Hash32([byte; 32]), notice: Hash32([byte; 32]) },
                defaults,
            })
            .collect(),
        break_glass_groups: vec!["Group/ex-privilegedUsers".to_owned()],
        ..Mapping::default()
    }
}
