//! What the record of an organisation has to be, from its first day on.

use assent_types::FacilityId;
use assent_types::org::{Org, Role};
use assent_types::place::{Jurisdiction, Place};

/// Why a record is not that of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrgProblem {
    /// No name.
    #[error("give the legal name")]
    Name,
    /// No role.
    #[error("give at least one role")]
    NoRole,
    /// A role of persons.
    #[error("SUB and GDN are roles of persons; remove them")]
    PersonalRole,
    /// A seat that is no city.
    #[error("seat: {0}")]
    Seat(&'static str),
    /// Facilities out of order.
    #[error("facilities ascend strictly by number; sort them")]
    FacilityOrder,
    /// A facility that is in no city.
    #[error("facility {0}: {1}")]
    Facility(FacilityId, &'static str),
}

/// Checks name, roles, seat and facilities of an organisation.
///
/// # Errors
///
/// [`OrgProblem`] says what is wrong and what to write instead.
pub fn check_org(org: &Org) -> Result<(), OrgProblem> {
    if org.legal_name.as_str().trim().is_empty() {
        return Err(OrgProblem::Name);
    }
    if org.roles.is_empty() {
        return Err(OrgProblem::NoRole);
    }
    if org.roles.has(Role::Subject) || org.roles.has(Role::Guardian) {
        return Err(OrgProblem::PersonalRole);
    }
    place(&org.seat).map_err(OrgProblem::Seat)?;
    let mut last = None;
    for facility in &org.facilities {
        if last.is_some_and(|last| last >= facility.id) {
            return Err(OrgProblem::FacilityOrder);
        }
        last = Some(facility.id);
        place(&facility.place).map_err(|problem| OrgProblem::Facility(facility.id, problem))?;
    }
    Ok(())
}

/// A seat or a facility stands in one city. Hong Kong and Macao are one place each.
fn place(place: &Place) -> Result<(), &'static str> {
    match place.jur {
        Jurisdiction::Cn if !(1000..=9999).contains(&place.city) => Err("give the four digits of the city (GB/T 2260)"),
        Jurisdiction::Hk | Jurisdiction::Mo if place.city != 0 => Err("Hong Kong and Macao have city 0"),
        _ => Ok(()),
    }
}
