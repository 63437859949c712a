//! Code systems and maps between them: hashes only, as many contents are licensed.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::CodeRef;
use crate::codec::{List, Text};
use crate::hash::{Tag, tagged_value};
use crate::ids::{CodeMapId, Hash32, Millis, OrgId, TxHash};
use crate::limits::{CODE_MAPS_MAX, REVIEWERS_MAX};

/// A version of a code system as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct CodeSystem {
    /// Its number and version.
    pub system: CodeRef,
    /// What it is, as "ICD-10 医保版".
    pub name: Text<64>,
    /// The version, as its publisher writes it.
    pub version: Text<32>,
    /// Who publishes it.
    pub publisher: Text<64>,
    /// Hash of its content, which stays off the ledger.
    pub content: Hash32,
    /// First instant.
    pub effective_from: Millis,
    /// First instant after the end, if one is set.
    pub effective_to: Option<Millis>,
    /// Under which licence its content may be used.
    pub licence: Text<64>,
    /// The code authority that registered it.
    pub registered_by: OrgId,
    /// Who reviewed it: organisations of at least two jurisdictions.
    pub reviewed_by: List<OrgId, REVIEWERS_MAX>,
}

impl CodeSystem {
    /// Whether it was live at some time of a half-open window.
    pub fn is_live_in(&self, from: Millis, to: Millis) -> bool {
        self.effective_from < to && self.effective_to.is_none_or(|end| from < end)
    }
}

/// A map from one version of a code system to another, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct CodeMap {
    /// Its identifier.
    pub id: CodeMapId,
    /// From which.
    pub src: CodeRef,
    /// To which.
    pub dst: CodeRef,
    /// Hash of its rows, which stay off the ledger.
    pub content: Hash32,
    /// Number of rows.
    pub rows: u32,
    /// Whether several source codes have one target: then no target has one source, and nothing is mapped back.
    pub many_to_one: bool,
    /// First instant.
    pub effective: Millis,
    /// The code authority that registered it.
    pub registered_by: OrgId,
    /// Who reviewed it: organisations of at least two jurisdictions.
    pub reviewed_by: List<OrgId, REVIEWERS_MAX>,
}

/// The maps of one pair of versions, by ascending time at which they take effect.
pub type CodeMaps = List<MapEntry, CODE_MAPS_MAX>;

/// A map in the list of its pair.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct MapEntry {
    /// Which.
    pub map: CodeMapId,
    /// First instant; the one before ends then.
    pub effective: Millis,
    /// See [`CodeMap::many_to_one`].
    pub many_to_one: bool,
}

/// Registers a version of a code system (CM-01); signed by a code authority, co-signed by reviewers of two jurisdictions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RegisterCodeSystem {
    /// Its number and version.
    pub system: CodeRef,
    /// What it is.
    pub name: Text<64>,
    /// The version, as its publisher writes it.
    pub version: Text<32>,
    /// Who publishes it.
    pub publisher: Text<64>,
    /// Hash of its content.
    pub content: Hash32,
    /// First instant.
    pub effective_from: Millis,
    /// First instant after the end, if one is set.
    pub effective_to: Option<Millis>,
    /// Under which licence its content may be used.
    pub licence: Text<64>,
}

/// Registers a map (CM-02); signed by a code authority, co-signed by reviewers of two jurisdictions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RegisterCodeMap {
    /// From which.
    pub src: CodeRef,
    /// To which.
    pub dst: CodeRef,
    /// Hash of its rows.
    pub content: Hash32,
    /// Number of rows.
    pub rows: u32,
    /// Whether several source codes have one target.
    pub many_to_one: bool,
    /// First instant, far enough ahead.
    pub effective: Millis,
}

/// The identifier of the map that a transaction registers.
pub fn code_map_id_of(tx: &TxHash) -> CodeMapId {
    CodeMapId(tagged_value(Tag::CodeMap, tx))
}
