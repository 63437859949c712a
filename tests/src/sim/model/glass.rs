//! Broken glass: whoever breaks it owes a justification, and loses the right where none comes.

use std::collections::BTreeMap;

use assent_types::ids::{Millis, OrgId, SessionId};
use assent_types::limits::OPEN_REVIEWS_MAX;
use assent_types::review::ReviewStatus;
use assent_types::state::StateKey;

use super::Model;

/// How long a justification may take; once it is overdue, how long until it is a violation.
pub const REVIEW_MS: u64 = 15_000;
/// For how long a violation bars from breaking the glass.
pub const BAR_MS: u64 = 20_000;

/// A review.
struct Review {
    requester: OrgId,
    controller: OrgId,
    opened: Millis,
    notified: bool,
    status: ReviewStatus,
}

impl Review {
    fn is_owed(&self) -> bool {
        matches!(self.status, ReviewStatus::Due | ReviewStatus::Overdue)
    }
}

/// All reviews, and who is barred.
#[derive(Default)]
pub(super) struct Glass {
    reviews: BTreeMap<SessionId, Review>,
    barred: BTreeMap<OrgId, Millis>,
}

impl Glass {
    /// Whether an organisation may break the glass: it owes no overdue justification, and no violation bars it.
    pub(super) fn may_break(&self, org: OrgId, now: Millis) -> bool {
        let overdue = |review: &Review| review.is_owed() && review.opened.plus(REVIEW_MS) <= now;
        !self.owed(org).any(overdue) && self.barred.get(&org).is_none_or(|until| *until <= now)
    }

    /// Whether it may owe one more justification.
    pub(super) fn has_room(&self, org: OrgId) -> bool {
        self.owed(org).count() < OPEN_REVIEWS_MAX
    }

    fn owed(&self, org: OrgId) -> impl Iterator<Item = &Review> {
        self.reviews.values().filter(move |review| review.requester == org && review.is_owed())
    }

    fn bar(&mut self, org: OrgId, until: Millis) {
        let barred = self.barred.entry(org).or_default();
        *barred = until.max(*barred);
    }

    pub(super) fn differs(&self, record: &assent_types::review::Review) -> Option<String> {
        let review = self.reviews.get(&record.session)?;
        let agrees = record.status == review.status && record.notified.is_some() == review.notified;
        (!agrees).then(|| format!("RV review: the record is {}, should be {}", record.status, review.status))
    }

    /// Reviews that wait for their requester.
    pub(super) fn open(&self) -> impl Iterator<Item = String> {
        self.reviews.iter().filter(|(_, review)| review.is_owed()).map(|(id, _)| format!("review {id}"))
    }
}

impl Model {
    /// A row of a review: of an organisation's transaction, or of the ledger's own accord.
    pub(super) fn on_review(&mut self, by: Option<OrgId>, row: u8, id: SessionId) {
        self.touched.insert(StateKey::Review(id));
        if row == 1 {
            return self.on_broken(id);
        }
        let now = self.now;
        let Some(review) = self.glass.reviews.get_mut(&id) else {
            return self.violated(format!("RV review: {id} has none"));
        };
        let (before, requester) = (review.status, review.requester);
        let overdue = review.opened.plus(REVIEW_MS);
        let violated = overdue.plus(REVIEW_MS);
        let is = |org: OrgId| by == Some(org);
        let third = by.is_some() && !is(requester) && !is(review.controller);
        let (after, rightful) = match row {
            2 => (ReviewStatus::Submitted, is(requester) && review.is_owed() && now < violated),
            3 => (ReviewStatus::Upheld, third && before == ReviewStatus::Submitted),
            4 => (ReviewStatus::Violation, third && before == ReviewStatus::Submitted),
            5 => (ReviewStatus::Overdue, before == ReviewStatus::Due && overdue <= now),
            6 => (ReviewStatus::Violation, before == ReviewStatus::Overdue && violated <= now),
            _ => (before, (is(requester) || is(review.controller)) && !std::mem::replace(&mut review.notified, true)),
        };
        review.status = after;
        match row {
            4 => self.glass.bar(requester, now.plus(BAR_MS)),
            6 => self.glass.bar(requester, violated.plus(BAR_MS)),
            _ => {}
        }
        self.tally.justified += u64::from(row == 2);
        self.tally.condemned += u64::from(after == ReviewStatus::Violation);
        if !rightful {
            self.violated(format!("RV review: RV-{row:02} of {id}, which is {before}, by {by:?}"));
        }
    }

    fn on_broken(&mut self, id: SessionId) {
        let opened = self.now;
        let session = self.sessions.get(&id).filter(|session| session.asked.glass);
        let parties = session.and_then(|session| {
            let document = self.documents.get(&session.anchor)?;
            Some((session.asked.requester, document.body.controller))
        });
        let Some((requester, controller)) = parties else {
            return self.violated(format!("RV review: {id} broke no glass"));
        };
        let review = Review { requester, controller, opened, notified: false, status: ReviewStatus::Due };
        self.glass.reviews.insert(id, review);
        self.tally.broken += 1;
    }
}
