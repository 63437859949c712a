//! From a configuration to a running node, and back to a closed store.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use assent_genesis::{Genesis, GenesisDoc, GenesisError};
use assent_replica::ledger::{head, query};
use assent_replica::storage::{Read, Storage, StorageError};
use assent_types::ids::{ChainId, OrgId};
use assent_types::key::{KeyUsage, PublicKey, SecretKey};
use assent_types::state::{Record, StateKey};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{ApiConfig, NodeConfig};
use crate::driver::{self, Driver, DriverError, Exit, Inbox, NodeHandle, Parts};
use crate::keyfile::{self, KeyFileError};
use crate::p2p::{DialTarget, Limits, Network, NetworkError, P2pConfig};
use crate::signer::FileSigner;
use crate::storage::{OpenError, RocksStore};
use crate::telemetry::{self, Metrics, TelemetryError};
use crate::wal::{self, Wal, WalError};

/// How often metrics that are asked for, not counted, are renewed.
const METRICS_EVERY: Duration = Duration::from_secs(1);
/// How long clients' requests in progress may take at the end.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// Exit code of a process whose node halted (EX_SOFTWARE of sysexits.h).
pub const EXIT_HALTED: u8 = 70;

/// Why a node did not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The genesis document cannot be read.
    #[error("genesis {path}: {error}")]
    GenesisFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The genesis document is not valid.
    #[error("genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// The configured organisation is not a member.
    #[error("organisation {0} is not in the ledger; a member must be registered before its node starts")]
    NotMember(OrgId),
    /// The VALIDATE key of the ledger is missing.
    #[error(
        "neither keys.validate nor keys.validate_next names a file with {key}, with which organisation {org} votes next \
         according to the ledger"
    )]
    WrongKey {
        /// The organisation.
        org: OrgId,
        /// The key of the ledger.
        key: PublicKey,
    },
    /// A validator without a VALIDATE key.
    #[error("organisation {0} is a validator: the configuration must name its VALIDATE key file (keys.validate)")]
    NoValidateKey(OrgId),
    /// A key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The store's folder.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store's content.
    #[error(transparent)]
    Store(#[from] head::OpenError),
    /// Reading or writing the store.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The write-ahead log.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The transport.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The driver.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The metrics port.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The API.
    #[error("api: {0}")]
    Api(String),
    /// Signals cannot be received.
    #[error("signals: {0}")]
    Signals(std::io::Error),
    /// The node halted; its process exits with [`EXIT_HALTED`].
    #[error("the node halted: {0}")]
    Halted(String),
}

impl RunError {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Halted(_)) { EXIT_HALTED } else { 1 }
    }
}

/// Reads, validates and builds the genesis.
///
/// # Errors
/// The file or its content.
pub fn load_genesis(path: &Path) -> Result<(GenesisDoc, Genesis), RunError> {
    let text = std::fs::read_to_string(path).map_err(|error| RunError::GenesisFile { path: path.to_owned(), error })?;
    let doc = GenesisDoc::from_toml(&text)?;
    let genesis = assent_genesis::build(&doc)?;
    Ok((doc, genesis))
}

/// Completes when the node stops.
pub type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a node with its API until SIGTERM or SIGINT, or until it halts.
///
/// # Errors
/// See [`RunError`].
pub async fn run(config: NodeConfig) -> Result<(), RunError> {
    let inquiries = config.inquiries();
    run_with(config, move |node, api, stop| crate::api::serve(node, api, inquiries, stop)).await
}

/// Runs a node until SIGTERM or SIGINT, or until it halts. `serve` is the API; it ends after its [`Shutdown`] completes
/// and its requests are answered.
///
/// # Errors
/// See [`RunError`].
pub async fn run_with<S, F>(config: NodeConfig, serve: S) -> Result<(), RunError>
where
    S: FnOnce(NodeHandle, ApiConfig, Shutdown) -> F,
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    if cfg!(feature = "unsafe-no-sync") {
        tracing::warn!("THIS BUILD DOES NOT SYNC: a crash can make this node vote against itself; for checks only");
    }
    let node = Node::start(&config, serve).await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signals)?;
    node.run_until(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await
}

/// A running node.
pub struct Node {
    handle: NodeHandle,
    driver: Driver,
    network: Network,
    network_task: tokio::task::JoinHandle<()>,
    api_task: tokio::task::JoinHandle<Result<(), String>>,
    metrics: Arc<Metrics>,
    store: RocksStore,
    orgs: Vec<OrgId>,
    shutdown: watch::Sender<bool>,
}

impl Node {
    /// Opens the store, boots the replica, connects to peers and opens the ports.
    ///
    /// # Errors
    /// See [`RunError`].
    pub async fn start<S, F>(config: &NodeConfig, serve: S) -> Result<Self, RunError>
    where
        S: FnOnce(NodeHandle, ApiConfig, Shutdown) -> F,
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let (doc, genesis) = load_genesis(&config.genesis)?;
        for warning in doc.warnings() {
            tracing::warn!("{warning}");
        }
        let node_key = keyfile::load(&config.keys.node, KeyUsage::Node)?;
        let signer = signer(config)?;
        let (store, opened) = open_disk(&config.data_dir, &genesis)?;
        let orgs: Vec<OrgId> = doc.orgs.iter().map(|org| org.id).collect();
        let snapshot = store.snapshot()?;
        check_keys(snapshot.as_ref(), config, &node_key, &signer)?;
        if let Some(lost) = &opened.lost {
            tracing::warn!(
                reason = lost,
                "the write-ahead log is lost: the node keeps silent until it is safe to vote"
            );
        }
        let inbox = Arc::new(Inbox::default());
        let p2p = p2p_config(config, genesis.chain, node_key);
        let members = members(snapshot.as_ref(), &orgs)?;
        drop(snapshot);
        let (network, network_task) = Network::start(p2p, members, inbox.clone()).await?;
        let metrics = Arc::new(Metrics::default());
        let parts = Parts {
            config: replica_config(config, genesis.chain),
            signer: Box::new(signer),
            storage: Arc::new(store.clone()),
            wal: (opened.wal, opened.entries),
            inbox,
            outward: Arc::new(network.clone()),
            metrics: metrics.clone(),
            job_threads: job_threads(config.job_threads),
        };
        let (handle, driver) = driver::start(parts).await?;
        let shutdown = watch::Sender::new(false);
        if let Some(addr) = config.metrics.listen {
            telemetry::serve(addr, metrics.clone(), handle.clone(), told(&shutdown)).await?;
        }
        let api_task = tokio::spawn(serve(handle.clone(), config.api.clone(), Box::pin(told(&shutdown))));
        tracing::info!(
            chain = %genesis.chain, org = %config.org, height = %handle.head().borrow().height,
            p2p = %network.listening(), "node started"
        );
        Ok(Self { handle, driver, network, network_task, api_task, metrics, store, orgs, shutdown })
    }

    /// The node's handle.
    pub fn handle(&self) -> &NodeHandle {
        &self.handle
    }

    /// Runs until the future completes or the node halts; then closes everything in order.
    ///
    /// # Errors
    /// [`RunError::Halted`], [`RunError::Api`].
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), RunError> {
        let upkeep = tokio::spawn(upkeep(
            self.handle.clone(),
            self.network.clone(),
            self.metrics.clone(),
            self.store.clone(),
            self.orgs.clone(),
        ));
        tokio::pin!(stop);
        let mut failed = None;
        tokio::select! {
            () = &mut stop => tracing::info!("stopping"),
            exit = self.driver.ended() => failed = halted(exit),
            result = &mut self.api_task => {
                let problem = match result {
                    Ok(Ok(())) => "the API ended by itself".to_owned(),
                    Ok(Err(problem)) => problem,
                    Err(error) => error.to_string(),
                };
                failed = Some(RunError::Api(problem));
            }
        }
        upkeep.abort();
        self.shutdown.send_replace(true);
        if !self.api_task.is_finished() && tokio::time::timeout(GRACE, &mut self.api_task).await.is_err() {
            self.api_task.abort();
        }
        if !matches!(failed, Some(RunError::Halted(_))) {
            self.driver.stop();
            failed = failed.or(halted(self.driver.ended().await));
        }
        self.network.stop();
        let _ = tokio::time::timeout(GRACE, self.network_task).await;
        match failed {
            Some(error) => Err(error),
            None => {
                tracing::info!("stopped");
                Ok(())
            }
        }
    }
}

fn halted(exit: Exit) -> Option<RunError> {
    match exit {
        Exit::Stopped => None,
        Exit::Halted(reason) => Some(RunError::Halted(reason)),
    }
}

/// Completes once the node is told to stop.
fn told(shutdown: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut receiver = shutdown.subscribe();
    async move {
        // The sender is dropped only at the end, which is a stop as well.
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}

fn signer(config: &NodeConfig) -> Result<FileSigner, KeyFileError> {
    let load = |path: &Option<PathBuf>, usage| path.as_ref().map(|path| keyfile::load(path, usage)).transpose();
    let keys = &config.keys;
    let validate = [&keys.validate, &keys.validate_next].map(|path| load(path, KeyUsage::Validate));
    let mut held = Vec::new();
    for key in validate {
        held.extend(key?);
    }
    Ok(FileSigner::new(held, load(&keys.service, KeyUsage::Receipt)?))
}

/// Opens store and log; an empty store begins at the genesis.
///
/// # Correctness
/// On the first start the log is created before the store's first batch. So a store with a head and without a log has
/// lost its log, and a crash in between leads to a first start again.
fn open_disk(data_dir: &Path, genesis: &Genesis) -> Result<(RocksStore, wal::Opened), RunError> {
    let store = RocksStore::open(&data_dir.join("store"))?;
    let fresh = head::find(store.snapshot()?.as_ref())?.is_none();
    if !fresh {
        head::open(store.snapshot()?.as_ref(), genesis.chain)?;
    }
    let opened = Wal::open(&data_dir.join("wal"), genesis.chain, fresh)?;
    if fresh {
        store.write(&head::initialise(genesis)?)?;
    }
    Ok((store, opened))
}

/// Refuses to run with keys that peers would not accept.
fn check_keys(read: &dyn Read, config: &NodeConfig, node_key: &SecretKey, signer: &FileSigner) -> Result<(), RunError> {
    let org = config.org;
    let head = head::read(read)?;
    let Some(Record::Org(record)) = query::state(read, &StateKey::Org(org))?.map(|value| value.record) else {
        return Err(RunError::NotMember(org));
    };
    if !record.live_keys(KeyUsage::Node, head.time).any(|key| key.key == node_key.public()) {
        // Not refused: the ledger of a node that was down may be older than its key, and peers decide by theirs.
        tracing::warn!("the NODE key is not live in the ledger that this node has so far; peers may refuse it");
    }
    for validators in [&head.next_validators, &head.after_next_validators] {
        match validators.by_org(org) {
            Some(_) if !signer.validates() => return Err(RunError::NoValidateKey(org)),
            Some(validator) if signer.validate(&validator.key).is_none() => {
                return Err(RunError::WrongKey { org, key: validator.key });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The NODE keys that are live at the head.
fn members(read: &dyn Read, orgs: &[OrgId]) -> Result<Vec<(OrgId, PublicKey)>, StorageError> {
    let time = head::read(read)?.time;
    let mut members = Vec::new();
    for org in orgs {
        let Some(value) = query::state(read, &StateKey::Org(*org))? else { continue };
        let Record::Org(record) = value.record else { continue };
        if record.is_active(time) {
            members.extend(record.live_keys(KeyUsage::Node, time).map(|key| (*org, key.key)));
        }
    }
    Ok(members)
}

fn p2p_config(config: &NodeConfig, chain: ChainId, node_key: SecretKey) -> P2pConfig {
    let target = |peer: &crate::config::Bootstrap| DialTarget { org: peer.org, key: peer.key, addr: peer.addr.clone() };
    P2pConfig {
        chain,
        node_key,
        listen: config.p2p.listen,
        dial: config.p2p.bootstrap.iter().map(target).collect(),
        limits: Limits::default(),
    }
}

fn replica_config(config: &NodeConfig, chain: ChainId) -> assent_replica::Config {
    assent_replica::Config {
        chain,
        me: config.org,
        timeouts: config.timeouts.into(),
        pacing: config.pacing.into(),
        mempool: config.mempool.into(),
    }
}

fn job_threads(configured: usize) -> usize {
    match configured {
        0 => std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 8)),
        count => count.min(64),
    }
}

/// Renews what is not counted as it happens: gauges, and the members that the transport lets in.
async fn upkeep(handle: NodeHandle, network: Network, metrics: Arc<Metrics>, store: RocksStore, orgs: Vec<OrgId>) {
    let mut tick = tokio::time::interval(METRICS_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut known = None;
    let mut height = None;
    loop {
        tick.tick().await;
        let Ok(status) = handle.status().await else { return };
        metrics.observe(&status);
        let queued = network.peers().iter().map(|peer| peer.queued_bytes).sum();
        metrics.observe_process(queued, store.disk_bytes());
        if height == Some(status.height) {
            continue;
        }
        height = Some(status.height);
        let (reader, orgs) = (handle.clone(), orgs.clone());
        let read = tokio::task::spawn_blocking(move || members(reader.snapshot()?.as_ref(), &orgs));
        match read.await {
            Ok(Ok(members)) if known.as_ref() != Some(&members) => {
                network.set_members(members.clone());
                known = Some(members);
            }
            Ok(Ok(_)) | Err(_) => {}
            Ok(Err(error)) => tracing::error!(%error, "the members cannot be read"),
        }
    }
}

#[cfg(test)]
mod tests;
