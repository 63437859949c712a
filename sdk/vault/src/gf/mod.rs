//! The field GF(2⁸) with the polynomial 0x11B (x⁸ + x⁴ + x³ + x + 1), and matrices over it applied to columns of bytes.
//!
//! A [`Program`] multiplies a fixed matrix with columns: it is what encoding, decoding and repair come down to. It runs
//! on the best instructions that the processor has ([`Tier`]); all tiers give the same bytes.

mod field;
mod matrix;
mod program;
mod tier;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "values in tests are small, and a test panics where it fails"
)]
mod tests;

pub(crate) use field::{inverse, mul};
pub use matrix::Matrix;
pub use program::Program;
pub use tier::Tier;
