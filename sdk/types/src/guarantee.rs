//! Guarantees of payment: an insurer undertakes to pay the provider directly, the provider to ask for no deposit.
//!
//! The insurer alone can never take back what the provider has accepted.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::{AdjReason, AdjReasons};
use crate::codec::codes;
use crate::hash::{Tag, tagged_value};
use crate::ids::{CaseId, ClaimId, GuaranteeId, Hash32, Millis, OrgId, PreauthId, Sp, TxHash};
use crate::money::Money;

codes! {
    /// Status of a guarantee of payment.
    GuaranteeStatus {
        /// Offered by the insurer.
        Offered = 1 "Offered",
        /// Accepted by the provider: no deposit is asked for.
        Accepted = 2 "Accepted",
        /// A claim cites it.
        Called = 3 "Called",
        /// Its claim is paid or over.
        Closed = 4 "Closed",
        /// Declined, or not accepted in time.
        Declined = 5 "Declined",
        /// No claim cited it in time.
        ExpiredUnused = 6 "ExpiredUnused",
        /// Cancelled by the provider or a regulator's order.
        Cancelled = 7 "Cancelled",
    }
}

impl GuaranteeStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Closed | Self::Declined | Self::ExpiredUnused | Self::Cancelled)
    }
}

/// Why a provider may cancel a guarantee that it accepted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CancelGround {
    /// The insurer co-signs.
    Agreed,
    /// The patient was discharged and nothing was used.
    Discharged {
        /// Salted hash of the record.
        evidence: Hash32,
    },
}

/// A guarantee of payment as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Guarantee {
    /// Its identifier.
    pub id: GuaranteeId,
    /// The case.
    pub case: CaseId,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider.
    pub provider: OrgId,
    /// The preauthorisation on which it rests; `None` where the plan needs none.
    pub preauth: Option<PreauthId>,
    /// Up to which amount.
    pub amount: Money,
    /// How much of the preauthorisation is set aside for it now.
    pub reserved: Money,
    /// When it was offered.
    pub offered_at: Millis,
    /// First instant at which no service that begins then is guaranteed.
    pub exp: Millis,
    /// The claim that called it.
    pub claim: Option<ClaimId>,
    /// Why the provider cancelled it.
    pub cancelled: Option<CancelGround>,
    /// Salted hash of the regulator's order that cancelled it.
    pub order: Option<Hash32>,
    /// By when it has to be accepted, or called.
    pub due: Option<Millis>,
    /// Stored status.
    pub status: GuaranteeStatus,
}

/// The only reasons for which an insurer that has guaranteed payment may disallow something.
pub fn guaranteed_denials() -> AdjReasons {
    AdjReasons::of(&[
        AdjReason::FraudFinding,
        AdjReason::ExcludedService,
        AdjReason::OverCap,
        AdjReason::NotRendered,
        AdjReason::CodingError,
    ])
}

/// Offers a guarantee (GP-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct OfferGuarantee {
    /// Under which case.
    pub case: CaseId,
    /// On which preauthorisation; `None` where the plan needs none.
    pub preauth: Option<PreauthId>,
    /// Up to which amount.
    pub amount: Money,
    /// First instant at which no service that begins then is guaranteed.
    pub exp: Millis,
}

/// Accepts it and asks the patient for no deposit (GP-02).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AcceptGuarantee {
    /// Which.
    pub guarantee: GuaranteeId,
}

/// Declines it (GP-03).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DeclineGuarantee {
    /// Which.
    pub guarantee: GuaranteeId,
}

/// Cancels it before it is called (GP-10).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct CancelGuarantee {
    /// Which.
    pub guarantee: GuaranteeId,
    /// Why the provider may.
    pub ground: CancelGround,
}

/// A regulator's order cancels it (GP-11).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct OrderCancelGuarantee {
    /// Which.
    pub guarantee: GuaranteeId,
    /// Salted hash of the order.
    pub order: Hash32,
}

/// The identifier of the guarantee that a transaction offers.
pub fn guarantee_id_of(tx: &TxHash) -> GuaranteeId {
    GuaranteeId(tagged_value(Tag::Guarantee, tx))
}
