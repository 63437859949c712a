//! How an organisation stands as one that asks for access.

use assent_types::limits::REQUEST_BARS_MAX;
use assent_types::review::{Bar, OpenReview, Standing};
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, List, Millis, OrgId, SessionId};

use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};

/// Changes an organisation's standing.
pub(crate) fn change(
    call: &mut Call<'_, '_>,
    org: OrgId,
    change: impl FnOnce(&mut Standing) -> Check,
) -> Result<Standing, Stop> {
    let mut standing: Standing =
        state::standing(call.view, org)?.map(|standing| (*standing).clone()).unwrap_or_default();
    change(&mut standing)?;
    call.view.put(StateKey::Standing(org), Record::Standing(Box::new(standing.clone())));
    Ok(standing)
}

/// Adds a review that is to be justified. The decision that broke the glass made sure of the room.
pub(crate) fn owe(standing: &mut Standing, review: OpenReview) -> Check {
    standing.reviews.push(review).map_err(|_| Stop::from(ErrorCode::Review))
}

/// Takes a review off the list.
pub(crate) fn settle(standing: &mut Standing, session: SessionId) -> Check {
    let rest = standing.reviews.iter().filter(|review| review.session != session).copied().collect();
    standing.reviews = List::new(rest).map_err(|_| Stop::from(ErrorCode::Review))?;
    Ok(())
}

/// Bars from breaking the glass until an instant, or a later one that stands already.
pub(crate) fn bar_glass(standing: &mut Standing, until: Millis) {
    standing.glass_barred_until = standing.glass_barred_until.max(Some(until));
}

/// Bars from asking a controller for more. The oldest bar makes room.
pub(crate) fn bar(standing: &mut Standing, bar: Bar) -> Check {
    let mut bars = std::mem::take(&mut standing.bars).into_vec();
    bars.push(bar);
    let kept = bars.split_off(bars.len().saturating_sub(REQUEST_BARS_MAX));
    standing.bars = List::new(kept).map_err(|_| Stop::from(ErrorCode::SessionState))?;
    Ok(())
}

/// Lifts the bar that a session brought, if it brought one.
pub(crate) fn lift_bar(call: &mut Call<'_, '_>, org: OrgId, session: SessionId) -> Check {
    let barred =
        state::standing(call.view, org)?.is_some_and(|standing| standing.bars.iter().any(|bar| bar.session == session));
    if !barred {
        return Ok(());
    }
    change(call, org, |standing| {
        let rest = standing.bars.iter().filter(|bar| bar.session != session).copied().collect();
        standing.bars = List::new(rest).map_err(|_| Stop::from(ErrorCode::SessionState))?;
        Ok(())
    })
    .map(|_| ())
}
