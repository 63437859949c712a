use super::Culprit;
use crate::codec::{Clay, Codec, ColumnId, Plan, PlanError};
use crate::tree::{CheckedIndex, ColumnRoots, Roots, ShardIndex, TreeError, chunk_root};

/// Makes a lost shard again from the others, without any key.
pub struct Rebuilder {
    roots: Roots,
    lost: usize,
    plan: Plan,
    helpers: Vec<Option<CheckedIndex>>,
    stripe: u32,
    bytes_read: u64,
    made: Vec<u8>,
    columns: ColumnRoots,
    index: ShardIndex,
}

/// Why a shard is not rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// Too few helpers, or a number that is no shard.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Roots or an index that do not match the anchor.
    #[error("shard {shard:?}: {error}")]
    Tree {
        /// Which shard's, if it was one's.
        shard: Option<usize>,
        /// What is wrong.
        error: TreeError,
    },
    /// Chunks that are not the anchored ones.
    #[error("polluted chunks: {0:?}")]
    Polluted(Vec<Culprit>),
    /// Fewer or more chunks than the plan reads.
    #[error("{found} chunks were read where the plan says {expected}")]
    Chunks {
        /// Chunks given.
        found: usize,
        /// Chunks of the plan.
        expected: usize,
    },
    /// The rebuilding ended before the document did.
    #[error("{found} of {expected} stripes were rebuilt")]
    Unfinished {
        /// Stripes rebuilt.
        found: u32,
        /// Stripes of the document.
        expected: u32,
    },
    /// Anchored helpers do not give the anchored shard: whoever uploaded them anchored shards that do not fit each other.
    #[error("the anchored shards do not fit each other: the upload was inconsistent")]
    Inconsistent,
}

impl Rebuilder {
    /// Starts to rebuild a shard. With all others available it reads (n−1)/(k·(n−k)) of the ciphertext, with fewer all of k
    /// shards.
    ///
    /// # Errors
    ///
    /// [`RebuildError::Plan`] names the missing shards; [`RebuildError::Tree`].
    pub fn new(roots: Roots, lost: usize, available: &[usize]) -> Result<Self, RebuildError> {
        roots.check().map_err(|error| RebuildError::Tree { shard: None, error })?;
        let geometry = roots.geometry;
        let coding = geometry.coding();
        let plan = Clay::new(coding).repair(lost, available)?;
        Ok(Self {
            lost,
            plan,
            helpers: vec![None; coding.n()],
            stripe: 0,
            bytes_read: 0,
            made: vec![0; geometry.chunk_bytes() * coding.columns()],
            columns: ColumnRoots::new(&geometry),
            index: ShardIndex::default(),
            roots,
        })
    }

    /// Takes the index of a helper's shard.
    ///
    /// # Errors
    ///
    /// [`RebuildError::Tree`] names the shard.
    pub fn admit(&mut self, shard: usize, index: ShardIndex) -> Result<(), RebuildError> {
        let tree = |error| RebuildError::Tree { shard: Some(shard), error };
        let root = self.roots.shard(shard).map_err(tree)?;
        let checked = index.check(&self.roots.geometry, shard, root).map_err(tree)?;
        self.helpers[shard] = Some(checked);
        Ok(())
    }

    /// Which columns to read, of every stripe. A column lies in one piece, so these are few long runs.
    pub fn reads(&self) -> &[ColumnId] {
        self.plan.inputs()
    }

    /// The next stripe to rebuild.
    pub fn next_stripe(&self) -> u32 {
        self.stripe
    }

    /// Bytes of chunks that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Rebuilds the next stripe from chunks in the order of [`Rebuilder::reads`], and gives the chunks of the lost shard,
    /// column by column.
    ///
    /// # Errors
    ///
    /// [`RebuildError::Polluted`] names who gave what; the same stripe can be tried again.
    pub fn push(&mut self, chunks: &[&[u8]]) -> Result<impl Iterator<Item = &[u8]>, RebuildError> {
        let geometry = self.roots.geometry;
        let expected = self.plan.inputs().len();
        if chunks.len() != expected {
            return Err(RebuildError::Chunks { found: chunks.len(), expected });
        }
        if self.stripe == geometry.stripes() {
            let error = TreeError::Range { what: "stripe", number: self.stripe.into() };
            return Err(RebuildError::Tree { shard: None, error });
        }
        let mut culprits = Vec::new();
        for (id, chunk) in self.plan.inputs().iter().zip(chunks) {
            let helper = self.helpers.get(id.shard).and_then(Option::as_ref);
            if !helper.is_some_and(|index| index.is_chunk(id.column, self.stripe, chunk)) {
                culprits.push(Culprit { shard: id.shard, column: id.column, stripe: self.stripe });
            }
        }
        if !culprits.is_empty() {
            return Err(RebuildError::Polluted(culprits));
        }
        let bytes = geometry.chunk_bytes();
        let mut outputs: Vec<&mut [u8]> = self.made.chunks_mut(bytes).collect();
        self.plan.program().run(chunks, &mut outputs);
        let roots: Vec<_> = self.made.chunks(bytes).map(chunk_root).collect();
        self.columns.push(&roots);
        self.index.push(&roots).map_err(|error| RebuildError::Tree { shard: Some(self.lost), error })?;
        self.bytes_read += chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        self.stripe += 1;
        Ok(self.made.chunks(bytes))
    }

    /// Compares the rebuilt shard with its anchored root, and gives its index. Only now may the shard be kept.
    ///
    /// # Errors
    ///
    /// [`RebuildError::Unfinished`] and [`RebuildError::Inconsistent`].
    pub fn finish(self) -> Result<ShardIndex, RebuildError> {
        let geometry = self.roots.geometry;
        let (found, expected) = (self.stripe, geometry.stripes());
        if found != expected {
            return Err(RebuildError::Unfinished { found, expected });
        }
        let anchored = self.roots.shard(self.lost);
        let anchored = anchored.map_err(|error| RebuildError::Tree { shard: Some(self.lost), error })?;
        if self.columns.shard_root(&geometry) != *anchored {
            return Err(RebuildError::Inconsistent);
        }
        Ok(self.index)
    }
}
