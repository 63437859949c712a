//! The elements of R4 CoverageEligibilityRequest and CoverageEligibilityResponse that the ledger uses.

use crate::element::elements;
use crate::model::{Concept, Extension, Identifier, Period, Reference};

elements! {
    /// Under which case is asked.
    AskedInsurance {
        optional focal: Option<bool> = "focal",
        required coverage: Reference = "coverage",
    } ignores &["id", "extension"]
}

elements! {
    /// What a question and its answer have both.
    EligibilityHead {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        many purpose: Vec<String> = "purpose",
        required patient: Reference = "patient",
        optional serviced: Option<String> = "servicedDate",
        required created: String = "created",
        required insurer: Reference = "insurer",
    } ignores &["meta", "language", "text"]
}

elements! {
    /// The resource. Who typed it in and how urgent it is do not change what is asked: the ledger sets the time for it.
    EligibilityRequest {
        part head: EligibilityHead = "",
        many identifier: Vec<Identifier> = "identifier",
        optional provider: Option<Reference> = "provider",
        required insurance: Vec<AskedInsurance> = "insurance",
    } ignores &["priority", "enterer"]
}

elements! {
    /// What the insurer says of the case's coverage.
    AnsweredInsurance {
        many extension: Vec<Extension> = "extension",
        required coverage: Reference = "coverage",
        optional inforce: Option<bool> = "inforce",
        optional period: Option<Period> = "benefitPeriod",
    } ignores &["id"]
}

elements! {
    /// Why the insurer cannot answer.
    EligibilityFault {
        required code: Concept = "code",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource. Texts stay off the ledger.
    EligibilityResponse {
        part head: EligibilityHead = "",
        optional requestor: Option<Reference> = "requestor",
        required request: Reference = "request",
        required outcome: String = "outcome",
        many insurance: Vec<AnsweredInsurance> = "insurance",
        many error: Vec<EligibilityFault> = "error",
    } ignores &["identifier", "disposition", "form"]
}
