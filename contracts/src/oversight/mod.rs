//! What regulators look at beside sessions: roots of internal audit logs (LR), lawful look-ups (LL), recognition of
//! results (RE).
//!
//! What an organisation reads of its own is not on the ledger. The root of its audit log is, every day: a regulator can
//! ask for any entry with its path, and a day that is missing or counts fewer entries than before is an anomaly.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
