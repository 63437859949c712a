//! The key service: keeps parts of keys of documents and releases them by right of the ledger.
//!
//! A controller's service keeps its half of the key that wraps each of its documents; a member of a keyset keeps a share
//! of the other half. Both are taken once, while the document awaits them, and kept in the organisation's private
//! registry. In a permitted session the service seals its parts to the session's fresh key, posts a receipt with the hash
//! of each ciphertext, and hands the ciphertexts to the requester only after the ledger has released the session, and
//! only for a short time.
//!
//! # Security
//! No part leaves except sealed to a session that the ledger permits. The service trusts no node: sessions and documents
//! are proven to it.

mod config;
mod holder;
mod metrics;
mod release;
mod run;
mod service;

pub use config::KeyServiceConfig;
pub use run::run;
