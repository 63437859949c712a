//! The head: what a node knows of its last final block.

use assent_proofs::log::TileReader;
use assent_types::codec::{DecodeError, decode};
use assent_types::genesis::GenesisHeader;
use assent_types::ids::{BlockHash, ChainId, Hash32, Height, Millis};
use assent_types::validator::ValidatorSet;
use borsh::{BorshDeserialize, BorshSerialize};

use super::keys;
use super::view::View;
use crate::storage::{Batch, Column, Read, STORAGE_FORMAT, StorageError};

/// What the next block builds on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// The chain.
    pub chain: ChainId,
    /// Height of the last final block, 0 at genesis.
    pub height: Height,
    /// Its time.
    pub time: Millis,
    /// Its hash; the chain id at genesis.
    pub block: BlockHash,
    /// Root of the state after it.
    pub state_root: Hash32,
    /// Entries of the history log after it, its header included.
    pub log_size: u64,
    /// Root of that log.
    pub log_root: Hash32,
    /// Validators of the next height.
    pub next_validators: ValidatorSet,
    /// Validators of the height after the next.
    pub after_next_validators: ValidatorSet,
    /// Hash of the parameters.
    pub params: Hash32,
    /// Version that executes the next block.
    pub app_version: u32,
    /// Time of the earliest deadline in the state, if any.
    pub next_deadline: Option<Millis>,
}

/// A store that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Reading failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Written by a later version.
    #[error("the store has format {found}, this node knows up to {STORAGE_FORMAT}: run the newer node")]
    Format {
        /// Its format.
        found: u32,
    },
    /// Of another chain.
    #[error("the store is of chain {found}, the configuration of {expected}: use another data folder")]
    Chain {
        /// The store's chain.
        found: ChainId,
        /// The configured one.
        expected: ChainId,
    },
    /// Never initialised.
    #[error("the store is empty: initialise it from a genesis")]
    Empty,
    /// Its parts disagree.
    #[error("the store is inconsistent: {0}; restore it from a snapshot or sync from a peer")]
    Inconsistent(String),
}

impl From<DecodeError> for StorageError {
    fn from(error: DecodeError) -> Self {
        Self(format!("a stored value does not decode: {error}"))
    }
}

/// Reads the head, if the store was ever initialised.
pub fn find(read: &dyn Read) -> Result<Option<Head>, StorageError> {
    Ok(match read.get(Column::Meta, keys::META_HEAD)? {
        Some(bytes) => Some(decode(&bytes)?),
        None => None,
    })
}

/// Reads the head of an initialised store.
pub fn read(read: &dyn Read) -> Result<Head, StorageError> {
    find(read)?.ok_or_else(|| StorageError("the store has no head".into()))
}

/// Reads the genesis header.
pub fn genesis(read: &dyn Read) -> Result<GenesisHeader, StorageError> {
    let bytes = read.get(Column::Meta, keys::META_GENESIS)?;
    let bytes = bytes.ok_or_else(|| StorageError("the store has no genesis header".into()))?;
    Ok(decode(&bytes)?)
}

/// Opens a store: checks format and chain, and that state root, log root and block agree with the head.
pub fn open(read: &dyn Read, chain: ChainId) -> Result<Head, OpenError> {
    let Some(format) = read.get(Column::Meta, keys::META_FORMAT)? else { return Err(OpenError::Empty) };
    let found: u32 = decode(&format).map_err(StorageError::from)?;
    if found > STORAGE_FORMAT {
        return Err(OpenError::Format { found });
    }
    let head = find(read)?.ok_or(OpenError::Empty)?;
    if head.chain != chain {
        return Err(OpenError::Chain { found: head.chain, expected: chain });
    }
    let view = View::new(read);
    let state_root = assent_proofs::state::root(&view, head.height.0)
        .map_err(|error| OpenError::Inconsistent(format!("state root: {error}")))?;
    if state_root != head.state_root {
        return Err(OpenError::Inconsistent(format!("state root {state_root}, head says {}", head.state_root)));
    }
    let log_root = log_root(&view, head.log_size)?;
    if log_root != head.log_root {
        return Err(OpenError::Inconsistent(format!("log root {log_root}, head says {}", head.log_root)));
    }
    if head.height > Height(0) {
        let block = super::query::block(read, head.height)?
            .ok_or_else(|| OpenError::Inconsistent("the head's block is missing".into()))?;
        if block.header.hash() != head.block || block.header.state_root != head.state_root {
            return Err(OpenError::Inconsistent("the head's block is another one".into()));
        }
    }
    Ok(head)
}

fn log_root(view: &View<'_>, size: u64) -> Result<Hash32, OpenError> {
    assent_proofs::log::root_at(view, size).map_err(|error| OpenError::Inconsistent(format!("history log: {error}")))
}

/// The batch that initialises an empty store from a genesis.
pub fn initialise(genesis: &assent_genesis::Genesis) -> Result<Batch, StorageError> {
    let mut batch = Batch::default();
    let writes: Vec<(Hash32, Vec<u8>)> =
        genesis.writes.iter().map(|value| (value.key.hash(), assent_types::encode(value))).collect();
    let empty = super::view::Empty;
    let update = assent_proofs::state::apply(&empty, None, &writes)
        .map_err(|error| StorageError(format!("genesis state: {error}")))?;
    if update.root != genesis.header.state_root {
        return Err(StorageError("the genesis header does not carry the root of its state".into()));
    }
    super::execute::put_state(&mut batch, update);
    let mut next_deadline: Option<Millis> = None;
    for deadline in genesis.writes.iter().flat_map(assent_contracts::deadlines_of) {
        batch.put(Column::Deadlines, keys::deadline(&deadline), super::execute::deadline_value(&deadline));
        next_deadline = Some(next_deadline.map_or(deadline.at, |at| at.min(deadline.at)));
    }
    let header = &genesis.header;
    let head = Head {
        chain: genesis.chain,
        height: Height(0),
        time: header.time,
        block: BlockHash(genesis.chain.0),
        state_root: header.state_root,
        log_size: 0,
        log_root: assent_proofs::log::root_of(&[]),
        next_validators: header.validators.clone(),
        after_next_validators: header.validators.clone(),
        params: header.params,
        app_version: header.app_version,
        next_deadline,
    };
    batch.put_encoded(Column::Meta, keys::META_FORMAT, &STORAGE_FORMAT);
    batch.put_encoded(Column::Meta, keys::META_GENESIS, header);
    batch.put_encoded(Column::Meta, keys::META_HEAD, &head);
    Ok(batch)
}

/// Reads tiles of the history log.
impl TileReader for View<'_> {
    type Error = StorageError;

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StorageError> {
        self.read().get(Column::Tiles, &keys::tile(level, index))
    }
}
