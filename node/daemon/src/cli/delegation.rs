//! `assent delegation`.

use std::path::PathBuf;

use assent_types::Set;
use assent_types::action::Action;
use assent_types::delegation::{
    AssignBenefit, Delegation, DelegationOp, DelegationOps, GrantDelegation, ReleaseAssignment, RevokeDelegation,
    assignment_id_of,
};
use assent_types::ids::{AssignmentId, CaseId, Millis, OrgId};
use assent_types::place::Place;
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::{CapacityArgs, SaveArgs};
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent delegation`.
#[derive(clap::Subcommand)]
pub(super) enum DelegationVerb {
    /// Let an administrator or advance payer act in the own name (DE-01)
    #[command(after_help = "\
Example:
  assent delegation grant --delegate 8 --op HANDLE,DECIDE --limit '50000.00 HKD' --place HK,CN \\
      --from 2026-09-01 --to 2027-09-01")]
    Grant(Box<GrantArgs>),
    /// End a delegation, as principal or delegate (DE-02)
    #[command(
        after_help = "Example:\n  assent delegation revoke --delegate 8\n  assent delegation revoke --principal 3"
    )]
    Revoke {
        #[command(flatten)]
        pair: PairArgs,
    },
    /// Show a delegation, with proof
    #[command(after_help = "Example:\n  assent delegation show --delegate 8")]
    Show {
        #[command(flatten)]
        pair: PairArgs,
    },
    /// Assign the benefit of a case to an advance payer, who co-signs (AG-01)
    #[command(after_help = "\
Example:
  assent delegation assign --case ID --payer 9 --cosigner payer.key --subject-key patient.key")]
    Assign {
        #[command(flatten)]
        client: ClientArgs,
        /// The case
        #[arg(long, value_name = "ID")]
        case: CaseId,
        /// The advance payer
        #[arg(long, value_name = "ORG")]
        payer: OrgId,
        /// Key file of the advance payer, who co-signs
        #[arg(long, value_name = "FILE")]
        cosigner: PathBuf,
        #[command(flatten)]
        capacity: CapacityArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Release an assignment for later claims, as the advance payer (AG-02)
    #[command(after_help = "Example:\n  assent delegation release ID")]
    Release {
        #[command(flatten)]
        client: ClientArgs,
        /// The assignment
        #[arg(value_name = "ID")]
        assignment: AssignmentId,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Names a delegation; whichever side is absent is the own organisation.
#[derive(clap::Args)]
pub(super) struct PairArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// In whose name
    #[arg(long, value_name = "ORG", required_unless_present = "delegate")]
    principal: Option<OrgId>,
    /// Who acts
    #[arg(long, value_name = "ORG")]
    delegate: Option<OrgId>,
    #[command(flatten)]
    save: SaveArgs,
}

/// Flags of `assent delegation grant`.
#[derive(clap::Args)]
pub(super) struct GrantArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Who may act
    #[arg(long, value_name = "ORG")]
    delegate: OrgId,
    /// Which operations: ELIG, PREAUTH, GUARANTEE, FILE, HANDLE, DECIDE, PAY
    #[arg(long, value_name = "OPS", value_delimiter = ',', required = true)]
    op: Vec<DelegationOp>,
    /// The largest amount that one act may be about
    #[arg(long, value_name = "AMOUNT")]
    limit: String,
    /// Where the services may have been rendered, as HK or CN/4403
    #[arg(long, value_name = "PLACES", value_delimiter = ',', required = true, value_parser = parse::place)]
    place: Vec<Place>,
    /// First day
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    from: Millis,
    /// First day after the end
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    to: Millis,
    #[command(flatten)]
    save: SaveArgs,
}

impl PairArgs {
    fn resolve(&self, context: &Context) -> Result<(OrgId, OrgId), CliError> {
        let own = || context.org();
        Ok((self.principal.map_or_else(own, Ok)?, self.delegate.map_or_else(own, Ok)?))
    }
}

pub(super) fn run(verb: DelegationVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        DelegationVerb::Grant(args) => block_on(grant(&args, output)),
        DelegationVerb::Revoke { pair } => block_on(async {
            let context = Context::open(&pair.client)?;
            let (principal, delegate) = pair.resolve(&context)?;
            let action = Action::RevokeDelegation(RevokeDelegation { principal, delegate });
            let receipt = context.execute(output, &context.key, action, &[]).await?;
            pair.save.receipt(&receipt)?;
            let value = json!({ "principal": principal, "delegate": delegate, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("{delegate} acts for {principal} no more\n{}", receipt_text(&receipt)));
            Ok(())
        }),
        DelegationVerb::Show { pair } => block_on(async {
            let context = Context::open(&pair.client)?;
            let (principal, delegate) = pair.resolve(&context)?;
            let (found, bundle) = context.record(StateKey::Delegation(principal, delegate)).await?;
            let Record::Delegation(found) = found else {
                return Err(CliError::failed("the ledger has no delegation there"));
            };
            pair.save.save(&bundle)?;
            output.print(&json!({ "delegation": found }), || text(&found));
            Ok(())
        }),
        DelegationVerb::Assign { client, case, payer, cosigner, capacity, save } => block_on(async {
            let context = Context::open(&client)?;
            let (capacity, signer) = capacity.resolve(&context)?;
            let action = Action::AssignBenefit(AssignBenefit { case, payer, capacity });
            let receipt = context.execute(output, signer.key(&context), action, &[&load_key(&cosigner)?]).await?;
            save.receipt(&receipt)?;
            let id = assignment_id_of(&receipt.receipt.tx);
            let value = json!({ "assignment": id, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("assignment {id} of case {case} to {payer}\n{}", receipt_text(&receipt)));
            Ok(())
        }),
        DelegationVerb::Release { client, assignment, save } => block_on(async {
            let context = Context::open(&client)?;
            let action = Action::ReleaseAssignment(ReleaseAssignment { assignment });
            let receipt = context.execute(output, &context.key, action, &[]).await?;
            save.receipt(&receipt)?;
            let value = json!({ "assignment": assignment, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("assignment {assignment} released\n{}", receipt_text(&receipt)));
            Ok(())
        }),
    }
}

async fn grant(args: &GrantArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let grant = GrantDelegation {
        principal: context.org()?,
        delegate: args.delegate,
        ops: DelegationOps::of(&args.op),
        per_decision_limit: parse::money(&args.limit)?,
        places: Set::new(args.place.iter().copied()).map_err(CliError::usage)?,
        nbf: args.from,
        exp: args.to,
    };
    let principal = grant.principal;
    let action = Action::GrantDelegation(Box::new(grant));
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.save.receipt(&receipt)?;
    let value: Value = json!({ "principal": principal, "delegate": args.delegate, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("{} may act for {principal}\n{}", args.delegate, receipt_text(&receipt)));
    Ok(())
}

fn text(delegation: &Delegation) -> String {
    let ops: Vec<_> = delegation.ops.codes().map(|op| op.code()).collect();
    let mut lines = vec![
        format!("{} acts for {}: {}", delegation.delegate, delegation.principal, ops.join(", ")),
        format!(
            "up to {} an act, from {} to {}",
            delegation.per_decision_limit,
            assent_verify::rfc3339(delegation.nbf),
            assent_verify::rfc3339(delegation.exp)
        ),
    ];
    lines.extend(delegation.revoked_at.map(|at| format!("revoked at {}", assent_verify::rfc3339(at))));
    lines.join("\n")
}
