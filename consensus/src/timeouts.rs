//! Timers: how long a step waits, and which timers are pending.

use std::collections::BTreeMap;

use assent_types::Height;
use borsh::{BorshDeserialize, BorshSerialize};
use malachite_types::{Timeout, TimeoutKind};

use crate::context::number;

/// How long each step waits, in milliseconds. A step of round `r` waits its time plus `r` times its delta, at most
/// [`TimeoutsMs::max`]; growing waits let a slow network catch up with the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutsMs {
    /// Wait for a proposal.
    pub propose: u64,
    /// Added to it per round.
    pub propose_delta: u64,
    /// Wait for more prevotes after two thirds of any.
    pub prevote: u64,
    /// Added to it per round.
    pub prevote_delta: u64,
    /// Wait for more precommits after two thirds of any.
    pub precommit: u64,
    /// Added to it per round.
    pub precommit_delta: u64,
    /// Own votes are sent again after this time without progress.
    pub rebroadcast: u64,
    /// Upper bound of every wait.
    pub max: u64,
}

impl Default for TimeoutsMs {
    fn default() -> Self {
        Self {
            propose: 2_000,
            propose_delta: 500,
            prevote: 500,
            prevote_delta: 250,
            precommit: 500,
            precommit_delta: 250,
            rebroadcast: 1_000,
            max: 30_000,
        }
    }
}

/// What a timer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum TimeoutStep {
    /// A proposal.
    Propose = 1,
    /// More prevotes.
    Prevote = 2,
    /// More precommits.
    Precommit = 3,
    /// Progress; own messages are repeated.
    Rebroadcast = 4,
}

/// Names one timer. Setting a timer of the same height, round and step again gives a new generation and the old one is
/// void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeoutId {
    /// Height in which it was set.
    pub height: Height,
    /// Round in which it was set.
    pub round: u32,
    /// What it waits for.
    pub step: TimeoutStep,
    /// Unique in the life of the process.
    pub generation: u64,
}

impl TimeoutsMs {
    /// How long the step of a round waits, in milliseconds.
    pub fn after_ms(&self, step: TimeoutStep, round: u32) -> u64 {
        let (base, delta) = match step {
            TimeoutStep::Propose => (self.propose, self.propose_delta),
            TimeoutStep::Prevote => (self.prevote, self.prevote_delta),
            TimeoutStep::Precommit => (self.precommit, self.precommit_delta),
            TimeoutStep::Rebroadcast => (self.rebroadcast, 0),
        };
        base.saturating_add(delta.saturating_mul(u64::from(round))).min(self.max)
    }
}

impl TimeoutStep {
    /// The step of a core timeout; `None` for the finalisation period, which is never asked for.
    pub(crate) fn from_core(kind: TimeoutKind) -> Option<Self> {
        match kind {
            TimeoutKind::Propose => Some(Self::Propose),
            TimeoutKind::Prevote => Some(Self::Prevote),
            TimeoutKind::Precommit => Some(Self::Precommit),
            TimeoutKind::Rebroadcast => Some(Self::Rebroadcast),
            TimeoutKind::FinalizeHeight(_) => None,
        }
    }

    pub(crate) fn to_core(self, round: u32) -> Timeout {
        let round = malachite_types::Round::new(round);
        match self {
            Self::Propose => Timeout::propose(round),
            Self::Prevote => Timeout::prevote(round),
            Self::Precommit => Timeout::precommit(round),
            Self::Rebroadcast => Timeout::rebroadcast(round),
        }
    }
}

/// The pending timers.
///
/// # Rule [ORD-12]
/// Timeouts of the core carry no height. A timer is void once it was replaced, cancelled, or its height is over.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    pending: BTreeMap<(TimeoutStep, u32), TimeoutId>,
    generation: u64,
}

impl Timers {
    /// Sets a timer; one of the same step and round is replaced.
    pub(crate) fn set(&mut self, height: Height, step: TimeoutStep, round: u32) -> TimeoutId {
        self.generation += 1;
        let id = TimeoutId { height, round, step, generation: self.generation };
        self.pending.insert((step, round), id);
        id
    }

    /// Takes the timer with exactly this name.
    pub(crate) fn take(&mut self, id: TimeoutId) -> bool {
        if self.pending.get(&(id.step, id.round)) != Some(&id) {
            return false;
        }
        self.pending.remove(&(id.step, id.round));
        true
    }

    /// Takes the pending timer of a core timeout.
    pub(crate) fn cancel(&mut self, timeout: Timeout) -> Option<TimeoutId> {
        let step = TimeoutStep::from_core(timeout.kind)?;
        self.pending.remove(&(step, number(timeout.round)))
    }

    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn pending(&self) -> impl Iterator<Item = TimeoutId> + '_ {
        self.pending.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_the_round_up_to_the_bound() {
        let timeouts = TimeoutsMs::default();
        assert_eq!(timeouts.after_ms(TimeoutStep::Propose, 0), 2_000);
        assert_eq!(timeouts.after_ms(TimeoutStep::Propose, 3), 3_500);
        assert_eq!(timeouts.after_ms(TimeoutStep::Precommit, u32::MAX), 30_000);
    }

    #[test]
    fn ord_12_a_replaced_or_cancelled_timer_is_void() {
        let mut timers = Timers::default();
        let first = timers.set(Height(1), TimeoutStep::Propose, 0);
        let second = timers.set(Height(1), TimeoutStep::Propose, 0);
        assert!(!timers.take(first));
        assert!(timers.take(second));
        assert!(!timers.take(second), "a timer fires once");
        let third = timers.set(Height(1), TimeoutStep::Prevote, 2);
        assert_eq!(timers.cancel(TimeoutStep::Prevote.to_core(2)), Some(third));
        assert!(!timers.take(third));
        let fourth = timers.set(Height(1), TimeoutStep::Prevote, 2);
        timers.clear();
        assert!(!timers.take(fourth));
    }
}
