//! The client configuration of a user of the command line.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assent_client::registry::{Registry, RegistryKey, secret};
use assent_client::{Client, Config, Endpoint, FinalReceipt};
use assent_types::action::Action;
use assent_types::bill::BillKey;
use assent_types::error::ErrorCode;
use assent_types::ids::{ChainId, MandateId, OrgId, TxHash};
use assent_types::key::SecretKey;
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::output::{CliError, Output};
use super::parse;
use crate::keyfile;

/// Flags of every command that talks to a node.
#[derive(clap::Args)]
pub(super) struct ClientArgs {
    /// Client configuration (TOML): endpoints, ca, chain, key
    #[arg(long, value_name = "FILE", env = "ASSENT_CLIENT", default_value = "client.toml")]
    pub(super) client: PathBuf,
    /// Ask only this node, by the number of its organisation
    #[arg(long, value_name = "ORG")]
    pub(super) node: Option<OrgId>,
    /// How long to wait for an answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) timeout_s: u64,
    /// A regulator's lawful look-up, for questions about a pseudonym: the transaction of `assent access lookup`; repeatable
    #[arg(long, value_name = "ID")]
    pub(super) lookup: Vec<TxHash>,
}

/// The client configuration file. Relative paths start at the folder of the file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientFile {
    /// The chain: hash of the genesis header.
    pub(super) chain: ChainId,
    /// Certificates (PEM) that the nodes' certificates must lead to.
    pub(super) ca: PathBuf,
    /// Key file: makes the tokens and, for an organisation, signs transactions.
    pub(super) key: PathBuf,
    /// The organisation, if the key is an organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<OrgId>,
    /// Mandates under which the key acts, if it is a proxy's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) mandates: Vec<MandateId>,
    /// Folder of the organisation's private registry, for documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registry: Option<PathBuf>,
    /// File with the registry's key, outside of its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registry_key: Option<PathBuf>,
    /// File with the secret from which the nullifiers of own bills are computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bill_key: Option<PathBuf>,
    /// File with the secret from which pseudonyms of own patients are computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pseudonym_key: Option<PathBuf>,
    /// Folder of the journals of uploads in progress.
    #[serde(default = "uploads")]
    pub(super) uploads: PathBuf,
    /// Nodes, the preferred one first.
    pub(super) endpoints: Vec<Endpoint>,
    /// Custodian agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) custodians: Vec<Endpoint>,
    /// Key services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) key_services: Vec<Endpoint>,
}

fn uploads() -> PathBuf {
    PathBuf::from("uploads")
}

/// Where documents go, and where this organisation keeps what belongs to them.
pub(super) struct VaultFiles {
    pub(super) registry: PathBuf,
    pub(super) registry_key: PathBuf,
    pub(super) uploads: PathBuf,
    pub(super) custodians: Vec<Endpoint>,
    pub(super) key_services: Vec<Endpoint>,
}

/// A client with what the commands need around it.
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) chain: ChainId,
    pub(super) org: Option<OrgId>,
    /// The key of the configuration.
    pub(super) key: SecretKey,
    pub(super) timeout: Duration,
    /// `None` if the configuration names no registry.
    pub(super) vault: Option<VaultFiles>,
    bill_key: Option<PathBuf>,
    pseudonym_key: Option<PathBuf>,
}

impl ClientFile {
    pub(super) fn load(path: &Path) -> Result<Self, CliError> {
        let text = parse::text_file(path)?;
        let mut file: Self =
            toml::from_str(&text).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        file.ca = folder.join(&file.ca);
        file.key = folder.join(&file.key);
        let files = [&mut file.registry, &mut file.registry_key, &mut file.bill_key, &mut file.pseudonym_key];
        for path in files.into_iter().flatten().chain([&mut file.uploads]) {
            *path = folder.join(&*path);
        }
        Ok(file)
    }

    fn vault_files(&self) -> Option<VaultFiles> {
        Some(VaultFiles {
            registry: self.registry.clone()?,
            registry_key: self.registry_key.clone()?,
            uploads: self.uploads.clone(),
            custodians: self.custodians.clone(),
            key_services: self.key_services.clone(),
        })
    }
}

impl Context {
    /// Reads configuration and key and prepares a client.
    pub(super) fn open(args: &ClientArgs) -> Result<Self, CliError> {
        let mut file = ClientFile::load(&args.client)?;
        if let Some(node) = args.node {
            file.endpoints.retain(|endpoint| endpoint.node == node);
            if file.endpoints.is_empty() {
                let problem = format!("{}: no endpoint of organisation {node}", args.client.display());
                return Err(CliError::usage(problem));
            }
        }
        let vault = file.vault_files();
        let timeout = Duration::from_secs(args.timeout_s.clamp(1, 3600));
        let mut config = Config::new(file.endpoints, parse::text_file(&file.ca)?, file.chain, load_key(&file.key)?);
        config.mandates = file.mandates;
        config.retry_for = timeout;
        config.call_timeout = timeout.min(Duration::from_secs(10));
        Ok(Self {
            client: Client::connect(config)?.with_lookups(&args.lookup),
            chain: file.chain,
            org: file.org,
            key: load_key(&file.key)?,
            timeout,
            vault,
            bill_key: file.bill_key,
            pseudonym_key: file.pseudonym_key,
        })
    }

    /// The organisation of the configuration.
    pub(super) fn org(&self) -> Result<OrgId, CliError> {
        self.org.ok_or_else(|| CliError::usage("the client configuration names no org; this command needs one"))
    }

    /// The private registry of the configuration.
    pub(super) fn registry(&self) -> Result<Registry, CliError> {
        let missing = || CliError::usage("the client configuration names no registry and registry_key");
        let files = self.vault.as_ref().ok_or_else(missing)?;
        let key = RegistryKey::load(&files.registry_key).map_err(CliError::usage)?;
        Registry::open(&files.registry, key).map_err(CliError::failed)
    }

    /// The secret behind the nullifiers of own bills: from this file, or from the configuration's.
    pub(super) fn bill_key(&self, file: Option<&Path>) -> Result<BillKey, CliError> {
        let secret = secret(file.or(self.bill_key.as_deref()), "bill_key")?;
        Ok(BillKey::from_bytes(*secret))
    }

    /// The secret behind the pseudonyms of own patients.
    pub(super) fn pseudonym_key(&self) -> Result<Zeroizing<[u8; 32]>, CliError> {
        secret(self.pseudonym_key.as_deref(), "pseudonym_key")
    }

    /// A record of the state, and its proof; E905 if there is none.
    pub(super) async fn record(&self, key: StateKey) -> Result<(Record, Vec<u8>), CliError> {
        let state = self.client.get(&[key]).await?;
        match state.value(&key).flatten() {
            Some(value) => Ok((value.record.clone(), state.bundle)),
            None => Err(CliError::numbered(ErrorCode::NotFound, "the ledger has no such record")),
        }
    }

    /// Signs an action with a key and waits for its receipt.
    pub(super) async fn execute(
        &self,
        output: &Output,
        key: &SecretKey,
        action: Action,
        cosigners: &[&SecretKey],
    ) -> Result<FinalReceipt, CliError> {
        let tx = self.client.transaction(key, action, cosigners)?;
        self.send(output, &tx).await
    }

    /// Submits a transaction and waits for its receipt; one that says "refused" is an error.
    pub(super) async fn send(&self, output: &Output, tx: &Transaction) -> Result<FinalReceipt, CliError> {
        let _progress = output.spinner("waiting until the transaction is final");
        let receipt = self.client.submit_and_wait(tx, self.timeout).await?;
        match receipt.outcome() {
            Ok(()) => Ok(receipt),
            Err(code) => {
                let detail = format!("{}; final at height {}", code.hint(), receipt.receipt.height);
                Err(CliError::Numbered { code, detail, tx: Some(receipt.receipt.tx.to_string()) })
            }
        }
    }
}

fn secret(file: Option<&Path>, name: &str) -> Result<Zeroizing<[u8; 32]>, CliError> {
    let missing = || {
        CliError::usage(format!(
            "the client configuration names no {name}; make one with `assent keys secret --out FILE`"
        ))
    };
    secret::load(file.ok_or_else(missing)?).map_err(CliError::usage)
}

/// Reads a key file of any usage.
pub(super) fn load_key(path: &Path) -> Result<SecretKey, CliError> {
    keyfile::load_any(path).map(|loaded| loaded.key).map_err(CliError::usage)
}

/// Runs a future on a runtime of its own.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("runtime: {error}")))?;
    runtime.block_on(future)
}

/// The same for commands that move data: on all processors.
pub(super) fn block_on_all<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("runtime: {error}")))?;
    runtime.block_on(future)
}

/// What every command says about the receipt of its transaction.
pub(super) fn receipt_json(receipt: &FinalReceipt) -> Value {
    json!({
        "tx": receipt.receipt.tx,
        "height": receipt.receipt.height,
        "time": assent_verify::rfc3339(receipt.receipt.time),
        "index": receipt.receipt.index,
        "code": receipt.receipt.code,
        "error": receipt.receipt.error(),
        "entry": receipt.position,
        "details": receipt.details,
    })
}

/// The last line of a command that changed something.
pub(super) fn receipt_text(receipt: &FinalReceipt) -> String {
    format!("final at height {} in transaction {}", receipt.receipt.height, receipt.receipt.tx)
}
