use futures::AsyncWriteExt;
use libp2p::StreamProtocol;
use libp2p_stream::OpenStreamError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::hostile::Hostile;
use super::*;
use crate::p2p::limits::{CONSENSUS_FRAME_BYTES_MAX, FRAME_OVERHEAD_BYTES, frame_bytes_max};
use crate::p2p::session::protocol;

/// A node that knows organisations 1 and 2.
async fn node() -> TestNode {
    TestNode::start(1, 0, &[], &[1, 2], Limits::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused() {
    let mut node = node().await;
    let mut stranger = Hostile::connect(77, 1, node.port()).await;
    stranger.closed(1).await;
    // A member that comes later is served, and the stranger was never announced.
    let _member = Hostile::connect(2, 1, node.port()).await;
    match node.event("the member comes up").await {
        Event::Up(org) => assert_eq!(org, OrgId(2)),
        _ => panic!("something happened before a member came up"),
    }
    assert_eq!(node.peers(), [2]);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_protocols_and_other_chains_are_refused_without_harm() {
    let mut node = node().await;
    let mut peer = Hostile::connect(2, 1, node.port()).await;
    node.wait_up(2).await;
    let other_chain = protocol(ChainId(Hash32([6; 32])), Channel::Consensus).unwrap();
    for unknown in [StreamProtocol::new("/assent/consensus"), StreamProtocol::new("/ipfs/kad/1.0.0"), other_chain] {
        let refused = peer.open(unknown).await;
        assert!(matches!(refused, Err(OpenStreamError::UnsupportedProtocol(_))), "{refused:?}");
    }
    let mut stream = peer.stream(Channel::Consensus).await;
    stream.write_all(&[0, 0, 0, 1, 42]).await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(node.frame().await, (OrgId(2), Channel::Consensus, vec![42]));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_lengths_close_the_connection_and_the_peer_is_refused_for_a_while() {
    for (channel, length) in [
        (Channel::Consensus, CONSENSUS_FRAME_BYTES_MAX + 1),
        (Channel::Transactions, frame_bytes_max(Channel::Transactions) + 1),
        (Channel::Bulk, u32::MAX as usize),
        (Channel::Bulk, 0),
    ] {
        let mut node = node().await;
        let mut peer = Hostile::connect(2, 1, node.port()).await;
        node.wait_up(2).await;
        let mut stream = peer.stream(channel).await;
        stream.write_all(&u32::try_from(length).unwrap().to_be_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        node.wait_down(2).await;
        peer.closed(1).await;
        peer.dial();
        peer.closed(2).await;
        assert!(node.peers().is_empty());
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut_off() {
    for channel in [Channel::Consensus, Channel::Bulk] {
        let mut node = node().await;
        let mut peer = Hostile::connect(2, 1, node.port()).await;
        node.wait_up(2).await;
        let mut stream = peer.stream(channel).await;
        let frames: Vec<u8> = [0, 0, 0, 1, 42].repeat(1000);
        let flood = async {
            loop {
                if stream.write_all(&frames).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        };
        let cut = async {
            let mut taken = 0u64;
            loop {
                match node.event("the flood ends").await {
                    Event::Frame { .. } => taken += 1,
                    Event::Down(_) => return taken,
                    Event::Up(_) => {}
                }
            }
        };
        let (taken, ()) = within("the node cuts the flood off", futures::future::join(cut, flood)).await;
        let limits = *Limits::default().channel(channel);
        assert!(taken >= limits.frames_per_second, "{taken} frames are no flood");
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_does_not_read_is_disconnected_and_its_queue_stays_bounded() {
    let mut node = node().await;
    let mut peer = Hostile::connect(2, 1, node.port()).await;
    node.wait_up(2).await;
    let frame = Arc::new(vec![7; 50_000]);
    let max = Limits::default().consensus.outward_bytes_max;
    let mut queued_max = 0;
    within("the slow reader is dropped", async {
        while let [peer] = node.network.peers()[..] {
            queued_max = queued_max.max(peer.queued_bytes);
            node.network.broadcast(Channel::Consensus, &frame);
            tokio::task::yield_now().await;
        }
    })
    .await;
    node.wait_down(2).await;
    peer.closed(1).await;
    assert!(queued_max <= max + FRAME_OVERHEAD_BYTES, "{queued_max} bytes were queued");
    assert!(queued_max >= max / 2, "the queue was never full");
    assert!(peer.held.recv().await.is_some());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_silence_on_the_port_are_closed() {
    let limits = Limits { patience: Duration::from_millis(300), ..Limits::default() };
    let node = TestNode::start(1, 0, &[], &[1, 2], limits).await;
    for hello in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"", b"\x13/multistream/1.0.0\n", &[0xff; 4096]] {
        let mut socket = tokio::net::TcpStream::connect(node.network.listening()).await.unwrap();
        socket.write_all(hello).await.unwrap();
        let mut answer = Vec::new();
        // Closed by an end or a reset, both are fine.
        let _ = within("the node hangs up", socket.read_to_end(&mut answer)).await;
        assert!(answer.len() < 1024);
    }
    assert!(node.peers().is_empty());
    node.stop().await;
}
