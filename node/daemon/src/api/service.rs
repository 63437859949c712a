//! What all calls share: the node, the store, and who asks.

use std::sync::Arc;
use std::time::Duration;

use assent_replica::storage::{Read, StorageError};
use assent_types::error::ErrorCode;
use assent_types::ids::{Hash32, TxHash};
use tokio::sync::Semaphore;
use tonic::{Request, Status};

use super::auth::Authenticator;
use super::gate::{Authenticated, BodyPermit};
use super::inquiries::Inquiries;
use super::limits::ApiLimits;
use super::prover::Prover;
use super::refusal::{refuse_with, storage_failed};
use super::waiters::Waiters;
use crate::driver::NodeHandle;

/// Shared by all services.
pub(super) struct Shared {
    pub(super) node: NodeHandle,
    pub(super) auth: Arc<Authenticator>,
    pub(super) limits: ApiLimits,
    pub(super) waiters: Arc<Waiters>,
    pub(super) prover: Arc<Prover>,
    pub(super) reads: Arc<Semaphore>,
    pub(super) event_streams: super::events::Streams,
    pub(super) inquiries: Arc<Inquiries>,
}

impl Shared {
    /// Reads from a snapshot on a thread that may block; as many at once as the limits allow.
    pub(super) async fn read<T, F>(&self, read: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Read) -> Result<T, ReadFailure> + Send + 'static,
    {
        let place = self.reads.clone().acquire_owned().await.map_err(|_| stopping())?;
        let node = self.node.clone();
        let result = tokio::task::spawn_blocking(move || {
            let _place = place;
            let snapshot = node.snapshot().map_err(ReadFailure::from)?;
            read(snapshot.as_ref())
        })
        .await;
        match result {
            Ok(result) => result.map_err(ReadFailure::into_status),
            Err(_) => Err(stopping()),
        }
    }

    pub(super) fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.limits.call_timeout_ms)
    }
}

/// Why a read gave nothing.
pub(super) enum ReadFailure {
    /// The caller's fault.
    Refused(Status),
    /// The store's.
    Storage(StorageError),
}

impl ReadFailure {
    fn into_status(self) -> Status {
        match self {
            Self::Refused(status) => status,
            Self::Storage(error) => storage_failed(&error),
        }
    }
}

impl From<StorageError> for ReadFailure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<assent_contracts::ReadError> for ReadFailure {
    fn from(error: assent_contracts::ReadError) -> Self {
        Self::Storage(StorageError(error.0))
    }
}

impl From<Status> for ReadFailure {
    fn from(status: Status) -> Self {
        Self::Refused(status)
    }
}

/// Takes a request apart: who asks, and what. From here on the body's place is free for others.
pub(crate) fn open<T>(mut request: Request<T>) -> Result<(Authenticated, T), Status> {
    drop(request.extensions_mut().remove::<BodyPermit>());
    let caller = request.extensions_mut().remove::<Authenticated>();
    // The gate lets nothing pass without; a service outside of it would be a mistake of this program.
    let caller = caller.ok_or_else(|| refuse_with(ErrorCode::Token, "the call was not authenticated"))?;
    Ok((caller, request.into_inner()))
}

pub(super) fn tx_hash(bytes: &[u8]) -> Result<TxHash, Status> {
    let bytes: [u8; 32] =
        bytes.try_into().map_err(|_| refuse_with(ErrorCode::BadRequest, "tx_hash: expected 32 bytes"))?;
    Ok(TxHash(Hash32(bytes)))
}

pub(super) fn stopping() -> Status {
    refuse_with(ErrorCode::Unavailable, "the node is stopping; ask another node")
}
