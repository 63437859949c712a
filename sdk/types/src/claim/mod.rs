//! Claims: what is claimed, how it is decided, and the acts on it.
//!
//! No field names a diagnosis, a procedure or a person: lines, days and plans stay off the ledger under salted hashes.

mod acts;
mod appeal;
mod clawback;
mod course;
mod decision;
mod inform;
mod params;
mod terms;

pub use acts::{
    AcceptClaim, ApproveClaim, ApprovePartial, Capacity, ClearDuplicate, ConfirmDuplicate, DenyClaim, InstructPayment,
    RejectClaim, SubmitClaim,
};
pub use appeal::{APPEAL_LEVEL_INSURER, APPEAL_LEVEL_REGULATOR, Appeal, AppealOutcome, DecideAppeal, FileAppeal};
pub use clawback::{AgreeClawback, Clawback, ClawbackReason, ContestClawback, OrderClawback, RequestClawback};
pub use course::{Course, ReopenClaim, WithdrawClaim};
pub use decision::{AdjDecision, AdjReason, AdjReasons, Award, BillShare, DecisionMode, RejectReason};
pub use inform::{ConsentGap, LinkAttachments, RequestInfo, ResumeWithConsent};
pub use params::{CourseParams, OracleDesignation};
pub use terms::{
    Amounts, BenefitKind, ClaimTerms, CodeRef, FxLock, LineHeader, LockPoint, OtherPayer, Payee, PayerKind,
    RelatedClaim, Relation, ServiceLine, ServicePeriod,
};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{codes, mask};
use crate::hash::{Tag, tagged_value};
use crate::ids::{AnchorId, ClaimId, Millis, OrgId, SettlementId, Sp, TxHash};
use crate::money::{Money, MoneyError};

codes! {
    /// Status of a claim.
    ClaimStatus {
        /// Filed, not yet acknowledged.
        Submitted = 1 "Submitted",
        /// Held because another insurer has a claim on a bill.
        DupHold = 2 "DupHold",
        /// Under review.
        InReview = 3 "InReview",
        /// Waiting for information.
        InfoRequested = 4 "InfoRequested",
        /// Waiting for a consent.
        ConsentHold = 5 "ConsentHold",
        /// Approved as claimed.
        Approved = 6 "Approved",
        /// Approved in part.
        PartApproved = 7 "PartApproved",
        /// Denied.
        Denied = 8 "Denied",
        /// Under appeal.
        Appealed = 9 "Appealed",
        /// A payment is under way.
        PayInstructed = 10 "PayInstructed",
        /// Paid.
        Settled = 11 "Settled",
        /// A clawback is under way.
        ClawbackPending = 12 "ClawbackPending",
        /// Not processed: no decision on coverage.
        Rejected = 13 "Rejected",
        /// Withdrawn.
        Withdrawn = 14 "Withdrawn",
        /// Denied for good.
        ClosedDenied = 15 "ClosedDenied",
        /// Paid for good.
        ClosedPaid = 16 "ClosedPaid",
        /// Paid back.
        Reversed = 17 "Reversed",
    }
}

impl ClaimStatus {
    /// Whether no row leaves this status, a legal order to reopen excepted.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Rejected | Self::Withdrawn | Self::ClosedDenied | Self::ClosedPaid | Self::Reversed)
    }
}

codes! {
    /// What a regulator or a party should know of a claim's course.
    ClaimFlag {
        /// The insurer did not acknowledge in time.
        AckMissed = 0 "ACK_MISSED",
        /// A duplicate hold ran out without an answer.
        DupUnresolved = 1 "DUP_UNRESOLVED",
        /// Confirmed to be a duplicate.
        DupConfirmed = 2 "DUP_CONFIRMED",
        /// The subject declared co-ordination of benefits after filing.
        CobDeclared = 3 "COB_DECLARED",
        /// The information that was asked for did not come in time; the insurer decides on what it has.
        InfoTimeout = 4 "INFO_TIMEOUT",
        /// A consent that was missing did not come in time; the insurer decides on what it has.
        ConsentMissing = 5 "CONSENT_MISSING",
        /// A deadline of a party was missed (AN-14).
        DeadlineMissed = 6 "DEADLINE_MISSED",
        /// A bill has a claim at another insurer, and nobody said so (AN-15).
        BillCollision = 7 "BILL_COLLISION",
        /// The payee contested a clawback.
        ClawbackContested = 8 "CLAWBACK_CONTESTED",
        /// Reopened by order of a court or regulator.
        Reopened = 9 "REOPENED",
    }
}

mask! {
    /// Flags of a claim.
    ClaimFlags(u16) of ClaimFlag
}

/// Who filed a claim, or instructed a payment.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Submitter {
    /// An organisation, under the case's capability.
    Org(OrgId),
    /// The subject or a proxy.
    Subject,
}

/// A claim as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Claim {
    /// Its identifier.
    pub id: ClaimId,
    /// Its number in the case, from 1.
    pub seq: u32,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider.
    pub provider: OrgId,
    /// What is claimed, as it was filed.
    pub terms: ClaimTerms,
    /// Who filed it.
    pub submitted_by: Submitter,
    /// When it was filed.
    pub submitted_at: Millis,
    /// The last decision.
    pub decision: Option<AdjDecision>,
    /// Why it was not processed.
    pub rejected: Option<RejectReason>,
    /// Sum approved.
    pub approved_total: Money,
    /// Sum paid and not clawed back.
    pub settled_net: Money,
    /// Sum clawed back.
    pub clawed_back: Money,
    /// Number of appeals.
    pub appeals: u8,
    /// Number of requests for information.
    pub info_rounds: u8,
    /// The settlement under way, or the last one.
    pub settlement: Option<SettlementId>,
    /// Flags.
    pub flags: ClaimFlags,
    /// By when the next act is due in this status: acknowledgement, clearing, decision, payment, appeal, closing.
    pub due: Option<Millis>,
    /// What happened beside decisions and payments.
    pub course: Course,
    /// Stored status.
    pub status: ClaimStatus,
}

impl Claim {
    /// The documents that it cites, and those that were linked after filing.
    pub fn documents(&self) -> impl Iterator<Item = &AnchorId> {
        self.terms.attachments.iter().chain(&self.course.linked)
    }

    /// What is approved and neither paid nor clawed back.
    ///
    /// # Errors
    ///
    /// If the record contradicts itself, which no execution leads to.
    pub fn payable(&self) -> Result<Money, MoneyError> {
        self.approved_total.minus(self.settled_net)?.minus(self.clawed_back)
    }

    /// The instant at which the ledger moves the claim on by itself, if nobody acts. A clawback whose payment is under
    /// way waits for the payment.
    pub fn deadline(&self) -> Option<Millis> {
        let in_flight = self.course.clawback.as_ref().is_some_and(|clawback| clawback.in_flight);
        self.due.filter(|_| self.status != ClaimStatus::ClawbackPending || !in_flight)
    }

    /// Whether co-ordination of benefits was declared, at filing or later.
    pub fn is_coordinated(&self) -> bool {
        self.terms.cob_declared || self.flags.has(ClaimFlag::CobDeclared)
    }
}

/// The identifier of the claim that a transaction files.
pub fn claim_id_of(tx: &TxHash) -> ClaimId {
    ClaimId(tagged_value(Tag::Claim, tx))
}
