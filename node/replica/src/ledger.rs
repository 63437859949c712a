//! The ledger on a store: heads, views, admission, execution, and queries with proofs.
//!
//! Everything here is a pure function of a snapshot and its arguments; what it writes is a [`crate::storage::Batch`].

pub mod admit;
pub mod execute;
pub mod head;
pub mod keys;
pub mod query;
pub mod rebuild;
mod upgrade;
pub mod view;
