//! Documents: who keeps what, and what is to be had.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::action::Action;
use assent_types::document::{Anchor, AnchorBody, DocumentStatus, Placement, StoredShard, anchor_id_of};
use assent_types::ids::{AnchorId, OrgId, TxHash};
use assent_types::state::StateKey;

use super::Model;

/// A document.
pub(super) struct Document {
    pub(super) body: AnchorBody,
    pub(super) status: DocumentStatus,
    /// Who keeps each shard, and whether it said so.
    pub(super) custody: Vec<(OrgId, bool)>,
    pub(super) repairs: BTreeMap<u8, OrgId>,
    accepted: BTreeSet<OrgId>,
}

impl Document {
    pub(super) fn is_to_be_had(&self) -> bool {
        self.status == DocumentStatus::Active
    }

    pub(super) fn is_pending(&self) -> bool {
        self.status == DocumentStatus::Pending
    }

    pub(super) fn differs(&self, anchor: &Anchor) -> Option<String> {
        let custody = anchor.custody.iter().map(|custody| (custody.custodian, custody.stored_at.is_some()));
        let repairs = anchor.repairs.iter().map(|repair| (repair.shard, repair.custodian));
        let agrees = self.status == anchor.status
            && custody.eq(self.custody.iter().copied())
            && repairs.eq(self.repairs.iter().map(|(shard, org)| (*shard, *org)));
        (!agrees).then(|| {
            format!("INV-22 custody: the record has {} {:?} {:?}", anchor.status, anchor.custody, anchor.repairs)
        })
    }
}

impl Model {
    pub(super) fn on_document(&mut self, by: OrgId, hash: &TxHash, action: &Action) {
        match action {
            Action::AnchorDocument(anchor) => self.on_anchor(anchor_id_of(hash), &anchor.body, &anchor.custody),
            Action::StoreReceipt(receipt) => {
                receipt.shards.iter().for_each(|shard| self.on_stored(by, receipt.anchor, shard));
                self.on_progress(receipt.anchor);
            }
            Action::AcceptShare(accept) => {
                let (_, holders) = self.keyset_of(accept.anchor);
                let Some(document) = self.documents.get_mut(&accept.anchor) else { return };
                let own = holders.get(usize::from(accept.share)) == Some(&by);
                if !(own && document.accepted.insert(by)) {
                    self.violated(format!("INV-22 custody: organisation {by} accepted share {}", accept.share));
                }
                self.on_progress(accept.anchor);
            }
            Action::RetractDocument(retract) => {
                self.touched.insert(StateKey::Anchor(retract.anchor));
                if let Some(document) = self.documents.get_mut(&retract.anchor) {
                    document.status = DocumentStatus::Retracted;
                }
            }
            Action::OrderRepair(order) => {
                self.touched.insert(StateKey::Anchor(order.anchor));
                let Some(document) = self.documents.get_mut(&order.anchor) else { return };
                document.repairs.insert(order.shard, order.placement.custodian);
                self.check_spread(order.anchor);
            }
            Action::CompleteRepair(complete) => self.on_repaired(by, complete.anchor, &complete.shard),
            _ => {}
        }
    }

    /// Threshold and holders of a document's keys.
    pub(super) fn keyset_of(&self, id: AnchorId) -> (u8, Vec<OrgId>) {
        let keyset = self.documents.get(&id).and_then(|document| self.keysets.get(&document.body.keyset));
        keyset.cloned().unwrap_or_default()
    }

    fn on_anchor(&mut self, id: AnchorId, body: &AnchorBody, custody: &[Placement]) {
        self.tally.documents += 1;
        self.touched.insert(StateKey::Anchor(id));
        let document = Document {
            body: body.clone(),
            status: DocumentStatus::Pending,
            custody: custody.iter().map(|placement| (placement.custodian, false)).collect(),
            repairs: BTreeMap::new(),
            accepted: BTreeSet::new(),
        };
        self.documents.insert(id, document);
        self.check_spread(id);
    }

    fn on_stored(&mut self, by: OrgId, id: AnchorId, stored: &StoredShard) {
        let Some(document) = self.documents.get_mut(&id) else { return };
        let anchored = document.body.shard_roots.get(usize::from(stored.shard)) == Some(&stored.root);
        let slot = document.custody.get_mut(usize::from(stored.shard));
        let own = slot.is_some_and(|(custodian, said)| *custodian == by && !std::mem::replace(said, true));
        document.repairs.remove(&stored.shard);
        if !(own && anchored) {
            self.violated(format!("INV-22 custody: organisation {by} said that it stores shard {}", stored.shard));
        }
    }

    fn on_repaired(&mut self, by: OrgId, id: AnchorId, repaired: &StoredShard) {
        self.tally.repaired += 1;
        self.touched.insert(StateKey::Anchor(id));
        let Some(document) = self.documents.get_mut(&id) else { return };
        let anchored = document.body.shard_roots.get(usize::from(repaired.shard)) == Some(&repaired.root);
        let named = document.repairs.remove(&repaired.shard) == Some(by);
        if let Some(slot) = document.custody.get_mut(usize::from(repaired.shard)) {
            *slot = (by, true);
        }
        if !(named && anchored) {
            self.violated(format!("INV-22 custody: organisation {by} said that it rebuilt shard {}", repaired.shard));
        }
        self.check_spread(id);
    }

    /// A document is active once every holder accepted, and every custodian but at most one stored.
    fn on_progress(&mut self, id: AnchorId) {
        self.touched.insert(StateKey::Anchor(id));
        let (_, holders) = self.keyset_of(id);
        let Some(document) = self.documents.get_mut(&id).filter(|document| document.is_pending()) else { return };
        let missing = (0u8..).zip(&document.custody).filter(|(_, (_, said))| !said);
        let missing: Vec<(u8, OrgId)> = missing.map(|(shard, (custodian, _))| (shard, *custodian)).collect();
        if missing.len() <= 1 && holders.iter().all(|holder| document.accepted.contains(holder)) {
            document.status = DocumentStatus::Active;
            document.repairs.extend(missing);
            self.tally.active += 1;
        }
    }

    pub(super) fn on_abandoned(&mut self, id: AnchorId) {
        self.touched.insert(StateKey::Anchor(id));
        if let Some(document) = self.documents.get_mut(&id) {
            document.status = DocumentStatus::Abandoned;
        }
    }

    /// INV-22: nobody keeps as many shards as could be read, now and after every repair that is ordered; and nobody keeps
    /// shards and keys of one document.
    fn check_spread(&mut self, id: AnchorId) {
        let (_, holders) = self.keyset_of(id);
        let Some(document) = self.documents.get(&id) else { return };
        let coding = &document.body.coding;
        let most = usize::from(coding.k() - 1).min(usize::from(coding.n() - coding.k()));
        let now: Vec<OrgId> = document.custody.iter().map(|(custodian, _)| *custodian).collect();
        let mut after = now.clone();
        for (shard, custodian) in &document.repairs {
            if let Some(slot) = after.get_mut(usize::from(*shard)) {
                *slot = *custodian;
            }
        }
        let crowded = [&now, &after].iter().any(|keepers| {
            let shards_of = |org: &OrgId| keepers.iter().filter(|keeper| *keeper == org).count();
            keepers.iter().any(|org| shards_of(org) > most || holders.contains(org))
        });
        if crowded {
            self.violated(format!("INV-22 custody: shards of document {id} lie with {now:?}, and will with {after:?}"));
        }
    }
}
