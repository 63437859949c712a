//! How a node behaves, apart from what the ledger says. Durations in milliseconds of the own clock.

use assent_consensus::TimeoutsMs;
use assent_types::ids::{ChainId, OrgId};

use crate::mempool::MempoolLimits;

/// Configuration of a replica.
#[derive(Clone, Debug)]
pub struct Config {
    /// The chain.
    pub chain: ChainId,
    /// The member whose node this is.
    pub me: OrgId,
    /// Timeouts of the ordering rounds.
    pub timeouts: TimeoutsMs,
    /// Pacing of blocks.
    pub pacing: Pacing,
    /// Bounds of the mempool.
    pub mempool: MempoolLimits,
}

/// When heights start, and which proposals are timely. None of it decides what is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Age of the head after which an idle chain makes an empty block. The first one is made at once.
    pub idle_block_ms: u64,
    /// How long a woken proposer with nothing to say waits before it proposes an empty block.
    pub empty_wait_ms: u64,
    /// How far clocks of honest nodes may lie apart.
    pub precision_ms: u64,
    /// How late a proposal may arrive in round 0; grows by as much each round.
    pub message_delay_ms: u64,
    /// How long to wait in round 0 for a proposal of a validator that is not connected; grows by as much each round.
    pub absent_wait_ms: u64,
    /// How long to wait for a pushed body before asking for it.
    pub body_wait_ms: u64,
    /// How long to wait for an answer of block sync before asking another peer.
    pub sync_wait_ms: u64,
    /// How often to tell peers the own height when nothing happens.
    pub status_ms: u64,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            idle_block_ms: 30_000,
            empty_wait_ms: 500,
            precision_ms: 500,
            message_delay_ms: 2_000,
            absent_wait_ms: 100,
            body_wait_ms: 100,
            sync_wait_ms: 2_000,
            status_ms: 1_000,
        }
    }
}
