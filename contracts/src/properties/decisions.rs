//! Properties of the decision function.

use assent_types::access::{AccessRequest, Decision};
use assent_types::consent::*;
use assent_types::org::OrgStatus;
use assent_types::place::Jurisdiction;
use assent_types::state::{Params, Record, StateKey};
use assent_types::{Hash32, List, Millis, Set};

use super::cases::{Case, Decide, Patched, book_of, random_case, real};
use super::cases_of;
use super::oracle;
use crate::testing::*;

fn params(state: &Patched<'_>) -> Params {
    (*crate::runtime::state::params(state).unwrap()).clone()
}

/// What the checker of a property counts, and the first case in which it does not hold.
#[derive(Default)]
struct Tally {
    cases: u64,
    permits: u64,
    checked: u64,
    violation: Option<String>,
}

/// Checks a property over random cases and prints the seed and the counts.
fn over(
    name: &str,
    seed: u64,
    decide: Decide,
    check: fn(&Case<'_>, &Decision, Decide, &mut Rng) -> Result<bool, String>,
) -> Tally {
    let world = World::with_subjects(1);
    let mut rng = Rng(seed);
    let mut tally = Tally::default();
    for (number, seed, begin) in cases_of(seed) {
        rng = begin.unwrap_or(rng);
        let case = random_case(&mut rng, &world.state);
        let decision = case.decide(decide);
        tally.cases += 1;
        tally.permits += u64::from(decision.permit);
        match check(&case, &decision, decide, &mut rng) {
            Ok(checked) => tally.checked += u64::from(checked),
            Err(text) => {
                tally.violation.get_or_insert(format!("seed {seed} case {number}: {text}"));
            }
        }
    }
    println!("{name} seed={seed} cases={} permits={} checked={}", tally.cases, tally.permits, tally.checked);
    tally
}

fn holds(name: &str, check: fn(&Case<'_>, &Decision, Decide, &mut Rng) -> Result<bool, String>) {
    let tally = over(name, 1, real, check);
    assert_eq!(tally.violation, None, "{name} seed=1");
    assert!(tally.permits * 20 > tally.cases && tally.checked * 20 > tally.cases, "{name}: the cases say too little");
}

fn catches(name: &str, fault: Decide, check: fn(&Case<'_>, &Decision, Decide, &mut Rng) -> Result<bool, String>) {
    let tally = over(&format!("{name} with a fault"), 1, fault, check);
    assert!(tally.violation.is_some(), "{name}: the seeded fault was not caught");
}

/// A faulty decision function: the real one over a state in which every consent was changed.
fn over_changed(
    request: &AccessRequest,
    state: &Patched<'_>,
    at: Millis,
    change: impl Fn(&mut Vec<Consent>),
) -> Decision {
    let mut state = state.clone();
    let key = StateKey::Consents(request.subject, request.controller);
    let value = state.patch[&key].clone();
    let Record::Consents(book) = &value.record else { unreachable!() };
    let mut live = book.live.to_vec();
    change(&mut live);
    state.put(key, Record::Consents(Box::new(book_of(live, book.closed.to_vec()))));
    real(request, &state, at)
}

fn ignores_grades(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    over_changed(request, state, at, |live| live.iter_mut().for_each(|consent| consent.terms.max_grade = 5))
}

fn ignores_dissent(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    over_changed(request, state, at, |live| live.retain(|consent| consent.terms.effect == Effect::Permit))
}

fn subsumes_naively(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    use crate::access::purpose::is_kind_of;
    over_changed(request, state, at, |live| {
        for consent in live.iter_mut().filter(|consent| consent.terms.effect == Effect::Permit) {
            if consent.terms.purposes.iter().any(|granted| is_kind_of(*granted, request.purpose)) {
                let purposes = consent.terms.purposes.iter().copied().chain([request.purpose]);
                consent.terms.purposes = Set::new(purposes).unwrap();
            }
        }
    })
}

/// Adds to each permit the categories and actions of every other.
fn stitches(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    over_changed(request, state, at, |live| {
        let permits = |live: &Vec<Consent>| {
            live.iter()
                .filter(|consent| consent.terms.effect == Effect::Permit && consent.is_effective(at))
                .cloned()
                .collect()
        };
        let all: Vec<Consent> = permits(live);
        for consent in live.iter_mut().filter(|consent| consent.terms.effect == Effect::Permit) {
            for other in &all {
                consent.terms.categories = consent.terms.categories.or(other.terms.categories);
                consent.terms.actions = consent.terms.actions.or(other.terms.actions);
                consent.terms.separate = consent.terms.separate.or(other.terms.separate);
            }
        }
    })
}

/// Looks at the first consent only.
fn takes_the_first(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    over_changed(request, state, at, |live| live.truncate(1))
}

/// Knows no separate consents.
fn ignores_separate_consents(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    let mut state = state.clone();
    let mut params = params(&state);
    params.separate_consents = List::default();
    state.put(StateKey::Params, Record::Params(Box::new(params)));
    real(request, &state, at)
}

/// A dissent that lets through whoever has been suspended since.
fn forgets_the_requesters_status(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    let mut state = state.clone();
    state.patch.remove(&StateKey::Org(request.requester));
    real(request, &state, at)
}

fn inv_06(case: &Case<'_>, decision: &Decision, _: Decide, _: &mut Rng) -> Result<bool, String> {
    let Case { state, request, book, at } = case;
    let platform = oracle::platform(request, state, &params(state), *at);
    let denied = oracle::denied(request, state, book, *at);
    let covered = descriptors(request)
        .iter()
        .all(|descriptor| book.live.iter().any(|consent| oracle::covers(request, descriptor, consent, state, *at)));
    let glass = !covered && oracle::breaks_glass(request, state, &params(state), *at);
    let forbidden = oracle::glass_forbidden(request, book, *at);
    let expected = platform && !denied && !forbidden && (covered || glass);
    if decision.permit != expected || decision.btg != (expected && glass) {
        return Err(format!(
            "permit {} but platform {platform} denied {denied} forbidden {forbidden} covered {covered} glass {glass}: {:?}",
            decision.permit, decision.reasons
        ));
    }
    for (descriptor, id) in descriptors(request).iter().zip(decision.basis.iter()) {
        let basis = book.live.iter().find(|consent| consent.id == *id).ok_or("a basis that is not live")?;
        if !oracle::covers(request, descriptor, basis, state, *at) {
            return Err(format!("basis {id} does not cover"));
        }
    }
    Ok(decision.permit || platform)
}

#[test]
fn inv_06_a_permit_has_one_covering_consent_for_each_descriptor_and_no_dissent() {
    holds("INV-06", inv_06);
    catches("INV-06 grade", ignores_grades, inv_06);
    catches("INV-06 dissent", ignores_dissent, inv_06);
    catches("INV-06 purpose", subsumes_naively, inv_06);
}

fn shuffled<T: Clone>(rng: &mut Rng, items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    for last in (1..items.len()).rev() {
        items.swap(last, rng.index(last + 1));
    }
    items
}

fn inv_07(case: &Case<'_>, decision: &Decision, decide: Decide, rng: &mut Rng) -> Result<bool, String> {
    let order: Vec<usize> = shuffled(rng, &(0..descriptors(&case.request).len()).collect::<Vec<_>>());
    let reordered = order.iter().map(|index| descriptors(&case.request)[*index]).collect();
    let request = AccessRequest { asked: data(reordered), ..case.request.clone() };
    let book = book_of(shuffled(rng, &case.book.live), shuffled(rng, &case.book.closed));
    let again = case.with_request(request).with_book(book).decide(decide);
    let basis_moved =
        decision.permit && order.iter().enumerate().any(|(new, old)| again.basis.get(new) != decision.basis.get(*old));
    let same = |a: &Decision, b: &Decision| {
        (a.permit, &a.reasons, a.obligations, a.valid_until) == (b.permit, &b.reasons, b.obligations, b.valid_until)
    };
    if !same(&again, decision) || basis_moved {
        return Err(format!("{decision:?} became {again:?}"));
    }
    Ok(case.book.live.len() > 1)
}

#[test]
fn inv_07_order_never_matters() {
    holds("INV-07", inv_07);
    catches("INV-07", takes_the_first, inv_07);
}

/// Restricts a situation in a random way.
fn restrict<'s>(case: &Case<'s>, rng: &mut Rng) -> Case<'s> {
    let mut restricted = case.clone();
    let mut live = case.book.live.to_vec();
    let position = |rng: &mut Rng, live: &[Consent]| {
        // To take back a directive that forbids breaking the glass is no restriction.
        let permits: Vec<usize> = (0..live.len())
            .filter(|i| live[*i].terms.effect == Effect::Permit && !crate::access::glass::forbids(&live[*i]))
            .collect();
        (!permits.is_empty()).then(|| permits[rng.index(permits.len())])
    };
    match rng.below(7) {
        0 => {
            let random = random_case(rng, case.state.base);
            live.extend(random.book.live.iter().take(1).cloned().map(|mut consent| {
                consent.terms.effect = Effect::Deny;
                consent.id.0 = Hash32([0xdd; 32]);
                consent
            }));
        }
        1 => {
            let id = if rng.one_in(2) { case.request.requester } else { case.request.controller };
            let mut org = (*crate::runtime::state::org(&case.state, id).unwrap().unwrap()).clone();
            org.status = OrgStatus::Suspended { until: FAR, by: REGULATOR, order: Hash32::ZERO };
            restricted.state.put(StateKey::Org(id), Record::Org(Box::new(org)));
        }
        2 => {
            let id = case.request.requester;
            let mut org = (*crate::runtime::state::org(&case.state, id).unwrap().unwrap()).clone();
            org.accreditations = List::default();
            restricted.state.put(StateKey::Org(id), Record::Org(Box::new(org)));
        }
        choice => {
            if let Some(index) = position(rng, &live) {
                let consent = &mut live[index];
                match choice {
                    3 => {
                        consent.terms.categories =
                            consent.terms.categories.and(Categories::of(&rng.some_of(Category::ALL, 8)))
                    }
                    4 => consent.terms.max_grade = consent.terms.max_grade.saturating_sub(1).max(1),
                    5 => consent.status = ConsentStatus::Revoked,
                    _ => {
                        consent.terms.separate =
                            consent.terms.separate.and(SeparateConsents::of(&rng.some_of(SeparateConsent::ALL, 2)))
                    }
                }
            }
        }
    }
    let (closed_now, live): (Vec<Consent>, Vec<Consent>) =
        live.into_iter().partition(|consent| consent.status.is_terminal());
    let closed = case.book.closed.iter().cloned().chain(closed_now).collect();
    restricted.book = book_of(live, closed);
    restricted.sync();
    restricted
}

fn inv_08(case: &Case<'_>, decision: &Decision, decide: Decide, rng: &mut Rng) -> Result<bool, String> {
    let restricted = restrict(case, rng);
    let after = restricted.decide(decide);
    if !decision.permit && after.permit {
        return Err(format!("restricted into a permit; before: {:?}", decision.reasons));
    }
    Ok(!decision.permit)
}

#[test]
fn inv_08_a_restriction_never_turns_a_denial_into_a_permit() {
    holds("INV-08", inv_08);
    // A selector's accreditation on a dissent: were it asked for, losing it would lift the dissent.
    fn dissent_asks_for_accreditation(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
        let requester = crate::runtime::state::org(state, request.requester).unwrap().unwrap();
        over_changed(request, state, at, |live| {
            live.retain(|consent| consent.terms.effect == Effect::Permit || !requester.accreditations.is_empty());
        })
    }
    catches("INV-08", dissent_asks_for_accreditation, inv_08);
}

fn inv_09(case: &Case<'_>, decision: &Decision, decide: Decide, _: &mut Rng) -> Result<bool, String> {
    if !decision.permit || decision.btg {
        return Ok(false);
    }
    for descriptor in descriptors(&case.request) {
        let one = AccessRequest { asked: data(vec![*descriptor]), ..case.request.clone() };
        let alone = case.book.live.iter().any(|consent| {
            let book = book_of(vec![consent.clone()], Vec::new());
            case.with_request(one.clone()).with_book(book).decide(decide).permit
        });
        if !alone {
            return Err(format!("no consent alone permits {descriptor:?}"));
        }
    }
    Ok(true)
}

#[test]
fn inv_09_consents_are_never_put_together() {
    holds("INV-09", inv_09);
    catches("INV-09", stitches, inv_09);
}

fn inv_12b(case: &Case<'_>, decision: &Decision, _: Decide, _: &mut Rng) -> Result<bool, String> {
    if case.request.purpose != Purpose::Btg {
        return Ok(true);
    }
    let named = case
        .book
        .live
        .iter()
        .any(|consent| consent.terms.effect == Effect::Permit && consent.terms.purposes.contains(&Purpose::Btg));
    let forbidden = oracle::glass_forbidden(&case.request, &case.book, case.at);
    if decision.permit && (!(named || decision.btg) || forbidden) {
        return Err(format!("the glass was broken: named {named}, forbidden {forbidden}"));
    }
    Ok(true)
}

#[test]
fn inv_12b_breaking_the_glass_is_named_and_never_under_forbid() {
    holds("INV-12b", inv_12b);
    catches("INV-12b", subsumes_naively, inv_12b);
    catches("INV-12b", ignores_dissent, inv_12b);
}

fn inv_12c(case: &Case<'_>, decision: &Decision, _: Decide, _: &mut Rng) -> Result<bool, String> {
    let controller = crate::runtime::state::org(&case.state, case.request.controller).unwrap().unwrap();
    if !decision.permit || controller.jurisdiction() != Jurisdiction::Cn {
        return Ok(false);
    }
    if decision.btg {
        let crosses = descriptors(&case.request).iter().any(|descriptor| descriptor.deliver_to.jur != Jurisdiction::Cn);
        if crosses && !oracle::emergency_basis(&case.request, &controller, &case.state, case.at) {
            return Err(format!("no emergency basis: {:?}", case.request.xborder_basis));
        }
        return Ok(true);
    }
    for (descriptor, id) in descriptors(&case.request).iter().zip(decision.basis.iter()) {
        let consent = case.book.live.iter().find(|consent| consent.id == *id).ok_or("no such basis")?;
        if !oracle::lawful(&case.request, descriptor, &consent.terms, &controller, &case.state, case.at) {
            return Err(format!("not lawful: {:?} {:?}", case.request.xborder_basis, consent.terms.separate));
        }
    }
    Ok(true)
}

#[test]
fn inv_12c_what_leaves_the_mainland_has_its_separate_consents_and_a_live_basis() {
    holds("INV-12c", inv_12c);
    catches("INV-12c", ignores_separate_consents, inv_12c);
}

fn inv_28(case: &Case<'_>, _: &Decision, decide: Decide, rng: &mut Rng) -> Result<bool, String> {
    let mut suspended = case.clone();
    let id = if rng.one_in(2) { case.request.requester } else { case.request.controller };
    let mut org = (*crate::runtime::state::org(&case.state, id).unwrap().unwrap()).clone();
    org.status = *rng.pick(&[
        OrgStatus::Suspended { until: FAR, by: REGULATOR, order: Hash32::ZERO },
        OrgStatus::Pending,
        OrgStatus::Withdrawn,
    ]);
    suspended.state.put(StateKey::Org(id), Record::Org(Box::new(org)));
    if suspended.decide(decide).permit { Err(format!("organisation {id} is not active")) } else { Ok(true) }
}

#[test]
fn inv_28_no_permit_to_or_from_an_organisation_that_is_not_active() {
    holds("INV-28", inv_28);
    catches("INV-28", forgets_the_requesters_status, inv_28);
}

fn permits_last(case: &Case<'_>, decision: &Decision, decide: Decide, rng: &mut Rng) -> Result<bool, String> {
    if !decision.permit {
        return Ok(false);
    }
    let span = decision.valid_until.0 - case.at.0;
    for at in [case.at.0 + rng.below(span), decision.valid_until.0 - 1] {
        let later = decide(&case.request, &case.state, Millis(at));
        if !later.permit {
            return Err(format!("denied {} ms later, within {span}: {:?}", at - case.at.0, later.reasons));
        }
    }
    Ok(true)
}

#[test]
fn a_permit_holds_until_it_says() {
    holds("valid until", permits_last);
    fn an_hour(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
        let decision = real(request, state, at);
        Decision { valid_until: at.plus(3_600_000), ..decision }
    }
    catches("valid until", an_hour, permits_last);
}
