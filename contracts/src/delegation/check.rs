//! Guards on delegations and assignments, and on whoever acts by one.

use assent_types::case::CaseOp;
use assent_types::claim::Capacity;
use assent_types::consent::Purpose;
use assent_types::delegation::{Delegation, DelegationOp};
use assent_types::org::{Org, Role};
use assent_types::place::Place;
use assent_types::{ErrorCode, Money, OrgId};

use crate::claim::check::{is_amount, person_signs};
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state::{self, Found, ReadError};
use crate::runtime::table::{Check, Stop, ensure};

// Acting for another ------------------------------------------------------------------------------------------------

/// What an act is, in whose name, and against whom.
#[derive(Clone, Copy)]
pub(crate) struct Acting {
    /// In whose name.
    pub(crate) principal: OrgId,
    /// The other side of the claim, for whom the same delegate cannot act.
    pub(crate) counterparty: OrgId,
    /// Where the services are rendered.
    pub(crate) provider: OrgId,
    /// Which operation.
    pub(crate) op: DelegationOp,
}

/// The principal itself signs, or an organisation by a live delegation that covers the operation, the amount and the
/// place, and without one from the other side (E204); with the licence for that place (E205), and for a principal in good
/// standing (E202). Whoever is neither administrator nor advance payer is no party (E203).
pub(crate) fn acts_for(call: &Call<'_, '_>, acting: Acting, amount: Option<Money>) -> Check {
    if call.signer().org_id() == Some(acting.principal) {
        return Ok(());
    }
    let Some(delegate) = &call.signer().org else { return Err(ErrorCode::Role.into()) };
    ensure(delegate.roles.has(Role::Administrator) || delegate.roles.has(Role::AdvancePayer), ErrorCode::Role)?;
    let principal = state::org(call.view, acting.principal)?;
    ensure(principal.is_some_and(|org| org.is_active(call.now())), ErrorCode::OrgStatus)?;
    let Some(delegation) = live(call, acting.principal, delegate.id)? else {
        return Err(ErrorCode::Delegation.into());
    };
    let place = state::org(call.view, acting.provider)?.map(|provider| provider.seat).ok_or(ErrorCode::NotFound)?;
    let limit = delegation.per_decision_limit;
    let within = amount.is_none_or(|amount| amount.ccy == limit.ccy && amount <= limit);
    ensure(delegation.ops.has(acting.op) && within && place.is_in(&delegation.places), ErrorCode::Delegation)?;
    ensure(live(call, acting.counterparty, delegate.id)?.is_none(), ErrorCode::Delegation)?;
    ensure(is_licensed(call, delegate, &place), ErrorCode::NotLicensed)
}

/// Whether [`acts_for`] holds.
pub(crate) fn is_acting(call: &Call<'_, '_>, acting: Acting, amount: Option<Money>) -> Result<bool, Stop> {
    match acts_for(call, acting, amount) {
        Ok(()) => Ok(true),
        Err(Stop::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn live(call: &Call<'_, '_>, principal: OrgId, delegate: OrgId) -> Result<Option<Found<Delegation>>, ReadError> {
    Ok(state::delegation(call.view, principal, delegate)?.filter(|delegation| delegation.is_live(call.now())))
}

/// Whether a delegate holds what the parameters ask of its role for claims from this place.
fn is_licensed(call: &Call<'_, '_>, delegate: &Org, place: &Place) -> bool {
    call.params
        .accreditations
        .iter()
        .filter(|rule| (rule.purpose, rule.jurisdiction) == (Purpose::Clmattch, place.jur))
        .filter(|rule| rule.role == Role::Administrator && delegate.roles.has(rule.role))
        .all(|rule| rule.any_of.iter().any(|kind| delegate.is_accredited(*kind, place, call.now())))
}

// Delegations -------------------------------------------------------------------------------------------------------

/// E203 unless the principal itself delegates.
pub(super) fn principal(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(payload!(call, GrantDelegation).principal), ErrorCode::Role)
}

/// E303 for a window that ends before it begins or has ended, E304 without operation or place, E701 or E703 for a limit
/// that is no amount.
pub(super) fn axes(call: &Call<'_, '_>) -> Check {
    let grant = payload!(call, GrantDelegation);
    ensure(grant.nbf < grant.exp && call.now() < grant.exp, ErrorCode::Window)?;
    ensure(!grant.ops.is_empty() && !grant.places.is_empty(), ErrorCode::EmptyAxis)?;
    is_amount(call, grant.per_decision_limit)
}

/// The delegate is an administrator or an advance payer (E203), active (E202), and another than the principal.
pub(super) fn delegate(call: &Call<'_, '_>) -> Check {
    let grant = payload!(call, GrantDelegation);
    let org = state::org(call.view, grant.delegate)?.ok_or(ErrorCode::NotFound)?;
    ensure(org.is_active(call.now()), ErrorCode::OrgStatus)?;
    let may = org.roles.has(Role::Administrator) || org.roles.has(Role::AdvancePayer);
    ensure(may && grant.delegate != grant.principal, ErrorCode::Role)
}

/// E203 unless principal or delegate ends it.
pub(super) fn either(call: &Call<'_, '_>) -> Check {
    let revoke = payload!(call, RevokeDelegation);
    let signer = call.signer().org_id();
    ensure(signer == Some(revoke.principal) || signer == Some(revoke.delegate), ErrorCode::Role)
}

// Assignments -------------------------------------------------------------------------------------------------------

/// The case's subject (E309) or a proxy (E301) assigns, or its provider (E203) with a capability to (E805).
pub(super) fn assigner(call: &Call<'_, '_>) -> Check {
    let case = call.case();
    match payload!(call, AssignBenefit).capacity {
        Capacity::Organisation => {
            ensure(call.signer().org_id() == Some(case.provider), ErrorCode::Role)?;
            let capable = case.capability.is_some_and(|capability| capability.ops.has(CaseOp::Assign));
            ensure(capable, ErrorCode::Capability)
        }
        person => person_signs(call, case.subject, person),
    }
}

/// E805 if the case is over.
pub(super) fn case_open(call: &Call<'_, '_>) -> Check {
    ensure(call.case().is_open(call.now()), ErrorCode::Capability)
}

/// E203 unless the assignee is an advance payer in good standing, and co-signs.
pub(super) fn accepted(call: &Call<'_, '_>) -> Check {
    let payer = payload!(call, AssignBenefit).payer;
    let advances = state::org(call.view, payer)?.is_some_and(|org| org.roles.has(Role::AdvancePayer));
    ensure(advances && cosigning_orgs(call)?.contains(&payer), ErrorCode::Role)
}

/// E203 unless the advance payer releases its own assignment.
pub(super) fn holder(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(call.assignment().payer), ErrorCode::Role)
}
