//! `assent eligibility`.

use std::path::PathBuf;

use assent_types::action::Action;
use assent_types::eligibility::{
    AnswerEligible, AnswerError, AnswerNotEligible, BenefitBand, CheckEligibility, Eligibility, EligibilityAnswer,
    EligibilityError, EligibilityKind, EligibilityPurpose, EligibilityPurposes, IneligibleReason, eligibility_id_of,
};
use assent_types::ids::{CaseId, EligibilityId, Millis, Month};
use assent_types::state::{Record, StateKey};
use serde_json::json;

use super::act::Act;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on};
use super::fhir::FhirArgs;
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent eligibility`.
#[derive(clap::Subcommand)]
pub(super) enum EligibilityVerb {
    /// Ask whether the plan of a case covers (EL-01), as its provider or as the subject's app
    #[command(after_help = "\
Examples:
  assent eligibility check --case ID --service 2026-09
  assent eligibility check --case ID --service 2026-09 --purpose benefits,auth-requirements --cosigner patient.key")]
    Check {
        #[command(flatten)]
        client: ClientArgs,
        /// The case
        #[arg(long, value_name = "ID")]
        case: CaseId,
        /// Month of the planned service
        #[arg(long, value_name = "MONTH", value_parser = parse::month)]
        service: Month,
        /// What is asked: auth-requirements, benefits, discovery, validation
        #[arg(long, value_name = "PURPOSES", value_delimiter = ',', default_value = "validation,benefits")]
        purpose: Vec<EligibilityPurpose>,
        /// What kind of answer is wanted: eligibility, or predetermination, an estimate that binds nobody
        #[arg(long, value_name = "KIND", default_value = "eligibility")]
        kind: EligibilityKind,
        /// Key file of the subject, where no capability of the case and no consent speaks for it
        #[arg(long, value_name = "FILE")]
        cosigner: Vec<PathBuf>,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Answer, as the case's insurer (EL-02, EL-03, EL-04)
    #[command(after_help = "\
Examples:
  assent eligibility answer ID --band HIGH --valid-to 2026-09-02
  assent eligibility answer ID --not-eligible WAITING_PERIOD
  assent eligibility answer ID --error 75")]
    Answer {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Show a question and its answer, with proof
    #[command(after_help = "Examples:\n  assent eligibility show ID\n  assent eligibility show ID --fhir asked.ndjson")]
    Show {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        fhir: FhirArgs,
    },
}

/// Names a question.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The question
    #[arg(value_name = "ID")]
    eligibility: EligibilityId,
    #[command(flatten)]
    save: SaveArgs,
}

/// One of three answers. The derived group would count the end of the first answer as a fourth one.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct AnswerArgs {
    /// The plan covers, and this is left: EXHAUSTED, LOW, MEDIUM, HIGH or UNLIMITED
    #[arg(long, value_name = "BAND", group = "answered", requires = "valid_to")]
    band: Option<BenefitBand>,
    /// First instant at which the answer no longer holds, a day from now at most
    #[arg(long, value_name = "TIME", value_parser = parse::instant, requires = "band")]
    valid_to: Option<Millis>,
    /// It does not: INACTIVE, WAITING_PERIOD, NOT_COVERED, OUT_OF_NETWORK or EXHAUSTED
    #[arg(long, value_name = "REASON", group = "answered")]
    not_eligible: Option<IneligibleReason>,
    /// There is no answer (X12 271 AAA): 15, 42, 43, 72 or 75
    #[arg(long, value_name = "CODE", group = "answered")]
    error: Option<EligibilityError>,
}

impl AnswerArgs {
    fn action(&self, eligibility: EligibilityId) -> Result<Action, CliError> {
        match (self.band, self.valid_to, self.not_eligible, self.error) {
            (Some(band), Some(valid_to), ..) => {
                Ok(Action::AnswerEligible(AnswerEligible { eligibility, band, valid_to }))
            }
            (.., Some(reason), _) => Ok(Action::AnswerNotEligible(AnswerNotEligible { eligibility, reason })),
            (.., Some(error)) => Ok(Action::AnswerError(AnswerError { eligibility, error })),
            _ => Err(CliError::usage("give --band with --valid-to, --not-eligible or --error")),
        }
    }
}

pub(super) fn run(verb: EligibilityVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        EligibilityVerb::Check { client, case, service, purpose, kind, cosigner, save } => {
            let purposes = EligibilityPurposes::of(&purpose);
            let action = Action::CheckEligibility(CheckEligibility { case, kind, purposes, service });
            let act = Act { cosigners: &cosigner, ..Act::new(&client, &save, "eligibility", "asked") };
            let id = |receipt: &assent_client::FinalReceipt| eligibility_id_of(&receipt.receipt.tx).to_string();
            block_on(act.execute(action, id, output))
        }
        EligibilityVerb::Answer { target, answer } => {
            let action = answer.action(target.eligibility)?;
            let act = Act::new(&target.client, &target.save, "eligibility", "answered");
            block_on(act.execute(action, |_| target.eligibility.to_string(), output))
        }
        EligibilityVerb::Show { target, fhir } => block_on(async {
            let context = Context::open(&target.client)?;
            let (Record::Eligibility(found), bundle) =
                context.record(StateKey::Eligibility(target.eligibility)).await?
            else {
                return Err(CliError::failed("the ledger has no question there"));
            };
            fhir.eligibility(&found)?;
            target.save.save(&bundle)?;
            output.print(&json!({ "eligibility": found }), || text(&found));
            Ok(())
        }),
    }
}

fn text(question: &Eligibility) -> String {
    let mut lines = vec![
        format!("eligibility {}: {}", question.id, question.status),
        format!("{} in case {} of subject {}", question.kind, question.case, question.subject),
        format!("insurer {}, provider {}, asked by {}", question.insurer, question.provider, question.requested_by),
    ];
    match question.answer {
        Some(EligibilityAnswer::Eligible { band, valid_to }) => {
            lines.push(format!("covered until {}, left: {band}", assent_verify::rfc3339(valid_to)));
        }
        Some(EligibilityAnswer::NotEligible { reason }) => lines.push(format!("not covered: {reason}")),
        Some(EligibilityAnswer::Error { error }) => lines.push(format!("no answer: {error}")),
        None => {}
    }
    if let Some(due) = question.due.filter(|_| question.answer.is_none()) {
        lines.push(format!("the answer is due by {}", assent_verify::rfc3339(due)));
    }
    lines.join("\n")
}
