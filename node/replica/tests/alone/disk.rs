//! Disks that fail, lie or are those of another chain.

use assent_replica::ledger::head::{Head, OpenError, initialise};
use assent_replica::ledger::keys;
use assent_replica::storage::model::ModelStore;
use assent_replica::storage::{Batch, Column, Read, STORAGE_FORMAT, Storage};
use assent_replica::{BootError, LogEntry, Output, PeerMessage};
use assent_types::ids::{ChainId, Hash32, Height, OrgId};
use assent_types::validator::VoteStep;
use assent_types::{decode, encode};

use crate::driver::{Alone, boot, network};

fn decide(node: &mut Alone, proposer: OrgId) {
    let (block, bytes) = node.block(proposer, node.now, Vec::new());
    node.body(proposer, 0, &bytes);
    node.propose(proposer, 0, block);
    node.all_vote(VoteStep::Prevote, block);
    node.all_vote(VoteStep::Precommit, block);
}

#[test]
fn a_failed_write_halts_and_nothing_is_told() {
    let mut node = Alone::new(1);
    node.store.break_writes();
    decide(&mut node, OrgId(2));
    assert_eq!(node.halts.len(), 1, "{:?}", node.halts);
    assert_eq!((node.commits.len(), node.replica.head().height), (0, Height(0)));
    let said = node.sent.len();
    node.pass(60_000);
    node.hear(OrgId(3), &PeerMessage::Status { height: Height(9) });
    assert_eq!(node.sent.len(), said);
    let told = |(_, message): &(_, PeerMessage)| matches!(message, PeerMessage::Status { height } if height.0 > 0);
    assert!(!node.sent.iter().any(told));
}

#[test]
fn entries_of_final_heights_are_ignored() {
    let mut node = Alone::new(1);
    decide(&mut node, OrgId(2));
    assert_eq!(node.commits, [Height(1)]);
    let entries = node.log.entries();
    assert!(!entries.is_empty(), "the old generation stays readable");
    let mut out = Vec::new();
    let keys = node.keys(OrgId(1));
    let replica = boot(&node.genesis, keys, &node.store, Some(entries), &mut out).unwrap();
    assert!(matches!(out.as_slice(), [Output::WalReset]), "{out:?}");
    assert!(replica.status(node.now).validator);
}

#[test]
fn a_node_whose_log_is_lost_or_ahead_of_its_store_is_silent_and_leaves_the_log_alone() {
    let mut node = Alone::new(1);
    decide(&mut node, OrgId(2));
    node.now = node.now.plus(1);
    node.vote_at(Height(2), OrgId(2), VoteStep::Prevote, None);
    node.pass(10_000);
    assert_eq!(node.votes(VoteStep::Prevote).len(), 2);
    let ahead = node.log.entries();
    let anew = ModelStore::default();
    anew.write(&initialise(&node.genesis).unwrap()).unwrap();
    for (store, wal) in [(&anew, Some(ahead.clone())), (&node.store, None), (&anew, None)] {
        let mut out = Vec::new();
        let replica = boot(&node.genesis, node.keys(OrgId(1)), store, wal, &mut out).unwrap();
        assert!(out.is_empty(), "{out:?}");
        assert!(!replica.status(node.now).validator);
    }
    let mut out = Vec::new();
    let replica = boot(&node.genesis, node.keys(OrgId(1)), &node.store, Some(ahead), &mut out).unwrap();
    assert!(replica.status(node.now).validator, "with both it goes on");
}

fn refused(store: &ModelStore, change: impl FnOnce(&mut Batch, &dyn Read)) -> OpenError {
    let (genesis, orgs) = network();
    let copy = store.copy();
    let mut batch = Batch::default();
    change(&mut batch, copy.snapshot().unwrap().as_ref());
    copy.write(&batch).unwrap();
    match boot(&genesis, &orgs[0], &copy, Some(Vec::new()), &mut Vec::new()) {
        Err(BootError::Store(error)) => error,
        other => panic!("not refused: {:?}", other.err()),
    }
}

fn with_head(change: impl FnOnce(&mut Head)) -> impl FnOnce(&mut Batch, &dyn Read) {
    move |batch, read| {
        let mut head: Head = decode(&read.get(Column::Meta, keys::META_HEAD).unwrap().unwrap()).unwrap();
        change(&mut head);
        batch.put(Column::Meta, keys::META_HEAD, encode(&head));
    }
}

#[test]
fn a_store_that_makes_no_sense_is_refused() {
    let mut node = Alone::new(1);
    decide(&mut node, OrgId(2));
    let store = &node.store;
    assert_eq!(refused(&ModelStore::default(), |_, _| ()), OpenError::Empty);
    let newer = refused(store, |batch, _| batch.put_encoded(Column::Meta, keys::META_FORMAT, &(STORAGE_FORMAT + 1)));
    assert_eq!(newer, OpenError::Format { found: STORAGE_FORMAT + 1 });
    let other = ChainId(Hash32([1; 32]));
    let chain = refused(store, with_head(|head| head.chain = other));
    assert_eq!(chain, OpenError::Chain { found: other, expected: node.genesis.chain });
    let inconsistent = [
        refused(store, with_head(|head| head.state_root = Hash32([1; 32]))),
        refused(store, with_head(|head| head.log_root = Hash32([1; 32]))),
        refused(store, with_head(|head| head.block.0 = Hash32([1; 32]))),
        refused(store, |batch, _| batch.delete(Column::Blocks, keys::height(Height(1)))),
        refused(store, |batch, _| batch.delete(Column::Tiles, keys::tile(0, 0))),
    ];
    for error in inconsistent {
        assert!(matches!(error, OpenError::Inconsistent(_)), "{error}");
    }
}

#[test]
fn a_log_that_does_not_decode_is_refused() {
    let (genesis, orgs) = network();
    let store = ModelStore::default();
    store.write(&initialise(&genesis).unwrap()).unwrap();
    let refused = boot(&genesis, &orgs[0], &store, Some(vec![vec![0xff; 9]]), &mut Vec::new());
    assert!(matches!(refused, Err(BootError::Log(_))));
}

#[test]
fn a_body_that_the_log_holds_without_entries_goes_with_the_log() {
    let mut node = Alone::new(1);
    let (block, bytes) = node.block(OrgId(2), node.now, Vec::new());
    node.body(OrgId(2), 0, &bytes);
    node.propose(OrgId(2), 0, block);
    let body = node.log.entries().into_iter().find(|entry| matches!(decode(entry), Ok(LogEntry::Body { .. })));
    let mut out = Vec::new();
    boot(&node.genesis, node.keys(OrgId(1)), &node.store, Some(vec![body.unwrap()]), &mut out).unwrap();
    assert!(matches!(out.as_slice(), [Output::WalReset]), "it would not be logged again: {out:?}");
}
