//! Tests of the FHIR mapping: round trips, refusals, fixtures, published examples, hostile input.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of a test fail it")]
#![allow(clippy::cast_possible_truncation, reason = "random numbers are cut to size")]

mod audit;
mod bundles;
mod claims;
mod consents_r5;
mod dataspaces;
mod documents;
mod eligibility;
mod examples;
mod fixtures;
mod hostile;
mod ingest_data;
mod ingest_hostile;
mod inquiries;
mod money;
mod permissions;
mod preauths;
mod records_data;
mod references;
mod refusals;
mod residuals;
mod rng;
mod roundtrip;
mod terminology;

/// The text of a fixture.
fn fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares with a golden file; `ASSENT_BLESS` writes it anew, which approves it.
fn as_golden(name: &str, found: &str) {
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("ASSENT_BLESS").is_some() {
        std::fs::write(&golden, found).unwrap();
    }
    let recorded = std::fs::read_to_string(&golden).unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
    assert_eq!(recorded, found, "{name} has changed");
}

/// The scenario of a fixture.
fn scenario(name: &str) -> assent_fhir::ingest::Scenario {
    serde_json::from_str(&fixture(name)).unwrap()
}

/// A fixture with one change.
fn changed(name: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut bundle = serde_json::from_str(&fixture(name)).unwrap();
    change(&mut bundle);
    bundle.to_string()
}

/// The resource of an entry of `p1-bundle.json`, by the end of its full URL.
fn resource<'a>(bundle: &'a mut serde_json::Value, name: &str) -> &'a mut serde_json::Value {
    let entries = bundle["entry"].as_array_mut().unwrap();
    let entry = entries.iter_mut().find(|entry| entry["fullUrl"].as_str().unwrap().ends_with(name));
    &mut entry.unwrap_or_else(|| panic!("no entry {name}"))["resource"]
}

/// Number and element of the one refusal that a change of `p1-bundle.json` brings.
fn refusal(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let ingest = assent_fhir::ingest::read(&changed("p1-bundle.json", change), &scenario("p1-scenario.json")).unwrap();
    let lines: Vec<String> = ingest.summary.refused.iter().map(shown).collect();
    lines.join("; ")
}

fn shown(refusal: &assent_fhir::ingest::Refusal) -> String {
    format!("E{} {}", refusal.error.code.number(), refusal.error.path)
}

/// The mapping of the fixtures.
fn mapping() -> assent_fhir::Mapping {
    serde_json::from_str(&fixture("mapping.json")).unwrap()
}
