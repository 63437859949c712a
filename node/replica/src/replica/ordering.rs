//! Between the ordering core and the rest of the node: messages in, effects out.

use std::sync::Arc;

use assent_consensus::{Effect, Input as Ordering, Message, TimeoutId, TimeoutStep, WalEntry};
use assent_types::ids::{Height, OrgId};

use super::{LogEntry, Phase, Replica, Step, Timer};
use crate::io::{Output, PeerMessage};

impl Replica {
    /// Starts the height after the head, at boot with what the write-ahead log says of it.
    pub(super) fn start(&mut self, step: &mut Step<'_>, entries: &[WalEntry]) {
        self.cancel_timer(Timer::Wake);
        self.phase = Phase::Running;
        self.early.clear();
        let validators = Arc::new(self.head.next_validators.clone());
        let mut effects = Vec::new();
        self.host.start_height(self.height(), validators, entries, step.signer, &mut effects);
        self.on_effects(step, effects);
        self.adopt_early_bodies(step);
        self.tell_core(step);
    }

    pub(super) fn on_ordering_message(&mut self, step: &mut Step<'_>, from: OrgId, message: Message) {
        let height = message.height();
        if height < self.height() {
            // The peer is behind: our height makes it ask for the blocks that it lacks.
            step.send(from, &PeerMessage::Status { height: self.head.height });
            return;
        }
        self.note_height(step, from, Height(height.0 - 1));
        if height > self.height().next() || !self.is_validator() {
            return;
        }
        // A peer that forges is cut off at its first message. The host drops what comes while a block is being written.
        let verified = height == self.height() && self.phase != Phase::Deciding;
        if verified && !message.signatures_valid(self.config.chain, &self.head.next_validators) {
            step.out.push(Output::Disconnect { peer: from, reason: "a forged ordering message".into() });
            return;
        }
        if height == self.height() && self.phase == Phase::Waiting {
            self.start(step, &[]);
        }
        if height == self.height() {
            self.note_proposal(step, from, &message);
        } else {
            self.early.entry(from).or_insert_with(|| message.clone());
        }
        self.todo.push_back(Ordering::Message { from, message, verified });
    }

    /// How long a timeout of the core runs. A proposal comes from its proposer alone: one that is not connected now will
    /// hardly send it in time, so its round is given up sooner. Timeouts decide nothing about safety.
    fn patience(&self, id: TimeoutId, after_ms: u64) -> u64 {
        let proposer = assent_consensus::proposer(&self.head.next_validators, id.height, id.round);
        if id.step != TimeoutStep::Propose || proposer == self.config.me || self.peers.contains_key(&proposer) {
            return after_ms;
        }
        after_ms.min(self.config.pacing.absent_wait_ms.saturating_mul(u64::from(id.round) + 1))
    }

    /// Carries out what the core wants, in order.
    pub(super) fn on_effects(&mut self, step: &mut Step<'_>, effects: Vec<Effect>) {
        for effect in effects {
            self.on_effect(step, effect);
        }
    }

    fn on_effect(&mut self, step: &mut Step<'_>, effect: Effect) {
        match effect {
            // A silent node signs nothing that it would have to remember.
            Effect::Append(_) | Effect::Sync if self.silence.is_some() => {}
            Effect::Append(entry) => LogEntry::Ordering { height: self.height(), entry }.append(step),
            Effect::Sync => step.out.push(Output::WalSync),
            Effect::Broadcast(message) => step.broadcast(&PeerMessage::ordering(&message)),
            Effect::SetTimeout { id, after_ms } => {
                let after_ms = self.patience(id, after_ms);
                self.set_timer(Timer::Ordering(id), step.now.plus(after_ms));
            }
            Effect::CancelTimeout(id) => self.cancel_timer(Timer::Ordering(id)),
            Effect::CancelAllTimeouts => self.timers.retain(|(_, timer)| !matches!(timer, Timer::Ordering(_))),
            Effect::GetBlock { round, .. } => self.get_block(step, round),
            Effect::Restream { round, block, .. } => self.push_body(step, round, &block),
            Effect::ValidateSynced { certificate, proposer } => self.validate_synced(step, certificate, proposer),
            Effect::SyncRejected { from, permanent, .. } => self.sync_rejected(step, from, permanent),
            Effect::Decided { certificate } => {
                self.phase = Phase::Deciding;
                self.decided = Some(certificate);
                self.commit(step);
            }
            Effect::Finalized { evidence, .. } => self.keep_evidence(evidence),
            Effect::Halt(reason) => self.halt(step, reason),
        }
    }
}
