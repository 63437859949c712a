//! One function for each kind of attack.

use assent_client::builder::random;
use assent_consensus::{Message, SignedProposal, SignedVote};
use assent_replica::PeerMessage;
use assent_tests::e2e::{Hostile, Load, Port, within};
use assent_types::codec::{Bytes, List, encode};
use assent_types::key::SecretKey;
use assent_types::validator::{ProposalPayload, VotePayload, VoteStep};
use assent_types::{BlockHash, ChainId, Hash32, Height, OrgId};
use libp2p::StreamProtocol;
use libp2p_stream::OpenStreamError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Arena, STOLEN, TARGET, answered};

const CLOSED: &str = "connection closed";

/// Every attack of members and strangers; after each one the node stands.
pub(super) async fn run(arena: &Arena<'_>, load: &Load) {
    garbage(arena).await;
    arena.stands("garbage", load).await;
    silence(arena).await;
    arena.stands("silence", load).await;
    stranger(arena).await;
    unknown_protocols(arena).await;
    arena.stands("unknown protocols", load).await;
    oversized(arena).await;
    arena.stands("oversized frames", load).await;
    malformed(arena).await;
    arena.stands("malformed frames", load).await;
    many_empty_transactions(arena).await;
    arena.stands("empty transactions", load).await;
    forged(arena, load).await;
    arena.stands("forged votes", load).await;
    flood(arena).await;
    arena.stands("floods", load).await;
    slow_reader(arena).await;
    arena.stands("slow reader", load).await;
}

async fn garbage(arena: &Arena<'_>) {
    let multistream = b"\x13/multistream/1.0.0\n";
    for (input, bytes) in [
        ("zeros", vec![0; 4096]),
        ("all ones", vec![0xff; 65_536]),
        ("random bytes", random::<4096>().unwrap().to_vec()),
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("a greeting and then random bytes", [&multistream[..], &random::<4096>().unwrap()].concat()),
        ("a greeting and then nothing", multistream.to_vec()),
        ("nothing", Vec::new()),
    ] {
        let mut stream = TcpStream::connect(arena.network.addr(TARGET, Port::Peers)).await.unwrap();
        // The node may close before everything is written.
        let _ = stream.write_all(&bytes).await;
        let mut answer = Vec::new();
        let _ = within("the node hangs up", stream.read_to_end(&mut answer)).await;
        assert!(answer.len() < 1024, "{input}: {} bytes of answer", answer.len());
        answered(input, CLOSED);
    }
}

/// More connections than the node handshakes with at a time, none of which ever says a word.
async fn silence(arena: &Arena<'_>) {
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(TcpStream::connect(arena.network.addr(TARGET, Port::Peers)).await.unwrap());
    }
    for stream in &mut silent {
        let mut answer = Vec::new();
        let _ = within("the node hangs up", stream.read_to_end(&mut answer)).await;
    }
    answered("400 silent connections", CLOSED);
}

async fn stranger(arena: &Arena<'_>) {
    let key = SecretKey::from_seed(&random().unwrap());
    let addr = arena.network.addr(TARGET, Port::Peers);
    Hostile::connect(arena.network.chain, &key, &arena.target, addr).closed().await;
    answered("a stranger with a key of no member", CLOSED);
}

async fn unknown_protocols(arena: &Arena<'_>) {
    let mut peer = arena.member();
    let _streams = peer.is_served().await;
    let other_chain = Hostile::protocol(ChainId(Hash32([6; 32])), "consensus");
    for unknown in [StreamProtocol::new("/assent/consensus"), StreamProtocol::new("/ipfs/kad/1.0.0"), other_chain] {
        let refused = peer.open(unknown.clone()).await;
        assert!(matches!(refused, Err(OpenStreamError::UnsupportedProtocol(_))), "{unknown}: {refused:?}");
        answered(&format!("protocol {unknown} from a member"), "stream refused");
    }
    assert!(!peer.is_closed());
}

async fn oversized(arena: &Arena<'_>) {
    for (channel, length) in [("consensus", 65_537_u32), ("transactions", 8 << 20), ("bulk", u32::MAX), ("bulk", 0)] {
        let mut peer = arena.member();
        let mut stream = peer.stream(channel).await;
        Hostile::send_raw(&mut stream, &length.to_be_bytes()).await;
        peer.closed().await;
        answered(&format!("frame of {length} bytes on the {channel} stream"), CLOSED);
    }
}

async fn malformed(arena: &Arena<'_>) {
    let no_message = encode(&PeerMessage::Consensus(Bytes::new(vec![9; 64]).unwrap()));
    let no_block = encode(&PeerMessage::Body { round: 0, block: Bytes::new(vec![9; 3]).unwrap() });
    let mut long = encode(&PeerMessage::Status { height: Height(1) });
    long.push(0);
    for (input, channel, frame) in [
        ("frame without a known message", "bulk", vec![0xff; 100]),
        ("frame with an unknown ordering message", "consensus", no_message),
        ("frame with half a block", "bulk", no_block),
        ("frame with a byte too many", "consensus", long),
    ] {
        let mut peer = arena.member();
        let mut stream = peer.stream(channel).await;
        Hostile::send(&mut stream, &[frame]).await;
        peer.closed().await;
        answered(input, CLOSED);
    }
}

/// Height that the network decides now, more or less.
fn deciding(load: &Load) -> Height {
    Height(load.receipts().iter().map(|one| one.receipt.height.0).max().unwrap_or_default() + 1)
}

fn vote(chain: ChainId, key: &SecretKey, voter: OrgId, height: Height, round: u32, step: VoteStep) -> Vec<u8> {
    let block = round.is_multiple_of(2).then_some(BlockHash(Hash32([7; 32])));
    let vote = VotePayload { chain, step, height, round, block, voter };
    encode(&PeerMessage::ordering(&Message::Vote(SignedVote { vote, signature: vote.sign(key) })))
}

/// Votes in the name of a validator, with a signature of somebody else.
async fn forged(arena: &Arena<'_>, load: &Load) {
    let mut peer = arena.member();
    let mut stream = peer.stream("consensus").await;
    let key = SecretKey::from_seed(&random().unwrap());
    let chain = arena.network.chain;
    let forging = async {
        while !peer.is_closed() {
            let now = deciding(load).0;
            let heights = (now..now + 20).map(Height);
            let votes: Vec<_> = heights.map(|at| vote(chain, &key, OrgId(2), at, 0, VoteStep::Precommit)).collect();
            Hostile::send(&mut stream, &votes).await;
            load.more(1).await;
        }
    };
    within("the node gives up on a peer that forges", forging).await;
    answered("votes forged in the name of a validator", CLOSED);
}

async fn flood(arena: &Arena<'_>) {
    let frame = encode(&PeerMessage::Status { height: Height(1) });
    for channel in ["consensus", "bulk"] {
        let mut peer = arena.member();
        let mut stream = peer.stream(channel).await;
        let frames = vec![frame.clone(); 500];
        while Hostile::send(&mut stream, &frames).await {}
        peer.closed().await;
        answered(&format!("a member that floods the {channel} stream"), CLOSED);
    }
}

/// Messages that are small as bytes and large as lists: no transaction of them is valid.
async fn many_empty_transactions(arena: &Arena<'_>) {
    let mut peer = arena.member();
    let mut stream = peer.stream("transactions").await;
    let frame = encode(&PeerMessage::Transactions(List::new(vec![Bytes::default(); 1024]).unwrap()));
    for _ in 0..100 {
        if !Hostile::send(&mut stream, &vec![frame.clone(); 100]).await {
            break;
        }
    }
    let answer = if peer.is_closed() { CLOSED } else { "ignored" };
    answered("10 million empty transactions from a member", answer);
}

/// A member that asks for the whole history again and again, and reads none of it.
async fn slow_reader(arena: &Arena<'_>) {
    let mut peer = arena.member();
    let _streams = peer.is_served().await;
    let mut stream = peer.stream("bulk").await;
    let frame = encode(&PeerMessage::SyncRequest { from: Height(1) });
    let asking = async {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(2));
        while !peer.is_closed() {
            pace.tick().await;
            Hostile::send(&mut stream, std::slice::from_ref(&frame)).await;
        }
    };
    within("the node gives up on a peer that does not read", asking).await;
    answered("a member that asks for blocks and reads nothing", CLOSED);
}

/// A validator's own keys, and messages that would be valid if the chain were somewhere else.
pub(super) async fn far_heights(arena: &Arena<'_>, load: &Load) {
    let network = arena.network;
    let me = OrgId(u32::try_from(STOLEN).unwrap() + 1);
    let key = network.key(me, "validate");
    let mut peer = arena.as_org(me);
    let _streams = peer.is_served().await;
    let mut consensus = peer.stream("consensus").await;
    let mut bulk = peer.stream("bulk").await;
    let now = deciding(load).0;
    let mut frames = Vec::new();
    for height in (now + 2..now + 400).chain([u64::MAX - 1, u64::MAX]).map(Height) {
        for (round, step) in [(0, VoteStep::Prevote), (0, VoteStep::Precommit), (u32::MAX, VoteStep::Prevote)] {
            frames.push(vote(network.chain, &key, me, height, round, step));
        }
        let proposal = ProposalPayload {
            chain: network.chain,
            height,
            round: 0,
            block: BlockHash(Hash32([8; 32])),
            pol_round: None,
            proposer: me,
        };
        let signed = SignedProposal { proposal, signature: proposal.sign(&key) };
        frames.push(encode(&PeerMessage::ordering(&Message::Proposal(signed))));
        frames.push(encode(&PeerMessage::Status { height }));
    }
    // Rounds far ahead of the height that is being decided.
    frames.extend((1..500).map(|round| vote(network.chain, &key, me, Height(now), round, VoteStep::Prevote)));
    Hostile::send(&mut consensus, &frames).await;
    load.more(4).await;
    let far = Height(u64::MAX);
    let block = BlockHash(Hash32([8; 32]));
    let asked = [PeerMessage::SyncRequest { from: far }, PeerMessage::BodyRequest { height: far, block }];
    Hostile::send(&mut bulk, &asked.map(|message| encode(&message))).await;
    load.more(4).await;
    arena.stands("far heights", load).await;
    let answer = if peer.is_closed() { CLOSED } else { "ignored" };
    answered(&format!("{} valid messages of a validator for far heights and rounds", frames.len()), answer);
}
