use std::path::{Path, PathBuf};

use assent_client::{Client, Config, Endpoint};
use assent_types::ids::ChainId;
use assent_types::key::{KeyUsage, SecretKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::AgentError;
use crate::config::ConfigError;
use crate::keyfile;

/// Largest configuration that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// How an agent reads the ledger, and with which key it acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSection {
    /// The chain: hash of the genesis header, the only thing that is trusted.
    pub chain: ChainId,
    /// Certificates (PEM) that those of nodes and other agents must lead to.
    pub ca: PathBuf,
    /// Key file of the organisation (SIGN_TX): makes the tokens and signs the agent's receipts.
    pub key: PathBuf,
    /// Nodes, the preferred one first.
    pub endpoints: Vec<Endpoint>,
}

impl LedgerSection {
    pub(crate) fn paths_mut(&mut self) -> [&mut PathBuf; 2] {
        [&mut self.ca, &mut self.key]
    }

    /// A client with this configuration, and the key.
    pub(crate) fn connect(&self) -> Result<(Client, SecretKey), AgentError> {
        let ca =
            std::fs::read_to_string(&self.ca).map_err(|error| AgentError::File { path: self.ca.clone(), error })?;
        let load = || keyfile::load(&self.key, KeyUsage::SignTx);
        let config = Config::new(self.endpoints.clone(), ca, self.chain, load()?);
        Ok((Client::connect(config)?, load()?))
    }
}

/// Reads a configuration file; unknown fields are refused by its type.
pub(crate) fn load_toml<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    use std::io::Read;
    let io = |error| ConfigError::Io { path: path.to_owned(), error };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(io)?;
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
    toml::from_str(&text).map_err(|error| ConfigError::Parse { path: path.to_owned(), problem: error.to_string() })
}

/// Makes paths absolute to the folder of the file that names them.
pub(crate) fn resolve<'a>(file: &Path, paths: impl IntoIterator<Item = &'a mut PathBuf>) {
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    for path in paths {
        *path = folder.join(&*path);
    }
}
