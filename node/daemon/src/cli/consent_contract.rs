//! `assent consent contract`.

use std::path::PathBuf;

use assent_fhir::dataspace::{Negotiation, NegotiationState, consent_to_odrl, negotiation_to_dsp};
use assent_types::consent::{Consent, ConsentBook, ConsentStatus};
use assent_types::error::ErrorCode;
use assent_types::ids::Millis;
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::SaveArgs;
use super::consent::TargetArgs;
use super::context::{ClientArgs, Context};
use super::fhir::{numbered, read_mapping};
use super::output::{CliError, Output, save};

/// Flags of `assent consent contract`.
#[derive(clap::Args)]
pub(super) struct ContractArgs {
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Write the state of the negotiation, and the Offer or Agreement if there is one, into this file, one a line (JSON-LD)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How others refer to patients and organisations (TOML, or JSON if the name ends so); by pseudonym and number
    /// if absent
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) async fn run(args: &ContractArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let target = args.target.reference();
    let (record, bundle) = context.record(StateKey::Consents(target.subject, target.controller)).await?;
    let Record::Consents(book) = record else { return Err(CliError::failed("the ledger has no consents there")) };
    let ConsentBook { closed, live, .. } = book.as_ref();
    let consent = closed.iter().chain(live).find(|consent| consent.id == target.consent);
    let consent = consent.ok_or_else(|| CliError::numbered(ErrorCode::NotFound, "the ledger has no such consent"))?;
    let at = Millis(assent_client::now_ms());
    let state = NegotiationState::of(consent, at).map_err(numbered)?;
    let lines = lines(consent, state, at, args)?;
    save(&args.out, (lines.join("\n") + "\n").as_bytes())?;
    args.save.save(&bundle)?;
    let value: Value = json!({ "consent": consent.id, "state": state.code(), "file": args.out });
    output.print(&value, || format!("consent {}: {}, in {}", consent.id, state.code(), args.out.display()));
    Ok(())
}

fn lines(consent: &Consent, state: NegotiationState, at: Millis, args: &ContractArgs) -> Result<Vec<String>, CliError> {
    let negotiation = Negotiation { consent: consent.id, state };
    let mut lines = vec![negotiation_to_dsp(&negotiation).map_err(numbered)?];
    if matches!(consent.effective_status(at), ConsentStatus::Proposed | ConsentStatus::Active) {
        lines.push(consent_to_odrl(consent, &read_mapping(args.mapping.as_deref())?).map_err(numbered)?);
    }
    Ok(lines)
}
