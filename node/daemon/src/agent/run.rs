use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use assent_client::ClientError;
use assent_client::registry::RegistryError;
use futures::future::BoxFuture;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tonic::service::RoutesBuilder;

use crate::api::{ApiError, ApiServer, Authenticator};
use crate::config::ConfigError;
use crate::keyfile::KeyFileError;
use crate::telemetry::{self, TelemetryError};

/// Why an agent did not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that the configuration names.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Its key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// Its client of the ledger.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Its registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Its store.
    #[error("store {path}: {error}")]
    Store {
        /// The folder.
        path: PathBuf,
        /// What the store says.
        error: object_store::Error,
    },
    /// Its port.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Its metrics port.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Signals cannot be received.
    #[error("signals: {0}")]
    Signals(std::io::Error),
    /// A task of the process ended by itself.
    #[error("{0} ended by itself")]
    Ended(&'static str),
}

/// One agent that is ready to serve.
pub(crate) struct Agent {
    pub(crate) name: &'static str,
    pub(crate) server: ApiServer,
    pub(crate) auth: Arc<Authenticator>,
    pub(crate) routes: RoutesBuilder,
    pub(crate) services: Vec<&'static str>,
    /// Its metrics as OpenMetrics text.
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// What it does besides answering; it ends only with an error, or when it is dropped.
    pub(crate) work: Option<BoxFuture<'static, ()>>,
}

/// Runs agents until SIGTERM or SIGINT, or until one of them fails.
pub(crate) async fn run_agents(agents: Vec<Agent>) -> Result<(), AgentError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(AgentError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(AgentError::Signals)?;
    let stop = watch::Sender::new(false);
    let mut running = tokio::task::JoinSet::new();
    for agent in agents {
        if let Some(addr) = agent.metrics_listen {
            telemetry::serve_text(addr, agent.metrics.clone(), told(&stop)).await?;
        }
        running.spawn(serve(agent, told(&stop)));
    }
    let result = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        Some(ended) = running.join_next() => match ended {
            Ok(Err(error)) => Err(error),
            Ok(Ok(name)) => Err(AgentError::Ended(name)),
            Err(_) => Err(AgentError::Ended("an agent")),
        },
    };
    stop.send_replace(true);
    let _ = tokio::time::timeout(crate::run::GRACE, async { while running.join_next().await.is_some() {} }).await;
    tracing::info!("stopped");
    result
}

async fn serve(agent: Agent, stop: impl Future<Output = ()> + Send) -> Result<&'static str, AgentError> {
    let work = agent.work.map(tokio::spawn);
    let name = agent.name;
    let served = agent.server.serve_routes(agent.auth, agent.routes, &agent.services, stop).await;
    if let Some(work) = work {
        work.abort();
    }
    served.map(|()| name).map_err(AgentError::from)
}

/// Completes once the agents are told to stop.
fn told(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut receiver = stop.subscribe();
    async move {
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}
