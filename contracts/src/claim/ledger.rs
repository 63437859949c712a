//! The ledger of what claims have to do with a bill.

use assent_types::bill::{Allocation, Bill};
use assent_types::claim::{BenefitKind, Claim};
use assent_types::limits::BILL_CLAIMS_MAX;
use assent_types::{ClaimId, ErrorCode, List, Money};

use crate::runtime::table::{Check, Stop, ensure};

/// Lists a claim on a bill, with nothing allocated; E622 if too many claims cite the bill.
pub(crate) fn cite(bill: &mut Bill, claim: &Claim) -> Check {
    let allocation = Allocation {
        claim: claim.id,
        insurer: claim.insurer,
        benefit: claim.terms.benefit,
        amount: Money::zero(bill.total.ccy),
        clawed: Money::zero(bill.total.ccy),
    };
    bill.claims.push(allocation).map_err(|_| ErrorCode::BillClaims.into())
}

/// Takes a claim off a bill, and what it was allocated.
pub(crate) fn release(bill: &mut Bill, claim: ClaimId) -> Check {
    let (off, rest): (Vec<Allocation>, Vec<Allocation>) =
        bill.claims.iter().partition(|allocation| allocation.claim == claim);
    for allocation in off.iter().filter(|allocation| allocation.benefit == BenefitKind::Indemnity) {
        bill.allocated = bill.allocated.minus(allocation.amount)?;
    }
    bill.claims = match List::<_, BILL_CLAIMS_MAX>::new(rest) {
        Ok(rest) => rest,
        Err(_) => unreachable!("a list that lost elements is within its bound"),
    };
    Ok(())
}

fn listed(bill: &mut Bill, claim: ClaimId) -> Result<&mut Allocation, Stop> {
    let found = bill.claims.as_mut_slice().iter_mut().find(|allocation| allocation.claim == claim);
    found.ok_or(Stop::Refused(ErrorCode::Bill))
}

/// Puts a claim's standing share of a bill in the place of the one before.
fn restate(bill: &mut Bill, claim: ClaimId, standing: Money) -> Check {
    let allocation = listed(bill, claim)?;
    let (before, benefit) = (allocation.amount, allocation.benefit);
    allocation.amount = standing;
    if benefit == BenefitKind::Indemnity {
        bill.allocated = bill.allocated.minus(before)?.plus(standing)?;
        ensure(bill.allocated <= bill.total, ErrorCode::OverAllocated)?;
    }
    Ok(())
}

/// Allocates a share of a bill to a claim that it lists, in the place of the share before: what was clawed back of it
/// stays off. E603 if the indemnities would exceed the total, E613 for less than was clawed back.
pub(crate) fn allocate(bill: &mut Bill, claim: ClaimId, share: Money) -> Check {
    let clawed = listed(bill, claim)?.clawed;
    ensure(share.ccy == clawed.ccy, ErrorCode::Currency)?;
    ensure(clawed <= share, ErrorCode::Reformatio)?;
    restate(bill, claim, share.minus(clawed)?)
}

/// Takes a share that is clawed back off what a bill allocates to a claim; E617 for more than it allocates.
pub(crate) fn claw(bill: &mut Bill, claim: ClaimId, share: Money) -> Check {
    let allocation = listed(bill, claim)?;
    ensure(share.ccy == allocation.amount.ccy, ErrorCode::Currency)?;
    ensure(share <= allocation.amount, ErrorCode::Clawback)?;
    let standing = allocation.amount.minus(share)?;
    allocation.clawed = allocation.clawed.plus(share)?;
    restate(bill, claim, standing)
}
