use assent_types::Hash32;
use assent_types::tree::{empty_root, node_hash};

use super::{PROOF_MAX, SIZE_MAX};
use crate::ProofError;

fn check_root(expected: &Hash32, found: Hash32) -> Result<(), ProofError> {
    if *expected == found { Ok(()) } else { Err(ProofError::Root { expected: *expected, found }) }
}

fn check_sizes(size: u64, proof: &[Hash32]) -> Result<(), ProofError> {
    if size > SIZE_MAX {
        return Err(ProofError::Size(size));
    }
    if proof.len() > PROOF_MAX {
        return Err(ProofError::Length { found: proof.len() });
    }
    Ok(())
}

/// Checks that a leaf is entry `index` of the log with this size and root (RFC 9162 §2.1.3.2).
///
/// # Errors
///
/// Any proof but the one of exactly this position and length.
pub fn verify_inclusion(
    leaf: &Hash32,
    index: u64,
    size: u64,
    proof: &[Hash32],
    root: &Hash32,
) -> Result<(), ProofError> {
    check_sizes(size, proof)?;
    if index >= size {
        return Err(ProofError::Range { index, size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // The last node of a level without a right neighbour moves up until it has a left one.
            while node & 1 == 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    check_root(root, hash)
}

/// Checks that the log with the old size and root is the beginning of the log with the new ones (RFC 9162 §2.1.4.2).
/// The empty log is the beginning of every log, with an empty proof.
///
/// # Errors
///
/// Any proof but the one of exactly these sizes.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash32,
    new_size: u64,
    new_root: &Hash32,
    proof: &[Hash32],
) -> Result<(), ProofError> {
    check_sizes(new_size, proof)?;
    let wrong_length = ProofError::Length { found: proof.len() };
    if old_size > new_size {
        return Err(ProofError::Range { index: old_size, size: new_size });
    }
    if old_size == 0 || old_size == new_size {
        if !proof.is_empty() {
            return Err(wrong_length);
        }
        let expected = if old_size == 0 { empty_root() } else { *new_root };
        return check_root(old_root, expected);
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // A complete old tree is itself the node to start from.
    let (seed, rest) = if old_size.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(wrong_length)?;
        (*first, rest)
    };
    let (mut old_hash, mut new_hash) = (seed, seed);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    check_root(old_root, old_hash)?;
    check_root(new_root, new_hash)
}
