use assent_proofs::log::{Frontier, leaf_hash, root_of};
use assent_types::hash::{Tag, tagged_value};
use assent_types::{Hash32, encode};

use super::TreeError;
use crate::envelope::{KeyCommitment, ObjectNonce};
use crate::geometry::{BLOCK_BYTES, Geometry};

/// What an anchor says of a document's bytes, as plain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Parameters and size.
    pub geometry: Geometry,
    /// Random name of this version of the document.
    pub nonce: ObjectNonce,
    /// Root over shard roots and geometry.
    pub object_root: Hash32,
    /// Root of each shard.
    pub shard_roots: Vec<Hash32>,
    /// Root over the stripes' ciphertext.
    pub ct_root: Hash32,
    /// Commitment to the key.
    pub key_commitment: KeyCommitment,
}

impl Roots {
    /// Checks that the object root is the one of these shard roots and this geometry.
    ///
    /// # Errors
    ///
    /// [`TreeError::Count`] and [`TreeError::Root`].
    pub fn check(&self) -> Result<(), TreeError> {
        let (found, expected) = (self.shard_roots.len(), self.geometry.coding().n());
        if found != expected {
            return Err(TreeError::Count { what: "shard roots", found: found as u64, expected: expected as u64 });
        }
        if object_root(&self.geometry, &self.shard_roots) != self.object_root {
            return Err(TreeError::Root { what: "list of shard roots" });
        }
        Ok(())
    }

    /// The root of one shard.
    ///
    /// # Errors
    ///
    /// [`TreeError::Range`].
    pub fn shard(&self, shard: usize) -> Result<&Hash32, TreeError> {
        self.shard_roots.get(shard).ok_or(TreeError::Range { what: "shard", number: shard as u64 })
    }
}

/// Root over the blocks of a chunk.
pub fn chunk_root(chunk: &[u8]) -> Hash32 {
    let mut frontier = Frontier::new();
    chunk.chunks(BLOCK_BYTES).for_each(|block| frontier.push(leaf_hash(block)));
    frontier.root()
}

/// Leaf of a stripe in the ciphertext's tree: over the roots of its k·α chunks.
pub fn stripe_leaf<'a>(chunk_roots: impl IntoIterator<Item = &'a Hash32>) -> Hash32 {
    let bytes: Vec<u8> = chunk_roots.into_iter().flat_map(|root| root.0).collect();
    leaf_hash(&bytes)
}

/// Leaf of a column in its shard's tree; sizes are part of it.
pub(super) fn column_leaf(geometry: &Geometry, column_root: &Hash32) -> Hash32 {
    let sizes = (geometry.stripes(), geometry.chunk_bytes() as u64);
    leaf_hash(&encode(&(Tag::VaultColumn.text(), sizes, column_root)))
}

/// Root of a shard from those of its columns.
pub fn shard_root(geometry: &Geometry, column_roots: &[Hash32]) -> Hash32 {
    let leaves: Vec<Hash32> = column_roots.iter().map(|root| column_leaf(geometry, root)).collect();
    root_of(&leaves)
}

/// Root of an object: over the roots of its shards and the geometry.
pub fn object_root(geometry: &Geometry, shard_roots: &[Hash32]) -> Hash32 {
    let leaves: Vec<Hash32> = shard_roots.iter().map(|root| leaf_hash(&root.0)).collect();
    tagged_value(Tag::VaultObject, &(geometry, root_of(&leaves)))
}

/// The columns of a shard while stripes are added to them.
#[derive(Clone, Debug)]
pub(crate) struct ColumnRoots(Vec<Frontier>);

impl ColumnRoots {
    pub(crate) fn new(geometry: &Geometry) -> Self {
        Self(vec![Frontier::new(); geometry.coding().columns()])
    }

    /// Adds the chunk roots of the next stripe, one for each column.
    pub(crate) fn push(&mut self, chunk_roots: &[Hash32]) {
        self.0.iter_mut().zip(chunk_roots).for_each(|(frontier, root)| frontier.push(*root));
    }

    pub(crate) fn shard_root(&self, geometry: &Geometry) -> Hash32 {
        let roots: Vec<Hash32> = self.0.iter().map(Frontier::root).collect();
        shard_root(geometry, &roots)
    }
}
