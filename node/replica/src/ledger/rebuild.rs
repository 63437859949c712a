//! What is not in the state tree can be rebuilt from it, from the log and from recent bodies. These are the functions
//! that do so; a test compares their results with what execution kept.

use std::collections::{BTreeMap, BTreeSet};

use assent_contracts::{Deadline, deadlines_of};
use assent_proofs::log::{Frontier, leaf_hash};
use assent_types::codec::decode;
use assent_types::consent::ConsentLogEntry;
use assent_types::ids::{Hash32, Height, KeyId, Millis, OrgId, Sp, TxHash};
use assent_types::limits::TX_TTL_MS;
use assent_types::session::AccessLogEntry;
use assent_types::state::{Record, StateKey, StateValue};
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

/// Number of entries and peaks of each subject's logs, by column, subject and controller.
pub type Logs = BTreeMap<(Column, Sp, OrgId), (u64, Vec<Hash32>)>;

/// Heads of the subjects' logs as the state has them; empty logs are left out.
pub fn log_heads(read: &dyn Read) -> Result<Logs, StorageError> {
    let mut logs = Logs::new();
    for (_, entry) in read.scan(Column::Latest, &[], &[0xff; 33], usize::MAX)? {
        let value = decode::<StateValue>(entry.get(8..).unwrap_or_default())?;
        let (slot, log) = match (&value.key, &value.record) {
            (StateKey::Consents(sp, org), Record::Consents(book)) => ((Column::ConsentLog, *sp, *org), &book.log),
            (StateKey::Accesses(sp, org), Record::Accesses(book)) => ((Column::AccessLog, *sp, *org), &book.log),
            _ => continue,
        };
        if log.count > 0 {
            logs.insert(slot, (log.count, log.peaks.to_vec()));
        }
    }
    Ok(logs)
}

/// Heads of the subjects' logs as their entries give them.
pub fn folded_logs(read: &dyn Read) -> Result<Logs, StorageError> {
    let mut logs: BTreeMap<(Column, Sp, OrgId), Frontier> = BTreeMap::new();
    for (_, entry) in read.scan(Column::ConsentLog, &[], &[0xff; 64], usize::MAX)? {
        let entry: ConsentLogEntry = decode(&entry)?;
        let log = logs.entry((Column::ConsentLog, entry.subject, entry.controller)).or_default();
        log.push(leaf_hash(&entry.leaf().0));
    }
    for (_, entry) in read.scan(Column::AccessLog, &[], &[0xff; 64], usize::MAX)? {
        let entry: AccessLogEntry = decode(&entry)?;
        let log = logs.entry((Column::AccessLog, entry.subject, entry.controller)).or_default();
        log.push(leaf_hash(&entry.leaf().0));
    }
    Ok(logs.into_iter().map(|(slot, log)| (slot, (log.count(), log.into_peaks()))).collect())
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
