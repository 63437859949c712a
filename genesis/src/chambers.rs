//! What a production chain needs besides a valid document: full chambers, and power within its limits.

use std::collections::{BTreeMap, BTreeSet};

use assent_contracts::{Holder, power_problems};
use assent_types::OrgId;
use assent_types::governance::Chamber;
use assent_types::org::{Org, Role};
use assent_types::place::Jurisdiction;

use crate::doc::GenesisDoc;

/// Fewest regulators of a production chain; some decisions need two of them.
pub const REGULATORS_MIN: usize = 2;

/// Everything that keeps the document from starting a production chain. Affiliation between organisations is not
/// recorded, so the bound on a group of affiliates remains the founders' own duty.
pub(crate) fn production_problems(doc: &GenesisDoc) -> Vec<String> {
    let orgs: BTreeMap<OrgId, &Org> = doc.orgs.iter().map(|org| (org.id, org)).collect();
    let holder = |validator| Holder::new(validator, orgs.get(&validator.org).copied());
    let holders: Vec<Holder> = doc.validators.iter().map(holder).collect();
    let mut problems: Vec<String> = power_problems(&holders).iter().map(ToString::to_string).collect();
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
    for chamber in Chamber::ALL.iter().filter(|chamber| !present.contains(chamber)) {
        problems.push(format!("nobody sits in the chamber of {}", chamber));
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
