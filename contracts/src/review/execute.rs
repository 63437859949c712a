//! Loading reviews, and the effects of their rows.

use assent_types::anomaly::AnomalyKind;
use assent_types::review::{Finding, Justification, OpenReview, Review, ReviewStatus};
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, Hash32, OrgId, SessionId};

use super::standing;
use crate::anomaly::activity::day_of;
use crate::anomaly::{Noted, note};
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{cause, sweep_row_to};
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, State, Stop};

fn status_of(state: State) -> ReviewStatus {
    match state.review_status() {
        Some(status) => status,
        None => unreachable!("rows of reviews lead to states of reviews"),
    }
}

/// Loads a review in its effective state; E905 if the session broke no glass.
pub(crate) fn load(call: &Call<'_, '_>, session: SessionId) -> Result<(State, Object), Stop> {
    let Some(review) = state::review(call.view, session)? else { return Err(ErrorCode::NotFound.into()) };
    let from = State::from(review.effective_status(call.now()));
    Ok((from, Object::Review(Box::new((*review).clone()))))
}

fn put(call: &mut Call<'_, '_>, row: &Row, review: Review) {
    let parties = [review.requester, review.controller];
    call.emit(row, review.session.0, Some(review.subject), &parties);
    write(call, review);
}

fn write(call: &mut Call<'_, '_>, review: Review) {
    call.view.put(StateKey::Review(review.session), Record::Review(Box::new(review)));
}

/// Opens the review of a session that just broke the glass (RV-01).
pub(crate) fn begin(call: &mut Call<'_, '_>, session: &Session) -> Check {
    let Some(statement) = session.request.btg else { return Err(ErrorCode::UnknownCode.into()) };
    let glass_review_ms = call.params.access.glass_review_ms;
    let review = Review {
        session: session.id,
        subject: session.subject,
        controller: session.request.controller,
        requester: session.request.requester,
        statement,
        opened_at: call.now(),
        notify_by: call.now().plus(call.params.access.glass_notify_ms),
        notified: None,
        notice_missed: false,
        justification: None,
        finding: None,
        due: Some(call.now().plus(glass_review_ms)),
        lapses_at: call.now().plus(2 * glass_review_ms),
        status: ReviewStatus::Due,
    };
    call.object = Object::Review(Box::new(review));
    cause(call, EventName::BtgGranted, State::New)
}

/// RV-01: the requester owes a justification; AN-02 if it broke the glass more often today than usual.
pub(super) fn open(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let review = Review { status: status_of(row.to), ..call.review_object().clone() };
    let (now, today) = (call.now(), day_of(call.now()));
    let (due, lapses_at) = (review.due.unwrap_or(review.opened_at), review.lapses_at);
    let barred_until = lapses_at.plus(call.params.access.glass_bar_ms);
    let owed = OpenReview { session: review.session, due, lapses_at, barred_until };
    let changed = standing::change(call, review.requester, |standing| {
        let before = standing.glass_day.filter(|(day, _)| *day == today).map_or(0, |(_, count)| count);
        standing.glass_day = Some((today, before.saturating_add(1)));
        standing::owe(standing, owed, now)
    })?;
    let unusual = changed.glass_day.is_some_and(|(_, count)| count > call.params.access.glass_rate);
    let (object, subject, of) = (review.session.0, Some(review.subject), Some(review.requester));
    put(call, row, review);
    if unusual {
        note(call, Noted { kind: AnomalyKind::GlassRate, of, object, subject })?;
    }
    Ok(())
}

/// RV-02: the regulator's decision is due.
pub(super) fn justify(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let submit = payload!(call, SubmitJustification);
    let mut review = call.review_object().clone();
    review.justification = Some(Justification {
        reason: submit.reason,
        clinician: submit.clinician,
        evidence: submit.evidence,
        at: call.now(),
    });
    review.status = status_of(row.to);
    review.due = Some(call.now().plus(call.params.access.glass_review_ms));
    standing::change(call, review.requester, |standing| standing::settle(standing, review.session))?;
    put(call, row, review);
    Ok(())
}

/// RV-03, RV-04: the review is decided; a violation bars from breaking the glass.
pub(super) fn decide(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let decide = payload!(call, DecideReview);
    let mut review = call.review_object().clone();
    review.finding = Some((decide.finding, decide.order));
    review.status = status_of(row.to);
    review.due = None;
    if review.status == ReviewStatus::Violation {
        let until = call.now().plus(call.params.access.glass_bar_ms);
        standing::change(call, review.requester, |standing| {
            standing::bar_glass(standing, until);
            Ok(())
        })?;
    }
    put(call, row, review);
    Ok(())
}

/// RV-05: AN-01. That the requester may not break the glass follows from the deadline itself, swept or not.
pub(super) fn overdue(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut review = call.review_object().clone();
    review.status = status_of(row.to);
    review.due = Some(review.lapses_at);
    let (session, of) = (review.session, Some(review.requester));
    let subject = Some(review.subject);
    put(call, row, review);
    note(call, Noted { kind: AnomalyKind::GlassUnreviewed, of, object: session.0, subject })
}

/// RV-06: never justified, which is a violation. When it began and how long it bars was fixed when the glass was broken.
pub(super) fn no_review(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut review = call.review_object().clone();
    review.status = status_of(row.to);
    review.finding = Some((Finding::NoReview, Hash32::ZERO));
    review.due = None;
    standing::change(call, review.requester, |standing| standing::lapse(standing, review.session))?;
    put(call, row, review);
    Ok(())
}

/// RV-08 to RV-10: the subject was told. What was overdue stays overdue.
pub(super) fn notify(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let notice = payload!(call, NotifySubject).notice;
    let mut review = call.review_object().clone();
    review.notified = Some((notice, call.now()));
    put(call, row, review);
    Ok(())
}

/// Files once that somebody let a deadline of a review pass; the review stays where it is.
fn missed(call: &mut Call<'_, '_>, review: Review, kind: AnomalyKind, of: Option<OrgId>) -> Check {
    let (object, subject) = (review.session.0, Some(review.subject));
    write(call, review);
    note(call, Noted { kind, of, object, subject })
}

/// Moves a review on until no deadline of it has passed.
pub(crate) fn catch_up(call: &mut Call<'_, '_>, id: SessionId) -> Check {
    while sweep(call, id)? {}
    Ok(())
}

/// Sweeps a review one of whose deadlines has passed. False if nothing is to be done.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: SessionId) -> Result<bool, Stop> {
    let Some(found) = state::review(call.view, id)? else { return Ok(false) };
    let (mut review, now) = ((*found).clone(), call.now());
    if review.notified.is_none() && !review.notice_missed && review.notify_by <= now {
        review.notice_missed = true;
        let of = Some(review.requester);
        missed(call, review, AnomalyKind::DeadlineMissed, of)?;
        return Ok(true);
    }
    if review.due.is_none_or(|due| now < due) {
        return Ok(false);
    }
    if review.status == ReviewStatus::Submitted {
        review.due = None;
        missed(call, review, AnomalyKind::GlassUnreviewed, None)?;
        return Ok(true);
    }
    let (from, to) = (State::from(review.status), State::from(review.effective_status(now)));
    let Some(row) = sweep_row_to(call.tables, *b"RV", from, to) else { return Ok(false) };
    call.object = Object::Review(Box::new(review));
    (row.effect.apply)(call, &row)?;
    call.object = Object::None;
    Ok(true)
}
