use std::collections::BTreeMap;

use assent_fhir::ingest::{DocumentKind, Summary};
use assent_types::consent::Category;
use assent_types::error::ErrorCode;
use assent_types::{AnchorId, BillNullifier, Money, Sp};

/// What became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was put on the ledger.
    Done,
    /// It was there already.
    Already,
}

/// How many of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Put on the ledger.
    pub done: usize,
    /// On the ledger already.
    pub already: usize,
    /// Refused.
    pub refused: usize,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done => self.done += 1,
            Outcome::Already => self.already += 1,
        }
    }
}

/// Something that was read and that the ledger does not take.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    /// Number of the entry, from 0.
    pub entry: usize,
    /// The element that it comes from.
    pub element: &'static str,
    /// The number.
    #[serde(serialize_with = "number")]
    pub code: ErrorCode,
}

fn number<S: serde::Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(code.number())
}

/// A document of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DocumentMade {
    /// Number of the entry, from 0.
    pub entry: usize,
    /// What it is.
    pub kind: &'static str,
    /// Its category.
    pub category: Category,
    /// Whose it is.
    pub subject: Sp,
    /// The document.
    pub anchor: AnchorId,
}

/// What became of a Bundle. It names no person and no bill number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// What reading gave.
    pub read: Summary,
    /// Subjects.
    pub subjects: Tally,
    /// Documents by kind.
    pub documents: BTreeMap<&'static str, Tally>,
    /// Bills.
    pub bills: Tally,
    /// What was read and not taken, in the order of the Bundle.
    pub refused: Vec<Refused>,
    /// The subjects of the patients, in the order of the Bundle.
    pub pseudonyms: Vec<Sp>,
    /// The documents, in the order of the Bundle.
    pub made: Vec<DocumentMade>,
    /// The bills with their totals, in the order of the Bundle.
    pub nullifiers: Vec<(BillNullifier, Money)>,
}

/// The name of a kind of documents: the resource that it comes from.
pub(super) const fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::DiagnosticReport => "DiagnosticReport",
        DocumentKind::DocumentReference => "DocumentReference",
        DocumentKind::Bill => "Claim",
        DocumentKind::ExplanationOfBenefit => "ExplanationOfBenefit",
    }
}
