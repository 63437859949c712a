//! What every store must do. Each check takes a fresh, empty store and says what went wrong.

use super::{Batch, Column, Storage, StorageError};

/// A broken promise of a store.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// An operation failed.
    #[error(transparent)]
    Failed(#[from] StorageError),
    /// An operation did something else than promised.
    #[error("{0}")]
    Broken(&'static str),
}

/// One check.
pub type Check = fn(&dyn Storage) -> Result<(), Violation>;

/// Every check, by name.
pub const CHECKS: [(&str, Check); 5] = [
    ("values are read back, absent keys are not", reads_back),
    ("columns are apart", columns_are_apart),
    ("the last change of a batch wins", last_change_wins),
    ("a snapshot does not move", snapshot_stands_still),
    ("scans ascend, half-open, limited", scans_ascend),
];

fn require(holds: bool, broken: &'static str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::Broken(broken)) }
}

fn reads_back(store: &dyn Storage) -> Result<(), Violation> {
    let mut batch = Batch::default();
    batch.put(Column::Blocks, *b"key", *b"value");
    batch.put(Column::Blocks, *b"empty", *b"");
    store.write(&batch)?;
    let read = store.snapshot()?;
    require(read.get(Column::Blocks, b"key")?.as_deref() == Some(b"value"), "a value was not read back")?;
    require(read.get(Column::Blocks, b"empty")?.as_deref() == Some(b""), "an empty value was not read back")?;
    require(read.get(Column::Blocks, b"absent")?.is_none(), "an absent key has a value")
}

fn columns_are_apart(store: &dyn Storage) -> Result<(), Violation> {
    for (column, number) in Column::ALL.into_iter().zip(0u8..) {
        let mut batch = Batch::default();
        batch.put(column, *b"same key, in each", [number]);
        store.write(&batch)?;
    }
    let read = store.snapshot()?;
    for (column, number) in Column::ALL.into_iter().zip(0u8..) {
        let value = read.get(column, b"same key, in each")?;
        require(value.as_deref() == Some(&[number]), "columns share keys")?;
    }
    Ok(())
}

fn last_change_wins(store: &dyn Storage) -> Result<(), Violation> {
    for column in Column::ALL {
        let mut batch = Batch::default();
        batch.put(column, *b"a", *b"1");
        batch.put(column, *b"a", *b"2");
        batch.put(column, *b"b", *b"1");
        batch.delete(column, *b"b");
        batch.delete(column, *b"never there");
        store.write(&batch)?;
        let read = store.snapshot()?;
        require(read.get(column, b"a")?.as_deref() == Some(b"2"), "an earlier change won")?;
        require(read.get(column, b"b")?.is_none(), "a deleted key has a value")?;
    }
    Ok(())
}

fn snapshot_stands_still(store: &dyn Storage) -> Result<(), Violation> {
    for column in Column::ALL {
        let mut batch = Batch::default();
        batch.put(column, *b"k", *b"old");
        store.write(&batch)?;
        let before = store.snapshot()?;
        let mut batch = Batch::default();
        batch.put(column, *b"k", *b"new");
        batch.put(column, *b"l", *b"new");
        store.write(&batch)?;
        require(before.get(column, b"k")?.as_deref() == Some(b"old"), "a snapshot saw a later write")?;
        require(before.scan(column, b"", b"\xff", 9)?.len() == 1, "a snapshot's scan saw a later write")?;
        let after = store.snapshot()?;
        require(after.get(column, b"k")?.as_deref() == Some(b"new"), "a new snapshot is old")?;
    }
    Ok(())
}

fn scans_ascend(store: &dyn Storage) -> Result<(), Violation> {
    for column in Column::ALL {
        let mut batch = Batch::default();
        for key in [&[2][..], &[0], &[1, 0], &[1], &[255], &[1, 255]] {
            batch.put(column, key, key);
        }
        store.write(&batch)?;
        let read = store.snapshot()?;
        let keys = |from: &[u8], to: &[u8], limit| -> Result<Vec<Vec<u8>>, StorageError> {
            Ok(read.scan(column, from, to, limit)?.into_iter().map(|(key, _)| key).collect())
        };
        require(keys(&[1], &[2], 9)? == [vec![1], vec![1, 0], vec![1, 255]], "a scan is not half-open and ascending")?;
        require(keys(&[], &[255, 0], usize::MAX)?.len() == 6, "a scan misses keys")?;
        require(keys(&[1], &[2], 2)?.len() == 2, "a scan exceeds its limit")?;
        require(keys(&[2], &[2], 9)?.is_empty(), "an empty range has keys")?;
        require(keys(&[2], &[1], 9)?.is_empty(), "a reversed range has keys")?;
    }
    Ok(())
}
