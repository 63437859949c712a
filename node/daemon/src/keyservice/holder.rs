//! One holder of key parts: what it keeps, and by which right it takes and gives.

use std::sync::Arc;

use assent_client::builder::random;
use assent_client::registry::{Kind, Registry, RegistryError};
use assent_client::vault::{Deposit, ReleasedPart};
use assent_contracts::document::may_send_share;
use assent_types::action::Action;
use assent_types::codec::{List, decode, encode};
use assent_types::document::{AcceptShare, Anchor, DocumentStatus, Keyset};
use assent_types::erasure::Destroyed;
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, SessionId, TxHash};
use assent_types::limits::RELEASES_MAX;
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};
use assent_vault::envelope::{EntropySeed, ObjectNonce};
use assent_vault::keys::{ControllerKey, KeyShare, WrappedDek};
use borsh::{BorshDeserialize, BorshSerialize};
use tonic::Status;
use zeroize::Zeroizing;

use super::metrics::KeysMetrics;
use crate::agent::{AgentLedger, Erasing};
use crate::api::reader::Reader;
use crate::api::{refuse, refuse_bytes, refuse_with};

/// What a holder keeps of one document's key.
#[derive(Default, BorshSerialize, BorshDeserialize)]
pub(super) struct KeptParts {
    /// The controller's half and the wrapped key, if this is the controller.
    controller: Option<([u8; 32], WrappedDek)>,
    /// The share, if this is one of the keyset.
    share: Option<KeyShare>,
}

impl Drop for KeptParts {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        if let Some((key, _)) = &mut self.controller {
            key.zeroize();
        }
    }
}

impl KeptParts {
    pub(super) fn controller(&self) -> Option<(ControllerKey, WrappedDek)> {
        self.controller.map(|(key, wrapped)| (ControllerKey::new(key), wrapped))
    }

    pub(super) fn share(&self) -> Option<&KeyShare> {
        self.share.as_ref()
    }
}

/// The parts that were released in a session, sealed to its requester.
pub(super) type Releases = List<ReleasedPart, RELEASES_MAX>;

/// One holder.
pub(super) struct Holder {
    pub(super) ledger: Arc<AgentLedger>,
    pub(super) metrics: KeysMetrics,
    registry: Registry,
    /// Held while a deposit is compared and written.
    depositing: tokio::sync::Mutex<()>,
}

impl Holder {
    pub(super) fn new(ledger: Arc<AgentLedger>, registry: Registry) -> Self {
        Self { ledger, metrics: KeysMetrics::default(), registry, depositing: tokio::sync::Mutex::default() }
    }

    /// Takes a part of the key of a document that awaits it, from its author or controller. The first one stays: a second,
    /// different one is refused. For a share the ledger's acceptance is final when this returns.
    pub(super) async fn deposit(
        &self,
        anchor: AnchorId,
        part: &[u8],
        reader: &Reader,
    ) -> Result<Option<TxHash>, Status> {
        let part: Deposit = decode(part).map_err(|error| refuse_bytes(&error))?;
        let (anchor, keyset) = self.document(anchor).await?;
        let allowed = [Some(anchor.body.author), Some(anchor.body.controller)].contains(&reader.org());
        if !allowed {
            return Err(refuse(ErrorCode::NotAuthor));
        }
        let _one_at_a_time = self.depositing.lock().await;
        let kept = self.kept(anchor.id)?.unwrap_or_default();
        let index = self.check(&anchor, &keyset, &kept, &part)?;
        self.keep(anchor.id, kept, part)?;
        match index {
            Some(share) if !anchor.accepted.contains(&self.ledger.org) => {
                self.ledger.execute(Action::AcceptShare(AcceptShare { anchor: anchor.id, share })).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Whether the part is this holder's to keep, and if it is a share, its place in the keyset.
    fn check(&self, anchor: &Anchor, keyset: &Keyset, kept: &KeptParts, part: &Deposit) -> Result<Option<u8>, Status> {
        let other = || refuse_with(ErrorCode::KeyPart, "another part of this document's key is kept already");
        let me = self.ledger.org;
        match part {
            Deposit::Controller { key, wrapped } => {
                if anchor.body.controller != me {
                    return Err(refuse(ErrorCode::NotKeyHolder));
                }
                match &kept.controller {
                    Some((known, known_wrapped)) if known != key.expose() || known_wrapped != wrapped => Err(other()),
                    // A document that is stored has its key; what comes later can only be meant to displace it.
                    None if anchor.status != DocumentStatus::Pending => Err(refuse(ErrorCode::DocumentState)),
                    _ => Ok(None),
                }
            }
            Deposit::Share(share) => {
                let index = keyset.share_of(me).ok_or_else(|| refuse(ErrorCode::NotKeyHolder))?;
                let nonce = ObjectNonce(anchor.body.nonce.0.0);
                let committed = share.verify(&nonce, &anchor.body.share_root).is_ok()
                    && Some(share.index()) == index.checked_add(1)
                    && share.threshold() == keyset.threshold;
                if !committed {
                    return Err(refuse_with(ErrorCode::KeyPart, "the share is not the anchored one of this holder"));
                }
                Ok(Some(index))
            }
        }
    }

    fn keep(&self, anchor: AnchorId, mut kept: KeptParts, part: Deposit) -> Result<(), Status> {
        match part {
            Deposit::Controller { key, wrapped } => kept.controller = Some((*key.expose(), wrapped)),
            Deposit::Share(share) => kept.share = Some(share),
        }
        let value = Zeroizing::new(encode(&kept));
        self.registry.put(Kind::KeyParts, &anchor.0.0, &value).map_err(|error| registry_failed(&error))
    }

    /// What is kept of a document's key.
    pub(super) fn kept(&self, anchor: AnchorId) -> Result<Option<KeptParts>, Status> {
        let found = self.registry.get(Kind::KeyParts, &anchor.0.0).map_err(|error| registry_failed(&error))?;
        let damaged = |_| refuse_with(ErrorCode::Unavailable, "the registry of key parts is damaged");
        found.map(|value| decode(&value).map_err(damaged)).transpose()
    }

    /// The key parts of a session, once the ledger has released them, to its requester and for a short time.
    pub(super) async fn collect(&self, session: SessionId, reader: &Reader) -> Result<Vec<Vec<u8>>, Status> {
        let key = StateKey::Session(session);
        let view = self.ledger.read(&[key]).await?;
        let Some(Record::Session(session)) = view.record(&key) else { return Err(refuse(ErrorCode::NoLivePermit)) };
        if reader.org() != Some(session.request.requester) {
            return Err(refuse(ErrorCode::NotRequester));
        }
        let releases = self.releases(session.id)?.ok_or_else(|| refuse(ErrorCode::NotKeyHolder))?;
        for part in &releases {
            let (anchor, _) = self.document(part.part.anchor).await?;
            may_send_share(session, &anchor, self.ledger.org, part.part.kind, view.at).map_err(refuse)?;
        }
        self.metrics.collected.inc();
        Ok(releases.iter().map(encode).collect())
    }

    /// What was sealed for a session.
    pub(super) fn releases(&self, session: SessionId) -> Result<Option<Releases>, Status> {
        let found = self.registry.get(Kind::Release, &session.0.0).map_err(|error| registry_failed(&error))?;
        let damaged = |_| refuse_with(ErrorCode::Unavailable, "the registry of key parts is damaged");
        found.map(|value| decode(&value).map_err(damaged)).transpose()
    }

    pub(super) fn keep_releases(&self, session: SessionId, releases: &Releases) -> Result<(), Status> {
        let stored = self.registry.put(Kind::Release, &session.0.0, &encode(releases));
        stored.map_err(|error| registry_failed(&error))
    }

    pub(super) fn forget_releases(&self, session: SessionId) -> Result<(), Status> {
        self.registry.erase(Kind::Release, &session.0.0).map(|_| ()).map_err(|error| registry_failed(&error))
    }

    /// Sessions for which sealed parts are kept.
    pub(super) fn open_releases(&self) -> Result<Vec<SessionId>, Status> {
        let entries = self.registry.entries(Kind::Release).map_err(|error| registry_failed(&error))?;
        let id = |name: Vec<u8>| <[u8; 32]>::try_from(name).ok().map(|id| SessionId(assent_types::Hash32(id)));
        Ok(entries.into_iter().filter_map(|(name, _)| id(name)).collect())
    }

    /// Destroys its parts of the key of a document whose erasure is ordered, and attests to it. Sealed parts of sessions are
    /// destroyed with the sessions, which the order ended.
    pub(super) async fn destroy(&self, anchor: AnchorId) -> Result<(), Status> {
        let own = match self.ledger.erasing(anchor).await? {
            Erasing::Kept => return Ok(()),
            Erasing::Ordered(own) => own,
            Erasing::Erased => Vec::new(),
        };
        let _no_deposit = self.depositing.lock().await;
        if self.registry.erase(Kind::KeyParts, &anchor.0.0).map_err(|error| registry_failed(&error))? {
            tracing::info!(%anchor, "key parts were destroyed");
        }
        let parts =
            own.into_iter().filter(|part| matches!(part, Destroyed::Share | Destroyed::ControllerKey)).collect();
        self.ledger.attest_destroyed(anchor, parts).await
    }

    /// Documents of whose keys it holds parts.
    pub(super) fn documents(&self) -> Result<u64, Status> {
        let entries = self.registry.entries(Kind::KeyParts).map_err(|error| registry_failed(&error))?;
        Ok(entries.len() as u64)
    }

    /// A document and its keyset, proven.
    pub(super) async fn document(&self, anchor: AnchorId) -> Result<(Anchor, Keyset), Status> {
        let key = StateKey::Anchor(anchor);
        let view = self.ledger.read(&[key]).await?;
        let Some(Record::Anchor(anchor)) = view.record(&key) else { return Err(refuse(ErrorCode::NotFound)) };
        let key = StateKey::Keyset(anchor.body.keyset);
        let view = self.ledger.read(&[key]).await?;
        let Some(Record::Keyset(keyset)) = view.record(&key) else { return Err(refuse(ErrorCode::Keyset)) };
        Ok((anchor.as_ref().clone(), keyset.clone()))
    }

    /// A session, proven, and the instant for which it counts; `None` if it is none of this holder's business.
    pub(super) async fn session(&self, id: SessionId) -> Result<Option<(Session, assent_types::Millis)>, Status> {
        let key = StateKey::Session(id);
        let view = self.ledger.read(&[key]).await?;
        Ok(match view.record(&key) {
            Some(Record::Session(session)) => Some((session.as_ref().clone(), view.at)),
            _ => None,
        })
    }
}

/// Fresh randomness for one release.
pub(super) fn seed() -> Result<EntropySeed, Status> {
    let drawn = random().map_err(|error| refuse_with(ErrorCode::Unavailable, error))?;
    Ok(EntropySeed::new(drawn))
}

fn registry_failed(error: &RegistryError) -> Status {
    tracing::error!(%error, "the registry failed");
    match error {
        RegistryError::Io { error, .. } if error.kind() == std::io::ErrorKind::StorageFull => {
            refuse(ErrorCode::StorageFull)
        }
        _ => refuse_with(ErrorCode::Unavailable, "the key service's registry failed; try again"),
    }
}
