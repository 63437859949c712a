//! `assent gov`.

use std::path::PathBuf;

use assent_types::action::Action;
use assent_types::governance::{ImposeEmergency, Lift, Proposal, Ratify, Target, Vote, proposal_id_of};
use assent_types::ids::{Hash32, ProposalId};
use assent_types::key::SecretKey;
use assent_types::place::Jurisdiction;
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::fhir::FhirArgs;
use super::gov_board::Board;
use super::gov_propose::{self, ProposeArgs};
use super::output::{CliError, Output};
use super::{parse, query};

/// Verbs of `assent gov`.
#[derive(clap::Subcommand)]
pub(super) enum GovVerb {
    /// Propose a change (GV-01), or show what it would change
    #[command(after_help = "\
Examples:
  assent gov propose --param governance.timelock_ms --value 86400000 --dry-run
  assent gov propose --payload add-member.json")]
    Propose(Box<ProposeArgs>),
    /// Vote on a proposal, or on the ratification of an emergency (GV-02, GV-12); another answer replaces the first
    #[command(after_help = "Example:\n  assent gov vote ID yes")]
    Vote {
        #[command(flatten)]
        named: NamedArgs,
        /// yes or no
        #[arg(value_name = "ANSWER", value_parser = answer, action = clap::ArgAction::Set)]
        answer: bool,
    },
    /// Show a proposal or an emergency, who has voted, and what is missing
    #[command(after_help = "Example:\n  assent gov show ID")]
    Show(NamedArgs),
    /// List what is being decided and what is stopped, and the last proposals that ended
    #[command(after_help = "Example:\n  assent gov list --json")]
    List(ListArgs),
    /// Show the parameters, with proof; as FHIR, the matrices of who may ask what
    #[command(after_help = "Examples:\n  assent gov params\n  assent gov params --fhir permissions.ndjson")]
    Params {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        fhir: FhirArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Stop something at once, as a regulator (GV-08)
    #[command(after_help = "\
Examples:
  assent gov emergency org:2 --order order.pdf
  assent gov emergency outbound:CN --order order.pdf
  assent gov emergency settlement --order order.pdf --cosign-key other-regulator.key")]
    Emergency(EmergencyArgs),
    /// End an emergency before its time, as a regulator that imposed it (GV-11)
    #[command(after_help = "Example:\n  assent gov lift ID")]
    Lift(NamedArgs),
    /// Make an emergency an ordinary measure, as a regulator, once it has the votes (GV-09)
    #[command(after_help = "Example:\n  assent gov ratify ID --statement hearing.pdf")]
    Ratify {
        #[command(flatten)]
        named: NamedArgs,
        /// File with the statement with which a suspended organisation was heard; its salted hash goes to the ledger, the
        /// salt is printed
        #[arg(long, value_name = "FILE")]
        statement: Option<PathBuf>,
    },
}

/// Names a proposal or an emergency.
#[derive(clap::Args)]
pub(super) struct NamedArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The proposal or emergency
    #[arg(value_name = "ID")]
    proposal: ProposalId,
    #[command(flatten)]
    save: SaveArgs,
}

/// Flags of `assent gov list`.
#[derive(clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    client: ClientArgs,
}

/// Flags of `assent gov emergency`.
#[derive(clap::Args)]
pub(super) struct EmergencyArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// What to stop: org:N, facility:N:FACILITY, borders, outbound:JURISDICTION, basis:EXPORTER:ID, break-glass or
    /// settlement
    #[arg(value_name = "TARGET", value_parser = target)]
    target: Target,
    /// File with the order; its salted hash goes to the ledger, the salt is printed
    #[arg(long, value_name = "FILE")]
    order: PathBuf,
    /// Key file of another regulator that signs too; repeatable
    #[arg(long, value_name = "FILE")]
    cosign_key: Vec<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

fn answer(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("{other:?} is no answer, expected yes or no")),
    }
}

/// What an emergency stops.
pub(super) fn target(text: &str) -> Result<Target, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no organisation number"));
    Ok(match parts.as_slice() {
        ["org", id] => Target::Org(number(id)?),
        ["facility", org, facility] => {
            let facility = facility.parse().map_err(|_| format!("{facility:?} is no facility number"))?;
            Target::Facility { org: number(org)?, facility }
        }
        ["borders"] => Target::Borders,
        ["outbound", jurisdiction] => Target::Outbound(jurisdiction.parse::<Jurisdiction>()?),
        ["basis", exporter, basis] => {
            let basis = basis.parse().map_err(|error| format!("{basis:?}: {error}"))?;
            Target::Basis { exporter: number(exporter)?, basis }
        }
        ["break-glass"] => Target::BreakGlass,
        ["settlement"] => Target::Settlement,
        _ => {
            return Err("expected org:N, facility:N:FACILITY, borders, outbound:JURISDICTION, basis:EXPORTER:ID, \
                        break-glass or settlement"
                .into());
        }
    })
}

pub(super) fn run(verb: GovVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        GovVerb::Propose(args) => block_on(gov_propose::run(&args, output)),
        GovVerb::Vote { named, answer } => {
            let action = Action::Vote(Vote { proposal: named.proposal, approve: answer });
            block_on(execute(&named, action, Value::Null, output))
        }
        GovVerb::Show(named) => block_on(show(&named, output)),
        GovVerb::List(args) => block_on(list(&args, output)),
        GovVerb::Params { client, fhir, save } => block_on(async {
            if fhir.is_wanted()
                && let (Record::Params(params), _) = Context::open(&client)?.record(StateKey::Params).await?
            {
                fhir.matrices(&params)?;
            }
            query::show_state(&client, &[StateKey::Params], &save, output).await
        }),
        GovVerb::Emergency(args) => block_on(emergency(&args, output)),
        GovVerb::Lift(named) => {
            let action = Action::Lift(Lift { emergency: named.proposal });
            block_on(execute(&named, action, Value::Null, output))
        }
        GovVerb::Ratify { named, statement } => {
            let (statement, salt) = match &statement {
                Some(path) => parse::evidence_hash(path).map(|(hash, salt)| (hash, Some(salt)))?,
                None => (Hash32::ZERO, None),
            };
            let action = Action::Ratify(Ratify { emergency: named.proposal, statement });
            block_on(execute(&named, action, json!({ "statement_salt": salt }), output))
        }
    }
}

/// Acts on a proposal, and says where it stands afterwards.
async fn execute(named: &NamedArgs, action: Action, kept: Value, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&named.client)?;
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    named.save.receipt(&receipt)?;
    let board = Board::read(&context, &[named.proposal]).await?;
    let proposal = board.proposal(named.proposal)?;
    let value = json!({ "proposal": proposal, "kept": kept, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("{}\n{}", headline(&proposal), receipt_text(&receipt)));
    Ok(())
}

/// One line about a proposal.
fn headline(proposal: &Proposal) -> String {
    format!("{} {}: {}", proposal.id, super::gov_board::matter_text(&proposal.matter), proposal.status)
}

async fn show(named: &NamedArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&named.client)?;
    let board = Board::read(&context, &[named.proposal]).await?;
    named.save.save(board.bundle())?;
    let proposal = board.proposal(named.proposal)?;
    let standing = board.standing(&proposal)?;
    let value = json!({
        "proposal": proposal,
        "standing": standing.json(),
        "height": board.height(),
    });
    output.print(&value, || [vec![headline(&proposal)], board.times(&proposal), standing.lines()].concat().join("\n"));
    Ok(())
}

async fn list(args: &ListArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let board = Board::read(&context, &[]).await?;
    let proposals = board.listed();
    let value = json!({
        "height": board.height(),
        "proposals": proposals,
        "halts": board.halts(),
        "upgrade": board.upgrade(),
    });
    output.print(&value, || {
        let lines: Vec<String> = proposals.iter().map(headline).collect();
        if lines.is_empty() { "nothing was proposed yet".to_owned() } else { lines.join("\n") }
    });
    Ok(())
}

async fn emergency(args: &EmergencyArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let (order, salt) = parse::evidence_hash(&args.order)?;
    let cosigners: Vec<SecretKey> = args.cosign_key.iter().map(|path| load_key(path)).collect::<Result<_, _>>()?;
    let action = Action::ImposeEmergency(ImposeEmergency { target: args.target, order });
    let receipt = context.execute(output, &context.key, action, &cosigners.iter().collect::<Vec<_>>()).await?;
    args.save.receipt(&receipt)?;
    let id = proposal_id_of(&receipt.receipt.tx);
    let board = Board::read(&context, &[id]).await?;
    let proposal = board.proposal(id)?;
    let value = json!({ "proposal": proposal, "order_salt": salt, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        [vec![headline(&proposal)], board.times(&proposal), vec![format!("order salt {salt}"), receipt_text(&receipt)]]
            .concat()
            .join("\n")
    });
    Ok(())
}
