//! Following sessions and releasing key parts: receipt first, key parts after the ledger has released the session.

use std::time::Duration;

use assent_client::vault::ReleasedPart;
use assent_contracts::document::may_release;
use assent_types::action::Action;
use assent_types::codec::{List, Set};
use assent_types::document::{Anchor, Keyset};
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, Height, Millis, OrgId, SessionId};
use assent_types::limits::SHARE_SEND_MS;
use assent_types::receipt::{Event, RowId};
use assent_types::session::{KeyPart, KeyPartKind, KeyReleaseReceipt, Session, SessionStatus};
use assent_vault::keys::{KeyPart as VaultPart, Release, ReleaseContext, ReleaseError, SessionPublic};
use tonic::Status;

use super::holder::{Holder, Releases, seed};
use crate::agent::{ERASED, Follow};
use crate::api::{refuse, refuse_with};

/// The rows that permit a session: by consent, and by broken glass.
const PERMITTED: [RowId; 2] = [RowId(*b"AC", 1), RowId(*b"AC", 3)];
/// How often sealed parts that nobody may collect any more are destroyed.
pub(super) const CLEAR_EVERY: Duration = Duration::from_secs(30);

impl Follow for Holder {
    async fn take(&self, event: &Event) -> Result<(), Status> {
        match event.row {
            row if PERMITTED.contains(&row) => self.release(SessionId(event.object)).await,
            row if ERASED.contains(&row) => self.destroy(AnchorId(event.object)).await,
            _ => Ok(()),
        }
    }

    fn seen(&self, height: Height) {
        self.metrics.height.set(i64::try_from(height.0).unwrap_or(i64::MAX));
    }
}

impl Holder {
    /// Seals this holder's key parts to a permitted session and posts the receipt that names them. They stay here until
    /// they are collected.
    pub(super) async fn release(&self, id: SessionId) -> Result<(), Status> {
        let Some((session, at)) = self.session(id).await? else { return Ok(()) };
        if !session.effective_status(at).is_open() {
            return Ok(());
        }
        let releases = match self.releases(id)? {
            Some(releases) => releases,
            None => {
                let sealed = self.seal(&session, at).await?;
                if sealed.is_empty() {
                    return Ok(());
                }
                // Kept before the receipt is posted, as it names exactly these ciphertexts.
                self.keep_releases(id, &sealed)?;
                sealed
            }
        };
        if releases.iter().all(|part| is_receipted(&session, &part.part, self.ledger.org)) {
            return Ok(());
        }
        let parts = Set::new(releases.iter().map(|part| part.part)).map_err(|_| refuse(ErrorCode::Limit))?;
        let receipt = KeyReleaseReceipt { session: id, parts };
        self.ledger.execute(Action::KeyReleaseReceipt(Box::new(receipt))).await?;
        self.metrics.released.inc();
        Ok(())
    }

    /// Every part that is this holder's to release, sealed.
    async fn seal(&self, session: &Session, at: Millis) -> Result<Releases, Status> {
        let mut sealed = Vec::new();
        for id in session.anchors() {
            let Some(kept) = self.kept(*id)? else { continue };
            let (anchor, keyset) = self.document(*id).await?;
            let sealing = Sealing { holder: self, session, anchor: &anchor, keyset: &keyset, at };
            if let Some((key, wrapped)) = kept.controller().filter(|_| sealing.may(KeyPartKind::Controller)) {
                let context = sealing.context(VaultPart::Controller);
                let release = context.release_controller_key(&key, &sealing.public(), seed()?);
                sealed.push(sealing.released(KeyPartKind::Controller, release, Some(wrapped))?);
            }
            if let Some(share) = kept.share().filter(|_| sealing.may(KeyPartKind::Share)) {
                let context = sealing.context(VaultPart::Share(share.index()));
                let release = context.release_share(share, &sealing.public(), seed()?);
                sealed.push(sealing.released(KeyPartKind::Share, release, None)?);
            }
        }
        List::new(sealed).map_err(|_| refuse(ErrorCode::Limit))
    }

    /// Destroys sealed parts that nobody may collect any more, and says so if it could not.
    pub(super) async fn clear(&self) {
        if let Err(status) = self.clear_releases().await {
            tracing::warn!(error = status.message(), "old key parts could not be destroyed");
        }
    }

    async fn clear_releases(&self) -> Result<(), Status> {
        for id in self.open_releases()? {
            let Some((session, at)) = self.session(id).await? else { continue };
            let over = session.released_at.is_some_and(|released| released.plus(SHARE_SEND_MS) <= at);
            let status = session.effective_status(at);
            let open = status.is_open() || matches!(status, SessionStatus::KeyReleased | SessionStatus::Served);
            if over || !open {
                self.forget_releases(id)?;
            }
        }
        Ok(())
    }
}

/// Whether the ledger has this holder's receipt for a part.
fn is_receipted(session: &Session, part: &KeyPart, holder: OrgId) -> bool {
    let progress = session.position(&part.anchor).and_then(|at| session.progress.get(at));
    progress.is_some_and(|progress| match part.kind {
        KeyPartKind::Controller => progress.controller,
        KeyPartKind::Share => progress.holders.contains(&holder),
    })
}

/// The sealing of one document's parts to a session.
struct Sealing<'a> {
    holder: &'a Holder,
    session: &'a Session,
    anchor: &'a Anchor,
    keyset: &'a Keyset,
    at: Millis,
}

impl Sealing<'_> {
    fn may(&self, kind: KeyPartKind) -> bool {
        may_release(self.session, self.anchor, self.keyset, self.holder.ledger.org, kind, self.at).is_ok()
    }

    fn public(&self) -> SessionPublic {
        SessionPublic(self.session.reply_key.0.0)
    }

    fn context(&self, part: VaultPart) -> ReleaseContext {
        let progress = self.session.position(&self.anchor.id).and_then(|at| self.session.progress.get(at));
        ReleaseContext {
            chain: self.holder.ledger.client.chain(),
            session: self.session.id.0,
            anchor: self.anchor.id.0,
            keyset_epoch: progress.map_or(0, |progress| progress.keyset_epoch).into(),
            holder: self.holder.ledger.org,
            part,
            requester: self.session.request.requester,
        }
    }

    fn released(
        &self,
        kind: KeyPartKind,
        release: Result<Release, ReleaseError>,
        wrapped: Option<assent_vault::keys::WrappedDek>,
    ) -> Result<ReleasedPart, Status> {
        let release = release.map_err(|error| refuse_with(ErrorCode::KeyPart, error))?;
        let part = KeyPart { anchor: self.anchor.id, kind, ciphertext: release.hash() };
        Ok(ReleasedPart { part, release, wrapped })
    }
}
