//! Organisations' keys, and evidence against validators.
//!
//! Organisations themselves are written at genesis. Their keys rotate by class G-C: signed by the organisation's
//! recovery key, or by one of its signing keys and co-signed by another.

pub(crate) mod check;
pub(crate) mod execute;
pub mod record;
pub mod transitions;

#[cfg(test)]
mod tests;
