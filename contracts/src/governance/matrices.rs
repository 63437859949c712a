//! Changes of parameters, matrices and designations.

use assent_types::consent::BasisKind;
use assent_types::governance::{DesignateBank, DesignateFxo, MinimisationChange, Payload, SetBasisKind, SetGbaPlaces};
use assent_types::org::Role;
use assent_types::state::{MinimisationRule, Params};
use assent_types::{ErrorCode, List, OrgId, Set};

use crate::runtime::block::BlockContext;
use crate::runtime::state::{self, StateRead};
use crate::runtime::table::{Check, Stop, ensure};

/// Sets, replaces or removes one row of a matrix.
fn set_row<T: Clone, const MAX: usize>(
    rows: &mut List<T, MAX>,
    is_row: impl Fn(&T) -> bool,
    row: Option<T>,
) -> Result<(), ErrorCode> {
    let mut all: Vec<T> = rows.to_vec();
    match (all.iter().position(is_row), row) {
        (Some(position), Some(row)) => all[position] = row,
        (Some(position), None) => drop(all.remove(position)),
        (None, Some(row)) => all.push(row),
        (None, None) => {}
    }
    *rows = List::new(all).map_err(|_| ErrorCode::Limit)?;
    Ok(())
}

/// Adds or removes one element of a set.
fn set_element<T: Ord + Clone, const MAX: usize>(set: &mut Set<T, MAX>, element: &T, member: bool) -> Check {
    let rest = set.iter().filter(|other| *other != element).cloned();
    let with: Vec<T> = if member { vec![element.clone()] } else { Vec::new() };
    *set = Set::new(rest.chain(with)).map_err(|_| ErrorCode::Limit)?;
    Ok(())
}

/// Changes the parameters as a payload says. Whether the values are allowed is for the caller to check.
pub(super) fn apply(
    ctx: &BlockContext,
    state: &dyn StateRead,
    payload: &Payload,
    params: &mut Params,
) -> Result<(), Stop> {
    match payload {
        Payload::SetParam(change) => change.apply(params),
        Payload::SetMinimisation(change) => set_minimisation(params, change)?,
        Payload::SetAccreditationRule(rule) => {
            let row = (!rule.any_of.is_empty()).then(|| rule.clone());
            let key = (rule.role, rule.purpose, rule.jurisdiction);
            set_row(&mut params.accreditations, |other| (other.role, other.purpose, other.jurisdiction) == key, row)?;
        }
        Payload::SetUserCategories(rule) => {
            let row = (!rule.categories.is_empty()).then(|| rule.clone());
            set_row(&mut params.user_categories, |other| other.user_role == rule.user_role, row)?;
        }
        Payload::SetSeparateConsents(rule) => {
            let is_row = |other: &assent_types::state::SeparateConsentRule| other.jurisdiction == rule.jurisdiction;
            set_row(&mut params.separate_consents, is_row, Some(rule.clone()))?;
        }
        Payload::SetGbaPlaces(set) => set_places(params, set)?,
        Payload::SetBasisKind(SetBasisKind { kind, accepted }) => {
            let others: Vec<BasisKind> = params.governance.basis_kinds.codes().filter(|other| other != kind).collect();
            let kinds = assent_types::consent::BasisKinds::of(&others);
            params.governance.basis_kinds = if *accepted { kinds.with(*kind) } else { kinds };
        }
        Payload::DesignateBank(DesignateBank { designation, designated }) => {
            ensure(!designated || has_role(ctx, state, designation.bank, Role::Bank)?, ErrorCode::Bank)?;
            set_element(&mut params.claims.banks, designation, *designated)?;
        }
        Payload::DesignateFxo(DesignateFxo { designation, designated }) => {
            let may = !designated || has_role(ctx, state, designation.oracle, Role::FxOracle)?;
            ensure(may, ErrorCode::Role)?;
            set_element(&mut params.claims.course.oracles, designation, *designated)?;
        }
        other => unreachable!("{} changes no parameter", other.name()),
    }
    Ok(())
}

/// Whether an active organisation has a role.
fn has_role(ctx: &BlockContext, state: &dyn StateRead, org: OrgId, role: Role) -> Result<bool, Stop> {
    Ok(state::org(state, org)?.is_some_and(|org| org.roles.has(role) && org.is_active(ctx.time)))
}

fn set_minimisation(params: &mut Params, change: &MinimisationChange) -> Result<(), Stop> {
    let row = change.limit.as_ref().map(|limit| MinimisationRule {
        role: change.role,
        purpose: change.purpose,
        categories: limit.categories,
        max_grade: limit.max_grade,
    });
    let key = (change.role, change.purpose);
    set_row(&mut params.minimisation, |other| (other.role, other.purpose) == key, row)?;
    Ok(())
}

fn set_places(params: &mut Params, set: &SetGbaPlaces) -> Result<(), Stop> {
    match set.contract {
        BasisKind::GbaScHk => params.gba_hk = set.places.clone(),
        BasisKind::GbaScMo => params.gba_mo = set.places.clone(),
        _ => return Err(ErrorCode::Proposal.into()),
    }
    Ok(())
}
