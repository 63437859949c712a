use assent_types::action::{Action, RotateKey, SubmitEvidence, possession_of};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::state::StateKey;
use assent_types::validator::{Equivocation, ProposalPayload};
use assent_types::{BlockHash, ErrorCode, Hash32, Height, KeyId, OrgId};

use crate::testing::*;
use crate::{Actor, EventName, State, upcoming_validators};

fn rotate(org: OrgId, usage: KeyUsage, old: Option<KeyId>, new: &SecretKey) -> RotateKey {
    RotateKey {
        org,
        old,
        new: new.public(),
        usage,
        nbf: START,
        exp: FAR,
        possession: new.sign_possession(&possession_of(CHAIN, &new.public(), &org)),
    }
}

fn old(org: OrgId, usage: KeyUsage) -> Option<KeyId> {
    Some(org_key(org, usage, 0).public().id())
}

fn new_key(n: u32) -> SecretKey {
    key(210, n, 0)
}

#[test]
fn tables_are_those_of_keys_and_evidence() {
    let row = |row: &crate::Row| (row.id.to_string(), row.from.to_vec(), row.event, row.to);
    let keys: Vec<_> = super::transitions::KEYS.iter().map(row).collect();
    assert_eq!(
        keys,
        [
            ("OK-01".into(), vec![State::New], EventName::RotateKey, State::Live),
            ("OK-02".into(), vec![State::Live, State::Expired], EventName::RotateKey, State::Revoked),
        ]
    );
    let evidence: Vec<_> = super::transitions::EVIDENCE.iter().map(row).collect();
    assert_eq!(evidence, [("EV-01".into(), vec![State::New], EventName::SubmitEvidence, State::Recorded)]);
    for row in super::transitions::KEYS.iter().chain(super::transitions::EVIDENCE) {
        assert_eq!(row.actors.len(), 14, "every role of an organisation");
        assert!(!row.actors.contains(&Actor::System));
    }
}

#[test]
fn a_key_rotates_by_the_recovery_key_or_two_signers() {
    let world = World::new();
    let recovery = org_key(SZH, KeyUsage::Recovery, 0);
    let second = org_key(SZH, KeyUsage::SignTx, 1);
    let action = || Action::RotateKey(rotate(SZH, KeyUsage::SignTx, old(SZH, KeyUsage::SignTx), &new_key(1)));

    let mut by_recovery = world.clone();
    assert_eq!(by_recovery.one(&recovery, action()), Ok(()));
    let mut by_two = world.clone();
    let tx = by_two.cosigned(&signing(SZH), action(), &[&second]);
    assert_eq!(by_two.send(&tx), Ok(()));

    // The old key is dead at once, the new one signs.
    let register = by_two.register(1, assent_types::subject::AgeBand::Adult);
    assert_eq!(by_two.one(&signing(SZH), register.clone()), Err(ErrorCode::KeyUsage));
    assert_eq!(by_two.one(&new_key(1), register), Ok(()));
}

#[test]
fn a_rotation_without_enough_signers_is_e203() {
    let world = World::new();
    let action = || Action::RotateKey(rotate(SZH, KeyUsage::SignTx, old(SZH, KeyUsage::SignTx), &new_key(1)));
    let mut alone = world.clone();
    assert_eq!(alone.one(&signing(SZH), action()), Err(ErrorCode::Role));
    for stranger in [signing(HKH), org_key(SZH, KeyUsage::Receipt, 0), signing(SZH)] {
        let mut world = world.clone();
        let tx = world.cosigned(&signing(SZH), action(), &[&stranger]);
        assert_eq!(world.send(&tx), Err(ErrorCode::Role));
    }
    let mut other = world.clone();
    assert_eq!(other.one(&org_key(HKH, KeyUsage::Recovery, 0), action()), Err(ErrorCode::Role));
    let mut dead = world.clone();
    dead.change_org(SZH, |org| org.keys.as_mut_slice()[1].revoked_at = Some(START));
    let tx = dead.cosigned(&signing(SZH), action(), &[&org_key(SZH, KeyUsage::SignTx, 1)]);
    assert_eq!(dead.send(&tx), Err(ErrorCode::Role));
}

#[test]
fn a_rotation_names_a_key_of_the_organisation_and_its_usage() {
    let recovery = org_key(SZH, KeyUsage::Recovery, 0);
    let attempt = |change: &dyn Fn(&mut RotateKey)| {
        let mut world = World::new();
        let mut action = rotate(SZH, KeyUsage::SignTx, old(SZH, KeyUsage::SignTx), &new_key(1));
        change(&mut action);
        world.one(&recovery, Action::RotateKey(action))
    };
    assert_eq!(attempt(&|_| {}), Ok(()));
    assert_eq!(attempt(&|action| action.usage = KeyUsage::Receipt), Err(ErrorCode::KeyUsage));
    assert_eq!(attempt(&|action| action.old = old(HKH, KeyUsage::SignTx)), Err(ErrorCode::NotHead));
    assert_eq!(attempt(&|action| action.exp = START), Err(ErrorCode::Window));
    assert_eq!(attempt(&|action| action.nbf = FAR), Err(ErrorCode::Window));
    assert_eq!(attempt(&|action| action.new = signing(HKH).public()), Err(ErrorCode::KeyExists));
    assert_eq!(
        attempt(&|action| *action = rotate(SZH, KeyUsage::SignTx, action.old, &signing(HKH))),
        Err(ErrorCode::KeyExists),
        "possessed, but known"
    );
    assert_eq!(
        attempt(&|action| action.possession = rotate(HKH, KeyUsage::SignTx, None, &new_key(1)).possession),
        Err(ErrorCode::KeyExists),
        "possession shown for another organisation"
    );
}

#[test]
fn a_key_that_is_over_rotates_once() {
    let recovery = org_key(SZH, KeyUsage::Recovery, 0);
    let mut world = World::new();
    world.change_org(SZH, |org| org.keys.as_mut_slice()[0].exp = START);
    let first = Action::RotateKey(rotate(SZH, KeyUsage::SignTx, old(SZH, KeyUsage::SignTx), &new_key(1)));
    assert_eq!(world.one(&recovery, first), Ok(()), "an expired key is replaced");
    let second = Action::RotateKey(rotate(SZH, KeyUsage::SignTx, old(SZH, KeyUsage::SignTx), &new_key(2)));
    assert_eq!(world.one(&recovery, second), Err(ErrorCode::NotHead), "a revoked one is not");
}

#[test]
fn an_organisation_has_a_bounded_number_of_keys() {
    let recovery = org_key(SZH, KeyUsage::Recovery, 0);
    let mut world = World::new();
    for n in 0..=59 {
        let result = world.one(&recovery, Action::RotateKey(rotate(SZH, KeyUsage::Node, None, &new_key(n))));
        assert_eq!(result, if n < 59 { Ok(()) } else { Err(ErrorCode::Limit) });
    }
}

#[test]
fn a_validator_votes_with_its_new_key_two_heights_later() {
    let mut world = World::new();
    let recovery = org_key(HKH, KeyUsage::Recovery, 0);
    let before = upcoming_validators(&world.state).unwrap();
    assert_eq!(before.next, before.after_next);
    let change = rotate(HKH, KeyUsage::Validate, old(HKH, KeyUsage::Validate), &new_key(1));
    let tx = world.tx(&recovery, Action::RotateKey(change));
    let decided = world.run(&[tx]);
    let h = world.height;
    assert_eq!((&decided.validators, &decided.next_validators), (&before.next, &before.next), "h and h+1: the old set");
    assert!(decided.writes.contains_key(&StateKey::Validators));

    let next = world.run(&[]);
    assert_eq!(next.validators, before.next, "h+1: the old set");
    assert_eq!(next.next_validators.by_org(HKH).unwrap().key, new_key(1).public(), "h+2: the new one");
    assert!(next.writes.contains_key(&StateKey::Validators), "the sets move on");

    let applied = world.run(&[]);
    assert_eq!(world.height, Height(h.0 + 2));
    assert_eq!(applied.validators.by_org(HKH).unwrap().key, new_key(1).public());
    assert_eq!(applied.validators, applied.next_validators);
    assert!(!applied.writes.contains_key(&StateKey::Validators), "equal sets are not written again");
}

#[test]
fn a_validator_replaces_the_key_it_votes_with() {
    let recovery = org_key(HKH, KeyUsage::Recovery, 0);
    let mut world = World::new();
    let beside = Action::RotateKey(rotate(HKH, KeyUsage::Validate, None, &new_key(1)));
    assert_eq!(world.one(&recovery, beside), Err(ErrorCode::KeyUsage));
    let mut later = rotate(HKH, KeyUsage::Validate, old(HKH, KeyUsage::Validate), &new_key(1));
    later.nbf = world.time.plus(DAY_MS);
    assert_eq!(world.one(&recovery, Action::RotateKey(later)), Err(ErrorCode::Window));
    let twice = [
        Action::RotateKey(rotate(HKH, KeyUsage::Validate, old(HKH, KeyUsage::Validate), &new_key(1))),
        Action::RotateKey(rotate(HKH, KeyUsage::Validate, Some(new_key(1).public().id()), &new_key(2))),
    ];
    let txs = twice.map(|action| world.tx(&recovery, action));
    let outcome = world.run(&txs);
    assert!(outcome.receipts.iter().all(|(receipt, _)| receipt.code == 0));
    let after = upcoming_validators(&world.state).unwrap().after_next;
    assert_eq!(after.by_org(HKH).unwrap().key, new_key(2).public());
    // An organisation that does not validate may hold a VALIDATE key; no set changes.
    let sets = upcoming_validators(&world.state).unwrap();
    let key = rotate(SHANTOU, KeyUsage::Validate, old(SHANTOU, KeyUsage::Validate), &new_key(3));
    assert_eq!(world.one(&org_key(SHANTOU, KeyUsage::Recovery, 0), Action::RotateKey(key)), Ok(()));
    assert_eq!(upcoming_validators(&world.state).unwrap().after_next, sets.after_next);
}

#[test]
fn evidence_is_recorded_once() {
    let mut world = World::new();
    assert_eq!(world.one(&org_key(SZH, KeyUsage::Receipt, 0), evidence_of(INSURER, 5)), Ok(()));
    assert_eq!(world.one(&signing(CUSTODIAN), evidence_of(INSURER, 5)), Err(ErrorCode::NotHead));
    assert_eq!(world.one(&signing(CUSTODIAN), evidence_of(INSURER, 6)), Ok(()));
    let list = crate::runtime::state::misbehaviour(&world.state, INSURER).unwrap().unwrap();
    assert_eq!(list.len(), 2);
    for height in 7..=20 {
        assert_eq!(world.one(&signing(SZH), evidence_of(INSURER, height)), Ok(()));
    }
    assert_eq!(world.one(&signing(SZH), evidence_of(INSURER, 21)), Err(ErrorCode::Limit));
}

#[test]
fn evidence_that_proves_nothing_is_e907() {
    let mut world = World::new();
    let Action::SubmitEvidence(good) = evidence_of(INSURER, 5) else { unreachable!() };
    let Equivocation::Votes { first, second } = good.pair else { unreachable!() };
    let mut send = |pair| world.one(&signing(SZH), Action::SubmitEvidence(Box::new(SubmitEvidence { pair })));
    let bad = Err(ErrorCode::BadRequest);
    assert_eq!(send(Equivocation::Votes { first, second: first }), bad, "one vote twice");
    assert_eq!(send(Equivocation::Votes { first: second, second: first }), bad, "not ascending");
    let mut other = second;
    other.0.round = 1;
    other.1 = other.0.sign(&org_key(INSURER, KeyUsage::Validate, 0));
    assert_eq!(send(Equivocation::Votes { first, second: other }), bad, "another round");
    let mut forged = second;
    forged.1 = forged.0.sign(&org_key(HKH, KeyUsage::Validate, 0));
    assert_eq!(send(Equivocation::Votes { first, second: forged }), bad, "another's signature");
    let mut nobody = (first, second);
    nobody.0.0.voter = OrgId(999);
    nobody.1.0.voter = OrgId(999);
    assert_eq!(send(Equivocation::Votes { first: nobody.0, second: nobody.1 }), bad, "of nobody");
    assert_eq!(send(good.pair), Ok(()));
}

#[test]
fn evidence_holds_under_a_past_key_and_for_proposals() {
    let mut world = World::new();
    let change = rotate(INSURER, KeyUsage::Validate, old(INSURER, KeyUsage::Validate), &new_key(1));
    assert_eq!(world.one(&org_key(INSURER, KeyUsage::Recovery, 0), Action::RotateKey(change)), Ok(()));
    assert_eq!(world.one(&signing(SZH), evidence_of(INSURER, 5)), Ok(()), "signed with the key before");
    let proposal = |block: u8| {
        let payload = ProposalPayload {
            chain: CHAIN,
            height: Height(5),
            round: 0,
            block: BlockHash(Hash32([block; 32])),
            pol_round: None,
            proposer: INSURER,
        };
        (payload, payload.sign(&new_key(1)))
    };
    let pair = Equivocation::Proposals { first: proposal(1), second: proposal(2) };
    let action = Action::SubmitEvidence(Box::new(SubmitEvidence { pair }));
    assert_eq!(world.one(&signing(SZH), action), Ok(()), "a proposal is another offence than a vote");
}
