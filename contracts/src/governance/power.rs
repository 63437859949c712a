//! The limits of validator power on a production chain.
//!
//! No organisation, jurisdiction or chamber alone can decide or stop blocks, and the set changes slowly enough for a
//! light client that trusts an earlier one. Affiliation between organisations is not recorded, so the bound on a group
//! of affiliates is the regulators' to watch.

use std::collections::BTreeMap;

use assent_types::OrgId;
use assent_types::governance::{Chamber, PowerEpoch};
use assent_types::org::Org;
use assent_types::place::Jurisdiction;
use assent_types::validator::Validator;

/// Fewest validators of a production chain; with equal powers each one stays under [`ORG_POWER_PERCENT_MAX`], and two
/// may fail.
pub const VALIDATORS_MIN: usize = 7;
/// Fewest jurisdictions among the validators of a production chain.
pub const JURISDICTIONS_MIN: usize = 3;
/// Most power of one organisation on a production chain, in percent of the total.
pub const ORG_POWER_PERCENT_MAX: u128 = 15;

/// A validator, with what its limits depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The organisation.
    pub org: OrgId,
    /// Its power.
    pub power: u64,
    /// Where it has its seat; `None` if its record is not there.
    pub jurisdiction: Option<Jurisdiction>,
    /// The chamber in which it votes.
    pub chamber: Option<Chamber>,
}

impl Holder {
    /// A validator with its organisation.
    pub fn new(validator: &Validator, org: Option<&Org>) -> Self {
        Self {
            org: validator.org,
            power: validator.power,
            jurisdiction: org.map(Org::jurisdiction),
            chamber: org.and_then(Chamber::of),
        }
    }
}

/// A limit that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PowerProblem {
    /// Too few validators.
    #[error("{0} validators, at least {VALIDATORS_MIN} are needed")]
    Validators(usize),
    /// Too much power in one hand.
    #[error("validator {org} has {power} of {total} power, at most {ORG_POWER_PERCENT_MAX} % is allowed")]
    Org {
        /// The validator.
        org: OrgId,
        /// Its power.
        power: u64,
        /// All power.
        total: u128,
    },
    /// Too few jurisdictions.
    #[error("validators of {0} jurisdictions, at least {JURISDICTIONS_MIN} are needed")]
    Jurisdictions(usize),
    /// Too much power in one jurisdiction.
    #[error("{jurisdiction} has {power} of {total} power, less than two thirds is allowed")]
    Jurisdiction {
        /// The jurisdiction.
        jurisdiction: Jurisdiction,
        /// Its power.
        power: u128,
        /// All power.
        total: u128,
    },
    /// Too much power in one chamber.
    #[error("{chamber} have {power} of {total} power, less than half is allowed")]
    Chamber {
        /// The chamber.
        chamber: Chamber,
        /// Its power.
        power: u128,
        /// All power.
        total: u128,
    },
}

/// The limits that these validators do not keep.
pub fn power_problems(holders: &[Holder]) -> Vec<PowerProblem> {
    let mut problems = Vec::new();
    if holders.len() < VALIDATORS_MIN {
        problems.push(PowerProblem::Validators(holders.len()));
    }
    let total: u128 = holders.iter().map(|holder| u128::from(holder.power)).sum();
    let mut by_jurisdiction: BTreeMap<Jurisdiction, u128> = BTreeMap::new();
    let mut by_chamber: BTreeMap<Chamber, u128> = BTreeMap::new();
    for holder in holders {
        let power = u128::from(holder.power);
        if power * 100 > total * ORG_POWER_PERCENT_MAX {
            problems.push(PowerProblem::Org { org: holder.org, power: holder.power, total });
        }
        if let Some(jurisdiction) = holder.jurisdiction {
            *by_jurisdiction.entry(jurisdiction).or_default() += power;
        }
        if let Some(chamber) = holder.chamber {
            *by_chamber.entry(chamber).or_default() += power;
        }
    }
    if by_jurisdiction.len() < JURISDICTIONS_MIN {
        problems.push(PowerProblem::Jurisdictions(by_jurisdiction.len()));
    }
    for (jurisdiction, power) in by_jurisdiction.into_iter().filter(|(_, power)| *power * 3 >= total * 2) {
        problems.push(PowerProblem::Jurisdiction { jurisdiction, power, total });
    }
    for (chamber, power) in by_chamber.into_iter().filter(|(_, power)| *power * 2 >= total) {
        problems.push(PowerProblem::Chamber { chamber, power, total });
    }
    problems
}

/// The epoch's account after one more change of power, where the total before it is `total`.
pub(super) fn account(epoch: &PowerEpoch, number: u64, total: u64, change: u64) -> PowerEpoch {
    let current =
        if epoch.number == number && epoch.total > 0 { *epoch } else { PowerEpoch { number, total, changed: 0 } };
    PowerEpoch { changed: current.changed.saturating_add(change), ..current }
}

/// Whether less than a third of the power has changed in the epoch.
pub(super) fn is_gradual(epoch: &PowerEpoch) -> bool {
    u128::from(epoch.changed) * 3 < u128::from(epoch.total)
}
