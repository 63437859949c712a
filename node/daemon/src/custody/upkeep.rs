//! Deleting what the ledger does not want kept any more.

use std::time::Duration;

use assent_types::Millis;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::erasure::Destroyed;
use assent_types::ids::{AnchorId, ChallengeId, Height, OrgId};
use assent_types::receipt::Event;
use assent_types::state::{Record, StateKey};
use tonic::Status;

use super::custodian::{Custodian, store_failed};
use super::possession::CHALLENGED;
use super::store::{ShardName, StoreError};
use crate::agent::{ERASED, Erasing, Follow};

/// How often the store is gone through.
pub(super) const UPKEEP_EVERY: Duration = Duration::from_secs(60);

impl Follow for Custodian {
    async fn take(&self, event: &Event) -> Result<(), Status> {
        match event.row {
            CHALLENGED => self.answer(ChallengeId(event.object)).await,
            row if ERASED.contains(&row) => self.destroy(AnchorId(event.object)).await,
            _ => Ok(()),
        }
    }

    fn seen(&self, _: Height) {}
}

impl Custodian {
    /// Goes through the store once, and through the challenges that are not answered.
    pub(super) async fn upkeep(&self) {
        self.answer_again().await;
        match self.store.shards().await {
            Ok(shards) => {
                for name in shards {
                    self.look_after(name).await;
                }
            }
            Err(error) => tracing::error!(%error, "the store of shards cannot be listed"),
        }
    }

    /// Deletes a shard of a document that was given up or erased, or that somebody else keeps by now. What the ledger
    /// says nothing about stays.
    async fn look_after(&self, name: ShardName) {
        let key = StateKey::Anchor(name.anchor);
        let Ok(view) = self.ledger.read(&[key]).await else { return };
        let wanted = match view.record(&key) {
            Some(Record::Anchor(anchor)) => is_wanted(anchor, name, self.ledger.org, view.at),
            Some(Record::Tombstone(_)) => false,
            _ => true,
        };
        if !wanted && let Err(error) = self.delete(name).await {
            tracing::error!(%error, anchor = %name.anchor, "a shard could not be deleted");
        }
    }

    /// Deletes every shard of a document whose erasure is ordered, and attests to it.
    async fn destroy(&self, id: AnchorId) -> Result<(), Status> {
        let own = match self.ledger.erasing(id).await? {
            Erasing::Kept => return Ok(()),
            Erasing::Ordered(own) => own,
            Erasing::Erased => Vec::new(),
        };
        // No repair goes on meanwhile that would write what was deleted.
        let _none_rebuilt = self.rebuilding.lock().await;
        for name in self.store.shards_of(id).await.map_err(store_failed)? {
            self.delete(name).await.map_err(store_failed)?;
        }
        let shards = own.into_iter().filter(|part| matches!(part, Destroyed::Shard(_))).collect();
        self.ledger.attest_destroyed(id, shards).await
    }

    async fn delete(&self, name: ShardName) -> Result<(), StoreError> {
        self.forget(name);
        self.store.remove_shard(name).await?;
        tracing::info!(anchor = %name.anchor, shard = name.shard, "a shard was deleted");
        Ok(())
    }
}

/// Whether the custodian keeps this shard, or is about to: a repair in progress writes the next generation.
fn is_wanted(anchor: &Anchor, name: ShardName, me: OrgId, at: Millis) -> bool {
    use DocumentStatus::{Abandoned, ErasurePending, Tombstoned};
    if matches!(anchor.effective_status(at), Abandoned | ErasurePending | Tombstoned) {
        return false;
    }
    let keeps = anchor.custody.get(usize::from(name.shard)).is_some_and(|custody| custody.custodian == me);
    let repairs = anchor.repair_of(name.shard).is_some_and(|repair| repair.custodian == me);
    keeps || repairs
}
