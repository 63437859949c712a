//! The custodian agent: keeps shards of documents, serves them by right of the ledger, and rebuilds lost ones.
//!
//! It takes a shard only of a document that is anchored, pending, and names this custodian for this shard; it checks
//! every block against the anchored root as it comes, and once more as it lies on the disk before it signs the receipt.
//! It serves to the requester of a released session, to a custodian that the ledger names to rebuild another shard, and of
//! one stripe to the auditor that challenged it, and to nobody else. It answers challenges of possession by itself.
//!
//! # Security
//! Shards are ciphertext, and fewer than suffice to read. The agent has no key of any document. It trusts no node and no
//! caller: what it may do follows from records that were proven to it.

mod config;
mod custodian;
mod metrics;
mod possession;
mod rebuild;
mod rights;
mod run;
mod serve;
mod service;
mod store;
mod upkeep;
mod upload;

pub use config::CustodianConfig;
pub use run::run;
pub use store::{ShardName, ShardStore, StoreError};
