use assent_types::access::AccessRequest;
use assent_types::anomaly::AnomalyKind;
use assent_types::consent::*;
use assent_types::limits::ANOMALIES_MAX;
use assent_types::session::{ConfirmToken, HpkeSuite, RequestAccess, SessionStatus, confirmation_of, session_id_of};
use assent_types::{AnchorId, ErrorCode, Hash32, HpkeKey, Millis, SessionId};

use super::transitions::ANOMALIES;
use crate::runtime::state;
use crate::testing::*;

#[test]
fn every_kind_has_its_row_and_number() {
    let rows: Vec<u8> = ANOMALIES.iter().map(|row| row.id.1).collect();
    assert_eq!(rows, AnomalyKind::ALL.iter().map(|kind| *kind as u8).collect::<Vec<_>>());
}

#[test]
fn lists_of_anomalies_are_bounded_and_counted() {
    let (mut world, document) = World::with_emergency();
    world.change_params(|params| params.access.glass_rate = 0);
    for _ in 0..ANOMALIES_MAX / 4 + 1 {
        world.broken(document);
        world.run(&[]);
    }
    let list = state::anomalies(&world.state, AnomalyKind::GlassRate, Some(SZH2)).unwrap().unwrap();
    assert_eq!((list.count, list.latest.len()), (17, 17));
    let ahead = list.latest.windows(2).all(|pair| pair[0].at < pair[1].at);
    assert!(ahead);
}

#[test]
fn payment_is_noticed_unless_a_question_a_preauthorisation_or_a_claim_of_the_subject_is_open() {
    use assent_types::claim::Capacity;
    use assent_types::eligibility::{AnswerNotEligible, IneligibleReason, eligibility_id_of};

    use crate::testing::claims::{claim_terms_of, hkd};
    use crate::testing::preauths::{check_action, deny_preauth};

    let (mut world, document, _) = World::with_document();
    world.grant(1, claim_terms(1, SZH));
    let noticed = |world: &World| {
        let mut world = world.clone();
        let before = world.anomalies(AnomalyKind::NoOpenCase, Some(INSURER));
        let id = world.ask(payment_request(&[document])).unwrap();
        assert_eq!(world.session(id).status, SessionStatus::Permitted);
        world.anomalies(AnomalyKind::NoOpenCase, Some(INSURER)) - before
    };
    assert_eq!(noticed(&world), 1);
    let case = world.full_case(1, INSURER);
    assert_eq!(noticed(&world), 1, "a case in which nothing is asked");
    // A question, until it is answered with no.
    let eligibility = eligibility_id_of(&world.must(&signing(HKH), check_action(case)));
    assert_eq!(noticed(&world), 0);
    let no = AnswerNotEligible { eligibility, reason: IneligibleReason::Inactive };
    world.must(&signing(INSURER), assent_types::action::Action::AnswerNotEligible(no));
    assert_eq!(noticed(&world), 1);
    // A preauthorisation, until it is denied.
    let preauth = world.requested(case, 1_000);
    assert_eq!(noticed(&world), 0);
    world.must(&signing(INSURER), deny_preauth(preauth));
    assert_eq!(noticed(&world), 1);
    // A claim, until it is withdrawn; at another insurer it is none of this one's.
    world.bill(1, 1_000);
    let other = world.case(1, INSURER2);
    let elsewhere = world.file(claim_terms_of(other, &[1], hkd(1_000)));
    assert_eq!(noticed(&world), 1);
    world.must(&signing(HKH), crate::testing::course::withdraw(elsewhere, Capacity::Organisation));
    let claim = world.file(claim_terms_of(case, &[1], hkd(1_000)));
    assert_eq!(noticed(&world), 0);
    world.must(&signing(HKH), crate::testing::course::withdraw(claim, Capacity::Organisation));
    assert_eq!(noticed(&world), 1);
}

#[test]
fn silence_bars_from_more_but_not_from_treatment_until_it_is_broken() {
    use assent_types::access::Reason;

    let (mut world, document, _) = World::with_document();
    let purposes = assent_types::Set::new([Purpose::Treat, Purpose::Hpaymt]).unwrap();
    world.grant(1, ConsentTerms { purposes, ..terms(1, SZH, &[SZH2]) });
    let session = world.disputed(document);
    assert_eq!(world.anomalies(AnomalyKind::NotAcknowledged, Some(SZH2)), 1);
    let payment = AccessRequest { purpose: Purpose::Hpaymt, ..documents_request(1, &[document]) };
    let barred = |world: &mut World, request| {
        let id = world.ask(request).unwrap();
        world.session(id).decision.reasons.contains(&Reason::Barred)
    };
    assert!(barred(&mut world, payment.clone()));
    assert!(!barred(&mut world, documents_request(1, &[document])), "treatment goes on");
    let mut resolved = world.clone();
    resolved.must(&signing(REGULATOR), resolution(session));
    assert!(!barred(&mut resolved, payment.clone()));
    assert_eq!(resolved.one(&signing(SZH2), ack_action(session)), Err(ErrorCode::SessionState));
    world.must(&signing(SZH2), ack_action(session));
    assert!(!barred(&mut world, payment));
    assert_eq!(world.session(session).status, SessionStatus::Acked);
    assert_eq!(world.one(&signing(REGULATOR), resolution(session)), Err(ErrorCode::SessionState));
}

#[test]
fn what_cannot_be_read_is_delivered_again_a_few_times_and_then_disputed() {
    let (mut world, document, consent) = World::with_document();
    let session = world.served(&[document]);
    let again = |world: &mut World| {
        for shard in [0u8, 1] {
            let keeper = receipts(KEEPERS[usize::from(shard)]);
            world.one(&keeper, served_action(session, &[(document, shard)]))?;
        }
        Ok::<(), ErrorCode>(())
    };
    assert_eq!(world.one(&signing(SZH), unread(session)), Err(ErrorCode::NotRequester));
    for _ in 0..world.params().access.serve_retries {
        world.must(&signing(SZH2), unread(session));
        assert_eq!(world.one(&signing(SZH2), unread(session)), Err(ErrorCode::SessionState));
        assert_eq!(again(&mut world), Ok(()));
        assert_eq!(world.session(session).status, SessionStatus::Served);
    }
    world.must(&signing(SZH2), unread(session));
    assert_eq!(again(&mut world), Err(ErrorCode::SessionState), "as often as it may be");
    // Nor when access would not be permitted any more.
    let mut revoked = World::with_document().0;
    let _ = consent;
    let other = revoked.book(1, SZH).live[0].id;
    let document = revoked.state.values().find_map(|value| match value.key {
        assent_types::state::StateKey::Anchor(id) => Some(id),
        _ => None,
    });
    let document: AnchorId = document.unwrap();
    let session: SessionId = revoked.served(&[document]);
    revoked.must(&signing(SZH2), unread(session));
    let revoke = assent_types::action::RevokeConsent {
        target: target(1, SZH, other),
        grantor: Grantor::Subject,
        evidence: None,
    };
    revoked.must(&subject_key(1), assent_types::action::Action::RevokeConsent(revoke));
    assert_eq!(revoked.one(&receipts(KEEPERS[0]), served_action(session, &[(document, 0)])), Ok(()));
    assert_eq!(
        revoked.one(&receipts(KEEPERS[1]), served_action(session, &[(document, 1)])),
        Err(ErrorCode::NoLivePermit)
    );

    world.pass(DAY_MS);
    let session = world.state.values().find_map(|value| match &value.record {
        assent_types::state::Record::Session(session) => Some(session.clone()),
        _ => None,
    });
    let session = session.unwrap();
    assert_eq!(session.status, SessionStatus::Disputed);
    assert_eq!(world.anomalies(AnomalyKind::Integrity, Some(SZH)), 1);
    assert_eq!(world.one(&signing(SZH2), ack_action(session.id)), Err(ErrorCode::SessionState), "it was not read");
    world.pass(31 * DAY_MS);
    world.pass(31 * DAY_MS);
    assert_eq!(world.anomalies(AnomalyKind::DeadlineMissed, None), 1, "once");
    let mut unnamed = resolution(session.id);
    if let assent_types::action::Action::ResolveDispute(resolve) = &mut unnamed {
        resolve.at_fault = None;
    }
    assert_eq!(world.one(&signing(REGULATOR), unnamed), Err(ErrorCode::Review));
    world.must(&signing(REGULATOR), resolution(session.id));
}

/// A request with the subject's confirmation.
fn confirmed(world: &World, request: AccessRequest, by: u32, until: Millis, reply: u8) -> assent_types::action::Action {
    let reply_key = HpkeKey(Hash32([reply; 32]));
    let digest = confirmation_of(CHAIN, &request, &reply_key, until);
    let confirm = Some(ConfirmToken { until, signature: subject_key(by).sign_confirmation(&digest) });
    let _ = world;
    let suite = HpkeSuite::X25519Sha256Aes256Gcm;
    assent_types::action::Action::RequestAccess(Box::new(RequestAccess { request, suite, reply_key, confirm }))
}

#[test]
fn bad_input_33_a_confirmation_is_for_one_request_and_counts_once() {
    use assent_types::access::Reason;

    let mut world = World::with_subjects(2);
    let document = world.document(1);
    let limits = Limits { per_access_confirm: true, ..Limits::default() };
    world.grant(1, ConsentTerms { limits, ..terms(1, SZH, &[SZH2]) });
    let request = || documents_request(1, &[document]);
    let reasons = |world: &mut World, action| {
        let id = session_id_of(&world.must(&signing(SZH2), action));
        world.session(id).decision.reasons.to_vec()
    };
    let soon = world.time.plus(300_000);
    assert_eq!(reasons(&mut world, access_action(request())), [Reason::ConfirmMissing]);
    let by_another = confirmed(&world, request(), 2, soon, 1);
    assert_eq!(reasons(&mut world, by_another), [Reason::ConfirmMissing]);
    let mut other = confirmed(&world, AccessRequest { user_ref: Hash32([7; 32]), ..request() }, 1, soon, 1);
    if let assent_types::action::Action::RequestAccess(ask) = &mut other {
        ask.request = request();
    }
    assert_eq!(reasons(&mut world, other), [Reason::ConfirmMissing], "for another request");
    let too_long = confirmed(&world, request(), 1, world.time.plus(DAY_MS), 1);
    assert_eq!(reasons(&mut world, too_long), [Reason::ConfirmMissing]);
    let over = confirmed(&world, request(), 1, world.time, 1);
    assert_eq!(reasons(&mut world, over), [Reason::ConfirmMissing]);

    let good = confirmed(&world, request(), 1, soon, 1);
    let id = session_id_of(&world.must(&signing(SZH2), good.clone()));
    assert_eq!(world.session(id).status, SessionStatus::Permitted);
    assert_eq!(reasons(&mut world, good), [Reason::ConfirmMissing], "used");
    // The decision that is made again at the release remembers it.
    world.must(&receipts(SZH), release_action(id, &[document], &BOTH_PARTS));
    let more = confirmed(&world, request(), 1, soon, 2);
    assert_eq!(reasons(&mut world, more), []);
}

#[test]
fn a_suspended_consent_rests_until_its_time_and_a_dissent_cannot_be() {
    use assent_types::access::Reason;

    let (mut world, document, consent) = World::with_document();
    let (regulator, target) = (signing(REGULATOR), target(1, SZH, consent));
    let day = world.time.plus(DAY_MS);
    assert_eq!(world.one(&signing(SZH), suspend(target, day)), Err(ErrorCode::Role));
    assert_eq!(world.one(&regulator, suspend(target, world.time)), Err(ErrorCode::Suspension));
    assert_eq!(world.one(&regulator, suspend(target, world.time.plus(91 * DAY_MS))), Err(ErrorCode::Suspension));
    assert_eq!(world.one(&regulator, resume_consent(target)), Err(ErrorCode::NotHead));
    let dissent = world.grant(1, ConsentTerms { effect: Effect::Deny, ..terms(1, SZH, &[HKH]) });
    assert_eq!(
        world.one(&regulator, suspend(crate::testing::target(1, SZH, dissent), day)),
        Err(ErrorCode::Suspension)
    );

    let open = world.open(&[document]);
    world.must(&regulator, suspend(target, day));
    assert_eq!(world.session(open).status, SessionStatus::Cancelled);
    let reasons = |world: &mut World| {
        let id = world.ask(documents_request(1, &[document])).unwrap();
        world.session(id).decision.reasons.to_vec()
    };
    assert_eq!(reasons(&mut world), [Reason::Suspended]);
    let mut lifted = world.clone();
    lifted.must(&regulator, resume_consent(target));
    assert_eq!(reasons(&mut lifted), []);
    // Its end counts before the sweeper comes.
    world.change_params(|params| params.sweep_max = 0);
    world.time = world.time.plus(DAY_MS);
    assert_eq!(reasons(&mut world), []);
    // A suspended consent is revoked as any other.
    let revoke = assent_types::action::RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
    world.must(&subject_key(1), assent_types::action::Action::RevokeConsent(revoke));
}

#[test]
fn a_consent_is_marked_in_error_by_its_attester_and_a_second_organisation() {
    let mut world = World::with_subjects(1);
    let own = world.grant(1, terms(1, SZH, &[SZH2]));
    let tx = world.must(&signing(SZH), attested(terms(1, SZH, &[SZH2])));
    let id = consent_id_of(&tx);
    let mark = in_error(target(1, SZH, id));
    assert_eq!(world.one(&signing(SZH), mark.clone()), Err(ErrorCode::NotGrantor), "alone");
    let tx = world.cosigned(&signing(REGULATOR), mark.clone(), &[&signing(HKH)]);
    assert_eq!(world.send(&tx), Err(ErrorCode::NotGrantor), "without the attester");
    let tx = world.cosigned(&signing(SZH), in_error(target(1, SZH, own)), &[&signing(REGULATOR)]);
    assert_eq!(world.send(&tx), Err(ErrorCode::NotGrantor), "the subject gave it");
    let tx = world.cosigned(&signing(REGULATOR), mark, &[&signing(SZH)]);
    assert_eq!(world.send(&tx), Ok(()));
    let book = world.book(1, SZH);
    assert_eq!(book.closed.last().map(|consent| consent.status), Some(ConsentStatus::EnteredInError));
}

#[test]
fn an_11_persons_whose_documents_leave_in_a_year_are_counted_once_each() {
    let mut world = World::with_subjects(5);
    world.change_params(|params| params.access.export_subjects = 5);
    let count = |world: &World| world.anomalies(AnomalyKind::ExportVolume, Some(SZH));
    let release = |world: &mut World, session, document| {
        world.must(&receipts(SZH), release_action(session, &[document], &BOTH_PARTS));
    };
    let year = |world: &World| u16::try_from(crate::anomaly::activity::day_of(world.time).to_date().0).unwrap();
    // What stays inside is not counted.
    let inside = world.document(1);
    world.grant(1, terms(1, SZH, &[SZH2]));
    let session = world.ask(documents_request(1, &[inside])).unwrap();
    release(&mut world, session, inside);
    assert_eq!(state::exports(&world.state, SZH, year(&world)).unwrap().map(|exports| *exports), None);
    for n in 1..=5 {
        let document = world.document(n);
        for _ in 0..2 {
            let session = world.leaving(n, document);
            release(&mut world, session, document);
        }
        let exports = *state::exports(&world.state, SZH, year(&world)).unwrap().unwrap();
        assert_eq!((exports.subjects, exports.sessions), (u64::from(n), 2 * u64::from(n)));
        // At four fifths, and at the whole.
        assert_eq!(count(&world), u64::from(n).saturating_sub(3), "{n}");
    }
}

#[test]
fn an_12_a_proxy_of_many_subjects_is_noticed_once() {
    let mut world = World::with_subjects(5);
    world.change_params(|params| params.access.proxy_subjects = 2);
    let give = |world: &mut World, n| {
        let tx = world.cosigned(&subject_key(n), mandate_action(mandate_terms(n, 1), SZH, 1), &[&signing(SZH)]);
        assert_eq!(world.send(&tx), Ok(()));
        world.anomalies(AnomalyKind::ProxySubjects, Some(SZH))
    };
    assert_eq!([1, 2, 2, 3, 3, 4].map(|n| give(&mut world, n)), [0, 0, 0, 1, 1, 1]);
}

#[test]
fn an_15_a_bill_at_a_second_insurer_is_noticed_unless_it_was_declared() {
    use crate::testing::claims::{claim_terms_of, hkd};
    use assent_types::claim::ClaimTerms;

    for (cob_declared, noticed) in [(true, 0), (false, 1)] {
        let mut world = World::with_subjects(1);
        world.in_review(INSURER2);
        let case = world.case(1, INSURER);
        world.file(ClaimTerms { cob_declared, ..claim_terms_of(case, &[1], hkd(1_000)) });
        assert_eq!(world.anomalies(AnomalyKind::BillCollision, Some(HKH)), noticed);
    }
}

#[test]
fn an_16_a_bill_that_is_voided_after_a_payment_is_noticed() {
    use crate::testing::claims::nullifier;
    use assent_types::action::Action;
    use assent_types::bill::VoidBill;

    let void = |world: &mut World| {
        world.must(&signing(HKH), Action::VoidBill(VoidBill { nullifier: nullifier(1), issuer: HKH }));
        world.anomalies(AnomalyKind::BillVoided, Some(HKH))
    };
    let mut unpaid = World::with_subjects(1);
    unpaid.bill(1, 1_000);
    assert_eq!(void(&mut unpaid), 0);
    assert_eq!(void(&mut World::paid_back()), 1);
}

#[test]
fn an_14_names_whoever_lets_a_deadline_of_claims_and_payments_pass() {
    use crate::testing::claims::{bank_accept, claim_terms_of, hkd};
    use crate::testing::course::{appeal, dispute};
    use crate::testing::preauths::check_action;
    use assent_types::claim::Capacity;

    let missed = |world: &World, of| world.anomalies(AnomalyKind::DeadlineMissed, of);
    let after = |world: &mut World, days: u64, of| {
        world.pass(days * DAY_MS);
        missed(world, of)
    };
    let fresh = || World::with_subjects(1);
    // CL-05, and CL-18 once the review is late as well.
    let mut filed = fresh();
    let case = filed.case(1, INSURER);
    filed.bill(1, 1_000);
    filed.file(claim_terms_of(case, &[1], hkd(1_000)));
    assert_eq!(missed(&filed, Some(INSURER)), 0);
    assert_eq!(after(&mut filed, 20, Some(INSURER)), 1, "not acknowledged");
    assert_eq!(after(&mut filed, 20, Some(INSURER)), 2, "not decided");
    // CL-26.
    let mut approved = fresh();
    approved.part_approved(600);
    assert_eq!(after(&mut approved, 11, Some(INSURER)), 1, "not paid");
    // CL-24: by the insurer, and by the regulators.
    let mut appealed = fresh();
    let claim = appealed.denied();
    appealed.must(&subject_key(1), appeal(claim, Capacity::Subject));
    assert_eq!(after(&mut appealed, 31, Some(INSURER)), 1);
    assert_eq!((after(&mut appealed, 31, None), missed(&appealed, Some(INSURER))), (1, 1));
    // ST-11 to ST-13.
    let mut instructed = fresh();
    let (_, settlement) = instructed.instructed(INSURER);
    let mut accepted = instructed.clone();
    assert_eq!(after(&mut instructed, 6, Some(BANK)), 1, "not accepted");
    accepted.must(&signing(BANK), bank_accept(settlement));
    assert_eq!(after(&mut accepted, 6, Some(BANK)), 1, "not paid out");
    assert_eq!((after(&mut accepted, 16, Some(BANK)), missed(&accepted, None)), (2, 1), "not resolved");
    let mut disputed = fresh();
    let (_, settlement) = disputed.bank_paid(INSURER);
    disputed.must(&signing(HKH), dispute(settlement, Capacity::Organisation));
    assert_eq!((after(&mut disputed, 16, Some(BANK)), missed(&disputed, None)), (1, 1));
    // PA-10 and EL-05; what ends in its own time is no breach.
    let mut asked = fresh();
    let case = asked.full_case(1, INSURER);
    asked.must(&signing(HKH), check_action(case));
    assert_eq!(after(&mut asked, 1, Some(INSURER)), 1, "a question");
    asked.requested(case, 1_000);
    assert_eq!(after(&mut asked, 10, Some(INSURER)), 2, "a request");
    let mut over = fresh();
    let case = over.full_case(1, INSURER);
    over.authorised(case, 1_000);
    assert_eq!(after(&mut over, 90, Some(INSURER)), 0, "nobody has to use what is approved");
}
