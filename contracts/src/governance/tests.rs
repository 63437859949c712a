use assent_types::access::Reason;
use assent_types::action::Action;
use assent_types::claim::OracleDesignation;
use assent_types::consent::BasisKind;
use assent_types::governance::*;
use assent_types::key::KeyUsage;
use assent_types::org::{OrgStatus, Role};
use assent_types::place::Jurisdiction;
use assent_types::receipt::RowId;
use assent_types::state::BankDesignation;
use assent_types::{Currency, ErrorCode, FacilityId, Hash32, Height, List, Millis, OrgId, Set};

use crate::runtime::table::{Actor, State};
use crate::testing::claims::{bank_accept, bank_fail, instruct};
use crate::testing::governance::*;
use crate::testing::*;
use crate::upcoming_validators;

const STATEMENT: Hash32 = Hash32([0x5e; 32]);

fn timelock() -> Payload {
    duration(DurationParam::GovernanceTimelock, 2 * DAY_MS)
}

fn power(org: OrgId, power: u64) -> Payload {
    Payload::SetValidatorPower(SetValidatorPower { org, power })
}

fn accredit(org: OrgId, by: OrgId) -> Payload {
    let accreditation = accreditation_of(by, HONG_KONG);
    Payload::Accredit(Box::new(Accredit { org, accreditation }))
}

#[test]
fn the_table_is_the_specified_one() {
    let rows: Vec<_> = super::transitions::PROPOSALS
        .iter()
        .map(|row| (row.id.1, row.from.to_vec(), row.event.to_string(), row.to, row.actors == [Actor::System]))
        .collect();
    use State::*;
    let expected = [
        (1, vec![New], "Propose", Open, false),
        (2, vec![Open], "Vote", Open, false),
        (3, vec![Open], "thresholdMet", Approved, true),
        (4, vec![Open], "thresholdImpossible", Rejected, true),
        (5, vec![Open], "sweep", Expired, true),
        (6, vec![Approved], "execute", Executed, true),
        (7, vec![Approved], "execute", Rejected, true),
        (8, vec![New], "ImposeEmergency", EmergencyInForce, false),
        (9, vec![EmergencyInForce], "Ratify", Ratified, false),
        (10, vec![EmergencyInForce], "sweep", EmergencyLapsed, true),
        (11, vec![EmergencyInForce], "Lift", EmergencyLapsed, false),
        (12, vec![EmergencyInForce], "Vote", EmergencyInForce, false),
    ];
    assert_eq!(rows, expected.map(|(id, from, event, to, own)| (id, from, event.to_owned(), to, own)));
    for row in super::transitions::PROPOSALS {
        let ended = |state: &State| ProposalStatus::from_code(state.name()).is_some_and(ProposalStatus::is_terminal);
        assert!(!row.from.iter().any(ended), "{} leaves a terminal state", row.id);
    }
}

/// A payload of every class, who approves it with nobody to spare, and after how long it is executed.
fn classes() -> Vec<(OrgId, Payload, Vec<OrgId>, u64)> {
    let week = 7 * DAY_MS;
    let upgrade = Upgrade { height: Height(1_000), app_version: 9, binary: STATEMENT, migration: Hash32::ZERO };
    let remove = Payload::RemoveOrg(RemoveOrg { org: T_HK, statement: STATEMENT });
    let key = Payload::ReplaceKey(Box::new(replacement(I_HK, KeyUsage::SignTx, &key(200, 1, 0))));
    let bank = BankDesignation { ccy: Currency::Hkd, bank: SETTLER };
    vec![
        (R_HK, Payload::AddOrg(Box::new(newcomer(OrgId(50), Role::Hospital, HONG_KONG))), vec![R_HK, P_CN, P_MO], 0),
        (R_HK, Payload::AddOrg(Box::new(newcomer(OrgId(51), Role::Bank, HONG_KONG))), vec![R_HK], 0),
        (P_HK, accredit(P_HK, R_HK), vec![P_MO, P_CN, R_HK], 0),
        (R_HK, remove, vec![R_HK, P_CN, P_HK, I_HK, I_MO], week),
        (I_HK, key, vec![R_MO, R_HK], 0),
        (R_CN, power(I_MO, POWER - 1), vec![R_CN, R_MO, T_CN, T_HK, P_CN, P_HK, I_HK], DAY_MS),
        (T_CN, timelock(), vec![R_CN, R_HK, P_CN, P_HK, I_HK, T_CN], week),
        (
            R_CN,
            Payload::SetBasisKind(SetBasisKind { kind: BasisKind::GbaScHk, accepted: false }),
            vec![R_CN, R_HK],
            week,
        ),
        (
            R_CN,
            Payload::DesignateBank(DesignateBank { designation: bank, designated: true }),
            vec![R_CN, R_HK, T_CN, T_HK],
            week,
        ),
        (P_CN, Payload::UpgradeProtocol(upgrade), vec![R_CN, R_HK, P_CN, P_HK, I_HK, I_MO, T_CN, T_HK], week),
    ]
}

#[test]
fn every_class_takes_its_threshold_and_its_time() {
    for (by, payload, voters, delay_ms) in classes() {
        let name = payload.name();
        let mut world = World::council();
        let id = world.propose(by, payload);
        assert_eq!(world.proposal(id).status, ProposalStatus::Open, "{name}: proposing is no vote");
        for (index, org) in voters.iter().enumerate() {
            assert_eq!(world.proposal(id).status, ProposalStatus::Open, "{name}: without vote {index}");
            assert_eq!(world.vote(*org, id, true), Ok(()), "{name}: {org}");
        }
        let proposal = world.proposal(id);
        let tally = proposal.tally.as_ref().unwrap_or_else(|| panic!("{name} is not approved"));
        assert_eq!(tally.yes, Set::new(voters).unwrap(), "{name}");
        if delay_ms == 0 {
            assert_eq!(proposal.status, ProposalStatus::Executed, "{name}: in the block that approved it");
            continue;
        }
        assert_eq!(proposal.status, ProposalStatus::Approved, "{name}");
        let due = proposal.due.unwrap();
        match proposal.class {
            Class::Power => assert!(due.0.is_multiple_of(DAY_MS) && world.time < due && due.0 <= world.time.0 + DAY_MS),
            _ => assert_eq!(due, tally.at.plus(delay_ms), "{name}"),
        }
        world.time = Millis(due.0 - 1_001);
        world.run(&[]);
        assert_eq!(world.proposal(id).status, ProposalStatus::Approved, "{name}: a millisecond early");
        world.pass(0);
        assert_eq!(world.proposal(id).status, ProposalStatus::Executed, "{name}");
        assert!(world.proposal(id).ended.is_some());
    }
}

#[test]
fn no_vote_to_spare_means_none_of_them_can_be_missing() {
    for (by, payload, voters, _) in classes() {
        for missing in &voters {
            let mut world = World::council();
            let id = world.propose(by, payload.clone());
            for org in voters.iter().filter(|org| *org != missing) {
                assert_eq!(world.vote(*org, id, true), Ok(()));
            }
            let status = world.proposal(id).status;
            assert_eq!(status, ProposalStatus::Open, "{} without {missing}", payload.name());
        }
    }
}

#[test]
fn a_parameter_changes_when_its_time_has_come() {
    let mut world = World::council();
    let id = world.propose(P_CN, timelock());
    world.votes(&[R_CN, R_HK, P_CN, P_HK, I_HK, T_CN], id);
    let before = world.run(&[]).params;
    assert_eq!(world.params().governance.timelock_ms, 7 * DAY_MS);
    let after = world.pass(7 * DAY_MS);
    assert_eq!(world.params().governance.timelock_ms, 2 * DAY_MS);
    assert_ne!(before, after.params, "the header carries the new parameters");
    // The next one waits as long as this one says.
    let next = world.propose(P_CN, duration(DurationParam::ClaimsAck, DAY_MS));
    world.votes(&[R_CN, R_HK, P_CN, P_HK, I_HK, T_CN], next);
    world.pass(2 * DAY_MS);
    assert_eq!(world.params().claims.ack_ms, DAY_MS);
}

#[test]
fn bad_input_15_votes_that_do_not_count_are_e206() {
    let mut world = World::council();
    let id = world.propose(P_CN, timelock());
    assert_eq!(world.vote(SETTLER, id, true), Err(ErrorCode::Role), "a bank has no seat anywhere");
    assert_eq!(world.vote(P_CN, id, true), Ok(()));
    assert_eq!(world.vote(P_CN, id, true), Err(ErrorCode::Vote), "twice");
    assert_eq!(world.vote(P_CN, id, false), Ok(()), "a vote can be changed until it is approved");
    assert_eq!(world.vote(P_CN, id, true), Ok(()));
    assert_eq!(world.proposal(id).votes.len(), 1);
    world.suspend(P_HK);
    assert_eq!(world.vote(P_HK, id, true), Err(ErrorCode::Vote), "suspended");
    let regulators_only =
        world.propose(R_HK, Payload::SetBasisKind(SetBasisKind { kind: BasisKind::HkRmc, accepted: false }));
    assert_eq!(world.vote(P_CN, regulators_only, true), Err(ErrorCode::Vote), "another chamber's matter");
    assert_eq!(world.vote(R_CN, regulators_only, true), Err(ErrorCode::Vote), "another jurisdiction's matter");
    assert_eq!(world.vote(R_HK, regulators_only, true), Ok(()));
    assert_eq!(world.vote(R_HK, regulators_only, false), Err(ErrorCode::State), "approved");
    assert_eq!(world.vote(P_CN, assent_types::ProposalId(Hash32([9; 32])), true), Err(ErrorCode::NotFound));
}

#[test]
fn the_votes_of_the_suspended_are_not_counted() {
    let mut world = World::council();
    let id = world.propose(P_CN, timelock());
    world.votes(&[R_CN, R_HK, P_CN, P_HK, I_HK], id);
    world.suspend(P_HK);
    world.votes(&[T_CN], id);
    let proposal = world.proposal(id);
    assert_eq!(proposal.status, ProposalStatus::Approved, "one of two active providers is half of them");
    assert_eq!(proposal.tally.unwrap().yes, Set::new([R_CN, R_HK, P_CN, I_HK, T_CN]).unwrap());

    let mut world = World::council();
    let id = world.propose(P_CN, timelock());
    world.votes(&[R_CN, R_HK, P_CN, I_HK], id);
    world.suspend(R_HK);
    world.votes(&[T_CN, P_HK], id);
    assert_eq!(world.proposal(id).status, ProposalStatus::Open, "one of two regulators is less than two thirds");
    world.votes(&[R_MO], id);
    assert_eq!(world.proposal(id).status, ProposalStatus::Approved);
}

#[test]
fn a_proposal_ends_when_it_cannot_pass_or_nobody_decides() {
    let mut world = World::council();
    let id = world.propose(P_CN, timelock());
    assert_eq!(world.vote(R_CN, id, false), Ok(()));
    assert_eq!(world.proposal(id).status, ProposalStatus::Open);
    assert_eq!(world.vote(R_HK, id, false), Ok(()));
    assert_eq!(world.proposal(id).status, ProposalStatus::Rejected, "one regulator left of three");
    assert_eq!(world.vote(R_MO, id, true), Err(ErrorCode::State));

    let late = world.propose(P_CN, timelock());
    world.time = world.time.plus(30 * DAY_MS);
    let tx = world.tx(&signing(R_CN), vote_action(late, true));
    let outcome = world.run(&[tx]);
    assert_eq!(outcome.receipts[0].0.error(), Some(ErrorCode::State), "over, though not swept yet");
    assert_eq!(world.proposal(late).status, ProposalStatus::Expired);
    let register = crate::runtime::state::governance(&world.state).unwrap();
    assert!(register.open.is_empty() && register.closed.contains(&late) && register.closed.contains(&id));
}

#[test]
fn inv_01_what_governs_is_in_force_in_time_however_slow_the_sweeper_is() {
    let mut world = World::council();
    world.change_params(|params| params.sweep_max = 1);
    let suspended = world.impose(&[R_HK], Target::Org(P_HK)).unwrap();
    let ack = duration(DurationParam::ClaimsAck, DAY_MS);
    let (approved, open) = (world.propose(P_CN, timelock()), world.propose(P_CN, ack));
    world.votes(&[R_CN, R_HK, P_CN, P_MO, I_HK, T_CN], approved);
    world.pass(60 * DAY_MS);
    assert_eq!(world.proposal(suspended).status, ProposalStatus::EmergencyLapsed);
    assert_eq!(world.proposal(approved).status, ProposalStatus::Executed);
    assert_eq!(world.proposal(open).status, ProposalStatus::Expired);
    assert_eq!(world.params().governance.timelock_ms, 2 * DAY_MS);
    assert!(world.state.deadlines().is_empty());
}

#[test]
fn what_is_no_longer_valid_is_refused_when_its_time_comes() {
    let mut world = World::council();
    let ids = [world.propose(P_CN, timelock()), world.propose(P_HK, timelock())];
    for id in ids {
        world.votes(&[R_CN, R_HK, P_CN, P_HK, I_HK, T_CN], id);
    }
    world.pass(8 * DAY_MS);
    assert_eq!(world.proposal(ids[0]).status, ProposalStatus::Executed);
    assert_eq!(world.proposal(ids[1]).status, ProposalStatus::Rejected, "nothing is left to change");
    assert_eq!(world.proposal(ids[1]).refused, Some(ErrorCode::Proposal.number()));
}

#[test]
fn who_may_propose_is_who_decides_or_is_concerned() {
    let mut world = World::council();
    assert_eq!(world.try_propose(SETTLER, timelock()), Err(ErrorCode::Role), "no seat");
    assert_eq!(world.try_propose(P_CN, accredit(I_HK, R_HK)), Err(ErrorCode::Role), "another chamber's matter");
    assert!(world.try_propose(I_HK, accredit(I_HK, R_HK)).is_ok(), "its own");
    world.suspend(P_CN);
    assert_eq!(world.try_propose(P_CN, timelock()), Err(ErrorCode::OrgStatus));
    for n in 0..8 {
        let value = 3 * DAY_MS + n;
        let payload = duration(DurationParam::ClaimsAck, value);
        assert!(world.try_propose(P_HK, payload).is_ok());
    }
    assert_eq!(world.try_propose(P_HK, timelock()), Err(ErrorCode::Limit), "one member has eight open proposals");
    assert!(world.try_propose(P_MO, timelock()).is_ok(), "another one has not");
}

/// What the state refuses, and with which number.
fn refused() -> Vec<(&'static str, Payload, ErrorCode)> {
    let add = |change: &dyn Fn(&mut AddOrg)| {
        let mut add = newcomer(OrgId(50), Role::Hospital, HONG_KONG);
        change(&mut add);
        Payload::AddOrg(Box::new(add))
    };
    let replace = |change: &dyn Fn(&mut ReplaceKey)| {
        let mut replace = replacement(P_HK, KeyUsage::SignTx, &key(200, 1, 0));
        change(&mut replace);
        Payload::ReplaceKey(Box::new(replace))
    };
    let reference =
        AccreditationRef { org: P_HK, kind: assent_types::org::AccreditationKind::EmergencyDept, by: R_HK, nbf: START };
    let upgrade = |height, app_version| {
        Payload::UpgradeProtocol(Upgrade { height, app_version, binary: STATEMENT, migration: Hash32::ZERO })
    };
    let foreign = Payload::Accredit(Box::new(Accredit { org: P_HK, accreditation: accreditation_of(R_CN, HONG_KONG) }));
    let unheard = Payload::RemoveOrg(RemoveOrg { org: T_HK, statement: Hash32::ZERO });
    let oracle = OracleDesignation { base: Currency::Hkd, quote: Currency::Cny, oracle: SETTLER };
    let own = OracleDesignation { base: Currency::Hkd, quote: Currency::Hkd, oracle: ORACLE };
    let designate = |designation| Payload::DesignateFxo(DesignateFxo { designation, designated: true });
    let bank = BankDesignation { ccy: Currency::Hkd, bank: ORACLE };
    vec![
        ("a number in use", add(&|add| add.org.id = P_HK), ErrorCode::Proposal),
        ("a nameless member", add(&|add| add.org.legal_name = Default::default()), ErrorCode::Proposal),
        ("a suspended newcomer", add(&|add| add.org.status = OrgStatus::Withdrawn), ErrorCode::Proposal),
        ("an unproven key", add(&|add| add.possessions.as_mut_slice().swap(0, 1)), ErrorCode::KeyExists),
        ("a missing proof", add(&|add| add.possessions = List::default()), ErrorCode::KeyExists),
        ("a backward key", add(&|add| add.org.keys.as_mut_slice()[0].exp = Millis(0)), ErrorCode::Window),
        ("a foreign place", foreign, ErrorCode::Proposal),
        (
            "an unknown accreditation",
            Payload::RevokeAccreditation(RevokeAccreditation {
                accreditation: reference.clone(),
                statement: STATEMENT,
            }),
            ErrorCode::NotFound,
        ),
        (
            "an unknown one to renew",
            Payload::RenewAccreditation(RenewAccreditation { accreditation: reference, exp: FAR, evidence: STATEMENT }),
            ErrorCode::NotFound,
        ),
        ("an unheard member", unheard, ErrorCode::Proposal),
        ("a validator", Payload::RemoveOrg(RemoveOrg { org: P_HK, statement: STATEMENT }), ErrorCode::PowerCap),
        ("an unknown old key", replace(&|replace| replace.old = key(201, 1, 0).public().id()), ErrorCode::NotFound),
        ("another usage", replace(&|replace| replace.usage = KeyUsage::Receipt), ErrorCode::KeyUsage),
        ("a backward window", replace(&|replace| replace.exp = START), ErrorCode::Window),
        (
            "a known key",
            replace(&|replace| *replace = replacement(P_HK, KeyUsage::SignTx, &signing(P_CN))),
            ErrorCode::KeyExists,
        ),
        ("the same power", power(P_HK, POWER), ErrorCode::Proposal),
        ("no power", power(P_HK, 0), ErrorCode::PowerCap),
        ("nobody's power", power(T_HK, 5), ErrorCode::Proposal),
        ("too much power", power(P_HK, 3 * POWER), ErrorCode::PowerCap),
        ("a stranger's key", add_validator(T_HK, P_HK), ErrorCode::KeyUsage),
        ("the same value", duration(DurationParam::ClaimsAck, 2 * DAY_MS), ErrorCode::Proposal),
        ("no time at all", duration(DurationParam::ClaimsAck, 0), ErrorCode::Proposal),
        (
            "an age",
            Payload::SetParam(ParamChange::SelfConsentAge { jurisdiction: Jurisdiction::Hk, years: 19 }),
            ErrorCode::Proposal,
        ),
        ("a sweep", Payload::SetParam(ParamChange::SweepMax(0)), ErrorCode::Proposal),
        (
            "a contract's places",
            Payload::SetGbaPlaces(SetGbaPlaces { contract: BasisKind::CnScc, places: places(&[HONG_KONG]) }),
            ErrorCode::Proposal,
        ),
        (
            "a whole country",
            Payload::SetGbaPlaces(SetGbaPlaces { contract: BasisKind::GbaScHk, places: everywhere() }),
            ErrorCode::Proposal,
        ),
        ("no bank", Payload::DesignateBank(DesignateBank { designation: bank, designated: true }), ErrorCode::Bank),
        ("no oracle", designate(oracle), ErrorCode::Role),
        ("no pair", designate(own), ErrorCode::Proposal),
        ("a past height", upgrade(Height(0), 9), ErrorCode::Proposal),
        ("the present version", upgrade(Height(1_000), 1), ErrorCode::Proposal),
        (
            "no measure",
            Payload::LiftMeasure(LiftMeasure { emergency: assent_types::ProposalId(STATEMENT) }),
            ErrorCode::NotFound,
        ),
    ]
}

fn add_validator(org: OrgId, of: OrgId) -> Payload {
    let key = org_key(of, KeyUsage::Validate, 0).public();
    Payload::AddValidator(AddValidator { org, power: POWER, key })
}

#[test]
fn a_proposal_has_to_be_possible_when_it_is_made() {
    for (what, payload, code) in refused() {
        let mut world = World::council();
        let by = match payload.class() {
            Class::Designation => T_CN,
            Class::CrossBorder => R_CN,
            _ => R_HK,
        };
        assert_eq!(world.try_propose(by, payload), Err(code), "{what}");
    }
}

#[test]
fn the_last_seat_of_a_chamber_stays() {
    let mut world = World::council();
    let removal = || Payload::RemoveOrg(RemoveOrg { org: T_HK, statement: STATEMENT });
    assert!(world.clone().try_propose(R_HK, removal()).is_ok());
    world.suspend(T_CN);
    assert_eq!(world.try_propose(R_HK, removal()), Err(ErrorCode::Proposal));
}

#[test]
fn members_come_are_accredited_and_leave() {
    let mut world = World::council();
    let id = OrgId(50);
    let add = world.propose(R_HK, Payload::AddOrg(Box::new(newcomer(id, Role::Hospital, HONG_KONG))));
    world.votes(&[R_HK, P_CN, P_HK], add);
    assert!(world.member(id).is_active(world.time));
    let own = world.propose(id, accredit(id, R_HK));
    world.votes(&[R_HK, id, P_CN], own);
    assert_eq!(world.member(id).accreditations.len(), 1, "the newcomer votes: two of four providers");

    let accreditation =
        AccreditationRef { org: id, kind: assent_types::org::AccreditationKind::EmergencyDept, by: R_HK, nbf: START };
    let renew = RenewAccreditation { accreditation: accreditation.clone(), exp: FAR.plus(1), evidence: STATEMENT };
    let renewal = world.propose(id, Payload::RenewAccreditation(renew));
    world.votes(&[R_HK, id, P_CN], renewal);
    assert_eq!(world.member(id).accreditations[0].exp, FAR.plus(1));
    let revoke = RevokeAccreditation { accreditation, statement: STATEMENT };
    let removal = Payload::RemoveOrg(RemoveOrg { org: id, statement: STATEMENT });
    for payload in [Payload::RevokeAccreditation(revoke), removal] {
        let proposal = world.propose(R_HK, payload);
        world.votes(&[R_HK, R_CN, I_HK, I_MO], proposal);
        world.pass(7 * DAY_MS);
        assert_eq!(world.proposal(proposal).status, ProposalStatus::Executed);
    }
    assert!(world.member(id).accreditations[0].revoked_at.is_some());
    assert_eq!(world.member(id).status, OrgStatus::Withdrawn);
    assert_eq!(world.try_propose(id, timelock()), Err(ErrorCode::OrgStatus));
    let again = Payload::AddOrg(Box::new(newcomer(id, Role::Hospital, HONG_KONG)));
    assert_eq!(world.try_propose(R_HK, again), Err(ErrorCode::Proposal), "a number is never used again");
}

#[test]
fn a_replaced_key_is_dead_at_once_and_a_validator_votes_with_the_new_one() {
    let mut world = World::council();
    for (usage, new) in [(KeyUsage::SignTx, key(200, 1, 0)), (KeyUsage::Validate, key(200, 2, 0))] {
        let replace = replacement(P_HK, usage, &new);
        let proposal = world.propose(R_HK, Payload::ReplaceKey(Box::new(replace)));
        world.votes(&[R_HK, R_CN], proposal);
        assert_eq!(world.proposal(proposal).status, ProposalStatus::Executed);
    }
    assert_eq!(world.one(&signing(P_HK), propose_action(timelock())), Err(ErrorCode::KeyUsage));
    assert_eq!(world.one(&key(200, 1, 0), propose_action(timelock())), Ok(()));
    world.run(&[]);
    let sets = upcoming_validators(&world.state).unwrap();
    assert_eq!(sets.next.by_org(P_HK).unwrap().key, key(200, 2, 0).public());
}

#[test]
fn power_changes_at_an_epoch_and_within_its_limits() {
    let everybody = [R_CN, R_HK, T_CN, T_HK, P_CN, P_HK, I_HK];
    let mut world = World::council();
    // Three changes of a ninth each are a third of the power: the last one is one too many.
    let payloads = [add_validator(T_HK, T_HK), power(I_HK, 1), power(I_MO, 1), power(T_CN, 1)];
    let ids = payloads.map(|payload| world.propose(R_CN, payload));
    for id in ids {
        world.votes(&everybody, id);
    }
    let h = world.height;
    assert_eq!(upcoming_validators(&world.state).unwrap().after_next.validators().len(), 9);
    world.pass(DAY_MS);
    let status = ids.map(|id| (world.proposal(id).status, world.proposal(id).refused));
    let refusals = status.iter().filter(|status| **status == (ProposalStatus::Rejected, Some(207))).count();
    assert_eq!(refusals, 1, "{status:?}");
    let sets = upcoming_validators(&world.state).unwrap();
    assert_ne!(sets.next, sets.after_next, "two heights later");
    assert!(h < world.height);
    world.run(&[]);
    let sets = upcoming_validators(&world.state).unwrap();
    assert_eq!(sets.next, sets.after_next);

    // What was too much in one epoch is possible in the next.
    world.pass(DAY_MS);
    let changed: u64 = sets.next.validators().iter().map(|validator| validator.power.abs_diff(POWER)).sum();
    assert!(changed * 3 < 90 + POWER, "{changed}");
}

#[test]
fn bad_input_16_a_change_of_power_beyond_a_limit_is_e207() {
    let mut world = World::council();
    let cap = |world: &mut World, payload| world.try_propose(R_CN, payload);
    assert!(cap(&mut world, power(P_CN, 14)).is_ok(), "14 of 94 is 14.9 %");
    assert_eq!(cap(&mut world, power(P_CN, 15)), Err(ErrorCode::PowerCap), "15 of 95 is 15.8 %");
    assert_eq!(cap(&mut world, power(P_CN, 40)), Err(ErrorCode::PowerCap), "a third of the power at once");
    // With seven validators none can go.
    let remove = |org| Payload::RemoveValidator(RemoveValidator { org });
    let mut few = council();
    few.validators = assent_types::validator::ValidatorSet::new(few.validators.validators()[..7].to_vec()).unwrap();
    let mut few = World::from(&few);
    assert_eq!(cap(&mut few, remove(P_MO)), Err(ErrorCode::PowerCap));
    assert!(cap(&mut world, remove(P_MO)).is_ok());
}

#[test]
fn an_emergency_suspends_and_lapses() {
    let mut world = World::council();
    assert_eq!(world.impose(&[R_CN], Target::Org(P_HK)), Err(ErrorCode::Role), "another jurisdiction's");
    assert_eq!(world.impose(&[P_CN], Target::Org(P_CN)), Err(ErrorCode::Role), "no regulator");
    assert_eq!(world.impose(&[R_HK], Target::Org(OrgId(99))), Err(ErrorCode::NotFound));
    let id = world.impose(&[R_HK], Target::Org(P_HK)).unwrap();
    let start = world.time;
    assert!(!world.member(P_HK).is_active(world.time));
    assert_eq!(world.impose(&[R_HK], Target::Org(P_HK)), Err(ErrorCode::Proposal), "it is suspended already");
    assert_eq!(world.try_propose(P_HK, timelock()), Err(ErrorCode::OrgStatus));
    world.time = Millis(start.0 + 3 * DAY_MS - 1_001);
    world.run(&[]);
    assert!(!world.member(P_HK).is_active(world.time));
    world.pass(0);
    assert_eq!(world.member(P_HK).status, OrgStatus::Active);
    let proposal = world.proposal(id);
    assert_eq!(proposal.status, ProposalStatus::EmergencyLapsed);
    assert_eq!(proposal.class, Class::Suspension);
}

#[test]
fn bad_input_17_the_same_emergency_again_is_e208() {
    let mut world = World::council();
    world.impose(&[R_HK], Target::Org(P_HK)).unwrap();
    world.time = world.time.plus(3 * DAY_MS - 1_000);
    let again = world.tx(&signing(R_HK), emergency_action(Target::Org(P_HK)));
    let outcome = world.run(&[again]);
    assert_eq!(outcome.receipts[0].0.error(), Some(ErrorCode::EmergencyRepeat), "over, though not swept yet");
    assert_eq!(world.impose(&[R_HK], Target::Org(P_HK)), Err(ErrorCode::EmergencyRepeat));
    assert!(world.impose(&[R_HK], Target::Org(I_HK)).is_ok(), "another target");
    world.time = world.time.plus(3 * DAY_MS - 3_001);
    assert_eq!(world.impose(&[R_HK], Target::Org(P_HK)), Err(ErrorCode::EmergencyRepeat), "a moment early");
    world.time = world.time.plus(3_000);
    assert!(world.impose(&[R_HK], Target::Org(P_HK)).is_ok(), "after P_emergency");

    // Lifting it early is no way around.
    let mut world = World::council();
    let id = world.impose(&[R_CN, R_HK], Target::Settlement).unwrap();
    assert_eq!(world.one(&signing(R_MO), Action::Lift(Lift { emergency: id })), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(R_HK), Action::Lift(Lift { emergency: id })), Ok(()));
    assert_eq!(world.proposal(id).status, ProposalStatus::EmergencyLapsed);
    assert_eq!(world.impose(&[R_MO, R_CN], Target::Settlement), Err(ErrorCode::EmergencyRepeat));
}

#[test]
fn halts_take_two_regulators_or_one_for_its_own_border() {
    let basis = Target::Basis { exporter: P_CN, basis: BASIS_HKH };
    let facility = Target::Facility { org: P_HK, facility: FacilityId(1) };
    for (target, by, result) in [
        (Target::Borders, vec![R_CN], Err(ErrorCode::Role)),
        (Target::Borders, vec![R_CN, R_MO], Ok(())),
        (Target::Outbound(Jurisdiction::Cn), vec![R_CN], Ok(())),
        (Target::Outbound(Jurisdiction::Cn), vec![R_HK], Err(ErrorCode::Role)),
        (Target::Outbound(Jurisdiction::Cn), vec![R_HK, R_MO], Ok(())),
        (basis, vec![R_CN], Ok(())),
        (basis, vec![R_MO], Err(ErrorCode::Role)),
        (Target::BreakGlass, vec![R_CN], Err(ErrorCode::Role)),
        (Target::BreakGlass, vec![R_CN, P_CN], Err(ErrorCode::Role)),
        (Target::BreakGlass, vec![R_CN, R_HK], Ok(())),
        (Target::Settlement, vec![R_CN, R_HK], Ok(())),
        (facility, vec![R_HK], Ok(())),
        (facility, vec![R_CN, R_MO], Err(ErrorCode::Role)),
    ] {
        let mut world = World::council();
        assert_eq!(world.impose(&by, target).map(|_| ()), result, "{target:?} by {by:?}");
    }
    let mut world = World::council();
    world.suspend(R_MO);
    assert_eq!(world.impose(&[R_CN, R_MO], Target::Settlement), Err(ErrorCode::Role), "a suspended regulator");
    assert_eq!(world.impose(&[R_MO, R_CN], Target::Settlement), Err(ErrorCode::OrgStatus));
    let unknown = Target::Facility { org: P_HK, facility: FacilityId(9) };
    assert_eq!(world.impose(&[R_HK], unknown), Err(ErrorCode::NotFound));
}

#[test]
fn a_ratified_measure_stays_until_it_is_lifted() {
    let mut world = World::council();
    let ratify = |emergency, statement| Action::Ratify(Ratify { emergency, statement });
    let org = world.impose(&[R_HK], Target::Org(P_HK)).unwrap();
    let halt = world.impose(&[R_CN, R_HK], Target::Settlement).unwrap();
    world.votes(&[R_HK, R_CN, I_HK], org);
    assert_eq!(world.one(&signing(R_HK), ratify(org, STATEMENT)), Err(ErrorCode::Vote), "one chamber so far");
    world.votes(&[I_MO], org);
    assert_eq!(world.vote(P_HK, org, false), Err(ErrorCode::Vote), "the suspended one has no vote");
    assert_eq!(world.one(&signing(R_HK), ratify(org, Hash32::ZERO)), Err(ErrorCode::Proposal), "unheard");
    assert_eq!(world.one(&signing(R_HK), ratify(org, STATEMENT)), Ok(()));
    world.votes(&[R_CN, R_HK, P_CN, I_HK, T_CN], halt);
    assert_eq!(world.one(&signing(R_MO), ratify(halt, Hash32::ZERO)), Ok(()));
    assert_eq!(world.one(&signing(R_MO), ratify(halt, Hash32::ZERO)), Err(ErrorCode::State));
    world.pass(40 * DAY_MS);
    assert!(!world.member(P_HK).is_active(world.time));
    assert!(world.halts().stops(&Target::Settlement, world.time));

    for (emergency, voters) in [(org, vec![R_HK, R_CN, I_HK, I_MO]), (halt, vec![R_CN, R_HK, P_CN, P_HK, I_HK, T_CN])] {
        let id = world.propose(R_HK, Payload::LiftMeasure(LiftMeasure { emergency }));
        world.votes(&voters, id);
        assert_eq!(world.proposal(id).status, ProposalStatus::Executed, "at once");
    }
    assert!(world.member(P_HK).is_active(world.time));
    assert!(!world.halts().stops(&Target::Settlement, world.time));
}

#[test]
fn a_test_chain_passes_over_empty_chambers_and_has_no_limits_of_power() {
    // One regulator, in Shenzhen.
    let mut world = World::new();
    let hong_kong =
        Payload::Accredit(Box::new(Accredit { org: HKH, accreditation: accreditation_of(REGULATOR, HONG_KONG) }));
    let id = world.propose(REGULATOR, hong_kong);
    world.votes(&[REGULATOR, SZH, HKH, SZH2], id);
    assert_eq!(world.proposal(id).status, ProposalStatus::Executed, "it stands in for Hong Kong's");
    assert!(world.impose(&[REGULATOR], Target::Settlement).is_ok(), "there is no second one");
    assert!(world.try_propose(REGULATOR, power(SZH, 50)).is_ok());
    let remove = Payload::RemoveValidator(RemoveValidator { org: SZH });
    assert!(world.try_propose(REGULATOR, remove).is_ok());

    let mut alone = genesis();
    alone.orgs.retain(|org| !org.roles.has(Role::Custodian));
    let mut alone = World::from(&alone);
    let id = alone.propose(SZH, timelock());
    alone.votes(&[REGULATOR, SZH, HKH, SZH2, INSURER, INSURER2], id);
    assert_eq!(alone.proposal(id).status, ProposalStatus::Approved, "nobody sits in infrastructure");
}

#[test]
fn halts_show_in_decisions() {
    let mut world = World::with_subjects(1);
    world.grant(1, claim_terms(1, SZH));
    let request = claim_request(1);
    let decide = |world: &World| crate::permit(&request, &world.state, world.time).unwrap().unwrap();
    assert!(decide(&world).permit);
    let halted = |world: &World| decide(world).reasons.contains(&Reason::Halted);
    let own = Target::Basis { exporter: SZH, basis: BASIS_INSURER };
    let other = Target::Basis { exporter: SZH, basis: BASIS_HKH };
    let facility = Target::Facility { org: INSURER, facility: FacilityId(1) };
    for (target, stops) in [
        (Target::Borders, true),
        (Target::Outbound(Jurisdiction::Cn), true),
        (Target::Outbound(Jurisdiction::Hk), false),
        (own, true),
        (other, false),
        (facility, true),
        (Target::BreakGlass, false),
        (Target::Settlement, false),
    ] {
        let mut world = world.clone();
        let id = world.impose(&[REGULATOR], target).unwrap();
        assert_eq!(halted(&world), stops, "{target:?}");
        assert_eq!(world.one(&signing(REGULATOR), Action::Lift(Lift { emergency: id })), Ok(()));
        assert!(!halted(&world), "{target:?} is lifted");
    }
}

#[test]
fn halted_settlement_takes_no_new_payment() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let award = crate::testing::claims::award(&[crate::testing::claims::nullifier(1)], &[1_000]);
    world.act(&signing(INSURER), crate::testing::claims::approve(claim, award));
    let mut instructed = World::with_subjects(1);
    let (_, settlement) = instructed.instructed(INSURER);
    for world in [&mut world, &mut instructed] {
        world.impose(&[REGULATOR], Target::Settlement).unwrap();
    }
    let pay = instruct(claim, crate::testing::claims::hkd(1_000));
    assert_eq!(world.one(&signing(INSURER), pay.clone()), Err(ErrorCode::Halted));
    assert_eq!(instructed.one(&signing(BANK), bank_accept(settlement)), Err(ErrorCode::Halted));
    assert_eq!(instructed.one(&signing(BANK), bank_fail(settlement)), Ok(()), "what has happened is reported");
    world.pass(3 * DAY_MS);
    assert_eq!(world.one(&signing(INSURER), pay), Ok(()), "lapsed");
}

#[test]
fn events_name_their_rows() {
    let mut world = World::council();
    let id = world.propose(R_HK, accredit(P_HK, R_HK));
    world.votes(&[R_HK, P_HK], id);
    let last = world.tx(&signing(P_CN), vote_action(id, true));
    let outcome = world.run(&[last]);
    let rows: Vec<RowId> =
        outcome.receipts.iter().flat_map(|(_, details)| details.events.iter().map(|event| event.row)).collect();
    assert_eq!(rows, [RowId(*b"GV", 2), RowId(*b"GV", 3), RowId(*b"GV", 6)]);
}
