//! `assent node`.

use std::path::{Path, PathBuf};

use assent_proto::v1::StatusResponse;
use assent_types::ids::Hash32;
use serde_json::{Value, json};

use super::context::{ClientArgs, Context, block_on};
use super::output::{CliError, Output};
use super::why;
use crate::config::NodeConfig;
use crate::{run, telemetry};

/// Verbs of `assent node`.
#[derive(clap::Subcommand)]
pub(super) enum NodeVerb {
    /// Run a node until SIGTERM or SIGINT
    #[command(after_help = "Example:\n  assent node run --config net/shenzhen-hospital/node.toml")]
    Run {
        /// The node's configuration (TOML)
        #[arg(long, value_name = "FILE", env = "ASSENT_NODE_CONFIG")]
        config: PathBuf,
    },
    /// Show chain, head, peers and mempool of a running node
    #[command(after_help = "Example:\n  assent node status --client net/regulator/client.toml --node 4")]
    Status {
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Say what a running node waits for, and for whom
    #[command(after_help = "Example:\n  assent node why-no-block --client net/regulator/client.toml")]
    WhyNoBlock {
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Check a node's configuration and show it
    #[command(after_help = "Example:\n  assent node config --config net/regulator/node.toml --effective")]
    Config {
        /// The node's configuration (TOML)
        #[arg(long, value_name = "FILE", env = "ASSENT_NODE_CONFIG")]
        config: PathBuf,
        /// Show every value, defaults included, with absolute paths
        #[arg(long)]
        effective: bool,
    },
}

pub(super) fn run(verb: NodeVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        NodeVerb::Run { config } => run_node(&config),
        NodeVerb::Status { client } => block_on(async {
            let context = Context::open(&client)?;
            let status = context.client.status().await?;
            output.print(&status_json(&status), || status_text(&status));
            Ok(())
        }),
        NodeVerb::WhyNoBlock { client } => block_on(async {
            let context = Context::open(&client)?;
            let why = context.client.why_no_block().await?;
            output.print(&why::to_json(&why), || why::text(&why));
            Ok(())
        }),
        NodeVerb::Config { config, effective } => {
            let loaded = NodeConfig::load(&config).map_err(CliError::usage)?;
            let value = if effective {
                serde_json::to_value(&loaded).map_err(CliError::failed)?
            } else {
                json!({ "valid": true })
            };
            output.print(&value, || if effective { loaded.to_toml() } else { format!("{}: valid", config.display()) });
            Ok(())
        }
    }
}

fn run_node(path: &Path) -> Result<(), CliError> {
    let config = NodeConfig::load(path).map_err(CliError::usage)?;
    telemetry::init_logging(&config.log).map_err(CliError::usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("runtime: {error}")))?;
    let inquiries = config.inquiries();
    let serve = move |node, api, stop| crate::api::serve(node, api, inquiries, stop);
    runtime.block_on(run::run_with(config, serve)).map_err(|error| CliError::Node(error.exit_code(), error.to_string()))
}

fn hash(bytes: &[u8]) -> String {
    <[u8; 32]>::try_from(bytes).map(|bytes| Hash32(bytes).to_string()).unwrap_or_default()
}

fn status_json(status: &StatusResponse) -> Value {
    let peers: Vec<Value> = status
        .peers
        .iter()
        .map(|peer| {
            let member = peer.member.clone().unwrap_or_default();
            json!({ "org": member.org, "legal_name": member.legal_name, "height": peer.height })
        })
        .collect();
    let node = status.node.clone().unwrap_or_default();
    json!({
        "chain": hash(&status.chain_id),
        "org": node.org,
        "legal_name": node.legal_name,
        "version": status.version,
        "height": status.height,
        "time_ms": status.time_ms,
        "block": hash(&status.block),
        "validator": status.validator,
        "peers": peers,
        "mempool": { "txs": status.mempool_txs, "bytes": status.mempool_bytes },
        "best_peer_height": status.best_peer_height,
        "log_size": status.log_size,
        "clock_ms": status.clock_ms,
    })
}

fn status_text(status: &StatusResponse) -> String {
    let node = status.node.clone().unwrap_or_default();
    let age = status.clock_ms.saturating_sub(status.time_ms) / 1000;
    let mut lines = vec![
        format!("{} ({}), version {}", node.legal_name, node.org, status.version),
        format!("chain {}", hash(&status.chain_id)),
        format!("height {} ({age} s ago), block {}", status.height, hash(&status.block)),
        format!("role: {}", if status.validator { "validator" } else { "follower" }),
        format!("mempool: {} transactions, {} bytes", status.mempool_txs, status.mempool_bytes),
        format!("history: {} entries", status.log_size),
    ];
    if status.best_peer_height > status.height {
        lines.push(format!("behind by {} blocks", status.best_peer_height - status.height));
    }
    for peer in &status.peers {
        let member = peer.member.clone().unwrap_or_default();
        lines.push(format!("peer {} ({}) at height {}", member.legal_name, member.org, peer.height));
    }
    if status.peers.is_empty() {
        lines.push("no peer is connected".to_owned());
    }
    lines.join("\n")
}
