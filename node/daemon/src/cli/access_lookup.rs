//! `assent access lookup`.

use assent_client::now_ms;
use assent_types::action::Action;
use assent_types::ids::{Hash32, Millis, Sp};
use assent_types::oversight::LawfulLookup;
use serde_json::json;

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, receipt_json, receipt_text};
use super::output::{CliError, Output};

const DAY_MS: u64 = 86_400_000;

/// Flags of `assent access lookup`.
#[derive(clap::Args)]
pub(super) struct LookupArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The pseudonym
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Sp,
    /// Salted hash of the warrant or order
    #[arg(long, value_name = "HASH")]
    basis: Hash32,
    /// How long it lasts, in days
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=366))]
    days: u64,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) async fn run(args: &LookupArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let until = Millis(now_ms().saturating_add(args.days * DAY_MS));
    let action = Action::LawfulLookup(LawfulLookup { subject: args.sp, basis: args.basis, until });
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.save.receipt(&receipt)?;
    let lookup = receipt.receipt.tx;
    let value = json!({ "lookup": lookup, "until": until, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        let until = assent_verify::rfc3339(until);
        format!("look-up {lookup} until {until}: name it with --lookup\n{}", receipt_text(&receipt))
    });
    Ok(())
}
