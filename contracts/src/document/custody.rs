//! What custodians and key holders may do off chain, as pure functions of records of the ledger.
//!
//! An agent calls these over records that it has seen proven, with the time of the block that proves them. The ledger
//! calls the same when the agent's receipt arrives. Each error is the one that the receipt would get.

use assent_types::document::{Anchor, Custody, DocumentStatus, Keyset};
use assent_types::limits::SHARE_SEND_MS;
use assent_types::session::{KeyPartKind, Progress, Session, SessionStatus};
use assent_types::{ErrorCode, Millis, OrgId};

type May = Result<(), ErrorCode>;

fn require(condition: bool, code: ErrorCode) -> May {
    if condition { Ok(()) } else { Err(code) }
}

/// The custody of a shard, if it is this organisation's.
fn own(anchor: &Anchor, custodian: OrgId, shard: u8) -> Result<&Custody, ErrorCode> {
    anchor.custody.get(usize::from(shard)).filter(|custody| custody.custodian == custodian).ok_or(ErrorCode::Shard)
}

/// Whether a custodian may take in a shard from the document's author.
///
/// The document waits to be stored, or is stored but for this very shard; and nobody else was ordered to rebuild it.
///
/// # Errors
///
/// E408 for a document in another state, E505 for a shard that is not this custodian's or that it has said to store.
pub fn may_store(anchor: &Anchor, custodian: OrgId, shard: u8, at: Millis) -> May {
    let status = anchor.effective_status(at);
    require(matches!(status, DocumentStatus::Pending | DocumentStatus::Active), ErrorCode::DocumentState)?;
    let custody = own(anchor, custodian, shard)?;
    let ordered = anchor.repair_of(shard).is_none_or(|repair| repair.custodian == custodian);
    require(custody.stored_at.is_none() && ordered, ErrorCode::Shard)
}

/// Whether a custodian may rebuild a shard from the others and keep it.
///
/// # Errors
///
/// E408 unless the document is active or superseded, E505 unless the ledger named this custodian for this shard.
pub fn may_repair(anchor: &Anchor, custodian: OrgId, shard: u8, at: Millis) -> May {
    let status = anchor.effective_status(at);
    require(matches!(status, DocumentStatus::Active | DocumentStatus::Superseded), ErrorCode::DocumentState)?;
    require(anchor.repair_of(shard).is_some_and(|repair| repair.custodian == custodian), ErrorCode::Shard)
}

/// Whether a custodian may let the one that rebuilds `lost` read from its own shard.
///
/// # Errors
///
/// Those of [`may_repair`] for the reader, and E505 unless the helper keeps its shard.
pub fn may_help(anchor: &Anchor, helper: OrgId, shard: u8, repairer: OrgId, lost: u8, at: Millis) -> May {
    may_repair(anchor, repairer, lost, at)?;
    require(shard != lost && own(anchor, helper, shard)?.stored_at.is_some(), ErrorCode::Shard)
}

/// What has been released and delivered of a document of the session; E505 if the document is none of it.
fn progress<'s>(session: &'s Session, anchor: &Anchor) -> Result<&'s Progress, ErrorCode> {
    let position = session.position(&anchor.id).ok_or(ErrorCode::Shard)?;
    session.progress.get(position).ok_or(ErrorCode::NoLivePermit)
}

/// Whether a session has been released and may still be served.
fn is_released(session: &Session, at: Millis) -> May {
    let released = matches!(
        session.status,
        SessionStatus::KeyReleased
            | SessionStatus::Served
            | SessionStatus::AckFailed
            | SessionStatus::AckOverdue
            | SessionStatus::Acked
    );
    let expired = session.effective_status(at) == SessionStatus::Expired;
    let late = session.serve_until.is_some_and(|until| until <= at);
    require(!expired && !late, ErrorCode::Ttl)?;
    require(released && session.serve_until.is_some(), ErrorCode::NoLivePermit)
}

/// Whether a custodian may deliver a shard to an organisation in a session. It may do so again until the time is out:
/// a delivery that broke off is resumed.
///
/// # Errors
///
/// E502 unless the session is released, E503 once its time is out, E505 for a shard that this custodian does not keep or
/// a document that is none of the session's, E506 for anybody but the requester.
pub fn may_serve(session: &Session, anchor: &Anchor, to: OrgId, custodian: OrgId, shard: u8, at: Millis) -> May {
    is_released(session, at)?;
    progress(session, anchor)?;
    require(own(anchor, custodian, shard)?.stored_at.is_some(), ErrorCode::Shard)?;
    require(session.request.requester == to, ErrorCode::NotRequester)
}

/// Whether a key part is this holder's to release in a session, and has not been released.
///
/// The requester's own share is of no use here: as many other holders as the threshold have to release theirs.
///
/// # Errors
///
/// E502 and E503 as for [`may_serve`], a session that is permitted and in time being live too; E504 for anybody but the
/// part's holder, and for a part that was released.
pub fn may_release(
    session: &Session,
    anchor: &Anchor,
    keyset: &Keyset,
    holder: OrgId,
    kind: KeyPartKind,
    at: Millis,
) -> May {
    if !session.effective_status(at).is_open() {
        is_released(session, at)?;
    }
    let progress = progress(session, anchor).map_err(|_| ErrorCode::NotKeyHolder)?;
    let own = match kind {
        KeyPartKind::Controller => anchor.body.controller == holder && !progress.controller,
        KeyPartKind::Share => {
            keyset.id == anchor.body.keyset
                && keyset.share_of(holder).is_some()
                && holder != session.request.requester
                && !progress.holders.contains(&holder)
        }
    };
    require(own, ErrorCode::NotKeyHolder)
}

/// Whether a key part may leave its holder now: the ledger has the holder's receipt, the session is released, and that
/// is not long ago.
///
/// # Errors
///
/// E502 unless the session is released, E503 once its time is out, E504 without the holder's receipt.
pub fn may_send_share(session: &Session, anchor: &Anchor, holder: OrgId, kind: KeyPartKind, at: Millis) -> May {
    is_released(session, at)?;
    let progress = progress(session, anchor).map_err(|_| ErrorCode::NotKeyHolder)?;
    let receipted = match kind {
        KeyPartKind::Controller => progress.controller && anchor.body.controller == holder,
        KeyPartKind::Share => progress.holders.contains(&holder),
    };
    require(receipted, ErrorCode::NotKeyHolder)?;
    require(session.released_at.is_some_and(|released| at < released.plus(SHARE_SEND_MS)), ErrorCode::Ttl)
}
