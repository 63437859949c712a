//! Starts and stops the server.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assent_client::token::Audience;
use assent_proto::DESCRIPTORS;
use assent_proto::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX, WAIT_MS_MAX};
use assent_proto::v1::ledger_server::LedgerServer;
use assent_proto::v1::node_server::NodeServer;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic_health::ServingStatus;
use zeroize::Zeroizing;

use super::auth::Authenticator;
use super::events::Streams;
use super::gate::{Gate, GateLayer};
use super::inquiries::Inquiries;
use super::ledger::LedgerService;
use super::limits::{ApiLimits, CONNECTION_WINDOW, HANDSHAKE_TIMEOUT, HEADER_BYTES_MAX, STREAM_WINDOW};
use super::node::NodeService;
use super::prover::Prover;
use super::service::Shared;
use super::waiters::Waiters;
use crate::config::ApiConfig;
use crate::driver::NodeHandle;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A file of the TLS identity.
    #[error("API certificate or key {path}: {error}")]
    Identity {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The key file may be read by others.
    #[error("API key {0} may be read by others; run: chmod 600 {0}")]
    Exposed(PathBuf),
    /// The address.
    #[error("API address {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The record of what regulators ask.
    #[error("record of regulators' questions {path}: {error}")]
    Inquiries {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// TLS or the server itself.
    #[error("API server: {0}")]
    Serve(String),
}

/// A server that is bound and not yet serving.
pub struct ApiServer {
    listener: TcpListener,
    identity: Identity,
    limits: ApiLimits,
}

impl ApiServer {
    /// Reads the identity and binds the address.
    ///
    /// # Errors
    /// [`ApiError::Identity`], [`ApiError::Exposed`], [`ApiError::Listen`].
    pub async fn bind(config: &ApiConfig) -> Result<Self, ApiError> {
        let cert = read(&config.tls_cert)?;
        refuse_exposed(&config.tls_key)?;
        let key = Zeroizing::new(read(&config.tls_key)?);
        let identity = Identity::from_pem(cert, key.as_slice());
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| ApiError::Listen { address: config.listen, error })?;
        Ok(Self { listener, identity, limits: config.limits.clone() })
    }

    /// The bound address.
    ///
    /// # Errors
    /// [`ApiError::Serve`].
    pub fn address(&self) -> Result<SocketAddr, ApiError> {
        self.listener.local_addr().map_err(|error| ApiError::Serve(error.to_string()))
    }

    /// Serves until `stop` resolves, then lets calls in progress end. What regulators ask by a pseudonym is recorded in
    /// the file `inquiries` before it is answered.
    ///
    /// # Errors
    /// [`ApiError::Inquiries`], [`ApiError::Serve`].
    pub async fn serve(
        self,
        node: NodeHandle,
        inquiries: &Path,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ApiError> {
        let kept = Inquiries::open(inquiries);
        let kept = kept.map_err(|error| ApiError::Inquiries { path: inquiries.to_owned(), error })?;
        let audience = Audience::node(node.chain(), node.me());
        let auth = Arc::new(Authenticator::new(Arc::new(node.clone()), audience));
        let limits = &self.limits;
        let waiters = Arc::new(Waiters::default());
        let prover = Arc::new(Prover::default());
        let waking = tokio::spawn(waiters.clone().run(node.clone(), prover.clone(), node.commits()));
        let shared = Arc::new(Shared {
            node,
            auth: auth.clone(),
            limits: limits.clone(),
            waiters,
            prover,
            reads: Arc::new(Semaphore::new(limits.parallel_reads.max(1))),
            event_streams: Streams::default(),
            inquiries: Arc::new(kept),
        });
        let mut routes = RoutesBuilder::default();
        routes
            .add_service(
                LedgerServer::new(LedgerService(shared.clone()))
                    .max_decoding_message_size(REQUEST_BYTES_MAX)
                    .max_encoding_message_size(RESPONSE_BYTES_MAX),
            )
            .add_service(NodeServer::new(NodeService(shared)).max_decoding_message_size(REQUEST_BYTES_MAX));
        let names = [LedgerServer::<LedgerService>::NAME, NodeServer::<NodeService>::NAME];
        let served = self.serve_routes(auth, routes, &names, stop).await;
        waking.abort();
        served
    }

    /// Serves these routes behind the gate, and beside them health (which names the services) and reflection.
    ///
    /// # Errors
    /// [`ApiError::Serve`].
    pub(crate) async fn serve_routes(
        self,
        auth: Arc<Authenticator>,
        mut routes: RoutesBuilder,
        names: &[&str],
        stop: impl Future<Output = ()>,
    ) -> Result<(), ApiError> {
        let limits = self.limits;
        let gate = GateLayer(Arc::new(Gate::new(auth, &limits)));
        let (health, health_service) = tonic_health::server::health_reporter();
        for name in names.iter().copied().chain([""]) {
            health.set_service_status(name, ServingStatus::Serving).await;
        }
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .map_err(|error| ApiError::Serve(error.to_string()))?;
        routes.add_service(health_service).add_service(reflection);
        let tls = ServerTlsConfig::new().identity(self.identity).timeout(HANDSHAKE_TIMEOUT);
        let router = builder(&limits)
            .tls_config(tls)
            .map_err(|error| ApiError::Serve(format!("{error}: {:?}", std::error::Error::source(&error))))?
            .layer(gate)
            .add_routes(routes.routes());
        let incoming = super::incoming::accept(self.listener, &limits);
        let served = router.serve_with_incoming_shutdown(incoming, stop).await;
        served.map_err(|error| ApiError::Serve(error.to_string()))
    }
}

/// Binds and serves: what a node's start needs of this module. `inquiries` is the file with what regulators ask.
///
/// # Errors
/// The text of an [`ApiError`].
pub async fn serve(
    node: NodeHandle,
    config: ApiConfig,
    inquiries: PathBuf,
    stop: impl Future<Output = ()>,
) -> Result<(), String> {
    let server = ApiServer::bind(&config).await.map_err(|error| error.to_string())?;
    server.serve(node, &inquiries, stop).await.map_err(|error| error.to_string())
}

fn builder(limits: &ApiLimits) -> Server {
    Server::builder()
        // The longest wait for a receipt, and room for the work around it.
        .timeout(Duration::from_millis(u64::from(WAIT_MS_MAX) + 2 * limits.call_timeout_ms))
        .max_concurrent_streams(limits.streams_per_connection)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_max_pending_accept_reset_streams(Some(64))
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_connection_age(Duration::from_millis(limits.connection_age_ms))
        .max_connection_age_grace(Duration::from_millis(u64::from(WAIT_MS_MAX)))
}

fn read(path: &Path) -> Result<Vec<u8>, ApiError> {
    std::fs::read(path).map_err(|error| ApiError::Identity { path: path.to_owned(), error })
}

/// Refuses a key file that group or others may read.
fn refuse_exposed(path: &Path) -> Result<(), ApiError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).map_err(|error| ApiError::Identity { path: path.to_owned(), error })?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(ApiError::Exposed(path.to_owned()));
    }
    Ok(())
}
