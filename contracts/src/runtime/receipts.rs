//! Receipts of transactions and of the sweep.

use assent_types::consent::ConsentLogEntry;
use assent_types::hash::{Tag, tagged_value};
use assent_types::receipt::{Event, RECEIPT_FORMAT, Receipt, ReceiptDetails};
use assent_types::session::AccessLogEntry;
use assent_types::tx::Transaction;
use assent_types::{ErrorCode, List, TxHash};

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
        salt: tx.receipt_salt(),
        signer: Some(tx.body.signer),
        events: bounded(result.unwrap_or_default()),
    };
    (receipt(ctx, index, hash, code, &details), details)
}

/// The receipt of a sweep. Nobody signs a sweep, so its salt can be computed by anyone; what keeps its details from
/// being guessed are the identifiers in them, which are hashes of transactions.
pub(crate) fn of_sweep(ctx: &BlockContext, index: usize, id: TxHash, events: Vec<Event>) -> (Receipt, ReceiptDetails) {
    let details = ReceiptDetails { salt: tagged_value(Tag::ReceiptSalt, &id), signer: None, events: bounded(events) };
    (receipt(ctx, index, id, 0, &details), details)
}
