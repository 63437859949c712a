//! Boot: from a store and a write-ahead log to a node that may talk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use assent_consensus::{Host, WalEntry};
use assent_types::codec::decode;
use assent_types::ids::{Height, Millis};

use super::silence::Silence;
use super::{LogEntry, NodeSigner, Phase, Replica, Step, Timer, sync, transactions};
use crate::bodies::Bodies;
use crate::config::Config;
use crate::io::Output;
use crate::ledger::head::{OpenError, open};
use crate::mempool::Mempool;
use crate::storage::Read;

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The write-ahead log does not decode although its checksums hold.
    #[error("the write-ahead log does not decode: {0}; move it away and the node stays silent until it is safe")]
    Log(assent_types::DecodeError),
}

impl Replica {
    /// Starts a node from its store and its write-ahead log; `None` where the log is missing.
    ///
    /// A node that cannot know what it signed stays silent until it is safe: without its log, or where the log is ahead
    /// of the store, which is then an older copy or a new one. While it is silent it writes nothing to its log, so that
    /// the driver finds the log as it was, or missing, if the node stops meanwhile.
    ///
    /// # Errors
    /// The store is empty, of another chain or format, or inconsistent; or the log makes no sense.
    pub fn boot(
        config: Config,
        store: &dyn Read,
        wal: Option<Vec<Vec<u8>>>,
        now: Millis,
        signer: &dyn NodeSigner,
        out: &mut Vec<Output>,
    ) -> Result<Self, BootError> {
        let head = Arc::new(open(store, config.chain)?);
        let log = wal.map(|wal| entries_of(head.height.next(), wal)).transpose()?;
        let (silence, bodies, entries) = match log {
            None => (Some(Silence::lost()), Vec::new(), Vec::new()),
            Some(log) if log.newest > head.height.next() => (Some(Silence::until(log.newest)), Vec::new(), Vec::new()),
            Some(log) => (None, log.bodies, log.entries),
        };
        let mut replica = Self::new(config, head, silence);
        let step = &mut Step { now, signer, out };
        replica.set_timer(Timer::Status, now.plus(replica.config.pacing.status_ms));
        if entries.is_empty() {
            // Bodies alone are of no use: nothing was signed for them. They go with the log, or they would count as
            // logged although they are not.
            replica.reset_log(step);
            replica.schedule_wake(step);
        } else {
            for bytes in bodies {
                replica.recover_body(step, bytes);
            }
            replica.start(step, &entries);
        }
        replica.drain(step);
        Ok(replica)
    }

    fn new(config: Config, head: Arc<crate::ledger::head::Head>, silence: Option<Silence>) -> Self {
        let me = Some(config.me);
        let mut host = Host::new(assent_consensus::Config { chain: config.chain, me, timeouts: config.timeouts });
        host.set_silent(silence.is_some());
        Self {
            mempool: Mempool::new(config.mempool),
            host,
            config,
            head,
            phase: Phase::Waiting,
            todo: VecDeque::new(),
            bodies: Bodies::default(),
            missing: BTreeMap::new(),
            build: None,
            building: false,
            decided: None,
            evidence: Vec::new(),
            queue: transactions::Queue::default(),
            peers: BTreeMap::new(),
            early: BTreeMap::new(),
            sync: sync::Sync::default(),
            timers: BTreeSet::new(),
            jobs: BTreeMap::new(),
            next_job: 0,
            silence,
            halted: false,
        }
    }

    /// Whether this node votes at the height in progress.
    pub(super) fn is_validator(&self) -> bool {
        self.silence.is_none() && self.head.next_validators.by_org(self.config.me).is_some()
    }
}

/// What a log says.
#[derive(Default)]
struct Log {
    /// Bodies of the height in progress.
    bodies: Vec<Vec<u8>>,
    /// Ordering entries of the height in progress.
    entries: Vec<WalEntry>,
    /// The greatest height that is mentioned.
    newest: Height,
}

/// Reads a log. Entries of heights before the one in progress are left over from before their block was durable.
fn entries_of(height: Height, wal: Vec<Vec<u8>>) -> Result<Log, BootError> {
    let mut log = Log::default();
    for bytes in wal {
        let entry = decode::<LogEntry>(&bytes).map_err(BootError::Log)?;
        log.newest = log.newest.max(entry.height());
        match entry {
            LogEntry::Body { height: of, block } if of == height => log.bodies.push(block.into_vec()),
            LogEntry::Ordering { height: of, entry } if of == height => log.entries.push(entry),
            LogEntry::Body { .. } | LogEntry::Ordering { .. } => {}
        }
    }
    Ok(log)
}
