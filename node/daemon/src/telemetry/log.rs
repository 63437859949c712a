//! Log output.

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// What is quietened unless the configuration names it: the ordering core writes a line for every vote.
const QUIET: [&str; 4] = ["arc_malachitebft=warn", "informalsystems_malachitebft=warn", "yamux=warn", "libp2p=warn"];

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A filter that does not parse.
    #[error("log filter: {0}")]
    Filter(String),
    /// Logging was started before.
    #[error("logging was started already")]
    Started,
}

/// Starts writing logs to standard error.
///
/// # Errors
/// See [`LogError`].
pub fn init_logging(config: &LogConfig) -> Result<(), LogError> {
    // Directives for a longer target win, so what the operator writes about one of these modules still counts.
    let directives = QUIET.into_iter().chain(std::iter::once(config.filter.as_str())).collect::<Vec<_>>().join(",");
    let filter = EnvFilter::builder().parse(directives).map_err(|error| LogError::Filter(error.to_string()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let started = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|_| LogError::Started)
}
