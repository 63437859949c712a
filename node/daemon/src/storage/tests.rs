use assent_replica::storage::conformance::CHECKS;
use assent_replica::storage::{Batch, Column, Read, Storage};

use super::{OpenError, RocksStore};

fn open(dir: &tempfile::TempDir) -> RocksStore {
    RocksStore::open(&dir.path().join("store")).unwrap()
}

#[test]
fn conforms() {
    for (name, check) in CHECKS {
        let dir = tempfile::tempdir().unwrap();
        check(&open(&dir)).unwrap_or_else(|violation| panic!("{name}: {violation}"));
    }
}

/// A store that drops the last change of every batch; shows that the suite can fail.
struct Forgetful(RocksStore);

impl Storage for Forgetful {
    fn snapshot(&self) -> Result<Box<dyn Read>, assent_replica::storage::StorageError> {
        self.0.snapshot()
    }

    fn write(&self, batch: &Batch) -> Result<(), assent_replica::storage::StorageError> {
        let mut batch = batch.clone();
        batch.ops.pop();
        self.0.write(&batch)
    }
}

#[test]
fn the_suite_catches_a_store_that_forgets() {
    let caught = CHECKS.iter().filter(|(_, check)| {
        let dir = tempfile::tempdir().unwrap();
        check(&Forgetful(open(&dir))).is_err()
    });
    assert!(caught.count() >= 3);
}

#[test]
fn survives_reopening_and_keeps_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let mut batch = Batch::default();
    batch.put(Column::Blocks, *b"large", vec![7; 1 << 20]);
    batch.put(Column::Meta, *b"small", *b"1");
    store.write(&batch).unwrap();
    let second = RocksStore::open(&dir.path().join("store"));
    assert!(matches!(second, Err(OpenError::InUse(_))), "two processes would share a store");
    let view = store.snapshot().unwrap();
    drop(store);
    assert_eq!(view.get(Column::Blocks, b"large").unwrap().unwrap().len(), 1 << 20, "a snapshot outlives its store");
    drop(view);
    let read = open(&dir).snapshot().unwrap();
    assert_eq!(read.get(Column::Blocks, b"large").unwrap(), Some(vec![7; 1 << 20]));
    assert_eq!(read.get(Column::Meta, b"small").unwrap(), Some(vec![b'1']));
}

#[test]
fn newest_versions_are_found_under_their_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let key = |hash: u8, version: u64| [&[hash; 32][..], &(!version).to_be_bytes()].concat();
    let mut batch = Batch::default();
    for hash in [1, 3] {
        for version in 0..50u64 {
            batch.put(Column::Values, key(hash, version), version.to_be_bytes());
        }
    }
    store.write(&batch).unwrap();
    let read = store.snapshot().unwrap();
    let newest = |hash: u8, at: u64| {
        let end = [&[hash; 32][..], &[0xff; 9]].concat();
        read.scan(Column::Values, &key(hash, at), &end, 1).unwrap().pop().map(|(_, value)| value)
    };
    assert_eq!(newest(1, 20), Some(20u64.to_be_bytes().to_vec()));
    assert_eq!(newest(3, u64::MAX), Some(49u64.to_be_bytes().to_vec()));
    assert_eq!(newest(2, u64::MAX), None, "a neighbour's value is not this key's");
    let all = read.scan(Column::Values, &[], &[0xff; 41], usize::MAX).unwrap();
    assert_eq!(all.len(), 100, "a scan over many prefixes sees all of them");
}

/// A log of the store that is cut anywhere after the first write gives the state after some whole write.
#[test]
fn a_cut_log_keeps_whole_batches() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("store");
    let store = RocksStore::open(&source).unwrap();
    let mut lengths = Vec::new();
    for round in 0..4u8 {
        let mut batch = Batch::default();
        batch.put(Column::Meta, *b"a", [round]);
        batch.put(Column::Nodes, *b"b", [round]);
        store.write(&batch).unwrap();
        lengths.push(log_file(&source).metadata().unwrap().len());
    }
    let (first, last) = (lengths[0], lengths[3]);
    let mut seen = std::collections::BTreeSet::new();
    for cut in (first..=last).step_by(3).chain([last]) {
        let copy = dir.path().join("copy");
        copy_folder(&source, &copy);
        let log = std::fs::OpenOptions::new().write(true).open(log_file(&copy)).unwrap();
        log.set_len(cut).unwrap();
        drop(log);
        let read = RocksStore::open(&copy).unwrap().snapshot().unwrap();
        let a = read.get(Column::Meta, b"a").unwrap().unwrap();
        assert_eq!(read.get(Column::Nodes, b"b").unwrap().unwrap(), a, "half a batch was written");
        let whole = lengths.iter().filter(|length| **length <= cut).count();
        assert_eq!(usize::from(a[0]) + 1, whole, "cut at {cut}");
        seen.insert(a);
        drop(read);
        std::fs::remove_dir_all(&copy).unwrap();
    }
    assert_eq!(seen.len(), 4);
}

fn log_file(store: &std::path::Path) -> std::path::PathBuf {
    let mut logs: Vec<_> = std::fs::read_dir(store)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    logs.sort();
    logs.pop().unwrap()
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "LOCK" {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn columns_stand_at_their_numbers() {
    for (place, column) in Column::ALL.into_iter().enumerate() {
        assert_eq!(column as usize, place, "{}", column.name());
    }
}
