//! [`Storage`] over RocksDB.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assent_replica::storage::{Batch, Column, Entry, Read, Storage, StorageError};
use rocksdb::{ColumnFamily, DB, Direction, IteratorMode, ReadOptions, Snapshot, WriteBatch, WriteOptions};
use self_cell::self_cell;

use super::options;

/// Whether writes wait for the disk. Only the build for the system-call check says no.
const SYNC: bool = !cfg!(feature = "unsafe-no-sync");

/// Most bytes that a write batch takes for a change besides its key and value: kind, column and two lengths.
const OP_OVERHEAD_BYTES: usize = 16;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{0} is in use: a node is already running on this data folder")]
    InUse(PathBuf),
    /// It cannot be created, is damaged, or was written by a newer version.
    #[error("cannot open the store in {path}: {problem}")]
    Open {
        /// Where it is.
        path: PathBuf,
        /// What RocksDB says.
        problem: String,
    },
}

/// A store in a folder. RocksDB locks the folder, so that one process has it open at a time.
#[derive(Clone)]
pub struct RocksStore {
    db: Arc<DB>,
}

impl RocksStore {
    /// Opens the store in this folder, creating it if it does not exist.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let open = || -> Result<DB, String> {
            std::fs::create_dir_all(path).map_err(|error| error.to_string())?;
            DB::open_cf_descriptors(&options::database(), path, options::columns()).map_err(|error| error.to_string())
        };
        match open() {
            Ok(db) => Ok(Self { db: Arc::new(db) }),
            Err(problem) if problem.contains("lock") && problem.contains("LOCK") => {
                Err(OpenError::InUse(path.to_owned()))
            }
            Err(problem) => Err(OpenError::Open { path: path.to_owned(), problem }),
        }
    }

    /// Bytes of all table and blob files, for the metrics.
    pub fn disk_bytes(&self) -> u64 {
        let property = |name: &str| -> u64 {
            Column::ALL
                .into_iter()
                .filter_map(|column| self.db.cf_handle(column.name()))
                .filter_map(|family| self.db.property_int_value_cf(family, name).ok().flatten())
                .sum()
        };
        property("rocksdb.total-sst-files-size") + property("rocksdb.total-blob-file-size")
    }
}

impl Storage for RocksStore {
    fn snapshot(&self) -> Result<Box<dyn Read>, StorageError> {
        Ok(Box::new(View(Owned::try_new(self.db.clone(), |db| {
            Ok::<_, StorageError>(Frozen { snapshot: db.snapshot(), families: families(db)? })
        })?)))
    }

    fn write(&self, batch: &Batch) -> Result<(), StorageError> {
        let bytes = batch.ops.iter().map(|op| op.key.len() + op.value.as_ref().map_or(0, Vec::len) + OP_OVERHEAD_BYTES);
        let mut write = WriteBatch::with_capacity_bytes(bytes.sum());
        let families = families(&self.db)?;
        for op in &batch.ops {
            let family = families[op.column as usize];
            match &op.value {
                Some(value) => write.put_cf(family, &op.key, value),
                None => write.delete_cf(family, &op.key),
            }
        }
        let mut how = WriteOptions::default();
        how.set_sync(SYNC);
        self.db.write_opt(write, &how).map_err(failed)
    }
}

self_cell!(
    struct Owned {
        owner: Arc<DB>,
        #[covariant]
        dependent: Frozen,
    }
);

/// A snapshot, and the columns by number: finding one by its name for every lookup would cost as much as some lookups.
struct Frozen<'a> {
    snapshot: Snapshot<'a>,
    families: [&'a ColumnFamily; Column::ALL.len()],
}

/// A snapshot that keeps its database alive.
struct View(Owned);

impl Read for View {
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let Frozen { snapshot, families } = self.0.borrow_dependent();
        snapshot.get_cf(families[column as usize], key).map_err(failed)
    }

    fn scan(&self, column: Column, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StorageError> {
        if from >= to || limit == 0 {
            return Ok(Vec::new());
        }
        let Frozen { snapshot, families } = self.0.borrow_dependent();
        let family = families[column as usize];
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(to);
        match options::prefix_len(column) {
            // The filter on prefixes may be used only when the whole range lies under one.
            Some(len) if from.len() >= len && to.len() >= len && from[..len] == to[..len] => {
                options.set_prefix_same_as_start(true);
            }
            _ => options.set_total_order_seek(true),
        }
        let start = IteratorMode::From(from, Direction::Forward);
        let mut entries = Vec::new();
        for entry in snapshot.iterator_cf_opt(family, options, start).take(limit) {
            let (key, value) = entry.map_err(failed)?;
            entries.push((key.into_vec(), value.into_vec()));
        }
        Ok(entries)
    }
}

/// Every column, by number.
fn families(db: &DB) -> Result<[&ColumnFamily; Column::ALL.len()], StorageError> {
    let found: Result<Vec<&ColumnFamily>, StorageError> = Column::ALL
        .iter()
        .map(|column| db.cf_handle(column.name()).ok_or_else(|| StorageError(format!("no column {}", column.name()))))
        .collect();
    found?.try_into().map_err(|_| StorageError("columns are missing".into()))
}

fn failed(error: rocksdb::Error) -> StorageError {
    StorageError(error.into_string())
}
