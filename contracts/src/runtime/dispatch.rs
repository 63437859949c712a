//! Finds the row of an event and executes it. See the crate's documentation for the order of errors.

use assent_types::ErrorCode;
use assent_types::action::Action;
use assent_types::consent::Grantor;
use assent_types::org::Role;

use super::call::{Call, Object};
use super::state;
use super::table::{Actor, Check, EventName, Group, Row, State, Stop, Table};
use crate::{consent, org, subject};

/// The rows of an event, over all tables.
fn rows_of(tables: &[Table<'_>], event: EventName) -> Vec<Row> {
    tables.iter().flat_map(|table| table.iter()).filter(|row| row.event == event).copied().collect()
}

/// The sweeper's row from a state, if its table has one.
pub(crate) fn sweep_row(tables: &[Table<'_>], from: State) -> Option<Row> {
    rows_of(tables, EventName::Sweep)
        .into_iter()
        .find(|row| row.actors.contains(&Actor::System) && row.from.contains(&from))
}

/// Executes the transaction of a call whose signer has been resolved.
pub(crate) fn dispatch(call: &mut Call<'_, '_>) -> Check {
    let action = call.action();
    let rows = rows_of(call.tables, EventName::of(action));
    if rows.is_empty() {
        return Err(ErrorCode::UnknownCode.into());
    }
    call.signer().authorise(action, call.now())?;
    let acting = acting(call)?;
    let candidates: Vec<Row> =
        rows.into_iter().filter(|row| row.actors.iter().any(|actor| acting.contains(actor))).collect();
    let Some(first) = candidates.first() else { return Err(ErrorCode::Role.into()) };
    run_guards(call, first, Group::Role)?;

    let (from, object) = load(call)?;
    call.object = object;
    let Some(row) = candidates.iter().find(|row| row.from.contains(&from)) else {
        return Err(ErrorCode::NotHead.into());
    };
    for group in [Group::Object, Group::Content, Group::Cross] {
        run_guards(call, row, group)?;
    }
    (row.effect.apply)(call, row)
}

/// Runs a row's guards of one group; the smallest number of those that refuse is reported.
fn run_guards(call: &Call<'_, '_>, row: &Row, group: Group) -> Check {
    let mut refused: Option<ErrorCode> = None;
    for guard in row.guards.iter().filter(|guard| guard.group == group) {
        match (guard.check)(call) {
            Ok(()) => {}
            Err(Stop::Refused(code)) => refused = Some(refused.map_or(code, |other| other.min(code))),
            Err(stop) => return Err(stop),
        }
    }
    refused.map_or(Ok(()), |code| Err(code.into()))
}

/// As whom the transaction is made: what it claims, where it claims something. Row guards check the claim.
fn acting(call: &Call<'_, '_>) -> Result<Vec<Actor>, Stop> {
    let grantor = match call.action() {
        Action::GrantConsent(grant) => &grant.grantor,
        Action::RejectConsent(reject) => &reject.grantor,
        Action::AmendConsent(amend) => &amend.grantor,
        Action::RevokeConsent(revoke) => &revoke.grantor,
        _ => return Ok(call.signer().actors()),
    };
    Ok(match grantor {
        Grantor::Subject => vec![Actor::Role(Role::Subject)],
        Grantor::Proxy { .. } => vec![Actor::Role(Role::Guardian)],
        Grantor::OrgAttested { org, .. } => match state::org(call.view, *org)? {
            Some(org) => org.roles.codes().map(Actor::Role).collect(),
            None => Vec::new(),
        },
    })
}

/// Reads the object and says in which state it is at the block's time.
fn load(call: &Call<'_, '_>) -> Result<(State, Object), Stop> {
    match call.action() {
        Action::RotateKey(rotate) => Ok((org::check::key_state(call, rotate)?, Object::None)),
        Action::SubmitEvidence(evidence) => Ok((org::check::evidence_state(call, &evidence.pair)?, Object::None)),
        Action::RegisterSubject(register) => Ok((subject::check::unregistered(call, register)?, Object::None)),
        Action::RotateSubjectKey(rotate) => Ok((subject::check::registered(call, rotate.sp)?, Object::None)),
        Action::GrantMandate(grant) => {
            subject::check::registered(call, grant.terms.subject)?;
            Ok((State::New, Object::None))
        }
        Action::RevokeMandate(revoke) => Ok((subject::check::mandate_state(call, revoke)?, Object::None)),
        Action::ProposeConsent(propose) => consent::execute::load_new(call, &propose.terms, None),
        Action::GrantConsent(grant) => consent::execute::load_new(call, &grant.terms, grant.proposal),
        Action::AmendConsent(amend) => consent::execute::load_target(call, &amend.target, Some(&amend.terms)),
        Action::RejectConsent(reject) => consent::execute::load_target(call, &reject.target, None),
        Action::RevokeConsent(revoke) => consent::execute::load_lineage(call, &revoke.target),
    }
}
