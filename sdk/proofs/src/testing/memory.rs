use std::collections::BTreeMap;
use std::convert::Infallible;

use assent_types::Hash32;

use crate::log::{Appended, LogError, Tile, TileReader, append};
use crate::state::{NodeReader, StateError, StateUpdate, apply, node};

/// Tiles of one log, in memory.
#[derive(Clone, Debug, Default)]
pub struct MemTiles {
    /// Bytes by level and index.
    pub tiles: BTreeMap<(u8, u64), Vec<u8>>,
    /// Number of entries.
    pub size: u64,
}

impl MemTiles {
    /// Stores tiles.
    pub fn write(&mut self, tiles: Vec<Tile>) {
        for (level, index, bytes) in tiles {
            self.tiles.insert((level, index), bytes);
        }
    }

    /// Appends leaf hashes and stores the result.
    pub fn append(&mut self, leaves: &[Hash32]) -> Result<Appended, LogError<Infallible>> {
        let mut appended = append(self, self.size, leaves)?;
        self.write(std::mem::take(&mut appended.tiles));
        self.size = appended.size;
        Ok(appended)
    }
}

impl TileReader for MemTiles {
    type Error = Infallible;

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.tiles.get(&(level, index)).cloned())
    }
}

/// Nodes and values of a state tree, in memory.
#[derive(Clone, Debug, Default)]
pub struct MemNodes {
    /// Nodes by encoded key.
    pub nodes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Values by key hash and version.
    pub values: BTreeMap<(Hash32, u64), Vec<u8>>,
}

impl MemNodes {
    /// Stores an update.
    pub fn write(&mut self, update: &StateUpdate) {
        self.nodes.extend(update.nodes.iter().cloned());
        let values = update.values.iter().cloned();
        self.values.extend(values.map(|(key_hash, value)| ((key_hash, update.version), value)));
    }

    /// Builds the version after `parent` and stores it.
    pub fn apply(
        &mut self,
        parent: Option<u64>,
        writes: &[(Hash32, Vec<u8>)],
    ) -> Result<StateUpdate, StateError<Infallible>> {
        let update = apply(self, parent, writes)?;
        self.write(&update);
        Ok(update)
    }
}

/// Decodes a stored node and encodes it again, for tests that its form is the only one.
///
/// # Errors
/// What is wrong with it.
pub fn reencode_node(key: &[u8], bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let version = key.first_chunk::<8>().map_or(0, |version| u64::from_be_bytes(*version));
    node::decode(key, bytes).map(|decoded| node::encode(&decoded, version))
}

impl NodeReader for MemNodes {
    type Error = Infallible;

    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.nodes.get(key).cloned())
    }

    fn value(&self, key_hash: &Hash32, max_version: u64) -> Result<Option<(u64, Vec<u8>)>, Infallible> {
        let newest = self.values.range((*key_hash, 0)..=(*key_hash, max_version)).next_back();
        Ok(newest.map(|((_, version), value)| (*version, value.clone())))
    }
}
