//! Answers whoever waits for a transaction: the proofs of all receipts of a block that somebody waits for are made at
//! once, from one snapshot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use assent_replica::io::CommitNotice;
use assent_replica::ledger::view::View;
use assent_replica::storage::StorageError;
use assent_types::ids::TxHash;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, oneshot};

use super::prover::Prover;
use super::reader::Reader;
use crate::driver::NodeHandle;

/// Calls that wait for transactions to become final. Their number is bounded by the calls in progress.
#[derive(Default)]
pub(super) struct Waiters {
    next: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    number: u64,
    by_tx: HashMap<TxHash, Vec<Place>>,
}

/// One call that waits.
struct Place {
    number: u64,
    reader: Arc<Reader>,
    /// Takes the encoded bundle; dropped without one, it tells the call to look into the store itself.
    bundle: oneshot::Sender<Vec<u8>>,
}

/// A place among the waiters; leaves it when dropped.
pub(super) struct Waiter {
    waiters: Arc<Waiters>,
    tx: TxHash,
    number: u64,
    bundle: oneshot::Receiver<Vec<u8>>,
}

impl Waiters {
    /// Begins to wait. Look into the store after this and before [`Waiter::woken`], so that nothing is missed.
    pub(super) fn register(self: &Arc<Self>, tx: TxHash, reader: Arc<Reader>) -> Waiter {
        let (sender, bundle) = oneshot::channel();
        let mut waiting = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.number += 1;
        let number = waiting.number;
        waiting.by_tx.entry(tx).or_default().push(Place { number, reader, bundle: sender });
        Waiter { waiters: self.clone(), tx, number, bundle }
    }

    /// Takes out whoever waits for a receipt of this block, with the receipt's place in it.
    fn take(&self, notice: &CommitNotice) -> Vec<(usize, Vec<Place>)> {
        let mut waiting = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.by_tx.is_empty() {
            return Vec::new();
        }
        let receipts = notice.receipts.iter().enumerate();
        receipts.filter_map(|(index, (receipt, _))| Some((index, waiting.by_tx.remove(&receipt.tx)?))).collect()
    }

    /// Drops every place: everybody looks into the store again.
    fn wake_all(&self) {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).by_tx.clear();
    }

    /// Answers waiters of every block that becomes durable, until the node stops.
    pub(super) async fn run(
        self: Arc<Self>,
        node: NodeHandle,
        prover: Arc<Prover>,
        mut commits: broadcast::Receiver<Arc<CommitNotice>>,
    ) {
        loop {
            match commits.recv().await {
                Ok(notice) => {
                    let called = self.take(&notice);
                    if called.is_empty() {
                        continue;
                    }
                    let (node, prover) = (node.clone(), prover.clone());
                    let proving = tokio::task::spawn_blocking(move || {
                        if let Err(error) = answer(&node, &prover, &notice, called) {
                            tracing::warn!(%error, "receipts of a block could not be proven at once");
                        }
                    });
                    // A task that panicked has dropped its places, and the calls look for themselves.
                    let _ = proving.await;
                }
                // Blocks were missed: everybody looks into the store again.
                Err(RecvError::Lagged(_)) => self.wake_all(),
                Err(RecvError::Closed) => return self.wake_all(),
            }
        }
    }
}

/// Proves the receipts of a block for whoever waits for them.
fn answer(
    node: &NodeHandle,
    prover: &Prover,
    notice: &CommitNotice,
    called: Vec<(usize, Vec<Place>)>,
) -> Result<(), StorageError> {
    let snapshot = node.snapshot()?;
    let view = View::new(snapshot.as_ref());
    let mut block = prover.block(&view, notice.height)?;
    for (index, places) in called {
        let Some((receipt, details)) = notice.receipts.get(index) else { continue };
        for place in places {
            let bundle = block.prove(receipt.clone(), place.reader.open(&view, details)?)?;
            // A waiter that has left in the meantime needs nothing.
            let _ = place.bundle.send(bundle);
        }
    }
    Ok(())
}

impl Waiter {
    /// Returns when the transaction is final, with its encoded bundle, or when it may be, without.
    pub(super) async fn woken(&mut self) -> Option<Vec<u8>> {
        (&mut self.bundle).await.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.waiters.next.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = waiting.by_tx.get_mut(&self.tx) {
            list.retain(|place| place.number != self.number);
            if list.is_empty() {
                waiting.by_tx.remove(&self.tx);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_types::ids::{BlockHash, Hash32, Height, Millis};
    use assent_types::receipt::{Receipt, ReceiptDetails};
    use assent_types::{KeyId, List, Sp};

    use super::super::reader::Who;
    use super::*;

    fn tx(number: u8) -> TxHash {
        TxHash(Hash32([number; 32]))
    }

    fn block_with(tx: TxHash) -> CommitNotice {
        let details = ReceiptDetails { seed: Hash32::ZERO, signer: None, events: List::default() };
        let (height, time) = (Height(1), Millis(1));
        let receipt = Receipt { format: 1, height, time, index: 0, tx, code: 0, details: details.hash() };
        let block = BlockHash(Hash32::ZERO);
        CommitNotice { height, time, block, round: 0, txs: Vec::new(), receipts: vec![(receipt, details)] }
    }

    #[tokio::test]
    async fn a_waiter_is_called_for_its_transaction_only_and_leaves_nothing_behind() {
        let waiters = Arc::new(Waiters::default());
        let reader = Arc::new(Reader { key: KeyId(Hash32([9; 32])), who: Who::Subject(Sp(Hash32([8; 32]))) });
        let mut one = waiters.register(tx(1), reader.clone());
        let mut two = waiters.register(tx(2), reader);
        let called = waiters.take(&block_with(tx(1)));
        assert_eq!(called.len(), 1);
        for place in called.into_iter().flat_map(|(_, places)| places) {
            place.bundle.send(vec![7]).unwrap();
        }
        assert_eq!(one.woken().await, Some(vec![7]));
        assert_eq!(waiters.next.lock().unwrap().by_tx.len(), 1);
        waiters.wake_all();
        assert_eq!(two.woken().await, None, "who was passed over looks into the store");
        drop((one, two));
        assert!(waiters.next.lock().unwrap().by_tx.is_empty());
    }
}
