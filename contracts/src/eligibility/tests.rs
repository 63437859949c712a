use assent_types::action::Action;
use assent_types::case::{Capability, CaseOp, CaseOps};
use assent_types::consent::{Categories, Category, ConsentKind, ConsentTerms, Purpose};
use assent_types::eligibility::*;
use assent_types::state::{Record, StateKey};
use assent_types::*;

use crate::runtime::table::actors::{APP as APPS, HOS, INS, SYS, TPA};
use crate::testing::claims::*;
use crate::testing::preauths::*;
use crate::testing::*;
use crate::{Actor, State, StateRead as _};

type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    let expected: &[Expected<'_>] = &[
        ("EL-01", &[New], "CheckEligibility", &[HOS, TPA, APPS], Requested),
        ("EL-02", &[Requested], "AnswerEligible", &[INS, TPA], Eligible),
        ("EL-03", &[Requested], "AnswerNotEligible", &[INS, TPA], NotEligible),
        ("EL-04", &[Requested], "AnswerError", &[INS, TPA], ErrorResponse),
        ("EL-05", &[Requested], "sweep", &[SYS], Lapsed),
        ("EL-06", &[Eligible], "sweep", &[SYS], Stale),
    ];
    let rows = super::transitions::ELIGIBILITY;
    assert_eq!(rows.len(), expected.len());
    for (row, (id, from, event, actors, to)) in rows.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.event.to_string().as_str()), (*id, *from, *event));
        assert_eq!((row.actors, row.to), (*actors, *to), "{id}");
    }
}

/// A world with two subjects and a case of the first without any capability.
fn bare() -> (World, CaseId) {
    let mut world = World::with_subjects(2);
    let case = world.full_case(1, INSURER);
    let mut record = world.case_record(case);
    record.capability = None;
    world.put(StateKey::Case(case), Record::Case(record));
    (world, case)
}

#[test]
fn a_question_needs_the_subjects_word() {
    let (mut world, case) = bare();
    let provider = signing(HKH);
    assert_eq!(world.one(&provider, check_action(case)), Err(ErrorCode::Capability), "nobody allows it");

    let mut by_capability = world.clone();
    let mut record = by_capability.case_record(case);
    record.capability = Some(Capability { ops: CaseOps::of(&[CaseOp::Eligibility]), cap: hkd(1) });
    by_capability.put(StateKey::Case(case), Record::Case(record.clone()));
    assert_eq!(by_capability.one(&provider, check_action(case)), Ok(()));
    record.capability = Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(1) });
    by_capability.put(StateKey::Case(case), Record::Case(record));
    assert_eq!(by_capability.one(&provider, check_action(case)), Err(ErrorCode::Capability), "another operation");

    let mut with = |signer: OrgId, subject: u32| {
        let tx = world.cosigned(&signing(signer), check_action(case), &[&subject_key(subject)]);
        world.clone().send(&tx)
    };
    assert_eq!(with(HKH, 1), Ok(()));
    assert_eq!(with(APP, 1), Ok(()), "an app in the subject's name");
    assert_eq!(with(APP, 2), Err(ErrorCode::Capability), "another subject's co-signature");
    assert_eq!(with(SZH, 1), Err(ErrorCode::Role), "not the case's provider");
    assert_eq!(with(INSURER, 1), Err(ErrorCode::Role));
    assert_eq!(with(ADMINISTRATOR, 1), Err(ErrorCode::Delegation));

    // A consent to verify eligibility with the insurer.
    let membership = ConsentTerms {
        kind: ConsentKind::Claim,
        purposes: Set::new([Purpose::Eligver]).unwrap(),
        categories: Categories::of(&[Category::Coverage]),
        places: places(&[HONG_KONG]),
        ..terms(1, INSURER, &[HKH])
    };
    world.grant(1, membership);
    assert_eq!(world.one(&provider, check_action(case)), Ok(()));
}

#[test]
fn questions_name_a_purpose_an_open_case_and_licensed_parties() {
    let mut world = World::with_subjects(1);
    let case = world.full_case(1, INSURER);
    let provider = signing(HKH);
    let none = Action::CheckEligibility(CheckEligibility {
        case,
        kind: EligibilityKind::Predetermination,
        purposes: EligibilityPurposes::EMPTY,
        service: MONTH,
    });
    assert_eq!(world.one(&provider, none), Err(ErrorCode::EmptyAxis));
    assert_eq!(world.one(&provider, check_action(CaseId(Hash32([9; 32])))), Err(ErrorCode::NotFound));
    let mut suspended = world.clone();
    suspended.suspend(INSURER);
    assert_eq!(suspended.one(&provider, check_action(case)), Err(ErrorCode::OrgStatus));
    let mut unlicensed = world.clone();
    unlicensed.change_org(INSURER, |org| org.accreditations = List::default());
    assert_eq!(unlicensed.one(&provider, check_action(case)), Err(ErrorCode::NotLicensed));
    world.time = world.time.plus(61 * DAY_MS);
    assert_eq!(world.one(&provider, check_action(case)), Err(ErrorCode::Capability), "the case is over");
}

#[test]
fn the_insurer_answers_once_in_time_and_for_a_time() {
    let mut world = World::with_subjects(1);
    let case = world.full_case(1, INSURER);
    let question = world.asked(case);
    let record = world.eligibility(question);
    let wait = 15 * 60_000;
    assert_eq!((record.status, record.due), (EligibilityStatus::Requested, Some(world.time.plus(wait))));
    assert_eq!((record.insurer, record.provider, record.requested_by), (INSURER, HKH, HKH));

    let soon = world.time.plus(DAY_MS / 2);
    let answer = |world: &World, org, valid_to| world.clone().one(&signing(org), eligible(question, valid_to));
    assert_eq!(answer(&world, INSURER2, soon), Err(ErrorCode::Role), "another insurer");
    assert_eq!(answer(&world, ADMINISTRATOR, soon), Err(ErrorCode::Delegation));
    assert_eq!(answer(&world, HKH, soon), Err(ErrorCode::Role));
    assert_eq!(answer(&world, INSURER, world.time), Err(ErrorCode::Window));
    assert_eq!(answer(&world, INSURER, world.time.plus(2 * DAY_MS)), Err(ErrorCode::Window));
    let unknown = eligible(EligibilityId(Hash32([9; 32])), soon);
    assert_eq!(world.one(&signing(INSURER), unknown), Err(ErrorCode::NotFound));

    let mut late = world.clone();
    late.change_params(|params| params.sweep_max = 0);
    late.time = late.time.plus(wait);
    assert_eq!(late.one(&signing(INSURER), eligible(question, late.time.plus(60_000))), Err(ErrorCode::State));

    world.act(&signing(INSURER), eligible(question, soon));
    let record = world.eligibility(question);
    let yes = EligibilityAnswer::Eligible { band: BenefitBand::High, valid_to: soon };
    assert_eq!((record.status, record.answer, record.due), (EligibilityStatus::Eligible, Some(yes), Some(soon)));
    assert_eq!(answer(&world, INSURER, soon), Err(ErrorCode::State), "answered");
    world.time = soon;
    world.run(&[]);
    let record = world.eligibility(question);
    assert_eq!((record.status, record.due), (EligibilityStatus::Stale, None));
}

#[test]
fn a_question_without_answer_lapses() {
    let (mut world, txs) = firing_preauths("EL-05");
    let key = world.state.due(world.time, 1).unwrap()[0].key;
    world.run(&txs);
    let StateKey::Eligibility(question) = key else { panic!("a question is due") };
    assert_eq!(world.eligibility(question).status, EligibilityStatus::Lapsed);
    assert!(EligibilityStatus::Lapsed.is_terminal() && !EligibilityStatus::Eligible.is_terminal());
}
