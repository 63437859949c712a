//! Merkle trees by RFC 9162 §2.1, of which some leaves are shown and the others stay hidden.
//!
//! Where several leaves of a small tree are shown at once, their inclusion paths share most of their nodes. [`fold`]
//! takes each node once: the leaves that are shown, and the roots of the largest subtrees without one.

use sha2::{Digest, Sha256};

use crate::ids::Hash32;

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

/// A leaf that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownLeaf {
    /// Its position, from 0.
    pub index: u32,
    /// Its hash, by [`leaf_hash`].
    pub hash: Hash32,
    /// Whether it is to be shown.
    pub shown: bool,
}

/// What [`fold`] returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Root of the tree.
    pub root: Hash32,
    /// Roots of the largest subtrees without a leaf that is to be shown, from left to right.
    pub hidden: Vec<Hash32>,
}

/// Root of the tree of `count` leaves from those that are known, ascending, and the roots of the largest subtrees
/// without one, from left to right; and what is to be hidden if only the leaves marked so are shown.
///
/// `None` if leaves and hidden roots are not exactly those of such a tree: one too many, too few, out of order, or a
/// hidden root for less than the largest subtree. So for one tree and one choice of leaves there is one form.
///
/// # Security
///
/// A root does not bind the number of leaves: take both from the same hash.
pub fn fold(count: u32, known: &[KnownLeaf], hidden: &[Hash32]) -> Option<Folded> {
    let mut walk = Walk { known, given: hidden, hidden: Vec::new() };
    let root = if count == 0 { empty_root() } else { walk.node(0, count)?.0 };
    let complete = walk.known.is_empty() && walk.given.is_empty();
    complete.then_some(Folded { root, hidden: walk.hidden })
}

/// What is left of the input, and the output so far, of one walk from left to right.
struct Walk<'a> {
    known: &'a [KnownLeaf],
    given: &'a [Hash32],
    hidden: Vec<Hash32>,
}

impl Walk<'_> {
    /// Root over the leaves from `start` to `end`, at least one, and whether one of them is shown. Every step takes a
    /// leaf or a hidden root, or splits a range that has a leaf: the work is bounded by the input, the depth by 32.
    fn node(&mut self, start: u32, end: u32) -> Option<(Hash32, bool)> {
        let before = self.hidden.len();
        let (hash, shown) = if self.known.first().is_none_or(|leaf| leaf.index >= end) {
            let (hash, rest) = self.given.split_first()?;
            self.given = rest;
            (*hash, false)
        } else if end - start == 1 {
            let (leaf, rest) = self.known.split_first()?;
            self.known = rest;
            (leaf.index == start).then_some((leaf.hash, leaf.shown))?
        } else {
            let middle = start + (1 << (end - start - 1).ilog2());
            let (left, right) = (self.node(start, middle)?, self.node(middle, end)?);
            (node_hash(&left.0, &right.0), left.1 || right.1)
        };
        if !shown {
            self.hidden.truncate(before);
            self.hidden.push(hash);
        }
        Some((hash, shown))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test panics where it fails")]
mod tests {
    use super::*;

    fn leaves(count: u32, shown: u32) -> Vec<KnownLeaf> {
        let leaf =
            |index: u32| KnownLeaf { index, hash: leaf_hash(&index.to_be_bytes()), shown: shown & (1 << index) != 0 };
        (0..count).map(leaf).collect()
    }

    /// RFC 9162 §2.1.1, word by word.
    fn root(leaves: &[KnownLeaf]) -> Hash32 {
        match leaves {
            [] => empty_root(),
            [leaf] => leaf.hash,
            _ => {
                let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
                node_hash(&root(left), &root(right))
            }
        }
    }

    #[test]
    fn every_choice_of_leaves_leads_to_the_root_and_in_one_form_only() {
        for count in 0..=9 {
            let root = root(&leaves(count, 0));
            for mask in 0..1_u32 << count {
                let all = leaves(count, mask);
                let whole = fold(count, &all, &[]).unwrap();
                assert_eq!(whole.root, root, "{count} {mask:b}");
                let shown: Vec<KnownLeaf> = all.into_iter().filter(|leaf| leaf.shown).collect();
                let again = fold(count, &shown, &whole.hidden).unwrap();
                assert_eq!(again, whole, "{count} {mask:b}");

                // Nothing can be added, left out or put elsewhere.
                let refused = |known: &[KnownLeaf], hidden: &[Hash32]| {
                    let found = fold(count, known, hidden);
                    assert!(found.is_none_or(|found| found.root != root), "{count} {mask:b}");
                };
                refused(&shown, &[whole.hidden.clone(), vec![root]].concat());
                for at in 0..whole.hidden.len() {
                    let mut fewer = whole.hidden.clone();
                    fewer.remove(at);
                    refused(&shown, &fewer);
                }
                for at in 0..shown.len() {
                    let mut fewer = shown.clone();
                    fewer.remove(at);
                    refused(&fewer, &whole.hidden);
                    let mut moved = shown.clone();
                    moved[at].index += 1;
                    refused(&moved, &whole.hidden);
                    moved.swap(0, at);
                    refused(&moved, &whole.hidden);
                    refused(&[&shown[..=at], &shown[at..]].concat(), &whole.hidden);
                }
            }
        }
    }

    #[test]
    fn what_is_shown_can_be_narrowed_without_the_rest() {
        let (wide, narrow) = (0b1_0110_1101, 0b0_0100_1000);
        let whole = fold(9, &leaves(9, wide), &[]).unwrap();
        let shown: Vec<KnownLeaf> =
            leaves(9, narrow).into_iter().filter(|leaf| wide & (1 << leaf.index) != 0).collect();
        assert_eq!(fold(9, &shown, &whole.hidden), fold(9, &leaves(9, narrow), &[]));
    }

    #[test]
    fn an_absurd_count_costs_nothing() {
        assert_eq!(fold(u32::MAX, &[], &[]), None);
        let leaf = KnownLeaf { index: u32::MAX - 1, ..leaves(1, 1)[0] };
        assert_eq!(fold(u32::MAX, &[leaf], &[Hash32::ZERO; 30]), None);
        assert_eq!(fold(0, &[leaf], &[]), None);
    }
}
