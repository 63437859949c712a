//! Starting and ending the threads, and the ties to the transport.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_replica::io::{Channel, Input};
use assent_replica::ledger::head;
use assent_replica::storage::Storage;
use assent_replica::{BootError, NodeSigner};
use assent_types::ids::OrgId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, oneshot, watch};

use super::handle::{COMMITS_BUFFERED_MAX, HeadView, NodeHandle, SUBMISSIONS_QUEUED_MAX};
use super::inbox::{Event, Inbox};
use super::marks::Marks;
use super::ordering::{Exit, Ordering, Outward};
use super::pool::{Committer, Pool};
use crate::p2p::{Deliver, Network};
use crate::telemetry::Metrics;
use crate::wal::Wal;

/// What the driver is made of.
pub struct Parts {
    /// Configuration of the replica.
    pub config: assent_replica::Config,
    /// Keys of the node.
    pub signer: Box<dyn NodeSigner + Send>,
    /// An initialised store.
    pub storage: Arc<dyn Storage>,
    /// The write-ahead log, and what it held: `None` if it was lost.
    pub wal: (Wal, Option<Vec<Vec<u8>>>),
    /// The queue that the transport fills.
    pub inbox: Arc<Inbox>,
    /// Where messages to peers go.
    pub outward: Arc<dyn Outward>,
    /// Where figures go.
    pub metrics: Arc<Metrics>,
    /// Threads for jobs, at least 1.
    pub job_threads: usize,
}

/// Why the driver cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The replica refuses the store or the log.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// The store cannot be read.
    #[error(transparent)]
    Storage(#[from] assent_replica::storage::StorageError),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    /// The ordering thread ended while it booted.
    #[error("the ordering thread ended while it booted")]
    Gone,
}

/// The running threads.
pub struct Driver {
    inbox: Arc<Inbox>,
    exit: oneshot::Receiver<Exit>,
}

impl Driver {
    /// Waits until the ordering thread has ended by itself or after [`Self::stop`]. Blocks being written are durable
    /// by then.
    pub async fn ended(&mut self) -> Exit {
        // The sender is dropped without a word only if the thread panicked: an invariant of its own does not hold.
        (&mut self.exit).await.unwrap_or_else(|_| Exit::Halted("the ordering thread panicked".into()))
    }

    /// Asks the ordering thread to end.
    pub fn stop(&self) {
        self.inbox.stop();
    }
}

/// Boots the replica on its own thread.
///
/// # Errors
/// See [`DriverError`].
pub async fn start(parts: Parts) -> Result<(NodeHandle, Driver), DriverError> {
    let Parts { config, signer, storage, wal: (wal, entries), inbox, outward, metrics, job_threads } = parts;
    let at = head::read(storage.snapshot()?.as_ref())?;
    let (head, head_view) = watch::channel(HeadView { height: at.height, time: at.time, block: at.block });
    let (commits, _) = broadcast::channel(COMMITS_BUFFERED_MAX);
    let handle = NodeHandle {
        chain: config.chain,
        me: config.me,
        inbox: inbox.clone(),
        storage: storage.clone(),
        head: head_view,
        commits: commits.clone(),
        submissions: Arc::new(Semaphore::new(SUBMISSIONS_QUEUED_MAX)),
    };
    let ordering = Ordering {
        marks: Marks::from_env(config.me),
        pool: Pool::start(job_threads.max(1), &inbox, &metrics)?,
        committer: Committer::start(storage.clone(), inbox.clone(), metrics.clone())?,
        config,
        signer,
        storage,
        wal,
        inbox: inbox.clone(),
        outward,
        metrics,
        head,
        commits,
        tickets: BTreeMap::new(),
        next_ticket: 0,
    };
    let (booted, boot) = oneshot::channel();
    let (ended, exit) = oneshot::channel();
    std::thread::Builder::new().name("ordering".into()).spawn(move || {
        let exit = ordering.run(entries, booted);
        let _ = ended.send(exit);
    })?;
    boot.await.map_err(|_| DriverError::Gone)??;
    Ok((handle, Driver { inbox, exit }))
}

impl Outward for Network {
    fn send(&self, to: OrgId, channel: Channel, bytes: Arc<Vec<u8>>) {
        Network::send(self, to, channel, bytes);
    }

    fn broadcast(&self, channel: Channel, bytes: &Arc<Vec<u8>>) {
        Network::broadcast(self, channel, bytes);
    }

    fn disconnect(&self, peer: OrgId, reason: String) {
        Network::disconnect(self, peer, reason);
    }
}

impl Deliver for Inbox {
    fn up(&self, org: OrgId) {
        self.push(Event::Input(Channel::Consensus, Input::PeerUp(org)), None);
    }

    fn down(&self, org: OrgId) {
        self.push(Event::Input(Channel::Consensus, Input::PeerDown(org)), None);
    }

    fn frame(&self, from: OrgId, channel: Channel, bytes: Vec<u8>, permit: OwnedSemaphorePermit) {
        self.push(Event::Input(channel, Input::Peer { from, bytes }), Some(permit));
    }
}
