//! Loading sessions for their events.

use assent_types::access::{AccessRequest, Asked};
use assent_types::session::{LinkSubjects, Session, SessionStatus};
use assent_types::{AnchorId, ErrorCode, SessionId};

use crate::access::cover::Use;
use crate::access::permit::{Judged, judge};
use crate::runtime::call::{Call, Object, SessionDocument, SessionObject};
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

/// A new session with its decision: E907 unless it names documents, E501 if they are of two subjects or controllers.
pub(crate) fn new(call: &Call<'_, '_>, request: &AccessRequest) -> Result<(State, Object), Stop> {
    let Asked::Documents { anchors, .. } = &request.asked else { return Err(ErrorCode::BadRequest.into()) };
    let judged = judge(request, call.view, call.now(), Use::New)??;
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

/// The same with its documents.
pub(crate) fn with_documents(call: &Call<'_, '_>, id: SessionId) -> Result<(State, Object), Stop> {
    let session = (*found(call, id)?).clone();
    let documents = documents(call, session.anchors())?;
    Ok(loaded(call, session, None, documents))
}

/// The decision on a session's request at this block. The use that an open session has reserved is its own; that of a
/// released one has been counted.
pub(crate) fn judge_again(call: &Call<'_, '_>, session: &Session) -> Result<Judged, Stop> {
    let usage = match session.status {
        SessionStatus::Permitted => Use::Reserved(session.id),
        _ => Use::Counted,
    };
    Ok(judge(&session.request, call.view, call.now(), usage)??)
}

/// The same with the decision made again.
pub(crate) fn with_decision(call: &Call<'_, '_>, id: SessionId) -> Result<(State, Object), Stop> {
    let session = (*found(call, id)?).clone();
    let documents = documents(call, session.anchors())?;
    let judged = judge_again(call, &session)?;
    Ok(loaded(call, session, Some(judged), documents))
}
