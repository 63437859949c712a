//! `assent custodian` and `assent keyservice`.

use std::path::{Path, PathBuf};

use assent_client::ClientError;
use assent_client::vault::{Custodians, KeyServices};
use assent_types::ids::OrgId;
use serde_json::json;

use super::context::{ClientArgs, Context, block_on};
use super::output::{CliError, Output};
use crate::agent::AgentError;
use crate::config::LogConfig;
use crate::custody::{self, CustodianConfig};
use crate::keyservice::{self, KeyServiceConfig};
use crate::telemetry;

/// Verbs of `assent custodian`.
#[derive(clap::Subcommand)]
pub(super) enum CustodianVerb {
    /// Run custodian agents until SIGTERM or SIGINT
    #[command(after_help = "\
Examples:
  assent custodian run --config net/custodian-guangzhou/custodian.toml
  assent custodian run --config net/custodian-guangzhou/custodian.toml --config net/custodian-shenzhen/custodian.toml

Several agents may share a process; they share neither folders, keys nor ports.")]
    Run {
        /// An agent's configuration (TOML); repeatable
        #[arg(long, value_name = "FILE", required = true)]
        config: Vec<PathBuf>,
    },
    /// Show what a custodian holds and has done
    #[command(after_help = "Example:\n  assent custodian status --client net/regulator/client.toml --custodian 11")]
    Status {
        #[command(flatten)]
        client: ClientArgs,
        /// The custodian
        #[arg(long, value_name = "ORG")]
        custodian: OrgId,
    },
}

/// Verbs of `assent keyservice`.
#[derive(clap::Subcommand)]
pub(super) enum KeyServiceVerb {
    /// Run key services until SIGTERM or SIGINT
    #[command(after_help = "Example:\n  assent keyservice run --config net/shenzhen-hospital/keyservice.toml")]
    Run {
        /// A key service's configuration (TOML); repeatable
        #[arg(long, value_name = "FILE", required = true)]
        config: Vec<PathBuf>,
    },
    /// Show what a key service holds and has done
    #[command(after_help = "Example:\n  assent keyservice status --client net/regulator/client.toml --holder 1")]
    Status {
        #[command(flatten)]
        client: ClientArgs,
        /// The holder
        #[arg(long, value_name = "ORG")]
        holder: OrgId,
    },
}

pub(super) fn custodian(verb: CustodianVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        CustodianVerb::Run { config } => {
            let configs = config.iter().map(|path| CustodianConfig::load(path).map_err(CliError::usage));
            let configs: Vec<_> = configs.collect::<Result<_, _>>()?;
            distinct(configs.iter().map(|config| config.data_dir.as_path()))?;
            let log = configs.first().map(|config| config.log.clone()).unwrap_or_default();
            run_agent(&log, custody::run(configs))
        }
        CustodianVerb::Status { client, custodian } => block_on(async {
            let context = Context::open(&client)?;
            let endpoints = context.vault.as_ref().map(|files| files.custodians.clone()).unwrap_or_default();
            let status = Custodians::new(&context.client, &endpoints)?.of(custodian)?.status().await.map_err(agent)?;
            let value = json!({
                "org": status.org,
                "version": status.version,
                "height": status.height,
                "shards": status.shards,
                "bytes": status.bytes,
                "bytes_stored": status.bytes_stored,
                "bytes_served": status.bytes_served,
                "runs_refused": status.runs_refused,
            });
            output.print(&value, || {
                format!(
                    "custodian {}, version {}\n{} shards in {} bytes\nsince its start: {} bytes stored, {} served, {} runs \
                     refused\nthe ledger seen up to height {}",
                    status.org, status.version, status.shards, status.bytes, status.bytes_stored, status.bytes_served,
                    status.runs_refused, status.height
                )
            });
            Ok(())
        }),
    }
}

pub(super) fn key_service(verb: KeyServiceVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        KeyServiceVerb::Run { config } => {
            let configs = config.iter().map(|path| KeyServiceConfig::load(path).map_err(CliError::usage));
            let configs: Vec<_> = configs.collect::<Result<_, _>>()?;
            distinct(configs.iter().map(|config| config.registry.as_path()))?;
            let log = configs.first().map(|config| config.log.clone()).unwrap_or_default();
            run_agent(&log, keyservice::run(configs))
        }
        KeyServiceVerb::Status { client, holder } => block_on(async {
            let context = Context::open(&client)?;
            let endpoints = context.vault.as_ref().map(|files| files.key_services.clone()).unwrap_or_default();
            let status = KeyServices::new(&context.client, &endpoints)?.of(holder)?.status().await.map_err(agent)?;
            let value = json!({
                "org": status.org,
                "version": status.version,
                "height": status.height,
                "documents": status.documents,
                "released": status.released,
                "collected": status.collected,
            });
            output.print(&value, || {
                format!(
                    "key service {}, version {}\nparts of the keys of {} documents\nsince its start: {} sessions released, {} \
                     collected\nthe ledger followed up to height {}",
                    status.org, status.version, status.documents, status.released, status.collected, status.height
                )
            });
            Ok(())
        }),
    }
}

fn agent(error: ClientError) -> CliError {
    error.into()
}

/// Refuses agents that would share a folder.
fn distinct<'a>(folders: impl Iterator<Item = &'a Path>) -> Result<(), CliError> {
    let mut seen = std::collections::BTreeSet::new();
    for folder in folders {
        if !seen.insert(folder) {
            return Err(CliError::usage(format!("two agents would share the folder {}", folder.display())));
        }
    }
    Ok(())
}

fn run_agent(log: &LogConfig, agents: impl Future<Output = Result<(), AgentError>>) -> Result<(), CliError> {
    telemetry::init_logging(log).map_err(CliError::usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("runtime: {error}")))?;
    runtime.block_on(agents).map_err(CliError::failed)
}
