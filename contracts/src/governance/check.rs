//! Guards of governance.

use std::collections::BTreeSet;

use assent_types::governance::{Emergency, Matter, Payload, Proposal, ProposalStatus, Target};
use assent_types::limits::{BARS_MAX, MEASURES_MAX, PROPOSALS_OPEN_MAX, PROPOSALS_OPEN_PER_ORG_MAX};
use assent_types::{ErrorCode, Hash32, Millis, OrgId};

use super::halts::halts_of;
use super::plan::plan;
use super::tally::{Electorate, may_impose, requirements};
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state;
use crate::runtime::table::{Check, State, Stop, ensure};

/// The state of a proposal at an instant: one that is overdue counts as ended, however late it is swept.
pub(super) fn state_at(proposal: &Proposal, at: Millis) -> State {
    let overdue = proposal.due.is_some_and(|due| due <= at);
    match proposal.status {
        ProposalStatus::Open if overdue => State::Expired,
        ProposalStatus::EmergencyInForce if overdue => State::EmergencyLapsed,
        status => status.into(),
    }
}

/// The signer's organisation; only organisations are actors of these rows.
pub(super) fn own_org(call: &Call<'_, '_>) -> OrgId {
    match call.signer().org_id() {
        Some(org) => org,
        None => unreachable!("only organisations are actors of these rows"),
    }
}

fn is_active(call: &Call<'_, '_>) -> bool {
    call.signer().org.as_ref().is_some_and(|org| org.is_active(call.now()))
}

/// E202 for a suspended organisation. What governs is open to it as far as its key is concerned, so that its vote gets an
/// answer of its own.
pub(super) fn good_standing(call: &Call<'_, '_>) -> Check {
    ensure(is_active(call), ErrorCode::OrgStatus)
}

/// E206 for a suspended organisation.
pub(super) fn voter(call: &Call<'_, '_>) -> Check {
    ensure(is_active(call), ErrorCode::Vote)
}

/// The organisation that a payload is about.
fn concerned(payload: &Payload) -> Option<OrgId> {
    match payload {
        Payload::Accredit(accredit) => Some(accredit.org),
        Payload::RenewAccreditation(renew) => Some(renew.accreditation.org),
        Payload::RemoveOrg(remove) => Some(remove.org),
        Payload::RevokeAccreditation(revoke) => Some(revoke.accreditation.org),
        Payload::ReplaceKey(replace) => Some(replace.org),
        Payload::AddValidator(add) => Some(add.org),
        Payload::SetValidatorPower(set) => Some(set.org),
        Payload::RemoveValidator(remove) => Some(remove.org),
        _ => None,
    }
}

/// E203 unless the proposer's vote would count, or it is about itself.
pub(super) fn may_propose(call: &Call<'_, '_>) -> Check {
    let payload = &payload!(call, Propose).payload;
    let own = own_org(call);
    if concerned(payload) == Some(own) {
        return Ok(());
    }
    let asked = requirements(call.view, &Matter::Payload(payload.clone()))?;
    ensure(Electorate::of(call.view, call.now())?.may_vote(&asked, own), ErrorCode::Role)
}

/// The number with which the present state refuses the payload, if it does.
pub(super) fn payload_valid(call: &Call<'_, '_>) -> Check {
    plan(&payload!(call, Propose).payload, call.ctx, call.view).map(|_| ())
}

/// E903 if too many proposals are open, over all or of this organisation.
pub(super) fn room(call: &Call<'_, '_>) -> Check {
    let register = state::governance(call.view)?;
    ensure(register.open.len() < PROPOSALS_OPEN_MAX, ErrorCode::Limit)?;
    let mut own = 0;
    for id in &register.open {
        let by = state::proposal(call.view, *id)?.map(|proposal| proposal.by);
        own += usize::from(by == Some(own_org(call)));
    }
    ensure(own < PROPOSALS_OPEN_PER_ORG_MAX, ErrorCode::Limit)
}

/// E206 unless the vote would count.
pub(super) fn seat(call: &Call<'_, '_>) -> Check {
    let asked = requirements(call.view, &call.proposal().matter)?;
    ensure(Electorate::of(call.view, call.now())?.may_vote(&asked, own_org(call)), ErrorCode::Vote)
}

/// E206 for the same vote again.
pub(super) fn one_vote(call: &Call<'_, '_>) -> Check {
    let (own, approve) = (own_org(call), payload!(call, Vote).approve);
    let same = call.proposal().votes.iter().any(|vote| vote.org == own && vote.approve == approve);
    ensure(!same, ErrorCode::Vote)
}

/// Those who voted so.
pub(super) fn voters(proposal: &Proposal, approve: bool) -> BTreeSet<OrgId> {
    proposal.votes.iter().filter(|vote| vote.approve == approve).map(|vote| vote.org).collect()
}

/// E206 unless the votes of members in good standing reach the threshold.
pub(super) fn enough(call: &Call<'_, '_>) -> Check {
    let proposal = call.proposal();
    let asked = requirements(call.view, &proposal.matter)?;
    let electorate = Electorate::of(call.view, call.now())?;
    ensure(electorate.is_enough(&asked, &voters(proposal, true)), ErrorCode::Vote)
}

/// E206 as long as the threshold can be reached.
pub(super) fn out_of_reach(call: &Call<'_, '_>) -> Check {
    let proposal = call.proposal();
    let asked = requirements(call.view, &proposal.matter)?;
    let electorate = Electorate::of(call.view, call.now())?;
    ensure(!electorate.is_possible(&asked, &voters(proposal, false)), ErrorCode::Vote)
}

/// The payload of a proposal; emergencies are never approved.
pub(super) fn payload_of(proposal: &Proposal) -> &Payload {
    match &proposal.matter {
        Matter::Payload(payload) => payload,
        Matter::Emergency(_) => unreachable!("an emergency is imposed, not approved"),
    }
}

pub(super) fn payload_still_valid(call: &Call<'_, '_>) -> Check {
    plan(payload_of(call.proposal()), call.ctx, call.view).map(|_| ())
}

pub(super) fn payload_no_longer_valid(call: &Call<'_, '_>) -> Check {
    match payload_still_valid(call) {
        Ok(()) => Err(ErrorCode::Proposal.into()),
        Err(Stop::Refused(_)) => Ok(()),
        Err(stop) => Err(stop),
    }
}

/// The emergency that the loaded object is.
pub(super) fn emergency_of(proposal: &Proposal) -> &Emergency {
    match &proposal.matter {
        Matter::Emergency(emergency) => emergency,
        Matter::Payload(_) => unreachable!("a proposal with a payload is never in force as an emergency"),
    }
}

/// The organisations that sign the transaction, co-signers included, as far as they are in good standing.
pub(super) fn signers(call: &Call<'_, '_>) -> Result<BTreeSet<OrgId>, Stop> {
    let mut signers: BTreeSet<OrgId> = cosigning_orgs(call)?.into_iter().collect();
    signers.insert(own_org(call));
    Ok(signers)
}

/// E905 if there is no such target, E209 if it is stopped already or has nothing to stop.
pub(super) fn target(call: &Call<'_, '_>) -> Check {
    let impose = payload!(call, ImposeEmergency);
    ensure(impose.order != Hash32::ZERO, ErrorCode::Proposal)?;
    let now = call.now();
    match impose.target {
        Target::Org(id) => {
            let org = state::org(call.view, id)?.ok_or(ErrorCode::NotFound)?;
            ensure(org.is_active(now), ErrorCode::Proposal)?;
        }
        Target::Facility { org, facility } => {
            let org = state::org(call.view, org)?.ok_or(ErrorCode::NotFound)?;
            ensure(org.facilities.iter().any(|other| other.id == facility), ErrorCode::NotFound)?;
        }
        Target::Basis { exporter, basis } => {
            let bases = state::bases(call.view, exporter)?;
            let known = bases.is_some_and(|bases| bases.iter().any(|other| other.id == basis));
            ensure(known, ErrorCode::NotFound)?;
        }
        Target::Borders | Target::Outbound(_) | Target::BreakGlass | Target::Settlement => {}
    }
    ensure(!halts_of(call.view)?.stops(&impose.target, now), ErrorCode::Proposal)
}

/// E203 unless one regulator of the jurisdiction signs, or for a halt two regulators.
pub(super) fn emergency_quorum(call: &Call<'_, '_>) -> Check {
    let electorate = Electorate::of(call.view, call.now())?;
    let target = payload!(call, ImposeEmergency).target;
    ensure(may_impose(call.view, &electorate, &target, &signers(call)?)?, ErrorCode::Role)
}

/// E208 while one of the signers is barred from imposing this again. A measure that has ended and was not swept yet bars as
/// if it had been.
pub(super) fn not_barred(call: &Call<'_, '_>) -> Check {
    let halts = halts_of(call.view)?;
    let (target, signers, now) = (payload!(call, ImposeEmergency).target, signers(call)?, call.now());
    let barred = halts
        .bars
        .iter()
        .any(|bar| bar.target == target && now < bar.until && bar.by.iter().any(|org| signers.contains(org)));
    let bar_ms = call.params.governance.emergency_ms;
    let unswept = halts.measures.iter().any(|measure| {
        let bars = measure.until.is_some_and(|until| until <= now && now < until.plus(bar_ms));
        measure.target == target && bars && measure.by.iter().any(|org| signers.contains(org))
    });
    ensure(!barred && !unswept, ErrorCode::EmergencyRepeat)
}

/// E903 if too much is stopped. Every measure leaves at most one bar, for which room is kept.
pub(super) fn measure_room(call: &Call<'_, '_>) -> Check {
    let halts = halts_of(call.view)?;
    let bars = halts.bars.iter().filter(|bar| call.now() < bar.until).count();
    let measures = halts.measures.len();
    ensure(measures < MEASURES_MAX && measures + bars < BARS_MAX, ErrorCode::Limit)
}

/// E209 if an organisation would stay suspended unheard.
pub(super) fn heard(call: &Call<'_, '_>) -> Check {
    let about_org = matches!(emergency_of(call.proposal()).target, Target::Org(_) | Target::Facility { .. });
    let heard = payload!(call, Ratify).statement != Hash32::ZERO;
    ensure(heard == about_org, ErrorCode::Proposal)
}

/// E206 unless the votes would remove the organisation, or change a parameter.
pub(super) fn ratifiable(call: &Call<'_, '_>) -> Check {
    enough(call)
}

/// E203 unless one of those who imposed it signs.
pub(super) fn imposer(call: &Call<'_, '_>) -> Check {
    let own = own_org(call);
    let imposed = match &call.proposal().matter {
        Matter::Emergency(emergency) => emergency.by.contains(&own),
        Matter::Payload(_) => true,
    };
    ensure(imposed, ErrorCode::Role)
}
