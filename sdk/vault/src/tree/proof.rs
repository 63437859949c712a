use assent_proofs::log::{leaf_hash, verify_inclusion};
use assent_types::{Hash32, List};
use borsh::{BorshDeserialize, BorshSerialize};

use super::TreeError;
use super::roots::column_leaf;
use crate::geometry::{BLOCK_BYTES, Geometry};

/// Longest path in a chunk's tree: a chunk of the largest stripe in the coarsest code has 128 blocks.
const CHUNK_PATH_MAX: usize = 7;

/// Longest path in a column's tree.
const COLUMN_PATH_MAX: usize = 32;

/// Longest path in a shard's tree, of at most 27 columns.
const SHARD_PATH_MAX: usize = 5;

/// Place of a block in its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockId {
    /// Column of the shard.
    pub column: usize,
    /// Stripe of the document.
    pub stripe: u32,
    /// Block of the chunk.
    pub block: usize,
}

/// Paths from a block over its chunk and its column to the root of its shard.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockProof {
    /// Root of the chunk.
    pub chunk_root: Hash32,
    /// From the block to the chunk's root.
    pub chunk_path: List<Hash32, CHUNK_PATH_MAX>,
    /// Root of the column.
    pub column_root: Hash32,
    /// From the chunk to the column's root.
    pub column_path: List<Hash32, COLUMN_PATH_MAX>,
    /// From the column to the shard's root.
    pub shard_path: List<Hash32, SHARD_PATH_MAX>,
}

impl BlockProof {
    /// Checks that these bytes are a block of a shard. Geometry and root come from the anchor.
    ///
    /// # Errors
    ///
    /// [`TreeError::Range`] for a block that the geometry does not have, [`TreeError::Count`] for bytes of another
    /// length, [`TreeError::Path`] if a path does not hold.
    pub fn verify(
        &self,
        geometry: &Geometry,
        shard: usize,
        shard_root: &Hash32,
        id: BlockId,
        bytes: &[u8],
    ) -> Result<(), TreeError> {
        let blocks = geometry.chunk_blocks();
        if id.block >= blocks {
            return Err(TreeError::Range { what: "block", number: id.block as u64 });
        }
        let expected = BLOCK_BYTES.min(geometry.chunk_bytes() - id.block * BLOCK_BYTES);
        if bytes.len() != expected {
            return Err(TreeError::Count { what: "bytes", found: bytes.len() as u64, expected: expected as u64 });
        }
        let fault = |level| move |error| TreeError::Path { shard, level, error };
        verify_inclusion(&leaf_hash(bytes), id.block as u64, blocks as u64, &self.chunk_path, &self.chunk_root)
            .map_err(fault("chunk"))?;
        let stripes = geometry.stripes().into();
        verify_inclusion(&self.chunk_root, id.stripe.into(), stripes, &self.column_path, &self.column_root)
            .map_err(fault("column"))?;
        let leaf = column_leaf(geometry, &self.column_root);
        let columns = geometry.coding().columns() as u64;
        verify_inclusion(&leaf, id.column as u64, columns, &self.shard_path, shard_root).map_err(fault("shard"))
    }
}
