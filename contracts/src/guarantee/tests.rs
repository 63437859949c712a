use assent_types::action::Action;
use assent_types::case::{Capability, CaseOp, CaseOps};
use assent_types::claim::*;
use assent_types::guarantee::*;
use assent_types::preauth::PreauthStatus;
use assent_types::settlement::settlement_id_of;
use assent_types::state::{Record, StateKey};
use assent_types::*;

use crate::runtime::table::actors::{HOS, INS, REG, SYS, TPA};
use crate::testing::claims::*;
use crate::testing::preauths::*;
use crate::testing::*;
use crate::{Actor, State};

type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    let expected: &[Expected<'_>] = &[
        ("GP-01", &[New], "OfferGuarantee", &[INS, TPA], Offered),
        ("GP-02", &[Offered], "AcceptGuarantee", &[HOS], Accepted),
        ("GP-03", &[Offered], "DeclineGuarantee", &[HOS], Declined),
        ("GP-04", &[Offered], "sweep", &[SYS], Declined),
        ("GP-08", &[Accepted], "CallGuarantee", &[HOS, TPA], Called),
        ("GP-09", &[Called], "closeGuarantee", &[SYS], Closed),
        ("GP-10", &[Accepted], "CancelGuarantee", &[HOS], Cancelled),
        ("GP-11", &[Accepted], "OrderCancelGuarantee", &[REG], Cancelled),
        ("GP-12", &[Accepted], "sweep", &[SYS], ExpiredUnused),
    ];
    let rows = super::transitions::GUARANTEES;
    assert_eq!(rows.len(), expected.len());
    for (row, (id, from, event, actors, to)) in rows.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.event.to_string().as_str()), (*id, *from, *event));
        assert_eq!((row.actors, row.to), (*actors, *to), "{id}");
    }
}

fn world() -> (World, CaseId, PreauthId) {
    let mut world = World::with_subjects(2);
    let case = world.full_case(1, INSURER);
    let preauth = world.authorised(case, 1_000);
    (world, case, preauth)
}

// Offers -----------------------------------------------------------------------------------------------------------

#[test]
fn an_offer_reserves_what_it_promises() {
    let (mut world, case, preauth) = world();
    let guarantee = world.offered(case, Some(preauth), 600);
    let record = world.guarantee(guarantee);
    assert_eq!((record.status, record.due), (GuaranteeStatus::Offered, Some(world.time.plus(DAY_MS))));
    assert_eq!((record.amount, record.reserved, record.preauth), (hkd(600), hkd(600), Some(preauth)));
    assert_eq!(amounts(&world.preauth(preauth)), [400, 600, 0, 0]);

    let offer = |world: &World, org, action| world.clone().one(&signing(org), action);
    assert_eq!(offer(&world, INSURER, offer_action(case, Some(preauth), 401)), Err(ErrorCode::OverPreauth));
    assert_eq!(offer(&world, INSURER, offer_action(case, Some(preauth), 0)), Err(ErrorCode::AmountOverflow));
    assert_eq!(offer(&world, INSURER2, offer_action(case, Some(preauth), 1)), Err(ErrorCode::Role));
    assert_eq!(offer(&world, ADMINISTRATOR, offer_action(case, Some(preauth), 1)), Err(ErrorCode::Delegation));
    assert_eq!(offer(&world, HKH, offer_action(case, Some(preauth), 1)), Err(ErrorCode::Role));
    let until = |days| {
        let exp = world.time.plus(days * DAY_MS);
        Action::OfferGuarantee(OfferGuarantee { case, preauth: Some(preauth), amount: hkd(1), exp })
    };
    assert_eq!(offer(&world, INSURER, until(0)), Err(ErrorCode::Window));
    assert_eq!(offer(&world, INSURER, until(91)), Err(ErrorCode::Window));
    assert_eq!(offer(&world, INSURER, until(70)), Err(ErrorCode::PreauthMismatch), "the preauthorisation ends before");
    let requested = world.requested(case, 500);
    assert_eq!(offer(&world, INSURER, offer_action(case, Some(requested), 1)), Err(ErrorCode::PreauthMismatch));
    let unknown = offer_action(case, Some(PreauthId(Hash32([9; 32]))), 1);
    assert_eq!(offer(&world, INSURER, unknown), Err(ErrorCode::NotFound));
    let other = world.full_case(2, INSURER);
    assert_eq!(offer(&world, INSURER, offer_action(other, Some(preauth), 1)), Err(ErrorCode::PreauthMismatch));
    assert_eq!(offer(&world, INSURER, offer_action(case, None, 5_000)), Ok(()), "a plan that needs none");
    let mut unlicensed = world.clone();
    unlicensed.change_org(INSURER, |org| org.accreditations = List::default());
    assert_eq!(offer(&unlicensed, INSURER, offer_action(case, None, 1)), Err(ErrorCode::NotLicensed));
}

#[test]
fn the_provider_accepts_or_declines_in_time() {
    let (mut world, case, preauth) = world();
    let guarantee = world.offered(case, Some(preauth), 600);
    let act = |world: &World, org, action| world.clone().one(&signing(org), action);
    assert_eq!(act(&world, SZH, accept_guarantee(guarantee)), Err(ErrorCode::Role));
    assert_eq!(act(&world, INSURER, accept_guarantee(guarantee)), Err(ErrorCode::Role));
    assert_eq!(act(&world, HKH, accept_guarantee(GuaranteeId(Hash32([9; 32])))), Err(ErrorCode::NotFound));
    let mut narrow = world.clone();
    let mut record = narrow.case_record(case);
    record.capability = Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(9_999) });
    narrow.put(StateKey::Case(case), Record::Case(record));
    assert_eq!(act(&narrow, HKH, accept_guarantee(guarantee)), Err(ErrorCode::Capability), "bad input 73");
    let mut declined = world.clone();
    declined.act(&signing(HKH), decline_action(guarantee));
    assert_eq!(declined.guarantee(guarantee).status, GuaranteeStatus::Declined);
    assert_eq!(amounts(&declined.preauth(preauth)), [1_000, 0, 0, 0]);

    for sweep_max in [0, 100] {
        let mut late = world.clone();
        late.change_params(|params| params.sweep_max = sweep_max);
        late.time = late.time.plus(DAY_MS);
        assert_eq!(late.one(&signing(HKH), accept_guarantee(guarantee)), Err(ErrorCode::State));
        // What an offer that has run out had reserved can be promised again.
        assert_eq!(late.one(&signing(INSURER), offer_action(case, Some(preauth), 1_000)), Ok(()), "{sweep_max}");
        assert_eq!(late.guarantee(guarantee).status, GuaranteeStatus::Declined);
    }
    world.act(&signing(HKH), accept_guarantee(guarantee));
    let record = world.guarantee(guarantee);
    assert_eq!((record.status, record.due), (GuaranteeStatus::Accepted, Some(START.plus(60 * DAY_MS))));
    assert_eq!(act(&world, HKH, decline_action(guarantee)), Err(ErrorCode::State), "accepted");
}

// Ends without a claim ---------------------------------------------------------------------------------------------

#[test]
fn bad_input_53_inv_19_the_insurer_alone_never_cancels() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    let agreed = || Action::CancelGuarantee(CancelGuarantee { guarantee, ground: CancelGround::Agreed });
    assert_eq!(world.one(&signing(INSURER), agreed()), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(INSURER), discharge_action(guarantee)), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(HKH), agreed()), Err(ErrorCode::Role), "the insurer does not co-sign");
    let nothing = CancelGround::Discharged { evidence: Hash32::ZERO };
    let bare = Action::CancelGuarantee(CancelGuarantee { guarantee, ground: nothing });
    assert_eq!(world.one(&signing(HKH), bare), Err(ErrorCode::Reason));
    assert_eq!(world.one(&signing(SZH), discharge_action(guarantee)), Err(ErrorCode::Role));
    let both = world.cosigned(&signing(HKH), agreed(), &[&signing(INSURER)]);
    let mut cancelled = world.clone();
    assert_eq!(cancelled.send(&both), Ok(()));
    let record = cancelled.guarantee(guarantee);
    assert_eq!((record.status, record.cancelled), (GuaranteeStatus::Cancelled, Some(CancelGround::Agreed)));
    assert_eq!(amounts(&cancelled.preauth(preauth)), [1_000, 0, 0, 0]);
    assert_eq!(world.one(&signing(HKH), discharge_action(guarantee)), Ok(()));
}

#[test]
fn a_regulator_cancels_by_order() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    let none = Action::OrderCancelGuarantee(OrderCancelGuarantee { guarantee, order: Hash32::ZERO });
    assert_eq!(world.one(&signing(REGULATOR), none), Err(ErrorCode::Reason));
    assert_eq!(world.one(&signing(INSURER), order_cancel(guarantee)), Err(ErrorCode::Role));
    world.act(&signing(REGULATOR), order_cancel(guarantee));
    let record = world.guarantee(guarantee);
    assert_eq!((record.status, record.order), (GuaranteeStatus::Cancelled, Some(Hash32([5; 32]))));
    assert_eq!(amounts(&world.preauth(preauth)), [1_000, 0, 0, 0]);
}

#[test]
fn a_guarantee_that_nobody_calls_ends_after_its_run_off() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    world.time = validity().to.plus(1);
    world.run(&[]);
    assert_eq!(world.guarantee(guarantee).status, GuaranteeStatus::ExpiredUnused);
    assert_eq!(amounts(&world.preauth(preauth)), [1_000, 0, 0, 0], "the preauthorisation was held open");
    world.run(&[]);
    let record = world.preauth(preauth);
    assert_eq!((record.status, amounts(&record)), (PreauthStatus::Expired, [0, 0, 0, 1_000]));
}

// Claims -----------------------------------------------------------------------------------------------------------

#[test]
fn a_claim_calls_its_guarantee_and_consumes_it_first() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    let claim = world.claimed(case, 1, 700, Some(preauth), Some(guarantee));
    let record = world.guarantee(guarantee);
    assert_eq!((record.status, record.claim, record.due), (GuaranteeStatus::Called, Some(claim), None));
    let insurer = signing(INSURER);
    world.act(&insurer, approve(claim, award(&[nullifier(1)], &[700])));
    assert_eq!(amounts(&world.preauth(preauth)), [300, 0, 700, 0]);
    assert_eq!(world.guarantee(guarantee).reserved, hkd(0));

    let settlement = settlement_id_of(&world.act(&insurer, instruct(claim, hkd(700))));
    world.act(&signing(BANK), bank_accept(settlement));
    world.act(&signing(BANK), paid(settlement, hkd(700)));
    assert_eq!(world.guarantee(guarantee).status, GuaranteeStatus::Called);
    world.act(&signing(HKH), ack(settlement));
    assert_eq!(world.guarantee(guarantee).status, GuaranteeStatus::Closed);
    assert_eq!(amounts(&world.preauth(preauth)), [300, 0, 700, 0]);
}

#[test]
fn what_a_claim_does_not_use_is_free_again_when_it_is_paid() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 1_000);
    let claim = world.claimed(case, 1, 400, Some(preauth), Some(guarantee));
    let insurer = signing(INSURER);
    world.act(&insurer, approve(claim, award(&[nullifier(1)], &[400])));
    assert_eq!(amounts(&world.preauth(preauth)), [0, 600, 400, 0]);
    let settlement = settlement_id_of(&world.act(&insurer, instruct(claim, hkd(400))));
    world.act(&signing(BANK), bank_accept(settlement));
    world.act(&signing(BANK), paid(settlement, hkd(400)));
    world.change_params(|params| params.sweep_max = 0);
    world.time = world.time.plus(4 * DAY_MS);
    // The payee's acknowledgement is overdue, so the claim is settled and the guarantee has served, swept or not.
    assert_eq!(world.one(&insurer, offer_action(case, Some(preauth), 600)), Ok(()));
    assert_eq!(world.guarantee(guarantee).status, GuaranteeStatus::Closed);
    assert_eq!(amounts(&world.preauth(preauth)), [0, 600, 400, 0]);
}

#[test]
fn claims_cite_a_guarantee_that_fits() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    let offered = world.offered(case, Some(preauth), 100);
    let alone = world.guaranteed(case, None, 500);
    let other_case = world.full_case(1, INSURER);
    world.bill(1, 400);
    let terms =
        || ClaimTerms { preauth: Some(preauth), guarantee: Some(guarantee), ..claim_terms_of(case, &[1], hkd(400)) };
    let file = |terms, capacity| {
        let key = if capacity == Capacity::Subject { subject_key(1) } else { signing(HKH) };
        world.clone().one(&key, submit(terms, capacity))
    };
    let org = Capacity::Organisation;
    assert_eq!(file(terms(), org), Ok(()));
    assert_eq!(file(terms(), Capacity::Subject), Err(ErrorCode::Role), "the provider's guarantee");
    let account = Payee::Subject { commit: Hash32([1; 32]) };
    let misfits = [
        ("not accepted", ClaimTerms { guarantee: Some(offered), ..terms() }),
        ("of another case", ClaimTerms { case: other_case, ..terms() }),
        ("paid to the subject", ClaimTerms { payee: account, ..terms() }),
        ("without its preauthorisation", ClaimTerms { preauth: None, ..terms() }),
        ("with a preauthorisation of its own", ClaimTerms { guarantee: Some(alone), ..terms() }),
    ];
    for (why, terms) in misfits {
        assert_eq!(file(terms, org), Err(ErrorCode::PreauthMismatch), "{why}");
    }
    assert_eq!(file(ClaimTerms { preauth: None, guarantee: Some(alone), ..terms() }, org), Ok(()));
    let unknown = ClaimTerms { guarantee: Some(GuaranteeId(Hash32([9; 32]))), ..terms() };
    assert_eq!(file(unknown, org), Err(ErrorCode::NotFound));
    let mut over = world.clone();
    let mut record = over.guarantee(guarantee);
    record.exp = MONTH.first_day().start();
    over.put(StateKey::Guarantee(guarantee), Record::Guarantee(record));
    let late = submit(terms(), org);
    assert_eq!(over.one(&signing(HKH), late), Err(ErrorCode::PreauthMismatch), "the services begin after its end");
    let mut foreign = world.clone();
    let mut record = foreign.guarantee(guarantee);
    record.amount = Money::new(Currency::Cny, 600);
    foreign.put(StateKey::Guarantee(guarantee), Record::Guarantee(record));
    assert_eq!(foreign.one(&signing(HKH), submit(terms(), org)), Err(ErrorCode::Currency));
}

#[test]
fn bad_input_54_under_a_guarantee_only_some_reasons_deny() {
    let (mut world, case, preauth) = world();
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    let claim = world.claimed(case, 1, 500, Some(preauth), Some(guarantee));
    let insurer = signing(INSURER);
    assert_eq!(world.clone().one(&insurer, deny(claim)), Err(ErrorCode::GuaranteeDenial));
    let deny_for = |reasons: &[AdjReason]| {
        let (reasons, outcome_root) = (AdjReasons::of(reasons), Hash32([1; 32]));
        Action::DenyClaim(DenyClaim { claim, mode: HUMAN, reasons, outcome_root })
    };
    let mixed = deny_for(&[AdjReason::FraudFinding, AdjReason::NoPreauth]);
    assert_eq!(world.clone().one(&insurer, mixed), Err(ErrorCode::GuaranteeDenial));
    assert_eq!(world.clone().one(&insurer, deny_for(&[AdjReason::FraudFinding])), Ok(()));
    let part = |reason| {
        let Action::ApprovePartial(mut part) = approve_part(claim, award(&[nullifier(1)], &[100])) else {
            unreachable!()
        };
        part.reasons = AdjReasons::of(&[reason]);
        Action::ApprovePartial(part)
    };
    assert_eq!(world.clone().one(&insurer, part(AdjReason::NotNecessary)), Err(ErrorCode::GuaranteeDenial));
    assert_eq!(world.one(&insurer, part(AdjReason::OverCap)), Ok(()));
    let unguaranteed = world.claimed(case, 2, 100, None, None);
    assert_eq!(world.one(&insurer, deny(unguaranteed)), Ok(()));
}

#[test]
fn a_rejected_claim_ends_its_guarantee() {
    let (mut world, txs) = firing_preauths("GP-09");
    let Action::RejectClaim(reject) = &txs[0].body.action else { panic!("a rejection") };
    let terms = world.claim(reject.claim).terms;
    assert_eq!(world.send(&txs[0]), Ok(()));
    let guarantee = world.guarantee(terms.guarantee.unwrap());
    assert_eq!((guarantee.status, guarantee.reserved), (GuaranteeStatus::Closed, hkd(0)));
    assert_eq!(amounts(&world.preauth(terms.preauth.unwrap())), [1_000, 0, 0, 0]);
    assert!(guarantee.status.is_terminal() && !GuaranteeStatus::Called.is_terminal());
}
