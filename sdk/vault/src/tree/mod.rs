//! Hash trees over shards, all of them RFC 9162 trees of `assent_proofs::log`.
//!
//! Leaves are blocks of at most 4 KiB that never span two chunks. The root over a chunk's blocks is a leaf of its column's
//! tree over stripes; the roots of the columns, with their sizes, are leaves of the shard's tree; the object root is over
//! the shard roots and the geometry. So one block is proven against a shard root by three short paths, and whoever
//! holds the chunk roots of a shard ([`ShardIndex`]) checks whole chunks with nothing else.
//!
//! The *ciphertext root* is a tree over stripes as well. Its leaves hash the chunk roots of the stripe's ciphertext, in
//! order, so it is had without hashing the ciphertext twice, and it is the same whatever code disperses it. Whoever
//! decodes any k shards compares with it: different shards cannot yield different documents.

mod index;
mod proof;
mod roots;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "values in tests are small, and a test panics where it fails"
)]
mod tests;

pub(crate) use index::path;
pub use index::{CheckedIndex, CheckedStripes, ShardIndex, StripeIndex};
pub use proof::{BlockId, BlockProof};
pub(crate) use roots::ColumnRoots;
pub use roots::{Roots, chunk_root, object_root, shard_root, stripe_leaf};

use assent_proofs::ProofError;

/// Why a part of a shard, or what describes it, is not what was anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A shard, column, stripe or block that the geometry does not have.
    #[error("there is no {what} {number}")]
    Range {
        /// What was numbered.
        what: &'static str,
        /// The number.
        number: u64,
    },
    /// Roots or leaves that are fewer or more than the geometry asks for.
    #[error("{found} {what} where {expected} belong")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A path that does not lead to the anchored root.
    #[error("shard {shard}: the path in the tree of the {level} is wrong: {error}")]
    Path {
        /// Which shard.
        shard: usize,
        /// Which of the three trees.
        level: &'static str,
        /// What is wrong with it.
        error: ProofError,
    },
    /// A list of roots that does not hash to the anchored root.
    #[error("the {what} does not hash to the anchored root")]
    Root {
        /// Which list.
        what: &'static str,
    },
}
