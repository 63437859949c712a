//! The node under test and what it said.

use std::collections::VecDeque;

use assent_consensus::{Message, SignedProposal, SignedVote, Signer, TimeoutsMs};
use assent_genesis::Genesis;
use assent_genesis::sample::{self, OrgKeys};
use assent_replica::config::Pacing;
use assent_replica::io::FinalBlock;
use assent_replica::jobs::{Checked, Job, JobResult};
use assent_replica::ledger::head;
use assent_replica::storage::Storage;
use assent_replica::storage::model::{ModelLog, ModelStore};
use assent_replica::{BootError, Config, Input, NodeSigner, Output, PeerMessage, Replica};
use assent_types::codec::{Bytes, List};
use assent_types::ids::{BlockHash, Height, Millis, OrgId};
use assent_types::key::{KeyUsage, PublicKey, SecretKey, Signature};
use assent_types::validator::{CommitCertificate, CommitSignature, ProposalPayload, VotePayload, VoteStep};

pub(crate) const GENESIS_TIME: Millis = Millis(1_800_000_000_000);

pub(crate) struct Keys(pub(crate) OrgKeys);

impl Keys {
    pub(crate) fn validate(&self) -> &SecretKey {
        self.0.key(KeyUsage::Validate).unwrap()
    }
}

impl Signer for Keys {
    fn sign_vote(&self, key: &PublicKey, vote: &VotePayload) -> Option<Signature> {
        Some(self.validate()).filter(|own| own.public() == *key).map(|own| vote.sign(own))
    }

    fn sign_proposal(&self, key: &PublicKey, proposal: &ProposalPayload) -> Option<Signature> {
        Some(self.validate()).filter(|own| own.public() == *key).map(|own| proposal.sign(own))
    }
}

impl NodeSigner for Keys {
    fn service_key(&self) -> Option<&SecretKey> {
        self.0.key(KeyUsage::Receipt)
    }
}

/// A network of four of which one runs.
pub(crate) struct Alone {
    pub(crate) genesis: Genesis,
    pub(crate) orgs: Vec<Keys>,
    pub(crate) me: OrgId,
    pub(crate) now: Millis,
    pub(crate) store: ModelStore,
    pub(crate) log: ModelLog,
    pub(crate) replica: Replica,
    /// Whether finished jobs are kept back.
    pub(crate) hold: bool,
    pub(crate) held: Vec<Input>,
    pub(crate) jobs: Vec<&'static str>,
    pub(crate) sent: Vec<(Option<OrgId>, PeerMessage)>,
    pub(crate) disconnects: Vec<(OrgId, String)>,
    pub(crate) halts: Vec<String>,
    pub(crate) commits: Vec<Height>,
}

pub(crate) fn config(genesis: &Genesis, me: OrgId) -> Config {
    Config {
        chain: genesis.chain,
        me,
        timeouts: TimeoutsMs { propose: 10_000, ..TimeoutsMs::default() },
        pacing: Pacing::default(),
        mempool: Default::default(),
    }
}

pub(crate) fn network() -> (Genesis, Vec<Keys>) {
    let mut next = 0u8;
    let (doc, secrets) = sample::simulated(4, GENESIS_TIME, || {
        next += 1;
        [next; 32]
    });
    let validators = secrets.into_iter().filter(|org| org.key(KeyUsage::Validate).is_some());
    (assent_genesis::build(&doc).unwrap(), validators.map(Keys).collect())
}

pub(crate) fn boot(
    genesis: &Genesis,
    keys: &Keys,
    store: &ModelStore,
    wal: Option<Vec<Vec<u8>>>,
    out: &mut Vec<Output>,
) -> Result<Replica, BootError> {
    let read = store.snapshot().unwrap();
    Replica::boot(config(genesis, keys.0.org), read.as_ref(), wal, GENESIS_TIME.plus(10_000), keys, out)
}

impl Alone {
    /// A node at genesis, ten seconds after it, connected with the three others.
    pub(crate) fn new(me: u32) -> Self {
        let (genesis, orgs) = network();
        let store = ModelStore::default();
        store.write(&head::initialise(&genesis).unwrap()).unwrap();
        let me = OrgId(me);
        let mut out = Vec::new();
        let keys = orgs.iter().find(|keys| keys.0.org == me).unwrap();
        let replica = boot(&genesis, keys, &store, Some(Vec::new()), &mut out).unwrap();
        let mut alone = Self {
            genesis,
            orgs,
            me,
            now: GENESIS_TIME.plus(10_000),
            store,
            log: ModelLog::default(),
            replica,
            hold: false,
            held: Vec::new(),
            jobs: Vec::new(),
            sent: Vec::new(),
            disconnects: Vec::new(),
            halts: Vec::new(),
            commits: Vec::new(),
        };
        alone.carry_out(out);
        for other in alone.others() {
            alone.step(Input::PeerUp(other));
        }
        alone
    }

    pub(crate) fn others(&self) -> Vec<OrgId> {
        self.orgs.iter().map(|keys| keys.0.org).filter(|org| *org != self.me).collect()
    }

    pub(crate) fn keys(&self, org: OrgId) -> &Keys {
        self.orgs.iter().find(|keys| keys.0.org == org).unwrap()
    }

    pub(crate) fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut out = Vec::new();
            let keys = self.orgs.iter().find(|keys| keys.0.org == self.me).unwrap();
            self.replica.step(self.now, input, keys, &mut out);
            self.carry_out(out);
            if !self.hold {
                inputs.extend(std::mem::take(&mut self.held));
            }
        }
    }

    pub(crate) fn release(&mut self) {
        self.hold = false;
        for input in std::mem::take(&mut self.held) {
            self.step(input);
        }
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::WalAppend(entry) => self.log.append(&entry),
                Output::WalSync => self.log.sync(),
                Output::WalReset => self.log.reset(),
                Output::Send { to, bytes, .. } => {
                    self.sent.push((Some(to), PeerMessage::from_bytes(&bytes).unwrap()));
                }
                Output::Broadcast { bytes, .. } => self.sent.push((None, PeerMessage::from_bytes(&bytes).unwrap())),
                Output::Disconnect { peer, reason } => self.disconnects.push((peer, reason)),
                Output::Job { id, job } => {
                    self.jobs.push(kind(&job));
                    let result = match job {
                        Job::Commit { batch } => match self.store.write(&batch) {
                            Ok(()) => JobResult::Committed,
                            Err(error) => JobResult::Failed(error),
                        },
                        job => job.run(self.store.snapshot().unwrap().as_ref()),
                    };
                    self.held.push(Input::Done { id, result });
                }
                Output::Answer { .. } => {}
                Output::Committed(notice) => self.commits.push(notice.height),
                Output::Halt(reason) => self.halts.push(reason),
            }
        }
    }

    /// Lets time pass, with every wake-up on the way.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while let Some(wake) = self.replica.next_wake().filter(|wake| *wake <= end) {
            self.now = self.now.max(wake);
            self.step(Input::Tick);
        }
        self.now = end;
    }

    pub(crate) fn hear(&mut self, from: OrgId, message: &PeerMessage) {
        self.step(Input::Peer { from, bytes: message.to_bytes() });
    }

    /// A block of somebody on the present head.
    pub(crate) fn block(&self, proposer: OrgId, time: Millis, txs: Vec<Checked>) -> (BlockHash, Vec<u8>) {
        let job = Job::Build { head: self.replica.head().clone(), me: proposer, time, txs };
        match job.run(self.store.snapshot().unwrap().as_ref()) {
            JobResult::Built { executed, .. } => (executed.hash, executed.bytes.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn body(&mut self, from: OrgId, round: u32, bytes: &[u8]) {
        self.hear(from, &PeerMessage::Body { round, block: Bytes::new(bytes.to_vec()).unwrap() });
    }

    pub(crate) fn propose(&mut self, from: OrgId, round: u32, block: BlockHash) {
        let height = self.replica.head().height.next();
        let chain = self.genesis.chain;
        let proposal = ProposalPayload { chain, height, round, block, pol_round: None, proposer: from };
        let signature = proposal.sign(self.keys(from).validate());
        self.hear(from, &PeerMessage::ordering(&Message::Proposal(SignedProposal { proposal, signature })));
    }

    pub(crate) fn vote_at(&mut self, height: Height, from: OrgId, step: VoteStep, block: Option<BlockHash>) {
        let vote = VotePayload { chain: self.genesis.chain, step, height, round: 0, block, voter: from };
        let signature = vote.sign(self.keys(from).validate());
        self.hear(from, &PeerMessage::ordering(&Message::Vote(SignedVote { vote, signature })));
    }

    /// All others vote for a block in round 0 of the height in progress.
    pub(crate) fn all_vote(&mut self, step: VoteStep, block: BlockHash) {
        let height = self.replica.head().height.next();
        for from in self.others() {
            self.vote_at(height, from, step, Some(block));
        }
    }

    /// What the node itself voted.
    pub(crate) fn votes(&self, step: VoteStep) -> Vec<Option<BlockHash>> {
        let votes = self.sent.iter().filter_map(|(to, message)| match (to, message) {
            (None, PeerMessage::Consensus(inner)) => match Message::from_bytes(inner).unwrap() {
                Message::Vote(signed) if signed.vote.voter == self.me && signed.vote.step == step => {
                    Some(signed.vote.block)
                }
                _ => None,
            },
            _ => None,
        });
        votes.collect()
    }

    /// A final block on the present head, certified by the others.
    pub(crate) fn final_block(&self, block: BlockHash, bytes: &[u8]) -> FinalBlock {
        let height = self.replica.head().height.next();
        let mut certificate = CommitCertificate { height, round: 0, block, signatures: List::default() };
        let sign = |voter: OrgId| CommitSignature {
            voter,
            signature: certificate.precommit(self.genesis.chain, voter).sign(self.keys(voter).validate()),
        };
        let signatures: Vec<_> = self.others().into_iter().map(sign).collect();
        certificate.signatures = List::new(signatures).unwrap();
        FinalBlock { block: Bytes::new(bytes.to_vec()).unwrap(), certificate }
    }
}

fn kind(job: &Job) -> &'static str {
    match job {
        Job::Verify { .. } => "verify",
        Job::Build { .. } => "build",
        Job::Decode { .. } => "decode",
        Job::Execute { .. } => "execute",
        Job::Commit { .. } => "commit",
        Job::Range { .. } => "range",
    }
}
