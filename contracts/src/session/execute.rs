//! Effects of links and sessions.

use assent_types::action::Action;
use assent_types::anomaly::AnomalyKind;
use assent_types::limits::{ANCHORS_MAX, SESSION_PARTIES_MAX};
use assent_types::session::{
    Progress, Session, SessionStatus, SubjectLink, SubjectLinks, receipt_chain, session_id_of,
};
use assent_types::state::{Record, StateKey};
use assent_types::{CaseId, ErrorCode, Hash32, List, OrgId, SessionId, Set};

use super::{awaited, book, check, dispute, export, notice};
use crate::consent;
use crate::erasure;
use crate::review;
use crate::runtime::call::{Call, payload};
use crate::runtime::dispatch::sweep_row_to;
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

pub(super) fn status_of(state: State) -> SessionStatus {
    match state.session_status() {
        Some(status) => status,
        None => unreachable!("rows of sessions lead to states of sessions"),
    }
}

/// SL-01: in this case the pseudonyms are one person's.
pub(super) fn link(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let link = payload!(call, LinkSubjects);
    keep_link(call, row, link.case, link.link)
}

/// Keeps a link of a case, whatever makes it.
pub(crate) fn keep_link(call: &mut Call<'_, '_>, row: &Row, case: CaseId, link: SubjectLink) -> Check {
    let before = state::subject_links(call.view, case)?;
    let links = before.iter().flat_map(|links| links.iter().copied()).chain([link]);
    let links = SubjectLinks::new(links).map_err(|_| Stop::from(ErrorCode::Link))?;
    call.emit(row, case.0, Some(link.a), &[]);
    call.view.put(StateKey::SubjectLinks(case), Record::SubjectLinks(links));
    Ok(())
}

/// Requester, controller, and whoever keeps shards or holds key shares of a document; `None` if they are too many.
pub(super) fn parties(call: &Call<'_, '_>) -> Option<Set<OrgId, SESSION_PARTIES_MAX>> {
    let request = &payload!(call, RequestAccess).request;
    let mut parties = vec![request.requester, request.controller];
    for document in &call.session_object().documents {
        parties.extend(document.anchor.custody.iter().map(|custody| custody.custodian));
        parties.extend(document.keyset.holders.iter());
    }
    Set::new(parties).ok()
}

/// AC-01, AC-02, AC-03: the decision is recorded; if it is a permit, one use of each limited consent is reserved, and if
/// the glass is broken, its review is opened.
pub(super) fn request(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let payload = payload!(call, RequestAccess);
    let Some(parties) = parties(call) else { return Err(ErrorCode::TooLarge.into()) };
    let confirmation = super::load::confirmation(call)?;
    let object = call.take_session_object();
    let Some(judged) = object.judged else { unreachable!("dispatch decided the request") };
    let status = status_of(row.to);
    let progress = object
        .documents
        .iter()
        .map(|document| Progress { keyset_epoch: document.anchor.keyset_epoch, ..Progress::default() });
    let session = Session {
        id: session_id_of(&call.tx),
        request: payload.request.clone(),
        subject: judged.subject,
        suite: payload.suite,
        reply_key: payload.reply_key,
        requested_by: call.signer().key,
        parties,
        deadline: judged.decision.permit.then_some(judged.decision.valid_until),
        decision: judged.decision,
        height: call.ctx.height,
        decided_at: call.now(),
        head: call.ctx.previous,
        status,
        serve_until: None,
        released_at: None,
        barred_from: None,
        changed_at: call.now(),
        progress: bounded(progress.collect()),
        receipts: 0,
        receipt_head: receipt_chain(&Hash32::ZERO, &call.tx),
        post_revocation: false,
        confirmed: confirmation.is_some(),
        failure: None,
        retries: 0,
        resolution: None,
    };
    if !status.is_open() {
        return deny(call, row, session);
    }
    close_overdue(call, &session)?;
    book::reserve(call, &session)?;
    remember_confirmation(call, &session, confirmation)?;
    book::record(call, row, session.clone())?;
    if status == SessionStatus::BtgPermitted {
        review::execute::begin(call, &session)?;
    }
    notice::permitted(call, &session)
}

/// Who was denied is remembered, to be compared with what is permitted soon after.
fn deny(call: &mut Call<'_, '_>, row: &Row, session: Session) -> Check {
    let denied = Some((session.request.requester, call.now()));
    book::record(call, row, session.clone())?;
    book::remember(call, session.subject, session.request.controller, |book| book.denied = denied)
}

/// A confirmation counts once.
fn remember_confirmation(
    call: &mut Call<'_, '_>,
    session: &Session,
    confirmation: Option<(Hash32, assent_types::Millis)>,
) -> Check {
    let Some(confirmation) = confirmation else { return Ok(()) };
    let now = call.now();
    book::remember(call, session.request.subject, session.request.controller, |book| {
        let running = book.confirmations.iter().filter(|(_, until)| now < *until).copied();
        // There is room, or the confirmation would not have counted.
        book.confirmations = List::new(running.chain([confirmation]).collect()).unwrap_or_default();
    })
}

pub(super) fn bounded(progress: Vec<Progress>) -> List<Progress, ANCHORS_MAX> {
    match List::new(progress) {
        Ok(progress) => progress,
        Err(_) => unreachable!("a session has as many as documents"),
    }
}

/// If the list of open sessions is full, those that are over are swept first, in the same transaction.
fn close_overdue(call: &mut Call<'_, '_>, session: &Session) -> Check {
    let open = book::read(call, session.subject, session.request.controller)?.open;
    if open.len() < assent_types::limits::OPEN_SESSIONS_MAX {
        return Ok(());
    }
    for over in open.iter().filter(|open| open.until <= call.ctx.time) {
        sweep(call, over.session)?;
    }
    Ok(())
}

/// The session of the event with its new progress, one receipt more, and the row's status.
pub(super) fn folded(call: &mut Call<'_, '_>, row: &Row, progress: Vec<Progress>) -> (Session, bool) {
    let tx = call.tx;
    let object = call.take_session_object();
    let Some(mut session) = object.session else { unreachable!("dispatch found the session") };
    session.receipts = session.receipts.saturating_add(1);
    session.receipt_head = receipt_chain(&session.receipt_head, &tx);
    session.progress = bounded(progress);
    let permitted = object.judged.is_none_or(|judged| judged.decision.permit);
    let moved = session.status != status_of(row.to);
    session.status = status_of(row.to);
    if moved {
        session.changed_at = call.now();
    }
    (session, permitted)
}

/// AC-18: a holder releases its parts; others are awaited.
pub(crate) fn release_part(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let progress = check::with_parts(call);
    let (session, _) = folded(call, row, progress);
    book::record(call, row, session)
}

/// AC-04: enough parts are released. One use of each limited consent is counted, of those on which the decision rests
/// at this block; and, where it goes abroad, the person.
pub(super) fn release(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let progress = check::with_parts(call);
    let basis = call.session_object().judged.as_ref().map(|judged| judged.decision.basis.to_vec()).unwrap_or_default();
    let (mut session, _) = folded(call, row, progress);
    let until = call.now().plus(call.params.serve_ttl_ms);
    session.released_at = Some(call.now());
    session.serve_until = Some(until);
    session.deadline = Some(until);
    book::settle(call, &session, &basis)?;
    let (subject, controller) = (session.subject, session.request.controller);
    book::record(call, row, session.clone())?;
    export::count(call, &session)?;
    consent::execute::exhaust(call, subject, controller, &basis)
}

/// AC-19, AC-20: a holder's parts come after the session was released. They are recorded; whether access would still
/// be permitted is recorded with them.
pub(super) fn release_late(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let progress = check::with_parts(call);
    let (mut session, permitted) = folded(call, row, progress);
    session.post_revocation |= !permitted;
    book::record(call, row, session)
}

/// AC-05: every document can be read; the requester's acknowledgement is awaited.
pub(super) fn serve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let progress = check::with_shards(call);
    let (mut session, _) = folded(call, row, progress);
    awaited::await_ack(call, &mut session)?;
    book::record(call, row, session)
}

/// AC-21, AC-22: shards are delivered.
pub(crate) fn serve_part(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let progress = check::with_shards(call);
    let (session, _) = folded(call, row, progress);
    book::record(call, row, session)
}

/// AC-06, AC-14, AC-23: the requester has read every document. What its silence barred is open again.
pub(super) fn acknowledge(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let object = call.take_session_object();
    let Some(mut session) = object.session else { unreachable!("dispatch found the session") };
    session.receipts = session.receipts.saturating_add(1);
    session.receipt_head = receipt_chain(&session.receipt_head, &call.tx);
    awaited::settle(call, &mut session)?;
    finish(call, row, session)
}

/// AC-10 to AC-12: the session moves on by itself. What it has reserved is given back where it ends.
pub(super) fn close(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let object = call.take_session_object();
    let Some(session) = object.session else { unreachable!("the session was loaded") };
    if session.status.is_open() {
        book::settle(call, &session, &[])?;
    }
    let undelivered = session.status == SessionStatus::KeyReleased;
    finish(call, row, session.clone())?;
    if undelivered {
        notice::of_session(call, AnomalyKind::NotServed, &session, Some(session.request.controller))?;
    }
    Ok(())
}

pub(super) fn finish(call: &mut Call<'_, '_>, row: &Row, mut session: Session) -> Check {
    session.status = status_of(row.to);
    session.changed_at = call.now();
    session.deadline = None;
    book::record(call, row, session)
}

/// Moves on a session that is overdue, its documents and its review, before somebody acts on one of them: however late the sweeper
/// comes, who acts finds it where a punctual sweep would have left it. Every row uses a deadline up, and the deadlines
/// that it sets lie later, so this ends.
pub(crate) fn catch_up(call: &mut Call<'_, '_>) -> Check {
    let id = match call.action() {
        Action::KeyReleaseReceipt(act) => act.session,
        Action::ShardServed(act) => act.session,
        Action::AckAccess(act) => act.session,
        Action::AckFail(act) => act.session,
        Action::ResolveDispute(act) => act.session,
        Action::SubmitJustification(act) => return review::execute::catch_up(call, act.session),
        Action::NotifySubject(act) => return review::execute::catch_up(call, act.session),
        Action::DecideReview(act) => return review::execute::catch_up(call, act.session),
        _ => return Ok(()),
    };
    let Some(session) = state::session(call.view, id)? else { return Ok(()) };
    erasure::execute::move_on(call, session.anchors())?;
    while sweep(call, id)? {}
    Ok(())
}

/// Sweeps a session whose deadline has passed. False if no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: SessionId) -> Result<bool, Stop> {
    let Some(session) = state::session(call.view, id)? else { return Ok(false) };
    if session.status == SessionStatus::Disputed {
        return dispute::overdue(call, &session);
    }
    let effective = State::from(session.effective_status(call.now()));
    let from = State::from(session.status);
    let Some(row) = sweep_row_to(call.tables, *b"AC", from, effective) else { return Ok(false) };
    let (_, object) = super::load::alone(call, id)?;
    let before = std::mem::replace(&mut call.object, object);
    (row.effect.apply)(call, &row)?;
    call.object = before;
    Ok(true)
}
