//! What a story says of itself: a table, JSON.

use serde_json::{Value, json};

use super::super::machine::Setting;
use super::super::stats::Spread;
use super::super::table::table;
use super::meter::{Figures, Taken};

/// Everything that was measured.
pub(in super::super) struct Report {
    pub(super) setting: Setting,
    /// Over one minute, before and after.
    pub(super) load_average: (f64, f64),
    /// Syncs of the machine during the story.
    pub(super) sync: Spread,
    /// An interval in which nobody asked for anything.
    pub(super) idle: Taken,
    pub(super) figures: Vec<Figures>,
}

impl Report {
    /// For people.
    pub(in super::super) fn text(&self) -> String {
        let head = [
            "step",
            "runs",
            "seconds",
            "min",
            "max",
            "CPU s",
            "client",
            "nodes",
            "agents",
            "SHA-256 ms",
            "s/SHA-256",
            "CPU/SHA-256",
        ];
        let rows: Vec<Vec<String>> = self.figures.iter().map(row).collect();
        let per_second = |cpu_s: f64| cpu_s / self.idle.seconds;
        [
            self.setting.title(),
            format!(
                "load average {:.1} before, {:.1} after; 8 kB fdatasync p50 {:.2} ms idle, {:.2} ms during the story",
                self.load_average.0, self.load_average.1, self.setting.idle_sync.p50, self.sync.p50
            ),
            format!(
                "with nothing to do, CPU s in each second: nodes {:.3}, agents {:.3}",
                per_second(self.idle.cpu.nodes),
                per_second(self.idle.cpu.agents)
            ),
            String::new(),
            table(&head, &rows),
            String::new(),
            "seconds: median of the runs, each from the start of the command to its end. CPU s: mean over the runs of user and".into(),
            "system time, of the commands, of four nodes, and of four custodians with one key service.".into(),
            "PUT: encrypt, encode, anchor, store with four custodians, until active. access: request, decision, key, shards,".into(),
            "decryption, acknowledgement. GET: shards and decryption alone, in a session that is open. claim: case, bill,".into(),
            "submission, acceptance, approval, payment order, bank's acceptance and reference, acknowledgement: nine commands.".into(),
            "SHA-256 ms: median of one pass over the document on one core, taken in turns with the step; s/ and CPU/SHA-256:"
                .into(),
            "time, and everybody's CPU time, as multiples of it. The four custodians keep twice the document's bytes.".into(),
        ]
        .join("\n")
    }

    /// For programs.
    pub(in super::super) fn json(&self) -> Value {
        let mut value = self.setting.json();
        value["load_average"] = json!({ "start": self.load_average.0, "end": self.load_average.1 });
        value["fdatasync_8k_ms"] = self.sync.json();
        value["idle"] = json!({
            "seconds": self.idle.seconds,
            "cpu_s": { "nodes": self.idle.cpu.nodes, "agents": self.idle.cpu.agents },
        });
        value["story"] = self.figures.iter().map(Figures::json).collect();
        value
    }
}

fn row(one: &Figures) -> Vec<String> {
    let seconds = |seconds: Option<&f64>| seconds.map(|seconds| format!("{seconds:.3}")).unwrap_or_default();
    // Small documents take as long as the ledger does: hundreds and thousands of times the hash, without decimals.
    let shown = |ratio: f64| if ratio < 100.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") };
    let ratio = |ratio: Option<f64>| ratio.map(shown).unwrap_or_default();
    vec![
        one.name.clone(),
        one.seconds.len().to_string(),
        format!("{:.3}", one.median_s()),
        seconds(one.seconds.first()),
        seconds(one.seconds.last()),
        format!("{:.3}", one.cpu.total()),
        format!("{:.3}", one.cpu.client),
        format!("{:.3}", one.cpu.nodes),
        format!("{:.3}", one.cpu.agents),
        one.sha256_s.map(|seconds| format!("{:.3}", seconds * 1e3)).unwrap_or_default(),
        ratio(one.to_sha256().map(|ratios| ratios.0)),
        ratio(one.to_sha256().map(|ratios| ratios.1)),
    ]
}
