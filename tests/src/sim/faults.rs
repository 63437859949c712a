//! What goes wrong: cuts, crashes, lost disks; and how a node starts again.

use assent_replica::Replica;
use assent_replica::storage::Storage;
use assent_replica::storage::model::{ModelLog, ModelStore};
use assent_types::ids::OrgId;
use assent_types::validator::ValidatorSet;

use super::node::SimNode;
use super::plan::Broken;
use super::world::{Event, World};

impl World {
    pub(super) fn cut(&mut self) {
        if !self.faults || !self.cut.is_empty() {
            return;
        }
        self.counts.partitions += 1;
        let orgs: Vec<OrgId> = self.nodes.keys().copied().collect();
        self.cut = if self.plan.broken == Broken::Quorum {
            orgs.iter().copied().filter(|org| org.0 % 2 == 0).collect()
        } else {
            orgs.iter().copied().filter(|_| self.rng.chance(400)).collect()
        };
        let lasts = self.rng.between(200, 5_000);
        self.at(lasts, Event::Heal);
    }

    pub(super) fn heal(&mut self) {
        let cut = std::mem::take(&mut self.cut);
        // The connections across the cut may have broken or not.
        let orgs: Vec<OrgId> = self.nodes.keys().copied().collect();
        for a in &orgs {
            for b in orgs.iter().filter(|b| cut.contains(a) != cut.contains(b)) {
                if *a < *b && self.rng.chance(500) {
                    self.link(*a, *b, false);
                    self.link(*a, *b, true);
                }
            }
        }
    }

    /// Both ends learn of a connection, one after the other.
    pub(super) fn link(&mut self, a: OrgId, b: OrgId, up: bool) {
        for (to, peer) in [(a, b), (b, a)] {
            let Some(epoch) = self.nodes.get(&to).filter(|node| node.replica.is_some()).map(|node| node.epoch) else {
                continue;
            };
            let delay = if up { 6 + self.rng.below(5) } else { self.rng.below(5) };
            self.at(delay, Event::Link { to, epoch, peer, up });
        }
    }

    pub(super) fn boot(&mut self, org: OrgId) {
        let chain = self.genesis.chain;
        let (now, mut out) = (self.now, Vec::new());
        let Some(node) = self.nodes.get_mut(&org).filter(|node| node.replica.is_none()) else { return };
        node.epoch += 1;
        node.wake = None;
        let booted = node.store.snapshot().map_err(|error| error.to_string()).and_then(|read| {
            let wal = (!node.log_lost).then(|| node.log.entries());
            Replica::boot(node.config(chain), read.as_ref(), wal, node.clock(now), &node.keys, &mut out)
                .map_err(|error| error.to_string())
        });
        match booted {
            Err(error) => return self.checker.on_halt(org, &format!("boot: {error}")),
            Ok(replica) => {
                if node.role.is_none() {
                    self.checker.on_boot(org, replica.head());
                }
                node.replica = Some(replica);
            }
        }
        self.carry_out(org, out);
        let others: Vec<OrgId> = self.nodes.keys().copied().filter(|other| *other != org).collect();
        for other in others {
            if self.nodes.get(&other).is_some_and(|node| node.replica.is_some()) {
                self.link(org, other, true);
            }
        }
    }

    pub(super) fn crash(&mut self, org: OrgId) {
        let survive = self.rng.chance(500);
        let torn = self.counts.torn;
        let Some(node) = self.nodes.get_mut(&org) else { return };
        self.counts.crashes += 1;
        // A write in progress happened or did not.
        if let Some(batch) = self.writing.remove(&org)
            && survive
            && let Err(error) = node.store.write(&batch)
        {
            panic!("the model disk works: {error}");
        }
        let unsynced = node.log.unsynced_bytes() as u64;
        let survivors = usize::try_from(self.rng.below(unsynced + 1)).unwrap_or_default();
        match self.plan.broken {
            Broken::Log => node.log = ModelLog::default(),
            Broken::Syncs => {
                node.log.crash(0);
            }
            Broken::LostBlock => {
                if let Some(before) = self.before.remove(&org) {
                    node.store = before;
                }
                node.log.reset();
            }
            // A log that replaces a lost one counts from its first sync on.
            Broken::Nothing | Broken::Quorum | Broken::Index if node.log_lost => node.log = ModelLog::default(),
            Broken::Nothing | Broken::Quorum | Broken::Index => {
                self.counts.torn += u64::from(node.log.crash(survivors))
            }
        }
        if self.plan.broken != Broken::Nothing {
            self.counts.torn = torn + 1;
        }
        self.lose(org);
        self.stop(org);
    }

    /// The process is gone; everybody notices, and it starts again later.
    pub(super) fn stop(&mut self, org: OrgId) {
        let others: Vec<OrgId> = self.nodes.keys().copied().filter(|other| *other != org).collect();
        for other in others {
            self.link(org, other, false);
        }
        if let Some(node) = self.nodes.get_mut(&org) {
            node.replica = None;
        }
        let down_ms = self.rng.between(20, 3_000);
        self.at(down_ms, Event::Restart { node: org });
    }

    /// A crash may take the log, the database, or both; the operator notices and starts the node accordingly. Together
    /// with the Byzantine validators, the impaired ones stay below a third of the power.
    fn lose(&mut self, org: OrgId) {
        let faults = (self.plan.validators as usize - 1) / 3;
        let impaired = self.nodes.values().filter(|node| node.impaired).count() + self.plan.byzantine.len();
        let Some(node) = self.nodes.get_mut(&org).filter(|node| node.role.is_none()) else { return };
        let votes = org.0 <= self.plan.validators;
        if !self.faults || votes && (impaired >= faults || node.impaired) || !self.rng.chance(self.plan.losses) {
            return;
        }
        self.counts.losses += 1;
        node.impaired = votes;
        let which = self.rng.below(3);
        if which != 1 {
            node.log = ModelLog::default();
            node.log_lost = true;
        }
        if which != 0 {
            node.store = ModelStore::default();
            self.checker.on_loss(org);
            self.initialise(org);
        }
    }

    /// All nodes crash at once.
    pub(super) fn black_out(&mut self) {
        self.counts.blackouts += 1;
        let running: Vec<OrgId> = self.nodes.values().filter(|node| node.replica.is_some()).map(SimNode::org).collect();
        for org in running {
            self.crash(org);
        }
    }

    /// The member without a vote joins, with an empty ledger.
    pub(super) fn join(&mut self) {
        let late: Vec<OrgId> = self.nodes.values().filter(|node| !node.joined).map(SimNode::org).collect();
        for org in late {
            if let Some(node) = self.nodes.get_mut(&org) {
                node.joined = true;
            }
            self.initialise(org);
            self.boot(org);
        }
    }
}

/// Validators of which those on the same side of the cut as `org` have all the power that counts.
pub(super) fn half_quorum(validators: &ValidatorSet, org: OrgId) -> ValidatorSet {
    let mut changed = validators.validators().to_vec();
    for validator in changed.iter_mut().filter(|validator| validator.org.0 % 2 == org.0 % 2) {
        validator.power *= 1_000;
    }
    match ValidatorSet::new(changed) {
        Ok(set) => set,
        Err(error) => panic!("powers stay within their bounds: {error}"),
    }
}
