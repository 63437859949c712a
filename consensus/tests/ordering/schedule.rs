//! Virtual time and an unreliable network.

use std::collections::{BTreeMap, BTreeSet};

use crate::rng::Rng;

/// Events in the order of their time; those of one instant in the order in which they were scheduled.
#[derive(Debug)]
pub struct Schedule<E> {
    /// The current instant, in milliseconds.
    pub now: u64,
    queue: BTreeMap<(u64, u64), E>,
    sequence: u64,
}

impl<E> Schedule<E> {
    /// An empty schedule at instant 0.
    pub fn new() -> Self {
        Self { now: 0, queue: BTreeMap::new(), sequence: 0 }
    }

    /// Schedules an event.
    pub fn after(&mut self, delay_ms: u64, event: E) {
        self.sequence += 1;
        self.queue.insert((self.now + delay_ms, self.sequence), event);
    }

    /// Takes the next event and moves time to it.
    pub fn next(&mut self) -> Option<E> {
        let ((at, _), event) = self.queue.pop_first()?;
        self.now = at;
        Some(event)
    }
}

/// How messages travel.
#[derive(Clone, Debug)]
pub struct Network {
    /// Shortest delay, in milliseconds.
    pub delay_min: u64,
    /// Longest delay, in milliseconds.
    pub delay_max: u64,
    /// Lost messages in 1,000.
    pub loss_permille: u64,
    /// Directed links that are cut.
    pub cut: BTreeSet<(usize, usize)>,
}

impl Network {
    /// A network that loses nothing.
    pub fn reliable(delay_min: u64, delay_max: u64) -> Self {
        Self { delay_min, delay_max, loss_permille: 0, cut: BTreeSet::new() }
    }

    /// The delay of a message, or `None` if it is lost.
    pub fn delay(&self, from: usize, to: usize, rng: &mut Rng) -> Option<u64> {
        let lost = rng.chance(self.loss_permille);
        let delay = rng.between(self.delay_min, self.delay_max);
        (!lost && !self.cut.contains(&(from, to))).then_some(delay)
    }

    /// Cuts every link between the two groups.
    pub fn part(&mut self, one: &[usize], other: &[usize]) {
        for a in one {
            for b in other {
                self.cut.insert((*a, *b));
                self.cut.insert((*b, *a));
            }
        }
    }

    /// Repairs every link and loses nothing from now on.
    pub fn heal(&mut self) {
        self.cut.clear();
        self.loss_permille = 0;
    }
}
