//! Breaking the glass, and its review: what the requester says beforehand, the justification afterwards, the finding.
//!
//! Emergency access without a consent is permitted at once and looked at later: the subject is told, the requester
//! justifies it, a regulator decides. Who does not justify in time loses the right until it does.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, codes};
use crate::ids::{Day, Hash32, Millis, OrgId, SessionId, Sp};
use crate::limits::OPEN_REVIEWS_MAX;

codes! {
    /// Why the glass is broken.
    GlassReason {
        /// The patient's life is in danger.
        LifeThreatening = 1 "LIFE_THREATENING",
        /// The patient cannot express a will.
        Incapacitated = 2 "INCAPACITATED",
        /// A reaction or interaction has to be ruled out at once.
        AdverseReaction = 3 "ADVERSE_REACTION",
        /// The patient endangers others or is endangered by them.
        Danger = 4 "DANGER",
    }
}

/// What a requester states in order to break the glass.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct BreakGlassStatement {
    /// Why.
    pub reason: GlassReason,
    /// Salted hash of the attestation that the patient is present.
    pub patient_present: Hash32,
}

/// Justifies broken glass (RV-02); signed by the requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SubmitJustification {
    /// The session.
    pub session: SessionId,
    /// Why it was needed.
    pub reason: GlassReason,
    /// The clinician, as a keyed hash that only the requester can open.
    pub clinician: Hash32,
    /// Salted hash of the evidence.
    pub evidence: Hash32,
}

/// Says that the subject was told of broken glass (RV-08); signed by the requester or the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct NotifySubject {
    /// The session.
    pub session: SessionId,
    /// Salted hash of the notice and of the proof that it was sent.
    pub notice: Hash32,
}

codes! {
    /// What a review finds.
    Finding {
        /// The access was justified.
        Justified = 1 "JUSTIFIED",
        /// There was no emergency.
        NoEmergency = 2 "NO_EMERGENCY",
        /// More was read than the emergency needed.
        Excessive = 3 "EXCESSIVE",
        /// The justification is not true.
        Untrue = 4 "UNTRUE",
        /// It was never justified.
        NoReview = 5 "NO_REVIEW",
    }
}

/// Decides a review (RV-03, RV-04); signed by a regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DecideReview {
    /// The session.
    pub session: SessionId,
    /// The finding. [`Finding::NoReview`] is the ledger's own.
    pub finding: Finding,
    /// Hash of the decision.
    pub order: Hash32,
}

codes! {
    /// Stored status of a review. What is effective depends on its deadline too.
    ReviewStatus {
        /// The justification is awaited.
        Due = 1 "Due",
        /// Justified; the regulator's decision is awaited.
        Submitted = 2 "Submitted",
        /// Not justified in time.
        Overdue = 3 "Overdue",
        /// Found to be justified.
        Upheld = 4 "Upheld",
        /// Found to be a violation.
        Violation = 5 "Violation",
    }
}

impl ReviewStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Upheld | Self::Violation)
    }
}

/// The justification of broken glass.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Justification {
    /// Why it was needed.
    pub reason: GlassReason,
    /// The clinician, as a keyed hash.
    pub clinician: Hash32,
    /// Salted hash of the evidence.
    pub evidence: Hash32,
    /// When it was submitted.
    pub at: Millis,
}

/// The review of one session that broke the glass.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Review {
    /// The session.
    pub session: SessionId,
    /// Whose documents were read.
    pub subject: Sp,
    /// Who controls them.
    pub controller: OrgId,
    /// Who broke the glass.
    pub requester: OrgId,
    /// What was stated beforehand.
    pub statement: BreakGlassStatement,
    /// When the glass was broken.
    pub opened_at: Millis,
    /// Until when the subject has to be told.
    pub notify_by: Millis,
    /// Notice given to the subject: its hash and when.
    pub notified: Option<(Hash32, Millis)>,
    /// Whether it was noticed that the subject had not been told in time.
    pub notice_missed: bool,
    /// The justification.
    pub justification: Option<Justification>,
    /// The finding, with the hash of the decision; the ledger's own has none.
    pub finding: Option<(Finding, Hash32)>,
    /// First instant at which the sweeper looks at it: the justification is overdue, the finding of its own accord is
    /// due, or the regulator has let its time pass.
    pub due: Option<Millis>,
    /// First instant at which it can be justified no more.
    pub lapses_at: Millis,
    /// Stored status.
    pub status: ReviewStatus,
}

impl Review {
    /// The status that counts at an instant, whatever the sweeper has got round to.
    pub fn effective_status(&self, at: Millis) -> ReviewStatus {
        match self.status {
            status if self.due.is_none_or(|due| at < due) => status,
            ReviewStatus::Due => ReviewStatus::Overdue,
            ReviewStatus::Overdue => ReviewStatus::Violation,
            status => status,
        }
    }
}

/// A review whose justification is awaited.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct OpenReview {
    /// The session.
    pub session: SessionId,
    /// First instant at which it is overdue.
    pub due: Millis,
    /// First instant at which it can be justified no more: a violation (RV-06).
    pub lapses_at: Millis,
    /// First instant after the bar that the violation brings.
    pub barred_until: Millis,
}

/// How an organisation stands as one that asks for access. Decisions read it.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Standing {
    /// Broken glass that has yet to be justified, oldest first.
    pub reviews: List<OpenReview, OPEN_REVIEWS_MAX>,
    /// First instant at which it may break the glass again after a violation.
    pub glass_barred_until: Option<Millis>,
    /// How often it broke the glass on the latest day on which it did.
    pub glass_day: Option<(Day, u32)>,
}

impl Standing {
    /// Whether the organisation may break the glass at this time: nothing is overdue, and no violation bars it.
    pub fn may_break_glass(&self, at: Millis) -> bool {
        let bars = |review: &OpenReview| (review.due..review.barred_until).contains(&at);
        !self.reviews.iter().any(bars) && self.glass_barred_until.is_none_or(|until| until <= at)
    }

    /// Whether there is room for one more review: those that can be justified no more make room, swept or not.
    pub fn has_review_room(&self, at: Millis) -> bool {
        self.reviews.iter().filter(|review| at < review.lapses_at).count() < OPEN_REVIEWS_MAX
    }
}
