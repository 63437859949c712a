//! States of objects, over all machines.

use assent_types::claim::ClaimStatus;
use assent_types::consent::ConsentStatus;
use assent_types::document::DocumentStatus;
use assent_types::eligibility::EligibilityStatus;
use assent_types::governance::ProposalStatus;
use assent_types::guarantee::GuaranteeStatus;
use assent_types::possession::ChallengeStatus;
use assent_types::preauth::PreauthStatus;
use assent_types::review::ReviewStatus;
use assent_types::session::SessionStatus;
use assent_types::settlement::SettlementStatus;

/// State of an object of any machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Does not exist yet.
    New,
    /// A consent, see [`ConsentStatus`]; also for the states that follow.
    Proposed,
    /// See [`ConsentStatus::Active`].
    Active,
    /// See [`ConsentStatus::Suspended`].
    Suspended,
    /// See [`ConsentStatus::Superseded`].
    Superseded,
    /// A consent, key or mandate that was revoked.
    Revoked,
    /// A consent, key or mandate past its end.
    Expired,
    /// See [`ConsentStatus::Exhausted`].
    Exhausted,
    /// See [`ConsentStatus::Rejected`].
    Rejected,
    /// See [`ConsentStatus::Lapsed`].
    Lapsed,
    /// See [`ConsentStatus::EnteredInError`].
    EnteredInError,
    /// A key or mandate in force.
    Live,
    /// A subject.
    Registered,
    /// Evidence.
    Recorded,
    /// A document, see [`DocumentStatus`]; also for the states that follow.
    Pending,
    /// See [`DocumentStatus::Retracted`].
    Retracted,
    /// See [`DocumentStatus::Restricted`].
    Restricted,
    /// See [`DocumentStatus::ErasurePending`].
    ErasurePending,
    /// See [`DocumentStatus::Tombstoned`].
    Tombstoned,
    /// See [`DocumentStatus::Abandoned`].
    Abandoned,
    /// A repair that was ordered.
    Ordered,
    /// A repair that is done.
    Completed,
    /// Pseudonyms that are linked.
    Linked,
    /// A session, see [`SessionStatus`]; also for the states that follow.
    Permitted,
    /// See [`SessionStatus::KeyReleased`].
    KeyReleased,
    /// See [`SessionStatus::Served`].
    Served,
    /// See [`SessionStatus::AckOverdue`].
    AckOverdue,
    /// See [`SessionStatus::Cancelled`].
    Cancelled,
    /// A case, or a proposal for votes.
    Open,
    /// A claim, see [`ClaimStatus`]; also for the states that follow.
    Submitted,
    /// See [`ClaimStatus::DupHold`].
    DupHold,
    /// See [`ClaimStatus::InReview`].
    InReview,
    /// See [`ClaimStatus::InfoRequested`].
    InfoRequested,
    /// See [`ClaimStatus::ConsentHold`].
    ConsentHold,
    /// See [`ClaimStatus::Approved`].
    Approved,
    /// See [`ClaimStatus::PartApproved`].
    PartApproved,
    /// Approved or PartApproved, as the claim's decision says.
    Decided,
    /// A claim or session that was denied.
    Denied,
    /// See [`ClaimStatus::Appealed`].
    Appealed,
    /// See [`ClaimStatus::PayInstructed`].
    PayInstructed,
    /// See [`ClaimStatus::Settled`].
    Settled,
    /// See [`ClaimStatus::ClawbackPending`].
    ClawbackPending,
    /// See [`ClaimStatus::Withdrawn`].
    Withdrawn,
    /// See [`ClaimStatus::ClosedDenied`].
    ClosedDenied,
    /// See [`ClaimStatus::ClosedPaid`].
    ClosedPaid,
    /// See [`ClaimStatus::Reversed`].
    Reversed,
    /// A settlement, see [`SettlementStatus`]; also for the states that follow.
    Instructed,
    /// See [`SettlementStatus::BankAccepted`].
    BankAccepted,
    /// See [`SettlementStatus::Paid`].
    Paid,
    /// See [`SettlementStatus::PayeeDisputed`].
    PayeeDisputed,
    /// A settlement or session that was acknowledged.
    Acked,
    /// See [`SettlementStatus::Failed`].
    Failed,
    /// See [`SettlementStatus::Recalled`].
    Recalled,
    /// A question of eligibility, see [`EligibilityStatus`]; also for the states that follow.
    Requested,
    /// See [`EligibilityStatus::Eligible`].
    Eligible,
    /// See [`EligibilityStatus::NotEligible`].
    NotEligible,
    /// See [`EligibilityStatus::ErrorResponse`].
    ErrorResponse,
    /// See [`EligibilityStatus::Stale`].
    Stale,
    /// A preauthorisation, see [`PreauthStatus`]; also for the states that follow.
    Pended,
    /// See [`PreauthStatus::Partial`].
    Partial,
    /// See [`PreauthStatus::Consumed`].
    Consumed,
    /// A preauthorisation, see [`PreauthStatus::Voided`], or a bill.
    Voided,
    /// A guarantee of payment, see [`GuaranteeStatus`]; also for the states that follow.
    Offered,
    /// See [`GuaranteeStatus::Accepted`].
    Accepted,
    /// See [`GuaranteeStatus::Called`].
    Called,
    /// See [`GuaranteeStatus::Closed`].
    Closed,
    /// See [`GuaranteeStatus::Declined`].
    Declined,
    /// See [`GuaranteeStatus::ExpiredUnused`].
    ExpiredUnused,
    /// A proposal, see [`ProposalStatus`]; also for the states that follow.
    Executed,
    /// See [`ProposalStatus::EmergencyInForce`].
    EmergencyInForce,
    /// See [`ProposalStatus::Ratified`].
    Ratified,
    /// See [`ProposalStatus::EmergencyLapsed`].
    EmergencyLapsed,
    /// A bill that another one replaced.
    Replaced,
    /// A claim code, see [`assent_types::claim_code::ClaimCodeStatus`]; also for the states that follow.
    Redeemed,
    /// A claim code that was revoked before it was used.
    RevokedUnused,
    /// A claim code whose case was closed.
    CaseClosed,
    /// A claim code whose case ended by itself.
    CaseExpired,
    /// See [`SessionStatus::BtgPermitted`].
    BtgPermitted,
    /// See [`SessionStatus::AckFailed`].
    AckFailed,
    /// See [`SessionStatus::Disputed`].
    Disputed,
    /// See [`SessionStatus::Resolved`].
    Resolved,
    /// A review, see [`ReviewStatus`]; also for the states that follow.
    Due,
    /// See [`ReviewStatus::Overdue`].
    Overdue,
    /// See [`ReviewStatus::Upheld`].
    Upheld,
    /// See [`ReviewStatus::Violation`].
    Violation,
    /// An anomaly.
    Noticed,
    /// A hold that was ended.
    Lifted,
}

impl State {
    /// The name, as tables print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Proposed => "Proposed",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Superseded => "Superseded",
            Self::Revoked => "Revoked",
            Self::Expired => "Expired",
            Self::Exhausted => "Exhausted",
            Self::Rejected => "Rejected",
            Self::Lapsed => "Lapsed",
            Self::EnteredInError => "EnteredInError",
            Self::Live => "Live",
            Self::Registered => "Registered",
            Self::Recorded => "Recorded",
            Self::Pending => "Pending",
            Self::Retracted => "Retracted",
            Self::Restricted => "Restricted",
            Self::ErasurePending => "ErasurePending",
            Self::Tombstoned => "Tombstoned",
            Self::Abandoned => "Abandoned",
            Self::Ordered => "Ordered",
            Self::Completed => "Completed",
            Self::Linked => "Linked",
            Self::Permitted => "Permitted",
            Self::KeyReleased => "KeyReleased",
            Self::Served => "Served",
            Self::AckOverdue => "AckOverdue",
            Self::Cancelled => "Cancelled",
            Self::Open => "Open",
            Self::Submitted => "Submitted",
            Self::DupHold => "DupHold",
            Self::InReview => "InReview",
            Self::InfoRequested => "InfoRequested",
            Self::ConsentHold => "ConsentHold",
            Self::Approved => "Approved",
            Self::PartApproved => "PartApproved",
            Self::Decided => "Approved, PartApproved",
            Self::Denied => "Denied",
            Self::Appealed => "Appealed",
            Self::PayInstructed => "PayInstructed",
            Self::Settled => "Settled",
            Self::ClawbackPending => "ClawbackPending",
            Self::Withdrawn => "Withdrawn",
            Self::ClosedDenied => "ClosedDenied",
            Self::ClosedPaid => "ClosedPaid",
            Self::Reversed => "Reversed",
            Self::Instructed => "Instructed",
            Self::BankAccepted => "BankAccepted",
            Self::Paid => "Paid",
            Self::PayeeDisputed => "PayeeDisputed",
            Self::Acked => "Acked",
            Self::Failed => "Failed",
            Self::Recalled => "Recalled",
            Self::Requested => "Requested",
            Self::Eligible => "Eligible",
            Self::NotEligible => "NotEligible",
            Self::ErrorResponse => "ErrorResponse",
            Self::Stale => "Stale",
            Self::Pended => "Pended",
            Self::Partial => "Partial",
            Self::Consumed => "Consumed",
            Self::Voided => "Voided",
            Self::Offered => "Offered",
            Self::Accepted => "Accepted",
            Self::Called => "Called",
            Self::Closed => "Closed",
            Self::Declined => "Declined",
            Self::ExpiredUnused => "ExpiredUnused",
            Self::Executed => "Executed",
            Self::EmergencyInForce => "EmergencyInForce",
            Self::Ratified => "Ratified",
            Self::EmergencyLapsed => "EmergencyLapsed",
            Self::Replaced => "Replaced",
            Self::Redeemed => "Redeemed",
            Self::RevokedUnused => "RevokedUnused",
            Self::CaseClosed => "CaseClosed",
            Self::CaseExpired => "CaseExpired",
            Self::BtgPermitted => "BtgPermitted",
            Self::AckFailed => "AckFailed",
            Self::Disputed => "Disputed",
            Self::Resolved => "Resolved",
            Self::Due => "Due",
            Self::Overdue => "Overdue",
            Self::Upheld => "Upheld",
            Self::Violation => "Violation",
            Self::Noticed => "Noticed",
            Self::Lifted => "Lifted",
        }
    }

    /// The consent status of this name.
    pub(crate) fn consent_status(self) -> Option<ConsentStatus> {
        ConsentStatus::from_code(self.name())
    }

    /// The document status of this name.
    pub(crate) fn document_status(self) -> Option<DocumentStatus> {
        DocumentStatus::from_code(self.name())
    }

    /// The review status of this name.
    pub(crate) fn review_status(self) -> Option<ReviewStatus> {
        ReviewStatus::from_code(self.name())
    }

    /// The session status of this name.
    pub(crate) fn session_status(self) -> Option<SessionStatus> {
        SessionStatus::from_code(self.name())
    }
}

impl From<ConsentStatus> for State {
    fn from(status: ConsentStatus) -> Self {
        match status {
            ConsentStatus::Proposed => Self::Proposed,
            ConsentStatus::Active => Self::Active,
            ConsentStatus::Suspended => Self::Suspended,
            ConsentStatus::Superseded => Self::Superseded,
            ConsentStatus::Revoked => Self::Revoked,
            ConsentStatus::Expired => Self::Expired,
            ConsentStatus::Exhausted => Self::Exhausted,
            ConsentStatus::Rejected => Self::Rejected,
            ConsentStatus::Lapsed => Self::Lapsed,
            ConsentStatus::EnteredInError => Self::EnteredInError,
        }
    }
}

impl From<DocumentStatus> for State {
    fn from(status: DocumentStatus) -> Self {
        match status {
            DocumentStatus::Pending => Self::Pending,
            DocumentStatus::Active => Self::Active,
            DocumentStatus::Superseded => Self::Superseded,
            DocumentStatus::Retracted => Self::Retracted,
            DocumentStatus::Restricted => Self::Restricted,
            DocumentStatus::ErasurePending => Self::ErasurePending,
            DocumentStatus::Tombstoned => Self::Tombstoned,
            DocumentStatus::Abandoned => Self::Abandoned,
        }
    }
}

impl From<ClaimStatus> for State {
    fn from(status: ClaimStatus) -> Self {
        match status {
            ClaimStatus::Submitted => Self::Submitted,
            ClaimStatus::DupHold => Self::DupHold,
            ClaimStatus::InReview => Self::InReview,
            ClaimStatus::InfoRequested => Self::InfoRequested,
            ClaimStatus::ConsentHold => Self::ConsentHold,
            ClaimStatus::Approved => Self::Approved,
            ClaimStatus::PartApproved => Self::PartApproved,
            ClaimStatus::Denied => Self::Denied,
            ClaimStatus::Appealed => Self::Appealed,
            ClaimStatus::PayInstructed => Self::PayInstructed,
            ClaimStatus::Settled => Self::Settled,
            ClaimStatus::ClawbackPending => Self::ClawbackPending,
            ClaimStatus::Rejected => Self::Rejected,
            ClaimStatus::Withdrawn => Self::Withdrawn,
            ClaimStatus::ClosedDenied => Self::ClosedDenied,
            ClaimStatus::ClosedPaid => Self::ClosedPaid,
            ClaimStatus::Reversed => Self::Reversed,
        }
    }
}

impl From<SessionStatus> for State {
    fn from(status: SessionStatus) -> Self {
        match status {
            SessionStatus::Permitted => Self::Permitted,
            SessionStatus::Denied => Self::Denied,
            SessionStatus::KeyReleased => Self::KeyReleased,
            SessionStatus::Served => Self::Served,
            SessionStatus::Acked => Self::Acked,
            SessionStatus::AckOverdue => Self::AckOverdue,
            SessionStatus::Cancelled => Self::Cancelled,
            SessionStatus::Expired => Self::Expired,
            SessionStatus::BtgPermitted => Self::BtgPermitted,
            SessionStatus::AckFailed => Self::AckFailed,
            SessionStatus::Disputed => Self::Disputed,
            SessionStatus::Resolved => Self::Resolved,
        }
    }
}

impl From<ChallengeStatus> for State {
    fn from(status: ChallengeStatus) -> Self {
        match status {
            ChallengeStatus::Open => Self::Open,
            ChallengeStatus::Submitted => Self::Submitted,
            ChallengeStatus::Upheld => Self::Upheld,
            ChallengeStatus::Violation => Self::Violation,
            ChallengeStatus::Overdue => Self::Overdue,
        }
    }
}

impl From<ReviewStatus> for State {
    fn from(status: ReviewStatus) -> Self {
        match status {
            ReviewStatus::Due => Self::Due,
            ReviewStatus::Submitted => Self::Submitted,
            ReviewStatus::Overdue => Self::Overdue,
            ReviewStatus::Upheld => Self::Upheld,
            ReviewStatus::Violation => Self::Violation,
        }
    }
}

impl From<SettlementStatus> for State {
    fn from(status: SettlementStatus) -> Self {
        match status {
            SettlementStatus::Instructed => Self::Instructed,
            SettlementStatus::BankAccepted => Self::BankAccepted,
            SettlementStatus::Paid => Self::Paid,
            SettlementStatus::PayeeDisputed => Self::PayeeDisputed,
            SettlementStatus::Acked => Self::Acked,
            SettlementStatus::Failed => Self::Failed,
            SettlementStatus::Recalled => Self::Recalled,
        }
    }
}

impl From<EligibilityStatus> for State {
    fn from(status: EligibilityStatus) -> Self {
        match status {
            EligibilityStatus::Requested => Self::Requested,
            EligibilityStatus::Eligible => Self::Eligible,
            EligibilityStatus::NotEligible => Self::NotEligible,
            EligibilityStatus::ErrorResponse => Self::ErrorResponse,
            EligibilityStatus::Stale => Self::Stale,
            EligibilityStatus::Lapsed => Self::Lapsed,
        }
    }
}

impl From<PreauthStatus> for State {
    fn from(status: PreauthStatus) -> Self {
        match status {
            PreauthStatus::Requested => Self::Requested,
            PreauthStatus::Pended => Self::Pended,
            PreauthStatus::Approved => Self::Approved,
            PreauthStatus::Partial => Self::Partial,
            PreauthStatus::Denied => Self::Denied,
            PreauthStatus::Cancelled => Self::Cancelled,
            PreauthStatus::Lapsed => Self::Lapsed,
            PreauthStatus::Superseded => Self::Superseded,
            PreauthStatus::Expired => Self::Expired,
            PreauthStatus::Consumed => Self::Consumed,
            PreauthStatus::Voided => Self::Voided,
        }
    }
}

impl From<GuaranteeStatus> for State {
    fn from(status: GuaranteeStatus) -> Self {
        match status {
            GuaranteeStatus::Offered => Self::Offered,
            GuaranteeStatus::Accepted => Self::Accepted,
            GuaranteeStatus::Called => Self::Called,
            GuaranteeStatus::Closed => Self::Closed,
            GuaranteeStatus::Declined => Self::Declined,
            GuaranteeStatus::ExpiredUnused => Self::ExpiredUnused,
            GuaranteeStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<ProposalStatus> for State {
    fn from(status: ProposalStatus) -> Self {
        match status {
            ProposalStatus::Open => Self::Open,
            ProposalStatus::Approved => Self::Approved,
            ProposalStatus::Executed => Self::Executed,
            ProposalStatus::Rejected => Self::Rejected,
            ProposalStatus::Expired => Self::Expired,
            ProposalStatus::EmergencyInForce => Self::EmergencyInForce,
            ProposalStatus::Ratified => Self::Ratified,
            ProposalStatus::EmergencyLapsed => Self::EmergencyLapsed,
        }
    }
}
