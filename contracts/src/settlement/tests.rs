use assent_types::action::Action;
use assent_types::claim::{Capacity, ClaimStatus, ClaimTerms, Payee};
use assent_types::key::SecretKey;
use assent_types::settlement::*;
use assent_types::*;

use crate::runtime::table::actors::{ADV, BNK, GDN, HOS, INS, SUB, SYS, TPA};
use crate::testing::claims::*;
use crate::testing::*;
use crate::{Actor, State};

type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    let expected: &[Expected<'_>] = &[
        ("ST-01", &[New], "Instruct", &[INS, TPA, ADV], Instructed),
        ("ST-02", &[Instructed], "BankAccept", &[BNK], BankAccepted),
        ("ST-04", &[Instructed, BankAccepted], "BankFail", &[BNK], Failed),
        ("ST-05", &[BankAccepted], "BankPaid", &[BNK], Paid),
        ("ST-06", &[Paid], "PayeeAck", &[HOS, SUB, GDN, ADV, INS], Acked),
        ("ST-07", &[Paid], "sweep", &[SYS], Acked),
    ];
    assert_eq!(super::transitions::SETTLEMENTS.len(), expected.len());
    for (row, (id, from, event, actors, to)) in super::transitions::SETTLEMENTS.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.event.to_string().as_str()), (*id, *from, *event));
        assert_eq!((row.actors, row.to), (*actors, *to), "{id}");
    }
}

#[test]
fn a_payment_settles_its_claim_in_the_same_transaction() {
    let mut world = World::with_subjects(1);
    let (claim, settlement) = world.bank_paid(INSURER);
    assert_eq!(world.claim(claim).status, ClaimStatus::PayInstructed);
    let tx = world.tx(&signing(HKH), ack(settlement));
    let outcome = world.run(&[tx]);
    let events = &outcome.receipts[0].1.events;
    let rows: Vec<String> = events.iter().map(|event| event.row.to_string()).collect();
    assert_eq!(rows, ["ST-06", "CL-27"]);
    assert_eq!((events[0].object, events[1].object), (settlement.0, claim.0));
    assert!(events[0].parties.contains(&BANK) && !events[1].parties.contains(&BANK));
    let record = world.settlement(settlement);
    assert_eq!((record.status, record.deemed, record.due), (SettlementStatus::Acked, false, None));
    let claim = world.claim(claim);
    assert_eq!((claim.status, claim.settled_net, claim.due), (ClaimStatus::Settled, hkd(1_000), None));
    assert_eq!(world.one(&signing(INSURER), instruct(claim.id, hkd(1_000))), Err(ErrorCode::State), "paid once");
}

#[test]
fn a_failed_payment_opens_the_claim_for_another() {
    for partial in [false, true] {
        let mut world = World::with_subjects(1);
        let claim = world.in_review(INSURER);
        let (approved, status) =
            if partial { (600, ClaimStatus::PartApproved) } else { (1_000, ClaimStatus::Approved) };
        let award = award(&[nullifier(1)], &[approved]);
        let decision = if partial { approve_part(claim, award) } else { approve(claim, award) };
        world.act(&signing(INSURER), decision);
        for accepted in [false, true] {
            let tx = world.act(&signing(INSURER), instruct(claim, hkd(approved)));
            let settlement = settlement_id_of(&tx);
            if accepted {
                world.act(&signing(BANK), bank_accept(settlement));
            }
            world.act(&signing(BANK), bank_fail(settlement));
            let record = world.settlement(settlement);
            assert_eq!((record.status, record.failed), (SettlementStatus::Failed, Some(FailReason::ClosedAccount)));
            let back = world.claim(claim);
            assert_eq!((back.status, back.settled_net), (status, hkd(0)));
            assert!(back.due.is_some(), "payment is due again");
        }
    }
}

#[test]
fn only_the_instructed_bank_reports_and_exactly() {
    let mut world = World::with_subjects(1);
    let (_, settlement) = world.instructed(INSURER);
    let bank = signing(BANK);
    assert_eq!(world.one(&bank, paid(settlement, hkd(1_000))), Err(ErrorCode::State), "not accepted yet");
    assert_eq!(world.one(&signing(INSURER), bank_accept(settlement)), Err(ErrorCode::Role));
    world.change_org(INSURER2, |org| org.roles = org::RoleSet::of(&[org::Role::Bank]));
    for action in [bank_accept(settlement), bank_fail(settlement)] {
        assert_eq!(world.one(&signing(INSURER2), action), Err(ErrorCode::Role), "another bank");
    }
    let mut undesignated = world.clone();
    undesignated.change_params(|params| params.claims.banks = Set::default());
    assert_eq!(undesignated.one(&bank, bank_accept(settlement)), Err(ErrorCode::Bank));
    world.act(&bank, bank_accept(settlement));
    for amount in [999, 1_001] {
        assert_eq!(world.one(&bank, paid(settlement, hkd(amount))), Err(ErrorCode::PayAmount));
    }
    assert_eq!(world.one(&bank, paid(settlement, Money::new(Currency::Cny, 1_000))), Err(ErrorCode::Currency));
    world.act(&bank, paid(settlement, hkd(1_000)));
    assert_eq!(world.one(&bank, bank_fail(settlement)), Err(ErrorCode::State));
    let unknown = bank_accept(SettlementId(Hash32([9; 32])));
    assert_eq!(world.one(&bank, unknown), Err(ErrorCode::NotFound));
}

#[test]
fn the_payee_acknowledges_and_nobody_else() {
    let mut world = World::with_subjects(2);
    let (_, settlement) = world.bank_paid(INSURER);
    let by = |world: &World, key: &SecretKey, capacity| {
        world.clone().one(key, Action::PayeeAck(PayeeAck { settlement, capacity }))
    };
    assert_eq!(by(&world, &signing(SZH), Capacity::Organisation), Err(ErrorCode::Role));
    assert_eq!(by(&world, &signing(INSURER), Capacity::Organisation), Err(ErrorCode::Role));
    assert_eq!(by(&world, &subject_key(1), Capacity::Subject), Err(ErrorCode::Role), "the provider is paid");
    assert_eq!(by(&world, &signing(BANK), Capacity::Organisation), Err(ErrorCode::Role));
    assert_eq!(by(&world, &signing(HKH), Capacity::Organisation), Ok(()));

    let mut world = World::with_subjects(2);
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    let payee = Payee::Subject { commit: Hash32([7; 32]) };
    let claim = world.file(ClaimTerms { payee, ..claim_terms_of(case, &[1], hkd(1_000)) });
    world.act(&signing(INSURER), accept(claim));
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[1_000])));
    let settlement = settlement_id_of(&world.act(&signing(INSURER), instruct(claim, hkd(1_000))));
    world.act(&signing(BANK), bank_accept(settlement));
    world.act(&signing(BANK), paid(settlement, hkd(1_000)));
    let mandate = world.mandate(1, |_| {});
    let by = |key: &SecretKey, capacity| world.clone().one(key, Action::PayeeAck(PayeeAck { settlement, capacity }));
    assert_eq!(by(&subject_key(1), Capacity::Subject), Ok(()));
    assert_eq!(by(&proxy(1), Capacity::Proxy { mandate }), Ok(()));
    assert_eq!(by(&subject_key(2), Capacity::Subject), Err(ErrorCode::NotGrantor));
    assert_eq!(by(&signing(HKH), Capacity::Organisation), Err(ErrorCode::Role), "the subject is paid");
    assert_eq!(by(&subject_key(1), Capacity::Organisation), Err(ErrorCode::Role));
}

#[test]
fn silence_of_the_payee_is_deemed_receipt() {
    let mut world = World::with_subjects(1);
    let (claim, settlement) = world.bank_paid(INSURER);
    let due = world.settlement(settlement).due.unwrap();
    let mut late = world.clone();
    world.time = due;
    let outcome = world.run(&[]);
    let rows: Vec<String> = outcome.receipts[0].1.events.iter().map(|event| event.row.to_string()).collect();
    assert_eq!(rows, ["ST-07", "CL-27"]);
    let record = world.settlement(settlement);
    assert_eq!((record.status, record.deemed), (SettlementStatus::Acked, true));
    assert_eq!(world.claim(claim).status, ClaimStatus::Settled);
    // Who acts in the block that the deadline falls in finds it acknowledged, swept or not.
    late.time = due;
    assert_eq!(late.clone().one(&signing(HKH), ack(settlement)), Err(ErrorCode::State));
    assert_eq!(late.one(&signing(INSURER), instruct(claim, hkd(1_000))), Err(ErrorCode::State));
}
