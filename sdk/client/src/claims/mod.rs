//! Claims: what is filed, how awards are shared out over bills, and a claim's course from bill to bank reference.
//!
//! Lines, days and plans stay off the ledger. [`ClaimDraft`] turns them into the salted commitments of
//! [`assent_types::claim::ClaimTerms`], and the notes of this module keep them, with their salts, in the organisation's
//! private registry.

mod award;
mod draft;
mod lines;
mod notes;
mod trace;

pub use award::share_out;
pub use draft::{ClaimDraft, DraftError, commit};
pub use lines::{ClaimLine, LineOutcome, outcome_root};
pub use notes::{BillNote, CaseNote, ClaimNote};
pub use trace::{ClaimTrace, trace};

#[cfg(test)]
mod tests;
