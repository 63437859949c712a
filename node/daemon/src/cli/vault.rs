//! What commands on documents share: the vault of a client configuration, progress, results.

use std::sync::{Mutex, PoisonError};

use assent_client::vault::{Progress, Vault, VaultConfig, VaultError};
use assent_types::access::Reason;
use serde_json::json;

use super::context::Context;
use super::output::{CliError, Output, Transfer};

/// The vault that a client configuration describes.
pub(super) fn open(context: &Context) -> Result<Vault, CliError> {
    let registry = context.registry()?;
    let missing = || CliError::usage("the client configuration names no registry; documents need one");
    let files = context.vault.as_ref().ok_or_else(missing)?;
    let config = VaultConfig {
        custodians: files.custodians.clone(),
        key_services: files.key_services.clone(),
        journals: files.uploads.clone(),
        patience: context.timeout,
    };
    Ok(Vault::new(context.client.clone(), registry, config)?)
}

/// Shows the stages of a transfer, one bar after the other.
pub(super) struct Bars<'a> {
    output: &'a Output,
    bar: Mutex<Option<Transfer>>,
}

impl<'a> Bars<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self { output, bar: Mutex::default() }
    }
}

impl Progress for Bars<'_> {
    fn begin(&self, stage: &'static str, total: u64) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        *bar = None;
        *bar = Some(self.output.transfer(total, stage));
    }

    fn step(&self, done: u64) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.add(done);
        }
    }
}

/// A denial is a result: it has its reasons. Everything else stays an error.
pub(super) fn denied(output: &Output, error: VaultError) -> CliError {
    let VaultError::Denied { session, reasons } = error else { return error.into() };
    let value = json!({ "session": session, "permit": false, "reasons": reasons });
    let named: Vec<_> = reasons.iter().map(|reason| format!("{reason} {reason:?}")).collect();
    let to_confirm = reasons == [Reason::ConfirmMissing];
    output.print(&value, || {
        let hint = if to_confirm { "\nlet the subject confirm it: see `assent access prepare`" } else { "" };
        format!("deny: {}\nrecorded in session {session}{hint}", named.join(", "))
    });
    CliError::Told
}
