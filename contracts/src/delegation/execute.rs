//! Loading delegations and assignments, and the effects of their rows.

use assent_types::delegation::{Assignment, Delegation, assignment_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::{AssignmentId, CaseId, ErrorCode, OrgId};

use crate::runtime::call::{Call, Object, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

/// In which state the delegation of a principal to a delegate is.
pub(crate) fn load(call: &Call<'_, '_>, principal: OrgId, delegate: OrgId) -> Result<(State, Object), Stop> {
    let from = match state::delegation(call.view, principal, delegate)? {
        None => State::New,
        Some(found) if found.revoked_at.is_some() => State::Revoked,
        Some(found) if found.exp <= call.now() => State::Expired,
        Some(_) => State::Live,
    };
    Ok((from, Object::None))
}

/// Reads a case whose benefit is assigned: E905 if it is unknown.
pub(crate) fn load_case(call: &Call<'_, '_>, case: CaseId) -> Result<(State, Object), Stop> {
    let case = state::case(call.view, case)?.ok_or(ErrorCode::NotFound)?;
    Ok((State::New, Object::Case(case)))
}

/// Reads an assignment: E905 if it is unknown.
pub(crate) fn load_assignment(call: &Call<'_, '_>, id: AssignmentId) -> Result<(State, Object), Stop> {
    let assignment = state::assignment(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    let from = if assignment.released_at.is_some() { State::Revoked } else { State::Live };
    Ok((from, Object::Assignment(assignment)))
}

/// DE-01: keeps the delegation, in the place of one that has ended.
pub(super) fn grant(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let grant = payload!(call, GrantDelegation);
    let delegation = Delegation {
        principal: grant.principal,
        delegate: grant.delegate,
        ops: grant.ops,
        per_decision_limit: grant.per_decision_limit,
        places: grant.places.clone(),
        nbf: grant.nbf,
        exp: grant.exp,
        revoked_at: None,
    };
    put(call, row, delegation);
    Ok(())
}

/// DE-02: the delegation ends now.
pub(super) fn revoke(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let revoke = payload!(call, RevokeDelegation);
    let Some(found) = state::delegation(call.view, revoke.principal, revoke.delegate)? else {
        return Err(ErrorCode::NotFound.into());
    };
    let delegation = Delegation { revoked_at: Some(call.now()), ..(*found).clone() };
    put(call, row, delegation);
    Ok(())
}

fn put(call: &mut Call<'_, '_>, row: &Row, delegation: Delegation) {
    let (principal, delegate) = (delegation.principal, delegation.delegate);
    let key = StateKey::Delegation(principal, delegate);
    call.emit(row, key.hash(), None, &[principal, delegate]);
    call.view.put(key, Record::Delegation(Box::new(delegation)));
}

/// AG-01: keeps the assignment.
pub(super) fn assign(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let payer = payload!(call, AssignBenefit).payer;
    let case = call.case();
    let assignment = Assignment {
        id: assignment_id_of(&call.tx),
        case: case.id,
        subject: case.subject,
        payer,
        assigned_at: call.now(),
        released_at: None,
    };
    let parties = [case.insurer, case.provider, payer];
    call.emit(row, assignment.id.0, Some(assignment.subject), &parties);
    call.view.put(StateKey::Assignment(assignment.id), Record::Assignment(assignment));
    Ok(())
}

/// AG-02: keeps when it was released.
pub(super) fn release(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let assignment = Assignment { released_at: Some(call.now()), ..*call.assignment() };
    call.emit(row, assignment.id.0, Some(assignment.subject), &[assignment.payer]);
    call.view.put(StateKey::Assignment(assignment.id), Record::Assignment(assignment));
    Ok(())
}
