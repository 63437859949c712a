//! The elements of R4 Claim and ClaimResponse that the ledger uses, for claims and for preauthorisations.

use crate::datatypes::{Amount, OpenConcept};
use crate::element::elements;
use crate::error::FhirError;
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
    /// What a Claim says, whatever its use.
    ClaimHead {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        required kind: Concept = "type",
        required use_code: String = "use",
        required patient: Reference = "patient",
        required billable: Period = "billablePeriod",
        required created: String = "created",
        required insurer: Reference = "insurer",
        required provider: Reference = "provider",
        many related: Vec<Related> = "related",
        many supporting: Vec<SupportingInfo> = "supportingInfo",
        required insurance: Vec<Insurance> = "insurance",
        required total: Amount = "total",
    } ignores &["meta", "language", "text"]
}

elements! {
    /// The resource with use `claim`.
    ClaimResource {
        part head: ClaimHead = "",
        required identifier: Vec<Identifier> = "identifier",
        required priority: Concept = "priority",
        required payee: PayeeElement = "payee",
    } ignores &[]
}

elements! {
    /// The resource with use `preauthorization`. Who typed it in does not change what is asked for.
    PreauthClaim {
        part head: ClaimHead = "",
        many identifier: Vec<Identifier> = "identifier",
        required priority: OpenConcept = "priority",
    } ignores &["enterer"]
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
    /// What an insurer answers, whatever to and to whom. Lines, forms and texts stay off the ledger.
    AnswerHead {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        required kind: OpenConcept = "type",
        required use_code: String = "use",
        required patient: Reference = "patient",
        required created: String = "created",
        required insurer: Reference = "insurer",
        required outcome: String = "outcome",
        many adjudication: Vec<Adjudication> = "adjudication",
        many total: Vec<Total> = "total",
        optional reserve: Option<OpenConcept> = "fundsReserve",
    } ignores &[
        "meta", "language", "text", "identifier", "subType", "disposition", "item", "addItem", "formCode", "form",
        "processNote",
    ]
}

impl AnswerHead {
    /// Whether the answer was cancelled, if it is one to this use.
    pub(super) fn is_cancelled(&self, use_code: &str) -> Result<bool, FhirError> {
        if self.use_code != use_code {
            return Err(FhirError::unsupported("ClaimResponse.use", format!("only {use_code} is read here")));
        }
        match self.status.as_str() {
            "active" => Ok(false),
            "cancelled" => Ok(true),
            _ => Err(FhirError::unsupported("ClaimResponse.status", "an answer is active or cancelled")),
        }
    }
}

elements! {
    /// The answer to a claim.
    ClaimResponse {
        part head: AnswerHead = "",
        optional requestor: Option<Reference> = "requestor",
        optional request: Option<Reference> = "request",
        optional preauth: Option<String> = "preAuthRef",
        optional payment: Option<Payment> = "payment",
        many error: Vec<ProcessingError> = "error",
    } ignores &["payeeType"]
}

elements! {
    /// The answer to a preauthorisation.
    PreauthResponse {
        part head: AnswerHead = "",
        optional requestor: Option<Reference> = "requestor",
        required request: Reference = "request",
        optional reference: Option<String> = "preAuthRef",
        optional period: Option<Period> = "preAuthPeriod",
    } ignores &["payeeType"]
}
