//! Proposals, votes, and the register of both.

use borsh::{BorshDeserialize, BorshSerialize};

use super::class::Class;
use super::halt::Target;
use super::payload::{Payload, Upgrade};
use crate::codec::{List, Set, codes};
use crate::ids::{Hash32, Millis, OrgId, ProposalId};
use crate::limits::{IMPOSERS_MAX, ORGS_MAX, PROPOSALS_CLOSED_MAX, PROPOSALS_OPEN_MAX};

codes! {
    /// Status of a proposal or an emergency.
    ProposalStatus {
        /// Open for votes.
        Open = 1 "Open",
        /// Approved, and waiting.
        Approved = 2 "Approved",
        /// Executed.
        Executed = 3 "Executed",
        /// Voted down, or not possible any more when its time came.
        Rejected = 4 "Rejected",
        /// Not decided in time.
        Expired = 5 "Expired",
        /// An emergency in force.
        EmergencyInForce = 6 "EmergencyInForce",
        /// An emergency that became an ordinary measure.
        Ratified = 7 "Ratified",
        /// An emergency that has ended.
        EmergencyLapsed = 8 "EmergencyLapsed",
    }
}

impl ProposalStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Executed | Self::Rejected | Self::Expired | Self::Ratified | Self::EmergencyLapsed)
    }
}

/// A vote. A later one of the same organisation takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct CastVote {
    /// Who.
    pub org: OrgId,
    /// For or against.
    pub approve: bool,
    /// When.
    pub at: Millis,
}

/// The votes that reached a threshold: those for it, of organisations that were in good standing then.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Tally {
    /// When.
    pub at: Millis,
    /// Who.
    pub yes: Set<OrgId, ORGS_MAX>,
}

/// An emergency measure as it was imposed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Emergency {
    /// What it stops.
    pub target: Target,
    /// Hash of the order.
    pub order: Hash32,
    /// The regulators that signed it.
    pub by: Set<OrgId, IMPOSERS_MAX>,
    /// First instant after its end, unless it is ratified.
    pub ends: Millis,
}

/// What a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// What it does once it is executed.
    Payload(Payload) = 1,
    /// What was stopped at once.
    Emergency(Emergency) = 2,
}

/// A proposal or an emergency, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Proposal {
    /// Its identifier.
    pub id: ProposalId,
    /// Its class.
    pub class: Class,
    /// What it is about.
    pub matter: Matter,
    /// Who proposed or imposed it.
    pub by: OrgId,
    /// When.
    pub at: Millis,
    /// The votes, one of each organisation, in the order of their first ones.
    pub votes: List<CastVote, ORGS_MAX>,
    /// The votes that approved or ratified it.
    pub tally: Option<Tally>,
    /// First instant at which it expires while open, is executed while approved, or lapses while in force.
    pub due: Option<Millis>,
    /// When it ended.
    pub ended: Option<Millis>,
    /// Number of the error that kept an approved proposal from being executed.
    pub refused: Option<u16>,
    /// Stored status.
    pub status: ProposalStatus,
}

/// How much the power of validators has changed in one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct PowerEpoch {
    /// Number of the epoch: time divided by its length.
    pub number: u64,
    /// Total power at its first change.
    pub total: u64,
    /// Sum of all changes since, up and down.
    pub changed: u64,
}

/// The register: who is a member, and what is being decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Governance {
    /// Every organisation that was ever admitted.
    pub orgs: Set<OrgId, ORGS_MAX>,
    /// Proposals that are open or approved, oldest first.
    pub open: List<ProposalId, PROPOSALS_OPEN_MAX>,
    /// The last ones that ended, emergencies among them; oldest first.
    pub closed: List<ProposalId, PROPOSALS_CLOSED_MAX>,
    /// Changes of power in the current epoch.
    pub epoch: PowerEpoch,
    /// The upgrade that was decided last.
    pub upgrade: Option<Upgrade>,
}
