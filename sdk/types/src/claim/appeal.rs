//! Appeals against decisions.

use borsh::{BorshDeserialize, BorshSerialize};

use super::acts::Capacity;
use super::decision::{AdjReasons, Award, DecisionMode};
use crate::ids::{ClaimId, Hash32, Millis};
use crate::money::Money;

/// Level at which the insurer decides itself, by another person than before.
pub const APPEAL_LEVEL_INSURER: u8 = 1;
/// Level at which a regulator decides.
pub const APPEAL_LEVEL_REGULATOR: u8 = 2;

/// An appeal that is open.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Appeal {
    /// Who decides: 1 the insurer, 2 a regulator.
    pub level: u8,
    /// When it was filed.
    pub filed_at: Millis,
    /// Salted hash of its grounds.
    pub grounds: Hash32,
    /// What was approved before; a decision never lowers it.
    pub approved_before: Money,
}

/// Appeals against a decision (CL-19, CL-20).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct FileAppeal {
    /// Which.
    pub claim: ClaimId,
    /// Salted hash of the grounds.
    pub grounds: Hash32,
    /// In which capacity; a provider needs the subject's authority: a live capability for claims, or its co-signature.
    pub capacity: Capacity,
}

/// What an appeal leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum AppealOutcome {
    /// All that is claimed is approved (CL-21).
    Full(Award),
    /// At least what was approved before is approved, and less than is claimed (CL-22).
    Part(Award, AdjReasons),
    /// Nothing was approved, and nothing is (CL-23).
    Deny(AdjReasons),
}

/// Decides an appeal (CL-21 to CL-23).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DecideAppeal {
    /// Which.
    pub claim: ClaimId,
    /// By whom: a person, and another than the one who decided before.
    pub mode: DecisionMode,
    /// What it leads to.
    pub outcome: AppealOutcome,
    /// Root over the salted outcomes of the lines.
    pub outcome_root: Hash32,
}
