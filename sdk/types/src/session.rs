//! Access sessions: request, decision, release of keys, delivery of shards, acknowledgement.
//!
//! A session is asked for and decided in one transaction. Key holders and custodians act off chain and leave receipts;
//! the ledger folds them into the session, so that parallel receipts never invalidate each other.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::access::{AccessRequest, Decision};
use crate::codec::{List, Set, codes};
use crate::consent::LogHead;
use crate::hash::{Tag, tagged_value};
use crate::ids::{
    AnchorId, BlockHash, CaseId, ChainId, Hash32, Height, HpkeKey, KeyId, Millis, OrgId, SessionId, Sp, TxHash,
};
use crate::key::Signature;
use crate::limits::{
    ANCHORS_MAX, CONFIRMATIONS_MAX, KEY_HOLDERS_MAX, LINKS_MAX, OPEN_SESSIONS_MAX, RELEASES_MAX, SERVED_MAX,
    SESSION_PARTIES_MAX,
};
use crate::receipt::RowId;

codes! {
    /// Suite of HPKE (RFC 9180).
    HpkeSuite {
        /// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
        X25519Sha256Aes256Gcm = 1 "X25519-HKDF-SHA256-AES-256-GCM",
    }
}

/// Asks for access to documents (AC-01, AC-02); signed by the requester.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RequestAccess {
    /// What is asked; it names documents.
    pub request: AccessRequest,
    /// Suite of the reply key.
    pub suite: HpkeSuite,
    /// A fresh key for this session, to which key parts are sealed.
    pub reply_key: HpkeKey,
    /// The subject's confirmation of this request, where a consent or the documents' grade asks for one.
    pub confirm: Option<ConfirmToken>,
}

/// A signature by which a subject confirms exactly one request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ConfirmToken {
    /// First instant at which it confirms nothing any more.
    pub until: Millis,
    /// The subject's signature over [`confirmation_of`].
    pub signature: Signature,
}

/// What a subject signs to confirm a request: the chain, all that is asked, the session's key, and until when.
pub fn confirmation_of(chain: ChainId, request: &AccessRequest, reply_key: &HpkeKey, until: Millis) -> Hash32 {
    tagged_value(Tag::Confirmation, &(chain, request, reply_key, until))
}

codes! {
    /// A part of a document's key.
    KeyPartKind {
        /// The controller's own part.
        Controller = 1 "controller",
        /// A key holder's share.
        Share = 2 "share",
    }
}

/// A key part that a holder is about to release, sealed to the session's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct KeyPart {
    /// The document.
    pub anchor: AnchorId,
    /// Which part.
    pub kind: KeyPartKind,
    /// Hash of the ciphertext, which travels off chain.
    pub ciphertext: Hash32,
}

/// A holder's receipt for all key parts that it releases in a session (AC-04); signed by it. The parts leave only once
/// the session is released.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct KeyReleaseReceipt {
    /// The session.
    pub session: SessionId,
    /// The parts, ascending by document and kind; at least one.
    pub parts: Set<KeyPart, RELEASES_MAX>,
}

/// A shard that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct ServedShard {
    /// The document.
    pub anchor: AnchorId,
    /// Index of the shard.
    pub shard: u8,
}

/// A custodian's receipt for shards that it delivered in a session (AC-05); signed by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ShardServed {
    /// The session.
    pub session: SessionId,
    /// The shards, ascending; at least one.
    pub shards: Set<ServedShard, SERVED_MAX>,
}

/// The requester has read every document and found its content as committed (AC-06); signed by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AckAccess {
    /// The session.
    pub session: SessionId,
}

codes! {
    /// Why a requester could not read what was delivered.
    ReadFailure {
        /// A shard or the whole does not hash to what was anchored.
        Hash = 1 "HASH",
        /// Different shards decode to different documents, or too few are independent.
        Rank = 2 "RANK",
        /// Shards did not arrive.
        Missing = 3 "MISSING",
        /// The ciphertext does not open under the key.
        Decrypt = 4 "DECRYPT",
    }
}

/// The requester could not read a document (AC-07); signed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AckFail {
    /// The session.
    pub session: SessionId,
    /// Why.
    pub reason: ReadFailure,
}

codes! {
    /// What a regulator finds in a dispute.
    DisputeFinding {
        /// Nobody is at fault.
        NoFault = 1 "NO_FAULT",
        /// The requester read what it did not acknowledge.
        Requester = 2 "REQUESTER",
        /// A custodian did not deliver what was anchored.
        Custodian = 3 "CUSTODIAN",
        /// A key holder released a wrong part.
        KeyHolder = 4 "KEY_HOLDER",
        /// The document's author anchored what cannot be read.
        Author = 5 "AUTHOR",
    }
}

/// Resolves a dispute (AC-16); signed by a regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ResolveDispute {
    /// The session.
    pub session: SessionId,
    /// The finding.
    pub finding: DisputeFinding,
    /// The organisation at fault; one exactly where the finding names a fault.
    pub at_fault: Option<OrgId>,
    /// Hash of the decision.
    pub order: Hash32,
}

/// How a dispute ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Resolution {
    /// The finding.
    pub finding: DisputeFinding,
    /// The organisation at fault.
    pub at_fault: Option<OrgId>,
    /// Hash of the decision.
    pub order: Hash32,
    /// Who decided.
    pub by: OrgId,
}

codes! {
    /// Stored status of a session. What is effective depends on the deadline too.
    SessionStatus {
        /// Permitted; key parts are awaited.
        Permitted = 1 "Permitted",
        /// Denied.
        Denied = 2 "Denied",
        /// Enough key parts are released.
        KeyReleased = 3 "KeyReleased",
        /// Enough shards were delivered.
        Served = 4 "Served",
        /// Acknowledged by the requester.
        Acked = 5 "Acked",
        /// Not acknowledged in time.
        AckOverdue = 6 "AckOverdue",
        /// Cancelled, as access would no longer be permitted.
        Cancelled = 7 "Cancelled",
        /// Not released or not delivered in time.
        Expired = 8 "Expired",
        /// Permitted by breaking the glass; key parts are awaited.
        BtgPermitted = 9 "BtgPermitted",
        /// The requester could not read what was delivered.
        AckFailed = 10 "AckFailed",
        /// Neither acknowledged nor read in the end; a regulator decides.
        Disputed = 11 "Disputed",
        /// The dispute is decided.
        Resolved = 12 "Resolved",
    }
}

impl SessionStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Denied | Self::Acked | Self::Cancelled | Self::Expired | Self::Resolved)
    }

    /// Whether access is permitted and key parts are awaited.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Permitted | Self::BtgPermitted)
    }
}

/// What has been released and delivered of one document of a session.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Progress {
    /// Epoch of the keyset for which key parts are released.
    pub keyset_epoch: u32,
    /// Whether the controller released its own part.
    pub controller: bool,
    /// Holders, other than the requester, that released their shares.
    pub holders: Set<OrgId, KEY_HOLDERS_MAX>,
    /// Bit i: shard i was delivered.
    pub shards: u16,
}

/// An access session as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// What was asked.
    pub request: AccessRequest,
    /// The pseudonym of the documents; that of the request, or linked with it in the case.
    pub subject: Sp,
    /// Suite of the reply key.
    pub suite: HpkeSuite,
    /// The key to which key parts are sealed.
    pub reply_key: HpkeKey,
    /// The key that signed the request.
    pub requested_by: KeyId,
    /// Organisations that are party to it: requester, controller, and, if permitted, whoever then kept shards or held
    /// key shares of a document.
    pub parties: Set<OrgId, SESSION_PARTIES_MAX>,
    /// The decision, with all its reasons.
    pub decision: Decision,
    /// Height of the block in which it was decided.
    pub height: Height,
    /// Time of that block.
    pub decided_at: Millis,
    /// The block before it, on whose state the decision rests.
    pub head: BlockHash,
    /// Stored status.
    pub status: SessionStatus,
    /// First instant at which the sweeper moves it on; `None` if nothing is due.
    pub deadline: Option<Millis>,
    /// First instant at which nothing may be served any more; set when it is released.
    pub serve_until: Option<Millis>,
    /// When the session was released.
    pub released_at: Option<Millis>,
    /// First instant at which the requester may ask the controller for nothing more, except for treatment, because it has
    /// not acknowledged; `None` while no acknowledgement is awaited.
    pub barred_from: Option<Millis>,
    /// When it came to its last status.
    pub changed_at: Millis,
    /// Progress by document, in the order of the request; empty if denied.
    pub progress: List<Progress, ANCHORS_MAX>,
    /// Number of receipts folded so far.
    pub receipts: u32,
    /// Head of the chain of receipts: see [`receipt_chain`].
    pub receipt_head: Hash32,
    /// Whether a key part was released after access would no longer have been permitted.
    pub post_revocation: bool,
    /// Whether the subject confirmed the request.
    pub confirmed: bool,
    /// Why the requester could not read what was delivered, the last time.
    pub failure: Option<ReadFailure>,
    /// How often it was delivered again after that.
    pub retries: u8,
    /// How a dispute ended.
    pub resolution: Option<Resolution>,
}

impl Session {
    /// The status that counts at an instant, whatever the sweeper has got round to.
    pub fn effective_status(&self, at: Millis) -> SessionStatus {
        match self.status {
            status if self.deadline.is_none_or(|deadline| at < deadline) => status,
            SessionStatus::Permitted | SessionStatus::BtgPermitted | SessionStatus::KeyReleased => {
                SessionStatus::Expired
            }
            SessionStatus::Served => SessionStatus::AckOverdue,
            SessionStatus::AckFailed | SessionStatus::AckOverdue => SessionStatus::Disputed,
            status => status,
        }
    }

    /// The documents, in the order of the progress.
    pub fn anchors(&self) -> &[AnchorId] {
        match &self.request.asked {
            crate::access::Asked::Documents { anchors, .. } => anchors,
            crate::access::Asked::Data(_) => &[],
        }
    }

    /// Position of a document.
    pub fn position(&self, anchor: &AnchorId) -> Option<usize> {
        self.anchors().iter().position(|other| other == anchor)
    }
}

/// An open session, as the book of accesses lists it: it is neither released nor over.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct OpenSession {
    /// The session.
    pub session: SessionId,
    /// First instant at which it is over unless released.
    pub until: Millis,
}

/// Accesses to the documents of one subject with one controller: one leaf of the state.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct AccessBook {
    /// Open sessions, oldest first: what an act of the subject may still stop.
    pub open: List<OpenSession, OPEN_SESSIONS_MAX>,
    /// Confirmations that were used and would confirm again: what was signed, and until when.
    pub confirmations: List<(Hash32, Millis), CONFIRMATIONS_MAX>,
    /// Who was denied last, and when.
    pub denied: Option<(OrgId, Millis)>,
    /// The latest calendar year (UTC) in which something left the controller's jurisdiction.
    pub exported: Option<u16>,
    /// The log of every event.
    pub log: LogHead,
}

/// One entry of a subject's access log: every event of every session, refused transactions excepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct AccessLogEntry {
    /// The subject, under the pseudonym of the documents.
    pub subject: Sp,
    /// The controller.
    pub controller: OrgId,
    /// Index in the log, from 0.
    pub seq: u64,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: Millis,
    /// The transaction, or the sweep's identifier.
    pub tx: TxHash,
    /// The key that acted; `None` for the sweeper.
    pub actor: Option<KeyId>,
    /// The session.
    pub session: SessionId,
    /// Who asked.
    pub requester: OrgId,
    /// The row that fired.
    pub row: RowId,
    /// The status after the event.
    pub status: SessionStatus,
}

impl AccessLogEntry {
    /// The leaf data of this entry in the subject's access log (RFC 9162 hashes it as a leaf).
    pub fn leaf(&self) -> Hash32 {
        tagged_value(Tag::AccessLog, self)
    }
}

/// Two pseudonyms of one person, linked in one case.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct SubjectLink {
    /// The smaller pseudonym.
    pub a: Sp,
    /// The greater one.
    pub b: Sp,
}

impl SubjectLink {
    /// The link of two pseudonyms, given in any order; `None` of one with itself.
    pub fn new(one: Sp, other: Sp) -> Option<Self> {
        (one != other).then(|| Self { a: one.min(other), b: one.max(other) })
    }
}

/// The links of one case. Links are not followed from one to the next: each was signed or attested on its own.
pub type SubjectLinks = Set<SubjectLink, LINKS_MAX>;

/// Links two pseudonyms in a case (SL-01): signed with the key of one and co-signed with that of the other, or attested
/// by the organisation that enrolled one of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct LinkSubjects {
    /// The case.
    pub case: CaseId,
    /// The pseudonyms.
    pub link: SubjectLink,
}

/// The identifier of the session that a transaction opens.
pub fn session_id_of(tx: &TxHash) -> SessionId {
    SessionId(tagged_value(Tag::Session, tx))
}

/// The chain of a session's receipts after one more. It begins with the decision's transaction, and whoever knows the
/// receipts in the order of the ledger can compute it again.
pub fn receipt_chain(before: &Hash32, tx: &TxHash) -> Hash32 {
    tagged_value(Tag::SessionReceipt, &(before, tx))
}
