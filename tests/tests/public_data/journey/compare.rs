//! What came back against what went in.

use assent_fhir::ingest::DocumentKind;
use serde_json::Value;

use super::tally::Tally;

/// The resource of an entry of a Bundle, or the resource that there is.
pub(super) fn resource(source: &Value, entry: usize) -> &Value {
    if source["resourceType"] == "Bundle" { &source["entry"][entry]["resource"] } else { source }
}

/// Whole minor units of an amount of two decimals, as it is written.
fn minor(amount: &Value) -> u64 {
    let text = amount.as_number().unwrap_or_else(|| panic!("no amount")).to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = format!("{fraction:0<2}");
    assert_eq!(fraction.len(), 2, "an amount that was accepted has two decimals at most");
    whole.parse::<u64>().unwrap() * 100 + fraction.parse::<u64>().unwrap()
}

/// The month of a date, as it is written.
fn month(date: &Value) -> Option<&str> {
    date.as_str()?.get(..7)
}

/// Whether two references name one resource, by URL or by identifier. A relative URL is taken from where the Bundle's own
/// stand (FHIR R4, bundle.html#references).
fn is_same(source: &Value, written: &Value) -> bool {
    match (source["reference"].as_str(), written["reference"].as_str()) {
        (Some(source), Some(written)) => source == written || written.ends_with(&format!("/{source}")),
        (None, None) => {
            let named = |of: &Value| (of["identifier"]["system"].clone(), of["identifier"]["value"].clone());
            !source["identifier"].is_null() && named(source) == named(written)
        }
        _ => false,
    }
}

/// A document that was read again: the resource and every part of it are those of the source.
pub(super) fn document(source: &Value, entry: usize, content: &[u8], tally: &mut Tally) {
    let content: Value = serde_json::from_slice(content).unwrap();
    let parts = content["entry"].as_array().unwrap();
    assert!(&parts[0]["resource"] == resource(source, entry), "a document says something else than its source");
    let entries = source["entry"].as_array();
    for part in &parts[1..] {
        let same = |entry: &Value| entry["resource"] == part["resource"];
        let listed = entries.is_some_and(|entries| entries.iter().any(same));
        let contained = resource(source, entry)["contained"].as_array();
        let contained = contained.is_some_and(|contained| contained.contains(&part["resource"]));
        assert!(listed || contained, "a part that the source does not have");
        tally.equal("Document.part");
    }
    tally.equal("Document.content");
}

/// An anchor as a DocumentReference: whose document it is, of which month, and that it is whole.
pub(super) fn anchor(kind: DocumentKind, source: &Value, reference: &Value, service_month: &str, tally: &mut Tally) {
    let subject = match kind {
        DocumentKind::DiagnosticReport | DocumentKind::DocumentReference => &source["subject"],
        DocumentKind::Bill | DocumentKind::ExplanationOfBenefit => &source["patient"],
    };
    assert!(is_same(subject, &reference["subject"]), "DocumentReference.subject");
    tally.equal("DocumentReference.subject");
    assert_eq!((&reference["status"], &reference["docStatus"]), (&"current".into(), &"final".into()));
    tally.equal("DocumentReference.status");
    assert_eq!(month(&reference["context"]["period"]["start"]), Some(service_month));
    tally.equal("DocumentReference.context.period");
}

/// A claim that was filed: what of it stands on the ledger.
pub(super) fn claim(source: &Value, written: &Value, tally: &mut Tally) {
    for element in ["use", "status"] {
        assert_eq!(source[element], written[element], "Claim.{element}");
        tally.equal(format!("Claim.{element}"));
    }
    assert!(is_same(&source["patient"], &written["patient"]), "Claim.patient");
    tally.equal("Claim.patient");
    for end in ["start", "end"] {
        let element = format!("Claim.billablePeriod.{end}");
        match month(&source["billablePeriod"][end]) {
            Some(found) => {
                assert_eq!(month(&written["billablePeriod"][end]), Some(found), "{element}");
                tally.equal(element);
            }
            None => tally.left_open(element),
        }
    }
    match source.get("total") {
        Some(total) => {
            assert_eq!(minor(&total["value"]), minor(&written["total"]["value"]), "Claim.total");
            assert_eq!(total["currency"], written["total"]["currency"], "Claim.total");
            tally.equal("Claim.total");
        }
        None => tally.left_open("Claim.total"),
    }
    let compared = ["resourceType", "use", "status", "patient", "billablePeriod", "total"];
    for element in source.as_object().unwrap().keys().filter(|element| !compared.contains(&element.as_str())) {
        tally.in_document_only(format!("Claim.{element}"));
    }
}

/// What the ledger says of a claim that was decided and paid, in the resources that say it.
pub(super) struct Paid {
    pub(super) answer: Value,
    pub(super) explanation: Value,
    pub(super) notice: Value,
}

/// What an insurer decided and paid, against the explanation of benefit that it was decided by.
pub(super) fn payment(statement: &Value, paid: &Paid, tally: &mut Tally) {
    let Paid { answer, explanation, notice } = paid;
    let stated = &statement["payment"]["amount"];
    for (element, found) in
        [("ClaimResponse.patient", &answer["patient"]), ("ExplanationOfBenefit.patient", &explanation["patient"])]
    {
        assert!(is_same(&statement["patient"], found), "{element}");
        tally.equal(element);
    }
    for element in ["status", "use", "outcome"] {
        assert_eq!(explanation[element], statement[element], "ExplanationOfBenefit.{element}");
        tally.equal(format!("ExplanationOfBenefit.{element}"));
    }
    let totals = answer["total"].as_array().unwrap();
    let benefit = totals.iter().find(|total| total["category"]["coding"][0]["code"] == "benefit").unwrap();
    for (element, found) in [
        ("ClaimResponse.total(benefit)", &benefit["amount"]),
        ("ClaimResponse.payment", &answer["payment"]["amount"]),
        ("ExplanationOfBenefit.payment", &explanation["payment"]["amount"]),
        ("PaymentNotice.amount", &notice["amount"]),
    ] {
        assert_eq!(minor(&found["value"]), minor(&stated["value"]), "{element}");
        assert_eq!(found["currency"], stated["currency"], "{element}");
        tally.equal(element);
    }
}
