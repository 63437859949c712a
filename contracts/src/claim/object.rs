//! Reading cases, bills and claims, and the state in which a claim counts.

use assent_types::bill::{Bill, RegisterBill};
use assent_types::case::Case;
use assent_types::claim::{Claim, ClaimFlag, ClaimStatus, SubmitClaim};
use assent_types::settlement::{Settlement, SettlementStatus};
use assent_types::state::ClaimParams;
use assent_types::{ClaimId, ErrorCode, Millis, OrgId, Sp};

use crate::runtime::call::{Call, Object};
use crate::runtime::dispatch::sweep_row;
use crate::runtime::state::{self, Found, ReadError};
use crate::runtime::table::{Row, State, Stop, Table, ensure};

/// A claim that is filed, with what it cites.
pub(crate) struct FilingObject {
    pub(crate) case: Found<Case>,
    /// The bills in the claim's order; `None` for one that the provider did not register.
    pub(crate) bills: Vec<Option<Found<Bill>>>,
    pub(crate) related: Option<Found<Claim>>,
}

/// A claim with its bills.
pub(crate) struct ClaimObject {
    /// A copy that effects change and write back; moved on already if its deadline has passed.
    pub(crate) claim: Claim,
    /// Copies of its bills, in its order.
    pub(crate) bills: Vec<Bill>,
    /// The sweeper's row that moved the copy on; its event comes before the act's.
    pub(crate) overdue: Option<Row>,
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
    let mut object = claim_object(call, (*claim).clone())?;
    object.overdue = overdue_row(call.tables, &object.claim, call.now());
    if let Some(row) = &object.overdue {
        move_on(&mut object.claim, row, &call.params.claims);
    }
    let from = effective_state(call, &object.claim)?;
    Ok((from, Object::Claim(Box::new(object))))
}

/// A claim with its bills, as it is stored.
pub(crate) fn claim_object(call: &Call<'_, '_>, claim: Claim) -> Result<ClaimObject, ReadError> {
    let mut bills = Vec::with_capacity(claim.terms.bills.len());
    for nullifier in &claim.terms.bills {
        let bill = state::bill(call.view, *nullifier, claim.provider)?;
        bills.push(
            (*bill.ok_or_else(|| ReadError(format!("claim {} cites a bill that is not there", claim.id)))?).clone(),
        );
    }
    Ok(ClaimObject { claim, bills, overdue: None })
}

/// The sweeper's row for a claim whose deadline has passed.
pub(crate) fn overdue_row(tables: &[Table<'_>], claim: &Claim, at: Millis) -> Option<Row> {
    let over = is_swept(claim.status) && claim.due.is_some_and(|due| due <= at);
    if over { sweep_row(tables, *b"CL", claim.status.into()) } else { None }
}

/// Whether the sweeper moves claims in this status on.
pub(crate) fn is_swept(status: ClaimStatus) -> bool {
    matches!(status, ClaimStatus::Submitted | ClaimStatus::DupHold)
}

/// Moves a claim on whose deadline has passed: the next deadline counts from the one that passed, however late the sweep.
pub(crate) fn move_on(claim: &mut Claim, row: &Row, params: &ClaimParams) {
    let flag = match claim.status {
        ClaimStatus::DupHold => ClaimFlag::DupUnresolved,
        _ => ClaimFlag::AckMissed,
    };
    claim.flags = claim.flags.with(flag);
    claim.status = status_of(row.to);
    claim.due = claim.due.map(|due| due.plus(params.adjudicate_ms));
}

/// The status that a row of claims leads to.
pub(crate) fn status_of(state: State) -> ClaimStatus {
    match ClaimStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of claims lead to states of claims"),
    }
}

/// The state that counts: a payment whose acknowledgement is overdue has settled the claim, swept or not.
fn effective_state(call: &Call<'_, '_>, claim: &Claim) -> Result<State, ReadError> {
    if claim.status == ClaimStatus::PayInstructed
        && let Some(id) = claim.settlement
        && let Some(settlement) = state::settlement(call.view, id)?
        && is_overdue(&settlement, call.now())
    {
        return Ok(State::Settled);
    }
    Ok(claim.status.into())
}

/// Whether the payee's time to acknowledge has passed.
pub(crate) fn is_overdue(settlement: &Settlement, at: Millis) -> bool {
    settlement.status == SettlementStatus::Paid && settlement.due.is_some_and(|due| due <= at)
}
