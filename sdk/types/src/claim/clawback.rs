//! Clawbacks: money that comes back from a payee.

use borsh::{BorshDeserialize, BorshSerialize};

use super::acts::Capacity;
use super::decision::BillShare;
use crate::codec::{List, codes};
use crate::ids::{ClaimId, Hash32, Millis, OrgId};
use crate::limits::CLAIM_BILLS_MAX;
use crate::money::Money;
use crate::settlement::PurposeCode;

codes! {
    /// Why money is clawed back.
    ClawbackReason {
        /// Too much was paid.
        PriorOverpayment = 1 "PRIOR_OVERPAYMENT",
        /// Found to be fraud.
        FraudFinding = 2 "FRAUD_FINDING",
        /// A duplicate.
        Duplicate = 3 "DUPLICATE",
        /// Not insured at the time of service, as was found later.
        RetroIneligible = 4 "RETRO_INELIGIBLE",
    }
}

/// A clawback that is under way, or that was the last one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Clawback {
    /// Why.
    pub reason: ClawbackReason,
    /// How much, in the bills' currency.
    pub amount: Money,
    /// What comes off each bill, one share for each bill of the claim in the claim's order.
    pub shares: List<BillShare, CLAIM_BILLS_MAX>,
    /// When it was asked for.
    pub requested_at: Millis,
    /// Whether its payment is under way.
    pub in_flight: bool,
    /// Hash of the regulator's order, if it was ordered.
    pub order: Option<Hash32>,
}

/// Asks for money back (CL-31).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RequestClawback {
    /// Of which claim.
    pub claim: ClaimId,
    /// Why.
    pub reason: ClawbackReason,
    /// How much: something, and at most what is settled.
    pub amount: Money,
    /// What comes off each bill, one share for each bill of the claim in the claim's order.
    pub shares: List<BillShare, CLAIM_BILLS_MAX>,
}

/// Agrees to pay back, as the payee (CL-32 with ST-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AgreeClawback {
    /// Of which claim.
    pub claim: ClaimId,
    /// Through which bank.
    pub bank: OrgId,
    /// What the bank is told that the payment is for.
    pub purpose: PurposeCode,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Contests a clawback, as the payee (CL-33).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ContestClawback {
    /// Of which claim.
    pub claim: ClaimId,
    /// Salted hash of the grounds.
    pub grounds: Hash32,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Orders the payee to pay back, as a regulator (CL-36 with ST-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct OrderClawback {
    /// Of which claim.
    pub claim: ClaimId,
    /// Hash of the order.
    pub order: Hash32,
    /// Through which bank.
    pub bank: OrgId,
    /// What the bank is told that the payment is for.
    pub purpose: PurposeCode,
}
