//! Guards of links and sessions.

use assent_types::document::Anchor;
use assent_types::limits::{LINKS_MAX, OPEN_SESSIONS_MAX};
use assent_types::session::{DisputeFinding, KeyPartKind, Progress, Session};
use assent_types::subject::KeyOwner;
use assent_types::{AnchorId, ErrorCode, Hash32, OrgId, Set};

use super::book;
use crate::document::{may_release, may_serve};
use crate::runtime::call::{Call, SessionDocument, payload};
use crate::runtime::signer::cosigning_subjects;
use crate::runtime::state;
use crate::runtime::table::{Check, ensure};

// Links --------------------------------------------------------------------------------------------------------------

/// E309 unless the key of one pseudonym signs and that of the other co-signs, or the organisation that enrolled one of
/// them attests the link.
pub(super) fn may_link(call: &Call<'_, '_>) -> Check {
    let link = payload!(call, LinkSubjects).link;
    let may = match call.signer().owner {
        KeyOwner::Subject(signer) if signer == link.a => cosigning_subjects(call)?.contains(&link.b),
        KeyOwner::Subject(signer) if signer == link.b => cosigning_subjects(call)?.contains(&link.a),
        KeyOwner::Org(org) => {
            let enrolled = |sp| {
                Ok::<bool, state::ReadError>(
                    state::subject(call.view, sp)?.is_some_and(|subject| subject.enrolled_by == org),
                )
            };
            enrolled(link.a)? || enrolled(link.b)?
        }
        KeyOwner::Subject(_) | KeyOwner::Proxy => false,
    };
    ensure(may, ErrorCode::NotGrantor)
}

/// E509 if the case has as many links as one may have.
pub(super) fn link_room(call: &Call<'_, '_>) -> Check {
    let links = state::subject_links(call.view, payload!(call, LinkSubjects).case)?;
    ensure(links.is_none_or(|links| links.len() < LINKS_MAX), ErrorCode::Link)
}

// Requests -----------------------------------------------------------------------------------------------------------

/// E506 unless the requester signs.
pub(super) fn requester_signs(call: &Call<'_, '_>) -> Check {
    let requester = payload!(call, RequestAccess).request.requester;
    ensure(call.signer().org_id() == Some(requester), ErrorCode::NotRequester)
}

fn permits(call: &Call<'_, '_>) -> bool {
    call.session_object().judged.as_ref().is_some_and(|judged| judged.decision.permit)
}

/// Chosen if access is permitted by consents.
pub(super) fn permitted_by_consent(call: &Call<'_, '_>) -> Check {
    permitted(call)?;
    let glass = call.session_object().judged.as_ref().is_some_and(|judged| judged.decision.btg);
    ensure(!glass, ErrorCode::NoLivePermit)
}

/// Chosen if access is permitted.
pub(super) fn permitted(call: &Call<'_, '_>) -> Check {
    ensure(permits(call), ErrorCode::NoLivePermit)
}

/// Chosen if access is denied.
pub(super) fn denied(call: &Call<'_, '_>) -> Check {
    ensure(!permits(call), ErrorCode::NoLivePermit)
}

/// E508 if the subject has as many open sessions with the controller as it may have; E107 if more organisations keep
/// the documents than one session may have parties. Sessions that are over do not count, whether swept or not.
pub(super) fn room(call: &Call<'_, '_>) -> Check {
    let object = call.session_object();
    let Some(judged) = &object.judged else { return Ok(()) };
    let controller = payload!(call, RequestAccess).request.controller;
    let book = book::read(call, judged.subject, controller)?;
    ensure(super::execute::parties(call).is_some(), ErrorCode::TooLarge)?;
    ensure(book::live_count(&book, call.now()) < OPEN_SESSIONS_MAX, ErrorCode::SessionLimit)
}

// Key parts ----------------------------------------------------------------------------------------------------------

fn session<'c>(call: &'c Call<'_, '_>) -> &'c Session {
    match &call.session_object().session {
        Some(session) => session,
        None => unreachable!("dispatch found the session"),
    }
}

fn document<'c>(call: &'c Call<'_, '_>, id: &AnchorId) -> Option<&'c SessionDocument> {
    call.session_object().documents.iter().find(|document| document.anchor.id == *id)
}

/// E502 unless access would be permitted at this block.
pub(super) fn still_permitted(call: &Call<'_, '_>) -> Check {
    permitted(call)
}

/// E504 unless each key part is the signer's to release and named once.
pub(super) fn releases_own(call: &Call<'_, '_>) -> Check {
    let receipt = payload!(call, KeyReleaseReceipt);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::NotKeyHolder.into()) };
    let distinct =
        receipt.parts.windows(2).all(|pair| (pair[0].anchor, pair[0].kind) != (pair[1].anchor, pair[1].kind));
    ensure(distinct && !receipt.parts.is_empty(), ErrorCode::NotKeyHolder)?;
    for part in &receipt.parts {
        let Some(found) = document(call, &part.anchor) else { return Err(ErrorCode::NotKeyHolder.into()) };
        may_release(session(call), &found.anchor, &found.keyset, org, part.kind, call.now())?;
    }
    Ok(())
}

/// The progress of a session with the key parts of the receipt.
pub(super) fn with_parts(call: &Call<'_, '_>) -> Vec<Progress> {
    let receipt = payload!(call, KeyReleaseReceipt);
    let session = session(call);
    let mut progress = session.progress.to_vec();
    for part in &receipt.parts {
        let Some(slot) = session.position(&part.anchor).and_then(|position| progress.get_mut(position)) else {
            continue;
        };
        match (part.kind, call.signer().org_id()) {
            (KeyPartKind::Controller, _) => slot.controller = true,
            (KeyPartKind::Share, Some(org)) => slot.holders = with_holder(&slot.holders, org),
            (KeyPartKind::Share, None) => {}
        }
    }
    progress
}

fn with_holder<const MAX: usize>(holders: &Set<OrgId, MAX>, org: OrgId) -> Set<OrgId, MAX> {
    // A keyset has no more holders than the set has room for.
    Set::new(holders.iter().copied().chain([org])).unwrap_or_else(|_| holders.clone())
}

/// Whether every document has the controller's part and as many shares as its keyset asks for.
fn is_released(call: &Call<'_, '_>) -> bool {
    let documents = &call.session_object().documents;
    let progress = with_parts(call);
    documents.len() == progress.len()
        && documents.iter().zip(&progress).all(|(document, progress)| {
            progress.controller && progress.holders.len() >= usize::from(document.keyset.threshold)
        })
}

/// Chosen if the receipt brings what was missing.
pub(super) fn releases_all(call: &Call<'_, '_>) -> Check {
    ensure(is_released(call), ErrorCode::NoLivePermit)
}

/// Chosen if more key parts are awaited.
pub(super) fn awaits_parts(call: &Call<'_, '_>) -> Check {
    ensure(!is_released(call), ErrorCode::NoLivePermit)
}

// Shards -------------------------------------------------------------------------------------------------------------

/// E505 unless each shard is the signer's to deliver and was not reported before; E503 once the time is out.
pub(super) fn serves_own(call: &Call<'_, '_>) -> Check {
    let served = payload!(call, ShardServed);
    let session = session(call);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Shard.into()) };
    ensure(!served.shards.is_empty(), ErrorCode::Shard)?;
    for shard in &served.shards {
        let Some(found) = document(call, &shard.anchor) else { return Err(ErrorCode::Shard.into()) };
        may_serve(session, &found.anchor, session.request.requester, org, shard.shard, call.now())?;
        let before = session.position(&shard.anchor).and_then(|position| session.progress.get(position));
        ensure(before.is_some_and(|progress| progress.shards & bit(shard.shard) == 0), ErrorCode::Shard)?;
    }
    Ok(())
}

fn bit(shard: u8) -> u16 {
    1u16.checked_shl(u32::from(shard)).unwrap_or(0)
}

/// The progress of a session with the shards of the receipt.
pub(super) fn with_shards(call: &Call<'_, '_>) -> Vec<Progress> {
    let served = payload!(call, ShardServed);
    let session = session(call);
    let mut progress = session.progress.to_vec();
    for shard in &served.shards {
        if let Some(slot) = session.position(&shard.anchor).and_then(|position| progress.get_mut(position)) {
            slot.shards |= bit(shard.shard);
        }
    }
    progress
}

/// Whether of every document as many different shards were delivered as suffice to read it.
fn is_served(call: &Call<'_, '_>) -> bool {
    let documents = &call.session_object().documents;
    let progress = with_shards(call);
    let enough =
        |anchor: &Anchor, progress: &Progress| progress.shards.count_ones() >= u32::from(anchor.body.coding.k());
    documents.len() == progress.len()
        && documents.iter().zip(&progress).all(|(document, progress)| enough(&document.anchor, progress))
}

/// Chosen if every document can be read.
pub(super) fn serves_all(call: &Call<'_, '_>) -> Check {
    ensure(is_served(call), ErrorCode::NoLivePermit)
}

/// Chosen if more shards are awaited.
pub(super) fn awaits_shards(call: &Call<'_, '_>) -> Check {
    ensure(!is_served(call), ErrorCode::NoLivePermit)
}

/// E507 if it was delivered again as often as it may be.
pub(super) fn retries_left(call: &Call<'_, '_>) -> Check {
    ensure(session(call).retries < call.params.access.serve_retries, ErrorCode::SessionState)
}

/// E507 unless what is disputed is the acknowledgement: what could not be read cannot be acknowledged.
pub(super) fn unread(call: &Call<'_, '_>) -> Check {
    ensure(session(call).failure.is_none(), ErrorCode::SessionState)
}

/// E203 if the regulator itself asked for or controls the documents.
pub(super) fn impartial(call: &Call<'_, '_>) -> Check {
    let request = &session(call).request;
    let party = call.signer().org_id().is_none_or(|org| [request.requester, request.controller].contains(&org));
    ensure(!party, ErrorCode::Role)
}

/// E510 unless the decision is named, and an organisation at fault exactly where there is a fault.
pub(super) fn finding(call: &Call<'_, '_>) -> Check {
    let resolve = payload!(call, ResolveDispute);
    let fault = resolve.finding != DisputeFinding::NoFault;
    let named = resolve.at_fault.is_some_and(|org| session(call).parties.contains(&org) || is_author(call, org));
    let complete = resolve.order != Hash32::ZERO && fault == resolve.at_fault.is_some() && (!fault || named);
    ensure(complete, ErrorCode::Review)
}

/// Whether an organisation made one of the session's documents, as far as they are still there.
fn is_author(call: &Call<'_, '_>, org: OrgId) -> bool {
    session(call).anchors().iter().any(|id| {
        state::anchor(call.view, *id).is_ok_and(|anchor| anchor.is_some_and(|anchor| anchor.body.author == org))
    })
}

/// E506 unless the requester signs. Of a session that does not exist, nothing is said here.
pub(super) fn requester_fails(call: &Call<'_, '_>) -> Check {
    match state::session(call.view, payload!(call, AckFail).session)? {
        Some(session) => ensure(call.signer().org_id() == Some(session.request.requester), ErrorCode::NotRequester),
        None => Ok(()),
    }
}

/// E506 unless the requester signs. Of a session that does not exist, nothing is said here.
pub(super) fn requester_acks(call: &Call<'_, '_>) -> Check {
    match state::session(call.view, payload!(call, AckAccess).session)? {
        Some(session) => ensure(call.signer().org_id() == Some(session.request.requester), ErrorCode::NotRequester),
        None => Ok(()),
    }
}
