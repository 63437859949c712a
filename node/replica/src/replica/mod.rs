//! The node's one state machine, split by concern.

mod boot;
mod commit;
mod ordering;
mod pacing;
mod proposals;
mod silence;
mod sync;
mod transactions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use assent_consensus::{Host, Message, Signer};
use assent_types::codec::encode;
use assent_types::ids::{BlockHash, Height, Millis, OrgId};
use assent_types::key::SecretKey;
use assent_types::validator::{CommitCertificate, Equivocation};

use crate::bodies::Bodies;
use crate::config::Config;
use crate::io::{Input, Output, PeerMessage};
use crate::jobs::{Job, JobResult};
use crate::ledger::head::Head;
use crate::mempool::Mempool;
use crate::status::Waiting;

pub use boot::BootError;

/// Keys with which a node signs by itself.
pub trait NodeSigner: Signer {
    /// The key for transactions of the node itself (usage RECEIPT), if the node has one.
    fn service_key(&self) -> Option<&SecretKey>;
}

/// What surrounds one step: the own clock, the keys, and where outputs go.
struct Step<'a> {
    now: Millis,
    signer: &'a dyn NodeSigner,
    out: &'a mut Vec<Output>,
}

impl Step<'_> {
    fn send(&mut self, to: OrgId, message: &PeerMessage) {
        self.out.push(Output::Send { to, channel: message.channel(), bytes: Arc::new(message.to_bytes()) });
    }

    fn broadcast(&mut self, message: &PeerMessage) {
        self.out.push(Output::Broadcast { channel: message.channel(), bytes: Arc::new(message.to_bytes()) });
    }
}

/// Where the node stands with the height after its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not started: nothing to do yet.
    Waiting,
    /// The ordering core runs.
    Running,
    /// Decided; the block is executed or written.
    Deciding,
}

/// What a timer of the replica itself is for. Timers of the ordering core have numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A timeout of the ordering core.
    Ordering(assent_consensus::TimeoutId),
    /// The new or idle chain makes a block, or a deadline is due.
    Wake,
    /// A proposer with nothing to say proposes an empty block.
    EmptyBlock,
    /// A block proposed with a time ahead of the own clock becomes acceptable.
    Timely(BlockHash),
    /// A body did not come by itself.
    Body(BlockHash),
    /// Block sync: ask, or ask another.
    Sync,
    /// Tell peers the own height.
    Status,
}

/// What a job was for.
enum JobKind {
    Verify(Vec<transactions::Origin>),
    Build { height: Height, round: u32 },
    Judge { height: Height, block: BlockHash },
    Commit,
    Range { to: OrgId },
}

/// What is known of a peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    /// Its last known height.
    pub(crate) height: Height,
    /// When it was last heard.
    pub(crate) heard: Millis,
    /// A pushed body of the next height.
    early_body: Option<(u32, Vec<u8>)>,
    /// Whether a page of blocks is being read for it.
    serving: bool,
}

/// One node.
pub struct Replica {
    config: Config,
    head: Arc<Head>,
    phase: Phase,
    host: Host,
    /// Inputs for the ordering core that arose while handling its effects.
    todo: VecDeque<assent_consensus::Input>,
    bodies: Bodies,
    /// Proposals whose body is not here: who may have it, who was asked last.
    missing: BTreeMap<BlockHash, proposals::Missing>,
    /// A round that waits for a block of this node.
    build: Option<u32>,
    building: bool,
    decided: Option<CommitCertificate>,
    /// Proven misbehaviour, and the height after which it is this node's turn to report it.
    evidence: Vec<(Height, Equivocation)>,
    mempool: Mempool,
    queue: transactions::Queue,
    peers: BTreeMap<OrgId, Peer>,
    /// The first message of the next height from each peer: a reason to start it, if its signatures verify then.
    early: BTreeMap<OrgId, Message>,
    sync: sync::Sync,
    timers: BTreeSet<(Millis, Timer)>,
    jobs: BTreeMap<u64, JobKind>,
    next_job: u64,
    silence: Option<silence::Silence>,
    halted: bool,
}

impl Replica {
    /// Takes one input. After [`Output::Halt`] every further step does nothing.
    pub fn step(&mut self, now: Millis, input: Input, signer: &dyn NodeSigner, out: &mut Vec<Output>) {
        if self.halted {
            return;
        }
        let step = &mut Step { now, signer, out };
        match input {
            Input::Tick => self.on_tick(step),
            Input::PeerUp(peer) => self.on_peer_up(step, peer),
            Input::PeerDown(peer) => {
                self.peers.remove(&peer);
                self.early.remove(&peer);
                self.sync.forget(peer);
            }
            Input::Peer { from, bytes } => self.on_peer(step, from, &bytes),
            Input::Submit { ticket, member, tx } => self.on_submit(step, ticket, member, tx),
            Input::Done { id, result } => self.on_done(step, id, result),
        }
        self.drain(step);
    }

    /// When [`Input::Tick`] is due, by the own clock.
    pub fn next_wake(&self) -> Option<Millis> {
        self.timers.first().filter(|_| !self.halted).map(|(at, _)| *at)
    }

    /// The head.
    pub fn head(&self) -> &Arc<Head> {
        &self.head
    }

    pub(crate) fn me(&self) -> OrgId {
        self.config.me
    }

    pub(crate) fn peers(&self) -> impl Iterator<Item = (&OrgId, &Peer)> {
        self.peers.iter()
    }

    pub(crate) fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    pub(crate) fn ordering(&self) -> assent_consensus::Status {
        self.host.status()
    }

    pub(crate) fn votes(&self) -> bool {
        self.is_validator()
    }

    pub(crate) fn waiting(&self) -> Waiting {
        let behind = self.peers.values().any(|peer| peer.height.0 > self.head.height.0 + 1);
        match self.phase {
            Phase::Deciding => Waiting::ForCommit,
            _ if behind => Waiting::ForSync,
            _ if self.silence.is_some() => Waiting::ForSilence,
            Phase::Running => Waiting::ForValidators,
            Phase::Waiting => Waiting::ForWork,
        }
    }

    /// The height after the head: the one in progress.
    fn height(&self) -> Height {
        self.head.height.next()
    }

    fn set_timer(&mut self, timer: Timer, at: Millis) {
        self.cancel_timer(timer);
        self.timers.insert((at, timer));
    }

    fn cancel_timer(&mut self, timer: Timer) {
        self.timers.retain(|(_, other)| *other != timer);
    }

    fn on_tick(&mut self, step: &mut Step<'_>) {
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > step.now {
                break;
            }
            self.timers.remove(&(at, timer));
            match timer {
                Timer::Ordering(id) => self.todo.push_back(assent_consensus::Input::Timeout(id)),
                Timer::Wake => self.on_wake(step),
                Timer::EmptyBlock => self.build_block(step),
                Timer::Timely(_) => self.tell_core(step),
                Timer::Body(block) => self.ask_for_body(step, block),
                Timer::Sync => self.continue_sync(step),
                Timer::Status => self.tell_status(step),
            }
            self.drain(step);
        }
    }

    fn on_peer_up(&mut self, step: &mut Step<'_>, peer: OrgId) {
        self.peers.insert(peer, Peer { heard: step.now, ..Peer::default() });
        step.send(peer, &PeerMessage::Status { height: self.head.height });
        for message in self.host.current_messages() {
            step.send(peer, &PeerMessage::ordering(&message));
        }
        self.resend(step, peer);
    }

    fn on_peer(&mut self, step: &mut Step<'_>, from: OrgId, bytes: &[u8]) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        peer.heard = step.now;
        match PeerMessage::from_bytes(bytes) {
            Err(error) => {
                step.out.push(Output::Disconnect { peer: from, reason: format!("malformed message: {error}") })
            }
            Ok(PeerMessage::Consensus(message)) => match Message::from_bytes(&message) {
                Ok(message) => self.on_ordering_message(step, from, message),
                Err(error) => {
                    step.out.push(Output::Disconnect { peer: from, reason: format!("malformed message: {error}") });
                }
            },
            Ok(PeerMessage::Status { height }) => self.on_status(step, from, height),
            Ok(PeerMessage::Transactions(txs)) => self.on_gossip(step, txs),
            Ok(PeerMessage::Body { round, block }) => self.on_body(step, from, round, block.into_vec()),
            Ok(PeerMessage::BodyRequest { height, block }) => self.on_body_request(step, from, height, block),
            Ok(PeerMessage::SyncRequest { from: height }) => self.on_sync_request(step, from, height),
            Ok(PeerMessage::SyncResponse(blocks)) => self.on_sync_response(step, from, blocks.into_vec()),
        }
    }

    fn start_job(&mut self, step: &mut Step<'_>, kind: JobKind, job: Job) {
        let id = self.next_job;
        self.next_job += 1;
        self.jobs.insert(id, kind);
        step.out.push(Output::Job { id, job });
    }

    fn on_done(&mut self, step: &mut Step<'_>, id: u64, result: JobResult) {
        let Some(kind) = self.jobs.remove(&id) else { return };
        match (kind, result) {
            (_, JobResult::Failed(error)) => self.halt(step, error.to_string()),
            (JobKind::Verify(origins), JobResult::Verified(verdicts)) => self.on_verified(step, origins, verdicts),
            (JobKind::Build { height, round }, JobResult::Built { executed, dropped }) => {
                self.on_built(step, height, round, *executed, &dropped);
            }
            (JobKind::Judge { height, block }, JobResult::Decoded(result)) => {
                self.on_decoded(step, height, block, result);
            }
            (JobKind::Judge { height, block }, JobResult::Executed { result, .. }) => {
                self.on_executed(step, height, block, result);
            }
            (JobKind::Commit, JobResult::Committed) => self.on_committed(step),
            (JobKind::Range { to }, JobResult::Range(blocks)) => self.on_range(step, to, blocks),
            _ => self.halt(step, format!("job {id} came back with a result of another kind")),
        }
    }

    /// Feeds the ordering core until nothing is left to tell it.
    fn drain(&mut self, step: &mut Step<'_>) {
        while !self.halted
            && let Some(input) = self.todo.pop_front()
        {
            let mut effects = Vec::new();
            self.host.step(input, step.signer, &mut effects);
            self.on_effects(step, effects);
            self.tell_core(step);
        }
    }

    fn halt(&mut self, step: &mut Step<'_>, reason: String) {
        self.halted = true;
        step.out.push(Output::Halt(reason));
    }
}

/// An entry of the write-ahead log of a node.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub enum LogEntry {
    /// A valid body of this height.
    Body {
        /// Height.
        height: Height,
        /// Encoded block.
        block: assent_types::codec::Bytes<{ assent_types::limits::BODY_BYTES_MAX }>,
    },
    /// An entry of the ordering core.
    Ordering {
        /// Height.
        height: Height,
        /// The entry.
        entry: assent_consensus::WalEntry,
    },
}

impl LogEntry {
    /// The height to which the entry belongs.
    pub fn height(&self) -> Height {
        match self {
            Self::Body { height, .. } | Self::Ordering { height, .. } => *height,
        }
    }

    fn append(&self, step: &mut Step<'_>) {
        step.out.push(Output::WalAppend(encode(self)));
    }
}
