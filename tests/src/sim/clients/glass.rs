//! Broken glass: the requester tells the patient and justifies itself, in time, late or never; a regulator decides.

use assent_types::action::Action;
use assent_types::ids::{Hash32, OrgId, SessionId};
use assent_types::review::{
    BreakGlassStatement, DecideReview, Finding, GlassReason, NotifySubject, ReviewStatus, SubmitJustification,
};

use super::{Clients, PROVIDER, Views, Who};

/// The regulator of every simulated network.
const REGULATOR: OrgId = OrgId(4);

/// What is stated in an emergency.
pub(super) const EMERGENCY: BreakGlassStatement =
    BreakGlassStatement { reason: GlassReason::LifeThreatening, patient_present: Hash32([0x61; 32]) };

fn justification(session: SessionId) -> Action {
    Action::SubmitJustification(SubmitJustification {
        session,
        reason: GlassReason::LifeThreatening,
        clinician: Hash32([0x62; 32]),
        evidence: Hash32([0x63; 32]),
    })
}

impl Clients {
    pub(super) fn review(&mut self, views: &Views, story: usize) {
        for index in 0..self.stories[story].accesses.len() {
            let access = &self.stories[story].accesses[index];
            let (Some(temper), Some(session), requester) = (access.glass, access.session, access.requester) else {
                continue;
            };
            let Some(review) = self.view(views, requester).and_then(|view| view.review(session)) else { continue };
            if review.notified.is_none() && temper % 3 > 0 {
                let notify = NotifySubject { session, notice: Hash32([0x64; 32]) };
                self.want(Who::Org(requester), "notify", session.0, Action::NotifySubject(notify));
            }
            let owed = match review.status {
                ReviewStatus::Due => temper >= 40,
                ReviewStatus::Overdue => temper >= 20,
                _ => false,
            };
            if owed {
                self.want(Who::Org(requester), "justify", session.0, justification(session));
            }
            // Another hospital would justify it in the requester's place.
            if matches!(review.status, ReviewStatus::Due | ReviewStatus::Overdue)
                && self.is_mischievous(temper % 10 == 0)
            {
                self.lie(Who::Org(PROVIDER), "justify-anothers", session.0, justification(session));
            }
            if review.status == ReviewStatus::Submitted {
                self.conclude(views, session, temper);
            }
        }
    }

    /// Most reviews are upheld, some find a violation, and some are never decided.
    fn conclude(&mut self, views: &Views, session: SessionId, temper: u64) {
        let Some(review) = self.view(views, REGULATOR).and_then(|view| view.review(session)) else { return };
        let finding = match temper % 10 {
            0..=2 => Finding::NoEmergency,
            3 => return,
            _ => Finding::Justified,
        };
        if review.status == ReviewStatus::Submitted {
            let decide = DecideReview { session, finding, order: Hash32([0x65; 32]) };
            self.want(Who::Org(REGULATOR), "decide", session.0, Action::DecideReview(decide));
        }
    }
}
