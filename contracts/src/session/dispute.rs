//! Effects of what goes wrong after delivery: not read, delivered again, not acknowledged, disputed, resolved.

use assent_types::anomaly::AnomalyKind;
use assent_types::session::{Progress, Resolution, Session, SessionStatus, receipt_chain};
use assent_types::state::{Record, StateKey};

use super::execute::{bounded, folded, status_of};
use super::{awaited, book, check, notice};
use crate::runtime::call::{Call, payload};
use crate::runtime::table::{Check, Row, Stop};

fn current(call: &mut Call<'_, '_>) -> Session {
    match call.take_session_object().session {
        Some(session) => session,
        None => unreachable!("dispatch found the session"),
    }
}

fn moved(call: &Call<'_, '_>, row: &Row, session: &mut Session) {
    session.status = status_of(row.to);
    session.changed_at = call.now();
}

/// AC-07: the requester could not read. Shards are awaited once more, for a while.
pub(super) fn fail(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let reason = payload!(call, AckFail).reason;
    let mut session = current(call);
    awaited::settle(call, &mut session)?;
    let until = call.now().plus(call.params.access.retry_ttl_ms);
    session.receipts = session.receipts.saturating_add(1);
    session.receipt_head = receipt_chain(&session.receipt_head, &call.tx);
    session.failure = Some(reason);
    let again = session.progress.iter().map(|progress| Progress { shards: 0, ..progress.clone() });
    session.progress = bounded(again.collect());
    session.deadline = Some(until);
    session.serve_until = Some(until);
    moved(call, row, &mut session);
    book::record(call, row, session)
}

/// AC-08: everything was delivered once more.
pub(super) fn serve_again(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let progress = check::with_shards(call);
    let (mut session, _) = folded(call, row, progress);
    session.retries = session.retries.saturating_add(1);
    awaited::await_ack(call, &mut session)?;
    book::record(call, row, session)
}

/// AC-09: it could not be read in the end. AN-06.
pub(super) fn give_up(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let session = dispute(call, row)?;
    notice::of_session(call, AnomalyKind::Integrity, &session, Some(session.request.controller))
}

/// AC-13: delivered and not acknowledged. AN-05.
pub(super) fn silence(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut session = current(call);
    session.deadline = session.barred_from;
    moved(call, row, &mut session);
    book::record(call, row, session.clone())?;
    notice::of_session(call, AnomalyKind::NotAcknowledged, &session, Some(session.request.requester))
}

/// AC-15: never acknowledged. The bar has been in force since the deadline passed, swept or not.
pub(super) fn bar(call: &mut Call<'_, '_>, row: &Row) -> Check {
    dispute(call, row).map(|_| ())
}

/// The session awaits a regulator's decision.
fn dispute(call: &mut Call<'_, '_>, row: &Row) -> Result<Session, Stop> {
    let mut session = current(call);
    session.deadline = Some(call.now().plus(call.params.access.dispute_ms));
    moved(call, row, &mut session);
    book::record(call, row, session.clone())?;
    Ok(session)
}

/// AC-16: the dispute is decided.
pub(super) fn resolve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let resolve = payload!(call, ResolveDispute);
    let Some(by) = call.signer().org_id() else { return Err(assent_types::ErrorCode::Role.into()) };
    let mut session = current(call);
    let resolution = Resolution { finding: resolve.finding, at_fault: resolve.at_fault, order: resolve.order, by };
    session.resolution = Some(resolution);
    session.deadline = None;
    moved(call, row, &mut session);
    awaited::settle(call, &mut session)?;
    book::record(call, row, session)
}

/// The regulators let a dispute's time pass: AN-14, once. The session stays where it is. False if it is not time yet.
pub(super) fn overdue(call: &mut Call<'_, '_>, session: &Session) -> Result<bool, Stop> {
    if session.deadline.is_none_or(|deadline| call.now() < deadline) || session.status != SessionStatus::Disputed {
        return Ok(false);
    }
    let left = Session { deadline: None, ..session.clone() };
    call.view.put(StateKey::Session(session.id), Record::Session(Box::new(left)));
    notice::of_session(call, AnomalyKind::DeadlineMissed, session, None)?;
    Ok(true)
}
