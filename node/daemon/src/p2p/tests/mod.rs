//! Real sockets on the loopback interface: nodes among each other, and nodes against a peer that keeps no rule.

mod hostile;
mod mesh;
mod rules;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use assent_replica::io::Channel;
use assent_types::ids::{ChainId, Hash32, OrgId};
use assent_types::key::{PublicKey, SecretKey};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::{Deliver, DialTarget, Limits, Network, P2pConfig};

const CHAIN: ChainId = ChainId(Hash32([5; 32]));
/// No condition of these tests takes this long unless it never comes true.
const PATIENCE: Duration = Duration::from_secs(60);

fn key(org: u32) -> SecretKey {
    let mut seed = [9; 32];
    seed[..4].copy_from_slice(&org.to_le_bytes());
    SecretKey::from_seed(&seed)
}

fn members(orgs: &[u32]) -> Vec<(OrgId, PublicKey)> {
    orgs.iter().map(|org| (OrgId(*org), key(*org).public())).collect()
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

enum Event {
    Up(OrgId),
    Down(OrgId),
    Frame { from: OrgId, channel: Channel, bytes: Vec<u8>, permit: OwnedSemaphorePermit },
}

struct Sink(mpsc::UnboundedSender<Event>);

impl Deliver for Sink {
    fn up(&self, org: OrgId) {
        let _ = self.0.send(Event::Up(org));
    }

    fn down(&self, org: OrgId) {
        let _ = self.0.send(Event::Down(org));
    }

    fn frame(&self, from: OrgId, channel: Channel, bytes: Vec<u8>, permit: OwnedSemaphorePermit) {
        let _ = self.0.send(Event::Frame { from, channel, bytes, permit });
    }
}

struct TestNode {
    network: Network,
    task: JoinHandle<()>,
    events: mpsc::UnboundedReceiver<Event>,
}

impl TestNode {
    async fn start(org: u32, port: u16, dial: &[(u32, u16)], known: &[u32], limits: Limits) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let target =
            |(org, port): &(u32, u16)| DialTarget { org: OrgId(*org), key: None, addr: format!("localhost:{port}") };
        let config = P2pConfig {
            chain: CHAIN,
            node_key: key(org),
            listen: ([127, 0, 0, 1], port).into(),
            dial: dial.iter().map(target).collect(),
            limits,
        };
        let (network, task) = Network::start(config, members(known), Arc::new(Sink(sender))).await.unwrap();
        Self { network, task, events }
    }

    fn port(&self) -> u16 {
        self.network.listening().port()
    }

    async fn event(&mut self, what: &str) -> Event {
        within(what, self.events.recv()).await.unwrap()
    }

    async fn wait_up(&mut self, org: u32) {
        loop {
            if let Event::Up(up) = self.event("a peer comes up").await
                && up == OrgId(org)
            {
                return;
            }
        }
    }

    async fn wait_down(&mut self, org: u32) {
        loop {
            if let Event::Down(down) = self.event("a peer goes down").await
                && down == OrgId(org)
            {
                return;
            }
        }
    }

    async fn frame(&mut self) -> (OrgId, Channel, Vec<u8>) {
        loop {
            if let Event::Frame { from, channel, bytes, .. } = self.event("a frame arrives").await {
                return (from, channel, bytes);
            }
        }
    }

    fn peers(&self) -> Vec<u32> {
        self.network.peers().iter().map(|peer| peer.org.0).collect()
    }

    async fn stop(self) {
        self.network.stop();
        within("the transport ends", self.task).await.unwrap();
    }
}
