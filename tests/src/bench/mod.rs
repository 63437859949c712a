//! The bench: starts a network of its own on the loopback interface, drives it through the client library, and reports
//! what a transaction costs and how long finality takes.
//!
//! A transaction is a consent granted by a subject with its own key, on a subject of its own. It counts as committed
//! when the client has verified its receipt against the chain id. The processor time of the servers is read from
//! `/proc` for the node processes alone; the load generator's is reported beside it. Every figure that depends on the
//! machine is also given as a ratio to what the machine itself needs: its own syncs, measured during the same run under
//! the same load, and its own signature checks.

mod load;
mod machine;
mod network;
mod options;
mod plot;
mod report;
mod run;
mod scenario;
mod stats;
mod story;
mod table;
mod workload;

pub use options::{Options, What};
pub use run::run;

/// Why a run gave no figures.
#[derive(Debug)]
pub struct BenchError(String);

impl BenchError {
    fn new(problem: impl std::fmt::Display) -> Self {
        Self(problem.to_string())
    }

    fn at(what: impl std::fmt::Display, problem: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {problem}"))
    }
}

impl std::fmt::Display for BenchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BenchError {}
