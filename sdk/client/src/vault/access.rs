use std::time::Duration;

use assent_types::access::AccessRequest;
use assent_types::action::Action;
use assent_types::codec::{List, decode, encode};
use assent_types::document::{Anchor, Keyset};
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, OrgId, SessionId};
use assent_types::key::SecretKey;
use assent_types::limits::{ANCHORS_MAX, SHARE_SEND_MS};
use assent_types::session::{
    AckAccess, ConfirmToken, HpkeSuite, KeyPartKind, RequestAccess, Session, SessionStatus, session_id_of,
};
use assent_types::state::{Record, StateKey};
use assent_vault::envelope::{Dek, KeyCommitment, ObjectNonce};
use assent_vault::keys::{ControllerKey, KeyPart, KeyShare, ReleaseContext, SessionSecret, WrappedDek, combine};
use borsh::{BorshDeserialize, BorshSerialize};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use zeroize::Zeroizing;

use super::Vault;
use super::confirm::ReplyKey;
use super::error::VaultError;
use super::parts::ReleasedPart;
use crate::error::ClientError;
use crate::registry::Kind;

/// How often a holder that has not seen the release yet, or has yet to post its receipt, is asked again at least; it is
/// asked at once after a block that may bring it.
const COLLECT_PAUSE: Duration = Duration::from_millis(100);

/// What a requester keeps of a session until it is over: the secret of its reply key, and the keys that came.
#[derive(BorshSerialize, BorshDeserialize)]
struct Note {
    secret: [u8; 32],
    keys: List<(AnchorId, [u8; 32]), ANCHORS_MAX>,
}

/// A released session with the keys of its documents. It has no debug output; keys are wiped when dropped.
pub struct Collected {
    /// The session.
    pub session: SessionId,
    pub(super) documents: Vec<(Anchor, Dek)>,
}

impl Collected {
    /// The documents.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.documents.iter().map(|(anchor, _)| anchor)
    }
}

impl Vault {
    /// Asks for access to documents with a fresh reply key. The session is decided when this returns, and permitted; the
    /// secret half of the key lies in the registry until the session is over.
    ///
    /// # Errors
    /// [`VaultError::Denied`] with every reason; see [`VaultError`].
    pub async fn request(&self, key: &SecretKey, request: AccessRequest) -> Result<SessionId, VaultError> {
        self.ask(key, request, &ReplyKey::draw()?, None).await
    }

    /// Sends a request with the subject's confirmation, if there is one, and keeps the secret half of its key.
    pub(super) async fn ask(
        &self,
        key: &SecretKey,
        request: AccessRequest,
        reply_key: &ReplyKey,
        confirm: Option<ConfirmToken>,
    ) -> Result<SessionId, VaultError> {
        let suite = HpkeSuite::X25519Sha256Aes256Gcm;
        let asked = RequestAccess { request, suite, reply_key: reply_key.public, confirm };
        let tx = self.client.transaction(key, Action::RequestAccess(Box::new(asked)), &[])?;
        let session = session_id_of(&tx.hash());
        self.keep(session, &Note { secret: *reply_key.secret, keys: List::default() })?;
        let receipt = self.client.submit_and_wait(&tx, self.patience).await?;
        if let Err(code) = receipt.outcome() {
            self.registry.erase(Kind::Session, &session.0.0)?;
            return Err(VaultError::Refused { code, detail: format!("access was not asked for; {}", code.hint()) });
        }
        let found = self.session(session).await?;
        if found.status == SessionStatus::Denied {
            self.registry.erase(Kind::Session, &session.0.0)?;
            return Err(VaultError::Denied { session, reasons: found.decision.reasons.to_vec() });
        }
        Ok(session)
    }

    /// Waits until a session is released, collects the key parts and puts the keys of its documents together. What was
    /// collected before is taken from the registry: key parts leave their holders only once, and soon.
    ///
    /// # Errors
    /// [`VaultError::Session`] if the session is over, [`VaultError::Key`] naming who gave no or a wrong part.
    pub async fn collect(&self, session: SessionId) -> Result<Collected, VaultError> {
        let mut note = self.note(session)?;
        let found = self.released(session).await?;
        let anchors = self.anchors_of(&found).await?;
        if note.keys.len() != anchors.len() {
            let secret = SessionSecret::new(note.secret);
            let keys = self.collect_keys(&found, &anchors, &secret).await?;
            let keys = anchors.iter().zip(&keys).map(|((anchor, _), dek)| (anchor.id, *dek.expose())).collect();
            note.keys = List::new(keys).map_err(|_| ErrorCode::Limit)?;
            self.keep(session, &note)?;
        }
        let key_of = |id: AnchorId| note.keys.iter().find(|(anchor, _)| *anchor == id).map(|(_, key)| Dek::new(*key));
        let documents = anchors.into_iter().filter_map(|(anchor, _)| key_of(anchor.id).map(|dek| (anchor, dek)));
        Ok(Collected { session, documents: documents.collect() })
    }

    /// Acknowledges a session whose documents were all read and found as committed, and forgets its keys.
    ///
    /// # Errors
    /// See [`VaultError`]. A session whose last deliveries are not receipted yet is waited for.
    pub async fn acknowledge(&self, key: &SecretKey, session: SessionId) -> Result<(), VaultError> {
        let what = format!("the deliveries of session {session} are receipted");
        let done = self
            .wait_for(&StateKey::Session(session), &what, |record, at| {
                let Some(Record::Session(found)) = record else { return Ok(None) };
                match found.effective_status(at) {
                    SessionStatus::Served | SessionStatus::AckOverdue | SessionStatus::Disputed => Ok(Some(false)),
                    SessionStatus::Acked => Ok(Some(true)),
                    SessionStatus::KeyReleased => Ok(None),
                    status => Err(VaultError::Session { session, status }),
                }
            })
            .await?;
        if !done {
            let tx = self.client.transaction(key, Action::AckAccess(AckAccess { session }), &[])?;
            let receipt = self.client.submit_and_wait(&tx, self.patience).await?;
            let refused = |code: ErrorCode| VaultError::Refused { code, detail: code.hint().to_owned() };
            receipt.outcome().map_err(refused)?;
        }
        self.registry.erase(Kind::Session, &session.0.0)?;
        Ok(())
    }

    /// A session as the ledger has it.
    ///
    /// # Errors
    /// E905 if there is none, E902 for anybody but its parties.
    pub async fn session(&self, session: SessionId) -> Result<Session, VaultError> {
        let key = StateKey::Session(session);
        let state = self.client.get(&[key]).await?;
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Session(found)) => Ok(found.as_ref().clone()),
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    /// A document as the ledger has it.
    ///
    /// # Errors
    /// E905 if there is none, E902 for anybody but its parties.
    pub async fn anchor(&self, anchor: AnchorId) -> Result<Anchor, VaultError> {
        self.anchor_with(anchor, &[]).await
    }

    /// A document, read together with these other leaves.
    async fn anchor_with(&self, anchor: AnchorId, others: &[StateKey]) -> Result<Anchor, VaultError> {
        let key = StateKey::Anchor(anchor);
        let state = self.client.get(&[&[key], others].concat()).await?;
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Anchor(found)) => Ok(found.as_ref().clone()),
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    async fn released(&self, session: SessionId) -> Result<Session, VaultError> {
        let what = format!("session {session} is released");
        self.wait_for(&StateKey::Session(session), &what, |record, at| {
            let Some(Record::Session(found)) = record else { return Ok(None) };
            match found.effective_status(at) {
                SessionStatus::Permitted | SessionStatus::BtgPermitted => Ok(None),
                SessionStatus::KeyReleased | SessionStatus::Served | SessionStatus::AckFailed => {
                    Ok(Some(found.as_ref().clone()))
                }
                status => Err(VaultError::Session { session, status }),
            }
        })
        .await
    }

    async fn anchors_of(&self, session: &Session) -> Result<Vec<(Anchor, Keyset)>, VaultError> {
        let mut found = Vec::new();
        for id in session.anchors() {
            // Where no consent names the requester, the permitted session is what opens the document's record.
            let anchor = self.anchor_with(*id, &[StateKey::Session(session.id)]).await?;
            let keyset = self.keyset(anchor.body.keyset).await?;
            found.push((anchor, keyset));
        }
        Ok(found)
    }

    /// Asks every holder at once, until the keys of all documents are together.
    async fn collect_keys(
        &self,
        session: &Session,
        anchors: &[(Anchor, Keyset)],
        secret: &SessionSecret,
    ) -> Result<Vec<Dek>, VaultError> {
        let mut holders: Vec<OrgId> = anchors.iter().flat_map(|(_, keyset)| keyset.holders.iter().copied()).collect();
        holders.extend(anchors.iter().map(|(anchor, _)| anchor.body.controller));
        holders.sort_unstable();
        holders.dedup();
        let end = tokio::time::Instant::now() + self.patience.min(Duration::from_millis(SHARE_SEND_MS));
        let asked =
            holders.into_iter().map(|holder| async move { (holder, self.collect_from(holder, session.id, end).await) });
        let mut asked: FuturesUnordered<_> = asked.collect();
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        loop {
            match asked.next().await {
                Some((holder, Ok(given))) => parts.push((holder, given)),
                Some((holder, Err(error))) => problems.push(format!("holder {holder}: {error}")),
                None => return self.assemble(session, anchors, &parts, secret, &problems),
            }
            // As soon as the threshold is there nobody else is waited for.
            if let Ok(keys) = self.assemble(session, anchors, &parts, secret, &problems) {
                return Ok(keys);
            }
        }
    }

    /// A holder's parts. One that has not seen the release yet, or has yet to post its own receipt, is asked again.
    async fn collect_from(
        &self,
        holder: OrgId,
        session: SessionId,
        end: tokio::time::Instant,
    ) -> Result<Vec<ReleasedPart>, ClientError> {
        let service = self.key_services.of(holder)?;
        let mut changes = None;
        loop {
            let seen = self.client.verifier.seen();
            let answer = service.collect(session).await;
            let early = matches!(
                answer.as_ref().err().and_then(ClientError::code),
                Some(ErrorCode::NoLivePermit | ErrorCode::NotKeyHolder)
            );
            if !early || tokio::time::Instant::now() >= end {
                return answer;
            }
            changes.get_or_insert_with(|| self.client.changes(seen)).wait(seen, COLLECT_PAUSE).await;
        }
    }

    /// Puts the key of every document together.
    fn assemble(
        &self,
        session: &Session,
        anchors: &[(Anchor, Keyset)],
        parts: &[(OrgId, Vec<ReleasedPart>)],
        secret: &SessionSecret,
        problems: &[String],
    ) -> Result<Vec<Dek>, VaultError> {
        let one = |(anchor, keyset): &(Anchor, Keyset)| {
            let mut problems = problems.to_vec();
            let key = Assembly { chain: self.client.chain(), session, anchor, keyset, secret };
            key.assemble(parts, &mut problems).ok_or(VaultError::Key { anchor: anchor.id, problems })
        };
        anchors.iter().map(one).collect()
    }

    fn keep(&self, session: SessionId, note: &Note) -> Result<(), VaultError> {
        let value = Zeroizing::new(encode(note));
        Ok(self.registry.put(Kind::Session, &session.0.0, &value)?)
    }

    fn note(&self, session: SessionId) -> Result<Note, VaultError> {
        let value = self.registry.get(Kind::Session, &session.0.0)?;
        let detail =
            || "this registry has no reply key of the session: it was asked for elsewhere, or is over".to_owned();
        let lost = || VaultError::Refused { code: ErrorCode::NotRequester, detail: detail() };
        decode(&value.ok_or_else(lost)?).map_err(|_| lost())
    }
}

/// What the key of one document is put together from.
struct Assembly<'a> {
    chain: assent_types::ChainId,
    session: &'a Session,
    anchor: &'a Anchor,
    keyset: &'a Keyset,
    secret: &'a SessionSecret,
}

impl Assembly<'_> {
    fn assemble(&self, parts: &[(OrgId, Vec<ReleasedPart>)], problems: &mut Vec<String>) -> Option<Dek> {
        let (mut own, mut shares) = (None, Vec::new());
        for (holder, given) in parts {
            for part in given.iter().filter(|part| part.part.anchor == self.anchor.id) {
                match part.part.kind {
                    KeyPartKind::Controller => own = self.controller(*holder, part, problems).or(own),
                    KeyPartKind::Share => shares.extend(self.share(*holder, part, problems)),
                }
            }
        }
        let Some((key, wrapped)) = own else {
            problems.push(format!("controller {} gave no part", self.anchor.body.controller));
            return None;
        };
        let nonce = ObjectNonce(self.anchor.body.nonce.0.0);
        let commitment = KeyCommitment(self.anchor.body.key_commitment.0);
        shares.truncate(usize::from(self.keyset.threshold));
        let opened = combine(&shares, &nonce, &self.anchor.body.share_root)
            .map_err(|error| error.to_string())
            .and_then(|half| wrapped.unwrap_dek(&key, &half, &nonce, &commitment).map_err(|error| error.to_string()));
        opened.map_err(|problem| problems.push(problem)).ok()
    }

    fn context(&self, holder: OrgId, part: KeyPart) -> ReleaseContext {
        let position = self.session.position(&self.anchor.id);
        let progress = position.and_then(|position| self.session.progress.get(position));
        ReleaseContext {
            chain: self.chain,
            session: self.session.id.0,
            anchor: self.anchor.id.0,
            keyset_epoch: progress.map_or(0, |progress| progress.keyset_epoch).into(),
            holder,
            part,
            requester: self.session.request.requester,
        }
    }

    fn controller(
        &self,
        holder: OrgId,
        part: &ReleasedPart,
        problems: &mut Vec<String>,
    ) -> Option<(ControllerKey, WrappedDek)> {
        let opened = self.context(holder, KeyPart::Controller).open_controller_key(&part.release, self.secret);
        let key = opened.map_err(|error| problems.push(error.to_string())).ok()?;
        Some((key, part.wrapped?))
    }

    fn share(&self, holder: OrgId, part: &ReleasedPart, problems: &mut Vec<String>) -> Option<KeyShare> {
        // Shares are numbered from 1, places in a keyset from 0.
        let index = self.keyset.share_of(holder)?.checked_add(1)?;
        let opened = self.context(holder, KeyPart::Share(index)).open_share(&part.release, self.secret);
        let share = opened.map_err(|error| problems.push(error.to_string())).ok()?;
        let nonce = ObjectNonce(self.anchor.body.nonce.0.0);
        match share.verify(&nonce, &self.anchor.body.share_root) {
            Ok(()) => Some(share),
            Err(error) => {
                problems.push(format!("holder {holder}: {error}"));
                None
            }
        }
    }
}
