//! What became of resources, by number.

use std::collections::BTreeMap;

use assent_fhir::ingest::Summary;
use assent_types::ErrorCode;

/// Counts by what happened and to which element.
#[derive(Default)]
pub(super) struct Tally {
    counts: BTreeMap<(&'static str, String), usize>,
    planted: usize,
    bytes: usize,
}

impl Tally {
    fn count(&mut self, what: &'static str, of: impl Into<String>) {
        *self.counts.entry((what, of.into())).or_default() += 1;
    }

    /// What the import took and refused.
    pub(super) fn imported(&mut self, summary: &Summary) {
        for (kind, count) in &summary.accepted {
            *self.counts.entry(("imported", kind.clone())).or_default() += count;
        }
        for ((number, path), count) in summary.refused_by_element() {
            *self.counts.entry(("refused by the import", format!("E{number} {path}"))).or_default() += count;
        }
    }

    /// An act that the ledger executed.
    pub(super) fn executed(&mut self, act: &'static str) {
        self.count("executed", act);
    }

    /// An act that the ledger refused.
    pub(super) fn refused(&mut self, act: &'static str, code: ErrorCode) {
        self.count("refused by the ledger", format!("E{} {act}", code.number()));
    }

    /// An element that came back as it went in.
    pub(super) fn equal(&mut self, element: impl Into<String>) {
        self.count("equal", element);
    }

    /// An element of a source that stays in the document and out of the ledger.
    pub(super) fn in_document_only(&mut self, element: impl Into<String>) {
        self.count("in the document only", element);
    }

    /// What the ledger has from the scenario, as the source does not say it.
    pub(super) fn left_open(&mut self, element: impl Into<String>) {
        self.count("left open by the source", element);
    }

    /// Texts that were looked for, and where.
    pub(super) fn scanned(&mut self, planted: usize, bytes: usize) {
        self.planted += planted;
        self.bytes += bytes;
    }

    fn sum(&self, what: &str) -> usize {
        self.counts.iter().filter(|((found, _), _)| *found == what).map(|(_, count)| count).sum()
    }

    fn of(&self, what: &'static str, of: &str) -> usize {
        self.counts.get(&(what, of.to_owned())).copied().unwrap_or_default()
    }

    /// Every count.
    pub(super) fn table(&self) -> String {
        self.counts.iter().map(|((what, of), count)| format!("{count:>6} {what:<24} {of}\n")).collect()
    }

    /// All of it in one line.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} documents, {} claims and {} payments came back equal, {} elements compared; {} resources refused by the \
             import and {} acts by the ledger, by number; {} texts that name patients, in no form in {} bytes of blocks, \
             receipts, events, records and logs",
            self.of("equal", "Document.content"),
            self.of("equal", "Claim.total"),
            self.of("equal", "PaymentNotice.amount"),
            self.sum("equal"),
            self.sum("refused by the import"),
            self.sum("refused by the ledger"),
            self.planted,
            self.bytes
        )
    }
}
