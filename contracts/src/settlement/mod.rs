//! Settlements: one movement of money for one claim, from its instruction to the payee's acknowledgement, and batches of
//! them.
//!
//! No money moves here: banks report. A settlement and its claim move in one transaction: the instruction of a claim's
//! payment or clawback creates the settlement, and the end of the settlement moves the claim. Silence never leaves money
//! in between for good: a bank that does not answer has failed, a payee that does not has been paid, and a bank that
//! accepted and reports nothing leaves a dispute, which a person resolves.

pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
