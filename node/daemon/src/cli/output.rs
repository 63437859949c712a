//! What the command line prints.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use assent_client::ClientError;
use assent_client::vault::VaultError;
use assent_types::error::ErrorCode;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// Why a command failed.
#[derive(Debug)]
pub(super) enum CliError {
    /// Exit status 2: a flag or file does not make sense.
    Usage(String),
    /// Exit status 1: refused, with a number.
    Numbered {
        /// The number.
        code: ErrorCode,
        /// What was found.
        detail: String,
        /// The transaction, if there is one.
        tx: Option<String>,
    },
    /// Exit status 1: it did not work.
    Failed(String),
    /// Exit status 1, and the result itself says why; nothing more is printed.
    Told,
    /// The node's own exit status.
    Node(u8, String),
}

impl CliError {
    pub(super) fn usage(message: impl std::fmt::Display) -> Self {
        Self::Usage(message.to_string())
    }

    pub(super) fn failed(message: impl std::fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }

    pub(super) fn numbered(code: ErrorCode, detail: impl std::fmt::Display) -> Self {
        Self::Numbered { code, detail: detail.to_string(), tx: None }
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused { code, detail } => Self::Numbered { code, detail, tx: None },
            ClientError::Config(problem) => Self::Usage(problem),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<VaultError> for CliError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Client(error) => error.into(),
            error => match error.code() {
                Some(code) => Self::Numbered { code, detail: without_number(code, &error.to_string()), tx: None },
                None => Self::Failed(error.to_string()),
            },
        }
    }
}

/// An error's text without the number at its beginning, which is printed anyway.
fn without_number(code: ErrorCode, text: &str) -> String {
    text.strip_prefix(&format!("{code}: ")).unwrap_or(text).to_owned()
}

impl CliError {
    /// The same error, and what to do next.
    pub(super) fn hinted(self, hint: &str) -> Self {
        let more = |text: String| format!("{text}\n{hint}");
        match self {
            Self::Numbered { code, detail, tx } => Self::Numbered { code, detail: more(detail), tx },
            Self::Failed(text) => Self::Failed(more(text)),
            other => other,
        }
    }
}

/// Where results go.
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: the JSON value, or the text.
    pub(super) fn print(&self, value: &Value, text: impl FnOnce() -> String) {
        let line = if self.json { format!("{value:#}") } else { text() };
        // A reader that went away has seen all that it wants.
        let _ = writeln!(std::io::stdout(), "{}", line.trim_end());
    }

    /// Prints one of many results, as one line of JSON or text.
    pub(super) fn print_line(&self, value: &Value, text: impl FnOnce() -> String) -> std::io::Result<()> {
        let line = if self.json { value.to_string() } else { text() };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", line.trim_end())?;
        out.flush()
    }

    /// Prints an error and gives the exit status.
    pub(super) fn fail(&self, error: &CliError) -> ExitCode {
        let (status, value, text) = match error {
            CliError::Usage(message) => (2, json!({ "error": { "message": message } }), message.clone()),
            CliError::Failed(message) => (1, json!({ "error": { "message": message } }), message.clone()),
            CliError::Numbered { code, detail, tx } => {
                let value = json!({
                    "error": { "number": code.number(), "name": code.name(), "message": detail, "hint": code.hint() },
                    "tx": tx,
                });
                let tx = tx.as_ref().map(|tx| format!(" (transaction {tx})")).unwrap_or_default();
                (1, value, format!("{code}: {detail}{tx}"))
            }
            CliError::Told => return ExitCode::FAILURE,
            CliError::Node(status, message) => (*status, json!({ "error": { "message": message } }), message.clone()),
        };
        if self.json {
            let _ = writeln!(std::io::stdout(), "{value:#}");
        } else {
            let _ = writeln!(std::io::stderr(), "error: {text}");
        }
        ExitCode::from(status)
    }

    /// Shows that something is going on, on a terminal only.
    pub(super) fn spinner(&self, message: &'static str) -> Progress {
        if self.json || !std::io::stderr().is_terminal() {
            return Progress(None);
        }
        let bar = ProgressBar::new_spinner().with_message(message);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(Some(bar))
    }

    /// Shows how many bytes of a transfer are done, on a terminal only.
    pub(super) fn transfer(&self, total: u64, message: &'static str) -> Transfer {
        if self.json || !std::io::stderr().is_terminal() {
            return Transfer(None);
        }
        let bar = ProgressBar::new(total).with_message(message);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {bytes}/{total_bytes} {bytes_per_sec}") {
            bar.set_style(style);
        }
        Transfer(Some(bar))
    }

    /// Shows how much of something is done, on a terminal only.
    pub(super) fn bar(&self, total: u64, message: &'static str) -> Progress {
        if self.json || !std::io::stderr().is_terminal() {
            return Progress(None);
        }
        let bar = ProgressBar::new(total).with_message(message);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}") {
            bar.set_style(style);
        }
        Progress(Some(bar))
    }
}

/// How much of a transfer is done; gone when dropped.
pub(super) struct Transfer(Option<ProgressBar>);

impl Transfer {
    /// So many more bytes are done.
    pub(super) fn add(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A progress display; gone when dropped.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Counts one more as done.
    pub(super) fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Writes a file that the user asked for.
pub(super) fn save(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|error| CliError::failed(format!("{}: {error}", path.display())))
}
