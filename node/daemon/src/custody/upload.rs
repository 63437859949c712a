//! Taking a shard: block by block against the anchored root.

use assent_client::vault::{Runs, ShardRef};
use assent_proto::v1;
use assent_types::action::Action;
use assent_types::codec::Set;
use assent_types::document::{StoreReceipt, StoredShard};
use assent_types::error::ErrorCode;
use assent_types::ids::TxHash;
use bytes::Bytes;
use tonic::Status;

use super::custodian::{Custodian, check_index, check_stripes, damaged, is_run, store_failed};
use super::rights::Placed;
use super::store::ShardName;
use crate::api::reader::Reader;
use crate::api::{refuse, refuse_with};

impl Custodian {
    /// Begins an upload or goes on with it: stores the index and tells which runs are there. Each of those is checked
    /// again; what is damaged is removed, to be sent once more.
    pub(super) async fn begin(
        &self,
        id: ShardRef,
        index: Vec<u8>,
        stripes: Vec<u8>,
        reader: &Reader,
    ) -> Result<Vec<v1::Run>, Status> {
        let placed = self.to_store(id, reader).await?;
        let checked = check_index(&placed, &index)?;
        check_stripes(&placed, &stripes)?;
        let name = placed.name(placed.generation);
        self.store.put_lists(name, index.into(), stripes.into()).await.map_err(store_failed)?;
        let checked = self.remember(name, checked);
        let runs = Runs::of(&placed.geometry);
        let mut stored = Vec::new();
        for column in columns(&placed) {
            for run in 0..runs.count() {
                match self.checked_run(&placed, name, &checked, column, run).await {
                    Ok(_) => {
                        let (first, count) = runs.run(run);
                        stored.push(v1::Run { column, first, count });
                    }
                    Err(status) => self.clear_damage(name, column, run, status).await?,
                }
            }
        }
        Ok(stored)
    }

    /// Removes a run that is damaged; one that is missing needs nothing.
    async fn clear_damage(&self, name: ShardName, column: u32, run: u32, found: Status) -> Result<(), Status> {
        match assent_client::error_number(&found) {
            Some(ErrorCode::ShardMissing) => Ok(()),
            Some(ErrorCode::ShardDamaged) => self.store.remove_run(name, column, run).await.map_err(store_failed),
            _ => Err(found),
        }
    }

    /// Stores a run whose every chunk is the anchored one.
    pub(super) async fn store_run(
        &self,
        id: ShardRef,
        run: v1::Run,
        data: Bytes,
        reader: &Reader,
    ) -> Result<(), Status> {
        let placed = self.to_store(id, reader).await?;
        let (name, index) = self.index(&placed).await?;
        let number = run_number(&placed, &run)?;
        if !is_run(&placed, &index, run.column, run.first, run.count, &data) {
            self.metrics.runs_refused.inc();
            return Err(damaged("the run that was sent"));
        }
        let bytes = data.len() as u64;
        self.store.put_run(name, run.column, number, data).await.map_err(store_failed)?;
        self.metrics.bytes_stored.inc_by(bytes);
        Ok(())
    }

    /// Checks a whole shard as it lies on the disk and posts the receipt; `None` if the ledger has it already.
    pub(super) async fn complete(&self, id: ShardRef, reader: &Reader) -> Result<Option<TxHash>, Status> {
        if self.has_receipted(id).await? {
            return Ok(None);
        }
        let placed = self.to_store(id, reader).await?;
        let (name, index) = self.index(&placed).await?;
        for column in columns(&placed) {
            for run in 0..Runs::of(&placed.geometry).count() {
                self.checked_run(&placed, name, &index, column, run).await?;
            }
        }
        let shard = StoredShard { shard: id.shard, root: placed.root };
        let shards = Set::new([shard]).map_err(|error| refuse_with(ErrorCode::Shard, error))?;
        let receipt = Action::StoreReceipt(StoreReceipt { anchor: id.anchor, shards });
        self.ledger.execute(receipt).await.map(Some)
    }
}

/// The columns of a shard.
pub(super) fn columns(placed: &Placed) -> std::ops::Range<u32> {
    // At most 27 of them.
    0..u32::try_from(placed.geometry.coding().columns()).unwrap_or_default()
}

/// The number of a run that is cut as runs are stored.
fn run_number(placed: &Placed, run: &v1::Run) -> Result<u32, Status> {
    let runs = Runs::of(&placed.geometry);
    let number = runs.number(run.first, run.count).filter(|_| columns(placed).contains(&run.column));
    number.ok_or_else(|| refuse_with(ErrorCode::BadRequest, "run: not one of the runs in which the shard is stored"))
}

/// The stored run in which a smaller one lies, and where.
pub(super) fn run_around(placed: &Placed, run: &v1::Run) -> Result<(u32, std::ops::Range<usize>), Status> {
    let runs = Runs::of(&placed.geometry);
    let found = runs.around(run.first, run.count).filter(|_| columns(placed).contains(&run.column));
    let (number, skip) = found.ok_or_else(|| refuse(ErrorCode::Limit))?;
    let chunk_bytes = placed.geometry.chunk_bytes();
    let start = skip as usize * chunk_bytes;
    Ok((number, start..start + run.count as usize * chunk_bytes))
}
