//! The beginning of a chain: parse and validate its document, build the first state and the chain id.
//!
//! [`GenesisDoc`] is the file that the founding organisations agree on. [`build`] turns a valid document into the
//! leaves of state version 0 and the header whose hash is the chain id. [`sample`] writes documents for a sample
//! network and for simulations. Nothing here reads a clock, draws randomness or touches files.

mod build;
mod chambers;
mod doc;
mod error;
pub mod sample;
mod validate;

pub use build::{Genesis, build};
pub use chambers::REGULATORS_MIN;
pub use doc::{DOC_BYTES_MAX, GenesisDoc};
pub use error::GenesisError;

#[cfg(test)]
mod tests;
