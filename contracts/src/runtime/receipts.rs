//! Receipts of transactions and of the sweep.

use assent_types::consent::ConsentLogEntry;
use assent_types::receipt::{Event, RECEIPT_FORMAT, Receipt, ReceiptDetails, sweep_tx};
use assent_types::session::AccessLogEntry;
use assent_types::tx::Transaction;
use assent_types::{ErrorCode, Hash32, List, TxHash};

use super::block::BlockContext;

/// What a kept event leaves behind.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) events: Vec<Event>,
    pub(crate) log: Vec<ConsentLogEntry>,
    pub(crate) accesses: Vec<AccessLogEntry>,
}

fn receipt(ctx: &BlockContext, index: usize, tx: TxHash, code: u16, details: &ReceiptDetails) -> Receipt {
    let index = match u32::try_from(index) {
        Ok(index) => index,
        Err(_) => unreachable!("a block has at most 10,000 transactions"),
    };
    Receipt { format: RECEIPT_FORMAT, height: ctx.height, time: ctx.time, index, tx, code, details: details.hash() }
}

fn bounded(events: Vec<Event>) -> List<Event, { assent_types::receipt::EVENTS_MAX }> {
    match List::new(events) {
        Ok(events) => events,
        Err(_) => unreachable!("a transaction fires a few rows and the sweep at most as many as a receipt holds"),
    }
}

/// The receipt of a transaction that was executed or refused.
pub(crate) fn of_transaction(
    ctx: &BlockContext,
    index: usize,
    tx: &Transaction,
    hash: TxHash,
    result: Result<Vec<Event>, ErrorCode>,
) -> (Receipt, ReceiptDetails) {
    let code = result.as_ref().err().map_or(0, |code| code.number());
    let details = ReceiptDetails {
        seed: tx.receipt_seed(),
        signer: Some(tx.body.signer),
        events: bounded(result.unwrap_or_default()),
    };
    (receipt(ctx, index, hash, code, &details), details)
}

/// The receipt of a sweep. Nobody signs a sweep: its seed comes from the state.
pub(crate) fn of_sweep(
    ctx: &BlockContext,
    index: usize,
    seed: Hash32,
    events: Vec<Event>,
) -> (Receipt, ReceiptDetails) {
    let details = ReceiptDetails { seed, signer: None, events: bounded(events) };
    (receipt(ctx, index, sweep_tx(ctx.height), 0, &details), details)
}
