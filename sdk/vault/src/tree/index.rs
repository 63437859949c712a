use std::convert::Infallible;

use assent_proofs::log::{InclusionProver, TILE_HEIGHT, TILE_WIDTH, TileReader, leaf_hash, root_of};
use assent_types::{Hash32, List};
use borsh::{BorshDeserialize, BorshSerialize};

use super::proof::{BlockId, BlockProof};
use super::roots::{ColumnRoots, chunk_root, column_leaf};
use super::{Roots, TreeError};
use crate::geometry::{BLOCK_BYTES, Geometry, SHARD_CHUNKS_MAX};

/// Most roots or leaves that an index lists.
const LISTED_MAX: usize = SHARD_CHUNKS_MAX as usize;

/// The chunk roots of a shard, stripe by stripe: 32 bytes for each chunk. Stored beside the shard, and worth nothing until
/// it is [checked](ShardIndex::check).
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ShardIndex {
    roots: List<Hash32, LISTED_MAX>,
}

/// The leaves of the ciphertext's tree, one for each stripe. Worth nothing until it is [checked](StripeIndex::check).
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StripeIndex {
    leaves: List<Hash32, LISTED_MAX>,
}

/// A [`ShardIndex`] that hashes to its shard's anchored root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedIndex {
    geometry: Geometry,
    shard: usize,
    index: ShardIndex,
}

/// A [`StripeIndex`] that hashes to the anchored ciphertext root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedStripes(StripeIndex);

impl ShardIndex {
    /// Adds the roots of the next stripe's chunks, one for each column.
    ///
    /// # Errors
    ///
    /// [`TreeError::Count`] beyond the largest document.
    pub fn push(&mut self, chunk_roots: &[Hash32]) -> Result<(), TreeError> {
        for root in chunk_roots {
            let full = TreeError::Count {
                what: "chunk roots",
                found: self.roots.len() as u64 + 1,
                expected: LISTED_MAX as u64,
            };
            self.roots.push(*root).map_err(|_| full)?;
        }
        Ok(())
    }

    /// Checks the index of a shard against its root.
    ///
    /// # Errors
    ///
    /// [`TreeError::Range`], [`TreeError::Count`], and [`TreeError::Root`] if these are not the anchored shard's.
    pub fn check(self, geometry: &Geometry, shard: usize, root: &Hash32) -> Result<CheckedIndex, TreeError> {
        let columns = geometry.coding().columns();
        let expected = u64::from(geometry.stripes()) * columns as u64;
        if self.roots.len() as u64 != expected {
            return Err(TreeError::Count { what: "chunk roots", found: self.roots.len() as u64, expected });
        }
        let mut found = ColumnRoots::new(geometry);
        self.roots.chunks(columns).for_each(|stripe| found.push(stripe));
        if found.shard_root(geometry) != *root {
            return Err(TreeError::Root { what: "index of the shard" });
        }
        Ok(CheckedIndex { geometry: *geometry, shard, index: self })
    }
}

impl CheckedIndex {
    /// The shard that it describes.
    pub fn shard(&self) -> usize {
        self.shard
    }

    /// The index as it is stored.
    pub fn as_index(&self) -> &ShardIndex {
        &self.index
    }

    /// Root of one chunk.
    ///
    /// # Errors
    ///
    /// [`TreeError::Range`].
    pub fn chunk_root(&self, column: usize, stripe: u32) -> Result<&Hash32, TreeError> {
        let columns = self.geometry.coding().columns();
        if column >= columns {
            return Err(TreeError::Range { what: "column", number: column as u64 });
        }
        let at = stripe as usize * columns + column;
        self.index.roots.get(at).ok_or(TreeError::Range { what: "stripe", number: stripe.into() })
    }

    /// Whether a chunk is the anchored one.
    pub fn is_chunk(&self, column: usize, stripe: u32, chunk: &[u8]) -> bool {
        chunk.len() == self.geometry.chunk_bytes()
            && self.chunk_root(column, stripe).is_ok_and(|root| *root == chunk_root(chunk))
    }

    /// Proves one block of a chunk against the shard's root.
    ///
    /// # Errors
    ///
    /// [`TreeError::Range`], and [`TreeError::Root`] if the chunk is not the anchored one: then there is no proof.
    pub fn prove(&self, id: BlockId, chunk: &[u8]) -> Result<BlockProof, TreeError> {
        let BlockId { column, stripe, block } = id;
        let chunk_root = *self.chunk_root(column, stripe)?;
        if !self.is_chunk(column, stripe, chunk) {
            return Err(TreeError::Root { what: "chunk" });
        }
        if block >= self.geometry.chunk_blocks() {
            return Err(TreeError::Range { what: "block", number: block as u64 });
        }
        let blocks: Vec<Hash32> = chunk.chunks(BLOCK_BYTES).map(leaf_hash).collect();
        let columns = self.geometry.coding().columns();
        let of_column =
            |column: usize| -> Vec<Hash32> { self.index.roots.iter().skip(column).step_by(columns).copied().collect() };
        let column_roots: Vec<Hash32> = (0..columns).map(|column| root_of(&of_column(column))).collect();
        let leaves: Vec<Hash32> = column_roots.iter().map(|root| column_leaf(&self.geometry, root)).collect();
        let column_root = column_roots.get(column).copied().unwrap_or_default();
        Ok(BlockProof {
            chunk_root,
            chunk_path: path(&blocks, block as u64)?,
            column_root,
            column_path: path(&of_column(column), stripe.into())?,
            shard_path: path(&leaves, column as u64)?,
        })
    }
}

impl StripeIndex {
    /// Adds the leaf of the next stripe.
    ///
    /// # Errors
    ///
    /// [`TreeError::Count`] beyond the largest document.
    pub fn push(&mut self, leaf: Hash32) -> Result<(), TreeError> {
        let full =
            TreeError::Count { what: "stripes", found: self.leaves.len() as u64 + 1, expected: LISTED_MAX as u64 };
        self.leaves.push(leaf).map_err(|_| full)
    }

    /// Checks the leaves against the anchored root.
    ///
    /// # Errors
    ///
    /// [`TreeError::Count`] and [`TreeError::Root`].
    pub fn check(self, roots: &Roots) -> Result<CheckedStripes, TreeError> {
        let (found, expected) = (self.leaves.len() as u64, u64::from(roots.geometry.stripes()));
        if found != expected {
            return Err(TreeError::Count { what: "stripes", found, expected });
        }
        if root_of(&self.leaves) != roots.ct_root {
            return Err(TreeError::Root { what: "list of stripes" });
        }
        Ok(CheckedStripes(self))
    }

    /// The leaves, in order.
    pub fn leaves(&self) -> &[Hash32] {
        &self.leaves
    }
}

impl CheckedStripes {
    /// The leaf of one stripe.
    ///
    /// # Errors
    ///
    /// [`TreeError::Range`].
    pub fn leaf(&self, stripe: u32) -> Result<&Hash32, TreeError> {
        self.0.leaves.get(stripe as usize).ok_or(TreeError::Range { what: "stripe", number: stripe.into() })
    }
}

/// Leaf hashes in memory, read as tiles.
struct Leaves<'a>(&'a [Hash32]);

impl TileReader for Leaves<'_> {
    type Error = Infallible;

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Infallible> {
        // A hash of this level covers so many leaves; more than fit in memory cover none.
        let covered = 1usize.checked_shl(TILE_HEIGHT * u32::from(level)).unwrap_or(usize::MAX);
        let first = usize::try_from(index).unwrap_or(usize::MAX).saturating_mul(TILE_WIDTH).saturating_mul(covered);
        let complete = self.0.get(first..).unwrap_or_default().chunks_exact(covered).take(TILE_WIDTH);
        Ok(Some(complete.flat_map(|leaves| root_of(leaves).0).collect()))
    }
}

/// Inclusion path of a leaf.
pub(crate) fn path<const MAX: usize>(leaves: &[Hash32], index: u64) -> Result<List<Hash32, MAX>, TreeError> {
    let out_of_range = TreeError::Range { what: "leaf", number: index };
    let reader = Leaves(leaves);
    let mut prover = InclusionProver::new(&reader, leaves.len() as u64).map_err(|_| out_of_range)?;
    let path = prover.prove(index).map_err(|_| out_of_range)?;
    List::new(path).map_err(|_| out_of_range)
}
