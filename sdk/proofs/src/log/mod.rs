//! The history log: a Merkle tree by RFC 9162 §2.1 (hashing of RFC 6962), stored in tiles of height 8 (C2SP tlog-tiles).
//!
//! A log is a list of leaf hashes. Only hashes of complete subtrees whose height is a multiple of 8 are stored: tile
//! (L, N) holds the roots of up to 256 complete subtrees of 256^L leaves, starting with number 256·N. A tile that is
//! not full yet is overwritten in place as it grows; whoever reads for an older size takes its beginning.
//!
//! # Security
//!
//! A root does not bind the size of its tree: take root and size from the same signed header. Sizes above [`SIZE_MAX`]
//! and proofs of more than [`PROOF_MAX`] hashes are refused before any work is done.

mod frontier;
mod hash;
mod prove;
mod tiles;
mod verify;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "sizes in tests are small, and a test panics where it fails"
)]
mod tests;

pub use assent_types::tree::{empty_root, leaf_hash, node_hash};
pub use frontier::{Frontier, FrontierError};
pub use hash::root_of;
pub use prove::{InclusionProver, prove_consistency, prove_inclusion, root_at};
pub use tiles::{Appended, LogError, TILE_HEIGHT, TILE_WIDTH, Tile, TileReader, append};
pub use verify::{verify_consistency, verify_inclusion};

/// Largest number of entries of a log.
pub const SIZE_MAX: u64 = 1 << 62;

/// Most hashes of an inclusion or consistency proof: one for each level of the largest tree, and one to start from.
pub const PROOF_MAX: usize = 63;
