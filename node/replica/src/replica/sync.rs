//! Block sync: a node that is behind asks a peer for final blocks, one page at a time.

use std::collections::{BTreeMap, VecDeque};

use assent_consensus::Input as Ordering;
use assent_types::block::Header;
use assent_types::codec::List;
use assent_types::ids::{BlockHash, Height, OrgId};
use assent_types::limits::BODY_BYTES_MAX;
use assent_types::validator::CommitCertificate;
use borsh::BorshDeserialize;

use super::{JobKind, Phase, Replica, Step, Timer};
use crate::bodies::{Body, Stage};
use crate::io::{FinalBlock, Output, PeerMessage};
use crate::jobs::Job;

/// How long a validator that is one block behind waits for the ordering messages that would let it decide by itself.
const GRACE_MS: u64 = 200;

/// What block sync is doing.
#[derive(Default)]
pub(super) struct Sync {
    /// The peer that was asked.
    asked: Option<OrgId>,
    /// Final blocks in ascending order, not yet applied.
    queue: VecDeque<(OrgId, FinalBlock)>,
    /// The certificate under which the block of this height is being validated, and the proposer of its round.
    validating: Option<(CommitCertificate, OrgId)>,
}

impl Sync {
    /// The height is over: whatever was being validated for it no longer matters.
    pub(super) fn settle(&mut self) {
        self.validating = None;
    }

    /// Forgets a peer that is gone.
    pub(super) fn forget(&mut self, peer: OrgId) {
        if self.asked == Some(peer) {
            self.asked = None;
        }
    }
}

impl Replica {
    pub(super) fn on_status(&mut self, step: &mut Step<'_>, from: OrgId, height: Height) {
        self.note_height(step, from, height);
    }

    /// Learns that a peer has final blocks up to a height, and asks for what is missing here.
    pub(super) fn note_height(&mut self, step: &mut Step<'_>, from: OrgId, height: Height) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        peer.height = peer.height.max(height);
        if let Some(silence) = &mut self.silence {
            silence.hear(from, height);
        }
        let behind = height.0.saturating_sub(self.head.height.0);
        let waiting = self.timers.iter().any(|(_, timer)| *timer == Timer::Sync);
        if behind == 0 || self.sync.asked.is_some() || !self.sync.queue.is_empty() {
            return;
        }
        if behind > 1 || !self.is_validator() {
            self.continue_sync(step);
        } else if !waiting {
            self.set_timer(Timer::Sync, step.now.plus(GRACE_MS));
        }
    }

    /// Asks the next peer that is ahead, if this node is behind. A peer that did not answer is asked last.
    pub(super) fn continue_sync(&mut self, step: &mut Step<'_>) {
        self.cancel_timer(Timer::Sync);
        if !self.sync.queue.is_empty() {
            return;
        }
        let ahead: BTreeMap<OrgId, Height> = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.height > self.head.height)
            .map(|(org, peer)| (*org, peer.height))
            .collect();
        let after = self.sync.asked.take().map(|asked| OrgId(asked.0.saturating_add(1))).unwrap_or_default();
        let Some(peer) = ahead.range(after..).next().or_else(|| ahead.iter().next()).map(|(org, _)| *org) else {
            return;
        };
        self.sync.asked = Some(peer);
        step.send(peer, &PeerMessage::SyncRequest { from: self.height() });
        self.set_timer(Timer::Sync, step.now.plus(self.config.pacing.sync_wait_ms));
    }

    pub(super) fn on_sync_request(&mut self, step: &mut Step<'_>, from: OrgId, height: Height) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        // One page at a time for each peer: more requests are not queued.
        if peer.serving || height == Height(0) || height > self.head.height {
            return;
        }
        peer.serving = true;
        let job = Job::Range { from: height, bytes_max: BODY_BYTES_MAX };
        self.start_job(step, JobKind::Range { to: from }, job);
    }

    pub(super) fn on_range(&mut self, step: &mut Step<'_>, to: OrgId, blocks: Vec<FinalBlock>) {
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.serving = false;
        }
        if let Ok(blocks) = List::new(blocks) {
            step.send(to, &PeerMessage::SyncResponse(blocks));
        }
    }

    pub(super) fn on_sync_response(&mut self, step: &mut Step<'_>, from: OrgId, blocks: Vec<FinalBlock>) {
        if self.sync.asked != Some(from) {
            return;
        }
        self.sync.asked = None;
        self.cancel_timer(Timer::Sync);
        self.sync.queue = blocks.into_iter().map(|block| (from, block)).collect();
        if self.sync.queue.is_empty() {
            // It claimed a height that it cannot show.
            if let Some(peer) = self.peers.get_mut(&from) {
                peer.height = self.head.height;
            }
        }
        self.next_synced(step);
    }

    /// Feeds the next synced block, once the one before it is durable.
    pub(super) fn next_synced(&mut self, step: &mut Step<'_>) {
        if self.phase == Phase::Deciding || self.sync.validating.is_some() {
            return;
        }
        let height = self.height();
        while let Some((from, next)) = self.sync.queue.front() {
            let (from, found) = (*from, next.certificate.height);
            if found < height {
                self.sync.queue.pop_front();
            } else if found > height {
                self.sync.queue.clear();
                step.out.push(Output::Disconnect { peer: from, reason: "a gap in block sync".into() });
            } else {
                break;
            }
        }
        let Some((from, certificate)) = self.sync.queue.front().map(|(from, block)| (*from, block.certificate.clone()))
        else {
            self.sync_on(step);
            return;
        };
        if self.phase == Phase::Waiting {
            self.start(step, &[]);
        }
        self.todo.push_back(Ordering::Synced { from, certificate });
    }

    /// After a page: asks for the next one if some peer is still ahead.
    fn sync_on(&mut self, step: &mut Step<'_>) {
        let furthest = self.peers.values().map(|peer| peer.height).max().unwrap_or_default();
        if furthest.0 > self.head.height.0 + 1 || furthest > self.head.height && !self.is_validator() {
            self.continue_sync(step);
        }
    }

    /// The certificate is good: validate the block under it.
    pub(super) fn validate_synced(&mut self, step: &mut Step<'_>, certificate: CommitCertificate, proposer: OrgId) {
        let block = certificate.block;
        self.sync.validating = Some((certificate, proposer));
        if self.bodies.get(&block).is_none() {
            let Some((from, next)) = self.sync.queue.pop_front() else { return self.drop_synced(step, None) };
            let bytes = next.block.into_vec();
            let header = Header::deserialize(&mut bytes.as_slice()).ok().filter(|header| header.hash() == block);
            let Some(header) = header else { return self.drop_synced(step, Some(from)) };
            self.judge(step, from, header, bytes, BTreeMap::new(), false);
        }
        self.synced_body_judged(step, block);
    }

    fn drop_synced(&mut self, step: &mut Step<'_>, culprit: Option<OrgId>) {
        self.sync.validating = None;
        self.sync.queue.clear();
        if let Some(peer) = culprit {
            step.out.push(Output::Disconnect { peer, reason: "a certificate with another block".into() });
        }
        self.set_timer(Timer::Sync, step.now.plus(GRACE_MS));
    }

    /// Gives up the page whose block had another body, if that is what is being validated.
    pub(super) fn drop_synced_body(&mut self, step: &mut Step<'_>, block: BlockHash) -> bool {
        let synced = self.sync.validating.as_ref().is_some_and(|(certificate, _)| certificate.block == block);
        if synced {
            self.drop_synced(step, None);
        }
        synced
    }

    /// A body was judged: if it is the synced one, tells the core.
    pub(super) fn synced_body_judged(&mut self, step: &mut Step<'_>, block: BlockHash) {
        if self.sync.validating.as_ref().is_none_or(|(certificate, _)| certificate.block != block) {
            return;
        }
        let valid = match self.bodies.get(&block).map(|body: &Body| &body.stage) {
            None | Some(Stage::Judging) => return,
            Some(Stage::Executed(_)) => true,
            Some(Stage::Invalid(_)) => false,
        };
        if valid {
            self.log_body(step, &block);
        }
        if let Some((certificate, proposer)) = self.sync.validating.take() {
            self.todo.push_back(Ordering::SyncedJudged { certificate, proposer, block, valid });
        }
    }

    pub(super) fn sync_rejected(&mut self, step: &mut Step<'_>, from: OrgId, permanent: bool) {
        self.sync.validating = None;
        self.sync.queue.clear();
        if permanent {
            step.out.push(Output::Disconnect { peer: from, reason: "an invalid commit certificate".into() });
        }
        self.set_timer(Timer::Sync, step.now.plus(GRACE_MS));
    }
}
