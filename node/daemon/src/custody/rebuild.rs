//! Rebuilding a lost shard, by name of the ledger.

use assent_client::vault::{RebuildSink, RunRef, Runs, ShardRef, VaultError, rebuild};
use assent_types::action::Action;
use assent_types::codec::encode;
use assent_types::document::{CompleteRepair, StoredShard};
use assent_types::error::ErrorCode;
use assent_types::ids::TxHash;
use tonic::Status;

use super::custodian::Custodian;
use super::rights::Placed;
use super::store::{ShardName, ShardStore, StoreError};
use crate::agent::refuse_client;
use crate::api::reader::Reader;
use crate::api::refuse_with;

impl Custodian {
    /// Rebuilds a shard from the other custodians, stores it, and posts the receipt. Gives the transaction and the bytes
    /// that were read.
    ///
    /// The shard is stored in the generation that the repair will make, so whatever is left of the old copy is in nobody's
    /// way; it is removed at the end.
    pub(super) async fn rebuild(&self, id: ShardRef, reader: &Reader) -> Result<(TxHash, u64), Status> {
        let _one_at_a_time = self.rebuilding.lock().await;
        let placed = self.to_rebuild(id, reader).await?;
        let generation = placed.anchor.generation.saturating_add(1);
        let name = placed.name(generation);
        // Left by an attempt that broke off.
        self.store.remove_shard(name).await.map_err(super::custodian::store_failed)?;
        let runs = Runs::of(&placed.geometry);
        let mut sink = Sink { store: &self.store, name, runs };
        let rebuilt = match rebuild(&placed.anchor, id.shard, &self.others, &mut sink).await {
            Ok(rebuilt) => rebuilt,
            Err(error) => {
                let _ = self.store.remove_shard(name).await;
                return Err(refuse_vault(&error));
            }
        };
        for fault in &rebuilt.faults {
            tracing::warn!(anchor = %id.anchor, "a repair went on without {fault}");
        }
        let lists = (encode(&rebuilt.index), encode(&rebuilt.stripes));
        let stored = self.store.put_lists(name, lists.0.into(), lists.1.into()).await;
        stored.map_err(super::custodian::store_failed)?;
        let shard = StoredShard { shard: id.shard, root: placed.root };
        let tx = self.ledger.execute(Action::CompleteRepair(CompleteRepair { anchor: id.anchor, shard })).await?;
        self.metrics.shards_rebuilt.inc();
        self.clear_old(&placed, generation).await;
        Ok((tx, rebuilt.bytes_read))
    }

    /// Removes what is left of a shard in generations before this one.
    async fn clear_old(&self, placed: &Placed, generation: u32) {
        for old in 0..generation {
            let name = placed.name(old);
            self.forget(name);
            if let Err(error) = self.store.remove_shard(name).await {
                // It is in nobody's way: the newest generation is what is read.
                tracing::warn!(%error, "an old copy of a shard could not be removed");
            }
        }
    }
}

/// Puts rebuilt runs into the store.
struct Sink<'a> {
    store: &'a ShardStore,
    name: ShardName,
    runs: Runs,
}

impl RebuildSink for Sink<'_> {
    async fn put(&mut self, run: RunRef, data: Vec<u8>) -> Result<(), VaultError> {
        let number = self.runs.of_stripe(run.first);
        let stored = self.store.put_run(self.name, run.column, number, data.into()).await;
        stored.map_err(|error| match error {
            StoreError::Full => ErrorCode::StorageFull.into(),
            StoreError::Failed(problem) => {
                tracing::error!(problem, "the store of shards failed");
                VaultError::from(ErrorCode::Unavailable)
            }
        })
    }
}

fn refuse_vault(error: &VaultError) -> Status {
    match error {
        VaultError::Client(error) => refuse_client(error),
        error => refuse_with(error.code().unwrap_or(ErrorCode::Unavailable), error),
    }
}
