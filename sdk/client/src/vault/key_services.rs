use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assent_proto::limits::{KEYS_REQUEST_BYTES_MAX, KEYS_RESPONSE_BYTES_MAX};
use assent_proto::v1;
use assent_proto::v1::keys_client::KeysClient;
use assent_types::codec::{decode, encode};
use assent_types::ids::{AnchorId, OrgId, SessionId};
use tonic::transport::Channel;
use zeroize::Zeroizing;

use super::link::Link;
use super::parts::{Deposit, ReleasedPart};
use crate::client::Client;
use crate::error::ClientError;
use crate::nodes::Endpoint;
use crate::token::Service;

/// How long a call may take; a deposit waits for a transaction.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a service that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Key services by their organisations. Cheap to clone.
#[derive(Clone)]
pub struct KeyServices(Arc<BTreeMap<OrgId, KeyService>>);

impl KeyServices {
    /// Key services at these addresses. Connections open on first use.
    ///
    /// # Errors
    /// [`ClientError::Config`].
    pub fn new(client: &Client, endpoints: &[Endpoint]) -> Result<Self, ClientError> {
        let link =
            |endpoint: &Endpoint| Ok((endpoint.node, KeyService { link: Link::new(client, endpoint, Service::Keys)? }));
        endpoints.iter().map(link).collect::<Result<_, ClientError>>().map(Arc::new).map(Self)
    }

    /// The service of an organisation.
    ///
    /// # Errors
    /// [`ClientError::Config`], if its address is not configured.
    pub fn of(&self, org: OrgId) -> Result<&KeyService, ClientError> {
        self.0.get(&org).ok_or_else(|| ClientError::Config(format!("no address of key service {org} is configured")))
    }

    /// Every configured service.
    pub fn all(&self) -> impl Iterator<Item = &KeyService> {
        self.0.values()
    }
}

/// One key service.
#[derive(Clone)]
pub struct KeyService {
    link: Link,
}

impl KeyService {
    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.link.endpoint.node
    }

    /// Hands over a part of a document's key. When this returns, it is kept durably, and the holder's acceptance is final.
    ///
    /// # Errors
    /// What the service refuses, or [`ClientError::Agent`]; for every method here.
    pub async fn deposit(&self, anchor: AnchorId, part: &Deposit) -> Result<(), ClientError> {
        let part = Zeroizing::new(encode(part));
        let message = v1::DepositKeyPartRequest { anchor: anchor.0.0.to_vec(), part: part.to_vec() };
        let call = |channel, request| async move { service(channel).deposit_key_part(request).await };
        self.link.call(message, CALL_TIMEOUT, PATIENCE, call).await.map(|_| ())
    }

    /// The parts that this holder released in a session.
    ///
    /// # Errors
    /// See [`KeyService::deposit`]; [`ClientError::Unproven`] for bytes that are none.
    pub async fn collect(&self, session: SessionId) -> Result<Vec<ReleasedPart>, ClientError> {
        let message = v1::CollectKeyPartsRequest { session: session.0.0.to_vec() };
        let call = |channel, request| async move { service(channel).collect_key_parts(request).await };
        let answer = self.link.call(message, CALL_TIMEOUT, PATIENCE, call).await?;
        let unproven = |error: assent_types::DecodeError| ClientError::Unproven {
            node: self.link.endpoint.url.clone(),
            reason: error.to_string(),
        };
        answer.parts.iter().map(|part| decode(part).map_err(unproven)).collect()
    }

    /// What the service says of itself. Not proven.
    ///
    /// # Errors
    /// See [`KeyService::deposit`].
    pub async fn status(&self) -> Result<v1::KeysStatusResponse, ClientError> {
        let call = |channel, request| async move { service(channel).keys_status(request).await };
        self.link.call(v1::KeysStatusRequest {}, CALL_TIMEOUT, PATIENCE, call).await
    }
}

fn service(channel: Channel) -> KeysClient<Channel> {
    KeysClient::new(channel)
        .max_encoding_message_size(KEYS_REQUEST_BYTES_MAX)
        .max_decoding_message_size(KEYS_RESPONSE_BYTES_MAX)
}
