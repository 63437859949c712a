use assent_types::{Hash32, List};
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest, Sha256};

use crate::ProofError;

/// Depth of the tree: bits of a key hash.
pub const DEPTH_MAX: usize = 256;

/// Stands for an empty subtree; no preimage of it is known.
pub(super) const PLACEHOLDER: Hash32 = Hash32(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");

/// Hash of a leaf.
pub(super) fn leaf_hash(key_hash: &Hash32, value_hash: &Hash32) -> Hash32 {
    let mut preimage = [0; 77];
    preimage[..13].copy_from_slice(b"JMT::LeafNode");
    preimage[13..45].copy_from_slice(&key_hash.0);
    preimage[45..].copy_from_slice(&value_hash.0);
    Hash32(Sha256::digest(preimage).into())
}

/// Hash of an inner node.
pub(super) fn node_hash(left: &Hash32, right: &Hash32) -> Hash32 {
    // Laid out first: one call over all of it costs less than three.
    let mut preimage = [0; 80];
    preimage[..16].copy_from_slice(b"JMT::IntrnalNode");
    preimage[16..48].copy_from_slice(&left.0);
    preimage[48..].copy_from_slice(&right.0);
    Hash32(Sha256::digest(preimage).into())
}

/// Hash of a value, as its leaf has it.
pub fn value_hash(value: &[u8]) -> Hash32 {
    Hash32(Sha256::digest(value).into())
}

/// The one leaf of a subtree in which the absent key would lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct NeighbourLeaf {
    /// Its key hash.
    pub key_hash: Hash32,
    /// Hash of its value.
    pub value_hash: Hash32,
}

/// Path from a key's place in the tree to the root.
///
/// Presence: the path starts from the leaf of the key and value, which the verifier hashes itself. Absence: it starts
/// from an empty subtree, or from the only leaf of the subtree in which the key would lie.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StateProof {
    /// For absence beside another leaf: that leaf. `None` for presence, and for absence in an empty subtree.
    pub neighbour: Option<NeighbourLeaf>,
    /// Siblings from the bottom up; `None` where the sibling is empty.
    pub siblings: List<Option<Hash32>, DEPTH_MAX>,
}

/// Bit `index` of a key hash, the most significant first.
fn bit(hash: &Hash32, index: usize) -> bool {
    hash.0[index / 8] >> (7 - index % 8) & 1 == 1
}

impl StateProof {
    /// Checks that under this root the key has this value (`Some`), or no value at all (`None`).
    ///
    /// # Errors
    ///
    /// Anything but the one proof of this key that the tree gives.
    pub fn verify(&self, root: &Hash32, key_hash: &Hash32, value: Option<&[u8]>) -> Result<(), ProofError> {
        let depth = self.siblings.len();
        let mut hash = match (value, &self.neighbour) {
            (Some(value), None) => leaf_hash(key_hash, &value_hash(value)),
            (Some(_), Some(_)) => return Err(ProofError::NonCanonical),
            (None, None) => PLACEHOLDER,
            (None, Some(neighbour)) => {
                if neighbour.key_hash == *key_hash {
                    return Err(ProofError::Present);
                }
                if (0..depth).any(|index| bit(&neighbour.key_hash, index) != bit(key_hash, index)) {
                    return Err(ProofError::Neighbour);
                }
                leaf_hash(&neighbour.key_hash, &neighbour.value_hash)
            }
        };
        for (height, sibling) in self.siblings.iter().enumerate() {
            if *sibling == Some(PLACEHOLDER) {
                return Err(ProofError::NonCanonical);
            }
            let sibling = sibling.unwrap_or(PLACEHOLDER);
            hash = match bit(key_hash, depth - 1 - height) {
                true => node_hash(&sibling, &hash),
                false => node_hash(&hash, &sibling),
            };
        }
        if hash == *root { Ok(()) } else { Err(ProofError::Root { expected: *root, found: hash }) }
    }
}
