//! The published examples of HL7 FHIR R4 and of IHE Privacy Consent on FHIR, each with its outcome.
//!
//! The examples themselves are not part of the project. They are found by `ASSENT_TEST_DATA`, or in `shared/data` beside
//! the checkout; without them the summary says "data tests: not run".

use std::path::{Path, PathBuf};

use assent_fhir::testing::consents;
use assent_fhir::{
    Defaults, DocumentEntry, Mapping, OrganizationEntry, PatientEntry, PolicyEntry, consent_from_fhir, terms_to_fhir,
};
use assent_types::codec::Set;
use assent_types::consent::*;
use assent_types::org::Role;
use assent_types::place::{Jurisdiction, Place};
use assent_types::{Hash32, OrgId, Sp};

pub(crate) fn data() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ASSENT_TEST_DATA") {
        let path = PathBuf::from(path);
        assert!(path.is_dir(), "ASSENT_TEST_DATA names {}, which is no folder", path.display());
        return Some(path);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    beside.is_dir().then_some(beside)
}

/// What the parties of the examples would have agreed on: every silence of a policy has a meaning.
fn defaults() -> Defaults {
    let everywhere = Set::new(Jurisdiction::ALL.iter().map(|jurisdiction| Place::whole(*jurisdiction))).unwrap();
    let community = [Role::Hospital, Role::Insurer].map(|role| RoleSelector {
        role,
        places: everywhere.clone(),
        accreditation: None,
    });
    Defaults {
        kind: Some(ConsentKind::Share),
        grantees: Some(Grantees { roles: Set::new(community).unwrap(), ..Grantees::default() }),
        purposes: Some(Set::new([Purpose::Treat]).unwrap()),
        actions: Some(DataActions::of(&[DataAction::Access, DataAction::Use])),
        categories: Some(Categories::all()),
        max_grade: Some(4),
        places: Some(everywhere),
        evidence: Some(EvidenceRef {
            kind: EvidenceKind::PaperScan,
            hash: Hash32([9; 32]),
            timestamp: None,
            mutually_recognised: false,
        }),
        ..Defaults::default()
    }
}

fn mapping() -> Mapping {
    let orgs = ["Organization/f001", "Organization/ex-organization", "Organization/ex-org-researcher"];
    let patients = ["f001", "example", "72", "xcda", "ex-patient"];
    let documents = [
        "Observation/ex-weight",
        "Observation/ex-weight-2",
        "Observation/ex-bloodSugar",
        "Observation/ex-bloodPressure",
        "Observation/ex-alcoholUse",
        "Encounter/ex-encounter",
    ];
    let policies = [
        "http://terminology.hl7.org/CodeSystem/v3-ActCode|OPTIN",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode|OPTOUT",
        "http://example.org/policies/basePrivacyConsentPolicy.txt",
        "http://example.org/policies/researchPrivacyConsentPolicy.txt",
        "https://profiles.ihe.net/ITI/PCF/Policy-basic-normal",
        "https://profiles.ihe.net/ITI/PCF/Policy-break-glass-only",
    ];
    let orgs = orgs.iter().zip(1..);
    let patients = patients.iter().flat_map(|patient| [1, 2].map(|controller| (patient, controller)));
    Mapping {
        organizations: orgs
            .map(|(name, org)| OrganizationEntry { reference: (*name).into(), org: OrgId(org) })
            .collect(),
        patients: patients
            .map(|(patient, controller)| PatientEntry {
                reference: format!("Patient/{patient}"),
                controller: OrgId(controller),
                sp: Sp(Hash32([controller as u8; 32])),
            })
            .collect(),
        documents: documents
            .iter()
            .zip(1..)
            .map(|(name, byte)| DocumentEntry { reference: (*name).into(), lineage: Hash32([byte; 32]) })
            .collect(),
        policies: policies
            .iter()
            .zip(1..)
            .map(|(name, byte)| PolicyEntry {
                name: (*name).into(),
                policy: PolicyRef { policy: Hash32([byte; 32]), notice: Hash32([byte; 32]) },
                defaults: defaults(),
            })
            .collect(),
        break_glass_groups: vec!["Group/ex-privilegedUsers".into()],
        ..Mapping::default()
    }
}

/// One line of the table; an accepted example also survives being written and read again.
fn outcome(name: &str, text: &str, mapping: &Mapping) -> String {
    match consent_from_fhir(text, mapping) {
        Ok(draft) => {
            for terms in std::iter::once(&draft.terms).chain(&draft.exceptions) {
                let written = terms_to_fhir(terms, draft.intent, mapping).unwrap();
                assert_eq!(&consent_from_fhir(&written.to_string(), mapping).unwrap().terms, terms, "{name}");
            }
            let effects: Vec<&str> = draft.exceptions.iter().map(|terms| terms.effect.code()).collect();
            let exceptions =
                if effects.is_empty() { String::new() } else { format!(", exceptions: {}", effects.join(" ")) };
            format!("{name:<50} accepted: {}{exceptions}", draft.terms.effect)
        }
        Err(error) => format!("{name:<50} E{} {}", error.code.number(), error.path),
    }
}

#[test]
fn published_examples_have_their_recorded_outcomes() {
    let Some(data) = data() else {
        println!("data tests: not run");
        return;
    };
    let mapping = mapping();
    let mut lines = Vec::new();
    let folder = data.join("hl7-fhir-r4-examples");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("Consent-") {
            lines.push(outcome(&name, &std::fs::read_to_string(&path).unwrap(), &mapping));
        }
    }
    let text = std::fs::read_to_string(data.join("ihe-pcf-fsh/consent.fsh")).unwrap();
    for (name, resource) in consents(&text).unwrap() {
        lines.push(outcome(&name, &resource.to_string(), &mapping));
    }
    let found = lines.join("\n") + "\n";
    as_recorded("examples.txt", &found);
    let accepted = lines.iter().filter(|line| line.contains(" accepted: ")).count();
    report(&format!(
        "FHIR R4 Consent: {} published examples (HL7, IHE PCF), {accepted} accepted, {} refused by number and element, \
         as recorded\n",
        lines.len(),
        lines.len() - accepted
    ));
}

/// Compares with a golden table; `ASSENT_BLESS` writes it anew, which approves it.
pub(crate) fn as_recorded(name: &str, found: &str) {
    println!("{found}");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("ASSENT_BLESS").is_some() {
        std::fs::write(&golden, found).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&golden).unwrap(), found, "an example has another outcome than recorded");
}

/// Adds a line to what `scripts/test` prints about data tests.
pub(crate) fn report(line: &str) {
    use std::io::Write;
    let Some(folder) = std::env::var_os("ASSENT_TEST_REPORT") else { return };
    let path = Path::new(&folder).join("data.txt");
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}
