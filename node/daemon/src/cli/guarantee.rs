//! `assent guarantee`.

use std::path::PathBuf;

use assent_client::FinalReceipt;
use assent_types::action::Action;
use assent_types::guarantee::{
    AcceptGuarantee, CancelGround, CancelGuarantee, DeclineGuarantee, Guarantee, OfferGuarantee, OrderCancelGuarantee,
    guarantee_id_of,
};
use assent_types::ids::{CaseId, GuaranteeId, Millis, PreauthId};
use assent_types::state::{Record, StateKey};
use serde_json::{Map, json};

use super::act::Act;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent guarantee`.
#[derive(clap::Subcommand)]
pub(super) enum GuaranteeVerb {
    /// Offer to pay the provider directly, as the insurer (GP-01)
    #[command(after_help = "\
Example:
  assent guarantee offer --case ID --preauth ID --amount '9000.00 HKD' --exp 2026-09-30")]
    Offer {
        #[command(flatten)]
        client: ClientArgs,
        /// The case
        #[arg(long, value_name = "ID")]
        case: CaseId,
        /// The preauthorisation on which it rests; without it the plan needs none
        #[arg(long, value_name = "ID")]
        preauth: Option<PreauthId>,
        /// Up to which amount
        #[arg(long, value_name = "AMOUNT")]
        amount: String,
        /// First instant at which no service that begins then is guaranteed
        #[arg(long, value_name = "TIME", value_parser = parse::instant)]
        exp: Millis,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Accept it and ask for no deposit, as the provider (GP-02)
    #[command(after_help = "\
Examples:
  assent guarantee accept ID
  assent guarantee accept ID --cosigner patient.key")]
    Accept {
        #[command(flatten)]
        target: TargetArgs,
        /// Key file of the subject, where no capability of the case speaks for it
        #[arg(long, value_name = "FILE")]
        cosigner: Vec<PathBuf>,
    },
    /// Decline it, as the provider (GP-03)
    #[command(after_help = "Example:\n  assent guarantee decline ID")]
    Decline(TargetArgs),
    /// Cancel it before a claim calls it, as the provider (GP-10)
    #[command(after_help = "\
Examples:
  assent guarantee cancel ID --discharged record.pdf
  assent guarantee cancel ID --cosigner insurer.key")]
    Cancel {
        #[command(flatten)]
        target: TargetArgs,
        /// File that shows that the patient was discharged without use; its salted hash goes to the ledger
        #[arg(long, value_name = "FILE", required_unless_present = "cosigner")]
        discharged: Option<PathBuf>,
        /// Key file of the insurer, who agrees
        #[arg(long, value_name = "FILE", conflicts_with = "discharged")]
        cosigner: Vec<PathBuf>,
    },
    /// Cancel it by order, as a regulator (GP-11)
    #[command(after_help = "Example:\n  assent guarantee order-cancel ID --order order.pdf")]
    OrderCancel {
        #[command(flatten)]
        target: TargetArgs,
        /// File with the order; its salted hash goes to the ledger, the salt is printed
        #[arg(long, value_name = "FILE")]
        order: PathBuf,
    },
    /// Show a guarantee, with proof
    #[command(after_help = "Example:\n  assent guarantee show ID")]
    Show(TargetArgs),
}

/// Names a guarantee.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The guarantee
    #[arg(value_name = "ID")]
    guarantee: GuaranteeId,
    #[command(flatten)]
    save: SaveArgs,
}

impl TargetArgs {
    fn act(&self, done: &'static str) -> Act<'_> {
        Act::new(&self.client, &self.save, "guarantee", done)
    }
}

pub(super) fn run(verb: GuaranteeVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        GuaranteeVerb::Offer { client, case, preauth, amount, exp, save } => {
            let amount = parse::money(&amount)?;
            let action = Action::OfferGuarantee(OfferGuarantee { case, preauth, amount, exp });
            let id = |receipt: &FinalReceipt| guarantee_id_of(&receipt.receipt.tx).to_string();
            block_on(Act::new(&client, &save, "guarantee", "offered").execute(action, id, output))
        }
        GuaranteeVerb::Accept { target, cosigner } => {
            let action = Action::AcceptGuarantee(AcceptGuarantee { guarantee: target.guarantee });
            let act = Act { cosigners: &cosigner, ..target.act("accepted") };
            block_on(act.execute(action, |_| target.guarantee.to_string(), output))
        }
        GuaranteeVerb::Decline(target) => {
            let action = Action::DeclineGuarantee(DeclineGuarantee { guarantee: target.guarantee });
            block_on(target.act("declined").execute(action, |_| target.guarantee.to_string(), output))
        }
        GuaranteeVerb::Cancel { target, discharged, cosigner } => block_on(async {
            let (ground, kept) = match &discharged {
                Some(path) => {
                    let (evidence, salt) = parse::evidence_hash(path)?;
                    let kept = Map::from_iter([("evidence_salt".to_owned(), json!(salt))]);
                    (CancelGround::Discharged { evidence }, kept)
                }
                None => (CancelGround::Agreed, Map::new()),
            };
            let action = Action::CancelGuarantee(CancelGuarantee { guarantee: target.guarantee, ground });
            let act = Act { cosigners: &cosigner, kept, ..target.act("cancelled") };
            act.execute(action, |_| target.guarantee.to_string(), output).await
        }),
        GuaranteeVerb::OrderCancel { target, order } => block_on(async {
            let (order, salt) = parse::evidence_hash(&order)?;
            let action = Action::OrderCancelGuarantee(OrderCancelGuarantee { guarantee: target.guarantee, order });
            let kept = Map::from_iter([("order_salt".to_owned(), json!(salt))]);
            let act = Act { kept, ..target.act("cancelled by order") };
            act.execute(action, |_| target.guarantee.to_string(), output).await
        }),
        GuaranteeVerb::Show(target) => block_on(async {
            let context = Context::open(&target.client)?;
            let (Record::Guarantee(found), bundle) = context.record(StateKey::Guarantee(target.guarantee)).await?
            else {
                return Err(CliError::failed("the ledger has no guarantee there"));
            };
            target.save.save(&bundle)?;
            let (amount, reserved) = (found.amount.to_string(), found.reserved.to_string());
            output.print(&json!({ "guarantee": found, "amount": amount, "reserved": reserved }), || text(&found));
            Ok(())
        }),
    }
}

/// What is said of a guarantee.
pub(super) fn text(guarantee: &Guarantee) -> String {
    let mut lines = vec![
        format!("guarantee {}: {}", guarantee.id, guarantee.status),
        format!("in case {} of subject {}", guarantee.case, guarantee.subject),
        format!("insurer {}, provider {}", guarantee.insurer, guarantee.provider),
        format!("up to {}, {} reserved", guarantee.amount, guarantee.reserved),
        format!("for services that begin before {}", assent_verify::rfc3339(guarantee.exp)),
    ];
    if let Some(preauth) = guarantee.preauth {
        lines.push(format!("on preauthorisation {preauth}"));
    }
    if let Some(claim) = guarantee.claim {
        lines.push(format!("called by claim {claim}"));
    }
    if let Some(due) = guarantee.due {
        lines.push(format!("the next act is due by {}", assent_verify::rfc3339(due)));
    }
    lines.join("\n")
}
