use assent_types::Hash32;
use sha2::{Digest, Sha256};

use super::Frontier;

/// Hash of a leaf: SHA-256 of 0x00 and the data (RFC 9162 §2.1.1).
pub fn leaf_hash(data: &[u8]) -> Hash32 {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    Hash32(hasher.finalize().into())
}

/// Hash of an inner node: SHA-256 of 0x01, left and right (RFC 9162 §2.1.1).
pub fn node_hash(left: &Hash32, right: &Hash32) -> Hash32 {
    let mut preimage = [1; 65];
    preimage[1..33].copy_from_slice(&left.0);
    preimage[33..].copy_from_slice(&right.0);
    Hash32(Sha256::digest(preimage).into())
}

/// Root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash32 {
    Hash32(Sha256::digest([]).into())
}

/// Root over these leaf hashes.
pub fn root_of(leaf_hashes: &[Hash32]) -> Hash32 {
    let mut frontier = Frontier::new();
    for leaf in leaf_hashes {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Joins the roots of neighbouring complete subtrees, largest first, from the right.
pub(super) fn fold_peaks(peaks: &[Hash32]) -> Hash32 {
    match peaks.split_last() {
        None => empty_root(),
        Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
    }
}
