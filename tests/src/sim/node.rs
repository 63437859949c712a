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
    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.keys.0.org
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
