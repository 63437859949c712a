//! The one task that owns the swarm: who is connected, who is dialled, who is refused.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assent_replica::io::Channel;
use assent_types::ids::OrgId;
use assent_types::key::PublicKey;
use futures::StreamExt;
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, NetworkBehaviour, SwarmEvent};
use libp2p::{PeerId, Stream, StreamProtocol, Swarm, ping};
use libp2p_stream::IncomingStreams;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::AbortHandle;

use super::limits::{CONNECTIONS_MAX, HANDSHAKES_MAX, Limits, STREAMS_MAX};
use super::links::{CHANNELS, Link, Links, index, lanes};
use super::network::{Deliver, DialTarget, NetworkError, P2pConfig, multiaddr, peer_id, socket_addr};
use super::session::{self, Reader, Tie};

/// How often dialling is considered.
const TICK: Duration = Duration::from_millis(50);
/// Head start of the side with the smaller name, so that two nodes rarely dial each other at once.
const HEAD_START: Duration = Duration::from_millis(300);
/// Two connections of one peer that began within this time of each other are two sides dialling at once; otherwise the
/// newer one replaces one that died unnoticed.
const SIMULTANEOUS: Duration = Duration::from_secs(5);

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Something broke.
    None,
    /// The peer does not read.
    Slow,
    /// The peer broke the protocol: it is refused for a while.
    Peer,
}

/// What the task is told.
pub(super) enum Command {
    /// The streams of a connection are open, or could not be opened.
    Opened { org: OrgId, connection: ConnectionId, streams: Result<Box<[Stream; 3]>, String> },
    /// Close this connection, if it still is the peer's.
    Close { org: OrgId, connection: ConnectionId, fault: Fault, reason: String },
    /// A bootstrap peer's address was resolved.
    Dial { target: usize, addrs: Vec<SocketAddr> },
    /// The NODE keys that are live at the head.
    Members(Vec<(OrgId, PublicKey)>),
    /// End.
    Stop,
}

#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    allowed: allow_block_list::Behaviour<AllowedPeers>,
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    streams: libp2p_stream::Behaviour,
}

/// A connection that is the peer's one.
struct Session {
    peer: PeerId,
    connection: ConnectionId,
    dialled: bool,
    since: Instant,
    up: watch::Sender<bool>,
    budgets: [Arc<Semaphore>; 3],
    readers: [Option<AbortHandle>; 3],
    tasks: Vec<AbortHandle>,
}

impl Drop for Session {
    fn drop(&mut self) {
        for task in self.tasks.iter().chain(self.readers.iter().flatten()) {
            task.abort();
        }
    }
}

struct Dialler {
    target: DialTarget,
    wait: Duration,
    next: Instant,
    busy: bool,
}

pub(super) struct Core {
    swarm: Swarm<Behaviour>,
    incoming: [IncomingStreams; 3],
    protocols: [StreamProtocol; 3],
    limits: Limits,
    links: Arc<Links>,
    deliver: Arc<dyn Deliver>,
    commands: mpsc::UnboundedSender<Command>,
    members: BTreeMap<PeerId, OrgId>,
    sessions: BTreeMap<OrgId, Session>,
    diallers: Vec<Dialler>,
    refused_until: BTreeMap<PeerId, Instant>,
}

impl Core {
    pub(super) fn new(
        config: &P2pConfig,
        keys: Keypair,
        links: Arc<Links>,
        deliver: Arc<dyn Deliver>,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Result<Self, NetworkError> {
        let limits = config.limits;
        let swarm = swarm(keys, &limits)?;
        let mut control = swarm.behaviour().streams.new_control();
        let protocol = |channel| session::protocol(config.chain, channel).map_err(NetworkError::Transport);
        let protocols = [protocol(Channel::Consensus)?, protocol(Channel::Transactions)?, protocol(Channel::Bulk)?];
        let mut accept = |protocol: &StreamProtocol| {
            control.accept(protocol.clone()).map_err(|_| NetworkError::Transport("protocol".into()))
        };
        let incoming = [accept(&protocols[0])?, accept(&protocols[1])?, accept(&protocols[2])?];
        let now = Instant::now();
        let dialler =
            |target: &DialTarget| Dialler { target: target.clone(), wait: limits.redial_min, next: now, busy: false };
        let diallers = config.dial.iter().map(dialler).collect();
        Ok(Self {
            swarm,
            incoming,
            protocols,
            limits,
            links,
            deliver,
            commands,
            members: BTreeMap::new(),
            sessions: BTreeMap::new(),
            diallers,
            refused_until: BTreeMap::new(),
        })
    }

    /// Starts listening and waits for the address.
    pub(super) async fn listen(&mut self, addr: SocketAddr) -> Result<SocketAddr, NetworkError> {
        let failed = |problem: String| NetworkError::Listen { addr, problem };
        self.swarm.listen_on(multiaddr(addr)).map_err(|error| failed(error.to_string()))?;
        loop {
            match self.swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { address, .. } => {
                    return socket_addr(&address).ok_or_else(|| failed(format!("listening on {address}")));
                }
                SwarmEvent::ListenerClosed { reason: Err(error), .. } => return Err(failed(error.to_string())),
                _ => {}
            }
        }
    }

    /// Runs until told to stop.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let [consensus, transactions, bulk] = &mut self.incoming;
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                command = inbox.recv() => match command {
                    None | Some(Command::Stop) => break,
                    Some(command) => self.on_command(command),
                },
                Some((peer, stream)) = consensus.next() => self.on_stream(peer, Channel::Consensus, stream),
                Some((peer, stream)) = transactions.next() => self.on_stream(peer, Channel::Transactions, stream),
                Some((peer, stream)) = bulk.next() => self.on_stream(peer, Channel::Bulk, stream),
                _ = tick.tick() => self.dial_due(Instant::now()),
            }
        }
        for org in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.drop_session(org);
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_established(peer_id, connection_id, endpoint.is_dialer());
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                let org = self.members.get(&peer_id).copied();
                let gone = |session: &Session| session.connection == connection_id;
                // A key that was just removed from the members is found by its connection.
                let found = self.sessions.iter().find(|(_, session)| gone(session)).map(|(org, _)| *org);
                if let Some(org) = found {
                    self.drop_session(org);
                }
                self.redial_soon(org.or(found));
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                tracing::debug!(%peer, %error, "dialling failed");
                self.dial_failed(peer);
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                tracing::debug!(%error, from = %send_back_addr, "an inbound connection was refused");
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event { peer, connection, result: Err(failure) }))
                if !matches!(failure, ping::Failure::Unsupported) =>
            {
                tracing::debug!(%peer, %failure, "closing");
                self.swarm.close_connection(connection);
            }
            _ => {}
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Opened { org, connection, streams } => self.on_opened(org, connection, streams),
            Command::Close { org, connection, fault, reason } => self.close(org, connection, fault, &reason),
            Command::Dial { target, addrs } => self.dial(target, addrs),
            Command::Members(members) => self.set_members(members),
            Command::Stop => {}
        }
    }

    /// Replaces the members; configured bootstrap keys stay.
    pub(super) fn set_members(&mut self, members: Vec<(OrgId, PublicKey)>) {
        let configured = self.diallers.iter().filter_map(|dialler| Some((dialler.target.org, dialler.target.key?)));
        let wanted: BTreeMap<PeerId, OrgId> =
            configured.chain(members).filter_map(|(org, key)| Some((peer_id(&key)?, org))).collect();
        let own = *self.swarm.local_peer_id();
        let allowed = &mut self.swarm.behaviour_mut().allowed;
        for peer in self.members.keys().filter(|peer| !wanted.contains_key(peer)) {
            allowed.disallow_peer(*peer);
        }
        for peer in wanted.keys().filter(|peer| **peer != own) {
            allowed.allow_peer(*peer);
        }
        self.members = wanted;
    }

    fn on_established(&mut self, peer: PeerId, connection: ConnectionId, dialled: bool) {
        let now = Instant::now();
        self.refused_until.retain(|_, until| *until > now);
        let Some(org) = self.members.get(&peer).copied() else {
            self.swarm.close_connection(connection);
            return;
        };
        if self.refused_until.contains_key(&peer) {
            tracing::debug!(%org, "refused: it broke the protocol a moment ago");
            self.swarm.close_connection(connection);
            return;
        }
        if let Some(session) = self.sessions.get(&org) {
            let smaller = *self.swarm.local_peer_id() < peer;
            let replaces =
                now.duration_since(session.since) > SIMULTANEOUS || session.dialled == dialled || dialled == smaller;
            if !replaces {
                self.swarm.close_connection(connection);
                return;
            }
            self.drop_session(org);
        }
        self.begin_session(org, peer, connection, dialled, now);
    }

    fn begin_session(&mut self, org: OrgId, peer: PeerId, connection: ConnectionId, dialled: bool, now: Instant) {
        let control = self.swarm.behaviour().streams.new_control();
        let commands = self.commands.clone();
        let open = session::open(control, peer, self.protocols.clone(), self.limits.patience);
        let opening = tokio::spawn(async move {
            let streams = open.await.map(Box::new);
            let _ = commands.send(Command::Opened { org, connection, streams });
        });
        let session = Session {
            peer,
            connection,
            dialled,
            since: now,
            up: watch::Sender::new(false),
            budgets: session::budgets(&self.limits),
            readers: [None, None, None],
            tasks: vec![opening.abort_handle()],
        };
        self.sessions.insert(org, session);
    }

    fn tie(&self, org: OrgId, connection: ConnectionId) -> Tie {
        Tie { org, connection, commands: self.commands.clone() }
    }

    fn on_opened(&mut self, org: OrgId, connection: ConnectionId, streams: Result<Box<[Stream; 3]>, String>) {
        let tie = self.tie(org, connection);
        let Some(session) = self.sessions.get_mut(&org).filter(|session| session.connection == connection) else {
            return;
        };
        let streams = match streams {
            Ok(streams) => streams,
            Err(reason) => return self.close(org, connection, Fault::None, &reason),
        };
        let (lanes, readers) = lanes(&self.limits);
        for (stream, lane) in streams.into_iter().zip(readers) {
            session.tasks.push(tokio::spawn(session::write(stream, lane, tie.clone())).abort_handle());
        }
        self.links.insert(org, Link { connection, lanes });
        tracing::info!(%org, "peer connected");
        self.deliver.up(org);
        session.up.send_replace(true);
        let target = self.diallers.iter_mut().find(|dialler| dialler.target.org == org);
        if let Some(dialler) = target {
            dialler.wait = self.limits.redial_min;
        }
    }

    fn on_stream(&mut self, peer: PeerId, channel: Channel, stream: Stream) {
        let Some(org) = self.members.get(&peer).copied() else { return };
        let Some(connection) = self.sessions.get(&org).map(|session| session.connection) else { return };
        let tie = self.tie(org, connection);
        let Some(session) = self.sessions.get_mut(&org).filter(|session| session.peer == peer) else { return };
        let index = index(channel);
        let reader = Reader {
            channel,
            limits: *self.limits.channel(channel),
            budget: session.budgets[index].clone(),
            up: session.up.subscribe(),
            deliver: self.deliver.clone(),
        };
        let task = tokio::spawn(session::read(stream, reader, tie)).abort_handle();
        if let Some(old) = session.readers[index].replace(task) {
            old.abort();
        }
    }

    fn close(&mut self, org: OrgId, connection: ConnectionId, fault: Fault, reason: &str) {
        let Some(session) = self.sessions.get(&org).filter(|session| session.connection == connection) else {
            return;
        };
        let peer = session.peer;
        tracing::warn!(%org, reason, "closing the connection to a peer");
        if fault == Fault::Peer {
            self.refused_until.insert(peer, Instant::now() + self.limits.refusal);
        }
        self.drop_session(org);
    }

    /// Forgets a session and closes its connection.
    fn drop_session(&mut self, org: OrgId) {
        let Some(session) = self.sessions.remove(&org) else { return };
        self.swarm.close_connection(session.connection);
        if self.links.remove(org, session.connection) {
            tracing::info!(%org, "peer disconnected");
            self.deliver.down(org);
        }
    }

    fn peer_of(&self, target: &DialTarget) -> Option<PeerId> {
        match target.key {
            Some(key) => peer_id(&key),
            None => self.members.iter().find(|(_, org)| **org == target.org).map(|(peer, _)| *peer),
        }
    }

    fn dial_due(&mut self, now: Instant) {
        for index in 0..self.diallers.len() {
            let dialler = &self.diallers[index];
            if dialler.busy || dialler.next > now || self.sessions.contains_key(&dialler.target.org) {
                continue;
            }
            let Some(peer) = self.peer_of(&dialler.target) else { continue };
            let commands = self.commands.clone();
            let addr = dialler.target.addr.clone();
            let wait = if *self.swarm.local_peer_id() < peer { Duration::ZERO } else { HEAD_START };
            self.diallers[index].busy = true;
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                let addrs = tokio::net::lookup_host(addr).await.map(Iterator::collect).unwrap_or_default();
                let _ = commands.send(Command::Dial { target: index, addrs });
            });
        }
    }

    fn dial(&mut self, index: usize, addrs: Vec<SocketAddr>) {
        let Some(dialler) = self.diallers.get(index) else { return };
        let org = dialler.target.org;
        let peer = self.peer_of(&dialler.target);
        let (Some(peer), false, false) = (peer, addrs.is_empty(), self.sessions.contains_key(&org)) else {
            return self.back_off(index);
        };
        let options = DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addrs.into_iter().map(multiaddr).collect())
            .build();
        // Success and failure both move the next attempt away; a session stops attempts.
        self.back_off(index);
        if let Err(error) = self.swarm.dial(options) {
            tracing::debug!(%org, %error, "not dialled");
        }
    }

    fn back_off(&mut self, index: usize) {
        if let Some(dialler) = self.diallers.get_mut(index) {
            dialler.busy = false;
            dialler.next = Instant::now() + dialler.wait;
            dialler.wait = (dialler.wait * 2).min(self.limits.redial_max);
        }
    }

    fn dial_failed(&mut self, peer: PeerId) {
        let org = self.members.get(&peer).copied();
        if let Some(dialler) = self.diallers.iter_mut().find(|dialler| Some(dialler.target.org) == org) {
            dialler.busy = false;
        }
    }

    fn redial_soon(&mut self, org: Option<OrgId>) {
        let soon = Instant::now() + self.limits.redial_min;
        for dialler in self.diallers.iter_mut().filter(|dialler| Some(dialler.target.org) == org) {
            dialler.next = dialler.next.min(soon).max(Instant::now());
        }
    }
}

fn swarm(keys: Keypair, limits: &Limits) -> Result<Swarm<Behaviour>, NetworkError> {
    let failed = |error: String| NetworkError::Transport(error);
    let yamux = || {
        let mut config = libp2p::yamux::Config::default();
        config.set_max_num_streams(STREAMS_MAX);
        config
    };
    let connections = ConnectionLimits::default()
        .with_max_pending_incoming(Some(HANDSHAKES_MAX))
        .with_max_established(Some(CONNECTIONS_MAX))
        .with_max_established_per_peer(Some(3));
    let ping = ping::Config::new().with_interval(limits.patience).with_timeout(limits.patience);
    let swarm = libp2p::SwarmBuilder::with_existing_identity(keys)
        .with_tokio()
        .with_tcp(libp2p::tcp::Config::default().nodelay(true), libp2p::noise::Config::new, yamux)
        .map_err(|error| failed(error.to_string()))?
        .with_behaviour(|_| Behaviour {
            allowed: allow_block_list::Behaviour::default(),
            limits: connection_limits::Behaviour::new(connections),
            ping: ping::Behaviour::new(ping),
            streams: libp2p_stream::Behaviour::new(),
        })
        .map_err(|error| failed(error.to_string()))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(limits.patience))
        .with_connection_timeout(limits.patience)
        .build();
    Ok(swarm)
}

const _: () = assert!(CHANNELS.len() == 3);
