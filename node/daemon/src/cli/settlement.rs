//! `assent settlement`.

use std::path::PathBuf;

use assent_client::claims::commit;
use assent_types::action::Action;
use assent_types::ids::{Day, Hash32, SettlementId};
use assent_types::settlement::{BankAccept, BankFail, BankPaid, FailReason, PayeeAck, Settlement};
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::{CapacityArgs, SaveArgs, Signer};
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
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
    /// Show a settlement, with proof
    #[command(after_help = "Example:\n  assent settlement show ID")]
    Show(TargetArgs),
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
                None => load(&Context::open(&target.client)?, settlement).await?.0.amount,
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
    let mut lines = vec![
        format!("settlement {}: {}", settlement.id, settlement.status),
        format!(
            "{} {} by {} through bank {}",
            settlement.direction, settlement.amount, settlement.payer, settlement.bank
        ),
    ];
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
    lines.join("\n")
}
