//! Where shards may lie: pure rules over a coding and its custodians.

use std::collections::BTreeMap;

use assent_types::OrgId;
use assent_types::document::{Anchor, AnchorBody, Custody, Keyset, Placement};
use assent_types::limits::STRIPE_BYTES_MAX;
use assent_types::place::{Jurisdiction, Place};

use assent_types::document::Coding;

/// Whether the coding is one of the listed codes with a stripe of a possible size.
pub(crate) fn is_coding(coding: &Coding) -> bool {
    Coding::LISTED.contains(&(coding.n(), coding.k())) && (1..=STRIPE_BYTES_MAX).contains(&coding.stripe_bytes())
}

/// Most shards under one key of a grouping.
fn most<K: Ord>(placements: &[Placement], key: impl Fn(&Placement) -> K) -> usize {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for placement in placements {
        *counts.entry(key(placement)).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

/// Whether the shards are spread as they have to be: one placement per shard, no custodian with more than it may hold,
/// and what the document's residency asks for.
pub(crate) fn is_spread(body: &AnchorBody, placements: &[Placement]) -> bool {
    let (n, k) = (usize::from(body.coding.n()), usize::from(body.coding.k()));
    let readable = |jur: Jurisdiction| placements.iter().filter(|placement| placement.place.jur == jur).count() >= k;
    placements.len() == n
        && most(placements, |placement| placement.custodian) <= body.coding.custodian_shards_max()
        && (!body.residency.split || most(placements, |placement| placement.place) < k)
        && body.residency.readable_in.is_none_or(readable)
}

/// Whether a custodian is one of the key holders.
pub(crate) fn overlaps(keyset: &Keyset, placements: &[Placement]) -> bool {
    placements.iter().any(|placement| keyset.holders.contains(&placement.custodian))
}

/// The placements as they will be once every open repair is done, and with one more.
pub(crate) fn after_repairs(anchor: &Anchor, more: Option<(u8, Placement)>) -> Vec<Placement> {
    let mut placements: Vec<Placement> = anchor.custody.iter().map(placement_of).collect();
    let repairs = anchor.repairs.iter().map(|repair| {
        let placement = Placement { custodian: repair.custodian, place: repair.place };
        (repair.shard, placement)
    });
    for (shard, placement) in repairs.chain(more) {
        if let Some(slot) = placements.get_mut(usize::from(shard)) {
            *slot = placement;
        }
    }
    placements
}

/// The placements as they are, with one shard moved.
pub(crate) fn after_repair(anchor: &Anchor, shard: u8, to: Placement) -> Vec<Placement> {
    let mut placements: Vec<Placement> = anchor.custody.iter().map(placement_of).collect();
    if let Some(slot) = placements.get_mut(usize::from(shard)) {
        *slot = to;
    }
    placements
}

fn placement_of(custody: &Custody) -> Placement {
    Placement { custodian: custody.custodian, place: custody.place }
}

/// The organisations to which placing these shards and shares is a transfer: those outside the controller's
/// jurisdiction, if together they can read the shards, or put together the shares.
pub(crate) fn importers(
    body: &AnchorBody,
    keyset: &Keyset,
    home: Jurisdiction,
    placements: &[Placement],
    seat_of: impl Fn(OrgId) -> Option<Place>,
) -> Vec<(OrgId, Place)> {
    let mut importers = Vec::new();
    let outside = |place: &Place| place.jur != home;
    let shards: Vec<(OrgId, Place)> = placements
        .iter()
        .filter(|placement| outside(&placement.place))
        .map(|placement| (placement.custodian, placement.place))
        .collect();
    if shards.len() >= usize::from(body.coding.k()) {
        importers.extend(shards);
    }
    let shares: Vec<(OrgId, Place)> = keyset
        .holders
        .iter()
        .filter_map(|holder| Some((*holder, seat_of(*holder)?)))
        .filter(|(_, p)| outside(p))
        .collect();
    if shares.len() >= usize::from(keyset.threshold) {
        importers.extend(shares);
    }
    importers.sort_unstable();
    importers.dedup();
    importers
}
