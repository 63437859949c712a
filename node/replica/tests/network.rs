//! Four nodes on model disks with a network that loses nothing: the shortest way through the whole replica.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, VecDeque};

use assent_consensus::{Signer, TimeoutsMs};
use assent_genesis::sample::{self, OrgKeys};
use assent_proofs::bundle::{Bundle, Proven};
use assent_replica::config::Pacing;
use assent_replica::jobs::{Job, JobResult};
use assent_replica::ledger::{head, query, rebuild};
use assent_replica::storage::Storage;
use assent_replica::storage::model::{ModelLog, ModelStore};
use assent_replica::{CommitNotice, Config, Input, NodeSigner, Output, Replica};
use assent_types::action::{Action, RegisterSubject, possession_of};
use assent_types::ids::{ChainId, Hash32, Height, Millis, OrgId, Sp, TxHash};
use assent_types::key::{KeyUsage, PublicKey, SecretKey, Signature};
use assent_types::subject::AgeBand;
use assent_types::tx::{TX_FORMAT, Transaction, TxBody};
use assent_types::validator::{ProposalPayload, VotePayload};
use assent_types::{ErrorCode, state::StateKey};

struct Keys(OrgKeys);

impl Signer for Keys {
    fn sign_vote(&self, key: &PublicKey, vote: &VotePayload) -> Option<Signature> {
        Some(self.0.key(KeyUsage::Validate).unwrap()).filter(|own| own.public() == *key).map(|own| vote.sign(own))
    }

    fn sign_proposal(&self, key: &PublicKey, proposal: &ProposalPayload) -> Option<Signature> {
        Some(self.0.key(KeyUsage::Validate).unwrap()).filter(|own| own.public() == *key).map(|own| proposal.sign(own))
    }
}

impl NodeSigner for Keys {
    fn service_key(&self) -> Option<&SecretKey> {
        self.0.key(KeyUsage::Receipt)
    }
}

struct Node {
    replica: Replica,
    store: ModelStore,
    log: ModelLog,
    keys: Keys,
    committed: Vec<std::sync::Arc<CommitNotice>>,
    answers: BTreeMap<u64, Result<TxHash, ErrorCode>>,
}

struct Network {
    chain: ChainId,
    now: Millis,
    nodes: BTreeMap<OrgId, Node>,
    inputs: VecDeque<(OrgId, Input)>,
}

const GENESIS_TIME: Millis = Millis(1_800_000_000_000);

impl Network {
    fn new(validators: u32) -> Self {
        let mut next = 0u8;
        let (doc, secrets) = sample::simulated(validators, GENESIS_TIME, || {
            next += 1;
            [next; 32]
        });
        let genesis = assent_genesis::build(&doc).unwrap();
        let mut network =
            Self { chain: genesis.chain, now: GENESIS_TIME, nodes: BTreeMap::new(), inputs: VecDeque::new() };
        for org in secrets.into_iter().filter(|org| org.key(KeyUsage::Validate).is_some()) {
            let store = ModelStore::default();
            store.write(&head::initialise(&genesis).unwrap()).unwrap();
            network.boot(Keys(org), store, ModelLog::default());
        }
        let orgs: Vec<OrgId> = network.nodes.keys().copied().collect();
        for a in &orgs {
            for b in orgs.iter().filter(|b| *b != a) {
                network.inputs.push_back((*a, Input::PeerUp(*b)));
            }
        }
        network
    }

    fn boot(&mut self, keys: Keys, store: ModelStore, log: ModelLog) {
        let config = Config {
            chain: self.chain,
            me: keys.0.org,
            timeouts: TimeoutsMs::default(),
            pacing: Pacing::default(),
            mempool: Default::default(),
        };
        let mut out = Vec::new();
        let snapshot = store.snapshot().unwrap();
        let replica = Replica::boot(config, snapshot.as_ref(), Some(log.entries()), self.now, &keys, &mut out).unwrap();
        let me = keys.0.org;
        let node = Node { replica, store, log, keys, committed: Vec::new(), answers: BTreeMap::new() };
        self.nodes.insert(me, node);
        self.carry_out(me, out);
    }

    fn carry_out(&mut self, me: OrgId, outputs: Vec<Output>) {
        let peers: Vec<OrgId> = self.nodes.keys().copied().filter(|org| *org != me).collect();
        let node = self.nodes.get_mut(&me).unwrap();
        for output in outputs {
            match output {
                Output::WalAppend(entry) => node.log.append(&entry),
                Output::WalSync => node.log.sync(),
                Output::WalReset => node.log.reset(),
                Output::Send { to, bytes, .. } => {
                    self.inputs.push_back((to, Input::Peer { from: me, bytes: bytes.to_vec() }));
                }
                Output::Broadcast { bytes, .. } => {
                    for to in &peers {
                        self.inputs.push_back((*to, Input::Peer { from: me, bytes: bytes.to_vec() }));
                    }
                }
                Output::Disconnect { peer, reason } => panic!("{me} disconnects {peer}: {reason}"),
                Output::Job { id, job } => {
                    let result = match job {
                        Job::Commit { batch } => {
                            node.store.write(&batch).unwrap();
                            JobResult::Committed
                        }
                        job => job.run(node.store.snapshot().unwrap().as_ref()),
                    };
                    self.inputs.push_back((me, Input::Done { id, result }));
                }
                Output::Answer { ticket, result } => {
                    node.answers.insert(ticket, result);
                }
                Output::Committed(notice) => node.committed.push(notice),
                Output::Halt(reason) => panic!("{me} halts: {reason}"),
            }
        }
    }

    fn step(&mut self, to: OrgId, input: Input) {
        let Some(node) = self.nodes.get_mut(&to) else { return };
        let mut out = Vec::new();
        node.replica.step(self.now, input, &node.keys, &mut out);
        self.carry_out(to, out);
    }

    /// Runs until the condition holds; panics after ten minutes of virtual time.
    fn run_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = self.now.plus(600_000);
        while !done(self) {
            if let Some((to, input)) = self.inputs.pop_front() {
                self.step(to, input);
                continue;
            }
            let next = self.nodes.values().filter_map(|node| node.replica.next_wake()).min().unwrap();
            assert!(next < deadline, "{what}: not within ten minutes");
            self.now = self.now.max(next);
            let all: Vec<OrgId> = self.nodes.keys().copied().collect();
            for org in all {
                self.step(org, Input::Tick);
            }
        }
    }

    fn tx(&self, number: u8) -> Transaction {
        let hospital = self.nodes[&OrgId(1)].keys.0.key(KeyUsage::SignTx).unwrap();
        let subject = SecretKey::from_seed(&[number.wrapping_add(100); 32]);
        let sp = Sp(Hash32([number; 32]));
        let key = subject.public();
        let action = Action::RegisterSubject(RegisterSubject {
            sp,
            key,
            loa: 2,
            age_band: AgeBand::Adult,
            attest: Hash32([9; 32]),
            possession: subject.sign_possession(&possession_of(self.chain, &key, &sp)),
        });
        let body = TxBody {
            format: TX_FORMAT,
            chain: self.chain,
            signer: hospital.public().id(),
            idempotency: [number; 16],
            expires_at: self.now.plus(60_000),
            action,
        };
        body.sign(hospital, Vec::new()).unwrap()
    }

    fn height(&self, org: u32) -> Height {
        self.nodes[&OrgId(org)].replica.head().height
    }
}

#[test]
fn four_nodes_agree_and_prove_it() {
    let mut network = Network::new(4);
    let txs: Vec<Transaction> = (1..=20).map(|number| network.tx(number)).collect();
    for (tx, ticket) in txs.iter().zip(0u64..) {
        let to = OrgId(u32::try_from(ticket % 4).unwrap() + 1);
        network.step(to, Input::Submit { ticket, member: to, tx: tx.to_bytes() });
    }
    let last = txs.last().unwrap().hash();
    network.run_until("all transactions final everywhere", |network| {
        network.nodes.values().all(|node| {
            let read = node.store.snapshot().unwrap();
            txs.iter().all(|tx| query::receipt(read.as_ref(), &tx.hash()).unwrap().is_some())
        })
    });
    let heads: Vec<_> = network.nodes.values().map(|node| node.replica.head().clone()).collect();
    assert!(heads.windows(2).all(|pair| pair[0].height != pair[1].height || pair[0] == pair[1]));
    let read = network.nodes[&OrgId(2)].store.snapshot().unwrap();
    for tx in &txs {
        let receipt = query::receipt(read.as_ref(), &tx.hash()).unwrap().unwrap().receipt;
        assert_eq!(receipt.error(), None);
    }
    let bundle = query::receipt_bundle(read.as_ref(), &last).unwrap().unwrap();
    let verified = Bundle::verify(&bundle, network.chain).unwrap();
    assert!(matches!(verified.proven, Proven::Receipt { .. }));
    let absent = StateKey::Subject(Sp(Hash32([250; 32])));
    let bundle = query::state_bundle(read.as_ref(), &[absent, StateKey::Params]).unwrap();
    Bundle::verify(&bundle, network.chain).unwrap();
    assert_eq!(rebuild::deadlines(read.as_ref()).unwrap(), rebuild::indexed_deadlines(read.as_ref()).unwrap());
    let memory = rebuild::memory(read.as_ref()).unwrap();
    assert_eq!(memory, rebuild::indexed_memory(read.as_ref()).unwrap());
    assert_eq!(memory.len(), txs.len());
}

#[test]
fn an_idle_chain_makes_a_block_at_once_then_every_half_minute_and_no_more() {
    let mut network = Network::new(4);
    network.run_until("the first block", |network| network.height(1) >= Height(1));
    let elapsed = network.now.0 - GENESIS_TIME.0;
    assert!(elapsed < 3_000, "{elapsed} ms until there is something to prove");
    network.run_until("four blocks", |network| network.height(1) >= Height(4));
    let elapsed = network.now.0 - GENESIS_TIME.0;
    assert!((90_000..96_000).contains(&elapsed), "{elapsed} ms for four empty blocks");
}

#[test]
fn a_node_that_was_away_catches_up() {
    let mut network = Network::new(4);
    let away = network.nodes.remove(&OrgId(3)).unwrap();
    for org in [1, 2, 4] {
        network.step(OrgId(org), Input::PeerDown(OrgId(3)));
    }
    let txs: Vec<Transaction> = (1..=9).map(|number| network.tx(number)).collect();
    for (tx, ticket) in txs.iter().zip(0u64..) {
        network.step(OrgId(1), Input::Submit { ticket, member: OrgId(1), tx: tx.to_bytes() });
        network.run_until("one more block", |network| {
            let read = network.nodes[&OrgId(2)].store.snapshot().unwrap();
            query::receipt(read.as_ref(), &tx.hash()).unwrap().is_some()
        });
    }
    network.run_until("nine blocks", |network| network.height(2) >= Height(9));
    let mut log = away.log;
    log.crash(0);
    network.boot(away.keys, away.store, log);
    for org in [1, 2, 4] {
        network.inputs.push_back((OrgId(org), Input::PeerUp(OrgId(3))));
        network.inputs.push_back((OrgId(3), Input::PeerUp(OrgId(org))));
    }
    let goal = network.height(2);
    network.run_until("the node has caught up", |network| network.height(3) >= goal);
    assert!(network.nodes[&OrgId(3)].committed.len() >= 9);
}
