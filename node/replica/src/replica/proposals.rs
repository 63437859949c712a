//! Bodies: built, pushed, pulled, judged, and told to the ordering core.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_consensus::{Input as Ordering, Message};
use assent_types::block::Header;
use assent_types::codec::Bytes;
use assent_types::ids::{BlockHash, Height, Millis, OrgId, TxHash};
use assent_types::validator::VoteStep;
use borsh::BorshDeserialize;

use super::{JobKind, LogEntry, Phase, Replica, Step, Timer};
use crate::bodies::{Body, Proposed, Stage};
use crate::io::PeerMessage;
use crate::jobs::Job;
use crate::ledger::execute::{Executed, Invalid, PreparedBlock, Unusable};

/// A body that somebody proposed or voted for and that is not here.
#[derive(Default)]
pub(super) struct Missing {
    /// The peer from which this node heard of it first.
    named_by: OrgId,
    rounds: BTreeMap<u32, Proposed>,
    /// Peers that must have it: the proposer and whoever prevoted for it.
    holders: BTreeSet<OrgId>,
    asked: Option<OrgId>,
}

impl Replica {
    /// The core asks for a block. One with something to say is built at once; otherwise the node waits a little.
    pub(super) fn get_block(&mut self, step: &mut Step<'_>, round: u32) {
        self.build = Some(round);
        if self.mempool.is_empty() && !self.is_deadline_due(step.now) {
            self.set_timer(Timer::EmptyBlock, step.now.plus(self.config.pacing.empty_wait_ms));
        } else {
            self.build_block(step);
        }
    }

    /// Builds the block that the core waits for, if it does.
    pub(super) fn build_block(&mut self, step: &mut Step<'_>) {
        if self.building || self.phase != Phase::Running {
            return;
        }
        let Some(round) = self.build.take() else { return };
        self.cancel_timer(Timer::EmptyBlock);
        self.building = true;
        let time = Millis(step.now.0.max(self.head.time.0 + 1));
        let txs = self.mempool.select();
        let job = Job::Build { head: self.head.clone(), me: self.config.me, time, txs };
        self.start_job(step, JobKind::Build { height: self.height(), round }, job);
    }

    pub(super) fn on_built(
        &mut self,
        step: &mut Step<'_>,
        height: Height,
        round: u32,
        executed: Executed,
        dropped: &[TxHash],
    ) {
        self.building = false;
        for hash in dropped {
            self.mempool.remove(hash);
        }
        if height != self.height() || self.phase != Phase::Running {
            // A round of a later height may have asked while this block was being built.
            self.build_block(step);
            return;
        }
        let block = executed.hash;
        let body = Body {
            header: executed.header.clone(),
            bytes: executed.bytes.clone(),
            from: self.config.me,
            arrived: step.now,
            stage: Stage::Executed(Box::new(executed)),
            rounds: BTreeMap::from([(round, Proposed { proposer: self.config.me, locked: false, told: true })]),
            logged: false,
        };
        self.bodies.insert(block, body);
        self.log_body(step, &block);
        self.push_body(step, round, &block);
        self.todo.push_back(Ordering::Propose { height, round, block });
        // A later round may have asked while this block was being built.
        self.build_block(step);
    }

    /// Sends a body to all peers.
    pub(super) fn push_body(&mut self, step: &mut Step<'_>, round: u32, block: &BlockHash) {
        if let Some(body) = self.bodies.get(block)
            && let Ok(block) = Bytes::new(body.bytes.to_vec())
        {
            step.broadcast(&PeerMessage::Body { round, block });
        }
    }

    /// Appends a valid body to the write-ahead log, once; it must be there before the core's entry about it.
    pub(super) fn log_body(&mut self, step: &mut Step<'_>, block: &BlockHash) {
        let height = self.height();
        if self.silence.is_none()
            && let Some(body) = self.bodies.get_mut(block)
            && !body.logged
            && let Ok(block) = Bytes::new(body.bytes.to_vec())
        {
            body.logged = true;
            LogEntry::Body { height, block }.append(step);
        }
    }

    /// A body from the write-ahead log.
    pub(super) fn recover_body(&mut self, step: &mut Step<'_>, bytes: Vec<u8>) {
        if let Ok(header) = Header::deserialize(&mut bytes.as_slice()) {
            self.judge(step, self.config.me, header, bytes, BTreeMap::new(), true);
        }
    }

    pub(super) fn on_body(&mut self, step: &mut Step<'_>, from: OrgId, round: u32, bytes: Vec<u8>) {
        let Ok(header) = Header::deserialize(&mut bytes.as_slice()) else {
            let reason = "a body without a header".to_owned();
            step.out.push(crate::io::Output::Disconnect { peer: from, reason });
            return;
        };
        if header.height == self.height().next() {
            if let Some(peer) = self.peers.get_mut(&from) {
                peer.early_body = Some((round, bytes));
            }
            return;
        }
        if header.height != self.height() || self.phase == Phase::Deciding && self.decided_is_here() {
            return;
        }
        let block = header.hash();
        let proposer = assent_consensus::proposer(&self.head.next_validators, header.height, round);
        let proposed = Proposed { proposer, locked: false, told: false };
        if let Some(body) = self.bodies.get_mut(&block) {
            body.rounds.entry(round).or_insert(proposed);
            return;
        }
        let missing = self.missing.remove(&block);
        if !self.bodies.has_room(from, missing.is_some()) {
            return;
        }
        self.cancel_timer(Timer::Body(block));
        let mut rounds = missing.map(|missing| missing.rounds).unwrap_or_default();
        rounds.entry(round).or_insert(proposed);
        self.judge(step, from, header, bytes, rounds, false);
    }

    /// Keeps a body and has it decoded and executed.
    pub(super) fn judge(
        &mut self,
        step: &mut Step<'_>,
        from: OrgId,
        header: Header,
        bytes: Vec<u8>,
        rounds: BTreeMap<u32, Proposed>,
        logged: bool,
    ) {
        let (block, bytes) = (header.hash(), Arc::new(bytes));
        let body =
            Body { header, bytes: bytes.clone(), from, arrived: step.now, stage: Stage::Judging, rounds, logged };
        self.bodies.insert(block, body);
        self.start_job(step, JobKind::Judge { height: self.height(), block }, Job::Decode { bytes });
    }

    /// Bodies of this height that peers pushed before it started.
    pub(super) fn adopt_early_bodies(&mut self, step: &mut Step<'_>) {
        let early: Vec<_> = self
            .peers
            .iter_mut()
            .filter_map(|(peer, known)| known.early_body.take().map(|(round, bytes)| (*peer, round, bytes)))
            .collect();
        for (from, round, bytes) in early {
            self.on_body(step, from, round, bytes);
        }
    }

    pub(super) fn on_decoded(
        &mut self,
        step: &mut Step<'_>,
        height: Height,
        block: BlockHash,
        result: Result<Arc<PreparedBlock>, Unusable>,
    ) {
        if height != self.height() {
            return;
        }
        match result {
            Err(Unusable::Mangled) => self.discard(step, block),
            Err(Unusable::Invalid(invalid)) => self.judged(step, block, Stage::Invalid(invalid)),
            Ok(prepared) => {
                let known = prepared.txs.iter().filter(|(hash, tx)| self.mempool.has_verified(hash, tx));
                let verified: BTreeSet<TxHash> = known.map(|(hash, _)| *hash).collect();
                let job = Job::Execute { head: self.head.clone(), block: prepared, verified };
                self.start_job(step, JobKind::Judge { height, block }, job);
            }
        }
    }

    /// Drops bytes that are not the body of their header, with their sender, and looks for the body elsewhere.
    fn discard(&mut self, step: &mut Step<'_>, block: BlockHash) {
        let Some(body) = self.bodies.take(&block) else { return };
        if body.from != self.config.me {
            let reason = "a body that is not its header's".to_owned();
            step.out.push(crate::io::Output::Disconnect { peer: body.from, reason });
        }
        if self.drop_synced_body(step, block) {
            return;
        }
        let validators = self.head.next_validators.validators().iter().map(|validator| validator.org);
        let holders = validators.filter(|org| *org != self.config.me && *org != body.from).collect();
        self.missing.insert(block, Missing { named_by: body.from, rounds: body.rounds, holders, asked: None });
        self.ask_for_body(step, block);
    }

    pub(super) fn on_executed(
        &mut self,
        step: &mut Step<'_>,
        height: Height,
        block: BlockHash,
        result: Result<Box<Executed>, Invalid>,
    ) {
        if height == self.height() {
            self.judged(step, block, result.map_or_else(Stage::Invalid, Stage::Executed));
        }
    }

    fn judged(&mut self, step: &mut Step<'_>, block: BlockHash, stage: Stage) {
        let Some(body) = self.bodies.get_mut(&block) else { return };
        body.stage = stage;
        self.tell_core(step);
        self.synced_body_judged(step, block);
        self.commit(step);
    }

    /// Tells the core of every judged body in every round in which it was proposed.
    ///
    /// Timeliness is not validity: an untimely proposal is held back, and told at the latest when the core must know.
    pub(super) fn tell_core(&mut self, step: &mut Step<'_>) {
        if self.phase != Phase::Running {
            return;
        }
        let (height, pacing) = (self.height(), self.config.pacing);
        let mut tell = Vec::new();
        let mut later = Vec::new();
        for (block, body) in self.bodies.iter_mut() {
            let valid = match &body.stage {
                Stage::Judging => continue,
                Stage::Executed(_) => true,
                Stage::Invalid(_) => false,
            };
            for (round, proposed) in &mut body.rounds {
                // The bounds grow with the round, so that clocks further apart cost rounds and not the chain.
                let factor = u64::from(*round) + 1;
                let acceptable_at = body.header.time.0.saturating_sub(pacing.precision_ms.saturating_mul(factor));
                let too_early = step.now.0 < acceptable_at;
                let patience = (pacing.precision_ms + pacing.message_delay_ms).saturating_mul(factor);
                let too_late = body.arrived.0 > body.header.time.0.saturating_add(patience);
                let held = valid && !proposed.locked && (too_early || too_late);
                if proposed.told || held && !self.host.must_judge(height, *round, *block) {
                    if too_early && !proposed.told {
                        later.push((Timer::Timely(*block), Millis(acceptable_at)));
                    }
                    continue;
                }
                proposed.told = true;
                tell.push((*block, *round, proposed.proposer, valid));
            }
        }
        for (timer, at) in later {
            self.set_timer(timer, at);
        }
        for (block, round, proposer, valid) in tell {
            if valid {
                self.log_body(step, &block);
            }
            self.todo.push_back(Ordering::Judged { height, round, proposer, block, valid });
        }
    }

    /// Learns from a message which bodies must exist and who has them.
    pub(super) fn note_proposal(&mut self, step: &mut Step<'_>, from: OrgId, message: &Message) {
        let (block, holder) = match message {
            Message::Proposal(signed) => (signed.proposal.block, signed.proposal.proposer),
            Message::Vote(signed) => match (signed.vote.step, signed.vote.block) {
                (VoteStep::Prevote | VoteStep::Precommit, Some(block)) => (block, signed.vote.voter),
                (VoteStep::Prevote | VoteStep::Precommit, None) => return,
            },
            Message::PolkaCertificate(polka) => (polka.block, from),
            Message::RoundCertificate(_) => return,
        };
        let proposed = match message {
            Message::Proposal(signed) => Some((
                signed.proposal.round,
                Proposed { proposer: holder, locked: signed.proposal.pol_round.is_some(), told: false },
            )),
            _ => None,
        };
        if let Some(body) = self.bodies.get_mut(&block) {
            if let Some((round, proposed)) = proposed {
                body.rounds.entry(round).or_insert(proposed).locked |= proposed.locked;
            }
            return;
        }
        if !self.missing.contains_key(&block) {
            self.make_room_for_missing(from);
        }
        let wait_ms = self.config.pacing.body_wait_ms;
        let missing = self.missing.entry(block).or_insert_with(|| Missing { named_by: from, ..Missing::default() });
        missing.holders.insert(holder);
        missing.rounds.extend(proposed);
        if !self.timers.iter().any(|(_, timer)| *timer == Timer::Body(block)) {
            self.set_timer(Timer::Body(block), step.now.plus(wait_ms));
        }
    }

    /// The message is not verified yet: a peer that names bodies which do not exist crowds out only its own.
    fn make_room_for_missing(&mut self, from: OrgId) {
        let named = self.missing.iter().filter(|(_, missing)| missing.named_by == from);
        if named.clone().count() >= crate::bodies::BODIES_PER_PEER_MAX
            && let Some(block) = named.map(|(block, _)| *block).next()
        {
            self.missing.remove(&block);
            self.cancel_timer(Timer::Body(block));
        }
    }

    /// A decided body is not here: asks whoever precommitted for it.
    pub(super) fn require_body(&mut self, step: &mut Step<'_>, block: BlockHash, voters: &[OrgId]) {
        self.missing.entry(block).or_default().holders.extend(voters);
        if !self.timers.iter().any(|(_, timer)| *timer == Timer::Body(block)) {
            self.ask_for_body(step, block);
        }
    }

    /// Asks the next peer that must have a body.
    pub(super) fn ask_for_body(&mut self, step: &mut Step<'_>, block: BlockHash) {
        let height = self.height();
        let Some(missing) = self.missing.get_mut(&block) else { return };
        let connected = |peer: &&OrgId| self.peers.contains_key(*peer);
        let after = missing.asked.map(|asked| OrgId(asked.0.saturating_add(1))).unwrap_or_default();
        let next = missing.holders.range(after..).find(connected).or_else(|| missing.holders.iter().find(connected));
        if let Some(peer) = next.copied() {
            missing.asked = Some(peer);
            step.send(peer, &PeerMessage::BodyRequest { height, block });
        }
        self.set_timer(Timer::Body(block), step.now.plus(self.config.pacing.body_wait_ms * 4));
    }

    /// Hands out a body once it is judged: before, these may be another's bytes under the block's header.
    pub(super) fn on_body_request(&mut self, step: &mut Step<'_>, from: OrgId, height: Height, block: BlockHash) {
        if height == self.height()
            && let Some(body) = self.bodies.get(&block).filter(|body| !matches!(body.stage, Stage::Judging))
            && let Ok(bytes) = Bytes::new(body.bytes.to_vec())
        {
            let round = body.rounds.keys().next().copied().unwrap_or_default();
            step.send(from, &PeerMessage::Body { round, block: bytes });
        } else if height < self.height() {
            step.send(from, &PeerMessage::Status { height: self.head.height });
        }
    }
}
