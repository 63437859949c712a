//! The book of accesses: open sessions, the log, and the uses of limited consents.

use std::collections::BTreeSet;

use assent_types::consent::{Consent, ConsentBook, Reservation};
use assent_types::session::{AccessBook, AccessLogEntry, OpenSession, Session};
use assent_types::state::{Record, StateKey};
use assent_types::{ConsentId, ErrorCode, List, Millis, OrgId, SessionId, Sp};

use crate::consent::book::append_log;
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Row, Stop};

/// The accesses to a subject's documents with a controller; empty if there were none.
pub(crate) fn read(call: &Call<'_, '_>, subject: Sp, controller: OrgId) -> Result<AccessBook, Stop> {
    Ok(state::accesses(call.view, subject, controller)?.map(|book| (*book).clone()).unwrap_or_default())
}

fn write(call: &mut Call<'_, '_>, subject: Sp, controller: OrgId, book: AccessBook) {
    call.view.put(StateKey::Accesses(subject, controller), Record::Accesses(Box::new(book)));
}

/// Sessions that are open at an instant, whatever the sweeper has got round to.
pub(crate) fn live_count(book: &AccessBook, at: Millis) -> usize {
    book.open.iter().filter(|open| at < open.until).count()
}

fn set_open(book: &mut AccessBook, open: Vec<OpenSession>) -> Check {
    book.open = List::new(open).map_err(|_| Stop::from(ErrorCode::SessionLimit))?;
    Ok(())
}

/// Writes a session with the event that brought it where it is: in the session's leaf, in the book of accesses and its
/// log, and in the receipt. A session is listed as open exactly while its stored status is an open one.
pub(crate) fn record(call: &mut Call<'_, '_>, row: &Row, session: Session) -> Check {
    let (subject, controller) = (session.subject, session.request.controller);
    let mut book = read(call, subject, controller)?;
    let mut open: Vec<OpenSession> = book.open.iter().filter(|open| open.session != session.id).copied().collect();
    if session.status.is_open() {
        open.push(OpenSession { session: session.id, until: session.decision.valid_until });
    }
    set_open(&mut book, open)?;
    let entry = AccessLogEntry {
        subject,
        controller,
        seq: book.log.count,
        height: call.ctx.height,
        time: call.now(),
        tx: call.tx,
        actor: call.actor_key(),
        session: session.id,
        requester: session.request.requester,
        row: row.id,
        status: session.status,
    };
    append_log(&mut book.log, &entry.leaf(), call.ctx)?;
    call.accesses.push(entry);
    write(call, subject, controller, book);
    call.emit(row, session.id.0, Some(subject), &session.parties);
    call.view.put(StateKey::Session(session.id), Record::Session(Box::new(session)));
    Ok(())
}

/// Changes what the book of a subject with a controller remembers beside open sessions and log.
pub(crate) fn remember(
    call: &mut Call<'_, '_>,
    subject: Sp,
    controller: OrgId,
    change: impl FnOnce(&mut AccessBook),
) -> Check {
    let mut book = read(call, subject, controller)?;
    change(&mut book);
    write(call, subject, controller, book);
    Ok(())
}

/// Changes the limited consents on which a session rests. Nothing is read or written where no consent is limited.
fn change_limited(
    call: &mut Call<'_, '_>,
    session: &Session,
    concerned: impl Fn(&Consent) -> bool,
    change: impl Fn(&mut Consent) -> Check,
) -> Check {
    let (subject, controller) = (session.subject, session.request.controller);
    let Some(found) = state::consents(call.view, subject, controller)? else { return Ok(()) };
    if !found.live.iter().any(|consent| consent.is_limited() && concerned(consent)) {
        return Ok(());
    }
    let mut book: ConsentBook = (*found).clone();
    let mut changed = book.live.as_mut_slice().iter_mut().filter(|consent| consent.is_limited() && concerned(consent));
    changed.try_for_each(change)?;
    book.epoch += 1;
    call.view.put(StateKey::Consents(subject, controller), Record::Consents(Box::new(book)));
    Ok(())
}

fn without(consent: &Consent, session: SessionId, at: Millis) -> Vec<Reservation> {
    consent.reserved.iter().filter(|held| held.session != session && at < held.until).copied().collect()
}

fn set_reserved(consent: &mut Consent, reserved: Vec<Reservation>) -> Check {
    consent.reserved = List::new(reserved).map_err(|_| Stop::from(ErrorCode::SessionLimit))?;
    Ok(())
}

/// Reserves one use of every limited consent on which a session rests. Void reservations make room.
pub(crate) fn reserve(call: &mut Call<'_, '_>, session: &Session) -> Check {
    let basis: BTreeSet<ConsentId> = session.decision.basis.iter().copied().collect();
    let held = Reservation { session: session.id, until: session.decision.valid_until };
    let now = call.now();
    change_limited(
        call,
        session,
        |consent| basis.contains(&consent.id),
        |consent| {
            let mut reserved = without(consent, held.session, now);
            reserved.push(held);
            set_reserved(consent, reserved)
        },
    )
}

/// Gives back what a session has reserved, and counts one use of every limited consent of `basis`.
pub(crate) fn settle(call: &mut Call<'_, '_>, session: &Session, basis: &[ConsentId]) -> Check {
    let basis: BTreeSet<ConsentId> = basis.iter().copied().collect();
    let (id, now) = (session.id, call.now());
    let holds = |consent: &Consent| consent.reserved.iter().any(|held| held.session == id);
    change_limited(
        call,
        session,
        |consent| basis.contains(&consent.id) || holds(consent),
        |consent| {
            let reserved = without(consent, id, now);
            set_reserved(consent, reserved)?;
            if basis.contains(&consent.id) {
                count(consent, now);
            }
            Ok(())
        },
    )
}

/// Counts one use, in the running window of the rate or as the first of a new one.
fn count(consent: &mut Consent, at: Millis) {
    consent.uses = consent.uses.saturating_add(1);
    let Some((_, window_ms)) = consent.terms.limits.rate else { return };
    consent.rate_window = match consent.rate_window {
        Some((start, uses)) if at < start.plus(window_ms) => Some((start, uses.saturating_add(1))),
        _ => Some((at, 1)),
    };
}
