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
    /// The resource. Who typed it in and how urgent it is do not change what is asked: the ledger sets the time for it.
    EligibilityRequest {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        many identifier: Vec<Identifier> = "identifier",
        required status: String = "status",
        many purpose: Vec<String> = "purpose",
        required patient: Reference = "patient",
        optional serviced: Option<String> = "servicedDate",
        required created: String = "created",
        optional provider: Option<Reference> = "provider",
        required insurer: Reference = "insurer",
        required insurance: Vec<AskedInsurance> = "insurance",
    } ignores &["meta", "language", "text", "priority", "enterer"]
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
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        many purpose: Vec<String> = "purpose",
        required patient: Reference = "patient",
        optional serviced: Option<String> = "servicedDate",
        required created: String = "created",
        optional requestor: Option<Reference> = "requestor",
        required request: Reference = "request",
        required outcome: String = "outcome",
        required insurer: Reference = "insurer",
        many insurance: Vec<AnsweredInsurance> = "insurance",
        many error: Vec<EligibilityFault> = "error",
    } ignores &["meta", "language", "text", "identifier", "disposition", "form"]
}
