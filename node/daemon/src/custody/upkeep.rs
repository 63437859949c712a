//! Deleting what the ledger does not want kept any more.

use std::sync::Arc;
use std::time::Duration;

use assent_types::document::{Anchor, DocumentStatus};
use assent_types::ids::{AnchorId, Millis, OrgId};
use assent_types::state::{Record, StateKey};

use super::custodian::Custodian;
use super::store::ShardName;

/// How often the store is gone through.
const EVERY: Duration = Duration::from_secs(60);

impl Custodian {
    /// Goes through the store again and again.
    pub(super) async fn upkeep(self: Arc<Self>) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            match self.store.shards().await {
                Ok(shards) => {
                    for name in shards {
                        self.look_after(name).await;
                    }
                }
                Err(error) => tracing::error!(%error, "the store of shards cannot be listed"),
            }
        }
    }

    /// Deletes a shard of a document that was given up or erased, or that somebody else keeps by now. What the ledger
    /// says nothing about stays.
    async fn look_after(&self, name: ShardName) {
        let Some((anchor, at)) = self.anchor(name.anchor).await else { return };
        if is_wanted(&anchor, name, self.ledger.org, at) {
            return;
        }
        self.forget(name);
        match self.store.remove_shard(name).await {
            Ok(()) => tracing::info!(anchor = %name.anchor, shard = name.shard, "a shard was deleted"),
            Err(error) => tracing::error!(%error, anchor = %name.anchor, "a shard could not be deleted"),
        }
    }

    async fn anchor(&self, id: AnchorId) -> Option<(Anchor, Millis)> {
        let key = StateKey::Anchor(id);
        let view = self.ledger.read(&[key]).await.ok()?;
        match view.record(&key) {
            Some(Record::Anchor(anchor)) => Some((anchor.as_ref().clone(), view.at)),
            _ => None,
        }
    }
}

/// Whether the custodian keeps this shard, or is about to: a repair in progress writes the next generation.
fn is_wanted(anchor: &Anchor, name: ShardName, me: OrgId, at: Millis) -> bool {
    if matches!(anchor.effective_status(at), DocumentStatus::Abandoned | DocumentStatus::Tombstoned) {
        return false;
    }
    let keeps = anchor.custody.get(usize::from(name.shard)).is_some_and(|custody| custody.custodian == me);
    let repairs = anchor.repair_of(name.shard).is_some_and(|repair| repair.custodian == me);
    keeps || repairs
}
