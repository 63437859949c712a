//! `assent claim request-info`, `link`, `hold`, `resume`, `appeal`, `decide-appeal`, `withdraw` and `reopen`.

use std::path::PathBuf;

use assent_client::claims::share_out;
use assent_types::Set;
use assent_types::action::Action;
use assent_types::claim::{
    AdjReason, AdjReasons, AppealOutcome, ConsentGap, DecideAppeal, FileAppeal, LinkAttachments, ReopenClaim,
    RequestInfo, ResumeWithConsent, WithdrawClaim,
};
use assent_types::consent::{Categories, Category};
use assent_types::ids::{AnchorId, Hash32};
use serde_json::{Value, json};

use super::args::{CapacityArgs, Signer};
use super::claim::{self, ActArgs};
use super::claim_decide::{ModeArgs, headroom, outcomes};
use super::context::{Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs on a claim under review or decided.
#[derive(clap::Subcommand)]
pub(super) enum CourseVerb {
    /// Ask for information that the decision needs (CL-06)
    #[command(after_help = "Example:\n  assent claim request-info ID --category LAB,DIAGNOSIS")]
    RequestInfo {
        #[command(flatten)]
        act: ActArgs,
        /// Categories of the documents that are missing
        #[arg(long, value_name = "CATEGORIES", value_delimiter = ',', required = true)]
        category: Vec<Category>,
    },
    /// Link documents that were asked for (CL-08)
    #[command(after_help = "Example:\n  assent claim link ID --attach ID")]
    Link {
        #[command(flatten)]
        act: ActArgs,
        /// A document that the insurer may have for claims now; repeatable
        #[arg(long, value_name = "ID", required = true)]
        attach: Vec<AnchorId>,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Say that documents cannot be had for want of a consent (CL-07)
    #[command(after_help = "Example:\n  assent claim hold ID --needed ID")]
    Hold {
        #[command(flatten)]
        act: ActArgs,
        /// A document that the decision needs; repeatable
        #[arg(long, value_name = "ID", required = true)]
        needed: Vec<AnchorId>,
    },
    /// End a hold, as the consent is there (CL-10)
    #[command(after_help = "Example:\n  assent claim resume ID\n  assent claim resume ID --subject-key patient.key")]
    Resume {
        #[command(flatten)]
        act: ActArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Appeal against a decision (CL-19, CL-20)
    #[command(after_help = "\
Examples:
  assent claim appeal ID --grounds letter.pdf --subject-key patient.key
  assent claim appeal ID --grounds letter.pdf --cosigner patient.key")]
    Appeal {
        #[command(flatten)]
        act: ActArgs,
        /// File with the grounds; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        grounds: PathBuf,
        #[command(flatten)]
        capacity: CapacityArgs,
        /// Key file of the subject, who lets its provider appeal once the case is over
        #[arg(long, value_name = "FILE")]
        cosigner: Option<PathBuf>,
    },
    /// Decide an appeal, as the insurer or, at the second level, as a regulator (CL-21 to CL-23)
    #[command(after_help = "\
Examples: all that is claimed, a part, or nothing, by another person than before
  assent claim decide-appeal ID --adjudicator HASH
  assent claim decide-appeal ID --amount '5900.00 HKD' --reason COPAYMENT --adjudicator HASH
  assent claim decide-appeal ID --deny --reason NOT_COVERED --adjudicator HASH")]
    DecideAppeal(Box<DecideAppealArgs>),
    /// Withdraw a claim that was not paid (CL-38)
    #[command(
        after_help = "Example:\n  assent claim withdraw ID\n  assent claim withdraw ID --subject-key patient.key"
    )]
    Withdraw {
        #[command(flatten)]
        act: ActArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Reopen a claim by order of a court or regulator, as a regulator (CL-30)
    #[command(after_help = "Example:\n  assent claim reopen ID --order order.pdf")]
    Reopen {
        #[command(flatten)]
        act: ActArgs,
        /// File with the order; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        order: PathBuf,
    },
}

/// Flags of `assent claim decide-appeal`.
#[derive(clap::Args)]
pub(super) struct DecideAppealArgs {
    #[command(flatten)]
    act: ActArgs,
    /// What is approved, as '5900.00 HKD'; all that is claimed if absent
    #[arg(long, value_name = "AMOUNT", conflicts_with = "deny")]
    amount: Option<String>,
    /// Approve nothing
    #[arg(long, requires = "reason")]
    deny: bool,
    /// Why the rest is not, as DEDUCTIBLE or OVER_CAP
    #[arg(long, value_name = "REASONS", value_delimiter = ',')]
    reason: Vec<AdjReason>,
    #[command(flatten)]
    mode: ModeArgs,
    /// File with the outcome of each line (JSON); its salted root goes to the ledger
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
}

pub(super) fn run(verb: CourseVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        CourseVerb::RequestInfo { act, category } => {
            let request = RequestInfo { claim: act.claim, categories: Categories::of(&category) };
            let asked = (Action::RequestInfo(request), "waits for information");
            block_on(execute(&act, None, asked, &[], Value::Null, output))
        }
        CourseVerb::Link { act, attach, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&act.client)?)?;
            let anchors = Set::new(attach).map_err(CliError::usage)?;
            let link = LinkAttachments { claim: act.claim, anchors, capacity };
            let linked = (Action::LinkAttachments(link), "has the documents");
            execute(&act, Some(signer), linked, &[], Value::Null, output).await
        }),
        CourseVerb::Hold { act, needed } => {
            let gap = ConsentGap { claim: act.claim, needed: Set::new(needed).map_err(CliError::usage)? };
            let held = (Action::ConsentGap(gap), "waits for a consent");
            block_on(execute(&act, None, held, &[], Value::Null, output))
        }
        CourseVerb::Resume { act, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&act.client)?)?;
            let resume = ResumeWithConsent { claim: act.claim, capacity };
            let resumed = (Action::ResumeWithConsent(resume), "is under review again");
            execute(&act, Some(signer), resumed, &[], Value::Null, output).await
        }),
        CourseVerb::Appeal { act, grounds, capacity, cosigner } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&act.client)?)?;
            let (grounds, salt) = parse::evidence_hash(&grounds)?;
            let appeal = FileAppeal { claim: act.claim, grounds, capacity };
            let appealed = (Action::FileAppeal(appeal), "is under appeal");
            let cosigners: Vec<PathBuf> = cosigner.into_iter().collect();
            let kept = json!({ "grounds_salt": salt });
            execute(&act, Some(signer), appealed, &cosigners, kept, output).await
        }),
        CourseVerb::DecideAppeal(args) => block_on(decide(&args, output)),
        CourseVerb::Withdraw { act, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&act.client)?)?;
            let withdraw = WithdrawClaim { claim: act.claim, capacity };
            let withdrawn = (Action::WithdrawClaim(withdraw), "withdrawn");
            execute(&act, Some(signer), withdrawn, &[], Value::Null, output).await
        }),
        CourseVerb::Reopen { act, order } => {
            let (order, salt) = parse::evidence_hash(&order)?;
            let reopened = (Action::ReopenClaim(ReopenClaim { claim: act.claim, order }), "is under review again");
            block_on(execute(&act, None, reopened, &[], json!({ "order_salt": salt }), output))
        }
    }
}

/// Signs an act on a claim, waits for its receipt, and says what became of the claim.
pub(super) async fn execute(
    act: &ActArgs,
    signer: Option<Signer>,
    (action, done): (Action, &str),
    cosigners: &[PathBuf],
    kept: Value,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(&act.client)?;
    let key = signer.as_ref().map_or(&context.key, |signer| signer.key(&context));
    let cosigners = cosigners.iter().map(|path| load_key(path)).collect::<Result<Vec<_>, _>>()?;
    let cosigners: Vec<_> = cosigners.iter().collect();
    let receipt = context.execute(output, key, action, &cosigners).await?;
    act.save.receipt(&receipt)?;
    let value = json!({ "claim": act.claim, "kept": kept, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("claim {} {done}\n{}", act.claim, receipt_text(&receipt)));
    Ok(())
}

async fn decide(args: &DecideAppealArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.act.client)?;
    let (found, _) = claim::load(&context, args.act.claim).await?;
    let claimed = found.terms.amounts.claimed;
    let reasons = AdjReasons::of(&args.reason);
    let approved = match (&args.amount, args.deny) {
        (_, true) => assent_types::Money::zero(claimed.ccy),
        (Some(amount), false) => parse::money(amount)?,
        (None, false) => claimed,
    };
    let (outcome_root, salt): (Hash32, Hash32) = outcomes(args.outcomes.as_ref(), approved, reasons)?;
    let outcome = if args.deny {
        AppealOutcome::Deny(reasons)
    } else {
        let award = share_out(approved, &headroom(&context, &found).await?)
            .map_err(|error| CliError::numbered(error.code(), error))?;
        // What exceeds the claim is decided as a whole: the ledger refuses it by its number.
        if approved < claimed && approved.ccy == claimed.ccy {
            AppealOutcome::Part(award, reasons)
        } else {
            AppealOutcome::Full(award)
        }
    };
    let decide = DecideAppeal { claim: found.id, mode: args.mode.mode(), outcome, outcome_root };
    let action = Action::DecideAppeal(Box::new(decide));
    let done = format!("{approved} of {claimed} approved on appeal");
    let kept = json!({ "approved": approved.to_string(), "outcome_salt": salt });
    execute(&args.act, None, (action, done.as_str()), &[], kept, output).await
}
