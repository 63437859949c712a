//! Key holders: the hospital's key service and the holders of shares. They release parts to sessions.

use assent_contracts::document::{may_release, may_send_share};
use assent_types::action::Action;
use assent_types::document::{AcceptShare, Anchor, DocumentStatus, Keyset};
use assent_types::ids::{OrgId, SessionId};
use assent_types::session::{KeyPart, KeyPartKind, KeyReleaseReceipt, Session, SessionStatus};
use assent_vault::envelope::{EntropySeed, ObjectNonce};
use assent_vault::keys::{KeyPart as VaultPart, Release, ReleaseContext, SessionPublic};

use super::patients::set;
use super::{Clients, Views, Who, part_of};
use crate::sim::document::share_of;

impl Clients {
    pub(super) fn hold_keys(&mut self, views: &Views) {
        for org in self.holders.clone() {
            for story in 0..self.stories.len() {
                let Some(id) = self.stories[story].anchor else { continue };
                let Some(view) = self.view(views, org) else { continue };
                let Some(anchor) = view.anchor(id) else { continue };
                let Some(keyset) = view.keyset(anchor.body.keyset) else { continue };
                if anchor.status == DocumentStatus::Pending {
                    self.accept(org, story, &anchor, &keyset);
                }
                let sessions: Vec<SessionId> =
                    self.stories[story].accesses.iter().filter_map(|access| access.session).collect();
                for session in sessions {
                    let Some(view) = self.view(views, org) else { continue };
                    let at = view.time;
                    if let Some(session) = view.session(session) {
                        self.release(org, story, &session, &anchor, &keyset, at);
                    }
                }
            }
        }
    }

    /// A holder checks the share that it was given, and accepts it.
    fn accept(&mut self, org: OrgId, story: usize, anchor: &Anchor, keyset: &Keyset) {
        let Some(number) = keyset.share_of(org).filter(|_| !anchor.accepted.contains(&org)) else { return };
        let Some(document) = self.stories[story].document.clone() else { return };
        let Some(share) = share_of(&document, number) else { return };
        if share.verify(&ObjectNonce(anchor.body.nonce.0.0), &anchor.body.share_root).is_err() {
            self.violated(format!("keys: share {number} is not the anchored one"));
        }
        let action = Action::AcceptShare(AcceptShare { anchor: anchor.id, share: number });
        self.want(Who::Org(org), "accept", anchor.id.0, action);
    }

    /// Releases what is asked for. In some sessions a holder stalls, releases twice, or after the end.
    fn release(
        &mut self,
        org: OrgId,
        story: usize,
        session: &Session,
        anchor: &Anchor,
        keyset: &Keyset,
        at: assent_types::Millis,
    ) {
        if session.position(&anchor.id).is_none() {
            return;
        }
        let honest = self.stories[story].strict || !self.faults;
        let conduct = if honest { 99 } else { part_of(session.id.0, u64::from(org.0)).0[0] % 100 };
        if conduct < 6 {
            return;
        }
        for kind in [KeyPartKind::Controller, KeyPartKind::Share] {
            let object = part_of(session.id.0, u64::from(u8::from(kind == KeyPartKind::Share)));
            let mine = match kind {
                KeyPartKind::Controller => anchor.body.controller == org,
                KeyPartKind::Share => keyset.share_of(org).is_some() && org != session.request.requester,
            };
            if !mine {
                continue;
            }
            if may_release(session, anchor, keyset, org, kind, at).is_ok()
                && let Some(action) = self.part(org, story, session, anchor, kind)
            {
                self.want(Who::Org(org), "release", object, action);
            }
            let over =
                matches!(session.status, SessionStatus::Cancelled | SessionStatus::Expired | SessionStatus::Denied);
            let again = conduct < 30 && self.is_done(Who::Org(org), "release", object);
            if (conduct < 45 && over || again)
                && let Some(action) = self.part(org, story, session, anchor, kind)
            {
                self.lie(Who::Org(org), if over { "release-late" } else { "release-twice" }, object, action);
            }
        }
    }

    /// Seals a part to the session, once, and gives the receipt of it.
    fn part(
        &mut self,
        org: OrgId,
        story: usize,
        session: &Session,
        anchor: &Anchor,
        kind: KeyPartKind,
    ) -> Option<Action> {
        let document = self.stories[story].document.clone()?;
        let number = u8::try_from(self.holders.iter().position(|holder| *holder == org)?).ok()?;
        let slot = (session.id, org, kind);
        if let Some(before) = self.releases.get(&slot) {
            return Some(receipt(session, anchor, kind, before));
        }
        let context = self.context(session, anchor, org, kind);
        let key = SessionPublic(session.reply_key.0.0);
        let seed = EntropySeed::new(self.fresh());
        let release = match kind {
            KeyPartKind::Controller => context.release_controller_key(&document.controller, &key, seed),
            KeyPartKind::Share => context.release_share(share_of(&document, number)?, &key, seed),
        };
        match release {
            Ok(release) => {
                let action = receipt(session, anchor, kind, &release);
                self.releases.insert(slot, release);
                Some(action)
            }
            Err(error) => {
                self.violated(format!("keys: {error}"));
                None
            }
        }
    }

    /// What a part is sealed for.
    pub(super) fn context(
        &self,
        session: &Session,
        anchor: &Anchor,
        holder: OrgId,
        kind: KeyPartKind,
    ) -> ReleaseContext {
        let number = self.holders.iter().position(|other| *other == holder).and_then(|at| u8::try_from(at + 1).ok());
        ReleaseContext {
            chain: self.chain,
            session: session.id.0,
            anchor: anchor.id.0,
            keyset_epoch: u64::from(anchor.keyset_epoch),
            holder,
            part: match kind {
                KeyPartKind::Controller => VaultPart::Controller,
                KeyPartKind::Share => VaultPart::Share(number.unwrap_or_default()),
            },
            requester: session.request.requester,
        }
    }

    /// A part that leaves its holder for the requester, if the holder's ledger allows.
    pub(super) fn collect(
        &mut self,
        views: &Views,
        session: SessionId,
        id: assent_types::AnchorId,
        holder: OrgId,
        kind: KeyPartKind,
    ) -> Option<Release> {
        let view = self.view(views, holder)?;
        let (known, anchor, at) = (view.session(session)?, view.anchor(id)?, view.time);
        may_send_share(&known, &anchor, holder, kind, at).ok()?;
        self.releases.get(&(session, holder, kind)).cloned()
    }
}

/// The receipt of one part.
fn receipt(session: &Session, anchor: &Anchor, kind: KeyPartKind, release: &Release) -> Action {
    let parts = set([KeyPart { anchor: anchor.id, kind, ciphertext: release.hash() }]);
    Action::KeyReleaseReceipt(Box::new(KeyReleaseReceipt { session: session.id, parts }))
}
