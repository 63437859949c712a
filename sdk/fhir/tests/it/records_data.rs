//! HL7's examples of questions of eligibility, preauthorisations, answers, payments, audit events and provenance, each with its outcome.
//!
//! The examples are not part of the project; see [`crate::examples`] for where they are found.

use assent_fhir::claims::{
    answer_from_fhir, answer_to_fhir, eligibility_question_from_fhir, eligibility_question_to_fhir,
    eligibility_reply_from_fhir, eligibility_reply_to_fhir, explanation_from_fhir, explanation_to_fhir,
    inquiry_from_fhir, inquiry_to_fhir, payment_from_fhir, payment_to_fhir, preauth_answer_from_fhir,
    preauth_answer_to_fhir, preauth_from_fhir, preauth_to_fhir, remittance_from_fhir, remittance_to_fhir,
};
use assent_fhir::{
    FhirError, Mapping, ObjectEntry, OrganizationEntry, PatientEntry, audit_from_fhir, audit_to_fhir,
    provenance_from_fhir, provenance_to_fhir,
};
use assent_types::{Hash32, OrgId, Sp};

use crate::examples::{as_recorded, data, report};

/// What the examples refer to.
fn mapping() -> Mapping {
    let orgs = [
        ("Organization/1", 1),
        ("Organization/2", 2),
        ("http://www.jurisdiction.org/insurers|555123", 2),
        ("Practitioner/1", 1),
        ("http://national.org/clinic|OR1234", 1),
    ];
    let claims = [
        "http://www.BenefitsInc.com/fhir/oralhealthclaim/15476332402",
        "http://www.BenefitsInc.com/fhir/oralhealthclaim/225476332699",
        "http://happyvalleyclinic.com/claim|AB12345",
        "http://happysight.com/claim|6612346",
        "http://benefitsinc.com/fhir/claim/12345",
        "Claim/100156",
        "Coverage/9876B1",
        "http://www.BenefitsInc.com/fhir/coverageeligibilityrequest/225476332402",
        "http://www.BenefitsInc.com/fhir/coverageeligibilityresponse/225476332402",
        "http://www.BenefitsInc.com/fhir/coverageeligibilityresponse/225476332406",
        "http://www.BenefitsInc.com/fhir/coverageeligibilityrequest/225476332405",
    ];
    Mapping {
        organizations: orgs
            .iter()
            .map(|(reference, org)| OrganizationEntry { reference: (*reference).into(), org: OrgId(*org) })
            .collect(),
        patients: ["Patient/1", "Patient/pat1", "Patient/f201"]
            .iter()
            .zip(1..)
            .map(|(name, byte)| PatientEntry {
                reference: (*name).into(),
                controller: OrgId(2),
                sp: Sp(Hash32([byte; 32])),
            })
            .collect(),
        objects: claims
            .iter()
            .zip(1..)
            .map(|(reference, byte)| ObjectEntry { reference: (*reference).into(), id: Hash32([byte; 32]) })
            .collect(),
        ..Mapping::default()
    }
}

/// An accepted example is written and read again, and says the same.
fn outcome<T: PartialEq + std::fmt::Debug>(
    text: &str,
    read: impl Fn(&str, &Mapping) -> Result<T, FhirError>,
    write: impl Fn(&T, &Mapping) -> Result<String, FhirError>,
) -> String {
    let mapping = mapping();
    match read(text, &mapping) {
        Ok(record) => {
            let written = write(&record, &mapping).unwrap();
            assert_eq!(read(&written, &mapping), Ok(record), "{written}");
            "accepted".to_owned()
        }
        Err(error) => format!("E{} {}", error.code.number(), error.path),
    }
}

#[test]
fn published_records_have_their_recorded_outcomes() {
    let Some(data) = data() else {
        println!("data tests: not run");
        return;
    };
    let mut files: Vec<_> =
        std::fs::read_dir(data.join("hl7-fhir-r4-examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut lines = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = || std::fs::read_to_string(&path).unwrap();
        let outcome = match name.split('-').next().unwrap() {
            "Claim" if text().contains("\"use\": \"preauthorization\"") => {
                outcome(&text(), preauth_from_fhir, preauth_to_fhir)
            }
            "ClaimResponse" if text().contains("\"use\": \"preauthorization\"") => {
                outcome(&text(), preauth_answer_from_fhir, preauth_answer_to_fhir)
            }
            "ClaimResponse" => outcome(&text(), answer_from_fhir, answer_to_fhir),
            "CoverageEligibilityRequest" => {
                outcome(&text(), eligibility_question_from_fhir, eligibility_question_to_fhir)
            }
            "CoverageEligibilityResponse" => outcome(&text(), eligibility_reply_from_fhir, eligibility_reply_to_fhir),
            "CommunicationRequest" => outcome(&text(), inquiry_from_fhir, inquiry_to_fhir),
            "ExplanationOfBenefit" => outcome(&text(), explanation_from_fhir, explanation_to_fhir),
            "PaymentNotice" => outcome(&text(), payment_from_fhir, payment_to_fhir),
            "PaymentReconciliation" => outcome(&text(), remittance_from_fhir, remittance_to_fhir),
            "AuditEvent" => outcome(&text(), audit_from_fhir, audit_to_fhir),
            "Provenance" => outcome(&text(), provenance_from_fhir, provenance_to_fhir),
            _ => continue,
        };
        lines.push(format!("{name:<44} {outcome}"));
    }
    as_recorded("records.txt", &(lines.join("\n") + "\n"));
    let accepted = lines.iter().filter(|line| line.ends_with(" accepted")).count();
    report(&format!(
        "FHIR R4 records: {} HL7 examples of eligibility, preauthorisations, answers, payments, audit events and provenance, {accepted} accepted, {} \
         refused by number and element, as recorded\n",
        lines.len(),
        lines.len() - accepted
    ));
}
