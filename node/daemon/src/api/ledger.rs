//! The service `assent.v1.Ledger`.

use std::sync::Arc;
use std::time::Duration;

use assent_client::now_ms;
use assent_contracts::{decision_keys, permit};
use assent_proto::limits::{CONSISTENCY_RANGE_MAX, KEYS_MAX, WAIT_MS_MAX};
use assent_proto::v1;
use assent_proto::v1::ledger_server::Ledger;
use assent_replica::ledger::query;
use assent_replica::ledger::view::View;
use assent_replica::storage::{Column, Read};
use assent_types::access::AccessRequest;
use assent_types::codec::{decode, encode};
use assent_types::error::ErrorCode;
use assent_types::ids::{Height, Millis, TxHash};
use assent_types::state::StateKey;
use assent_types::tx::Transaction;
use tonic::{Request, Response, Status};

use super::events::EventsBody;
use super::inquiries::{Inquiries, Inquiry};
use super::reader::{LookedUp, Reader};
use super::refusal::{refuse, refuse_bytes, refuse_with, storage_failed};
use super::service::{ReadFailure, Shared, open, stopping, tx_hash};

/// The service.
pub(super) struct LedgerService(pub(super) Arc<Shared>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Ledger for LedgerService {
    type EventsStream = EventsBody;

    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Answer<v1::SubmitResponse> {
        let (caller, message) = open(request)?;
        let wait = wait_time(message.wait_ms)?;
        let hash = self.admit(&caller.reader, message.tx).await?;
        let bundle = if wait.is_zero() { None } else { self.wait_for(&caller.reader, hash, wait).await? };
        let tx_hash = hash.0.0.to_vec();
        Ok(Response::new(v1::SubmitResponse { tx_hash, bundle: bundle.unwrap_or_default() }))
    }

    async fn wait_receipt(&self, request: Request<v1::WaitReceiptRequest>) -> Answer<v1::WaitReceiptResponse> {
        let (caller, message) = open(request)?;
        let wait = wait_time(message.timeout_ms)?;
        let tx = tx_hash(&message.tx_hash)?;
        // Read before the wait ends: a head beyond the expiry is told only if the receipt was looked for after it.
        let bundle = self.wait_for(&caller.reader, tx, wait).await?;
        let (bundle, head_time_ms) = match bundle {
            Some(bundle) => (bundle, self.0.node.head().borrow().time.0),
            None => self.look(&caller.reader, tx).await?,
        };
        Ok(Response::new(v1::WaitReceiptResponse { bundle, head_time_ms }))
    }

    async fn get_receipt(&self, request: Request<v1::GetReceiptRequest>) -> Answer<v1::GetReceiptResponse> {
        let (caller, message) = open(request)?;
        let tx = tx_hash(&message.tx_hash)?;
        match self.receipt(caller.reader.clone(), tx).await? {
            Some(bundle) => Ok(Response::new(v1::GetReceiptResponse { bundle })),
            None => Err(refuse(ErrorCode::NotFound)),
        }
    }

    async fn get(&self, request: Request<v1::GetRequest>) -> Answer<v1::GetResponse> {
        let (caller, message) = open(request)?;
        let keys = state_keys(&message.keys)?;
        let lookups = lookups(&message.lookups)?;
        let (reader, inquiries) = (caller.reader, self.0.inquiries.clone());
        let bundle = self
            .0
            .read(move |read| {
                let (view, at) = (View::new(read), instant(read)?);
                let mut asked = Vec::new();
                for key in &keys {
                    let under = reader.reads(&view, key, &keys, &lookups, at)?.map_err(refuse)?;
                    asked.extend(under.map(|under| inquiry(&reader, under, asked_for(key), at)));
                }
                let bundle = prove_state(read, &keys)?;
                keep(&inquiries, &asked)?;
                Ok(bundle)
            })
            .await?;
        Ok(Response::new(v1::GetResponse { bundle }))
    }

    async fn decide(&self, request: Request<v1::DecideRequest>) -> Answer<v1::DecideResponse> {
        let (caller, message) = open(request)?;
        let request: AccessRequest = decode(&message.request).map_err(|error| refuse_bytes(&error))?;
        if !caller.reader.may_ask(&request) {
            return Err(refuse(ErrorCode::Acl));
        }
        let lookups = lookups(&message.lookups)?;
        let (reader, inquiries) = (caller.reader, self.0.inquiries.clone());
        let answer = self
            .0
            .read(move |read| {
                let at = instant(read)?;
                let under = reader.looks_up(&View::new(read), request.subject, &lookups, at)?.map_err(refuse)?;
                let answer = decide(read, &reader, &request)?;
                let asked: Vec<Inquiry> =
                    under.map(|under| inquiry(&reader, under, "decision", at)).into_iter().collect();
                keep(&inquiries, &asked)?;
                Ok(answer)
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn consistency(&self, request: Request<v1::ConsistencyRequest>) -> Answer<v1::BundleResponse> {
        let (_, message) = open(request)?;
        let (old, new) = (Height(message.old_height), message.new_height.map(Height));
        let head = self.0.node.head().borrow().height;
        let range = new.unwrap_or(head).0.checked_sub(old.0);
        if range.is_none_or(|range| range == 0 || range > CONSISTENCY_RANGE_MAX) || old == Height(0) {
            return Err(refuse_with(ErrorCode::Limit, "ask for two heights from 1 on, the older one first"));
        }
        let bundle = self.0.read(move |read| Ok(query::consistency_bundle(read, old, new)?)).await?;
        found(bundle)
    }

    async fn finality(&self, request: Request<v1::FinalityRequest>) -> Answer<v1::BundleResponse> {
        let (_, message) = open(request)?;
        let height = message.height.map(Height);
        let bundle = self
            .0
            .read(move |read| {
                let height = match height {
                    Some(height) => height,
                    None => query::head(read)?.height,
                };
                Ok(query::finality_bundle(read, height)?)
            })
            .await?;
        found(bundle)
    }

    async fn events(&self, request: Request<v1::EventsRequest>) -> Answer<EventsBody> {
        let (caller, message) = open(request)?;
        super::events::follow(self.0.clone(), caller, &message).map(Response::new)
    }
}

fn found(bundle: Option<Vec<u8>>) -> Answer<v1::BundleResponse> {
    match bundle {
        Some(bundle) => Ok(Response::new(v1::BundleResponse { bundle })),
        None => Err(refuse(ErrorCode::NotFound)),
    }
}

fn wait_time(wait_ms: u32) -> Result<Duration, Status> {
    if wait_ms > WAIT_MS_MAX {
        return Err(refuse_with(ErrorCode::Limit, format_args!("wait at most {WAIT_MS_MAX} ms and ask again")));
    }
    Ok(Duration::from_millis(wait_ms.into()))
}

fn state_keys(encoded: &[Vec<u8>]) -> Result<Vec<StateKey>, Status> {
    if encoded.is_empty() || encoded.len() > KEYS_MAX {
        return Err(refuse_with(ErrorCode::Limit, format_args!("ask for 1 to {KEYS_MAX} keys")));
    }
    let keys: Result<Vec<StateKey>, _> = encoded.iter().map(|key| decode(key)).collect();
    let keys = keys.map_err(|error| refuse_bytes(&error))?;
    if !keys.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(refuse(ErrorCode::NonCanonical));
    }
    Ok(keys)
}

/// Look-ups that a question names.
fn lookups(encoded: &[Vec<u8>]) -> Result<Vec<TxHash>, Status> {
    if encoded.len() > KEYS_MAX {
        return Err(refuse_with(ErrorCode::Limit, format_args!("name at most {KEYS_MAX} look-ups")));
    }
    encoded.iter().map(|bytes| tx_hash(bytes)).collect()
}

/// What a key that names a pseudonym asks for.
const fn asked_for(key: &StateKey) -> &'static str {
    match key {
        StateKey::Consents(..) => "consents",
        StateKey::Accesses(..) => "accesses",
        StateKey::ClaimCodeNonce(..) => "claim code",
        StateKey::Rollover(_) => "successor",
        _ => "subject",
    }
}

fn inquiry(reader: &Reader, under: LookedUp, asked: &'static str, at: Millis) -> Inquiry {
    let LookedUp { by, lookup, subject } = under;
    Inquiry { at, by, key: reader.key, lookup, subject, asked }
}

/// Records what a regulator asked. E906 if that fails: what cannot be recorded is not answered.
fn keep(inquiries: &Inquiries, asked: &[Inquiry]) -> Result<(), Status> {
    inquiries.record(asked).map_err(|error| {
        tracing::error!(%error, "a regulator's question cannot be recorded");
        refuse_with(ErrorCode::Unavailable, "the node cannot record the question; ask another node")
    })
}

/// The time at which windows are judged: the head's, or the own clock's where the chain is idle.
fn instant(read: &dyn Read) -> Result<Millis, ReadFailure> {
    Ok(Millis(query::head(read)?.time.0.max(now_ms())))
}

fn prove_state(read: &dyn Read, keys: &[StateKey]) -> Result<Vec<u8>, ReadFailure> {
    if query::head(read)?.height == Height(0) {
        return Err(refuse_with(ErrorCode::Unavailable, "the chain has no block yet; try again").into());
    }
    Ok(query::state_bundle(read, keys)?)
}

fn decide(read: &dyn Read, reader: &Reader, request: &AccessRequest) -> Result<v1::DecideResponse, ReadFailure> {
    let head = query::head(read)?;
    let view = View::new(read);
    let decision = permit(request, &view, head.time)?.map_err(refuse)?;
    // Whoever may read the consents with this controller may check the decision, for which it needs the subject's leaf
    // and what bars the requester.
    let is_party = reader.may_read(&view, &StateKey::Consents(request.subject, request.controller))?;
    let mut keys = Vec::new();
    let mut withheld = false;
    for key in decision_keys(request, &view)? {
        let of_party =
            is_party && (key == StateKey::Subject(request.subject) || matches!(key, StateKey::Unacknowledged(..)));
        if of_party || reader.may_read(&view, &key)? {
            keys.push(key);
        } else {
            withheld = true;
        }
    }
    Ok(v1::DecideResponse {
        decision: encode(&decision),
        height: head.height.0,
        time_ms: head.time.0,
        bundle: prove_state(read, &keys)?,
        withheld,
    })
}

impl LedgerService {
    /// Hands a transaction to the node. It counts to the caller's quota, whoever signed it.
    async fn admit(&self, reader: &Reader, tx: Vec<u8>) -> Result<TxHash, Status> {
        let member = reader.org().unwrap_or_else(|| self.0.node.me());
        let kept = tx.clone();
        let admitted = tokio::time::timeout(self.0.call_timeout(), self.0.node.submit(member, tx)).await;
        match admitted {
            Ok(Ok(Ok(hash))) => Ok(hash),
            // What exactly did not decode is not in the number; it is cheap to find out again.
            Ok(Ok(Err(code))) => match Transaction::from_bytes(&kept) {
                Err(error) if error.code == code => Err(refuse_bytes(&error)),
                _ => Err(refuse(code)),
            },
            Ok(Err(_)) => Err(stopping()),
            Err(_) => Err(refuse_with(ErrorCode::Unavailable, "the node is busy; submit the same bytes again")),
        }
    }

    /// The receipt's bundle as soon as the transaction is final; `None` when the time is out.
    ///
    /// The look before the wait is taken on the async thread: it ends at the index, which is small and in memory.
    /// Handing each of thousands of looks a second to a thread that may block would cost more than the look.
    async fn wait_for(&self, reader: &Arc<Reader>, tx: TxHash, wait: Duration) -> Result<Option<Vec<u8>>, Status> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            let mut waiter = self.0.waiters.register(tx, reader.clone());
            if self.is_final(tx)? {
                return self.receipt(reader.clone(), tx).await;
            }
            match tokio::time::timeout_at(end, waiter.woken()).await {
                Ok(Some(bundle)) => return Ok(Some(bundle)),
                Ok(None) => {}
                Err(_) => return Ok(None),
            }
        }
    }

    fn is_final(&self, tx: TxHash) -> Result<bool, Status> {
        let snapshot = self.0.node.snapshot().map_err(|error| storage_failed(&error))?;
        let place = snapshot.get(Column::TxIndex, &tx.0.0).map_err(|error| storage_failed(&error))?;
        Ok(place.is_some())
    }

    /// One look at one snapshot: the receipt, or the time of that snapshot's head.
    async fn look(&self, reader: &Arc<Reader>, tx: TxHash) -> Result<(Vec<u8>, u64), Status> {
        let shared = self.0.clone();
        let reader = reader.clone();
        self.0
            .read(move |read| {
                let bundle = prove_receipt(&shared, read, &reader, tx)?;
                Ok((bundle.unwrap_or_default(), query::head(read)?.time.0))
            })
            .await
    }

    async fn receipt(&self, reader: Arc<Reader>, tx: TxHash) -> Result<Option<Vec<u8>>, Status> {
        let shared = self.0.clone();
        self.0.read(move |read| prove_receipt(&shared, read, &reader, tx)).await
    }
}

fn prove_receipt(
    shared: &Shared,
    read: &dyn Read,
    reader: &Reader,
    tx: TxHash,
) -> Result<Option<Vec<u8>>, ReadFailure> {
    let Some(stored) = query::receipt(read, &tx)? else { return Ok(None) };
    let details = reader.open(&View::new(read), &stored.details)?;
    Ok(Some(shared.prover.prove(read, stored.receipt, details)?))
}
