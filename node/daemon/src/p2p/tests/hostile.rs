//! A peer that speaks libp2p and keeps no rule above it.

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm};
use libp2p_stream::{Control, OpenStreamError};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::p2p::network::peer_id;
use crate::p2p::session::protocol;

pub(super) struct Hostile {
    control: Control,
    target: PeerId,
    /// How many connections were closed or could not be made.
    closed: watch::Receiver<u32>,
    dial: mpsc::UnboundedSender<()>,
    /// Streams that the node opened, accepted and never read.
    pub(super) held: mpsc::UnboundedReceiver<Stream>,
}

impl Hostile {
    /// Connects as the holder of this organisation's key.
    pub(super) async fn connect(org: u32, target: u32, port: u16) -> Self {
        let mut seed = key(org).seed();
        let keys = libp2p::identity::Keypair::ed25519_from_bytes(seed.as_mut()).unwrap();
        let behaviour = libp2p_stream::Behaviour::new();
        let mut control = behaviour.new_control();
        let mut swarm: Swarm<libp2p_stream::Behaviour> = libp2p::SwarmBuilder::with_existing_identity(keys)
            .with_tokio()
            .with_tcp(Default::default(), libp2p::noise::Config::new, libp2p::yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| behaviour)
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
            .build();
        let (hold, held) = mpsc::unbounded_channel();
        for channel in [Channel::Consensus, Channel::Transactions, Channel::Bulk] {
            let mut incoming = control.accept(protocol(CHAIN, channel).unwrap()).unwrap();
            let hold = hold.clone();
            tokio::spawn(async move {
                while let Some((_, mut stream)) = incoming.next().await {
                    stream.write_all(&[1]).await.unwrap();
                    stream.flush().await.unwrap();
                    let _ = hold.send(stream);
                }
            });
        }
        let target = peer_id(&key(target).public()).unwrap();
        let addr: Multiaddr = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
        let (count, closed) = watch::channel(0);
        let (dial, mut dials) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    event = swarm.select_next_some() => match event {
                        SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => {
                            count.send_modify(|count| *count += 1);
                        }
                        _ => {}
                    },
                    Some(()) = dials.recv() => swarm.dial(addr.clone()).unwrap(),
                    else => return,
                }
            }
        });
        let hostile = Self { control, target, closed, dial, held };
        hostile.dial();
        hostile
    }

    pub(super) fn dial(&self) {
        self.dial.send(()).unwrap();
    }

    /// Waits until this many connections were closed.
    pub(super) async fn closed(&mut self, count: u32) {
        within("the node closes the connection", self.closed.wait_for(|closed| *closed >= count)).await.unwrap();
    }

    pub(super) async fn open(&mut self, protocol: StreamProtocol) -> Result<Stream, OpenStreamError> {
        within("a stream is opened or refused", self.control.open_stream(self.target, protocol)).await
    }

    /// A stream on which the node listens.
    pub(super) async fn stream(&mut self, channel: Channel) -> Stream {
        let mut stream = self.open(protocol(CHAIN, channel).unwrap()).await.unwrap();
        let mut answer = [0];
        within("the node accepts", stream.read_exact(&mut answer)).await.unwrap();
        stream
    }
}
