//! Gate 7: breaking the glass in an emergency, where no consent covers the access.

use std::collections::BTreeSet;

use assent_types::access::Reason;
use assent_types::consent::{BreakGlass, Consent, ConsentBook, ConsentKind, Effect, Purpose};
use assent_types::org::Role;

use super::cover::{Facts, Use};

/// Whether a consent forbids that the glass is broken. Only a dissent can, or the subject's standing directive with its
/// joining of the record system: on any other permit the word would take back what nobody gave.
pub(crate) fn forbids(consent: &Consent) -> bool {
    let directive = consent.terms.effect == Effect::Deny || consent.terms.kind == ConsentKind::Join;
    directive && consent.terms.break_glass == BreakGlass::Forbid
}

/// Whether the subject forbids it now, whoever asks and for whichever data.
pub(super) fn is_forbidden(facts: &Facts<'_>, book: &ConsentBook) -> bool {
    book.live.iter().any(|consent| forbids(consent) && consent.is_effective(facts.at))
}

/// Why the glass may not be broken, apart from the subject's own will. Empty if it may.
///
/// The requester has to be a hospital that owes no overdue justification, the purpose has to be breaking the glass, the
/// categories those that the minimisation matrix gives that purpose, and a border needs its basis: out of the Mainland
/// the exemption for emergencies (CAC provisions of 22 March 2024, art. 5). An accreditation as emergency department is
/// gate 2's.
pub(super) fn misses(facts: &Facts<'_>) -> BTreeSet<Reason> {
    let request = facts.request;
    let mut misses = BTreeSet::new();
    let hospital = facts.requester.is_some_and(|org| org.roles.has(Role::Hospital));
    let entitled = facts.standing.is_none_or(|standing| {
        standing.may_break_glass(facts.at) && (facts.usage != Use::New || standing.has_review_room(facts.at))
    });
    if !hospital || !entitled || request.purpose != Purpose::Btg {
        misses.insert(Reason::GlassNotEntitled);
    }
    let asked = facts.categories();
    let mut rules = facts.params.minimisation.iter();
    let within = rules
        .any(|rule| (rule.role, rule.purpose) == (Role::Hospital, Purpose::Btg) && asked.is_subset(rule.categories));
    if !within {
        misses.insert(Reason::GlassScope);
    }
    let home = facts.controller.map(|controller| controller.jurisdiction());
    let crosses = facts.items.iter().filter(|item| Some(item.descriptor.deliver_to.jur) != home);
    if !crosses.into_iter().all(|item| facts.is_carried(item, ConsentKind::Share)) {
        misses.insert(Reason::BorderBasis);
    }
    misses
}
