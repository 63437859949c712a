//! Hostile peers at the port for nodes of a running node: each is cut off or ignored, blocks go on, nothing gets into
//! the chain, and the node's memory stays bounded.

mod attacks;

use std::cell::Cell;

use assent_client::{Cursor, Proofs};
use assent_tests::e2e::{Hostile, Load, Network, Port, until, within};
use assent_tests::report;
use assent_types::OrgId;
use assent_types::key::PublicKey;

/// Most memory that the node under attack may ever have, in bytes. An idle one has about a tenth.
const MEMORY_MAX: u64 = 384 << 20;
/// The node under attack.
const TARGET: usize = 0;
/// The validator whose keys an attacker has; its node does not run.
const STOLEN: usize = 3;

/// Members that run no node here.
const IDLE: std::ops::RangeInclusive<u32> = 5..=17;

/// The node under attack, and keys to attack it with.
struct Arena<'a> {
    network: &'a Network,
    target: PublicKey,
    next: Cell<u32>,
}

impl Arena<'_> {
    /// Connects as another member without a node than before: who attacked is refused for a while.
    fn member(&self) -> Hostile {
        let org = self.next.get();
        self.next.set(if org == *IDLE.end() { *IDLE.start() } else { org + 1 });
        self.as_org(OrgId(org))
    }

    /// After an attack: its memory was bounded, and blocks go on.
    async fn stands(&self, attack: &str, load: &Load) {
        let peak = self.network.memory_peak(TARGET);
        assert!(peak < MEMORY_MAX, "{attack}: the node had {peak} bytes");
        load.more(4).await;
    }

    fn as_org(&self, org: OrgId) -> Hostile {
        let key = self.network.key(org, "node");
        Hostile::connect(self.network.chain, &key, &self.target, self.network.addr(TARGET, Port::Peers))
    }
}

fn answered(input: &str, answer: &str) {
    report::line("bad-input", &format!("-- node port, {input}: {answer}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_peers_change_nothing() {
    let mut network = Network::start();
    let hospital = network.key(OrgId(1), "sign-tx");
    let lanes = (0..4).map(|lane| network.client(&[lane % 3], OrgId(1)));
    let load = Load::start(lanes.collect(), &hospital);
    load.more(100).await;

    let target = network.key(OrgId(1), "node").public();
    attacks::run(&Arena { network: &network, target, next: Cell::new(*IDLE.start()) }, &load).await;
    network.kill(&[STOLEN]);
    attacks::far_heights(&Arena { network: &network, target, next: Cell::new(*IDLE.start()) }, &load).await;

    let all = load.finish().await;
    let client = network.client(&[TARGET], OrgId(1));
    until("nothing is left in the mempool", || async {
        (client.status().await.unwrap().mempool_txs == 0).then_some(())
    })
    .await;
    // The chain holds what its clients were told and nothing else, at every node.
    for node in 0..STOLEN {
        let mut events = network.client(&[node], OrgId(1)).events(Cursor::START, Proofs::Verified);
        let last = all.iter().map(|one| one.receipt.height.0).max().unwrap();
        network.reaches(node, last).await;
        let mut receipts = Vec::new();
        while let Some(item) = within("the history", events.next_or_caught_up()).await.unwrap() {
            receipts.push(item.receipt);
        }
        let mut wanted: Vec<_> = all.iter().map(|one| one.receipt.clone()).collect();
        wanted.sort_by_key(|receipt| (receipt.height, receipt.index));
        assert_eq!(receipts, wanted, "node {node}");
    }
    let peak = network.memory_peak(TARGET) >> 20;
    answered("all of these", &format!("{} receipts and nothing else, never more than {peak} MiB of memory", all.len()));
    network.assert_all_run();
}
