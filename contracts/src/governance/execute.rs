//! Loading proposals, and the effects of their rows.

use assent_types::governance::{
    CastVote, Chamber, Class, Emergency, Matter, Proposal, ProposalStatus, Tally, Target, proposal_id_of,
};
use assent_types::limits::PROPOSALS_CLOSED_MAX;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, List, Millis, OrgId, ProposalId, Set};

use super::check::{own_org, payload_of, signers, state_at, voters};
use super::halts;
use super::plan::plan;
use super::tally::{Electorate, earliest, requirements};
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{cause, chosen_row, sweep_row};
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, State, Stop};

/// Reads a proposal: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: ProposalId) -> Result<(State, Object), Stop> {
    let Some(proposal) = state::proposal(call.view, id)? else { return Err(ErrorCode::NotFound.into()) };
    Ok((state_at(&proposal, call.now()), Object::Proposal(Box::new((*proposal).clone()))))
}

fn status_of(state: State) -> ProposalStatus {
    match ProposalStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of proposals lead to states of proposals"),
    }
}

/// A list or set of organisations of the register, which has the same bound.
fn bounded<T, E>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(_) => unreachable!("each organisation of the register is there once, and each signer of the transaction"),
    }
}

/// Writes a proposal and leaves the row's event.
fn put(call: &mut Call<'_, '_>, row: &Row, proposal: &Proposal) {
    call.emit(row, proposal.id.0, None, &[proposal.by]);
    call.view.put(StateKey::Proposal(proposal.id), Record::Proposal(Box::new(proposal.clone())));
    call.object = Object::Proposal(Box::new(proposal.clone()));
}

/// GV-01: opens a proposal.
pub(super) fn propose(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let payload = payload!(call, Propose).payload.clone();
    let proposal = Proposal {
        id: proposal_id_of(&call.tx),
        class: payload.class(),
        matter: Matter::Payload(payload),
        by: own_org(call),
        at: call.now(),
        votes: List::default(),
        tally: None,
        due: Some(call.now().plus(call.params.governance.vote_ms)),
        ended: None,
        refused: None,
        status: status_of(row.to),
    };
    let mut register = (*state::governance(call.view)?).clone();
    register.open.push(proposal.id).map_err(|_| ErrorCode::Limit)?;
    call.view.put(StateKey::Governance, Record::Governance(Box::new(register)));
    put(call, row, &proposal);
    Ok(())
}

/// Records a vote, or changes the one that its organisation has cast.
fn cast(call: &mut Call<'_, '_>, row: &Row) -> Proposal {
    let vote = CastVote { org: own_org(call), approve: payload!(call, Vote).approve, at: call.now() };
    let mut proposal = call.take_proposal();
    match proposal.votes.as_mut_slice().iter_mut().find(|other| other.org == vote.org) {
        Some(before) => *before = vote,
        None => bounded(proposal.votes.push(vote)),
    }
    put(call, row, &proposal);
    proposal
}

/// GV-02: records a vote, and decides as soon as it can.
pub(super) fn vote(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let proposal = cast(call, row);
    let asked = requirements(call.view, &proposal.matter)?;
    let electorate = Electorate::of(call.view, call.now())?;
    if electorate.is_enough(&asked, &voters(&proposal, true)) {
        cause(call, EventName::ThresholdMet, State::Open)
    } else if !electorate.is_possible(&asked, &voters(&proposal, false)) {
        cause(call, EventName::ThresholdImpossible, State::Open)
    } else {
        Ok(())
    }
}

/// GV-12: records a vote on the ratification of an emergency.
pub(super) fn vote_to_ratify(call: &mut Call<'_, '_>, row: &Row) -> Check {
    cast(call, row);
    Ok(())
}

/// The votes for a proposal that count now.
fn tally(call: &Call<'_, '_>, proposal: &Proposal) -> Result<Tally, Stop> {
    let asked = requirements(call.view, &proposal.matter)?;
    let electorate = Electorate::of(call.view, call.now())?;
    let yes: Vec<OrgId> = voters(proposal, true).into_iter().filter(|org| electorate.may_vote(&asked, *org)).collect();
    Ok(Tally { at: call.now(), yes: bounded(Set::new(yes)) })
}

/// GV-03: the proposal waits for its time.
pub(super) fn approve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut proposal = call.take_proposal();
    proposal.tally = Some(tally(call, &proposal)?);
    proposal.due = Some(earliest(proposal.class, &call.params.governance, call.now()));
    proposal.status = status_of(row.to);
    put(call, row, &proposal);
    Ok(())
}

/// GV-04, GV-05: ends an open proposal.
pub(super) fn close(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let proposal = call.take_proposal();
    end(call, row, proposal)
}

/// Ends a proposal or an emergency.
fn end(call: &mut Call<'_, '_>, row: &Row, mut proposal: Proposal) -> Check {
    proposal.due = None;
    proposal.ended = Some(call.now());
    proposal.status = status_of(row.to);
    let mut register = (*state::governance(call.view)?).clone();
    let open: Vec<ProposalId> = register.open.iter().copied().filter(|id| *id != proposal.id).collect();
    let mut closed = register.closed.into_vec();
    if closed.len() == PROPOSALS_CLOSED_MAX {
        closed.remove(0);
    }
    closed.push(proposal.id);
    register.open = bounded(List::new(open));
    register.closed = bounded(List::new(closed));
    call.view.put(StateKey::Governance, Record::Governance(Box::new(register)));
    put(call, row, &proposal);
    Ok(())
}

/// GV-06: does what the proposal says.
pub(super) fn execute(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let proposal = call.take_proposal();
    for (key, record) in plan(payload_of(&proposal), call.ctx, call.view)? {
        call.view.put(key, record);
    }
    end(call, row, proposal)
}

/// GV-07: records why the proposal cannot be executed.
pub(super) fn refuse(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut proposal = call.take_proposal();
    proposal.refused = match plan(payload_of(&proposal), call.ctx, call.view) {
        Ok(_) => None,
        Err(Stop::Refused(code)) => Some(code.number()),
        Err(stop) => return Err(stop),
    };
    end(call, row, proposal)
}

/// GV-08: puts an emergency measure into force.
pub(crate) fn impose(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let impose = payload!(call, ImposeEmergency);
    let electorate = Electorate::of(call.view, call.now())?;
    let signers = signers(call)?;
    let regulators = electorate.seats().iter().filter(|seat| seat.chamber == Chamber::Regulators);
    let by: Vec<OrgId> = regulators.map(|seat| seat.org).filter(|org| signers.contains(org)).collect();
    let ends = call.now().plus(call.params.governance.emergency_ms);
    let class = match impose.target {
        Target::Org(_) | Target::Facility { .. } => Class::Suspension,
        _ => Class::Halt,
    };
    let emergency = Emergency { target: impose.target, order: impose.order, by: bounded(Set::new(by)), ends };
    let proposal = Proposal {
        id: proposal_id_of(&call.tx),
        class,
        matter: Matter::Emergency(emergency),
        by: own_org(call),
        at: call.now(),
        votes: List::default(),
        tally: None,
        due: Some(ends),
        ended: None,
        refused: None,
        status: status_of(row.to),
    };
    halts::impose(call, &proposal)?;
    put(call, row, &proposal);
    Ok(())
}

/// GV-09: the measure stays until it is lifted.
pub(super) fn ratify(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut proposal = call.take_proposal();
    proposal.tally = Some(tally(call, &proposal)?);
    halts::ratify(call, &proposal)?;
    end(call, row, proposal)
}

/// GV-10, GV-11: the measure is undone. A bar counts from the end of the measure, not from its sweep.
pub(super) fn lapse(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let proposal = call.take_proposal();
    let ended: Millis = proposal.due.map_or(call.now(), |due| due.min(call.now()));
    halts::undo(call, &proposal, ended)?;
    end(call, row, proposal)
}

/// Sweeps a proposal whose time has come. False if no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: ProposalId) -> Result<bool, Stop> {
    let Some(proposal) = state::proposal(call.view, id)? else { return Ok(false) };
    let status = proposal.status;
    if proposal.due.is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    call.object = Object::Proposal(Box::new((*proposal).clone()));
    let row = match status {
        ProposalStatus::Approved => chosen_row(call, EventName::Execute, State::Approved)?,
        _ => sweep_row(call.tables, *b"GV", status.into()),
    };
    let Some(row) = row else { return Ok(false) };
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
