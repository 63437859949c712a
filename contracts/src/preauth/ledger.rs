//! The ledger of what was approved: every move is from one bucket to another.

use assent_types::guarantee::Guarantee;
use assent_types::limits::{PREAUTH_CLAIMS_MAX, PREAUTH_GUARANTEES_MAX};
use assent_types::preauth::{Preauth, PreauthUse};
use assent_types::{ClaimId, ErrorCode, GuaranteeId, List, Money};

use crate::runtime::table::{Check, Stop, ensure};

/// Sets an amount aside for a guarantee: E605 if less remains, E903 if too many guarantees are open.
pub(crate) fn reserve(preauth: &mut Preauth, guarantee: GuaranteeId, amount: Money) -> Check {
    ensure(amount <= preauth.buckets.remaining, ErrorCode::OverPreauth)?;
    preauth.buckets.remaining = preauth.buckets.remaining.minus(amount)?;
    preauth.buckets.reserved = preauth.buckets.reserved.plus(amount)?;
    preauth.guarantees.push(guarantee).map_err(|_| ErrorCode::Limit.into())
}

/// Gives back what a guarantee has not used when it ends: free again, or lapsed if the preauthorisation has ended.
pub(crate) fn release(preauth: &mut Preauth, guarantee: &mut Guarantee) -> Check {
    let unused = guarantee.reserved;
    guarantee.reserved = Money::zero(unused.ccy);
    preauth.buckets.reserved = preauth.buckets.reserved.minus(unused)?;
    give_back(preauth, unused)?;
    preauth.guarantees = without(&preauth.guarantees, |open| *open != guarantee.id);
    Ok(())
}

fn give_back(preauth: &mut Preauth, amount: Money) -> Check {
    let buckets = &mut preauth.buckets;
    let bucket = if preauth.status.is_live() { &mut buckets.remaining } else { &mut buckets.lapsed };
    *bucket = bucket.plus(amount)?;
    Ok(())
}

fn without<T: Clone, const MAX: usize>(list: &List<T, MAX>, keep: impl Fn(&T) -> bool) -> List<T, MAX> {
    match List::new(list.iter().filter(|item| keep(item)).cloned().collect()) {
        Ok(rest) => rest,
        Err(_) => unreachable!("a list that lost elements is within its bound"),
    }
}

/// The claim's entry, if it cites the preauthorisation.
pub(crate) fn usage(preauth: &Preauth, claim: ClaimId) -> Option<&PreauthUse> {
    preauth.claims.iter().find(|usage| usage.claim == claim)
}

/// The most that may be approved for a claim in all: what it has consumed, what its guarantee has reserved, and what
/// remains; from the second decision on also what has lapsed, as an appeal must not fail because time has passed.
pub(crate) fn headroom(
    preauth: &Preauth,
    guarantee: Option<&Guarantee>,
    claim: ClaimId,
    is_first: bool,
) -> Result<Money, Stop> {
    let nothing = Money::zero(preauth.approved.ccy);
    let consumed = usage(preauth, claim).map_or(nothing, |usage| usage.consumed);
    let reserved = guarantee.map_or(nothing, |guarantee| guarantee.reserved);
    let lapsed = if is_first { nothing } else { preauth.buckets.lapsed };
    Ok(Money::sum(nothing.ccy, [consumed, reserved, preauth.buckets.remaining, lapsed])?)
}

/// Moves an amount to what is consumed: from the guarantee's reserve first, then from what remains, then from what has
/// lapsed. E605 if that does not suffice.
pub(crate) fn consume(preauth: &mut Preauth, guarantee: Option<&mut Guarantee>, amount: Money) -> Check {
    let mut rest = amount;
    let buckets = &mut preauth.buckets;
    if let Some(guarantee) = guarantee {
        let taken = rest.min(guarantee.reserved);
        guarantee.reserved = guarantee.reserved.minus(taken)?;
        buckets.reserved = buckets.reserved.minus(taken)?;
        rest = rest.minus(taken)?;
    }
    for bucket in [&mut buckets.remaining, &mut buckets.lapsed] {
        let taken = rest.min(*bucket);
        *bucket = bucket.minus(taken)?;
        rest = rest.minus(taken)?;
    }
    ensure(rest.is_zero(), ErrorCode::OverPreauth)?;
    buckets.consumed = buckets.consumed.plus(amount)?;
    Ok(())
}

/// Gives back what a claim has consumed: free again, or lapsed if the preauthorisation has ended.
pub(crate) fn restore(preauth: &mut Preauth, amount: Money) -> Check {
    preauth.buckets.consumed = preauth.buckets.consumed.minus(amount)?;
    give_back(preauth, amount)
}

/// Lists a claim with what it has consumed, in place of its entry before: E903 if too many claims cite the
/// preauthorisation.
pub(crate) fn list(preauth: &mut Preauth, usage: PreauthUse) -> Check {
    if let Some(known) = preauth.claims.as_mut_slice().iter_mut().find(|known| known.claim == usage.claim) {
        *known = usage;
        return Ok(());
    }
    preauth.claims.push(usage).map_err(|_| ErrorCode::Limit.into())
}

/// Takes a claim off the list.
pub(crate) fn unlist(preauth: &mut Preauth, claim: ClaimId) {
    preauth.claims = without(&preauth.claims, |usage| usage.claim != claim);
}

/// What remains lapses.
pub(crate) fn lapse(preauth: &mut Preauth) -> Check {
    let buckets = &mut preauth.buckets;
    buckets.lapsed = buckets.lapsed.plus(buckets.remaining)?;
    buckets.remaining = Money::zero(buckets.remaining.ccy);
    Ok(())
}

/// Hands everything that rests on a preauthorisation over to its successor: E605 if that has less free than is in use,
/// E903 if it has no room for so many guarantees and claims. All of the one before lapses: the successor answers for
/// what it had promised.
pub(crate) fn hand_over(parent: &mut Preauth, child: &mut Preauth) -> Check {
    let (reserved, consumed) = (parent.buckets.reserved, parent.buckets.consumed);
    let in_use = reserved.plus(consumed)?;
    ensure(in_use <= child.buckets.remaining, ErrorCode::OverPreauth)?;
    child.buckets.remaining = child.buckets.remaining.minus(in_use)?;
    child.buckets.reserved = child.buckets.reserved.plus(reserved)?;
    child.buckets.consumed = child.buckets.consumed.plus(consumed)?;
    for guarantee in &parent.guarantees {
        child.guarantees.push(*guarantee).map_err(|_| ErrorCode::Limit)?;
    }
    for usage in &parent.claims {
        list(child, *usage)?;
    }
    let nothing = Money::zero(parent.approved.ccy);
    parent.guarantees = List::<_, PREAUTH_GUARANTEES_MAX>::default();
    parent.claims = List::<_, PREAUTH_CLAIMS_MAX>::default();
    (parent.buckets.remaining, parent.buckets.reserved, parent.buckets.consumed) = (nothing, nothing, nothing);
    parent.buckets.lapsed = parent.approved;
    Ok(())
}
