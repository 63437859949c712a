//! A model of a disk: the store and the write-ahead log of one node, with the faults that real disks have.
//!
//! A database batch is atomic, and durable when its write returns. A log entry is durable after a sync; a crash keeps
//! any prefix of what was not synced, possibly with the last entry torn. Log and database can be lost independently.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Batch, Column, Entry, Read, Storage, StorageError};

type Maps = BTreeMap<Column, Arc<BTreeMap<Vec<u8>, Vec<u8>>>>;

/// A database in memory.
#[derive(Default)]
pub struct ModelStore {
    maps: Mutex<Maps>,
    failing: Mutex<bool>,
}

struct ModelSnapshot(Maps);

impl ModelStore {
    /// From now on every write fails, as on a full or broken disk.
    pub fn break_writes(&self) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// A copy that shares nothing with this one.
    pub fn copy(&self) -> Self {
        let maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { maps: Mutex::new(maps), failing: Mutex::new(false) }
    }
}

impl Storage for ModelStore {
    fn snapshot(&self) -> Result<Box<dyn Read>, StorageError> {
        Ok(Box::new(ModelSnapshot(self.maps.lock().unwrap_or_else(PoisonError::into_inner).clone())))
    }

    fn write(&self, batch: &Batch) -> Result<(), StorageError> {
        if *self.failing.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(StorageError("the disk takes no writes".into()));
        }
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        for op in &batch.ops {
            let map = Arc::make_mut(maps.entry(op.column).or_default());
            match &op.value {
                Some(value) => map.insert(op.key.clone(), value.clone()),
                None => map.remove(&op.key),
            };
        }
        Ok(())
    }
}

impl Read for ModelSnapshot {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.get(&column).and_then(|map| map.get(key)).cloned())
    }

    fn scan(&self, column: Column, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StorageError> {
        let Some(map) = self.0.get(&column).filter(|_| from < to) else { return Ok(Vec::new()) };
        let range = map.range::<[u8], _>((std::ops::Bound::Included(from), std::ops::Bound::Excluded(to)));
        Ok(range.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// A write-ahead log in memory: the bytes of its file, framed with length and checksum.
///
/// A reset begins a new generation; the old one stays readable until something of the new one is durable, so that a
/// reset needs no sync.
#[derive(Clone, Debug, Default)]
pub struct ModelLog {
    file: Vec<u8>,
    synced: usize,
    old: Vec<u8>,
}

/// Bytes of a frame before its entry: length and the first bytes of the entry's SHA-256.
const FRAME_BYTES: usize = 8;

impl ModelLog {
    /// Appends an entry.
    pub fn append(&mut self, entry: &[u8]) {
        let length = u32::try_from(entry.len()).unwrap_or(u32::MAX);
        self.file.extend_from_slice(&length.to_le_bytes());
        self.file.extend_from_slice(&checksum(entry));
        self.file.extend_from_slice(entry);
    }

    /// Makes everything durable.
    pub fn sync(&mut self) {
        self.synced = self.file.len();
        if self.synced > 0 {
            self.old.clear();
        }
    }

    /// Empties the log.
    pub fn reset(&mut self) {
        if self.synced > 0 {
            self.old = self.file[..self.synced].to_vec();
        }
        self.file.clear();
        self.synced = 0;
    }

    /// Bytes not yet durable.
    pub fn unsynced_bytes(&self) -> usize {
        self.file.len() - self.synced
    }

    /// The power fails and this many bytes of the unsynced suffix reached the disk. Returns whether an entry was torn.
    pub fn crash(&mut self, survivors: usize) -> bool {
        self.file.truncate(self.synced + survivors);
        let intact: usize = entries_in(&self.file).iter().map(|entry| FRAME_BYTES + entry.len()).sum();
        let torn = intact < self.file.len();
        self.file.truncate(intact);
        self.sync();
        torn
    }

    /// What a reader finds: entries up to the first one that is torn; of the generation before, if there is none.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        let entries = entries_in(&self.file);
        if entries.is_empty() { entries_in(&self.old) } else { entries }
    }
}

fn entries_in(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let Some((sum, after)) = after.split_first_chunk::<4>() else { break };
        let Some((entry, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        if checksum(entry) != *sum {
            break;
        }
        entries.push(entry.to_vec());
        rest = after;
    }
    entries
}

fn checksum(entry: &[u8]) -> [u8; 4] {
    let digest = assent_types::hash::tagged(assent_types::hash::Tag::Evidence, entry).0;
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::super::conformance::CHECKS;
    use super::*;

    #[test]
    fn model_store_conforms() {
        for (name, check) in CHECKS {
            if let Err(violation) = check(&ModelStore::default()) {
                panic!("{name}: {violation}");
            }
        }
    }

    /// A store that forgets deletions must be caught by the suite.
    struct Forgetful(ModelStore);

    impl Storage for Forgetful {
        fn snapshot(&self) -> Result<Box<dyn Read>, StorageError> {
            self.0.snapshot()
        }

        fn write(&self, batch: &Batch) -> Result<(), StorageError> {
            let ops = batch.ops.iter().filter(|op| op.value.is_some()).cloned().collect();
            self.0.write(&Batch { ops })
        }
    }

    #[test]
    fn a_log_cut_anywhere_keeps_what_was_synced_and_loses_only_a_suffix() {
        let mut log = ModelLog::default();
        log.append(b"synced");
        log.sync();
        log.append(b"first");
        log.append(b"second");
        for survivors in 0..=log.unsynced_bytes() {
            let mut cut = log.clone();
            let torn = cut.crash(survivors);
            let kept = usize::from(survivors >= 13) + usize::from(survivors >= 27);
            assert_eq!(cut.entries(), log.entries()[..1 + kept], "{survivors} bytes survive");
            assert_eq!(torn, ![0, 13, 27].contains(&survivors), "{survivors} bytes survive");
        }
    }

    #[test]
    fn a_reset_keeps_the_old_entries_until_a_new_one_is_durable() {
        let mut log = ModelLog::default();
        log.append(b"old");
        log.sync();
        log.reset();
        log.sync();
        log.append(b"new");
        let mut cut = log.clone();
        cut.crash(0);
        assert_eq!(cut.entries(), [b"old".to_vec()]);
        log.sync();
        log.crash(0);
        assert_eq!(log.entries(), [b"new".to_vec()]);
    }

    #[test]
    fn conformance_catches_a_store_that_forgets_deletions() {
        let caught = CHECKS.iter().filter(|(_, check)| check(&Forgetful(ModelStore::default())).is_err()).count();
        assert_eq!(caught, 1);
    }
}
