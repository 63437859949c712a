//! The authenticated state: a Jellyfish Merkle tree with one version for every height.
//!
//! The tree maps key hashes to values and has a root for every height that was written. A leaf hashes the key hash and
//! the SHA-256 of the value; an inner node hashes its two children; a subtree with one leaf is that leaf, an empty one
//! a placeholder. [`StateProof`] is verified without the tree's code; building and updating are behind the cargo
//! feature `tree`.

mod proof;

#[cfg(feature = "tree")]
mod apply;
#[cfg(feature = "tree")]
pub(crate) mod node;
#[cfg(feature = "tree")]
mod prove;

#[cfg(all(test, feature = "tree"))]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "sizes in tests are small, and a test panics where it fails"
)]
mod tests;

#[cfg(feature = "tree")]
pub use apply::{StateUpdate, apply};
#[cfg(feature = "tree")]
pub use node::{NodeReader, StateError, StoredKey, root};
pub use proof::{DEPTH_MAX, NeighbourLeaf, StateProof, value_hash};
#[cfg(feature = "tree")]
pub use prove::{ValueAndProof, prove};
