//! Emergency measures: what they stop, until when, and who may not impose them again yet.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, Set};
use crate::ids::{BasisId, FacilityId, Millis, OrgId, ProposalId};
use crate::limits::{BARS_MAX, IMPOSERS_MAX, MEASURES_MAX};
use crate::place::Jurisdiction;

/// What an emergency measure stops. Nothing stops revoking, withdrawing, appealing, the subject's export, attesting an
/// erasure, the rotation of keys, or governance itself.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// An organisation: it is suspended.
    Org(OrgId) = 1,
    /// A facility: nothing is delivered to it.
    Facility {
        /// Whose it is.
        org: OrgId,
        /// Which.
        facility: FacilityId,
    } = 2,
    /// Disclosure across every border.
    Borders = 3,
    /// Disclosure out of one jurisdiction.
    Outbound(Jurisdiction) = 4,
    /// Disclosure on one transfer basis.
    Basis {
        /// Who exports on it.
        exporter: OrgId,
        /// Which.
        basis: BasisId,
    } = 5,
    /// Breaking the glass.
    BreakGlass = 6,
    /// New payments: instructions, and their acceptance by banks. Banks and payees still report what has happened.
    Settlement = 7,
}

/// An emergency measure that is in force, or a ratified one that was not lifted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Measure {
    /// The emergency.
    pub proposal: ProposalId,
    /// What it stops.
    pub target: Target,
    /// The regulators that imposed it.
    pub by: Set<OrgId, IMPOSERS_MAX>,
    /// First instant after its end; `None` once it is ratified.
    pub until: Option<Millis>,
}

impl Measure {
    /// Whether it stops anything at this time.
    pub fn is_in_force(&self, at: Millis) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

/// Regulators that may not impose a measure on a target again yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Bar {
    /// The target.
    pub target: Target,
    /// The regulators.
    pub by: Set<OrgId, IMPOSERS_MAX>,
    /// First instant at which they may.
    pub until: Millis,
}

/// Emergency measures, and who is barred from imposing them again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Halts {
    /// In force, or over and not yet swept; in the order in which they were imposed.
    pub measures: List<Measure, MEASURES_MAX>,
    /// Bars, the oldest first; those that are over leave with the next change.
    pub bars: List<Bar, BARS_MAX>,
}

impl Halts {
    /// Whether a measure stops this target now.
    pub fn stops(&self, target: &Target, at: Millis) -> bool {
        self.measures.iter().any(|measure| measure.target == *target && measure.is_in_force(at))
    }

    /// Whether disclosure out of this jurisdiction is stopped now, on every basis.
    pub fn stops_outbound(&self, from: Jurisdiction, at: Millis) -> bool {
        self.stops(&Target::Borders, at) || self.stops(&Target::Outbound(from), at)
    }
}
