//! Loading sessions for their events.

use assent_types::access::{AccessRequest, Asked};
use assent_types::consent::Purpose;
use assent_types::limits::CONFIRMATIONS_MAX;
use assent_types::session::{LinkSubjects, Session, SessionStatus, confirmation_of};
use assent_types::{AnchorId, ErrorCode, Hash32, Millis, SessionId};

use super::book;

use crate::access::cover::Use;
use crate::access::permit::{Judged, judge};
use crate::runtime::call::{Call, Object, SessionDocument, SessionObject, payload};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{State, Stop, ensure};

/// Pseudonyms to link; E210 if one is not registered, E509 for one linked with itself.
pub(crate) fn link(call: &Call<'_, '_>, link: &LinkSubjects) -> Result<(State, Object), Stop> {
    for sp in [link.link.a, link.link.b] {
        ensure(state::subject(call.view, sp)?.is_some(), ErrorCode::Subject)?;
    }
    ensure(link.link.a < link.link.b, ErrorCode::Link)?;
    let known = state::subject_links(call.view, link.case)?.is_some_and(|links| links.contains(&link.link));
    Ok((if known { State::Linked } else { State::New }, Object::None))
}

/// The documents of a session that exist.
fn documents(call: &Call<'_, '_>, anchors: &[AnchorId]) -> Result<Vec<SessionDocument>, Stop> {
    let mut documents = Vec::with_capacity(anchors.len());
    for id in anchors {
        let Some(anchor) = state::anchor(call.view, *id)? else { continue };
        let Some(keyset) = state::keyset(call.view, anchor.body.keyset)? else { continue };
        documents.push(SessionDocument { anchor, keyset });
    }
    Ok(documents)
}

/// What the subject confirmed with the request, if it did so with its own key, not too long before and for the first
/// time. Confirmations are remembered until they confirm nothing any more; where there are too many, none counts.
pub(crate) fn confirmation(call: &Call<'_, '_>) -> Result<Option<(Hash32, Millis)>, Stop> {
    let asked = payload!(call, RequestAccess);
    let (Some(token), now) = (asked.confirm, call.now()) else { return Ok(None) };
    let request = &asked.request;
    let confirmed = confirmation_of(call.ctx.chain, request, &asked.reply_key, token.until);
    let in_time = now < token.until && token.until <= now.plus(call.params.access.confirm_ttl_ms);
    let signed = state::subject(call.view, request.subject)?
        .is_some_and(|subject| subject.key.verify_confirmation(&confirmed, &token.signature));
    let used = book::read(call, request.subject, request.controller)?.confirmations;
    let running = used.iter().filter(|(_, until)| now < *until).count();
    let fresh = running < CONFIRMATIONS_MAX && used.iter().all(|(other, _)| *other != confirmed);
    Ok((in_time && signed && fresh).then_some((confirmed, token.until)))
}

/// A new session with its decision: E907 unless it names documents, E501 if they are of two subjects or controllers,
/// E108 for breaking the glass without a reason.
pub(crate) fn new(call: &Call<'_, '_>, request: &AccessRequest) -> Result<(State, Object), Stop> {
    let Asked::Documents { anchors, .. } = &request.asked else { return Err(ErrorCode::BadRequest.into()) };
    ensure(request.purpose != Purpose::Btg || request.btg.is_some(), ErrorCode::UnknownCode)?;
    let confirmed = confirmation(call)?.is_some();
    let judged = judge(request, call.view, call.now(), Use::New, confirmed)??;
    let documents = if judged.decision.permit { documents(call, anchors)? } else { Vec::new() };
    let object = SessionObject { session: None, judged: Some(judged), documents };
    Ok((State::New, Object::Session(Box::new(object))))
}

fn found(call: &Call<'_, '_>, id: SessionId) -> Result<Found<Session>, Stop> {
    state::session(call.view, id)?.ok_or_else(|| ErrorCode::NotFound.into())
}

fn loaded(
    call: &Call<'_, '_>,
    session: Session,
    judged: Option<Judged>,
    documents: Vec<SessionDocument>,
) -> (State, Object) {
    let from = State::from(session.effective_status(call.now()));
    (from, Object::Session(Box::new(SessionObject { session: Some(session), judged, documents })))
}

/// A session in its effective state; E905 if there is none.
pub(crate) fn alone(call: &Call<'_, '_>, id: SessionId) -> Result<(State, Object), Stop> {
    let session = (*found(call, id)?).clone();
    Ok(loaded(call, session, None, Vec::new()))
}

/// The same with its documents; and with the decision made again if it is to be delivered once more.
pub(crate) fn with_documents(call: &Call<'_, '_>, id: SessionId) -> Result<(State, Object), Stop> {
    let session = (*found(call, id)?).clone();
    let documents = documents(call, session.anchors())?;
    let judged = match session.status {
        SessionStatus::AckFailed => Some(judge_again(call, &session)?),
        _ => None,
    };
    Ok(loaded(call, session, judged, documents))
}

/// The decision on a session's request at this block. The use that an open session has reserved is its own; that of a
/// released one has been counted.
pub(crate) fn judge_again(call: &Call<'_, '_>, session: &Session) -> Result<Judged, Stop> {
    let usage = match session.status {
        status if status.is_open() => Use::Reserved(session.id),
        _ => Use::Counted,
    };
    Ok(judge(&session.request, call.view, call.now(), usage, session.confirmed)??)
}

/// The same with the decision made again.
pub(crate) fn with_decision(call: &Call<'_, '_>, id: SessionId) -> Result<(State, Object), Stop> {
    let session = (*found(call, id)?).clone();
    let documents = documents(call, session.anchors())?;
    let judged = judge_again(call, &session)?;
    Ok(loaded(call, session, Some(judged), documents))
}
