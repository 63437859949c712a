//! Eligibility: whether a plan covers a subject at a provider, as the insurer answers it before any service.
//!
//! The answer is what an insurer says of a plan, never of a person: a band of what is left, no amount.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{codes, mask};
use crate::hash::{Tag, tagged_value};
use crate::ids::{CaseId, EligibilityId, Millis, Month, OrgId, Sp, TxHash};

codes! {
    /// What kind of answer is wanted (FHIR Claim.use for the second).
    EligibilityKind {
        /// Whether and how the plan covers.
        Verification = 1 "eligibility",
        /// An estimate that binds nobody.
        Predetermination = 2 "predetermination",
    }
}

codes! {
    /// What is asked (FHIR EligibilityRequestPurpose).
    EligibilityPurpose {
        /// Which services need an authorisation.
        AuthRequirements = 0 "auth-requirements",
        /// Which benefits there are.
        Benefits = 1 "benefits",
        /// Which plans there are.
        Discovery = 2 "discovery",
        /// Whether the plan is in force.
        Validation = 3 "validation",
    }
}

mask! {
    /// What is asked.
    EligibilityPurposes(u8) of EligibilityPurpose
}

codes! {
    /// What is left of the benefit: bands of its limit, no amount.
    BenefitBand {
        /// Nothing.
        Exhausted = 1 "EXHAUSTED",
        /// Less than a quarter.
        Low = 2 "LOW",
        /// A quarter to three quarters.
        Medium = 3 "MEDIUM",
        /// More than three quarters.
        High = 4 "HIGH",
        /// The plan has no limit for it.
        Unlimited = 5 "UNLIMITED",
    }
}

codes! {
    /// Why a subject is not eligible.
    IneligibleReason {
        /// The plan is not in force.
        Inactive = 1 "INACTIVE",
        /// A waiting period runs.
        WaitingPeriod = 2 "WAITING_PERIOD",
        /// The plan does not cover the service.
        NotCovered = 3 "NOT_COVERED",
        /// The plan does not cover this provider.
        OutOfNetwork = 4 "OUT_OF_NETWORK",
        /// Nothing is left of the benefit.
        Exhausted = 5 "EXHAUSTED",
    }
}

codes! {
    /// Why an insurer cannot answer (X12 271 AAA reject reason codes).
    EligibilityError {
        /// Required data is missing.
        MissingData = 1 "15",
        /// Unable to respond at the current time.
        Unavailable = 2 "42",
        /// The provider's identification is missing or invalid.
        Provider = 3 "43",
        /// The member's identification is missing or invalid.
        MemberId = 4 "72",
        /// The member was not found.
        NotFound = 5 "75",
    }
}

codes! {
    /// Status of a question of eligibility.
    EligibilityStatus {
        /// Asked.
        Requested = 1 "Requested",
        /// Covered, until the answer's end.
        Eligible = 2 "Eligible",
        /// Not covered.
        NotEligible = 3 "NotEligible",
        /// The insurer could not answer.
        ErrorResponse = 4 "ErrorResponse",
        /// The answer's time has passed.
        Stale = 5 "Stale",
        /// Not answered in time.
        Lapsed = 6 "Lapsed",
    }
}

impl EligibilityStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::NotEligible | Self::ErrorResponse | Self::Stale | Self::Lapsed)
    }
}

/// What the insurer answered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum EligibilityAnswer {
    /// Covered.
    Eligible {
        /// What is left.
        band: BenefitBand,
        /// First instant at which the answer no longer holds.
        valid_to: Millis,
    },
    /// Not covered.
    NotEligible {
        /// Why.
        reason: IneligibleReason,
    },
    /// No answer.
    Error {
        /// Why.
        error: EligibilityError,
    },
}

/// A question of eligibility as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Eligibility {
    /// Its identifier.
    pub id: EligibilityId,
    /// The case under which it was asked.
    pub case: CaseId,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider.
    pub provider: OrgId,
    /// Who asked.
    pub requested_by: OrgId,
    /// What kind of answer is wanted.
    pub kind: EligibilityKind,
    /// What is asked.
    pub purposes: EligibilityPurposes,
    /// Month of the planned service.
    pub service: Month,
    /// When it was asked.
    pub requested_at: Millis,
    /// What the insurer answered.
    pub answer: Option<EligibilityAnswer>,
    /// By when the answer is due, or until when it holds.
    pub due: Option<Millis>,
    /// Stored status.
    pub status: EligibilityStatus,
}

/// Asks whether the case's subject is eligible (EL-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct CheckEligibility {
    /// Under which case.
    pub case: CaseId,
    /// What kind of answer is wanted.
    pub kind: EligibilityKind,
    /// What is asked, at least one.
    pub purposes: EligibilityPurposes,
    /// Month of the planned service.
    pub service: Month,
}

/// The plan covers (EL-02).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AnswerEligible {
    /// Which question.
    pub eligibility: EligibilityId,
    /// What is left.
    pub band: BenefitBand,
    /// First instant at which the answer no longer holds.
    pub valid_to: Millis,
}

/// The plan does not cover (EL-03).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AnswerNotEligible {
    /// Which question.
    pub eligibility: EligibilityId,
    /// Why.
    pub reason: IneligibleReason,
}

/// The insurer cannot answer (EL-04).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AnswerError {
    /// Which question.
    pub eligibility: EligibilityId,
    /// Why.
    pub error: EligibilityError,
}

/// The identifier of the question that a transaction asks.
pub fn eligibility_id_of(tx: &TxHash) -> EligibilityId {
    EligibilityId(tagged_value(Tag::Eligibility, tx))
}
