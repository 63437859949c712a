//! The hospital: it registers who holds keys, anchors documents, takes some back, and orders repairs.

use std::sync::Arc;

use assent_types::action::Action;
use assent_types::codec::List;
use assent_types::document::{
    Anchor, AnchorDocument, DocumentStatus, OrderRepair, Placement, RegisterKeyset, RetractDocument, anchor_id_of,
    keyset_id_of,
};
use assent_types::ids::{Hash32, KeysetId, OrgId};
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::StateKey;

use super::patients::HONG_KONG;
use super::{Clients, HOSPITAL, Views, Who, part_of};
use crate::sim::document::Document;

/// Cities of the custodians on the Mainland, in the order of the cast.
const CITIES: [u32; 4] = [4401, 4403, 4419, 4405];

fn list<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    match List::new(items) {
        Ok(list) => list,
        Err(error) => panic!("a simulated list is short: {error}"),
    }
}

impl Clients {
    pub(super) fn author(&mut self, views: &Views) {
        let hospital = Who::Org(HOSPITAL);
        let Some(view) = self.view(views, HOSPITAL) else { return };
        let known = self.keyset.and_then(|id| view.keyset(id));
        let Some(known) = known else {
            let register =
                RegisterKeyset { controller: HOSPITAL, threshold: self.threshold, holders: list(self.holders.clone()) };
            let with: Vec<Who> = self.holders.iter().skip(1).map(|org| Who::Org(*org)).collect();
            let action = Action::RegisterKeyset(Box::new(register));
            let tx = self.wish(hospital, "keyset", Hash32::ZERO, action, &with, false);
            self.keyset = Some(keyset_id_of(&tx));
            return;
        };
        for story in 0..self.stories.len() {
            let Some(anchor) = self.stories[story].anchor.and_then(|id| view.anchor(id)) else {
                if view.record(&StateKey::Subject(self.stories[story].sp)).is_some() {
                    self.anchor(story, known.id);
                }
                continue;
            };
            let due = self.stories[story].retract_at.is_some_and(|at| at <= self.stories[story].age);
            if due && anchor.status == DocumentStatus::Active {
                let retract = RetractDocument { anchor: anchor.id, reason: Hash32([0x31; 32]) };
                self.want(hospital, "retract", anchor.id.0, Action::RetractDocument(retract));
            }
            if anchor.status == DocumentStatus::Active {
                self.order_repairs(&anchor);
            }
        }
    }

    /// Seals the document of a story, once, and anchors it.
    fn anchor(&mut self, story: usize, keyset: KeysetId) {
        let holders = u8::try_from(self.holders.len()).unwrap_or_default();
        if self.stories[story].document.is_none() {
            let length = self.rng.between(1, 12_000);
            let content = (0..length).map(|_| self.rng.any().to_le_bytes()[0]).collect();
            let (start, mut count) = (self.rng.any(), 0);
            let chain = self.chain;
            let threshold = self.threshold;
            let seed = || {
                count += 1;
                assent_types::hash::tagged_value(assent_types::hash::Tag::Evidence, &(chain, "seal", start, count)).0
            };
            self.stories[story].document = Some(Arc::new(Document::seal(content, threshold, holders, seed)));
        }
        let Some(document) = self.stories[story].document.clone() else { return };
        let sp = self.stories[story].sp;
        if self.stories[story].anchor.is_none() || !self.is_done(Who::Org(HOSPITAL), "anchor", sp.0) {
            let custody = list(self.placements());
            let body = document.body(HOSPITAL, sp, keyset);
            let action = Action::AnchorDocument(Box::new(AnchorDocument { body, custody }));
            let tx = self.want(Who::Org(HOSPITAL), "anchor", sp.0, action);
            self.stories[story].anchor = Some(anchor_id_of(&tx));
        }
    }

    pub(super) fn placement(&self, custodian: OrgId) -> Placement {
        let index = self.cast.custodians.iter().position(|other| *other == custodian).unwrap_or(usize::MAX);
        let place = CITIES.get(index).map_or(HONG_KONG, |city| Place::city(Jurisdiction::Cn, *city));
        Placement { custodian, place }
    }

    /// Four custodians, at most one of them in Hong Kong: more would be a transfer.
    fn placements(&mut self) -> Vec<Placement> {
        let mut mainland: Vec<OrgId> = self.cast.custodians[..CITIES.len()].to_vec();
        if self.rng.chance(600) {
            let abroad = self.cast.custodians[CITIES.len() + self.rng.index(2)];
            let index = self.rng.index(mainland.len());
            mainland[index] = abroad;
        }
        let first = self.rng.index(mainland.len());
        mainland.rotate_left(first);
        mainland.into_iter().map(|org| self.placement(org)).collect()
    }

    /// Shards whose custodians were caught get another custodian, if there is one; else the same one may mend its ways.
    fn order_repairs(&mut self, anchor: &Anchor) {
        let accused: Vec<u8> =
            self.accused.iter().filter(|(id, _)| *id == anchor.id).map(|(_, shard)| *shard).collect();
        for shard in accused {
            if anchor.repair_of(shard).is_some() {
                self.accused.remove(&(anchor.id, shard));
                continue;
            }
            let keeps = |org: &OrgId| {
                anchor.custody.iter().any(|custody| custody.custodian == *org)
                    || anchor.repairs.iter().any(|repair| repair.custodian == *org)
            };
            let abroad = anchor.custody.iter().any(|custody| custody.place.jur != Jurisdiction::Cn)
                || anchor.repairs.iter().any(|repair| repair.place.jur != Jurisdiction::Cn);
            let spare = self
                .cast
                .custodians
                .iter()
                .copied()
                .find(|org| !keeps(org) && (!abroad || self.placement(*org).place.jur == Jurisdiction::Cn));
            let Some(custody) = anchor.custody.get(usize::from(shard)) else { continue };
            let placement = self.placement(spare.unwrap_or(custody.custodian));
            let order = OrderRepair { anchor: anchor.id, shard, placement };
            let object = part_of(anchor.id.0, u64::from(anchor.generation) << 8 | u64::from(shard));
            self.want(Who::Org(HOSPITAL), "order", object, Action::OrderRepair(order));
        }
        // Two shards for one custodian are one too many.
        if self.faults && self.rng.chance(30) {
            let (Some(one), Some(other)) = (anchor.custody.first(), anchor.custody.get(1)) else { return };
            let (shard, placement) = (0, self.placement(other.custodian));
            let both_stay = anchor.repairs.is_empty() && one.custodian != other.custodian;
            if both_stay && !self.accused.contains(&(anchor.id, 1)) {
                let order = OrderRepair { anchor: anchor.id, shard, placement };
                self.wish(Who::Org(HOSPITAL), "crowd", anchor.id.0, Action::OrderRepair(order), &[], false);
            }
        }
    }
}
