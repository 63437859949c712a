//! What a step took: time, and processor time by who spent it.

use std::time::Instant;

use serde_json::{Value, json};

use super::super::BenchError;
use super::super::machine;
use super::super::network::Network;
use super::world::Agents;

/// Processor time, in seconds, by who spent it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cpu {
    /// Runs of the command line.
    pub(super) client: f64,
    /// All nodes.
    pub(super) nodes: f64,
    /// All custodians and the key service.
    pub(super) agents: f64,
}

impl Cpu {
    fn so_far(network: &Network, agents: &Agents) -> Result<Self, BenchError> {
        let sum = |pids: Vec<u32>| pids.into_iter().map(machine::cpu_seconds).sum::<Result<f64, _>>();
        Ok(Self {
            client: machine::children_cpu_seconds()?,
            nodes: sum(network.nodes.iter().filter_map(|node| node.pid()).collect())?,
            agents: sum(agents.pids())?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            client: self.client - before.client,
            nodes: self.nodes - before.nodes,
            agents: self.agents - before.agents,
        }
    }

    /// Of everybody.
    pub(super) fn total(self) -> f64 {
        self.client + self.nodes + self.agents
    }

    fn mean(all: &[Self]) -> Self {
        let mean = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
        Self { client: mean(|one| one.client), nodes: mean(|one| one.nodes), agents: mean(|one| one.agents) }
    }
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// From the command to its answer.
    pub(super) seconds: f64,
    /// Processor time in between.
    pub(super) cpu: Cpu,
}

impl Taken {
    /// Measures a step; its result comes along.
    pub(super) fn by<T>(
        network: &Network,
        agents: &Agents,
        step: impl FnOnce() -> Result<T, BenchError>,
    ) -> Result<(Self, T), BenchError> {
        let before = Cpu::so_far(network, agents)?;
        let begun = Instant::now();
        let result = step()?;
        let seconds = begun.elapsed().as_secs_f64();
        Ok((Self { seconds, cpu: Cpu::so_far(network, agents)?.since(before) }, result))
    }
}

/// Repetitions of one kind of step.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// Name in reports.
    pub(super) name: String,
    /// Size of the document, if there is one.
    pub(super) bytes: Option<usize>,
    /// Seconds of each repetition, in ascending order.
    pub(super) seconds: Vec<f64>,
    /// Mean of the repetitions: the system counts in hundredths of a second, too coarse for a median.
    pub(super) cpu: Cpu,
    /// Median time of SHA-256 over the document's bytes, in seconds.
    pub(super) sha256_s: Option<f64>,
}

impl Figures {
    /// Of these repetitions; `sha256_s` are the yardstick's, taken in turns with them.
    pub(super) fn of(name: &str, bytes: Option<usize>, taken: &[Taken], sha256_s: Vec<f64>) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            seconds: sorted(taken.iter().map(|one| one.seconds).collect()),
            cpu: Cpu::mean(&taken.iter().map(|one| one.cpu).collect::<Vec<_>>()),
            sha256_s: (!sha256_s.is_empty()).then(|| median(&sorted(sha256_s))),
        }
    }

    /// Median of the seconds.
    pub(super) fn median_s(&self) -> f64 {
        median(&self.seconds)
    }

    /// Time, and everybody's processor time, as multiples of SHA-256 over the same bytes.
    pub(super) fn to_sha256(&self) -> Option<(f64, f64)> {
        self.sha256_s.map(|sha256_s| (self.median_s() / sha256_s, self.cpu.total() / sha256_s))
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "bytes": self.bytes,
            "repetitions": self.seconds.len(),
            "seconds": { "median": self.median_s(), "min": self.seconds.first(), "max": self.seconds.last() },
            "cpu_s": {
                "client": self.cpu.client,
                "nodes": self.cpu.nodes,
                "agents": self.cpu.agents,
                "total": self.cpu.total(),
            },
            "sha256_s": self.sha256_s,
            "seconds_to_sha256": self.to_sha256().map(|ratios| ratios.0),
            "cpu_to_sha256": self.to_sha256().map(|ratios| ratios.1),
        })
    }
}

fn sorted(mut seconds: Vec<f64>) -> Vec<f64> {
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// The middle one of an ascending list, the upper of two.
fn median(ascending: &[f64]) -> f64 {
    ascending.get(ascending.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_medians_and_processor_times_means() {
        let one = |seconds, client| Taken { seconds, cpu: Cpu { client, nodes: 1.0, agents: 0.0 } };
        let figures = Figures::of("x", Some(1), &[one(9.0, 0.0), one(1.0, 0.0), one(2.0, 3.0)], vec![4.0, 0.5, 0.25]);
        assert_eq!((figures.median_s(), figures.cpu.client, figures.cpu.total()), (2.0, 1.0, 2.0));
        assert_eq!(figures.to_sha256(), Some((4.0, 4.0)));
        assert_eq!(Figures::of("x", None, &[one(9.0, 0.0)], Vec::new()).to_sha256(), None);
    }
}
