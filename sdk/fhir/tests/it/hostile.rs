use assent_fhir::{DEPTH_MAX, Mapping, RESOURCE_BYTES_MAX, consent_from_fhir};
use assent_types::ErrorCode;

use crate::rng::Rng;
use crate::{fixture, mapping};

const NAMES: [&str; 6] =
    ["p1-claim.json", "p1-claim-amended.json", "p2-share.json", "p3-deny.json", "p3-unsupported.json", "p4-draft.json"];

/// Any bytes give an answer, never a panic.
fn fuzz_consent(bytes: &[u8], mapping: &Mapping) -> bool {
    consent_from_fhir(&String::from_utf8_lossy(bytes), mapping).is_ok()
}

#[test]
fn mutated_resources_never_panic() {
    let mut rng = Rng::from_env();
    let mapping = mapping();
    let corpus: Vec<Vec<u8>> = NAMES.iter().map(|name| fixture(name).into_bytes()).collect();
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..6_000 {
        let mut bytes = corpus[rng.below(corpus.len())].clone();
        for _ in 0..1 + rng.below(3) {
            let at = rng.below(bytes.len());
            match rng.below(6) {
                0 => bytes[at] = rng.next() as u8,
                1 => bytes[at] ^= 1 << rng.below(8),
                2 => bytes.truncate(at.max(1)),
                3 => drop(bytes.drain(at..(at + rng.below(64)).min(bytes.len()))),
                4 => {
                    let piece = bytes[at..(at + rng.below(64)).min(bytes.len())].to_vec();
                    let to = rng.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let odd: &[u8] =
                        rng.one(&[&b"null"[..], b"[]", b"{}", b"-1", b"1e400", b"\"\\ud800\"", b"\xff", b"\""]);
                    bytes.splice(at..at, odd.iter().copied());
                }
            }
            if bytes.is_empty() {
                bytes.push(b'{');
            }
        }
        if fuzz_consent(&bytes, &mapping) { accepted += 1 } else { refused += 1 }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 0 && refused > accepted, "the mutations reach both sides");
}

#[test]
fn depth_and_size_are_bounded() {
    for depth in [DEPTH_MAX + 1, 1_000, 200_000] {
        let nested = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let error = consent_from_fhir(&nested, &Mapping::default()).unwrap_err();
        assert_eq!(error.code, ErrorCode::FhirInvalid, "{error}");
    }
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(RESOURCE_BYTES_MAX));
    let error = consent_from_fhir(&long, &Mapping::default()).unwrap_err();
    assert!(error.problem.contains("larger than"), "{error}");
}

#[test]
fn repeated_keys_are_refused() {
    let text =
        fixture("p1-claim.json").replacen("\"status\": \"active\"", "\"status\": \"active\", \"status\": \"draft\"", 1);
    let error = consent_from_fhir(&text, &mapping()).unwrap_err();
    assert_eq!(error.code, ErrorCode::FhirInvalid);
    assert!(error.problem.contains("\"status\" stands twice"), "{error}");
}

#[test]
fn what_is_no_consent_is_refused() {
    for text in
        ["", "null", "[]", "{}", "1", "\"Consent\"", "{\"resourceType\":\"Patient\"}", "{} {}", "{\"resourceType\":1}"]
    {
        assert!(consent_from_fhir(text, &Mapping::default()).is_err(), "{text}");
    }
}
