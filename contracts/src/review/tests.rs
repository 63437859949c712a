use assent_types::access::{AccessRequest, Asked, Reason};
use assent_types::anomaly::AnomalyKind;
use assent_types::consent::*;
use assent_types::limits::OPEN_REVIEWS_MAX;
use assent_types::review::*;
use assent_types::session::SessionStatus;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, Hash32, List, Millis, SessionId, Set};

use crate::testing::*;

fn denied(world: &mut World, request: AccessRequest) -> Vec<Reason> {
    let id = world.ask(request).unwrap();
    let session = world.session(id);
    assert_eq!(session.status, SessionStatus::Denied);
    session.decision.reasons.to_vec()
}

#[test]
fn broken_glass_opens_a_review_and_gives_what_no_consent_does() {
    let (mut world, document) = World::with_emergency();
    let id = world.broken(document);
    let session = world.session(id);
    assert!(session.decision.btg && session.decision.basis.is_empty());
    for obligation in [Obligation::Audit, Obligation::Aod, Obligation::NotifySubject, Obligation::Review] {
        assert!(session.decision.obligations.has(obligation), "{obligation}");
    }
    let review = world.review(id);
    assert_eq!((review.status, review.requester, review.subject), (ReviewStatus::Due, SZH2, sp(1)));
    assert_eq!(world.standing(SZH2).reviews.len(), 1);
    // Keys are released as in any other session.
    assert_eq!(world.one(&receipts(SZH), release_action(id, &[document], &BOTH_PARTS)), Ok(()));
    assert_eq!(world.session(id).status, SessionStatus::KeyReleased);
}

#[test]
fn bad_input_46_broken_glass_by_others_without_reason_or_beyond_emergencies() {
    let (mut world, document) = World::with_emergency();
    // Not a hospital.
    let insurer = AccessRequest { purpose: Purpose::Btg, btg: Some(statement()), ..payment_request(&[document]) };
    assert!(denied(&mut world, insurer).contains(&Reason::GlassNotEntitled));
    // Without a reason, or without the patient.
    let silent = AccessRequest { btg: None, ..glass_request(&[document]) };
    assert_eq!(world.ask(silent), Err(ErrorCode::UnknownCode));
    let absent = BreakGlassStatement { patient_present: Hash32::ZERO, ..statement() };
    assert_eq!(
        world.ask(AccessRequest { btg: Some(absent), ..glass_request(&[document]) }),
        Err(ErrorCode::UnknownCode)
    );
    // For another purpose.
    let other = AccessRequest { purpose: Purpose::Etreat, action: DataAction::Disclose, ..glass_request(&[document]) };
    assert!(denied(&mut world, other).contains(&Reason::GlassNotEntitled));
    // A category that no emergency needs.
    let keyset = world.anchor(document).body.keyset;
    let genes = world.pending(assent_types::document::AnchorBody { category: Category::Genetic, ..body(1, keyset) });
    world.complete(genes);
    let beyond = denied(&mut world, glass_request(&[genes]));
    assert!(beyond.contains(&Reason::GlassScope) && beyond.contains(&Reason::Minimisation), "{beyond:?}");
    // Without an emergency department.
    let (mut world, document, _) = World::with_document();
    assert!(denied(&mut world, glass_request(&[document])).contains(&Reason::NotAccredited));
}

#[test]
fn a_dissent_or_a_standing_directive_forbids_to_break_the_glass() {
    let (mut world, document) = World::with_emergency();
    let forbid = ConsentTerms { break_glass: BreakGlass::Forbid, ..terms(1, SZH, &[SHANTOU]) };
    let mut plain = world.clone();
    plain.grant(1, forbid.clone());
    plain.broken(document);
    for directive in [
        ConsentTerms { effect: Effect::Deny, ..forbid.clone() },
        ConsentTerms { kind: ConsentKind::Join, ..forbid.clone() },
    ] {
        let mut world = world.clone();
        world.grant(1, directive);
        assert!(denied(&mut world, glass_request(&[document])).contains(&Reason::GlassForbidden));
    }
    // What is forbidden afterwards cancels a session that is open.
    let id = world.broken(document);
    world.grant(1, ConsentTerms { effect: Effect::Deny, ..forbid });
    assert_eq!(world.session(id).status, SessionStatus::Cancelled);
}

#[test]
fn broken_glass_crosses_the_border_by_the_emergency_exemption_alone() {
    let (mut world, document) = World::with_emergency();
    let anchors = Set::new([document]).unwrap();
    let abroad = AccessRequest {
        requester: HKH,
        asked: Asked::Documents { anchors, deliver_to: HONG_KONG, case: None },
        xborder_basis: Some(BASIS_HKH),
        ..glass_request(&[document])
    };
    assert!(denied(&mut world, abroad.clone()).contains(&Reason::BorderBasis));
    let bases = List::new(vec![basis(BASIS_HKH, BasisKind::CnExemptEmergency, SZH, HKH)]).unwrap();
    world.put(StateKey::Bases(SZH), Record::Bases(bases));
    let id = world.ask(abroad).unwrap();
    assert_eq!(world.session(id).status, SessionStatus::BtgPermitted);
}

#[test]
fn who_does_not_justify_in_time_loses_the_right_until_it_does() {
    let (mut world, document) = World::with_emergency();
    let id = world.broken(document);
    // Overdue counts before the sweeper comes.
    let mut unswept = world.clone();
    unswept.change_params(|params| params.sweep_max = 0);
    unswept.time = unswept.time.plus(3 * DAY_MS);
    assert!(denied(&mut unswept, glass_request(&[document])).contains(&Reason::GlassNotEntitled));

    world.pass(3 * DAY_MS);
    world.pass(1);
    assert_eq!(world.review(id).status, ReviewStatus::Overdue);
    assert_eq!(world.anomalies(AnomalyKind::GlassUnreviewed, Some(SZH2)), 1);
    assert_eq!(world.anomalies(AnomalyKind::DeadlineMissed, Some(SZH2)), 1, "nor was the subject told");
    assert!(denied(&mut world, glass_request(&[document])).contains(&Reason::GlassNotEntitled));
    world.must(&signing(SZH2), justification(id));
    world.broken(document);

    // Never justified: a violation, found by the ledger.
    let (mut world, document) = World::with_emergency();
    let id = world.broken(document);
    world.pass(3 * DAY_MS);
    world.pass(3 * DAY_MS);
    world.pass(1);
    let review = world.review(id);
    assert_eq!((review.status, review.finding), (ReviewStatus::Violation, Some((Finding::NoReview, Hash32::ZERO))));
    assert!(!world.standing(SZH2).may_break_glass(world.time) && world.standing(SZH2).reviews.is_empty());
    assert!(world.standing(SZH2).may_break_glass(world.time.plus(31 * DAY_MS)));
}

#[test]
fn a_review_is_justified_by_the_requester_and_decided_by_a_regulator_in_time() {
    let (mut world, document) = World::with_emergency();
    let id = world.broken(document);
    let regulator = signing(REGULATOR);
    assert_eq!(world.one(&signing(SZH), justification(id)), Err(ErrorCode::NotRequester));
    let mut empty = justification(id);
    if let assent_types::action::Action::SubmitJustification(submit) = &mut empty {
        submit.evidence = Hash32::ZERO;
    }
    assert_eq!(world.one(&signing(SZH2), empty), Err(ErrorCode::Review));
    assert_eq!(world.one(&regulator, finding(id, Finding::Justified)), Err(ErrorCode::Review), "not justified yet");
    assert_eq!(world.one(&signing(SZH2), justification(SessionId(Hash32([1; 32])))), Err(ErrorCode::NotFound));
    world.must(&signing(SZH2), justification(id));
    assert_eq!(world.one(&signing(SZH2), justification(id)), Err(ErrorCode::Review), "once");
    assert_eq!(world.one(&regulator, finding(id, Finding::NoReview)), Err(ErrorCode::Review), "the ledger's own");
    assert_eq!(world.one(&signing(SZH2), finding(id, Finding::Justified)), Err(ErrorCode::Role));
    let mut unnamed = finding(id, Finding::Justified);
    if let assent_types::action::Action::DecideReview(decide) = &mut unnamed {
        decide.order = Hash32::ZERO;
    }
    assert_eq!(world.one(&regulator, unnamed), Err(ErrorCode::Review));
    assert_eq!(world.one(&signing(HKH), notice(id)), Err(ErrorCode::NotRequester));
    world.must(&signing(SZH), notice(id));
    assert_eq!(world.one(&signing(SZH2), notice(id)), Err(ErrorCode::Review), "told once");

    // A regulator that lets its time pass is an anomaly; it may still decide.
    let mut late = world.clone();
    late.pass(3 * DAY_MS);
    assert_eq!(late.anomalies(AnomalyKind::GlassUnreviewed, None), 1);
    late.pass(3 * DAY_MS);
    assert_eq!(late.anomalies(AnomalyKind::GlassUnreviewed, None), 1, "once");
    late.must(&regulator, finding(id, Finding::Justified));
    assert_eq!(late.review(id).status, ReviewStatus::Upheld);

    world.must(&regulator, finding(id, Finding::Excessive));
    assert_eq!(world.review(id).status, ReviewStatus::Violation);
    assert!(denied(&mut world, glass_request(&[document])).contains(&Reason::GlassNotEntitled));
}

#[test]
fn a_regulator_that_asked_itself_does_not_decide() {
    let (mut world, document) = World::with_emergency();
    world.change_org(SZH2, |org| org.roles = org.roles.with(assent_types::org::Role::Regulator));
    let id = world.broken(document);
    world.must(&signing(SZH2), justification(id));
    assert_eq!(world.one(&signing(SZH2), finding(id, Finding::Justified)), Err(ErrorCode::Role));
}

/// However late the sweeper comes, a justification that is owed bars from its deadline on, and a violation for as long as
/// was fixed when the glass was broken.
#[test]
fn inv_01_what_is_owed_bars_for_as_long_as_a_punctual_sweep_would() {
    let (mut world, document) = World::with_emergency();
    world.broken(document);
    let owed = world.standing(SZH2).reviews[0];
    let bar_ms = owed.barred_until.0 - owed.due.0;
    let instants = [owed.due.0 - 1, owed.due.0, owed.lapses_at.0, owed.barred_until.0 - 1, owed.barred_until.0];
    let may = |world: &World| instants.map(|at| world.standing(SZH2).may_break_glass(Millis(at)));
    assert_eq!(may(&world), [true, false, false, false, true]);
    // Its place is free once it can be justified no more.
    let full = (0..OPEN_REVIEWS_MAX).map(|_| owed).collect();
    let full = Standing { reviews: List::new(full).unwrap(), ..Standing::default() };
    assert!(!full.has_review_room(owed.due) && full.has_review_room(owed.lapses_at));
    let mut next = full.clone();
    let later = OpenReview { session: SessionId(Hash32([9; 32])), due: owed.barred_until, ..owed };
    super::standing::owe(&mut next, later, owed.lapses_at).unwrap();
    assert_eq!((next.reviews.to_vec(), next.glass_barred_until), (vec![later], Some(owed.barred_until)));
    // The sweep changes nothing of it.
    world.time = owed.due;
    world.pass(0);
    world.time = owed.lapses_at;
    world.pass(0);
    assert!(world.standing(SZH2).reviews.is_empty());
    assert_eq!(may(&world)[2..], [false, false, true], "{bar_ms} ms");
}
