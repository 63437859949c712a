//! Event streams: receipts from a cursor on, at the pace of the reader.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use assent_client::now_ms;
use assent_proto::limits::{EVENT_BUFFER, EVENT_IDLE_MS, EVENT_PAGE};
use assent_proto::v1::{EventsRequest, EventsResponse};
use assent_replica::ledger::query::{self, Cursor};
use assent_replica::ledger::view::View;
use assent_replica::storage::Read;
use assent_types::codec::encode;
use assent_types::error::ErrorCode;
use assent_types::ids::{Height, KeyId};
use futures::Stream;
use tokio::sync::mpsc;
use tonic::Status;

use super::auth::mandates_of;
use super::gate::Authenticated;
use super::limits::ApiLimits;
use super::reader::Reader;
use super::refusal::refuse_with;
use super::service::{ReadFailure, Shared, stopping};

/// Counts streams, in all and for each key.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<KeyId, usize>>>);

struct StreamSlot {
    streams: Streams,
    key: KeyId,
}

impl Streams {
    fn enter(&self, key: KeyId, limits: &ApiLimits) -> Result<StreamSlot, Status> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = streams.values().sum();
        let own = streams.get(&key).copied().unwrap_or_default();
        if total >= limits.event_streams || own >= limits.event_streams_per_key {
            return Err(refuse_with(ErrorCode::Quota, "too many event streams; close some first"));
        }
        streams.insert(key, own + 1);
        Ok(StreamSlot { streams: self.clone(), key })
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut streams = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.key);
            }
        }
    }
}

/// What a reader receives from. Its buffer is bounded; the task behind it ends when this is dropped.
pub(super) struct EventsBody(mpsc::Receiver<Result<EventsResponse, Status>>);

impl Stream for EventsBody {
    type Item = Result<EventsResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// Starts a stream for a caller.
pub(super) fn follow(
    shared: Arc<Shared>,
    caller: Authenticated,
    request: &EventsRequest,
) -> Result<EventsBody, Status> {
    let slot = shared.event_streams.enter(caller.reader.key, &shared.limits)?;
    let (sender, receiver) = mpsc::channel(EVENT_BUFFER);
    let follower = Follower {
        mandates: mandates_of(&caller.token),
        next: Cursor { height: Height(request.height), index: request.index },
        proofs: request.proofs,
        caller,
        shared,
        sender,
        _slot: slot,
    };
    tokio::spawn(follower.run());
    Ok(EventsBody(receiver))
}

struct Follower {
    shared: Arc<Shared>,
    caller: Authenticated,
    mandates: Vec<assent_types::ids::MandateId>,
    next: Cursor,
    proofs: bool,
    sender: mpsc::Sender<Result<EventsResponse, Status>>,
    _slot: StreamSlot,
}

impl Follower {
    async fn run(mut self) {
        let mut head = self.shared.node.head();
        let mut told_caught_up = false;
        loop {
            head.borrow_and_update();
            let page = match self.page().await {
                Ok(page) => page,
                Err(status) => {
                    self.send(Err(status)).await;
                    return;
                }
            };
            let more = page.len() == EVENT_PAGE;
            for response in page {
                self.next = Cursor { height: Height(response.next_height), index: response.next_index };
                if !self.send(Ok(response)).await {
                    return;
                }
            }
            if more {
                continue;
            }
            if !told_caught_up && !self.send(Ok(self.sign_of_life())).await {
                return;
            }
            told_caught_up = true;
            let idle = Duration::from_millis(EVENT_IDLE_MS);
            let alive = tokio::select! {
                changed = tokio::time::timeout(idle, head.changed()) => match changed {
                    Ok(Ok(())) => true,
                    Ok(Err(_)) => {
                        self.send(Err(stopping())).await;
                        return;
                    }
                    Err(_) => self.send(Ok(self.sign_of_life())).await,
                },
                () = self.sender.closed() => return,
            };
            if !alive {
                return;
            }
        }
    }

    /// The next receipts, for whoever the caller is by now.
    async fn page(&self) -> Result<Vec<EventsResponse>, Status> {
        let reader = self.shared.auth.again(&self.caller.reader, &self.mandates, now_ms()).await?;
        let (shared, from, proofs) = (self.shared.clone(), self.next, self.proofs);
        self.shared.read(move |read| page(&shared, read, &reader, from, proofs)).await
    }

    /// Whether the reader took it in time.
    async fn send(&self, item: Result<EventsResponse, Status>) -> bool {
        let patience = Duration::from_millis(self.shared.limits.slow_reader_ms);
        matches!(tokio::time::timeout(patience, self.sender.send(item)).await, Ok(Ok(())))
    }

    fn sign_of_life(&self) -> EventsResponse {
        EventsResponse { next_height: self.next.height.0, next_index: self.next.index, ..EventsResponse::default() }
    }
}

fn page(
    shared: &Shared,
    read: &dyn Read,
    reader: &Reader,
    from: Cursor,
    proofs: bool,
) -> Result<Vec<EventsResponse>, ReadFailure> {
    let view = View::new(read);
    let (receipts, _) = query::events(read, from, EVENT_PAGE)?;
    let mut page = Vec::with_capacity(receipts.len());
    for stored in receipts {
        let details = reader.open(&view, &stored.details)?;
        let (height, index) = (stored.receipt.height, stored.receipt.index);
        page.push(EventsResponse {
            receipt: encode(&stored.receipt),
            details: details.as_ref().map(encode).unwrap_or_default(),
            bundle: if proofs { shared.prover.prove(read, stored.receipt, details)? } else { Vec::new() },
            next_height: height.0,
            next_index: index.saturating_add(1),
        });
    }
    Ok(page)
}
