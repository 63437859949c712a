//! Chambers, and the limits of validator power that a production chain keeps.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::OrgId;
use assent_types::org::{Org, Role};
use assent_types::place::Jurisdiction;

use crate::doc::GenesisDoc;

/// Fewest validators of a production chain: with equal powers each one stays under [`ORG_POWER_PERCENT_MAX`], and two
/// may fail.
pub const VALIDATORS_MIN: usize = 7;
/// Fewest jurisdictions among the validators of a production chain.
pub const JURISDICTIONS_MIN: usize = 3;
/// Fewest regulators of a production chain; some decisions need two of them.
pub const REGULATORS_MIN: usize = 2;
/// Most power of one organisation on a production chain, in percent of the total.
pub const ORG_POWER_PERCENT_MAX: u128 = 15;

/// A voting chamber of the network's governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chamber {
    /// Regulators.
    Regulators,
    /// Providers of care.
    Providers,
    /// Insurers and third-party administrators.
    Insurers,
    /// Infrastructure: custodians, key holders, pseudonym operators.
    Infrastructure,
}

impl Chamber {
    /// Every voting chamber.
    pub const ALL: [Self; 4] = [Self::Regulators, Self::Providers, Self::Insurers, Self::Infrastructure];

    const fn name(self) -> &'static str {
        match self {
            Self::Regulators => "regulators",
            Self::Providers => "providers",
            Self::Insurers => "insurers",
            Self::Infrastructure => "infrastructure",
        }
    }

    const fn roles(self) -> &'static [Role] {
        match self {
            Self::Regulators => &[Role::Regulator],
            Self::Providers => &[Role::Hospital],
            Self::Insurers => &[Role::Insurer, Role::Administrator],
            Self::Infrastructure => &[Role::Custodian, Role::KeyHolder, Role::PseudonymOperator],
        }
    }

    /// The chamber in which the organisation votes: the first one whose role it has. A hospital that also holds key
    /// shares votes as a provider, so that nobody has two votes.
    pub fn of(org: &Org) -> Option<Self> {
        Self::ALL.into_iter().find(|chamber| chamber.roles().iter().any(|role| org.roles.has(*role)))
    }
}

/// Everything that keeps the document from starting a production chain. Affiliation between organisations is not
/// recorded, so the bound on a group of affiliates remains the founders' own duty.
pub(crate) fn production_problems(doc: &GenesisDoc) -> Vec<String> {
    let mut problems = Vec::new();
    let orgs: BTreeMap<OrgId, &Org> = doc.orgs.iter().map(|org| (org.id, org)).collect();
    let total: u128 = doc.validators.iter().map(|validator| u128::from(validator.power)).sum();

    if doc.validators.len() < VALIDATORS_MIN {
        problems.push(format!("{} validators, at least {VALIDATORS_MIN} are needed", doc.validators.len()));
    }
    let mut by_jurisdiction: BTreeMap<Jurisdiction, u128> = BTreeMap::new();
    let mut by_chamber: BTreeMap<Chamber, u128> = BTreeMap::new();
    for validator in &doc.validators {
        let power = u128::from(validator.power);
        if power * 100 > total * ORG_POWER_PERCENT_MAX {
            problems.push(format!(
                "validator {} has {power} of {total} power, at most {ORG_POWER_PERCENT_MAX} % is allowed",
                validator.org
            ));
        }
        let Some(org) = orgs.get(&validator.org) else { continue };
        *by_jurisdiction.entry(org.jurisdiction()).or_default() += power;
        if let Some(chamber) = Chamber::of(org) {
            *by_chamber.entry(chamber).or_default() += power;
        }
    }
    if by_jurisdiction.len() < JURISDICTIONS_MIN {
        problems.push(format!(
            "validators of {} jurisdictions, at least {JURISDICTIONS_MIN} are needed",
            by_jurisdiction.len()
        ));
    }
    for (jurisdiction, power) in by_jurisdiction.iter().filter(|(_, power)| **power * 3 >= total * 2) {
        problems.push(format!("{jurisdiction} has {power} of {total} power, less than two thirds is allowed"));
    }
    for (chamber, power) in by_chamber.iter().filter(|(_, power)| **power * 2 >= total) {
        problems.push(format!("{} have {power} of {total} power, less than half is allowed", chamber.name()));
    }
    problems.extend(organisation_problems(doc));
    problems
}

fn organisation_problems(doc: &GenesisDoc) -> Vec<String> {
    let mut problems = Vec::new();
    let regulators: Vec<&Org> = doc.orgs.iter().filter(|org| org.roles.has(Role::Regulator)).collect();
    if regulators.len() < REGULATORS_MIN {
        problems.push(format!("{} regulators, at least {REGULATORS_MIN} are needed", regulators.len()));
    }
    let present: BTreeSet<Chamber> = doc.orgs.iter().filter_map(Chamber::of).collect();
    for chamber in Chamber::ALL.into_iter().filter(|chamber| !present.contains(chamber)) {
        problems.push(format!("nobody sits in the chamber of {}", chamber.name()));
    }
    for org in &doc.orgs {
        for accreditation in &org.accreditations {
            let by = regulators.iter().find(|regulator| regulator.id == accreditation.by);
            let foreign = |jurisdiction: Jurisdiction| by.is_some_and(|by| by.jurisdiction() != jurisdiction);
            if accreditation.scope.iter().any(|place| foreign(place.jur)) {
                problems.push(format!(
                    "organisation {} is accredited ({}) by regulator {} outside that regulator's jurisdiction",
                    org.id, accreditation.kind, accreditation.by
                ));
            }
        }
    }
    problems
}
