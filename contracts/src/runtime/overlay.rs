//! Reads through own writes, and undoes the writes of a failed transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_types::state::{Record, StateKey, StateValue};
use assent_types::{Millis, TxHash};

use super::state::{Deadline, ReadError, StateRead, deadlines_of};

/// Writes of a block, and above them those of the current transaction, over a view of the state before the block.
pub(crate) struct Overlay<'s> {
    base: &'s dyn StateRead,
    block: BTreeMap<StateKey, Arc<StateValue>>,
    current: BTreeMap<StateKey, Arc<StateValue>>,
    writer: TxHash,
}

impl<'s> Overlay<'s> {
    pub(crate) fn new(base: &'s dyn StateRead) -> Self {
        Self { base, block: BTreeMap::new(), current: BTreeMap::new(), writer: TxHash::default() }
    }

    /// Starts a transaction: what is put from here on is kept or undone together.
    pub(crate) fn begin(&mut self, writer: TxHash) {
        assert!(self.current.is_empty(), "the transaction before was neither kept nor undone");
        self.writer = writer;
    }

    pub(crate) fn put(&mut self, key: StateKey, record: Record) {
        let value = StateValue { key, written_by: self.writer, record };
        self.current.insert(key, Arc::new(value));
    }

    /// Keeps the writes of the current transaction.
    pub(crate) fn keep(&mut self) {
        // One by one: `BTreeMap::append` rebuilds the whole map, which makes a block quadratic in its writes.
        while let Some((key, value)) = self.current.pop_first() {
            self.block.insert(key, value);
        }
    }

    /// Undoes the writes of the current transaction.
    pub(crate) fn undo(&mut self) {
        self.current.clear();
    }

    /// Deadlines that the kept writes remove from the base's index, and those that they add, each ascending.
    pub(crate) fn deadline_changes(&self) -> Result<(Vec<Deadline>, Vec<Deadline>), ReadError> {
        let (mut removed, mut added) = (BTreeSet::new(), BTreeSet::new());
        for (key, value) in &self.block {
            let before: BTreeSet<Deadline> = self.base.get(key)?.iter().flat_map(|value| deadlines_of(value)).collect();
            let after: BTreeSet<Deadline> = deadlines_of(value).into_iter().collect();
            removed.extend(before.difference(&after));
            added.extend(after.difference(&before));
        }
        Ok((removed.into_iter().collect(), added.into_iter().collect()))
    }

    /// The kept writes.
    pub(crate) fn into_writes(self) -> BTreeMap<StateKey, StateValue> {
        assert!(self.current.is_empty(), "the last transaction was neither kept nor undone");
        self.block.into_iter().map(|(key, value)| (key, Arc::unwrap_or_clone(value))).collect()
    }
}

impl StateRead for Overlay<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError> {
        match self.current.get(key).or_else(|| self.block.get(key)) {
            Some(value) => Ok(Some(value.clone())),
            None => self.base.get(key),
        }
    }

    /// The due deadlines of the state with the kept writes.
    fn due(&self, until: Millis, limit: usize) -> Result<Vec<Deadline>, ReadError> {
        let (removed, added) = self.deadline_changes()?;
        let removed: BTreeSet<Deadline> = removed.into_iter().collect();
        let mut due: BTreeSet<Deadline> = self
            .base
            .due(until, limit.saturating_add(removed.len()))?
            .into_iter()
            .filter(|deadline| !removed.contains(deadline))
            .collect();
        due.extend(added.into_iter().filter(|deadline| deadline.at <= until));
        Ok(due.into_iter().take(limit).collect())
    }
}
