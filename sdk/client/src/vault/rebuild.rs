use std::future::Future;

use assent_types::document::Anchor;
use assent_types::ids::OrgId;
use assent_vault::tree::{ShardIndex, StripeIndex};
use assent_vault::{Culprit, RebuildError, Rebuilder};
use futures::future::{join_all, try_join_all};

use super::anchors::roots_of;
use super::custodians::{Custodians, Right, RunRef, ShardRef};
use super::error::{Fault, ShardFault, VaultError};
use super::runs::Runs;

/// Takes a rebuilt shard, run by run. It may be kept only once [`rebuild`] has returned it whole.
pub trait RebuildSink: Send {
    /// Takes the next run of a column.
    fn put(&mut self, run: RunRef, data: Vec<u8>) -> impl Future<Output = Result<(), VaultError>> + Send;
}

/// A shard that was rebuilt and hashes to its anchored root.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    /// Its index.
    pub index: ShardIndex,
    /// The leaves of the ciphertext's tree, as helpers keep them.
    pub stripes: StripeIndex,
    /// Bytes of chunks that were read of other shards.
    pub bytes_read: u64,
    /// Helpers that could not be used.
    pub faults: Vec<ShardFault>,
}

/// Rebuilds a shard from those of other custodians, as the one that the ledger names for it. With all of them there it reads
/// parts of each; with fewer, all of as many as suffice to read. Without any key and without trust: every chunk is checked
/// against its shard's anchored root, and the result against its own.
///
/// # Errors
/// [`VaultError::TooFewShards`] names what is wrong with the others; what the sink refuses.
pub async fn rebuild<S: RebuildSink>(
    anchor: &Anchor,
    lost: u8,
    custodians: &Custodians,
    sink: &mut S,
) -> Result<Rebuilt, VaultError> {
    let mut work = Work { anchor, lost, custodians, faults: Vec::new(), bytes_read: 0 };
    loop {
        let helpers = work.helpers().await;
        match work.attempt(&helpers, sink).await {
            Ok((index, stripes)) => {
                let Work { bytes_read, faults, .. } = work;
                return Ok(Rebuilt { index, stripes, bytes_read, faults });
            }
            // Another set of helpers is tried, until none is left to leave out.
            Err(Setback::Helper) => {}
            Err(Setback::Over(error)) => return Err(error),
        }
    }
}

struct Work<'a> {
    anchor: &'a Anchor,
    lost: u8,
    custodians: &'a Custodians,
    faults: Vec<ShardFault>,
    bytes_read: u64,
}

/// A shard that helps, with what describes it.
struct Helper {
    shard: u8,
    index: ShardIndex,
    stripes: StripeIndex,
}

/// Why an attempt failed.
enum Setback {
    /// A helper turned out to be of no use; it is noted.
    Helper,
    /// There is no way on.
    Over(VaultError),
}

impl From<VaultError> for Setback {
    fn from(error: VaultError) -> Self {
        Self::Over(error)
    }
}

impl Work<'_> {
    fn custodian_of(&self, shard: u8) -> OrgId {
        self.anchor.custody.get(usize::from(shard)).map(|custody| custody.custodian).unwrap_or_default()
    }

    fn note(&mut self, shard: u8, fault: Fault) {
        let custodian = self.custodian_of(shard);
        self.faults.push(ShardFault { shard, custodian, fault });
    }

    /// Every shard that is stored and has not failed yet, described by its custodian.
    async fn helpers(&mut self) -> Vec<Helper> {
        let stored = (0_u8..).zip(self.anchor.custody.iter());
        let candidates: Vec<u8> = stored
            .filter(|(shard, custody)| *shard != self.lost && custody.stored_at.is_some())
            .map(|(shard, _)| shard)
            .filter(|shard| !self.faults.iter().any(|fault| fault.shard == *shard))
            .collect();
        let this = &*self;
        let describe = |shard: u8| async move {
            let custodian = this.custodians.of(this.custodian_of(shard))?;
            let reference = ShardRef { anchor: this.anchor.id, shard };
            custodian.describe(reference, Right::Repairs(this.lost)).await
        };
        let found = join_all(candidates.iter().map(|shard| describe(*shard))).await;
        let mut helpers = Vec::new();
        for (shard, found) in candidates.into_iter().zip(found) {
            match found {
                Ok(described) => helpers.push(Helper { shard, index: described.index, stripes: described.stripes }),
                Err(error) => self.note(shard, Fault::of(&error)),
            }
        }
        helpers
    }

    async fn attempt<S: RebuildSink>(
        &mut self,
        helpers: &[Helper],
        sink: &mut S,
    ) -> Result<(ShardIndex, StripeIndex), Setback> {
        let roots = roots_of(&self.anchor.body).map_err(VaultError::from)?;
        let available: Vec<usize> = helpers.iter().map(|helper| usize::from(helper.shard)).collect();
        let mut rebuilder =
            Rebuilder::new(roots.clone(), usize::from(self.lost), &available).map_err(|error| self.over(error))?;
        let stripes = self.admit(helpers, &roots, &mut rebuilder)?;
        let runs = Runs::of(&roots.geometry);
        for number in 0..runs.count() {
            let (first, count) = runs.run(number);
            let read = self.read(&rebuilder, first, count).await?;
            let made = self.make(&mut rebuilder, &read, count as usize, roots.geometry.chunk_bytes())?;
            for (data, column) in made.into_iter().zip(0..) {
                sink.put(RunRef { column, first, count }, data).await?;
            }
        }
        let index = rebuilder.finish().map_err(VaultError::from)?;
        Ok((index, stripes))
    }

    /// Takes the helpers' indices, and a list of stripes that hashes to the anchored root.
    fn admit(
        &mut self,
        helpers: &[Helper],
        roots: &assent_vault::tree::Roots,
        rebuilder: &mut Rebuilder,
    ) -> Result<StripeIndex, Setback> {
        let mut stripes = None;
        for helper in helpers {
            let checked = helper.stripes.clone().check(roots).is_ok();
            if rebuilder.admit(usize::from(helper.shard), helper.index.clone()).is_err() || !checked {
                self.note(helper.shard, Fault::Damaged);
                return Err(Setback::Helper);
            }
            stripes.get_or_insert_with(|| helper.stripes.clone());
        }
        stripes.ok_or(Setback::Helper)
    }

    /// The same run of every column that the plan reads.
    async fn read(&mut self, rebuilder: &Rebuilder, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Setback> {
        let reads = rebuilder.reads().iter().map(|id| {
            let (shard, column) =
                (u8::try_from(id.shard).unwrap_or(u8::MAX), u32::try_from(id.column).unwrap_or(u32::MAX));
            let custodian = self.custodians.of(self.custodian_of(shard));
            let reference = ShardRef { anchor: self.anchor.id, shard };
            let right = Right::Repairs(self.lost);
            async move {
                let failed = |error| (shard, error);
                let custodian = custodian.map_err(failed)?;
                custodian.read(reference, right, RunRef { column, first, count }).await.map_err(failed)
            }
        });
        match try_join_all(reads).await {
            Ok(read) => Ok(read),
            Err((shard, error)) => {
                self.note(shard, Fault::of(&error));
                Err(Setback::Helper)
            }
        }
    }

    /// Rebuilds the stripes of a run; gives the run of each column.
    fn make(
        &mut self,
        rebuilder: &mut Rebuilder,
        read: &[Vec<u8>],
        stripes: usize,
        chunk_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, Setback> {
        let mut made: Vec<Vec<u8>> = Vec::new();
        let before = rebuilder.bytes_read();
        for stripe in 0..stripes {
            let chunk = |run: &'_ Vec<u8>| stripe * chunk_bytes..((stripe + 1) * chunk_bytes).min(run.len());
            let chunks: Vec<&[u8]> = read.iter().map(|run| run.get(chunk(run)).unwrap_or_default()).collect();
            let outputs: Vec<Vec<u8>> = match rebuilder.push(&chunks) {
                Ok(outputs) => outputs.map(<[u8]>::to_vec).collect(),
                Err(RebuildError::Polluted(culprits)) => return Err(self.polluted(&culprits)),
                Err(error) => return Err(VaultError::from(error).into()),
            };
            made.resize_with(outputs.len(), Vec::new);
            made.iter_mut().zip(outputs).for_each(|(column, chunk)| column.extend_from_slice(&chunk));
        }
        self.bytes_read += rebuilder.bytes_read() - before;
        Ok(made)
    }

    fn polluted(&mut self, culprits: &[Culprit]) -> Setback {
        for culprit in culprits {
            let shard = u8::try_from(culprit.shard).unwrap_or(u8::MAX);
            if !self.faults.iter().any(|fault| fault.shard == shard) {
                self.note(shard, Fault::Damaged);
            }
        }
        Setback::Helper
    }

    fn over(&self, error: RebuildError) -> Setback {
        match error {
            RebuildError::Plan(assent_vault::codec::PlanError::TooFew { needed, .. }) => {
                VaultError::TooFewShards { needed, faults: self.faults.clone() }.into()
            }
            error => VaultError::from(error).into(),
        }
    }
}
