//! What happens to a claim between filing and closing, beside its decisions and payments.

use borsh::{BorshDeserialize, BorshSerialize};

use super::acts::Capacity;
use super::appeal::Appeal;
use super::clawback::Clawback;
use crate::codec::Set;
use crate::consent::Categories;
use crate::ids::{AnchorId, ClaimId, FixingId, Hash32, Millis};
use crate::limits::CLAIM_ATTACHMENTS_MAX;

/// A claim's course, as the ledger keeps it.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Course {
    /// What is left of the time to decide while it stands still; `None` while it runs, or once it is used up.
    pub paused_ms: Option<u64>,
    /// How many deadlines whoever must act in this status has missed: the first names the insurer or the bank, each
    /// later one the regulator too.
    pub breaches: u8,
    /// Categories that were asked for last.
    pub asked: Categories,
    /// Documents that wait for a consent.
    pub needed: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
    /// Documents that were linked after filing.
    pub linked: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
    /// First instant at which the last decision cannot be appealed against any more.
    pub appeal_until: Option<Millis>,
    /// First instant at which the last payment cannot be clawed back any more.
    pub clawback_until: Option<Millis>,
    /// The appeal that is open.
    pub appeal: Option<Appeal>,
    /// The clawback that is under way, or the last one.
    pub clawback: Option<Clawback>,
    /// The fixing by which it is paid, once it is locked.
    pub fixing: Option<FixingId>,
    /// Hash of the order by which it was reopened last.
    pub reopened: Option<Hash32>,
}

/// Withdraws a claim that was not paid (CL-38).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct WithdrawClaim {
    /// Which.
    pub claim: ClaimId,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Reopens a claim that was paid or closed as denied, by order of a court or regulator (CL-30).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ReopenClaim {
    /// Which.
    pub claim: ClaimId,
    /// Hash of the order.
    pub order: Hash32,
}
