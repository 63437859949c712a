//! Erasure of documents (DO-06 to DO-12) and holds against it (HO).
//!
//! A request restricts a document at once; whether it may go is decided by its controller, once the law, every hold and
//! every claim that cites it allow it. Enough key shares, shards and the controller's salt are then destroyed, each by
//! the signed word of who held it, and what is left is a tombstone. That a thing was deleted cannot be proven: a
//! tombstone says who said so.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
