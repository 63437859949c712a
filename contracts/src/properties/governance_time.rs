//! INV-01 of governance: what was decided is in force at its time, however slow the sweeper is.

use assent_types::governance::{Matter, ProposalStatus, Target};
use assent_types::hash::{Tag, tagged};
use assent_types::org::{Org, OrgStatus};
use assent_types::place::Jurisdiction;
use assent_types::state::{Params, Record, StateKey, Validators};
use assent_types::{Hash32, encode};

use super::follow::*;
use super::governance_walks::{GOVERNANCE, orgs, proposals};
use super::walks::swept_late_or_early;
use crate::runtime::table::Effect;
use crate::testing::*;
use crate::{MemoryState, upcoming_validators};

/// What is in force: parameters, members with their standing and keys, validators, halts, and how proposals ended.
fn in_force(state: &MemoryState, world: &World) -> Vec<(String, Hash32)> {
    let at = world.time;
    // The pace of the sweeper is what differs.
    let params = Params { sweep_max: 0, ..(*crate::runtime::state::params(state).unwrap()).clone() };
    let sets = upcoming_validators(state).unwrap();
    let sets = Validators { next: sets.next, after_next: sets.after_next };
    let hash = |bytes: Vec<u8>| tagged(Tag::Evidence, &bytes);
    let mut answers =
        vec![("parameters".to_owned(), hash(encode(&params))), ("validators".to_owned(), hash(encode(&sets)))];
    for org in orgs(state).into_values() {
        // A suspension that is over needs no sweep.
        let status = if org.is_active(at) { OrgStatus::Active } else { OrgStatus::Withdrawn };
        answers.push((format!("organisation {}", org.id), hash(encode(&Org { status, ..org.clone() }))));
    }
    let halts = crate::governance::halts::halts_of(state).unwrap();
    let everywhere = [Target::Borders, Target::BreakGlass, Target::Settlement];
    let outbound = Jurisdiction::ALL.iter().map(|jurisdiction| Target::Outbound(*jurisdiction));
    let imposed = proposals(state).filter_map(|proposal| match &proposal.matter {
        Matter::Emergency(emergency) => Some(emergency.target),
        Matter::Payload(_) => None,
    });
    for target in everywhere.into_iter().chain(outbound).chain(imposed) {
        answers.push((format!("{target:?}"), hash(encode(&halts.stops(&target, at)))));
    }
    for proposal in proposals(state) {
        let over = proposal.due.is_some_and(|due| due <= at);
        let status = match proposal.status {
            ProposalStatus::Open if over => ProposalStatus::Expired,
            ProposalStatus::EmergencyInForce if over => ProposalStatus::EmergencyLapsed,
            status => status,
        };
        answers.push((format!("proposal {}", proposal.id), hash(encode(&status))));
    }
    answers
}

/// The same acts and the same in force on a chain that sweeps one deadline per block. Counts the deadlines that such a
/// sweeper would have put off.
fn governed_on_time() -> Checker {
    let mut inner = swept_late_or_early(in_force);
    Box::new(move |step| {
        inner(step)?;
        let due = step.before.state.deadlines().iter().take_while(|deadline| deadline.at <= step.after.time).count();
        Ok(due.saturating_sub(1) as u64)
    })
}

pub(super) const INV_01: Property = Property::of_blocks("INV-01", 50, governed_on_time);

#[test]
fn inv_01_what_was_decided_is_in_force_at_its_time() {
    // Where the sweeper is slow, what was approved waits an hour longer.
    let put_off = with_row("GV-06", |row| {
        row.effect = Effect {
            text: "put off",
            apply: |call, row| {
                if call.params.sweep_max > 1 {
                    return really(call, row);
                }
                let mut proposal = call.take_proposal();
                proposal.due = proposal.due.map(|due| due.plus(3_600_000));
                call.view.put(StateKey::Proposal(proposal.id), Record::Proposal(Box::new(proposal)));
                Ok(())
            },
        };
    });
    GOVERNANCE.catches(&INV_01, &put_off);
}
