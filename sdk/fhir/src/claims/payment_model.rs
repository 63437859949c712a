//! The elements of R4 PaymentNotice and PaymentReconciliation that the ledger uses.

use crate::datatypes::{Amount, OpenConcept};
use crate::element::elements;
use crate::model::{Extension, Identifier, Period, Reference};

elements! {
    /// The resource.
    PaymentNotice {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        required request: Reference = "request",
        required created: String = "created",
        required payment: Reference = "payment",
        required date: String = "paymentDate",
        required payee: Reference = "payee",
        required recipient: Reference = "recipient",
        required amount: Amount = "amount",
        required payment_status: OpenConcept = "paymentStatus",
    } ignores &["meta", "language", "text", "identifier"]
}

elements! {
    /// One payment of several.
    Detail {
        many extension: Vec<Extension> = "extension",
        required identifier: Identifier = "identifier",
        required kind: OpenConcept = "type",
        required request: Reference = "request",
        required date: String = "date",
        required amount: Amount = "amount",
    } ignores &["id"]
}

elements! {
    /// The resource.
    PaymentReconciliation {
        optional id: Option<String> = "id",
        required status: String = "status",
        optional period: Option<Period> = "period",
        required created: String = "created",
        required issuer: Reference = "paymentIssuer",
        required outcome: String = "outcome",
        required date: String = "paymentDate",
        required amount: Amount = "paymentAmount",
        required detail: Vec<Detail> = "detail",
    } ignores &["meta", "language", "text", "identifier", "disposition", "formCode", "processNote", "paymentIdentifier"]
}
