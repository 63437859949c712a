//! Questions of eligibility, preauthorisations, claims and payments of the ledger as R4 resources, and back.
//!
//! | Ledger | FHIR |
//! |---|---|
//! | question of eligibility | CoverageEligibilityRequest; the case is its coverage |
//! | answer | CoverageEligibilityResponse: `complete` with `inforce`, band or reason; `error` as in X12 271; `queued` |
//! | preauthorisation as asked for | Claim, use `preauthorization`; one that it replaces is `related` as `prior` |
//! | answer | ClaimResponse: `queued`, `partial` while information is awaited, `complete`; `preAuthPeriod` |
//! | question for documents | CommunicationRequest, a `payload` for each category; `completed` once answered |
//! | claim as filed | Claim, use `claim`; what FHIR lacks in own extensions |
//! | status and decision | ClaimResponse: `queued` until acknowledged, `partial` until decided, `complete` once decided, `error` if returned unprocessed; a withdrawn claim is `cancelled` |
//! | the same for the insured | ExplanationOfBenefit, with case and months; none of a claim that was returned unprocessed |
//! | amounts | `total`: submitted (billed), eligible (claimed), copay (the subject's share), benefit (approved), own code disallowed |
//! | preauthorisation, guarantee | `preAuthRef`, `fundsReserve` |
//! | payment | PaymentNotice: `paid` says the bank, `cleared` says the payee |
//! | payments of an insurer | PaymentReconciliation, one `detail` each |
//!
//! Lines and their outcomes stay off the ledger, which has a salted root over them: items, notes and dispositions of a
//! ClaimResponse are passed over and belong into what that root commits to.

mod answer;
mod answer_read;
mod eligibility;
mod eligibility_model;
mod eligibility_read;
mod explanation;
mod filing;
mod filing_read;
mod inquiry;
mod model;
mod payment;
mod payment_model;
mod preauth;
mod preauth_answer;
mod reconciliation;

pub use answer::{ClaimAnswer, ClaimOutcome, DecidedClaim, PaidClaim, answer_to_fhir};
pub use answer_read::answer_from_fhir;
pub use eligibility::{EligibilityQuestion, EligibilityReply, eligibility_question_to_fhir, eligibility_reply_to_fhir};
pub use eligibility_read::{eligibility_question_from_fhir, eligibility_reply_from_fhir};
pub use explanation::{Explanation, explanation_from_fhir, explanation_to_fhir};
pub use filing::{FiledClaim, claim_to_fhir};
pub use filing_read::claim_from_fhir;
pub use inquiry::{Inquired, Inquiry, inquiry_from_fhir, inquiry_to_fhir};
pub use payment::{PaymentRecord, payment_from_fhir, payment_to_fhir};
pub use preauth::{PreauthQuestion, preauth_from_fhir, preauth_to_fhir};
pub use preauth_answer::{DecidedPreauth, PreauthAnswer, preauth_answer_from_fhir, preauth_answer_to_fhir};
pub use reconciliation::{Remittance, RemittanceDetail, remittance_from_fhir, remittance_to_fhir};
