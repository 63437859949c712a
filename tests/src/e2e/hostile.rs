//! A peer that speaks libp2p and keeps no rule above it.

use std::net::SocketAddr;

use assent_types::ChainId;
use assent_types::key::{PublicKey, SecretKey};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::identity::ed25519;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm};
use libp2p_stream::{Control, OpenStreamError};
use tokio::sync::{mpsc, watch};

use super::{PATIENCE, within};

/// The streams of the protocol between nodes.
const CHANNELS: [&str; 3] = ["consensus", "transactions", "bulk"];

/// What has become of the connection.
#[derive(Clone, Copy, Default)]
struct State {
    established: bool,
    /// Closed by the node, or never made.
    closed: bool,
}

/// A connection to a node, made by the holder of some NODE key.
pub struct Hostile {
    chain: ChainId,
    control: Control,
    target: PeerId,
    state: watch::Receiver<State>,
    /// Streams that the node opened, accepted and never read.
    held: mpsc::UnboundedReceiver<Stream>,
}

impl Hostile {
    /// Connects to the node that has this NODE key and address.
    pub fn connect(chain: ChainId, key: &SecretKey, target: &PublicKey, addr: SocketAddr) -> Self {
        let behaviour = libp2p_stream::Behaviour::new();
        let mut control = behaviour.new_control();
        let held = hold(chain, &mut control);
        let mut swarm = swarm(key, behaviour);
        let target = ed25519::PublicKey::try_from_bytes(&target.bytes).unwrap();
        let target = libp2p::identity::PublicKey::from(target).to_peer_id();
        swarm.dial(Multiaddr::from(addr.ip()).with(Protocol::Tcp(addr.port()))).unwrap();
        let (report, state) = watch::channel(State::default());
        tokio::spawn(async move {
            loop {
                let event = tokio::select! {
                    event = swarm.select_next_some() => event,
                    () = report.closed() => return,
                };
                match event {
                    SwarmEvent::ConnectionEstablished { .. } => report.send_modify(|state| state.established = true),
                    SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => {
                        report.send_modify(|state| state.closed = true);
                    }
                    _ => {}
                }
            }
        });
        Self { chain, control, target, state, held }
    }

    /// Whether the node has closed the connection.
    pub fn is_closed(&self) -> bool {
        self.state.borrow().closed
    }

    /// Waits until the node closes the connection.
    pub async fn closed(&mut self) {
        within("the node closes the connection", self.state.wait_for(|state| state.closed)).await.unwrap();
    }

    /// Waits for a stream that the node opened to this peer: so it counts as connected.
    pub async fn is_served(&mut self) -> Stream {
        within("the node opens its streams", self.held.recv()).await.unwrap()
    }

    /// Opens a stream of any protocol.
    pub async fn open(&mut self, protocol: StreamProtocol) -> Result<Stream, OpenStreamError> {
        within("the connection is made", self.state.wait_for(|state| state.established)).await.unwrap();
        within("a stream is opened or refused", self.control.open_stream(self.target, protocol)).await
    }

    /// The name of a stream on a chain.
    pub fn protocol(chain: ChainId, channel: &str) -> StreamProtocol {
        let chain = hex::encode(&chain.0.0[..8]);
        StreamProtocol::try_from_owned(format!("/assent/{chain}/{channel}/1")).unwrap()
    }

    /// Opens `consensus`, `transactions` or `bulk` and waits until the node reads it.
    pub async fn stream(&mut self, channel: &str) -> Stream {
        let mut stream = self.open(Self::protocol(self.chain, channel)).await.unwrap();
        let mut answer = [0];
        within("the node accepts the stream", stream.read_exact(&mut answer)).await.unwrap();
        stream
    }

    /// Writes frames as a node does; false once the node has closed the stream.
    pub async fn send(stream: &mut Stream, frames: &[Vec<u8>]) -> bool {
        within("the node reads or closes", write(stream, frames)).await
    }

    /// Writes bytes without any frame; false once the node has closed the stream.
    pub async fn send_raw(stream: &mut Stream, bytes: &[u8]) -> bool {
        let sent = async { stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok() };
        within("the node reads or closes", sent).await
    }
}

async fn write(stream: &mut Stream, frames: &[Vec<u8>]) -> bool {
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        if stream.write_all(&length).await.is_err() || stream.write_all(frame).await.is_err() {
            return false;
        }
    }
    stream.flush().await.is_ok()
}

fn swarm(key: &SecretKey, behaviour: libp2p_stream::Behaviour) -> Swarm<libp2p_stream::Behaviour> {
    let mut seed = key.seed();
    let keys = libp2p::identity::Keypair::ed25519_from_bytes(seed.as_mut()).unwrap();
    libp2p::SwarmBuilder::with_existing_identity(keys)
        .with_tokio()
        .with_tcp(Default::default(), libp2p::noise::Config::new, libp2p::yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
        .build()
}

/// Accepts the node's streams and never reads them.
fn hold(chain: ChainId, control: &mut Control) -> mpsc::UnboundedReceiver<Stream> {
    let (hold, held) = mpsc::unbounded_channel();
    for channel in CHANNELS {
        let mut incoming = control.accept(Hostile::protocol(chain, channel)).unwrap();
        let hold = hold.clone();
        tokio::spawn(async move {
            while let Some((_, mut stream)) = incoming.next().await {
                if stream.write_all(&[1]).await.is_ok() && stream.flush().await.is_ok() {
                    let _ = hold.send(stream);
                }
            }
        });
    }
    held
}
