//! `assent bill`.

use std::path::{Path, PathBuf};

use assent_client::claims::BillNote;
use assent_types::Money;
use assent_types::action::Action;
use assent_types::bill::{Bill, RegisterBill, ReplaceBill, VoidBill};
use assent_types::ids::{BillNullifier, Hash32, OrgId};
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::{EvidenceArgs, SaveArgs};
use super::bill_list::{self, ListArgs};
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent bill`.
#[derive(clap::Subcommand)]
pub(super) enum BillVerb {
    /// Register an own bill under its nullifier, which is to be printed on the bill (BI-01)
    #[command(after_help = "\
Example:
  assent bill register --number bill-number.txt --total '6380.50 HKD'

The number stays in the private registry. It comes from a file, as other users of the machine see arguments.")]
    Register {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        number: NumberArgs,
        /// Its total, as '6380.50 HKD'
        #[arg(long, value_name = "AMOUNT")]
        total: String,
        #[command(flatten)]
        attestation: EvidenceArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Void an own bill that no claim cites (BI-02)
    #[command(after_help = "Example:\n  assent bill void --bill ID")]
    Void {
        #[command(flatten)]
        client: ClientArgs,
        /// The bill's nullifier
        #[arg(long, value_name = "ID")]
        bill: BillNullifier,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Replace an own bill that no claim cites by a new one (BI-03)
    #[command(after_help = "\
Example:
  assent bill replace --bill ID --number new-number.txt --total '6280.50 HKD' --evidence correction.txt")]
    Replace(Box<ReplaceArgs>),
    /// File the settlement list of an own bill, or its next version (DL-01, DL-02); its fees add up to the bill
    #[command(after_help = "Example:\n  assent bill list --bill ID --header list.json")]
    List(Box<ListArgs>),
    /// Show a bill: total, what is allocated, and the claims on it
    #[command(after_help = "\
Examples:
  assent bill show --bill ID --issuer 1
  assent bill show --number bill-number.txt")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The bill's nullifier
        #[arg(long, value_name = "ID", conflicts_with = "number", required_unless_present = "number")]
        bill: Option<BillNullifier>,
        /// Its issuer; the own organisation if absent
        #[arg(long, value_name = "ORG")]
        issuer: Option<OrgId>,
        /// File with the number of an own bill
        #[arg(long, value_name = "FILE")]
        number: Option<PathBuf>,
        /// File with the secret behind own nullifiers; the client configuration's if absent
        #[arg(long, value_name = "FILE")]
        bill_key: Option<PathBuf>,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Flags of `assent bill replace`.
#[derive(clap::Args)]
pub(super) struct ReplaceArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The nullifier of the bill that ends
    #[arg(long, value_name = "ID")]
    bill: BillNullifier,
    #[command(flatten)]
    number: NumberArgs,
    /// The new total, as '6280.50 HKD'
    #[arg(long, value_name = "AMOUNT")]
    total: String,
    #[command(flatten)]
    explanation: EvidenceArgs,
    #[command(flatten)]
    save: SaveArgs,
}

/// Names an own bill.
#[derive(clap::Args)]
pub(super) struct NumberArgs {
    /// File with the bill's whole number, as code, number and check code of an e-bill; one line
    #[arg(long, value_name = "FILE")]
    number: PathBuf,
    /// File with the secret behind own nullifiers; the client configuration's if absent
    #[arg(long, value_name = "FILE")]
    bill_key: Option<PathBuf>,
}

/// The number that a file holds, and its nullifier.
fn nullifier(
    context: &Context,
    number: &Path,
    bill_key: Option<&Path>,
) -> Result<(Vec<u8>, OrgId, BillNullifier), CliError> {
    let bytes = parse::file(number)?.trim_ascii().to_vec();
    if bytes.is_empty() {
        return Err(CliError::usage(format!("{}: no bill number", number.display())));
    }
    let issuer = context.org()?;
    let nullifier = context.bill_key(bill_key)?.nullifier(issuer, &bytes);
    Ok((bytes, issuer, nullifier))
}

pub(super) fn run(verb: BillVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        BillVerb::List(args) => block_on(bill_list::run(&args, output)),
        BillVerb::Register { client, number, total, attestation, save } => {
            block_on(register(&client, &number, &total, &attestation, &save, output))
        }
        BillVerb::Void { client, bill, save } => block_on(async {
            let context = Context::open(&client)?;
            let action = Action::VoidBill(VoidBill { nullifier: bill, issuer: context.org()? });
            let receipt = context.execute(output, &context.key, action, &[]).await?;
            save.receipt(&receipt)?;
            let value = json!({ "bill": bill, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("bill {bill} voided\n{}", receipt_text(&receipt)));
            Ok(())
        }),
        BillVerb::Replace(args) => block_on(replace(&args, output)),
        BillVerb::Show { client, bill, issuer, number, bill_key, save } => block_on(async {
            let context = Context::open(&client)?;
            let (issuer, bill) = match (&number, bill) {
                (Some(number), _) => {
                    let (_, issuer, bill) = nullifier(&context, number, bill_key.as_deref())?;
                    (issuer, bill)
                }
                (None, Some(bill)) => (issuer.map_or_else(|| context.org(), Ok)?, bill),
                (None, None) => return Err(CliError::usage("name the bill with --bill or --number")),
            };
            let (found, bundle) = context.record(StateKey::Bill(bill, issuer)).await?;
            let Record::Bill(found) = found else { return Err(CliError::failed("the ledger has no bill there")) };
            save.save(&bundle)?;
            output.print(&json(&found), || text(&found));
            Ok(())
        }),
    }
}

async fn register(
    client: &ClientArgs,
    number: &NumberArgs,
    total: &str,
    attestation: &EvidenceArgs,
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let total = parse::money(total)?;
    let context = Context::open(client)?;
    let (number, issuer, nullifier) = nullifier(&context, &number.number, number.bill_key.as_deref())?;
    let attestation = attestation.resolve()?;
    let registry = context.registry()?;
    // Kept before it is registered: a nullifier whose bill nobody can name any more would be worth nothing.
    let kept = BillNote::load(&registry, nullifier).map_err(CliError::failed)?;
    let note = kept.unwrap_or_else(|| BillNote { number, ..unknown(total) });
    note.save(&registry, nullifier).map_err(CliError::failed)?;
    let attestation_hash = attestation.map(|(attestation, _)| attestation.hash);
    let action = Action::RegisterBill(RegisterBill { nullifier, issuer, total, attestation: attestation_hash });
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    save.receipt(&receipt)?;
    let value = json!({
        "bill": nullifier,
        "total": total.to_string(),
        "attestation_salt": attestation.map(|(_, salt)| salt),
        "receipt": receipt_json(&receipt),
    });
    output.print(&value, || format!("bill {nullifier} of {total}\n{}", receipt_text(&receipt)));
    Ok(())
}

async fn replace(args: &ReplaceArgs, output: &Output) -> Result<(), CliError> {
    let total = parse::money(&args.total)?;
    let context = Context::open(&args.client)?;
    let (number, issuer, nullifier) = nullifier(&context, &args.number.number, args.number.bill_key.as_deref())?;
    let explanation = args.explanation.resolve()?;
    let registry = context.registry()?;
    // What is known of the bill goes on under its new number, kept before it is registered.
    let before = BillNote::load(&registry, args.bill).map_err(CliError::failed)?;
    let note = BillNote { number, total, ..before.unwrap_or_else(|| unknown(total)) };
    note.save(&registry, nullifier).map_err(CliError::failed)?;
    let by = RegisterBill { nullifier, issuer, total, attestation: None };
    let hash = explanation.map_or(Hash32::ZERO, |(explanation, _)| explanation.hash);
    let action = Action::ReplaceBill(ReplaceBill { nullifier: args.bill, by, explanation: hash });
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.save.receipt(&receipt)?;
    let value = json!({
        "bill": args.bill,
        "replaced_by": nullifier,
        "total": total.to_string(),
        "explanation_salt": explanation.map(|(_, salt)| salt),
        "receipt": receipt_json(&receipt),
    });
    output
        .print(&value, || format!("bill {} replaced by {nullifier} of {total}\n{}", args.bill, receipt_text(&receipt)));
    Ok(())
}

/// A bill of which only the total is known.
fn unknown(total: Money) -> BillNote {
    BillNote {
        number: Vec::new(),
        subject: None,
        total,
        service: None,
        lines: Vec::new(),
        document: None,
        evidence: Vec::new(),
    }
}

fn json(bill: &Bill) -> Value {
    let amounts = json!({ "total": bill.total.to_string(), "allocated": bill.allocated.to_string() });
    json!({ "bill": bill, "amounts": amounts })
}

/// What is said of a bill.
pub(super) fn text(bill: &Bill) -> String {
    let mut lines = vec![
        format!("bill {} of {}: {}", bill.nullifier, bill.issuer, bill.status),
        format!("total {}, allocated {}", bill.total, bill.allocated),
    ];
    for claim in &bill.claims {
        lines.push(format!("claim {} of insurer {}: {} {}", claim.claim, claim.insurer, claim.benefit, claim.amount));
    }
    lines.extend(bill.replaced_by.map(|other| format!("replaced by {other}")));
    let flags: Vec<_> = bill.flags.codes().map(|flag| flag.code()).collect();
    if !flags.is_empty() {
        lines.push(flags.join(", "));
    }
    lines.join("\n")
}
