//! Building and checking blocks: one set of rules for proposers and validators.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_contracts::{BlockContext, BlockOutcome, Deadline, Envelope, Table, execute_hashed};
use assent_proofs::log::{self, TileReader};
use assent_proofs::state::StateUpdate;
use assent_types::block::{APP_VERSION, BLOCK_FORMAT, Block, Header};
use assent_types::codec::{Bytes, List, encode};
use assent_types::error::ErrorCode;
use assent_types::ids::{BlockHash, Hash32, KeyId, Millis, OrgId, TxHash};
use assent_types::key::SignatureCheck;
use assent_types::limits::{BLOCK_TXS_MAX, BODY_BYTES_MAX, TX_BYTES_MAX, TX_TTL_MS};
use assent_types::receipt::{Receipt, ReceiptDetails};
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;
use assent_types::validator::ValidatorSet;

use super::head::Head;
use super::keys;
use super::upgrade::supports;
use super::view::View;
use crate::jobs::Checked;
use crate::storage::{Batch, Column, Read, StorageError};

/// Room for the header and the framing of a block, in bytes.
const BLOCK_OVERHEAD_BYTES: usize = 1024;

/// A decoded block, not yet checked.
#[derive(Debug)]
pub struct PreparedBlock {
    /// Hash of the header.
    pub hash: BlockHash,
    /// The header.
    pub header: Header,
    /// The encoded block.
    pub bytes: Arc<Vec<u8>>,
    /// Transactions with their identifiers.
    pub txs: Vec<(TxHash, Arc<Transaction>)>,
}

/// Why bytes are not a block to execute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// They are not the body of their header. That says nothing about the block: somebody else may have its body.
    #[error("not the body of its header")]
    Mangled,
    /// They are, and the block is invalid.
    #[error(transparent)]
    Invalid(Invalid),
}

/// Why a block is invalid, for ever and for everybody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A transaction that may not stand in a block.
    #[error("transaction {index}: {code}")]
    Transaction {
        /// Its position.
        index: usize,
        /// What is wrong with it.
        code: ErrorCode,
    },
    /// The header does not follow from parent and transactions.
    #[error("header: wrong {0}")]
    Header(&'static str),
}

/// An executed block: all that its commit writes, certificate excepted.
#[derive(Debug)]
pub struct Executed {
    /// Hash of the header.
    pub hash: BlockHash,
    /// The header.
    pub header: Header,
    /// The encoded block.
    pub bytes: Arc<Vec<u8>>,
    /// Transactions with their identifiers.
    pub txs: Vec<(TxHash, Arc<Transaction>)>,
    /// Receipts, in order.
    pub receipts: Vec<(Receipt, ReceiptDetails)>,
    /// What the commit writes.
    pub batch: Batch,
    /// The head after the block.
    pub head: Head,
}

impl PreparedBlock {
    /// Decodes a block and its transactions.
    ///
    /// # Security
    /// Anybody can put other transactions, or the same with other signatures, under a genuine header. So nothing is held
    /// against the block before its header is seen to name these very bytes.
    pub fn decode(bytes: &Arc<Vec<u8>>) -> Result<Self, Unusable> {
        let block = Block::from_bytes(bytes).map_err(|_| Unusable::Mangled)?;
        if tx_root(block.txs.iter().map(|raw| &raw[..])) != block.header.tx_root {
            return Err(Unusable::Mangled);
        }
        let mut txs = Vec::with_capacity(block.txs.len());
        for (index, raw) in block.txs.iter().enumerate() {
            let (tx, hash) = Transaction::from_bytes_hashed(raw)
                .map_err(|error| Unusable::Invalid(Invalid::Transaction { index, code: error.code }))?;
            txs.push((hash, Arc::new(tx)));
        }
        Ok(Self { hash: block.header.hash(), header: block.header, bytes: bytes.clone(), txs })
    }
}

/// What may stand in a block after `head`: the rules that admission, proposer and validators share.
pub struct Rules<'a> {
    view: &'a View<'a>,
    head: &'a Head,
    time: Millis,
    seen: BTreeSet<TxHash>,
    idempotency: BTreeSet<(KeyId, [u8; 16])>,
}

impl<'a> Rules<'a> {
    /// Rules for one block of this time.
    pub fn new(view: &'a View<'a>, head: &'a Head, time: Millis) -> Self {
        Self { view, head, time, seen: BTreeSet::new(), idempotency: BTreeSet::new() }
    }

    /// Takes the next transaction: an envelope with signatures to verify, or the error that keeps it out of every block.
    pub fn take<'t>(
        &mut self,
        hash: TxHash,
        tx: &'t Transaction,
    ) -> Result<Result<Envelope<'t>, ErrorCode>, StorageError> {
        let envelope = match assent_contracts::envelope(self.head.chain, self.view, self.time, tx)? {
            Ok(envelope) => envelope,
            Err(code) => return Ok(Err(code)),
        };
        let key = (tx.body.signer, tx.body.idempotency);
        if self.seen.contains(&hash) || self.idempotency.contains(&key) || self.is_remembered(tx)?.is_some() {
            return Ok(Err(ErrorCode::Idempotency));
        }
        self.seen.insert(hash);
        self.idempotency.insert(key);
        Ok(Ok(envelope))
    }

    /// The transaction that used this idempotency key within the last P_tx_ttl.
    pub fn is_remembered(&self, tx: &Transaction) -> Result<Option<TxHash>, StorageError> {
        let key = keys::memory(&tx.body.signer, &tx.body.idempotency);
        let Some(bytes) = self.view.read().get(Column::Memory, &key)? else { return Ok(None) };
        let (used_by, at): (TxHash, Millis) = assent_types::decode(&bytes)?;
        Ok((at.plus(TX_TTL_MS) >= self.time).then_some(used_by))
    }
}

/// Checks a block that somebody proposed and executes it on its parent.
pub fn execute(
    tables: &[Table<'_>],
    read: &dyn Read,
    head: &Head,
    block: &PreparedBlock,
    verified: &BTreeSet<TxHash>,
) -> Result<Result<Executed, Invalid>, StorageError> {
    if let Err(wrong) = follows(head, block) {
        return Ok(Err(Invalid::Header(wrong)));
    }
    let view = View::new(read);
    let mut rules = Rules::new(&view, head, block.header.time);
    let mut checks = Vec::new();
    for (index, (hash, tx)) in block.txs.iter().enumerate() {
        let signatures = match rules.take(*hash, tx)? {
            Ok(_) if verified.contains(hash) => continue,
            Ok(envelope) => envelope.signatures(),
            Err(code) => Err(code),
        };
        match signatures {
            Ok(own) => checks.extend(own.into_iter().map(|check| (index, check))),
            Err(code) => return Ok(Err(Invalid::Transaction { index, code })),
        }
    }
    if let Some(index) = first_bad_signature(&checks) {
        return Ok(Err(Invalid::Transaction { index, code: ErrorCode::BadSignature }));
    }
    let executed =
        run(tables, &view, head, block.header.proposer, block.header.time, block.txs.clone(), block.header.tx_root)?;
    if let Some(wrong) = difference(&executed.header, &block.header) {
        return Ok(Err(Invalid::Header(wrong)));
    }
    Ok(Ok(executed.finish(block.bytes.clone())))
}

/// Builds a block of the given transactions; what no block can hold is left out and named.
pub fn build(
    tables: &[Table<'_>],
    read: &dyn Read,
    head: &Head,
    me: OrgId,
    time: Millis,
    candidates: Vec<Checked>,
) -> Result<(Executed, Vec<TxHash>), StorageError> {
    let view = View::new(read);
    let mut rules = Rules::new(&view, head, time);
    let mut dropped = Vec::new();
    let mut txs = Vec::with_capacity(candidates.len());
    let mut raw = Vec::with_capacity(candidates.len());
    let mut bytes_left = BODY_BYTES_MAX - BLOCK_OVERHEAD_BYTES;
    for candidate in candidates {
        let cost = candidate.bytes.len() + 4;
        if txs.len() >= BLOCK_TXS_MAX || cost > bytes_left {
            break;
        }
        match (rules.take(candidate.hash, &candidate.tx)?, Bytes::new(candidate.bytes.to_vec())) {
            (Ok(_), Ok(encoded)) => {
                bytes_left -= cost;
                txs.push((candidate.hash, candidate.tx));
                raw.push(encoded);
            }
            _ => dropped.push(candidate.hash),
        }
    }
    let root = tx_root(raw.iter().map(|bytes: &Bytes<TX_BYTES_MAX>| &bytes[..]));
    let executed = run(tables, &view, head, me, time, txs, root)?;
    let txs = List::new(raw).map_err(|error| StorageError(format!("block: {error}")))?;
    let bytes = Block { header: executed.header.clone(), txs }.to_bytes();
    Ok((executed.finish(Arc::new(bytes)), dropped))
}

/// Whether the header follows from the parent, as far as that can be said without executing.
fn follows(head: &Head, block: &PreparedBlock) -> Result<(), &'static str> {
    let header = &block.header;
    let rules = [
        (header.chain == head.chain, "chain"),
        (header.height == head.height.next(), "height"),
        (header.previous == head.block, "previous block"),
        (header.time > head.time, "time"),
        (header.app_version == head.app_version, "version"),
        (header.validators == head.next_validators.hash(), "validators"),
        (head.next_validators.by_org(header.proposer).is_some(), "proposer"),
        (header.tx_count as usize == block.txs.len(), "number of transactions"),
    ];
    rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, wrong)| Err(*wrong))
}

/// The first field in which an executed header differs from a proposed one.
fn difference(own: &Header, theirs: &Header) -> Option<&'static str> {
    let rules = [
        (own.log_root == theirs.log_root, "log root"),
        (own.log_size == theirs.log_size, "log size"),
        (own.state_root == theirs.state_root, "state root"),
        (own == theirs, "field"),
    ];
    rules.iter().find(|(holds, _)| !holds).map(|(_, wrong)| *wrong)
}

/// The transaction of the first signature that does not verify.
pub(super) fn first_bad_signature(checks: &[(usize, SignatureCheck)]) -> Option<usize> {
    let all: Vec<SignatureCheck> = checks.iter().map(|(_, check)| *check).collect();
    if all.is_empty() || SignatureCheck::verify_batch(&all) {
        return None;
    }
    checks.iter().find(|(_, check)| !check.verify()).map(|(index, _)| *index)
}

/// An executed block before its bytes are known.
struct Outcome {
    header: Header,
    txs: Vec<(TxHash, Arc<Transaction>)>,
    receipts: Vec<(Receipt, ReceiptDetails)>,
    batch: Batch,
    head: Head,
}

impl Outcome {
    fn finish(mut self, bytes: Arc<Vec<u8>>) -> Executed {
        let hash = self.head.block;
        self.batch.put(Column::Blocks, keys::height(self.header.height), bytes.to_vec());
        Executed {
            hash,
            header: self.header,
            bytes,
            txs: self.txs,
            receipts: self.receipts,
            batch: self.batch,
            head: self.head,
        }
    }
}

/// Root over encoded transactions, as the header names it.
pub fn tx_root<'t>(raw: impl Iterator<Item = &'t [u8]>) -> Hash32 {
    log::root_of(&raw.map(log::leaf_hash).collect::<Vec<_>>())
}

/// Executes transactions on a parent and computes the header and everything that a commit writes.
fn run(
    tables: &[Table<'_>],
    view: &View<'_>,
    head: &Head,
    proposer: OrgId,
    time: Millis,
    txs: Vec<(TxHash, Arc<Transaction>)>,
    tx_root: Hash32,
) -> Result<Outcome, StorageError> {
    let height = head.height.next();
    supports(view, height)?;
    let context = BlockContext { chain: head.chain, height, time, previous: head.block };
    let outcome = execute_hashed(tables, &context, view, txs.iter().map(|(hash, tx)| (*hash, &**tx)))?;
    let (next, after_next) = match outcome.writes.get(&StateKey::Validators).map(|value| &value.record) {
        Some(Record::Validators(validators)) => (validators.next.clone(), validators.after_next.clone()),
        _ => (head.after_next_validators.clone(), head.after_next_validators.clone()),
    };
    let mut batch = Batch::default();

    let mut writes = Vec::with_capacity(outcome.writes.len());
    for (key, value) in &outcome.writes {
        let key_hash = key.hash();
        if let Some((version, old)) = view.stored(key)? {
            batch.put(Column::Values, keys::value(&key_hash, version), old);
        }
        writes.push((key_hash, encode(value)));
    }
    let update = assent_proofs::state::apply(view, Some(head.height.0), &writes)
        .map_err(|error| StorageError(format!("state tree: {error}")))?;
    let state_root = update.root;
    put_state(&mut batch, update);

    let leaves: Vec<Hash32> = outcome.receipts.iter().map(|(receipt, _)| log::leaf_hash(&receipt.hash().0)).collect();
    let mut tiles = TileOverlay { view, tiles: BTreeMap::new() };
    let (log_size, log_root) = tiles.append(head.log_size, &leaves)?;

    let header = Header {
        format: BLOCK_FORMAT,
        chain: head.chain,
        height,
        time,
        proposer,
        previous: head.block,
        tx_root,
        tx_count: u32::try_from(txs.len()).map_err(|_| StorageError("too many transactions".into()))?,
        log_root,
        log_size,
        state_root,
        validators: head.next_validators.hash(),
        next_validators: next.hash(),
        params: outcome.params,
        app_version: APP_VERSION,
    };
    let hash = header.hash();
    let (log_size, log_root) = tiles.append(log_size, &[log::leaf_hash(&hash.0.0)])?;
    tiles.put(&mut batch);

    let next_deadline = put_deadlines(&mut batch, view, &outcome)?;
    put_history(&mut batch, &header, &txs, &outcome);
    put_memory(&mut batch, view, head, &header, &txs)?;
    put_set_change(&mut batch, &header, &next);

    let new_head = Head {
        chain: head.chain,
        height,
        time,
        block: hash,
        state_root,
        log_size,
        log_root,
        next_validators: next,
        after_next_validators: after_next,
        params: outcome.params,
        app_version: head.app_version,
        next_deadline,
    };
    batch.put_encoded(Column::Meta, keys::META_HEAD, &new_head);
    Ok(Outcome { header, txs, receipts: outcome.receipts, batch, head: new_head })
}

/// Tiles written by this block over those of the view.
struct TileOverlay<'a> {
    view: &'a View<'a>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
}

impl TileOverlay<'_> {
    fn append(&mut self, size: u64, leaves: &[Hash32]) -> Result<(u64, Hash32), StorageError> {
        let appended =
            log::append(&*self, size, leaves).map_err(|error| StorageError(format!("history log: {error}")))?;
        for (level, index, tile) in appended.tiles {
            self.tiles.insert((level, index), tile);
        }
        Ok((appended.size, appended.root))
    }

    fn put(self, batch: &mut Batch) {
        for ((level, index), tile) in self.tiles {
            batch.put(Column::Tiles, keys::tile(level, index), tile);
        }
    }
}

impl TileReader for TileOverlay<'_> {
    type Error = StorageError;

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StorageError> {
        match self.tiles.get(&(level, index)) {
            Some(tile) => Ok(Some(tile.clone())),
            None => self.view.tile(level, index),
        }
    }
}

/// Nodes, values and stale nodes of one version of the state tree. What the values replace is the caller's to keep.
pub(super) fn put_state(batch: &mut Batch, update: StateUpdate) {
    for (key_hash, value) in &update.values {
        batch.put(Column::Latest, key_hash.0, keys::latest(update.version, value));
    }
    for (since, node) in &update.stale {
        batch.put(Column::Stale, keys::stale(*since, node), Vec::new());
    }
    for (key, node) in update.nodes {
        batch.put(Column::Nodes, key, node);
    }
}

/// Changes of the deadline index; returns the earliest deadline after the block.
fn put_deadlines(batch: &mut Batch, view: &View<'_>, outcome: &BlockOutcome) -> Result<Option<Millis>, StorageError> {
    use assent_contracts::StateRead;
    let removed: BTreeSet<_> = outcome.deadlines_removed.iter().collect();
    let standing = view.due(Millis(u64::MAX - 1), removed.len() + 1)?;
    let first_standing = standing.iter().find(|deadline| !removed.contains(deadline)).map(|deadline| deadline.at);
    let first_added = outcome.deadlines_added.iter().map(|deadline| deadline.at).min();
    for deadline in &outcome.deadlines_removed {
        batch.delete(Column::Deadlines, keys::deadline(deadline));
    }
    for deadline in &outcome.deadlines_added {
        batch.put(Column::Deadlines, keys::deadline(deadline), deadline_value(deadline));
    }
    Ok(first_standing.into_iter().chain(first_added).min())
}

/// What the deadline index keeps under a key.
pub(super) fn deadline_value(deadline: &Deadline) -> Vec<u8> {
    encode(&(deadline.at, deadline.key, deadline.id))
}

/// Receipts, the index of transactions, and entries of consent and access logs.
fn put_history(batch: &mut Batch, header: &Header, txs: &[(TxHash, Arc<Transaction>)], outcome: &BlockOutcome) {
    for (receipt, details) in &outcome.receipts {
        batch.put_encoded(Column::Receipts, keys::receipt(header.height, receipt.index), &(receipt, details));
    }
    for ((hash, _), index) in txs.iter().zip(0u32..) {
        batch.put_encoded(Column::TxIndex, hash.0.0, &(header.height, index));
    }
    for entry in &outcome.log_entries {
        let key = keys::subject_log(&entry.subject, entry.controller, entry.seq);
        batch.put_encoded(Column::ConsentLog, key, entry);
    }
    for entry in &outcome.access_entries {
        let key = keys::subject_log(&entry.subject, entry.controller, entry.seq);
        batch.put_encoded(Column::AccessLog, key, entry);
    }
}

/// Remembers this block's idempotency keys and forgets those that faded since the parent.
fn put_memory(
    batch: &mut Batch,
    view: &View<'_>,
    head: &Head,
    header: &Header,
    txs: &[(TxHash, Arc<Transaction>)],
) -> Result<(), StorageError> {
    let faded = |time: Millis| time.0.saturating_sub(TX_TTL_MS).to_be_bytes();
    let gone = view.read().scan(Column::MemoryByTime, &faded(head.time), &faded(header.time), usize::MAX)?;
    for (by_time, _) in gone {
        batch.delete(Column::Memory, by_time.get(8..).unwrap_or_default());
        batch.delete(Column::MemoryByTime, by_time);
    }
    for (hash, tx) in txs {
        let (signer, idempotency) = (&tx.body.signer, &tx.body.idempotency);
        batch.put_encoded(Column::Memory, keys::memory(signer, idempotency), &(hash, header.time));
        batch.put(Column::MemoryByTime, keys::memory_by_time(header.time, signer, idempotency), Vec::new());
    }
    Ok(())
}

/// Keeps the new validators where a header announces a change: the path of every later proof.
fn put_set_change(batch: &mut Batch, header: &Header, next: &ValidatorSet) {
    if header.validators != header.next_validators {
        batch.put_encoded(Column::SetChanges, keys::height(header.height), next);
    }
}
