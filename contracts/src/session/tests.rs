use assent_types::access::{AccessRequest, Asked, Reason, UserRole};
use assent_types::action::{Action, AmendConsent, RevokeConsent};
use assent_types::anomaly::AnomalyKind;
use assent_types::consent::{ConsentTerms, Effect, Grantor, Limits, Purpose};
use assent_types::document::AnchorBody;
use assent_types::limits::OPEN_SESSIONS_MAX;
use assent_types::session::*;
use assent_types::{AnchorId, CaseId, ConsentId, ErrorCode, Hash32, Millis, SessionId, Set};

use crate::testing::*;
use crate::{Row, permit, tables};

fn revoke(consent: ConsentId) -> Action {
    let target = target(1, SZH, consent);
    Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None })
}

fn reasons(world: &World, session: SessionId) -> Vec<Reason> {
    world.session(session).decision.reasons.to_vec()
}

#[test]
fn a_session_goes_from_the_request_to_the_acknowledgement() {
    let (mut world, id, consent) = World::with_document();
    let session = world.open(&[id]);
    let opened = world.session(session);
    assert_eq!((opened.decision.basis.to_vec(), opened.height), (vec![consent], world.height));
    assert_eq!(opened.deadline, Some(opened.decision.valid_until));
    assert_eq!(world.accesses(1, SZH).open.iter().map(|open| open.session).collect::<Vec<_>>(), [session]);
    let one = |kind| release_action(session, &[id], &[kind]);
    assert_eq!(world.one(&receipts(SZH), one(KeyPartKind::Controller)), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::Permitted, "the share is awaited");
    assert_eq!(world.one(&receipts(SZH), one(KeyPartKind::Share)), Ok(()));
    let released = world.session(session);
    assert_eq!((released.status, released.released_at), (SessionStatus::KeyReleased, Some(world.time)));
    assert!(world.accesses(1, SZH).open.is_empty(), "no revocation can stop it now");
    assert_eq!(world.one(&receipts(KEEPERS[3]), served_action(session, &[(id, 3)])), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::KeyReleased);
    assert_eq!(world.one(&receipts(KEEPERS[1]), served_action(session, &[(id, 1)])), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::Served);
    assert_eq!(world.one(&signing(SZH2), ack_action(session)), Ok(()));
    let acked = world.session(session);
    assert_eq!((acked.status, acked.deadline, acked.receipts), (SessionStatus::Acked, None, 5));
    assert_eq!(world.accesses(1, SZH).log.count, 6);
    assert_eq!(world.one(&signing(SZH2), ack_action(session)), Err(ErrorCode::SessionState));
}

#[test]
fn receipts_of_one_block_never_invalidate_each_other() {
    let (mut world, _, _) = World::with_document();
    let keyset = world.keyset(2, &[SZH, HKH, REGULATOR]);
    let id = world.pending(body(1, keyset));
    world.complete(id);
    let orders: [[usize; 3]; 3] = [[0, 1, 2], [2, 1, 0], [1, 0, 2]];
    let statuses = orders.map(|order| {
        let mut world = world.clone();
        let session = world.open(&[id]);
        let share = |world: &mut World, org, kinds: &[KeyPartKind]| {
            world.tx(&receipts(org), release_action(session, &[id], kinds))
        };
        let txs = [
            share(&mut world, SZH, &[KeyPartKind::Controller]),
            share(&mut world, HKH, &[KeyPartKind::Share]),
            share(&mut world, REGULATOR, &[KeyPartKind::Share]),
        ];
        let outcome = world.run(&order.map(|index| txs[index].clone()));
        assert!(outcome.receipts.iter().all(|(receipt, _)| receipt.code == 0));
        let session = world.session(session);
        (session.status, session.progress, session.receipts)
    });
    assert_eq!(statuses[0].0, SessionStatus::KeyReleased);
    assert!(statuses.iter().all(|status| *status == statuses[0]));
}

#[test]
fn bad_input_34_documents_of_two_subjects_or_controllers_are_e501() {
    let (mut world, first, _) = World::with_document();
    let second = world.document(2);
    assert_eq!(world.ask(documents_request(1, &[first, second])), Err(ErrorCode::MixedRequest));
    let none =
        AccessRequest { asked: data(vec![descriptor(assent_types::consent::Category::Lab, SHENZHEN)]), ..request(1) };
    assert_eq!(world.ask(none), Err(ErrorCode::BadRequest), "sessions are for documents");
    assert_eq!(world.ask(documents_request(1, &[])), Err(ErrorCode::BadRequest));
    let stolen = access_action(documents_request(1, &[first]));
    assert_eq!(world.one(&signing(SZH), stolen), Err(ErrorCode::NotRequester), "for another organisation");
}

#[test]
fn bad_input_40_documents_that_are_not_to_be_had_are_d10_and_d11() {
    let (mut world, id, _) = World::with_document();
    let ask = |world: &mut World, request| {
        let session = world.ask(request).unwrap();
        assert_eq!(world.session(session).status, SessionStatus::Denied);
        reasons(world, session)
    };
    let unknown = AnchorId(Hash32([1; 32]));
    assert_eq!(ask(&mut world, documents_request(1, &[unknown])), [Reason::AnchorState]);
    assert_eq!(ask(&mut world, documents_request(1, &[id, unknown])), [Reason::AnchorState]);
    assert_eq!(ask(&mut world, documents_request(2, &[id])), [Reason::AnchorForeign]);
    let foreign = AccessRequest { controller: SHANTOU, ..documents_request(1, &[id]) };
    assert_eq!(ask(&mut world, foreign), [Reason::AnchorForeign]);
    let keyset = world.anchor(id).body.keyset;
    let pending = world.pending(body(1, keyset));
    assert_eq!(ask(&mut world, documents_request(1, &[pending])), [Reason::AnchorState]);
    let second = AnchorBody { version: 2, prev: Some(id), ..body(1, keyset) };
    let tx = world.tx(&signing(SZH), correction_action(second));
    assert_eq!(world.send(&tx), Ok(()));
    world.complete(assent_types::document::anchor_id_of(&tx.hash()));
    world.open(&[id]);
    assert_eq!(world.one(&signing(SZH), retract_action(id)), Ok(()));
    assert_eq!(ask(&mut world, documents_request(1, &[id])), [Reason::AnchorState]);
    assert!(world.accesses(1, SZH).open.is_empty(), "what was open for it is cancelled");
}

#[test]
fn consents_and_dissents_may_name_documents() {
    let (mut world, id, consent) = World::with_document();
    let keyset = world.anchor(id).body.keyset;
    let other = world.pending(body(1, keyset));
    world.complete(other);
    assert_eq!(world.one(&subject_key(1), revoke(consent)), Ok(()));
    let only = |id: AnchorId| Some(Set::new([id.0]).unwrap());
    world.grant(1, ConsentTerms { instances: only(id), ..terms(1, SZH, &[SZH2]) });
    world.open(&[id]);
    let denied = world.ask(documents_request(1, &[other])).unwrap();
    assert_eq!(reasons(&world, denied), [Reason::InstanceNotCovered]);
    world.grant(1, terms(1, SZH, &[SZH2]));
    world.open(&[other]);
    let deny = ConsentTerms { effect: Effect::Deny, instances: only(other), ..terms(1, SZH, &[SZH2]) };
    world.grant(1, deny);
    assert_eq!(world.accesses(1, SZH).open.len(), 1, "the dissent reaches the session for its document alone");
    let denied = world.ask(documents_request(1, &[other])).unwrap();
    assert_eq!(reasons(&world, denied), [Reason::SubjectDeny]);
    world.open(&[id]);
}

#[test]
fn a_committed_grade_counts_as_the_highest() {
    let (mut world, id, _) = World::with_document();
    let mut anchor = world.anchor(id);
    anchor.body.grade = assent_types::document::Grade::Committed(Hash32([1; 32]));
    let key = assent_types::state::StateKey::Anchor(id);
    world.put(key, assent_types::state::Record::Anchor(Box::new(anchor)));
    let denied = world.ask(documents_request(1, &[id])).unwrap();
    assert!(reasons(&world, denied).contains(&Reason::GradeNotCovered));
}

#[test]
fn bad_input_43_keys_after_a_revocation_or_too_late_or_by_a_stranger() {
    let (mut world, id, consent) = World::with_document();
    let session = world.open(&[id]);
    let all = || release_action(session, &[id], &BOTH_PARTS);
    let e504 = Err(ErrorCode::NotKeyHolder);
    assert_eq!(world.one(&receipts(HKH), all()), e504, "not in the keyset");
    assert_eq!(world.one(&receipts(SZH), release_action(session, &[], &BOTH_PARTS)), e504);
    assert_eq!(world.one(&receipts(SZH), release_action(session, &[AnchorId(Hash32([1; 32]))], &BOTH_PARTS)), e504);
    assert_eq!(world.one(&receipts(CUSTODIAN), all()), Err(ErrorCode::Role));
    let none = release_action(SessionId(Hash32([1; 32])), &[id], &BOTH_PARTS);
    assert_eq!(world.one(&receipts(SZH), none), Err(ErrorCode::NotFound));

    let mut late = world.clone();
    late.change_params(|params| params.sweep_max = 0);
    late.time = late.session(session).decision.valid_until;
    assert_eq!(late.one(&receipts(SZH), all()), Err(ErrorCode::Ttl), "swept or not");

    let mut suspended = world.clone();
    suspended.suspend(SZH2);
    assert_eq!(suspended.one(&receipts(SZH), all()), Err(ErrorCode::NoLivePermit), "decided again at the release");

    // Revocation and release in one block: the revocation's cancellation comes first.
    let txs = [world.tx(&subject_key(1), revoke(consent)), world.tx(&receipts(SZH), all())];
    let outcome = world.run(&txs);
    let codes: Vec<u16> = outcome.receipts.iter().map(|(receipt, _)| receipt.code).collect();
    assert_eq!(codes, [0, 502]);
    let rows: Vec<String> = outcome.receipts[0].1.events.iter().map(|event| event.row.to_string()).collect();
    assert_eq!(rows, ["CN-06", "AC-10"]);
    assert_eq!(world.session(session).status, SessionStatus::Cancelled);
}

#[test]
fn a_requesters_own_share_never_counts() {
    let (mut world, _, consent) = World::with_document();
    let keyset = world.keyset(2, &[SZH, HKH, REGULATOR]);
    let id = world.pending(body(1, keyset));
    world.complete(id);
    assert_eq!(world.one(&subject_key(1), revoke(consent)), Ok(()));
    world.grant(1, terms(1, SZH, &[SZH]));
    let session = world.ask(AccessRequest { requester: SZH, ..documents_request(1, &[id]) }).unwrap();
    let part = |kind| release_action(session, &[id], &[kind]);
    assert_eq!(world.one(&receipts(SZH), part(KeyPartKind::Share)), Err(ErrorCode::NotKeyHolder));
    assert_eq!(world.one(&receipts(SZH), part(KeyPartKind::Controller)), Ok(()));
    assert_eq!(world.one(&receipts(HKH), part(KeyPartKind::Share)), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::Permitted, "two other holders have to release");
    assert_eq!(world.one(&receipts(REGULATOR), part(KeyPartKind::Share)), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::KeyReleased);
}

#[test]
fn later_receipts_are_recorded_and_flagged() {
    let (mut world, _, consent) = World::with_document();
    let keyset = world.keyset(1, &[SZH, REGULATOR]);
    let id = world.pending(body(1, keyset));
    world.complete(id);
    let session = world.released(&[id]);
    assert_eq!(world.one(&subject_key(1), revoke(consent)), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::KeyReleased, "what was released stays released");
    let late = release_action(session, &[id], &[KeyPartKind::Share]);
    assert_eq!(world.one(&receipts(REGULATOR), late.clone()), Ok(()));
    assert!(world.session(session).post_revocation);
    assert_eq!(world.one(&receipts(REGULATOR), late), Err(ErrorCode::NotKeyHolder), "once");
}

#[test]
fn bad_input_44_shards_of_another_custodian_or_twice_are_e505() {
    let (mut world, id, _) = World::with_document();
    let open = world.open(&[id]);
    let one = |session, shard| served_action(session, &[(id, shard)]);
    assert_eq!(world.one(&receipts(KEEPERS[0]), one(open, 0)), Err(ErrorCode::NoLivePermit), "not released");
    let session = world.released(&[id]);
    let e505 = Err(ErrorCode::Shard);
    assert_eq!(world.one(&receipts(KEEPERS[0]), one(session, 1)), e505);
    assert_eq!(world.one(&receipts(KEEPERS[0]), one(session, 200)), e505);
    assert_eq!(world.one(&receipts(KEEPERS[0]), served_action(session, &[])), e505);
    assert_eq!(world.one(&receipts(KEEPERS[0]), served_action(session, &[(AnchorId(Hash32([1; 32])), 0)])), e505);
    assert_eq!(world.one(&receipts(KEEPERS[0]), one(session, 0)), Ok(()));
    assert_eq!(world.one(&receipts(KEEPERS[0]), one(session, 0)), e505, "twice");
    assert_eq!(world.one(&receipts(SZH2), one(session, 0)), Err(ErrorCode::Role));
    let served = world.served(&[id]);
    world.change_params(|params| params.sweep_max = 0);
    world.time = world.session(served).serve_until.unwrap();
    assert_eq!(world.one(&receipts(KEEPERS[1]), one(session, 1)), Err(ErrorCode::Ttl));
    assert_eq!(world.one(&receipts(KEEPERS[2]), one(served, 2)), Err(ErrorCode::Ttl));
}

#[test]
fn bad_input_45_an_acknowledgement_by_another_is_e506() {
    let (mut world, id, _) = World::with_document();
    let released = world.released(&[id]);
    assert_eq!(world.one(&signing(SZH2), ack_action(released)), Err(ErrorCode::SessionState), "not delivered");
    let session = world.served(&[id]);
    assert_eq!(world.one(&signing(SZH), ack_action(session)), Err(ErrorCode::NotRequester));
    assert_eq!(world.one(&signing(SZH2), ack_action(SessionId(Hash32([1; 32])))), Err(ErrorCode::NotFound));
    assert_eq!(world.one(&receipts(SZH2), ack_action(session)), Ok(()));
}

#[test]
fn uses_are_reserved_counted_and_given_back() {
    let mut world = World::with_subjects(1);
    let id = world.document(1);
    let once = Limits { max_uses: Some(1), ..Limits::default() };
    world.grant(1, ConsentTerms { limits: once, ..terms(1, SZH, &[SZH2]) });
    let uses = |world: &World| {
        let book = world.book(1, SZH);
        let consent = book.live.first().or(book.closed.last()).unwrap().clone();
        (consent.uses, consent.reserved.len())
    };
    let first = world.open(&[id]);
    assert_eq!(uses(&world), (0, 1));
    let second = world.ask(documents_request(1, &[id])).unwrap();
    assert_eq!(reasons(&world, second), [Reason::UsesExhausted], "the only use is reserved");
    // Past its end a reservation is void, swept or not.
    let mut late = world.clone();
    late.change_params(|params| params.sweep_max = 0);
    late.time = late.session(first).decision.valid_until;
    late.open(&[id]);
    assert_eq!(uses(&late), (0, 1));
    assert_eq!(world.one(&receipts(SZH), release_action(first, &[id], &BOTH_PARTS)), Ok(()));
    assert_eq!(uses(&world), (1, 0), "the session's own use did not stand in its way");
    let third = world.ask(documents_request(1, &[id])).unwrap();
    assert_eq!(reasons(&world, third), [Reason::UsesExhausted]);
}

#[test]
fn rates_bound_the_uses_of_a_window() {
    let mut world = World::with_subjects(1);
    let id = world.document(1);
    let hourly = Limits { rate: Some((2, 3_600_000)), ..Limits::default() };
    world.grant(1, ConsentTerms { limits: hourly, ..terms(1, SZH, &[SZH2]) });
    world.released(&[id]);
    world.open(&[id]);
    let third = world.ask(documents_request(1, &[id])).unwrap();
    assert_eq!(reasons(&world, third), [Reason::Rate]);
    world.time = world.time.plus(3_600_000);
    world.released(&[id]);
}

#[test]
fn amendments_cancel_what_they_do_not_permit_and_nothing_else() {
    let (mut world, id, consent) = World::with_document();
    let session = world.open(&[id]);
    let amend = |consent, terms| {
        let target = target(1, SZH, consent);
        Action::AmendConsent(Box::new(AmendConsent { target, terms, grantor: Grantor::Subject }))
    };
    let same = world.tx(&subject_key(1), amend(consent, terms(1, SZH, &[SZH2])));
    assert_eq!(world.send(&same), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::Permitted, "the new version permits it too");
    let version = assent_types::consent::consent_id_of(&same.hash());
    let narrower = ConsentTerms { max_grade: 1, ..terms(1, SZH, &[SZH2]) };
    assert_eq!(world.one(&subject_key(1), amend(version, narrower)), Ok(()));
    assert_eq!(world.session(session).status, SessionStatus::Cancelled);
}

#[test]
fn open_sessions_are_bounded_and_those_that_are_over_do_not_count() {
    let (mut world, id, _) = World::with_document();
    world.change_params(|params| params.sweep_max = 0);
    for _ in 0..OPEN_SESSIONS_MAX {
        world.open(&[id]);
    }
    assert_eq!(world.ask(documents_request(1, &[id])), Err(ErrorCode::SessionLimit));
    world.time = world.time.plus(3_600_000);
    world.open(&[id]);
    assert_eq!(world.accesses(1, SZH).open.len(), 1, "swept by the transaction that needed room");
}

#[test]
fn linked_pseudonyms_are_one_person_in_their_case_only() {
    let (mut world, id, _) = World::with_document();
    let (case, other) = (CaseId(Hash32([3; 32])), CaseId(Hash32([4; 32])));
    let link = Action::LinkSubjects(LinkSubjects { case, link: SubjectLink::new(sp(1), sp(2)).unwrap() });
    let e309 = Err(ErrorCode::NotGrantor);
    assert_eq!(world.one(&subject_key(1), link.clone()), e309, "one alone");
    assert_eq!(world.one(&signing(SZH2), link.clone()), e309, "enrolled neither");
    let request = |case| {
        let base = documents_request(2, &[id]);
        let anchors = Set::new([id]).unwrap();
        AccessRequest { asked: Asked::Documents { anchors, deliver_to: SHENZHEN, case }, ..base }
    };
    let before = world.ask(request(Some(case))).unwrap();
    assert_eq!(reasons(&world, before), [Reason::AnchorForeign]);
    let tx = world.cosigned(&subject_key(2), link.clone(), &[&subject_key(1)]);
    assert_eq!(world.send(&tx), Ok(()));
    assert_eq!(world.one(&signing(SZH), link), Err(ErrorCode::Link), "once");
    let session = world.ask(request(Some(case))).unwrap();
    assert_eq!((world.session(session).status, world.session(session).subject), (SessionStatus::Permitted, sp(1)));
    for wrong in [None, Some(other)] {
        let denied = world.ask(request(wrong)).unwrap();
        assert_eq!(reasons(&world, denied), [Reason::AnchorForeign], "{wrong:?}");
    }
    let attested = Action::LinkSubjects(LinkSubjects { case: other, link: SubjectLink::new(sp(1), sp(2)).unwrap() });
    assert_eq!(world.one(&signing(SZH), attested), Ok(()), "who enrolled one of them attests");
    let broken = LinkSubjects { case: other, link: SubjectLink { a: sp(2), b: sp(1) } };
    assert_eq!(world.one(&signing(SZH), Action::LinkSubjects(broken)), Err(ErrorCode::Link));
    let unknown = LinkSubjects { case, link: SubjectLink::new(sp(1), sp(9)).unwrap() };
    assert_eq!(world.one(&signing(SZH), Action::LinkSubjects(unknown)), Err(ErrorCode::Subject));
}

#[test]
fn documents_cross_the_border_under_the_rules_for_data() {
    let (mut world, id, _) = World::with_document();
    world.grant(1, claim_terms(1, SZH));
    let anchors = Set::new([id]).unwrap();
    let asked = Asked::Documents { anchors, deliver_to: HONG_KONG, case: None };
    let claim = AccessRequest { asked, user_role: UserRole::ClaimsAssessor, ..claim_request(1) };
    let decision = |world: &World, request: &AccessRequest| permit(request, &world.state, world.time).unwrap().unwrap();
    assert!(decision(&world, &claim).permit, "{:?}", decision(&world, &claim).reasons);
    let without = AccessRequest { xborder_basis: None, ..claim.clone() };
    assert_eq!(decision(&world, &without).reasons.to_vec(), [Reason::BorderBasis]);
    let mut anchor = world.anchor(id);
    anchor.body.important = true;
    let key = assent_types::state::StateKey::Anchor(id);
    world.put(key, assent_types::state::Record::Anchor(Box::new(anchor)));
    assert_eq!(decision(&world, &claim).reasons.to_vec(), [Reason::BorderBasis], "important data");
    let keys = crate::decision_keys(&claim, &world.state).unwrap();
    let proven = keys.iter().filter_map(|key| crate::StateRead::get(&world.state, key).unwrap());
    let proven = crate::MemoryState::new(proven.map(|value| (*value).clone()));
    assert_eq!(permit(&claim, &proven, world.time).unwrap().unwrap(), decision(&world, &claim));
}

#[test]
fn states_of_sessions_are_left_as_the_table_says() {
    let terminal = |row: &Row| {
        row.id.0 == *b"AC" && row.from.iter().any(|from| from.session_status().is_some_and(SessionStatus::is_terminal))
    };
    let left: Vec<String> = tables()
        .iter()
        .flat_map(|table| table.iter())
        .filter(|row| terminal(row))
        .map(|row| row.id.to_string())
        .collect();
    assert_eq!(left, [""; 0]);
}

/// The transactions of a block come before its sweep, and a late sweeper comes blocks later.
#[test]
fn inv_01_who_acts_on_a_session_finds_it_where_a_sweep_would_have_left_it() {
    let (world, document, _) = World::with_document();
    let silent = |days: &[u64], swept: bool| {
        let mut world = world.clone();
        let session = world.served(&[document]);
        for day in days {
            world.time = world.time.plus(day * DAY_MS);
            if swept {
                world.pass(0);
            }
        }
        (world, session)
    };
    for (days, code) in [(&[1][..], ErrorCode::Ttl), (&[1, 2], ErrorCode::NoLivePermit)] {
        for swept in [true, false] {
            let (mut world, session) = silent(days, swept);
            let late = release_action(session, &[document], &[KeyPartKind::Controller]);
            assert_eq!(world.one(&receipts(SZH), late), Err(code), "{days:?} swept: {swept}");
        }
    }
    // Who acknowledges late is noted as late.
    let (mut world, session) = silent(&[1], false);
    world.must(&receipts(SZH2), ack_action(session));
    assert_eq!(world.session(session).status, SessionStatus::Acked);
    assert_eq!(world.anomalies(AnomalyKind::NotAcknowledged, Some(SZH2)), 1);
}

/// A bar begins when the time to acknowledge is over, not when the sweeper finds that it is.
#[test]
fn inv_01_silence_bars_before_it_is_swept() {
    let (mut world, document, _) = World::with_document();
    let purposes = Set::new([Purpose::Treat, Purpose::Hpaymt]).unwrap();
    world.grant(1, ConsentTerms { purposes, ..terms(1, SZH, &[SZH2]) });
    let payment = AccessRequest { purpose: Purpose::Hpaymt, ..documents_request(1, &[document]) };
    let session = world.served(&[document]);
    let from = world.session(session).barred_from.unwrap();
    assert_eq!(from, world.time.plus(3 * DAY_MS));
    let barred =
        |world: &World, at| permit(&payment, &world.state, at).unwrap().unwrap().reasons.contains(&Reason::Barred);
    assert_eq!([Millis(from.0 - 1), from].map(|at| barred(&world, at)), [false, true]);
    // What it could not read it need not acknowledge, and what was delivered again counts from then.
    let mut failed = world.clone();
    failed.must(&signing(SZH2), unread(session));
    assert_eq!((failed.session(session).barred_from, barred(&failed, from)), (None, false));
    world.must(&signing(SZH2), ack_action(session));
    assert_eq!((world.session(session).barred_from, barred(&world, from)), (None, false));
}
