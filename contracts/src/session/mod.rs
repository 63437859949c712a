//! Access sessions: who asked for which documents, what was decided on which consents, who released keys and delivered
//! shards, and that the requester has read them.
//!
//! Receipts come before the deed: key holders say on the ledger that they release, the decision is made again at every
//! such receipt, and nothing leaves before the session is released. Receipts are folded, so those of different holders
//! may be in one block in any order. Every event is an entry of the subject's access log, whose head lies with the list
//! of its open sessions: acts of the subject find there what they have to stop, in the same transaction.

mod awaited;
pub(crate) mod book;
pub(crate) mod check;
pub(crate) mod dispute;
pub(crate) mod execute;
pub(crate) mod export;
pub(crate) mod load;
pub(crate) mod notice;
pub(crate) mod review;
pub mod transitions;

#[cfg(test)]
mod tests;
