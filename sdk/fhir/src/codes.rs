//! Code systems and how their codes map to the ledger's.

use assent_types::consent::{Category, DataAction};
use assent_types::place::{Jurisdiction, Place};

/// Base URL under which records of the ledger are named as resources.
pub(crate) const BASE: &str = "https://assent.example/fhir/";
/// Base URL of the project's extensions of Consent.
pub const EXTENSION_BASE: &str = "https://assent.example/fhir/StructureDefinition/";
/// Base URL under which a policy is named by its hash.
pub(crate) const POLICY_BASE: &str = "https://assent.example/fhir/policy/";

pub(crate) const CONSENT_KIND: &str = "https://assent.example/fhir/CodeSystem/consent-kind";
pub(crate) const CATEGORY: &str = "https://assent.example/fhir/CodeSystem/category";
pub(crate) const ACTION: &str = "https://assent.example/fhir/CodeSystem/action";
pub(crate) const PSEUDONYM: &str = "https://assent.example/fhir/identifier/pseudonym";
pub(crate) const ORGANIZATION: &str = "https://assent.example/fhir/identifier/organization";
pub(crate) const LINEAGE: &str = "https://assent.example/fhir/identifier/document-lineage";

pub(crate) const CHAIN: &str = "https://assent.example/fhir/identifier/chain";
pub(crate) const KEY: &str = "https://assent.example/fhir/identifier/key";
pub(crate) const TRANSACTION: &str = "https://assent.example/fhir/identifier/transaction";
pub(crate) const USER: &str = "https://assent.example/fhir/identifier/user";
pub(crate) const CONSENT: &str = "https://assent.example/fhir/identifier/consent";
pub(crate) const CONSENT_BOOK: &str = "https://assent.example/fhir/identifier/consents-of-subject-with-controller";
pub(crate) const ANCHOR: &str = "https://assent.example/fhir/identifier/document-version";
pub(crate) const CASE: &str = "https://assent.example/fhir/identifier/case";
pub(crate) const CLAIM: &str = "https://assent.example/fhir/identifier/claim";
pub(crate) const SETTLEMENT: &str = "https://assent.example/fhir/identifier/settlement";
pub(crate) const PREAUTH: &str = "https://assent.example/fhir/identifier/preauthorisation";
pub(crate) const ELIGIBILITY: &str = "https://assent.example/fhir/identifier/eligibility";
pub(crate) const ROLE: &str = "https://assent.example/fhir/CodeSystem/role";
pub(crate) const ACCREDITATION: &str = "https://assent.example/fhir/CodeSystem/accreditation";
pub(crate) const USER_ROLE: &str = "https://assent.example/fhir/CodeSystem/user-role";

pub(crate) const RELATION: &str = "https://assent.example/fhir/CodeSystem/claim-relation";
pub(crate) const ADJUDICATION_OWN: &str = "https://assent.example/fhir/CodeSystem/adjudication";
pub(crate) const ADJUDICATION_REASON: &str = "https://assent.example/fhir/CodeSystem/adjudication-reason";
pub(crate) const REJECT_REASON: &str = "https://assent.example/fhir/CodeSystem/claim-reject-reason";

/// X12 data element 901, the reject reason codes of the AAA segment of a 271.
pub(crate) const ELIGIBILITY_REJECT: &str = "https://codesystem.x12.org/005010/901";
pub(crate) const ADJUDICATION: &str = "http://terminology.hl7.org/CodeSystem/adjudication";
pub(crate) const CLAIM_TYPE: &str = "http://terminology.hl7.org/CodeSystem/claim-type";
pub(crate) const PAYEE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/payeetype";
pub(crate) const PRIORITY: &str = "http://terminology.hl7.org/CodeSystem/processpriority";
pub(crate) const INFORMATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/claiminformationcategory";
pub(crate) const RELATED_CLAIM: &str = "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship";
pub(crate) const PAYMENT_SORT: &str = "http://terminology.hl7.org/CodeSystem/ex-paymenttype";
pub(crate) const FUNDS_RESERVE: &str = "http://terminology.hl7.org/CodeSystem/fundsreserve";
pub(crate) const PAYMENT_STATUS: &str = "http://terminology.hl7.org/CodeSystem/paymentstatus";
pub(crate) const PAYMENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/payment-type";
pub(crate) const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const CONSENT_SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
pub(crate) const CONSENT_ACTION: &str = "http://terminology.hl7.org/CodeSystem/consentaction";
pub(crate) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
pub(crate) const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(crate) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
pub(crate) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
pub(crate) const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";
pub(crate) const LOINC: &str = "http://loinc.org";

/// Grade of a confidentiality code, after the five levels of GB/T 39725.
pub(crate) fn grade_of(confidentiality: &str) -> Option<u8> {
    match confidentiality {
        "U" => Some(1),
        "L" => Some(2),
        "M" => Some(3),
        "N" => Some(4),
        "R" | "V" => Some(5),
        _ => None,
    }
}

/// Confidentiality code of a grade from 1 to 5.
pub(crate) fn confidentiality_of(grade: u8) -> Option<&'static str> {
    match grade {
        1 => Some("U"),
        2 => Some("L"),
        3 => Some("M"),
        4 => Some("N"),
        5 => Some("R"),
        _ => None,
    }
}

/// Category of a resource type, where the two are the same. A type that is narrower than a category is not listed:
/// permitting the category would permit more than was said.
pub(crate) fn category_of_resource(resource_type: &str) -> Option<Category> {
    match resource_type {
        "AllergyIntolerance" => Some(Category::AllergyAdr),
        "Condition" => Some(Category::Diagnosis),
        "Procedure" => Some(Category::Procedure),
        "Encounter" => Some(Category::Encounter),
        "ImagingStudy" => Some(Category::RadImage),
        "Coverage" => Some(Category::Coverage),
        "ExplanationOfBenefit" => Some(Category::Eob),
        _ => None,
    }
}

/// Whether a consent category says no more than that this is a consent.
pub(crate) fn is_general_category(system: &str, code: &str) -> bool {
    // 59284-0 Patient Consent, 64292-6 Release of information consent; IDSCL information disclosure.
    matches!((system, code), (LOINC, "59284-0" | "64292-6") | (ACT_CODE, "IDSCL"))
}

/// The action of a code; depositing is not among HL7's actions.
pub(crate) fn action_of(system: &str, code: &str) -> Option<DataAction> {
    let action = DataAction::from_code(code)?;
    let own = action == DataAction::Deposit;
    (system == if own { ACTION } else { CONSENT_ACTION }).then_some(action)
}

pub(crate) fn system_of_action(action: DataAction) -> &'static str {
    if action == DataAction::Deposit { ACTION } else { CONSENT_ACTION }
}

/// A place as text: the jurisdiction, or the jurisdiction and the city's code of GB/T 2260, as in `CN-4403`.
pub(crate) fn place_text(place: &Place) -> String {
    if place.city == 0 { place.jur.to_string() } else { format!("{}-{}", place.jur, place.city) }
}

pub(crate) fn place_of(text: &str) -> Option<Place> {
    let Some((jurisdiction, city)) = text.split_once('-') else {
        return Jurisdiction::from_code(text).map(Place::whole);
    };
    let is_plain = !city.is_empty() && city.len() <= 10 && city.bytes().all(|byte| byte.is_ascii_digit());
    let city: u32 = if is_plain && !city.starts_with('0') { city.parse().ok()? } else { return None };
    Some(Place::city(Jurisdiction::from_code(jurisdiction)?, city))
}
