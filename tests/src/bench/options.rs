//! What the command line says.

use std::path::PathBuf;

use super::BenchError;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Transactions: light load, saturation, one node down
    Load,
    /// Documents, accesses and claims through the command line, with custodians and a key service
    Story,
}

/// Measures a network of four nodes on this machine: transactions under load, or documents, accesses and claims.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    name = "assent-bench",
    after_help = "\
Examples:
  scripts/bench
  scripts/bench --quick
  scripts/bench story --json story.json
  scripts/bench --transactions 50000 --json bench.json --plot bench.svg"
)]
pub struct Options {
    /// What to measure
    #[arg(value_enum, default_value = "load")]
    pub what: What,
    /// Folder with the built programs; by default the one of this program
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,
    /// What was built, for the report
    #[arg(long, default_value = "unknown")]
    pub commit: String,
    /// Folder on the disk to measure; the network's files are made below it and removed
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// load: transactions of each saturated run, every one on a subject of its own
    #[arg(long, value_name = "NUMBER", default_value_t = 20_000)]
    pub transactions: usize,
    /// load: subjects to register beforehand, if more than the runs need
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub subjects: usize,
    /// load: seconds of light load
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub light_seconds: usize,
    /// Write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// load: draw latency against rate into this file (SVG)
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// A short run that shows that everything works; its figures mean little
    #[arg(long)]
    pub quick: bool,
    /// load: run only the scenarios whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub only: String,
}

impl Options {
    /// A folder of its own on the disk to measure, removed at the end.
    pub(super) fn folder(&self) -> Result<tempfile::TempDir, BenchError> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("assent-bench-");
        let folder = match &self.dir {
            Some(dir) => folder.tempdir_in(dir),
            None => folder.tempdir(),
        };
        folder.map_err(|error| BenchError::at("temporary folder", error))
    }

    /// The folder of the programs.
    ///
    /// # Errors
    /// If this program's own place is unknown.
    pub fn programs(&self) -> std::io::Result<PathBuf> {
        if let Some(programs) = &self.programs {
            return Ok(programs.clone());
        }
        let own = std::env::current_exe()?;
        Ok(own.parent().map(PathBuf::from).unwrap_or_default())
    }
}
