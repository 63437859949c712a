//! What names the patients of a Bundle, for tests that look for it where it may not be; and the form in which IHE publishes
//! examples.
//!
//! # Security
//! These are identifiers in the clear: they belong in no program that serves anybody.

mod fsh;
mod planted;

pub use fsh::consents;
pub use planted::{Planted, PlantedKind, planted_identifiers};
