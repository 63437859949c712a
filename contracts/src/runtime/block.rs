//! Executes whole blocks.

use std::collections::BTreeMap;

use assent_types::consent::ConsentLogEntry;
use assent_types::hash::{Tag, tagged_value};
use assent_types::receipt::{Receipt, ReceiptDetails, sweep_seed, sweep_tx};
use assent_types::session::AccessLogEntry;
use assent_types::state::{BlockMeta, Params, Record, StateKey, StateValue};
use assent_types::tx::Transaction;
use assent_types::validator::ValidatorSet;
use assent_types::{BlockHash, ChainId, ErrorCode, Hash32, Height, Millis, TxHash};

use super::call::{Call, Object, Source};
use super::dispatch::dispatch;
use super::overlay::Overlay;
use super::receipts::{self, Trace};
use super::signer::Signer;
use super::state::{self, Deadline, Found, ReadError, StateRead};
use super::sweeper::sweep;
use super::table::{Stop, Table, tables};
use super::validators;

/// The block that transactions are executed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// The chain.
    pub chain: ChainId,
    /// Height of the block.
    pub height: Height,
    /// Time of the block, strictly after its parent's.
    pub time: Millis,
    /// The parent block.
    pub previous: BlockHash,
}

/// What a block does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// One receipt per transaction, in order; then one of the sweep, if it moved anything.
    pub receipts: Vec<(Receipt, ReceiptDetails)>,
    /// Every record that was written, with its last value.
    pub writes: BTreeMap<StateKey, StateValue>,
    /// Deadlines that leave the index, ascending.
    pub deadlines_removed: Vec<Deadline>,
    /// Deadlines that enter the index, ascending.
    pub deadlines_added: Vec<Deadline>,
    /// What was appended to the subjects' consent logs, in order.
    pub log_entries: Vec<ConsentLogEntry>,
    /// What was appended to the subjects' access logs, in order.
    pub access_entries: Vec<AccessLogEntry>,
    /// Validators of this height, whose hash the header carries.
    pub validators: ValidatorSet,
    /// Validators of the next height, whose hash the header carries.
    pub next_validators: ValidatorSet,
    /// Hash of the parameters after this block, which the header carries.
    pub params: Hash32,
}

/// Executes one block over a view of the state after its parent.
///
/// Never fails for a transaction's fault: that leaves a numbered receipt and changes nothing else. Signatures and the
/// rest of the envelope are taken to have been checked, see [`crate::envelope`].
///
/// # Errors
///
/// If the state cannot be read.
pub fn execute_block(
    ctx: &BlockContext,
    state: &dyn StateRead,
    txs: &[Transaction],
) -> Result<BlockOutcome, ReadError> {
    execute_block_with(tables(), ctx, state, txs)
}

/// [`execute_block`] under other transition tables, to show what each row allows.
///
/// # Errors
///
/// If the state cannot be read.
pub fn execute_block_with(
    tables: &[Table<'_>],
    ctx: &BlockContext,
    state: &dyn StateRead,
    txs: &[Transaction],
) -> Result<BlockOutcome, ReadError> {
    execute(tables, ctx, state, txs.iter().map(|tx| (tx.hash(), tx)))
}

/// [`execute_block_with`] for transactions whose identifiers are known already, each with its own.
///
/// # Errors
///
/// If the state cannot be read.
pub fn execute_hashed<'a>(
    tables: &[Table<'_>],
    ctx: &BlockContext,
    state: &dyn StateRead,
    txs: impl ExactSizeIterator<Item = (TxHash, &'a Transaction)>,
) -> Result<BlockOutcome, ReadError> {
    execute(tables, ctx, state, txs)
}

fn execute<'a>(
    tables: &[Table<'_>],
    ctx: &BlockContext,
    state: &dyn StateRead,
    txs: impl ExactSizeIterator<Item = (TxHash, &'a Transaction)>,
) -> Result<BlockOutcome, ReadError> {
    let validators = state::validators(state)?.next.clone();
    let params = state::params(state)?;
    let mut view = Overlay::new(state);
    begin_block(ctx, &mut view)?;

    let count = txs.len();
    let mut all_receipts = Vec::with_capacity(count + 1);
    let (mut log_entries, mut access_entries) = (Vec::new(), Vec::new());
    for (index, (hash, tx)) in txs.enumerate() {
        view.begin(hash);
        let result = match execute_one(tables, ctx, &params, &mut view, (tx, hash)) {
            Ok(trace) => {
                view.keep();
                log_entries.extend(trace.log);
                access_entries.extend(trace.accesses);
                Ok(trace.events)
            }
            Err(Stop::Refused(code)) => {
                view.undo();
                Err(code)
            }
            Err(Stop::Read(error)) => return Err(error),
        };
        all_receipts.push(receipts::of_transaction(ctx, index, tx, hash, result));
    }

    let (swept, idle) = sweep(ctx, tables, &params, &mut view)?;
    // A refused transaction changes nothing, so it enters no seed.
    let executed = all_receipts.iter().filter(|(receipt, _)| receipt.code == 0);
    let seeds: Vec<Hash32> = executed.map(|(_, details)| details.seed).collect();
    if !seeds.is_empty() || !swept.events.is_empty() {
        let seed = advance_seed(ctx, &mut view, &seeds)?;
        if !swept.events.is_empty() {
            all_receipts.push(receipts::of_sweep(ctx, count, seed, swept.events));
        }
        log_entries.extend(swept.log);
        access_entries.extend(swept.accesses);
    }

    let (mut deadlines_removed, deadlines_added) = view.deadline_changes()?;
    deadlines_removed.extend(idle);
    deadlines_removed.sort_unstable();
    Ok(BlockOutcome {
        receipts: all_receipts,
        deadlines_removed,
        deadlines_added,
        log_entries,
        access_entries,
        validators,
        next_validators: state::validators(&view)?.next.clone(),
        params: tagged_value(Tag::Params, &*state::params(&view)?),
        writes: view.into_writes(),
    })
}

/// What every block writes before its transactions.
fn begin_block(ctx: &BlockContext, view: &mut Overlay<'_>) -> Result<(), ReadError> {
    view.begin(sweep_tx(ctx.height));
    let meta = BlockMeta { height: ctx.height, time: ctx.time, previous: ctx.previous };
    view.put(StateKey::Block, Record::Block(meta));
    validators::shift(view)?;
    view.keep();
    Ok(())
}

/// Writes and returns the seed that this block leaves. No block uses the one of another: a salt that was shown once says
/// nothing about a later receipt.
fn advance_seed(ctx: &BlockContext, view: &mut Overlay<'_>, seeds: &[Hash32]) -> Result<Hash32, ReadError> {
    // Before the first transaction there is none, and nothing to sweep either: genesis writes no deadlines.
    let before = state::sweep_seed(view)?.map_or(Hash32::ZERO, |seed| *seed);
    let seed = sweep_seed(&before, ctx.height, seeds);
    view.begin(sweep_tx(ctx.height));
    view.put(StateKey::SweepSeed, Record::SweepSeed(seed));
    view.keep();
    Ok(seed)
}

/// Executes one transaction. Its writes are left for the caller to keep or undo.
fn execute_one(
    tables: &[Table<'_>],
    ctx: &BlockContext,
    params: &Found<Params>,
    view: &mut Overlay<'_>,
    (tx, hash): (&Transaction, TxHash),
) -> Result<Trace, Stop> {
    let signer = Signer::resolve(view, &tx.body.signer, ctx.time)?;
    let mut call = Call {
        ctx,
        tables,
        view,
        params: params.clone(),
        tx: hash,
        source: Some(Source { transaction: tx, signer }),
        object: Object::None,
        events: Vec::new(),
        log: Vec::new(),
        accesses: Vec::new(),
    };
    dispatch(&mut call)?;
    Ok(Trace { events: call.events, log: call.log, accesses: call.accesses })
}

/// The error that a transaction would get in a block after this state under these tables, if any. Says nothing about its envelope.
///
/// # Errors
///
/// If the state cannot be read.
pub fn dry_run(
    tables: &[Table<'_>],
    ctx: &BlockContext,
    state: &dyn StateRead,
    tx: &Transaction,
) -> Result<Option<ErrorCode>, ReadError> {
    let params = state::params(state)?;
    let mut view = Overlay::new(state);
    begin_block(ctx, &mut view)?;
    let hash = tx.hash();
    view.begin(hash);
    match execute_one(tables, ctx, &params, &mut view, (tx, hash)) {
        Ok(_) => Ok(None),
        Err(Stop::Refused(code)) => Ok(Some(code)),
        Err(Stop::Read(error)) => Err(error),
    }
}
