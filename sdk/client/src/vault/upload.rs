use assent_types::document::Anchor;
use assent_vault::envelope::Dek;
use assent_vault::tree::ShardIndex;
use assent_vault::{Geometry, SealedStripe, Sealer, Upload};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Progress;
use super::anchors::geometry_of;
use super::custodians::{Custodian, Custodians, RunRef, ShardRef};
use super::error::{Fault, ShardFault, VaultError};
use super::journal::Journal;
use super::put::{Content, Source};
use super::runs::Runs;
use crate::error::ClientError;

/// Runs of one shard that wait while one is being sent: with what is being filled, the shards of a document of stripes of
/// 1 MiB take 16 MiB.
const RUNS_QUEUED: usize = 2;

/// Sends an anchored document's shards to their custodians, all at once, each at its own pace.
pub(super) struct Sending<'a> {
    pub(super) anchor: &'a Anchor,
    pub(super) journal: &'a Journal,
    pub(super) source: Source<'a>,
    pub(super) dek: &'a Dek,
    pub(super) custodians: &'a Custodians,
}

/// The chunks of one run of one column.
type FullRun = (RunRef, Vec<u8>);

/// How the upload of one shard ended.
type Ended = (u8, Result<(), ClientError>);

/// One shard on its way.
struct Lane {
    shard: usize,
    runs: mpsc::Sender<FullRun>,
    /// The run being filled, one buffer for each column.
    filling: Vec<Vec<u8>>,
}

impl Sending<'_> {
    pub(super) fn geometry(&self) -> Result<Geometry, VaultError> {
        Ok(geometry_of(&self.journal.body)?)
    }

    /// Seals the content once more and sends what custodians do not have. Shards that could not be stored are told, as
    /// long as they are no more than a repair can make good: one.
    pub(super) async fn send(&self, progress: &dyn Progress) -> Result<Vec<ShardFault>, VaultError> {
        let geometry = self.geometry()?;
        progress.begin("uploading", self.journal.length);
        let mut tasks = JoinSet::new();
        let mut lanes = Vec::new();
        let mut faults = Vec::new();
        for (index, shard) in self.journal.indices.iter().zip(0_u8..) {
            if self.is_stored(shard) {
                continue;
            }
            match self.lane(shard, index, &geometry, &mut tasks).await {
                Ok(lane) => lanes.push(lane),
                Err(error) => faults.push(self.fault(shard, &error)),
            }
        }
        self.check(&faults)?;
        if !lanes.is_empty() {
            self.feed(&geometry, &mut lanes, progress).await?;
        }
        drop(lanes);
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok((_, Ok(()))) => {}
                Ok((shard, Err(error))) => faults.push(self.fault(shard, &error)),
                Err(error) => return Err(VaultError::Late(format!("an upload ended: {error}"))),
            }
        }
        self.check(&faults)?;
        Ok(faults)
    }

    /// Whether the ledger has the custodian's receipt already: an upload that is gone on with.
    fn is_stored(&self, shard: u8) -> bool {
        self.anchor.custody.get(usize::from(shard)).is_some_and(|custody| custody.stored_at.is_some())
    }

    fn check(&self, faults: &[ShardFault]) -> Result<(), VaultError> {
        match faults {
            [] | [_] => Ok(()),
            _ => Err(VaultError::TooFewShards { needed: self.journal.custody.len() - 1, faults: faults.to_vec() }),
        }
    }

    fn fault(&self, shard: u8, error: &ClientError) -> ShardFault {
        let custodian = self.journal.custody.get(usize::from(shard)).map(|placement| placement.custodian);
        ShardFault { shard, custodian: custodian.unwrap_or_default(), fault: Fault::of(error) }
    }

    fn sealer(&self, geometry: Geometry) -> Result<(Sealer, Content<'_>), VaultError> {
        let upload = Upload {
            geometry,
            nonce: assent_vault::envelope::ObjectNonce(self.journal.body.nonce.0.0),
            document_type: self.journal.document_type.clone(),
            length: self.journal.length,
        };
        let sealer = Sealer::resume(upload, self.dek, self.journal.stripes.leaves().to_vec())?;
        Ok((sealer, Content::open(self.source)?))
    }

    /// Begins with one custodian and starts the task that sends to it.
    async fn lane(
        &self,
        shard: u8,
        index: &ShardIndex,
        geometry: &Geometry,
        tasks: &mut JoinSet<Ended>,
    ) -> Result<Lane, ClientError> {
        let placement = self.journal.custody.get(usize::from(shard));
        let custodian = self.custodians.of(placement.map(|placement| placement.custodian).unwrap_or_default())?.clone();
        let reference = ShardRef { anchor: self.anchor.id, shard };
        let stripes = assent_types::encode(&self.journal.stripes);
        let stored = custodian.begin(reference, assent_types::encode(index), stripes).await?;
        let (sender, receiver) = mpsc::channel(RUNS_QUEUED);
        tasks.spawn(async move { (shard, send_shard(custodian, reference, stored, receiver).await) });
        Ok(Lane { shard: usize::from(shard), runs: sender, filling: vec![Vec::new(); geometry.coding().columns()] })
    }

    /// Seals the content and hands full runs to the lanes.
    async fn feed(&self, geometry: &Geometry, lanes: &mut [Lane], progress: &dyn Progress) -> Result<(), VaultError> {
        let runs = Runs::of(geometry);
        let (mut sealer, mut reader) = self.sealer(*geometry)?;
        while let Some(mut content) = reader.next()? {
            progress.step(content.len() as u64);
            while let Some(stripe) = sealer.push(&mut content)? {
                lanes.iter_mut().for_each(|lane| lane.take(&stripe));
                let number = stripe.number();
                let (first, count) = runs.run(runs.of_stripe(number));
                if number + 1 == first + count {
                    for lane in lanes.iter_mut() {
                        lane.flush(first, count).await;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Lane {
    fn take(&mut self, stripe: &SealedStripe<'_>) {
        for (column, buffer) in self.filling.iter_mut().enumerate() {
            buffer.extend_from_slice(stripe.chunk(self.shard, column));
        }
    }

    async fn flush(&mut self, first: u32, count: u32) {
        for (buffer, column) in self.filling.iter_mut().zip(0..) {
            let data = std::mem::take(buffer);
            // A task that ended has met an error, which is told when the tasks are joined.
            let _ = self.runs.send((RunRef { column, first, count }, data)).await;
        }
    }
}

/// Sends what is not stored yet, and completes the shard.
async fn send_shard(
    custodian: Custodian,
    shard: ShardRef,
    stored: Vec<RunRef>,
    mut runs: mpsc::Receiver<FullRun>,
) -> Result<(), ClientError> {
    while let Some((run, data)) = runs.recv().await {
        if !stored.contains(&run) {
            custodian.store(shard, run, data).await?;
        }
    }
    custodian.complete(shard).await
}
