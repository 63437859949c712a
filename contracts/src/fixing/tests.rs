use assent_types::action::Action;
use assent_types::claim::*;
use assent_types::fixing::{Fixing, PublishFixing, WithdrawFixing, fixing_id_of};
use assent_types::settlement::settlement_id_of;
use assent_types::*;

use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::*;

type Change<'t> = &'t dyn Fn(&mut ClaimTerms);

fn publish_by(
    world: &mut World,
    signer: OrgId,
    with: &[OrgId],
    change: &dyn Fn(&mut PublishFixing),
) -> Result<(), ErrorCode> {
    let mut fixing = fixing(9_200, world.time);
    change(&mut fixing);
    let keys: Vec<_> = with.iter().map(|org| signing(*org)).collect();
    let tx = world.cosigned(&signing(signer), publish(fixing), &keys.iter().collect::<Vec<_>>());
    world.send(&tx)
}

#[test]
fn bad_input_68_only_designated_oracles_publish_rates_that_are_rates() {
    let mut world = World::new();
    let by = |signer, change: &dyn Fn(&mut PublishFixing)| publish_by(&mut world.clone(), signer, &[], change);
    assert_eq!(by(ORACLE, &|_| {}), Ok(()));
    assert_eq!(by(INSURER, &|_| {}), Err(ErrorCode::Role));
    for (num, den) in [(0, 1), (1, 0), (1_000_000_000_001, 1), (1, u64::MAX)] {
        assert_eq!(by(ORACLE, &|fixing| (fixing.num, fixing.den) = (num, den)), Err(ErrorCode::Fx));
    }
    assert_eq!(by(ORACLE, &|fixing| fixing.quote = Currency::Usd), Err(ErrorCode::Role), "not designated for it");
    assert_eq!(by(ORACLE, &|fixing| fixing.valid_to = fixing.valid_from), Err(ErrorCode::Window));
    assert_eq!(by(ORACLE, &|fixing| fixing.fixing_day.0 += 1), Err(ErrorCode::Window));
    // A pair is quoted one way.
    assert_eq!(publish_by(&mut world, ORACLE, &[], &|_| {}), Ok(()));
    world.change_params(|params| {
        let back = OracleDesignation { base: Currency::Cny, quote: Currency::Hkd, oracle: ORACLE };
        params.claims.course.oracles = Set::new([back]).unwrap();
    });
    let back = |fixing: &mut PublishFixing| (fixing.base, fixing.quote) = (fixing.quote, fixing.base);
    assert_eq!(publish_by(&mut world, ORACLE, &[], &back), Err(ErrorCode::Fx));
    world.change_params(|params| params.claims.currencies = Set::new([Currency::Hkd]).unwrap());
    assert_eq!(publish_by(&mut world, ORACLE, &[], &back), Err(ErrorCode::Currency));
}

#[test]
fn bad_input_69_a_move_beyond_the_band_is_counter_signed() {
    let mut world = World::new();
    world.fix(10_000);
    let by = |with: &[OrgId], num| publish_by(&mut world.clone(), ORACLE, with, &|fixing| fixing.num = num);
    assert_eq!(by(&[], 10_500), Ok(()), "five percent are within the band");
    assert_eq!(by(&[], 9_500), Ok(()));
    for num in [10_501, 9_499] {
        assert_eq!(by(&[], num), Err(ErrorCode::FxBand));
        assert_eq!(by(&[INSURER], num), Err(ErrorCode::FxBand), "whoever else signs");
        assert_eq!(by(&[ORACLE2], num), Ok(()));
        assert_eq!(by(&[REGULATOR], num), Ok(()));
    }
}

#[test]
fn a_fixing_is_withdrawn_for_later_locks_only() {
    let mut world = World::with_subjects(1);
    let fixing = world.fix(9_200);
    let withdraw = |fixing| Action::WithdrawFixing(WithdrawFixing { fixing });
    assert_eq!(world.clone().one(&signing(ORACLE2), withdraw(fixing)), Err(ErrorCode::Role));
    assert_eq!(world.clone().one(&signing(REGULATOR), withdraw(fixing)), Ok(()));
    assert_eq!(world.one(&signing(ORACLE), withdraw(FixingId(Hash32([9; 32])))), Err(ErrorCode::NotFound));
    let claim = foreign(&mut world, LockPoint::Decision);
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[1_000])));
    world.act(&signing(ORACLE), withdraw(fixing));
    assert_eq!(world.one(&signing(ORACLE), withdraw(fixing)), Err(ErrorCode::Fx));
    // The claim keeps the rate that it was told.
    let settlement = settlement_id_of(&world.act(&signing(INSURER), instruct(claim, hkd(1_000))));
    assert_eq!(world.settlement(settlement).payout(), Money::new(Currency::Cny, 920));
}

/// A claim of 1,000 Hong Kong cents under review, paid in renminbi.
fn foreign(world: &mut World, at: LockPoint) -> ClaimId {
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    let claim = world.file(ClaimTerms { fx: in_cny(at), ..claim_terms_of(case, &[1], hkd(1_000)) });
    world.act(&signing(INSURER), accept(claim));
    claim
}

#[test]
fn the_rate_is_taken_at_the_lock_point() {
    // At the decision: what is told is what is paid, whatever comes after.
    let mut world = World::with_subjects(1);
    let told = world.fix(9_200);
    let claim = foreign(&mut world, LockPoint::Decision);
    world.act(&signing(INSURER), approve_part(claim, award(&[nullifier(1)], &[333])));
    world.fix(9_300);
    assert_eq!(world.claim(claim).course.fixing, Some(told));
    let settlement = world.pay(claim);
    let record = world.settlement(settlement);
    let conversion = record.fx.unwrap();
    // 333 × 0.92 = 306.36: rounded to 306, and the payer keeps 0.36 of a fen, 3,600 parts of 10,000.
    assert_eq!((record.amount, record.payout()), (hkd(333), Money::new(Currency::Cny, 306)));
    assert_eq!((conversion.fixing, conversion.residual, conversion.parts), (told, 3_600, 10_000));
    assert_eq!(world.claim(claim).settled_net, hkd(333));
    // The rest after an appeal goes by the same rate.
    world.act(&subject_key(1), appeal(claim, Capacity::Subject));
    world.act(&signing(INSURER), decide_appeal(claim, AppealOutcome::Full(award(&[nullifier(1)], &[1_000]))));
    let rest = world.pay(claim);
    assert_eq!(world.settlement(rest).fx.unwrap().fixing, told);
    // And so does what comes back.
    world.act(&signing(INSURER), clawback(claim, award(&[nullifier(1)], &[500])));
    let back = settlement_id_of(&world.act(&signing(HKH), agree(claim, Capacity::Organisation)));
    assert_eq!(world.settlement(back).payout(), Money::new(Currency::Cny, 460));
    world.settle(back);
    assert_eq!(world.claim(claim).clawed_back, hkd(500));

    // At the instruction: the latest.
    let mut world = World::with_subjects(1);
    world.fix(9_200);
    let claim = foreign(&mut world, LockPoint::Instruction);
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[1_000])));
    let latest = world.fix(9_300);
    let settlement = settlement_id_of(&world.act(&signing(INSURER), instruct(claim, hkd(1_000))));
    assert_eq!(world.settlement(settlement).payout(), Money::new(Currency::Cny, 930));
    assert_eq!(world.claim(claim).course.fixing, Some(latest));
    world.act(&signing(BANK), bank_accept(settlement));
    assert_eq!(world.one(&signing(BANK), paid(settlement, hkd(1_000))), Err(ErrorCode::Currency));
    assert_eq!(world.one(&signing(BANK), paid(settlement, Money::new(Currency::Cny, 929))), Err(ErrorCode::PayAmount));
    assert_eq!(world.one(&signing(BANK), paid(settlement, Money::new(Currency::Cny, 930))), Ok(()));
}

#[test]
fn at_the_end_of_the_services_a_claim_names_a_fixing_of_their_last_month() {
    let mut world = World::with_subjects(1);
    let fixing = world.fix(9_200);
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    let file = |world: &World, change: &dyn Fn(&mut ClaimTerms)| {
        let lock = FxLock { ccy: Currency::Cny, at: LockPoint::ServiceEnd, fixing: Some(fixing) };
        let mut terms = ClaimTerms { fx: Some(lock), ..claim_terms_of(case, &[1], hkd(1_000)) };
        change(&mut terms);
        world.clone().one(&signing(HKH), submit(terms, Capacity::Organisation))
    };
    assert_eq!(file(&world, &|_| {}), Ok(()));
    let lock = |terms: &mut ClaimTerms, change: &dyn Fn(&mut FxLock)| change(terms.fx.as_mut().unwrap());
    let checks: &[(ErrorCode, Change<'_>)] = &[
        (ErrorCode::Fx, &|terms| lock(terms, &|lock| lock.fixing = None)),
        (ErrorCode::Fx, &|terms| lock(terms, &|lock| lock.at = LockPoint::Decision)),
        (ErrorCode::Fx, &|terms| lock(terms, &|lock| lock.ccy = Currency::Usd)),
        (ErrorCode::Currency, &|terms| lock(terms, &|lock| lock.ccy = Currency::Hkd)),
        (ErrorCode::Fx, &|terms| (terms.service.first, terms.service.last) = (Month(MONTH.0 - 1), Month(MONTH.0 - 1))),
    ];
    for (code, change) in checks {
        assert_eq!(file(&world, change), Err(*code));
    }
    world.act(&signing(ORACLE), Action::WithdrawFixing(WithdrawFixing { fixing }));
    assert_eq!(file(&world, &|_| {}), Err(ErrorCode::Fx));
}

#[test]
fn without_a_fixing_in_force_nothing_is_decided_or_paid() {
    let mut world = World::with_subjects(1);
    let claim = foreign(&mut world, LockPoint::Decision);
    let decide = |world: &World| world.clone().one(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[1_000])));
    assert_eq!(decide(&world), Err(ErrorCode::Fx), "missing");
    world.fix(9_200);
    assert_eq!(decide(&world), Ok(()));
    let mut stale = world.clone();
    stale.time = stale.time.plus(3 * DAY_MS);
    assert_eq!(decide(&stale), Err(ErrorCode::Fx), "its window has ended");
    let mut long = world.clone();
    let mut old = fixing(9_200, long.time);
    old.valid_to = FAR;
    long.act(&signing(ORACLE), publish(old));
    long.time = long.time.plus(6 * DAY_MS);
    assert_eq!(decide(&long), Err(ErrorCode::Fx), "stale, whatever its window");
    // A party's own rate is none.
    let mut own = world.clone();
    own.change_org(INSURER, |org| org.roles = org::RoleSet::of(&[org::Role::Insurer, org::Role::FxOracle]));
    own.change_params(|params| {
        let oracle = OracleDesignation { base: Currency::Hkd, quote: Currency::Cny, oracle: INSURER };
        params.claims.course.oracles = Set::new([oracle]).unwrap();
    });
    let action = publish(fixing(9_300, own.time));
    own.act(&signing(INSURER), action);
    assert_eq!(decide(&own), Err(ErrorCode::Fx), "published by a party");
    // A bank must be designated for both currencies.
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[1_000])));
    world.change_params(|params| {
        let hkd = assent_types::state::BankDesignation { ccy: Currency::Hkd, bank: BANK };
        params.claims.banks = Set::new([hkd]).unwrap();
    });
    assert_eq!(world.one(&signing(INSURER), instruct(claim, hkd(1_000))), Err(ErrorCode::Bank));
}

// INV-17, for conversions -------------------------------------------------------------------------------------------

fn rate(num: u64, den: u64) -> Fixing {
    Fixing {
        id: fixing_id_of(&TxHash::default()),
        base: Currency::Hkd,
        quote: Currency::Cny,
        num,
        den,
        source: text(""),
        fixing_day: TODAY,
        valid_from: START,
        valid_to: FAR,
        publisher: ORACLE,
        countersigned_by: None,
        published_at: START,
        withdrawn_at: None,
    }
}

#[test]
fn inv_17_conversions_round_half_to_even_and_account_for_the_rest() {
    let seed = 17;
    println!("seed={seed}");
    let mut rng = Rng(seed);
    for (amount, num, den, expected) in
        [(1, 1, 2, 0), (3, 1, 2, 2), (5, 1, 2, 2), (7, 1, 2, 4), (10, 1, 3, 3), (0, 7, 9, 0)]
    {
        assert_eq!(rate(num, den).convert(hkd(amount)).unwrap().amount.minor, expected);
    }
    for _ in 0..20_000 {
        let terms = [1 + rng.below(1_000_000_000_000), 1 + rng.below(1_000)];
        let (num, den) = if rng.one_in(2) { (terms[0], terms[1]) } else { (terms[1], terms[0]) };
        let amount = hkd(rng.below(1_000_000_000));
        let Ok(converted) = rate(num, den).convert(amount) else { continue };
        let exact = i128::from(amount.minor) * i128::from(num);
        let rounded = i128::from(converted.amount.minor) * i128::from(den);
        assert_eq!(exact - rounded, i128::from(converted.residual));
        assert!(i128::from(converted.residual).abs() * 2 <= i128::from(den), "at most half a minor unit");
        assert_eq!(converted.parts, den);
        // Back by the same rational, inverted.
        let back = rate(num, den).convert(Money::new(Currency::Cny, amount.minor));
        assert_eq!(back.map(|back| back.amount), rate(den, num).convert(amount).map(|there| hkd(there.amount.minor)));
    }
    let third = Money::new(Currency::Usd, 1);
    assert_eq!(rate(1, 1).convert(third), Err(MoneyError::Currency));
    assert_eq!(rate(1_000_000_000_000, 1).convert(hkd(u64::MAX)), Err(MoneyError::Overflow));
}
