//! An agent's view of the ledger: only what nodes prove, and nothing stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assent_client::{Client, ClientError, ProvenState, now_ms};
use assent_contracts::{Deadline, ReadError, StateRead};
use assent_proto::SEEN_METADATA;
use assent_types::action::Action;
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, ChallengeId, Hash32, Height, KeyId, MandateId, Millis, OrgId, SessionId, TxHash};
use assent_types::key::{PublicKey, SecretKey};
use assent_types::state::{Record, StateKey, StateValue};
use assent_types::subject::KeyOwner;
use futures::future::BoxFuture;
use tonic::{Request, Status};

use crate::api::reader::Reader;
use crate::api::{Authenticated, Members, no_reader, open, refuse, refuse_with};

/// Oldest state that an agent acts on, in milliseconds. An idle chain makes a block every 30 s; a chain that stands still
/// for longer may have revoked what an agent would still serve.
pub(crate) const STATE_AGE_MAX_MS: u64 = 120_000;
/// How often the owner of a key is asked for again, in milliseconds.
const MEMBERS_EVERY_MS: u64 = 2_000;
/// How long an agent waits for its own transactions.
const RECEIPT_WAIT: Duration = Duration::from_secs(60);
/// How often a state that is behind what was seen is asked for again, and how long between at most.
const BEHIND_TRIES: u32 = 20;
const BEHIND_PAUSE: Duration = Duration::from_millis(100);

/// The ledger as an agent sees it.
pub(crate) struct AgentLedger {
    pub(crate) client: Client,
    pub(crate) org: OrgId,
    key: SecretKey,
    newest: AtomicU64,
}

/// Proven records of one height.
pub(crate) struct ProvenView {
    state: ProvenState,
    /// The instant for which to decide: the block's, or the own clock's if that is later, as an idle chain's time stands
    /// still and windows do not.
    pub(crate) at: Millis,
}

impl AgentLedger {
    pub(crate) fn new(client: Client, org: OrgId, key: SecretKey) -> Self {
        Self { client, org, key, newest: AtomicU64::new(0) }
    }

    /// Height of the newest state that was proven to this agent.
    pub(crate) fn height(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// Proven values of these keys.
    pub(crate) async fn read(&self, keys: &[StateKey]) -> Result<ProvenView, Status> {
        let mut changes = None;
        for _ in 0..BEHIND_TRIES {
            let state = self.client.get(keys).await.map_err(|error| refuse_client(&error))?;
            let now = now_ms();
            if state.time.0.saturating_add(STATE_AGE_MAX_MS) < now {
                return Err(refuse_with(
                    ErrorCode::Unavailable,
                    "the ledger stands still; nothing is served until it moves",
                ));
            }
            let before = self.newest.fetch_max(state.height.0, Ordering::Relaxed);
            if before <= state.height.0 {
                let at = Millis(state.time.0.max(now));
                return Ok(ProvenView { state, at });
            }
            let height = state.height;
            changes.get_or_insert_with(|| self.client.changes(height)).wait(height, BEHIND_PAUSE).await;
        }
        Err(refuse_with(ErrorCode::Unavailable, "the nodes lie behind what they proved before"))
    }

    /// Takes a request apart, after this agent has seen as much of the ledger as the caller says to have seen. Waits a
    /// short time only: a caller may say anything.
    pub(crate) async fn enter<T>(&self, request: Request<T>) -> Result<(Authenticated, T), Status> {
        let seen = request.metadata().get(SEEN_METADATA).and_then(|height| height.to_str().ok()?.parse().ok());
        let opened = open(request)?;
        let mut changes = None;
        for _ in 0..BEHIND_TRIES {
            if self.height() >= seen.unwrap_or(0) {
                break;
            }
            self.read(&[StateKey::Block]).await?;
            if self.height() < seen.unwrap_or(0) {
                let height = Height(self.height());
                changes.get_or_insert_with(|| self.client.changes(height)).wait(height, BEHIND_PAUSE).await;
            }
        }
        Ok(opened)
    }

    /// Signs an action and hands it to a node; that it becomes final is seen to in the background.
    pub(crate) async fn submit(&self, action: Action) -> Result<(), Status> {
        let name = action.name();
        let tx = self.client.transaction(&self.key, action, &[]).map_err(|error| refuse_client(&error))?;
        self.client.submit(&tx).await.map_err(|error| refuse_client(&error))?;
        let client = self.client.clone();
        tokio::spawn(async move {
            match client.wait(&tx, RECEIPT_WAIT).await.map(|receipt| receipt.outcome()) {
                Ok(Ok(())) => {}
                Ok(Err(code)) => tracing::warn!(%code, "the ledger refused {name}"),
                Err(error) => tracing::warn!(%error, "{name} did not become final"),
            }
        });
        Ok(())
    }

    /// Signs an action, waits until it is final, and gives its transaction; the number if it was refused.
    pub(crate) async fn execute(&self, action: Action) -> Result<TxHash, Status> {
        let failed = |error: ClientError| refuse_client(&error);
        let tx = self.client.transaction(&self.key, action, &[]).map_err(failed)?;
        let receipt = self.client.submit_and_wait(&tx, RECEIPT_WAIT).await.map_err(failed)?;
        receipt.outcome().map_err(refuse)?;
        Ok(receipt.receipt.tx)
    }
}

impl ProvenView {
    /// A record under a key that was asked for.
    pub(crate) fn record(&self, key: &StateKey) -> Option<&Record> {
        self.state.value(key).flatten().map(|value| &value.record)
    }
}

impl StateRead for ProvenView {
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError> {
        match self.state.value(key) {
            Some(value) => Ok(value.cloned().map(Arc::new)),
            None => Err(ReadError(format!("nothing is proven about {key:?}"))),
        }
    }

    fn due(&self, _: Millis, _: usize) -> Result<Vec<Deadline>, ReadError> {
        Ok(Vec::new())
    }
}

impl Members for AgentLedger {
    fn version(&self, now_ms: u64) -> u64 {
        now_ms / MEMBERS_EVERY_MS
    }

    fn resolve<'a>(
        &'a self,
        key: KeyId,
        mandates: &'a [MandateId],
        _: u64,
    ) -> BoxFuture<'a, Result<(Reader, PublicKey), Status>> {
        Box::pin(async move {
            let entry = StateKey::Key(key);
            let owner = match self.read(&[entry]).await?.record(&entry) {
                Some(Record::Key(entry)) => Some(entry.owner),
                _ => None,
            };
            let mut keys = vec![entry];
            keys.extend(match owner {
                Some(KeyOwner::Org(org)) => Some(StateKey::Org(org)),
                _ => None,
            });
            keys.extend(mandates.iter().map(|mandate| StateKey::Mandate(*mandate)));
            let view = self.read(&keys).await?;
            Reader::resolve(&view, key, mandates, view.at).map_err(|error| no_reader(&error))
        })
    }
}

/// What a client's error is to a caller of the agent.
pub(crate) fn refuse_client(error: &ClientError) -> Status {
    match error {
        ClientError::Refused { code, detail } => refuse_with(*code, detail),
        other => {
            tracing::warn!(error = %other, "the ledger could not be asked");
            refuse_with(ErrorCode::Unavailable, "the agent cannot reach the ledger; try again")
        }
    }
}

/// Identifiers in messages.
pub(crate) mod ids {
    use super::*;

    fn hash(what: &str, bytes: &[u8]) -> Result<Hash32, Status> {
        let bytes = bytes.try_into();
        bytes.map(Hash32).map_err(|_| refuse_with(ErrorCode::BadRequest, format_args!("{what}: expected 32 bytes")))
    }

    /// A document's.
    pub(crate) fn anchor(bytes: &[u8]) -> Result<AnchorId, Status> {
        hash("anchor", bytes).map(AnchorId)
    }

    /// A challenge's.
    pub(crate) fn challenge(bytes: &[u8]) -> Result<ChallengeId, Status> {
        hash("challenge", bytes).map(ChallengeId)
    }

    /// A session's.
    pub(crate) fn session(bytes: &[u8]) -> Result<SessionId, Status> {
        hash("session", bytes).map(SessionId)
    }
}
