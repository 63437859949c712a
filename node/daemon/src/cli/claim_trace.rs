//! `assent claim trace`.

use std::path::{Path, PathBuf};

use assent_client::claims::{ClaimTrace, trace};
use assent_client::{Cursor, ProvenStep};
use assent_types::ids::{ClaimId, Height};
use serde_json::{Value, json};

use super::context::{ClientArgs, Context};
use super::output::{CliError, Output, save};
use super::{bill, claim, fixing, guarantee, preauth, settlement};

/// Flags of `assent claim trace`.
#[derive(clap::Args)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The claim
    #[arg(value_name = "ID")]
    claim: ClaimId,
    /// Begin at this height, if claim, case, bills and documents are known to be younger
    #[arg(long, value_name = "HEIGHT", default_value = "1")]
    from: Height,
    /// Write the proof of every step and of the records into this new folder, for assent-verify
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) async fn run(args: &TraceArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let found = {
        let _progress = output.spinner("proving the receipts of the chain");
        trace(&context.client, args.claim, Cursor::block(args.from)).await?
    };
    if let Some(folder) = &args.out {
        write(folder, &found)?;
    }
    output.print(&json(&found), || text(&found));
    Ok(())
}

/// One file for each receipt, and one for the records.
fn write(folder: &Path, found: &ClaimTrace) -> Result<(), CliError> {
    save_steps(folder, &found.steps)?;
    save(&folder.join("records.bundle"), &found.state)
}

/// Writes the proofs of steps into a new folder, one file for each receipt, named by its place in the chain.
pub(super) fn save_steps(folder: &Path, steps: &[ProvenStep]) -> Result<(), CliError> {
    std::fs::create_dir(folder).map_err(|error| CliError::usage(format!("{}: {error}", folder.display())))?;
    for step in steps {
        save(&folder.join(format!("{}-{}.bundle", step.receipt.height, step.receipt.index)), &step.bundle)?;
    }
    Ok(())
}

/// A step, as JSON.
pub(super) fn step_json(step: &ProvenStep) -> Value {
    json!({
        "row": step.row,
        "object": step.object,
        "parties": step.parties,
        "height": step.receipt.height,
        "time": assent_verify::rfc3339(step.receipt.time),
        "tx": step.receipt.tx,
    })
}

/// A step, as a line.
pub(super) fn step_text(step: &ProvenStep) -> String {
    let (height, time) = (step.receipt.height, assent_verify::rfc3339(step.receipt.time));
    format!("  {} height {height} {time} {}", step.row, step.object)
}

fn json(found: &ClaimTrace) -> Value {
    json!({
        "claim": claim::json(&found.claim),
        "case": found.case,
        "bills": found.bills,
        "preauths": found.preauths,
        "guarantee": found.guarantee,
        "settlement": found.settlements.last(),
        "settlements": found.settlements,
        "fixings": found.fixings,
        "height": found.height,
        "steps": found.steps.iter().map(step_json).collect::<Vec<_>>(),
    })
}

fn text(found: &ClaimTrace) -> String {
    let mut lines: Vec<String> = found.bills.iter().map(bill::text).collect();
    lines.extend(found.preauths.iter().map(preauth::text));
    lines.extend(found.guarantee.iter().map(guarantee::text));
    lines.push(claim::text(&found.claim));
    lines.extend(found.settlements.iter().map(settlement::text));
    lines.extend(found.fixings.iter().map(fixing::text));
    lines.push("steps, each proven by its receipt:".to_owned());
    lines.extend(found.steps.iter().map(step_text));
    lines.join("\n")
}
