//! Input that nobody meant: no panic, no unbounded work, and nobody's identifier in what is printed.

use assent_fhir::DEPTH_MAX;
use assent_fhir::ingest::{
    BUNDLE_BYTES_MAX, ENTRIES_MAX, Ingest, PARTS_MAX, Scenario, VALUES_MAX, canonical_json, read,
};
use assent_fhir::testing::{PlantedKind, planted_identifiers};
use serde_json::json;

use crate::rng::Rng;
use crate::{changed, fixture, scenario};

const NAMES: [(&str, &str); 2] = [("p1-bundle.json", "p1-scenario.json"), ("p2-transaction.json", "p2-scenario.json")];

/// Everything that a program might print of a Bundle.
fn printed(ingest: &Ingest) -> String {
    let refused: Vec<String> = ingest.summary.refused.iter().map(ToString::to_string).collect();
    format!("{ingest:?}\n{ingest:#?}\n{}\n{}", ingest.summary, refused.join("\n"))
}

/// The planted texts that occur in what was printed.
fn leaked<'a>(planted: &'a [String], printed: &str) -> Vec<&'a String> {
    planted.iter().filter(|text| printed.contains(text.as_str())).collect()
}

fn planted(name: &str) -> Vec<String> {
    planted_identifiers(&fixture(name)).unwrap().into_iter().map(|planted| planted.text).collect()
}

#[test]
fn what_names_a_patient_is_found() {
    let planted = planted_identifiers(&fixture("p1-bundle.json")).unwrap();
    let of = |kind| planted.iter().filter(|one| one.kind == kind).map(|one| one.text.as_str()).collect::<Vec<_>>();
    assert_eq!(of(PlantedKind::Identifier), ["MRN-EXAMPLE-000017", "PERMIT-EXAMPLE-0456789"]);
    assert_eq!(of(PlantedKind::Name), ["Exempel-Chan", "Exempel-Chan Siu-Made Upperson", "Siu-Made", "Upperson"]);
    assert_eq!(of(PlantedKind::Telecom), ["+852-0000-4711", "siu-made@patients.example"]);
    assert_eq!(of(PlantedKind::AddressLine), ["0 Nowhere Road", "Flat 0, Imaginary Mansion"]);
}

#[test]
fn nothing_that_is_printed_names_a_patient() {
    for (name, with) in NAMES {
        let planted = planted(name);
        for scenario in [scenario(with), Scenario::default()] {
            let ingest = read(&fixture(name), &scenario).unwrap();
            assert_eq!(leaked(&planted, &printed(&ingest)), Vec::<&String>::new(), "{name}");
        }
        // The search does find what is there: in the source and in nothing less.
        assert_eq!(leaked(&planted, &fixture(name)).len(), planted.len());
    }
}

/// Faults put the text of the patient where errors are made: dates, amounts, codes, references, keys.
#[test]
fn no_error_quotes_what_it_refuses() {
    let secret = "PERMIT-EXAMPLE-0456789";
    let mut refused = 0;
    for at in 0..11 {
        let text = serde_json::from_str::<serde_json::Value>(&fixture("p1-bundle.json")).unwrap();
        let members: Vec<String> = text["entry"][at]["resource"].as_object().unwrap().keys().cloned().collect();
        for member in members {
            for value in [json!(secret), json!({secret: secret}), json!([secret]), json!({"reference": secret})] {
                let text = changed("p1-bundle.json", |bundle| {
                    bundle["entry"][at]["resource"][member.as_str()] = value.clone();
                });
                match read(&text, &scenario("p1-scenario.json")) {
                    Ok(ingest) => {
                        refused += ingest.summary.refused.len();
                        let errors: Vec<String> = ingest.summary.refused.iter().map(ToString::to_string).collect();
                        assert!(!errors.join("\n").contains(secret), "{member}: {errors:?}");
                    }
                    Err(error) => assert!(!error.to_string().contains(secret), "{member}: {error}"),
                }
            }
        }
    }
    assert!(refused > 100, "{refused} refused");
    let twice = format!("{{\"resourceType\":\"Patient\",\"{secret}\":1,\"{secret}\":2}}");
    let error = read(&twice, &Scenario::default()).unwrap_err();
    assert!(!error.to_string().contains(secret) && error.to_string().contains("stands twice"), "{error}");
}

#[test]
fn mutated_bundles_never_panic_and_are_accounted_for() {
    let mut rng = Rng::from_env();
    let corpus: Vec<(String, Scenario)> = NAMES.iter().map(|(name, with)| (fixture(name), scenario(with))).collect();
    let (mut whole, mut refused, mut broken) = (0, 0, 0);
    for _ in 0..1_500 {
        let (text, scenario) = &corpus[rng.below(corpus.len())];
        let mut bytes = text.clone().into_bytes();
        for _ in 0..1 + rng.below(3) {
            let (at, from) = (rng.below(bytes.len()), rng.below(bytes.len()));
            let piece = bytes[from..(from + rng.below(48)).min(bytes.len())].to_vec();
            let odd: &[u8] = rng.one(&[&b"null"[..], b"[]", b"{}", b"-1", b"1e400", b"\"#\"", b"\"\\ud800\"", b"9"]);
            match rng.below(4) {
                0 => bytes[at] ^= 1 << rng.below(7),
                1 => drop(bytes.splice(at..at, piece)),
                2 => drop(bytes.splice(at..at, odd.iter().copied())),
                _ => {
                    // A value for a value keeps the syntax.
                    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end);
                    if let Some(colon) = bytes[at..end].iter().position(|byte| *byte == b':') {
                        let start = at + colon + 1;
                        let end = if bytes[end - 1] == b',' { end - 1 } else { end };
                        drop(bytes.splice(start..end.max(start), odd.iter().copied()));
                    }
                }
            }
        }
        let Ok(ingest) = read(&String::from_utf8_lossy(&bytes), scenario) else {
            broken += 1;
            continue;
        };
        if ingest.summary.refused.is_empty() {
            whole += 1
        } else {
            refused += 1
        }
        for document in &ingest.documents {
            let text = std::str::from_utf8(&document.bytes).unwrap();
            assert_eq!(canonical_json(text).unwrap(), text);
        }
    }
    println!("{whole} whole, {refused} with refusals, {broken} refused as a whole");
    assert!(whole > 0 && refused > 0 && broken > 0, "the mutations reach every side");
}

#[test]
fn size_depth_entries_and_parts_are_bounded() {
    let refused = |text: &str| read(text, &Scenario::default()).unwrap_err().to_string();
    let deep = DEPTH_MAX + 3;
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(deep), "]".repeat(deep));
    assert!(refused(&nested).contains("nested too deep"));
    assert!(refused(&"[".repeat(1_000_000)).contains("not strict JSON"));
    assert!(refused(&" ".repeat(BUNDLE_BYTES_MAX + 1)).contains("larger than"));
    let entries = "{},".repeat(ENTRIES_MAX) + "{}";
    let many = format!("{{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{entries}]}}");
    assert!(refused(&many).contains("more than"));
    assert!(refused(&format!("[{}0]", "0,".repeat(VALUES_MAX))).contains("too many values"));
    let inside = "{\"id\":\"a\"},".repeat(256) + "{}";
    let report = format!(
        "{{\"resourceType\":\"DiagnosticReport\",\"status\":\"final\",\"contained\":[{inside}],\
         \"subject\":{{\"reference\":\"#a\"}}}}"
    );
    let ingest = read(&report, &Scenario::default()).unwrap();
    assert!(ingest.summary.refused[0].to_string().contains("more than 256 resources"), "{}", ingest.summary);

    let observation = |n: usize| format!("{{\"resource\":{{\"resourceType\":\"Observation\",\"id\":\"{n}\"}}}}");
    let cited = |n: usize| format!("{{\"reference\":\"Observation/{n}\"}}");
    let bundle = |count: usize| {
        let observations: Vec<String> = (0..count).map(observation).collect();
        let cited: Vec<String> = (0..count).map(cited).collect();
        format!(
            "{{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{{\"resource\":{{\
             \"resourceType\":\"DiagnosticReport\",\"status\":\"final\",\"subject\":{{\"reference\":\"Patient/1\"}},\
             \"issued\":\"2026-01-01T00:00:00Z\",\"result\":[{}]}}}},{}]}}",
            cited.join(","),
            observations.join(",")
        )
    };
    // What many documents cite is written once for each, but not without end.
    let many = format!(
        "{{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{{\"resource\":{{\"resourceType\":\"Observation\",\
         \"id\":\"0\",\"note\":\"{}\"}}}}{}]}}",
        "x".repeat(16 * 1024 * 1024),
        ",{\"resource\":{\"resourceType\":\"DiagnosticReport\",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/1\"},\
         \"issued\":\"2026-01-01T00:00:00Z\",\"result\":[{\"reference\":\"Observation/0\"}]}}"
            .repeat(20)
    );
    let ingest = read(&many, &Scenario::default()).unwrap();
    assert!(ingest.summary.refused[0].to_string().contains("too large together"), "{}", ingest.summary);
    assert_eq!((ingest.documents.len(), ingest.summary.entries()), (16, 21));

    let largest = read(&bundle(PARTS_MAX - 1), &Scenario::default()).unwrap();
    assert_eq!(largest.documents[0].parts, PARTS_MAX);
    let larger = read(&bundle(PARTS_MAX), &Scenario::default()).unwrap();
    assert!(larger.summary.refused[0].to_string().contains("more than 4096 parts"), "{}", larger.summary);
}
