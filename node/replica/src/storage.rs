//! What a node keeps on disk, and the trait through which it does so.
//!
//! A store is a set of ordered byte-string maps ([`Column`]). Readers work on snapshots; the one writer applies atomic,
//! synced batches. Layout and meaning of every column are decided in this crate alone, so that a database and a model
//! of a disk behave alike; [`conformance`] is the suite that both must pass.

pub mod conformance;
pub mod model;

use assent_types::codec::encode;
use borsh::BorshSerialize;

/// Version of the layout below. A store with a greater one is refused.
///
/// History: 1, the first.
pub const STORAGE_FORMAT: u32 = 1;

/// The maps of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Column {
    /// Format version, chain id, head: see [`crate::ledger::meta`].
    Meta = 0,
    /// Height (big-endian) → encoded block.
    Blocks = 1,
    /// Height → encoded commit certificate.
    Commits = 2,
    /// Transaction hash → height and index.
    TxIndex = 3,
    /// Height, index → receipt and details.
    Receipts = 4,
    /// Level, index → tile of the history log, partial tiles overwritten in place.
    Tiles = 5,
    /// Encoded node key → node of the state tree.
    Nodes = 6,
    /// Key hash, inverted version → value of the state tree that a later version replaced.
    Values = 7,
    /// Version since which it is stale, node key → nothing.
    Stale = 8,
    /// Subject, controller, sequence → entry of a consent log.
    ConsentLog = 9,
    /// Time, state key hash, id → deadline; derived from the state.
    Deadlines = 10,
    /// Key id, idempotency key → transaction and time; derived from the bodies of the last P_tx_ttl.
    Memory = 11,
    /// Time, key id, idempotency key → nothing: the order in which memory fades.
    MemoryByTime = 12,
    /// Height whose header announces other validators → the new set.
    SetChanges = 13,
    /// Key hash → version and value of the state tree at the head: what execution reads, by point lookups alone.
    Latest = 14,
    /// Subject, controller, sequence → entry of an access log.
    AccessLog = 15,
}

impl Column {
    /// Every column, each at the place of its number.
    pub const ALL: [Self; 16] = [
        Self::Meta,
        Self::Blocks,
        Self::Commits,
        Self::TxIndex,
        Self::Receipts,
        Self::Tiles,
        Self::Nodes,
        Self::Values,
        Self::Stale,
        Self::ConsentLog,
        Self::Deadlines,
        Self::Memory,
        Self::MemoryByTime,
        Self::SetChanges,
        Self::Latest,
        Self::AccessLog,
    ];

    /// The column's name on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Blocks => "blocks",
            Self::Commits => "commits",
            Self::TxIndex => "tx_index",
            Self::Receipts => "receipts",
            Self::Tiles => "tiles",
            Self::Nodes => "nodes",
            Self::Values => "values",
            Self::Stale => "stale",
            Self::ConsentLog => "consent_log",
            Self::Deadlines => "deadlines",
            Self::Memory => "memory",
            Self::MemoryByTime => "memory_by_time",
            Self::SetChanges => "set_changes",
            Self::Latest => "latest",
            Self::AccessLog => "access_log",
        }
    }
}

/// Reading or writing failed, or what was read makes no sense. The node stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("storage: {0}")]
pub struct StorageError(pub String);

/// A key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// A consistent view of a store at one moment.
pub trait Read: Send + Sync {
    /// The value of a key.
    fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// The first `limit` entries with `from <= key < to`, ascending by key as byte strings.
    fn scan(&self, column: Column, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StorageError>;
}

/// One change: a column, a key, and its new value or `None` to delete it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// The column.
    pub column: Column,
    /// The key.
    pub key: Vec<u8>,
    /// The new value.
    pub value: Option<Vec<u8>>,
}

/// Changes that happen together or not at all; the last one of a key wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The changes, in order.
    pub ops: Vec<Op>,
}

impl Batch {
    /// Sets a key.
    pub fn put(&mut self, column: Column, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.ops.push(Op { column, key: key.into(), value: Some(value.into()) });
    }

    /// Sets a key to a value's canonical encoding.
    pub fn put_encoded<T: BorshSerialize>(&mut self, column: Column, key: impl Into<Vec<u8>>, value: &T) {
        self.put(column, key, encode(value));
    }

    /// Deletes a key.
    pub fn delete(&mut self, column: Column, key: impl Into<Vec<u8>>) {
        self.ops.push(Op { column, key: key.into(), value: None });
    }
}

/// A store.
pub trait Storage: Send + Sync {
    /// A view of everything written so far, unaffected by later writes.
    fn snapshot(&self) -> Result<Box<dyn Read>, StorageError>;

    /// Applies a batch atomically and returns once it is durable.
    ///
    /// # Errors
    /// After an error nothing is known about the batch; the caller must stop and reopen the store.
    fn write(&self, batch: &Batch) -> Result<(), StorageError>;
}
