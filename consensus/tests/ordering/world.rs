//! A network of nodes in virtual time. One seed, one run.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_consensus::{Disposition, Effect, Input, Message, SignedProposal, SignedVote, TimeoutId};
use assent_types::hash::{Tag, tagged};
use assent_types::key::SecretKey;
use assent_types::validator::{CommitCertificate, Validator, ValidatorSet};
use assent_types::{BlockHash, ChainId, Hash32, Height, OrgId, encode};

use crate::audit::Audit;
use crate::node::{Body, Disk, Key, Node, Record};
use crate::rng::Rng;
use crate::schedule::{Network, Schedule};

/// What a Byzantine validator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malice {
    /// Votes and proposes two things at once.
    Twin,
    /// Proposes, and shows the block to one validator only.
    Withhold,
    /// Proposes blocks that are not valid.
    Unsound,
    /// Answers block sync with another block and the signatures that it can make itself.
    Forge,
}

/// A rule that a run breaks on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    /// A crash loses the whole log and the node votes on.
    DropLog,
    /// A crash loses the whole log and the node stays silent for as long as it must: nothing is broken.
    DropLogSilently,
    /// Syncs do nothing.
    NoSync,
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub nodes: usize,
    pub followers: usize,
    pub network: Network,
    /// A node crashes after about this many effects; 0 for never.
    pub crash_every: u64,
    /// Most nodes down at a time.
    pub down_max: usize,
    pub malice: BTreeMap<usize, Malice>,
    pub broken: Broken,
}

impl Plan {
    pub fn new(seed: u64, nodes: usize) -> Self {
        Self {
            seed,
            nodes,
            followers: 0,
            network: Network::reliable(1, 40),
            crash_every: 0,
            down_max: (nodes - 1) / 3,
            malice: BTreeMap::new(),
            broken: Broken::Nothing,
        }
    }
}

#[derive(Clone, Debug)]
enum Wire {
    Message(Vec<u8>),
    Body(u32, Body),
    Ask(Height),
    Give(Body, CommitCertificate),
}

enum Event {
    Arrive { from: usize, to: usize, wire: Wire },
    Timer { node: usize, life: u64, id: TimeoutId },
    Build { node: usize, life: u64, height: Height, round: u32 },
    Start { node: usize, life: u64 },
    Restart { node: usize },
    Synced { node: usize, life: u64, certificate: CommitCertificate, proposer: OrgId },
    Sync,
}

pub struct World {
    pub plan: Plan,
    pub nodes: Vec<Node>,
    pub audit: Audit,
    schedule: Schedule<Event>,
    pub rng: Rng,
    pub chain: ChainId,
    pub validators: Arc<ValidatorSet>,
    pub crashes: u64,
    pub replays: u64,
    pub synced: u64,
    pub rejected: u64,
    pub rounds: u64,
    pub events: u64,
    fuse: u64,
    trace: Hash32,
}

pub fn org(index: usize) -> OrgId {
    OrgId(index as u32 + 1)
}

impl World {
    pub fn new(plan: Plan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let total = plan.nodes + plan.followers;
        let key = |index: usize| SecretKey::from_seed(&[index as u8 + 1; 32]);
        let validators =
            (0..plan.nodes).map(|index| Validator { org: org(index), power: 1, key: key(index).public() }).collect();
        let validators = Arc::new(ValidatorSet::new(validators).expect("a valid set"));
        let nodes = (0..total)
            .map(|index| Node {
                org: org(index),
                key: Key(key(index)),
                me: (index < plan.nodes).then(|| org(index)),
                host: None,
                disk: Disk::default(),
                bodies: BTreeMap::new(),
                waiting: Vec::new(),
                life: 0,
                halted: None,
                validators: Arc::clone(&validators),
                silent_until: Height(0),
            })
            .collect();
        let byzantine = plan.malice.keys().map(|index| org(*index)).collect();
        let fuse = if plan.crash_every > 0 { rng.between(1, 2 * plan.crash_every) } else { u64::MAX };
        let mut world = Self {
            plan,
            nodes,
            audit: Audit::new(byzantine),
            schedule: Schedule::new(),
            rng,
            chain: ChainId(Hash32([7; 32])),
            validators,
            crashes: 0,
            replays: 0,
            synced: 0,
            rejected: 0,
            rounds: 0,
            events: 0,
            fuse,
            trace: Hash32::ZERO,
        };
        for node in 0..total {
            world.at(0, Event::Restart { node });
        }
        world.at(500, Event::Sync);
        world
    }

    fn at(&mut self, delay_ms: u64, event: Event) {
        self.schedule.after(delay_ms, event);
    }

    pub fn honest(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|index| !self.plan.malice.contains_key(index))
    }

    /// The least height that every honest node that has not halted has committed.
    pub fn height(&self) -> u64 {
        self.honest().map(|index| self.nodes[index].disk.chain.len() as u64).min().unwrap_or(0)
    }

    /// The current instant, in milliseconds.
    pub fn now(&self) -> u64 {
        self.schedule.now
    }

    /// A digest of everything that happened.
    pub fn trace(&self) -> Hash32 {
        self.trace
    }

    /// Runs until every honest node has this many blocks, or a rule breaks, or the time is over. Returns whether the
    /// height was reached.
    pub fn run_to(&mut self, height: u64, until_ms: u64) -> bool {
        while self.height() < height && self.audit.broken.is_empty() && self.schedule.now < until_ms {
            let Some(event) = self.schedule.next() else { return false };
            self.events += 1;
            self.handle(event);
        }
        self.height() >= height
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrive { from, to, wire } => self.arrive(from, to, wire),
            Event::Timer { node, life, id } if life == self.nodes[node].life => {
                let out = self.nodes[node].step(Input::Timeout(id));
                self.carry_out(node, out);
            }
            Event::Build { node, life, height, round } if life == self.nodes[node].life => {
                self.build(node, height, round);
            }
            Event::Start { node, life } if life == self.nodes[node].life => {
                let out = self.nodes[node].start(&[]);
                self.carry_out(node, out);
            }
            Event::Synced { node, life, certificate, proposer } if life == self.nodes[node].life => {
                self.judge_synced(node, certificate, proposer);
            }
            Event::Restart { node } => self.restart(node),
            Event::Sync => {
                for node in 0..self.nodes.len() {
                    let peer = self.rng.index(self.nodes.len());
                    let height = self.nodes[node].disk.next();
                    if self.nodes[node].host.is_some() && peer != node {
                        self.send(node, peer, Wire::Ask(height));
                    }
                }
                self.at(300, Event::Sync);
            }
            Event::Timer { .. } | Event::Build { .. } | Event::Start { .. } | Event::Synced { .. } => {}
        }
    }

    fn send(&mut self, from: usize, to: usize, wire: Wire) {
        if let Some(delay) = self.plan.network.delay(from, to, &mut self.rng) {
            self.at(delay, Event::Arrive { from, to, wire });
        }
    }

    fn broadcast(&mut self, from: usize, wire: &Wire) {
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            self.send(from, to, wire.clone());
        }
    }

    fn arrive(&mut self, from: usize, to: usize, wire: Wire) {
        if self.nodes[to].host.is_none() {
            return;
        }
        let out = match wire {
            Wire::Message(bytes) => {
                let message = Message::from_bytes(&bytes).expect("peers send canonical messages");
                // A twin must not hear its other half, or it stops: its host is honest.
                if self.plan.malice.get(&to) == Some(&Malice::Twin) && !matches!(message, Message::Proposal(_)) {
                    let own = self.nodes[to].org;
                    if message.sender() == Some(own) || message.sender().is_none() {
                        return;
                    }
                }
                // Half of the messages take the way of a verifying pool.
                let verified = self.rng.chance(500) && message.signatures_valid(self.chain, &self.validators);
                let host = self.nodes[to].host.as_ref().expect("up");
                if host.disposition(&message) == Disposition::Behind {
                    let height = message.height();
                    self.give(to, from, height);
                }
                self.nodes[to].step(Input::Message { from: org(from), message, verified })
            }
            Wire::Body(round, body) => self.nodes[to].body(round, body),
            Wire::Ask(height) => {
                self.give(to, from, height);
                Vec::new()
            }
            Wire::Give(body, certificate) => {
                if self.nodes[to].running() != Some(certificate.height) {
                    return;
                }
                self.nodes[to].bodies.insert(body.hash(), body);
                self.synced += 1;
                self.nodes[to].step(Input::Synced { from: org(from), certificate })
            }
        };
        self.carry_out(to, out);
    }

    /// Answers a node that is behind.
    fn give(&mut self, from: usize, to: usize, height: Height) {
        let Some((body, certificate)) = self.nodes[from].disk.chain.get(height.0 as usize - 1).cloned() else { return };
        if self.plan.malice.get(&from) == Some(&Malice::Forge) {
            let (body, certificate) = self.forge(from, body, &certificate);
            self.send(from, to, Wire::Give(body, certificate));
        } else {
            self.send(from, to, Wire::Give(body, certificate));
        }
    }

    fn forge(&self, by: usize, body: Body, certificate: &CommitCertificate) -> (Body, CommitCertificate) {
        let body = Body { nonce: body.nonce ^ 1, ..body };
        let mut forged = CommitCertificate { block: body.hash(), ..certificate.clone() };
        let payload = forged.precommit(self.chain, org(by));
        let signature = payload.sign(&self.nodes[by].key.0);
        let own = assent_types::validator::CommitSignature { voter: org(by), signature };
        forged.signatures = assent_types::List::new(vec![own]).expect("one signature");
        (body, forged)
    }

    fn build(&mut self, node: usize, height: Height, round: u32) {
        if self.nodes[node].running() != Some(height) {
            return;
        }
        let malice = self.plan.malice.get(&node).copied();
        let body = Body {
            height,
            parent: self.nodes[node].disk.tip(),
            proposer: org(node),
            nonce: self.rng.any(),
            sound: malice != Some(Malice::Unsound),
        };
        let block = body.hash();
        self.nodes[node].bodies.insert(block, body);
        self.nodes[node].disk.tail.push(Record::Body(body));
        if malice == Some(Malice::Withhold) {
            self.send(node, (node + 1) % self.plan.nodes, Wire::Body(round, body));
        } else {
            self.broadcast(node, &Wire::Body(round, body));
        }
        let out = self.nodes[node].step(Input::Propose { height, round, block });
        self.carry_out(node, out);
    }

    fn judge_synced(&mut self, node: usize, certificate: CommitCertificate, proposer: OrgId) {
        let block = certificate.block;
        let Some(body) = self.nodes[node].bodies.get(&block).copied() else { return };
        if self.nodes[node].running() != Some(certificate.height) {
            return;
        }
        let valid = self.nodes[node].is_valid(&body);
        self.nodes[node].disk.tail.push(Record::Body(body));
        let out = self.nodes[node].step(Input::SyncedJudged { certificate, proposer, block, valid });
        self.carry_out(node, out);
    }

    fn restart(&mut self, node: usize) {
        if self.nodes[node].host.is_some() || self.nodes[node].halted.is_some() {
            return;
        }
        let next = self.nodes[node].disk.next();
        let is_entry = |record: &Record| matches!(record, Record::Entry(entry) if entry.height() == next);
        self.replays += u64::from(self.nodes[node].disk.log.iter().any(is_entry));
        let chain = self.chain;
        let out = self.nodes[node].boot(chain);
        self.carry_out(node, out);
    }

    fn carry_out(&mut self, node: usize, effects: Vec<Effect>) {
        for effect in effects {
            self.trace =
                tagged(Tag::Evidence, &encode(&(self.trace, self.schedule.now, node as u64, format!("{effect:?}"))));
            if self.burn(node) {
                return;
            }
            self.carry_out_one(node, effect);
        }
    }

    fn carry_out_one(&mut self, node: usize, effect: Effect) {
        let life = self.nodes[node].life;
        match effect {
            Effect::Append(entry) => self.nodes[node].disk.tail.push(Record::Entry(entry)),
            Effect::Sync => {
                if self.plan.broken != Broken::NoSync {
                    self.nodes[node].disk.sync();
                }
            }
            Effect::Broadcast(message) => self.publish(node, message),
            Effect::SetTimeout { id, after_ms } => {
                let failed = id.round > 0 && id.step == assent_consensus::TimeoutStep::Propose;
                self.rounds += u64::from(failed && node < self.plan.nodes);
                self.at(after_ms, Event::Timer { node, life, id });
            }
            // Void timers fire all the same: the host must tell.
            Effect::CancelTimeout(_) | Effect::CancelAllTimeouts => {}
            Effect::GetBlock { height, round } => {
                let delay = self.rng.between(0, 20);
                self.at(delay, Event::Build { node, life, height, round });
            }
            Effect::Restream { round, block, .. } => {
                if let Some(body) = self.nodes[node].bodies.get(&block).copied() {
                    self.broadcast(node, &Wire::Body(round, body));
                }
            }
            Effect::ValidateSynced { certificate, proposer } => {
                self.at(1, Event::Synced { node, life, certificate, proposer });
            }
            Effect::SyncRejected { permanent, .. } => self.rejected += u64::from(permanent),
            Effect::Decided { certificate } => {
                self.audit.decided(org(node), self.chain, &certificate, &self.validators);
                let body = *self.nodes[node].bodies.get(&certificate.block).expect("a decided body is at hand");
                self.nodes[node].disk.commit(body, certificate);
            }
            Effect::Finalized { height, evidence } => {
                assert_eq!(height.next(), self.nodes[node].disk.next(), "finalised after the decision");
                for one in &evidence {
                    self.audit.evidence(self.chain, one, &self.validators);
                }
                self.nodes[node].disk.evidence.extend(evidence);
                let delay = self.rng.between(0, 10);
                self.at(delay, Event::Start { node, life });
            }
            Effect::Halt(reason) => {
                self.nodes[node].halted = Some(reason.clone());
                self.nodes[node].host = None;
                if !self.plan.malice.contains_key(&node) {
                    self.audit.broken.push(format!("{} halts: {reason}", org(node)));
                }
            }
        }
    }

    fn publish(&mut self, node: usize, message: Message) {
        let logged = self.nodes[node].disk.has(&message) || self.plan.broken == Broken::NoSync;
        self.audit.sent(org(node), &message, logged);
        let twin = match self.plan.malice.get(&node) {
            Some(Malice::Twin) => self.twin(node, &message),
            _ => None,
        };
        for to in (0..self.nodes.len()).filter(|to| *to != node) {
            match &twin {
                Some(other) if to % 3 == 0 => self.send(node, to, Wire::Message(other.to_bytes())),
                Some(other) if to % 3 == 1 => {
                    self.send(node, to, Wire::Message(other.to_bytes()));
                    self.send(node, to, Wire::Message(message.to_bytes()));
                }
                _ => self.send(node, to, Wire::Message(message.to_bytes())),
            }
        }
    }

    /// The other thing that a twin says in the same place.
    fn twin(&mut self, node: usize, message: &Message) -> Option<Message> {
        let key = &self.nodes[node].key.0;
        match message {
            Message::Vote(signed) if signed.vote.block.is_some() && signed.vote.voter == org(node) => {
                let vote = assent_types::validator::VotePayload { block: None, ..signed.vote };
                Some(Message::Vote(SignedVote { vote, signature: vote.sign(key) }))
            }
            Message::Proposal(signed) if signed.proposal.pol_round.is_none() => {
                let body = self.nodes[node].bodies.get(&signed.proposal.block).copied()?;
                let body = Body { nonce: body.nonce ^ 1, ..body };
                let block: BlockHash = body.hash();
                let proposal = assent_types::validator::ProposalPayload { block, ..signed.proposal };
                let signature = proposal.sign(key);
                self.broadcast(node, &Wire::Body(proposal.round, body));
                Some(Message::Proposal(SignedProposal { proposal, signature }))
            }
            _ => None,
        }
    }

    /// Burns the fuse; true when this node crashes now.
    fn burn(&mut self, node: usize) -> bool {
        if self.plan.crash_every == 0 {
            return false;
        }
        self.fuse -= 1;
        if self.fuse > 0 {
            return false;
        }
        self.fuse = self.rng.between(1, 2 * self.plan.crash_every);
        // A validator that must stay silent is as good as down.
        let away = |node: &&Node| node.host.is_none() || node.silent_until >= node.disk.next();
        let down = self.nodes.iter().take(self.plan.nodes).filter(away).count();
        let may = down < self.plan.down_max || node >= self.plan.nodes;
        if may && !self.plan.malice.contains_key(&node) {
            self.crash(node);
            return true;
        }
        false
    }

    /// Takes a node down. Any part of the unsynced tail may have reached the disk.
    pub fn crash(&mut self, node: usize) {
        let kept = self.rng.index(self.nodes[node].disk.tail.len() + 1);
        let broken = self.plan.broken;
        let it = &mut self.nodes[node];
        it.host = None;
        it.life += 1;
        it.bodies.clear();
        it.waiting.clear();
        it.disk.tail.truncate(kept);
        match broken {
            Broken::Nothing => it.disk.sync(),
            Broken::NoSync => it.disk.tail.clear(),
            Broken::DropLog | Broken::DropLogSilently => {
                it.disk.tail.clear();
                it.disk.log.clear();
                if broken == Broken::DropLogSilently {
                    it.silent_until = Height(it.disk.next().0 + 2);
                }
            }
        }
        self.crashes += 1;
        let delay = self.rng.between(1, 600);
        self.at(delay, Event::Restart { node });
    }
}
