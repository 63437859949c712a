//! Drives a network: at a fixed rate, or with a fixed number of transactions outstanding.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assent_client::Client;
use assent_types::tx::Transaction;
use tokio::task::JoinSet;

/// How long one transaction may take before the run counts it as failed.
const DEADLINE: Duration = Duration::from_secs(60);
/// Failures whose text is kept.
const FAILURES_KEPT: usize = 5;

/// How transactions come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// So many a second, whether or not earlier ones are final.
    Open {
        /// Transactions a second.
        per_second: u32,
    },
    /// So many at once: a receipt lets the next one go.
    Closed {
        /// Transactions outstanding.
        outstanding: usize,
    },
}

/// A transaction whose receipt was verified.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// When its receipt was verified.
    pub(super) at: Instant,
    /// Time from its submission.
    pub(super) latency: Duration,
}

#[derive(Default)]
struct Results {
    done: Vec<Done>,
    bundle_bytes: u64,
    failed: usize,
    failures: Vec<String>,
}

/// Transactions on their way, and what became of those that are through.
#[derive(Clone, Default)]
pub(super) struct Progress {
    results: Arc<Mutex<Results>>,
    ended: Arc<AtomicUsize>,
}

impl Progress {
    /// How many transactions are through, verified or failed.
    pub(super) fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }

    /// Transactions that failed, and why the first ones did.
    pub(super) fn failures(&self) -> (usize, Vec<String>) {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        (results.failed, results.failures.clone())
    }

    /// Transactions whose receipts were verified in this interval.
    pub(super) fn done_between(&self, from: Instant, to: Instant) -> Vec<Done> {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.done.iter().filter(|done| done.at >= from && done.at < to).copied().collect()
    }

    /// All transactions whose receipts were verified, and the mean size of their proofs in bytes.
    pub(super) fn verified(&self) -> (usize, f64) {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let count = results.done.len();
        (count, results.bundle_bytes as f64 / count.max(1) as f64)
    }

    /// Submits one transaction, waits for its receipt and verifies it.
    async fn one(&self, client: &Client, tx: &Transaction) {
        let begun = Instant::now();
        let result = client.submit_and_wait(tx, DEADLINE).await;
        let at = Instant::now();
        let failure = match &result {
            Ok(receipt) => receipt.outcome().err().map(|code| code.to_string()),
            Err(error) => Some(error.to_string()),
        };
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        match (failure, result) {
            (None, Ok(receipt)) => {
                results.bundle_bytes += receipt.bundle.len() as u64;
                results.done.push(Done { at, latency: at - begun });
            }
            (failure, _) => {
                results.failed += 1;
                if results.failures.len() < FAILURES_KEPT {
                    results.failures.extend(failure);
                }
            }
        }
        drop(results);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Submits all transactions over the clients in turn. Dropping the set stops the load.
pub(super) fn start(load: Load, clients: &[Client], txs: Vec<Transaction>, progress: &Progress) -> JoinSet<()> {
    match load {
        Load::Open { per_second } => open(per_second, clients, txs, progress),
        Load::Closed { outstanding } => closed(outstanding, clients, txs, progress),
    }
}

fn open(per_second: u32, clients: &[Client], txs: Vec<Transaction>, progress: &Progress) -> JoinSet<()> {
    let (clients, progress) = (clients.to_vec(), progress.clone());
    let mut set = JoinSet::new();
    set.spawn(async move {
        let mut calls = JoinSet::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second.max(1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        for (tx, client) in txs.into_iter().zip(clients.into_iter().cycle()) {
            ticks.tick().await;
            let progress = progress.clone();
            calls.spawn(async move { progress.one(&client, &tx).await });
        }
        calls.join_all().await;
    });
    set
}

fn closed(outstanding: usize, clients: &[Client], txs: Vec<Transaction>, progress: &Progress) -> JoinSet<()> {
    let next = Arc::new(Mutex::new(txs.into_iter()));
    let mut set = JoinSet::new();
    for (_, client) in (0..outstanding).zip(clients.iter().cycle()) {
        let (client, progress, next) = (client.clone(), progress.clone(), next.clone());
        set.spawn(async move {
            loop {
                let tx = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(tx) = tx else { return };
                progress.one(&client, &tx).await;
            }
        });
    }
    set
}
