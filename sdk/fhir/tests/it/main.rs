//! Tests of the FHIR mapping: round trips, refusals, fixtures, published examples, hostile input.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of a test fail it")]
#![allow(clippy::cast_possible_truncation, reason = "random numbers are cut to size")]

mod examples;
mod fixtures;
mod fsh;
mod hostile;
mod refusals;
mod rng;
mod roundtrip;

/// The text of a fixture.
fn fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The mapping of the fixtures.
fn mapping() -> assent_fhir::Mapping {
    serde_json::from_str(&fixture("mapping.json")).unwrap()
}
