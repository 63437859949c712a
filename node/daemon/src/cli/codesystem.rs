//! `assent code-system`.

use std::path::PathBuf;

use assent_fhir::terminology::CodeTable;
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
use super::fhir::numbered;
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
Example:
  assent code-system map --from-code 1/20 --to-code 2/10 --content map.txt --effective 2026-12-01 \\
      --reviewer regulator.key --reviewer hospital.key

The file has a source code and its target to a line, with white space between. How many rows it has, and whether several
codes have one target, so that nothing is ever mapped back, is read from it.")]
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
    let register = registration(args)?;
    let (rows, many_to_one) = (register.rows, register.many_to_one);
    let receipt = execute(&args.reviewed, Action::RegisterCodeMap(Box::new(register)), output).await?;
    let id = code_map_id_of(&receipt.receipt.tx);
    let value = json!({ "code_map": id, "rows": rows, "many_to_one": many_to_one, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        let kind = if many_to_one { "several codes to one, so nothing maps back" } else { "one to one" };
        format!("code map {id} of {rows} rows registered: {kind}\n{}", receipt_text(&receipt))
    });
    Ok(())
}

/// What is registered of a map: the file says what it is, nobody else.
fn registration(args: &MapArgs) -> Result<RegisterCodeMap, CliError> {
    let table = CodeTable::read(&parse::text_file(&args.reviewed.content)?).map_err(numbered)?;
    Ok(table.registration(args.from_code, args.to_code, args.effective))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        map: MapArgs,
    }

    const FLAGS: [&str; 9] =
        ["map", "--from-code", "1/20", "--to-code", "2/10", "--effective", "2026-12-01", "--reviewer", "r.key"];

    fn of(table: &str, more: &[&str]) -> Result<RegisterCodeMap, CliError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), table).unwrap();
        let line = FLAGS.iter().chain(more).map(OsString::from).chain(["--content".into(), file.path().into()]);
        registration(&Line::try_parse_from(line).map_err(CliError::usage)?.map)
    }

    #[test]
    fn the_file_says_of_a_map_what_it_is() {
        let of_map = |table| of(table, &[]).map(|register| (register.rows, register.many_to_one));
        assert_eq!(of_map("A00 B00\nA01 B01\n").unwrap(), (2, false));
        assert_eq!(of_map("A00 B00\nA01 B00\nA02\tB02\n").unwrap(), (3, true), "nobody has to say so");
        let content = assent_fhir::terminology::content_hash("A00 B00\n");
        assert_eq!(of("A00 B00\n", &[]).unwrap().content, content);
        for no_map in ["A00 B00\nA00 B01\n", "A00\n", ""] {
            let error = of(no_map, &[]).unwrap_err();
            assert!(matches!(error, CliError::Numbered { .. }), "{no_map:?}: {error:?}");
        }
        for believed in [["--rows", "2"].as_slice(), &["--many-to-one"]] {
            assert!(matches!(of("A00 B00\n", believed), Err(CliError::Usage(_))), "{believed:?} would be believed");
        }
    }
}
