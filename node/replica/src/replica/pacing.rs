//! When the next height starts. None of it decides what is valid.

use assent_types::ids::Millis;

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
        let idle = self.head.time.plus(pacing.idle_block_ms);
        let deadline = self.head.next_deadline.map(|deadline| deadline.plus(pacing.precision_ms));
        self.set_timer(Timer::Wake, deadline.map_or(idle, |deadline| deadline.min(idle)));
        self.maybe_start(step);
    }

    /// Starts the next height if there is something to decide.
    pub(super) fn maybe_start(&mut self, step: &mut Step<'_>) {
        if self.phase != Phase::Waiting || !self.is_validator() || self.halted {
            return;
        }
        let idle = step.now >= self.head.time.plus(self.config.pacing.idle_block_ms);
        if !self.mempool.is_empty() || idle || self.is_deadline_due(step.now) || self.is_awaited() {
            self.start(step, &[]);
        }
    }

    /// Whether a validator of the next height has started it.
    fn is_awaited(&self) -> bool {
        self.early.values().any(|message| message.signatures_valid(self.config.chain, &self.head.next_validators))
    }
}
