//! Consents as contracts of a data space: ODRL policies, the states of their negotiation, and back.
//!
//! A contract is between two, so only a consent to one named organisation is one; the patient's will stands behind the
//! provider's. Terms that ODRL has words for are written in them, as constraints and duties of one permission or, for a
//! dissent, one prohibition. What it has none for, such as evidence and separate consents, stands beside them as the FHIR
//! extensions of this crate in a JSON literal.
//!
//! | Ledger | Dataspace Protocol 2025-1, ODRL 2.2 |
//! |---|---|
//! | proposed by the controller, by another (CN-01) | OFFERED, REQUESTED; Offer |
//! | active (CN-02) | FINALIZED, as finality of the ledger verifies the agreement; Agreement |
//! | revoked (CN-06), rejected or ended otherwise | TERMINATED |
//! | purposes; places; first and last instant | constraints `purpose`, `spatial`, `dateTime` |
//! | categories, actions, grade and labels, service dates, documents | constraints of the ledger's profile |
//! | obligations; retention | duties; `delete` after `elapsedTime` |
//! | a dissent beats every permit | conflict strategy `prohibit` |

mod negotiation;
mod policy;
mod policy_model;
mod policy_read;

pub use negotiation::{Negotiation, NegotiationState, negotiation_from_dsp, negotiation_to_dsp};
pub use policy::{consent_to_odrl, terms_to_odrl};
pub use policy_read::consent_from_odrl;
