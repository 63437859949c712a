use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use assent_types::ids::{AnchorId, Millis, OrgId, TxHash};
use assent_types::state::{Record, StateKey};

use super::custodians::{Custodians, ShardRef};
use super::error::VaultError;
use super::key_services::KeyServices;
use crate::client::Client;
use crate::nodes::{Endpoint, now_ms};
use crate::registry::Registry;

/// How often the ledger is asked at least for something that is waited for; it is asked at once when a block may bring it.
const POLL: Duration = Duration::from_millis(100);

/// Told how far a transfer is. Every method may be called from any task.
pub trait Progress: Send + Sync {
    /// A stage with so many bytes or steps begins.
    fn begin(&self, stage: &'static str, total: u64);
    /// More of the stage is done.
    fn step(&self, done: u64);
}

/// Nobody is told.
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: &'static str, _: u64) {}
    fn step(&self, _: u64) {}
}

/// Where documents go and come from.
pub struct VaultConfig {
    /// Custodian agents.
    pub custodians: Vec<Endpoint>,
    /// Key services.
    pub key_services: Vec<Endpoint>,
    /// Folder for journals of uploads in progress.
    pub journals: PathBuf,
    /// How long to wait for what the ledger and agents have to do.
    pub patience: Duration,
}

/// A shard that its custodian has rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Repaired {
    /// The transaction with the custodian's receipt.
    pub tx: TxHash,
    /// Bytes of chunks that it read of other custodians.
    pub bytes_read: u64,
}

/// Stores, reads and repairs documents.
#[derive(Clone)]
pub struct Vault {
    pub(super) client: Client,
    pub(super) custodians: Custodians,
    pub(super) key_services: KeyServices,
    pub(super) registry: Arc<Registry>,
    pub(super) journals: PathBuf,
    pub(super) patience: Duration,
}

impl Vault {
    /// A vault for a client. Connections open on first use.
    ///
    /// # Errors
    /// [`VaultError::Client`] for an address that is none.
    pub fn new(client: Client, registry: Registry, config: VaultConfig) -> Result<Self, VaultError> {
        Ok(Self {
            custodians: Custodians::new(&client, &config.custodians)?,
            key_services: KeyServices::new(&client, &config.key_services)?,
            client,
            registry: Arc::new(registry),
            journals: config.journals,
            patience: config.patience,
        })
    }

    /// The custodians that are configured.
    pub fn custodians(&self) -> &Custodians {
        &self.custodians
    }

    /// The key services that are configured.
    pub fn key_services(&self) -> &KeyServices {
        &self.key_services
    }

    /// Has a custodian rebuild a shard that the ledger names it for.
    ///
    /// # Errors
    /// What the custodian says, or that it cannot be reached.
    pub async fn have_rebuilt(&self, anchor: AnchorId, shard: u8, custodian: OrgId) -> Result<Repaired, VaultError> {
        let (tx, bytes_read) = self.custodians.of(custodian)?.rebuild(ShardRef { anchor, shard }).await?;
        Ok(Repaired { tx, bytes_read })
    }

    /// Waits until a proven record is as wanted. `look` gets it with the instant for which it counts.
    pub(super) async fn wait_for<T>(
        &self,
        key: &StateKey,
        what: &str,
        look: impl Fn(Option<&Record>, Millis) -> Result<Option<T>, VaultError>,
    ) -> Result<T, VaultError> {
        let end = tokio::time::Instant::now() + self.patience;
        let mut changes = None;
        loop {
            let state = self.client.get(std::slice::from_ref(key)).await?;
            let at = Millis(state.time.0.max(now_ms()));
            if let Some(found) = look(state.value(key).flatten().map(|value| &value.record), at)? {
                return Ok(found);
            }
            if tokio::time::Instant::now() >= end {
                return Err(VaultError::Late(what.to_owned()));
            }
            let height = state.height;
            changes.get_or_insert_with(|| self.client.changes(height)).wait(height, POLL).await;
        }
    }
}
