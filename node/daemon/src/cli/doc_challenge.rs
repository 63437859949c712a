//! `assent doc challenge`, `prove` and `judge`.

use assent_client::vault::{Custodians, audit};
use assent_types::action::Action;
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, ChallengeId, Hash32};
use assent_types::possession::{JudgePossession, OpenChallenge, ProvePossession, challenge_id_of};
use assent_types::state::{Record, StateKey};

use super::act::Act;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on};
use super::output::{CliError, Output};

/// Verbs of `assent doc` for challenges of possession.
#[derive(clap::Subcommand)]
pub(super) enum ChallengeVerb {
    /// Ask the custodian of a shard for a stripe that the ledger draws (PV-01), as an auditor or regulator
    #[command(after_help = "\
Example:
  assent doc challenge --anchor ID --shard 2

Which stripe was drawn, `assent query state challenge:ID` shows.")]
    Challenge {
        #[command(flatten)]
        client: ClientArgs,
        /// The document
        #[arg(long, value_name = "ID")]
        anchor: AnchorId,
        /// The shard, by index
        #[arg(long, value_name = "NUMBER")]
        shard: u8,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Answer a challenge by hand, as its custodian (PV-02); an agent does it by itself, and serves the auditor
    #[command(after_help = "Example:\n  assent doc prove --challenge ID --answer HASH")]
    Prove {
        #[command(flatten)]
        client: ClientArgs,
        /// The challenge
        #[arg(long, value_name = "ID")]
        challenge: ChallengeId,
        /// Hash over the challenge and the chunks of the drawn stripe
        #[arg(long, value_name = "HASH")]
        answer: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Fetch the answer from the custodian, check it, and say what it shows, as the auditor that asked (PV-03, PV-04)
    #[command(after_help = "Example:\n  assent doc judge --challenge ID")]
    Judge {
        #[command(flatten)]
        client: ClientArgs,
        /// The challenge
        #[arg(long, value_name = "ID")]
        challenge: ChallengeId,
        /// Fetch nothing: the custodian has answered, and does not give what it answered with
        #[arg(long)]
        withheld: bool,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// What is found where nothing is given.
const WITHHELD: &str = "the custodian gives nothing";

/// Whether the shard is held, and what was found.
async fn found(client: &ClientArgs, challenge: ChallengeId) -> Result<(bool, String), CliError> {
    let context = Context::open(client)?;
    let endpoints = context.vault.as_ref().map(|files| files.custodians.clone()).unwrap_or_default();
    let custodians = Custodians::new(&context.client, &endpoints)?;
    let finding = audit(&context.client, challenge, &custodians).await?;
    Ok((finding.is_held(), finding.to_string()))
}

pub(super) fn run(verb: ChallengeVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ChallengeVerb::Challenge { client, anchor, shard, save } => {
            let action = Action::OpenChallenge(OpenChallenge { anchor, shard });
            let act = Act::new(&client, &save, "challenge", "opened");
            block_on(act.execute(action, |receipt| challenge_id_of(&receipt.receipt.tx).to_string(), output))
        }
        ChallengeVerb::Prove { client, challenge, answer, save } => block_on(async {
            let (found, _) = Context::open(&client)?.record(StateKey::Challenge(challenge)).await?;
            let Record::Challenge(found) = found else {
                return Err(CliError::numbered(ErrorCode::NotFound, "the ledger has no such challenge"));
            };
            let action = Action::ProvePossession(ProvePossession { challenge, stripe: found.stripe, answer });
            Act::new(&client, &save, "challenge", "answered").execute(action, |_| challenge.to_string(), output).await
        }),
        ChallengeVerb::Judge { client, challenge, withheld, save } => block_on(async {
            let (held, finding) =
                if withheld { (false, WITHHELD.to_owned()) } else { found(&client, challenge).await? };
            let action = Action::JudgePossession(JudgePossession { challenge, held });
            let done = if held { "upheld" } else { "is a violation" };
            let mut act = Act::new(&client, &save, "challenge", done);
            act.kept.insert("held".into(), held.into());
            act.kept.insert("finding".into(), finding.into());
            act.execute(action, |_| challenge.to_string(), output).await
        }),
    }
}
