//! The actions of governance, and of transfer bases.

use borsh::{BorshDeserialize, BorshSerialize};

use super::halt::Target;
use super::payload::Payload;
use crate::consent::{BasisKind, Categories};
use crate::hash::{Tag, tagged_value};
use crate::ids::{BasisId, Hash32, Millis, OrgId, ProposalId, TxHash};
use crate::place::PlaceSet;

/// Proposes (GV-01). Proposing is no vote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Propose {
    /// What.
    pub payload: Payload,
}

/// Votes on a proposal, or on the ratification of an emergency (GV-02, GV-12).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// On which.
    pub proposal: ProposalId,
    /// For or against.
    pub approve: bool,
}

/// Imposes an emergency measure (GV-08); regulators that have to agree co-sign.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ImposeEmergency {
    /// What it stops.
    pub target: Target,
    /// Hash of the order.
    pub order: Hash32,
}

/// Makes an emergency an ordinary measure (GV-09), once it has the votes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Ratify {
    /// Which.
    pub emergency: ProposalId,
    /// Hash of the statement with which a suspended organisation was heard; zero for halts.
    pub statement: Hash32,
}

/// Ends an emergency before its time (GV-11).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Lift {
    /// Which.
    pub emergency: ProposalId,
}

/// Registers a transfer basis (TB-01); signed by the exporter, co-signed by a regulator of its jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterBasis {
    /// Kind.
    pub kind: BasisKind,
    /// Who exports.
    pub exporter: OrgId,
    /// Who imports.
    pub importer: OrgId,
    /// From where.
    pub from: PlaceSet,
    /// To where.
    pub to: PlaceSet,
    /// Which categories.
    pub categories: Categories,
    /// When it takes effect.
    pub effective: Millis,
    /// Until when it must be filed. Working days cannot be computed here, so the exporter states it and the regulator
    /// agrees by its co-signature.
    pub filing_deadline: Millis,
    /// Hash of the filing's reference, if it is filed already.
    pub filing: Option<Hash32>,
    /// Hash of the impact assessment.
    pub pia_ref: Hash32,
    /// First instant after the end.
    pub exp: Millis,
}

/// Records that a basis was filed (TB-02); signed by the exporter, co-signed by a regulator of its jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct FileBasis {
    /// Who exports.
    pub exporter: OrgId,
    /// Which.
    pub basis: BasisId,
    /// Hash of the filing's reference.
    pub filing: Hash32,
}

/// Ends a basis (TB-03); signed by the exporter, the importer, or a regulator of the exporter's jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct EndBasis {
    /// Who exports.
    pub exporter: OrgId,
    /// Which.
    pub basis: BasisId,
}

/// The identifier of the proposal or emergency that a transaction makes.
pub fn proposal_id_of(tx: &TxHash) -> ProposalId {
    ProposalId(tagged_value(Tag::Proposed, tx))
}

/// The identifier of the basis that a transaction registers.
pub fn basis_id_of(tx: &TxHash) -> BasisId {
    BasisId(tagged_value(Tag::Basis, tx))
}
