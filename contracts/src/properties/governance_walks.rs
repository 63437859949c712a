//! Properties of whole chains that govern themselves.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::action::Action;
use assent_types::governance::*;
use assent_types::org::{Org, OrgStatus, Role};
use assent_types::place::Jurisdiction;
use assent_types::receipt::RowId;
use assent_types::state::{Record, StateKey};
use assent_types::subject::KeyOwner;
use assent_types::validator::ValidatorSet;
use assent_types::{Millis, OrgId, ProposalId, Set};

use super::document_walks::INV_04;
use super::follow::*;
use super::governance_time::INV_01;
use super::governance_walk::GovernanceWalk;
use super::indexes::{INV_33, INV_34, INV_35};
use super::privacy::INV_25;
use super::walks::INV_03;
use crate::runtime::table::Effect;
use crate::testing::*;
use crate::{MemoryState, Row, upcoming_validators};

pub(super) const GOVERNANCE: Kind = Kind {
    name: "governance",
    new: |seed| Box::new(GovernanceWalk::new(seed)),
    seeds: 4_001..=5_000,
    machines: &[*b"GV", *b"TB"],
    never: &[],
    also: &[],
    errors: &[202, 203, 206, 207, 208, 209],
    properties: &[INV_01, INV_03, INV_04, INV_25, INV_28, INV_29, INV_30, INV_31, INV_33, INV_34, INV_35],
};

#[test]
fn walks_of_governance_keep_every_invariant_and_fire_every_row() {
    GOVERNANCE.keeps_its_properties();
}

pub(super) fn orgs(state: &MemoryState) -> BTreeMap<OrgId, &Org> {
    let record = |value: &'_ assent_types::state::StateValue| match &value.record {
        Record::Org(org) => Some(org.id),
        _ => None,
    };
    state
        .values()
        .filter_map(|value| Some((record(value)?, value)))
        .filter_map(|(id, value)| match &value.record {
            Record::Org(org) => Some((id, org.as_ref())),
            _ => None,
        })
        .collect()
}

pub(super) fn proposals(state: &MemoryState) -> impl Iterator<Item = &Proposal> {
    state.values().filter_map(|value| match &value.record {
        Record::Proposal(proposal) => Some(proposal.as_ref()),
        _ => None,
    })
}

// INV-28 ------------------------------------------------------------------------------------------------------------

/// What a suspended organisation may still do.
fn is_exempt(action: &Action) -> bool {
    matches!(
        action,
        Action::RotateKey(_)
            | Action::RevokeConsent(_)
            | Action::RejectConsent(_)
            | Action::RevokeMandate(_)
            | Action::RetractDocument(_)
            | Action::SubmitEvidence(_)
            | Action::EndBasis(_)
    )
}

/// Whatever took effect was signed with a key inside its window, by an organisation in good standing.
fn only_members_in_good_standing_act() -> Checker {
    Box::new(|step| {
        let now = step.after.time;
        let (mut suspended, mut acted) = (BTreeSet::new(), 0);
        for (tx, (receipt, _)) in step.txs.iter().zip(&step.outcome.receipts) {
            let Some(key) = crate::runtime::state::key(&step.after.state, tx.body.signer).unwrap() else {
                return Err("an unknown key acted".into());
            };
            let KeyOwner::Org(id) = key.owner else { continue };
            // A suspension of this very block came before what follows it, or after: only the first counts.
            let before = orgs(&step.before.state).get(&id).is_some_and(|org| org.is_active(now));
            if receipt.code != 0 {
                continue;
            }
            acted += 1;
            if (!before || suspended.contains(&id)) && !is_exempt(&tx.body.action) {
                let admitted = !orgs(&step.before.state).contains_key(&id) && !suspended.contains(&id);
                let lifted = !suspended.contains(&id) && orgs(&step.after.state)[&id].is_active(now);
                if !admitted && !lifted {
                    return Err(format!("organisation {id} is not active and did {}", tx.body.action.name()));
                }
            }
            let record = orgs(&step.before.state)
                .get(&id)
                .and_then(|org| org.keys.iter().find(|record| record.id() == tx.body.signer).copied());
            if record.is_some_and(|record| !record.is_live(now)) {
                return Err(format!("a dead key of organisation {id} acted"));
            }
            if let Action::ImposeEmergency(ImposeEmergency { target: Target::Org(target), .. }) = &tx.body.action {
                suspended.insert(*target);
            }
            if let Action::Lift(_) = &tx.body.action {
                suspended.clear();
            }
        }
        Ok(acted)
    })
}

const INV_28: Property = Property::of_blocks("INV-28", 2000, only_members_in_good_standing_act);

#[test]
fn inv_28_only_members_in_good_standing_act() {
    let anybody = with_row("GV-02", without_guard("voter_in_good_standing"));
    let anybody: Vec<Vec<Row>> = anybody
        .into_iter()
        .map(|table| {
            let seat = |row: &mut Row| {
                let rest: Vec<_> =
                    row.guards.iter().filter(|guard| guard.name != "sits_in_a_chamber_that_decides").copied().collect();
                row.guards = rest.leak();
            };
            table
                .into_iter()
                .map(|mut row| {
                    if row.id == RowId(*b"GV", 2) {
                        seat(&mut row);
                    }
                    row
                })
                .collect()
        })
        .collect();
    GOVERNANCE.catches(&INV_28, &anybody);
}

// INV-29 ------------------------------------------------------------------------------------------------------------

fn chamber(org: &Org) -> u8 {
    if org.roles.has(Role::Regulator) {
        0
    } else if org.roles.has(Role::Hospital) {
        1
    } else if org.roles.has(Role::Insurer) {
        2
    } else {
        3
    }
}

/// The limits of power, in the words of the specification.
fn caps_are_kept(set: &ValidatorSet, orgs: &BTreeMap<OrgId, &Org>) -> Verdict {
    let total: u64 = set.validators().iter().map(|validator| validator.power).sum();
    let sum = |is: &dyn Fn(&Org) -> bool| -> u64 {
        set.validators().iter().filter(|validator| is(orgs[&validator.org])).map(|validator| validator.power).sum()
    };
    let places: BTreeSet<Jurisdiction> =
        set.validators().iter().map(|validator| orgs[&validator.org].seat.jur).collect();
    if set.validators().len() < 7 || places.len() < 3 {
        return Err(format!("{} validators of {} jurisdictions", set.validators().len(), places.len()));
    }
    for validator in set.validators() {
        if validator.power * 20 > total * 3 {
            return Err(format!("validator {} has {} of {total}", validator.org, validator.power));
        }
    }
    for place in places {
        if 3 * sum(&|org| org.seat.jur == place) >= 2 * total {
            return Err(format!("{place} has two thirds"));
        }
    }
    for index in 0..4 {
        if 2 * sum(&|org| chamber(org) == index) >= total {
            return Err(format!("chamber {index} has half"));
        }
    }
    Ok(())
}

/// The caps hold after every block, and a set is never far from the one that a light client trusted an epoch before.
fn power_stays_within_its_limits() -> Checker {
    let mut moved: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    Box::new(move |step| {
        let before = upcoming_validators(&step.before.state).unwrap().after_next;
        let after = upcoming_validators(&step.after.state).unwrap().after_next;
        caps_are_kept(&after, &orgs(&step.after.state))?;
        let ids: BTreeSet<OrgId> =
            before.validators().iter().chain(after.validators()).map(|validator| validator.org).collect();
        let power = |set: &ValidatorSet, org| set.by_org(org).map_or(0, |validator| validator.power);
        let change: u64 = ids.into_iter().map(|org| power(&before, org).abs_diff(power(&after, org))).sum();
        let epoch = moved.entry(step.after.time.0 / DAY_MS).or_insert((before.total_power(), 0));
        epoch.1 += change;
        if epoch.1 * 3 >= epoch.0 && epoch.1 > 0 {
            return Err(format!("{} of {} moved in one epoch", epoch.1, epoch.0));
        }
        Ok(change)
    })
}

const INV_29: Property = Property::of_blocks("INV-29", 50, power_stays_within_its_limits);

#[test]
fn inv_29_power_stays_within_its_limits() {
    // The power is set, whatever the limits say.
    let unlimited = with_row("GV-02", |row| {
        row.effect = Effect {
            text: "one vote sets any power",
            apply: |call, row| {
                let proposal = call.take_proposal();
                if let Matter::Payload(Payload::SetValidatorPower(set)) = &proposal.matter {
                    let sets = crate::runtime::state::validators(call.view)?;
                    let validators = sets.after_next.validators().iter().map(|validator| {
                        let power = if validator.org == set.org { 10 * set.power } else { validator.power };
                        assent_types::validator::Validator { power, ..*validator }
                    });
                    let after_next = ValidatorSet::new(validators.collect()).unwrap();
                    let record = assent_types::state::Validators { next: sets.next.clone(), after_next };
                    call.view.put(StateKey::Validators, Record::Validators(record));
                }
                call.emit(row, proposal.id.0, None, &[]);
                Ok(())
            },
        };
    });
    GOVERNANCE.catches(&INV_29, &unlimited);
}

// INV-30 ------------------------------------------------------------------------------------------------------------

/// Members in good standing, by chamber; regulators by jurisdiction too.
struct House {
    members: Vec<(OrgId, u8, Jurisdiction)>,
}

impl House {
    fn of(state: &MemoryState, now: Millis) -> Self {
        let seated = [
            Role::Regulator,
            Role::Hospital,
            Role::Insurer,
            Role::Administrator,
            Role::Custodian,
            Role::KeyHolder,
            Role::PseudonymOperator,
        ];
        let members = orgs(state)
            .into_values()
            .filter(|org| org.is_active(now) && seated.iter().any(|role| org.roles.has(*role)))
            .map(|org| (org.id, chamber(org), org.seat.jur))
            .collect();
        Self { members }
    }

    /// Votes in a chamber and its seats.
    fn count(&self, of: u8, yes: &BTreeSet<OrgId>) -> (usize, usize) {
        let seats: Vec<OrgId> = self.members.iter().filter(|member| member.1 == of).map(|member| member.0).collect();
        (seats.iter().filter(|org| yes.contains(org)).count(), seats.len())
    }

    fn share(&self, of: u8, (numerator, denominator): (usize, usize), yes: &BTreeSet<OrgId>) -> bool {
        let (given, seats) = self.count(of, yes);
        seats > 0 && given * denominator >= seats * numerator
    }

    fn regulator(&self, of: Jurisdiction, yes: &BTreeSet<OrgId>) -> bool {
        self.members.iter().any(|member| member.1 == 0 && member.2 == of && yes.contains(&member.0))
    }

    fn every_regulator(&self, of: &[Jurisdiction], yes: &BTreeSet<OrgId>) -> bool {
        of.iter().all(|jur| {
            let mut own = self.members.iter().filter(|member| member.1 == 0 && member.2 == *jur).peekable();
            own.peek().is_some() && own.all(|member| yes.contains(&member.0))
        })
    }

    /// Whether these votes carry a proposal, by the letter of its class.
    fn carries(&self, state: &MemoryState, payload: &Payload, yes: &BTreeSet<OrgId>) -> bool {
        let of = |org: &OrgId| orgs(state)[org].clone();
        let (half, two_thirds) = ((1, 2), (2, 3));
        let chambers = |share, needed| (0..4).filter(|index| self.share(*index, share, yes)).count() >= needed;
        match payload.class() {
            Class::Admission => {
                let org = match payload {
                    Payload::AddOrg(add) => add.org.clone(),
                    Payload::Accredit(accredit) => of(&accredit.org),
                    _ => return false,
                };
                let has_seat = !org.roles.has(Role::Bank) && !org.roles.has(Role::FxOracle);
                self.regulator(org.seat.jur, yes) && (!has_seat || self.share(chamber(&org), half, yes))
            }
            Class::Removal => match payload {
                Payload::RemoveOrg(remove) => self.regulator(of(&remove.org).seat.jur, yes) && chambers(two_thirds, 2),
                _ => false,
            },
            Class::KeyReplacement => match payload {
                Payload::ReplaceKey(replace) => {
                    self.regulator(of(&replace.org).seat.jur, yes) && self.count(0, yes).0 >= 2
                }
                _ => false,
            },
            Class::Power => {
                [0, 3].iter().all(|index| self.share(*index, two_thirds, yes))
                    && [1, 2].iter().all(|index| self.share(*index, half, yes))
            }
            Class::Parameters => {
                self.share(0, two_thirds, yes) && [1, 2, 3].iter().all(|index| self.share(*index, half, yes))
            }
            Class::Designation => [0, 3].iter().all(|index| self.share(*index, two_thirds, yes)),
            Class::Upgrade => chambers(two_thirds, 4),
            Class::CrossBorder => match payload {
                Payload::SetBasisKind(set) => {
                    use assent_types::consent::BasisKind::{GbaScHk, HkRmc};
                    let affected: &[Jurisdiction] = match set.kind {
                        GbaScHk => &[Jurisdiction::Cn, Jurisdiction::Hk],
                        HkRmc => &[Jurisdiction::Hk],
                        _ => &[Jurisdiction::Mo],
                    };
                    self.every_regulator(affected, yes)
                }
                _ => false,
            },
            Class::Lift => match payload {
                Payload::LiftMeasure(lift) => {
                    let target =
                        proposals(state).find(|proposal| proposal.id == lift.emergency).map(|proposal| match &proposal
                            .matter
                        {
                            Matter::Emergency(emergency) => emergency.target,
                            Matter::Payload(_) => Target::Borders,
                        });
                    match target {
                        Some(Target::Org(org) | Target::Facility { org, .. }) => {
                            self.regulator(of(&org).seat.jur, yes) && chambers(two_thirds, 2)
                        }
                        _ => {
                            self.share(0, two_thirds, yes)
                                && [1, 2, 3].iter().all(|index| self.share(*index, half, yes))
                        }
                    }
                }
                _ => false,
            },
            Class::Suspension | Class::Halt => false,
        }
    }
}

/// Every proposal that is approved in a block of one transaction was carried by the votes of its members in good standing
/// as the committed transactions cast them, and without the last one it would not have been.
fn votes_decide() -> Checker {
    let mut cast: BTreeMap<ProposalId, BTreeMap<OrgId, bool>> = BTreeMap::new();
    // The state after each proposal's last vote: members may have left since, so that the votes before suffice now.
    let mut voted_on: BTreeMap<ProposalId, (MemoryState, Millis)> = BTreeMap::new();
    Box::new(move |step| {
        let mut carried_in_block = 0;
        for (index, (tx, (receipt, details))) in step.txs.iter().zip(&step.outcome.receipts).enumerate() {
            let Action::Vote(vote) = &tx.body.action else { continue };
            if receipt.code != 0 {
                continue;
            }
            let key = crate::runtime::state::key(&step.after.state, tx.body.signer).unwrap().unwrap();
            let KeyOwner::Org(voter) = key.owner else { return Err("a person voted".into()) };
            let votes = cast.entry(vote.proposal).or_default();
            let earlier = votes.insert(voter, vote.approve);
            if earlier == Some(vote.approve) {
                return Err(format!("organisation {voter} voted twice"));
            }
            let yes: BTreeSet<OrgId> = votes.iter().filter(|(_, approve)| **approve).map(|(org, _)| *org).collect();
            let approved = details.events.iter().any(|event| event.row == RowId(*b"GV", 3));
            // Who came or went later in the block counts from then on.
            let then = if step.steady() { step.after.state.clone() } else { (*step.state_before(index + 1)).clone() };
            let earlier_state = voted_on.insert(vote.proposal, (then, step.after.time));
            let Some(proposal) = proposals(&step.after.state).find(|proposal| proposal.id == vote.proposal) else {
                return Err("a vote on nothing".into());
            };
            let Matter::Payload(payload) = &proposal.matter else { continue };
            if step.txs.len() > 1 && !step.steady() {
                continue;
            }
            let house = House::of(&step.before.state, step.after.time);
            if orgs(&step.before.state).len() != orgs(&step.after.state).len() {
                continue;
            }
            let carried = house.carries(&step.before.state, payload, &yes);
            carried_in_block += u64::from(approved && carried);
            if approved && !carried {
                return Err(format!("{} was approved by {yes:?}", payload.name()));
            }
            let without: BTreeSet<OrgId> = yes.iter().copied().filter(|org| *org != voter).collect();
            let sufficed =
                |(state, at): &(MemoryState, Millis)| House::of(state, *at).carries(state, payload, &without);
            if approved && earlier_state.as_ref().is_some_and(sufficed) {
                return Err(format!("{} was late: {without:?} sufficed", payload.name()));
            }
            let still_open = proposal.status == ProposalStatus::Open;
            if still_open && carried {
                return Err(format!("{} is open with {yes:?}", payload.name()));
            }
        }
        for proposal in proposals(&step.after.state) {
            if proposal.status == ProposalStatus::Executed && proposal.tally.is_none() {
                return Err("executed without a tally".into());
            }
        }
        Ok(carried_in_block)
    })
}

impl Step<'_> {
    /// Whether nobody's standing changed in the block, so that its first state tells who could vote all through it.
    fn steady(&self) -> bool {
        let standing = |state: &MemoryState| -> Vec<(OrgId, bool)> {
            orgs(state).into_values().map(|org| (org.id, org.is_active(self.after.time))).collect()
        };
        let imposed = self.txs.iter().any(|tx| matches!(tx.body.action, Action::ImposeEmergency(_) | Action::Lift(_)));
        !imposed && standing(&self.before.state) == standing(&self.after.state)
    }
}

const INV_30: Property = Property::of_blocks("INV-30", 50, votes_decide);

#[test]
fn inv_30_votes_decide_and_none_of_them_could_be_missing() {
    let any_vote = with_row("GV-02", |row| {
        row.effect = Effect {
            text: "the first vote approves",
            apply: |call, row| {
                let mut proposal = call.take_proposal();
                let now = call.now();
                proposal.status = ProposalStatus::Approved;
                proposal.tally = Some(Tally { at: now, yes: Set::default() });
                proposal.due = Some(now.plus(1));
                call.emit(row, proposal.id.0, None, &[]);
                let approved = Row { id: RowId(*b"GV", 3), ..*row };
                call.emit(&approved, proposal.id.0, None, &[]);
                call.view.put(StateKey::Proposal(proposal.id), Record::Proposal(Box::new(proposal)));
                Ok(())
            },
        };
    });
    GOVERNANCE.catches(&INV_30, &any_vote);
    let again = with_row("GV-02", without_guard("not_the_same_vote_again"));
    GOVERNANCE.catches(&INV_30, &again);
}

// INV-31 ------------------------------------------------------------------------------------------------------------

/// P_emergency of the walks.
const EMERGENCY_MS: u64 = 2 * DAY_MS;

/// Nothing is stopped for longer than P_emergency, unless it was ratified: by the measures' record and by the
/// organisations' own.
fn emergencies_end() -> Checker {
    let mut imposed: BTreeMap<Target, Millis> = BTreeMap::new();
    let mut ratified: BTreeSet<Target> = BTreeSet::new();
    Box::new(move |step| {
        let now = step.after.time;
        for proposal in proposals(&step.after.state) {
            let Matter::Emergency(emergency) = &proposal.matter else { continue };
            let last = imposed.entry(emergency.target).or_insert(proposal.at);
            *last = (*last).max(proposal.at);
            if proposal.status == ProposalStatus::Ratified {
                ratified.insert(emergency.target);
            }
        }
        let (halts, mut stopped) = (step.after.halts(), 0);
        let overdue = |target: &Target| {
            !ratified.contains(target) && imposed.get(target).is_none_or(|at| at.plus(EMERGENCY_MS) <= now)
        };
        for measure in halts.measures.iter().filter(|measure| measure.is_in_force(now)) {
            stopped += 1;
            if overdue(&measure.target) {
                return Err(format!("{:?} is stopped for too long", measure.target));
            }
        }
        for org in orgs(&step.after.state).into_values() {
            let suspended = matches!(org.status, OrgStatus::Suspended { until, .. } if now < until);
            if suspended && overdue(&Target::Org(org.id)) {
                return Err(format!("organisation {} is suspended for too long", org.id));
            }
        }
        Ok(stopped)
    })
}

const INV_31: Property = Property::of_blocks("INV-31", 500, emergencies_end);

#[test]
fn inv_31_emergencies_end_unless_they_are_ratified() {
    let longer = with_row("GV-08", |row| {
        row.effect = Effect {
            text: "for twice as long",
            apply: |call, row| {
                crate::governance::execute::impose(call, row)?;
                let mut proposal = call.take_proposal();
                if let Matter::Emergency(emergency) = &mut proposal.matter {
                    emergency.ends = emergency.ends.plus(EMERGENCY_MS);
                }
                let mut halts = crate::governance::halts::halts_of(call.view)?;
                for measure in halts.measures.as_mut_slice() {
                    measure.until = measure.until.map(|until| until.plus(EMERGENCY_MS));
                }
                call.view.put(StateKey::Halts, Record::Halts(halts));
                proposal.due = proposal.due.map(|due| due.plus(EMERGENCY_MS));
                call.view.put(StateKey::Proposal(proposal.id), Record::Proposal(Box::new(proposal)));
                Ok(())
            },
        };
    });
    GOVERNANCE.catches(&INV_31, &longer);
}
