//! The event loop: one queue of virtual time, everything else follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_consensus::Message;
use assent_contracts::{Row, Table};
use assent_genesis::{Genesis, sample};
use assent_replica::jobs::{Job, JobResult};
use assent_replica::ledger::{head, query, rebuild};
use assent_replica::storage::model::ModelStore;
use assent_replica::storage::{Batch, Storage};
use assent_replica::{Input, Output, PeerMessage, Replica};
use assent_types::ids::{Height, Millis, OrgId, TxHash};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::state::Params;

use super::byzantine::twist;
use super::check::Checker;
use super::clients::{Cast, Clients, Views};
use super::flaws::flawed;
use super::keys::Keys;
use super::model::{Model, Tally, glass};
use super::node::SimNode;
use super::outbox::View;
use super::plan::{Broken, Plan};
use super::replay;
use super::rng::Rng;
use super::workload::{HOSPITAL, Workload};

/// Transactions for a large block.
const BURST_TXS: usize = 150;
/// When the simulated chain begins.
const START: Millis = Millis(1_800_000_000_000);
/// Virtual time after which a run has stalled.
const RUN_MS_MAX: u64 = 45 * 60_000;
/// How long documents, sessions and claims wait for somebody: longer than the slowest network of a plan needs for the
/// transactions that they wait for.
const STORY_MS: u64 = 45_000;
/// Virtual time within which a healed network must do its work; several waits may follow one another.
const HEALED_MS_MAX: u64 = 400_000;

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Heights decided.
    pub heights: u64,
    /// Transactions in final blocks, each verified.
    pub txs: u64,
    /// Transactions that passed admission and that execution refused with a number.
    pub refused: u64,
    /// Crashes.
    pub crashes: u64,
    /// Crashes that tore an entry of a log.
    pub torn: u64,
    /// Partitions.
    pub partitions: u64,
    /// Messages lost.
    pub lost: u64,
    /// Times that all nodes crashed at once.
    pub blackouts: u64,
    /// Logs, databases, or both, that a crash lost with its operator's knowledge.
    pub losses: u64,
    /// Validators that voted again after such a loss.
    pub returns: u64,
    /// Bodies that had to be asked for.
    pub pulls: u64,
    /// Pages of block sync that were asked for.
    pub syncs: u64,
    /// Largest body, in bytes.
    pub largest: u64,
    /// Changes of the validators.
    pub changes: u64,
    /// Certificates verified.
    pub certificates: u64,
    /// What the ledger did with documents, sessions and claims.
    pub tally: Tally,
    /// Documents read, each equal to what was sealed.
    pub opened: u64,
    /// Shards rebuilt, each equal to the lost one.
    pub repairs: u64,
    /// Shards that were not the anchored ones, each traced to the custodian that lied.
    pub culprits: u64,
    /// Lies that nodes refused.
    pub lies_refused: u64,
    /// Key parts that the ledger refused.
    pub releases_refused: u64,
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What happened.
    pub counts: Counts,
    /// What was violated; empty for a good run.
    pub violations: Vec<String>,
    /// Hash of all events in order.
    pub trace: u64,
}

pub(super) enum Event {
    Deliver { to: OrgId, epoch: u64, from: OrgId, bytes: Arc<Vec<u8>> },
    Link { to: OrgId, epoch: u64, peer: OrgId, up: bool },
    Wake { node: OrgId, epoch: u64 },
    Done { node: OrgId, epoch: u64, id: u64, result: JobResult },
    Write { node: OrgId, epoch: u64, id: u64 },
    Restart { node: OrgId },
    Submit,
    Act,
    Cut,
    Heal,
    Blackout,
}

pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) rng: Rng,
    pub(super) now: Millis,
    sequence: u64,
    queue: BTreeMap<(Millis, u64), Event>,
    pub(super) genesis: Genesis,
    pub(super) nodes: BTreeMap<OrgId, SimNode>,
    pub(super) writing: BTreeMap<OrgId, Batch>,
    pub(super) before: BTreeMap<OrgId, ModelStore>,
    pub(super) cut: BTreeSet<OrgId>,
    pub(super) faults: bool,
    workload: Workload,
    clients: Clients,
    /// Whether clients are about to act.
    acting: bool,
    tables: Vec<Vec<Row>>,
    pub(super) checker: Checker,
    pub(super) counts: Counts,
    trace: u64,
    learned: Height,
    /// Whether all nodes are about to crash at once, or have.
    blackout: bool,
    /// Whether clients have submitted, or do not mean to submit, enough for a large block.
    burst: bool,
    /// Whether a height was decided since clients last submitted.
    fresh: bool,
}

/// The clients of a simulated network of so many validators.
fn cast(validators: u32) -> Cast {
    let client = |number: u32| OrgId(validators + 2 + number);
    Cast { second_insurer: client(0), bank: client(1), requester: client(2), custodians: (3..9).map(client).collect() }
}

/// A run lasts minutes: what waits for somebody waits for seconds.
fn shorten(params: &mut Params) {
    let wait = STORY_MS;
    (params.store_ttl_ms, params.decision_ttl_ms) = (wait, wait);
    (params.serve_ttl_ms, params.ack_ttl_ms) = (wait, wait);
    (params.access.glass_review_ms, params.access.glass_bar_ms) = (glass::REVIEW_MS, glass::BAR_MS);
    (params.claims.ack_ms, params.claims.dup_hold_ms, params.claims.payee_ack_ms) = (wait, wait, wait);
}

/// Runs a plan to its end.
pub fn run(plan: &Plan) -> Outcome {
    let mut world = World::new(plan.clone());
    world.stress();
    if world.checker.violations.is_empty() {
        world.heal_and_finish();
    }
    let mut counts = world.counts;
    counts.heights = world.checker.height().0;
    counts.txs = world.checker.verified_txs;
    counts.refused = world.checker.refused_txs;
    counts.certificates = world.checker.certificates;
    counts.changes = world.checker.changes;
    counts.tally = world.checker.model.tally;
    let findings = &world.clients.findings;
    (counts.opened, counts.repairs, counts.culprits) = (findings.opened, findings.repairs, findings.culprits);
    (counts.lies_refused, counts.releases_refused) = (findings.lies_refused, findings.releases_refused);
    Outcome { counts, violations: world.checker.violations, trace: world.trace }
}

impl World {
    fn new(plan: Plan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let mut number = 0u64;
        let (mut doc, secrets) = sample::simulated_with_clients(plan.validators, START, || {
            number += 1;
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&number.to_le_bytes());
            seed
        });
        shorten(&mut doc.params);
        let genesis = match assent_genesis::build(&doc) {
            Ok(genesis) => genesis,
            Err(error) => panic!("the simulated network is valid: {error}"),
        };
        let validators = genesis.header.validators.clone();
        let mut nodes = BTreeMap::new();
        let hospital = secrets.iter().find(|org| org.org == HOSPITAL).and_then(|org| org.key(KeyUsage::SignTx));
        let Some(hospital) = hospital.map(|key| SecretKey::from_seed(&key.seed())) else {
            panic!("a simulated network has a hospital")
        };
        let mut workload = Workload::new(genesis.chain, plan.seed, hospital);
        let (mut signers, mut orgs) = (BTreeMap::new(), BTreeMap::new());
        for org in secrets {
            orgs.extend(org.keys.iter().map(|(_, key)| (key.public().id(), org.org)));
            signers.extend(org.key(KeyUsage::SignTx).map(|key| (org.org, SecretKey::from_seed(&key.seed()))));
            if org.org.0 > plan.validators + 1 {
                // A client without a node.
                continue;
            }
            workload.keys.extend(org.key(KeyUsage::Receipt).map(|key| (key.public().id(), key.public())));
            if let (Some(recovery), Some(validate)) = (org.key(KeyUsage::Recovery), org.key(KeyUsage::Validate)) {
                workload.add_validator(org.org, recovery, validate.public());
            }
            let role = plan.byzantine.iter().find(|(byzantine, _)| *byzantine == org.org).map(|(_, role)| *role);
            let skew = i64::try_from(rng.below(2 * plan.skew_ms + 1)).unwrap_or_default();
            let skew_ms = skew - i64::try_from(plan.skew_ms).unwrap_or_default();
            let joined = org.key(KeyUsage::Validate).is_some();
            nodes.insert(org.org, SimNode::new(Keys::new(org), role, skew_ms, joined));
        }
        let clients = Clients::new(genesis.chain, plan.seed, cast(plan.validators), signers, plan.flaw);
        let mut world = Self {
            rng,
            now: START,
            sequence: 0,
            queue: BTreeMap::new(),
            nodes,
            writing: BTreeMap::new(),
            before: BTreeMap::new(),
            cut: BTreeSet::new(),
            faults: true,
            workload,
            clients,
            acting: false,
            tables: flawed(plan.flaw),
            checker: Checker::new(genesis.chain, validators, plan.broken != Broken::Quorum, Model::new(orgs)),
            counts: Counts::default(),
            trace: 0xcbf2_9ce4_8422_2325,
            learned: Height(0),
            blackout: false,
            burst: plan.burst_at == 0,
            fresh: true,
            genesis,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let orgs: Vec<OrgId> = self.nodes.values().filter(|node| node.joined).map(SimNode::org).collect();
        for org in &orgs {
            self.initialise(*org);
            self.boot(*org);
        }
        self.at(100, Event::Submit);
    }

    pub(super) fn initialise(&mut self, org: OrgId) {
        let Some(node) = self.nodes.get_mut(&org) else { return };
        let mut batch = match head::initialise(&self.genesis) {
            Ok(batch) => batch,
            Err(error) => panic!("genesis can be stored: {error}"),
        };
        if self.plan.broken == Broken::Quorum {
            // To each node, its own half of the validators is all of the power.
            let halves = super::faults::half_quorum(&self.genesis.header.validators, org);
            for op in batch.ops.iter_mut().filter(|op| op.key == assent_replica::ledger::keys::META_HEAD) {
                op.value = op.value.as_ref().and_then(|bytes| {
                    let mut head: head::Head = assent_types::decode(bytes).ok()?;
                    head.next_validators = halves.clone();
                    head.after_next_validators = halves.clone();
                    Some(assent_types::encode(&head))
                });
            }
        }
        if let Err(error) = node.store.write(&batch) {
            panic!("the model disk works: {error}");
        }
    }

    pub(super) fn at(&mut self, after_ms: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now.plus(after_ms), self.sequence), event);
    }

    fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Runs with faults until everything that the plan asks for has happened.
    fn stress(&mut self) {
        let end = START.plus(RUN_MS_MAX);
        while !self.is_stressed() && self.checker.violations.is_empty() {
            if self.now > end {
                let nodes: Vec<_> = self
                    .nodes
                    .values()
                    .map(|node| (node.org(), node.height(), node.is_silent(self.now), node.impaired))
                    .collect();
                self.checker.on_stall(&format!("under faults, at height {}: {nodes:?}", self.checker.height()));
                return;
            }
            self.next_event();
        }
    }

    fn is_stressed(&self) -> bool {
        self.checker.height().0 >= self.plan.heights
            && self.checker.verified_txs >= self.plan.txs
            && self.counts.crashes >= self.plan.crash_count
            && self.counts.torn >= self.plan.torn_count
            && self.counts.partitions >= 1
            && (self.counts.blackouts >= 1 || self.plan.broken != Broken::Nothing)
            && self.nodes.values().all(|node| node.joined)
    }

    /// Ends all faults; then everybody must decide new transactions and reach one head.
    fn heal_and_finish(&mut self) {
        self.faults = false;
        self.clients.heal();
        self.heal();
        let down = self.nodes.values().filter(|node| node.replica.is_none() && node.joined);
        let down: Vec<OrgId> = down.map(SimNode::org).collect();
        for org in down {
            self.boot(org);
        }
        let end = self.now.plus(HEALED_MS_MAX);
        let mut wanted: Vec<TxHash> = Vec::new();
        for org in self.honest() {
            let now = self.now;
            let tx = self.workload.newcomer(now);
            wanted.push(tx.hash());
            self.step(org, Input::Submit { ticket: 0, member: org, tx: tx.to_bytes() });
        }
        let goal = self.checker.height();
        while !self.is_finished(goal, &wanted) {
            if self.now > end || !self.checker.violations.is_empty() {
                let heights: Vec<_> =
                    self.nodes.values().map(|node| (node.org(), node.height(), node.is_silent(self.now))).collect();
                self.checker.on_stall(&format!("after healing, goal {goal}: {heights:?}"));
                return;
            }
            self.next_event();
        }
        self.finish_stories();
        self.check_rebuild();
        for org in self.honest() {
            let Some(node) = self.nodes.get(&org) else { continue };
            if let (Some(replica), Ok(read)) = (&node.replica, node.store.snapshot()) {
                self.checker.on_end(org, replica.head(), read.as_ref());
            }
        }
    }

    /// Every document, session and claim comes to an end, and those of honest clients to a good one.
    fn finish_stories(&mut self) {
        let end = self.now.plus(HEALED_MS_MAX);
        self.clients.begin_last();
        let mut open = self.unfinished();
        let mut looked = self.learned;
        while !open.is_empty() && self.checker.violations.is_empty() {
            if looked != self.learned {
                (looked, open) = (self.learned, self.unfinished());
            }
            if self.now > end {
                return self.checker.on_stall(&format!("after healing, not at their end: {open:?}"));
            }
            self.next_event();
        }
    }

    /// What clients began and what has not come to its end.
    fn unfinished(&self) -> Vec<String> {
        let mut open = self.checker.model.open();
        if open.is_empty() {
            open.extend(self.clients.unfinished(&self.views()));
        }
        open
    }

    fn is_finished(&self, goal: Height, wanted: &[TxHash]) -> bool {
        self.honest().iter().filter_map(|org| self.nodes.get(org)).all(|node| {
            node.height().is_some_and(|height| height >= goal)
                && !node.is_silent(self.now)
                && node.store.snapshot().is_ok_and(|read| {
                    wanted.iter().all(|tx| query::receipt(read.as_ref(), tx).is_ok_and(|receipt| receipt.is_some()))
                })
        })
    }

    /// What is outside the state tree equals what the tree and recent bodies imply.
    fn check_rebuild(&mut self) {
        for org in self.honest() {
            let Some(read) = self.nodes.get(&org).and_then(|node| node.store.snapshot().ok()) else { continue };
            let read = read.as_ref();
            if rebuild::deadlines(read) != rebuild::indexed_deadlines(read) {
                self.checker.violations.push(format!("rebuild: node {org} has other deadlines than its state"));
            }
            if rebuild::log_heads(read) != rebuild::folded_logs(read) {
                self.checker.violations.push(format!("rebuild: node {org} has other logs than its state names"));
            }
            if rebuild::memory(read) != rebuild::indexed_memory(read) {
                self.checker.violations.push(format!("rebuild: node {org} remembers other idempotency keys"));
            }
        }
        let Some(first) = self.honest().first().copied() else { return };
        let Some(node) = self.nodes.get(&first) else { return };
        let stores =
            if self.plan.broken == Broken::Index { replay::lacking(&node.store) } else { vec![node.store.copy()] };
        let tables: Vec<Table<'_>> = self.tables.iter().map(Vec::as_slice).collect();
        for read in stores.iter().filter_map(|store| store.snapshot().ok()) {
            let violation = match replay::differing(&self.genesis, &tables, read.as_ref()) {
                Ok(None) => continue,
                Ok(Some(column)) => format!("has another {} than genesis and its blocks", column.name()),
                Err(error) => error,
            };
            self.checker.violations.push(format!("rebuild: node {first}: {violation}"));
        }
    }

    pub(super) fn honest(&self) -> Vec<OrgId> {
        self.nodes.values().filter(|node| node.role.is_none() && node.joined).map(SimNode::org).collect()
    }

    fn next_event(&mut self) {
        let Some(((at, _), event)) = self.queue.pop_first() else {
            self.checker.on_stall("nothing left to happen");
            self.now = self.now.plus(RUN_MS_MAX);
            return;
        };
        self.now = at;
        self.note(&at.0.to_le_bytes());
        match event {
            Event::Deliver { to, epoch, from, bytes } => {
                if self.runs(to, epoch) && !self.is_cut(from, to) {
                    self.step(to, Input::Peer { from, bytes: bytes.to_vec() });
                }
            }
            Event::Link { to, epoch, peer, up } => {
                if self.runs(to, epoch) {
                    self.step(to, if up { Input::PeerUp(peer) } else { Input::PeerDown(peer) });
                }
            }
            Event::Wake { node, epoch } => {
                if self.runs(node, epoch) {
                    if let Some(node) = self.nodes.get_mut(&node) {
                        node.wake = None;
                    }
                    self.step(node, Input::Tick);
                }
            }
            Event::Done { node, epoch, id, result } => {
                if self.runs(node, epoch) {
                    self.step(node, Input::Done { id, result });
                }
            }
            Event::Write { node, epoch, id } => self.write(node, epoch, id),
            Event::Restart { node } => self.boot(node),
            Event::Submit => self.submit(),
            Event::Act => self.act(),
            Event::Cut => self.cut(),
            Event::Heal => self.heal(),
            Event::Blackout => self.black_out(),
        }
    }

    pub(super) fn runs(&self, org: OrgId, epoch: u64) -> bool {
        self.nodes.get(&org).is_some_and(|node| node.epoch == epoch && node.replica.is_some())
    }

    fn is_cut(&self, a: OrgId, b: OrgId) -> bool {
        self.cut.contains(&a) != self.cut.contains(&b)
    }

    fn submit(&mut self) {
        let up: Vec<OrgId> = self.nodes.values().filter(|node| node.replica.is_some()).map(SimNode::org).collect();
        if !up.is_empty() {
            for _ in 0..self.rng.between(1, 4) {
                let to = up[self.rng.index(up.len())];
                let tx = self.next_tx();
                self.step(to, Input::Submit { ticket: 0, member: to, tx });
            }
            if !self.burst && self.learned.0 >= self.plan.burst_at {
                self.burst = true;
                for index in 0..BURST_TXS {
                    let (to, now) = (up[index % up.len()], self.now);
                    let tx = self.workload.newcomer(now).to_bytes();
                    self.step(to, Input::Submit { ticket: 0, member: to, tx });
                }
            }
        }
        // Clients are patient while the chain stands, and when others are to come to their end.
        let pause = match (self.faults, self.fresh) {
            (true, true) => self.rng.between(20, 150),
            (true, false) => 700,
            (false, _) => 3_000,
        };
        self.fresh = false;
        self.at(pause, Event::Submit);
    }

    fn next_tx(&mut self) -> Vec<u8> {
        if self.rng.chance(self.plan.rotations)
            && let Some((tx, org, key)) = self.workload.rotate(self.now)
        {
            if let Some(node) = self.nodes.get_mut(&org) {
                node.keys.add_validate(key);
            }
            return tx.to_bytes();
        }
        self.workload.next(self.now).to_bytes()
    }

    /// Clients hear of a new height a little later.
    fn wake_clients(&mut self) {
        if !std::mem::replace(&mut self.acting, true) {
            let soon = self.rng.between(5, 80);
            self.at(soon, Event::Act);
        }
    }

    /// What running nodes that follow the protocol know.
    fn views(&self) -> Views {
        let mut views = Views::new();
        for org in self.honest() {
            let Some(node) = self.nodes.get(&org) else { continue };
            if let (Some(replica), Ok(read)) = (&node.replica, node.store.snapshot()) {
                views.insert(org, View { read, time: replica.head().time });
            }
        }
        views
    }

    /// Lets clients act on what running nodes that follow the protocol know.
    fn act(&mut self) {
        self.acting = false;
        let views = self.views();
        let now = self.now;
        let sends = self.clients.act(now, &views);
        self.workload.keys.extend(self.clients.public_keys());
        for (to, ticket, tx) in sends {
            self.note(&tx);
            self.step(to, Input::Submit { ticket, member: to, tx });
        }
        self.checker.violations.append(&mut self.clients.findings.violations);
    }

    /// What a new height brings: a node that will crash soon, a cut.
    fn tempt_fate(&mut self) {
        self.fresh = true;
        if !self.faults {
            return;
        }
        if self.learned.0 >= self.plan.follower_at {
            self.join();
        }
        if !self.blackout && self.learned.0 >= self.plan.blackout_at {
            self.blackout = true;
            let soon = self.rng.below(400);
            self.at(soon, Event::Blackout);
        }
        if self.rng.chance(self.plan.crashes) {
            let honest = self.honest();
            let org = honest[self.rng.index(honest.len())];
            let steps = self.rng.below(40);
            if let Some(node) = self.nodes.get_mut(&org).filter(|node| node.doom.is_none()) {
                node.doom = Some(steps);
            }
        }
        if self.cut.is_empty() && self.rng.chance(self.plan.cuts) {
            let soon = self.rng.below(200);
            self.at(soon, Event::Cut);
        }
    }

    pub(super) fn step(&mut self, to: OrgId, input: Input) {
        let mut out = Vec::new();
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&to) else { return };
        let clock = node.clock(now);
        let Some(replica) = &mut node.replica else { return };
        replica.step(clock, input, &node.keys, &mut out);
        self.carry_out(to, out);
    }

    /// Carries out outputs in order; the process may die between any two of them.
    pub(super) fn carry_out(&mut self, org: OrgId, outputs: Vec<Output>) {
        self.note(&org.0.to_le_bytes());
        let Some(node) = self.nodes.get_mut(&org) else { return };
        let honest = node.role.is_none();
        if !outputs.is_empty() {
            node.doom = node.doom.map(|steps| steps.saturating_sub(1));
        }
        let dies = self.faults && !outputs.is_empty() && node.doom == Some(0);
        if dies {
            node.doom = None;
        }
        let last_words = if dies { self.rng.index(outputs.len() + 1) } else { usize::MAX };
        for (index, output) in outputs.into_iter().enumerate() {
            if index == last_words {
                break;
            }
            self.carry_out_one(org, honest, output);
        }
        if dies {
            self.crash(org);
        } else {
            self.schedule_wake(org);
        }
    }

    fn schedule_wake(&mut self, org: OrgId) {
        let Some(node) = self.nodes.get_mut(&org) else { return };
        let Some(wake) = node.replica.as_ref().and_then(Replica::next_wake) else { return };
        if node.wake.is_some_and(|scheduled| scheduled <= wake) {
            return;
        }
        node.wake = Some(wake);
        let (epoch, moment) = (node.epoch, node.moment(wake));
        self.at(moment.0.saturating_sub(self.now.0), Event::Wake { node: org, epoch });
    }

    fn carry_out_one(&mut self, org: OrgId, honest: bool, output: Output) {
        match output {
            Output::WalAppend(entry) => {
                self.note(&[1]);
                if let Some(node) = self.nodes.get_mut(&org) {
                    node.log.append(&entry);
                }
            }
            Output::WalSync => {
                self.note(&[2]);
                if self.plan.broken != Broken::Syncs
                    && let Some(node) = self.nodes.get_mut(&org)
                {
                    node.log.sync();
                    node.log_lost = false;
                }
            }
            Output::WalReset => {
                self.note(&[3]);
                if let Some(node) = self.nodes.get_mut(&org) {
                    node.log.reset();
                }
            }
            Output::Send { to, bytes, .. } => self.send(org, to, honest, &bytes),
            Output::Broadcast { bytes, .. } => {
                let others: Vec<OrgId> = self.nodes.keys().copied().filter(|other| *other != org).collect();
                for to in others {
                    self.send(org, to, honest, &bytes);
                }
            }
            Output::Disconnect { peer, reason } => {
                let peer_is_honest = self.nodes.get(&peer).is_some_and(|node| node.role.is_none());
                if honest && peer_is_honest && self.plan.broken == Broken::Nothing {
                    self.checker.on_disconnect(org, peer, &reason);
                }
                self.link(org, peer, false);
                self.link(org, peer, true);
            }
            Output::Job { id, job } => self.job(org, id, job),
            Output::Answer { ticket, result } => {
                self.note(&[4, u8::from(result.is_ok())]);
                if let (true, Err(code)) = (ticket > 0, result) {
                    self.clients.refused(ticket, code.number());
                }
            }
            Output::Committed(notice) => self.committed(org, honest, &notice),
            Output::Halt(reason) => {
                if honest {
                    return self.checker.on_halt(org, &reason);
                }
                // A node that hears its own contradictions from others stops; its operator starts it again.
                self.stop(org);
            }
        }
    }

    fn send(&mut self, from: OrgId, to: OrgId, honest: bool, bytes: &Arc<Vec<u8>>) {
        self.note(bytes);
        if honest {
            self.look_at(from, bytes);
        }
        let twisted = match self.nodes.get(&from).map(|node| (node.role, &node.keys)) {
            Some((Some(role), keys)) => twist(role, keys, &mut self.rng, to, bytes),
            _ => Some(bytes.clone()),
        };
        let Some(bytes) = twisted else { return };
        let Some(node) = self.nodes.get(&to).filter(|node| node.replica.is_some()) else { return };
        let epoch = node.epoch;
        if self.is_cut(from, to) || (self.faults && self.rng.chance(self.plan.loss)) {
            self.counts.lost += 1;
            return;
        }
        let delay = self.rng.between(1, self.plan.delay_ms);
        self.at(delay, Event::Deliver { to, epoch, from, bytes });
    }

    fn look_at(&mut self, from: OrgId, bytes: &[u8]) {
        match PeerMessage::from_bytes(bytes) {
            Ok(PeerMessage::Consensus(inner)) => {
                if let Ok(message) = Message::from_bytes(&inner) {
                    self.checker.on_sent(from, &message);
                }
            }
            Ok(PeerMessage::BodyRequest { .. }) => self.counts.pulls += 1,
            Ok(PeerMessage::SyncRequest { .. }) => self.counts.syncs += 1,
            Ok(PeerMessage::Body { block, .. }) => {
                self.counts.largest = self.counts.largest.max(block.len() as u64);
            }
            _ => {}
        }
    }

    fn job(&mut self, org: OrgId, id: u64, job: Job) {
        let slow = self.faults && self.rng.chance(self.plan.slow);
        let takes_ms = if slow { self.rng.between(100, 1_500) } else { self.rng.between(0, 8) };
        let Some(node) = self.nodes.get(&org) else { return };
        let epoch = node.epoch;
        if let Job::Commit { batch } = job {
            self.writing.insert(org, batch);
            return self.at(takes_ms + 1, Event::Write { node: org, epoch, id });
        }
        let result = match node.store.snapshot() {
            Ok(read) => {
                let tables: Vec<Table<'_>> = self.tables.iter().map(Vec::as_slice).collect();
                job.run_under(&tables, read.as_ref())
            }
            Err(error) => JobResult::Failed(error),
        };
        self.at(takes_ms, Event::Done { node: org, epoch, id, result });
    }

    fn write(&mut self, org: OrgId, epoch: u64, id: u64) {
        if !self.runs(org, epoch) {
            return;
        }
        let Some(batch) = self.writing.remove(&org) else { return };
        let Some(node) = self.nodes.get(&org) else { return };
        if self.plan.broken == Broken::LostBlock {
            self.before.insert(org, node.store.copy());
        }
        let result = match node.store.write(&batch) {
            Ok(()) => JobResult::Committed,
            Err(error) => JobResult::Failed(error),
        };
        self.step(org, Input::Done { id, result });
    }

    fn committed(&mut self, org: OrgId, honest: bool, notice: &assent_replica::CommitNotice) {
        self.note(&notice.block.0.0);
        if notice.height > self.learned {
            self.learned = notice.height;
            self.workload.learn(notice);
            self.wake_clients();
            self.tempt_fate();
        }
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&org).filter(|_| honest) else { return };
        // Until something of its new log is durable, a crash would silence it again.
        if node.impaired && !node.log_lost && !node.is_silent(now) {
            node.impaired = false;
            self.counts.returns += 1;
        }
        let (Some(replica), Ok(read)) = (&node.replica, node.store.snapshot()) else { return };
        let head = replica.head().clone();
        self.checker.on_commit(org, &head, notice, read.as_ref(), &self.workload.keys);
    }
}
