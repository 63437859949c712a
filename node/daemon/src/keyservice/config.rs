use std::path::{Path, PathBuf};

use assent_types::ids::OrgId;
use serde::{Deserialize, Serialize};

use crate::agent::{LedgerSection, load_toml, resolve};
use crate::config::{ApiConfig, ConfigError, LogConfig, MetricsConfig};

/// A key service's configuration. Relative paths start at the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyServiceConfig {
    /// The organisation that holds the keys.
    pub org: OrgId,
    /// How it reads the ledger.
    pub ledger: LedgerSection,
    /// Where it serves.
    pub api: ApiConfig,
    /// Folder of the registry; one service at a time.
    #[serde(default = "registry")]
    pub registry: PathBuf,
    /// File with the registry's key, outside of its folder and readable for its owner alone.
    pub registry_key: PathBuf,
    /// Metrics and health.
    #[serde(default)]
    pub metrics: MetricsConfig,
    /// Log output.
    #[serde(default)]
    pub log: LogConfig,
}

fn registry() -> PathBuf {
    PathBuf::from("registry")
}

impl KeyServiceConfig {
    /// Reads a configuration and makes its paths absolute to the file's folder.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = load_toml(path)?;
        let own = [&mut config.registry, &mut config.registry_key, &mut config.api.tls_cert, &mut config.api.tls_key];
        resolve(path, own.into_iter().chain(config.ledger.paths_mut()));
        Ok(config)
    }
}
