//! Preauthorisations: what an insurer undertakes to cover before the service, and the ledger of what becomes of it.
//!
//! What was approved is at any time in one of four buckets: remaining, reserved by guarantees of payment, consumed by
//! decided claims, lapsed.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::{AdjReasons, Capacity, ClaimStatus, CodeRef, DecisionMode, ServicePeriod};
use crate::codec::{List, Set, codes};
use crate::consent::Categories;
use crate::hash::{Tag, tagged_value};
use crate::ids::{AnchorId, CaseId, ClaimId, GuaranteeId, Hash32, Millis, OrgId, PreauthId, Sp, TxHash};
use crate::limits::{CLAIM_ATTACHMENTS_MAX, CLAIM_CODES_MAX, PREAUTH_CLAIMS_MAX, PREAUTH_GUARANTEES_MAX};
use crate::money::{Money, MoneyError};

codes! {
    /// How soon an answer is needed (FHIR process priority).
    PreauthPriority {
        /// At once.
        Stat = 1 "stat",
        /// In the ordinary course.
        Normal = 2 "normal",
        /// When there is time.
        Deferred = 3 "deferred",
    }
}

codes! {
    /// Why a preauthorisation was voided.
    VoidReason {
        /// The coverage has ended.
        CoverageTerminated = 1 "COVERAGE_TERMINATED",
        /// Found to be fraud.
        FraudFinding = 2 "FRAUD_FINDING",
        /// There is another one for the same service.
        Duplicate = 3 "DUPLICATE",
    }
}

codes! {
    /// Status of a preauthorisation (X12 278: A1 Approved, A2 and A6 Partial, A3 Denied, A4 Pended).
    PreauthStatus {
        /// Asked for.
        Requested = 1 "Requested",
        /// Waiting for information.
        Pended = 2 "Pended",
        /// Approved as requested.
        Approved = 3 "Approved",
        /// Approved in part.
        Partial = 4 "Partial",
        /// Denied.
        Denied = 5 "Denied",
        /// Cancelled by the provider or the subject.
        Cancelled = 6 "Cancelled",
        /// Not answered in time.
        Lapsed = 7 "Lapsed",
        /// Replaced by another one.
        Superseded = 8 "Superseded",
        /// Its validity has ended.
        Expired = 9 "Expired",
        /// All of it is consumed.
        Consumed = 10 "Consumed",
        /// Voided by the insurer.
        Voided = 11 "Voided",
    }
}

impl PreauthStatus {
    /// Whether something can still be drawn from it.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Approved | Self::Partial)
    }

    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Requested | Self::Pended) && !self.is_live()
    }
}

/// What a preauthorisation is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct PreauthTerms {
    /// How soon an answer is needed.
    pub priority: PreauthPriority,
    /// When the services are planned.
    pub service: ServicePeriod,
    /// Versions of the code systems that the items use.
    pub codes: Set<CodeRef, CLAIM_CODES_MAX>,
    /// Root over the salted items.
    pub item_root: Hash32,
    /// Number of items, at least one.
    pub item_count: u16,
    /// The most that would be claimed.
    pub amount: Money,
    /// Documents that support it.
    pub attachments: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
}

/// From when to when a preauthorisation covers services.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Validity {
    /// First instant.
    pub from: Millis,
    /// First instant after it.
    pub to: Millis,
}

/// How a preauthorisation was decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct PreauthDecision {
    /// Who decided.
    pub by: OrgId,
    /// How.
    pub mode: DecisionMode,
    /// Why something was not approved; empty exactly if all was.
    pub reasons: AdjReasons,
    /// Root over the salted outcomes of the items.
    pub outcome_root: Hash32,
    /// For which time; `None` if nothing was approved.
    pub validity: Option<Validity>,
    /// When.
    pub at: Millis,
}

/// Where what was approved is now. The four add up to it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Buckets {
    /// Free.
    pub remaining: Money,
    /// Set aside for guarantees of payment that are open.
    pub reserved: Money,
    /// Approved for claims.
    pub consumed: Money,
    /// Out of reach: what was left at the end.
    pub lapsed: Money,
}

impl Buckets {
    /// All of an amount is free.
    pub const fn free(amount: Money) -> Self {
        let nothing = Money::zero(amount.ccy);
        Self { remaining: amount, reserved: nothing, consumed: nothing, lapsed: nothing }
    }

    /// Their sum.
    ///
    /// # Errors
    ///
    /// For two currencies or a sum that does not fit, which no execution leads to.
    pub fn total(&self) -> Result<Money, MoneyError> {
        Money::sum(self.remaining.ccy, [self.remaining, self.reserved, self.consumed, self.lapsed])
    }
}

/// A claim that cites a preauthorisation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct PreauthUse {
    /// Which.
    pub claim: ClaimId,
    /// How much of the preauthorisation its decisions have consumed.
    pub consumed: Money,
    /// The claim's status.
    pub status: ClaimStatus,
}

/// A preauthorisation as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Preauth {
    /// Its identifier.
    pub id: PreauthId,
    /// The case under which it was asked for.
    pub case: CaseId,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider.
    pub provider: OrgId,
    /// Number of the version of its terms, from 1.
    pub version: u32,
    /// What is asked for.
    pub terms: PreauthTerms,
    /// Who asked first.
    pub requested_by: OrgId,
    /// When it was asked for first.
    pub requested_at: Millis,
    /// The one that it is meant to replace.
    pub prior: Option<PreauthId>,
    /// How many others it follows in this way.
    pub generation: u8,
    /// Categories of the documents that the insurer asked for last.
    pub asked: Categories,
    /// Number of requests for information.
    pub info_rounds: u8,
    /// What was left of the time to answer when the clock was paused, in milliseconds.
    pub paused_ms: Option<u64>,
    /// The decision.
    pub decision: Option<PreauthDecision>,
    /// What was approved.
    pub approved: Money,
    /// Where it is now.
    pub buckets: Buckets,
    /// Guarantees of payment that are open and rest on it.
    pub guarantees: List<GuaranteeId, PREAUTH_GUARANTEES_MAX>,
    /// Claims that cite it and were neither rejected nor withdrawn.
    pub claims: List<PreauthUse, PREAUTH_CLAIMS_MAX>,
    /// Why it was voided.
    pub voided: Option<VoidReason>,
    /// The one that replaced it: whoever cites this one means that one.
    pub replaced_by: Option<PreauthId>,
    /// By when an answer, or information, is due.
    pub due: Option<Millis>,
    /// Stored status.
    pub status: PreauthStatus,
}

impl Preauth {
    /// Until when services are covered, if anything was approved.
    pub fn validity(&self) -> Option<Validity> {
        self.decision.as_ref().and_then(|decision| decision.validity)
    }

    /// Whether no guarantee is open and no claim undecided that it has to outlive.
    pub fn is_idle(&self) -> bool {
        let undecided = |usage: &PreauthUse| {
            matches!(
                usage.status,
                ClaimStatus::Submitted
                    | ClaimStatus::DupHold
                    | ClaimStatus::InReview
                    | ClaimStatus::InfoRequested
                    | ClaimStatus::ConsentHold
            )
        };
        self.guarantees.is_empty() && !self.claims.iter().any(undecided)
    }

    /// When the sweeper has something to do: an answer is overdue, or the validity ends and nothing holds it open.
    pub fn deadline(&self) -> Option<Millis> {
        match self.status {
            PreauthStatus::Requested | PreauthStatus::Pended => self.due,
            status if status.is_live() && self.is_idle() => self.validity().map(|validity| validity.to),
            _ => None,
        }
    }
}

/// Asks for a preauthorisation (PA-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RequestPreauth {
    /// Under which case.
    pub case: CaseId,
    /// For what.
    pub terms: PreauthTerms,
    /// The one that it is meant to replace.
    pub prior: Option<PreauthId>,
}

/// Asks for information; the clock is paused (PA-02).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct PendPreauth {
    /// Which.
    pub preauth: PreauthId,
    /// Categories of the documents that are needed, at least one.
    pub asked: Categories,
}

/// Supplies information; the clock resumes (PA-03).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SupplyPreauthInfo {
    /// Which.
    pub preauth: PreauthId,
    /// Documents, at least one.
    pub attachments: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
}

/// Approves what was asked for (PA-04).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ApprovePreauth {
    /// Which.
    pub preauth: PreauthId,
    /// How it was decided.
    pub mode: DecisionMode,
    /// How much: all that is asked for.
    pub approved: Money,
    /// For which time.
    pub validity: Validity,
    /// Root over the salted outcomes of the items.
    pub outcome_root: Hash32,
}

/// Approves a part of it (PA-05).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ApprovePreauthPartial {
    /// Which.
    pub preauth: PreauthId,
    /// How it was decided.
    pub mode: DecisionMode,
    /// How much: something, and less than is asked for.
    pub approved: Money,
    /// Why the rest is not.
    pub reasons: AdjReasons,
    /// For which time.
    pub validity: Validity,
    /// Root over the salted outcomes of the items.
    pub outcome_root: Hash32,
}

/// Denies it (PA-06). A denied request is never changed; a new one is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DenyPreauth {
    /// Which.
    pub preauth: PreauthId,
    /// How it was decided: not by a program alone.
    pub mode: DecisionMode,
    /// Why.
    pub reasons: AdjReasons,
    /// Root over the salted outcomes of the items.
    pub outcome_root: Hash32,
}

/// Changes what is asked for before it is decided (PA-07).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AmendPreauth {
    /// Which.
    pub preauth: PreauthId,
    /// Number of the new version: the last one's and one.
    pub version: u32,
    /// What is asked for now.
    pub terms: PreauthTerms,
}

/// Gives it up (PA-08).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct CancelPreauth {
    /// Which.
    pub preauth: PreauthId,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Puts an approved one in the place of another (PA-09).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ReplacePreauth {
    /// Which is replaced.
    pub preauth: PreauthId,
    /// By which: it names the other as its prior.
    pub child: PreauthId,
}

/// Voids it before anything rests on it (PA-14).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct VoidPreauth {
    /// Which.
    pub preauth: PreauthId,
    /// Why.
    pub reason: VoidReason,
    /// Salted hash of the notice to provider and subject.
    pub notice: Hash32,
}

/// The identifier of the preauthorisation that a transaction asks for.
pub fn preauth_id_of(tx: &TxHash) -> PreauthId {
    PreauthId(tagged_value(Tag::Preauth, tx))
}
