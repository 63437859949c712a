//! The node's configuration: one TOML file. Unknown fields are refused, every default stands in this module, and
//! secrets are named as files, never written here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use assent_consensus::TimeoutsMs;
use assent_replica::Pacing;
use assent_replica::mempool::MempoolLimits;
use assent_types::ids::OrgId;
use assent_types::key::PublicKey;
use serde::{Deserialize, Serialize};

/// Largest configuration that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The disk.
    #[error("configuration {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Not TOML, an unknown field, or a value of the wrong kind.
    #[error("configuration {path}: {problem}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What and where.
        problem: String,
    },
    /// A value that cannot work.
    #[error("configuration {path}: {field}: {problem}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// A node's configuration. Relative paths start at the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The organisation whose node this is.
    pub org: OrgId,
    /// The genesis document.
    pub genesis: PathBuf,
    /// Folder for the store and the write-ahead log; one node at a time.
    #[serde(default = "defaults::data_dir")]
    pub data_dir: PathBuf,
    /// Threads for checking and executing transactions; 0 takes one for each processor, at least 2 and at most 8.
    #[serde(default)]
    pub job_threads: usize,
    /// Key files.
    pub keys: KeysConfig,
    /// Node-to-node transport.
    pub p2p: P2pSection,
    /// The API for clients.
    pub api: ApiConfig,
    /// Metrics and health.
    #[serde(default)]
    pub metrics: MetricsConfig,
    /// Log output.
    #[serde(default)]
    pub log: LogConfig,
    /// Timeouts of the ordering rounds.
    #[serde(default)]
    pub timeouts: TimeoutsSection,
    /// Pacing of blocks.
    #[serde(default)]
    pub pacing: PacingSection,
    /// Bounds of the mempool.
    #[serde(default)]
    pub mempool: MempoolSection,
}

/// Key files; see [`crate::keyfile`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The NODE key: names the node to its peers.
    pub node: PathBuf,
    /// The VALIDATE key; absent on a node that only follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validate: Option<PathBuf>,
    /// The VALIDATE key that replaces it. The node uses whichever of the two the ledger names for a height, so a
    /// rotation needs no restart at the height where it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validate_next: Option<PathBuf>,
    /// The RECEIPT key, with which the node signs transactions of its own; optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<PathBuf>,
}

/// Node-to-node transport.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct P2pSection {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Peers to dial; others may dial this node if the ledger knows their NODE key.
    #[serde(default)]
    pub bootstrap: Vec<Bootstrap>,
}

/// A peer to dial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// The member.
    pub org: OrgId,
    /// `host:port`.
    pub addr: String,
    /// Its NODE key, if that is newer than the ledger this node has so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
}

/// The API for clients: gRPC over TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Certificate chain (PEM).
    pub tls_cert: PathBuf,
    /// Its private key (PEM), readable for its owner alone.
    pub tls_key: PathBuf,
    /// Bounds against callers that misbehave.
    #[serde(default)]
    pub limits: crate::api::ApiLimits,
}

/// Metrics and health over plain HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Where to listen; absent turns the port off. Keep it on the loopback interface: it asks for no credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// Log output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Form of the lines.
    pub format: LogFormat,
    /// Level, or a filter such as `info,assent_daemon=debug`.
    pub filter: String,
}

macro_rules! mirrored {
    ($(#[$doc:meta])* $section:ident of $target:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $source:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $section {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Default for $section {
            fn default() -> Self {
                let target = $target::default();
                Self { $($field: target.$source,)+ }
            }
        }

        impl From<$section> for $target {
            fn from(section: $section) -> Self {
                Self { $($source: section.$field,)+ }
            }
        }
    };
}

mirrored! {
    /// Timeouts of the ordering rounds. Every node of a network should have the same.
    TimeoutsSection of TimeoutsMs {
        /// Wait for a proposal.
        propose_ms: u64 = propose,
        /// Added to it in each round.
        propose_delta_ms: u64 = propose_delta,
        /// Wait for more prevotes.
        prevote_ms: u64 = prevote,
        /// Added to it in each round.
        prevote_delta_ms: u64 = prevote_delta,
        /// Wait for more precommits.
        precommit_ms: u64 = precommit,
        /// Added to it in each round.
        precommit_delta_ms: u64 = precommit_delta,
        /// Own votes are sent again after this time without progress.
        rebroadcast_ms: u64 = rebroadcast,
        /// Upper bound of every wait.
        max_ms: u64 = max,
    }
}

mirrored! {
    /// Pacing of blocks. None of it decides what is valid.
    PacingSection of Pacing {
        /// Age of the head after which an idle chain makes an empty block. The first one is made at once.
        idle_block_ms: u64 = idle_block_ms,
        /// How long a woken proposer with nothing to say waits before it proposes an empty block.
        empty_wait_ms: u64 = empty_wait_ms,
        /// How far clocks of honest nodes may lie apart.
        precision_ms: u64 = precision_ms,
        /// How late a proposal may arrive in round 0.
        message_delay_ms: u64 = message_delay_ms,
        /// How long to wait in round 0 for a proposal of a validator that is not connected.
        absent_wait_ms: u64 = absent_wait_ms,
        /// How long to wait for a pushed body before asking for it.
        body_wait_ms: u64 = body_wait_ms,
        /// How long to wait for an answer of block sync before asking another peer.
        sync_wait_ms: u64 = sync_wait_ms,
        /// How often to tell peers the own height when nothing happens.
        status_ms: u64 = status_ms,
    }
}

mirrored! {
    /// Bounds of the mempool, in bytes of encoded transactions.
    MempoolSection of MempoolLimits {
        /// For one member.
        member_bytes_max: usize = member_bytes_max,
        /// Of that, reserved for revocations and governance.
        member_bytes_reserved: usize = member_bytes_reserved,
        /// For all members together.
        total_bytes_max: usize = total_bytes_max,
    }
}

mod defaults {
    use std::path::PathBuf;

    pub(super) fn data_dir() -> PathBuf {
        PathBuf::from("data")
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

impl NodeConfig {
    /// Reads a configuration and makes its paths absolute to the file's folder.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        use std::io::Read;
        let io = |error| ConfigError::Io { path: path.to_owned(), error };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(io)?;
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
        let mut config =
            Self::from_toml(&text).map_err(|problem| ConfigError::Parse { path: path.to_owned(), problem })?;
        config.check().map_err(|(field, problem)| ConfigError::Value { path: path.to_owned(), field, problem })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for file in config.paths_mut() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    /// Parses a configuration; paths stay as they are.
    ///
    /// # Errors
    /// What is wrong, with line and field.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The effective configuration with every default, as a file.
    pub fn to_toml(&self) -> String {
        // Every field is a table, a text or a small number; TOML can hold all of them.
        toml::to_string_pretty(self).unwrap_or_else(|error| format!("# {error}\n"))
    }

    /// The file with what regulators asked this node by a pseudonym.
    pub fn inquiries(&self) -> PathBuf {
        self.data_dir.join("inquiries.log")
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut paths = vec![&mut self.genesis, &mut self.data_dir, &mut self.keys.node];
        paths.extend(self.keys.validate.as_mut());
        paths.extend(self.keys.validate_next.as_mut());
        paths.extend(self.keys.service.as_mut());
        paths.extend([&mut self.api.tls_cert, &mut self.api.tls_key]);
        paths
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let timeouts = &self.timeouts;
        if [timeouts.propose_ms, timeouts.prevote_ms, timeouts.precommit_ms, timeouts.rebroadcast_ms].contains(&0) {
            return Err(("timeouts", "every wait must be at least 1 ms"));
        }
        if self.pacing.status_ms == 0 || self.pacing.sync_wait_ms == 0 || self.pacing.idle_block_ms == 0 {
            return Err(("pacing", "status_ms, sync_wait_ms and idle_block_ms must be at least 1 ms"));
        }
        let mempool = &self.mempool;
        if mempool.member_bytes_reserved >= mempool.member_bytes_max
            || mempool.member_bytes_max > mempool.total_bytes_max
        {
            return Err(("mempool", "member_bytes_reserved < member_bytes_max <= total_bytes_max must hold"));
        }
        if self.p2p.bootstrap.iter().any(|peer| peer.org == self.org) {
            return Err(("p2p.bootstrap", "a node does not dial itself"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        org = 3
        genesis = "genesis.toml"

        [keys]
        node = "keys/node.key"

        [p2p]
        listen = "127.0.0.1:4100"

        [api]
        listen = "127.0.0.1:4200"
        tls_cert = "tls/cert.pem"
        tls_key = "/etc/assent/key.pem"
    "#;

    fn load(text: &str) -> Result<NodeConfig, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.toml");
        std::fs::write(&path, text).unwrap();
        NodeConfig::load(&path).map(|mut config| {
            for file in config.paths_mut() {
                if let Ok(rest) = file.strip_prefix(dir.path()) {
                    *file = Path::new("DIR").join(rest);
                }
            }
            config
        })
    }

    #[test]
    fn a_small_file_gets_every_default_and_paths_of_its_folder() {
        let config = load(SMALL).unwrap();
        assert_eq!(config.data_dir, Path::new("DIR/data"));
        assert_eq!(config.keys.node, Path::new("DIR/keys/node.key"));
        assert_eq!(config.api.tls_key, Path::new("/etc/assent/key.pem"), "absolute paths stay");
        assert_eq!(TimeoutsMs::from(config.timeouts), TimeoutsMs::default());
        assert_eq!(Pacing::from(config.pacing), Pacing::default());
        assert_eq!(MempoolLimits::from(config.mempool), MempoolLimits::default());
    }

    #[test]
    fn the_effective_configuration_reads_back() {
        let config = NodeConfig::from_toml(SMALL).unwrap();
        let text = config.to_toml();
        assert!(text.contains("idle_block_ms = 30000"), "{text}");
        assert_eq!(NodeConfig::from_toml(&text).unwrap(), config);
    }

    #[test]
    fn misspelt_fields_and_impossible_values_are_named() {
        for (from, to, named) in [
            ("org = 3", "org = 3\norganisation = 3", "organisation"),
            ("[p2p]", "[p2p]\nlisen = 1", "lisen"),
            ("org = 3", "org = \"x\"", "org"),
            ("[p2p]", "[timeouts]\npropose_ms = 0\n[p2p]", "timeouts"),
            ("[p2p]", "[mempool]\nmember_bytes_reserved = 99999999\n[p2p]", "mempool"),
            ("[api]", "[[p2p.bootstrap]]\norg = 3\naddr = \"localhost:1\"\n[api]", "bootstrap"),
        ] {
            let error = load(&SMALL.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
