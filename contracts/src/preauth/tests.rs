use assent_types::action::Action;
use assent_types::case::{Capability, CaseOp, CaseOps};
use assent_types::claim::*;
use assent_types::consent::{Categories, Category};
use assent_types::preauth::*;
use assent_types::state::{Record, StateKey};
use assent_types::*;

use crate::runtime::table::actors::{GDN, HOS, INS, SUB, SYS, TPA};
use crate::testing::claims::*;
use crate::testing::preauths::*;
use crate::testing::*;
use crate::{Actor, State};

type Change<'t, T> = &'t dyn Fn(&mut T);
type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    let live: &[State] = &[Approved, Partial];
    let expected: &[Expected<'_>] = &[
        ("PA-01", &[New], "RequestPreauth", &[HOS, TPA], Requested),
        ("PA-02", &[Requested], "PendPreauth", &[INS, TPA], Pended),
        ("PA-03", &[Pended], "SupplyPreauthInfo", &[HOS, TPA], Requested),
        ("PA-04", &[Requested], "ApprovePreauth", &[INS, TPA], Approved),
        ("PA-05", &[Requested], "ApprovePreauthPartial", &[INS, TPA], Partial),
        ("PA-06", &[Requested], "DenyPreauth", &[INS, TPA], Denied),
        ("PA-07", &[Requested, Pended], "AmendPreauth", &[HOS, TPA], Requested),
        ("PA-08", &[Requested, Pended, Approved, Partial], "CancelPreauth", &[HOS, SUB, GDN], Cancelled),
        ("PA-09", live, "ReplacePreauth", &[INS, TPA], Superseded),
        ("PA-10", &[Requested], "sweep", &[SYS], Lapsed),
        ("PA-11", &[Pended], "sweep", &[SYS], Lapsed),
        ("PA-12", live, "sweep", &[SYS], Expired),
        ("PA-13", live, "consume", &[SYS], Consumed),
        ("PA-14", live, "VoidPreauth", &[INS], Voided),
    ];
    let rows = super::transitions::PREAUTHS;
    assert_eq!(rows.len(), expected.len());
    for (row, (id, from, event, actors, to)) in rows.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.event.to_string().as_str()), (*id, *from, *event));
        assert_eq!((row.actors, row.to), (*actors, *to), "{id}");
    }
}

fn world() -> (World, CaseId) {
    let mut world = World::with_subjects(2);
    let case = world.full_case(1, INSURER);
    (world, case)
}

// Requests ---------------------------------------------------------------------------------------------------------

#[test]
fn a_request_is_kept_with_the_time_to_answer_it() {
    let (mut world, case) = world();
    let days = [(PreauthPriority::Stat, 1), (PreauthPriority::Normal, 3), (PreauthPriority::Deferred, 7)];
    for (priority, wait) in days {
        let terms = PreauthTerms { priority, ..preauth_terms(1_000) };
        let tx = world.act(&signing(HKH), request_action(case, terms.clone(), None));
        let record = world.preauth(preauth_id_of(&tx));
        assert_eq!((record.status, record.due), (PreauthStatus::Requested, Some(world.time.plus(wait * DAY_MS))));
        assert_eq!((record.subject, record.insurer, record.provider), (sp(1), INSURER, HKH));
        assert_eq!((record.terms, record.version, record.requested_by), (terms, 1, HKH));
        assert_eq!((record.approved, record.buckets.total()), (hkd(0), Ok(hkd(0))));
    }
}

#[test]
fn who_may_ask_and_for_what() {
    let (mut world, case) = world();
    let by = |world: &World, org, change: Change<'_, PreauthTerms>| {
        let mut terms = preauth_terms(1_000);
        change(&mut terms);
        world.clone().one(&signing(org), request_action(case, terms, None))
    };
    assert_eq!(by(&world, HKH, &|_| {}), Ok(()));
    assert_eq!(by(&world, SZH, &|_| {}), Err(ErrorCode::Role), "not the case's provider");
    assert_eq!(by(&world, INSURER, &|_| {}), Err(ErrorCode::Role));
    assert_eq!(by(&world, ADMINISTRATOR, &|_| {}), Err(ErrorCode::Delegation));
    let checks: &[(ErrorCode, Change<'_, PreauthTerms>)] = &[
        (ErrorCode::AmountOverflow, &|terms| terms.amount = hkd(0)),
        (ErrorCode::AmountOverflow, &|terms| terms.amount = hkd(1_000_000_000_001)),
        (ErrorCode::Unbalanced, &|terms| terms.item_count = 0),
        (ErrorCode::Window, &|terms| terms.service.first = Month(MONTH.0 + 1)),
        (ErrorCode::Window, &|terms| (terms.service.first, terms.service.last) = (Month(600), Month(601))),
        (ErrorCode::Window, &|terms| terms.service.last = Month(Month::MAX.0 + 1)),
        (ErrorCode::AttachConsent, &|terms| terms.attachments = Set::new([AnchorId(Hash32([9; 32]))]).unwrap()),
        (ErrorCode::Capability, &|terms| terms.amount = hkd(1_000_001)),
    ];
    for (code, change) in checks {
        assert_eq!(by(&world, HKH, change), Err(*code));
    }
    let unknown = request_action(CaseId(Hash32([9; 32])), preauth_terms(1), None);
    assert_eq!(world.one(&signing(HKH), unknown), Err(ErrorCode::NotFound));
    world.change_params(|params| params.claims.currencies = Set::new([Currency::Cny]).unwrap());
    assert_eq!(by(&world, HKH, &|_| {}), Err(ErrorCode::Currency));
    let mut unlicensed = world.clone();
    unlicensed.change_params(|params| params.claims.currencies = Set::new([Currency::Hkd]).unwrap());
    unlicensed.change_org(INSURER, |org| org.accreditations = List::default());
    assert_eq!(by(&unlicensed, HKH, &|_| {}), Err(ErrorCode::NotLicensed));
    world.time = world.time.plus(61 * DAY_MS);
    assert_eq!(by(&world, HKH, &|_| {}), Err(ErrorCode::Capability), "the case is over");
}

#[test]
fn bad_input_73_without_a_capability_documents_or_the_subject_speak_for_a_request() {
    let (mut world, case) = world();
    let mut record = world.case_record(case);
    record.capability = Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(5_000) });
    world.put(StateKey::Case(case), Record::Case(record));
    let plain = request_action(case, preauth_terms(1_000), None);
    assert_eq!(world.one(&signing(HKH), plain.clone()), Err(ErrorCode::Capability));
    let tx = world.cosigned(&signing(HKH), plain, &[&subject_key(1)]);
    assert_eq!(world.clone().send(&tx), Ok(()));
    let document = world.document(1);
    let terms = PreauthTerms { attachments: Set::new([document]).unwrap(), ..preauth_terms(1_000) };
    let request = request_action(case, terms, None);
    assert_eq!(world.clone().one(&signing(HKH), request.clone()), Err(ErrorCode::AttachConsent), "no consent yet");
    world.grant(1, claim_terms(1, SZH));
    assert_eq!(world.one(&signing(HKH), request), Ok(()));
}

#[test]
fn a_request_may_follow_another_of_the_same_parties() {
    let (mut world, case) = world();
    let first = world.requested(case, 1_000);
    let second = world.act(&signing(HKH), request_action(case, preauth_terms(1_000), Some(first)));
    assert_eq!(world.preauth(preauth_id_of(&second)).generation, 1);
    let unknown = request_action(case, preauth_terms(1_000), Some(PreauthId(Hash32([9; 32]))));
    assert_eq!(world.one(&signing(HKH), unknown), Err(ErrorCode::NotFound));
    let other = world.full_case(2, INSURER);
    let foreign = request_action(other, preauth_terms(1_000), Some(first));
    assert_eq!(world.one(&signing(HKH), foreign), Err(ErrorCode::PreauthMismatch));
    let mut last = world.preauth(first);
    last.generation = limits::PREAUTH_GENERATIONS_MAX;
    world.put(StateKey::Preauth(first), Record::Preauth(Box::new(last)));
    let long = request_action(case, preauth_terms(1_000), Some(first));
    assert_eq!(world.one(&signing(HKH), long), Err(ErrorCode::Limit));
}

// Information ------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_57_information_stays_within_the_minimisation_matrix() {
    let (mut world, case) = world();
    let preauth = world.requested(case, 1_000);
    let pend = |world: &World, org, asked| {
        let pend = PendPreauth { preauth, asked: Categories::of(asked) };
        world.clone().one(&signing(org), Action::PendPreauth(pend))
    };
    assert_eq!(pend(&world, INSURER, &[Category::Genetic]), Err(ErrorCode::Minimisation));
    assert_eq!(pend(&world, INSURER, &[Category::Diagnosis, Category::Genetic]), Err(ErrorCode::Minimisation));
    assert_eq!(pend(&world, INSURER, &[]), Err(ErrorCode::Minimisation));
    assert_eq!(pend(&world, INSURER2, &[Category::Diagnosis]), Err(ErrorCode::Role));
    assert_eq!(pend(&world, INSURER, &[Category::Diagnosis]), Ok(()));
    world.change_params(|params| params.preauth.info_rounds_max = 0);
    assert_eq!(pend(&world, INSURER, &[Category::Diagnosis]), Err(ErrorCode::State), "no round is left");
}

#[test]
fn the_clock_is_paused_while_information_is_awaited() {
    let (mut world, case) = world();
    let (document, other) = (world.document(1), world.document(2));
    world.grant(1, claim_terms(1, SZH));
    world.grant(2, claim_terms(2, SZH));
    let preauth = world.requested(case, 1_000);
    let due = world.preauth(preauth).due.unwrap();
    world.time = world.time.plus(DAY_MS);
    world.act(&signing(INSURER), pend_action(preauth));
    let record = world.preauth(preauth);
    let left = due.0 - world.time.0;
    assert_eq!((record.status, record.paused_ms), (PreauthStatus::Pended, Some(left)));
    assert_eq!((record.info_rounds, record.due), (1, Some(world.time.plus(5 * DAY_MS))));
    let early = approve_preauth(preauth, 1_000);
    assert_eq!(world.one(&signing(INSURER), early), Err(ErrorCode::State), "information is awaited");

    world.time = world.time.plus(4 * DAY_MS);
    let supply = |world: &World, org, documents: &[AnchorId]| {
        world.clone().one(&signing(org), supply_action(preauth, documents))
    };
    assert_eq!(supply(&world, HKH, &[]), Err(ErrorCode::AttachConsent), "nothing");
    assert_eq!(supply(&world, HKH, &[other]), Err(ErrorCode::AttachConsent), "another subject's");
    assert_eq!(supply(&world, SZH, &[document]), Err(ErrorCode::Role));
    world.act(&signing(HKH), supply_action(preauth, &[document]));
    let record = world.preauth(preauth);
    assert_eq!((record.status, record.due), (PreauthStatus::Requested, Some(world.time.plus(left))));
    assert!(record.terms.attachments.contains(&document) && record.paused_ms.is_none());
}

#[test]
fn too_many_documents_are_refused() {
    let (mut world, case) = world();
    let document = world.document(1);
    world.grant(1, claim_terms(1, SZH));
    let preauth = world.requested(case, 1_000);
    world.act(&signing(INSURER), pend_action(preauth));
    let mut record = world.preauth(preauth);
    let full = (0..limits::CLAIM_ATTACHMENTS_MAX).map(|n| AnchorId(Hash32([u8::try_from(n).unwrap(); 32])));
    record.terms.attachments = Set::new(full).unwrap();
    world.put(StateKey::Preauth(preauth), Record::Preauth(Box::new(record)));
    assert_eq!(world.one(&signing(HKH), supply_action(preauth, &[document])), Err(ErrorCode::Limit));
}

#[test]
fn an_amendment_is_the_next_version_and_starts_the_clock_again() {
    let (mut world, case) = world();
    let preauth = world.requested(case, 1_000);
    world.act(&signing(INSURER), pend_action(preauth));
    let amend = |world: &World, version, amount| {
        world.clone().one(&signing(HKH), amend_action(preauth, version, preauth_terms(amount)))
    };
    assert_eq!(amend(&world, 1, 900), Err(ErrorCode::State));
    assert_eq!(amend(&world, 3, 900), Err(ErrorCode::State));
    assert_eq!(amend(&world, 2, 0), Err(ErrorCode::AmountOverflow));
    assert_eq!(amend(&world, 2, 2_000_000), Err(ErrorCode::Capability));
    world.act(&signing(HKH), amend_action(preauth, 2, preauth_terms(900)));
    let record = world.preauth(preauth);
    assert_eq!((record.status, record.version), (PreauthStatus::Requested, 2));
    assert_eq!((record.terms.amount, record.due), (hkd(900), Some(world.time.plus(3 * DAY_MS))));
    world.act(&signing(INSURER), deny_preauth(preauth));
    assert_eq!(amend(&world, 3, 900), Err(ErrorCode::State), "bad input 52: a denied one is never changed");
}

// Decisions --------------------------------------------------------------------------------------------------------

#[test]
fn decisions_approve_what_was_asked_for_or_less() {
    let (mut world, case) = world();
    let preauth = world.requested(case, 1_000);
    let decide = |action| world.clone().one(&signing(INSURER), action);
    assert_eq!(decide(approve_preauth(preauth, 999)), Err(ErrorCode::Unbalanced));
    assert_eq!(decide(approve_preauth(preauth, 1_001)), Err(ErrorCode::OverClaimed));
    assert_eq!(decide(approve_preauth_part(preauth, 1_000)), Err(ErrorCode::Unbalanced));
    assert_eq!(decide(approve_preauth_part(preauth, 0)), Err(ErrorCode::Unbalanced));
    let part = |change: &dyn Fn(&mut ApprovePreauthPartial)| {
        let Action::ApprovePreauthPartial(mut part) = approve_preauth_part(preauth, 700) else { unreachable!() };
        change(&mut part);
        Action::ApprovePreauthPartial(part)
    };
    assert_eq!(decide(part(&|part| part.approved = Money::new(Currency::Cny, 700))), Err(ErrorCode::Currency));
    assert_eq!(decide(part(&|part| part.reasons = AdjReasons::EMPTY)), Err(ErrorCode::Reason));
    let windows: &[Change<'_, Validity>] =
        &[&|validity| validity.to = validity.from, &|validity| validity.to = START, &|validity| {
            validity.to = validity.from.plus(91 * DAY_MS)
        }];
    for change in windows {
        assert_eq!(decide(part(&|part| change(&mut part.validity))), Err(ErrorCode::Window));
    }
    let deny = |mode, reasons| Action::DenyPreauth(DenyPreauth { preauth, mode, reasons, outcome_root: Hash32::ZERO });
    let necessary = AdjReasons::of(&[AdjReason::NotNecessary]);
    assert_eq!(decide(deny(DecisionMode::Auto, necessary)), Err(ErrorCode::AutoDenial), "bad input 55");
    assert_eq!(decide(deny(HUMAN, AdjReasons::EMPTY)), Err(ErrorCode::Reason));
    assert_eq!(decide(deny(HUMAN, necessary)), Ok(()));
    assert_eq!(world.clone().one(&signing(INSURER2), approve_preauth(preauth, 1_000)), Err(ErrorCode::Role));
    world.act(&signing(INSURER), part(&|_| {}));
    let record = world.preauth(preauth);
    assert_eq!((record.status, record.approved, amounts(&record)), (PreauthStatus::Partial, hkd(700), [700, 0, 0, 0]));
    assert_eq!(record.validity(), Some(validity()));
}

#[test]
fn nothing_is_decided_after_its_time_swept_or_not() {
    for sweep_max in [0, 100] {
        let (mut world, case) = world();
        let preauth = world.requested(case, 1_000);
        world.change_params(|params| params.sweep_max = sweep_max);
        world.time = world.time.plus(3 * DAY_MS);
        assert_eq!(world.one(&signing(INSURER), approve_preauth(preauth, 1_000)), Err(ErrorCode::State));
    }
}

// Ends -------------------------------------------------------------------------------------------------------------

#[test]
fn provider_subject_or_proxy_cancel_what_nothing_rests_on() {
    let (mut world, case) = world();
    let preauth = world.authorised(case, 1_000);
    let mandate = world.mandate(1, |_| {});
    let cancel =
        |world: &World, key: &key::SecretKey, capacity| world.clone().one(key, cancel_preauth(preauth, capacity));
    assert_eq!(cancel(&world, &signing(HKH), Capacity::Organisation), Ok(()));
    assert_eq!(cancel(&world, &subject_key(1), Capacity::Subject), Ok(()));
    assert_eq!(cancel(&world, &proxy(1), Capacity::Proxy { mandate }), Ok(()));
    assert_eq!(cancel(&world, &subject_key(2), Capacity::Subject), Err(ErrorCode::NotGrantor));
    assert_eq!(cancel(&world, &signing(SZH), Capacity::Organisation), Err(ErrorCode::Role));
    assert_eq!(cancel(&world, &signing(INSURER), Capacity::Organisation), Err(ErrorCode::Role));

    let mut guaranteed = world.clone();
    guaranteed.offered(case, Some(preauth), 100);
    assert_eq!(cancel(&guaranteed, &signing(HKH), Capacity::Organisation), Err(ErrorCode::State));
    let mut claimed = world.clone();
    claimed.claimed(case, 1, 400, Some(preauth), None);
    assert_eq!(cancel(&claimed, &signing(HKH), Capacity::Organisation), Err(ErrorCode::State));

    world.act(&signing(HKH), cancel_preauth(preauth, Capacity::Organisation));
    let record = world.preauth(preauth);
    assert_eq!((record.status, amounts(&record)), (PreauthStatus::Cancelled, [0, 0, 0, 1_000]));
}

#[test]
fn the_insurer_voids_only_what_was_never_used_and_with_notice() {
    let (mut world, case) = world();
    let preauth = world.authorised(case, 1_000);
    let silent = VoidPreauth { preauth, reason: VoidReason::Duplicate, notice: Hash32::ZERO };
    assert_eq!(world.one(&signing(INSURER), Action::VoidPreauth(silent)), Err(ErrorCode::Reason));
    assert_eq!(world.one(&signing(HKH), void_action(preauth)), Err(ErrorCode::Role));
    let mut claimed = world.clone();
    let claim = claimed.claimed(case, 1, 400, Some(preauth), None);
    assert_eq!(claimed.one(&signing(INSURER), void_action(preauth)), Err(ErrorCode::State));
    claimed.act(&signing(INSURER), deny(claim));
    assert_eq!(claimed.one(&signing(INSURER), void_action(preauth)), Err(ErrorCode::State), "an appeal is open");
    world.act(&signing(INSURER), void_action(preauth));
    let record = world.preauth(preauth);
    assert_eq!((record.status, record.voided), (PreauthStatus::Voided, Some(VoidReason::CoverageTerminated)));
    assert_eq!(amounts(&record), [0, 0, 0, 1_000]);
}

#[test]
fn a_successor_takes_over_what_rests_on_its_predecessor() {
    let (mut world, case) = world();
    let parent = world.authorised(case, 1_000);
    let guarantee = world.guaranteed(case, Some(parent), 300);
    let claim = world.claimed(case, 1, 400, Some(parent), None);
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[400])));
    assert_eq!(amounts(&world.preauth(parent)), [300, 300, 400, 0]);

    let small = world.successor(case, 699, parent);
    let insurer = signing(INSURER);
    assert_eq!(world.one(&insurer, replace_action(parent, small)), Err(ErrorCode::OverPreauth));
    let stranger = world.authorised(case, 2_000);
    assert_eq!(world.one(&insurer, replace_action(parent, stranger)), Err(ErrorCode::PreauthMismatch));
    let asked = preauth_id_of(&world.act(&signing(HKH), request_action(case, preauth_terms(900), Some(parent))));
    assert_eq!(world.one(&insurer, replace_action(parent, asked)), Err(ErrorCode::PreauthMismatch), "not approved");

    let child = world.successor(case, 1_500, parent);
    world.act(&insurer, replace_action(parent, child));
    let (old, new) = (world.preauth(parent), world.preauth(child));
    assert_eq!(
        (old.status, old.replaced_by, amounts(&old)),
        (PreauthStatus::Superseded, Some(child), [0, 0, 0, 1_000])
    );
    assert_eq!(amounts(&new), [800, 300, 400, 0]);

    // Whoever cites the predecessor means the successor.
    let second = world.claimed(case, 2, 500, Some(parent), Some(guarantee));
    world.act(&insurer, approve(second, award(&[nullifier(2)], &[500])));
    assert_eq!(amounts(&world.preauth(child)), [600, 0, 900, 0]);
    assert_eq!(world.one(&insurer, replace_action(parent, child)), Err(ErrorCode::State), "replaced");
}

#[test]
fn validity_ends_only_when_nothing_holds_it_open() {
    let (mut world, case) = world();
    let preauth = world.authorised(case, 1_000);
    let idle = world.authorised(case, 500);
    let claim = world.claimed(case, 1, 400, Some(preauth), None);
    world.time = validity().to;
    world.run(&[]);
    let expired = world.preauth(idle);
    assert_eq!((expired.status, amounts(&expired)), (PreauthStatus::Expired, [0, 0, 0, 500]));
    assert_eq!(world.preauth(preauth).status, PreauthStatus::Approved, "a claim is undecided");
    world.act(&signing(INSURER), approve(claim, award(&[nullifier(1)], &[400])));
    let expired = world.preauth(preauth);
    assert_eq!((expired.status, amounts(&expired)), (PreauthStatus::Expired, [0, 0, 400, 600]), "in the same block");
}

// Claims -----------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_51_claims_cite_a_preauthorisation_that_fits() {
    let (mut world, case) = world();
    let preauth = world.authorised(case, 1_000);
    world.bill(1, 400);
    let file = |world: &World, case, change: Change<'_, ClaimTerms>| {
        let mut terms = ClaimTerms { preauth: Some(preauth), ..claim_terms_of(case, &[1], hkd(400)) };
        change(&mut terms);
        world.clone().one(&signing(HKH), submit(terms, Capacity::Organisation))
    };
    assert_eq!(file(&world, case, &|_| {}), Ok(()));
    let same_parties = world.full_case(1, INSURER);
    assert_eq!(file(&world, same_parties, &|_| {}), Ok(()), "another case of the same parties");
    let other_insurer = world.full_case(1, INSURER2);
    assert_eq!(file(&world, other_insurer, &|_| {}), Err(ErrorCode::PreauthMismatch));
    let other_subject = world.full_case(2, INSURER);
    assert_eq!(file(&world, other_subject, &|_| {}), Err(ErrorCode::PreauthMismatch));
    let before = |terms: &mut ClaimTerms| terms.service.first = Month(MONTH.0 - 1);
    assert_eq!(file(&world, case, &before), Err(ErrorCode::PreauthMismatch), "the services begin before it is valid");
    let requested = world.requested(case, 1_000);
    let undecided = |terms: &mut ClaimTerms| terms.preauth = Some(requested);
    assert_eq!(file(&world, case, &undecided), Err(ErrorCode::PreauthMismatch), "not approved");
    let mut foreign = world.preauth(preauth);
    foreign.approved = Money::new(Currency::Cny, 1_000);
    let mut other_currency = world.clone();
    other_currency.put(StateKey::Preauth(preauth), Record::Preauth(Box::new(foreign)));
    assert_eq!(file(&other_currency, case, &|_| {}), Err(ErrorCode::Currency));
    let mut full = world.preauth(preauth);
    for n in 0..limits::PREAUTH_CLAIMS_MAX {
        let claim = ClaimId(Hash32([u8::try_from(n).unwrap(); 32]));
        full.claims.push(PreauthUse { claim, consumed: hkd(0), status: ClaimStatus::ClosedPaid }).unwrap();
    }
    let mut crowded = world.clone();
    crowded.put(StateKey::Preauth(preauth), Record::Preauth(Box::new(full)));
    assert_eq!(file(&crowded, case, &|_| {}), Err(ErrorCode::Limit));
}

#[test]
fn bad_input_50_decisions_stay_within_what_is_left() {
    let (mut world, case) = world();
    let preauth = world.authorised(case, 1_000);
    let (first, second) =
        (world.claimed(case, 1, 700, Some(preauth), None), world.claimed(case, 2, 600, Some(preauth), None));
    let insurer = signing(INSURER);
    world.act(&insurer, approve(first, award(&[nullifier(1)], &[700])));
    assert_eq!(amounts(&world.preauth(preauth)), [300, 0, 700, 0]);
    let whole = approve(second, award(&[nullifier(2)], &[600]));
    assert_eq!(world.one(&insurer, whole), Err(ErrorCode::OverPreauth));
    world.act(&insurer, approve_part(second, award(&[nullifier(2)], &[300])));
    let record = world.preauth(preauth);
    assert_eq!((record.status, amounts(&record)), (PreauthStatus::Consumed, [0, 0, 1_000, 0]));
}

#[test]
fn a_rejected_claim_is_taken_off() {
    let (mut world, case) = world();
    let preauth = world.authorised(case, 1_000);
    world.bill(1, 400);
    let claim = world.file(ClaimTerms { preauth: Some(preauth), ..claim_terms_of(case, &[1], hkd(400)) });
    assert_eq!(world.preauth(preauth).claims.len(), 1);
    let reject = RejectClaim { claim, reason: RejectReason::Unprocessable };
    world.act(&signing(INSURER), Action::RejectClaim(reject));
    assert!(world.preauth(preauth).claims.is_empty());
}
