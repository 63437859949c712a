//! Whether new terms allow nothing that the old ones did not.

use assent_types::consent::{ConsentTerms, Effect, Grantees, LabelRule, Limits, Purpose};
use assent_types::limits::PURPOSES_MAX;
use assent_types::place::PlaceSet;
use assent_types::{Millis, Set};

use crate::access::purpose::covers;

/// Whether every access that `new` lets through, `old` let through: a permit covers no more, a dissent no less.
pub(crate) fn is_narrower(new: &ConsentTerms, old: &ConsentTerms) -> bool {
    match (new.effect, old.effect) {
        (Effect::Permit, Effect::Permit) => is_smaller_permit(new, old),
        // A dissent lets more through the less it reaches, so the roles are swapped.
        (Effect::Deny, Effect::Deny) => reaches_within(old, new) && new.break_glass >= old.break_glass,
        _ => false,
    }
}

/// Whether what `a` reaches is within what `b` reaches, on the axes that permits and dissents share.
fn reaches_within(a: &ConsentTerms, b: &ConsentTerms) -> bool {
    grantees_within(&a.grantees, &b.grantees)
        && purposes_within(&a.purposes, &b.purposes)
        && a.categories.is_subset(b.categories)
        && period_within(a, b)
        && instances_within(a, b)
        && b.nbf <= a.nbf
        && ends_within(a.exp, b.exp)
}

fn is_smaller_permit(new: &ConsentTerms, old: &ConsentTerms) -> bool {
    new.kind == old.kind
        && reaches_within(new, old)
        && new.actions.is_subset(old.actions)
        && new.max_grade <= old.max_grade
        && labels_within(&new.labels, &old.labels)
        && places_within(&new.places, &old.places)
        && xborder_within(new, old)
        && new.separate.is_subset(old.separate)
        && limits_within(&new.limits, &old.limits)
        && new.redisclosure <= old.redisclosure
        && old.obligations.is_subset(new.obligations)
        && retention_within(new.retention_days, old.retention_days)
}

fn grantees_within(a: &Grantees, b: &Grantees) -> bool {
    a.orgs.is_subset(&b.orgs) && a.roles.is_subset(&b.roles) && b.excluded.is_subset(&a.excluded)
}

fn purposes_within(a: &Set<Purpose, PURPOSES_MAX>, b: &Set<Purpose, PURPOSES_MAX>) -> bool {
    a.iter().all(|asked| b.iter().any(|given| covers(*given, *asked)))
}

fn period_within(a: &ConsentTerms, b: &ConsentTerms) -> bool {
    match (a.data_period, b.data_period) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((start, end)), Some((from, to))) => from <= start && end <= to,
    }
}

fn instances_within(a: &ConsentTerms, b: &ConsentTerms) -> bool {
    match (&a.instances, &b.instances) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a.is_subset(b),
    }
}

fn ends_within(a: Option<Millis>, b: Option<Millis>) -> bool {
    match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a <= b,
    }
}

fn labels_within(a: &LabelRule, b: &LabelRule) -> bool {
    match (a, b) {
        (_, LabelRule::NoneRestricted) => true,
        (LabelRule::AllowList(a), LabelRule::AllowList(b)) => a.is_subset(*b),
        (LabelRule::AllowList(a), LabelRule::AnyExcept(b)) => !a.intersects(*b),
        (LabelRule::AnyExcept(a), LabelRule::AnyExcept(b)) => b.is_subset(*a),
        (LabelRule::NoneRestricted | LabelRule::AnyExcept(_), _) => false,
    }
}

fn places_within(a: &PlaceSet, b: &PlaceSet) -> bool {
    a.iter().all(|place| place.is_in(b))
}

fn xborder_within(new: &ConsentTerms, old: &ConsentTerms) -> bool {
    match (&new.xborder, &old.xborder) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(new), Some(old)) => places_within(&new.to, &old.to) && new.basis_kinds.is_subset(old.basis_kinds),
    }
}

fn limits_within(a: &Limits, b: &Limits) -> bool {
    let uses = match (a.max_uses, b.max_uses) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a <= b,
    };
    let rate = match (a.rate, b.rate) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((count, window)), Some((most, per))) => count <= most && per <= window,
    };
    uses && rate && a.per_access_confirm >= b.per_access_confirm
}

fn retention_within(a: Option<u32>, b: Option<u32>) -> bool {
    match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a <= b,
    }
}
