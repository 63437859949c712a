//! `assent fixing`.

use assent_types::action::Action;
use assent_types::fixing::{Fixing, PublishFixing, WithdrawFixing, fixing_id_of};
use assent_types::ids::{Day, FixingId, Millis};
use assent_types::state::{Record, StateKey};
use assent_types::{Currency, Text};
use serde_json::json;
use std::path::PathBuf;

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent fixing`.
#[derive(clap::Subcommand)]
pub(super) enum FixingVerb {
    /// Publish a fixing of an exchange rate, as its designated oracle (FX-01)
    #[command(after_help = "\
Examples: one Hong Kong dollar costs 9,127/10,000 renminbi; a move beyond the band needs a counter-signature
  assent fixing publish --base HKD --quote CNY --rate 9127/10000 --day 2026-09-01 --days 2 --source 'central parity'
  assent fixing publish --base HKD --quote CNY --rate 9900/10000 --day 2026-09-02 --days 2 --source 'central parity' \\
      --cosigner regulator.key")]
    Publish(Box<PublishArgs>),
    /// Withdraw a fixing for later locks, as its publisher or a regulator (FX-02)
    #[command(after_help = "Example:\n  assent fixing withdraw ID")]
    Withdraw(TargetArgs),
    /// Show a fixing, or the latest of two currencies, with proof
    #[command(after_help = "Examples:\n  assent fixing show ID\n  assent fixing show --base HKD --quote CNY")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The fixing
        #[arg(value_name = "ID", required_unless_present = "base")]
        fixing: Option<FixingId>,
        /// One currency
        #[arg(long, value_name = "CURRENCY", requires = "quote", conflicts_with = "fixing")]
        base: Option<Currency>,
        /// The other one
        #[arg(long, value_name = "CURRENCY", requires = "base")]
        quote: Option<Currency>,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Names a fixing.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The fixing
    #[arg(value_name = "ID")]
    fixing: FixingId,
    #[command(flatten)]
    save: SaveArgs,
}

/// Flags of `assent fixing publish`.
#[derive(clap::Args)]
pub(super) struct PublishArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The currency that is priced
    #[arg(long, value_name = "CURRENCY")]
    base: Currency,
    /// The currency of the price
    #[arg(long, value_name = "CURRENCY")]
    quote: Currency,
    /// What one unit of the base costs, as a fraction NUM/DEN of whole numbers
    #[arg(long, value_name = "NUM/DEN")]
    rate: String,
    /// The day whose rate it is
    #[arg(long, value_name = "DATE", value_parser = parse::day)]
    day: Day,
    /// For how many days from then on it may be used
    #[arg(long, value_name = "DAYS", default_value = "1")]
    days: u32,
    /// Where the rate comes from
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// Key file of another oracle or a regulator, who counter-signs
    #[arg(long, value_name = "FILE")]
    cosigner: Option<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: FixingVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        FixingVerb::Publish(args) => block_on(publish(&args, output)),
        FixingVerb::Withdraw(target) => block_on(async {
            let context = Context::open(&target.client)?;
            let action = Action::WithdrawFixing(WithdrawFixing { fixing: target.fixing });
            let receipt = context.execute(output, &context.key, action, &[]).await?;
            target.save.receipt(&receipt)?;
            let value = json!({ "fixing": target.fixing, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("fixing {} withdrawn\n{}", target.fixing, receipt_text(&receipt)));
            Ok(())
        }),
        FixingVerb::Show { client, fixing, base, quote, save } => block_on(async {
            let context = Context::open(&client)?;
            let id = match (fixing, base, quote) {
                (Some(id), _, _) => id,
                (None, Some(base), Some(quote)) => latest(&context, base, quote).await?,
                _ => return Err(CliError::usage("name a fixing, or --base and --quote")),
            };
            let (Record::Fixing(found), bundle) = context.record(StateKey::Fixing(id)).await? else {
                return Err(CliError::failed("the ledger has no fixing there"));
            };
            save.save(&bundle)?;
            output.print(&json!({ "fixing": found }), || text(&found));
            Ok(())
        }),
    }
}

async fn latest(context: &Context, base: Currency, quote: Currency) -> Result<FixingId, CliError> {
    let (one, other) = assent_types::fixing::pair_of(base, quote);
    match context.record(StateKey::FixingPair(one, other)).await? {
        (Record::FixingPair(pair), _) => Ok(pair.latest),
        _ => Err(CliError::failed("the ledger has no fixing of this pair")),
    }
}

async fn publish(args: &PublishArgs, output: &Output) -> Result<(), CliError> {
    let wrong = || CliError::usage(format!("--rate: {:?} is no fraction NUM/DEN of whole numbers", args.rate));
    let (num, den) = args.rate.split_once('/').ok_or_else(wrong)?;
    let context = Context::open(&args.client)?;
    let publish = PublishFixing {
        base: args.base,
        quote: args.quote,
        num: num.parse().map_err(|_| wrong())?,
        den: den.parse().map_err(|_| wrong())?,
        source: Text::new(args.source.clone()).map_err(CliError::usage)?,
        fixing_day: args.day,
        valid_from: args.day.start(),
        valid_to: Millis(Day(args.day.0.saturating_add(args.days)).start().0),
    };
    let cosigner = args.cosigner.as_ref().map(|path| load_key(path)).transpose()?;
    let cosigners: Vec<_> = cosigner.iter().collect();
    let action = Action::PublishFixing(Box::new(publish));
    let receipt = context.execute(output, &context.key, action, &cosigners).await?;
    args.save.receipt(&receipt)?;
    let id = fixing_id_of(&receipt.receipt.tx);
    let value = json!({ "fixing": id, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        format!("fixing {id}: 1 {} = {} {}\n{}", args.base, args.rate, args.quote, receipt_text(&receipt))
    });
    Ok(())
}

/// What is said of a fixing.
pub(super) fn text(fixing: &Fixing) -> String {
    let (year, month, day) = fixing.fixing_day.to_date();
    let mut lines = vec![
        format!(
            "fixing {}: 1 {} = {}/{} {} ({})",
            fixing.id,
            fixing.base,
            fixing.num,
            fixing.den,
            fixing.quote,
            fixing.source.as_str()
        ),
        format!(
            "of {year}-{month:02}-{day:02}, in force from {} to {}, published by {}",
            assent_verify::rfc3339(fixing.valid_from),
            assent_verify::rfc3339(fixing.valid_to),
            fixing.publisher
        ),
    ];
    lines.extend(fixing.withdrawn_at.map(|at| format!("withdrawn at {}", assent_verify::rfc3339(at))));
    lines.join("\n")
}
