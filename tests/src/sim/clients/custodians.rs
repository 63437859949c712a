//! Custodians: they store shards, deliver them to sessions, and rebuild lost ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_client::vault::roots_of;
use assent_contracts::document::{may_help, may_repair, may_serve, may_store};
use assent_types::action::Action;
use assent_types::document::{Anchor, CompleteRepair, DocumentStatus, OrderRepair, StoreReceipt, StoredShard};
use assent_types::ids::{AnchorId, OrgId, SessionId};
use assent_types::session::{ServedShard, ShardServed};

use super::patients::set;
use super::{Clients, Views, Who, part_of};
use crate::sim::document::{Document, Shard, rebuild};
use crate::sim::rng::Rng;

/// How a custodian treats a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conduct {
    /// As it should.
    Honest,
    /// It never answers.
    Stalls,
    /// It says that it stores, and does not.
    ClaimsToStore,
    /// It says that it stores a shard that is another's.
    ClaimsAnothers,
    /// What it delivers is not what it was given; the index may fit either.
    Pollutes(bool),
    /// It delivers a polluted shard under another number.
    Swaps,
}

/// A custodian.
#[derive(Default)]
pub(super) struct Custodian {
    /// What survives a crash.
    disk: BTreeMap<(AnchorId, u8), Shard>,
    /// What does not, until it is synced.
    memory: BTreeMap<(AnchorId, u8), Shard>,
    conduct: BTreeMap<AnchorId, Conduct>,
}

impl Custodian {
    fn has(&self, id: AnchorId, shard: u8) -> bool {
        self.disk.contains_key(&(id, shard)) || self.memory.contains_key(&(id, shard))
    }

    /// Its conduct in a matter, drawn when it first comes up.
    fn conduct(&mut self, id: AnchorId, rng: &mut Rng, faults: bool, strict: bool) -> Conduct {
        let honest = !faults || strict;
        *self.conduct.entry(id).or_insert_with(|| match rng.below(100) {
            _ if honest => Conduct::Honest,
            0..=6 => Conduct::Stalls,
            7..=12 => Conduct::ClaimsToStore,
            13..=18 => Conduct::ClaimsAnothers,
            19..=25 => Conduct::Pollutes(false),
            26..=29 => Conduct::Pollutes(true),
            30..=33 => Conduct::Swaps,
            _ => Conduct::Honest,
        })
    }

    /// Whether it is known to have lied about a document.
    pub(super) fn lied(&self, id: AnchorId) -> bool {
        !matches!(self.conduct.get(&id), None | Some(Conduct::Honest | Conduct::Stalls))
    }
}

impl Clients {
    pub(super) fn custody(&mut self, views: &Views) {
        for org in self.cast.custodians.clone() {
            self.crash_or_sync(org);
            for story in 0..self.stories.len() {
                let (document, id) = (self.stories[story].document.clone(), self.stories[story].anchor);
                let (Some(document), Some(id)) = (document, id) else { continue };
                let Some(anchor) = self.view(views, org).and_then(|view| Some((view.anchor(id)?, view.time))) else {
                    continue;
                };
                let (anchor, at) = anchor;
                let strict = self.stories[story].strict;
                let Some(custodian) = self.custodians.get_mut(&org) else { continue };
                let conduct = custodian.conduct(id, &mut self.rng, self.faults, strict);
                if conduct == Conduct::Stalls {
                    continue;
                }
                for shard in (0u8..).take(anchor.custody.len()) {
                    if may_store(&anchor, org, shard, at).is_ok() {
                        self.store(org, &anchor, shard, &document, conduct);
                    }
                    if may_repair(&anchor, org, shard, at).is_ok() {
                        self.repair(views, org, &anchor, shard, &document);
                    }
                    self.scrub(org, &anchor, shard, conduct);
                }
            }
        }
    }

    /// A crash loses what is not synced; now and then a disk loses a shard.
    fn crash_or_sync(&mut self, org: OrgId) {
        let crashes = self.faults && self.rng.chance(40);
        let loses = self.faults && self.rng.chance(25);
        let Some(custodian) = self.custodians.get_mut(&org) else { return };
        let memory = std::mem::take(&mut custodian.memory);
        if !crashes {
            custodian.disk.extend(memory);
        }
        if loses && !custodian.disk.is_empty() {
            let lost = self.rng.index(custodian.disk.len());
            let lost = custodian.disk.keys().nth(lost).copied();
            lost.and_then(|lost| custodian.disk.remove(&lost));
        }
    }

    /// Takes in a shard, and says so once it is synced.
    fn store(&mut self, org: OrgId, anchor: &Anchor, shard: u8, document: &Arc<Document>, conduct: Conduct) {
        let who = Who::Org(org);
        let receipt = |shard: u8| {
            let root = anchor.body.shard_roots.get(usize::from(shard)).copied().unwrap_or_default();
            let shards = set([StoredShard { shard, root }]);
            Action::StoreReceipt(StoreReceipt { anchor: anchor.id, shards })
        };
        let object = part_of(anchor.id.0, u64::from(shard));
        if conduct == Conduct::ClaimsAnothers {
            let others = anchor.custody.iter().position(|custody| custody.custodian != org);
            let other = others.and_then(|other| u8::try_from(other).ok()).unwrap_or(shard);
            self.lie(who, "store-anothers", anchor.id.0, receipt(other));
        }
        let is_synced = self.custodians.get(&org).is_some_and(|one| one.disk.contains_key(&(anchor.id, shard)));
        if is_synced || conduct == Conduct::ClaimsToStore {
            self.want(who, "store", object, receipt(shard));
        } else if self.rng.chance(800)
            && let (Ok(roots), Some(bytes)) = (roots_of(&anchor.body), document.shards.get(usize::from(shard)))
        {
            // The author's upload came through.
            if !bytes.is_anchored(&roots, usize::from(shard)) {
                self.violated(format!("custody: an honest upload of shard {shard} was refused"));
            }
            if let Some(custodian) = self.custodians.get_mut(&org) {
                custodian.memory.insert((anchor.id, shard), bytes.clone());
            }
        }
    }

    /// An honest custodian that finds a shard gone orders its own repair.
    fn scrub(&mut self, org: OrgId, anchor: &Anchor, shard: u8, conduct: Conduct) {
        let Some(custody) = anchor.custody.get(usize::from(shard)) else { return };
        let keeps = custody.custodian == org && custody.stored_at.is_some();
        let has = self.custodians.get(&org).is_some_and(|custodian| custodian.has(anchor.id, shard));
        let live = matches!(anchor.status, DocumentStatus::Active | DocumentStatus::Superseded);
        if keeps && live && !has && conduct == Conduct::Honest && anchor.repair_of(shard).is_none() {
            let order = OrderRepair { anchor: anchor.id, shard, placement: self.placement(org) };
            let object = part_of(anchor.id.0, u64::from(anchor.generation) << 8 | u64::from(shard));
            self.want(Who::Org(org), "order", object, Action::OrderRepair(order));
        }
    }

    /// Rebuilds a shard from what the others give, and says so once it is synced.
    fn repair(&mut self, views: &Views, org: OrgId, anchor: &Anchor, lost: u8, document: &Arc<Document>) {
        let root = anchor.body.shard_roots.get(usize::from(lost)).copied().unwrap_or_default();
        if self.custodians.get(&org).is_some_and(|custodian| custodian.disk.contains_key(&(anchor.id, lost))) {
            let shard = StoredShard { shard: lost, root };
            let opened = anchor.repair_of(lost).map_or(0, |repair| repair.opened_at.0);
            let object = part_of(anchor.id.0, opened << 8 | u64::from(lost));
            let action = Action::CompleteRepair(CompleteRepair { anchor: anchor.id, shard });
            self.want(Who::Org(org), "repaired", object, action);
            return;
        }
        let Ok(roots) = roots_of(&anchor.body) else { return };
        let mut given = BTreeMap::new();
        for (shard, custody) in (0u8..).zip(anchor.custody.iter()).filter(|(shard, _)| *shard != lost) {
            if let Some(bytes) = self.help(views, custody.custodian, (anchor.id, shard), (org, lost)) {
                given.insert(usize::from(shard), bytes);
            }
        }
        loop {
            match rebuild(&roots, usize::from(lost), &given) {
                Ok(rebuilt) => {
                    self.findings.repairs += 1;
                    if document.shards.get(usize::from(lost)) != Some(&rebuilt) {
                        self.violated(format!("custody: shard {lost} was rebuilt to other bytes"));
                    }
                    if let Some(custodian) = self.custodians.get_mut(&org) {
                        custodian.memory.insert((anchor.id, lost), rebuilt);
                    }
                    return;
                }
                Err(culprits) if culprits.is_empty() => return,
                Err(culprits) => {
                    for culprit in culprits {
                        let keeper = anchor.custody.get(culprit).map(|custody| custody.custodian);
                        self.blame(anchor.id, culprit, keeper);
                        given.remove(&culprit);
                    }
                }
            }
        }
    }

    /// What a custodian gives to one that rebuilds.
    fn help(&mut self, views: &Views, helper: OrgId, of: (AnchorId, u8), to: (OrgId, u8)) -> Option<Shard> {
        let view = self.view(views, helper)?;
        let (anchor, at) = (view.anchor(of.0)?, view.time);
        may_help(&anchor, helper, of.1, to.0, to.1, at).ok()?;
        self.give(helper, &anchor, of.1)
    }

    /// What a custodian delivers of its shard, honest or not.
    fn give(&mut self, org: OrgId, anchor: &Anchor, shard: u8) -> Option<Shard> {
        let roots = roots_of(&anchor.body).ok()?;
        let at = self.rng.index(1 << 20);
        let custodian = self.custodians.get(&org)?;
        let bytes = custodian.disk.get(&(anchor.id, shard))?;
        Some(match custodian.conduct.get(&anchor.id)? {
            Conduct::Stalls | Conduct::ClaimsToStore => return None,
            Conduct::Pollutes(honest_index) => bytes.polluted(&roots, at, *honest_index),
            Conduct::Swaps => {
                let mut swapped = bytes.clone();
                swapped.columns.rotate_left(1);
                swapped
            }
            Conduct::Honest | Conduct::ClaimsAnothers => bytes.clone(),
        })
    }

    /// A shard for the requester of a session, from the custodian that keeps it; it then says that it delivered.
    pub(super) fn deliver(
        &mut self,
        views: &Views,
        session: SessionId,
        to: OrgId,
        of: (AnchorId, u8),
    ) -> Option<(OrgId, Shard)> {
        let keeper = self.view(views, to)?.anchor(of.0)?.custody.get(usize::from(of.1))?.custodian;
        let view = self.view(views, keeper)?;
        let (anchor, known, at) = (view.anchor(of.0)?, view.session(session)?, view.time);
        may_serve(&known, &anchor, to, keeper, of.1, at).ok()?;
        let Some(bytes) = self.give(keeper, &anchor, of.1) else {
            self.accused.insert(of);
            return None;
        };
        let shards = set([ServedShard { anchor: of.0, shard: of.1 }]);
        let action = Action::ShardServed(Box::new(ShardServed { session, shards }));
        self.want(Who::Org(keeper), "served", part_of(session.0, u64::from(of.1)), action);
        Some((keeper, bytes))
    }

    /// Somebody was given bytes that are not the anchored ones: whoever gave them lied, or the reader is wrong.
    pub(super) fn blame(&mut self, id: AnchorId, shard: usize, keeper: Option<OrgId>) {
        let lied = keeper.and_then(|org| self.custodians.get(&org)).is_some_and(|one| one.lied(id));
        if !lied {
            self.violated(format!("custody: custodian {keeper:?} of shard {shard} was blamed and had not lied"));
        }
        self.findings.culprits += 1;
        if let Ok(shard) = u8::try_from(shard) {
            self.accused.insert((id, shard));
        }
    }

    /// Whether a custodian of a document has lied.
    pub(super) fn somebody_lied(&self, anchor: &Anchor) -> bool {
        let keepers = anchor.custody.iter().filter_map(|custody| self.custodians.get(&custody.custodian));
        keepers.into_iter().any(|custodian| custodian.lied(anchor.id))
    }
}
