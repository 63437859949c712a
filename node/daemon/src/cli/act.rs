//! Signing an act on a record, and saying what became of it.

use std::path::PathBuf;

use assent_client::FinalReceipt;
use assent_types::action::Action;
use serde_json::{Map, Value};

use super::args::{SaveArgs, Signer};
use super::context::{ClientArgs, Context, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};

/// An act on a record.
pub(super) struct Act<'a> {
    pub(super) client: &'a ClientArgs,
    pub(super) save: &'a SaveArgs,
    /// What kind of record it is, as a JSON key.
    pub(super) kind: &'static str,
    /// What was done, for people.
    pub(super) done: &'static str,
    /// Who signs; the own organisation if absent.
    pub(super) signer: Option<Signer>,
    /// Key files of those who sign too.
    pub(super) cosigners: &'a [PathBuf],
    /// What the signer has to keep, such as salts.
    pub(super) kept: Map<String, Value>,
}

impl<'a> Act<'a> {
    pub(super) fn new(client: &'a ClientArgs, save: &'a SaveArgs, kind: &'static str, done: &'static str) -> Self {
        Self { client, save, kind, done, signer: None, cosigners: &[], kept: Map::new() }
    }

    /// Signs the action, waits for its receipt and prints it with the record's identifier, which a new record has from
    /// the receipt.
    pub(super) async fn execute(
        self,
        action: Action,
        id: impl FnOnce(&FinalReceipt) -> String,
        output: &Output,
    ) -> Result<(), CliError> {
        let context = Context::open(self.client)?;
        let cosigners = self.cosigners.iter().map(|path| load_key(path)).collect::<Result<Vec<_>, _>>()?;
        let cosigners: Vec<_> = cosigners.iter().collect();
        let key = self.signer.as_ref().map_or(&context.key, |signer| signer.key(&context));
        let receipt = context.execute(output, key, action, &cosigners).await?;
        self.save.receipt(&receipt)?;
        let id = id(&receipt);
        let mut value = self.kept;
        value.insert(self.kind.into(), Value::String(id.clone()));
        value.insert("receipt".into(), receipt_json(&receipt));
        output.print(&Value::Object(value), || format!("{} {id} {}\n{}", self.kind, self.done, receipt_text(&receipt)));
        Ok(())
    }
}
