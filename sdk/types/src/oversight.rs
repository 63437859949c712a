//! What regulators look at beside sessions: roots of internal access logs, lawful look-ups, recognition of results.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, codes};
use crate::ids::{AnchorId, Day, Hash32, Millis, OrgId, Sp};
use crate::limits::{LOG_ROOTS_MAX, RECOGNITIONS_MAX};
use crate::subject::AgeBand;

/// Files the root of an organisation's own audit log (FHIR AuditEvent, IHE BALP) of one day (LR-01); signed by it.
/// Entries of the log can be shown against the root (RFC 9162).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct FileLogRoot {
    /// The day (UTC), which is over.
    pub day: Day,
    /// Merkle root over all entries up to the day's end.
    pub root: Hash32,
    /// Number of entries up to the day's end.
    pub count: u64,
}

/// The root of one day.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct LogRoot {
    /// The day.
    pub day: Day,
    /// Root.
    pub root: Hash32,
    /// Number of entries.
    pub count: u64,
}

/// Roots of an organisation's audit log.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct LogRoots {
    /// The latest days, ascending; earlier ones stand in the history of this record.
    pub days: List<LogRoot, LOG_ROOTS_MAX>,
    /// First instant at which the next root is missing.
    pub due: Option<Millis>,
}

/// Says on which lawful basis a regulator looks up what the ledger knows of a pseudonym (LL-01); signed by it. It is
/// visible to the other regulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct LawfulLookup {
    /// The pseudonym.
    pub subject: Sp,
    /// Salted hash of the warrant or order.
    pub basis: Hash32,
    /// First instant after the look-up's end.
    pub until: Millis,
}

/// A regulator's right to look up a pseudonym.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Lookup {
    /// Salted hash of the warrant or order.
    pub basis: Hash32,
    /// When it was declared.
    pub at: Millis,
    /// First instant after its end.
    pub until: Millis,
    /// How many look-ups of this pseudonym this regulator has declared.
    pub count: u32,
}

codes! {
    /// What became of a result that another provider made.
    RecognitionOutcome {
        /// It was relied on.
        Accepted = 1 "ACCEPTED",
        /// The test was repeated.
        Repeated = 2 "REPEATED",
    }
}

codes! {
    /// Why a test was repeated.
    RepeatReason {
        /// The patient's condition has changed.
        ConditionChanged = 1 "CONDITION_CHANGED",
        /// Emergency or before surgery.
        Emergency = 2 "EMERGENCY",
        /// The result's quality does not suffice.
        Quality = 3 "QUALITY",
        /// It is out of date.
        OutOfDate = 4 "OUT_OF_DATE",
        /// The laboratory was not accredited.
        NotAccredited = 5 "NOT_ACCREDITED",
    }
}

/// Records whether a result was relied on or the test repeated (RE-01); signed by the provider that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RecordRecognition {
    /// The result's document.
    pub anchor: AnchorId,
    /// Salted hash of the test's code.
    pub test: Hash32,
    /// Until when such a result is valid.
    pub valid_until: Millis,
    /// What was decided.
    pub outcome: RecognitionOutcome,
    /// Why it was repeated; needed exactly then.
    pub reason: Option<RepeatReason>,
}

/// A decision on a result.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Recognition {
    /// Who decided.
    pub by: OrgId,
    /// Salted hash of the test's code.
    pub test: Hash32,
    /// What was decided.
    pub outcome: RecognitionOutcome,
    /// Why it was repeated.
    pub reason: Option<RepeatReason>,
    /// Whether it could have been relied on: an accredited laboratory, an active document, inside its validity.
    pub recognisable: bool,
    /// When.
    pub at: Millis,
}

/// Decisions on one document, oldest first; the oldest leave when there are too many.
pub type Recognitions = List<Recognition, RECOGNITIONS_MAX>;

/// How a provider decides on results of others.
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
pub struct RecognitionTally {
    /// Relied on.
    pub accepted: u64,
    /// Repeated.
    pub repeated: u64,
    /// Repeated although it could have been relied on.
    pub repeated_although_recognisable: u64,
}

/// Joins a subject's old pseudonym to that of a new epoch (SU-03); signed with the old pseudonym's key and
/// co-signed with the new one's, or signed by one organisation and co-signed by another. It links the
/// two on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RolloverPseudonym {
    /// The old pseudonym.
    pub old: Sp,
    /// The new one, registered.
    pub new: Sp,
}

/// Where a pseudonym went.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Rollover {
    /// The new pseudonym.
    pub new: Sp,
    /// When.
    pub at: Millis,
}

/// States a subject's new age band (SU-04); signed by the organisation that enrolled the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct UpdateAgeBand {
    /// The pseudonym.
    pub sp: Sp,
    /// The new band, above the one before.
    pub age_band: AgeBand,
    /// Salted hash of the attestation.
    pub attest: Hash32,
}
