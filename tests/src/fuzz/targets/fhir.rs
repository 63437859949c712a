//! FHIR resources of applications.

use std::sync::LazyLock;

use assent_fhir::claims::{
    answer_from_fhir, answer_to_fhir, claim_from_fhir, claim_to_fhir, eligibility_question_from_fhir,
    eligibility_question_to_fhir, eligibility_reply_from_fhir, eligibility_reply_to_fhir, explanation_from_fhir,
    explanation_to_fhir, inquiry_from_fhir, inquiry_to_fhir, payment_from_fhir, payment_to_fhir,
    preauth_answer_from_fhir, preauth_answer_to_fhir, preauth_from_fhir, preauth_to_fhir, remittance_from_fhir,
    remittance_to_fhir,
};
use assent_fhir::dataspace::{consent_from_odrl, negotiation_from_dsp, negotiation_to_dsp, terms_to_odrl};
use assent_fhir::ingest::{Scenario, canonical_json, read};
use assent_fhir::terminology::{CodeList, CodeTable};
use assent_fhir::{
    ConsentDraft, FhirError, Intent, Mapping, audit_from_fhir, audit_to_fhir, claims_from_token, claims_to_token,
    consent_from_fhir, consent_from_fhir_r5, document_from_fhir, document_to_fhir, permission_from_fhir,
    permission_to_fhir, provenance_from_fhir, provenance_to_fhir, terms_to_fhir, terms_to_fhir_r5,
};
use assent_types::consent::ConsentTerms;

use super::super::{Answer, first_word};
use super::{Corpus, Entry, numbered, text};

pub(super) const TARGETS: &[Entry] = &[
    (text("fhir-consent", consent), consent_corpus),
    (text("fhir-bundle", bundle), bundle_corpus),
    (text("fhir-record", record), record_corpus),
    (text("fhir-contract", contract), contract_corpus),
    (text("fhir-codes", codes), codes_corpus),
];

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
    drafted(text, consent_from_fhir, |terms, intent, mapping| {
        terms_to_fhir(terms, intent, mapping).map(|resource| resource.to_string())
    })
}

/// The same of terms in any form.
fn drafted(
    text: &str,
    read: impl Fn(&str, &Mapping) -> Result<ConsentDraft, FhirError>,
    write: impl Fn(&ConsentTerms, Intent, &Mapping) -> Result<String, FhirError>,
) -> Answer {
    let draft = match read(text, &MAPPING) {
        Ok(draft) => draft,
        Err(error) => return Answer::Refused(first_word(&error.code.to_string())),
    };
    match write(&draft.terms, draft.intent, &MAPPING).and_then(|written| read(&written, &MAPPING)) {
        Ok(again) if again.terms == draft.terms => Answer::Accepted,
        Ok(again) => Answer::Fault(format!("written and read again it says otherwise: {:?}", again.terms)),
        Err(error) => Answer::Fault(format!("what was read cannot be written and read: {error}")),
    }
}

/// Consents as contracts of a data space, states of their negotiation, and consents of R5.
fn contract(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    if text.contains("ContractNegotiation") {
        same(text, |text, _| negotiation_from_dsp(text), |negotiation, _| negotiation_to_dsp(negotiation))
    } else if text.contains("@context") {
        drafted(text, consent_from_odrl, terms_to_odrl)
    } else {
        drafted(text, consent_from_fhir_r5, terms_to_fhir_r5)
    }
}

const CONTRACTS: [&str; 2] = [
    include_str!("../../../../sdk/fhir/tests/golden/contracts.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/consents-r5.ndjson"),
];

fn contract_corpus() -> Corpus {
    lines(&CONTRACTS)
}

/// The lines of golden files of the crate.
fn lines(files: &[&str]) -> Corpus {
    numbered(files.iter().flat_map(|lines| lines.lines()).map(|line| line.as_bytes().to_vec()))
}

/// The fixtures as they are read, and the same in the words of the ledger, which need no mapping.
fn consent_corpus() -> Corpus {
    let drafts = FIXTURES.iter().filter_map(|fixture| consent_from_fhir(fixture, &MAPPING).ok());
    let bare = Mapping::default();
    let written = drafts.filter_map(|draft| terms_to_fhir(&draft.terms, draft.intent, &bare).ok());
    let fixtures = FIXTURES.iter().filter_map(|fixture| serde_json::from_str::<serde_json::Value>(fixture).ok());
    numbered(fixtures.chain(written).map(|resource| resource.to_string().into_bytes()))
}

/// What the Bundles of the crate's fixtures leave open, together.
static SCENARIO: LazyLock<Scenario> = LazyLock::new(|| {
    let read = |text: &str| -> Scenario {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("the fixtures' scenario cannot be read: {error}"))
    };
    let mut both = read(include_str!("../../../../sdk/fhir/tests/fixtures/p2-scenario.json"));
    both.service_shift_days = None;
    let first = read(include_str!("../../../../sdk/fhir/tests/fixtures/p1-scenario.json"));
    both.organizations.extend(first.organizations);
    both
});

const BUNDLES: [&str; 2] = [
    include_str!("../../../../sdk/fhir/tests/fixtures/p1-bundle.json"),
    include_str!("../../../../sdk/fhir/tests/fixtures/p2-transaction.json"),
];

/// Every document is its own canonical form, every bill the sum of its lines, and what points into a list finds its
/// element.
fn bundle(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    let ingest = match read(text, &SCENARIO) {
        Ok(ingest) => ingest,
        Err(error) => return Answer::Refused(first_word(&error.code.to_string())),
    };
    for document in &ingest.documents {
        let bytes = std::str::from_utf8(&document.bytes).unwrap_or_default();
        if canonical_json(bytes).as_deref() != Ok(bytes) || !(1..=5).contains(&document.grade) {
            return Answer::Fault("a document that is not canonical, or without a grade".to_owned());
        }
    }
    for bill in &ingest.bills {
        let sum: u128 = bill.lines.iter().map(|line| u128::from(line.minor)).sum();
        if sum != u128::from(bill.total.minor) || bill.document >= ingest.documents.len() {
            return Answer::Fault("a bill that does not add up, or without its document".to_owned());
        }
    }
    let lost = |claim: &assent_fhir::ingest::Claim| claim.bill.is_some_and(|bill| bill >= ingest.bills.len());
    if ingest.claims.iter().any(lost) {
        return Answer::Fault("a claim without its bill".to_owned());
    }
    match ingest.summary.refused.first() {
        // The corpus is accepted; a changed Bundle of which a part is refused is refused for this count.
        Some(refusal) if ingest.claims.is_empty() => Answer::Refused(first_word(&refusal.error.code.to_string())),
        _ => Answer::Accepted,
    }
}

/// The fixtures, and the documents that come of them.
fn bundle_corpus() -> Corpus {
    let ingests = BUNDLES.iter().filter_map(|text| read(text, &SCENARIO).ok());
    let documents = ingests.flat_map(|ingest| ingest.documents).map(|document| document.bytes).take(3);
    let fixtures = BUNDLES.iter().filter_map(|text| canonical_json(text).ok()).map(String::into_bytes);
    numbered(fixtures.chain(documents))
}

/// Reads, writes and reads again: what a record says is the same both times.
fn same<T: PartialEq + std::fmt::Debug>(
    text: &str,
    read: impl Fn(&str, &Mapping) -> Result<T, FhirError>,
    write: impl Fn(&T, &Mapping) -> Result<String, FhirError>,
) -> Answer {
    let first = match read(text, &MAPPING) {
        Ok(first) => first,
        Err(error) => return Answer::Refused(first_word(&error.code.to_string())),
    };
    match write(&first, &MAPPING).and_then(|written| read(&written, &MAPPING)) {
        Ok(second) if second == first => Answer::Accepted,
        Ok(second) => Answer::Fault(format!("written and read again it says otherwise: {second:?}")),
        Err(error) => Answer::Fault(format!("what was read cannot be written and read: {error}")),
    }
}

/// Everything else that is read of FHIR, by the type that stands in the text.
fn record(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    let is = |kind: &str| text.contains(&format!("\"{kind}\""));
    if is("preauthorization") && is("ClaimResponse") {
        same(text, preauth_answer_from_fhir, preauth_answer_to_fhir)
    } else if is("preauthorization") {
        same(text, preauth_from_fhir, preauth_to_fhir)
    } else if is("ClaimResponse") {
        same(text, answer_from_fhir, answer_to_fhir)
    } else if is("ExplanationOfBenefit") {
        same(text, explanation_from_fhir, explanation_to_fhir)
    } else if is("PaymentNotice") {
        same(text, payment_from_fhir, payment_to_fhir)
    } else if is("PaymentReconciliation") {
        same(text, remittance_from_fhir, remittance_to_fhir)
    } else if is("CommunicationRequest") {
        same(text, inquiry_from_fhir, inquiry_to_fhir)
    } else if is("CoverageEligibilityRequest") {
        same(text, eligibility_question_from_fhir, eligibility_question_to_fhir)
    } else if is("CoverageEligibilityResponse") {
        same(text, eligibility_reply_from_fhir, eligibility_reply_to_fhir)
    } else if is("Permission") {
        same(text, permission_from_fhir, |record, _| permission_to_fhir(record))
    } else if is("ihe_pcf") {
        same(text, claims_from_token, claims_to_token)
    } else if is("DocumentReference") {
        same(text, document_from_fhir, document_to_fhir)
    } else if is("Provenance") {
        same(text, provenance_from_fhir, provenance_to_fhir)
    } else if is("Claim") {
        same(text, claim_from_fhir, claim_to_fhir)
    } else {
        same(text, audit_from_fhir, audit_to_fhir)
    }
}

const RECORDS: [&str; 8] = [
    include_str!("../../../../sdk/fhir/tests/golden/audit-events.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/claims.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/eligibility.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/preauths.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/inquiries.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/permissions.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/tokens.ndjson"),
    include_str!("../../../../sdk/fhir/tests/golden/documents.ndjson"),
];

/// The golden resources of the crate, one a line.
fn record_corpus() -> Corpus {
    lines(&RECORDS)
}

/// Every row of a map leads to its target, and back exactly where it is the only one that does; a list has its codes.
fn codes(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    let table = match (CodeTable::read(text), CodeList::read(text)) {
        (Ok(table), _) => table,
        (Err(_), Ok(list)) if list.codes().all(|code| list.contains(code)) => return Answer::Accepted,
        (Err(_), Ok(_)) => return Answer::Fault("a list without its own code".to_owned()),
        (Err(error), Err(_)) => return Answer::Refused(first_word(&error.code.to_string())),
    };
    for (source, target) in table.pairs() {
        let only = table.pairs().filter(|(_, other)| *other == target).count() == 1;
        if table.target(source) != Ok(target) || table.source(target).ok() != only.then_some(source) {
            return Answer::Fault("a row that is not found, or that is mapped back although it may not be".to_owned());
        }
    }
    Answer::Accepted
}

const TABLES: [&str; 2] = [
    include_str!("../../../../sdk/fhir/tests/fixtures/terminology/map.txt"),
    include_str!("../../../../sdk/fhir/tests/fixtures/terminology/codes.txt"),
];

fn codes_corpus() -> Corpus {
    numbered(TABLES.iter().map(|table| table.as_bytes().to_vec()))
}
