//! Reading the ledger, with proofs.

use assent_proofs::bundle::{Bundle, Claim, Consistency, Finality, LogReceipt, SetChange, State, StateItem};
use assent_types::block::Block;
use assent_types::codec::{Bytes, List, decode};
use assent_types::consent::ConsentLogEntry;
use assent_types::ids::{Height, OrgId, Sp, TxHash};
use assent_types::receipt::{Receipt, ReceiptDetails};
use assent_types::session::AccessLogEntry;
use assent_types::state::{StateKey, StateValue};
use assent_types::validator::{CommitCertificate, ValidatorSet};

use super::head::{self, Head};
use super::keys;
use super::view::{View, newest};
use crate::io::{FinalBlock, SYNC_BLOCKS_MAX};
use crate::storage::{Column, Read, StorageError};

/// A receipt as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The public part.
    pub receipt: Receipt,
    /// What parties may read of, each what concerns it.
    pub details: ReceiptDetails,
}

/// A place in the sequence of all receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Height of the block.
    pub height: Height,
    /// Position in it.
    pub index: u32,
}

impl Cursor {
    /// Before everything.
    pub const START: Self = Self { height: Height(0), index: 0 };

    fn after(receipt: &Receipt) -> Self {
        match receipt.index.checked_add(1) {
            Some(index) => Self { height: receipt.height, index },
            None => Self { height: receipt.height.next(), index: 0 },
        }
    }
}

/// The head.
pub fn head(read: &dyn Read) -> Result<Head, StorageError> {
    head::read(read)
}

/// A block.
pub fn block(read: &dyn Read, height: Height) -> Result<Option<Block>, StorageError> {
    match read.get(Column::Blocks, &keys::height(height))? {
        Some(bytes) => Ok(Some(Block::from_bytes(&bytes)?)),
        None => Ok(None),
    }
}

/// The certificate of a block.
pub fn certificate(read: &dyn Read, height: Height) -> Result<Option<CommitCertificate>, StorageError> {
    match read.get(Column::Commits, &keys::height(height))? {
        Some(bytes) => Ok(Some(decode(&bytes)?)),
        None => Ok(None),
    }
}

/// Final blocks from a height on, until `bytes_max` is reached; at least one if there is any.
pub fn range(read: &dyn Read, from: Height, bytes_max: usize) -> Result<Vec<FinalBlock>, StorageError> {
    let mut blocks = Vec::new();
    let mut bytes = 0;
    for height in (from.0..).map(Height).take(SYNC_BLOCKS_MAX) {
        let Some(block) = read.get(Column::Blocks, &keys::height(height))? else { break };
        bytes += block.len();
        if bytes > bytes_max && !blocks.is_empty() {
            break;
        }
        let certificate = certificate(read, height)?.ok_or_else(|| lacks("certificate", height))?;
        let block = Bytes::new(block).map_err(|error| StorageError(format!("block {height}: {error}")))?;
        blocks.push(FinalBlock { block, certificate });
    }
    Ok(blocks)
}

/// The value of a state key at the head.
pub fn state(read: &dyn Read, key: &StateKey) -> Result<Option<StateValue>, StorageError> {
    match newest(read, &key.hash(), u64::MAX)? {
        Some((_, bytes)) => Ok(Some(decode(&bytes)?)),
        None => Ok(None),
    }
}

/// The receipt of a transaction.
pub fn receipt(read: &dyn Read, tx: &TxHash) -> Result<Option<StoredReceipt>, StorageError> {
    let Some(bytes) = read.get(Column::TxIndex, &tx.0.0)? else { return Ok(None) };
    let (height, index) = decode(&bytes)?;
    receipt_at(read, height, index).map(Some)
}

fn receipt_at(read: &dyn Read, height: Height, index: u32) -> Result<StoredReceipt, StorageError> {
    let bytes = read.get(Column::Receipts, &keys::receipt(height, index))?;
    let (receipt, details) = decode(&bytes.ok_or_else(|| lacks("receipt", height))?)?;
    Ok(StoredReceipt { receipt, details })
}

/// Receipts from a cursor on, at most `limit`, and the cursor after them.
pub fn events(read: &dyn Read, from: Cursor, limit: usize) -> Result<(Vec<StoredReceipt>, Cursor), StorageError> {
    let start = keys::receipt(from.height, from.index);
    let mut receipts = Vec::new();
    let mut next = from;
    for (_, bytes) in read.scan(Column::Receipts, &start, &[0xff; 13], limit)? {
        let (receipt, details) = decode(&bytes)?;
        next = Cursor::after(&receipt);
        receipts.push(StoredReceipt { receipt, details });
    }
    Ok((receipts, next))
}

/// Entries of a consent log from a sequence number on, at most `limit`.
pub fn consent_log(
    read: &dyn Read,
    subject: &Sp,
    controller: OrgId,
    from: u64,
    limit: usize,
) -> Result<Vec<ConsentLogEntry>, StorageError> {
    subject_log(read, Column::ConsentLog, subject, controller, from, limit)
}

/// Entries of an access log from a sequence number on, at most `limit`.
pub fn access_log(
    read: &dyn Read,
    subject: &Sp,
    controller: OrgId,
    from: u64,
    limit: usize,
) -> Result<Vec<AccessLogEntry>, StorageError> {
    subject_log(read, Column::AccessLog, subject, controller, from, limit)
}

fn subject_log<T: borsh::BorshDeserialize>(
    read: &dyn Read,
    column: Column,
    subject: &Sp,
    controller: OrgId,
    from: u64,
    limit: usize,
) -> Result<Vec<T>, StorageError> {
    let start = keys::subject_log(subject, controller, from);
    let mut end = keys::subject_log(subject, controller, u64::MAX).to_vec();
    end.push(0);
    let entries = read.scan(column, &start, &end, limit)?;
    entries.into_iter().map(|(_, bytes)| decode(&bytes).map_err(StorageError::from)).collect()
}

fn lacks(what: &str, height: Height) -> StorageError {
    StorageError(format!("the {what} of height {height} is missing"))
}

/// Header and certificate of a final block.
fn finality(read: &dyn Read, height: Height) -> Result<Option<Finality>, StorageError> {
    let Some(block) = block(read, height)? else { return Ok(None) };
    let certificate = certificate(read, height)?.ok_or_else(|| lacks("certificate", height))?;
    Ok(Some(Finality { header: block.header, certificate }))
}

/// Puts a claim about the final header of `height` into a bundle.
fn bundle(read: &dyn Read, finality: Finality, claim: Claim) -> Result<Vec<u8>, StorageError> {
    let end = keys::height(finality.header.height);
    let mut path = Vec::new();
    for (key, value) in read.scan(Column::SetChanges, &[], &end, usize::MAX)? {
        let height = keys::height_of(&key).ok_or_else(|| StorageError("a height key has the wrong length".into()))?;
        let validators: ValidatorSet = decode(&value)?;
        let finality = self::finality(read, height)?.ok_or_else(|| lacks("block", height))?;
        path.push(SetChange { finality, validators });
    }
    let bundle = Bundle::new(head::genesis(read)?, path, finality, claim)
        .map_err(|error| StorageError(format!("changes of the validators: {error}")))?;
    Ok(bundle.to_bytes())
}

/// Proof that a block is final; `None` if there is none of this height.
pub fn finality_bundle(read: &dyn Read, height: Height) -> Result<Option<Vec<u8>>, StorageError> {
    match finality(read, height)? {
        Some(finality) => bundle(read, finality, Claim::Finality).map(Some),
        None => Ok(None),
    }
}

/// Proof of the receipt of a transaction, details not opened, in the log that its own block's header commits to.
pub fn receipt_bundle(read: &dyn Read, tx: &TxHash) -> Result<Option<Vec<u8>>, StorageError> {
    let Some(StoredReceipt { receipt, .. }) = receipt(read, tx)? else { return Ok(None) };
    let height = receipt.height;
    let finality = finality(read, height)?.ok_or_else(|| lacks("block", height))?;
    // The log of the parent, its header included, is where this block's receipts begin.
    let first = match height {
        Height(1) => 0,
        _ => {
            let parent = Height(height.0 - 1);
            block(read, parent)?.ok_or_else(|| lacks("block", parent))?.header.log_size + 1
        }
    };
    let index = first + u64::from(receipt.index);
    let proof = assent_proofs::log::prove_inclusion(&View::new(read), index, finality.header.log_size)
        .map_err(|error| StorageError(format!("history log: {error}")))?;
    let proof = List::new(proof).map_err(|error| StorageError(format!("history log: {error}")))?;
    let claim = Claim::Receipt(Box::new(LogReceipt { receipt, index, proof, details: None }));
    bundle(read, finality, claim).map(Some)
}

/// Proof of the values, or absence, of state keys at the head.
///
/// # Errors
/// Also before the first block: the state of genesis is proven by the genesis header alone.
pub fn state_bundle(read: &dyn Read, keys: &[StateKey]) -> Result<Vec<u8>, StorageError> {
    let height = head(read)?.height;
    let finality = finality(read, height)?.ok_or_else(|| lacks("block", height))?;
    let view = View::new(read);
    let keys: std::collections::BTreeSet<&StateKey> = keys.iter().collect();
    let mut items = Vec::with_capacity(keys.len());
    for key in keys {
        let (value, proof) = assent_proofs::state::prove(&view, height.0, &key.hash())
            .map_err(|error| StorageError(format!("state tree: {error}")))?;
        let value = value.map(Bytes::new).transpose().map_err(|error| StorageError(format!("a value: {error}")))?;
        items.push(StateItem { key: *key, value, proof });
    }
    let items = List::new(items).map_err(|error| StorageError(format!("state keys: {error}")))?;
    bundle(read, finality, Claim::State(State { items }))
}

/// Proof that the history at `new` (the head, if `None`) continues that at `old`; `None` if either is not final here.
pub fn consistency_bundle(read: &dyn Read, old: Height, new: Option<Height>) -> Result<Option<Vec<u8>>, StorageError> {
    let new = match new {
        Some(new) => new,
        None => head(read)?.height,
    };
    let (Some(older), Some(finality), true) = (finality(read, old)?, finality(read, new)?, old <= new) else {
        return Ok(None);
    };
    let (from, to) = (older.header.log_size, finality.header.log_size);
    let proof = assent_proofs::log::prove_consistency(&View::new(read), from, to)
        .map_err(|error| StorageError(format!("history log: {error}")))?;
    let proof = List::new(proof).map_err(|error| StorageError(format!("history log: {error}")))?;
    bundle(read, finality, Claim::Consistency(Box::new(Consistency { older, proof }))).map(Some)
}
