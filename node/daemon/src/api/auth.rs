//! From a token to a [`Reader`].

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use assent_client::token::{Audience, CLOCK_SKEW_S, Parsed, TokenError};
use assent_contracts::ReadError;
use assent_replica::ledger::view::View;
use assent_types::error::ErrorCode;
use assent_types::ids::{Height, KeyId, MandateId, Millis};
use tonic::Status;

use super::limits::TOKENS_REMEMBERED;
use super::reader::{NoReader, Reader};
use super::refusal::{refuse, refuse_with};
use crate::driver::NodeHandle;

/// A token that was verified, and whom it made a reader at which height.
struct Known {
    key: KeyId,
    mandates: Vec<MandateId>,
    expires_s: u64,
    /// Who the key was at a height: resolved again when the head moves, so that a revocation counts with its block.
    resolved: (Height, Arc<Reader>),
}

#[derive(Default)]
struct Memory {
    tokens: HashMap<String, Known>,
    order: VecDeque<String>,
}

/// Authenticates callers. A token's signature is verified once; whose its key is, once for each block.
pub(super) struct Authenticator {
    node: NodeHandle,
    audience: Audience,
    memory: Mutex<Memory>,
}

impl Authenticator {
    pub(super) fn new(node: NodeHandle) -> Self {
        let audience = Audience::node(node.chain(), node.me());
        Self { node, audience, memory: Mutex::default() }
    }

    /// The reader of a verified token that is remembered; `None` if the token has to be verified.
    pub(super) fn recall(&self, token: &str, now_ms: u64) -> Option<Result<Arc<Reader>, Status>> {
        let head = *self.node.head().borrow();
        let (key, mandates) = {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let known = memory.tokens.get(token)?;
            if now_ms / 1000 >= known.expires_s.saturating_add(CLOCK_SKEW_S) {
                memory.tokens.remove(token);
                return Some(Err(token_refused(TokenError::Expired)));
            }
            if known.resolved.0 == head.height {
                return Some(Ok(known.resolved.1.clone()));
            }
            (known.key, known.mandates.clone())
        };
        let reader = self.resolve(key, &mandates, head.time, now_ms).map(|(reader, _)| Arc::new(reader));
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match &reader {
            Ok(reader) => {
                if let Some(known) = memory.tokens.get_mut(token) {
                    known.resolved = (head.height, reader.clone());
                }
            }
            Err(_) => {
                memory.tokens.remove(token);
            }
        }
        Some(reader)
    }

    /// Verifies a token and remembers it.
    pub(super) fn verify(&self, token: &str, now_ms: u64) -> Result<Arc<Reader>, Status> {
        let parsed = Parsed::parse(token).map_err(token_refused)?;
        parsed.check(&self.audience, now_ms / 1000).map_err(token_refused)?;
        let head = *self.node.head().borrow();
        let (reader, public) = self.resolve(parsed.key, &parsed.mandates, head.time, now_ms)?;
        parsed.verify(&public).map_err(token_refused)?;
        let reader = Arc::new(reader);
        self.remember(token, &parsed, (head.height, reader.clone()));
        Ok(reader)
    }

    /// Who a reader is now: for calls that live longer than a block.
    pub(super) fn again(&self, reader: &Reader, mandates: &[MandateId], now_ms: u64) -> Result<Arc<Reader>, Status> {
        let head = *self.node.head().borrow();
        self.resolve(reader.key, mandates, head.time, now_ms).map(|(reader, _)| Arc::new(reader))
    }

    fn resolve(
        &self,
        key: KeyId,
        mandates: &[MandateId],
        head_time: Millis,
        now_ms: u64,
    ) -> Result<(Reader, assent_types::key::PublicKey), Status> {
        let snapshot = self.node.snapshot().map_err(|error| super::refusal::storage_failed(&error))?;
        // An idle chain's time stands still; windows of keys do not.
        let at = Millis(head_time.0.max(now_ms));
        Reader::resolve(&View::new(snapshot.as_ref()), key, mandates, at).map_err(|error| no_reader(&error))
    }

    fn remember(&self, token: &str, parsed: &Parsed<'_>, resolved: (Height, Arc<Reader>)) {
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

fn no_reader(error: &NoReader) -> Status {
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
