//! Logs, metrics and health, on a port of its own that is meant for the operator's machine only.

mod http;
mod log;
mod metrics;

pub use http::{TelemetryError, serve, serve_text};
pub use log::{LogError, init_logging};
pub use metrics::Metrics;
