//! The elements of R4 Claim and ClaimResponse with use `preauthorization` that the ledger uses.

use super::model::{Adjudication, Insurance, Related, SupportingInfo, Total};
use crate::datatypes::{Amount, OpenConcept};
use crate::element::elements;
use crate::model::{Concept, Extension, Identifier, Period, Reference};

elements! {
    /// What is asked for.
    PreauthClaim {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        many identifier: Vec<Identifier> = "identifier",
        required status: String = "status",
        required kind: Concept = "type",
        required use_code: String = "use",
        required patient: Reference = "patient",
        required billable: Period = "billablePeriod",
        required created: String = "created",
        required insurer: Reference = "insurer",
        required provider: Reference = "provider",
        required priority: OpenConcept = "priority",
        many related: Vec<Related> = "related",
        many supporting: Vec<SupportingInfo> = "supportingInfo",
        required insurance: Vec<Insurance> = "insurance",
        required total: Amount = "total",
    } ignores &["meta", "language", "text", "enterer"]
}

elements! {
    /// What is answered. Items, forms and texts stay off the ledger.
    PreauthResponse {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        required kind: OpenConcept = "type",
        required use_code: String = "use",
        required patient: Reference = "patient",
        required created: String = "created",
        required insurer: Reference = "insurer",
        optional requestor: Option<Reference> = "requestor",
        required request: Reference = "request",
        required outcome: String = "outcome",
        optional reference: Option<String> = "preAuthRef",
        optional period: Option<Period> = "preAuthPeriod",
        many adjudication: Vec<Adjudication> = "adjudication",
        many total: Vec<Total> = "total",
        optional reserve: Option<OpenConcept> = "fundsReserve",
    } ignores &[
        "meta", "language", "text", "identifier", "subType", "payeeType", "disposition", "item", "addItem", "formCode",
        "form", "processNote",
    ]
}
