//! FHIR resources of applications.

use assent_fhir::{FhirError, Intent, Mapping, consent_from_fhir, terms_to_fhir};
use assent_types::consent::ConsentTerms;

use super::super::{Answer, first_word, samples};
use super::{Corpus, Entry, numbered, text};

pub(super) const TARGETS: &[Entry] = &[(text("fhir-consent", consent), consent_corpus)];

/// What a resource says must survive being written and read again: nothing may be lost on the way.
fn consent(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    let mapping = Mapping::default();
    let draft = match consent_from_fhir(text, &mapping) {
        Ok(draft) => draft,
        Err(error) => return Answer::Refused(first_word(&error.code.to_string())),
    };
    match again(&draft.terms, draft.intent, &mapping) {
        Ok(terms) if terms == draft.terms => Answer::Accepted,
        Ok(terms) => Answer::Fault(format!("written and read again it says otherwise: {terms:?}")),
        Err(error) => Answer::Fault(format!("what was read cannot be written and read: {error}")),
    }
}

fn again(terms: &ConsentTerms, intent: Intent, mapping: &Mapping) -> Result<ConsentTerms, FhirError> {
    consent_from_fhir(&terms_to_fhir(terms, intent, mapping)?.to_string(), mapping).map(|draft| draft.terms)
}

fn consent_corpus() -> Corpus {
    let mapping = Mapping::default();
    let terms = [(samples::full_terms(), Intent::Grant), (samples::bare_terms(), Intent::Propose)];
    let resources = terms.iter().filter_map(|(terms, intent)| terms_to_fhir(terms, *intent, &mapping).ok());
    numbered(resources.map(|resource| resource.to_string().into_bytes()))
}
