//! `assent claim`.

use std::path::PathBuf;

use assent_types::action::Action;
use assent_types::claim::{
    APPEAL_LEVEL_INSURER, AcceptClaim, ClearDuplicate, ConfirmDuplicate, RejectClaim, RejectReason,
};
use assent_types::claim::{Claim, ClaimStatus};
use assent_types::ids::ClaimId;
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::{EvidenceArgs, SaveArgs};
use super::claim_clawback::{self, ClawbackVerb};
use super::claim_course::{self, CourseVerb};
use super::claim_decide::{self, ApproveArgs, DenyArgs, PayArgs};
use super::claim_submit::{self, SubmitArgs};
use super::claim_trace::{self, TraceArgs};
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::fhir::FhirArgs;
use super::output::{CliError, Output};
use super::settlement;

/// Verbs of `assent claim`.
#[derive(clap::Subcommand)]
pub(super) enum ClaimVerb {
    /// File a claim on registered bills (CL-01, CL-02)
    #[command(after_help = "\
Examples: a provider claims a bill of its own registry, all of it or a part
  assent claim submit --case ID --bill ID
  assent claim submit --case ID --bill ID --claimed '5600.00 HKD' --subject-share '780.50 HKD'
  assent claim submit --case ID --bill ID --preauth ID --guarantee ID

A subject claims what it has paid; the lines stand in a file, as [{\"sequence\": 1, \"codes\": [], \"amount\": \"37.50\"}]
  assent claim submit --case ID --bill ID --billed '37.50 HKD' --from 2026-08-03 --to 2026-08-06 --lines lines.json \\
      --payee-account account.txt --subject-key patient.key

Exit status 0 also where the claim is held as a duplicate; the status is printed.")]
    Submit(Box<SubmitArgs>),
    /// Acknowledge a claim and begin its review (CL-03)
    #[command(after_help = "Example:\n  assent claim accept ID")]
    Accept(ActArgs),
    /// Return a claim that cannot be processed (CL-04): no decision on coverage
    #[command(after_help = "Example:\n  assent claim reject ID --reason A7")]
    Reject {
        #[command(flatten)]
        act: ActArgs,
        /// Why (X12 277): A3 unprocessable, A6 missing, A7 invalid or A8 contradictory information
        #[arg(long, value_name = "REASON")]
        reason: RejectReason,
    },
    /// Approve a claim, all of it or a part (CL-15, CL-16)
    #[command(after_help = "\
Examples:
  assent claim approve ID --adjudicator HASH
  assent claim approve ID --amount '5600.00 HKD' --reason DEDUCTIBLE,COPAYMENT --adjudicator HASH")]
    Approve(Box<ApproveArgs>),
    /// Deny a claim (CL-17)
    #[command(after_help = "Example:\n  assent claim deny ID --reason NOT_COVERED --adjudicator HASH")]
    Deny(DenyArgs),
    /// Lift a duplicate hold (CL-12), with the other insurers or the subject
    #[command(after_help = "Example:\n  assent claim clear-duplicate ID --cosigner patient.key")]
    ClearDuplicate {
        #[command(flatten)]
        act: ActArgs,
        /// Key file of another insurer of the bill, or of the subject, who thereby declares co-ordination; repeatable
        #[arg(long, value_name = "FILE", required = true)]
        cosigner: Vec<PathBuf>,
    },
    /// Reject a held claim as a duplicate (CL-13), with the issuer of the bill or the other insurer
    #[command(
        after_help = "Example:\n  assent claim confirm-duplicate ID --cosigner hospital.key --evidence finding.pdf"
    )]
    ConfirmDuplicate {
        #[command(flatten)]
        act: ActArgs,
        /// Key file of the bill's issuer or of the other insurer; repeatable
        #[arg(long, value_name = "FILE", required = true)]
        cosigner: Vec<PathBuf>,
        #[command(flatten)]
        evidence: EvidenceArgs,
    },
    /// Instruct the payment of what was approved (CL-25, ST-01)
    #[command(after_help = "Example:\n  assent claim pay ID\n  assent claim pay ID --bank 7 --purpose HSPC")]
    Pay(PayArgs),
    #[command(flatten)]
    Course(CourseVerb),
    #[command(flatten)]
    Clawback(ClawbackVerb),
    /// Show a claim, with proof
    #[command(after_help = "Examples:\n  assent claim show ID\n  assent claim show ID --fhir claim.ndjson")]
    Show {
        #[command(flatten)]
        act: ActArgs,
        #[command(flatten)]
        fhir: FhirArgs,
    },
    /// Show a claim's whole course, from bill to bank reference, each step proven
    #[command(after_help = "Examples:\n  assent claim trace ID\n  assent claim trace ID --out trace")]
    Trace(TraceArgs),
}

/// Names a claim.
#[derive(clap::Args)]
pub(super) struct ActArgs {
    #[command(flatten)]
    pub(super) client: ClientArgs,
    /// The claim
    #[arg(value_name = "ID")]
    pub(super) claim: ClaimId,
    #[command(flatten)]
    pub(super) save: SaveArgs,
}

pub(super) fn run(verb: ClaimVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ClaimVerb::Submit(args) => block_on(claim_submit::run(&args, output)),
        ClaimVerb::Accept(act) => {
            let action = Action::AcceptClaim(AcceptClaim { claim: act.claim });
            block_on(execute(&act, action, &[], "accepted", Value::Null, output))
        }
        ClaimVerb::Reject { act, reason } => {
            let action = Action::RejectClaim(RejectClaim { claim: act.claim, reason });
            block_on(execute(&act, action, &[], "rejected", Value::Null, output))
        }
        ClaimVerb::Approve(args) => block_on(claim_decide::approve(&args, output)),
        ClaimVerb::Deny(args) => block_on(claim_decide::deny(&args, output)),
        ClaimVerb::ClearDuplicate { act, cosigner } => {
            let action = Action::ClearDuplicate(ClearDuplicate { claim: act.claim });
            block_on(execute(&act, action, &cosigner, "cleared", Value::Null, output))
        }
        ClaimVerb::ConfirmDuplicate { act, cosigner, evidence } => {
            let Some((evidence, salt)) = evidence.resolve()? else {
                return Err(CliError::usage("--evidence: a duplicate is confirmed with evidence"));
            };
            let confirm = ConfirmDuplicate { claim: act.claim, evidence: evidence.hash };
            let action = Action::ConfirmDuplicate(confirm);
            let kept = json!({ "evidence_salt": salt });
            block_on(execute(&act, action, &cosigner, "rejected as a duplicate", kept, output))
        }
        ClaimVerb::Course(verb) => claim_course::run(verb, output),
        ClaimVerb::Clawback(verb) => claim_clawback::run(verb, output),
        ClaimVerb::Pay(args) => block_on(claim_decide::pay(&args, output)),
        ClaimVerb::Show { act, fhir } => block_on(async {
            let context = Context::open(&act.client)?;
            let (claim, bundle) = load(&context, act.claim).await?;
            let settlement = match claim.settlement.filter(|_| fhir.is_wanted()) {
                Some(id) => Some(settlement::load(&context, id).await?.0),
                None => None,
            };
            fhir.claim(&claim, settlement.as_ref())?;
            act.save.save(&bundle)?;
            output.print(&json(&claim), || text(&claim));
            Ok(())
        }),
        ClaimVerb::Trace(args) => block_on(claim_trace::run(&args, output)),
    }
}

/// A claim, and its proof.
pub(super) async fn load(context: &Context, claim: ClaimId) -> Result<(Claim, Vec<u8>), CliError> {
    match context.record(StateKey::Claim(claim)).await? {
        (Record::Claim(claim), bundle) => Ok((*claim, bundle)),
        _ => Err(CliError::failed("the ledger has no claim there")),
    }
}

/// Signs an act on a claim as the own organisation, waits for its receipt, and says what became of the claim.
async fn execute(
    act: &ActArgs,
    action: Action,
    cosigners: &[PathBuf],
    done: &str,
    kept: Value,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(&act.client)?;
    let cosigners = cosigners.iter().map(|path| load_key(path)).collect::<Result<Vec<_>, _>>()?;
    let cosigners: Vec<_> = cosigners.iter().collect();
    let receipt = context.execute(output, &context.key, action, &cosigners).await?;
    act.save.receipt(&receipt)?;
    let value = json!({ "claim": act.claim, "kept": kept, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("claim {} {done}\n{}", act.claim, receipt_text(&receipt)));
    Ok(())
}

/// The claim's record, and its amounts as people write them.
pub(super) fn json(claim: &Claim) -> Value {
    let amounts = &claim.terms.amounts;
    json!({
        "claim": claim,
        "amounts": {
            "billed": amounts.billed.to_string(),
            "claimed": amounts.claimed.to_string(),
            "subject_share": amounts.subject_share.to_string(),
            "approved_total": claim.approved_total.to_string(),
            "settled_net": claim.settled_net.to_string(),
            "clawed_back": claim.clawed_back.to_string(),
        },
    })
}

/// What is said of a claim.
pub(super) fn text(claim: &Claim) -> String {
    let amounts = &claim.terms.amounts;
    let mut lines = vec![
        format!("claim {}: {}", claim.id, claim.status),
        format!("number {} in case {} of subject {}", claim.seq, claim.terms.case, claim.subject),
        format!("insurer {}, provider {}", claim.insurer, claim.provider),
        format!("billed {}, claimed {}, the subject bears {}", amounts.billed, amounts.claimed, amounts.subject_share),
    ];
    for payer in &amounts.other_payers {
        lines.push(format!("{} bears {}", payer.kind, payer.amount));
    }
    if let Some(decision) = &claim.decision {
        let reasons: Vec<_> = decision.reasons.codes().map(|reason| reason.code()).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
        lines.push(format!("approved {}, disallowed {}{reasons}", decision.approved, decision.disallowed));
    }
    if let Some(reason) = claim.rejected {
        lines.push(format!("not processed: {reason}"));
    }
    if claim.status == ClaimStatus::PayInstructed || !claim.settled_net.is_zero() {
        let settlement = claim.settlement.map(|id| format!(" in settlement {id}")).unwrap_or_default();
        lines.push(format!("settled {}{settlement}", claim.settled_net));
    }
    if !claim.clawed_back.is_zero() {
        lines.push(format!("clawed back {}", claim.clawed_back));
    }
    lines.extend(course_text(claim));
    let flags: Vec<_> = claim.flags.codes().map(|flag| flag.code()).collect();
    if !flags.is_empty() {
        lines.push(flags.join(", "));
    }
    if let Some(due) = claim.due {
        lines.push(format!("the next act is due by {}", assent_verify::rfc3339(due)));
    }
    lines.join("\n")
}

/// What is said of a claim's course beside decisions and payments.
fn course_text(claim: &Claim) -> Vec<String> {
    let course = &claim.course;
    let mut lines = Vec::new();
    if let Some(lock) = claim.terms.fx {
        let fixing = course.fixing.map_or_else(|| "not taken yet".to_owned(), |fixing| format!("fixing {fixing}"));
        lines.push(format!("paid in {}, rate taken at {}: {fixing}", lock.ccy, lock.at));
    }
    if claim.status == ClaimStatus::InfoRequested {
        let asked: Vec<_> = course.asked.codes().map(|category| category.code()).collect();
        lines.push(format!("asked for: {}", asked.join(", ")));
    }
    if let Some(appeal) = &course.appeal {
        let decider = if appeal.level == APPEAL_LEVEL_INSURER { "the insurer" } else { "a regulator" };
        lines.push(format!("appeal {} against {}, decided by {decider}", claim.appeals, appeal.approved_before));
    }
    if let Some(clawback) = &course.clawback {
        lines.push(format!("clawback of {}: {}", clawback.amount, clawback.reason));
    }
    if course.breaches > 0 {
        lines.push(format!("deadlines missed in this status: {}", course.breaches));
    }
    lines
}
