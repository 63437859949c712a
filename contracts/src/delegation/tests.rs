use assent_types::action::Action;
use assent_types::claim::*;
use assent_types::delegation::*;
use assent_types::org::AccreditationKind;
use assent_types::settlement::settlement_id_of;
use assent_types::*;

use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::preauths::*;
use crate::testing::*;

type Change<'t> = &'t dyn Fn(&mut GrantDelegation);

fn grant(world: &mut World, signer: OrgId, change: &dyn Fn(&mut GrantDelegation)) -> Result<(), ErrorCode> {
    let mut grant = delegation(INSURER);
    change(&mut grant);
    world.one(&signing(signer), delegate(grant))
}

#[test]
fn insurers_and_providers_delegate_to_administrators_and_advance_payers() {
    let mut world = World::new();
    let checks: &[(ErrorCode, Change<'_>)] = &[
        (ErrorCode::Role, &|grant| grant.principal = INSURER2),
        (ErrorCode::Role, &|grant| grant.delegate = HKH),
        (ErrorCode::NotFound, &|grant| grant.delegate = OrgId(99)),
        (ErrorCode::EmptyAxis, &|grant| grant.ops = DelegationOps::EMPTY),
        (ErrorCode::EmptyAxis, &|grant| grant.places = Default::default()),
        (ErrorCode::Window, &|grant| grant.exp = grant.nbf),
        (ErrorCode::Window, &|grant| (grant.nbf, grant.exp) = (Millis(0), START)),
        (ErrorCode::AmountOverflow, &|grant| grant.per_decision_limit = hkd(0)),
    ];
    for (code, change) in checks {
        assert_eq!(grant(&mut world, INSURER, change), Err(*code));
    }
    let mut suspended = world.clone();
    suspended.suspend(ADMINISTRATOR);
    assert_eq!(grant(&mut suspended, INSURER, &|_| {}), Err(ErrorCode::OrgStatus));
    assert_eq!(grant(&mut world, INSURER, &|_| {}), Ok(()));
    assert_eq!(grant(&mut world, INSURER, &|_| {}), Err(ErrorCode::State), "one at a time");
    let revoke = || Action::RevokeDelegation(RevokeDelegation { principal: INSURER, delegate: ADMINISTRATOR });
    assert_eq!(world.one(&signing(HKH), revoke()), Err(ErrorCode::Role));
    assert_eq!(world.clone().one(&signing(INSURER), revoke()), Ok(()));
    assert_eq!(world.one(&signing(ADMINISTRATOR), revoke()), Ok(()));
    assert_eq!(world.one(&signing(INSURER), revoke()), Err(ErrorCode::State));
    assert_eq!(grant(&mut world, INSURER, &|_| {}), Ok(()), "anew");
}

#[test]
fn bad_input_13_an_administrator_acts_within_a_delegation_of_one_side() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let administrator = signing(ADMINISTRATOR);
    let decide = || approve(claim, award(&[nullifier(1)], &[1_000]));
    let with = |change: &dyn Fn(&mut GrantDelegation)| {
        let mut world = world.clone();
        assert_eq!(grant(&mut world, INSURER, change), Ok(()));
        world
    };
    assert_eq!(world.clone().one(&administrator, decide()), Err(ErrorCode::Delegation), "none");
    assert_eq!(with(&|_| {}).one(&administrator, decide()), Ok(()));
    let refusals: &[&dyn Fn(&mut GrantDelegation)] = &[
        &|grant| grant.ops = DelegationOps::of(&[DelegationOp::Handle]),
        &|grant| grant.per_decision_limit = hkd(999),
        &|grant| grant.per_decision_limit = Money::new(Currency::Cny, 10_000),
        &|grant| grant.places = places(&[SHENZHEN]),
        &|grant| grant.nbf = START.plus(20 * DAY_MS),
        &|grant| grant.delegate = ADVANCER,
    ];
    for change in refusals {
        assert_eq!(with(change).one(&administrator, decide()), Err(ErrorCode::Delegation));
    }
    let mut both = with(&|_| {});
    assert_eq!(grant(&mut both, HKH, &|grant| grant.principal = HKH), Ok(()));
    assert_eq!(both.one(&administrator, decide()), Err(ErrorCode::Delegation), "of both sides");
    let mut suspended = with(&|_| {});
    suspended.suspend(INSURER);
    assert_eq!(suspended.one(&administrator, decide()), Err(ErrorCode::OrgStatus));
    let mut revoked = with(&|_| {});
    let revoke = RevokeDelegation { principal: INSURER, delegate: ADMINISTRATOR };
    revoked.act(&signing(INSURER), Action::RevokeDelegation(revoke));
    assert_eq!(revoked.one(&administrator, decide()), Err(ErrorCode::Delegation));
    // The provider's administrator files.
    let mut provider = world.clone();
    assert_eq!(grant(&mut provider, HKH, &|grant| grant.principal = HKH), Ok(()));
    provider.bill(2, 500);
    let case = provider.claim(claim).terms.case;
    let file = submit(claim_terms_of(case, &[2], hkd(500)), Capacity::Organisation);
    let filed = claim_id_of(&provider.act(&administrator, file));
    assert_eq!(provider.claim(filed).submitted_by, Submitter::Org(ADMINISTRATOR));
    provider.act(&signing(HKH), withdraw(filed, Capacity::Organisation));
}

#[test]
fn an_administrator_acts_in_what_comes_before_a_claim() {
    let mut world = World::with_subjects(1);
    let case = world.full_case(1, INSURER);
    let administrator = signing(ADMINISTRATOR);
    let pre = [DelegationOp::Eligibility, DelegationOp::Preauth, DelegationOp::Guarantee];
    let side = |world: &World, principal: OrgId, ops: &[DelegationOp], limit: u64| {
        let mut world = world.clone();
        let change = |grant: &mut GrantDelegation| {
            grant.principal = principal;
            grant.ops = DelegationOps::of(ops);
            grant.per_decision_limit = hkd(limit);
        };
        assert_eq!(grant(&mut world, principal, &change), Ok(()));
        world
    };
    // In the provider's name, by its capability and up to the delegation's limit.
    let asks = [check_action(case), request_action(case, preauth_terms(1_000), None)];
    for (index, action) in asks.iter().enumerate() {
        let ask = |mut world: World| world.one(&administrator, action.clone());
        assert_eq!(ask(side(&world, HKH, &pre, 1_000)), Ok(()), "{index}");
        assert_eq!(ask(side(&world, HKH, &[DelegationOp::File], 1_000)), Err(ErrorCode::Delegation));
        assert_eq!(ask(side(&world, INSURER, &pre, 1_000)), Err(ErrorCode::Delegation), "of the other side");
    }
    let request = request_action(case, preauth_terms(1_000), None);
    assert_eq!(side(&world, HKH, &pre, 999).one(&administrator, request), Err(ErrorCode::Delegation));
    // In the insurer's.
    let preauth = preauth::preauth_id_of(&world.act(&signing(HKH), request_action(case, preauth_terms(1_000), None)));
    let mut insurers = side(&world, INSURER, &pre, 1_000);
    assert_eq!(
        side(&world, INSURER, &pre, 999).one(&administrator, approve_preauth(preauth, 1_000)),
        Err(ErrorCode::Delegation)
    );
    insurers.act(&administrator, approve_preauth(preauth, 1_000));
    let offer = |world: &World, amount| world.clone().one(&administrator, offer_action(case, Some(preauth), amount));
    assert_eq!(offer(&insurers, 600), Ok(()));
    assert_eq!(offer(&insurers, 1_001), Err(ErrorCode::Delegation));
    assert_eq!(insurers.one(&administrator, void_action(preauth)), Err(ErrorCode::Role), "the insurer itself");
}

#[test]
fn bad_input_14_handling_claims_from_the_mainland_takes_its_licence() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    assert_eq!(grant(&mut world, INSURER, &|_| {}), Ok(()));
    let decide = || approve(claim, award(&[nullifier(1)], &[1_000]));
    assert_eq!(world.clone().one(&signing(ADMINISTRATOR), decide()), Ok(()));
    world.change_org(HKH, |org| org.seat = SHENZHEN);
    assert_eq!(world.clone().one(&signing(ADMINISTRATOR), decide()), Err(ErrorCode::NotLicensed));
    let licensed = org(ADMINISTRATOR, &[org::Role::Administrator], HONG_KONG, &[AccreditationKind::CnClaimsLicence]);
    world.change_org(ADMINISTRATOR, |org| *org = licensed);
    assert_eq!(world.one(&signing(ADMINISTRATOR), decide()), Ok(()));
}

#[test]
fn a_benefit_is_assigned_to_an_advance_payer_who_is_paid() {
    let mut world = World::with_subjects(2);
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    let assign = |capacity| Action::AssignBenefit(AssignBenefit { case, payer: ADVANCER, capacity });
    let try_assign = |world: &World, signer: &key::SecretKey, capacity, with: &[&key::SecretKey]| {
        let mut world = world.clone();
        let tx = world.cosigned(signer, assign(capacity), with);
        world.send(&tx)
    };
    let advancer = signing(ADVANCER);
    assert_eq!(try_assign(&world, &subject_key(1), Capacity::Subject, &[]), Err(ErrorCode::Role));
    assert_eq!(try_assign(&world, &subject_key(2), Capacity::Subject, &[&advancer]), Err(ErrorCode::NotGrantor));
    let hospital = signing(HKH);
    assert_eq!(try_assign(&world, &hospital, Capacity::Organisation, &[&advancer]), Err(ErrorCode::Capability));
    let mut over = world.clone();
    over.time = START.plus(61 * DAY_MS);
    assert_eq!(try_assign(&over, &subject_key(1), Capacity::Subject, &[&advancer]), Err(ErrorCode::Capability));
    let assignment = world.assign(1, case);
    let terms = || ClaimTerms { payee: Payee::Advance { assignment }, ..claim_terms_of(case, &[1], hkd(1_000)) };
    let claim = world.file(terms());
    world.act(&signing(INSURER), accept(claim));
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[1_000])));
    let settlement = settlement_id_of(&world.act(&signing(INSURER), instruct(claim, hkd(1_000))));
    world.act(&signing(BANK), bank_accept(settlement));
    world.act(&signing(BANK), paid(settlement, hkd(1_000)));
    assert_eq!(world.one(&hospital, ack(settlement)), Err(ErrorCode::Role), "the advance payer is paid");
    world.act(&advancer, ack(settlement));
    world.act(&signing(INSURER), clawback(claim, award(&[nullifier(1)], &[10])));
    assert_eq!(world.one(&hospital, agree(claim, Capacity::Organisation)), Err(ErrorCode::Role));
    world.act(&advancer, agree(claim, Capacity::Organisation));
    // Released, it is for no later claim; and never for another case.
    let other = world.case(1, INSURER2);
    let elsewhere = ClaimTerms { case: other, cob_declared: true, ..terms() };
    assert_eq!(world.one(&hospital, submit(elsewhere, Capacity::Organisation)), Err(ErrorCode::Capability));
    let release = || Action::ReleaseAssignment(ReleaseAssignment { assignment });
    assert_eq!(world.one(&hospital, release()), Err(ErrorCode::Role));
    world.act(&advancer, release());
    assert_eq!(world.one(&advancer, release()), Err(ErrorCode::State));
    world.bill(2, 100);
    let late = ClaimTerms { payee: Payee::Advance { assignment }, ..claim_terms_of(case, &[2], hkd(100)) };
    assert_eq!(world.one(&hospital, submit(late, Capacity::Organisation)), Err(ErrorCode::Capability));
}
