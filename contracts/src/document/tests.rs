use assent_types::consent::{ConsentKind, ConsentTerms, DataAction, DataActions};
use assent_types::document::*;
use assent_types::org::{OrgStatus, Role};
use assent_types::place::Jurisdiction;
use assent_types::session::KeyPartKind;
use assent_types::{AnchorId, ErrorCode, Hash32, KeysetId, List, Millis, Month, OrgId};

use super::{may_help, may_release, may_repair, may_send_share, may_serve, may_store};
use crate::testing::*;
use crate::{Row, tables};

/// Whether a change of the body, the custody and the world is accepted, or with which number it is refused.
fn anchoring(change: &dyn Fn(&mut World, &mut AnchorBody, &mut Vec<Placement>)) -> Result<(), ErrorCode> {
    let mut world = World::with_subjects(1);
    let keyset = world.keyset(1, &[SZH]);
    let (mut body, mut custody) = (body(1, keyset), custody());
    change(&mut world, &mut body, &mut custody);
    world.one(&signing(SZH), anchor_action(body, custody))
}

#[test]
fn bad_input_35_a_document_without_encryption_is_e401() {
    assert_eq!(anchoring(&|_, _, _| {}), Ok(()));
    assert_eq!(anchoring(&|_, body, _| body.aead = None), Err(ErrorCode::EncRequired));
}

#[test]
fn bad_input_36_codes_and_spreads_that_are_not_allowed_are_e402() {
    let e402 = Err(ErrorCode::Coding);
    let code = |k, n, stripe_bytes| {
        anchoring(&move |_, body, custody| {
            body.coding = Coding::Clay { k, n, stripe_bytes };
            body.shard_roots = List::new((0..n.min(16)).map(root).collect()).unwrap();
            custody.resize(usize::from(n.min(16)), placement(CUSTODIAN, SHENZHEN));
        })
    };
    for (k, n) in [(4, 2), (0, 4), (2, 17), (1, 4), (3, 4), (4, 4)] {
        assert_eq!(code(k, n, 4096), e402, "({n}, {k})");
    }
    assert_eq!(code(2, 4, 4096), Ok(()));
    assert_eq!((code(2, 4, 0), code(2, 4, u32::MAX)), (e402, e402));
    assert_eq!(
        anchoring(&|_, _, custody| custody[1].custodian = KEEPERS[0]),
        e402,
        "as many shards as suffice to read"
    );
    assert_eq!(anchoring(&|_, _, custody| custody[1].custodian = SZH2), e402, "no custodian");
    assert_eq!(anchoring(&|_, _, custody| custody[1].custodian = OrgId(999)), e402);
    assert_eq!(anchoring(&|_, _, custody| custody[1].place = HONG_KONG), e402, "it has nothing there");
    assert_eq!(anchoring(&|_, _, custody| custody.truncate(3)), e402);
    assert_eq!(anchoring(&|_, body, _| body.shard_roots = List::default()), e402);
    assert_eq!(anchoring(&|_, body, _| body.size_4k = 0), e402);
    assert_eq!(anchoring(&|_, body, _| body.residency.split = true), e402, "three of four in one place");
    let readable = |jur| anchoring(&move |_, body, _| body.residency.readable_in = Some(jur));
    assert_eq!((readable(Jurisdiction::Cn), readable(Jurisdiction::Hk)), (Ok(()), e402));
    let withdrawn = |world: &mut World| world.change_org(KEEPERS[1], |org| org.status = OrgStatus::Withdrawn);
    assert_eq!(anchoring(&|world, _, _| withdrawn(world)), e402);
}

#[test]
fn bad_input_37_a_custodian_that_holds_keys_is_e403() {
    let overlap = |world: &mut World, body: &mut AnchorBody, _: &mut Vec<Placement>| {
        world.change_org(KEEPERS[1], |org| org.roles = org.roles.with(Role::KeyHolder));
        body.keyset = world.keyset(2, &[SZH, KEEPERS[1]]);
    };
    assert_eq!(anchoring(&overlap), Err(ErrorCode::RoleOverlap));
}

#[test]
fn what_could_be_read_abroad_needs_a_live_basis() {
    let e306 = Err(ErrorCode::BasisPlace);
    let two_abroad = |custody: &mut Vec<Placement>| custody[2] = placement(KEEPERS[4], HONG_KONG);
    assert_eq!(anchoring(&|_, _, custody| two_abroad(custody)), e306);
    let shares = |world: &mut World, body: &mut AnchorBody| body.keyset = world.keyset(1, &[SZH, HKH]);
    assert_eq!(anchoring(&|world, body, _| shares(world, body)), Ok(()), "one basis to the Hong Kong hospital");
    let lapsed = |world: &mut World, body: &mut AnchorBody, _: &mut Vec<Placement>| {
        shares(world, body);
        let bases = (*crate::runtime::state::bases(&world.state, SZH).unwrap().unwrap()).clone();
        let bases = bases.into_vec().into_iter().filter(|basis| basis.id != BASIS_HKH).collect();
        world.put(
            assent_types::state::StateKey::Bases(SZH),
            assent_types::state::Record::Bases(List::new(bases).unwrap()),
        );
    };
    assert_eq!(anchoring(&lapsed), e306);
    let important = |world: &mut World, body: &mut AnchorBody, _: &mut Vec<Placement>| {
        shares(world, body);
        body.important = true;
    };
    assert_eq!(anchoring(&important), e306, "no GBA contract carries important data");
}

#[test]
fn other_guards_of_anchoring() {
    assert_eq!(anchoring(&|_, body, _| body.author = SZH2), Err(ErrorCode::NotAuthor));
    assert_eq!(anchoring(&|_, body, _| body.grade = Grade::Clear(5)), Err(ErrorCode::UnknownCode));
    assert_eq!(anchoring(&|_, body, _| body.grade = Grade::Clear(0)), Err(ErrorCode::UnknownCode));
    assert_eq!(anchoring(&|_, body, _| body.grade = Grade::Committed(Hash32([1; 32]))), Ok(()));
    let month = |_: &mut World, body: &mut AnchorBody, _: &mut Vec<Placement>| body.service_month = Month(u32::MAX);
    assert_eq!(anchoring(&month), Err(ErrorCode::UnknownCode));
    assert_eq!(anchoring(&|_, body, _| body.subject = sp(9)), Err(ErrorCode::Subject));
    assert_eq!(anchoring(&|_, body, _| body.keyset = KeysetId(Hash32([1; 32]))), Err(ErrorCode::NotFound));
    assert_eq!(anchoring(&|_, body, _| body.controller = SHANTOU), Err(ErrorCode::Deposit));
    let mut world = World::with_subjects(1);
    let keyset = world.keyset(1, &[SZH]);
    let own = AnchorBody { controller: SHANTOU, author: SHANTOU, ..body(1, keyset) };
    assert_eq!(world.one(&signing(SHANTOU), anchor_action(own, custody())), Err(ErrorCode::Keyset), "another's keyset");
}

#[test]
fn a_deposit_with_another_controller_needs_the_subjects_consent() {
    let mut world = World::with_subjects(1);
    let keyset = world.keyset(1, &[SZH]);
    let deposit = || anchor_action(AnchorBody { author: SZH2, ..body(1, keyset) }, custody());
    assert_eq!(world.one(&signing(SZH2), deposit()), Err(ErrorCode::Deposit));
    let terms = ConsentTerms {
        kind: ConsentKind::Deposit,
        actions: DataActions::of(&[DataAction::Deposit]),
        ..terms(1, SZH, &[SZH2])
    };
    world.grant(1, ConsentTerms { max_grade: 2, ..terms.clone() });
    assert_eq!(world.one(&signing(SZH2), deposit()), Err(ErrorCode::Deposit), "not of this grade");
    world.grant(1, terms);
    assert_eq!(world.one(&signing(SZH2), deposit()), Ok(()));
}

#[test]
fn keysets_need_holders_that_agree_and_a_threshold_within_reach() {
    let mut world = World::with_subjects(1);
    let e410 = Err(ErrorCode::Keyset);
    let mut register = |threshold, holders: &[OrgId], with: &[OrgId]| {
        let keys: Vec<_> = with.iter().copied().map(signing).collect();
        let keys: Vec<_> = keys.iter().collect();
        let tx = world.cosigned(&signing(SZH), keyset_action(threshold, holders), &keys);
        world.send(&tx)
    };
    assert_eq!(register(1, &[SZH], &[]), Ok(()));
    assert_eq!((register(0, &[SZH], &[]), register(2, &[SZH], &[]), register(1, &[], &[])), (e410, e410, e410));
    assert_eq!(register(2, &[SZH, REGULATOR], &[]), e410, "who does not co-sign does not agree");
    assert_eq!(register(2, &[SZH, REGULATOR], &[REGULATOR]), Ok(()));
    assert_eq!(register(2, &[SZH, SZH], &[]), e410);
    assert_eq!(register(1, &[HKH], &[HKH]), e410, "none at home");
    assert_eq!(register(1, &[SZH, CUSTODIAN], &[CUSTODIAN]), e410, "no key holder");
    assert_eq!(world.one(&signing(SZH2), keyset_action(1, &[SZH])), Err(ErrorCode::Role));
}

#[test]
fn documents_become_active_by_whatever_comes_last() {
    let mut world = World::with_subjects(1);
    let keyset = world.keyset(2, &[SZH, HKH, REGULATOR]);
    let id = world.pending(body(1, keyset));
    let accept = |share| assent_types::action::Action::AcceptShare(AcceptShare { anchor: id, share });
    let e505 = Err(ErrorCode::Shard);
    assert_eq!(world.one(&receipts(KEEPERS[0]), store_action(id, &[1])), e505, "another's shard");
    assert_eq!(world.one(&receipts(KEEPERS[0]), store_action(id, &[])), e505);
    assert_eq!(world.one(&receipts(KEEPERS[0]), store_action(id, &[9])), e505);
    let mut wrong = store_action(id, &[0]);
    if let assent_types::action::Action::StoreReceipt(receipt) = &mut wrong {
        let shard = StoredShard { shard: 0, root: Hash32([1; 32]) };
        receipt.shards = assent_types::Set::new([shard]).unwrap();
    }
    assert_eq!(world.one(&receipts(KEEPERS[0]), wrong), e505, "another root");
    assert_eq!(world.one(&receipts(KEEPERS[0]), store_action(id, &[0])), Ok(()));
    assert_eq!(world.one(&receipts(KEEPERS[0]), store_action(id, &[0])), e505, "once");
    assert_eq!(world.one(&receipts(SZH2), store_action(id, &[1])), Err(ErrorCode::Role));
    assert_eq!(world.one(&receipts(HKH), accept(0)), Err(ErrorCode::NotKeyHolder), "another's share");
    for (share, holder) in [(0, SZH), (1, HKH)] {
        assert_eq!(world.one(&receipts(holder), accept(share)), Ok(()));
        assert_eq!(world.one(&receipts(holder), accept(share)), Err(ErrorCode::NotKeyHolder));
    }
    for shard in [1, 2] {
        assert_eq!(world.one(&receipts(KEEPERS[usize::from(shard)]), store_action(id, &[shard])), Ok(()));
    }
    assert_eq!(world.anchor(id).status, DocumentStatus::Pending, "a key holder is awaited");
    assert_eq!(world.one(&receipts(REGULATOR), accept(2)), Ok(()));
    let anchor = world.anchor(id);
    assert_eq!((anchor.status, anchor.settled_at), (DocumentStatus::Active, Some(world.time)));
    assert_eq!(
        anchor.repairs.iter().map(|repair| (repair.shard, repair.custodian)).collect::<Vec<_>>(),
        [(3, KEEPERS[3])]
    );
    assert_eq!(world.one(&receipts(KEEPERS[3]), store_action(id, &[3])), Ok(()), "late is still in time");
    assert!(world.anchor(id).repairs.is_empty());
}

#[test]
fn what_is_not_stored_in_time_is_abandoned_whether_swept_or_not() {
    let mut world = World::with_subjects(1);
    let keyset = world.keyset(1, &[SZH]);
    let id = world.pending(body(1, keyset));
    world.change_params(|params| params.sweep_max = 0);
    world.time = world.anchor(id).store_by;
    assert_eq!(world.one(&receipts(KEEPERS[0]), store_action(id, &[0])), Err(ErrorCode::DocumentState));
    assert_eq!(world.anchor(id).status, DocumentStatus::Pending, "not swept");
    world.change_params(|params| params.sweep_max = 10);
    world.run(&[]);
    assert_eq!(world.anchor(id).status, DocumentStatus::Abandoned);
}

#[test]
fn bad_input_38_corrections_that_do_not_follow_the_head_are_e404() {
    let (mut world, first, _) = World::with_document();
    let keyset = world.anchor(first).body.keyset;
    let next = |version, prev| AnchorBody { version, prev, ..body(1, keyset) };
    let e404 = Err(ErrorCode::Lineage);
    let mut send = |body: AnchorBody| {
        let tx = world.tx(&signing(SZH), correction_action(body));
        world.send(&tx).map(|()| anchor_id_of(&tx.hash()))
    };
    for wrong in [next(2, None), next(3, Some(first)), next(1, Some(first)), next(2, Some(AnchorId(Hash32([1; 32]))))] {
        assert_eq!(send(wrong).map(|_| ()), e404);
    }
    assert_eq!(send(AnchorBody { subject: sp(2), ..next(2, Some(first)) }).map(|_| ()), e404, "another subject");
    let second = send(next(2, Some(first))).unwrap();
    assert_eq!(send(next(2, Some(first))).map(|_| ()), e404, "a successor is pending");
    assert_eq!(world.anchor(first).status, DocumentStatus::Active, "the head until the successor is stored");
    world.complete(second);
    let (old, new) = (world.anchor(first), world.anchor(second));
    assert_eq!((old.status, new.status, new.lineage), (DocumentStatus::Superseded, DocumentStatus::Active, first));
    let first_again = world.one(&signing(SZH), correction_action(next(2, Some(first))));
    assert_eq!(first_again, e404, "not the head");
    assert_eq!(world.one(&signing(SZH), anchor_action(next(2, Some(second)), custody())), e404, "no first version");
    let stranger = AnchorBody { author: SZH2, ..next(3, Some(second)) };
    assert_eq!(world.one(&signing(SZH2), correction_action(stranger)), Err(ErrorCode::NotAuthor));
    // A successor that was never stored leaves the place free.
    assert_eq!(world.one(&signing(SZH), correction_action(next(3, Some(second)))), Ok(()));
    world.time = world.time.plus(DAY_MS);
    assert_eq!(world.one(&signing(SZH), correction_action(next(3, Some(second)))), Ok(()));
}

#[test]
fn bad_input_39_only_the_author_retracts() {
    let (mut world, id, _) = World::with_document();
    assert_eq!(world.one(&signing(SZH2), retract_action(id)), Err(ErrorCode::NotAuthor));
    assert_eq!(world.one(&signing(SZH), retract_action(AnchorId(Hash32([1; 32])))), Err(ErrorCode::NotFound));
    world.suspend(SZH);
    assert_eq!(world.one(&signing(SZH), retract_action(id)), Ok(()), "even one that is suspended");
    assert_eq!(world.anchor(id).status, DocumentStatus::Retracted);
    assert_eq!(world.one(&signing(SZH), retract_action(id)), Err(ErrorCode::DocumentState));
}

#[test]
fn repairs_are_ordered_within_the_rules_and_done_with_the_anchored_root() {
    let (mut world, id, _) = World::with_document();
    let mut order = |signer, shard, keeper, place| world.one(&signing(signer), order_action(id, shard, keeper, place));
    assert_eq!(order(SZH2, 1, CUSTODIAN, SHENZHEN), Err(ErrorCode::Role));
    assert_eq!(order(KEEPERS[2], 1, KEEPERS[2], SHENZHEN), Err(ErrorCode::Role), "another's shard");
    assert_eq!(order(KEEPERS[1], 1, CUSTODIAN, SHENZHEN), Err(ErrorCode::Role), "a custodian orders only from itself");
    assert_eq!(order(SZH, 1, KEEPERS[0], SHENZHEN), Err(ErrorCode::Coding));
    assert_eq!(order(SZH, 1, SZH2, SHENZHEN), Err(ErrorCode::Coding));
    assert_eq!(order(SZH, 9, CUSTODIAN, SHENZHEN), Err(ErrorCode::Shard));
    assert_eq!(order(SZH, 1, KEEPERS[4], HONG_KONG), Err(ErrorCode::BasisPlace));
    assert_eq!(order(KEEPERS[1], 1, KEEPERS[1], SHENZHEN), Ok(()));
    assert_eq!(order(SZH, 1, CUSTODIAN, SHENZHEN), Ok(()), "an order replaces the one before");
    let e505 = Err(ErrorCode::Shard);
    assert_eq!(world.one(&receipts(KEEPERS[1]), repaired_action(id, 1)), e505, "not named any more");
    let wrong = CompleteRepair { anchor: id, shard: StoredShard { shard: 1, root: Hash32([1; 32]) } };
    assert_eq!(world.one(&receipts(CUSTODIAN), assent_types::action::Action::CompleteRepair(wrong)), e505);
    assert_eq!(world.one(&receipts(CUSTODIAN), repaired_action(id, 0)), Err(ErrorCode::DocumentState), "no such order");
    assert_eq!(world.one(&receipts(CUSTODIAN), repaired_action(id, 1)), Ok(()));
    let anchor = world.anchor(id);
    let custody = anchor.custody[1];
    assert_eq!((custody.custodian, custody.generation, anchor.generation), (CUSTODIAN, 1, 1));
    assert!(anchor.repairs.is_empty() && custody.stored_at == Some(world.time));
    assert_eq!(world.one(&signing(SZH), retract_action(id)), Ok(()));
    let late = world.one(&signing(SZH), order_action(id, 1, KEEPERS[1], SHENZHEN));
    assert_eq!(late, Err(ErrorCode::DocumentState));
}

#[test]
fn a_repair_that_makes_a_custodian_of_a_key_holder_is_e403() {
    let (mut world, id, _) = World::with_document();
    world.change_org(SZH, |org| org.roles = org.roles.with(Role::Custodian));
    assert_eq!(world.one(&signing(SZH), order_action(id, 1, SZH, SHENZHEN)), Err(ErrorCode::RoleOverlap));
}

#[test]
fn agents_and_the_ledger_agree_on_what_may_be_stored_and_rebuilt() {
    let mut world = World::with_subjects(1);
    let keyset = world.keyset(1, &[SZH]);
    let id = world.pending(body(1, keyset));
    let now = world.time;
    let pending = world.anchor(id);
    assert_eq!(may_store(&pending, KEEPERS[0], 0, now), Ok(()));
    assert_eq!(may_store(&pending, KEEPERS[0], 1, now), Err(ErrorCode::Shard));
    assert_eq!(may_store(&pending, KEEPERS[0], 0, pending.store_by), Err(ErrorCode::DocumentState));
    assert_eq!(may_repair(&pending, KEEPERS[0], 0, now), Err(ErrorCode::DocumentState));
    world.complete(id);
    assert_eq!(may_store(&world.anchor(id), KEEPERS[0], 0, now), Err(ErrorCode::Shard), "it said that it stores it");
    assert_eq!(world.one(&signing(SZH), order_action(id, 1, CUSTODIAN, SHENZHEN)), Ok(()));
    let ordered = world.anchor(id);
    assert_eq!(may_repair(&ordered, CUSTODIAN, 1, now), Ok(()));
    assert_eq!(may_repair(&ordered, CUSTODIAN, 0, now), Err(ErrorCode::Shard));
    assert_eq!(may_help(&ordered, KEEPERS[0], 0, CUSTODIAN, 1, now), Ok(()));
    assert_eq!(may_help(&ordered, KEEPERS[0], 2, CUSTODIAN, 1, now), Err(ErrorCode::Shard), "not its own");
    assert_eq!(may_help(&ordered, KEEPERS[0], 0, KEEPERS[2], 1, now), Err(ErrorCode::Shard), "not the named one");
    assert_eq!(may_help(&ordered, KEEPERS[1], 1, CUSTODIAN, 1, now), Err(ErrorCode::Shard), "the lost shard itself");
}

#[test]
fn agents_serve_and_send_only_in_a_released_session_and_in_time() {
    let (mut world, id, _) = World::with_document();
    let open = world.open(&[id]);
    let (session, anchor) = (world.session(open), world.anchor(id));
    let keyset = (*crate::runtime::state::keyset(&world.state, anchor.body.keyset).unwrap().unwrap()).clone();
    let now = world.time;
    let serve = |session: &_, to, keeper, shard, at: Millis| may_serve(session, &anchor, to, keeper, shard, at);
    assert_eq!(serve(&session, SZH2, KEEPERS[0], 0, now), Err(ErrorCode::NoLivePermit), "not released");
    assert_eq!(may_release(&session, &anchor, &keyset, SZH, KeyPartKind::Share, now), Ok(()));
    assert_eq!(may_release(&session, &anchor, &keyset, HKH, KeyPartKind::Share, now), Err(ErrorCode::NotKeyHolder));
    let late = session.decision.valid_until;
    assert_eq!(may_release(&session, &anchor, &keyset, SZH, KeyPartKind::Share, late), Err(ErrorCode::Ttl));
    let send = |session: &_, at| may_send_share(session, &anchor, SZH, KeyPartKind::Share, at);
    assert_eq!(send(&session, now), Err(ErrorCode::NoLivePermit));

    let released = world.released(&[id]);
    let (session, now) = (world.session(released), world.time);
    assert_eq!(serve(&session, SZH2, KEEPERS[0], 0, now), Ok(()));
    assert_eq!(serve(&session, INSURER, KEEPERS[0], 0, now), Err(ErrorCode::NotRequester), "another's session");
    assert_eq!(serve(&session, SZH2, KEEPERS[0], 1, now), Err(ErrorCode::Shard), "what it does not hold");
    assert_eq!(serve(&session, SZH2, KEEPERS[0], 0, session.serve_until.unwrap()), Err(ErrorCode::Ttl));
    assert_eq!(send(&session, now), Ok(()));
    assert_eq!(send(&session, now.plus(30_000)), Err(ErrorCode::Ttl));
    let other = Anchor { id: AnchorId(Hash32([1; 32])), ..anchor.clone() };
    assert_eq!(may_serve(&session, &other, SZH2, KEEPERS[0], 0, now), Err(ErrorCode::Shard));
}

#[test]
fn states_of_documents_are_left_as_the_table_says() {
    let terminal = |row: &Row| {
        row.id.0 == *b"DO"
            && row.from.iter().any(|from| from.document_status().is_some_and(DocumentStatus::is_terminal))
    };
    assert!(!tables().iter().flat_map(|table| table.iter()).any(terminal));
}
