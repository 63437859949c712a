//! `assent bill list`.

use std::path::PathBuf;

use assent_types::action::Action;
use assent_types::ids::BillNullifier;
use assent_types::settlement_list::{FileSettlementList, ListHeader};

use super::act::Act;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context};
use super::output::{CliError, Output};
use super::parse;

/// Flags of `assent bill list`.
#[derive(clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The bill's nullifier
    #[arg(long, value_name = "ID")]
    bill: BillNullifier,
    /// The list's header (JSON): anchor, basic, treatment, fees, chronic, classes, diagnosis, grouper, discharged
    #[arg(long, value_name = "FILE")]
    header: PathBuf,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) async fn run(args: &ListArgs, output: &Output) -> Result<(), CliError> {
    let header: ListHeader = parse::json_file(&args.header)?;
    let issuer = Context::open(&args.client)?.org()?;
    let action = Action::FileSettlementList(Box::new(FileSettlementList { bill: args.bill, issuer, header }));
    let act = Act::new(&args.client, &args.save, "bill", "has its settlement list");
    act.execute(action, |_| args.bill.to_string(), output).await
}
