//! `assent basis`.

use std::path::PathBuf;

use assent_client::now_ms;
use assent_types::Set;
use assent_types::action::Action;
use assent_types::consent::{BasisKind, Categories, Category};
use assent_types::governance::{EndBasis, FileBasis, RegisterBasis, basis_id_of};
use assent_types::ids::{BasisId, Hash32, Millis, OrgId};
use assent_types::place::Place;
use assent_types::state::StateKey;

use super::act::Act;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on};
use super::output::{CliError, Output};
use super::{parse, query};

/// Verbs of `assent basis`.
#[derive(clap::Subcommand)]
pub(super) enum BasisVerb {
    /// Register a basis, as the exporter (TB-01); a regulator of its jurisdiction co-signs
    #[command(after_help = "\
Example: a GBA standard contract, to be filed within ten working days
  assent basis register --kind GBA_SC_HK --importer 3 --from CN/4403 --to HK --category LAB,DIAGNOSIS \\
      --filing-deadline 2026-09-15 --pia HASH --exp 2028-09-01 --cosigner regulator.key")]
    Register(Box<RegisterArgs>),
    /// Say that a basis was filed (TB-02)
    #[command(after_help = "Example:\n  assent basis file --basis ID --filing HASH --cosigner regulator.key")]
    File {
        #[command(flatten)]
        named: NamedArgs,
        /// Hash of the filing's reference
        #[arg(long, value_name = "HASH")]
        filing: Hash32,
    },
    /// End a basis, as exporter, importer or regulator; nothing leaves under it from then on
    #[command(after_help = "Example:\n  assent basis end --basis ID --exporter 1")]
    End {
        #[command(flatten)]
        named: NamedArgs,
    },
    /// Show the bases of an exporter, with proof
    #[command(after_help = "Example:\n  assent basis show --exporter 1")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// Who exports; the own organisation if absent
        #[arg(long, value_name = "ORG")]
        exporter: Option<OrgId>,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Flags of `assent basis register`.
#[derive(clap::Args)]
pub(super) struct RegisterArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// GBA_SC_HK, GBA_SC_MO, CN_SCC, CN_SECURITY_ASSESSMENT, CN_CERTIFICATION, CN_EXEMPT_CONTRACT, CN_EXEMPT_EMERGENCY,
    /// HK_RMC or MO_TRANSFER
    #[arg(long, value_name = "KIND")]
    kind: BasisKind,
    /// Who imports
    #[arg(long, value_name = "ORG")]
    importer: OrgId,
    /// From where, as HK or CN/4403
    #[arg(long, value_name = "PLACES", value_delimiter = ',', required = true, value_parser = parse::place)]
    from: Vec<Place>,
    /// To where
    #[arg(long, value_name = "PLACES", value_delimiter = ',', required = true, value_parser = parse::place)]
    to: Vec<Place>,
    /// Which categories of data
    #[arg(long, value_name = "CATEGORIES", value_delimiter = ',', required = true)]
    category: Vec<Category>,
    /// When it takes effect; now if absent
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    effective: Option<Millis>,
    /// Until when it has to be filed
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    filing_deadline: Millis,
    /// Hash of the filing's reference, if it is filed already
    #[arg(long, value_name = "HASH")]
    filing: Option<Hash32>,
    /// Hash of the impact assessment
    #[arg(long, value_name = "HASH")]
    pia: Hash32,
    /// First instant after the end
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    exp: Millis,
    /// Key file of the regulator, who co-signs
    #[arg(long, value_name = "FILE")]
    cosigner: Vec<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

/// Names a basis.
#[derive(clap::Args)]
pub(super) struct NamedArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The basis
    #[arg(long, value_name = "ID")]
    basis: BasisId,
    /// Who exports; the own organisation if absent
    #[arg(long, value_name = "ORG")]
    exporter: Option<OrgId>,
    /// Key file of whoever co-signs; repeatable
    #[arg(long, value_name = "FILE")]
    cosigner: Vec<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

/// The exporter that is named, or the own organisation.
fn exporter_of(client: &ClientArgs, named: Option<OrgId>) -> Result<OrgId, CliError> {
    named.map_or_else(|| Context::open(client)?.org(), Ok)
}

impl NamedArgs {
    fn act(&self, done: &'static str) -> Act<'_> {
        Act { cosigners: &self.cosigner, ..Act::new(&self.client, &self.save, "basis", done) }
    }
}

pub(super) fn run(verb: BasisVerb, output: &Output) -> Result<(), CliError> {
    block_on(execute(verb, output))
}

async fn execute(verb: BasisVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        BasisVerb::Register(args) => {
            let action = Action::RegisterBasis(Box::new(registration(&args)?));
            let act = Act::new(&args.client, &args.save, "basis", "is registered");
            let act = Act { cosigners: &args.cosigner, ..act };
            act.execute(action, |receipt| basis_id_of(&receipt.receipt.tx).to_string(), output).await
        }
        BasisVerb::File { named, filing } => {
            let (exporter, basis) = (exporter_of(&named.client, named.exporter)?, named.basis);
            let action = Action::FileBasis(FileBasis { exporter, basis, filing });
            named.act("is filed").execute(action, |_| basis.to_string(), output).await
        }
        BasisVerb::End { named } => {
            let (exporter, basis) = (exporter_of(&named.client, named.exporter)?, named.basis);
            let action = Action::EndBasis(EndBasis { exporter, basis });
            named.act("has ended").execute(action, |_| basis.to_string(), output).await
        }
        BasisVerb::Show { client, exporter, save } => {
            let exporter = exporter_of(&client, exporter)?;
            query::show_state(&client, &[StateKey::Bases(exporter)], &save, output).await
        }
    }
}

fn registration(args: &RegisterArgs) -> Result<RegisterBasis, CliError> {
    let places = |places: &[Place]| Set::new(places.iter().copied()).map_err(CliError::usage);
    Ok(RegisterBasis {
        kind: args.kind,
        exporter: exporter_of(&args.client, None)?,
        importer: args.importer,
        from: places(&args.from)?,
        to: places(&args.to)?,
        categories: Categories::of(&args.category),
        effective: args.effective.unwrap_or_else(|| Millis(now_ms())),
        filing_deadline: args.filing_deadline,
        filing: args.filing,
        pia_ref: args.pia,
        exp: args.exp,
    })
}
