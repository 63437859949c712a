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

/// Allocates a share of a bill to a claim that it lists; E603 if the indemnities would exceed the total.
pub(crate) fn allocate(bill: &mut Bill, claim: ClaimId, amount: Money) -> Check {
    let Some(allocation) = bill.claims.as_mut_slice().iter_mut().find(|allocation| allocation.claim == claim) else {
        return Err(Stop::Refused(ErrorCode::Bill));
    };
    allocation.amount = allocation.amount.plus(amount)?;
    if allocation.benefit == BenefitKind::Indemnity {
        bill.allocated = bill.allocated.plus(amount)?;
        ensure(bill.allocated <= bill.total, ErrorCode::OverAllocated)?;
    }
    Ok(())
}
