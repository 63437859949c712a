//! `assent ingest`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use assent_client::ingest::{IngestConfig, IngestError, IngestReport, Ingestor, PseudonymKey, Tally};
use assent_client::vault::{Progress as Stages, VaultError};
use assent_fhir::ingest::{Ingest, Scenario, Summary, read};
use assent_types::hash::{Tag, tagged_value};
use assent_types::ids::{Hash32, Sp};
use assent_types::key::{KeyUsage, SecretKey};
use serde_json::{Value, json};

use super::context::{ClientArgs, Context, block_on_all};
use super::fhir::numbered;
use super::output::{CliError, Output, Progress};
use super::storage::StorageArgs;
use super::{parse, vault};
use crate::keyfile;

/// Flags of `assent ingest`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  assent ingest --bundle bundle.json --scenario scenario.toml --dry-run
  assent ingest --bundle bundle.json --scenario scenario.toml --keyset ID --custodian 11 --custodian 12 --custodian 13 --custodian 14

Patients, bill numbers and salts stay in the private registry, and nothing that is printed names anybody. Repeated, it
goes on where it broke off, and anchors nothing twice. Exit status 0 also if resources were refused: each is named by
its entry, element and number.")]
pub(super) struct IngestArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// FHIR R4 Bundle, or a single resource (JSON)
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// What the resources leave open (TOML, or JSON if the name ends so)
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// Read only, and print the counts
    #[arg(long)]
    dry_run: bool,
    /// Level of assurance of the enrolments, 1 to 3
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    loa: u8,
    #[command(flatten)]
    storage: StorageArgs,
    /// Hand the keys of subjects over: one key file for each, named by its pseudonym, in this folder; the registry keeps
    /// none of them. Without it the registry keeps them
    #[arg(long, value_name = "FOLDER")]
    subject_keys: Option<PathBuf>,
}

pub(super) fn run(args: &IngestArgs, output: &Output) -> Result<(), CliError> {
    let text = parse::text_file(&args.bundle)?;
    let bundle = tagged_value(Tag::Evidence, &("bundle", text.as_bytes()));
    let ingest = read_bundle(args, &text)?;
    drop(text);
    if args.dry_run {
        output.print(&json!({ "read": summary_json(&ingest.summary) }), || read_text(&ingest.summary));
        return Ok(());
    }
    block_on_all(take_over(args, &ingest, bundle, output))
}

fn read_bundle(args: &IngestArgs, text: &str) -> Result<Ingest, CliError> {
    let scenario: Scenario = if args.scenario.extension().is_some_and(|extension| extension == "json") {
        parse::json_file(&args.scenario)?
    } else {
        toml::from_str(&parse::text_file(&args.scenario)?)
            .map_err(|error| CliError::usage(format!("{}: {error}", args.scenario.display())))?
    };
    read(text, &scenario).map_err(numbered)
}

async fn take_over(args: &IngestArgs, ingest: &Ingest, bundle: Hash32, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let (vault, registry) = (vault::open(&context)?, context.registry()?);
    let config = IngestConfig {
        org: context.org()?,
        loa: args.loa,
        storage: args.storage.resolve(&context).await?,
        patience: context.timeout,
    };
    let bill_key = context.bill_key(None)?;
    let pseudonyms = PseudonymKey::new(&context.pseudonym_key()?);
    let ingestor = Ingestor::new(&context.client, &vault, &registry, &context.key, &bill_key, pseudonyms, config);
    let stages = Counts { output, bar: Mutex::default() };
    let done = ingestor.run(ingest, bundle, &stages).await;
    drop(stages);
    let report =
        done.map_err(|error| CliError::from(error).hinted("repeat the command: it goes on where it broke off"))?;
    if let Some(folder) = &args.subject_keys {
        hand_over(&ingestor, folder)?;
    }
    output.print(&report_json(&report), || report_text(&report));
    Ok(())
}

/// Writes the key of every subject that the registry still has.
fn hand_over(ingestor: &Ingestor<'_>, folder: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| CliError::failed(format!("{}: {error}", folder.display())))?;
    ingestor.hand_over(|sp: Sp, key: &SecretKey| -> Result<(), CliError> {
        let file = folder.join(format!("{sp}.key"));
        // A file that is there was written before the registry could forget the key.
        if keyfile::load_any(&file).is_ok_and(|found| found.key.public() == key.public()) {
            return Ok(());
        }
        keyfile::create(&file, KeyUsage::SignTx, key).map_err(CliError::failed)
    })?;
    Ok(())
}

impl From<IngestError> for CliError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Client(error) => error.into(),
            IngestError::Vault(error) => VaultError::into(error),
            IngestError::Registry(error) => Self::failed(error),
            IngestError::Refused(code) => Self::numbered(code, code.hint()),
        }
    }
}

/// Shows how many of each stage are done.
struct Counts<'a> {
    output: &'a Output,
    bar: Mutex<Option<Progress>>,
}

impl Stages for Counts<'_> {
    fn begin(&self, stage: &'static str, total: u64) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        *bar = None;
        *bar = Some(self.output.bar(total, stage));
    }

    fn step(&self, done: u64) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        (0..done).for_each(|_| bar.iter().for_each(Progress::step));
    }
}

fn summary_json(summary: &Summary) -> Value {
    let refused = |refusal: &assent_fhir::ingest::Refusal| {
        json!({
            "entry": refusal.entry,
            "resource": refusal.resource_type,
            "number": refusal.error.code.number(),
            "element": refusal.error.path,
            "problem": refusal.error.problem,
        })
    };
    json!({
        "entries": summary.entries(),
        "accepted": summary.accepted,
        "ignored": summary.ignored,
        "refused": summary.refused.iter().map(refused).collect::<Vec<_>>(),
    })
}

fn read_text(summary: &Summary) -> String {
    let mut text = format!("read {} entries:\n{summary}", summary.entries());
    // Generated Bundles repeat themselves: what is wrong in the same way is one line.
    let mut alike: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for refusal in &summary.refused {
        let entries = alike.entry((&refusal.resource_type, refusal.error.to_string())).or_default();
        entries.push(refusal.entry.to_string());
    }
    for ((resource, error), entries) in alike {
        let entries = format!("entr{} {}", if entries.len() == 1 { "y" } else { "ies" }, entries.join(", "));
        text.push_str(&format!("refused {resource} {entries}: {error}\n"));
    }
    text
}

fn report_json(report: &IngestReport) -> Value {
    let bill = |(bill, total): &(_, assent_types::Money)| json!({ "bill": bill, "total": total.to_string() });
    json!({
        "read": summary_json(&report.read),
        "subjects": report.subjects,
        "documents": report.documents,
        "bills": report.bills,
        "refused": report.refused,
        "made": {
            "subjects": report.pseudonyms,
            "documents": report.made,
            "bills": report.nullifiers.iter().map(bill).collect::<Vec<_>>(),
        },
    })
}

fn report_text(report: &IngestReport) -> String {
    let mut text = read_text(&report.read);
    text.push_str(&format!("{:<34}{:>8}{:>10}{:>10}\n", "on the ledger", "new", "already", "refused"));
    let row =
        |what: &str, tally: &Tally| format!("{what:<34}{:>8}{:>10}{:>10}\n", tally.done, tally.already, tally.refused);
    text.push_str(&row("subjects", &report.subjects));
    for (kind, tally) in &report.documents {
        text.push_str(&row(&format!("documents of {kind}"), tally));
    }
    text.push_str(&row("bills", &report.bills));
    for refused in &report.refused {
        text.push_str(&format!("entry {}: {}: {}\n", refused.entry, refused.element, refused.code));
    }
    text
}
