//! Requesters: they ask for documents, collect key parts and shards, read, and acknowledge.

use assent_client::vault::roots_of;
use assent_types::access::{AccessRequest, Asked, UserRole};
use assent_types::action::Action;
use assent_types::consent::{DataAction, Purpose};
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::ids::{FacilityId, Hash32, HpkeKey};
use assent_types::session::{AckAccess, HpkeSuite, KeyPartKind, RequestAccess, Session, SessionStatus, session_id_of};
use assent_vault::envelope::{Dek, KeyCommitment, ObjectNonce};
use assent_vault::keys::{SessionSecret, combine};

use super::glass::EMERGENCY;
use super::patients::{HONG_KONG, SHENZHEN, set};
use super::{Access, Clients, HOSPITAL, PROVIDER, Views, Who, part_of};
use crate::sim::document::{Reading, believed, read};
use crate::sim::plan::Flaw;

impl Clients {
    /// When a story's document is asked for, and by whom.
    pub(super) fn accesses(&mut self, strict: bool) -> Vec<Access> {
        let count = if strict { 1 } else { self.rng.between(2, 4) };
        let mut access = || {
            // The other hospital of the city has an emergency department, and no border between.
            let glass = (!strict && self.rng.chance(250)).then(|| self.rng.below(100));
            let abroad = glass.is_none() && !strict && self.rng.chance(150);
            Access {
                glass,
                requester: if abroad { PROVIDER } else { self.cast.requester },
                session: None,
                secret: self.fresh(),
                given: Default::default(),
                from: Default::default(),
                polluted: Default::default(),
                parts: Default::default(),
                opened: false,
                patient: strict || self.rng.chance(700),
                after: if strict { 0 } else { self.rng.between(2, 35) },
            }
        };
        (0..count).map(|_| access()).collect()
    }

    pub(super) fn request(&mut self, views: &Views, story: usize) {
        let Some(id) = self.stories[story].anchor else { return };
        for index in 0..self.stories[story].accesses.len() {
            let access = &self.stories[story].accesses[index];
            let (requester, opened) = (access.requester, access.opened);
            let Some(view) = self.view(views, requester) else { continue };
            let Some(anchor) = view.anchor(id) else { continue };
            let session = self.stories[story].accesses[index].session.and_then(|id| view.session(id));
            match session {
                None => self.ask(story, index, &anchor),
                Some(session) if opened => self.acknowledge(&session),
                Some(session) if matches!(session.status, SessionStatus::KeyReleased | SessionStatus::Served) => {
                    self.fetch(views, story, index, &session, &anchor);
                }
                Some(_) => {}
            }
        }
    }

    fn ask(&mut self, story: usize, index: usize, anchor: &Anchor) {
        let sp = self.stories[story].sp;
        let access = &self.stories[story].accesses[index];
        let consented = access.glass.is_some() || self.is_done(Who::Patient(story), "permit", part_of(sp.0, 0));
        let ready = anchor.status == DocumentStatus::Active && consented;
        if access.after > self.stories[story].age || access.patient && !ready {
            return;
        }
        let glass = access.glass.is_some();
        let requester = access.requester;
        let reply = SessionSecret::new(access.secret).public();
        let deliver_to = if requester == PROVIDER { HONG_KONG } else { SHENZHEN };
        let request = AccessRequest {
            requester,
            facility: FacilityId(1),
            user_ref: Hash32([0x51; 32]),
            user_role: UserRole::Physician,
            subject: sp,
            controller: HOSPITAL,
            asked: Asked::Documents { anchors: set([anchor.id]), deliver_to, case: None },
            purpose: if glass { Purpose::Btg } else { Purpose::Treat },
            action: DataAction::Access,
            xborder_basis: None,
            btg: glass.then_some(EMERGENCY),
        };
        let action = Action::RequestAccess(Box::new(RequestAccess {
            request,
            suite: HpkeSuite::X25519Sha256Aes256Gcm,
            reply_key: HpkeKey(Hash32(reply.0)),
            confirm: None,
        }));
        let tx = self.want(Who::Org(requester), "ask", part_of(sp.0, index as u64), action);
        self.stories[story].accesses[index].session = Some(session_id_of(&tx));
    }

    fn acknowledge(&mut self, session: &Session) {
        if matches!(session.status, SessionStatus::Served | SessionStatus::AckOverdue) {
            let action = Action::AckAccess(AckAccess { session: session.id });
            self.want(Who::Org(session.request.requester), "ack", session.id.0, action);
        }
    }

    /// Asks holders and custodians for what is missing, and reads once there is enough.
    fn fetch(&mut self, views: &Views, story: usize, index: usize, session: &Session, anchor: &Anchor) {
        for holder in self.holders.clone() {
            for kind in [KeyPartKind::Controller, KeyPartKind::Share] {
                if let Some(part) = self.collect(views, session.id, anchor.id, holder, kind) {
                    self.stories[story].accesses[index].parts.insert((holder, kind), part);
                }
            }
        }
        let requester = self.stories[story].accesses[index].requester;
        let polluted = self.stories[story].accesses[index].polluted.clone();
        for shard in (0u8..).take(anchor.custody.len()) {
            let slot = usize::from(shard);
            let wanted = self.rng.chance(600) || self.stories[story].accesses[index].given.len() < 2;
            let keeper = anchor.custody.get(slot).map(|custody| (slot, custody.custodian));
            let asked_in_vain = keeper.is_some_and(|keeper| polluted.contains(&keeper));
            if self.stories[story].accesses[index].given.contains_key(&slot) || !wanted || asked_in_vain {
                continue;
            }
            if let Some((keeper, bytes)) = self.deliver(views, session.id, requester, (anchor.id, shard)) {
                self.stories[story].accesses[index].given.insert(slot, bytes);
                self.stories[story].accesses[index].from.insert(slot, keeper);
            }
        }
        if let Some(dek) = self.dek(story, index, session, anchor) {
            self.open(story, index, anchor, &dek);
        }
    }

    /// The document's key, once the parts suffice.
    fn dek(&mut self, story: usize, index: usize, session: &Session, anchor: &Anchor) -> Option<Dek> {
        let document = self.stories[story].document.clone()?;
        let access = &self.stories[story].accesses[index];
        let secret = SessionSecret::new(access.secret);
        let (mut controller, mut shares, mut errors) = (None, Vec::new(), Vec::new());
        for ((holder, kind), part) in &access.parts {
            let context = self.context(session, anchor, *holder, *kind);
            match kind {
                KeyPartKind::Controller => match context.open_controller_key(part, &secret) {
                    Ok(key) => controller = Some(key),
                    Err(error) => errors.push(error.to_string()),
                },
                KeyPartKind::Share => match context.open_share(part, &secret) {
                    Ok(share) => shares.push(share),
                    Err(error) => errors.push(error.to_string()),
                },
            }
        }
        errors.into_iter().for_each(|error| self.violated(format!("keys: {error}")));
        let controller = controller?;
        if shares.len() < usize::from(self.threshold) {
            return None;
        }
        let nonce = ObjectNonce(anchor.body.nonce.0.0);
        let half = combine(&shares, &nonce, &anchor.body.share_root);
        let commitment = KeyCommitment(anchor.body.key_commitment.0);
        let opened = half.map_err(|error| error.to_string()).and_then(|half| {
            document.wrapped.unwrap_dek(&controller, &half, &nonce, &commitment).map_err(|error| error.to_string())
        });
        match opened {
            Ok(dek) => Some(dek),
            Err(error) => {
                self.violated(format!("keys: {error}"));
                None
            }
        }
    }

    /// What is read equals what was sealed, or whoever lied is named.
    fn open(&mut self, story: usize, index: usize, anchor: &Anchor, dek: &Dek) {
        let Some(document) = self.stories[story].document.clone() else { return };
        let given = self.stories[story].accesses[index].given.clone();
        let Ok(roots) = roots_of(&anchor.body) else { return };
        if given.len() < roots.geometry.coding().k() {
            return;
        }
        let roots = if self.flaw == Flaw::BelievesCustodians { believed(&roots, &given) } else { roots };
        let culprits = match read(&roots, dek, &document.stripes, &given) {
            Reading::Content(content, culprits) => {
                if content != document.content {
                    self.violated(format!("custody: document {} was read with other content", anchor.id));
                }
                self.findings.opened += 1;
                self.stories[story].accesses[index].opened = true;
                culprits
            }
            Reading::TooFew(culprits) => culprits,
            Reading::Upload => {
                let liars = self.somebody_lied(anchor);
                self.violated(format!(
                    "custody: the upload of document {} was blamed; some custodian had lied: {liars}",
                    anchor.id
                ));
                return;
            }
        };
        for culprit in culprits {
            let keeper = self.stories[story].accesses[index].from.get(&culprit).copied();
            self.blame(anchor.id, culprit, keeper);
            self.stories[story].accesses[index].given.remove(&culprit);
            self.stories[story].accesses[index].polluted.extend(keeper.map(|keeper| (culprit, keeper)));
        }
    }
}
