//! Settlements: one payment of one claim, from the insurer's instruction to the payee's acknowledgement.
//!
//! No money moves here: banks report. A settlement and its claim move in one transaction: the instruction of a claim's
//! payment creates the settlement, and the end of the settlement settles the claim or opens it for another instruction.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
