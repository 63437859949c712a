//! The key of a client, and the tokens that it made.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assent_types::ids::{ChainId, MandateId, OrgId};
use assent_types::key::SecretKey;
use assent_types::limits::TOKEN_TTL_S;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};

use crate::builder;
use crate::error::ClientError;
use crate::nodes::now_ms;
use crate::token::{self, Audience, Service};

/// A token is renewed when less than this is left of its life, in seconds.
const TOKEN_RENEW_S: u64 = 60;

/// A token and the second in which it expires.
type Made = (u64, MetadataValue<Ascii>);

/// Makes tokens, one for each service, and remembers them while they live.
pub(crate) struct Credentials {
    chain: ChainId,
    key: SecretKey,
    mandates: Vec<MandateId>,
    tokens: Mutex<BTreeMap<(OrgId, Service), Made>>,
}

impl Credentials {
    pub(crate) fn new(chain: ChainId, key: SecretKey, mandates: Vec<MandateId>) -> Self {
        Self { chain, key, mandates, tokens: Mutex::default() }
    }

    /// A request with a token for this service and, if given, a deadline.
    pub(crate) fn request<T>(
        &self,
        org: OrgId,
        service: Service,
        message: T,
        timeout: Option<Duration>,
    ) -> Result<Request<T>, ClientError> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token(org, service)?);
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        Ok(request)
    }

    fn token(&self, org: OrgId, service: Service) -> Result<MetadataValue<Ascii>, ClientError> {
        let now_s = now_ms() / 1000;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((expires_s, token)) = tokens.get(&(org, service))
            && *expires_s > now_s + TOKEN_RENEW_S
        {
            return Ok(token.clone());
        }
        let audience = Audience { chain: self.chain, org, service };
        let token = token::make(&self.key, &audience, now_s, TOKEN_TTL_S, &builder::random()?, &self.mandates);
        let mut value: MetadataValue<Ascii> = format!("Bearer {token}")
            .parse()
            .map_err(|_| ClientError::Config("a token does not fit a header".into()))?;
        value.set_sensitive(true);
        tokens.insert((org, service), (now_s + TOKEN_TTL_S, value.clone()));
        Ok(value)
    }
}
