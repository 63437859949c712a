//! Documents as streams of stripes: sealing, opening, rebuilding.
//!
//! None of these holds more than a stripe of ciphertext and one of parity. They do no input or output: whoever drives
//! them hands bytes in and takes stripes out.

mod open;
mod rebuild;
mod seal;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "values in tests are small, and a test panics where it fails"
)]
mod tests;

pub use open::{OpenError, Opened, Opener, ShardStripe};
pub use rebuild::{RebuildError, Rebuilder};
pub use seal::{SealError, Sealed, SealedStripe, Sealer, Upload};

/// A chunk that is not the anchored one, and who gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Culprit {
    /// Shard whose custodian gave it.
    pub shard: usize,
    /// Column of the chunk.
    pub column: usize,
    /// Stripe of the chunk.
    pub stripe: u32,
}
