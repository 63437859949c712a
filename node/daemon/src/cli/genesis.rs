//! `assent genesis`.

use std::path::{Path, PathBuf};

use assent_genesis::{Genesis, GenesisDoc, build};
use serde_json::json;

use super::output::{CliError, Output};
use super::{parse, sample};

/// Verbs of `assent genesis`.
#[derive(clap::Subcommand)]
pub(super) enum GenesisVerb {
    /// Make a sample network: genesis, keys, certificates and configurations
    #[command(after_help = "\
Example:
  assent genesis sample --out net
  assent node run --config net/shenzhen-hospital/node.toml")]
    Sample(sample::SampleArgs),
    /// Show what a genesis document says
    #[command(after_help = "Example:\n  assent genesis show net/genesis.toml")]
    Show {
        /// The document
        file: PathBuf,
    },
    /// Print the chain id: the hash that offline verifiers trust
    #[command(after_help = "Example:\n  assent genesis hash net/genesis.toml")]
    Hash {
        /// The document
        file: PathBuf,
    },
    /// Check a genesis document against every rule
    #[command(after_help = "Example:\n  assent genesis validate net/genesis.toml")]
    Validate {
        /// The document
        file: PathBuf,
    },
}

pub(super) fn run(verb: GenesisVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        GenesisVerb::Sample(args) => sample::run(&args, output),
        GenesisVerb::Show { file } => {
            let (doc, genesis) = load(&file)?;
            output.print(&json!({ "chain": genesis.chain, "document": doc }), || describe(&doc, &genesis));
            Ok(())
        }
        GenesisVerb::Hash { file } => {
            let (_, genesis) = load(&file)?;
            output.print(&json!({ "chain": genesis.chain }), || genesis.chain.to_string());
            Ok(())
        }
        GenesisVerb::Validate { file } => {
            let (doc, genesis) = load(&file)?;
            let value = json!({ "valid": true, "chain": genesis.chain, "warnings": doc.warnings() });
            output.print(&value, || {
                let mut lines = vec![format!("valid, chain {}", genesis.chain)];
                lines.extend(doc.warnings());
                lines.join("\n")
            });
            Ok(())
        }
    }
}

fn load(path: &Path) -> Result<(GenesisDoc, Genesis), CliError> {
    let problem = |error: assent_genesis::GenesisError| CliError::failed(format!("{}: {error}", path.display()));
    let doc = GenesisDoc::from_toml(&parse::text_file(path)?).map_err(problem)?;
    let genesis = build(&doc).map_err(problem)?;
    Ok((doc, genesis))
}

fn describe(doc: &GenesisDoc, genesis: &Genesis) -> String {
    let mut lines = vec![
        format!("{} ({})", doc.name.as_str(), doc.chain_class),
        format!("chain {}", genesis.chain),
        format!("begins {}", assent_verify::rfc3339(doc.time)),
        format!("{} leaves in the first state", genesis.writes.len()),
    ];
    for org in &doc.orgs {
        let power = doc.validators.iter().find(|validator| validator.org == org.id).map(|validator| validator.power);
        let votes = power.map(|power| format!(", validator with power {power}")).unwrap_or_default();
        let roles: Vec<_> = org.roles.codes().map(|role| role.code()).collect();
        let name = org.legal_name.as_str();
        lines.push(format!("organisation {} {name}: {} in {}{votes}", org.id, roles.join(" "), org.seat.jur));
    }
    for basis in &doc.bases {
        lines.push(format!("basis {} {} from {} to {}", basis.id, basis.kind, basis.exporter, basis.importer));
    }
    lines.join("\n")
}
