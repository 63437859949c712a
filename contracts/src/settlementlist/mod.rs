//! Settlement lists (DL): headers whose fees add up to the bill, with editions that were live at discharge.
//!
//! The list is a document, and its lineage is the list's: a correction names the next version of it. That the sum of its
//! fees is the bill's total is checked when it is filed; as neither changes, it holds whenever a claim cites the bill.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
