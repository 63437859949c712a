//! How an organisation stands as one that asks for access.

use assent_types::review::{OpenReview, Standing};
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

/// Adds a review that is to be justified. The decision that broke the glass made sure of the room: those that can be
/// justified no more make it, and leave their bars.
pub(crate) fn owe(standing: &mut Standing, review: OpenReview, now: Millis) -> Check {
    let lapsed: Vec<OpenReview> = standing.reviews.iter().filter(|open| open.lapses_at <= now).copied().collect();
    for open in lapsed {
        lapse(standing, open.session)?;
    }
    standing.reviews.push(review).map_err(|_| Stop::from(ErrorCode::Review))
}

/// A review was never justified: it leaves the list, and its bar stays.
pub(crate) fn lapse(standing: &mut Standing, session: SessionId) -> Check {
    if let Some(open) = standing.reviews.iter().find(|review| review.session == session).copied() {
        bar_glass(standing, open.barred_until);
    }
    settle(standing, session)
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
