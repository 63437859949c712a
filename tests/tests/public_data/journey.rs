//! Resources onto a ledger and back: every patient is enrolled, every document sealed, stored and read again, every bill
//! registered and every claim filed, decided and paid; and what the records then say in FHIR is compared with the source,
//! resource by resource. Whatever names a patient never occurs in anything that the ledger was told or keeps.

mod compare;
mod patients;
mod run;
mod tally;

use std::path::Path;

use assent_fhir::ingest::Scenario;
use assent_fhir::testing::planted_identifiers;
use assent_tests::planted::Finder;
use serde_json::json;

use self::patients::Leak;
use self::run::Journey;
use self::tally::Tally;
use crate::{as_recorded, data, files, reported, text};

/// A Bundle or a resource, and what it leaves open.
struct Source {
    text: String,
    scenario: Scenario,
}

/// The hospital and the insurer of the test's ledger in the place of those of a source.
fn scenario(organizations: serde_json::Value) -> Scenario {
    serde_json::from_value(json!({
        "organizations": organizations,
        "provider": 2,
        "insurer": 3,
        "plan": "demonstration",
        "unpriced_lines": "first-carries-rest"
    }))
    .unwrap()
}

/// Bundles of our own.
fn fixtures() -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/fhir/tests/fixtures");
    let organizations = json!([
        {"identifier": "https://assent.example/fhir/identifier/organization|1", "org": 2},
        {"identifier": "https://assent.example/fhir/identifier/organization|3", "org": 3}
    ]);
    let names = ["p1-bundle.json", "p2-transaction.json"];
    names.map(|name| Source { text: text(&folder.join(name)), scenario: scenario(organizations.clone()) }).into()
}

/// HL7's examples of what can be anchored or claimed with.
fn hl7(folder: &Path) -> Vec<Source> {
    let kinds = ["DiagnosticReport-", "DocumentReference-", "Claim-", "ExplanationOfBenefit-"];
    let organizations = json!([
        {"reference": "Organization/1", "org": 2},
        {"reference": "Organization/2", "org": 3},
        {"reference": "Organization/3", "org": 3},
        {"identifier": "http://www.jurisdiction.com/insurers|123456", "org": 3},
        {"identifier": "http://www.jurisdiction.com/careorganizations|HOSP12345", "org": 2}
    ]);
    let wanted = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        kinds.iter().any(|kind| name.starts_with(kind))
    };
    let paths = files(folder).into_iter().filter(|path| wanted(path));
    paths.map(|path| Source { text: text(&path), scenario: scenario(organizations.clone()) }).collect()
}

fn synthea(folder: &Path) -> Vec<Source> {
    files(folder).iter().map(|path| Source { text: text(path), scenario: scenario(json!([])) }).collect()
}

/// Takes all of them there and back, each on a ledger of its own, and looks for whoever is named.
fn there_and_back(sources: &[Source]) -> Tally {
    let mut tally = Tally::default();
    for (number, source) in sources.iter().enumerate() {
        let ledger = Journey::run(&source.text, &source.scenario, Leak::Nothing, &mut tally);
        let planted = planted(&source.text);
        let finder = Finder::of_texts(planted.iter().cloned());
        for told in &ledger.told {
            assert_eq!(finder.find(told), None, "source {number} is named on its ledger");
        }
        tally.scanned(planted.len(), ledger.told.iter().map(Vec::len).sum());
    }
    tally
}

/// Every name, number, address line and the like of the patients of a source, and what their resources are called where
/// that is no short name.
fn planted(text: &str) -> Vec<String> {
    let mut texts: Vec<String> = planted_identifiers(text).unwrap().into_iter().map(|planted| planted.text).collect();
    let source: serde_json::Value = serde_json::from_str(text).unwrap();
    let resources = source["entry"].as_array().into_iter().flatten().map(|entry| &entry["resource"]);
    let patients = resources.filter(|resource| resource["resourceType"] == "Patient");
    texts.extend(patients.filter_map(|patient| patient["id"].as_str()).filter(|id| id.len() >= 8).map(str::to_owned));
    texts
}

#[test]
fn resources_of_our_own_go_there_and_back_and_name_nobody() {
    let tally = there_and_back(&fixtures());
    as_recorded("journey-fixtures.txt", &tally.table());
}

#[test]
fn public_resources_go_there_and_back_and_name_nobody() {
    let Some(data) = data() else { return };
    let sets =
        [("Synthea", synthea(&data.join("synthea-r4-bundles"))), ("HL7", hl7(&data.join("hl7-fhir-r4-examples")))];
    let mut table = String::new();
    for (name, sources) in sets {
        let tally = there_and_back(&sources);
        table.push_str(&format!("{name}\n{}\n", tally.table()));
        reported(&format!("There and back, {name}: {}", tally.summary()));
    }
    as_recorded("journey-public.txt", &table);
}

/// The search finds what it looks for: each of these leaks a number of the patient's in another form.
#[test]
fn a_leak_of_any_form_is_found() {
    for source in fixtures() {
        let planted = planted(&source.text);
        assert!(!planted.is_empty());
        let finder = Finder::of_texts(planted);
        for leak in [Leak::HashedAttestation, Leak::UnsaltedPseudonym, Leak::PlainPolicy] {
            let ledger = Journey::run(&source.text, &source.scenario, leak, &mut Tally::default());
            let found = ledger.told.iter().filter(|told| finder.find(told).is_some()).count();
            assert!(found > 0, "{leak:?} is not found");
        }
    }
}
