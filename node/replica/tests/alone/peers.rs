//! Peers that lie, flood or forge.

use assent_consensus::{Message, SignedVote};
use assent_replica::io::FinalBlock;
use assent_replica::{Input, PeerMessage};
use assent_types::block::Block;
use assent_types::codec::{Bytes, List};
use assent_types::ids::{BlockHash, Hash32, Height, OrgId};
use assent_types::key::Signature;
use assent_types::validator::{VotePayload, VoteStep};

use crate::driver::Alone;

const PEER: OrgId = OrgId(3);

fn page(block: FinalBlock) -> PeerMessage {
    PeerMessage::SyncResponse(List::new(vec![block]).unwrap())
}

fn asked(node: &Alone) -> Vec<OrgId> {
    let requests = node.sent.iter().filter(|(_, message)| matches!(message, PeerMessage::SyncRequest { .. }));
    requests.filter_map(|(to, _)| *to).collect()
}

/// A node that has asked [`PEER`] for blocks.
fn behind() -> (Alone, BlockHash, FinalBlock) {
    let mut node = Alone::new(1);
    let (block, bytes) = node.block(OrgId(2), node.now, Vec::new());
    let honest = node.final_block(block, &bytes);
    node.hear(PEER, &PeerMessage::Status { height: Height(5) });
    assert_eq!(asked(&node), [PEER]);
    (node, block, honest)
}

fn recovers(mut node: Alone, honest: FinalBlock) {
    assert_eq!(node.disconnects.len(), 1, "{:?}", node.disconnects);
    assert_eq!(node.disconnects[0].0, PEER);
    assert_eq!((node.replica.head().height, node.commits.len()), (Height(0), 0), "nothing changed");
    node.step(Input::PeerDown(PEER));
    let other = OrgId(4);
    node.hear(other, &PeerMessage::Status { height: Height(5) });
    node.pass(2_500);
    assert_eq!(asked(&node).last(), Some(&other));
    node.hear(other, &page(honest));
    assert_eq!(node.commits, [Height(1)]);
}

#[test]
fn a_page_with_another_block_under_a_certificate_ends_the_connection() {
    let (mut node, _, honest) = behind();
    let mut block = Block::from_bytes(&honest.block).unwrap();
    block.header.state_root = Hash32([7; 32]);
    let forged = FinalBlock { block: Bytes::new(block.to_bytes()).unwrap(), ..honest.clone() };
    node.hear(PEER, &page(forged));
    recovers(node, honest);
}

#[test]
fn a_page_with_a_changed_body_ends_the_connection() {
    let (mut node, _, honest) = behind();
    let mut changed = honest.block.to_vec();
    changed.push(0);
    let forged = FinalBlock { block: Bytes::new(changed).unwrap(), ..honest.clone() };
    node.hear(PEER, &page(forged));
    recovers(node, honest);
}

#[test]
fn a_page_with_a_forged_certificate_ends_the_connection() {
    let (mut node, _, honest) = behind();
    let mut forged = honest.clone();
    forged.certificate.signatures.as_mut_slice()[1].signature = Signature([5; 64]);
    node.hear(PEER, &page(forged));
    recovers(node, honest);
}

#[test]
fn a_page_with_a_gap_ends_the_connection() {
    let (mut node, _, honest) = behind();
    let mut gap = honest.clone();
    gap.certificate.height = Height(2);
    node.hear(PEER, &page(gap));
    recovers(node, honest);
}

#[test]
fn a_page_that_nobody_asked_for_changes_nothing() {
    let mut node = Alone::new(1);
    let (block, bytes) = node.block(OrgId(2), node.now, Vec::new());
    let honest = node.final_block(block, &bytes);
    node.hear(PEER, &page(honest));
    assert_eq!(node.replica.head().height, Height(0));
    assert!(node.disconnects.is_empty() && node.jobs.is_empty());
}

#[test]
fn messages_of_far_heights_do_not_start_anything() {
    let mut node = Alone::new(1);
    for step in [VoteStep::Prevote, VoteStep::Precommit] {
        node.vote_at(Height(50), PEER, step, Some(BlockHash(Hash32([1; 32]))));
    }
    node.vote_at(Height(3), PEER, VoteStep::Prevote, None);
    assert_eq!(node.votes(VoteStep::Prevote), []);
    assert!(node.jobs.is_empty() && node.log.entries().is_empty() && node.disconnects.is_empty());
    assert_eq!(asked(&node), [PEER], "it only asks for the blocks that the peer claims to have");
}

#[test]
fn a_forged_message_starts_no_height() {
    let mut node = Alone::new(1);
    let vote = VotePayload {
        chain: node.genesis.chain,
        step: VoteStep::Prevote,
        height: Height(1),
        round: 0,
        block: None,
        voter: PEER,
    };
    let message = Message::Vote(SignedVote { vote, signature: Signature([3; 64]) });
    node.hear(PEER, &PeerMessage::ordering(&message));
    assert_eq!(node.disconnects.len(), 1);
    assert!(node.log.entries().is_empty());
}

#[test]
fn a_peer_that_floods_with_bodies_gets_few_of_them_judged() {
    let mut node = Alone::new(1);
    node.hold = true;
    let bodies: Vec<_> = (0..40).map(|ms| node.block(PEER, node.now.plus(ms), Vec::new()).1).collect();
    for (round, bytes) in (0..).zip(&bodies) {
        node.body(PEER, round, bytes);
    }
    assert_eq!(node.jobs, ["decode"; 4]);
    let (_, other) = node.block(OrgId(4), node.now.plus(50), Vec::new());
    node.body(OrgId(4), 2, &other);
    assert_eq!(node.jobs.len(), 5, "another peer has room of its own");
}

#[test]
fn bodies_that_do_not_exist_do_not_crowd_out_one_that_does() {
    let mut node = Alone::new(1);
    node.vote_at(Height(1), OrgId(2), VoteStep::Prevote, None);
    for number in 0..=255 {
        let vote = VotePayload {
            chain: node.genesis.chain,
            step: VoteStep::Prevote,
            height: Height(1),
            round: 0,
            block: Some(BlockHash(Hash32([number; 32]))),
            voter: OrgId(4),
        };
        let forged = Message::Vote(SignedVote { vote, signature: Signature([3; 64]) });
        node.hear(OrgId(2), &PeerMessage::ordering(&forged));
    }
    let (block, _) = node.block(OrgId(2), node.now, Vec::new());
    node.vote_at(Height(1), PEER, VoteStep::Prevote, Some(block));
    node.pass(150);
    let pulls: Vec<_> = node
        .sent
        .iter()
        .filter_map(|(to, message)| match message {
            PeerMessage::BodyRequest { block, .. } => Some((*to, *block)),
            _ => None,
        })
        .collect();
    assert!(pulls.contains(&(Some(PEER), block)), "{pulls:?}");
    assert!(pulls.len() <= 5, "{} requests", pulls.len());
}

#[test]
fn requests_for_blocks_are_answered_one_at_a_time() {
    let mut node = Alone::new(1);
    let (block, bytes) = node.block(OrgId(2), node.now, Vec::new());
    node.body(OrgId(2), 0, &bytes);
    node.propose(OrgId(2), 0, block);
    node.all_vote(VoteStep::Prevote, block);
    node.all_vote(VoteStep::Precommit, block);
    assert_eq!(node.commits, [Height(1)]);
    node.jobs.clear();
    node.hold = true;
    for height in [1, 1, 1, 0, 2, 900] {
        node.hear(PEER, &PeerMessage::SyncRequest { from: Height(height) });
    }
    assert_eq!(node.jobs, ["range"]);
    node.release();
    node.hear(PEER, &PeerMessage::SyncRequest { from: Height(1) });
    let pages = node.sent.iter().filter(|(_, message)| matches!(message, PeerMessage::SyncResponse(_))).count();
    assert_eq!(pages, 2);
}
