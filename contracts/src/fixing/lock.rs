//! Taking a claim's rate at its lock point, and converting by it.

use assent_types::claim::{Claim, ClaimTerms, FxLock, LockPoint};
use assent_types::fixing::{Conversion, Fixing, pair_of};
use assent_types::{ErrorCode, FixingId, Money, OrgId};

use crate::runtime::call::Call;
use crate::runtime::state::{self, Found, ReadError};
use crate::runtime::table::{Check, Stop, ensure};

/// E705 if a party to the claim published or counter-signed the fixing.
fn of_no_party(fixing: &Fixing, parties: &[OrgId]) -> Check {
    let by_party = |org: &OrgId| fixing.publisher == *org || fixing.countersigned_by == Some(*org);
    ensure(!parties.iter().any(by_party), ErrorCode::Fx)
}

/// What a claim says of its payment in another currency: E701 for the bills' own currency or one that is not settled here;
/// E705 unless a fixing is named exactly if the rate is taken at the end of the services, and is one of these currencies,
/// of the services' last month, not withdrawn, and of no party.
pub(crate) fn at_filing(call: &Call<'_, '_>, terms: &ClaimTerms, parties: [OrgId; 2]) -> Check {
    let Some(lock) = terms.fx else { return Ok(()) };
    let billed = terms.amounts.billed.ccy;
    ensure(lock.ccy != billed && call.params.claims.currencies.contains(&lock.ccy), ErrorCode::Currency)?;
    ensure(lock.fixing.is_some() == (lock.at == LockPoint::ServiceEnd), ErrorCode::Fx)?;
    let Some(id) = lock.fixing else { return Ok(()) };
    let fixing = state::fixing(call.view, id)?.ok_or(ErrorCode::Fx)?;
    let pair = pair_of(fixing.base, fixing.quote) == pair_of(billed, lock.ccy);
    let of_month = fixing.fixing_day.month() == terms.service.last;
    ensure(pair && of_month && fixing.withdrawn_at.is_none(), ErrorCode::Fx)?;
    of_no_party(&fixing, &parties)
}

/// The latest fixing of a claim's currencies: E705 if there is none in force, or a party made it.
fn latest(call: &Call<'_, '_>, claim: &Claim, lock: FxLock) -> Result<Found<Fixing>, Stop> {
    let pair = state::fixing_pair(call.view, claim.terms.amounts.billed.ccy, lock.ccy)?.ok_or(ErrorCode::Fx)?;
    let fixing = state::fixing(call.view, pair.latest)?
        .ok_or_else(|| ReadError(format!("fixing {} is not there", pair.latest)))?;
    ensure(fixing.is_live(call.now(), call.params.claims.course.fx_stale_ms), ErrorCode::Fx)?;
    of_no_party(&fixing, &[claim.insurer, claim.provider])?;
    Ok(fixing)
}

/// The latest fixing for a claim that is paid in another currency; E705 if there is none in force.
pub(crate) fn latest_for(call: &Call<'_, '_>, claim: &Claim) -> Result<Option<Found<Fixing>>, Stop> {
    claim.terms.fx.map(|lock| latest(call, claim, lock)).transpose()
}

/// The fixing of a claim after a decision: the one that it has, or the latest if it is taken at the first decision.
pub(crate) fn at_decision(call: &Call<'_, '_>, claim: &Claim) -> Result<Option<FixingId>, Stop> {
    match claim.terms.fx {
        Some(lock) if lock.at == LockPoint::Decision && claim.course.fixing.is_none() => {
            Ok(Some(latest(call, claim, lock)?.id))
        }
        _ => Ok(claim.course.fixing),
    }
}

/// An amount of a claim in the currency in which it is paid, if that is another: by the fixing that the claim has, or the
/// latest if every instruction takes its own. What comes back goes by the fixing by which it was paid last.
pub(crate) fn conversion(
    call: &Call<'_, '_>,
    claim: &Claim,
    amount: Money,
    back: bool,
) -> Result<Option<Conversion>, Stop> {
    let Some(lock) = claim.terms.fx else { return Ok(None) };
    let fixing = if lock.at == LockPoint::Instruction && !back {
        latest(call, claim, lock)?
    } else {
        let id = claim.course.fixing.ok_or(ErrorCode::Fx)?;
        state::fixing(call.view, id)?.ok_or_else(|| ReadError(format!("fixing {id} is not there")))?
    };
    let conversion = fixing.convert(amount)?;
    ensure(!conversion.amount.is_zero(), ErrorCode::AmountOverflow)?;
    ensure(conversion.amount.minor <= call.params.claims.amount_max, ErrorCode::AmountOverflow)?;
    Ok(Some(conversion))
}
