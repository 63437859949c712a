//! The state as execution reads it: the latest values of a snapshot.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use assent_contracts::{Deadline, ReadError, StateRead};
use assent_proofs::state::NodeReader;
use assent_types::codec::decode;
use assent_types::ids::{Hash32, Millis};
use assent_types::state::{StateKey, StateValue};

use super::keys;
use crate::storage::{Column, Read, StorageError};

/// Latest values of a snapshot, each read and decoded once.
pub struct View<'a> {
    read: &'a dyn Read,
    cache: RefCell<BTreeMap<StateKey, Option<Known>>>,
}

/// A value that was read: its version, its bytes, and what they say.
struct Known {
    version: u64,
    bytes: Vec<u8>,
    value: Arc<StateValue>,
}

impl<'a> View<'a> {
    /// A view of a snapshot.
    pub fn new(read: &'a dyn Read) -> Self {
        Self { read, cache: RefCell::default() }
    }

    /// The snapshot.
    pub fn read(&self) -> &'a dyn Read {
        self.read
    }

    /// Gives the value of a key to `take`, if it has one.
    fn known<T>(&self, key: &StateKey, take: impl FnOnce(&Known) -> T) -> Result<Option<T>, StorageError> {
        if let Some(known) = self.cache.borrow().get(key) {
            return Ok(known.as_ref().map(take));
        }
        let known = match latest(self.read, &key.hash())? {
            Some((version, bytes)) => Some(Known { version, value: Arc::new(decode(&bytes)?), bytes }),
            None => None,
        };
        let taken = known.as_ref().map(take);
        self.cache.borrow_mut().insert(*key, known);
        Ok(taken)
    }

    /// The version and the encoded value of a key, if it has one.
    pub(super) fn stored(&self, key: &StateKey) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
        self.known(key, |known| (known.version, known.bytes.clone()))
    }
}

/// The value of a key at the head, with its version.
pub(crate) fn latest(read: &dyn Read, key_hash: &Hash32) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
    let Some(mut entry) = read.get(Column::Latest, &key_hash.0)? else { return Ok(None) };
    let Some(version) = entry.first_chunk::<8>().copied() else {
        return Err(StorageError("a value has no version".into()));
    };
    entry.drain(..8);
    Ok(Some((u64::from_be_bytes(version), entry)))
}

/// The newest value of a key at or below a version.
pub(crate) fn newest(
    read: &dyn Read,
    key_hash: &Hash32,
    max_version: u64,
) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
    match latest(read, key_hash)? {
        Some((version, _)) if version > max_version => {}
        found => return Ok(found),
    }
    let mut end = [0xff; 41];
    end[..32].copy_from_slice(&key_hash.0);
    let Some((key, value)) =
        read.scan(Column::Values, &keys::value(key_hash, max_version), &end, 1)?.into_iter().next()
    else {
        return Ok(None);
    };
    let version = key
        .get(32..40)
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| !u64::from_be_bytes(bytes))
        .ok_or_else(|| StorageError("a value's key has the wrong length".into()))?;
    Ok(Some((version, value)))
}

impl StateRead for View<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError> {
        Ok(self.known(key, |known| known.value.clone())?)
    }

    fn due(&self, until: Millis, limit: usize) -> Result<Vec<Deadline>, ReadError> {
        let end = until.plus(1).0.to_be_bytes();
        let entries = self.read.scan(Column::Deadlines, &[], &end, limit)?;
        let mut due = Vec::with_capacity(entries.len());
        for (_, value) in entries {
            let (at, key, id) = decode(&value).map_err(StorageError::from)?;
            due.push(Deadline { at, key, id });
        }
        Ok(due)
    }
}

impl From<StorageError> for ReadError {
    fn from(error: StorageError) -> Self {
        Self(error.0)
    }
}

impl From<ReadError> for StorageError {
    fn from(error: ReadError) -> Self {
        Self(error.0)
    }
}

impl NodeReader for View<'_> {
    type Error = StorageError;

    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.read.get(Column::Nodes, key)
    }

    fn value(&self, key_hash: &Hash32, max_version: u64) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
        newest(self.read, key_hash, max_version)
    }
}

/// A state with nothing in it: what genesis is built on.
pub struct Empty;

impl NodeReader for Empty {
    type Error = StorageError;

    fn node(&self, _: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(None)
    }

    fn value(&self, _: &Hash32, _: u64) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
        Ok(None)
    }
}
