//! Claims of the ledger as R4 Claim and ClaimResponse, payments as PaymentNotice and PaymentReconciliation, and back.
//!
//! | Ledger | FHIR |
//! |---|---|
//! | claim as filed | Claim, use `claim`; what FHIR lacks in own extensions |
//! | status and decision | ClaimResponse: `queued` until acknowledged, `partial` until decided, `complete` once decided, `error` if returned unprocessed; a withdrawn claim is `cancelled` |
//! | amounts | `total`: submitted (billed), eligible (claimed), copay (the subject's share), benefit (approved), own code disallowed |
//! | preauthorisation, guarantee | `preAuthRef`, `fundsReserve` |
//! | payment | PaymentNotice: `paid` says the bank, `cleared` says the payee |
//! | payments of an insurer | PaymentReconciliation, one `detail` each |
//!
//! Lines and their outcomes stay off the ledger, which has a salted root over them: items, notes and dispositions of a
//! ClaimResponse are passed over and belong into what that root commits to.

mod answer;
mod answer_read;
mod filing;
mod filing_read;
mod model;
mod payment;
mod payment_model;
mod reconciliation;

pub use answer::{ClaimAnswer, ClaimOutcome, DecidedClaim, PaidClaim, answer_to_fhir};
pub use answer_read::answer_from_fhir;
pub use filing::{FiledClaim, claim_to_fhir};
pub use filing_read::claim_from_fhir;
pub use payment::{PaymentRecord, payment_from_fhir, payment_to_fhir};
pub use reconciliation::{Remittance, RemittanceDetail, remittance_from_fhir, remittance_to_fhir};
