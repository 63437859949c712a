//! Connections to one or several nodes, with tokens, deadlines and failover.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assent_proto::limits::RESPONSE_BYTES_MAX;
use assent_proto::v1::ledger_client::LedgerClient;
use assent_proto::v1::node_client::NodeClient;
use assent_types::ids::{ChainId, MandateId, OrgId};
use assent_types::key::SecretKey;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Request, Status};

use crate::credentials::Credentials;
use crate::error::{ClientError, Failure, classify};
use crate::token::Service;

/// Pause before a failed round over all nodes is repeated; doubled up to [`PAUSE_MAX`].
pub(crate) const PAUSE_MIN: Duration = Duration::from_millis(50);
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Where a node or agent listens, and whose it is: a token is made for exactly one of them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Address, as `https://host:port`.
    pub url: String,
    /// The organisation that runs it.
    pub node: OrgId,
}

/// What a client needs to know.
pub struct Config {
    /// Nodes, the preferred one first; at least one.
    pub endpoints: Vec<Endpoint>,
    /// Certificates (PEM) that the nodes' certificates must lead to.
    pub ca_pem: String,
    /// The chain: the hash of its genesis header, the only thing that is trusted.
    pub chain: ChainId,
    /// The key that makes the tokens.
    pub key: SecretKey,
    /// Mandates under which this key acts for subjects, if any.
    pub mandates: Vec<MandateId>,
    /// How long one call may take before another node is asked; waiting calls take theirs on top.
    pub call_timeout: Duration,
    /// How long failed calls are repeated before [`ClientError::Transport`].
    pub retry_for: Duration,
}

impl Config {
    /// A configuration with the default times: 10 s a call, repeated for 30 s.
    pub fn new(endpoints: Vec<Endpoint>, ca_pem: String, chain: ChainId, key: SecretKey) -> Self {
        Self {
            endpoints,
            ca_pem,
            chain,
            key,
            mandates: Vec::new(),
            call_timeout: Duration::from_secs(10),
            retry_for: Duration::from_secs(30),
        }
    }
}

/// One node: its channel opens on first use and reopens by itself.
pub(crate) struct Node {
    pub(crate) endpoint: Endpoint,
    channel: Channel,
}

impl Node {
    pub(crate) fn ledger(&self) -> LedgerClient<Channel> {
        LedgerClient::new(self.channel.clone()).max_decoding_message_size(RESPONSE_BYTES_MAX)
    }

    pub(crate) fn node(&self) -> NodeClient<Channel> {
        NodeClient::new(self.channel.clone())
    }
}

/// All nodes of a client.
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    preferred: AtomicUsize,
    pub(crate) chain: ChainId,
    pub(crate) credentials: Credentials,
    pub(crate) ca_pem: String,
    pub(crate) call_timeout: Duration,
    pub(crate) retry_for: Duration,
}

impl Nodes {
    pub(crate) fn new(config: Config) -> Result<Self, ClientError> {
        let mut nodes = Vec::with_capacity(config.endpoints.len());
        for endpoint in config.endpoints {
            let channel = channel(&endpoint.url, &config.ca_pem)?;
            nodes.push(Node { endpoint, channel });
        }
        if nodes.is_empty() {
            return Err(ClientError::Config("name at least one endpoint".into()));
        }
        Ok(Self {
            nodes,
            preferred: AtomicUsize::new(0),
            chain: config.chain,
            credentials: Credentials::new(config.chain, config.key, config.mandates),
            ca_pem: config.ca_pem,
            call_timeout: config.call_timeout,
            retry_for: config.retry_for,
        })
    }

    pub(crate) fn preferred(&self) -> &Node {
        &self.nodes[self.preferred.load(Ordering::Relaxed) % self.nodes.len()]
    }

    /// Turns away from a node that failed, unless somebody else did so already.
    pub(crate) fn avoid(&self, node: &Node) {
        if std::ptr::eq(node, self.preferred()) {
            self.preferred.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Puts token and timeout on a request.
    pub(crate) fn request<T>(
        &self,
        node: &Node,
        message: T,
        timeout: Option<Duration>,
    ) -> Result<Request<T>, ClientError> {
        self.credentials.request(node.endpoint.node, Service::Node, message, timeout)
    }

    /// Calls until a node answers, moving on to the next node after each failure of transport.
    ///
    /// `extra` is the time for which the call is meant to wait at the node.
    pub(crate) async fn call<'a, T, R, F, Call>(
        &'a self,
        message: T,
        extra: Duration,
        call: Call,
    ) -> Result<(&'a Node, R), ClientError>
    where
        T: Clone,
        Call: Fn(&'a Node, Request<T>) -> F,
        F: Future<Output = Result<tonic::Response<R>, Status>>,
    {
        let give_up = tokio::time::Instant::now() + self.retry_for + extra;
        let mut pause = PAUSE_MIN;
        let mut failures = 0_usize;
        loop {
            let node = self.preferred();
            let timeout = self.call_timeout + extra;
            let request = self.request(node, message.clone(), Some(timeout))?;
            let answer = tokio::time::timeout(timeout, call(node, request)).await;
            let reason = match answer {
                Ok(Ok(response)) => return Ok((node, response.into_inner())),
                Ok(Err(status)) => match classify(&status) {
                    Failure::Final(error) => return Err(error),
                    Failure::Retry(reason) => reason,
                },
                Err(_) => format!("no answer within {} s", timeout.as_secs()),
            };
            failures += 1;
            self.avoid(node);
            if tokio::time::Instant::now() >= give_up {
                return Err(ClientError::Transport(format!("{}: {reason}", node.endpoint.url)));
            }
            // After each of the nodes failed once, wait a little before the next round.
            if failures.is_multiple_of(self.nodes.len()) {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

pub(crate) fn channel(url: &str, ca_pem: &str) -> Result<Channel, ClientError> {
    let config = |error: tonic::transport::Error| {
        let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        ClientError::Config(format!("endpoint {url}: {error}: {reason}"))
    };
    if !url.starts_with("https://") {
        return Err(ClientError::Config(format!("endpoint {url}: must begin with https://")));
    }
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca_pem));
    let endpoint = Channel::from_shared(url.to_owned())
        .map_err(|error| ClientError::Config(format!("endpoint {url}: {error}")))?
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .keep_alive_while_idle(false)
        .tls_config(tls)
        .map_err(config)?;
    Ok(endpoint.connect_lazy())
}

/// The own clock, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
