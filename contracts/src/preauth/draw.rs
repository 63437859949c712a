//! What a claim does to the preauthorisation and the guarantee that it cites.
//!
//! The claim says what it has consumed: all that its decisions have approved, nothing once it is withdrawn. The ledgers
//! follow it whenever it is written, whichever row moved it.

use assent_types::claim::{Capacity, Claim, ClaimStatus, Payee};
use assent_types::guarantee::{Guarantee, GuaranteeStatus, guaranteed_denials};
use assent_types::preauth::{Preauth, PreauthUse};
use assent_types::{ErrorCode, Money};

use super::execute::settle;
use super::ledger::{consume, headroom, list, restore, unlist, usage};
use super::object::head_of;
use crate::guarantee::execute as guarantees;
use crate::runtime::call::{Call, payload};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, Stop, ensure};

// Guards of claims -------------------------------------------------------------------------------------------------

/// E905 for an unknown preauthorisation or guarantee. E606 for a preauthorisation that is not live, of other parties or
/// not valid when the services begin, for a guarantee that is not accepted, of another case or over by then, for a claim
/// that the guarantee would not pay to the provider, and for two that do not belong together. E203 for a person who
/// calls a guarantee; E701 for another currency.
pub(crate) fn fit(call: &Call<'_, '_>) -> Check {
    let submit = payload!(call, SubmitClaim);
    let (terms, case) = (&submit.terms, &call.filing().case);
    let ccy = terms.amounts.claimed.ccy;
    let cited = match terms.preauth {
        Some(id) => Some(head_of(call.view, id)?.ok_or(ErrorCode::NotFound)?),
        None => None,
    };
    if let Some(preauth) = &cited {
        let parties = (preauth.subject, preauth.insurer, preauth.provider);
        let valid = preauth.validity().is_some_and(|validity| {
            // Days are not in clear, so the month in which the services begin is taken whole.
            let begins = terms.service.first;
            validity.from < begins.next().first_day().start() && begins.first_day().start() < validity.to
        });
        let same = parties == (case.subject, case.insurer, case.provider);
        ensure(preauth.status.is_live() && same && valid, ErrorCode::PreauthMismatch)?;
        ensure(preauth.approved.ccy == ccy, ErrorCode::Currency)?;
    }
    let Some(id) = terms.guarantee else { return Ok(()) };
    ensure(submit.capacity == Capacity::Organisation, ErrorCode::Role)?;
    let guarantee = state::guarantee(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    let rests_on = match guarantee.preauth {
        Some(id) => head_of(call.view, id)?.map(|head| head.id),
        None => None,
    };
    let fits = guarantee.status == GuaranteeStatus::Accepted
        && guarantee.case == case.id
        && terms.payee == Payee::Provider
        && terms.service.start() < guarantee.exp
        && rests_on == cited.as_ref().map(|preauth| preauth.id);
    ensure(fits, ErrorCode::PreauthMismatch)?;
    ensure(guarantee.amount.ccy == ccy, ErrorCode::Currency)
}

fn cited_preauth(call: &Call<'_, '_>, claim: &Claim) -> Result<Option<Found<Preauth>>, Stop> {
    let Some(id) = claim.terms.preauth else { return Ok(None) };
    let missing = || state::ReadError(format!("the preauthorisation of claim {} is not there", claim.id));
    Ok(Some(head_of(call.view, id)?.ok_or_else(missing)?))
}

fn called_guarantee(call: &Call<'_, '_>, claim: &Claim) -> Result<Option<Found<Guarantee>>, Stop> {
    let Some(id) = claim.terms.guarantee else { return Ok(None) };
    let missing = || state::ReadError(format!("the guarantee of claim {} is not there", claim.id));
    Ok(Some(state::guarantee(call.view, id)?.ok_or_else(missing)?))
}

/// E605 if more would be approved for the claim in all than its preauthorisation has left for it.
pub(crate) fn within(call: &Call<'_, '_>, claim: &Claim, approved: Money) -> Check {
    let Some(preauth) = cited_preauth(call, claim)? else { return Ok(()) };
    let guarantee = called_guarantee(call, claim)?;
    let most = headroom(&preauth, guarantee.as_deref(), claim.id, claim.decision.is_none())?;
    ensure(approved <= most, ErrorCode::OverPreauth)
}

/// E608 if something is disallowed for a reason that the guarantee rules out.
pub(crate) fn reasons_allowed(claim: &Claim, reasons: assent_types::claim::AdjReasons) -> Check {
    let guaranteed = claim.terms.guarantee.is_some();
    ensure(!guaranteed || reasons.is_subset(guaranteed_denials()), ErrorCode::GuaranteeDenial)
}

// Effects of claims ------------------------------------------------------------------------------------------------

/// Whether the claim's guarantee has served: paid once is enough.
fn has_served(claim: &Claim) -> bool {
    claim.status == ClaimStatus::Settled || claim.status.is_terminal()
}

/// Brings the ledgers up to a claim that was just written: calls its guarantee (GP-08), moves what it has consumed,
/// closes the guarantee once it has served (GP-09) and the preauthorisation once it is consumed (PA-13). What else was
/// overdue on them has been moved on before the act.
pub(crate) fn follow(call: &mut Call<'_, '_>, claim: &Claim) -> Check {
    if claim.terms.preauth.is_none() && claim.terms.guarantee.is_none() {
        return Ok(());
    }
    let mut guarantee = called_guarantee(call, claim)?.map(|guarantee| (*guarantee).clone());
    if let Some(open) = &guarantee
        && open.status == GuaranteeStatus::Accepted
    {
        guarantee = Some(guarantees::cause_call(call, open.clone(), claim)?);
    }
    let mut preauth = cited_preauth(call, claim)?.map(|preauth| (*preauth).clone());
    if let Some(preauth) = &mut preauth {
        draw(preauth, guarantee.as_mut(), claim)?;
    }
    if let Some(guarantee) = guarantee {
        if guarantee.status == GuaranteeStatus::Called && has_served(claim) {
            guarantees::cause_close(call, guarantee, preauth.as_mut())?;
        } else {
            guarantees::put(call, guarantee)?;
        }
    }
    match preauth {
        Some(preauth) => settle(call, preauth),
        None => Ok(()),
    }
}

/// Moves what the claim has consumed in addition, or gives it back.
pub(super) fn draw(preauth: &mut Preauth, guarantee: Option<&mut Guarantee>, claim: &Claim) -> Check {
    let over = matches!(claim.status, ClaimStatus::Rejected | ClaimStatus::Withdrawn | ClaimStatus::ClosedDenied);
    let nothing = Money::zero(preauth.approved.ccy);
    let before = usage(preauth, claim.id).map_or(nothing, |usage| usage.consumed);
    let after = if over { nothing } else { claim.approved_total };
    if before <= after {
        consume(preauth, guarantee, after.minus(before)?)?;
    } else {
        restore(preauth, before.minus(after)?)?;
    }
    if over {
        unlist(preauth, claim.id);
        return Ok(());
    }
    list(preauth, PreauthUse { claim: claim.id, consumed: after, status: claim.status })
}
