//! FHIR resources of applications.

use std::sync::LazyLock;

use assent_fhir::{FhirError, Intent, Mapping, consent_from_fhir, terms_to_fhir};
use assent_types::consent::ConsentTerms;

use super::super::{Answer, first_word};
use super::{Corpus, Entry, numbered, text};

pub(super) const TARGETS: &[Entry] = &[(text("fhir-consent", consent), consent_corpus)];

/// What references mean in the fixtures of the crate.
static MAPPING: LazyLock<Mapping> = LazyLock::new(|| {
    let mapping = serde_json::from_str(include_str!("../../../../sdk/fhir/tests/fixtures/mapping.json"));
    mapping.unwrap_or_else(|error| panic!("the fixtures' mapping cannot be read: {error}"))
});

const FIXTURES: [&str; 4] = [
    include_str!("../../../../sdk/fhir/tests/fixtures/p1-claim.json"),
    include_str!("../../../../sdk/fhir/tests/fixtures/p2-share.json"),
    include_str!("../../../../sdk/fhir/tests/fixtures/p3-deny.json"),
    include_str!("../../../../sdk/fhir/tests/fixtures/p4-draft.json"),
];

/// What a resource says must survive being written and read again: nothing may be lost on the way.
fn consent(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    let draft = match consent_from_fhir(text, &MAPPING) {
        Ok(draft) => draft,
        Err(error) => return Answer::Refused(first_word(&error.code.to_string())),
    };
    match again(&draft.terms, draft.intent) {
        Ok(terms) if terms == draft.terms => Answer::Accepted,
        Ok(terms) => Answer::Fault(format!("written and read again it says otherwise: {terms:?}")),
        Err(error) => Answer::Fault(format!("what was read cannot be written and read: {error}")),
    }
}

fn again(terms: &ConsentTerms, intent: Intent) -> Result<ConsentTerms, FhirError> {
    consent_from_fhir(&terms_to_fhir(terms, intent, &MAPPING)?.to_string(), &MAPPING).map(|draft| draft.terms)
}

/// The fixtures as they are read, and the same in the words of the ledger, which need no mapping.
fn consent_corpus() -> Corpus {
    let drafts = FIXTURES.iter().filter_map(|fixture| consent_from_fhir(fixture, &MAPPING).ok());
    let bare = Mapping::default();
    let written = drafts.filter_map(|draft| terms_to_fhir(&draft.terms, draft.intent, &bare).ok());
    let fixtures = FIXTURES.iter().filter_map(|fixture| serde_json::from_str::<serde_json::Value>(fixture).ok());
    numbered(fixtures.chain(written).map(|resource| resource.to_string().into_bytes()))
}
