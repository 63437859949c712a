//! `assent claim clawback`, `agree-clawback`, `contest-clawback` and `order-clawback`.

use std::path::PathBuf;

use assent_client::claims::share_out;
use assent_types::action::Action;
use assent_types::claim::{AgreeClawback, ClawbackReason, ContestClawback, OrderClawback, RequestClawback};
use assent_types::ids::OrgId;
use assent_types::settlement::{PurposeCode, settlement_id_of};
use serde_json::{Value, json};

use super::args::{CapacityArgs, Signer};
use super::claim::{self, ActArgs};
use super::claim_course::execute;
use super::claim_decide::{designated, standing};
use super::context::{Context, block_on, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs on money that comes back.
#[derive(clap::Subcommand)]
pub(super) enum ClawbackVerb {
    /// Ask for money back, as the insurer (CL-31)
    #[command(after_help = "\
Examples:
  assent claim clawback ID --reason PRIOR_OVERPAYMENT --amount '120.00 HKD'
  assent claim clawback ID --reason RETRO_INELIGIBLE")]
    Clawback {
        #[command(flatten)]
        act: ActArgs,
        /// Why: PRIOR_OVERPAYMENT, FRAUD_FINDING, DUPLICATE or RETRO_INELIGIBLE
        #[arg(long, value_name = "REASON")]
        reason: ClawbackReason,
        /// How much; all that is settled if absent
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<String>,
    },
    /// Agree to pay back, as the payee (CL-32, ST-01)
    #[command(after_help = "Example:\n  assent claim agree-clawback ID")]
    AgreeClawback {
        #[command(flatten)]
        act: ActArgs,
        #[command(flatten)]
        bank: BankArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Contest a clawback, as the payee (CL-33)
    #[command(after_help = "Example:\n  assent claim contest-clawback ID --grounds letter.pdf")]
    ContestClawback {
        #[command(flatten)]
        act: ActArgs,
        /// File with the grounds; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        grounds: PathBuf,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Order the payee to pay back, as a regulator (CL-36, ST-01)
    #[command(after_help = "Example:\n  assent claim order-clawback ID --order order.pdf")]
    OrderClawback {
        #[command(flatten)]
        act: ActArgs,
        #[command(flatten)]
        bank: BankArgs,
        /// File with the order; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        order: PathBuf,
    },
}

/// Through which bank.
#[derive(clap::Args)]
pub(super) struct BankArgs {
    /// Through which bank; the first that is designated for the claim's currencies if absent
    #[arg(long, value_name = "ORG")]
    bank: Option<OrgId>,
    /// What the bank is told that it is for (ISO 20022): INSC, HSPC or MDCS
    #[arg(long, value_name = "CODE", default_value = "INSC")]
    purpose: PurposeCode,
}

impl BankArgs {
    async fn bank(&self, context: &Context, act: &ActArgs) -> Result<OrgId, CliError> {
        match self.bank {
            Some(bank) => Ok(bank),
            None => designated(context, &claim::load(context, act.claim).await?.0).await,
        }
    }
}

pub(super) fn run(verb: ClawbackVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ClawbackVerb::Clawback { act, reason, amount } => block_on(request(&act, reason, amount.as_deref(), output)),
        ClawbackVerb::AgreeClawback { act, bank, capacity } => block_on(async {
            let context = Context::open(&act.client)?;
            let (capacity, signer) = capacity.resolve(&context)?;
            let agree = AgreeClawback {
                claim: act.claim,
                bank: bank.bank(&context, &act).await?,
                purpose: bank.purpose,
                capacity,
            };
            pay_back(&act, &context, &signer, Action::AgreeClawback(agree), Value::Null, output).await
        }),
        ClawbackVerb::ContestClawback { act, grounds, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&act.client)?)?;
            let (grounds, salt) = parse::evidence_hash(&grounds)?;
            let contest = ContestClawback { claim: act.claim, grounds, capacity };
            let contested = (Action::ContestClawback(contest), "keeps its money; the clawback is contested");
            execute(&act, Some(signer), contested, &[], json!({ "grounds_salt": salt }), output).await
        }),
        ClawbackVerb::OrderClawback { act, bank, order } => block_on(async {
            let context = Context::open(&act.client)?;
            let (order, salt) = parse::evidence_hash(&order)?;
            let order = OrderClawback {
                claim: act.claim,
                order,
                bank: bank.bank(&context, &act).await?,
                purpose: bank.purpose,
            };
            let kept = json!({ "order_salt": salt });
            pay_back(&act, &context, &Signer::Own, Action::OrderClawback(order), kept, output).await
        }),
    }
}

async fn request(act: &ActArgs, reason: ClawbackReason, amount: Option<&str>, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&act.client)?;
    let (found, _) = claim::load(&context, act.claim).await?;
    let amount = amount.map_or(Ok(found.settled_net), parse::money)?;
    let award = share_out(amount, &standing(&context, &found).await?)
        .map_err(|error| CliError::numbered(error.code(), error))?;
    let request = RequestClawback { claim: found.id, reason, amount, shares: award.shares };
    let done = format!("is to be paid back by {amount}");
    let action = Action::RequestClawback(Box::new(request));
    execute(act, None, (action, done.as_str()), &[], Value::Null, output).await
}

/// Signs what instructs a payment back, and names its settlement.
async fn pay_back(
    act: &ActArgs,
    context: &Context,
    signer: &Signer,
    action: Action,
    kept: Value,
    output: &Output,
) -> Result<(), CliError> {
    let receipt = context.execute(output, signer.key(context), action, &[]).await?;
    act.save.receipt(&receipt)?;
    let settlement = settlement_id_of(&receipt.receipt.tx);
    let value = json!({
        "claim": act.claim,
        "settlement": settlement,
        "kept": kept,
        "receipt": receipt_json(&receipt),
    });
    output.print(&value, || format!("settlement {settlement} pays back\n{}", receipt_text(&receipt)));
    Ok(())
}
