//! Documents: what the ledger knows of an encrypted, coded object and of who keeps it.
//!
//! A document is encrypted, then coded into shards on independent custodians. The ledger holds its anchor: roots and
//! commitments that never change, and the state of its custody. Nothing in it helps to decrypt or names a person;
//! clinical type codes and the true length lie in the manifest, of which there is a salted commitment.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, Set, codes};
use crate::consent::Category;
use crate::hash::{Tag, tagged_value};
use crate::ids::{AnchorId, Hash32, KeysetId, Millis, Month, ObjectNonce, OrgId, Sp, TxHash};
use crate::limits::{KEY_HOLDERS_MAX, SHARDS_MAX};
use crate::place::{Jurisdiction, Place};

codes! {
    /// Hash of an object's trees.
    HashSuite {
        /// SHA-256 in the shape of RFC 9162.
        Sha256 = 1 "SHA-256",
    }
}

codes! {
    /// Authenticated encryption of an object's segments.
    AeadSuite {
        /// AES-256-GCM in STREAM segments (Hoang, Reyhanitabar, Rogaway and Vizár 2015).
        Aes256GcmStream = 1 "AES-256-GCM-STREAM",
    }
}

/// How an object is dispersed. Tags are never reused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Coding {
    /// Coupled-layer MSR code (Vajha et al., FAST 2018). A repaired shard is byte-identical, so its root stays.
    Clay {
        /// Shards that suffice to read.
        k: u8,
        /// Shards in all.
        n: u8,
        /// Bytes of ciphertext in one stripe.
        stripe_bytes: u32,
    } = 1,
}

/// Bytes that encryption adds to a segment: the tag of AES-GCM (NIST SP 800-38D).
pub const SEGMENT_TAG_BYTES: u32 = 16;

impl Coding {
    /// The `(n, k)` that may be used.
    pub const LISTED: &'static [(u8, u8)] = &[(4, 2), (6, 3), (6, 4), (9, 6)];

    /// Shards that suffice to read.
    pub const fn k(&self) -> u8 {
        match self {
            Self::Clay { k, .. } => *k,
        }
    }

    /// Shards in all.
    pub const fn n(&self) -> u8 {
        match self {
            Self::Clay { n, .. } => *n,
        }
    }

    /// Bytes of ciphertext in one stripe.
    pub const fn stripe_bytes(&self) -> u32 {
        match self {
            Self::Clay { stripe_bytes, .. } => *stripe_bytes,
        }
    }

    /// Number of stripes of an object, from its size in units of 4 KiB; every shard has chunks of each. A stripe's
    /// ciphertext is a segment and its tag.
    pub fn stripes(&self, size_4k: u32) -> u32 {
        let segment_bytes = self.stripe_bytes().saturating_sub(SEGMENT_TAG_BYTES).max(1);
        let bytes = u64::from(size_4k) * 4096;
        u32::try_from(bytes.div_ceil(u64::from(segment_bytes))).unwrap_or(u32::MAX)
    }

    /// Most shards of an object that one custodian may hold: it can neither read alone, nor, by vanishing, take more
    /// than the code survives. Zero for parameters that are no code.
    pub fn custodian_shards_max(&self) -> usize {
        usize::from(self.k().saturating_sub(1).min(self.n().saturating_sub(self.k())))
    }
}

/// How sensitive a document is (GB/T 39725).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Grade 1 to 4 in clear.
    Clear(u8) = 1,
    /// Salted commitment to a grade. Whatever it is, it counts as the highest.
    Committed(Hash32) = 2,
}

impl Grade {
    /// The highest grade that may stand in clear.
    pub const CLEAR_MAX: u8 = 4;
    /// The highest grade.
    pub const MAX: u8 = 5;

    /// The grade by which access is decided.
    pub const fn effective(self) -> u8 {
        match self {
            Self::Clear(grade) => grade,
            Self::Committed(_) => Self::MAX,
        }
    }
}

/// Where shards have to be.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Residency {
    /// No single place holds as many shards as suffice to read.
    pub split: bool,
    /// This jurisdiction alone holds as many shards as suffice to read (data localisation).
    pub readable_in: Option<Jurisdiction>,
}

/// What an anchor says for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct AnchorBody {
    /// Nonce of the object.
    pub nonce: ObjectNonce,
    /// Hash of its trees.
    pub hash: HashSuite,
    /// Its encryption; `None` is refused, for coding is no encryption.
    pub aead: Option<AeadSuite>,
    /// Its dispersal.
    pub coding: Coding,
    /// Root over the shard roots.
    pub object_root: Hash32,
    /// Root of each shard, by index.
    pub shard_roots: List<Hash32, SHARDS_MAX>,
    /// Root over the stripes of ciphertext: whatever shards it is decoded from, the object is this one.
    pub ct_root: Hash32,
    /// Commitment to the key of the segments: AES-GCM alone does not commit to its key.
    pub key_commitment: Hash32,
    /// Root over the key holders' shares.
    pub share_root: Hash32,
    /// Size in units of 4 KiB, rounded up: an exact size would be a fingerprint.
    pub size_4k: u32,
    /// Whose document, under the pseudonym for its controller.
    pub subject: Sp,
    /// Who controls it.
    pub controller: OrgId,
    /// Who made it.
    pub author: OrgId,
    /// Category.
    pub category: Category,
    /// Grade.
    pub grade: Grade,
    /// Whether it is important data, which no GBA standard contract carries.
    pub important: bool,
    /// Month of service.
    pub service_month: Month,
    /// Salted commitment to the day of service.
    pub day_commit: Hash32,
    /// Salted commitment to the plaintext.
    pub content_commit: Hash32,
    /// Salted commitment to the manifest.
    pub manifest_commit: Hash32,
    /// Who holds the shares of its key.
    pub keyset: KeysetId,
    /// Where its shards have to be.
    pub residency: Residency,
    /// Until when the law requires that it is kept.
    pub retention_until: Option<Millis>,
    /// 1 for the first version of a lineage.
    pub version: u32,
    /// The version before.
    pub prev: Option<AnchorId>,
}

codes! {
    /// Stored status of a document. Decisions use what is effective, never this alone.
    DocumentStatus {
        /// Anchored; shards and key holders are awaited.
        Pending = 1 "Pending",
        /// Stored.
        Active = 2 "Active",
        /// Replaced by a later version.
        Superseded = 3 "Superseded",
        /// Taken back by its author.
        Retracted = 4 "Retracted",
        /// For legal and compliance purposes only.
        Restricted = 5 "Restricted",
        /// To be erased.
        ErasurePending = 6 "ErasurePending",
        /// Erased.
        Tombstoned = 7 "Tombstoned",
        /// Never stored in time.
        Abandoned = 8 "Abandoned",
    }
}

impl DocumentStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Tombstoned | Self::Abandoned)
    }
}

/// Who keeps a shard.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Custody {
    /// The custodian.
    pub custodian: OrgId,
    /// Where it keeps the shard: its seat or the place of one of its facilities.
    pub place: Place,
    /// When it said that it stores the shard; `None` if it has yet to.
    pub stored_at: Option<Millis>,
    /// The object's generation in which the shard was last placed: part of its name in the custodian's store.
    pub generation: u32,
}

/// A shard that is to be rebuilt, and by whom.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct ShardRepair {
    /// Index of the shard.
    pub shard: u8,
    /// The custodian that the ledger names to rebuild and keep it.
    pub custodian: OrgId,
    /// Where it will keep it.
    pub place: Place,
    /// When the repair was opened.
    pub opened_at: Millis,
}

/// One version of a document as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Anchor {
    /// This version.
    pub id: AnchorId,
    /// The first version's identifier; what consents by document name.
    pub lineage: AnchorId,
    /// What never changes.
    pub body: AnchorBody,
    /// Stored status.
    pub status: DocumentStatus,
    /// When it was anchored.
    pub anchored_at: Millis,
    /// First instant at which it can no longer become active.
    pub store_by: Millis,
    /// When it left [`DocumentStatus::Pending`].
    pub settled_at: Option<Millis>,
    /// The version after, once it was anchored; it may still be pending or have been abandoned.
    pub next: Option<AnchorId>,
    /// Who keeps each shard, by index.
    pub custody: List<Custody, SHARDS_MAX>,
    /// Key holders that accepted their share.
    pub accepted: Set<OrgId, KEY_HOLDERS_MAX>,
    /// Grows whenever shares are dealt anew.
    pub keyset_epoch: u32,
    /// Grows with every shard that is placed anew.
    pub generation: u32,
    /// Open repairs, ascending by shard; at most one each.
    pub repairs: List<ShardRepair, SHARDS_MAX>,
}

impl Anchor {
    /// The status that counts at an instant, whatever the sweeper has got round to.
    pub fn effective_status(&self, at: Millis) -> DocumentStatus {
        match self.status {
            DocumentStatus::Pending if self.store_by <= at => DocumentStatus::Abandoned,
            status => status,
        }
    }

    /// The open repair of a shard.
    pub fn repair_of(&self, shard: u8) -> Option<&ShardRepair> {
        self.repairs.iter().find(|repair| repair.shard == shard)
    }
}

/// Organisations that hold shares of keys: any `threshold` of them suffice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Keyset {
    /// Its identifier.
    pub id: KeysetId,
    /// The controller for whose documents it holds keys.
    pub controller: OrgId,
    /// Shares that suffice.
    pub threshold: u8,
    /// The holders; the position is the index of the holder's share.
    pub holders: List<OrgId, KEY_HOLDERS_MAX>,
    /// When it was registered.
    pub registered_at: Millis,
}

impl Keyset {
    /// The index of an organisation's share.
    pub fn share_of(&self, org: OrgId) -> Option<u8> {
        self.holders.iter().position(|holder| *holder == org).and_then(|index| u8::try_from(index).ok())
    }
}

/// Where a shard will be kept.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Placement {
    /// The custodian.
    pub custodian: OrgId,
    /// Its seat or the place of one of its facilities.
    pub place: Place,
}

/// Anchors the first version of a document (DO-01); signed by its author.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AnchorDocument {
    /// The anchor.
    pub body: AnchorBody,
    /// Who will keep each shard, by index.
    pub custody: List<Placement, SHARDS_MAX>,
}

codes! {
    /// Why a document is corrected or taken back (HL7 FHIR DocumentReference relatesTo and docStatus).
    ChangeReason {
        /// The earlier version is replaced by a better one.
        Replaces = 1 "replaces",
        /// The earlier version is continued.
        Appends = 2 "appends",
        /// It was entered in error.
        EnteredInError = 3 "entered-in-error",
    }
}

/// Anchors a later version (DO-04); signed by its author. The version before is superseded once this one is active.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AnchorCorrection {
    /// The anchor; it names the version before.
    pub body: AnchorBody,
    /// Who will keep each shard, by index.
    pub custody: List<Placement, SHARDS_MAX>,
    /// Why.
    pub reason: ChangeReason,
}

/// A shard and its root, as its custodian found it block by block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct StoredShard {
    /// Index.
    pub shard: u8,
    /// Root.
    pub root: Hash32,
}

/// A custodian has checked and durably stored shards of a document (DO-02); signed by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct StoreReceipt {
    /// The document.
    pub anchor: AnchorId,
    /// The shards, ascending; at least one.
    pub shards: Set<StoredShard, SHARDS_MAX>,
}

/// A key holder has checked its share of a document's key against the anchored root and keeps it; signed by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AcceptShare {
    /// The document.
    pub anchor: AnchorId,
    /// Index of the share.
    pub share: u8,
}

/// Takes a document back (DO-05); signed by its author.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RetractDocument {
    /// The document.
    pub anchor: AnchorId,
    /// Salted hash of the reason's record: what was entered in error.
    pub reason: Hash32,
}

/// Names the custodian that has to rebuild a shard (SR-01); signed by the controller, or, where the custodian stays,
/// by the custodian that lost it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct OrderRepair {
    /// The document.
    pub anchor: AnchorId,
    /// Index of the shard.
    pub shard: u8,
    /// Who rebuilds and keeps it.
    pub placement: Placement,
}

/// A custodian has rebuilt and durably stored a shard (SR-02); signed by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct CompleteRepair {
    /// The document.
    pub anchor: AnchorId,
    /// The shard, with the root that was anchored.
    pub shard: StoredShard,
}

/// Registers a set of key holders (KS-01); signed by the controller, co-signed by every other holder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RegisterKeyset {
    /// The controller.
    pub controller: OrgId,
    /// Shares that suffice.
    pub threshold: u8,
    /// The holders, by index of their shares.
    pub holders: List<OrgId, KEY_HOLDERS_MAX>,
}

/// The identifier of the anchor that a transaction makes; at most one each.
pub fn anchor_id_of(tx: &TxHash) -> AnchorId {
    AnchorId(tagged_value(Tag::Anchor, tx))
}

/// The identifier of the keyset that a transaction registers.
pub fn keyset_id_of(tx: &TxHash) -> KeysetId {
    KeysetId(tagged_value(Tag::Keyset, tx))
}
