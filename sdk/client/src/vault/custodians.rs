use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assent_proto::limits::CUSTODY_MESSAGE_BYTES_MAX;
use assent_proto::v1;
use assent_proto::v1::custodian_client::CustodianClient;
use assent_types::codec::decode;
use assent_types::ids::{AnchorId, ChallengeId, Hash32, OrgId, SessionId, TxHash};
use assent_vault::tree::{ShardIndex, StripeIndex};
use tonic::transport::Channel;

use super::link::Link;
use crate::client::Client;
use crate::error::ClientError;
use crate::nodes::Endpoint;
use crate::token::Service;

/// How long one call that moves a run may take.
const RUN_TIMEOUT: Duration = Duration::from_secs(30);
/// How long calls that read or write a whole shard may take.
const SHARD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a custodian that does not answer is asked again before others are.
const READ_PATIENCE: Duration = Duration::from_secs(2);
/// How long an upload waits for a custodian that does not answer.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// A shard of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShardRef {
    /// The document.
    pub anchor: AnchorId,
    /// Index of the shard.
    pub shard: u8,
}

/// By which right a shard is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The own session.
    Session(SessionId),
    /// The shard that the ledger names the caller to rebuild.
    Repairs(u8),
    /// The own challenge, which the custodian has answered: the chunks of the drawn stripe.
    Challenge(ChallengeId),
}

/// Consecutive chunks of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRef {
    /// Index of the column.
    pub column: u32,
    /// First stripe.
    pub first: u32,
    /// Number of stripes.
    pub count: u32,
}

/// What describes a shard. Both lists are worth nothing until they are checked against the anchor.
#[derive(Clone, Debug)]
pub struct Description {
    /// Roots of the shard's chunks.
    pub index: ShardIndex,
    /// Leaves of the ciphertext's tree.
    pub stripes: StripeIndex,
}

/// Custodians by their organisations. Cheap to clone.
#[derive(Clone)]
pub struct Custodians(Arc<BTreeMap<OrgId, Custodian>>);

impl Custodians {
    /// Custodians at these addresses. Connections open on first use.
    ///
    /// # Errors
    /// [`ClientError::Config`].
    pub fn new(client: &Client, endpoints: &[Endpoint]) -> Result<Self, ClientError> {
        let link = |endpoint: &Endpoint| {
            Ok((endpoint.node, Custodian { link: Link::new(client, endpoint, Service::Custodian)? }))
        };
        endpoints.iter().map(link).collect::<Result<_, ClientError>>().map(Arc::new).map(Self)
    }

    /// The agent of an organisation.
    ///
    /// # Errors
    /// [`ClientError::Config`], if its address is not configured.
    pub fn of(&self, org: OrgId) -> Result<&Custodian, ClientError> {
        self.0.get(&org).ok_or_else(|| ClientError::Config(format!("no address of custodian {org} is configured")))
    }
}

/// One custodian agent.
#[derive(Clone)]
pub struct Custodian {
    link: Link,
}

impl Custodian {
    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.link.endpoint.node
    }

    /// Begins an upload, or goes on with one; gives the runs that are stored.
    ///
    /// # Errors
    /// What the custodian refuses, or [`ClientError::Agent`]; for every method here.
    pub async fn begin(&self, shard: ShardRef, index: Vec<u8>, stripes: Vec<u8>) -> Result<Vec<RunRef>, ClientError> {
        let message = v1::BeginShardRequest { shard: Some(shard.into()), index, stripes };
        let call = |channel, request| async move { service(channel).begin_shard(request).await };
        let answer = self.link.call(message, SHARD_TIMEOUT, WRITE_PATIENCE, call).await?;
        let run = |run: v1::Run| RunRef { column: run.column, first: run.first, count: run.count };
        Ok(answer.stored.into_iter().map(run).collect())
    }

    /// Stores a run of chunks.
    ///
    /// # Errors
    /// See [`Custodian::begin`].
    pub async fn store(&self, shard: ShardRef, run: RunRef, data: Vec<u8>) -> Result<(), ClientError> {
        let message = v1::StoreRunRequest { shard: Some(shard.into()), run: Some(run.into()), data };
        let call = |channel, request| async move { service(channel).store_run(request).await };
        self.link.call(message, RUN_TIMEOUT, WRITE_PATIENCE, call).await.map(|_| ())
    }

    /// Completes an upload: the custodian's receipt is final when this returns.
    ///
    /// # Errors
    /// See [`Custodian::begin`].
    pub async fn complete(&self, shard: ShardRef) -> Result<(), ClientError> {
        let message = v1::CompleteShardRequest { shard: Some(shard.into()) };
        let call = |channel, request| async move { service(channel).complete_shard(request).await };
        self.link.call(message, SHARD_TIMEOUT, WRITE_PATIENCE, call).await.map(|_| ())
    }

    /// What describes a shard.
    ///
    /// # Errors
    /// See [`Custodian::begin`]; [`ClientError::Unproven`] for bytes that are no index.
    pub async fn describe(&self, shard: ShardRef, right: Right) -> Result<Description, ClientError> {
        let message = v1::DescribeShardRequest { shard: Some(shard.into()), right: Some(right.into()) };
        let call = |channel, request| async move { service(channel).describe_shard(request).await };
        let answer = self.link.call(message, RUN_TIMEOUT, READ_PATIENCE, call).await?;
        let unproven = |error: assent_types::DecodeError| ClientError::Unproven {
            node: self.link.endpoint.url.clone(),
            reason: error.to_string(),
        };
        let index = decode(&answer.index).map_err(unproven)?;
        let stripes = decode(&answer.stripes).map_err(unproven)?;
        Ok(Description { index, stripes })
    }

    /// A run of chunks, as the custodian gives it: still to be checked against the shard's index.
    ///
    /// # Errors
    /// See [`Custodian::begin`].
    pub async fn read(&self, shard: ShardRef, right: Right, run: RunRef) -> Result<Vec<u8>, ClientError> {
        let message =
            v1::ReadRunRequest { shard: Some(shard.into()), right: Some(right.into()), run: Some(run.into()) };
        let call = |channel, request| async move { service(channel).read_run(request).await };
        self.link.call(message, RUN_TIMEOUT, READ_PATIENCE, call).await.map(|answer| answer.data)
    }

    /// Has the custodian rebuild a shard that the ledger names it for; gives the receipt's transaction and the bytes that
    /// it read of others.
    ///
    /// # Errors
    /// See [`Custodian::begin`].
    pub async fn rebuild(&self, shard: ShardRef) -> Result<(TxHash, u64), ClientError> {
        let message = v1::RebuildShardRequest { shard: Some(shard.into()) };
        let call = |channel, request| async move { service(channel).rebuild_shard(request).await };
        let answer = self.link.call(message, SHARD_TIMEOUT, WRITE_PATIENCE, call).await?;
        let hash = answer.tx_hash.as_slice().try_into().map_err(|_| ClientError::Unproven {
            node: self.link.endpoint.url.clone(),
            reason: "a transaction hash of the wrong length".into(),
        })?;
        Ok((TxHash(Hash32(hash)), answer.bytes_read))
    }

    /// What the agent says of itself. Not proven.
    ///
    /// # Errors
    /// See [`Custodian::begin`].
    pub async fn status(&self) -> Result<v1::CustodianStatusResponse, ClientError> {
        let call = |channel, request| async move { service(channel).custodian_status(request).await };
        self.link.call(v1::CustodianStatusRequest {}, RUN_TIMEOUT, READ_PATIENCE, call).await
    }
}

fn service(channel: Channel) -> CustodianClient<Channel> {
    CustodianClient::new(channel)
        .max_decoding_message_size(CUSTODY_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(CUSTODY_MESSAGE_BYTES_MAX)
}

impl From<ShardRef> for v1::Shard {
    fn from(shard: ShardRef) -> Self {
        Self { anchor: shard.anchor.0.0.to_vec(), index: shard.shard.into() }
    }
}

impl From<RunRef> for v1::Run {
    fn from(run: RunRef) -> Self {
        Self { column: run.column, first: run.first, count: run.count }
    }
}

impl From<Right> for v1::Right {
    fn from(right: Right) -> Self {
        let right = match right {
            Right::Session(session) => v1::right::Right::Session(session.0.0.to_vec()),
            Right::Repairs(shard) => v1::right::Right::Repairs(shard.into()),
            Right::Challenge(challenge) => v1::right::Right::Challenge(challenge.0.0.to_vec()),
        };
        Self { right: Some(right) }
    }
}
