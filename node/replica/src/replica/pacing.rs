//! When the next height starts. None of it decides what is valid.

use assent_types::ids::{Height, Millis};

use super::{Phase, Replica, Step, Timer};

impl Replica {
    /// Whether the own clock is safely past the next deadline of the state.
    pub(super) fn is_deadline_due(&self, now: Millis) -> bool {
        self.head.next_deadline.is_some_and(|deadline| now >= deadline.plus(self.config.pacing.precision_ms))
    }

    /// After a commit: starts at once if there is reason, otherwise sets the timer for the next one.
    pub(super) fn schedule_wake(&mut self, step: &mut Step<'_>) {
        if self.phase != Phase::Waiting {
            return;
        }
        let pacing = self.config.pacing;
        let idle = match self.head.height {
            Height(0) => step.now.plus(pacing.empty_wait_ms),
            _ => self.head.time.plus(pacing.idle_block_ms),
        };
        let deadline = self.head.next_deadline.map(|deadline| deadline.plus(pacing.precision_ms));
        self.set_timer(Timer::Wake, deadline.map_or(idle, |deadline| deadline.min(idle)));
        self.maybe_start(step);
    }

    /// The timer of [`Replica::schedule_wake`]. It is reason enough for the first block, which does not wait until the
    /// chain is idle: a state without a certificate is proven to nobody, so that before it nobody gets an answer.
    pub(super) fn on_wake(&mut self, step: &mut Step<'_>) {
        if self.head.height == Height(0) && self.may_start() {
            self.start(step, &[]);
        } else {
            self.maybe_start(step);
        }
    }

    /// Starts the next height if there is something to decide.
    pub(super) fn maybe_start(&mut self, step: &mut Step<'_>) {
        if !self.may_start() {
            return;
        }
        let idle = step.now >= self.head.time.plus(self.config.pacing.idle_block_ms);
        if !self.mempool.is_empty() || idle || self.is_deadline_due(step.now) || self.is_awaited() {
            self.start(step, &[]);
        }
    }

    fn may_start(&self) -> bool {
        self.phase == Phase::Waiting && self.is_validator() && !self.halted
    }

    /// Whether a validator of the next height has started it.
    fn is_awaited(&self) -> bool {
        self.early.values().any(|message| message.signatures_valid(self.config.chain, &self.head.next_validators))
    }
}
