//! Proofs that hold without trusting the node that gives them.
//!
//! * [`log`]: the append-only history, an RFC 9162 Merkle tree in C2SP tiles, with inclusion and consistency proofs.
//! * [`state`]: the authenticated map, a Jellyfish Merkle tree, with proofs of presence and absence at a height.
//! * [`bundle`]: self-contained proofs of receipts, state, history and finality, checked against a chain id alone.
//!
//! Verifying needs SHA-256, Ed25519 and borsh only. Building and updating the state tree is behind the cargo feature
//! `tree`. Nothing here does input or output, reads a clock or draws randomness.

pub mod bundle;
pub mod log;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

use assent_types::Hash32;

/// Why a Merkle proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A tree size above [`log::SIZE_MAX`].
    #[error("tree size {0} is above the largest that this format allows")]
    Size(u64),
    /// An entry at or beyond the end, or an older size above the newer.
    #[error("position {index} lies outside a tree of {size} entries")]
    Range {
        /// Claimed position or older size.
        index: u64,
        /// Claimed size.
        size: u64,
    },
    /// Fewer or more hashes than the position and size demand.
    #[error("{found} hashes do not fit the claimed position")]
    Length {
        /// Hashes given.
        found: usize,
    },
    /// The proof leads to another root.
    #[error("the proof leads to root {found}, not to {expected}")]
    Root {
        /// Root that is trusted.
        expected: Hash32,
        /// Root that the proof leads to.
        found: Hash32,
    },
    /// The proof of a present value carries a neighbour's leaf, or an empty neighbour is spelled out.
    #[error("the proof is not in canonical form")]
    NonCanonical,
    /// A proof of absence whose neighbour is the key itself.
    #[error("the key is present")]
    Present,
    /// A proof of absence whose neighbour lies elsewhere in the tree.
    #[error("the neighbour does not share the key's path")]
    Neighbour,
}
