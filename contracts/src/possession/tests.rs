use assent_types::anomaly::AnomalyKind;
use assent_types::erasure::Destroyed;
use assent_types::possession::{Challenge, ChallengeStatus, challenge_id_of, stripe_of};
use assent_types::{BlockHash, ChallengeId, ErrorCode, Hash32};

use crate::runtime::state;
use crate::runtime::table::State;
use crate::testing::lists::*;
use crate::testing::*;

fn record(world: &World, id: ChallengeId) -> Challenge {
    *state::challenge(&world.state, id).unwrap().unwrap()
}

#[test]
fn the_table_is_the_specified_one() {
    let rows: Vec<_> = super::transitions::CHALLENGES
        .iter()
        .map(|row| (row.id.to_string(), row.from.to_vec(), row.event.to_string(), row.to))
        .collect();
    assert_eq!(
        rows,
        [
            ("PV-01".into(), vec![State::New], "OpenChallenge".to_owned(), State::Open),
            ("PV-02".into(), vec![State::Open], "ProvePossession".to_owned(), State::Submitted),
            ("PV-03".into(), vec![State::Submitted], "JudgePossession".to_owned(), State::Upheld),
            ("PV-04".into(), vec![State::Submitted], "JudgePossession".to_owned(), State::Violation),
            ("PV-05".into(), vec![State::Open], "sweep".to_owned(), State::Overdue),
        ]
    );
}

#[test]
fn bad_input_42_answers_are_for_the_drawn_stripe_in_time_and_of_what_is_still_there() {
    let (mut world, document, _) = World::with_document();
    let custodian = receipts(KEEPERS[1]);
    let challenge = world.challenged(document, 1);
    let found = record(&world, challenge);
    assert_eq!((found.custodian, found.auditor, found.status), (KEEPERS[1], REGULATOR, ChallengeStatus::Open));
    let other = proof(challenge, found.stripe + 1);
    assert_eq!(world.clone().one(&custodian, other), Err(ErrorCode::Possession), "another stripe");
    let good = || proof(challenge, found.stripe);
    assert_eq!(world.clone().one(&receipts(KEEPERS[2]), good()), Err(ErrorCode::Role), "another custodian");
    let unknown = proof(ChallengeId(Hash32([3; 32])), 0);
    assert_eq!(world.clone().one(&custodian, unknown), Err(ErrorCode::NotFound));
    let mut late = world.clone();
    late.time = late.time.plus(late.params().access.possession_ms);
    assert_eq!(late.one(&custodian, good()), Err(ErrorCode::Possession), "late");
    assert_eq!(record(&late, challenge).status, ChallengeStatus::Overdue);
    assert_eq!(late.anomalies(AnomalyKind::DeadlineMissed, Some(KEEPERS[1])), 1);
    let mut gone = world.clone();
    gone.condemned(document);
    gone.must(&custodian, destroyed(document, &[Destroyed::Shard(1)]));
    assert_eq!(gone.one(&custodian, good()), Err(ErrorCode::Possession), "after its own deletion");
    let mut erased = world.clone();
    erased.erased(document);
    assert_eq!(erased.one(&custodian, good()), Err(ErrorCode::Possession), "the document is gone");
    assert_eq!(world.one(&custodian, good()), Ok(()));
    assert_eq!(world.one(&custodian, good()), Err(ErrorCode::Possession), "once");
}

#[test]
fn auditors_ask_who_keeps_and_judge_what_they_asked() {
    let (mut world, document, _) = World::with_document();
    let open = |world: &World, signer, shard| world.clone().one(&signing(signer), challenge_action(document, shard));
    assert_eq!(open(&world, SZH, 0), Err(ErrorCode::Role));
    assert_eq!(open(&world, REGULATOR, 4), Err(ErrorCode::Shard), "no such shard");
    let mut retracted = world.clone();
    retracted.must(&signing(SZH), retract_action(document));
    assert_eq!(open(&retracted, REGULATOR, 0), Err(ErrorCode::DocumentState));
    let keyset = world.keyset(1, &[SZH]);
    let pending = world.pending(body(1, keyset));
    assert_eq!(world.clone().one(&signing(REGULATOR), challenge_action(pending, 0)), Err(ErrorCode::DocumentState));

    for (held, status, noticed) in [(true, ChallengeStatus::Upheld, 0), (false, ChallengeStatus::Violation, 1)] {
        let mut world = world.clone();
        let challenge = world.challenged(document, 0);
        let regulator = signing(REGULATOR);
        assert_eq!(world.one(&regulator, verdict(challenge, held)), Err(ErrorCode::State), "not answered yet");
        world.must(&receipts(KEEPERS[0]), proof(challenge, record(&world, challenge).stripe));
        assert_eq!(world.one(&signing(SZH), verdict(challenge, held)), Err(ErrorCode::Role));
        world.must(&regulator, verdict(challenge, held));
        assert_eq!(record(&world, challenge).status, status);
        assert_eq!(world.anomalies(AnomalyKind::Integrity, Some(KEEPERS[0])), noticed);
        world.pass(31 * DAY_MS);
        assert_eq!(world.anomalies(AnomalyKind::DeadlineMissed, Some(KEEPERS[0])), 0, "it was in time");
    }
}

#[test]
fn stripes_are_drawn_evenly_from_what_nobody_knew() {
    let mut seen = [0_u32; 8];
    for n in 0..800_u32 {
        let mut before = BlockHash(Hash32([0; 32]));
        before.0.0[..4].copy_from_slice(&n.to_le_bytes());
        let id = challenge_id_of(&assent_types::TxHash(Hash32([7; 32])));
        seen[usize::try_from(stripe_of(id, &before, 8)).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (60..=140).contains(count)), "{seen:?}");
}
