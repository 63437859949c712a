//! `assent consent suspend`, `resume`, `in-error` and `explain`.

use std::path::PathBuf;

use assent_contracts::permit;
use assent_contracts::runtime::memory::MemoryState;
use assent_types::access::{AccessRequest, Asked, Reason};
use assent_types::action::Action;
use assent_types::codec::{List, Set};
use assent_types::ids::{Hash32, Millis};
use assent_types::suspension::{CaptureError, MarkInError, ResumeConsent, SuspendConsent};
use serde_json::{Value, json};

use super::args::SaveArgs;
use super::consent::TargetArgs;
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::decide::{self, Checked, DecideArgs};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent consent` for orders, errors, and reasons.
#[derive(clap::Subcommand)]
pub(super) enum OrderVerb {
    /// Suspend a consent until a date (CN-09), as a regulator
    #[command(after_help = "\
Example:
  assent consent suspend --sp PSEUDONYM --controller 1 --consent ID --order HASH --until 2026-12-31")]
    Suspend {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        target: TargetArgs,
        /// Hash of the order
        #[arg(long, value_name = "HASH")]
        order: Hash32,
        /// Until when, as a date or in milliseconds since 1970
        #[arg(long, value_name = "WHEN", value_parser = parse::instant)]
        until: Millis,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Lift a suspension (CN-10), as a regulator
    #[command(after_help = "\
Example:
  assent consent resume --sp PSEUDONYM --controller 1 --consent ID --order HASH")]
    Resume {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        target: TargetArgs,
        /// Hash of the order
        #[arg(long, value_name = "HASH")]
        order: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Mark a consent as entered in error (CN-11): who attested it and a second organisation sign
    #[command(after_help = "\
Example:
  assent consent in-error --sp PSEUDONYM --controller 1 --consent ID --error WRONG_PATIENT --evidence HASH \\
    --cosign second.key")]
    InError {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        target: TargetArgs,
        /// WRONG_PATIENT or WRONG_CAPTURE
        #[arg(long, value_name = "ERROR")]
        error: CaptureError,
        /// Salted hash of the record that shows it
        #[arg(long, value_name = "HASH")]
        evidence: Hash32,
        /// Key file of the organisation that co-signs
        #[arg(long, value_name = "FILE")]
        cosign: PathBuf,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Say why a request is permitted or denied: every reason, and for each document the nearest miss
    #[command(after_help = "\
Examples: a request in a file, and one by its parts
  assent consent explain --request request.json
  assent consent explain --requester 3 --sp PSEUDONYM --controller 1 --user-role CLAIMS_ASSESSOR --purpose CLMATTCH \\
      --descriptor DIAGNOSIS:3:2026-09:HK --descriptor LAB:3:2026-09:HK

For the requester, the controller, the subject and regulators; the parts are told to who may read the consents. A request
for documents is a file as this one:
  {\"requester\": 3, \"facility\": 1, \"user_ref\": \"5f0c...\", \"user_role\": \"CLAIMS_ASSESSOR\",
   \"subject\": \"PSEUDONYM\", \"controller\": 1, \"purpose\": \"CLMATTCH\", \"action\": \"access\", \"xborder_basis\": null,
   \"asked\": {\"documents\": {\"anchors\": [\"ID\"], \"deliver_to\": {\"jur\": \"HK\", \"city\": 0}, \"case\": null}}}")]
    Explain(Box<DecideArgs>),
}

pub(super) fn run(verb: OrderVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        OrderVerb::Suspend { client, target, order, until, save } => {
            let action = Action::SuspendConsent(SuspendConsent { target: target.reference(), order, until });
            block_on(act((&client, &save), &target, "suspended", action, None, output))
        }
        OrderVerb::Resume { client, target, order, save } => {
            let action = Action::ResumeConsent(ResumeConsent { target: target.reference(), order });
            block_on(act((&client, &save), &target, "in force again", action, None, output))
        }
        OrderVerb::InError { client, target, error, evidence, cosign, save } => {
            let action = Action::MarkInError(MarkInError { target: target.reference(), error, evidence });
            block_on(act((&client, &save), &target, "marked as entered in error", action, Some(cosign), output))
        }
        OrderVerb::Explain(args) => block_on(explain(&args, output)),
    }
}

async fn act(
    (client, save): (&ClientArgs, &SaveArgs),
    target: &TargetArgs,
    what: &str,
    action: Action,
    cosign: Option<PathBuf>,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let second = cosign.as_deref().map(load_key).transpose()?;
    let with: Vec<_> = second.iter().collect();
    let receipt = context.execute(output, &context.key, action, &with).await?;
    save.receipt(&receipt)?;
    let consent = target.reference().consent;
    let value = json!({ "consent": consent, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("consent {consent} {what}\n{}", receipt_text(&receipt)));
    Ok(())
}

/// The parts of a request, each as a request of its own and in words.
fn parts(request: &AccessRequest) -> Result<Vec<(String, AccessRequest)>, CliError> {
    let with = |asked| AccessRequest { asked, ..request.clone() };
    match &request.asked {
        Asked::Data(descriptors) => descriptors
            .iter()
            .map(|one| {
                let name = format!("{} of grade {} to {}", one.category, one.grade, one.deliver_to.jur);
                Ok((name, with(Asked::Data(List::new(vec![*one]).map_err(CliError::usage)?))))
            })
            .collect(),
        Asked::Documents { anchors, deliver_to, case } => anchors
            .iter()
            .map(|one| {
                let anchors = Set::new([*one]).map_err(CliError::usage)?;
                let asked = Asked::Documents { anchors, deliver_to: *deliver_to, case: *case };
                Ok((format!("document {one}"), with(asked)))
            })
            .collect(),
    }
}

fn named<'r>(reasons: impl Iterator<Item = &'r Reason>) -> String {
    reasons.map(|reason| format!("{reason} {reason:?}")).collect::<Vec<_>>().join(", ")
}

async fn explain(args: &DecideArgs, output: &Output) -> Result<(), CliError> {
    let Checked { request, answer, recomputed } = args.ask().await?;
    let state = MemoryState::new(answer.state.values.iter().filter_map(|(_, value)| value.clone()));
    let mut each = Vec::new();
    // Without the consents nobody can tell by how much a part was missed.
    for (name, part) in if recomputed { parts(&request)? } else { Vec::new() } {
        let decision = permit(&part, &state, answer.state.time).map_err(CliError::failed)?;
        each.push((name, decision.map_err(|code| CliError::numbered(code, code.hint()))?));
    }
    let misses: Vec<Value> = each
        .iter()
        .map(|(name, decision)| json!({ "part": name, "permit": decision.permit, "reasons": decision.reasons }))
        .collect();
    let value = json!({
        "decision": answer.decision,
        "height": answer.height,
        "recomputed": recomputed,
        "parts": misses,
    });
    output.print(&value, || {
        let mut lines = vec![decide::text(&answer.decision)];
        lines.extend(each.iter().map(|(name, decision)| match decision.permit {
            true => format!("{name}: permit"),
            false => format!("{name}: nearest miss {}", named(decision.reasons.iter())),
        }));
        if !recomputed {
            lines.push("not explained by part: the consents are withheld".to_owned());
        }
        lines.push(format!("at height {}", answer.height));
        lines.join("\n")
    });
    Ok(())
}
