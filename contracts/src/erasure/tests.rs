use assent_types::access::Reason;
use assent_types::anomaly::AnomalyKind;
use assent_types::claim::Capacity;
use assent_types::consent::Purpose;
use assent_types::document::{AnchorBody, DocumentStatus};
use assent_types::erasure::*;
use assent_types::session::SessionStatus;
use assent_types::state::{Record, StateKey};
use assent_types::{AnchorId, ErrorCode, Hash32, Millis};

use crate::runtime::state;
use crate::testing::*;

/// A document that the law keeps for a day, and when that is over.
fn kept_for_a_day(world: &mut World, document: AnchorId) -> (AnchorId, Millis) {
    let keyset = world.anchor(document).body.keyset;
    let until = world.time.plus(DAY_MS);
    let kept = world.pending(AnchorBody { retention_until: Some(until), ..body(1, keyset) });
    world.complete(kept);
    (kept, until)
}

fn reasons(world: &mut World, document: AnchorId) -> Vec<Reason> {
    let id = world.ask(documents_request(1, &[document])).unwrap();
    world.session(id).decision.reasons.to_vec()
}

#[test]
fn inv_23_an_erased_document_leaves_a_tombstone_and_nothing_else() {
    let (mut world, document, _) = World::with_document();
    let anchor = world.anchor(document);
    let open = world.open(&[document]);
    world.erased(document);
    assert_eq!(world.session(open).status, SessionStatus::Cancelled);
    let tombstone = state::tombstone(&world.state, document).unwrap().unwrap();
    assert_eq!((tombstone.version, tombstone.controller), (1, SZH));
    let retention = state::retention(&world.state, document).unwrap().unwrap();
    assert_eq!(tombstone.attestation_root, retention.attestation_root());
    // By attestation fewer shares than the threshold and fewer shards than suffice are left.
    let keyset = state::keyset(&world.state, anchor.body.keyset).unwrap().unwrap();
    assert!(keyset.holders.len() - retention.shares_destroyed() < usize::from(keyset.threshold));
    assert!(anchor.custody.len() - retention.shards_destroyed() < usize::from(anchor.body.coding.k()));
    assert!(retention.controller_destroyed());
    // No field of the anchor stands in any record under the document's keys.
    let left = [StateKey::Anchor(document), StateKey::Retention(document)];
    for value in world.state.values().filter(|value| left.contains(&value.key)) {
        let bytes = assent_types::encode(value);
        let has = |hash: &Hash32| bytes.windows(32).any(|window| window == hash.0);
        for gone in [&anchor.body.content_commit, &anchor.body.ct_root, &anchor.body.subject.0, &anchor.body.day_commit]
        {
            assert!(!has(gone));
        }
    }
    // Every later access is D10, and nothing more can be done with it.
    assert_eq!(reasons(&mut world, document), [Reason::AnchorState]);
    assert_eq!(world.one(&signing(SZH), approval(document)), Err(ErrorCode::NotFound));
    // The check sees an anchor that stays.
    let mut kept = world.clone();
    kept.put(StateKey::Anchor(document), Record::Anchor(Box::new(anchor)));
    assert!(state::tombstone(&kept.state, document).unwrap().is_none());
}

#[test]
fn bad_input_40_a_restricted_document_is_d12_and_an_erased_one_d10() {
    let (mut world, document, _) = World::with_document();
    world.must(&subject_key(1), erasure_request(document, Capacity::Subject));
    assert_eq!(reasons(&mut world, document), [Reason::Restricted]);
    world.condemned(document);
    assert_eq!(reasons(&mut world, document), [Reason::AnchorState]);
}

#[test]
fn bad_input_41_what_the_law_a_hold_or_an_open_claim_keeps_is_requested_but_not_approved() {
    let (mut world, document, _) = World::with_document();
    let (kept, _) = kept_for_a_day(&mut world, document);
    assert_eq!(world.one(&signing(SZH), approval(kept)), Err(ErrorCode::Hold));
    world.must(&subject_key(1), erasure_request(kept, Capacity::Subject));
    assert_eq!(world.anchor(kept).status, DocumentStatus::Restricted, "the request is recorded");
    assert_eq!(world.one(&signing(SZH), approval(kept)), Err(ErrorCode::Hold));

    // A hold; its end lets the sweeper look again.
    let hold = hold_id_of(&world.must(&signing(REGULATOR), place_hold(kept)));
    world.pass(DAY_MS);
    assert_eq!(world.anchor(kept).status, DocumentStatus::Restricted);
    assert_eq!(world.one(&signing(SZH), approval(kept)), Err(ErrorCode::Hold));
    let release = assent_types::action::Action::ReleaseHold(ReleaseHold { anchor: kept, hold });
    assert_eq!(world.one(&signing(SZH), release.clone()), Err(ErrorCode::Role), "not who placed it");
    world.must(&signing(REGULATOR), release.clone());
    assert_eq!(world.anchor(kept).status, DocumentStatus::ErasurePending);
    assert_eq!(world.one(&signing(REGULATOR), release), Err(ErrorCode::NotFound));
    assert_eq!(world.one(&signing(SZH), place_hold(kept)), Err(ErrorCode::DocumentState));
    assert_eq!(world.one(&signing(SZH2), place_hold(document)), Err(ErrorCode::Role));
    let unnamed = PlaceHold { anchor: document, reason: HoldReason::Audit, evidence: Hash32::ZERO };
    let unnamed = assent_types::action::Action::PlaceHold(unnamed);
    assert_eq!(world.one(&signing(SZH), unnamed), Err(ErrorCode::Hold));
}

#[test]
fn a_claim_keeps_what_it_cites_until_it_is_over() {
    use crate::testing::claims::*;
    use assent_types::claim::{RejectClaim, RejectReason};

    let (mut world, document, _) = World::with_document();
    world.grant(1, claim_terms(1, SZH));
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    let attachments = assent_types::Set::new([document]).unwrap();
    let claim = world.file(assent_types::claim::ClaimTerms { attachments, ..claim_terms_of(case, &[1], hkd(1_000)) });
    assert_eq!(world.one(&signing(SZH), approval(document)), Err(ErrorCode::Hold));
    let reject = RejectClaim { claim, reason: RejectReason::Unprocessable };
    world.must(&signing(INSURER), assent_types::action::Action::RejectClaim(reject));
    world.condemned(document);
}

#[test]
fn only_who_may_asks_approves_withdraws_and_lifts() {
    let (mut world, document, _) = World::with_document();
    let organisation = || erasure_request(document, Capacity::Organisation);
    assert_eq!(world.one(&subject_key(2), erasure_request(document, Capacity::Subject)), Err(ErrorCode::NotGrantor));
    assert_eq!(world.one(&signing(SZH2), organisation()), Err(ErrorCode::Role));
    let proxy_request = |mandate| erasure_request(document, Capacity::Proxy { mandate });
    assert_eq!(world.one(&signing(SZH2), approval(document)), Err(ErrorCode::Role));
    let mut bare = organisation();
    if let assent_types::action::Action::RequestErasure(request) = &mut bare {
        request.evidence = Hash32::ZERO;
    }
    assert_eq!(world.one(&signing(SZH), bare), Err(ErrorCode::NotGrantor));

    let mandate = world.mandate(1, |_| {});
    assert_eq!(world.one(&proxy(1), proxy_request(Default::default())), Err(ErrorCode::Mandate));
    world.must(&proxy(1), proxy_request(mandate));
    assert_eq!(world.one(&subject_key(1), erasure_request(document, Capacity::Subject)), Err(ErrorCode::DocumentState));
    assert_eq!(world.one(&subject_key(2), withdrawal(document)), Err(ErrorCode::NotGrantor));
    world.must(&subject_key(1), withdrawal(document));
    assert_eq!(world.anchor(document).status, DocumentStatus::Active);

    // What was retracted before does not come back.
    world.must(&signing(SZH), retract_action(document));
    world.must(&signing(REGULATOR), organisation());
    assert_eq!(world.one(&subject_key(1), withdrawal(document)), Err(ErrorCode::Lineage));
    let lift = |order| assent_types::action::Action::LiftRestriction(LiftRestriction { anchor: document, order });
    assert_eq!(world.one(&signing(REGULATOR), lift(ACCESS_ORDER)), Err(ErrorCode::Lineage));
}

#[test]
fn what_was_ordered_is_not_withdrawn_and_an_order_lifts_it() {
    let (mut world, document, _) = World::with_document();
    let mut ordered = erasure_request(document, Capacity::Organisation);
    if let assent_types::action::Action::RequestErasure(request) = &mut ordered {
        request.basis = ErasureBasis::Order;
    }
    world.must(&signing(REGULATOR), ordered);
    assert_eq!(world.one(&subject_key(1), withdrawal(document)), Err(ErrorCode::DocumentState));
    let lift = |order| assent_types::action::Action::LiftRestriction(LiftRestriction { anchor: document, order });
    assert_eq!(world.one(&signing(REGULATOR), lift(Hash32::ZERO)), Err(ErrorCode::DocumentState));
    world.must(&signing(REGULATOR), lift(ACCESS_ORDER));
    assert_eq!(world.anchor(document).status, DocumentStatus::Active);
}

#[test]
fn everybody_attests_its_own_once() {
    let (mut world, document, _) = World::with_document();
    let gone = |what: &[Destroyed]| destroyed(document, what);
    assert_eq!(world.one(&receipts(SZH), gone(&[Destroyed::Share])), Err(ErrorCode::DocumentState), "not to be erased");
    world.condemned(document);
    assert_eq!(world.one(&receipts(REGULATOR), gone(&[Destroyed::Share])), Err(ErrorCode::NotKeyHolder));
    assert_eq!(world.one(&receipts(KEEPERS[0]), gone(&[Destroyed::Shard(1)])), Err(ErrorCode::Shard));
    assert_eq!(world.one(&receipts(KEEPERS[0]), gone(&[])), Err(ErrorCode::Shard));
    assert_eq!(world.one(&signing(SZH2), gone(&[Destroyed::Salt])), Err(ErrorCode::Role));
    world.must(&receipts(KEEPERS[0]), gone(&[Destroyed::Shard(0)]));
    assert_eq!(world.one(&receipts(KEEPERS[0]), gone(&[Destroyed::Shard(0)])), Err(ErrorCode::Shard), "once");
    world.must(&receipts(SZH), gone(&[Destroyed::Share]));
    assert_eq!(world.one(&receipts(SZH), gone(&[Destroyed::Share])), Err(ErrorCode::NotKeyHolder), "once");
    // Late: an anomaly, once; it goes on.
    world.pass(31 * DAY_MS);
    world.pass(31 * DAY_MS);
    assert_eq!(world.anomalies(AnomalyKind::ErasureOverdue, Some(SZH)), 1);
    assert_eq!(world.anchor(document).status, DocumentStatus::ErasurePending);
}

/// The transactions of a block come before its sweep, and a late sweeper comes blocks later.
#[test]
fn inv_01_who_acts_finds_a_document_whose_retention_is_over_where_a_sweep_would_have_left_it() {
    let (mut world, document, _) = World::with_document();
    let (kept, until) = kept_for_a_day(&mut world, document);
    world.must(&subject_key(1), erasure_request(kept, Capacity::Subject));
    let attest = destroyed(kept, &[Destroyed::Salt]);
    assert_eq!(world.one(&signing(SZH), attest.clone()), Err(ErrorCode::DocumentState), "the law keeps it");
    world.time = until;
    let attest = world.tx(&signing(SZH), attest);
    let outcome = world.run(&[attest]);
    let (receipt, details) = &outcome.receipts[0];
    let rows: Vec<String> = details.events.iter().map(|event| event.row.to_string()).collect();
    assert_eq!((receipt.code, rows), (0, vec!["DO-19".to_owned(), "DO-18".to_owned()]));
    // Too late to withdraw what the sweep has approved.
    let late = world.one(&subject_key(1), withdrawal(kept));
    assert_eq!(late, Err(ErrorCode::DocumentState));
}

#[test]
fn inv_01_a_decision_finds_a_document_whose_retention_is_over_where_a_sweep_would_have_left_it() {
    let (mut world, document, _) = World::with_document();
    let (kept, until) = kept_for_a_day(&mut world, document);
    world.must(&subject_key(1), erasure_request(kept, Capacity::Subject));
    assert_eq!(reasons(&mut world, kept), [Reason::Restricted]);
    world.time = until;
    assert_eq!(reasons(&mut world, kept), [Reason::AnchorState], "it is to be erased by now");
}

/// The end of a claim files the deadline of what it kept again; until the sweeper comes, the law is answered as after it.
#[test]
fn inv_01_a_claim_delays_the_erasure_of_a_restricted_document_and_no_decision() {
    use crate::testing::claims::*;
    use assent_types::access::AccessRequest;
    use assent_types::claim::{ClaimStatus, ReopenClaim};

    let (mut world, document, _) = World::with_document();
    let (kept, until) = kept_for_a_day(&mut world, document);
    world.grant(1, claim_terms(1, SZH));
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    let attachments = assent_types::Set::new([kept]).unwrap();
    let claim = world.file(assent_types::claim::ClaimTerms { attachments, ..claim_terms_of(case, &[1], hkd(1_000)) });
    world.must(&subject_key(1), erasure_request(kept, Capacity::Subject));
    let law = AccessRequest { requester: SZH, purpose: Purpose::Hlegal, ..documents_request(1, &[kept]) };
    let state_allows = |world: &World| {
        let decision = crate::permit(&law, &world.state, world.time).unwrap().unwrap();
        !decision.reasons.contains(&Reason::AnchorState)
    };
    assert!(state_allows(&world));
    world.time = until;
    assert!(!state_allows(&world), "retention is over, swept or not");
    world.pass(0);
    assert!(!state_allows(&world));
    assert_eq!(world.anchor(kept).status, DocumentStatus::Restricted, "the claim keeps it");
    let keys = crate::decision_keys(&law, &world.state).unwrap();
    assert!(keys.contains(&StateKey::Retention(kept)));

    let mut held = world.clone();
    held.must(&signing(REGULATOR), place_hold(kept));
    assert!(state_allows(&held), "a hold keeps it for the law");

    world.must(&signing(INSURER), accept(claim));
    world.must(&signing(INSURER), deny(claim));
    world.time = world.claim(claim).due.unwrap();
    let mut reopened = world.clone();
    world.pass(0);
    world.pass(1);
    assert_eq!(world.claim(claim).status, ClaimStatus::ClosedDenied);
    assert_eq!(world.anchor(kept).status, DocumentStatus::ErasurePending, "what it waited for is over");

    // A claim that goes on keeps it again, if the sweeper has not come yet.
    let order = assent_types::action::Action::ReopenClaim(ReopenClaim { claim, order: ACCESS_ORDER });
    reopened.must(&signing(REGULATOR), order);
    reopened.pass(1);
    assert_eq!(reopened.claim(claim).status, ClaimStatus::InReview);
    assert_eq!(reopened.anchor(kept).status, DocumentStatus::Restricted);
}
