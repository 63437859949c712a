//! What is not in the state tree can be rebuilt from it, from the log and from recent bodies. These are the functions
//! that do so; a test compares their results with what execution kept.

use std::collections::{BTreeMap, BTreeSet};

use assent_contracts::{Deadline, deadlines_of};
use assent_types::codec::decode;
use assent_types::ids::{Hash32, Height, KeyId, Millis, TxHash};
use assent_types::limits::TX_TTL_MS;
use assent_types::state::StateValue;
use assent_types::tx::Transaction;

use super::{head, query};
use crate::storage::{Column, Read, StorageError};

/// Idempotency keys with the transaction that used them and the time of its block.
pub type Memory = BTreeMap<(KeyId, [u8; 16]), (TxHash, Millis)>;

/// Deadlines as the values of the state imply them.
pub fn deadlines(read: &dyn Read) -> Result<BTreeSet<Deadline>, StorageError> {
    let mut deadlines = BTreeSet::new();
    for (_, entry) in read.scan(Column::Latest, &[], &[0xff; 33], usize::MAX)? {
        let value = entry.get(8..).unwrap_or_default();
        deadlines.extend(deadlines_of(&decode::<StateValue>(value)?));
    }
    Ok(deadlines)
}

/// Deadlines as the index has them.
pub fn indexed_deadlines(read: &dyn Read) -> Result<BTreeSet<Deadline>, StorageError> {
    let mut deadlines = BTreeSet::new();
    for (_, value) in read.scan(Column::Deadlines, &[], &[0xff; 100], usize::MAX)? {
        let (at, key, id) = decode(&value)?;
        deadlines.insert(Deadline { at, key, id });
    }
    Ok(deadlines)
}

/// Idempotency keys that the bodies of the last P_tx_ttl imply.
pub fn memory(read: &dyn Read) -> Result<Memory, StorageError> {
    let head = head::read(read)?;
    let mut memory = Memory::new();
    for height in (1..=head.height.0).rev().map(Height) {
        let Some(block) = query::block(read, height)? else { break };
        if block.header.time.0 < head.time.0.saturating_sub(TX_TTL_MS) {
            break;
        }
        for raw in &block.txs {
            let tx = Transaction::from_bytes(raw)?;
            memory.insert((tx.body.signer, tx.body.idempotency), (tx.hash(), block.header.time));
        }
    }
    Ok(memory)
}

/// Idempotency keys as the index has them.
pub fn indexed_memory(read: &dyn Read) -> Result<Memory, StorageError> {
    let mut memory = Memory::new();
    for (key, value) in read.scan(Column::Memory, &[], &[0xff; 49], usize::MAX)? {
        let (Some(signer), Some(idempotency)) = (key.first_chunk::<32>(), key.last_chunk::<16>()) else {
            return Err(StorageError("a memory key has the wrong length".into()));
        };
        memory.insert((KeyId(Hash32(*signer)), *idempotency), decode(&value)?);
    }
    Ok(memory)
}
