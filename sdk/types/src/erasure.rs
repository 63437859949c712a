//! Erasure of documents: what keeps one, who asked for it to go, who destroyed what, and what is left.
//!
//! That something was deleted cannot be proven. The ledger holds signed attestations of enough organisations that, if
//! they are true, neither the key nor the ciphertext can be put together again.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::Capacity;
use crate::codec::{List, Set, codes};
use crate::document::DocumentStatus;
use crate::hash::{Tag, tagged_value};
use crate::ids::{AnchorId, ClaimId, Hash32, Millis, OrgId, TxHash};
use crate::limits::{CITED_BY_MAX, DESTROYED_MAX, HOLDS_MAX, SHARDS_MAX};

codes! {
    /// Legal basis of an erasure.
    ErasureBasis {
        /// The purpose is reached or can no longer be (PIPL art. 47 (1)).
        PurposeReached = 1 "PURPOSE_REACHED",
        /// Consent was withdrawn (PIPL art. 47 (3)).
        ConsentWithdrawn = 2 "CONSENT_WITHDRAWN",
        /// Processing was unlawful (PIPL art. 47 (4)).
        Unlawful = 3 "UNLAWFUL",
        /// The retention period is over (PIPL art. 47 (2); Cap. 486 section 26).
        RetentionOver = 4 "RETENTION_OVER",
        /// An order of a regulator or court.
        Order = 5 "ORDER",
    }
}

/// Asks for a document to be erased (DO-06): from here on it is for legal and compliance purposes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RequestErasure {
    /// The document.
    pub anchor: AnchorId,
    /// As whom the signer asks: the subject, its proxy, or an organisation that controls or regulates.
    pub capacity: Capacity,
    /// On which basis.
    pub basis: ErasureBasis,
    /// Salted hash of the request's record.
    pub evidence: Hash32,
}

/// Takes such a request back (DO-09); signed by the subject or its proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct WithdrawErasure {
    /// The document.
    pub anchor: AnchorId,
    /// As whom the signer acts.
    pub capacity: Capacity,
}

/// Orders the erasure (DO-07, DO-08); signed by the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ApproveErasure {
    /// The document.
    pub anchor: AnchorId,
    /// On which basis; that of the request, if there is one.
    pub basis: ErasureBasis,
}

/// Lifts a restriction (DO-12); signed by a regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct LiftRestriction {
    /// The document.
    pub anchor: AnchorId,
    /// Hash of the order.
    pub order: Hash32,
}

/// Something that was destroyed. Tags are never reused.
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
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Destroyed {
    /// A key holder's share.
    Share = 1,
    /// A shard, by index.
    Shard(u8) = 2,
    /// The salts of the commitments, which the controller keeps.
    Salt = 3,
    /// The controller's own part of the key.
    ControllerKey = 4,
}

/// Attests that the signer destroyed what it held of a document (DO-10).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DestroyAttest {
    /// The document.
    pub anchor: AnchorId,
    /// What was destroyed; at least one thing.
    pub destroyed: Set<Destroyed, DESTROYED_MAX>,
}

codes! {
    /// Why a document is held.
    HoldReason {
        /// Litigation.
        Litigation = 1 "LITIGATION",
        /// An investigation.
        Investigation = 2 "INVESTIGATION",
        /// An audit.
        Audit = 3 "AUDIT",
        /// Treatment that goes on.
        Treatment = 4 "TREATMENT",
    }
}

/// Holds a document against erasure (HO-01); signed by its controller or a regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct PlaceHold {
    /// The document.
    pub anchor: AnchorId,
    /// Why.
    pub reason: HoldReason,
    /// Salted hash of the order or record.
    pub evidence: Hash32,
}

/// Ends a hold (HO-02); signed by who placed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ReleaseHold {
    /// The document.
    pub anchor: AnchorId,
    /// The hold: the identifier that [`hold_id_of`] gives.
    pub hold: Hash32,
}

/// The identifier of the hold that a transaction places.
pub fn hold_id_of(tx: &TxHash) -> Hash32 {
    tagged_value(Tag::Hold, tx)
}

/// A hold in force.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Hold {
    /// Its identifier.
    pub id: Hash32,
    /// Who placed it.
    pub by: OrgId,
    /// Why.
    pub reason: HoldReason,
    /// Salted hash of the order or record.
    pub evidence: Hash32,
    /// When.
    pub placed_at: Millis,
}

/// A request for erasure.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct ErasureRequest {
    /// On which basis.
    pub basis: ErasureBasis,
    /// Salted hash of the request's record; zero where the controller erases without one.
    pub evidence: Hash32,
    /// When.
    pub at: Millis,
    /// The document's status before.
    pub was: DocumentStatus,
}

/// One thing that an organisation attests to have destroyed.
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
pub struct Attestation {
    /// What.
    pub destroyed: Destroyed,
    /// By whom.
    pub by: OrgId,
    /// When.
    pub at: Millis,
}

/// What keeps a document, and what becomes of a request to erase it. It outlives the document and names no person.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Retention {
    /// Holds in force, oldest first.
    pub holds: List<Hold, HOLDS_MAX>,
    /// Claims that cite it; those that are over leave when another comes.
    pub cited_by: Set<ClaimId, CITED_BY_MAX>,
    /// The request, while there is one.
    pub request: Option<ErasureRequest>,
    /// First instant at which the sweeper looks at it: the retention period of a document whose erasure was requested
    /// is over, or an erasure that was approved is overdue.
    pub due: Option<Millis>,
    /// What was destroyed so far, ascending.
    pub attestations: Set<Attestation, DESTROYED_MAX>,
}

impl Retention {
    /// Number of key shares that were destroyed.
    pub fn shares_destroyed(&self) -> usize {
        self.attestations.iter().filter(|attested| attested.destroyed == Destroyed::Share).count()
    }

    /// Number of shards that were deleted.
    pub fn shards_destroyed(&self) -> usize {
        self.attestations.iter().filter(|attested| matches!(attested.destroyed, Destroyed::Shard(_))).count()
    }

    /// Whether the controller destroyed its part of the key, and the salts.
    pub fn controller_destroyed(&self) -> bool {
        let done = |what| self.attestations.iter().any(|attested| attested.destroyed == what);
        done(Destroyed::ControllerKey) && done(Destroyed::Salt)
    }

    /// Hash over the attestations; the tombstone carries it.
    pub fn attestation_root(&self) -> Hash32 {
        tagged_value(Tag::Attestations, &self.attestations)
    }
}

/// What is left of an erased document.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Tombstone {
    /// The version that was erased.
    pub id: AnchorId,
    /// The first version's identifier.
    pub lineage: AnchorId,
    /// Its number.
    pub version: u32,
    /// Who controlled it.
    pub controller: OrgId,
    /// When it was erased.
    pub at: Millis,
    /// Hash over the attestations, see [`Retention::attestation_root`].
    pub attestation_root: Hash32,
    /// On which basis.
    pub basis: ErasureBasis,
}

const _: () = assert!(DESTROYED_MAX >= 2 * SHARDS_MAX + 2, "every share, every shard, and what the controller keeps");
