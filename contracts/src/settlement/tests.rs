use assent_types::action::Action;
use assent_types::claim::{Capacity, ClaimStatus, ClaimTerms, Payee};
use assent_types::key::SecretKey;
use assent_types::settlement::*;
use assent_types::*;

use crate::runtime::table::actors::{ADV, BNK, GDN, HOS, INS, REG, SUB, SYS, TPA};
use crate::testing::claims::*;
use crate::testing::*;
use crate::{Actor, State};

type Change<'t> = &'t dyn Fn(&mut assent_types::batch::BatchSettlements);

type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    let expected: &[Expected<'_>] = &[
        ("ST-01", &[New], "Instruct", &[INS, TPA, ADV, HOS, SUB, GDN, REG], Instructed),
        ("ST-02", &[Instructed], "BankAccept", &[BNK], BankAccepted),
        ("ST-03", &[Instructed], "RecallPayment", &[INS, TPA, ADV, HOS, SUB, GDN], Recalled),
        ("ST-04", &[Instructed, BankAccepted], "BankFail", &[BNK], Failed),
        ("ST-05", &[BankAccepted], "BankPaid", &[BNK], Paid),
        ("ST-06", &[Paid], "PayeeAck", &[HOS, SUB, GDN, ADV, INS], Acked),
        ("ST-07", &[Paid], "sweep", &[SYS], Acked),
        ("ST-08", &[Paid], "DisputePayment", &[HOS, SUB, GDN, ADV, INS], PayeeDisputed),
        ("ST-09", &[PayeeDisputed], "ResolvePaid", &[BNK, REG], Acked),
        ("ST-10", &[PayeeDisputed], "ResolveFailed", &[BNK, REG], Failed),
        ("ST-11", &[Instructed], "sweep", &[SYS], Failed),
        ("ST-12", &[BankAccepted], "sweep", &[SYS], PayeeDisputed),
        ("ST-13", &[PayeeDisputed], "sweep", &[SYS], PayeeDisputed),
        ("SB-01", &[New], "BatchSettlements", &[INS, TPA, ADV], Recorded),
    ];
    let rows: Vec<_> = [super::transitions::SETTLEMENTS, super::transitions::BATCHES].into_iter().flatten().collect();
    assert_eq!(rows.len(), expected.len());
    for (row, (id, from, event, actors, to)) in rows.iter().zip(expected) {
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
    assert_eq!((claim.status, claim.settled_net), (ClaimStatus::Settled, hkd(1_000)));
    assert_eq!(claim.due, claim.course.clawback_until, "it closes when nothing can be clawed back any more");
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

#[test]
fn a_disputed_payment_is_resolved_with_the_other_side_or_by_order() {
    use crate::testing::course::*;
    let mut world = World::with_subjects(1);
    let (claim, settlement) = world.bank_paid(INSURER);
    let bank = signing(BANK);
    assert_eq!(world.one(&signing(SZH), dispute(settlement, Capacity::Organisation)), Err(ErrorCode::Role));
    let mut late = world.clone();
    late.time = late.settlement(settlement).due.unwrap();
    assert_eq!(late.one(&signing(HKH), dispute(settlement, Capacity::Organisation)), Err(ErrorCode::State));
    world.act(&signing(HKH), dispute(settlement, Capacity::Organisation));
    let by = |signer: &SecretKey, paid, order, with: &[&SecretKey]| {
        let mut world = world.clone();
        let tx = world.cosigned(signer, resolve(settlement, paid, order), with);
        world.send(&tx).map(|()| (world.settlement(settlement).status, world.claim(claim).status))
    };
    let (insurer, hospital, regulator) = (signing(INSURER), signing(HKH), signing(REGULATOR));
    assert_eq!(by(&insurer, true, None, &[&hospital]), Err(ErrorCode::Role));
    assert_eq!(by(&bank, true, None, &[&insurer]), Err(ErrorCode::Role), "the payee says that it was paid");
    assert_eq!(by(&bank, true, None, &[&hospital]), Ok((SettlementStatus::Acked, ClaimStatus::Settled)));
    assert_eq!(by(&bank, false, None, &[&hospital]), Err(ErrorCode::Role), "the payer says that it was not");
    assert_eq!(by(&bank, false, None, &[&insurer]), Ok((SettlementStatus::Failed, ClaimStatus::Approved)));
    assert_eq!(by(&regulator, true, None, &[]), Err(ErrorCode::Reason));
    assert_eq!(by(&regulator, false, Some(ORDER), &[]), Ok((SettlementStatus::Failed, ClaimStatus::Approved)));
    // Nobody resolves it: bank and regulator are named once, and it stays disputed.
    let due = world.settlement(settlement).due.unwrap();
    world.at(due);
    let record = world.settlement(settlement);
    assert_eq!((record.status, record.breaches, record.due), (SettlementStatus::PayeeDisputed, 1, None));
}

#[test]
fn a_silent_bank_has_failed_or_leaves_a_dispute() {
    use crate::testing::course::*;
    let mut world = World::with_subjects(1);
    let (claim, settlement) = world.instructed(INSURER);
    let mut silent = world.clone();
    let due = silent.settlement(settlement).due.unwrap();
    let pay_ms = crate::runtime::state::params(&silent.state).unwrap().claims.pay_ms;
    silent.at(due.plus(DAY_MS));
    assert_eq!(silent.settlement(settlement).status, SettlementStatus::Failed);
    let back = silent.claim(claim);
    assert_eq!((back.status, back.due), (ClaimStatus::Approved, Some(due.plus(pay_ms))), "counted from the deadline");
    world.act(&signing(BANK), bank_accept(settlement));
    let due = world.settlement(settlement).due.unwrap();
    world.at(due);
    let record = world.settlement(settlement);
    assert_eq!((record.status, record.breaches), (SettlementStatus::PayeeDisputed, 1));
    world.act(&signing(REGULATOR), resolve(settlement, true, Some(ORDER)));
    assert_eq!(world.settlement(settlement).paid.unwrap().amount, hkd(1_000));
    assert_eq!(world.claim(claim).status, ClaimStatus::Settled);
}

#[test]
fn whoever_instructed_recalls_before_the_bank_accepts() {
    use crate::testing::course::*;
    let mut world = World::with_subjects(1);
    let (claim, settlement) = world.instructed(INSURER);
    assert_eq!(world.one(&signing(HKH), recall(settlement, Capacity::Organisation)), Err(ErrorCode::Role));
    assert_eq!(world.one(&subject_key(1), recall(settlement, Capacity::Subject)), Err(ErrorCode::Role));
    let mut accepted = world.clone();
    accepted.act(&signing(BANK), bank_accept(settlement));
    assert_eq!(accepted.one(&signing(INSURER), recall(settlement, Capacity::Organisation)), Err(ErrorCode::State));
    world.act(&signing(INSURER), recall(settlement, Capacity::Organisation));
    assert_eq!(world.settlement(settlement).status, SettlementStatus::Recalled);
    assert_eq!(world.claim(claim).status, ClaimStatus::Approved);
    world.act(&signing(INSURER), instruct(claim, hkd(1_000)));
}

#[test]
fn a_settlement_is_in_one_batch_that_adds_up() {
    use assent_types::batch::{BatchDetail, BatchSettlements};
    let mut world = World::with_subjects(1);
    let (_, one) = world.instructed(INSURER);
    world.bill(2, 500);
    let case = world.case(1, INSURER);
    let claim = world.file(claim_terms_of(case, &[2], hkd(500)));
    world.act(&signing(INSURER), accept(claim));
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(2)], &[500])));
    let two = settlement_id_of(&world.act(&signing(INSURER), instruct(claim, hkd(500))));
    let batch = |change: &dyn Fn(&mut BatchSettlements)| {
        let detail = |settlement, amount| BatchDetail { settlement, amount: hkd(amount) };
        let details = List::new(vec![detail(one, 1_000), detail(two, 500)]).unwrap();
        let mut batch = BatchSettlements { payer: INSURER, payee: HKH, details, total: hkd(1_500) };
        change(&mut batch);
        Action::BatchSettlements(Box::new(batch))
    };
    let detail = |batch: &mut BatchSettlements| batch.details.as_mut_slice()[1] = batch.details[0];
    let checks: &[(ErrorCode, Change<'_>)] = &[
        (ErrorCode::Unbalanced, &|batch| batch.total = hkd(1_499)),
        (ErrorCode::PayAmount, &|batch| batch.details.as_mut_slice()[0].amount = hkd(999)),
        (ErrorCode::Currency, &|batch| batch.total = Money::new(Currency::Cny, 1_500)),
        (ErrorCode::Role, &|batch| batch.payee = SZH),
        (ErrorCode::Role, &|batch| batch.payer = INSURER2),
        (ErrorCode::State, &detail),
        (ErrorCode::NotFound, &|batch| batch.details = List::default()),
        (ErrorCode::NotFound, &|batch| {
            batch.details.as_mut_slice()[0].settlement = SettlementId(Hash32([9; 32]));
        }),
    ];
    for (code, change) in checks {
        assert_eq!(world.clone().one(&signing(INSURER), batch(change)), Err(*code));
    }
    assert_eq!(world.clone().one(&signing(INSURER2), batch(&|_| {})), Err(ErrorCode::Role));
    world.act(&signing(INSURER), batch(&|_| {}));
    assert!(world.settlement(one).batch.is_some() && world.settlement(one).batch == world.settlement(two).batch);
    assert_eq!(world.one(&signing(INSURER), batch(&|_| {})), Err(ErrorCode::State), "once");
}
