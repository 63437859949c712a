//! Anomalies: what the ledger itself notices and files for the regulators, by kind and organisation.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, codes};
use crate::ids::{Day, Hash32, Height, Millis};
use crate::limits::ANOMALIES_MAX;

codes! {
    /// Kind of an anomaly; its number is that of the row that files it.
    AnomalyKind {
        /// Broken glass that was not justified, or not decided, in time.
        GlassUnreviewed = 1 "GLASS_UNREVIEWED",
        /// The glass was broken more often in a day than usual.
        GlassRate = 2 "GLASS_RATE",
        /// One person was permitted more accesses in a day than usual.
        PermitRate = 3 "PERMIT_RATE",
        /// Keys were released and nothing was delivered.
        NotServed = 4 "NOT_SERVED",
        /// Delivered and not acknowledged.
        NotAcknowledged = 5 "NOT_ACKNOWLEDGED",
        /// What was delivered is not what was anchored.
        Integrity = 6 "INTEGRITY",
        /// The daily root of an access log is missing, or counts fewer entries than before.
        LogRoot = 7 "LOG_ROOT",
        /// An insurer's access for payment without an open question of eligibility, preauthorisation or claim of that subject.
        NoOpenCase = 8 "NO_OPEN_CASE",
        /// An erasure that was approved and not carried out in time.
        ErasureOverdue = 9 "ERASURE_OVERDUE",
        /// One clerk attested more consents in a day than usual.
        AttestRate = 10 "ATTEST_RATE",
        /// Documents of many persons have left the jurisdiction in a year: four fifths of the threshold, or all of it.
        ExportVolume = 11 "EXPORT_VOLUME",
        /// One proxy's key acts for more subjects than usual.
        ProxySubjects = 12 "PROXY_SUBJECTS",
        /// Denied, then permitted within a minute on a consent attested meanwhile.
        DeniedThenPermitted = 13 "DENIED_THEN_PERMITTED",
        /// A deadline that somebody let pass.
        DeadlineMissed = 14 "DEADLINE_MISSED",
        /// A bill was claimed at a second insurer without saying so.
        BillCollision = 15 "BILL_COLLISION",
        /// A bill was voided or replaced although a payment on it had been instructed.
        BillVoided = 16 "BILL_VOIDED",
    }
}

/// One anomaly.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Anomaly {
    /// The object in which it was noticed: a session, document, consent, or the organisation's own record.
    pub object: Hash32,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub at: Millis,
}

/// Anomalies of one kind of one organisation, or of nobody in particular: those are for the regulators to share out.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Anomalies {
    /// How many there have been.
    pub count: u64,
    /// The latest ones, oldest first; earlier ones stand in the receipts.
    pub latest: List<Anomaly, ANOMALIES_MAX>,
}

/// What left the jurisdiction of a controller in a calendar year.
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
pub struct Exports {
    /// Sessions that were released for delivery outside.
    pub sessions: u64,
    /// Persons whose documents they were of, each counted once.
    pub subjects: u64,
}

/// What one person of an organisation did on the latest day on which it did anything. Days are those of block time.
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
pub struct Activity {
    /// The day.
    pub day: Day,
    /// Accesses that were permitted.
    pub permits: u32,
    /// Consents that were attested.
    pub attested: u32,
}
