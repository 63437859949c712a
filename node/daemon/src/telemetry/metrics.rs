//! What a node counts about itself. Names end in their unit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assent_replica::Status;
use assent_replica::io::CommitNotice;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// All metrics of a node.
pub struct Metrics {
    registry: Registry,
    height: Gauge,
    round: Gauge,
    lag_blocks: Gauge,
    head_age_ms: Gauge,
    mempool_transactions: Gauge,
    mempool_bytes: Gauge,
    peers: Gauge,
    peer_queue_bytes: Gauge,
    inbox_events: Gauge,
    resident_bytes: Gauge,
    disk_bytes: Gauge,
    blocks: Counter,
    transactions: Counter,
    rounds_lost: Counter,
    block_interval_seconds: Histogram,
    commit_seconds: Histogram,
    sync_seconds: Histogram,
    turn_seconds: Histogram,
    job_seconds: Histogram,
    last_block_ms: AtomicU64,
}

/// Bounds of time buckets: 0.25 ms to 16 s, doubling.
fn times() -> Histogram {
    Histogram::new((0..17).map(|power| 0.000_25 * f64::from(1u32 << power)))
}

fn gauge(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("assent"),
            height: Gauge::default(),
            round: Gauge::default(),
            lag_blocks: Gauge::default(),
            head_age_ms: Gauge::default(),
            mempool_transactions: Gauge::default(),
            mempool_bytes: Gauge::default(),
            peers: Gauge::default(),
            peer_queue_bytes: Gauge::default(),
            inbox_events: Gauge::default(),
            resident_bytes: Gauge::default(),
            disk_bytes: Gauge::default(),
            blocks: Counter::default(),
            transactions: Counter::default(),
            rounds_lost: Counter::default(),
            block_interval_seconds: times(),
            commit_seconds: times(),
            sync_seconds: times(),
            turn_seconds: times(),
            job_seconds: times(),
            last_block_ms: AtomicU64::new(0),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let gauges = [
            ("height", "Height of the last durable block", &self.height),
            ("round", "Round of the height in progress", &self.round),
            ("lag_blocks", "Blocks by which the node lies behind the furthest peer", &self.lag_blocks),
            ("head_age_ms", "Milliseconds since the last block's time", &self.head_age_ms),
            ("mempool_transactions", "Transactions that wait for a block", &self.mempool_transactions),
            ("mempool_bytes", "Bytes of transactions that wait", &self.mempool_bytes),
            ("peers", "Connected members", &self.peers),
            ("peer_queue_bytes", "Bytes queued for peers", &self.peer_queue_bytes),
            ("inbox_events", "Events that the ordering thread had to leave for later turns", &self.inbox_events),
            ("resident_bytes", "Memory of the process", &self.resident_bytes),
            ("disk_bytes", "Bytes of the store's files", &self.disk_bytes),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        registry.register("blocks", "Blocks committed since the start", self.blocks.clone());
        registry.register("transactions", "Transactions committed since the start", self.transactions.clone());
        registry.register("rounds_lost", "Rounds that ended without a decision", self.rounds_lost.clone());
        let histograms = [
            ("block_interval", "Time between blocks, by block time", &self.block_interval_seconds),
            ("commit", "Time to write a block durably", &self.commit_seconds),
            ("wal_sync", "Time of one sync of the write-ahead log", &self.sync_seconds),
            ("turn", "Time of one turn of the ordering thread", &self.turn_seconds),
            ("job", "Time of one job", &self.job_seconds),
        ];
        for (name, help, histogram) in histograms {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        }
    }

    /// Counts a durable block.
    pub fn committed(&self, notice: &CommitNotice) {
        self.height.set(i64::try_from(notice.height.0).unwrap_or(i64::MAX));
        self.blocks.inc();
        self.transactions.inc_by(notice.txs.len() as u64);
        self.rounds_lost.inc_by(u64::from(notice.round));
        let last = self.last_block_ms.swap(notice.time.0, Ordering::Relaxed);
        if last > 0 {
            self.block_interval_seconds
                .observe(Duration::from_millis(notice.time.0.saturating_sub(last)).as_secs_f64());
        }
    }

    /// Takes over what the replica says of itself.
    pub fn observe(&self, status: &Status) {
        self.height.set(i64::try_from(status.height.0).unwrap_or(i64::MAX));
        self.round.set(i64::from(status.ordering.round));
        self.lag_blocks.set(i64::try_from(status.lag()).unwrap_or(i64::MAX));
        self.head_age_ms.set(i64::try_from(status.age_ms).unwrap_or(i64::MAX));
        self.mempool_transactions.set(gauge(status.mempool));
        self.mempool_bytes.set(gauge(status.mempool_bytes));
        self.peers.set(gauge(status.peers.len()));
    }

    /// Bytes queued for peers, bytes of the store's files, and the process's memory as the system tells it.
    pub fn observe_process(&self, peer_queue_bytes: usize, disk_bytes: u64) {
        self.peer_queue_bytes.set(gauge(peer_queue_bytes));
        self.disk_bytes.set(i64::try_from(disk_bytes).unwrap_or(i64::MAX));
        self.resident_bytes.set(resident_bytes().unwrap_or(0));
    }

    /// Events left in the inbox after a turn, and how long the turn took.
    pub fn turn(&self, left: usize, took: Duration) {
        self.inbox_events.set(gauge(left));
        self.turn_seconds.observe(took.as_secs_f64());
    }

    /// A sync of the write-ahead log.
    pub fn synced(&self, took: Duration) {
        self.sync_seconds.observe(took.as_secs_f64());
    }

    /// A block was written.
    pub fn wrote_block(&self, took: Duration) {
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A job ran.
    pub fn ran_job(&self, took: Duration) {
        self.job_seconds.observe(took.as_secs_f64());
    }

    /// The OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Memory of this process from `/proc`; `None` where there is no such file.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_every_metric_once() {
        let metrics = Metrics::default();
        metrics.synced(Duration::from_millis(3));
        metrics.observe_process(5, 7);
        let text = metrics.text();
        for name in ["assent_height", "assent_wal_sync_seconds_bucket", "assent_disk_bytes 7", "assent_blocks_total"] {
            assert!(text.contains(name), "{name} is missing in\n{text}");
        }
        assert!(text.contains("assent_wal_sync_seconds_count 1"));
        assert!(resident_bytes().unwrap() > 1 << 20);
    }
}
