//! One custodian: its shards, its view of the ledger, and what it remembers between calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use assent_client::vault::{Custodians, Runs, roots_of};
use assent_types::codec::decode;
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, ChallengeId, SessionId};
use assent_vault::tree::{CheckedIndex, ShardIndex, StripeIndex};
use bytes::Bytes;
use tokio::sync::OnceCell;
use tonic::Status;

use super::metrics::CustodyMetrics;
use super::rights::Placed;
use super::store::{ShardName, ShardStore, StoreError};
use crate::agent::AgentLedger;
use crate::api::{refuse, refuse_with};

/// Checked indices that are kept in memory; each has 32 bytes for each chunk of its shard.
const INDICES_REMEMBERED: usize = 16;
/// Deliveries whose receipts are remembered.
const DELIVERIES_REMEMBERED: usize = 4096;

/// A delivery of a shard in a session: receipted once.
pub(super) type Delivery = (SessionId, AnchorId, u8);

/// One custodian.
pub(super) struct Custodian {
    pub(super) ledger: Arc<AgentLedger>,
    pub(super) store: ShardStore,
    pub(super) others: Custodians,
    pub(super) metrics: CustodyMetrics,
    indices: Mutex<BTreeMap<ShardName, Arc<CheckedIndex>>>,
    deliveries: Mutex<BTreeMap<Delivery, Arc<OnceCell<()>>>>,
    /// Held while a shard is rebuilt: two at once would write the same names.
    pub(super) rebuilding: tokio::sync::Mutex<()>,
    /// Challenges that could not be answered when they came.
    pub(super) unanswered: Mutex<BTreeSet<ChallengeId>>,
}

impl Custodian {
    pub(super) fn new(ledger: Arc<AgentLedger>, store: ShardStore, others: Custodians) -> Self {
        let metrics = CustodyMetrics::default();
        Self {
            ledger,
            store,
            others,
            metrics,
            indices: Mutex::default(),
            deliveries: Mutex::default(),
            rebuilding: tokio::sync::Mutex::default(),
            unanswered: Mutex::default(),
        }
    }

    /// The index of a shard as it is stored under the newest name that has one, checked against the anchored root. A
    /// shard that is not there, or whose index is damaged, is E421 or E422.
    pub(super) async fn index(&self, placed: &Placed) -> Result<(ShardName, Arc<CheckedIndex>), Status> {
        for generation in (0..=placed.generation).rev() {
            let name = placed.name(generation);
            if let Some(index) = self.remembered(name) {
                return Ok((name, index));
            }
            let Some(bytes) = self.store.index(name).await.map_err(store_failed)? else { continue };
            let index = check_index(placed, &bytes).map_err(|_| damaged("the stored index"))?;
            return Ok((name, self.remember(name, index)));
        }
        Err(refuse(ErrorCode::ShardMissing))
    }

    fn remembered(&self, name: ShardName) -> Option<Arc<CheckedIndex>> {
        self.indices.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }

    pub(super) fn remember(&self, name: ShardName, index: CheckedIndex) -> Arc<CheckedIndex> {
        let index = Arc::new(index);
        let mut indices = self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        if indices.len() >= INDICES_REMEMBERED {
            indices.clear();
        }
        indices.insert(name, index.clone());
        index
    }

    pub(super) fn forget(&self, name: ShardName) {
        self.indices.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }

    /// The cell in which a delivery's receipt is noted.
    pub(super) fn delivery(&self, delivery: Delivery) -> Arc<OnceCell<()>> {
        let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        if deliveries.len() >= DELIVERIES_REMEMBERED {
            // A second receipt for what is forgotten is refused by the ledger and harms nobody.
            deliveries.retain(|_, cell| cell.get().is_none());
        }
        deliveries.entry(delivery).or_default().clone()
    }

    /// A stored run, if each of its chunks is the anchored one.
    pub(super) async fn checked_run(
        &self,
        placed: &Placed,
        name: ShardName,
        index: &CheckedIndex,
        column: u32,
        run: u32,
    ) -> Result<Bytes, Status> {
        let Some(data) = self.store.run(name, column, run).await.map_err(store_failed)? else {
            return Err(refuse(ErrorCode::ShardMissing));
        };
        let (first, count) = Runs::of(&placed.geometry).run(run);
        if is_run(placed, index, column, first, count, &data) {
            return Ok(data);
        }
        tracing::error!(anchor = %name.anchor, shard = name.shard, column, run, "a stored run is damaged");
        Err(damaged("the stored copy"))
    }
}

/// The index of a shard, if it is the anchored one.
pub(super) fn check_index(placed: &Placed, bytes: &[u8]) -> Result<CheckedIndex, Status> {
    let index: ShardIndex = decode(bytes).map_err(|error| crate::api::refuse_bytes(&error))?;
    index
        .check(&placed.geometry, usize::from(placed.id.shard), &placed.root)
        .map_err(|error| refuse_with(ErrorCode::ShardDamaged, error))
}

/// Whether these are the leaves of the ciphertext's tree that was anchored.
pub(super) fn check_stripes(placed: &Placed, bytes: &[u8]) -> Result<(), Status> {
    let stripes: StripeIndex = decode(bytes).map_err(|error| crate::api::refuse_bytes(&error))?;
    let roots = roots_of(&placed.anchor.body).map_err(refuse)?;
    stripes.check(&roots).map(|_| ()).map_err(|error| refuse_with(ErrorCode::ShardDamaged, error))
}

/// Whether these bytes are exactly these chunks.
pub(super) fn is_run(placed: &Placed, index: &CheckedIndex, column: u32, first: u32, count: u32, data: &[u8]) -> bool {
    let chunk_bytes = placed.geometry.chunk_bytes();
    data.len() == chunk_bytes * count as usize
        && data.chunks(chunk_bytes).zip(first..).all(|(chunk, stripe)| index.is_chunk(column as usize, stripe, chunk))
}

pub(super) fn damaged(what: &str) -> Status {
    refuse_with(ErrorCode::ShardDamaged, format_args!("{what} does not hash to the anchored root"))
}

/// A store's failure, as the caller sees it. Nothing that was stored is lost by it.
pub(super) fn store_failed(error: StoreError) -> Status {
    match error {
        StoreError::Full => refuse(ErrorCode::StorageFull),
        StoreError::Failed(problem) => {
            tracing::error!(problem, "the store of shards failed");
            refuse_with(ErrorCode::Unavailable, "the custodian's store failed; try again")
        }
    }
}
