//! `assent query`.

use std::time::Duration;

use assent_client::{Cursor, EventItem, Proofs};
use assent_types::ids::{Height, TxHash};
use assent_types::state::StateKey;
use assent_verify::{accepted_json, describe, verify_bytes};
use serde_json::json;

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on};
use super::decide::{self, DecideArgs};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent query`.
#[derive(clap::Subcommand)]
pub(super) enum QueryVerb {
    /// Ask whether an access request would be permitted, and why not
    #[command(after_help = "\
Examples:
  assent query decide --request request.json
  assent query decide --sp PSEUDONYM --controller 1 --user-role CLAIMS_ASSESSOR --purpose CLMATTCH \\
      --action access --descriptor LAB:3:2026-03:HK --basis BASIS_ID")]
    Decide(Box<DecideArgs>),
    /// Values of the state, or their proven absence
    #[command(after_help = "\
Examples:
  assent query state org:1 validators
  assent query state consents:PSEUDONYM:1 --save consents.bundle")]
    State {
        #[command(flatten)]
        client: ClientArgs,
        /// block, params, validators, org:N, key:HEX, subject:HEX, mandate:HEX, consents:HEX:N, bases:N or
        /// misbehaviour:N
        #[arg(required = true, value_name = "KEY", value_parser = parse::state_key)]
        keys: Vec<StateKey>,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// The receipt of a transaction
    #[command(after_help = "Example:\n  assent query receipt TRANSACTION --save receipt.bundle")]
    Receipt {
        #[command(flatten)]
        client: ClientArgs,
        /// The transaction
        tx: TxHash,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Receipts in the order of the chain, one line each
    #[command(
        after_help = "Examples:\n  assent query events --from 1\n  assent query events --from 120/3 --follow --json"
    )]
    Events(EventsArgs),
    /// Proof that a block is final
    #[command(after_help = "Example:\n  assent query finality 120 --save block.bundle")]
    Finality {
        #[command(flatten)]
        client: ClientArgs,
        /// The height; the head if absent
        height: Option<Height>,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Proof that the history only grew between two heights
    #[command(after_help = "Example:\n  assent query consistency 100 200 --save growth.bundle")]
    Consistency {
        #[command(flatten)]
        client: ClientArgs,
        /// The older height
        old: Height,
        /// The newer height; the head if absent
        new: Option<Height>,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Flags of `assent query events`.
#[derive(clap::Args)]
pub(super) struct EventsArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// First receipt: HEIGHT or HEIGHT/INDEX
    #[arg(long, value_name = "CURSOR", default_value = "1", value_parser = cursor)]
    from: Cursor,
    /// Stop after this many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Go on when the head is reached
    #[arg(long)]
    follow: bool,
    /// Believe the node instead of proving each receipt and that none was left out
    #[arg(long)]
    trusting: bool,
}

fn cursor(text: &str) -> Result<Cursor, String> {
    let wrong = || format!("{text:?} is no cursor, expected HEIGHT or HEIGHT/INDEX");
    let (height, index) = text.split_once('/').unwrap_or((text, "0"));
    Ok(Cursor { height: height.parse().map_err(|_| wrong())?, index: index.parse().map_err(|_| wrong())? })
}

pub(super) fn run(verb: QueryVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        QueryVerb::Decide(args) => block_on(decide::run(&args, output)),
        QueryVerb::State { client, keys, save } => block_on(show_state(&client, &keys, &save, output)),
        QueryVerb::Receipt { client, tx, save } => block_on(async {
            let context = Context::open(&client)?;
            let receipt = context.client.receipt(tx).await?;
            show(&context, &receipt.bundle, &save, output)
        }),
        QueryVerb::Events(args) => block_on(events(&args, output)),
        QueryVerb::Finality { client, height, save } => block_on(async {
            let context = Context::open(&client)?;
            let bundle = context.client.finality(height).await?;
            show(&context, &bundle, &save, output)
        }),
        QueryVerb::Consistency { client, old, new, save } => block_on(async {
            let context = Context::open(&client)?;
            let bundle = context.client.consistency(old, new).await?;
            show(&context, &bundle, &save, output)
        }),
    }
}

/// Reads leaves of the state and says what is proven about them.
pub(super) async fn show_state(
    client: &ClientArgs,
    keys: &[StateKey],
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let state = context.client.get(keys).await?;
    show(&context, &state.bundle, save, output)
}

/// Prints what a bundle proves, as the offline verifier would.
fn show(context: &Context, bundle: &[u8], save: &SaveArgs, output: &Output) -> Result<(), CliError> {
    save.save(bundle)?;
    let verified = verify_bytes(bundle, context.chain).map_err(CliError::failed)?;
    output.print(&accepted_json(&verified), || describe(&verified).join("\n"));
    Ok(())
}

async fn events(args: &EventsArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let proofs = if args.trusting { Proofs::Trusting } else { Proofs::Verified };
    let mut stream = context.client.events(args.from, proofs);
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let next = tokio::time::timeout(context.timeout.max(Duration::from_secs(30)), stream.next_or_caught_up());
        let item = match next.await {
            Ok(item) => item?,
            Err(_) if args.follow => continue,
            Err(_) => return Err(CliError::failed("the node sends no receipts; ask `assent node status`")),
        };
        match item {
            None if args.follow => {}
            None => return Ok(()),
            Some(item) => {
                left -= 1;
                if show_event(&item, output).is_err() {
                    // The reader of our output went away.
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn show_event(item: &EventItem, output: &Output) -> std::io::Result<()> {
    let EventItem { receipt, details, next, .. } = item;
    let value = json!({ "receipt": receipt, "error": receipt.error(), "details": details, "next": next });
    output.print_line(&value, || {
        let outcome = receipt.error().map_or_else(|| "done".to_owned(), |error| error.to_string());
        let events = details.as_ref().map_or_else(
            || "(not a party)".to_owned(),
            |details| details.events.iter().map(|opened| opened.event.row.to_string()).collect::<Vec<_>>().join(" "),
        );
        format!("{}/{} {} {outcome} {events}", receipt.height, receipt.index, receipt.tx)
    })
}
