//! Challenges of possession (PV): auditors ask custodians for stripes that the ledger draws.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
