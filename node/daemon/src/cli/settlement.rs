//! `assent settlement`.

use std::cmp::Ordering;
use std::path::PathBuf;

use assent_client::claims::commit;
use assent_types::action::Action;
use assent_types::batch::{BatchDetail, BatchSettlements, batch_id_of};
use assent_types::ids::{Day, Hash32, OrgId, SettlementId};
use assent_types::settlement::{
    BankAccept, BankFail, BankPaid, Direction, DisputePayment, FailReason, PayeeAck, RecallPayment, Resolution,
    ResolvePayment, Settlement,
};
use assent_types::state::{Record, StateKey};
use assent_types::{List, Money};
use serde_json::{Value, json};

use super::args::{CapacityArgs, SaveArgs, Signer};
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent settlement`.
#[derive(clap::Subcommand)]
pub(super) enum SettlementVerb {
    /// Accept an instruction, as its bank (ST-02)
    #[command(after_help = "Example:\n  assent settlement accept ID")]
    Accept(TargetArgs),
    /// Say that it was paid, as its bank (ST-05)
    #[command(after_help = "Example:\n  assent settlement paid ID --value-day 2026-09-02 --reference reference.txt")]
    Paid {
        #[command(flatten)]
        target: TargetArgs,
        /// How much; what was instructed, and nothing else is accepted
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<String>,
        /// Value date
        #[arg(long, value_name = "DATE", value_parser = parse::day)]
        value_day: Day,
        /// File with the bank's reference; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        reference: PathBuf,
    },
    /// Say that it cannot be paid, as its bank (ST-04)
    #[command(after_help = "Example:\n  assent settlement fail ID --reason AC04")]
    Fail {
        #[command(flatten)]
        target: TargetArgs,
        /// Why (ISO 20022): AC01, AC04, AC06, AG01, AM04, AM05, BE01, RR04 or MS03
        #[arg(long, value_name = "REASON")]
        reason: FailReason,
    },
    /// Say that the money has come, as its payee (ST-06)
    #[command(after_help = "\
Examples:
  assent settlement ack ID
  assent settlement ack ID --subject-key patient.key")]
    Ack {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Take an instruction back that the bank has not accepted (ST-03)
    #[command(after_help = "Example:\n  assent settlement recall ID")]
    Recall {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Say that the money has not come, as its payee (ST-08)
    #[command(after_help = "Example:\n  assent settlement dispute ID --grounds statement.pdf")]
    Dispute {
        #[command(flatten)]
        target: TargetArgs,
        /// File with the grounds; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        grounds: PathBuf,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Resolve a disputed payment, as its bank or a regulator (ST-09, ST-10)
    #[command(after_help = "\
Examples: the bank with the payee, or a regulator by order
  assent settlement resolve ID --value-day 2026-09-02 --reference reference.txt --cosigner hospital.key
  assent settlement resolve ID --failed MS03 --order order.pdf")]
    Resolve(Box<ResolveArgs>),
    /// Put payments to one payee into a batch, as their payer (SB-01)
    #[command(after_help = "Example:\n  assent settlement batch --payee 1 --settlement ID --settlement ID")]
    Batch {
        #[command(flatten)]
        client: ClientArgs,
        /// The provider or advance payer
        #[arg(long, value_name = "ORG")]
        payee: OrgId,
        /// A settlement; repeatable
        #[arg(long, value_name = "ID", required = true)]
        settlement: Vec<SettlementId>,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Show a settlement, with proof
    #[command(after_help = "Example:\n  assent settlement show ID")]
    Show(TargetArgs),
}

/// Flags of `assent settlement resolve`.
#[derive(clap::Args)]
pub(super) struct ResolveArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// It was paid, on this value date
    #[arg(long, value_name = "DATE", value_parser = parse::day, requires = "reference", group = "resolution")]
    value_day: Option<Day>,
    /// File with the bank's reference; its salted hash goes to the ledger, the salt is printed
    #[arg(long, value_name = "FILE", requires = "value_day")]
    reference: Option<PathBuf>,
    /// It was not paid, for this reason (ISO 20022)
    #[arg(long, value_name = "REASON", group = "resolution")]
    failed: Option<FailReason>,
    /// Key file of the other side, who co-signs what the bank says
    #[arg(long, value_name = "FILE")]
    cosigner: Option<PathBuf>,
    /// File with a regulator's order; its salted hash goes to the ledger, the salt is printed
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,
}

/// Names a settlement.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The settlement
    #[arg(value_name = "ID")]
    settlement: SettlementId,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: SettlementVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        SettlementVerb::Accept(target) => {
            let action = Action::BankAccept(BankAccept { settlement: target.settlement });
            block_on(execute(&target, None, action, "accepted", Value::Null, output))
        }
        SettlementVerb::Paid { target, amount, value_day, reference } => block_on(async {
            let settlement = target.settlement;
            let amount = match &amount {
                Some(amount) => parse::money(amount)?,
                None => load(&Context::open(&target.client)?, settlement).await?.0.payout(),
            };
            let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
            let bank_ref = commit(salt, "bank reference", &parse::file(&reference)?);
            let action = Action::BankPaid(BankPaid { settlement, amount, value_day, bank_ref });
            let kept = json!({ "reference_salt": salt, "reference_hash": bank_ref });
            execute(&target, None, action, "paid", kept, output).await
        }),
        SettlementVerb::Fail { target, reason } => {
            let action = Action::BankFail(BankFail { settlement: target.settlement, reason });
            block_on(execute(&target, None, action, "failed", Value::Null, output))
        }
        SettlementVerb::Ack { target, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&target.client)?)?;
            let action = Action::PayeeAck(PayeeAck { settlement: target.settlement, capacity });
            execute(&target, Some(signer), action, "acknowledged", Value::Null, output).await
        }),
        SettlementVerb::Recall { target, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&target.client)?)?;
            let action = Action::RecallPayment(RecallPayment { settlement: target.settlement, capacity });
            execute(&target, Some(signer), action, "recalled", Value::Null, output).await
        }),
        SettlementVerb::Dispute { target, grounds, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&target.client)?)?;
            let (grounds, salt) = parse::evidence_hash(&grounds)?;
            let action = Action::DisputePayment(DisputePayment { settlement: target.settlement, grounds, capacity });
            execute(&target, Some(signer), action, "disputed", json!({ "grounds_salt": salt }), output).await
        }),
        SettlementVerb::Resolve(args) => block_on(resolve(&args, output)),
        SettlementVerb::Batch { client, payee, settlement, save } => {
            block_on(batch(&client, payee, &settlement, &save, output))
        }
        SettlementVerb::Show(target) => block_on(async {
            let (found, bundle) = load(&Context::open(&target.client)?, target.settlement).await?;
            target.save.save(&bundle)?;
            let value = json!({ "settlement": found, "amount": found.amount.to_string() });
            output.print(&value, || text(&found));
            Ok(())
        }),
    }
}

/// A settlement, and its proof.
pub(super) async fn load(context: &Context, settlement: SettlementId) -> Result<(Settlement, Vec<u8>), CliError> {
    match context.record(StateKey::Settlement(settlement)).await? {
        (Record::Settlement(settlement), bundle) => Ok((settlement, bundle)),
        _ => Err(CliError::failed("the ledger has no settlement there")),
    }
}

async fn resolve(args: &ResolveArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.target.client)?;
    let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
    let resolution = match (args.value_day, &args.reference, args.failed) {
        (Some(value_day), Some(reference), None) => {
            let bank_ref = commit(salt, "bank reference", &parse::file(reference)?);
            Resolution::Paid { value_day, bank_ref }
        }
        (None, None, Some(reason)) => Resolution::Failed { reason },
        _ => return Err(CliError::usage("say --value-day with --reference, or --failed")),
    };
    let order = args.order.as_deref().map(parse::evidence_hash).transpose()?;
    let settlement = args.target.settlement;
    let resolve = ResolvePayment { settlement, resolution, order: order.map(|(hash, _)| hash) };
    let cosigner = args.cosigner.as_deref().map(load_key).transpose()?;
    let cosigners: Vec<_> = cosigner.iter().collect();
    let receipt = context.execute(output, &context.key, Action::ResolvePayment(resolve), &cosigners).await?;
    args.target.save.receipt(&receipt)?;
    let kept = json!({ "reference_salt": salt, "order_salt": order.map(|(_, salt)| salt) });
    let value = json!({ "settlement": settlement, "kept": kept, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("settlement {settlement} resolved\n{}", receipt_text(&receipt)));
    Ok(())
}

async fn batch(
    client: &ClientArgs,
    payee: OrgId,
    settlements: &[SettlementId],
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let mut details = Vec::with_capacity(settlements.len());
    let mut payer = None;
    for id in settlements {
        let found = load(&context, *id).await?.0;
        payer = Some(found.payer);
        details.push(BatchDetail { settlement: *id, amount: found.payout() });
    }
    let (Some(payer), Some(first)) = (payer, details.first()) else {
        return Err(CliError::usage("--settlement: name at least one"));
    };
    let total = Money::sum(first.amount.ccy, details.iter().map(|detail| detail.amount))
        .map_err(|error| CliError::numbered(error.code(), error))?;
    let details = List::new(details).map_err(CliError::usage)?;
    let action = Action::BatchSettlements(Box::new(BatchSettlements { payer, payee, details, total }));
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    save.receipt(&receipt)?;
    let id = batch_id_of(&receipt.receipt.tx);
    let value = json!({ "batch": id, "total": total.to_string(), "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("batch {id} of {total} to {payee}\n{}", receipt_text(&receipt)));
    Ok(())
}

async fn execute(
    target: &TargetArgs,
    signer: Option<Signer>,
    action: Action,
    done: &str,
    kept: Value,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(&target.client)?;
    let key = signer.as_ref().map_or(&context.key, |signer| signer.key(&context));
    let receipt = context.execute(output, key, action, &[]).await?;
    target.save.receipt(&receipt)?;
    let value = json!({ "settlement": target.settlement, "kept": kept, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("settlement {} {done}\n{}", target.settlement, receipt_text(&receipt)));
    Ok(())
}

/// What is said of a settlement.
pub(super) fn text(settlement: &Settlement) -> String {
    // The claim's payer gets back what is clawed back.
    let side = if settlement.direction == Direction::Clawback { "back to" } else { "by" };
    let mut lines = vec![
        format!("settlement {}: {}", settlement.id, settlement.status),
        format!(
            "{} {} {} {} through bank {}",
            settlement.direction, settlement.amount, side, settlement.payer, settlement.bank
        ),
    ];
    if let Some(conversion) = &settlement.fx {
        lines.push(format!("as {} by fixing {}", conversion.amount, conversion.fixing));
        let rest = format!("{}/{} of a minor unit", conversion.residual.unsigned_abs(), conversion.parts);
        lines.extend(match conversion.residual.cmp(&0) {
            Ordering::Greater => Some(format!("rounded down: the payer keeps {rest}")),
            Ordering::Less => Some(format!("rounded up: the payer bears {rest}")),
            Ordering::Equal => None,
        });
    }
    if let Some(paid) = &settlement.paid {
        let (year, month, day) = paid.value_day.to_date();
        lines.push(format!("paid {} on {year}-{month:02}-{day:02}, bank reference {}", paid.amount, paid.bank_ref));
    }
    if let Some(reason) = settlement.failed {
        lines.push(format!("not paid: {reason}"));
    }
    if settlement.deemed {
        lines.push("deemed to be received, as the payee said nothing in time".to_owned());
    }
    lines.extend(settlement.batch.map(|batch| format!("in batch {batch}")));
    if settlement.breaches > 0 {
        lines.push(format!("deadlines missed: {}", settlement.breaches));
    }
    lines.join("\n")
}
