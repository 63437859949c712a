//! One node of the simulation: a host, its disk, and the least that a replica does around it.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_consensus::{Config, Effect, Host, Input, Message, Signer, TimeoutsMs, WalEntry};
use assent_types::hash::{Tag, tagged_value};
use assent_types::key::{PublicKey, SecretKey, Signature};
use assent_types::validator::{CommitCertificate, Equivocation, ProposalPayload, ValidatorSet, VotePayload};
use assent_types::{BlockHash, ChainId, Height, OrgId};

/// A block of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, borsh::BorshSerialize)]
pub struct Body {
    pub height: Height,
    pub parent: BlockHash,
    pub proposer: OrgId,
    pub nonce: u64,
    pub sound: bool,
}

impl Body {
    pub fn hash(&self) -> BlockHash {
        BlockHash(tagged_value(Tag::Header, self))
    }
}

/// What the log holds.
#[derive(Clone, Debug)]
pub enum Record {
    Entry(WalEntry),
    Body(Body),
}

impl Record {
    fn height(&self) -> Height {
        match self {
            Self::Entry(entry) => entry.height(),
            Self::Body(body) => body.height,
        }
    }
}

/// What survives a crash, and what may not.
#[derive(Debug, Default)]
pub struct Disk {
    pub log: Vec<Record>,
    /// Appended, not synced.
    pub tail: Vec<Record>,
    pub chain: Vec<(Body, CommitCertificate)>,
    pub evidence: Vec<Equivocation>,
}

impl Disk {
    pub fn tip(&self) -> BlockHash {
        self.chain.last().map_or(BlockHash::default(), |(body, _)| body.hash())
    }

    pub fn next(&self) -> Height {
        Height(self.chain.len() as u64 + 1)
    }

    pub fn sync(&mut self) {
        self.log.append(&mut self.tail);
    }

    /// Whether the own vote or proposal is in the synced log.
    pub fn has(&self, message: &Message) -> bool {
        self.log.iter().any(|record| match (record, message) {
            (Record::Entry(WalEntry::Vote(a)), Message::Vote(b)) => a == b,
            (Record::Entry(WalEntry::Proposal(a)), Message::Proposal(b)) => a == b,
            _ => false,
        })
    }

    pub fn commit(&mut self, body: Body, certificate: CommitCertificate) {
        self.chain.push((body, certificate));
        let next = self.next();
        self.log.retain(|record| record.height() >= next);
        self.tail.retain(|record| record.height() >= next);
    }
}

pub struct Key(pub SecretKey);

impl Signer for Key {
    fn sign_vote(&self, key: &PublicKey, vote: &VotePayload) -> Option<Signature> {
        Some(&self.0).filter(|own| own.public() == *key).map(|own| vote.sign(own))
    }

    fn sign_proposal(&self, key: &PublicKey, proposal: &ProposalPayload) -> Option<Signature> {
        Some(&self.0).filter(|own| own.public() == *key).map(|own| proposal.sign(own))
    }
}

/// A node. Without a host it is down.
pub struct Node {
    pub org: OrgId,
    pub key: Key,
    pub me: Option<OrgId>,
    pub host: Option<Host>,
    pub disk: Disk,
    /// Bodies at hand, by block.
    pub bodies: BTreeMap<BlockHash, Body>,
    /// Bodies to judge once their height runs: round and block.
    pub waiting: Vec<(u32, BlockHash)>,
    /// Grows with every crash; events of an earlier life are void.
    pub life: u64,
    pub halted: Option<String>,
    pub validators: Arc<ValidatorSet>,
    /// Up to this height the node does not vote.
    pub silent_until: Height,
}

pub fn timeouts() -> TimeoutsMs {
    TimeoutsMs {
        propose: 300,
        propose_delta: 100,
        prevote: 100,
        prevote_delta: 50,
        precommit: 100,
        precommit_delta: 50,
        rebroadcast: 400,
        max: 5_000,
    }
}

impl Node {
    pub fn boot(&mut self, chain: ChainId) -> Vec<Effect> {
        let host = Host::new(Config { chain, me: self.me, timeouts: timeouts() });
        for record in &self.disk.log {
            if let Record::Body(body) = record {
                self.bodies.insert(body.hash(), *body);
            }
        }
        self.host = Some(host);
        let entries: Vec<WalEntry> = self
            .disk
            .log
            .iter()
            .filter_map(|record| match record {
                Record::Entry(entry) => Some(entry.clone()),
                Record::Body(_) => None,
            })
            .collect();
        self.start(&entries)
    }

    /// Starts the next height and judges the bodies that came early.
    pub fn start(&mut self, entries: &[WalEntry]) -> Vec<Effect> {
        let mut out = Vec::new();
        let height = self.disk.next();
        let Some(host) = &mut self.host else { return out };
        host.set_silent(height <= self.silent_until);
        host.start_height(height, Arc::clone(&self.validators), entries, &self.key, &mut out);
        for (round, block) in std::mem::take(&mut self.waiting) {
            self.judge(round, block, &mut out);
        }
        out
    }

    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        if let Some(host) = &mut self.host {
            host.step(input, &self.key, &mut out);
        }
        out
    }

    pub fn running(&self) -> Option<Height> {
        self.host.as_ref().filter(|host| host.position().is_some()).and_then(Host::height)
    }

    /// A body came: judges it now, or keeps it for its height.
    pub fn body(&mut self, round: u32, body: Body) -> Vec<Effect> {
        let mut out = Vec::new();
        if body.height < self.disk.next() {
            return out;
        }
        self.bodies.insert(body.hash(), body);
        self.judge(round, body.hash(), &mut out);
        out
    }

    pub fn is_valid(&self, body: &Body) -> bool {
        body.sound && body.parent == self.disk.tip() && body.height == self.disk.next()
    }

    fn judge(&mut self, round: u32, block: BlockHash, out: &mut Vec<Effect>) {
        let Some(body) = self.bodies.get(&block).copied() else { return };
        if self.running() != Some(body.height) {
            if body.height >= self.disk.next() {
                self.waiting.push((round, block));
            }
            return;
        }
        let valid = self.is_valid(&body);
        self.disk.tail.push(Record::Body(body));
        let input = Input::Judged { height: body.height, round, proposer: body.proposer, block, valid };
        out.extend(self.step(input));
    }
}
