//! `assent preauth`.

use std::path::PathBuf;

use assent_types::action::Action;
use assent_types::claim::{AdjReason, AdjReasons};
use assent_types::consent::{Categories, Category};
use assent_types::ids::{AnchorId, Millis, PreauthId};
use assent_types::preauth::{
    ApprovePreauth, ApprovePreauthPartial, CancelPreauth, DenyPreauth, PendPreauth, Preauth, ReplacePreauth,
    SupplyPreauthInfo, Validity, VoidPreauth, VoidReason,
};
use assent_types::state::{Record, StateKey};
use assent_types::{Money, Set};
use serde_json::{Map, Value, json};

use super::act::Act;
use super::args::{CapacityArgs, SaveArgs};
use super::claim_decide::{ModeArgs, outcomes};
use super::context::{ClientArgs, Context, block_on};
use super::fhir::FhirArgs;
use super::output::{CliError, Output};
use super::parse;
use super::preauth_request::{self, AmendArgs, RequestArgs};

/// Verbs of `assent preauth`.
#[derive(clap::Subcommand)]
pub(super) enum PreauthVerb {
    /// Ask for a preauthorisation (PA-01), as the case's provider
    #[command(after_help = "\
Examples:
  assent preauth request --case ID --amount '12000.00 HKD' --from 2026-09-01 --to 2026-09-04
  assent preauth request --case ID --items items.json --currency HKD --from 2026-09-01 --to 2026-09-04 --attach ID")]
    Request(Box<RequestArgs>),
    /// Ask for documents, as the insurer; the clock is paused (PA-02)
    #[command(after_help = "Example:\n  assent preauth pend ID --category RAD_REPORT,LAB")]
    Pend {
        #[command(flatten)]
        target: TargetArgs,
        /// Categories of the documents that are needed
        #[arg(long, value_name = "CATEGORIES", value_delimiter = ',', required = true)]
        category: Vec<Category>,
    },
    /// Supply documents, as the provider; the clock resumes (PA-03)
    #[command(after_help = "Example:\n  assent preauth supply ID --attach ID")]
    Supply {
        #[command(flatten)]
        target: TargetArgs,
        /// A document; repeatable
        #[arg(long, value_name = "ID", required = true)]
        attach: Vec<AnchorId>,
    },
    /// Approve, all of it or a part, as the insurer (PA-04, PA-05)
    #[command(after_help = "\
Examples:
  assent preauth approve ID --valid-to 2026-10-31 --adjudicator HASH
  assent preauth approve ID --amount '9000.00 HKD' --reason OVER_CAP --valid-to 2026-10-31 --adjudicator HASH")]
    Approve(Box<ApproveArgs>),
    /// Deny, as the insurer (PA-06)
    #[command(after_help = "Example:\n  assent preauth deny ID --reason NOT_NECESSARY --adjudicator HASH")]
    Deny(Box<DenyArgs>),
    /// Change what is asked for before it is decided (PA-07)
    #[command(after_help = "\
Example:
  assent preauth amend ID --amount '14000.00 HKD' --from 2026-09-01 --to 2026-09-06")]
    Amend(Box<AmendArgs>),
    /// Give it up, as the provider, the subject or a proxy (PA-08)
    #[command(after_help = "\
Examples:
  assent preauth cancel ID
  assent preauth cancel ID --subject-key patient.key")]
    Cancel {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Put an approved one in the place of another, as the insurer (PA-09)
    #[command(after_help = "Example:\n  assent preauth replace ID --by ID")]
    Replace {
        #[command(flatten)]
        target: TargetArgs,
        /// The one that takes its place; it was asked for with --prior
        #[arg(long, value_name = "ID")]
        by: PreauthId,
    },
    /// Void it before anything rests on it, as the insurer (PA-14)
    #[command(after_help = "Example:\n  assent preauth void ID --reason COVERAGE_TERMINATED --notice notice.pdf")]
    Void {
        #[command(flatten)]
        target: TargetArgs,
        /// Why: COVERAGE_TERMINATED, FRAUD_FINDING or DUPLICATE
        #[arg(long, value_name = "REASON")]
        reason: VoidReason,
        /// File with the notice to provider and subject; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        notice: PathBuf,
    },
    /// Show a preauthorisation and where its amount is, with proof
    #[command(after_help = "Examples:\n  assent preauth show ID\n  assent preauth show ID --fhir preauth.ndjson")]
    Show {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        fhir: FhirArgs,
    },
}

/// Names a preauthorisation.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    pub(super) client: ClientArgs,
    /// The preauthorisation
    #[arg(value_name = "ID")]
    pub(super) preauth: PreauthId,
    #[command(flatten)]
    pub(super) save: SaveArgs,
}

/// Flags of `assent preauth approve`.
#[derive(clap::Args)]
pub(super) struct ApproveArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// What is approved; all that is asked for if absent
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Why the rest is not, as OVER_CAP
    #[arg(long, value_name = "REASONS", value_delimiter = ',')]
    reason: Vec<AdjReason>,
    /// First instant of its validity; that of the request if absent
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    valid_from: Option<Millis>,
    /// First instant after its validity
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    valid_to: Millis,
    #[command(flatten)]
    mode: ModeArgs,
    /// File with the outcome of each item (JSON); its salted root goes to the ledger
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
}

/// Flags of `assent preauth deny`.
#[derive(clap::Args)]
pub(super) struct DenyArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Why, as NOT_NECESSARY
    #[arg(long, value_name = "REASONS", value_delimiter = ',', required = true)]
    reason: Vec<AdjReason>,
    #[command(flatten)]
    mode: ModeArgs,
    /// File with the outcome of each item (JSON); its salted root goes to the ledger
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
}

pub(super) fn run(verb: PreauthVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        PreauthVerb::Request(args) => block_on(preauth_request::request(&args, output)),
        PreauthVerb::Amend(args) => block_on(preauth_request::amend(&args, output)),
        PreauthVerb::Approve(args) => block_on(approve(&args, output)),
        PreauthVerb::Deny(args) => block_on(deny(&args, output)),
        PreauthVerb::Pend { target, category } => {
            let asked = Categories::of(&category);
            let action = Action::PendPreauth(PendPreauth { preauth: target.preauth, asked });
            block_on(plain(&target, action, "pended", output))
        }
        PreauthVerb::Supply { target, attach } => {
            let attachments = Set::new(attach).map_err(CliError::usage)?;
            let supply = SupplyPreauthInfo { preauth: target.preauth, attachments };
            block_on(plain(&target, Action::SupplyPreauthInfo(Box::new(supply)), "supplied with documents", output))
        }
        PreauthVerb::Cancel { target, capacity } => block_on(async {
            let (capacity, signer) = capacity.resolve(&Context::open(&target.client)?)?;
            let action = Action::CancelPreauth(CancelPreauth { preauth: target.preauth, capacity });
            let act = Act { signer: Some(signer), ..Act::new(&target.client, &target.save, "preauth", "cancelled") };
            act.execute(action, |_| target.preauth.to_string(), output).await
        }),
        PreauthVerb::Replace { target, by } => {
            let action = Action::ReplacePreauth(ReplacePreauth { preauth: target.preauth, child: by });
            block_on(plain(&target, action, "replaced", output))
        }
        PreauthVerb::Void { target, reason, notice } => block_on(async {
            let (notice, salt) = parse::evidence_hash(&notice)?;
            let action = Action::VoidPreauth(VoidPreauth { preauth: target.preauth, reason, notice });
            let kept = Map::from_iter([("notice_salt".to_owned(), json!(salt))]);
            let act = Act { kept, ..Act::new(&target.client, &target.save, "preauth", "voided") };
            act.execute(action, |_| target.preauth.to_string(), output).await
        }),
        PreauthVerb::Show { target, fhir } => block_on(async {
            let (found, bundle) = load(&Context::open(&target.client)?, target.preauth).await?;
            fhir.preauth(&found)?;
            target.save.save(&bundle)?;
            output.print(&json(&found), || text(&found));
            Ok(())
        }),
    }
}

async fn plain(target: &TargetArgs, action: Action, done: &'static str, output: &Output) -> Result<(), CliError> {
    let act = Act::new(&target.client, &target.save, "preauth", done);
    act.execute(action, |_| target.preauth.to_string(), output).await
}

/// A preauthorisation, and its proof.
pub(super) async fn load(context: &Context, preauth: PreauthId) -> Result<(Preauth, Vec<u8>), CliError> {
    match context.record(StateKey::Preauth(preauth)).await? {
        (Record::Preauth(preauth), bundle) => Ok((*preauth, bundle)),
        _ => Err(CliError::failed("the ledger has no preauthorisation there")),
    }
}

async fn approve(args: &ApproveArgs, output: &Output) -> Result<(), CliError> {
    let (found, _) = load(&Context::open(&args.target.client)?, args.target.preauth).await?;
    let (preauth, requested) = (found.id, found.terms.amount);
    let approved = args.amount.as_deref().map_or(Ok(requested), parse::money)?;
    let reasons = AdjReasons::of(&args.reason);
    let (outcome_root, salt) = outcomes(args.outcomes.as_ref(), approved, reasons)?;
    let validity = Validity { from: args.valid_from.unwrap_or(found.requested_at), to: args.valid_to };
    let mode = args.mode.mode();
    // What exceeds the request is sent as a whole: the ledger refuses it by its number.
    let action = if approved < requested && approved.ccy == requested.ccy {
        let part = ApprovePreauthPartial { preauth, mode, approved, reasons, validity, outcome_root };
        Action::ApprovePreauthPartial(Box::new(part))
    } else {
        Action::ApprovePreauth(Box::new(ApprovePreauth { preauth, mode, approved, validity, outcome_root }))
    };
    let kept = Map::from_iter([
        ("outcome_salt".to_owned(), json!(salt)),
        ("approved".to_owned(), json!(approved.to_string())),
    ]);
    let act = Act { kept, ..Act::new(&args.target.client, &args.target.save, "preauth", "approved") };
    act.execute(action, |_| preauth.to_string(), output).await
}

async fn deny(args: &DenyArgs, output: &Output) -> Result<(), CliError> {
    let (found, _) = load(&Context::open(&args.target.client)?, args.target.preauth).await?;
    let (preauth, mode, reasons) = (found.id, args.mode.mode(), AdjReasons::of(&args.reason));
    let (outcome_root, salt) = outcomes(args.outcomes.as_ref(), Money::zero(found.terms.amount.ccy), reasons)?;
    let action = Action::DenyPreauth(DenyPreauth { preauth, mode, reasons, outcome_root });
    let kept = Map::from_iter([("outcome_salt".to_owned(), json!(salt))]);
    let act = Act { kept, ..Act::new(&args.target.client, &args.target.save, "preauth", "denied") };
    act.execute(action, |_| preauth.to_string(), output).await
}

/// The record, and its amounts as people write them.
fn json(preauth: &Preauth) -> Value {
    let buckets = &preauth.buckets;
    json!({
        "preauth": preauth,
        "amounts": {
            "requested": preauth.terms.amount.to_string(),
            "approved": preauth.approved.to_string(),
            "remaining": buckets.remaining.to_string(),
            "reserved": buckets.reserved.to_string(),
            "consumed": buckets.consumed.to_string(),
            "lapsed": buckets.lapsed.to_string(),
        },
    })
}

/// What is said of a preauthorisation.
pub(super) fn text(preauth: &Preauth) -> String {
    let buckets = &preauth.buckets;
    let mut lines = vec![
        format!("preauth {}: {}", preauth.id, preauth.status),
        format!("version {} in case {} of subject {}", preauth.version, preauth.case, preauth.subject),
        format!("insurer {}, provider {}", preauth.insurer, preauth.provider),
        format!("requested {} ({})", preauth.terms.amount, preauth.terms.priority),
    ];
    if let Some(decision) = &preauth.decision {
        let reasons: Vec<_> = decision.reasons.codes().map(|reason| reason.code()).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
        lines.push(format!("approved {}{reasons}", preauth.approved));
    }
    if let Some(validity) = preauth.validity() {
        let at = assent_verify::rfc3339;
        lines.push(format!("valid from {} to {}", at(validity.from), at(validity.to)));
        lines.push(format!("remaining {}, reserved {}", buckets.remaining, buckets.reserved));
        lines.push(format!("consumed {}, lapsed {}", buckets.consumed, buckets.lapsed));
    }
    if let Some(next) = preauth.replaced_by {
        lines.push(format!("replaced by {next}"));
    }
    if let Some(due) = preauth.due {
        lines.push(format!("the next act is due by {}", assent_verify::rfc3339(due)));
    }
    lines.join("\n")
}
