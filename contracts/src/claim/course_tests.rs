use assent_types::action::Action;
use assent_types::bill::{BillFlag, BillStatus, RegisterBill, ReplaceBill, VoidBill};
use assent_types::claim::*;
use assent_types::consent::{Categories, Category};
use assent_types::key::SecretKey;
use assent_types::settlement::settlement_id_of;
use assent_types::*;

use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::*;

fn one_bill(amount: u64) -> Award {
    award(&[nullifier(1)], &[amount])
}

fn refused(world: &World, signer: &SecretKey, action: Action) -> ErrorCode {
    let before: Vec<_> = world.state.values().cloned().collect();
    let mut world = world.clone();
    let code = world.one(signer, action).unwrap_err();
    let changed = world.state.values().filter(|value| !before.contains(value)).count();
    assert_eq!(changed, 1, "the block's own record alone changes");
    code
}

// Information and holds --------------------------------------------------------------------------------------------

#[test]
fn the_time_to_decide_stands_still_while_information_is_awaited() {
    let mut world = World::with_subjects(1);
    let document = world.document(1);
    let claim = world.in_review(INSURER);
    let left = world.claim(claim).due.unwrap().0 - world.time.plus(DAY_MS).0 - 1_000;
    world.time = world.time.plus(DAY_MS);
    world.act(&signing(INSURER), request_info(claim));
    let asked = world.claim(claim);
    assert_eq!((asked.status, asked.info_rounds), (ClaimStatus::InfoRequested, 1));
    assert_eq!(asked.course.paused_ms, Some(left));
    world.grant(1, claim_terms(1, SZH));
    world.time = world.time.plus(5 * DAY_MS);
    world.act(&signing(HKH), link(claim, &[document]));
    let back = world.claim(claim);
    assert_eq!((back.status, back.due), (ClaimStatus::InReview, Some(world.time.plus(left))));
    assert_eq!((back.course.paused_ms, &back.course.linked[..]), (None, &[document][..]));
}

#[test]
fn information_is_asked_for_by_the_insurer_within_the_matrix_a_few_times() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let ask =
        |categories: &[Category]| Action::RequestInfo(RequestInfo { claim, categories: Categories::of(categories) });
    // 57: genetic data is never for claims.
    assert_eq!(refused(&world, &signing(INSURER), ask(&[Category::Genetic])), ErrorCode::Minimisation);
    assert_eq!(refused(&world, &signing(INSURER), ask(&[])), ErrorCode::EmptyAxis);
    assert_eq!(refused(&world, &signing(INSURER2), ask(&[Category::Lab])), ErrorCode::Role);
    for _ in 0..3 {
        world.act(&signing(INSURER), ask(&[Category::Lab]));
        let due = world.claim(claim).due.unwrap();
        world.at(due);
        let timed_out = world.claim(claim);
        assert!(timed_out.status == ClaimStatus::InReview && timed_out.flags.has(ClaimFlag::InfoTimeout));
    }
    assert_eq!(refused(&world, &signing(INSURER), ask(&[Category::Lab])), ErrorCode::State, "asked too often");
}

#[test]
fn bad_input_56_documents_are_linked_with_a_consent_at_this_block() {
    let mut world = World::with_subjects(2);
    let (document, foreign) = (world.document(1), world.document(2));
    let claim = world.in_review(INSURER);
    world.act(&signing(INSURER), request_info(claim));
    let hospital = signing(HKH);
    assert_eq!(refused(&world, &hospital, link(claim, &[document])), ErrorCode::AttachConsent);
    let consent = world.grant(1, claim_terms(1, SZH));
    assert_eq!(refused(&world, &hospital, link(claim, &[foreign])), ErrorCode::AttachConsent);
    assert_eq!(refused(&world, &hospital, link(claim, &[])), ErrorCode::AttachConsent);
    assert_eq!(refused(&world, &signing(SZH), link(claim, &[document])), ErrorCode::Role);
    assert_eq!(world.clone().one(&hospital, link(claim, &[document])), Ok(()));
    // The revocation in the same block comes first.
    let revoke = assent_types::action::RevokeConsent {
        target: target(1, SZH, consent),
        grantor: assent_types::consent::Grantor::Subject,
        evidence: None,
    };
    let txs = [world.tx(&subject_key(1), Action::RevokeConsent(revoke)), world.tx(&hospital, link(claim, &[document]))];
    let outcome = world.run(&txs);
    assert_eq!(outcome.receipts[1].0.error(), Some(ErrorCode::AttachConsent));
    assert_eq!(world.claim(claim).status, ClaimStatus::InfoRequested);
}

#[test]
fn a_claim_is_held_only_for_want_of_a_consent_and_resumes_with_it() {
    let mut world = World::with_subjects(2);
    let document = world.document(1);
    let claim = world.in_review(INSURER);
    let missing = AnchorId(Hash32([9; 32]));
    assert_eq!(refused(&world, &signing(INSURER), gap(claim, &[missing])), ErrorCode::State);
    assert_eq!(refused(&world, &signing(INSURER2), gap(claim, &[document])), ErrorCode::Role);
    let mut permitted = world.clone();
    permitted.grant(1, claim_terms(1, SZH));
    assert_eq!(refused(&permitted, &signing(INSURER), gap(claim, &[document])), ErrorCode::State);
    world.act(&signing(HKH), gap(claim, &[document]));
    assert_eq!(world.claim(claim).status, ClaimStatus::ConsentHold);
    assert_eq!(refused(&world, &subject_key(1), resume(claim, Capacity::Subject)), ErrorCode::AttachConsent);
    assert_eq!(refused(&world, &subject_key(2), resume(claim, Capacity::Subject)), ErrorCode::NotGrantor);
    let mut silent = world.clone();
    let due = silent.claim(claim).due.unwrap();
    silent.at(due);
    let lapsed = silent.claim(claim);
    assert!(lapsed.status == ClaimStatus::InReview && lapsed.flags.has(ClaimFlag::ConsentMissing));
    world.grant(1, claim_terms(1, SZH));
    world.act(&subject_key(1), resume(claim, Capacity::Subject));
    assert_eq!(world.claim(claim).status, ClaimStatus::InReview);
    // What was received stays: no hold for a document that the claim cites.
    world.act(&signing(INSURER), request_info(claim));
    world.act(&signing(HKH), link(claim, &[document]));
    world.change_params(|params| params.user_categories = List::default());
    assert_eq!(refused(&world, &signing(INSURER), gap(claim, &[document])), ErrorCode::State);
}

// Missed deadlines --------------------------------------------------------------------------------------------------

#[test]
fn who_misses_deadlines_is_named_and_nothing_is_denied() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let mut levels = Vec::new();
    while let Some(due) = world.claim(claim).due {
        world.at(due);
        levels.push(world.claim(claim).course.breaches);
    }
    assert_eq!(levels, [1, 2, 3]);
    let late = world.claim(claim);
    assert!(late.status == ClaimStatus::InReview && late.flags.has(ClaimFlag::DeadlineMissed));
    // Once under another status, the count begins anew; an unpaid approval is named once.
    world.act(&signing(INSURER), approve(claim, one_bill(1_000)));
    assert_eq!(world.claim(claim).course.breaches, 0);
    let due = world.claim(claim).due.unwrap();
    world.at(due);
    let unpaid = world.claim(claim);
    assert_eq!((unpaid.status, unpaid.course.breaches, unpaid.due), (ClaimStatus::Approved, 1, None));
    world.pay(claim);
    assert_eq!(world.claim(claim).status, ClaimStatus::Settled);
}

// Appeals -----------------------------------------------------------------------------------------------------------

#[test]
fn an_appeal_raises_what_was_paid_and_only_the_rest_is_paid() {
    let mut world = World::with_subjects(1);
    let claim = world.settled(600);
    world.act(&subject_key(1), appeal(claim, Capacity::Subject));
    assert_eq!(world.claim(claim).course.appeal.unwrap().level, 1);
    world.act(&signing(INSURER), decide_appeal(claim, raised(one_bill(900))));
    let raised = world.claim(claim);
    assert_eq!(
        (raised.status, raised.approved_total, raised.settled_net),
        (ClaimStatus::PartApproved, hkd(900), hkd(600))
    );
    assert_eq!(world.bill_record(1).allocated, hkd(900));
    assert_eq!(refused(&world, &signing(INSURER), instruct(claim, hkd(900))), ErrorCode::PayAmount);
    world.pay(claim);
    let paid = world.claim(claim);
    assert_eq!((paid.status, paid.settled_net), (ClaimStatus::Settled, hkd(900)));
    // The second appeal is a regulator's, and there is no third.
    world.act(&subject_key(1), appeal(claim, Capacity::Subject));
    let full = || decide_appeal(claim, AppealOutcome::Full(one_bill(1_000)));
    assert_eq!(refused(&world, &signing(INSURER), full()), ErrorCode::Role);
    let keep = DecideAppeal { claim, mode: HUMAN, outcome: self::raised_to(900), outcome_root: Hash32([3; 32]) };
    world.act(&signing(REGULATOR), Action::DecideAppeal(Box::new(keep)));
    assert_eq!(world.claim(claim).status, ClaimStatus::Settled, "nothing is left to pay");
    assert_eq!(refused(&world, &subject_key(1), appeal(claim, Capacity::Subject)), ErrorCode::Appeal);
}

fn raised_to(amount: u64) -> AppealOutcome {
    raised(one_bill(amount))
}

#[test]
fn bad_input_58_appeals_have_a_window_a_number_and_another_decider() {
    let mut world = World::with_subjects(2);
    let claim = world.denied();
    let by = |world: &World, key: &SecretKey, capacity| world.clone().one(key, appeal(claim, capacity));
    assert_eq!(by(&world, &subject_key(2), Capacity::Subject), Err(ErrorCode::NotGrantor));
    assert_eq!(by(&world, &signing(SZH), Capacity::Organisation), Err(ErrorCode::Role));
    assert_eq!(by(&world, &signing(HKH), Capacity::Organisation), Ok(()), "the case's capability lists claims");
    let mut over = world.clone();
    let due = over.claim(claim).due.unwrap();
    // The case has ended by then: the provider needs the subject.
    over.time = START.plus(60 * DAY_MS);
    assert_eq!(by(&over, &signing(HKH), Capacity::Organisation), Err(ErrorCode::Capability));
    let cosigned = over.cosigned(&signing(HKH), appeal(claim, Capacity::Organisation), &[&subject_key(1)]);
    assert_eq!(over.clone().send(&cosigned), Ok(()));
    over.time = due;
    assert_eq!(by(&over, &subject_key(1), Capacity::Subject), Err(ErrorCode::Appeal), "closed, swept or not");
    let mut none = world.clone();
    none.change_params(|params| params.claims.course.appeals_max = 0);
    assert_eq!(by(&none, &subject_key(1), Capacity::Subject), Err(ErrorCode::Appeal));
    let whole = world.clone();
    let mut whole = World { ..whole };
    let paid = {
        let case = whole.case(1, INSURER2);
        let terms = ClaimTerms { cob_declared: true, ..claim_terms_of(case, &[1], hkd(1_000)) };
        let claim = whole.file(terms);
        whole.act(&signing(INSURER2), accept(claim));
        whole.act(&signing(INSURER2), approve(claim, one_bill(1_000)));
        let settlement = settlement_id_of(&whole.act(&signing(INSURER2), instruct(claim, hkd(1_000))));
        whole.settle(settlement);
        claim
    };
    assert_eq!(
        refused(&whole, &subject_key(1), appeal(paid, Capacity::Subject)),
        ErrorCode::Appeal,
        "nothing disallowed"
    );

    world.act(&subject_key(1), appeal(claim, Capacity::Subject));
    let decide = |mode, outcome| {
        let outcome_root = Hash32([2; 32]);
        Action::DecideAppeal(Box::new(DecideAppeal { claim, mode, outcome, outcome_root }))
    };
    assert_eq!(refused(&world, &signing(INSURER), decide(HUMAN, upheld())), ErrorCode::Appeal, "the same person");
    assert_eq!(refused(&world, &signing(INSURER), decide(DecisionMode::Auto, upheld())), ErrorCode::AutoDenial);
    assert_eq!(refused(&world, &signing(REGULATOR), decide(OTHER, upheld())), ErrorCode::Role, "the first level");
    assert_eq!(refused(&world, &signing(INSURER2), decide(OTHER, upheld())), ErrorCode::Role);
    let silent = AppealOutcome::Deny(AdjReasons::EMPTY);
    assert_eq!(refused(&world, &signing(INSURER), decide(OTHER, silent)), ErrorCode::Reason);
    // Missed by the insurer, the appeal is a regulator's; missed by both, both are named and it stays open.
    let due = world.claim(claim).due.unwrap();
    world.at(due);
    assert_eq!(world.claim(claim).course.appeal.unwrap().level, 2);
    assert_eq!(refused(&world, &signing(INSURER), decide(OTHER, upheld())), ErrorCode::Role);
    let due = world.claim(claim).due.unwrap();
    world.at(due);
    let missed = world.claim(claim);
    assert_eq!((missed.status, missed.course.breaches, missed.due), (ClaimStatus::Appealed, 2, None));
    world.act(&signing(REGULATOR), decide(OTHER, upheld()));
    assert_eq!(world.claim(claim).status, ClaimStatus::Denied);
}

#[test]
fn bad_input_59_no_decision_takes_back_what_was_approved() {
    let mut world = World::with_subjects(1);
    let claim = world.settled(600);
    world.act(&subject_key(1), appeal(claim, Capacity::Subject));
    let insurer = signing(INSURER);
    assert_eq!(refused(&world, &insurer, decide_appeal(claim, raised(one_bill(599)))), ErrorCode::Reformatio);
    assert_eq!(refused(&world, &insurer, decide_appeal(claim, upheld())), ErrorCode::Reformatio);
    assert_eq!(refused(&world, &insurer, decide_appeal(claim, raised(one_bill(1_000)))), ErrorCode::Unbalanced);
    assert_eq!(refused(&world, &insurer, decide_appeal(claim, raised(one_bill(1_001)))), ErrorCode::OverClaimed);
    world.act(&insurer, decide_appeal(claim, AppealOutcome::Full(one_bill(1_000))));
    assert_eq!(world.claim(claim).status, ClaimStatus::Approved);
    world.pay(claim);
    // Nor does the review of a reopened claim.
    world.act(&signing(REGULATOR), reopen(claim));
    assert!(world.claim(claim).flags.has(ClaimFlag::Reopened));
    assert_eq!(refused(&world, &insurer, approve_part(claim, one_bill(999))), ErrorCode::Reformatio);
    assert_eq!(refused(&world, &insurer, deny(claim)), ErrorCode::Reformatio);
    world.act(&insurer, approve(claim, one_bill(1_000)));
    assert_eq!(world.claim(claim).status, ClaimStatus::Settled);
}

#[test]
fn bad_input_49_an_appeal_finds_no_more_on_the_bill_than_there_is() {
    let mut world = World::with_subjects(1);
    let claim = world.settled(600);
    let case = world.case(1, INSURER2);
    let terms = ClaimTerms { cob_declared: true, ..claim_terms_of(case, &[1], hkd(1_000)) };
    let other = world.file(terms);
    world.act(&signing(INSURER2), accept(other));
    world.act(&signing(INSURER2), approve_part(other, one_bill(300)));
    world.act(&subject_key(1), appeal(claim, Capacity::Subject));
    let raise = |amount| decide_appeal(claim, raised(one_bill(amount)));
    assert_eq!(refused(&world, &signing(INSURER), raise(701)), ErrorCode::OverAllocated);
    world.act(&signing(INSURER), raise(700));
    assert_eq!(world.bill_record(1).allocated, hkd(1_000));
}

// Clawbacks ---------------------------------------------------------------------------------------------------------

#[test]
fn money_comes_back_off_the_bill_and_is_not_paid_again() {
    let mut world = World::with_subjects(1);
    let (claim, settlement) = world.paying_back(400);
    world.settle(settlement);
    let part = world.claim(claim);
    assert_eq!((part.status, part.settled_net, part.clawed_back), (ClaimStatus::Settled, hkd(600), hkd(400)));
    assert_eq!((part.payable(), world.bill_record(1).allocated), (Ok(hkd(0)), hkd(600)));
    assert_eq!(refused(&world, &signing(INSURER), instruct(claim, hkd(400))), ErrorCode::State);
    assert_eq!(refused(&world, &subject_key(1), appeal(claim, Capacity::Subject)), ErrorCode::Appeal);
    // Reopened and decided as before, nothing is payable.
    world.act(&signing(REGULATOR), reopen(claim));
    world.act(&signing(INSURER), approve(claim, one_bill(1_000)));
    assert_eq!(world.claim(claim).status, ClaimStatus::Settled);
    assert_eq!(world.bill_record(1).allocated, hkd(600), "what was clawed back stays off");
    // The rest back: the claim is reversed and off the bill.
    world.act(&signing(INSURER), clawback(claim, one_bill(600)));
    let settlement = settlement_id_of(&world.act(&signing(REGULATOR), order_clawback(claim)));
    world.settle(settlement);
    let reversed = world.claim(claim);
    assert_eq!(
        (reversed.status, reversed.settled_net, reversed.clawed_back),
        (ClaimStatus::Reversed, hkd(0), hkd(1_000))
    );
    let bill = world.bill_record(1);
    assert_eq!((bill.allocated, bill.claims.len()), (hkd(0), 0));
    // AN-16: the bill is voided although a payment was instructed on it.
    world.act(&signing(HKH), Action::VoidBill(VoidBill { nullifier: nullifier(1), issuer: HKH }));
    assert!(world.bill_record(1).flags.has(BillFlag::VoidedAfterPayment));
}

#[test]
fn bad_input_62_clawbacks_are_bounded() {
    let mut world = World::with_subjects(1);
    let claim = world.settled(600);
    let insurer = signing(INSURER);
    let ask = |amount| clawback(claim, one_bill(amount));
    assert_eq!(refused(&world, &insurer, ask(0)), ErrorCode::Clawback);
    assert_eq!(refused(&world, &insurer, ask(601)), ErrorCode::Clawback);
    assert_eq!(refused(&world, &signing(INSURER2), ask(600)), ErrorCode::Role);
    let lopsided = |change: &dyn Fn(&mut RequestClawback)| {
        let Action::RequestClawback(mut request) = ask(600) else { unreachable!() };
        change(&mut request);
        Action::RequestClawback(request)
    };
    assert_eq!(refused(&world, &insurer, lopsided(&|request| request.amount = hkd(500))), ErrorCode::Unbalanced);
    assert_eq!(refused(&world, &insurer, lopsided(&|request| request.shares = List::default())), ErrorCode::Unbalanced);
    let cny = Money::new(Currency::Cny, 600);
    assert_eq!(refused(&world, &insurer, lopsided(&|request| request.amount = cny)), ErrorCode::Currency);
    let mut appealed = world.clone();
    appealed.act(&subject_key(1), appeal(claim, Capacity::Subject));
    assert_eq!(refused(&appealed, &insurer, ask(600)), ErrorCode::Clawback, "an appeal is open");
    let mut late = world.clone();
    late.time = late.claim(claim).due.unwrap();
    assert_eq!(late.one(&insurer, ask(600)), Err(ErrorCode::Clawback), "after the window, swept or not");
    world.act(&insurer, ask(600));
    let hospital = signing(HKH);
    assert_eq!(refused(&world, &subject_key(1), agree(claim, Capacity::Subject)), ErrorCode::Role, "not the payee");
    world.act(&hospital, agree(claim, Capacity::Organisation));
    assert_eq!(refused(&world, &hospital, agree(claim, Capacity::Organisation)), ErrorCode::SettlementLive);
    assert_eq!(refused(&world, &hospital, contest(claim)), ErrorCode::SettlementLive);
    assert_eq!(refused(&world, &signing(REGULATOR), order_clawback(claim)), ErrorCode::SettlementLive);
}

#[test]
fn a_clawback_is_contested_lapses_or_waits_again_after_a_failed_payment() {
    let mut world = World::with_subjects(1);
    world.change_params(|params| params.claims.course.dispute_ms = DAY_MS);
    let claim = world.clawed(400);
    let mut contested = world.clone();
    contested.act(&signing(HKH), contest(claim));
    let record = contested.claim(claim);
    assert!(record.status == ClaimStatus::Settled && record.flags.has(ClaimFlag::ClawbackContested));
    let due = world.claim(claim).due.unwrap();
    let settlement = settlement_id_of(&world.act(&signing(HKH), agree(claim, Capacity::Organisation)));
    world.time = due;
    world.act(&signing(BANK), bank_fail(settlement));
    // The deadline passed while the payment was under way: with its end the request lapses.
    world.run(&[]);
    let lapsed = world.claim(claim);
    assert_eq!((lapsed.status, lapsed.settled_net), (ClaimStatus::Settled, hkd(1_000)));
    let order = OrderClawback {
        claim,
        order: Hash32::ZERO,
        bank: BANK,
        purpose: assent_types::settlement::PurposeCode::InsuranceClaim,
    };
    world.act(&signing(INSURER), clawback(claim, one_bill(1)));
    assert_eq!(refused(&world, &signing(REGULATOR), Action::OrderClawback(order)), ErrorCode::Reason);
    assert_eq!(refused(&world, &signing(SZH), order_clawback(claim)), ErrorCode::Role);
}

// Withdrawing, closing, reopening -----------------------------------------------------------------------------------

#[test]
fn bad_input_63_a_claim_is_withdrawn_before_it_is_paid() {
    let mut world = World::with_subjects(2);
    let claim = world.part_approved(600);
    let case = world.claim(claim).terms.case;
    assert_eq!(refused(&world, &signing(SZH), withdraw(claim, Capacity::Organisation)), ErrorCode::Role);
    assert_eq!(refused(&world, &subject_key(2), withdraw(claim, Capacity::Subject)), ErrorCode::NotGrantor);
    for (key, capacity) in [(subject_key(1), Capacity::Subject), (signing(HKH), Capacity::Organisation)] {
        let mut world = world.clone();
        world.act(&key, withdraw(claim, capacity));
        let bill = world.bill_record(1);
        assert_eq!((world.claim(claim).status, bill.allocated, bill.claims.len()), (ClaimStatus::Withdrawn, hkd(0), 0));
        assert_eq!(world.case_record(case).claimed, Some(hkd(0)), "the capability is whole again");
        assert_eq!(refused(&world, &key, withdraw(claim, capacity)), ErrorCode::State);
    }
    world.act(&signing(INSURER), instruct(claim, hkd(600)));
    assert_eq!(refused(&world, &signing(HKH), withdraw(claim, Capacity::Organisation)), ErrorCode::State);
    let mut paid = World::with_subjects(1);
    let claim = paid.settled(600);
    paid.act(&signing(REGULATOR), reopen(claim));
    assert_eq!(refused(&paid, &signing(HKH), withdraw(claim, Capacity::Organisation)), ErrorCode::State, "settled");
}

#[test]
fn a_denial_that_nobody_appeals_against_is_final_but_for_an_order() {
    let mut world = World::with_subjects(1);
    world.change_params(|params| params.claims.appeal_ms = 10 * DAY_MS);
    let claim = world.denied();
    let due = world.claim(claim).due.unwrap();
    world.at(due);
    assert_eq!(world.claim(claim).status, ClaimStatus::ClosedDenied);
    assert!(world.bill_record(1).claims.is_empty(), "the bill is free for another claim");
    let zero = Action::ReopenClaim(ReopenClaim { claim, order: Hash32::ZERO });
    assert_eq!(refused(&world, &signing(REGULATOR), zero), ErrorCode::Reason);
    assert_eq!(refused(&world, &signing(INSURER), reopen(claim)), ErrorCode::Role);
    let mut voided = world.clone();
    voided.act(&signing(HKH), Action::VoidBill(VoidBill { nullifier: nullifier(1), issuer: HKH }));
    assert_eq!(refused(&voided, &signing(REGULATOR), reopen(claim)), ErrorCode::Bill);
    let mut again = world.clone();
    again.in_review(INSURER);
    assert_eq!(refused(&again, &signing(REGULATOR), reopen(claim)), ErrorCode::Duplicate);
    world.act(&signing(REGULATOR), reopen(claim));
    assert_eq!((world.claim(claim).status, world.bill_record(1).claims.len()), (ClaimStatus::InReview, 1));
    world.act(&signing(INSURER), approve(claim, one_bill(1_000)));
    world.pay(claim);
    let due = world.claim(claim).due.unwrap();
    world.at(due);
    assert_eq!((world.claim(claim).status, world.claim(claim).due), (ClaimStatus::ClosedPaid, None));
}

// Bills -------------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_47_a_bill_that_is_cited_stands() {
    let mut world = World::with_subjects(1);
    world.bill(1, 1_000);
    let void = || Action::VoidBill(VoidBill { nullifier: nullifier(1), issuer: HKH });
    let replace = |n: u32, total: u64, explanation| {
        let by = RegisterBill { nullifier: nullifier(n), issuer: HKH, total: hkd(total), attestation: None };
        Action::ReplaceBill(ReplaceBill { nullifier: nullifier(1), by, explanation })
    };
    assert_eq!(refused(&world, &signing(SZH), void()), ErrorCode::BillIssuer);
    let absent = Action::VoidBill(VoidBill { nullifier: nullifier(9), issuer: HKH });
    assert_eq!(refused(&world, &signing(HKH), absent), ErrorCode::NotFound);
    assert_eq!(refused(&world, &signing(HKH), replace(1, 1_000, Hash32::ZERO)), ErrorCode::Nullifier);
    assert_eq!(refused(&world, &signing(HKH), replace(2, 900, Hash32::ZERO)), ErrorCode::Reason);
    assert_eq!(refused(&world, &signing(HKH), replace(2, 0, Hash32([1; 32]))), ErrorCode::AmountOverflow);
    let mut cited = world.clone();
    cited.in_review(INSURER);
    assert_eq!(refused(&cited, &signing(HKH), void()), ErrorCode::State);
    assert_eq!(refused(&cited, &signing(HKH), replace(2, 1_000, Hash32::ZERO)), ErrorCode::State);
    world.act(&signing(HKH), replace(2, 900, Hash32([1; 32])));
    let (old, new) = (world.bill_record(1), world.bill_record(2));
    assert_eq!((old.status, old.replaced_by, new.total), (BillStatus::Replaced, Some(nullifier(2)), hkd(900)));
    assert!(!old.flags.has(BillFlag::VoidedAfterPayment), "no payment was asked for");
    let case = world.case(1, INSURER);
    let file = submit(claim_terms_of(case, &[1], hkd(1_000)), Capacity::Organisation);
    assert_eq!(refused(&world, &signing(HKH), file), ErrorCode::Bill);
    assert_eq!(refused(&world, &signing(HKH), void()), ErrorCode::State, "ended once");
}
