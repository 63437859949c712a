//! The transport as the rest of the node sees it.

use std::net::SocketAddr;
use std::sync::Arc;

use assent_replica::io::Channel;
use assent_types::ids::{ChainId, OrgId};
use assent_types::key::{PublicKey, SecretKey};
use libp2p::identity::{Keypair, ed25519};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::core::{Command, Core, Fault};
use super::limits::Limits;
use super::links::{Links, PeerInfo, Pushed};

/// A peer to be dialled.
#[derive(Clone, Debug)]
pub struct DialTarget {
    /// The member.
    pub org: OrgId,
    /// Its NODE key, if it should be trusted before the ledger names it.
    pub key: Option<PublicKey>,
    /// `host:port`; a name is resolved at every attempt.
    pub addr: String,
}

/// What the transport needs to start.
pub struct P2pConfig {
    /// The chain.
    pub chain: ChainId,
    /// The own NODE key.
    pub node_key: SecretKey,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whom to dial.
    pub dial: Vec<DialTarget>,
    /// Bounds.
    pub limits: Limits,
}

/// Where the transport puts what happens. Called from its tasks; must not block.
pub trait Deliver: Send + Sync + 'static {
    /// The member's node is connected and its streams are open.
    fn up(&self, org: OrgId);
    /// The connection is gone.
    fn down(&self, org: OrgId);
    /// A frame; the permit bounds what is queued and is dropped when the frame has been taken.
    fn frame(&self, from: OrgId, channel: Channel, bytes: Vec<u8>, permit: OwnedSemaphorePermit);
}

/// Why the transport cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The NODE key is no Ed25519 key.
    #[error("the NODE key is no Ed25519 key")]
    Key,
    /// The address is taken or not this machine's.
    #[error("cannot listen for peers on {addr}: {problem}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        problem: String,
    },
    /// A fault of the transport library.
    #[error("transport: {0}")]
    Transport(String),
}

/// The libp2p name of a NODE key; `None` for bytes that are no key.
pub fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(&key.bytes).ok()?;
    Some(libp2p::identity::PublicKey::from(key).to_peer_id())
}

/// A handle of the running transport. Nothing here waits.
#[derive(Clone)]
pub struct Network {
    links: Arc<Links>,
    commands: mpsc::UnboundedSender<Command>,
    listening: SocketAddr,
}

impl Network {
    /// Starts the transport. The task ends after [`Self::stop`].
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub async fn start(
        config: P2pConfig,
        members: Vec<(OrgId, PublicKey)>,
        deliver: Arc<dyn Deliver>,
    ) -> Result<(Self, JoinHandle<()>), NetworkError> {
        let mut seed = config.node_key.seed();
        let keys = Keypair::ed25519_from_bytes(seed.as_mut()).map_err(|_| NetworkError::Key)?;
        let links = Arc::new(Links::default());
        let (commands, inbox) = mpsc::unbounded_channel();
        let mut core = Core::new(&config, keys, links.clone(), deliver, commands.clone())?;
        let listening = core.listen(config.listen).await?;
        core.set_members(members);
        let task = tokio::spawn(core.run(inbox));
        Ok((Self { links, commands, listening }, task))
    }

    /// Where the transport listens.
    pub fn listening(&self) -> SocketAddr {
        self.listening
    }

    /// Queues a frame for a peer. Nothing happens if it is not connected; a full queue closes the connection.
    pub fn send(&self, to: OrgId, channel: Channel, bytes: Arc<Vec<u8>>) {
        if let Pushed::Full(connection) = self.links.push(to, channel, bytes) {
            self.close_slow(to, connection, channel);
        }
    }

    /// Queues a frame for every connected peer; full queues close their connections.
    pub fn broadcast(&self, channel: Channel, bytes: &Arc<Vec<u8>>) {
        for (org, connection) in self.links.push_all(channel, bytes) {
            self.close_slow(org, connection, channel);
        }
    }

    fn close_slow(&self, org: OrgId, connection: libp2p::swarm::ConnectionId, channel: Channel) {
        let reason = format!("it does not read the {channel:?} stream");
        let _ = self.commands.send(Command::Close { org, connection, fault: Fault::Slow, reason });
    }

    /// Closes the connection to a peer that broke the protocol, and refuses it for a while.
    pub fn disconnect(&self, org: OrgId, reason: String) {
        if let Some(connection) = self.links.connection(org) {
            let _ = self.commands.send(Command::Close { org, connection, fault: Fault::Peer, reason });
        }
    }

    /// Says which NODE keys are live at the head. Connections of other keys are closed.
    pub fn set_members(&self, members: Vec<(OrgId, PublicKey)>) {
        let _ = self.commands.send(Command::Members(members));
    }

    /// The connected members, ascending.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.links.peers()
    }

    /// Closes every connection and ends the task.
    pub fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
    }
}

/// The socket address of a TCP multiaddress.
pub(super) fn socket_addr(addr: &Multiaddr) -> Option<SocketAddr> {
    use libp2p::multiaddr::Protocol;
    let mut parts = addr.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// The TCP multiaddress of a socket address.
pub(super) fn multiaddr(addr: SocketAddr) -> Multiaddr {
    Multiaddr::from(addr.ip()).with(libp2p::multiaddr::Protocol::Tcp(addr.port()))
}
