//! What clients want the ledger to do: each wish becomes one transaction at a time, which is sent until it has a receipt.

use std::collections::BTreeMap;

use assent_replica::ledger::query;
use assent_replica::storage::Read;
use assent_types::claim::Claim;
use assent_types::document::{Anchor, Keyset};
use assent_types::ids::{AnchorId, ClaimId, Hash32, KeysetId, Millis, OrgId, SessionId, SettlementId, TxHash};
use assent_types::review::Review;
use assent_types::session::Session;
use assent_types::settlement::Settlement;
use assent_types::state::{Record, StateKey};

/// A transaction on its way: the node, the ticket, the encoded transaction.
pub type Sending = (OrgId, u64, Vec<u8>);

/// After which time a transaction is sent again, in milliseconds.
const RESEND_MS: u64 = 2_500;
/// After which time a wish that was refused may be tried again, in milliseconds.
const RETRY_MS: u64 = 2_000;

/// A node's ledger as a client reads it.
pub struct View {
    /// A snapshot.
    pub read: Box<dyn Read>,
    /// Time of the head.
    pub time: Millis,
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident($id:ident: $Id:ty) -> $Kind:ident: $Record:ty;)*) => {
        impl View {$(
            $(#[$doc])*
            pub fn $name(&self, id: $Id) -> Option<Box<$Record>> {
                match self.record(&StateKey::$Kind(id))? {
                    Record::$Kind(record) => Some(record.into()),
                    _ => None,
                }
            }
        )*}
    };
}

records! {
    /// A document.
    anchor(id: AnchorId) -> Anchor: Anchor;
    /// A keyset.
    keyset(id: KeysetId) -> Keyset: Keyset;
    /// The review of a session that broke the glass.
    review(id: SessionId) -> Review: Review;
    /// A session.
    session(id: SessionId) -> Session: Session;
    /// A claim.
    claim(id: ClaimId) -> Claim: Claim;
    /// A settlement.
    settlement(id: SettlementId) -> Settlement: Settlement;
}

impl View {
    /// A record.
    pub fn record(&self, key: &StateKey) -> Option<Record> {
        query::state(self.read.as_ref(), key).ok().flatten().map(|value| value.record)
    }

    /// The number in a transaction's receipt; 0 for success.
    pub fn receipt(&self, tx: &TxHash) -> Option<u16> {
        query::receipt(self.read.as_ref(), tx).ok().flatten().map(|stored| stored.receipt.code)
    }
}

/// Who wants what, of which object.
pub type Wish = (OrgId, &'static str, Hash32);

/// How far a wish is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Sent, and sent again at this time.
    Sent(Millis),
    /// Done.
    Done,
    /// Refused; may be tried again at this time.
    Refused(Millis),
}

/// The transaction of a wish.
struct Sent {
    tx: TxHash,
    bytes: Vec<u8>,
    expires: Millis,
    /// Whether it is a lie, which no ledger may accept.
    lie: bool,
    /// How often it was sent.
    times: u32,
    fate: Fate,
}

/// All wishes of all clients.
#[derive(Default)]
pub struct Outbox {
    wishes: BTreeMap<Wish, Sent>,
    tickets: BTreeMap<u64, Wish>,
    ticket: u64,
}

/// What became of a wish.
pub struct Ended {
    /// Which.
    pub wish: Wish,
    /// The number that refused it; 0 if it was done.
    pub code: u16,
    /// Whether it was a lie.
    pub lie: bool,
}

impl Outbox {
    /// The transaction of a wish that is under way or done.
    pub fn get(&self, wish: &Wish, now: Millis) -> Option<TxHash> {
        let sent = self.wishes.get(wish)?;
        match sent.fate {
            Fate::Refused(until) if until <= now && !sent.lie => None,
            _ => Some(sent.tx),
        }
    }

    /// Whether a wish is done.
    pub fn is_done(&self, wish: &Wish) -> bool {
        self.wishes.get(wish).is_some_and(|sent| sent.fate == Fate::Done)
    }

    /// Puts in the transaction of a wish.
    pub fn put(&mut self, wish: Wish, tx: TxHash, bytes: Vec<u8>, expires: Millis, lie: bool) {
        self.wishes.insert(wish, Sent { tx, bytes, expires, lie, times: 0, fate: Fate::Sent(Millis(0)) });
    }

    /// A node refused a transaction at admission. That ends the wish only if no other node can have it: one that was sent
    /// before may wait with a node that knows more, and is final or expired one day.
    pub fn refused(&mut self, ticket: u64, code: u16, now: Millis) -> Option<Ended> {
        let wish = self.tickets.remove(&ticket)?;
        let sent = self.wishes.get_mut(&wish)?;
        if !matches!(sent.fate, Fate::Sent(_)) || sent.times > 1 {
            return None;
        }
        sent.fate = Fate::Refused(now.plus(RETRY_MS));
        Some(Ended { wish, code, lie: sent.lie })
    }

    /// What is to be sent now, with its ticket; and what has ended, as the clients' nodes know it: `receipt` is of a node,
    /// and `time` that of its head.
    pub fn flush(
        &mut self,
        now: Millis,
        node_of: impl Fn(&OrgId) -> Option<OrgId>,
        receipt: impl Fn(&OrgId, &TxHash) -> Option<u16>,
        time: impl Fn(&OrgId) -> Option<Millis>,
    ) -> (Vec<Sending>, Vec<Ended>) {
        let (mut sends, mut ended) = (Vec::new(), Vec::new());
        for (wish, sent) in &mut self.wishes {
            let Fate::Sent(again) = sent.fate else { continue };
            let Some(node) = node_of(&wish.0) else { continue };
            if let Some(code) = receipt(&node, &sent.tx) {
                sent.fate = if code == 0 { Fate::Done } else { Fate::Refused(now.plus(RETRY_MS)) };
                ended.push(Ended { wish: *wish, code, lie: sent.lie });
            } else if time(&node).is_some_and(|time| sent.expires < time) {
                sent.fate = Fate::Refused(now);
            } else if again <= now {
                self.ticket += 1;
                self.tickets.insert(self.ticket, *wish);
                sends.push((node, self.ticket, sent.bytes.clone()));
                sent.times += 1;
                sent.fate = Fate::Sent(now.plus(RESEND_MS));
            }
        }
        (sends, ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_another_node_may_have_is_not_given_up() {
        let mut outbox = Outbox::default();
        let wish: Wish = (OrgId(1), "wish", Hash32([1; 32]));
        let tx = TxHash(Hash32([2; 32]));
        let flush = |outbox: &mut Outbox, now: u64, head: u64| {
            outbox.flush(Millis(now), |org| Some(*org), |_, _| None, |_| Some(Millis(head)))
        };
        outbox.put(wish, tx, vec![1], Millis(10_000), false);
        let first = flush(&mut outbox, 0, 0).0[0].1;
        let second = flush(&mut outbox, RESEND_MS, 0).0[0].1;
        assert!(outbox.refused(second, 905, Millis(RESEND_MS)).is_none(), "the first node may have it");
        assert!(outbox.refused(first, 905, Millis(RESEND_MS)).is_none());
        assert_eq!(outbox.get(&wish, Millis(9_000)), Some(tx));
        flush(&mut outbox, 20_000, 10_000);
        assert_eq!(outbox.get(&wish, Millis(20_000)), Some(tx), "a block of its last moment may still be unknown here");
        flush(&mut outbox, 20_000, 10_001);
        assert_eq!(outbox.get(&wish, Millis(20_000)), None, "no later block can have it");
    }

    #[test]
    fn a_transaction_that_the_only_node_refuses_is_given_up() {
        let mut outbox = Outbox::default();
        let wish: Wish = (OrgId(1), "wish", Hash32([1; 32]));
        outbox.put(wish, TxHash(Hash32([2; 32])), vec![1], Millis(10_000), false);
        let (sends, _) = outbox.flush(Millis(0), |org| Some(*org), |_, _| None, |_| Some(Millis(0)));
        assert_eq!(outbox.refused(sends[0].1, 602, Millis(1)).map(|ended| ended.code), Some(602));
        assert_eq!(outbox.get(&wish, Millis(1 + RETRY_MS)), None);
    }
}
