//! Transactions on their way into the mempool.

use std::collections::VecDeque;

use assent_types::codec::{Bytes, List};
use assent_types::error::ErrorCode;
use assent_types::ids::OrgId;
use assent_types::limits::TX_BYTES_MAX;

use super::{JobKind, Replica, Step};
use crate::io::{GOSSIP_TXS_MAX, Output, PeerMessage};
use crate::jobs::{Candidate, Checked, Job, Verdict};

/// Most bytes of transactions that wait for their checks.
const QUEUE_BYTES_MAX: usize = 16 << 20;

/// Of these, what transactions of peers may take: clients of this node are never crowded out by gossip.
const GOSSIP_BYTES_MAX: usize = 12 << 20;

/// What each waiting transaction counts in addition to its length, so that empty ones are not free.
const WAITING_OVERHEAD_BYTES: usize = 256;

/// Most transactions checked in one job.
const CHECK_MAX: usize = 512;

/// Whence a transaction came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A client of this node.
    Client {
        /// To answer.
        ticket: u64,
    },
    /// The node itself.
    Own,
    /// A peer, which has sent it to everybody.
    Gossip,
}

/// Transactions that wait for their checks; one job runs at a time, so that what arrives meanwhile forms the next batch.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<(Origin, Candidate)>,
    bytes: usize,
    checking: bool,
}

fn waiting_cost(candidate: &Candidate) -> usize {
    candidate.bytes.len() + WAITING_OVERHEAD_BYTES
}

impl Replica {
    pub(super) fn on_submit(&mut self, step: &mut Step<'_>, ticket: u64, _member: OrgId, tx: Vec<u8>) {
        if tx.len() > TX_BYTES_MAX {
            step.out.push(Output::Answer { ticket, result: Err(ErrorCode::TooLarge) });
            return;
        }
        self.enqueue(step, Origin::Client { ticket }, Candidate { bytes: tx, own: true });
    }

    pub(super) fn on_gossip(&mut self, step: &mut Step<'_>, txs: List<Bytes<TX_BYTES_MAX>, GOSSIP_TXS_MAX>) {
        for tx in txs.into_vec() {
            self.enqueue(step, Origin::Gossip, Candidate { bytes: tx.into_vec(), own: false });
        }
    }

    pub(super) fn enqueue(&mut self, step: &mut Step<'_>, origin: Origin, candidate: Candidate) {
        let bound = if origin == Origin::Gossip { GOSSIP_BYTES_MAX } else { QUEUE_BYTES_MAX };
        let cost = waiting_cost(&candidate);
        if self.queue.bytes + cost > bound {
            if let Origin::Client { ticket } = origin {
                step.out.push(Output::Answer { ticket, result: Err(ErrorCode::Quota) });
            }
            return;
        }
        self.queue.bytes += cost;
        self.queue.waiting.push_back((origin, candidate));
        self.check_next(step);
    }

    fn check_next(&mut self, step: &mut Step<'_>) {
        if self.queue.checking || self.queue.waiting.is_empty() {
            return;
        }
        let count = self.queue.waiting.len().min(CHECK_MAX);
        let (origins, candidates): (Vec<_>, Vec<_>) = self.queue.waiting.drain(..count).unzip();
        self.queue.bytes -= candidates.iter().map(waiting_cost).sum::<usize>();
        self.queue.checking = true;
        let job = Job::Verify { chain: self.config.chain, head: self.head.clone(), now: step.now, candidates };
        self.start_job(step, JobKind::Verify(origins), job);
    }

    pub(super) fn on_verified(&mut self, step: &mut Step<'_>, origins: Vec<Origin>, verdicts: Vec<Verdict>) {
        self.queue.checking = false;
        let mut fresh = Vec::new();
        for (origin, verdict) in origins.into_iter().zip(verdicts) {
            let result = match verdict {
                Verdict::Known(hash) => Ok(hash),
                Verdict::Refuse(code) => Err(code),
                Verdict::Admit(checked) => self.admit(checked, origin, &mut fresh),
            };
            if let Origin::Client { ticket } = origin {
                step.out.push(Output::Answer { ticket, result });
            }
        }
        self.gossip(|message| step.broadcast(message), fresh);
        self.check_next(step);
        if !self.mempool.is_empty() {
            self.build_block(step);
            self.maybe_start(step);
        }
    }

    fn admit(
        &mut self,
        checked: Checked,
        origin: Origin,
        fresh: &mut Vec<Checked>,
    ) -> Result<assent_types::TxHash, ErrorCode> {
        let hash = checked.hash;
        if self.mempool.insert(checked.clone())? && origin != Origin::Gossip {
            fresh.push(checked);
        }
        Ok(hash)
    }

    /// What waits here may never have reached a peer that was away.
    pub(super) fn resend(&mut self, step: &mut Step<'_>, peer: OrgId) {
        let waiting = self.mempool.select();
        self.gossip(|message| step.send(peer, message), waiting);
    }

    fn gossip(&self, mut send: impl FnMut(&PeerMessage), txs: Vec<Checked>) {
        for page in txs.chunks(GOSSIP_TXS_MAX / 16) {
            let encoded: Vec<_> = page.iter().filter_map(|checked| Bytes::new(checked.bytes.to_vec()).ok()).collect();
            if let Ok(list) = List::new(encoded) {
                send(&PeerMessage::Transactions(list));
            }
        }
    }
}
