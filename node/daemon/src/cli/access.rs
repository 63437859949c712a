//! `assent access`.

use std::path::PathBuf;

use assent_client::access_trail;
use assent_client::vault::VaultError;
use assent_types::access::{AccessRequest, Asked, UserRole};
use assent_types::codec::Set;
use assent_types::consent::{DataAction, Purpose};
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, BasisId, CaseId, FacilityId, Hash32, OrgId, SessionId, Sp};
use assent_types::place::Place;
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::access_confirm::{self, ConfirmVerb};
use super::access_log::{self, LogRootArgs};
use super::access_lookup::{self, LookupArgs};
use super::access_review::{self, ReviewVerb};
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on};
use super::fhir::{FhirArgs, TokenArgs};
use super::output::{self, CliError, Output};
use super::{claim_trace, parse, vault};

/// Verbs of `assent access`.
#[derive(clap::Subcommand)]
pub(super) enum AccessVerb {
    /// Ask for access to documents (AC-01); the session that is printed is read with `doc get`
    #[command(after_help = "\
Example:
  assent access request --anchor ID --purpose TREAT --user-role PHYSICIAN
  assent access request --anchor ID --sp PSEUDONYM --controller 1 --purpose TREAT --user-role PHYSICIAN
  assent access request --prepared request.json --confirm token.json

Whose document it is, is read from its record, which a node shows only to those who have part in it (E902). With --sp
and --controller nothing is read before, and everybody gets a decision. A denial is recorded as well: exit status 1,
with every reason.")]
    Request {
        #[command(flatten)]
        client: ClientArgs,
        /// A document; repeatable, for documents of one subject and one controller
        #[arg(long, value_name = "ID", required_unless_present = "prepared")]
        anchor: Vec<AnchorId>,
        #[command(flatten)]
        request: RequestArgs,
        #[command(flatten)]
        confirmed: ConfirmedArgs,
    },
    /// Say that the documents of a session were read and are as committed (AC-06)
    #[command(after_help = "Example:\n  assent access ack --session ID")]
    Ack {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
    },
    /// Show every access to the documents of a subject, denials included, and prove that none is left out
    #[command(after_help = "\
Example:
  assent access trail --sp PSEUDONYM --controller 1 --out trail
  assent verify trail --genesis HASH
  assent access trail --sp PSEUDONYM --controller 1 --fhir trail.ndjson

With --fhir decisions and disclosures are audit events of IHE BALP; entries that follow none of its patterns, such as
releases of key parts and deadlines, are counted and left out.
For the subject, the controller and, under a look-up, regulators.")]
    Trail(TrailArgs),
    /// Show a session: decision, released key parts, delivered shards
    #[command(after_help = "\
Examples:
  assent access show --session ID
  assent access show --session ID --token-claims claims.json --mapping mapping.toml")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The session
        #[arg(long, value_name = "ID")]
        session: SessionId,
        #[command(flatten)]
        token: TokenArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Declare on which lawful basis a regulator looks up a pseudonym (LL-01); the other regulators see it
    #[command(after_help = "\
Example:
  assent access lookup --sp PSEUDONYM --basis HASH --days 7
  assent access trail --sp PSEUDONYM --controller 1 --lookup ID")]
    Lookup(LookupArgs),
    /// File the root of a day of the organisation's own audit log (LR-01), by which nobody can rewrite it later
    #[command(after_help = "\
Examples:
  assent access log-root --day 2026-03-02 --log audit.ndjson
  assent access log-root --day 2026-03-02 --root HASH --count 70")]
    LogRoot(LogRootArgs),
    #[command(flatten)]
    Confirm(ConfirmVerb),
    #[command(flatten)]
    Review(ReviewVerb),
}

/// A request that the subject has confirmed.
#[derive(clap::Args)]
pub(super) struct ConfirmedArgs {
    /// A request from `access prepare`, in the place of all flags that make one
    #[arg(long, value_name = "FILE", requires = "confirm", conflicts_with_all = ["anchor", "purpose", "user_role"])]
    prepared: Option<PathBuf>,
    /// The subject's token for it, from `access confirm`
    #[arg(long, value_name = "FILE", requires = "prepared")]
    confirm: Option<PathBuf>,
}

/// Flags of `assent access trail`.
#[derive(clap::Args)]
pub(super) struct TrailArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The subject, under the pseudonym for the controller
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Sp,
    /// The controller
    #[arg(long, value_name = "ORG")]
    controller: OrgId,
    /// Write the proofs into this new folder, for assent-verify
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    fhir: FhirArgs,
}

/// Who asks, and for what.
#[derive(clap::Args)]
pub(super) struct RequestArgs {
    /// For which purpose (HL7 v3 ActReason)
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<Purpose>,
    /// The person's role, as PHYSICIAN or CLAIMS_ASSESSOR
    #[arg(long, value_name = "ROLE")]
    user_role: Option<UserRole>,
    /// The person who asks, as a keyed hash
    #[arg(long, value_name = "HASH")]
    user_ref: Option<Hash32>,
    /// At which facility of the own organisation
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    facility: FacilityId,
    /// To do what: collect, access, use, disclose, correct or deposit
    #[arg(long, value_name = "ACTION", default_value = "access")]
    action: DataAction,
    /// Whose data: the documents' subject, with --controller; or another pseudonym, linked with it in --case
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Option<Sp>,
    /// Who controls the documents; with --sp it is not read from their record
    #[arg(long, value_name = "ORG", requires = "sp")]
    controller: Option<OrgId>,
    /// The case in which the pseudonyms are linked
    #[arg(long, value_name = "ID")]
    case: Option<CaseId>,
    /// Where the documents are delivered, as HK or CN/4403; the own seat if absent
    #[arg(long, value_name = "PLACE", value_parser = parse::place)]
    deliver_to: Option<Place>,
    /// Basis of the transfer, if the documents cross a border
    #[arg(long, value_name = "ID")]
    basis: Option<BasisId>,
}

impl RequestArgs {
    /// The request for these documents.
    pub(super) async fn resolve(&self, context: &Context, anchors: &[AnchorId]) -> Result<AccessRequest, CliError> {
        let missing = |flag: &str| CliError::usage(format!("{flag} is missing"));
        let first = anchors.first().ok_or_else(|| missing("--anchor"))?;
        let requester = context.org()?;
        let (subject, controller) = self.whose(context, *first).await?;
        let deliver_to = match self.deliver_to {
            Some(place) => place,
            None => seat(context, requester).await?,
        };
        Ok(AccessRequest {
            requester,
            facility: self.facility,
            user_ref: self.user_ref.unwrap_or_default(),
            user_role: self.user_role.ok_or_else(|| missing("--user-role"))?,
            subject,
            controller,
            asked: Asked::Documents {
                anchors: Set::new(anchors.iter().copied()).map_err(CliError::usage)?,
                deliver_to,
                case: self.case,
            },
            purpose: self.purpose.ok_or_else(|| missing("--purpose"))?,
            action: self.action,
            xborder_basis: self.basis,
            btg: None,
        })
    }

    /// Subject and controller as the flags say, or else as the document's record does.
    async fn whose(&self, context: &Context, anchor: AnchorId) -> Result<(Sp, OrgId), CliError> {
        match (self.sp, self.controller, self.case) {
            (Some(sp), Some(controller), _) => return Ok((sp, controller)),
            (Some(_), None, None) => return Err(CliError::usage("--sp needs --controller, or --case")),
            _ => {}
        }
        let body = vault::open(context)?.anchor(anchor).await.map_err(without_record)?.body;
        Ok((self.sp.unwrap_or(body.subject), body.controller))
    }
}

/// Who may not read a document's record can ask for access all the same.
fn without_record(error: VaultError) -> CliError {
    let withheld = error.code() == Some(ErrorCode::Acl);
    let error = CliError::from(error);
    if withheld { error.hinted("or say whose it is, with --sp and --controller") } else { error }
}

/// The seat of an organisation, proven.
pub(super) async fn seat(context: &Context, org: OrgId) -> Result<Place, CliError> {
    let key = StateKey::Org(org);
    let state = context.client.get(&[key]).await?;
    match state.value(&key).flatten().map(|value| &value.record) {
        Some(Record::Org(org)) => Ok(org.seat),
        _ => Err(CliError::usage(format!("organisation {org} is not a member"))),
    }
}

pub(super) fn run(verb: AccessVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        AccessVerb::Request { client, anchor, request, confirmed } => block_on(async {
            let context = Context::open(&client)?;
            let vault = vault::open(&context)?;
            let sent = match (&confirmed.prepared, &confirmed.confirm) {
                (Some(prepared), Some(token)) => {
                    let (prepared, token) = access_confirm::read(prepared, token)?;
                    let _progress = output.spinner("waiting for the decision");
                    vault.request_confirmed(&context.key, prepared, token).await
                }
                _ => {
                    let request = request.resolve(&context, &anchor).await?;
                    let _progress = output.spinner("waiting for the decision");
                    vault.request(&context.key, request).await
                }
            };
            let session = sent.map_err(|error| vault::denied(output, error))?;
            let value = json!({ "session": session, "permit": true, "reasons": [] });
            output.print(&value, || format!("permit\nsession {session}"));
            Ok(())
        }),
        AccessVerb::Ack { client, session } => block_on(async {
            let context = Context::open(&client)?;
            let _progress = output.spinner("waiting until the session is closed");
            vault::open(&context)?.acknowledge(&context.key, session).await?;
            output
                .print(&json!({ "session": session, "acked": true }), || format!("session {session} is acknowledged"));
            Ok(())
        }),
        AccessVerb::Lookup(args) => block_on(access_lookup::run(&args, output)),
        AccessVerb::LogRoot(args) => block_on(access_log::run(&args, output)),
        AccessVerb::Trail(args) => block_on(trail(&args, output)),
        AccessVerb::Confirm(verb) => access_confirm::run(verb, output),
        AccessVerb::Review(verb) => access_review::run(verb, output),
        AccessVerb::Show { client, session, token, save } => block_on(async {
            let context = Context::open(&client)?;
            let (Record::Session(found), bundle) = context.record(StateKey::Session(session)).await? else {
                return Err(CliError::failed("the ledger has no session there"));
            };
            save.save(&bundle)?;
            token.session(&found)?;
            output.print(&json!({ "session": found }), || text(&found));
            Ok(())
        }),
    }
}

async fn trail(args: &TrailArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let found = {
        let _progress = output.spinner("proving the receipts of the chain");
        access_trail(&context.client, args.sp, args.controller).await?
    };
    if let Some(folder) = &args.out {
        claim_trace::save_steps(folder, &found.steps)?;
        output::save(&folder.join(assent_verify::TRAIL_HEAD), &found.head)?;
        for (number, proof) in found.session_proofs.iter().enumerate() {
            output::save(&folder.join(format!("sessions-{number}.bundle")), proof)?;
        }
    }
    let left_out = if args.fhir.is_wanted() { args.fhir.trail(&context, &found).await? } else { 0 };
    let steps: Vec<Value> = found.steps.iter().map(claim_trace::step_json).collect();
    let value = json!({
        "subject": found.subject,
        "controller": found.controller,
        "height": found.height,
        "complete": true,
        "not_in_fhir": left_out,
        "steps": steps,
        "sessions": found.sessions.values().collect::<Vec<_>>(),
    });
    output.print(&value, || {
        let head = format!("{} entries up to height {}, and no others:", found.steps.len(), found.height);
        let sessions = found.sessions.values().map(text);
        let steps = found.steps.iter().map(claim_trace::step_text);
        std::iter::once(head).chain(steps).chain(sessions).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

fn text(session: &Session) -> String {
    let request = &session.request;
    let mut lines = vec![
        format!("session {}: {:?}", session.id, session.status),
        format!(
            "asked by {} for {} on {}",
            request.requester,
            request.purpose,
            assent_verify::rfc3339(session.decided_at)
        ),
    ];
    let reasons: Vec<_> = session.decision.reasons.iter().map(ToString::to_string).collect();
    if !reasons.is_empty() {
        lines.push(format!("denied: {}", reasons.join(", ")));
    }
    for (anchor, progress) in session.anchors().iter().zip(session.progress.iter()) {
        let holders: Vec<_> = progress.holders.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "document {anchor}: controller's key part {}, shares of [{}], {} shards delivered",
            if progress.controller { "released" } else { "awaited" },
            holders.join(" "),
            progress.shards.count_ones()
        ));
    }
    lines.join("\n")
}

/// What a session is, in short, for commands that went through one.
pub(super) fn summary(session: SessionId, acked: bool) -> Value {
    json!({ "id": session, "acked": acked })
}
