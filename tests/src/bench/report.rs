//! What a run says: a table, goals, JSON.

use serde_json::{Value, json};

use super::load::Load;
use super::machine::Setting;
use super::scenario::{FLOOR_SYNCS, Figures, cpu_floor};
use super::table::table;

/// Processor seconds of four nodes for a thousand transactions, at most.
const CPU_GOAL: f64 = 0.60;
/// Of the best rate, at least this share with 4,000 outstanding.
const OVERLOAD_GOAL: f64 = 0.9;
/// Light load: at most so many of the machine's own syncs, plus [`LIGHT_GOAL_MS`].
const LIGHT_GOAL_SYNCS: f64 = 6.0;
const LIGHT_GOAL_MS: f64 = 10.0;

/// Everything that was measured.
pub(super) struct Report {
    pub(super) setting: Setting,
    /// Cost of a signature check alone and in a batch, in microseconds.
    pub(super) signature_us: (f64, f64),
    /// Subjects registered before the scenarios, and how long that took in seconds.
    pub(super) registered: (usize, f64),
    pub(super) figures: Vec<Figures>,
    /// Bytes on disk for each transaction, registrations included, on one node.
    pub(super) disk_bytes_per_tx: f64,
}

/// A goal, and whether the run met it.
struct Goal {
    text: String,
    met: bool,
}

impl Report {
    fn find(&self, wanted: Load) -> Option<&Figures> {
        self.figures.iter().find(|one| one.load == wanted && one.nodes.len() == 4)
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        if let Some(one) = self.find(Load::Closed { outstanding: 1000 }) {
            let cpu = one.cpu_per_1000();
            let text =
                format!("CPU at 1,000 outstanding: {cpu:.2} s / 1,000 tx over four nodes, goal <= {CPU_GOAL:.2}");
            goals.push(Goal { text, met: cpu <= CPU_GOAL });
        }
        if let Some(one) = self.find(Load::Open { per_second: 20 }) {
            let goal = LIGHT_GOAL_SYNCS * one.sync.p50 + LIGHT_GOAL_MS;
            let text = format!(
                "p50 at 20 tx/s: {:.1} ms, goal <= {LIGHT_GOAL_SYNCS:.0} x {:.2} ms + {LIGHT_GOAL_MS:.0} ms = {goal:.1} ms",
                one.latency.p50, one.sync.p50
            );
            goals.push(Goal { text, met: one.latency.p50 <= goal });
        }
        if let Some(one) = self.find(Load::Closed { outstanding: 4000 }) {
            let best = self.figures.iter().filter(|one| one.nodes.len() == 4).map(Figures::rate).fold(0.0, f64::max);
            let share = one.rate() / best;
            let text = format!(
                "rate at 4,000 outstanding: {:.0} tx/s, {share:.2} of the best rate seen, goal >= {OVERLOAD_GOAL}",
                one.rate()
            );
            goals.push(Goal { text, met: share >= OVERLOAD_GOAL });
        }
        goals
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let head = [
            "scenario",
            "tx/s",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "CPU s/1k tx",
            "x floor",
            "client",
            "RSS MB",
            "tx/block",
            "blocks",
            "sync p50",
            "p50/sync",
            "load",
        ];
        let rows: Vec<Vec<String>> = self.figures.iter().map(|one| self.row(one)).collect();
        let (alone, batched) = self.signature_us;
        let mut lines = vec![
            self.setting.title(),
            format!(
                "ed25519 check {alone:.1} us alone, {batched:.1} us in a batch; idle 8 kB fdatasync p50 {:.2} ms; \
                 {} subjects registered in {:.1} s",
                self.setting.idle_sync.p50, self.registered.0, self.registered.1
            ),
            String::new(),
            table(&head, &rows),
            String::new(),
            "CPU s/1k tx: user and system time of all node processes for 1,000 committed transactions; its floor is"
                .into(),
            format!(
                "one batched signature check on each node ({:.2} s). client: the load generator's CPU s/1k tx.",
                cpu_floor(4, batched)
            ),
            format!(
                "sync p50: the machine's own 8 kB fdatasync during the run, in ms; finality needs {FLOOR_SYNCS:.0} in sequence."
            ),
            "load: one-minute load averages before and after. Every receipt was verified against the chain id.".into(),
            String::new(),
        ];
        if let Some(last) = self.figures.last() {
            let disk = self.disk_bytes_per_tx;
            lines.push(format!(
                "disk: {disk:.0} bytes a transaction and node; proof of a receipt: {:.0} bytes",
                last.proof_bytes
            ));
        }
        for one in &self.figures {
            let each = |node: &super::scenario::NodeUse| format!("{} {:.3}", node.name, one.per_1000(node.cpu_s));
            let nodes: Vec<String> = one.nodes.iter().map(each).collect();
            lines.push(format!("CPU s/1k tx of each process, {}: {}", one.name, nodes.join(", ")));
        }
        if !self.setting.quick {
            lines.push(String::new());
            let goal = |goal: &Goal| format!("{} {}", if goal.met { "met   " } else { "missed" }, goal.text);
            lines.extend(self.goals().iter().map(goal));
        }
        lines.join("\n")
    }

    fn row(&self, one: &Figures) -> Vec<String> {
        let resident = one.nodes.iter().map(|node| node.resident_bytes).max().unwrap_or_default();
        vec![
            one.name.to_owned(),
            format!("{:.0}", one.rate()),
            format!("{:.1}", one.latency.p50),
            format!("{:.1}", one.latency.p90),
            format!("{:.1}", one.latency.p99),
            format!("{:.2}", one.cpu_per_1000()),
            format!("{:.1}", one.cpu_per_1000() / cpu_floor(one.nodes.len(), self.signature_us.1)),
            format!("{:.2}", one.per_1000(one.client_cpu_s)),
            format!("{:.0}", resident as f64 / 1e6),
            format!("{:.1}", one.txs_per_block()),
            one.blocks.to_string(),
            format!("{:.2}", one.sync.p50),
            format!("{:.1}", one.latency.p50 / one.sync.p50),
            format!("{:.1}-{:.1}", one.load_average.0, one.load_average.1),
        ]
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let goal = |goal: Goal| json!({ "goal": goal.text, "met": goal.met });
        let mut value = self.setting.json();
        value["machine"]["ed25519_check_us"] = json!(self.signature_us.0);
        value["machine"]["ed25519_check_in_batch_us"] = json!(self.signature_us.1);
        value["registered_subjects"] = json!(self.registered.0);
        value["registration_seconds"] = json!(self.registered.1);
        value["disk_bytes_per_tx_and_node"] = json!(self.disk_bytes_per_tx);
        value["scenarios"] = self.figures.iter().map(|one| one.json(self.signature_us.1)).collect();
        value["goals"] = self.goals().into_iter().map(goal).collect();
        value
    }
}
