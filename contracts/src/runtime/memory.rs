//! A state in memory: for re-running a decision over proven records, for genesis and for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_types::Millis;
use assent_types::state::{StateKey, StateValue};

use super::block::BlockOutcome;
use super::state::{Deadline, ReadError, StateRead, deadlines_of};

/// A state in memory with its deadlines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState {
    values: BTreeMap<StateKey, Arc<StateValue>>,
    deadlines: BTreeSet<Deadline>,
}

impl MemoryState {
    /// A state of these values; the deadlines follow from them.
    pub fn new(values: impl IntoIterator<Item = StateValue>) -> Self {
        let mut state = Self::default();
        values.into_iter().for_each(|value| state.put(value));
        state
    }

    /// Puts a value in the place of the one under its key, and its deadlines in the place of that one's.
    pub fn put(&mut self, value: StateValue) {
        let added = deadlines_of(&value);
        if let Some(before) = self.values.insert(value.key, Arc::new(value)) {
            for deadline in deadlines_of(&before) {
                self.deadlines.remove(&deadline);
            }
        }
        self.deadlines.extend(added);
    }

    /// Every value, by key.
    pub fn values(&self) -> impl Iterator<Item = &StateValue> {
        self.values.values().map(AsRef::as_ref)
    }

    /// The deadlines, in the order in which they are swept.
    pub fn deadlines(&self) -> &BTreeSet<Deadline> {
        &self.deadlines
    }

    /// Applies a block's writes, and its changes of the deadlines as they were reported.
    pub fn apply(&mut self, outcome: &BlockOutcome) {
        for deadline in &outcome.deadlines_removed {
            self.deadlines.remove(deadline);
        }
        self.deadlines.extend(outcome.deadlines_added.iter().copied());
        for (key, value) in &outcome.writes {
            self.values.insert(*key, Arc::new(value.clone()));
        }
    }
}

impl StateRead for MemoryState {
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError> {
        Ok(self.values.get(key).cloned())
    }

    fn due(&self, until: Millis, limit: usize) -> Result<Vec<Deadline>, ReadError> {
        Ok(self.deadlines.iter().take_while(|deadline| deadline.at <= until).take(limit).copied().collect())
    }
}
