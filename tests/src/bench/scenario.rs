//! One scenario: a load on the network, and what it took while the load was steady.

use std::time::{Duration, Instant};

use assent_client::Client;
use assent_types::tx::Transaction;
use serde_json::{Value, json};

use super::BenchError;
use super::load::{Load, Progress, start};
use super::machine::{self, SyncProbe};
use super::network::Network;
use super::stats::Spread;

/// How often the progress of a load is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Without any receipt for this long, a run has failed.
const STALL_MAX: Duration = Duration::from_secs(60);

/// What to do.
pub(super) struct Scenario {
    /// Name in reports.
    pub(super) name: &'static str,
    /// The load.
    pub(super) load: Load,
    /// How many transactions.
    pub(super) count: usize,
}

/// A node in the interval that was measured.
#[derive(Clone, Debug)]
pub(super) struct NodeUse {
    /// Its name.
    pub(super) name: String,
    /// Processor time, in seconds.
    pub(super) cpu_s: f64,
    /// Resident memory at the end, in bytes.
    pub(super) resident_bytes: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) name: &'static str,
    pub(super) load: Load,
    /// Length of the interval that was measured, in seconds.
    pub(super) seconds: f64,
    /// Transactions whose receipts were verified in it.
    pub(super) committed: usize,
    /// From submission to the verified receipt, in milliseconds.
    pub(super) latency: Spread,
    /// The nodes that ran.
    pub(super) nodes: Vec<NodeUse>,
    /// Processor time of the load generator, in seconds.
    pub(super) client_cpu_s: f64,
    /// Blocks decided in the interval.
    pub(super) blocks: u64,
    /// The machine's own syncs during the interval, in milliseconds.
    pub(super) sync: Spread,
    /// Load averages before and after.
    pub(super) load_average: (f64, f64),
    /// Mean size of a receipt's proof, in bytes.
    pub(super) proof_bytes: f64,
    /// Transactions with a verified receipt, in the whole run.
    pub(super) verified: usize,
}

impl Figures {
    /// Committed transactions a second.
    pub(super) fn rate(&self) -> f64 {
        self.committed as f64 / self.seconds
    }

    /// Processor seconds of all nodes for a thousand transactions.
    pub(super) fn cpu_per_1000(&self) -> f64 {
        self.per_1000(self.nodes.iter().map(|node| node.cpu_s).sum())
    }

    /// Of the whole interval's seconds, the share for a thousand transactions.
    pub(super) fn per_1000(&self, seconds: f64) -> f64 {
        seconds * 1000.0 / self.committed.max(1) as f64
    }

    /// Transactions in a block, on average.
    pub(super) fn txs_per_block(&self) -> f64 {
        self.committed as f64 / self.blocks.max(1) as f64
    }

    /// For reports; `batch_us` is the cost of a signature check in a batch.
    pub(super) fn json(&self, batch_us: f64) -> Value {
        let nodes: Vec<Value> = self
            .nodes
            .iter()
            .map(|node| {
                json!({
                    "name": node.name,
                    "cpu_s": node.cpu_s,
                    "cpu_s_per_1000_tx": self.per_1000(node.cpu_s),
                    "resident_bytes": node.resident_bytes,
                })
            })
            .collect();
        json!({
            "name": self.name,
            "load": match self.load {
                Load::Open { per_second } => json!({ "kind": "open", "per_second": per_second }),
                Load::Closed { outstanding } => json!({ "kind": "closed", "outstanding": outstanding }),
            },
            "seconds": self.seconds,
            "committed": self.committed,
            "verified_receipts_in_whole_run": self.verified,
            "tx_per_s": self.rate(),
            "latency_ms": self.latency.json(),
            "latency_p50_in_syncs": self.latency.p50 / self.sync.p50,
            "latency_p50_to_floor": self.latency.p50 / (FLOOR_SYNCS * self.sync.p50),
            "cpu_s_per_1000_tx_all_nodes": self.cpu_per_1000(),
            "cpu_to_floor": self.cpu_per_1000() / cpu_floor(self.nodes.len(), batch_us),
            "client_cpu_s_per_1000_tx": self.per_1000(self.client_cpu_s),
            "nodes": nodes,
            "blocks": self.blocks,
            "tx_per_block": self.txs_per_block(),
            "fdatasync_8k_ms": self.sync.json(),
            "load_average": { "start": self.load_average.0, "end": self.load_average.1 },
            "proof_bytes": self.proof_bytes,
        })
    }
}

/// Syncs in sequence before a block is final: proposal, prevote, precommit, commit.
pub(super) const FLOOR_SYNCS: f64 = 4.0;

/// Processor seconds that checking one signature in batches on every node costs for a thousand transactions.
pub(super) fn cpu_floor(nodes: usize, batch_us: f64) -> f64 {
    nodes as f64 * batch_us * 1000.0 / 1e6
}

/// The state of everything at one moment.
struct Moment {
    at: Instant,
    nodes: Vec<f64>,
    client: f64,
    height: u64,
}

impl Moment {
    async fn now(network: &Network, client: &Client) -> Result<Self, BenchError> {
        let mut nodes = Vec::new();
        for node in &network.nodes {
            nodes.push(node.pid().map_or(Ok(0.0), machine::cpu_seconds)?);
        }
        let own = machine::cpu_seconds(std::process::id())?;
        let at = Instant::now();
        let height = client.status().await.map_err(BenchError::new)?.height;
        Ok(Self { at, nodes, client: own, height })
    }
}

impl Scenario {
    /// When the measured interval begins and ends, in transactions that are through: a closed loop is measured while
    /// all its places are taken, an open one from its second second on.
    fn interval(&self, count: usize) -> (usize, usize) {
        match self.load {
            Load::Open { per_second } => ((per_second as usize).min(count / 4), count),
            Load::Closed { outstanding } => {
                let ramp = outstanding.min(count / 3).max(count / 10);
                (ramp, count - outstanding.min(count / 3))
            }
        }
    }

    /// Runs it.
    pub(super) async fn run(
        &self,
        network: &Network,
        clients: &[Client],
        probe: &SyncProbe,
        txs: Vec<Transaction>,
    ) -> Result<Figures, BenchError> {
        let count = txs.len();
        let (first, last) = self.interval(count);
        let progress = Progress::default();
        let load_before = machine::load_average();
        let load = start(self.load, clients, txs, &progress);
        reach(&progress, first).await?;
        probe.take();
        let begin = Moment::now(network, &clients[0]).await?;
        reach(&progress, last).await?;
        let end = Moment::now(network, &clients[0]).await?;
        let sync = probe.take();
        load.join_all().await;
        let (failed, failures) = progress.failures();
        if failed > 0 {
            return Err(network.explain(format!("{}: {failed} of {count} failed: {}", self.name, failures.join("; "))));
        }
        let done = progress.done_between(begin.at, end.at);
        let mut nodes = Vec::new();
        for (index, node) in network.nodes.iter().enumerate() {
            let Some(pid) = node.pid() else { continue };
            nodes.push(NodeUse {
                name: node.name.clone(),
                cpu_s: end.nodes[index] - begin.nodes[index],
                resident_bytes: machine::resident_bytes(pid)?,
            });
        }
        let (verified, proof_bytes) = progress.verified();
        Ok(Figures {
            name: self.name,
            load: self.load,
            seconds: (end.at - begin.at).as_secs_f64(),
            committed: done.len(),
            latency: Spread::of(done.iter().map(|done| done.latency).collect()),
            nodes,
            client_cpu_s: end.client - begin.client,
            blocks: end.height - begin.height,
            sync,
            load_average: (load_before, machine::load_average()),
            proof_bytes,
            verified,
        })
    }
}

/// Waits until so many transactions are through.
async fn reach(progress: &Progress, count: usize) -> Result<(), BenchError> {
    let mut seen = (progress.ended(), Instant::now());
    while progress.ended() < count {
        tokio::time::sleep(LOOK).await;
        if progress.ended() != seen.0 {
            seen = (progress.ended(), Instant::now());
        } else if seen.1.elapsed() > STALL_MAX {
            return Err(BenchError::new(format!("no receipt for {} s", STALL_MAX.as_secs())));
        }
    }
    Ok(())
}
