//! From a decision to a durable block, and what follows.

use std::sync::Arc;

use assent_types::action::{Action, SubmitEvidence};
use assent_types::hash::{Tag, tagged_value};
use assent_types::tx::{TX_FORMAT, TxBody};
use assent_types::validator::Equivocation;
use assent_types::{Height, OrgId, encode};

use super::{JobKind, Phase, Replica, Step, Timer};
use crate::bodies::Stage;
use crate::io::{CommitNotice, Output, PeerMessage};
use crate::jobs::{Candidate, Job};
use crate::ledger::keys;
use crate::storage::Column;

/// Most proofs of misbehaviour that wait for their turn.
const EVIDENCE_MAX: usize = 64;

impl Replica {
    /// Whether the decided block is here and judged.
    pub(super) fn decided_is_here(&self) -> bool {
        self.decided.as_ref().and_then(|certificate| self.bodies.get(&certificate.block)).is_some()
    }

    /// Writes the decided block, once its body is here and executed.
    pub(super) fn commit(&mut self, step: &mut Step<'_>) {
        if self.jobs.values().any(|kind| matches!(kind, JobKind::Commit)) {
            return;
        }
        let Some(certificate) = &self.decided else { return };
        let block = certificate.block;
        match self.bodies.get_mut(&block).map(|body| &mut body.stage) {
            None => {
                let voters: Vec<OrgId> = certificate.signatures.iter().map(|signature| signature.voter).collect();
                self.require_body(step, block, &voters);
            }
            Some(Stage::Judging) => {}
            Some(Stage::Invalid(invalid)) => {
                let reason = format!("block {block} is final and this node finds it invalid: {invalid}");
                self.halt(step, reason);
            }
            Some(Stage::Executed(executed)) => {
                let mut batch = std::mem::take(&mut executed.batch);
                let height = executed.header.height;
                batch.put(Column::Commits, keys::height(height), encode(certificate));
                self.start_job(step, JobKind::Commit, Job::Commit { batch });
            }
        }
    }

    pub(super) fn on_committed(&mut self, step: &mut Step<'_>) {
        let decided = self.decided.take();
        let body = decided.as_ref().and_then(|certificate| self.bodies.take(&certificate.block));
        let (Some(certificate), Some(Stage::Executed(executed))) = (decided, body.map(|body| body.stage)) else {
            self.halt(step, "a block was written that nobody decided".into());
            return;
        };
        self.head = Arc::new(executed.head);
        self.end_silence();
        self.reset_log(step);
        self.phase = Phase::Waiting;
        self.bodies.clear();
        self.missing.clear();
        self.build = None;
        self.sync.settle();
        self.timers.retain(|(_, timer)| {
            !matches!(timer, Timer::Ordering(_) | Timer::EmptyBlock | Timer::Timely(_) | Timer::Body(_))
        });
        for (hash, _) in &executed.txs {
            self.mempool.remove(hash);
        }
        self.mempool.expire(self.head.time);
        step.out.push(Output::Committed(Arc::new(CommitNotice {
            height: self.head.height,
            time: self.head.time,
            block: self.head.block,
            round: certificate.round,
            txs: executed.txs.into_iter().map(|(_, tx)| tx).collect(),
            receipts: executed.receipts,
        })));
        self.tell_status(step);
        self.submit_due_evidence(step);
        self.adopt_early_bodies(step);
        self.next_synced(step);
        self.schedule_wake(step);
    }

    /// Tells peers the own height.
    pub(super) fn tell_status(&mut self, step: &mut Step<'_>) {
        step.broadcast(&PeerMessage::Status { height: self.head.height });
        self.set_timer(Timer::Status, step.now.plus(self.config.pacing.status_ms));
    }

    /// Keeps proof of misbehaviour for the moment at which it is this node's turn to put it before the ledger.
    ///
    /// Every honest validator has the proof. They take turns, one block each; whoever comes later finds it recorded.
    pub(super) fn keep_evidence(&mut self, pairs: Vec<Equivocation>) {
        let validators = self.head.next_validators.validators();
        let count = validators.len() as u64;
        let mine = validators.iter().position(|validator| validator.org == self.config.me).unwrap_or_default() as u64;
        for pair in pairs {
            let height = self.height();
            let turn = (mine + count - height.0 % count) % count;
            if self.evidence.len() < EVIDENCE_MAX {
                self.evidence.push((Height(height.0 + turn), pair));
            }
        }
    }

    fn submit_due_evidence(&mut self, step: &mut Step<'_>) {
        let height = self.head.height;
        let (due, later) = std::mem::take(&mut self.evidence).into_iter().partition(|(at, _)| *at <= height);
        self.evidence = later;
        let due: Vec<(Height, Equivocation)> = due;
        for (_, pair) in due {
            self.submit_evidence(step, pair);
        }
    }

    /// Puts proven misbehaviour before the ledger, as a transaction of this node.
    fn submit_evidence(&mut self, step: &mut Step<'_>, pair: Equivocation) {
        let Some(key) = step.signer.service_key() else { return };
        let digest = tagged_value(Tag::Evidence, &pair);
        let mut idempotency = [0; 16];
        idempotency.copy_from_slice(&digest.0[..16]);
        let body = TxBody {
            format: TX_FORMAT,
            chain: self.config.chain,
            signer: key.public().id(),
            idempotency,
            expires_at: self.head.time.plus(assent_types::limits::TX_TTL_MS / 2),
            action: Action::SubmitEvidence(Box::new(SubmitEvidence { pair })),
        };
        if let Ok(tx) = body.sign(key, Vec::new()) {
            self.enqueue(step, super::transactions::Origin::Own, Candidate { bytes: tx.to_bytes(), own: true });
        }
    }
}
