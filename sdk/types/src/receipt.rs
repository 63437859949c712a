//! Receipts: what became of a transaction.
//!
//! The public part is a leaf of the history log. What only parties may read is a hash in it, over events that are salted
//! one by one: each reader is shown those that concern it, and learns nothing of the others but their number.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::List;
use crate::error::ErrorCode;
use crate::hash::{Tag, tagged_value};
use crate::ids::{Hash32, Height, KeyId, Millis, OrgId, Sp, TxHash};
use crate::tree::{Folded, KnownLeaf, fold, leaf_hash};

/// Format number of receipts.
pub const RECEIPT_FORMAT: u8 = 1;

/// Most events of one receipt; a sweep may have two for each deadline, as the end of a payment moves its claim.
pub const EVENTS_MAX: usize = 40_000;

/// The public part of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Receipt {
    /// [`RECEIPT_FORMAT`].
    pub format: u8,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: Millis,
    /// Position in the block; the sweep's receipt follows the last transaction's.
    pub index: u32,
    /// The transaction; for a sweep, a hash of the height.
    pub tx: TxHash,
    /// 0, or the number of the error.
    pub code: u16,
    /// Hash of the salted details, see [`Opening`].
    pub details: Hash32,
}

impl Receipt {
    /// Hash of the receipt: the entry in the history log.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::Receipt, self)
    }

    /// The error, if the transaction was refused.
    pub fn error(&self) -> Option<ErrorCode> {
        ErrorCode::from_number(self.code)
    }
}

/// What members keep of a receipt beside its public part. Others see an [`Opening`] of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ReceiptDetails {
    /// Secret from which the salts are made: [`Transaction::receipt_seed`](crate::tx::Transaction::receipt_seed) or
    /// [`sweep_seed`]. Without it the hash says nothing about the details. It is in no opening.
    pub seed: Hash32,
    /// Key that signed; `None` for a sweep.
    pub signer: Option<KeyId>,
    /// What happened, in order; empty if the transaction was refused.
    pub events: List<Event, EVENTS_MAX>,
}

impl ReceiptDetails {
    /// Hash that the receipt carries; of every opening, too.
    pub fn hash(&self) -> Hash32 {
        let (count, root) = (self.count(), self.fold(|_| false).root);
        details_hash(&self.salt(0), self.signer, count, &root)
    }

    /// Shows the signer, the number of events and the events that `shown` picks out. The salt of an event is made from
    /// seed and place, so that it says nothing about the other events' salts.
    pub fn open(&self, shown: impl Fn(&Event) -> bool) -> Opening {
        let hidden = bounded(self.fold(&shown).hidden);
        let events = (0..).zip(&self.events).filter(|(_, event)| shown(event));
        let events =
            events.map(|(index, event)| OpenedEvent { index, salt: self.salt(index + 1), event: event.clone() });
        let events = bounded(events.collect());
        Opening { salt: self.salt(0), signer: self.signer, count: self.count(), events, hidden }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.events.len()).unwrap_or(u32::MAX)
    }

    /// Salt of an event by its number from 1; 0 is the rest of the details.
    fn salt(&self, place: u32) -> Hash32 {
        tagged_value(Tag::ReceiptSalt, &(self.seed, place))
    }

    fn fold(&self, shown: impl Fn(&Event) -> bool) -> Folded {
        let leaf =
            |(index, event)| KnownLeaf { index, hash: event_leaf(&self.salt(index + 1), event), shown: shown(event) };
        let leaves: Vec<KnownLeaf> = (0..).zip(&self.events).map(leaf).collect();
        match fold(self.count(), &leaves, &[]) {
            Some(folded) => folded,
            None => unreachable!("all leaves of a tree are a tree"),
        }
    }
}

/// What one reader sees of a receipt's details: the signer and the events that concern it, with hashes in place of the
/// others.
///
/// The details are hashed as salt, signer, number of events and the root over salted events ([`crate::tree`]), so
/// an opening can neither change nor add events, nor hide that there are others. It has one form for the same events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Opening {
    /// Salt of what is not an event.
    pub salt: Hash32,
    /// Key that signed; `None` for a sweep.
    pub signer: Option<KeyId>,
    /// Number of all events.
    pub count: u32,
    /// The events shown, ascending by index.
    pub events: List<OpenedEvent, EVENTS_MAX>,
    /// Roots of the largest subtrees of events not shown, from left to right.
    pub hidden: List<Hash32, EVENTS_MAX>,
}

/// An event that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct OpenedEvent {
    /// Its place among the receipt's events, from 0.
    pub index: u32,
    /// Its salt.
    pub salt: Hash32,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Opening {
    /// Hash of the details that this opens; `None` if the events and hidden hashes form no tree of `count` events.
    pub fn hash(&self) -> Option<Hash32> {
        let folded = self.fold(|_| true)?;
        Some(details_hash(&self.salt, self.signer, self.count, &folded.root))
    }

    /// Whether no event is hidden.
    pub fn is_whole(&self) -> bool {
        self.hidden.is_empty()
    }

    /// The same with fewer events: those that `shown` picks out. `None` where [`Opening::hash`] has none.
    pub fn narrowed(&self, shown: impl Fn(&Event) -> bool) -> Option<Self> {
        let hidden = bounded(self.fold(&shown)?.hidden);
        let events = self.events.iter().filter(|opened| shown(&opened.event)).cloned();
        Some(Self { events: bounded(events.collect()), hidden, ..*self })
    }

    fn fold(&self, shown: impl Fn(&Event) -> bool) -> Option<Folded> {
        let leaf = |opened: &OpenedEvent| KnownLeaf {
            index: opened.index,
            hash: event_leaf(&opened.salt, &opened.event),
            shown: shown(&opened.event),
        };
        fold(self.count, &self.events.iter().map(leaf).collect::<Vec<_>>(), &self.hidden)
    }
}

fn details_hash(salt: &Hash32, signer: Option<KeyId>, count: u32, root: &Hash32) -> Hash32 {
    tagged_value(Tag::ReceiptDetails, &(salt, signer, count, root))
}

fn event_leaf(salt: &Hash32, event: &Event) -> Hash32 {
    leaf_hash(&tagged_value(Tag::ReceiptEvent, &(salt, event)).0)
}

/// A list of events, or of hashes in their place, taken from a list with this bound.
fn bounded<T>(items: Vec<T>) -> List<T, EVENTS_MAX> {
    match List::new(items) {
        Ok(items) => items,
        Err(_) => unreachable!("a part of a list is within the list's bound"),
    }
}

/// One fired row of a transition table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Event {
    /// The row.
    pub row: RowId,
    /// The object: a consent, mandate, key or subject.
    pub object: Hash32,
    /// The subject concerned.
    pub subject: Option<Sp>,
    /// Organisations that are party to it, ascending: controller, grantees, actor.
    pub parties: List<OrgId, 64>,
}

/// Identifier of a row: machine (two letters) and number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct RowId(pub [u8; 2], pub u8);

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}-{:02}", char::from(self.0[0]), char::from(self.0[1]), self.1)
    }
}

impl std::fmt::Debug for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for RowId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The identifier under which a block's sweep leaves its receipt.
pub fn sweep_tx(height: Height) -> TxHash {
    TxHash(tagged_value(Tag::Sweep, &height))
}

/// The seed of a block's sweep, and a record of the state after it, from the record before and the seeds of the block's
/// executed transactions in their order.
///
/// # Security
///
/// It follows from all transactions so far. Members have them; whoever lacks one cannot compute it, and it is served to
/// nobody.
pub fn sweep_seed(before: &Hash32, height: Height, seeds: &[Hash32]) -> Hash32 {
    tagged_value(Tag::SweepSeed, &(before, height, seeds))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test panics where it fails")]
mod tests {
    use super::*;

    fn details(count: u8) -> ReceiptDetails {
        let event = |n| Event {
            row: RowId(*b"AC", 11),
            object: Hash32([n; 32]),
            subject: Some(Sp(Hash32([100 + n; 32]))),
            parties: List::new(vec![OrgId(n.into())]).unwrap(),
        };
        let events = List::new((0..count).map(event).collect()).unwrap();
        ReceiptDetails { seed: Hash32([9; 32]), signer: None, events }
    }

    #[test]
    fn every_opening_hashes_like_the_details_and_shows_what_was_picked_only() {
        for count in 0..=7 {
            let details = details(count);
            for mask in 0..1_u32 << count {
                let picked = |event: &Event| mask & (1 << event.parties[0].0) != 0;
                let opening = details.open(picked);
                assert_eq!(opening.hash(), Some(details.hash()), "{count} {mask:b}");
                assert_eq!(opening.is_whole(), mask.count_ones() == u32::from(count));
                assert_eq!(details.open(|_| true).narrowed(picked).as_ref(), Some(&opening));
                let bytes = crate::encode(&opening);
                let holds = |needle: &[u8]| bytes.windows(32).any(|window| window == needle);
                assert!(!holds(&details.seed.0));
                for event in &details.events {
                    assert_eq!(holds(&event.subject.unwrap().0.0), picked(event));
                }
            }
        }
    }

    /// What a party learns of one event does not let it test a guess about another.
    #[test]
    fn a_shown_salt_is_of_its_own_place_only() {
        let opening = details(2).open(|event| event.parties[0] == OrgId(0));
        let known = [opening.salt, opening.events[0].salt];
        let guess = |salt| event_leaf(&salt, &details(2).events[1]);
        assert!(known.into_iter().all(|salt| guess(salt) != opening.hidden[0]));
        assert_eq!(guess(details(2).salt(2)), opening.hidden[0], "the check can tell");
    }

    #[test]
    fn no_bit_of_an_opening_is_free() {
        let details = details(5);
        let opening = details.open(|event| [1, 4].contains(&event.parties[0].0));
        let bytes = crate::encode(&opening);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let hash = crate::decode::<Opening>(&flipped).ok().and_then(|opening| opening.hash());
            assert_ne!(hash, Some(details.hash()), "bit {bit}");
        }
    }

    #[test]
    fn seeds_of_sweeps_depend_on_everything_before() {
        let seed = |before, height, seeds: &[Hash32]| sweep_seed(&Hash32([before; 32]), Height(height), seeds);
        let one = seed(1, 1, &[Hash32([2; 32])]);
        let all = [one, seed(2, 1, &[Hash32([2; 32])]), seed(1, 2, &[Hash32([2; 32])]), seed(1, 1, &[])];
        assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])));
    }
}
