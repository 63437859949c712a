//! Boot: from a store and a write-ahead log to a node that may talk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use assent_consensus::{Host, WalEntry};
use assent_types::codec::decode;
use assent_types::ids::{Height, Millis};

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

/// A validator that lost its write-ahead log does not know what it signed. It may have signed at the height that was in
/// progress when it stopped, so it stays silent until blocks two heights above any such height are final: the third
/// block whose time lies after the boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    booted: Millis,
    blocks: u32,
}

/// Blocks made after the boot that end the silence.
const SILENT_BLOCKS: u32 = 3;

impl Silence {
    /// Counts a final block; whether the silence is over.
    pub(super) fn ends_with(&mut self, time: Millis, precision_ms: u64) -> bool {
        if time > self.booted.plus(precision_ms) {
            self.blocks += 1;
        }
        self.blocks >= SILENT_BLOCKS
    }
}

impl Replica {
    /// Starts a node from its store and its write-ahead log; `None` where the log is missing.
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
        let silence = wal.is_none().then_some(Silence { booted: now, blocks: 0 });
        let (bodies, entries) = entries_of(head.height.next(), wal.unwrap_or_default())?;
        let mut replica = Self::new(config, head, silence);
        let step = &mut Step { now, signer, out };
        replica.set_timer(Timer::Status, now.plus(replica.config.pacing.status_ms));
        for bytes in bodies {
            replica.recover_body(step, bytes);
        }
        if entries.is_empty() {
            step.out.push(Output::WalReset);
            replica.schedule_wake(step);
        } else {
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

    /// Lets a validator speak again once its silence is over.
    pub(super) fn end_silence(&mut self, time: Millis) {
        let precision_ms = self.config.pacing.precision_ms;
        if self.silence.as_mut().is_some_and(|silence| silence.ends_with(time, precision_ms)) {
            self.silence = None;
            self.host.set_silent(false);
        }
    }

    /// Whether this node votes at the height in progress.
    pub(super) fn is_validator(&self) -> bool {
        self.silence.is_none() && self.head.next_validators.by_org(self.config.me).is_some()
    }
}

/// Bodies and ordering entries that the log holds of one height. Entries of earlier heights are left over from before
/// their block was durable.
fn entries_of(height: Height, wal: Vec<Vec<u8>>) -> Result<(Vec<Vec<u8>>, Vec<WalEntry>), BootError> {
    let mut bodies = Vec::new();
    let mut entries = Vec::new();
    for bytes in wal {
        match decode::<LogEntry>(&bytes).map_err(BootError::Log)? {
            LogEntry::Body { height: of, block } if of == height => bodies.push(block.into_vec()),
            LogEntry::Ordering { height: of, entry } if of == height => entries.push(entry),
            LogEntry::Body { .. } | LogEntry::Ordering { .. } => {}
        }
    }
    Ok((bodies, entries))
}
