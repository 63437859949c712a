//! Reading cases, bills and claims.

use assent_types::bill::{Bill, BillStatus, RegisterBill};
use assent_types::case::Case;
use assent_types::claim::{Claim, ClaimStatus, SubmitClaim};
use assent_types::{BillNullifier, ClaimId, ErrorCode, OrgId, Sp};

use crate::runtime::call::{Call, Object};
use crate::runtime::state::{self, Found, ReadError};
use crate::runtime::table::{State, Stop, ensure};

/// A claim that is filed, with what it cites.
pub(crate) struct FilingObject {
    pub(crate) case: Found<Case>,
    /// The bills in the claim's order; `None` for one that the provider did not register.
    pub(crate) bills: Vec<Option<Found<Bill>>>,
    pub(crate) related: Option<Found<Claim>>,
}

/// A claim with its bills.
pub(crate) struct ClaimObject {
    /// A copy that effects change and write back.
    pub(crate) claim: Claim,
    /// Copies of its bills, in its order.
    pub(crate) bills: Vec<Bill>,
}

/// Checks the parties of a new case: E210 for an unknown subject, E905 for an unknown organisation.
pub(crate) fn load_case(call: &Call<'_, '_>, subject: Sp, orgs: [OrgId; 2]) -> Result<(State, Object), Stop> {
    ensure(state::subject(call.view, subject)?.is_some(), ErrorCode::Subject)?;
    for org in orgs {
        ensure(state::org(call.view, org)?.is_some(), ErrorCode::NotFound)?;
    }
    Ok((State::New, Object::None))
}

/// E619 if the issuer has registered the nullifier already.
pub(crate) fn load_bill(call: &Call<'_, '_>, register: &RegisterBill) -> Result<(State, Object), Stop> {
    let known = state::bill(call.view, register.nullifier, register.issuer)?;
    ensure(known.is_none(), ErrorCode::Nullifier)?;
    Ok((State::New, Object::None))
}

/// Reads the case, the bills and the related claim: E905 if case or related claim is unknown.
pub(crate) fn load_filing(call: &Call<'_, '_>, submit: &SubmitClaim) -> Result<(State, Object), Stop> {
    let case = state::case(call.view, submit.terms.case)?.ok_or(ErrorCode::NotFound)?;
    let mut bills = Vec::with_capacity(submit.terms.bills.len());
    for bill in &submit.terms.bills {
        bills.push(state::bill(call.view, *bill, case.provider)?);
    }
    let related = match &submit.terms.related {
        Some(related) => Some(state::claim(call.view, related.claim)?.ok_or(ErrorCode::NotFound)?),
        None => None,
    };
    Ok((State::New, Object::Filing(FilingObject { case, bills, related })))
}

/// Reads a claim and its bills: E905 if the claim is unknown.
pub(crate) fn load_claim(call: &Call<'_, '_>, id: ClaimId) -> Result<(State, Object), Stop> {
    let claim = state::claim(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    let object = claim_object(call, (*claim).clone())?;
    Ok((claim.status.into(), Object::Claim(Box::new(object))))
}

/// Reads a bill that ends: E905 if its issuer registered none of this nullifier. E619 if the nullifier of the bill that
/// takes its place is in use.
pub(crate) fn load_ending_bill(
    call: &Call<'_, '_>,
    (nullifier, issuer): (BillNullifier, OrgId),
    by: Option<&RegisterBill>,
) -> Result<(State, Object), Stop> {
    let bill = state::bill(call.view, nullifier, issuer)?.ok_or(ErrorCode::NotFound)?;
    if let Some(by) = by {
        ensure(state::bill(call.view, by.nullifier, issuer)?.is_none(), ErrorCode::Nullifier)?;
    }
    let from = match bill.status {
        BillStatus::Registered => State::Registered,
        BillStatus::Voided => State::Voided,
        BillStatus::Replaced => State::Replaced,
    };
    Ok((from, Object::Bill(bill)))
}

/// A claim with its bills, as it is stored.
pub(crate) fn claim_object(call: &Call<'_, '_>, claim: Claim) -> Result<ClaimObject, ReadError> {
    let mut bills = Vec::with_capacity(claim.terms.bills.len());
    for nullifier in &claim.terms.bills {
        bills.push((*cited_bill(call, &claim, *nullifier)?).clone());
    }
    Ok(ClaimObject { claim, bills })
}

/// A bill that a claim cites.
pub(crate) fn cited_bill(
    call: &Call<'_, '_>,
    claim: &Claim,
    nullifier: BillNullifier,
) -> Result<Found<Bill>, ReadError> {
    let bill = state::bill(call.view, nullifier, claim.provider)?;
    bill.ok_or_else(|| ReadError(format!("claim {} cites a bill that is not there", claim.id)))
}

/// The case of a claim.
pub(crate) fn case_of(call: &Call<'_, '_>, claim: &Claim) -> Result<Found<Case>, ReadError> {
    let case = state::case(call.view, claim.terms.case)?;
    case.ok_or_else(|| ReadError(format!("the case of claim {} is not there", claim.id)))
}

/// The status that a row of claims leads to.
pub(crate) fn status_of(state: State) -> ClaimStatus {
    match ClaimStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of claims lead to states of claims"),
    }
}
