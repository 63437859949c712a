//! `assent case`.

use std::path::PathBuf;

use assent_client::claims::{CaseNote, commit};
use assent_types::action::Action;
use assent_types::case::{Capability, Case, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::ids::{CaseId, Hash32, Millis, OrgId, Sp};
use assent_types::state::{Record, StateKey};
use serde_json::json;

use super::args::{EvidenceArgs, GrantorArgs, SaveArgs};
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent case`.
#[derive(clap::Subcommand)]
pub(super) enum CaseVerb {
    /// Open a case (CS-01): by the subject, a proxy, or the provider that attests the subject's will
    #[command(after_help = "\
Examples:
  assent case open --sp PSEUDONYM --insurer 3 --provider 1 --plan plan.pdf --exp 2026-12-31 --subject-key patient.key
  assent case open --sp PSEUDONYM --insurer 3 --plan plan.pdf --exp 2026-12-31 --cap '10000.00 HKD' --subject-key patient.key

With --cap the provider may file claims in the subject's name, up to that amount over all of them.")]
    Open(Box<OpenArgs>),
    /// Show a case, with proof
    #[command(after_help = "Example:\n  assent case show ID")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The case
        #[arg(value_name = "ID")]
        case: CaseId,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Flags of `assent case open`.
#[derive(clap::Args)]
pub(super) struct OpenArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The subject
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Sp,
    /// The insurer
    #[arg(long, value_name = "ORG")]
    insurer: OrgId,
    /// The provider; the own organisation if absent
    #[arg(long, value_name = "ORG")]
    provider: Option<OrgId>,
    /// File that names the plan; its salted hash goes to the ledger
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// First instant at which nothing new can be filed under the case
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    exp: Millis,
    /// The most that the provider may claim in the subject's name, as '10000.00 HKD'; without it the subject files
    #[arg(long, value_name = "AMOUNT")]
    cap: Option<String>,
    /// What the provider may do in the subject's name: ELIG, PREAUTH, GUARANTEE, CLAIM, DISCLOSE, ASSIGN_TO_ADV
    #[arg(long, value_name = "OPS", value_delimiter = ',', default_value = "CLAIM", requires = "cap")]
    op: Vec<CaseOp>,
    #[command(flatten)]
    grantor: GrantorArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: CaseVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        CaseVerb::Open(args) => block_on(open(&args, output)),
        CaseVerb::Show { client, case, save } => block_on(async {
            let context = Context::open(&client)?;
            let (found, bundle) = context.record(StateKey::Case(case)).await?;
            let Record::Case(found) = found else { return Err(CliError::failed("the ledger has no case there")) };
            save.save(&bundle)?;
            output.print(&json!({ "case": found }), || text(&found));
            Ok(())
        }),
    }
}

async fn open(args: &OpenArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let (grantor, signer) = args.grantor.resolve(&context)?;
    let cap = args.cap.as_deref().map(parse::money).transpose()?;
    let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
    let evidence = args.evidence.resolve()?;
    let open = OpenCase {
        subject: args.sp,
        insurer: args.insurer,
        provider: match args.provider {
            Some(provider) => provider,
            None => context.org()?,
        },
        plan_commit: commit(salt, "plan", &parse::file(&args.plan)?),
        capability: cap.map(|cap| Capability { ops: CaseOps::of(&args.op), cap }),
        exp: args.exp,
        grantor,
        evidence: evidence.map(|(evidence, _)| evidence),
    };
    let action = Action::OpenCase(Box::new(open));
    let receipt = context.execute(output, signer.key(&context), action, &[]).await?;
    args.save.receipt(&receipt)?;
    let case = case_id_of(&receipt.receipt.tx);
    if context.vault.is_some() {
        CaseNote { plan_salt: salt }.save(&context.registry()?, case).map_err(CliError::failed)?;
    }
    let value = json!({
        "case": case,
        "plan_salt": salt,
        "evidence_salt": evidence.map(|(_, salt)| salt),
        "receipt": receipt_json(&receipt),
    });
    output.print(&value, || format!("case {case}\n{}", receipt_text(&receipt)));
    Ok(())
}

fn text(case: &Case) -> String {
    let mut lines = vec![
        format!("case {} of subject {}", case.id, case.subject),
        format!("insurer {}, provider {}", case.insurer, case.provider),
        format!("open until {}, {} claims so far", assent_verify::rfc3339(case.exp), case.claims),
    ];
    if let Some(capability) = &case.capability {
        let claimed = case.claimed.map(|claimed| claimed.to_string()).unwrap_or_else(|| "nothing".to_owned());
        lines.push(format!("the provider may claim up to {}, {claimed} so far", capability.cap));
    }
    lines.join("\n")
}
