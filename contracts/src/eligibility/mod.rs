//! Eligibility: provider, administrator or app asks whether a plan covers, and the insurer answers with a band.
//!
//! An answer binds nobody and ends by itself. A question needs the subject's word: a capability of the case, a
//! co-signature, or a consent for verification of eligibility that names whoever asks.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
