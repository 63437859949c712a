//! `assent access break-glass`, `justify`, `notify`, `review`, `fail` and `dispute`.

use assent_types::action::Action;
use assent_types::ids::{AnchorId, Hash32, OrgId, SessionId};
use assent_types::review::{
    BreakGlassStatement, DecideReview, Finding, GlassReason, NotifySubject, SubmitJustification,
};
use assent_types::session::{AckFail, DisputeFinding, ReadFailure, ResolveDispute};
use serde_json::json;

use super::access::RequestArgs;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::vault;

/// Verbs of `assent access` for emergencies, and for what goes wrong.
#[derive(clap::Subcommand)]
pub(super) enum ReviewVerb {
    /// Break the glass on documents in an emergency (AC-03); the subject is told, and it is reviewed
    #[command(after_help = "\
Example:
  assent access break-glass --anchor ID --purpose BTG --user-role PHYSICIAN --reason INCAPACITATED --present HASH

Justify it within the time that `assent query state review:SESSION` shows.")]
    BreakGlass {
        #[command(flatten)]
        client: ClientArgs,
        /// A document; repeatable, for documents of one subject and one controller
        #[arg(long, value_name = "ID", required = true)]
        anchor: Vec<AnchorId>,
        /// Why: LIFE_THREATENING, INCAPACITATED, ADVERSE_REACTION or DANGER
        #[arg(long, value_name = "REASON")]
        reason: GlassReason,
        /// Salted hash of the attestation that the patient is present
        #[arg(long, value_name = "HASH")]
        present: Hash32,
        #[command(flatten)]
        request: RequestArgs,
    },
    /// Justify broken glass (RV-02)
    #[command(after_help = "\
Example:
  assent access justify --session ID --reason INCAPACITATED --clinician HASH --evidence HASH")]
    Justify {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
        /// Why it was needed
        #[arg(long, value_name = "REASON")]
        reason: GlassReason,
        /// The clinician, as a keyed hash
        #[arg(long, value_name = "HASH")]
        clinician: Hash32,
        /// Salted hash of the evidence
        #[arg(long, value_name = "HASH")]
        evidence: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Say that the subject was told of broken glass (RV-08)
    #[command(after_help = "Example:\n  assent access notify --session ID --notice HASH")]
    Notify {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
        /// Salted hash of the notice and of the proof that it was sent
        #[arg(long, value_name = "HASH")]
        notice: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Decide the review of broken glass (RV-03, RV-04), as a regulator
    #[command(after_help = "Example:\n  assent access review --session ID --finding JUSTIFIED --order HASH")]
    Review {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
        /// JUSTIFIED, NO_EMERGENCY, EXCESSIVE or UNTRUE
        #[arg(long, value_name = "FINDING")]
        finding: Finding,
        /// Hash of the decision
        #[arg(long, value_name = "HASH")]
        order: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Say that delivered documents could not be read (AC-07)
    #[command(after_help = "Example:\n  assent access fail --session ID --reason MISSING")]
    Fail {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
        /// HASH, RANK, MISSING or DECRYPT
        #[arg(long, value_name = "REASON")]
        reason: ReadFailure,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Resolve a dispute about a session (AC-16), as a regulator
    #[command(after_help = "\
Examples:
  assent access dispute --session ID --finding NO_FAULT --order HASH
  assent access dispute --session ID --finding CUSTODIAN --at-fault 11 --order HASH")]
    Dispute {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
        /// NO_FAULT, REQUESTER, CUSTODIAN, KEY_HOLDER or AUTHOR
        #[arg(long, value_name = "FINDING")]
        finding: DisputeFinding,
        /// The organisation at fault
        #[arg(long, value_name = "ORG")]
        at_fault: Option<OrgId>,
        /// Hash of the decision
        #[arg(long, value_name = "HASH")]
        order: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
}

pub(super) fn run(verb: ReviewVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ReviewVerb::BreakGlass { client, anchor, reason, present, request } => block_on(async {
            let context = Context::open(&client)?;
            let vault = vault::open(&context)?;
            let mut request = request.resolve(&context, &anchor).await?;
            request.btg = Some(BreakGlassStatement { reason, patient_present: present });
            let session = {
                let _progress = output.spinner("waiting for the decision");
                vault.request(&context.key, request).await.map_err(|error| vault::denied(output, error))?
            };
            let found = vault.session(session).await?;
            let value = json!({ "session": session, "permit": true, "btg": found.decision.btg, "reasons": [] });
            let how = if found.decision.btg { "the glass is broken: justify it" } else { "permitted by consent" };
            output.print(&value, || format!("permit\nsession {session}\n{how}"));
            Ok(())
        }),
        ReviewVerb::Justify { client, session, reason, clinician, evidence, save } => {
            let action = SubmitJustification { session, reason, clinician, evidence };
            act(
                (&client, &save),
                session,
                Action::SubmitJustification(action),
                "justified; the decision is awaited",
                output,
            )
        }
        ReviewVerb::Notify { client, session, notice, save } => {
            let action = Action::NotifySubject(NotifySubject { session, notice });
            act((&client, &save), session, action, "told to the subject", output)
        }
        ReviewVerb::Review { client, session, finding, order, save } => {
            let action = Action::DecideReview(DecideReview { session, finding, order });
            act((&client, &save), session, action, "reviewed", output)
        }
        ReviewVerb::Fail { client, session, reason, save } => {
            let action = Action::AckFail(AckFail { session, reason });
            act((&client, &save), session, action, "not read; shards are awaited again", output)
        }
        ReviewVerb::Dispute { client, session, finding, at_fault, order, save } => {
            let action = ResolveDispute { session, finding, at_fault, order };
            act((&client, &save), session, Action::ResolveDispute(action), "resolved", output)
        }
    }
}

/// Sends an act on a session and tells what it made of it.
fn act(
    (client, save): (&ClientArgs, &SaveArgs),
    session: SessionId,
    action: Action,
    what: &str,
    output: &Output,
) -> Result<(), CliError> {
    block_on(async {
        let context = Context::open(client)?;
        let receipt = context.execute(output, &context.key, action, &[]).await?;
        save.receipt(&receipt)?;
        let value = json!({ "session": session, "receipt": receipt_json(&receipt) });
        output.print(&value, || format!("session {session} {what}\n{}", receipt_text(&receipt)));
        Ok(())
    })
}
