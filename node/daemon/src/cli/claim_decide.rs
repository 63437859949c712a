//! `assent claim approve`, `deny` and `pay`.

use std::path::PathBuf;

use assent_client::claims::{LineOutcome, outcome_root, share_out};
use assent_types::action::Action;
use assent_types::bill::{Allocation, Bill};
use assent_types::claim::{
    AdjReason, AdjReasons, ApproveClaim, ApprovePartial, BenefitKind, Claim, DecisionMode, DenyClaim, InstructPayment,
};
use assent_types::ids::{BillNullifier, Hash32, OrgId};
use assent_types::settlement::{PurposeCode, settlement_id_of};
use assent_types::state::{BankDesignation, Record, StateKey};
use assent_types::{Currency, Money};
use serde_json::json;

use super::claim::{self, ActArgs};
use super::context::{Context, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// How a decision was made.
#[derive(clap::Args)]
#[group(id = "decided", required = true, multiple = false)]
pub(super) struct ModeArgs {
    /// The person who decided, as a keyed hash that only the organisation can open
    #[arg(long, value_name = "HASH", group = "decided")]
    adjudicator: Option<Hash32>,
    /// A program decided, and this person reviewed it
    #[arg(long, value_name = "HASH", group = "decided")]
    reviewer: Option<Hash32>,
    /// A program decided alone; it can't deny
    #[arg(long, group = "decided")]
    auto: bool,
}

impl ModeArgs {
    pub(super) fn mode(&self) -> DecisionMode {
        match (self.adjudicator, self.reviewer) {
            (Some(adjudicator), _) => DecisionMode::Human { adjudicator },
            (None, Some(reviewer)) => DecisionMode::AutoReviewed { reviewer },
            (None, None) => DecisionMode::Auto,
        }
    }
}

/// Flags of `assent claim approve`.
#[derive(clap::Args)]
pub(super) struct ApproveArgs {
    #[command(flatten)]
    act: ActArgs,
    /// What is approved, as '5600.00 HKD'; all that is claimed if absent
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Why the rest is not, as DEDUCTIBLE or OVER_CAP
    #[arg(long, value_name = "REASONS", value_delimiter = ',')]
    reason: Vec<AdjReason>,
    #[command(flatten)]
    mode: ModeArgs,
    /// File with the outcome of each line (JSON); its salted root goes to the ledger
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
}

/// Flags of `assent claim deny`.
#[derive(clap::Args)]
pub(super) struct DenyArgs {
    #[command(flatten)]
    act: ActArgs,
    /// Why, as NOT_COVERED
    #[arg(long, value_name = "REASONS", value_delimiter = ',', required = true)]
    reason: Vec<AdjReason>,
    #[command(flatten)]
    mode: ModeArgs,
    /// File with the outcome of each line (JSON); its salted root goes to the ledger
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
}

/// Flags of `assent claim pay`.
#[derive(clap::Args)]
pub(super) struct PayArgs {
    #[command(flatten)]
    act: ActArgs,
    /// How much; all that is payable, and nothing else is accepted
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Through which bank; the first that is designated for the claim's currencies if absent
    #[arg(long, value_name = "ORG")]
    bank: Option<OrgId>,
    /// What the bank is told that it is for (ISO 20022): INSC, HSPC or MDCS
    #[arg(long, value_name = "CODE", default_value = "INSC")]
    purpose: PurposeCode,
}

/// The root over the outcomes, and its salt. Without a file the decision on the whole is the one outcome.
pub(super) fn outcomes(
    file: Option<&PathBuf>,
    approved: Money,
    reasons: AdjReasons,
) -> Result<(Hash32, Hash32), CliError> {
    let outcomes: Vec<LineOutcome> = match file {
        Some(path) => parse::json_file(path)?,
        None => vec![LineOutcome { sequence: 0, approved: approved.minor, reasons }],
    };
    let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
    Ok((outcome_root(salt, &outcomes), salt))
}

pub(super) async fn approve(args: &ApproveArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.act.client)?;
    let (claim, _) = claim::load(&context, args.act.claim).await?;
    let claimed = claim.terms.amounts.claimed;
    let approved = args.amount.as_deref().map_or(Ok(claimed), parse::money)?;
    let reasons = AdjReasons::of(&args.reason);
    let (outcome_root, salt) = outcomes(args.outcomes.as_ref(), approved, reasons)?;
    let award = share_out(approved, &headroom(&context, &claim).await?)
        .map_err(|error| CliError::numbered(error.code(), error))?;
    let (claim, mode) = (claim.id, args.mode.mode());
    // What exceeds the claim is filed as a whole: the ledger refuses it by its number.
    let action = if approved < claimed && approved.ccy == claimed.ccy {
        Action::ApprovePartial(Box::new(ApprovePartial { claim, mode, award, reasons, outcome_root }))
    } else {
        Action::ApproveClaim(Box::new(ApproveClaim { claim, mode, award, outcome_root }))
    };
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.act.save.receipt(&receipt)?;
    let value = json!({
        "claim": claim,
        "approved": approved.to_string(),
        "outcome_salt": salt,
        "receipt": receipt_json(&receipt),
    });
    output.print(&value, || format!("claim {claim}: {approved} of {claimed} approved\n{}", receipt_text(&receipt)));
    Ok(())
}

/// What indemnities may be approved on each bill: what it has left, and what the claim itself holds already. For a fixed
/// benefit, which does not count, each is as good.
pub(super) async fn headroom(context: &Context, claim: &Claim) -> Result<Vec<(BillNullifier, Money)>, CliError> {
    let mut left = Vec::new();
    for bill in bills(context, claim).await? {
        let room = match claim.terms.benefit {
            BenefitKind::Indemnity => {
                let own =
                    held(&bill, claim).map_or(Ok(Money::zero(bill.total.ccy)), |held| held.amount.plus(held.clawed));
                bill.headroom().and_then(|room| room.plus(own?)).map_err(CliError::failed)?
            }
            BenefitKind::FixedBenefit => Money::new(bill.total.ccy, u64::MAX),
        };
        left.push((bill.nullifier, room));
    }
    Ok(left)
}

/// What each bill allocates to the claim, as far as it was not clawed back.
pub(super) async fn standing(context: &Context, claim: &Claim) -> Result<Vec<(BillNullifier, Money)>, CliError> {
    let share = |bill: &Bill| held(bill, claim).map_or(Money::zero(bill.total.ccy), |held| held.amount);
    Ok(bills(context, claim).await?.iter().map(|bill| (bill.nullifier, share(bill))).collect())
}

fn held<'b>(bill: &'b Bill, claim: &Claim) -> Option<&'b Allocation> {
    bill.claims.iter().find(|listed| listed.claim == claim.id)
}

/// The bills of a claim, in its order.
async fn bills(context: &Context, claim: &Claim) -> Result<Vec<Bill>, CliError> {
    let key = |bill: &BillNullifier| StateKey::Bill(*bill, claim.provider);
    let state = context.client.get(&claim.terms.bills.iter().map(key).collect::<Vec<_>>()).await?;
    let mut found = Vec::new();
    for bill in &claim.terms.bills {
        match state.value(&key(bill)).flatten().map(|value| &value.record) {
            Some(Record::Bill(bill)) => found.push((**bill).clone()),
            _ => return Err(CliError::failed(format!("the ledger has no bill {bill}"))),
        }
    }
    Ok(found)
}

pub(super) async fn deny(args: &DenyArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.act.client)?;
    let reasons = AdjReasons::of(&args.reason);
    let (outcome_root, salt) = outcomes(args.outcomes.as_ref(), Money::zero(Currency::Hkd), reasons)?;
    let claim = args.act.claim;
    let action = Action::DenyClaim(DenyClaim { claim, mode: args.mode.mode(), reasons, outcome_root });
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.act.save.receipt(&receipt)?;
    let value = json!({ "claim": claim, "outcome_salt": salt, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("claim {claim} denied\n{}", receipt_text(&receipt)));
    Ok(())
}

pub(super) async fn pay(args: &PayArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.act.client)?;
    let (claim, _) = claim::load(&context, args.act.claim).await?;
    let amount = match &args.amount {
        Some(amount) => parse::money(amount)?,
        None => claim.payable().map_err(CliError::failed)?,
    };
    let bank = match args.bank {
        Some(bank) => bank,
        None => designated(&context, &claim).await?,
    };
    let instruct = InstructPayment { claim: claim.id, amount, bank, purpose: args.purpose };
    let receipt = context.execute(output, &context.key, Action::InstructPayment(instruct), &[]).await?;
    args.act.save.receipt(&receipt)?;
    let settlement = settlement_id_of(&receipt.receipt.tx);
    let value = json!({
        "claim": claim.id,
        "settlement": settlement,
        "amount": amount.to_string(),
        "bank": bank,
        "receipt": receipt_json(&receipt),
    });
    output.print(&value, || {
        format!("settlement {settlement}: bank {bank} is to pay {amount}\n{}", receipt_text(&receipt))
    });
    Ok(())
}

/// The first bank that is designated for the currency of a claim's bills and that of its payment.
pub(super) async fn designated(context: &Context, claim: &Claim) -> Result<OrgId, CliError> {
    let (Record::Params(params), _) = context.record(StateKey::Params).await? else {
        return Err(CliError::failed("the ledger has no parameters"));
    };
    let banks = &params.claims.banks;
    let ccy = claim.terms.amounts.claimed.ccy;
    let payout = claim.terms.fx.map_or(ccy, |lock| lock.ccy);
    let both = |bank: &OrgId| banks.contains(&BankDesignation { ccy: payout, bank: *bank });
    let mut of_bills = banks.iter().filter(|designation| designation.ccy == ccy).map(|designation| designation.bank);
    let problem = || CliError::usage(format!("--bank: none is designated for {ccy} and {payout}"));
    of_bills.find(both).ok_or_else(problem)
}
