//! What the rest of the process may ask of a running node.

use std::sync::Arc;

use assent_replica::Status;
use assent_replica::io::CommitNotice;
use assent_replica::storage::{Read, Storage, StorageError};
use assent_types::error::ErrorCode;
use assent_types::ids::{BlockHash, ChainId, Height, Millis, OrgId, TxHash};
use tokio::sync::{Semaphore, broadcast, oneshot, watch};

use super::inbox::{Event, Inbox};

/// Commit notices kept for a reader that lags; one that lags more is told how many it missed and reads the store.
pub const COMMITS_BUFFERED_MAX: usize = 256;

/// Submissions waiting for the ordering thread; further callers of [`NodeHandle::submit`] wait for a place.
pub const SUBMISSIONS_QUEUED_MAX: usize = 1024;

/// The last durable block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadView {
    /// Its height; 0 is genesis.
    pub height: Height,
    /// Its time.
    pub time: Millis,
    /// Its hash; zero at genesis.
    pub block: BlockHash,
}

/// The node has stopped or is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node is stopping")]
pub struct NodeGone;

/// A cheap handle of the running node.
///
/// Reads go to snapshots of the store and never touch the ordering thread; only [`Self::submit`] and [`Self::status`]
/// pass through it.
#[derive(Clone)]
pub struct NodeHandle {
    pub(super) chain: ChainId,
    pub(super) me: OrgId,
    pub(super) inbox: Arc<Inbox>,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) head: watch::Receiver<HeadView>,
    pub(super) commits: broadcast::Sender<Arc<CommitNotice>>,
    pub(super) submissions: Arc<Semaphore>,
}

impl NodeHandle {
    /// Submits an encoded transaction, counted against the quota of `member` until its signer is known.
    ///
    /// The outer error says that the node is gone; the inner one is the node's refusal. Waits while
    /// [`SUBMISSIONS_QUEUED_MAX`] submissions are queued already.
    ///
    /// # Correctness
    /// Dropping the future does not take the submission back.
    pub async fn submit(&self, member: OrgId, tx: Vec<u8>) -> Result<Result<TxHash, ErrorCode>, NodeGone> {
        let permit = self.submissions.clone().acquire_owned().await.map_err(|_| NodeGone)?;
        let (reply, answer) = oneshot::channel();
        self.inbox.push(Event::Submit { member, tx, reply }, Some(permit));
        answer.await.map_err(|_| NodeGone)
    }

    /// A view of the store at this moment.
    pub fn snapshot(&self) -> Result<Box<dyn Read>, StorageError> {
        self.storage.snapshot()
    }

    /// The last durable block, and a way to wait for the next one.
    pub fn head(&self) -> watch::Receiver<HeadView> {
        self.head.clone()
    }

    /// Every block that becomes durable from now on.
    ///
    /// A reader that falls more than [`COMMITS_BUFFERED_MAX`] behind gets `Lagged` and finds the blocks in the store.
    pub fn commits(&self) -> broadcast::Receiver<Arc<CommitNotice>> {
        self.commits.subscribe()
    }

    /// What the node is doing: round, votes, peers, mempool.
    pub async fn status(&self) -> Result<Status, NodeGone> {
        let (reply, answer) = oneshot::channel();
        self.inbox.push(Event::Status { reply }, None);
        answer.await.map_err(|_| NodeGone)
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    /// The organisation whose node this is.
    pub fn me(&self) -> OrgId {
        self.me
    }
}
