//! The sending side: bounded queues to every connected member, fed from any thread without waiting.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assent_replica::io::Channel;
use assent_types::ids::OrgId;
use libp2p::swarm::ConnectionId;
use tokio::sync::mpsc;

use super::limits::{FRAME_OVERHEAD_BYTES, Limits};

/// The channels, in the order in which arrays of this module hold them.
pub(super) const CHANNELS: [Channel; 3] = [Channel::Consensus, Channel::Transactions, Channel::Bulk];

/// Position of a channel in [`CHANNELS`].
pub(super) fn index(channel: Channel) -> usize {
    match channel {
        Channel::Consensus => 0,
        Channel::Transactions => 1,
        Channel::Bulk => 2,
    }
}

/// The queue of one channel to one peer.
pub(super) struct Lane {
    frames: mpsc::UnboundedSender<Arc<Vec<u8>>>,
    bytes: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// The other end of a [`Lane`].
pub(super) struct LaneReader {
    frames: mpsc::UnboundedReceiver<Arc<Vec<u8>>>,
    bytes: Arc<AtomicUsize>,
}

fn cost(frame: &[u8]) -> usize {
    frame.len() + FRAME_OVERHEAD_BYTES
}

impl Lane {
    pub(super) fn new(bytes_max: usize) -> (Self, LaneReader) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let bytes = Arc::new(AtomicUsize::new(0));
        (Self { frames: sender, bytes: bytes.clone(), bytes_max }, LaneReader { frames: receiver, bytes })
    }

    /// Queues a frame; `false` if the queue is full. The bound is on bytes, so the channel itself has none.
    fn push(&self, frame: Arc<Vec<u8>>) -> bool {
        let cost = cost(&frame);
        if self.bytes.fetch_add(cost, Ordering::Relaxed) + cost > self.bytes_max {
            self.bytes.fetch_sub(cost, Ordering::Relaxed);
            return false;
        }
        // The writer is gone only when the connection is, of which everybody is told elsewhere.
        let _ = self.frames.send(frame);
        true
    }
}

impl LaneReader {
    /// The next frame; `None` once the link is gone.
    pub(super) async fn next(&mut self) -> Option<Arc<Vec<u8>>> {
        self.frames.recv().await
    }

    /// The next frame, if one waits.
    pub(super) fn try_next(&mut self) -> Option<Arc<Vec<u8>>> {
        self.frames.try_recv().ok()
    }

    /// Says that a frame has left the queue.
    pub(super) fn written(&self, frame: &[u8]) {
        self.bytes.fetch_sub(cost(frame), Ordering::Relaxed);
    }
}

/// The three queues to one peer.
pub(super) struct Link {
    pub(super) connection: ConnectionId,
    pub(super) lanes: [Lane; 3],
}

/// A connected member, for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// The member.
    pub org: OrgId,
    /// Bytes queued for it on all channels.
    pub queued_bytes: usize,
}

/// What happened when a frame was queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    Queued,
    NotConnected,
    /// The queue is full: the peer does not read.
    Full(ConnectionId),
}

/// All links that are up.
#[derive(Default)]
pub(super) struct Links(Mutex<BTreeMap<OrgId, Link>>);

impl Links {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<OrgId, Link>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, org: OrgId, link: Link) {
        self.lock().insert(org, link);
    }

    /// Removes the link if it is that of the connection; whether it was there.
    pub(super) fn remove(&self, org: OrgId, connection: ConnectionId) -> bool {
        let mut links = self.lock();
        let present = links.get(&org).is_some_and(|link| link.connection == connection);
        if present {
            links.remove(&org);
        }
        present
    }

    pub(super) fn push(&self, to: OrgId, channel: Channel, frame: Arc<Vec<u8>>) -> Pushed {
        match self.lock().get(&to) {
            None => Pushed::NotConnected,
            Some(link) if link.lanes[index(channel)].push(frame) => Pushed::Queued,
            Some(link) => Pushed::Full(link.connection),
        }
    }

    /// Queues a frame for every peer; names those whose queue is full.
    pub(super) fn push_all(&self, channel: Channel, frame: &Arc<Vec<u8>>) -> Vec<(OrgId, ConnectionId)> {
        let links = self.lock();
        let full = links.iter().filter(|(_, link)| !link.lanes[index(channel)].push(frame.clone()));
        full.map(|(org, link)| (*org, link.connection)).collect()
    }

    pub(super) fn peers(&self) -> Vec<PeerInfo> {
        let queued = |link: &Link| link.lanes.iter().map(|lane| lane.bytes.load(Ordering::Relaxed)).sum();
        self.lock().iter().map(|(org, link)| PeerInfo { org: *org, queued_bytes: queued(link) }).collect()
    }

    pub(super) fn connection(&self, org: OrgId) -> Option<ConnectionId> {
        self.lock().get(&org).map(|link| link.connection)
    }
}

/// The queues of a new link.
pub(super) fn lanes(limits: &Limits) -> ([Lane; 3], [LaneReader; 3]) {
    let [a, b, c] = CHANNELS.map(|channel| Lane::new(limits.channel(channel).outward_bytes_max));
    ([a.0, b.0, c.0], [a.1, b.1, c.1])
}
