use std::path::{Path, PathBuf};

use assent_client::Endpoint;
use assent_types::ids::OrgId;
use serde::{Deserialize, Serialize};

use crate::agent::{LedgerSection, load_toml, resolve};
use crate::config::{ApiConfig, ConfigError, LogConfig, MetricsConfig};

/// A custodian agent's configuration. Relative paths start at the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianConfig {
    /// The organisation that keeps the shards.
    pub org: OrgId,
    /// Folder of the shards; one agent at a time.
    #[serde(default = "data_dir")]
    pub data_dir: PathBuf,
    /// How it reads the ledger.
    pub ledger: LedgerSection,
    /// Where it serves.
    pub api: ApiConfig,
    /// Other custodians, of whose shards it rebuilds lost ones.
    #[serde(default)]
    pub custodians: Vec<Endpoint>,
    /// Metrics and health.
    #[serde(default)]
    pub metrics: MetricsConfig,
    /// Log output; of several agents in one process, the first one's counts.
    #[serde(default)]
    pub log: LogConfig,
}

fn data_dir() -> PathBuf {
    PathBuf::from("data")
}

impl CustodianConfig {
    /// Reads a configuration and makes its paths absolute to the file's folder.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = load_toml(path)?;
        let own = [&mut config.data_dir, &mut config.api.tls_cert, &mut config.api.tls_key];
        resolve(path, own.into_iter().chain(config.ledger.paths_mut()));
        Ok(config)
    }
}
