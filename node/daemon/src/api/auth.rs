//! From a token to a [`Reader`].

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use assent_client::token::{Audience, CLOCK_SKEW_S, Parsed, TokenError};
use assent_contracts::ReadError;
use assent_replica::ledger::view::View;
use assent_types::error::ErrorCode;
use assent_types::ids::{KeyId, MandateId, Millis};
use assent_types::key::PublicKey;
use futures::future::BoxFuture;
use tonic::Status;

use super::limits::TOKENS_REMEMBERED;
use super::reader::{NoReader, Reader};
use super::refusal::{refuse, refuse_with};
use crate::driver::NodeHandle;

/// Tells whose a key is: a node from its own store, an agent from what nodes prove to it.
pub(crate) trait Members: Send + Sync + 'static {
    /// Changes whenever an earlier answer may no longer hold.
    fn version(&self, now_ms: u64) -> u64;

    /// The reader that a key makes under these mandates, and the key.
    fn resolve<'a>(
        &'a self,
        key: KeyId,
        mandates: &'a [MandateId],
        now_ms: u64,
    ) -> BoxFuture<'a, Result<(Reader, PublicKey), Status>>;
}

impl Members for NodeHandle {
    /// The height: a revocation counts with its block.
    fn version(&self, _: u64) -> u64 {
        self.head().borrow().height.0
    }

    fn resolve<'a>(
        &'a self,
        key: KeyId,
        mandates: &'a [MandateId],
        now_ms: u64,
    ) -> BoxFuture<'a, Result<(Reader, PublicKey), Status>> {
        let resolve = || {
            let snapshot = self.snapshot().map_err(|error| super::refusal::storage_failed(&error))?;
            // An idle chain's time stands still; windows of keys do not.
            let at = Millis(self.head().borrow().time.0.max(now_ms));
            Reader::resolve(&View::new(snapshot.as_ref()), key, mandates, at).map_err(|error| no_reader(&error))
        };
        Box::pin(std::future::ready(resolve()))
    }
}

/// A token that was verified, and whom it made a reader.
struct Known {
    key: KeyId,
    mandates: Vec<MandateId>,
    expires_s: u64,
    /// Who the key was at a version of the ledger; asked again at the next one.
    resolved: (u64, Arc<Reader>),
}

#[derive(Default)]
struct Memory {
    tokens: HashMap<String, Known>,
    order: VecDeque<String>,
}

/// Authenticates callers. A token's signature is verified once; whose its key is, once for each version of the ledger.
pub(crate) struct Authenticator {
    members: Arc<dyn Members>,
    audience: Audience,
    memory: Mutex<Memory>,
}

impl Authenticator {
    pub(crate) fn new(members: Arc<dyn Members>, audience: Audience) -> Self {
        Self { members, audience, memory: Mutex::default() }
    }

    /// The reader of a verified token that is remembered; `None` if the token has to be verified.
    pub(super) async fn recall(&self, token: &str, now_ms: u64) -> Option<Result<Arc<Reader>, Status>> {
        let version = self.members.version(now_ms);
        let (key, mandates) = {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let known = memory.tokens.get(token)?;
            if now_ms / 1000 >= known.expires_s.saturating_add(CLOCK_SKEW_S) {
                memory.tokens.remove(token);
                return Some(Err(token_refused(TokenError::Expired)));
            }
            if known.resolved.0 == version {
                return Some(Ok(known.resolved.1.clone()));
            }
            (known.key, known.mandates.clone())
        };
        let reader = self.members.resolve(key, &mandates, now_ms).await.map(|(reader, _)| Arc::new(reader));
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match &reader {
            Ok(reader) => {
                if let Some(known) = memory.tokens.get_mut(token) {
                    known.resolved = (version, reader.clone());
                }
            }
            Err(_) => {
                memory.tokens.remove(token);
            }
        }
        Some(reader)
    }

    /// Verifies a token and remembers it.
    pub(super) async fn verify(&self, token: &str, now_ms: u64) -> Result<Arc<Reader>, Status> {
        let version = self.members.version(now_ms);
        let parsed = Parsed::parse(token).map_err(token_refused)?;
        parsed.check(&self.audience, now_ms / 1000).map_err(token_refused)?;
        let (reader, public) = self.members.resolve(parsed.key, &parsed.mandates, now_ms).await?;
        parsed.verify(&public).map_err(token_refused)?;
        let reader = Arc::new(reader);
        self.remember(token, &parsed, (version, reader.clone()));
        Ok(reader)
    }

    /// Who a reader is now: for calls that live longer than a block.
    pub(super) async fn again(
        &self,
        reader: &Reader,
        mandates: &[MandateId],
        now_ms: u64,
    ) -> Result<Arc<Reader>, Status> {
        self.members.resolve(reader.key, mandates, now_ms).await.map(|(reader, _)| Arc::new(reader))
    }

    fn remember(&self, token: &str, parsed: &Parsed<'_>, resolved: (u64, Arc<Reader>)) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        while memory.order.len() >= TOKENS_REMEMBERED {
            if let Some(oldest) = memory.order.pop_front() {
                memory.tokens.remove(&oldest);
            }
        }
        let known = Known { key: parsed.key, mandates: parsed.mandates.clone(), expires_s: parsed.expires_s, resolved };
        if memory.tokens.insert(token.to_owned(), known).is_none() {
            memory.order.push_back(token.to_owned());
        }
    }
}

/// The mandates that a token names; it was verified before.
pub(super) fn mandates_of(token: &str) -> Vec<MandateId> {
    Parsed::parse(token).map(|parsed| parsed.mandates).unwrap_or_default()
}

pub(super) fn token_refused(error: TokenError) -> Status {
    refuse_with(ErrorCode::Token, error)
}

pub(crate) fn no_reader(error: &NoReader) -> Status {
    match error {
        NoReader::Key => token_refused(TokenError::Key),
        NoReader::Org => refuse(ErrorCode::OrgStatus),
        NoReader::Read(error) => read_failed(error),
    }
}

/// The state could not be read.
pub(super) fn read_failed(error: &ReadError) -> Status {
    super::refusal::storage_failed(&assent_replica::storage::StorageError(error.0.clone()))
}
