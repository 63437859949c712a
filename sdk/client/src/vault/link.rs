use std::future::Future;
use std::time::Duration;

use assent_proto::SEEN_METADATA;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::client::Client;
use crate::error::{ClientError, Failure, classify};
use crate::nodes::{Endpoint, PAUSE_MAX, PAUSE_MIN, channel};
use crate::token::Service;

/// A connection to one agent of one organisation, with tokens of the client's key.
#[derive(Clone)]
pub(super) struct Link {
    client: Client,
    pub(super) endpoint: Endpoint,
    service: Service,
    channel: Channel,
}

impl Link {
    pub(super) fn new(client: &Client, endpoint: &Endpoint, service: Service) -> Result<Self, ClientError> {
        let channel = channel(&endpoint.url, &client.nodes.ca_pem)?;
        Ok(Self { client: client.clone(), endpoint: endpoint.clone(), service, channel })
    }

    /// Calls until the agent answers, for as long as `patience`; each call may take `timeout`.
    pub(super) async fn call<T, R, F>(
        &self,
        message: T,
        timeout: Duration,
        patience: Duration,
        call: impl Fn(Channel, Request<T>) -> F,
    ) -> Result<R, ClientError>
    where
        T: Clone,
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let give_up = tokio::time::Instant::now() + patience;
        let mut pause = PAUSE_MIN;
        loop {
            let credentials = &self.client.nodes.credentials;
            let mut request = credentials.request(self.endpoint.node, self.service, message.clone(), Some(timeout))?;
            request.metadata_mut().insert(SEEN_METADATA, self.client.verifier.seen().0.into());
            let reason = match tokio::time::timeout(timeout, call(self.channel.clone(), request)).await {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) => match classify(&status) {
                    Failure::Final(error) => return Err(error),
                    Failure::Retry(reason) => reason,
                },
                Err(_) => format!("no answer within {} s", timeout.as_secs()),
            };
            if tokio::time::Instant::now() + pause >= give_up {
                return Err(ClientError::Agent { url: self.endpoint.url.clone(), reason });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}
