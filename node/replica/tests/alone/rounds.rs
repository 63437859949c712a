//! Which proposals a validator accepts, and when.

use std::sync::Arc;

use assent_replica::jobs::Checked;
use assent_replica::{Input, PeerMessage};
use assent_types::action::{Action, RegisterSubject, possession_of};
use assent_types::block::Block;
use assent_types::ids::{Hash32, Height, OrgId, Sp};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::subject::AgeBand;
use assent_types::tx::{TX_FORMAT, Transaction, TxBody};
use assent_types::validator::VoteStep;

use crate::driver::{Alone, GENESIS_TIME};

/// Proposes in round 0 of height 1.
const FIRST: OrgId = OrgId(2);

#[test]
fn a_block_ahead_of_the_clock_waits_until_the_clock_allows_it() {
    let mut node = Alone::new(1);
    let (block, bytes) = node.block(FIRST, node.now.plus(2_000), Vec::new());
    node.body(FIRST, 0, &bytes);
    node.propose(FIRST, 0, block);
    node.pass(1_499);
    assert_eq!(node.votes(VoteStep::Prevote), []);
    node.pass(1);
    assert_eq!(node.votes(VoteStep::Prevote), [Some(block)]);
}

#[test]
fn a_block_that_comes_late_gets_no_vote_of_its_round_but_is_told_once_it_must() {
    let mut node = Alone::new(1);
    let (block, bytes) = node.block(FIRST, GENESIS_TIME.plus(1_000), Vec::new());
    node.body(FIRST, 0, &bytes);
    node.propose(FIRST, 0, block);
    node.pass(9_999);
    assert_eq!(node.votes(VoteStep::Prevote), [], "held while it can be");
    node.pass(1);
    assert_eq!(node.votes(VoteStep::Prevote), [None]);
    node.all_vote(VoteStep::Prevote, block);
    assert_eq!(node.votes(VoteStep::Precommit), [Some(block)], "others found it timely, and it is valid");
    node.all_vote(VoteStep::Precommit, block);
    assert_eq!(node.commits, [Height(1)]);
}

#[test]
fn an_invalid_block_is_never_prevoted_and_halts_once_certified() {
    let mut node = Alone::new(1);
    let (_, bytes) = node.block(FIRST, node.now, Vec::new());
    let mut block = Block::from_bytes(&bytes).unwrap();
    block.header.state_root = Hash32([7; 32]);
    let hash = block.header.hash();
    node.body(FIRST, 0, &block.to_bytes());
    node.propose(FIRST, 0, hash);
    assert_eq!(node.votes(VoteStep::Prevote), [None]);
    node.all_vote(VoteStep::Prevote, hash);
    assert!(!node.votes(VoteStep::Precommit).contains(&Some(hash)));
    assert!(node.halts.is_empty());
    node.all_vote(VoteStep::Precommit, hash);
    assert_eq!(node.halts.len(), 1, "{:?}", node.halts);
    assert!(node.halts[0].contains("invalid"), "{:?}", node.halts);
    assert_eq!(node.commits, []);
    let said = node.sent.len();
    node.pass(60_000);
    assert_eq!(node.sent.len(), said, "nothing more is said");
}

fn registration(node: &Alone, expires_in_ms: u64) -> Transaction {
    let hospital = node.keys(OrgId(1)).0.key(KeyUsage::SignTx).unwrap();
    let subject = SecretKey::from_seed(&[100; 32]);
    let (key, sp) = (subject.public(), Sp(Hash32([1; 32])));
    let possession = subject.sign_possession(&possession_of(node.genesis.chain, &key, &sp));
    let attest = Hash32([9; 32]);
    let body = TxBody {
        format: TX_FORMAT,
        chain: node.genesis.chain,
        signer: hospital.public().id(),
        idempotency: [1; 16],
        expires_at: node.now.plus(expires_in_ms),
        action: Action::RegisterSubject(RegisterSubject {
            sp,
            key,
            loa: 2,
            age_band: AgeBand::Adult,
            attest,
            possession,
        }),
    };
    body.sign(hospital, Vec::new()).unwrap()
}

#[test]
fn a_proposer_drops_what_became_inadmissible_and_proposes_without_it() {
    let mut node = Alone::new(FIRST.0);
    node.hold = true;
    let tx = registration(&node, 100).to_bytes();
    node.step(Input::Submit { ticket: 1, member: FIRST, tx });
    node.now = node.now.plus(200);
    node.release();
    let bodies: Vec<Block> = node
        .sent
        .iter()
        .filter_map(|(_, message)| match message {
            PeerMessage::Body { block, .. } => Some(Block::from_bytes(block).unwrap()),
            _ => None,
        })
        .collect();
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].txs.is_empty());
    assert_eq!(node.replica.status(node.now).mempool, 0);
    assert_eq!(node.votes(VoteStep::Prevote), [Some(bodies[0].header.hash())]);
}

#[test]
fn a_round_that_asks_while_an_older_block_is_built_gets_its_block() {
    // The proposer of heights 1 and 5 builds slowly, and all heights before 5 are decided without it.
    let mut node = Alone::new(FIRST.0);
    node.hold = true;
    let tx = registration(&node, 60_000).to_bytes();
    node.step(Input::Submit { ticket: 1, member: FIRST, tx });
    let verified = node.held.pop().unwrap();
    node.step(verified);
    assert_eq!(node.jobs, ["verify", "build"]);
    let stale = node.held.pop().unwrap();
    node.hold = false;
    for proposer in [2, 3, 4, 1] {
        let (block, bytes) = node.block(OrgId(proposer), node.replica.head().time.plus(1_000), Vec::new());
        let page = vec![node.final_block(block, &bytes)];
        let height = node.replica.head().height.0;
        node.hear(OrgId(3), &PeerMessage::Status { height: Height(height + 2) });
        node.hear(OrgId(3), &PeerMessage::SyncResponse(assent_types::codec::List::new(page).unwrap()));
        assert_eq!(node.replica.head().height.0, height + 1);
    }
    let builds = |node: &Alone| node.jobs.iter().filter(|job| **job == "build").count();
    assert_eq!(builds(&node), 1, "it waits for the old block");
    node.step(stale);
    assert_eq!(builds(&node), 2, "and builds the one that is asked for now");
}

/// Who has the transaction from its signer must judge a block as those do who have it from the block alone.
#[test]
fn a_block_with_another_signature_of_a_waiting_transaction_is_invalid() {
    for forged in [false, true] {
        let mut node = Alone::new(1);
        let tx = registration(&node, 60_000);
        node.step(Input::Submit { ticket: 1, member: FIRST, tx: tx.to_bytes() });
        assert_eq!(node.replica.status(node.now).mempool, 1);
        let mut included = tx.clone();
        if forged {
            included.signature.0[3] ^= 1;
        }
        assert_eq!(included.hash(), tx.hash(), "the identifier leaves the signature out");
        let bytes = Arc::new(included.to_bytes());
        let checked = Checked { hash: tx.hash(), tx: Arc::new(included), bytes, member: FIRST };
        let (block, bytes) = node.block(FIRST, node.now, vec![checked]);
        node.body(FIRST, 0, &bytes);
        node.propose(FIRST, 0, block);
        assert_eq!(node.votes(VoteStep::Prevote), [(!forged).then_some(block)]);
    }
}

/// A header says nothing about its block until the bytes below it are seen to be its own.
#[test]
fn a_changed_body_costs_its_sender_the_connection_and_the_block_nothing() {
    let mut node = Alone::new(1);
    let tx = registration(&node, 60_000);
    let checked = Checked { hash: tx.hash(), bytes: Arc::new(tx.to_bytes()), tx: Arc::new(tx), member: FIRST };
    let (block, bytes) = node.block(FIRST, node.now, vec![checked]);
    let whole = Block::from_bytes(&bytes).unwrap();
    let empty = Block { header: whole.header.clone(), txs: Default::default() }.to_bytes();
    let mut signed_otherwise = bytes.clone();
    *signed_otherwise.last_mut().unwrap() ^= 1;
    let cut = bytes[..bytes.len() - 1].to_vec();
    node.hold = true;
    node.body(OrgId(3), 0, &signed_otherwise);
    node.hear(OrgId(4), &PeerMessage::BodyRequest { height: Height(1), block });
    assert!(
        !node.sent.iter().any(|(_, message)| matches!(message, PeerMessage::Body { .. })),
        "nothing is passed on unseen"
    );
    node.release();
    node.disconnects.clear();
    for (count, changed) in [empty, signed_otherwise, cut].iter().enumerate() {
        node.body(OrgId(3), 0, changed);
        assert_eq!(node.disconnects.len(), count + 1, "{:?}", node.disconnects);
        assert_eq!(node.disconnects[count].0, OrgId(3));
    }
    let asked = node.sent.iter().filter(|(_, message)| matches!(message, PeerMessage::BodyRequest { .. }));
    assert!(asked.map(|(to, _)| *to).all(|to| to.is_some_and(|to| to != OrgId(3))), "others are asked");
    node.propose(FIRST, 0, block);
    assert_eq!(node.votes(VoteStep::Prevote), []);
    node.body(FIRST, 0, &bytes);
    assert_eq!(node.votes(VoteStep::Prevote), [Some(block)]);
    node.all_vote(VoteStep::Prevote, block);
    node.all_vote(VoteStep::Precommit, block);
    assert_eq!((node.commits.as_slice(), node.halts.len()), (&[Height(1)][..], 0));
}
