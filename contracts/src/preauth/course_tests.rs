//! Preauthorisations and guarantees over the whole course of the claims that cite them.

use assent_types::claim::*;
use assent_types::guarantee::GuaranteeStatus;
use assent_types::preauth::*;
use assent_types::*;

use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::preauths::*;
use crate::testing::*;

fn buckets(world: &World, id: PreauthId) -> [u64; 4] {
    amounts(&world.preauth(id))
}

fn share(amount: u64) -> Award {
    award(&[nullifier(1)], &[amount])
}

/// A preauthorisation of 1,000 and a claim of 900 under it, in review; and under a guarantee of this amount, if any.
fn under(guaranteed: Option<u64>) -> (World, PreauthId, Option<GuaranteeId>, ClaimId) {
    let mut world = World::with_subjects(1);
    let case = world.full_case(1, INSURER);
    let preauth = world.authorised(case, 1_000);
    let guarantee = guaranteed.map(|amount| world.guaranteed(case, Some(preauth), amount));
    let claim = world.claimed(case, 1, 900, Some(preauth), guarantee);
    (world, preauth, guarantee, claim)
}

#[test]
fn an_appeal_draws_on_what_remains_or_has_lapsed_and_no_further() {
    let (mut world, preauth, _, claim) = under(None);
    let case = world.claim(claim).terms.case;
    world.act(&signing(INSURER), approve_part(claim, share(400)));
    let other = world.claimed(case, 2, 300, Some(preauth), None);
    world.act(&signing(INSURER), approve(other, award(&[nullifier(2)], &[300])));
    let end = world.preauth(preauth).validity().unwrap().to;
    world.time = Millis(end.0 - DAY_MS);
    world.act(&signing(HKH), appeal(claim, Capacity::Organisation));
    assert_eq!(buckets(&world, preauth), [300, 0, 700, 0]);
    let decide = |world: &World, outcome| world.clone().one(&signing(INSURER), decide_appeal(claim, outcome));
    assert_eq!(decide(&world, AppealOutcome::Full(share(900))), Err(ErrorCode::OverPreauth));
    assert_eq!(decide(&world, raised(share(701))), Err(ErrorCode::OverPreauth));
    assert_eq!(decide(&world, raised(share(700))), Ok(()));
    world.time = end;
    world.run(&[]);
    assert_eq!((world.preauth(preauth).status, buckets(&world, preauth)), (PreauthStatus::Expired, [0, 0, 700, 300]));
    assert_eq!(decide(&world, raised(share(701))), Err(ErrorCode::OverPreauth));
    world.act(&signing(INSURER), decide_appeal(claim, raised(share(700))));
    assert_eq!(buckets(&world, preauth), [0, 0, 1_000, 0], "time alone takes nothing from what was authorised");
}

#[test]
fn under_a_guarantee_an_appeal_is_refused_for_listed_reasons_only() {
    let (mut world, preauth, guarantee, claim) = under(Some(800));
    world.act(&signing(INSURER), approve_part(claim, share(400)));
    world.act(&signing(HKH), appeal(claim, Capacity::Organisation));
    let decide = |reason| {
        let outcome = AppealOutcome::Part(share(500), AdjReasons::of(&[reason]));
        world.clone().one(&signing(INSURER), decide_appeal(claim, outcome))
    };
    assert_eq!(decide(AdjReason::NotNecessary), Err(ErrorCode::GuaranteeDenial));
    assert_eq!(decide(AdjReason::OverCap), Ok(()));
    assert_eq!(buckets(&world, preauth), [200, 400, 400, 0]);
    world.act(&signing(INSURER), decide_appeal(claim, AppealOutcome::Full(share(900))));
    assert_eq!(buckets(&world, preauth), [100, 0, 900, 0], "what is reserved first, then what remains");
    assert_eq!(world.guarantee(guarantee.unwrap()).status, GuaranteeStatus::Called);
    world.pay(claim);
    assert_eq!(world.guarantee(guarantee.unwrap()).status, GuaranteeStatus::Closed);

    let (mut world, _, _, claim) = under(Some(800));
    let listed = AdjReasons::of(&[AdjReason::FraudFinding]);
    let outcome_root = Hash32([1; 32]);
    let deny = DenyClaim { claim, mode: HUMAN, reasons: listed, outcome_root };
    world.act(&signing(INSURER), action::Action::DenyClaim(deny));
    world.act(&signing(HKH), appeal(claim, Capacity::Organisation));
    let decide = |outcome| world.clone().one(&signing(INSURER), decide_appeal(claim, outcome));
    assert_eq!(decide(upheld()), Err(ErrorCode::GuaranteeDenial));
    assert_eq!(decide(AppealOutcome::Deny(listed)), Ok(()));
}

#[test]
fn inv_13_a_withdrawn_claim_gives_everything_back() {
    let (mut world, preauth, guarantee, claim) = under(Some(800));
    world.act(&signing(INSURER), approve_part(claim, share(400)));
    assert_eq!(buckets(&world, preauth), [200, 400, 400, 0]);
    assert_eq!(world.clone().one(&subject_key(1), withdraw(claim, Capacity::Subject)), Err(ErrorCode::Role));
    world.act(&signing(HKH), withdraw(claim, Capacity::Organisation));
    assert_eq!(buckets(&world, preauth), [1_000, 0, 0, 0]);
    assert!(world.preauth(preauth).claims.is_empty());
    assert_eq!(world.guarantee(guarantee.unwrap()).status, GuaranteeStatus::Closed);

    let (mut world, preauth, _, claim) = under(None);
    world.act(&signing(INSURER), approve_part(claim, share(400)));
    world.time = world.preauth(preauth).validity().unwrap().to;
    world.run(&[]);
    assert_eq!(buckets(&world, preauth), [0, 0, 400, 600]);
    world.act(&subject_key(1), withdraw(claim, Capacity::Subject));
    assert_eq!(buckets(&world, preauth), [0, 0, 0, 1_000], "what is over gives nothing out again");
}

#[test]
fn a_denial_for_good_takes_the_claim_off_until_it_is_reopened() {
    let (mut world, preauth, _, claim) = under(None);
    world.act(&signing(INSURER), deny(claim));
    world.time = world.claim(claim).due.unwrap();
    world.run(&[]);
    assert_eq!(world.claim(claim).status, ClaimStatus::ClosedDenied);
    assert!(world.preauth(preauth).claims.is_empty());
    world.act(&signing(REGULATOR), reopen(claim));
    assert_eq!(world.preauth(preauth).claims.len(), 1);
    world.act(&signing(INSURER), approve(claim, share(900)));
    assert_eq!(world.preauth(preauth).buckets.consumed, hkd(900));
}

#[test]
fn a_clawback_gives_nothing_back_to_the_preauthorisation() {
    let (mut world, preauth, _, claim) = under(None);
    world.act(&signing(INSURER), approve(claim, share(900)));
    world.pay(claim);
    for amount in [300, 600] {
        world.act(&signing(INSURER), clawback(claim, share(amount)));
        world.act(&signing(HKH), agree(claim, Capacity::Organisation));
        let settlement = world.claim(claim).settlement.unwrap();
        world.settle(settlement);
        assert_eq!(buckets(&world, preauth), [100, 0, 900, 0], "the services were rendered");
    }
    assert_eq!(world.claim(claim).status, ClaimStatus::Reversed);
}
