//! A node with its model disk and clock.

use assent_replica::storage::model::{ModelLog, ModelStore};
use assent_replica::{Config, Pacing, Replica};
use assent_types::ids::{ChainId, Height, Millis, OrgId};

use super::byzantine::Role;
use super::keys::Keys;

/// A node of the simulation.
pub struct SimNode {
    /// Its keys.
    pub keys: Keys,
    /// Its database.
    pub store: ModelStore,
    /// Its write-ahead log.
    pub log: ModelLog,
    /// Whether its log is lost and the log that replaces it is not yet the log of record: nothing in it was synced.
    pub log_lost: bool,
    /// Whether it has joined the network.
    pub joined: bool,
    /// Whether it lost a disk and has not voted since.
    pub impaired: bool,
    /// The running process; `None` while it is down.
    pub replica: Option<Replica>,
    /// Counts starts: what was scheduled for an earlier process is void.
    pub epoch: u64,
    /// Offset of its clock, in milliseconds.
    pub skew_ms: i64,
    /// How it misbehaves, if it does.
    pub role: Option<Role>,
    /// Steps until it crashes, if it is doomed.
    pub doom: Option<u64>,
    /// The wake-up already scheduled, by the own clock.
    pub wake: Option<Millis>,
}

impl SimNode {
    /// A node that has not started.
    pub fn new(keys: Keys, role: Option<Role>, skew_ms: i64, joined: bool) -> Self {
        Self {
            keys,
            store: ModelStore::default(),
            log: ModelLog::default(),
            log_lost: false,
            joined,
            impaired: false,
            replica: None,
            epoch: 0,
            skew_ms,
            role,
            doom: None,
            wake: None,
        }
    }

    /// Whether it is a validator that does not vote at present.
    pub fn is_silent(&self, now: Millis) -> bool {
        self.replica.as_ref().is_none_or(|replica| {
            let names_me = replica.head().next_validators.by_org(self.org()).is_some();
            names_me && !replica.status(self.clock(now)).validator
        })
    }

    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.keys.org()
    }

    /// Its clock at a moment of the simulation.
    pub fn clock(&self, now: Millis) -> Millis {
        Millis(now.0.saturating_add_signed(self.skew_ms))
    }

    /// The moment of the simulation at which its clock shows this.
    pub fn moment(&self, clock: Millis) -> Millis {
        Millis(clock.0.saturating_add_signed(-self.skew_ms))
    }

    /// Height of its head, if it runs.
    pub fn height(&self) -> Option<Height> {
        self.replica.as_ref().map(|replica| replica.head().height)
    }

    /// The configuration of every simulated node: shorter waits than in production, so that a run sees more of them.
    pub fn config(&self, chain: ChainId) -> Config {
        Config {
            chain,
            me: self.org(),
            timeouts: assent_consensus::TimeoutsMs {
                propose: 600,
                propose_delta: 200,
                prevote: 200,
                prevote_delta: 100,
                precommit: 200,
                precommit_delta: 100,
                rebroadcast: 400,
                max: 5_000,
            },
            pacing: Pacing { idle_block_ms: 5_000, message_delay_ms: 500, sync_wait_ms: 800, ..Pacing::default() },
            mempool: assent_replica::mempool::MempoolLimits::default(),
        }
    }
}
