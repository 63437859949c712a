//! `assent doc erasure`, `withdraw-erasure`, `approve-erasure`, `attest-destroyed`, `hold` and `release-hold`.

use assent_types::action::Action;
use assent_types::codec::Set;
use assent_types::erasure::{
    ApproveErasure, DestroyAttest, Destroyed, ErasureBasis, HoldReason, PlaceHold, ReleaseHold, RequestErasure,
    WithdrawErasure, hold_id_of,
};
use assent_types::ids::{AnchorId, Hash32};
use assent_types::key::SecretKey;
use serde_json::{Value, json};

use super::args::CapacityArgs;
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
use super::output::{CliError, Output};

/// Names a document.
#[derive(clap::Args)]
pub(super) struct DocumentArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The document
    #[arg(long, value_name = "ID")]
    anchor: AnchorId,
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
    /// Order the erasure of an own document (DO-07, DO-08)
    #[command(after_help = "Example:\n  assent doc approve-erasure --anchor ID --basis PURPOSE_REACHED")]
    ApproveErasure {
        #[command(flatten)]
        document: DocumentArgs,
        /// On which basis; that of the request, if there is one
        #[arg(long, value_name = "BASIS", default_value = "PURPOSE_REACHED")]
        basis: ErasureBasis,
    },
    /// Attest that the own part of a document was destroyed (DO-10)
    #[command(after_help = "\
Examples:
  assent doc attest-destroyed --anchor ID --share
  assent doc attest-destroyed --anchor ID --shard 2
  assent doc attest-destroyed --anchor ID --share --salt")]
    AttestDestroyed {
        #[command(flatten)]
        document: DocumentArgs,
        /// The own share of the key
        #[arg(long)]
        share: bool,
        /// A shard; repeatable
        #[arg(long, value_name = "INDEX")]
        shard: Vec<u8>,
        /// The controller's part of the key and the salts
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
                act(&context, signer.key(&context), anchor, "is restricted", action, output).await
            }
            ErasureVerb::WithdrawErasure { document, capacity } => {
                let context = Context::open(&document.client)?;
                let (capacity, signer) = capacity.resolve(&context)?;
                let anchor = document.anchor;
                let action = Action::WithdrawErasure(WithdrawErasure { anchor, capacity });
                act(&context, signer.key(&context), anchor, "is active again", action, output).await
            }
            ErasureVerb::ApproveErasure { document, basis } => {
                let action = Action::ApproveErasure(ApproveErasure { anchor: document.anchor, basis });
                own(&document, "is to be erased", action, output).await
            }
            ErasureVerb::AttestDestroyed { document, share, shard, salt } => {
                let mut destroyed: Vec<Destroyed> = shard.into_iter().map(Destroyed::Shard).collect();
                destroyed.extend(share.then_some(Destroyed::Share));
                destroyed.extend(salt.then_some(Destroyed::Salt));
                let destroyed = Set::new(destroyed).map_err(CliError::usage)?;
                if destroyed.is_empty() {
                    return Err(CliError::usage("say what was destroyed: --share, --shard or --salt"));
                }
                let action = Action::DestroyAttest(DestroyAttest { anchor: document.anchor, destroyed });
                own(&document, "is destroyed here", action, output).await
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

async fn own(document: &DocumentArgs, what: &str, action: Action, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&document.client)?;
    act(&context, &context.key, document.anchor, what, action, output).await
}

async fn act(
    context: &Context,
    key: &SecretKey,
    anchor: AnchorId,
    what: &str,
    action: Action,
    output: &Output,
) -> Result<(), CliError> {
    let places = matches!(action, Action::PlaceHold(_));
    let receipt = context.execute(output, key, action, &[]).await?;
    let hold = places.then(|| hold_id_of(&receipt.receipt.tx));
    let value = json!({ "anchor": anchor, "hold": hold.map_or(Value::Null, |hold| json!(hold)), "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        let named = hold.map(|hold| format!("\nhold {hold}")).unwrap_or_default();
        format!("document {anchor} {what}{named}\n{}", receipt_text(&receipt))
    });
    Ok(())
}
