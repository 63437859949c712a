//! Every decoder under mutated input, from the committed corpus.

use std::collections::BTreeSet;

use assent_tests::fuzz::{corpus, run, targets};
use assent_tests::report;

/// How many mutations each target gets; `scripts/test` asks for more.
const ITERATIONS: u64 = 2_000;

/// The seed, unless `ASSENT_FUZZ_SEED` gives another one.
const SEED: u64 = 1;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn decoders_never_panic_and_are_canonical() {
    let (seed, iterations) = (setting("ASSENT_FUZZ_SEED", SEED), setting("ASSENT_FUZZ_ITERATIONS", ITERATIONS));
    let mut failures = Vec::new();
    for (target, _) in targets::all() {
        let inputs = corpus::read(target.name).unwrap_or_default();
        assert!(!inputs.is_empty(), "{}: no corpus", target.name);
        match run(&target, &inputs, seed, iterations) {
            Ok(summary) => {
                let all_sides = summary.accepted >= inputs.len() as u64 && !summary.refused.is_empty();
                assert!(all_sides, "the corpus decodes and mutations are refused: {summary}");
                report::line("fuzz", &summary.to_string());
            }
            Err(failure) => failures.push(failure.to_string()),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Golden bytes of every format. `ASSENT_UPDATE_CORPUS=1` writes them anew: to regenerate is to approve the change.
#[test]
fn the_corpus_is_what_the_samples_encode_to() {
    let update = setting("ASSENT_UPDATE_CORPUS", 0) == 1;
    let mut differing = Vec::new();
    for (target, inputs) in targets::all() {
        let inputs = inputs();
        if update {
            corpus::write(target.name, &inputs).unwrap();
        }
        differing.extend(corpus::differing(target.name, &inputs));
    }
    assert!(differing.is_empty(), "encodings changed: {differing:?}");
}

#[test]
fn targets_have_names_of_their_own() {
    let all = targets::all();
    let names: BTreeSet<&str> = all.iter().map(|(target, _)| target.name).collect();
    assert_eq!(names.len(), all.len());
}
