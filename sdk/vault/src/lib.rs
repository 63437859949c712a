//! Encrypted, network-coded documents.
pub mod codec;
pub mod gf;
