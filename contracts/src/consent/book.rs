//! The book of one subject's consents with one controller: what is in force, what closes, what is logged.

use assent_types::consent::{Consent, ConsentBook, ConsentStatus, LogHead};
use assent_types::limits::{CLOSED_CONSENTS_MAX, LIVE_CONSENTS_MAX};
use assent_types::{ConsentId, Hash32, List, Millis};

use assent_proofs::log::{Frontier, leaf_hash};

use crate::runtime::block::BlockContext;
use crate::runtime::state::ReadError;
use crate::runtime::table::State;

/// The state that counts at an instant, whatever the sweeper has got round to.
pub(crate) fn effective_state(consent: &Consent, at: Millis) -> State {
    consent.effective_status(at).into()
}

/// Number of consents that are not over at an instant.
pub(crate) fn live_count(book: &ConsentBook, at: Millis) -> usize {
    book.live.iter().filter(|consent| !consent.effective_status(at).is_terminal()).count()
}

/// Position in the live list.
pub(crate) fn position(book: &ConsentBook, id: ConsentId) -> Option<usize> {
    book.live.iter().position(|consent| consent.id == id)
}

/// Position of the live version of the lineage to which a version belongs, as far as the book remembers the version.
pub(crate) fn lineage_position(book: &ConsentBook, id: ConsentId) -> Option<usize> {
    let lineage = book.closed.iter().find(|consent| consent.id == id).map_or(id, |consent| consent.lineage);
    book.live.iter().position(|consent| consent.id == id || consent.lineage == lineage)
}

/// Adds a consent to the live list. The guard on the number of live consents and [`overdue_if_full`] keep it bounded.
pub(crate) fn add_live(book: &mut ConsentBook, consent: Consent) {
    let added = book.live.push(consent);
    assert!(added.is_ok(), "room was made for one more live consent");
}

/// Positions of consents that are over but unswept, last first, if the list is full.
pub(crate) fn overdue_if_full(book: &ConsentBook, at: Millis) -> Vec<usize> {
    if book.live.len() < LIVE_CONSENTS_MAX {
        return Vec::new();
    }
    let over = |consent: &Consent| consent.effective_status(at).is_terminal();
    (0..book.live.len()).rev().filter(|position| over(&book.live[*position])).collect()
}

/// Moves a live consent to the closed ones under its last status.
///
/// The oldest closed consent leaves the state when there are too many, but one whose lineage is over goes before one
/// whose lineage lives on: a subject may revoke by naming any version it has at hand.
pub(crate) fn close(book: &mut ConsentBook, position: usize, status: ConsentStatus, at: Millis) {
    let mut live = std::mem::take(&mut book.live).into_vec();
    let mut consent = live.remove(position);
    consent.status = status;
    consent.closed_at = Some(at);
    consent.suspended_until = None;
    consent.reserved = List::default();
    let mut closed = std::mem::take(&mut book.closed).into_vec();
    closed.push(consent);
    if closed.len() > CLOSED_CONSENTS_MAX {
        let (lineage, before) = (closed[CLOSED_CONSENTS_MAX].lineage, &closed[..CLOSED_CONSENTS_MAX]);
        // A superseded version's successor is about to be added.
        let goes_on = |other| status == ConsentStatus::Superseded && other == lineage;
        let is_over =
            |consent: &Consent| !goes_on(consent.lineage) && !live.iter().any(|other| other.lineage == consent.lineage);
        let oldest = before.iter().position(is_over).unwrap_or(0);
        closed.remove(oldest);
    }
    book.live = bounded(live);
    book.closed = bounded(closed);
}

fn bounded<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    match List::new(items) {
        Ok(list) => list,
        Err(_) => unreachable!("a list that lost an element is within its bound"),
    }
}

/// Appends an entry, given as leaf data, to a subject's log; the block's height and time become the head's.
pub(crate) fn append_log(log: &mut LogHead, leaf: &Hash32, block: &BlockContext) -> Result<(), ReadError> {
    let mut frontier = Frontier::from_parts(log.count, log.peaks.to_vec())
        .map_err(|error| ReadError(format!("the head of a subject's log is broken: {error}")))?;
    frontier.push(leaf_hash(&leaf.0));
    *log = LogHead {
        count: frontier.count(),
        peaks: bounded(frontier.into_peaks()),
        last_height: block.height,
        last_time: block.time,
    };
    Ok(())
}
