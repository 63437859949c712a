//! `assent code-system`.

use std::path::PathBuf;

use assent_types::Text;
use assent_types::action::Action;
use assent_types::claim::CodeRef;
use assent_types::codesystem::{RegisterCodeMap, RegisterCodeSystem, code_map_id_of};
use assent_types::ids::{Hash32, Millis};
use assent_types::state::{Record, StateKey};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent code-system`.
#[derive(clap::Subcommand)]
pub(super) enum CodeSystemVerb {
    /// Register a version of a code system, as a code authority (CM-01)
    #[command(after_help = "\
Example: reviewers of two jurisdictions co-sign
  assent code-system register --code 1/20 --name ICD-10 --version-name 2.0 --publisher NHSA --content icd10.csv \\
      --from 2026-01-01 --licence open --reviewer regulator.key --reviewer hospital.key")]
    Register(Box<RegisterArgs>),
    /// Register a map from one version to another, as a code authority (CM-02)
    #[command(after_help = "\
Example: several codes have one target, so nothing maps back
  assent code-system map --from-code 1/20 --to-code 2/10 --content map.csv --rows 35590 --many-to-one \\
      --effective 2026-12-01 --reviewer regulator.key --reviewer hospital.key")]
    Map(Box<MapArgs>),
    /// Show a version of a code system, with proof
    #[command(after_help = "Example:\n  assent code-system show --code 1/20")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// Which, as SYSTEM/VERSION
        #[arg(long, value_name = "CODES", value_parser = parse::code_ref)]
        code: CodeRef,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Who reviews, and where the content is.
#[derive(clap::Args)]
pub(super) struct ReviewedArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// File with the content; its hash goes to the ledger
    #[arg(long, value_name = "FILE")]
    content: PathBuf,
    /// Key file of a reviewer, who co-signs; two jurisdictions at least; repeatable
    #[arg(long, value_name = "FILE", required = true)]
    reviewer: Vec<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

/// Flags of `assent code-system register`.
#[derive(clap::Args)]
pub(super) struct RegisterArgs {
    #[command(flatten)]
    reviewed: ReviewedArgs,
    /// Its number and version, as SYSTEM/VERSION
    #[arg(long, value_name = "CODES", value_parser = parse::code_ref)]
    code: CodeRef,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// The version, as its publisher writes it
    #[arg(long, value_name = "TEXT")]
    version_name: String,
    /// Who publishes it
    #[arg(long, value_name = "TEXT")]
    publisher: String,
    /// First day on which it is in force
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    from: Millis,
    /// First day after its end
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    to: Option<Millis>,
    /// Under which licence its content may be used
    #[arg(long, value_name = "TEXT")]
    licence: String,
}

/// Flags of `assent code-system map`.
#[derive(clap::Args)]
pub(super) struct MapArgs {
    #[command(flatten)]
    reviewed: ReviewedArgs,
    /// From which version, as SYSTEM/VERSION
    #[arg(long, value_name = "CODES", value_parser = parse::code_ref)]
    from_code: CodeRef,
    /// To which version, as SYSTEM/VERSION
    #[arg(long, value_name = "CODES", value_parser = parse::code_ref)]
    to_code: CodeRef,
    /// Number of rows
    #[arg(long, value_name = "COUNT")]
    rows: u32,
    /// Several source codes have one target
    #[arg(long)]
    many_to_one: bool,
    /// First day on which it is in force, 30 days ahead at least
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    effective: Millis,
}

pub(super) fn run(verb: CodeSystemVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        CodeSystemVerb::Register(args) => block_on(register(&args, output)),
        CodeSystemVerb::Map(args) => block_on(map(&args, output)),
        CodeSystemVerb::Show { client, code, save } => block_on(async {
            let context = Context::open(&client)?;
            let (Record::CodeSystem(found), bundle) = context.record(StateKey::CodeSystem(code)).await? else {
                return Err(CliError::failed("the ledger has no code system there"));
            };
            save.save(&bundle)?;
            output.print(&json!({ "code_system": found }), || {
                let (name, version) = (found.name.as_str(), found.version.as_str());
                format!("{}/{}: {name} {version}, content {}", code.system, code.version, found.content)
            });
            Ok(())
        }),
    }
}

fn text<const MAX: usize>(text: &str) -> Result<Text<MAX>, CliError> {
    Text::new(text).map_err(CliError::usage)
}

fn content(args: &ReviewedArgs) -> Result<Hash32, CliError> {
    Ok(Hash32(Sha256::digest(parse::file(&args.content)?).into()))
}

/// Signs, has the reviewers co-sign, and waits for the receipt.
async fn execute(
    args: &ReviewedArgs,
    action: Action,
    output: &Output,
) -> Result<assent_client::FinalReceipt, CliError> {
    let context = Context::open(&args.client)?;
    let reviewers = args.reviewer.iter().map(|path| load_key(path)).collect::<Result<Vec<_>, _>>()?;
    let receipt = context.execute(output, &context.key, action, &reviewers.iter().collect::<Vec<_>>()).await?;
    args.save.receipt(&receipt)?;
    Ok(receipt)
}

async fn register(args: &RegisterArgs, output: &Output) -> Result<(), CliError> {
    let register = RegisterCodeSystem {
        system: args.code,
        name: text(&args.name)?,
        version: text(&args.version_name)?,
        publisher: text(&args.publisher)?,
        content: content(&args.reviewed)?,
        effective_from: args.from,
        effective_to: args.to,
        licence: text(&args.licence)?,
    };
    let receipt = execute(&args.reviewed, Action::RegisterCodeSystem(Box::new(register)), output).await?;
    let value = json!({ "code": args.code, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        format!("code system {}/{} registered\n{}", args.code.system, args.code.version, receipt_text(&receipt))
    });
    Ok(())
}

async fn map(args: &MapArgs, output: &Output) -> Result<(), CliError> {
    let register = RegisterCodeMap {
        src: args.from_code,
        dst: args.to_code,
        content: content(&args.reviewed)?,
        rows: args.rows,
        many_to_one: args.many_to_one,
        effective: args.effective,
    };
    let receipt = execute(&args.reviewed, Action::RegisterCodeMap(Box::new(register)), output).await?;
    let id = code_map_id_of(&receipt.receipt.tx);
    let value = json!({ "code_map": id, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("code map {id} registered\n{}", receipt_text(&receipt)));
    Ok(())
}
