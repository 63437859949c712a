//! The ordering thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use assent_replica::io::{Channel, CommitNotice, Input, Output};
use assent_replica::jobs::Job;
use assent_replica::storage::{Read, Storage};
use assent_replica::{BootError, NodeSigner, Replica};
use assent_types::error::ErrorCode;
use assent_types::ids::{Millis, OrgId, TxHash};
use tokio::sync::{broadcast, oneshot, watch};

use super::handle::HeadView;
use super::inbox::{Event, Inbox};
use super::marks::Marks;
use super::pool::{Committer, Pool, Task};
use crate::telemetry::Metrics;
use crate::wal::{Wal, WalError};

/// Longest sleep without a timer, so that a clock that was set forward is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(1);
/// Time after which outputs are carried out although more of the turn's events wait.
const SLICE: Duration = Duration::from_millis(5);

/// Where messages to peers go. Must not block.
pub trait Outward: Send + Sync {
    /// Sends to one peer, if connected.
    fn send(&self, to: OrgId, channel: Channel, bytes: Arc<Vec<u8>>);
    /// Sends to every connected peer.
    fn broadcast(&self, channel: Channel, bytes: &Arc<Vec<u8>>);
    /// Closes the connection to a peer that broke the protocol.
    fn disconnect(&self, peer: OrgId, reason: String);
}

/// How the ordering thread ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was told to stop.
    Stopped,
    /// The disk failed or something impossible happened: the node must not go on.
    Halted(String),
}

/// Everything that the ordering thread owns.
pub(super) struct Ordering {
    pub(super) config: assent_replica::Config,
    pub(super) signer: Box<dyn NodeSigner + Send>,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) wal: Wal,
    pub(super) inbox: Arc<Inbox>,
    pub(super) outward: Arc<dyn Outward>,
    pub(super) pool: Pool,
    pub(super) committer: Committer,
    pub(super) metrics: Arc<Metrics>,
    pub(super) marks: Marks,
    pub(super) head: watch::Sender<HeadView>,
    pub(super) commits: broadcast::Sender<Arc<CommitNotice>>,
    pub(super) tickets: BTreeMap<u64, oneshot::Sender<Result<TxHash, ErrorCode>>>,
    pub(super) next_ticket: u64,
}

/// Stops the node.
struct Halt(String);

impl From<WalError> for Halt {
    fn from(error: WalError) -> Self {
        Self(error.to_string())
    }
}

/// The own clock.
fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Ordering {
    /// Boots the replica, says whether that worked, and runs it until it stops.
    pub(super) fn run(mut self, entries: Option<Vec<Vec<u8>>>, booted: oneshot::Sender<Result<(), BootError>>) -> Exit {
        let mut out = Vec::new();
        let mut replica = match self.boot(entries, &mut out) {
            Ok(replica) => {
                let _ = booted.send(Ok(()));
                replica
            }
            Err(error) => {
                let text = error.to_string();
                let _ = booted.send(Err(error));
                return Exit::Halted(text);
            }
        };
        let ended = self.carry_out(&mut out).and_then(|()| self.turns(&mut replica, &mut out));
        self.inbox.stop();
        match ended {
            Ok(()) => Exit::Stopped,
            Err(Halt(reason)) => {
                tracing::error!(reason, "the node halts");
                Exit::Halted(reason)
            }
        }
    }

    fn boot(&self, entries: Option<Vec<Vec<u8>>>, out: &mut Vec<Output>) -> Result<Replica, BootError> {
        let snapshot = self.storage.snapshot().map_err(|error| BootError::Store(error.into()))?;
        Replica::boot(self.config.clone(), snapshot.as_ref(), entries, now(), self.signer.as_ref(), out)
    }

    fn turns(&mut self, replica: &mut Replica, out: &mut Vec<Output>) -> Result<(), Halt> {
        loop {
            let wake = replica.next_wake().map_or(SLEEP_MAX, |at| Duration::from_millis(at.0.saturating_sub(now().0)));
            let turn = self.inbox.take(wake.min(SLEEP_MAX));
            let begun = Instant::now();
            if replica.next_wake().is_some_and(|at| at <= now()) {
                replica.step(now(), Input::Tick, self.signer.as_ref(), out);
            }
            let mut slice = begun;
            for event in turn.events {
                self.handle(replica, event, out);
                if slice.elapsed() > SLICE {
                    self.carry_out(out)?;
                    slice = Instant::now();
                }
            }
            self.carry_out(out)?;
            self.metrics.turn(turn.left, begun.elapsed());
            if turn.stopped {
                return Ok(());
            }
        }
    }

    fn handle(&mut self, replica: &mut Replica, event: Event, out: &mut Vec<Output>) {
        let input = match event {
            Event::Input(_, input) => input,
            Event::Submit { member, tx, reply } => {
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                self.tickets.insert(ticket, reply);
                Input::Submit { ticket, member, tx }
            }
            Event::Status { reply } => {
                // Who asked may have gone away.
                let _ = reply.send(replica.status(now()));
                return;
            }
        };
        replica.step(now(), input, self.signer.as_ref(), out);
    }

    /// Carries out outputs in order: first the log with at most one sync, then everything else.
    ///
    /// # Correctness
    /// One sync at the end of all appends makes durable everything that any of the outputs relies on, so doing all
    /// appends first only strengthens the order that the replica asks for. A reset among them drops entries of a
    /// height that is final and durable.
    fn carry_out(&mut self, out: &mut Vec<Output>) -> Result<(), Halt> {
        let mut sync = false;
        for output in out.iter() {
            match output {
                Output::WalAppend(entry) => self.wal.append(entry)?,
                Output::WalReset => self.wal.reset(),
                Output::WalSync => sync = true,
                _ => {}
            }
        }
        self.wal.write_out()?;
        if sync {
            let begun = Instant::now();
            if self.wal.sync()? {
                self.metrics.synced(begun.elapsed());
            }
        }
        let mut snapshot = None;
        for output in out.drain(..) {
            self.marks.before(&output);
            match output {
                Output::WalAppend(_) | Output::WalSync | Output::WalReset => {}
                Output::Send { to, channel, bytes } => self.outward.send(to, channel, bytes),
                Output::Broadcast { channel, bytes } => self.outward.broadcast(channel, &bytes),
                Output::Disconnect { peer, reason } => self.outward.disconnect(peer, reason),
                Output::Job { id, job: Job::Commit { batch } } => self.committer.push(id, batch),
                Output::Job { id, job } => {
                    let snapshot = Self::snapshot(self.storage.as_ref(), &mut snapshot)?;
                    self.pool.push(Task { id, job, snapshot });
                }
                Output::Answer { ticket, result } => {
                    if let Some(reply) = self.tickets.remove(&ticket) {
                        let _ = reply.send(result);
                    }
                }
                Output::Committed(notice) => self.committed(notice),
                Output::Halt(reason) => return Err(Halt(reason)),
            }
        }
        Ok(())
    }

    /// One snapshot serves all jobs that are asked for at once.
    fn snapshot(storage: &dyn Storage, taken: &mut Option<Arc<dyn Read>>) -> Result<Arc<dyn Read>, Halt> {
        if let Some(snapshot) = taken {
            return Ok(snapshot.clone());
        }
        let snapshot: Arc<dyn Read> = Arc::from(storage.snapshot().map_err(|error| Halt(error.to_string()))?);
        *taken = Some(snapshot.clone());
        Ok(snapshot)
    }

    fn committed(&self, notice: Arc<CommitNotice>) {
        self.marks.committed(&notice);
        self.metrics.committed(&notice);
        tracing::debug!(height = %notice.height, txs = notice.txs.len(), round = notice.round, "block");
        self.head.send_replace(HeadView { height: notice.height, time: notice.time, block: notice.block });
        // Nobody may be listening.
        let _ = self.commits.send(notice);
    }
}
