use assent_types::Hash32;
use assent_types::tree::{empty_root, node_hash};

use super::Frontier;

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
