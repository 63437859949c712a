//! Who has to agree, and whether they have. Exact integer arithmetic over the organisations that are in good standing
//! now.

use std::collections::BTreeSet;
use std::fmt;

use assent_types::governance::{Chamber, Class, GovernanceParams, Matter, Payload, Target};
use assent_types::org::Org;
use assent_types::place::Jurisdiction;
use assent_types::state::{ChainClass, SeparateConsentRule};
use assent_types::{ErrorCode, Millis, OrgId};

use crate::runtime::state::{self, Found, ReadError, StateRead};
use crate::runtime::table::Stop;

/// A seat in a chamber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Who sits there.
    pub org: OrgId,
    /// The chamber.
    pub chamber: Chamber,
    /// Seat of the organisation itself.
    pub jurisdiction: Jurisdiction,
}

/// Part of what a class asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// At least this share of a chamber.
    Share {
        /// The chamber.
        chamber: Chamber,
        /// Numerator and denominator.
        share: (u64, u64),
    },
    /// At least this share of any two chambers.
    TwoChambers {
        /// Numerator and denominator.
        share: (u64, u64),
    },
    /// At least one regulator of a jurisdiction.
    Regulator(Jurisdiction),
    /// At least so many regulators.
    Regulators(usize),
    /// Every regulator of these jurisdictions.
    EveryRegulator(Vec<Jurisdiction>),
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { chamber, share: (numerator, denominator) } => {
                write!(f, "{numerator}/{denominator} of the {chamber}")
            }
            Self::TwoChambers { share: (numerator, denominator) } => {
                write!(f, "{numerator}/{denominator} of two chambers")
            }
            Self::Regulator(jurisdiction) => write!(f, "a regulator of {jurisdiction}"),
            Self::Regulators(count) => write!(f, "{count} regulators"),
            Self::EveryRegulator(jurisdictions) => {
                let names: Vec<&str> = jurisdictions.iter().map(|jurisdiction| jurisdiction.code()).collect();
                write!(f, "every regulator of {}", names.join(" and "))
            }
        }
    }
}

/// The seats that are filled now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Electorate {
    seats: Vec<Seat>,
    /// A test chain: chambers and jurisdictions in which nobody sits are passed over.
    lenient: bool,
}

/// What is asked, what has been given, and what would be enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is asked.
    pub requirement: Requirement,
    /// Who may give it.
    pub electors: Vec<OrgId>,
    /// Who has.
    pub yes: Vec<OrgId>,
    /// Whether it is enough.
    pub is_met: bool,
}

impl Electorate {
    /// Reads every member of the register.
    ///
    /// # Errors
    ///
    /// If the state cannot be read.
    pub fn of(state: &dyn StateRead, at: Millis) -> Result<Self, ReadError> {
        let register = state::governance(state)?;
        let mut seats = Vec::new();
        for id in &register.orgs {
            let Some(org) = state::org(state, *id)?.filter(|org| org.is_active(at)) else { continue };
            seats.extend(Chamber::of(&org).map(|chamber| Seat { org: *id, chamber, jurisdiction: org.jurisdiction() }));
        }
        Ok(Self { seats, lenient: state::params(state)?.chain_class == ChainClass::Test })
    }

    /// The seats, ascending by organisation.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    fn regulators(&self, of: Option<Jurisdiction>) -> Vec<OrgId> {
        self.seats
            .iter()
            .filter(|seat| seat.chamber == Chamber::Regulators && of.is_none_or(|of| seat.jurisdiction == of))
            .map(|seat| seat.org)
            .collect()
    }

    fn members(&self, chamber: Chamber) -> Vec<OrgId> {
        self.seats.iter().filter(|seat| seat.chamber == chamber).map(|seat| seat.org).collect()
    }

    /// Whether the share of the chamber is reached.
    fn has_share(&self, chamber: Chamber, share: (u64, u64), yes: &BTreeSet<OrgId>) -> bool {
        let members = self.members(chamber);
        let given = members.iter().filter(|org| yes.contains(org)).count();
        let (numerator, denominator) = (u128::from(share.0), u128::from(share.1));
        if members.is_empty() { self.lenient } else { given as u128 * denominator >= members.len() as u128 * numerator }
    }

    /// Those whose votes count for a requirement.
    pub fn electors(&self, requirement: &Requirement) -> Vec<OrgId> {
        match requirement {
            Requirement::Share { chamber, .. } => self.members(*chamber),
            Requirement::TwoChambers { .. } => self.seats.iter().map(|seat| seat.org).collect(),
            Requirement::Regulators(_) => self.regulators(None),
            Requirement::Regulator(jurisdiction) => self.regulators_or_any(&[*jurisdiction]),
            Requirement::EveryRegulator(jurisdictions) => self.regulators_or_any(jurisdictions),
        }
    }

    /// The regulators of these jurisdictions; on a test chain any regulator, where these have none.
    fn regulators_or_any(&self, jurisdictions: &[Jurisdiction]) -> Vec<OrgId> {
        let own: Vec<OrgId> = jurisdictions.iter().flat_map(|of| self.regulators(Some(*of))).collect();
        if own.is_empty() && self.lenient { self.regulators(None) } else { own }
    }

    /// Whether these votes are enough for a requirement. More votes never make it less.
    pub fn is_met(&self, requirement: &Requirement, yes: &BTreeSet<OrgId>) -> bool {
        let electors = self.electors(requirement);
        let given = electors.iter().filter(|org| yes.contains(org)).count();
        match requirement {
            Requirement::Share { chamber, share } => self.has_share(*chamber, *share, yes),
            Requirement::TwoChambers { share } => {
                let filled: Vec<Chamber> =
                    Chamber::ALL.iter().copied().filter(|chamber| !self.members(*chamber).is_empty()).collect();
                let needed = if self.lenient { filled.len().min(2) } else { 2 };
                filled.into_iter().filter(|chamber| self.has_share(*chamber, *share, yes)).count() >= needed
            }
            Requirement::Regulator(_) => given > 0 || (self.lenient && electors.is_empty()),
            Requirement::Regulators(count) => given >= if self.lenient { (*count).min(electors.len()) } else { *count },
            Requirement::EveryRegulator(jurisdictions) => {
                let own = |of: &Jurisdiction| self.regulators(Some(*of));
                let filled = self.lenient || jurisdictions.iter().all(|of| !own(of).is_empty());
                let asked: Vec<OrgId> = jurisdictions.iter().flat_map(own).collect();
                let agreed = asked.iter().all(|org| yes.contains(org));
                filled && agreed && (!asked.is_empty() || given > 0 || electors.is_empty())
            }
        }
    }

    /// Whether these votes are enough for everything that is asked.
    pub fn is_enough(&self, requirements: &[Requirement], yes: &BTreeSet<OrgId>) -> bool {
        requirements.iter().all(|requirement| self.is_met(requirement, yes))
    }

    /// Whether it could still be enough, if everybody agreed who has not said no.
    pub fn is_possible(&self, requirements: &[Requirement], no: &BTreeSet<OrgId>) -> bool {
        let rest = self.seats.iter().map(|seat| seat.org).filter(|org| !no.contains(org)).collect();
        self.is_enough(requirements, &rest)
    }

    /// Whether the organisation's vote counts for any of these.
    pub fn may_vote(&self, requirements: &[Requirement], org: OrgId) -> bool {
        requirements.iter().any(|requirement| self.electors(requirement).contains(&org))
    }

    /// Requirement by requirement, what these votes are worth.
    pub fn standings(&self, requirements: &[Requirement], yes: &BTreeSet<OrgId>) -> Vec<Standing> {
        let standing = |requirement: &Requirement| {
            let electors = self.electors(requirement);
            Standing {
                requirement: requirement.clone(),
                yes: electors.iter().copied().filter(|org| yes.contains(org)).collect(),
                is_met: self.is_met(requirement, yes),
                electors,
            }
        };
        requirements.iter().map(standing).collect()
    }
}

const HALF: (u64, u64) = (1, 2);
const TWO_THIRDS: (u64, u64) = (2, 3);

const fn share(chamber: Chamber, share: (u64, u64)) -> Requirement {
    Requirement::Share { chamber, share }
}

fn member(state: &dyn StateRead, org: OrgId) -> Result<Found<Org>, Stop> {
    state::org(state, org)?.ok_or(Stop::Refused(ErrorCode::NotFound))
}

fn removal(org: &Org) -> Vec<Requirement> {
    vec![Requirement::Regulator(org.jurisdiction()), Requirement::TwoChambers { share: TWO_THIRDS }]
}

fn admission(org: &Org) -> Vec<Requirement> {
    let own = Chamber::of(org).map(|chamber| share(chamber, HALF));
    [Requirement::Regulator(org.jurisdiction())].into_iter().chain(own).collect()
}

fn parameters() -> Vec<Requirement> {
    let others = [Chamber::Providers, Chamber::Insurers, Chamber::Infrastructure].map(|chamber| share(chamber, HALF));
    [share(Chamber::Regulators, TWO_THIRDS)].into_iter().chain(others).collect()
}

/// Jurisdictions that a change of cross-border rules affects.
fn affected(payload: &Payload) -> Vec<Jurisdiction> {
    use assent_types::consent::BasisKind;
    let of_kind = |kind: BasisKind| match kind {
        BasisKind::GbaScHk => vec![Jurisdiction::Cn, Jurisdiction::Hk],
        BasisKind::GbaScMo => vec![Jurisdiction::Cn, Jurisdiction::Mo],
        BasisKind::HkRmc => vec![Jurisdiction::Hk],
        BasisKind::MoTransfer => vec![Jurisdiction::Mo],
        BasisKind::CnScc
        | BasisKind::CnSecurityAssessment
        | BasisKind::CnCertification
        | BasisKind::CnExemptContract
        | BasisKind::CnExemptEmergency => vec![Jurisdiction::Cn],
    };
    match payload {
        Payload::SetSeparateConsents(SeparateConsentRule { jurisdiction, .. }) => vec![*jurisdiction],
        Payload::SetGbaPlaces(set) => of_kind(set.contract),
        Payload::SetBasisKind(set) => of_kind(set.kind),
        _ => Jurisdiction::ALL.to_vec(),
    }
}

/// What ratifying a measure on a target asks for, and lifting it once it is ratified: what removing the organisation
/// would, or what changing a parameter would.
fn ratification(state: &dyn StateRead, target: &Target) -> Result<Vec<Requirement>, Stop> {
    Ok(match target {
        Target::Org(org) | Target::Facility { org, .. } => {
            let org = member(state, *org)?;
            removal(&org)
        }
        _ => parameters(),
    })
}

/// What a proposal asks for, or the ratification of an emergency.
pub(crate) fn requirements(state: &dyn StateRead, matter: &Matter) -> Result<Vec<Requirement>, Stop> {
    let payload = match matter {
        Matter::Emergency(emergency) => return ratification(state, &emergency.target),
        Matter::Payload(payload) => payload,
    };
    Ok(match payload {
        Payload::AddOrg(add) => admission(&add.org),
        Payload::Accredit(accredit) => admission(&*member(state, accredit.org)?),
        Payload::RenewAccreditation(renew) => admission(&*member(state, renew.accreditation.org)?),
        Payload::RemoveOrg(remove) => removal(&*member(state, remove.org)?),
        Payload::RevokeAccreditation(revoke) => removal(&*member(state, revoke.accreditation.org)?),
        Payload::ReplaceKey(replace) => {
            let org = member(state, replace.org)?;
            vec![Requirement::Regulator(org.jurisdiction()), Requirement::Regulators(2)]
        }
        Payload::LiftMeasure(lift) => {
            let halts = state::halts(state)?;
            let measure = halts.iter().flat_map(|halts| halts.measures.iter()).find(|m| m.proposal == lift.emergency);
            let Some(measure) = measure else { return Err(ErrorCode::NotFound.into()) };
            ratification(state, &measure.target)?
        }
        other => match other.class() {
            Class::Power => vec![
                share(Chamber::Regulators, TWO_THIRDS),
                share(Chamber::Infrastructure, TWO_THIRDS),
                share(Chamber::Providers, HALF),
                share(Chamber::Insurers, HALF),
            ],
            Class::CrossBorder => vec![Requirement::EveryRegulator(affected(other))],
            Class::Designation => [Chamber::Regulators, Chamber::Infrastructure].map(|c| share(c, TWO_THIRDS)).to_vec(),
            Class::Upgrade => Chamber::ALL.iter().map(|chamber| share(*chamber, TWO_THIRDS)).collect(),
            _ => parameters(),
        },
    })
}

/// Where a matter stands with these votes at an instant: for clients, over records that they have seen proven. The inner
/// error is the number with which a proposal of this matter would be refused.
///
/// # Errors
///
/// If the state cannot be read.
pub fn standings(
    state: &dyn StateRead,
    matter: &Matter,
    yes: &BTreeSet<OrgId>,
    at: Millis,
) -> Result<Result<Vec<Standing>, ErrorCode>, ReadError> {
    match requirements(state, matter) {
        Ok(requirements) => Ok(Ok(Electorate::of(state, at)?.standings(&requirements, yes))),
        Err(Stop::Refused(code)) => Ok(Err(code)),
        Err(Stop::Read(error)) => Err(error),
    }
}

/// First instant at which a proposal that is approved now is executed.
pub fn earliest(class: Class, params: &GovernanceParams, now: Millis) -> Millis {
    match class {
        Class::Removal => now.plus(params.removal_ms),
        Class::Power => {
            let epoch_ms = params.epoch_ms.max(1);
            Millis((now.0 / epoch_ms).saturating_add(1).saturating_mul(epoch_ms))
        }
        Class::Parameters | Class::CrossBorder | Class::Designation => now.plus(params.timelock_ms),
        Class::Upgrade => now.plus(params.upgrade_ms),
        Class::Admission | Class::KeyReplacement | Class::Suspension | Class::Halt | Class::Lift => now,
    }
}

/// Whether these organisations may impose a measure on a target: one regulator of the organisation's or the border's
/// own jurisdiction, or for a halt any two regulators.
pub(crate) fn may_impose(
    state: &dyn StateRead,
    electorate: &Electorate,
    target: &Target,
    signers: &BTreeSet<OrgId>,
) -> Result<bool, Stop> {
    let one_of = |jurisdiction| electorate.is_met(&Requirement::Regulator(jurisdiction), signers);
    let two = electorate.is_met(&Requirement::Regulators(2), signers);
    Ok(match target {
        Target::Org(org) => one_of(member(state, *org)?.jurisdiction()),
        Target::Facility { org, facility } => {
            let org = member(state, *org)?;
            let place = org.facilities.iter().find(|other| other.id == *facility).map(|facility| facility.place);
            place.is_some_and(|place| one_of(place.jur))
        }
        Target::Outbound(jurisdiction) => two || one_of(*jurisdiction),
        Target::Basis { exporter, .. } => two || one_of(member(state, *exporter)?.jurisdiction()),
        Target::Borders | Target::BreakGlass | Target::Settlement => two,
    })
}
