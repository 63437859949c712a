//! `assent doc erasure`, `withdraw-erasure`, `approve-erasure`, `attest-destroyed`, `hold` and `release-hold`.

use assent_client::registry::Kind;
use assent_types::action::Action;
use assent_types::codec::Set;
use assent_types::erasure::{
    ApproveErasure, DestroyAttest, Destroyed, ErasureBasis, HoldReason, PlaceHold, ReleaseHold, RequestErasure,
    Retention, WithdrawErasure, hold_id_of,
};
use assent_types::ids::{AnchorId, Hash32};
use assent_types::key::SecretKey;
use serde_json::{Value, json};

use super::args::{CapacityArgs, SaveArgs};
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
use super::output::{CliError, Output};

/// Names a document.
#[derive(clap::Args)]
pub(super) struct DocumentArgs {
    #[command(flatten)]
    pub(super) client: ClientArgs,
    /// The document
    #[arg(long, value_name = "ID")]
    pub(super) anchor: AnchorId,
    #[command(flatten)]
    pub(super) save: SaveArgs,
}

/// Verbs of `assent doc` for erasure.
#[derive(clap::Subcommand)]
pub(super) enum ErasureVerb {
    /// Ask for a document to be erased (DO-06): it is restricted at once
    #[command(after_help = "\
Example:
  assent doc erasure --anchor ID --basis CONSENT_WITHDRAWN --evidence HASH --subject-key patient.key")]
    Erasure {
        #[command(flatten)]
        document: DocumentArgs,
        /// PURPOSE_REACHED, CONSENT_WITHDRAWN, UNLAWFUL, RETENTION_OVER or ORDER
        #[arg(long, value_name = "BASIS")]
        basis: ErasureBasis,
        /// Salted hash of the request's record
        #[arg(long, value_name = "HASH")]
        evidence: Option<Hash32>,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Take such a request back (DO-09)
    #[command(after_help = "Example:\n  assent doc withdraw-erasure --anchor ID --subject-key patient.key")]
    WithdrawErasure {
        #[command(flatten)]
        document: DocumentArgs,
        #[command(flatten)]
        capacity: CapacityArgs,
    },
    /// Order the erasure of an own document (DO-07, DO-08), and destroy its salts
    #[command(after_help = "\
Example:
  assent doc approve-erasure --anchor ID --basis PURPOSE_REACHED

Custodian agents and key services destroy what they have by themselves. What the own registry has of the document is
destroyed here, once the order is final; after a crash between the two, `assent doc attest-destroyed --salt` does it.")]
    ApproveErasure {
        #[command(flatten)]
        document: DocumentArgs,
        /// On which basis; that of the request, if there is one
        #[arg(long, value_name = "BASIS", default_value = "PURPOSE_REACHED")]
        basis: ErasureBasis,
    },
    /// Attest that the own part of a document was destroyed (DO-10, DO-18)
    #[command(after_help = "\
Examples:
  assent doc attest-destroyed --anchor ID --salt
  assent doc attest-destroyed --anchor ID --share --controller-key
  assent doc attest-destroyed --anchor ID --shard 2

Salts are destroyed by this command. Shards and parts of the key are destroyed by the agents that keep them, which attest
to it themselves; attest here only to what was kept otherwise.")]
    AttestDestroyed {
        #[command(flatten)]
        document: DocumentArgs,
        /// The own share of the key
        #[arg(long)]
        share: bool,
        /// A shard; repeatable
        #[arg(long, value_name = "INDEX")]
        shard: Vec<u8>,
        /// The controller's part of the key
        #[arg(long)]
        controller_key: bool,
        /// The salts, of which the own registry has none afterwards
        #[arg(long)]
        salt: bool,
    },
    /// Hold a document against erasure (HO-01)
    #[command(after_help = "Example:\n  assent doc hold --anchor ID --reason LITIGATION --evidence HASH")]
    Hold {
        #[command(flatten)]
        document: DocumentArgs,
        /// LITIGATION, INVESTIGATION, AUDIT or TREATMENT
        #[arg(long, value_name = "REASON")]
        reason: HoldReason,
        /// Salted hash of the order or record
        #[arg(long, value_name = "HASH")]
        evidence: Hash32,
    },
    /// End a hold (HO-02)
    #[command(after_help = "Example:\n  assent doc release-hold --anchor ID --hold ID")]
    ReleaseHold {
        #[command(flatten)]
        document: DocumentArgs,
        /// The hold
        #[arg(long, value_name = "ID")]
        hold: Hash32,
    },
}

pub(super) fn run(verb: ErasureVerb, output: &Output) -> Result<(), CliError> {
    block_on(async {
        match verb {
            ErasureVerb::Erasure { document, basis, evidence, capacity } => {
                let context = Context::open(&document.client)?;
                let (capacity, signer) = capacity.resolve(&context)?;
                let (anchor, evidence) = (document.anchor, evidence.unwrap_or_default());
                let action = Action::RequestErasure(RequestErasure { anchor, capacity, basis, evidence });
                act(&context, signer.key(&context), &document, "is restricted", action, output).await
            }
            ErasureVerb::WithdrawErasure { document, capacity } => {
                let context = Context::open(&document.client)?;
                let (capacity, signer) = capacity.resolve(&context)?;
                let action = Action::WithdrawErasure(WithdrawErasure { anchor: document.anchor, capacity });
                act(&context, signer.key(&context), &document, "is active again", action, output).await
            }
            ErasureVerb::ApproveErasure { document, basis } => {
                let anchor = document.anchor;
                let context = Context::open(&document.client)?;
                let action = Action::ApproveErasure(ApproveErasure { anchor, basis });
                act(&context, &context.key, &document, "is to be erased", action, output).await?;
                destroy_salts(&context, anchor)?;
                let action = Action::DestroyAttest(DestroyAttest {
                    anchor,
                    destroyed: Set::new([Destroyed::Salt]).map_err(CliError::usage)?,
                });
                context.execute(output, &context.key, action, &[]).await.map(|_| ())
            }
            ErasureVerb::AttestDestroyed { document, share, shard, controller_key, salt } => {
                let mut destroyed: Vec<Destroyed> = shard.into_iter().map(Destroyed::Shard).collect();
                destroyed.extend(share.then_some(Destroyed::Share));
                destroyed.extend(salt.then_some(Destroyed::Salt));
                destroyed.extend(controller_key.then_some(Destroyed::ControllerKey));
                let destroyed = Set::new(destroyed).map_err(CliError::usage)?;
                if destroyed.is_empty() {
                    return Err(CliError::usage(
                        "say what was destroyed: --share, --shard, --controller-key or --salt",
                    ));
                }
                let context = Context::open(&document.client)?;
                if salt {
                    destroy_salts(&context, document.anchor)?;
                }
                let action = Action::DestroyAttest(DestroyAttest { anchor: document.anchor, destroyed });
                act(&context, &context.key, &document, "is destroyed here", action, output).await
            }
            ErasureVerb::Hold { document, reason, evidence } => {
                let action = Action::PlaceHold(PlaceHold { anchor: document.anchor, reason, evidence });
                own(&document, "is held", action, output).await
            }
            ErasureVerb::ReleaseHold { document, hold } => {
                let action = Action::ReleaseHold(ReleaseHold { anchor: document.anchor, hold });
                own(&document, "is held no longer by this", action, output).await
            }
        }
    })
}

/// What keeps a document, who asked for it to go, and what was destroyed of it, line by line.
pub(super) fn retention_lines(retention: &Retention) -> Vec<String> {
    let at = assent_verify::rfc3339;
    let mut lines: Vec<String> = retention
        .holds
        .iter()
        .map(|hold| format!("held by {} since {} for {}: {}", hold.by, at(hold.placed_at), hold.reason, hold.id))
        .collect();
    lines.extend(retention.request.map(|request| format!("erasure for {} since {}", request.basis, at(request.at))));
    lines.extend(retention.attestations.iter().map(|attested| {
        let what = match attested.destroyed {
            Destroyed::Share => "key share".to_owned(),
            Destroyed::Shard(shard) => format!("shard {shard}"),
            Destroyed::Salt => "salts".to_owned(),
            Destroyed::ControllerKey => "controller's part of the key".to_owned(),
        };
        format!("{what} destroyed by {} at {}", attested.by, at(attested.at))
    }));
    lines
}

/// Destroys what the own registry has of a document, if it has anything.
fn destroy_salts(context: &Context, anchor: AnchorId) -> Result<(), CliError> {
    context.registry()?.erase(Kind::Document, &anchor.0.0).map(|_| ()).map_err(CliError::failed)
}

async fn own(document: &DocumentArgs, what: &str, action: Action, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&document.client)?;
    act(&context, &context.key, document, what, action, output).await
}

async fn act(
    context: &Context,
    key: &SecretKey,
    document: &DocumentArgs,
    what: &str,
    action: Action,
    output: &Output,
) -> Result<(), CliError> {
    let places = matches!(action, Action::PlaceHold(_));
    let receipt = context.execute(output, key, action, &[]).await?;
    document.save.receipt(&receipt)?;
    let anchor = document.anchor;
    let hold = places.then(|| hold_id_of(&receipt.receipt.tx));
    let value = json!({ "anchor": anchor, "hold": hold.map_or(Value::Null, |hold| json!(hold)), "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        let named = hold.map(|hold| format!("\nhold {hold}")).unwrap_or_default();
        format!("document {anchor} {what}{named}\n{}", receipt_text(&receipt))
    });
    Ok(())
}
