//! What every request passes before its body is read: rates, authentication, limits on calls in progress.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use assent_client::now_ms;
use assent_client::token::TokenError;
use assent_types::error::ErrorCode;
use assent_types::ids::KeyId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::transport::server::TlsConnectInfo;
use tower::{Layer, Service};

use super::auth::{Authenticator, token_refused};
use super::incoming::Caller;
use super::limits::ApiLimits;
use super::rate::Rates;
use super::reader::Reader;
use super::refusal::refuse_with;

/// Health and reflection: open to everybody, at the rate of strangers.
const OPEN_SERVICES: [&str; 3] = ["/grpc.health.v1.", "/grpc.reflection.v1.", "/grpc.reflection.v1alpha."];

/// What the handlers find in a request's extensions.
#[derive(Clone)]
pub(crate) struct Authenticated {
    pub(crate) reader: Arc<Reader>,
    pub(super) token: Arc<str>,
    /// Given back when the call ends.
    _call: Arc<CallSlot>,
}

/// Place of a request body that is being received; dropped by the handler, which runs once the body is decoded.
#[derive(Clone)]
pub(super) struct BodyPermit {
    _place: Arc<(OwnedSemaphorePermit, oneshot::Sender<()>)>,
}

/// State shared by all connections.
pub(super) struct Gate {
    auth: Arc<Authenticator>,
    limits: ApiLimits,
    by_key: Rates<KeyId>,
    by_connection: Rates<SocketAddr>,
    strangers: Rates<IpAddr>,
    calls: Arc<Mutex<HashMap<KeyId, usize>>>,
    bodies: Arc<Semaphore>,
}

/// One call in progress of a key.
struct CallSlot {
    key: KeyId,
    calls: Arc<Mutex<HashMap<KeyId, usize>>>,
}

impl Drop for CallSlot {
    fn drop(&mut self) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = calls.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                calls.remove(&self.key);
            }
        }
    }
}

impl Gate {
    pub(super) fn new(auth: Arc<Authenticator>, limits: &ApiLimits) -> Self {
        Self {
            auth,
            limits: limits.clone(),
            by_key: Rates::new(limits.calls_per_second_per_key),
            by_connection: Rates::new(limits.calls_per_second_per_connection),
            strangers: Rates::new(limits.anonymous_per_second),
            calls: Arc::default(),
            bodies: Arc::new(Semaphore::new(limits.bodies)),
        }
    }

    /// Lets a request pass with what the handlers need, or says why not.
    async fn enter(&self, request: &mut Request<Body>) -> Result<Entry, Status> {
        let caller = request.extensions().get::<TlsConnectInfo<Caller>>().map(|info| info.get_ref().0);
        let caller = caller.ok_or_else(|| refuse_with(ErrorCode::Unavailable, "the connection has no address"))?;
        let now = Instant::now();
        if OPEN_SERVICES.iter().any(|service| request.uri().path().starts_with(service)) {
            self.stranger(caller, now)?;
            return Ok(Entry::Open);
        }
        if !self.by_connection.take(caller, now) {
            return Err(too_fast("this connection"));
        }
        let token = bearer(request).inspect_err(|_| {
            // A call without a token costs a stranger's share of the address, like a call with a wrong one.
            self.strangers.take(caller.ip(), now);
        })?;
        let token: Arc<str> = token.into();
        let reader = match self.auth.recall(&token, now_ms()).await {
            Some(known) => known?,
            None => {
                // Checked before the signature is, so that wrong tokens cannot keep the processor busy.
                self.stranger(caller, now)?;
                self.auth.verify(&token, now_ms()).await?
            }
        };
        if !self.by_key.take(reader.key, now) {
            return Err(too_fast("this key"));
        }
        let call = self.slot(reader.key)?;
        request.extensions_mut().insert(Authenticated { reader, token, _call: Arc::new(call) });
        Ok(Entry::Authenticated)
    }

    fn stranger(&self, caller: SocketAddr, now: Instant) -> Result<(), Status> {
        if self.strangers.take(caller.ip(), now) { Ok(()) } else { Err(too_fast("this address")) }
    }

    fn slot(&self, key: KeyId) -> Result<CallSlot, Status> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.entry(key).or_default();
        if *count >= self.limits.calls_per_key {
            return Err(refuse_with(ErrorCode::Quota, "too many calls of this key are in progress; wait for answers"));
        }
        *count += 1;
        Ok(CallSlot { key, calls: self.calls.clone() })
    }

    /// A place for a request body, and what resolves when the body has arrived.
    async fn body(&self) -> Result<(BodyPermit, oneshot::Receiver<()>), Status> {
        match tokio::time::timeout(self.body_timeout(), self.bodies.clone().acquire_owned()).await {
            Ok(Ok(permit)) => {
                let (sender, arrived) = oneshot::channel();
                Ok((BodyPermit { _place: Arc::new((permit, sender)) }, arrived))
            }
            _ => Err(refuse_with(ErrorCode::Quota, "the node receives too many requests at the moment; try again")),
        }
    }

    fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.limits.body_timeout_ms)
    }
}

enum Entry {
    Open,
    Authenticated,
}

fn too_fast(who: &str) -> Status {
    refuse_with(ErrorCode::Quota, format_args!("too many calls a second for {who}; slow down"))
}

fn bearer(request: &Request<Body>) -> Result<String, Status> {
    let missing = || token_refused(TokenError::Missing);
    let value = request.headers().get("authorization").ok_or_else(missing)?;
    let value = value.to_str().map_err(|_| token_refused(TokenError::Form))?;
    let token = value.strip_prefix("Bearer ").ok_or_else(missing)?;
    if token.len() > assent_proto::limits::TOKEN_BYTES_MAX {
        return Err(token_refused(TokenError::TooLong));
    }
    Ok(token.to_owned())
}

/// Puts the gate before a service.
#[derive(Clone)]
pub(super) struct GateLayer(pub(super) Arc<Gate>);

impl<S> Layer<S> for GateLayer {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: self.0.clone(), inner }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(super) struct Gated<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        // The service that was polled ready is the one to call.
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let gate = self.gate.clone();
        Box::pin(async move {
            match gate.enter(&mut request).await {
                Err(status) => return Ok(status.into_http()),
                Ok(Entry::Open) => return inner.call(request).await,
                Ok(Entry::Authenticated) => {}
            }
            let arrived = match gate.body().await {
                Err(status) => return Ok(status.into_http()),
                Ok((permit, arrived)) => {
                    request.extensions_mut().insert(permit);
                    arrived
                }
            };
            let mut call = std::pin::pin!(inner.call(request));
            tokio::select! {
                response = &mut call => return response,
                late = tokio::time::timeout(gate.body_timeout(), arrived) => {
                    if late.is_err() {
                        return Ok(refuse_with(ErrorCode::BadRequest, "the request did not arrive in time").into_http());
                    }
                }
            }
            call.await
        })
    }
}
