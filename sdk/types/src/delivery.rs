//! Deliveries that a requester has yet to acknowledge.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::List;
use crate::ids::Millis;
use crate::limits::UNACKNOWLEDGED_MAX;

/// Deliveries for whose acknowledgement the time runs out at one instant.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Awaited {
    /// First instant at which the requester may ask for nothing more, except for treatment.
    pub barred_from: Millis,
    /// How many sessions.
    pub sessions: u32,
}

/// What one requester has yet to acknowledge of one controller's documents, by when its time runs out, earliest first.
///
/// The bar follows from the instant, so it is in force whether or not the sweeper has found the sessions overdue.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Unacknowledged {
    awaited: List<Awaited, UNACKNOWLEDGED_MAX>,
}

impl Unacknowledged {
    /// First instant at which the requester may not ask for more of the controller's documents.
    pub fn barred_from(&self) -> Option<Millis> {
        self.awaited.first().map(|first| first.barred_from)
    }

    /// Whether it may not at this time.
    pub fn bars(&self, at: Millis) -> bool {
        self.barred_from().is_some_and(|from| from <= at)
    }

    /// How many sessions are awaited.
    pub fn sessions(&self) -> u64 {
        self.awaited.iter().map(|awaited| u64::from(awaited.sessions)).sum()
    }

    /// A session was delivered. When there are too many instants, the two latest become one, at the later: a bar can be
    /// put off by that, and never comes early.
    #[must_use]
    pub fn delivered(self, barred_from: Millis) -> Self {
        let mut awaited = self.awaited.into_vec();
        match awaited.binary_search_by_key(&barred_from, |awaited| awaited.barred_from) {
            Ok(same) => awaited[same].sessions = awaited[same].sessions.saturating_add(1),
            Err(place) => awaited.insert(place, Awaited { barred_from, sessions: 1 }),
        }
        if awaited.len() > UNACKNOWLEDGED_MAX
            && let (Some(latest), Some(before)) = (awaited.pop(), awaited.last_mut())
        {
            let sessions = before.sessions.saturating_add(latest.sessions);
            *before = Awaited { sessions, ..latest };
        }
        Self { awaited: List::new(awaited).unwrap_or_default() }
    }

    /// A session is awaited no longer: it was acknowledged, could not be read, or its dispute is decided.
    #[must_use]
    pub fn settled(self, barred_from: Millis) -> Self {
        let mut awaited = self.awaited.into_vec();
        // Instants only ever move later, so a session is counted at the first one from its own on.
        if let Some(own) = awaited.iter_mut().find(|awaited| barred_from <= awaited.barred_from) {
            own.sessions = own.sessions.saturating_sub(1);
        }
        awaited.retain(|awaited| awaited.sessions > 0);
        Self { awaited: List::new(awaited).unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instants: impl IntoIterator<Item = u64>) -> Unacknowledged {
        instants.into_iter().fold(Unacknowledged::default(), |all, at| all.delivered(Millis(at)))
    }

    #[test]
    fn bars_from_the_earliest_instant_until_all_up_to_it_are_settled() {
        let awaited = of([30, 10, 10]);
        assert_eq!([9, 10, 29, 30].map(|at| awaited.bars(Millis(at))), [false, true, true, true]);
        let one_left = awaited.settled(Millis(10));
        assert_eq!((one_left.sessions(), one_left.bars(Millis(10))), (2, true));
        let later = one_left.settled(Millis(10));
        assert_eq!([10, 29, 30].map(|at| later.bars(Millis(at))), [false, false, true]);
        assert_eq!(later.settled(Millis(30)), Unacknowledged::default());
    }

    #[test]
    fn too_many_instants_put_the_latest_bars_off_and_forget_no_session() {
        let last = UNACKNOWLEDGED_MAX as u64 + 5;
        let awaited = of(1..=last);
        assert_eq!((awaited.awaited.len(), awaited.sessions()), (UNACKNOWLEDGED_MAX, last));
        // All but the one that became later with its neighbours are where they were.
        let mut left = awaited;
        for at in 1..last {
            assert!(left.bars(Millis(at)) == (at < UNACKNOWLEDGED_MAX as u64), "{at}");
            left = left.settled(Millis(at));
        }
        assert_eq!((left.sessions(), left.bars(Millis(last - 1)), left.bars(Millis(last))), (1, false, true));
        assert_eq!(left.settled(Millis(last)), Unacknowledged::default());
    }
}
