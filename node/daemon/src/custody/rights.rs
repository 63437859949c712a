//! Who may do what with a shard, by proven records.

use std::sync::Arc;

use assent_client::vault::{Right, ShardRef, geometry_of};
use assent_contracts::document::{may_help, may_repair, may_serve, may_store};
use assent_types::document::Anchor;
use assent_types::error::ErrorCode;
use assent_types::ids::{Hash32, Millis, OrgId};
use assent_types::possession::Challenge;
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};
use assent_vault::Geometry;
use tonic::Status;

use super::custodian::Custodian;
use super::store::ShardName;
use crate::api::reader::Reader;
use crate::api::refuse;

/// A shard that this custodian keeps or is to keep, with what the ledger says of it.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) id: ShardRef,
    pub(super) anchor: Arc<Anchor>,
    pub(super) geometry: Geometry,
    /// The anchored root of the shard.
    pub(super) root: Hash32,
    /// The newest generation under whose name it may lie.
    pub(super) generation: u32,
}

impl Placed {
    /// The shard's name in a generation.
    pub(super) fn name(&self, generation: u32) -> ShardName {
        ShardName { anchor: self.id.anchor, generation, shard: self.id.shard }
    }
}

/// For what a shard is read.
pub(super) enum Reading {
    /// To rebuild another shard.
    Repair,
    /// In a session.
    Session(Arc<Session>),
    /// To judge the answer to a challenge: of the chunks, those of this stripe.
    Audit(u32),
}

/// What the ledger says of a shard, whoever keeps it.
fn placed(anchor: &Anchor, id: ShardRef) -> Result<Placed, ErrorCode> {
    let shard = usize::from(id.shard);
    let (Some(custody), Some(root)) = (anchor.custody.get(shard), anchor.body.shard_roots.get(shard)) else {
        return Err(ErrorCode::Shard);
    };
    let geometry = geometry_of(&anchor.body)?;
    let (generation, root) = (custody.generation, *root);
    Ok(Placed { id, anchor: Arc::new(anchor.clone()), geometry, root, generation })
}

/// E203 for who did not open the challenge, E505 for another shard than it asks for, E407 unless its answer is to be judged.
fn may_audit(challenge: &Challenge, auditor: OrgId, custodian: OrgId, shard: ShardRef) -> Result<(), ErrorCode> {
    if challenge.auditor != auditor {
        return Err(ErrorCode::Role);
    }
    let asked = ShardRef { anchor: challenge.anchor, shard: challenge.shard };
    if asked != shard || challenge.custodian != custodian {
        return Err(ErrorCode::Shard);
    }
    if challenge.is_judged_by(auditor) { Ok(()) } else { Err(ErrorCode::Possession) }
}

impl Custodian {
    /// A shard that the caller, the document's author or controller, may upload to this custodian now.
    pub(super) async fn to_store(&self, id: ShardRef, reader: &Reader) -> Result<Placed, Status> {
        let (placed, at) = self.find(id).await?;
        self.check_party(&placed, reader)?;
        may_store(&placed.anchor, self.ledger.org, id.shard, at).map_err(refuse)?;
        Ok(placed)
    }

    /// E405 unless the caller is author or controller of the document, or this custodian itself. Nobody else could make it
    /// keep anything wrong, but could make it work.
    fn check_party(&self, placed: &Placed, reader: &Reader) -> Result<(), Status> {
        let body = &placed.anchor.body;
        let is_party = reader.org().is_some_and(|org| [body.author, body.controller, self.ledger.org].contains(&org));
        if is_party { Ok(()) } else { Err(refuse(ErrorCode::NotAuthor)) }
    }

    /// Whether the ledger has this custodian's receipt for a shard: its answer to an earlier call may have been lost.
    pub(super) async fn has_receipted(&self, id: ShardRef) -> Result<bool, Status> {
        let (placed, _) = self.find(id).await?;
        let custody = placed.anchor.custody.get(usize::from(id.shard));
        Ok(custody.is_some_and(|custody| custody.custodian == self.ledger.org && custody.stored_at.is_some()))
    }

    /// A shard that this custodian is to rebuild now, and that the caller may remind it of.
    pub(super) async fn to_rebuild(&self, id: ShardRef, reader: &Reader) -> Result<Placed, Status> {
        let (placed, at) = self.find(id).await?;
        self.check_party(&placed, reader)?;
        may_repair(&placed.anchor, self.ledger.org, id.shard, at).map_err(refuse)?;
        Ok(placed)
    }

    /// A shard that the caller may read by this right now, and for what.
    pub(super) async fn to_read(
        &self,
        id: ShardRef,
        right: Right,
        reader: &Reader,
    ) -> Result<(Placed, Reading), Status> {
        let me = self.ledger.org;
        // Persons have their documents delivered to an organisation: a session's requester is one.
        let to = reader.org().ok_or_else(|| refuse(ErrorCode::NotRequester))?;
        match right {
            Right::Repairs(lost) => {
                let (placed, at) = self.find(id).await?;
                may_help(&placed.anchor, me, id.shard, to, lost, at).map_err(refuse)?;
                Ok((placed, Reading::Repair))
            }
            Right::Challenge(challenge) => {
                let key = StateKey::Challenge(challenge);
                let view = self.ledger.read(&[key]).await?;
                let Some(Record::Challenge(challenge)) = view.record(&key) else {
                    return Err(refuse(ErrorCode::NotFound));
                };
                may_audit(challenge, to, me, id).map_err(refuse)?;
                let (placed, _) = self.find(id).await?;
                Ok((placed, Reading::Audit(challenge.stripe)))
            }
            Right::Session(session) => {
                let (anchor_key, session_key) = (StateKey::Anchor(id.anchor), StateKey::Session(session));
                let view = self.ledger.read(&[anchor_key, session_key]).await?;
                let Some(Record::Session(session)) = view.record(&session_key) else {
                    return Err(refuse(ErrorCode::NoLivePermit));
                };
                let Some(Record::Anchor(anchor)) = view.record(&anchor_key) else {
                    return Err(refuse(ErrorCode::Shard));
                };
                may_serve(session, anchor, to, me, id.shard, view.at).map_err(refuse)?;
                Ok((placed(anchor, id).map_err(refuse)?, Reading::Session(Arc::new(session.as_ref().clone()))))
            }
        }
    }

    pub(super) async fn find(&self, id: ShardRef) -> Result<(Placed, Millis), Status> {
        let key = StateKey::Anchor(id.anchor);
        let view = self.ledger.read(&[key]).await?;
        match view.record(&key) {
            Some(Record::Anchor(anchor)) => Ok((placed(anchor, id).map_err(refuse)?, view.at)),
            _ => Err(refuse(ErrorCode::Shard)),
        }
    }
}
