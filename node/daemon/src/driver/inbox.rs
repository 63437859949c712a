//! The queue in front of the ordering thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assent_replica::Status;
use assent_replica::io::{Channel, Input};
use assent_types::error::ErrorCode;
use assent_types::ids::{OrgId, TxHash};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Most events taken in one turn from the class of votes, job results and peers coming and going.
const URGENT_TURN_MAX: usize = 256;
/// Most events taken in one turn from the class of bodies and block sync.
const BULK_TURN_MAX: usize = 16;
/// Most events taken in one turn from the class of transactions.
const TRANSACTIONS_TURN_MAX: usize = 128;

/// What the ordering thread is told.
pub enum Event {
    /// An input for the replica, on this class of traffic.
    Input(Channel, Input),
    /// A client's submission and where its answer goes.
    Submit {
        /// The member to whose quota it counts.
        member: OrgId,
        /// The encoded transaction.
        tx: Vec<u8>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<TxHash, ErrorCode>>,
    },
    /// Asks for the replica's status.
    Status {
        /// Where the answer goes.
        reply: oneshot::Sender<Status>,
    },
}

/// An event with the permit that bounds its queue; taking it out of the queue frees the place.
struct Queued {
    event: Event,
    _permit: Option<OwnedSemaphorePermit>,
}

#[derive(Default)]
struct Queues {
    urgent: VecDeque<Queued>,
    bulk: VecDeque<Queued>,
    transactions: VecDeque<Queued>,
    stopped: bool,
}

/// Three queues by urgency. Every turn takes some of each, so no class starves another.
///
/// # Correctness
/// The queues themselves are unbounded: every producer holds a permit of a semaphore that bounds what it may have
/// queued (peers by bytes and channel, clients by count), or is bounded by what the replica asked for (jobs).
#[derive(Default)]
pub struct Inbox {
    queues: Mutex<Queues>,
    filled: Condvar,
}

/// What the ordering thread takes in one turn.
#[derive(Default)]
pub struct Turn {
    /// Events by urgency.
    pub events: Vec<Event>,
    /// The node is to stop once these are handled.
    pub stopped: bool,
    /// Events left for later turns.
    pub left: usize,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event. After [`Self::stop`] events are dropped, and with them the senders of their answers.
    pub fn push(&self, event: Event, permit: Option<OwnedSemaphorePermit>) {
        let mut queues = self.lock();
        if queues.stopped {
            return;
        }
        let queue = match &event {
            Event::Input(Channel::Consensus, _) | Event::Status { .. } => &mut queues.urgent,
            Event::Input(Channel::Bulk, _) => &mut queues.bulk,
            Event::Input(Channel::Transactions, _) | Event::Submit { .. } => &mut queues.transactions,
        };
        queue.push_back(Queued { event, _permit: permit });
        drop(queues);
        self.filled.notify_one();
    }

    /// Ends the node after its current turn.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.filled.notify_one();
    }

    /// Waits at most `timeout` for events and takes a bounded number of them.
    pub fn take(&self, timeout: Duration) -> Turn {
        let empty = |queues: &mut Queues| {
            !queues.stopped && queues.urgent.is_empty() && queues.bulk.is_empty() && queues.transactions.is_empty()
        };
        let guard = self.lock();
        let (mut queues, _) =
            self.filled.wait_timeout_while(guard, timeout, empty).unwrap_or_else(PoisonError::into_inner);
        let queues = &mut *queues;
        let mut turn = Turn { stopped: queues.stopped, ..Turn::default() };
        let classes = [
            (&mut queues.urgent, URGENT_TURN_MAX),
            (&mut queues.bulk, BULK_TURN_MAX),
            (&mut queues.transactions, TRANSACTIONS_TURN_MAX),
        ];
        for (queue, max) in classes {
            let count = queue.len().min(max);
            turn.events.extend(queue.drain(..count).map(|queued| queued.event));
            turn.left += queue.len();
        }
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(channel: Channel, tag: u8) -> Event {
        Event::Input(channel, Input::Peer { from: OrgId(1), bytes: vec![tag] })
    }

    fn tag(event: &Event) -> u8 {
        match event {
            Event::Input(_, Input::Peer { bytes, .. }) => bytes[0],
            _ => 255,
        }
    }

    #[test]
    fn urgent_comes_first_and_nothing_starves() {
        let inbox = Inbox::default();
        for _ in 0..1000 {
            inbox.push(frame(Channel::Transactions, 3), None);
            inbox.push(frame(Channel::Bulk, 2), None);
            inbox.push(frame(Channel::Consensus, 1), None);
        }
        let turn = inbox.take(Duration::ZERO);
        let tags: Vec<u8> = turn.events.iter().map(tag).collect();
        assert!(tags.is_sorted());
        let count = |wanted| tags.iter().filter(|tag| **tag == wanted).count();
        assert_eq!((count(1), count(2), count(3)), (URGENT_TURN_MAX, BULK_TURN_MAX, TRANSACTIONS_TURN_MAX));
        assert_eq!(turn.left, 3000 - URGENT_TURN_MAX - BULK_TURN_MAX - TRANSACTIONS_TURN_MAX);
    }

    #[test]
    fn a_stopped_inbox_takes_no_more_and_wakes_its_reader() {
        let inbox = Inbox::default();
        inbox.push(frame(Channel::Consensus, 1), None);
        inbox.stop();
        inbox.push(frame(Channel::Consensus, 2), None);
        let turn = inbox.take(Duration::from_secs(3600));
        assert!(turn.stopped);
        assert_eq!(turn.events.len(), 1);
        assert!(inbox.take(Duration::from_secs(3600)).stopped);
    }
}
