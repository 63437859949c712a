//! `assent doc challenge`, `prove` and `judge`.

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
    /// Answer a challenge, as its custodian (PV-02); the chunk with its path goes to the auditor
    #[command(after_help = "Example:\n  assent doc prove --challenge ID --answer HASH")]
    Prove {
        #[command(flatten)]
        client: ClientArgs,
        /// The challenge
        #[arg(long, value_name = "ID")]
        challenge: ChallengeId,
        /// Hash over the challenge and the chunk with its path
        #[arg(long, value_name = "HASH")]
        answer: Hash32,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Say what an answer shows, as the auditor that asked (PV-03, PV-04)
    #[command(after_help = "Example:\n  assent doc judge --challenge ID --held")]
    Judge {
        #[command(flatten)]
        client: ClientArgs,
        /// The challenge
        #[arg(long, value_name = "ID")]
        challenge: ChallengeId,
        /// The chunk leads to the anchored root; without this flag, the shard is not held
        #[arg(long)]
        held: bool,
        #[command(flatten)]
        save: SaveArgs,
    },
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
        ChallengeVerb::Judge { client, challenge, held, save } => {
            let action = Action::JudgePossession(JudgePossession { challenge, held });
            let act = Act::new(&client, &save, "challenge", "judged");
            block_on(act.execute(action, |_| challenge.to_string(), output))
        }
    }
}
