//! The elements of R4 Claim and ClaimResponse that the ledger uses.

use crate::datatypes::{Amount, OpenConcept};
use crate::element::elements;
use crate::model::{Concept, Extension, Identifier, Period, Reference};

elements! {
    /// An earlier claim.
    Related {
        required claim: Reference = "claim",
        required relationship: Concept = "relationship",
    } ignores &["id", "extension"]
}

elements! {
    /// Who is paid.
    PayeeElement {
        many extension: Vec<Extension> = "extension",
        required kind: Concept = "type",
        optional party: Option<Reference> = "party",
    } ignores &["id"]
}

elements! {
    /// A document that supports a claim.
    SupportingInfo {
        required sequence: u32 = "sequence",
        required category: Concept = "category",
        required value: Reference = "valueReference",
    } ignores &["id", "extension"]
}

elements! {
    /// Under which case a claim is filed.
    Insurance {
        required sequence: u32 = "sequence",
        required focal: bool = "focal",
        required coverage: Reference = "coverage",
        many preauth: Vec<String> = "preAuthRef",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource.
    ClaimResource {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required identifier: Vec<Identifier> = "identifier",
        required status: String = "status",
        required kind: Concept = "type",
        required use_code: String = "use",
        required patient: Reference = "patient",
        required billable: Period = "billablePeriod",
        required created: String = "created",
        required insurer: Reference = "insurer",
        required provider: Reference = "provider",
        required priority: Concept = "priority",
        many related: Vec<Related> = "related",
        required payee: PayeeElement = "payee",
        many supporting: Vec<SupportingInfo> = "supportingInfo",
        required insurance: Vec<Insurance> = "insurance",
        required total: Amount = "total",
    } ignores &["meta", "language", "text"]
}

elements! {
    /// A sum of one category.
    Total {
        required category: OpenConcept = "category",
        required amount: Amount = "amount",
    } ignores &["id", "extension"]
}

elements! {
    /// Why an amount was disallowed.
    Adjudication {
        required category: OpenConcept = "category",
        required reason: Concept = "reason",
    } ignores &["id", "extension"]
}

elements! {
    /// What was paid.
    Payment {
        required kind: OpenConcept = "type",
        optional date: Option<String> = "date",
        required amount: Amount = "amount",
    } ignores &["id", "extension", "identifier"]
}

elements! {
    /// Why a claim was not processed.
    ProcessingError {
        required code: Concept = "code",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource. Lines, forms and texts stay off the ledger.
    ClaimResponse {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        required kind: OpenConcept = "type",
        required use_code: String = "use",
        required patient: Reference = "patient",
        required created: String = "created",
        required insurer: Reference = "insurer",
        optional requestor: Option<Reference> = "requestor",
        optional request: Option<Reference> = "request",
        required outcome: String = "outcome",
        optional preauth: Option<String> = "preAuthRef",
        many adjudication: Vec<Adjudication> = "adjudication",
        many total: Vec<Total> = "total",
        optional payment: Option<Payment> = "payment",
        optional reserve: Option<OpenConcept> = "fundsReserve",
        many error: Vec<ProcessingError> = "error",
    } ignores &[
        "meta", "language", "text", "identifier", "subType", "payeeType", "disposition", "item", "addItem", "formCode",
        "form", "processNote",
    ]
}
