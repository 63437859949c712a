//! Code systems and maps between them, as hashes: what a code meant at the time of service can be shown later.
//!
//! Two reviewers of different jurisdictions co-sign. Maps take effect only after a notice period. Many codes may map to
//! one: then nothing maps back, so a map back is refused, and a claim that was mapped lists both versions.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
