//! `assent doc put`.

use std::path::PathBuf;

use assent_client::vault::{NewDocument, Vault, VaultError};
use assent_types::codec::Text;
use assent_types::consent::Category;
use assent_types::document::ChangeReason;
use assent_types::ids::{AnchorId, Day, Hash32, OrgId, Sp};
use assent_types::state::StateKey;
use serde_json::json;

use super::args::SaveArgs;
use super::context::{ClientArgs, Context};
use super::doc::stored_text;
use super::output::{CliError, Output};
use super::parse;
use super::storage::StorageArgs;
use super::vault::{self, Bars};

/// Flags of `assent doc put`.
#[derive(clap::Args)]
pub(super) struct PutArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The file; it is read twice and must not change meanwhile
    #[arg(required_unless_present = "resume", requires_all = ["sp", "category", "day", "keyset", "custodian"])]
    file: Option<PathBuf>,
    /// Go on with an upload that broke off
    #[arg(long, value_name = "ID", conflicts_with = "file")]
    resume: Option<Hash32>,
    /// Whose document, under the pseudonym for its controller
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Option<Sp>,
    /// Who controls it; the own organisation if absent
    #[arg(long, value_name = "ORG")]
    controller: Option<OrgId>,
    /// Category, as LAB or RAD_REPORT
    #[arg(long, value_name = "CATEGORY")]
    category: Option<Category>,
    /// Grade 1 to 5; 5 stands on the ledger as a commitment only
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=5))]
    grade: u8,
    /// Important data, which no GBA standard contract carries
    #[arg(long)]
    important: bool,
    /// Day of service; only its month stands on the ledger in clear
    #[arg(long, value_name = "DATE", value_parser = parse::day)]
    day: Option<Day>,
    /// Type of the document, a code such as LOINC's; it is encrypted with the document
    #[arg(long = "type", value_name = "CODE", default_value = "")]
    document_type: String,
    #[command(flatten)]
    storage: StorageArgs,
    /// The version that it corrects, which has to be the latest
    #[arg(long, value_name = "ID", requires = "reason")]
    corrects: Option<AnchorId>,
    /// Why: replaces, appends or entered-in-error
    #[arg(long, value_name = "REASON", requires = "corrects")]
    reason: Option<ChangeReason>,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) async fn run(args: &PutArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let vault = vault::open(&context)?;
    let bars = Bars::new(output);
    let before = vault.unfinished()?;
    let put = match (&args.file, args.resume) {
        (Some(file), _) => {
            let document = document(args, &context, &vault).await?;
            vault.put(&context.key, file, &document, &bars).await
        }
        (None, Some(upload)) => vault.resume(&upload, &bars).await,
        (None, None) => return Err(CliError::usage("name a file, or an upload with --resume")),
    };
    drop(bars);
    let stored = put.map_err(|error| go_on(error, &vault, &before))?;
    args.save.record(&context, StateKey::Anchor(stored.anchor)).await?;
    output.print(&json!({ "document": stored }), || stored_text(&stored));
    Ok(())
}

/// Says how to go on with the upload that an error has left.
fn go_on(error: VaultError, vault: &Vault, before: &[Hash32]) -> CliError {
    let left = vault.unfinished().unwrap_or_default().into_iter().find(|upload| !before.contains(upload));
    let error = CliError::from(error);
    match left {
        Some(upload) => error.hinted(&format!("go on with: assent doc put --resume {upload}")),
        None => error,
    }
}

async fn document(args: &PutArgs, context: &Context, vault: &Vault) -> Result<NewDocument, CliError> {
    let missing = |flag: &str| CliError::usage(format!("{flag} is missing"));
    let author = context.org()?;
    let storage = args.storage.resolve(context).await?;
    let corrects = match (args.corrects, args.reason) {
        (Some(prev), Some(reason)) => Some((prev, vault.anchor(prev).await?.body.version, reason)),
        _ => None,
    };
    Ok(NewDocument {
        subject: args.sp.ok_or_else(|| missing("--sp"))?,
        controller: args.controller.unwrap_or(author),
        author,
        category: args.category.ok_or_else(|| missing("--category"))?,
        grade: args.grade,
        important: args.important,
        service_day: args.day.ok_or_else(|| missing("--day"))?,
        document_type: Text::new(args.document_type.as_str()).map_err(CliError::usage)?,
        keyset: storage.keyset,
        custody: storage.custody,
        coding: storage.coding,
        residency: storage.residency,
        retention_until: storage.retention_until,
        corrects,
    })
}
