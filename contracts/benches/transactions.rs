//! CPU time of executing one transaction of each kind, without its signature, on a small state in memory: the median over
//! blocks of that one transaction, less the median of an empty block.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a bench measures time and stops where it fails"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use assent_contracts::execute_block;
use assent_contracts::testing::{Firing, firings};
use assent_types::tx::Transaction;

/// Blocks of each kind.
const BLOCKS: usize = 301;

/// The median time of a block, in nanoseconds.
fn median_ns(firing: &Firing, txs: &[Transaction]) -> u64 {
    let mut times: Vec<u64> = (0..BLOCKS)
        .map(|_| {
            let start = Instant::now();
            let outcome = execute_block(&firing.ctx, black_box(&firing.state), black_box(txs)).unwrap();
            let elapsed = start.elapsed();
            assert!(outcome.receipts.iter().all(|(receipt, _)| receipt.code == 0));
            u64::try_from(elapsed.as_nanos()).unwrap()
        })
        .collect();
    times.sort_unstable();
    times[BLOCKS / 2]
}

fn main() {
    let mut costs: BTreeMap<&'static str, (u64, String, usize)> = BTreeMap::new();
    for firing in firings() {
        let whole = median_ns(&firing, std::slice::from_ref(&firing.tx));
        let cost = whole.saturating_sub(median_ns(&firing, &[]));
        let size = firing.tx.to_bytes().len();
        // Of an action's rows the dearest counts.
        let entry = costs.entry(firing.tx.body.action.name()).or_default();
        if entry.0 < cost {
            *entry = (cost, firing.row.clone(), size);
        }
    }
    let mut table: Vec<_> = costs.into_iter().collect();
    table.sort_by_key(|(_, (cost, ..))| std::cmp::Reverse(*cost));
    println!("{:<28} {:>6} {:>9} {:>7}", "action", "row", "us", "bytes");
    for (action, (cost, row, size)) in &table {
        println!("{action:<28} {row:>6} {:>7}.{} {size:>7}", cost / 1_000, cost / 100 % 10);
    }
    let median = table[table.len() / 2].1.0;
    println!("{} actions, median {}.{} us", table.len(), median / 1_000, median / 100 % 10);
}
