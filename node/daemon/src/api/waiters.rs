//! Wakes whoever waits for a transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use assent_replica::io::CommitNotice;
use assent_types::ids::TxHash;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, oneshot};

/// Calls that wait for transactions to become final. Their number is bounded by the calls in progress.
#[derive(Default)]
pub(super) struct Waiters {
    next: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    number: u64,
    by_tx: HashMap<TxHash, Vec<(u64, oneshot::Sender<()>)>>,
}

/// A place among the waiters; leaves it when dropped.
pub(super) struct Waiter {
    waiters: Arc<Waiters>,
    tx: TxHash,
    number: u64,
    woken: oneshot::Receiver<()>,
}

impl Waiters {
    /// Begins to wait. Look into the store after this and before [`Waiter::woken`], so that nothing is missed.
    pub(super) fn register(self: &Arc<Self>, tx: TxHash) -> Waiter {
        let (sender, woken) = oneshot::channel();
        let mut waiting = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.number += 1;
        let number = waiting.number;
        waiting.by_tx.entry(tx).or_default().push((number, sender));
        Waiter { waiters: self.clone(), tx, number, woken }
    }

    fn wake(&self, tx: &TxHash) {
        let waiting = self.next.lock().unwrap_or_else(PoisonError::into_inner).by_tx.remove(tx);
        for (_, sender) in waiting.into_iter().flatten() {
            // A waiter that has left in the meantime needs nothing.
            let _ = sender.send(());
        }
    }

    fn wake_all(&self) {
        let waiting = std::mem::take(&mut self.next.lock().unwrap_or_else(PoisonError::into_inner).by_tx);
        for (_, sender) in waiting.into_values().flatten() {
            let _ = sender.send(());
        }
    }

    /// Wakes waiters of every block that becomes durable, until the node stops.
    pub(super) async fn run(self: Arc<Self>, mut commits: broadcast::Receiver<Arc<CommitNotice>>) {
        loop {
            match commits.recv().await {
                Ok(notice) => notice.receipts.iter().for_each(|(receipt, _)| self.wake(&receipt.tx)),
                // Blocks were missed: everybody looks into the store again.
                Err(RecvError::Lagged(_)) => self.wake_all(),
                Err(RecvError::Closed) => return self.wake_all(),
            }
        }
    }
}

impl Waiter {
    /// Returns when the transaction may have become final.
    pub(super) async fn woken(&mut self) {
        // An error means that the sender was dropped after sending; both are a reason to look.
        let _ = (&mut self.woken).await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.waiters.next.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = waiting.by_tx.get_mut(&self.tx) {
            list.retain(|(number, _)| *number != self.number);
            if list.is_empty() {
                waiting.by_tx.remove(&self.tx);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_types::ids::Hash32;

    use super::*;

    fn tx(number: u8) -> TxHash {
        TxHash(Hash32([number; 32]))
    }

    #[tokio::test]
    async fn a_waiter_is_woken_for_its_transaction_only_and_leaves_nothing_behind() {
        let waiters = Arc::new(Waiters::default());
        let mut one = waiters.register(tx(1));
        let two = waiters.register(tx(2));
        waiters.wake(&tx(1));
        one.woken().await;
        assert_eq!(waiters.next.lock().unwrap().by_tx.len(), 1);
        drop((one, two));
        assert!(waiters.next.lock().unwrap().by_tx.is_empty());
    }
}
