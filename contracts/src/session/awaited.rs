//! Acknowledgements that are awaited, and the bar that follows where none comes (AC-05, AC-08, AC-15).

use assent_types::Millis;
use assent_types::delivery::Unacknowledged;
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};

use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};

/// Ack periods after which a requester that has not acknowledged is barred.
const BARRED_AFTER_ACK_TTLS: u64 = 3;

fn change(
    call: &mut Call<'_, '_>,
    session: &Session,
    change: impl FnOnce(Unacknowledged) -> Unacknowledged,
) -> Result<(), Stop> {
    let (requester, controller) = (session.request.requester, session.request.controller);
    let before = state::unacknowledged(call.view, requester, controller)?.map(|awaited| (*awaited).clone());
    let after = change(before.unwrap_or_default());
    call.view.put(StateKey::Unacknowledged(requester, controller), Record::Unacknowledged(after));
    Ok(())
}

/// The session was delivered: its acknowledgement is awaited. When the bar comes is fixed now, whatever becomes of the
/// parameters.
pub(super) fn await_ack(call: &mut Call<'_, '_>, session: &mut Session) -> Check {
    let (now, ack_ttl_ms) = (call.now(), call.params.ack_ttl_ms);
    let barred_from: Millis = now.plus(BARRED_AFTER_ACK_TTLS * ack_ttl_ms);
    session.deadline = Some(now.plus(ack_ttl_ms));
    session.barred_from = Some(barred_from);
    change(call, session, |awaited| awaited.delivered(barred_from))
}

/// Nothing is awaited of the session any more; what its silence barred is open again.
pub(super) fn settle(call: &mut Call<'_, '_>, session: &mut Session) -> Check {
    match session.barred_from.take() {
        Some(barred_from) => change(call, session, |awaited| awaited.settled(barred_from)),
        None => Ok(()),
    }
}
