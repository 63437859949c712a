//! FHIR R4 Bundles onto the ledger: subjects, documents and bills.
//!
//! [`Ingestor::run`] takes what [`assent_fhir::ingest::read`] made of a Bundle. It enrols each patient under a pseudonym,
//! stores each document through the vault, and registers the bills that the organisation issued. Who is who, which bill
//! has which nullifier, and every salt stays in the private registry.
//!
//! It may be repeated: what the registry says was done and the ledger confirms is not done again, and an upload that
//! broke off is gone on with. A resource that is refused is reported by entry, element and number, and leaves the others.
//!
//! # Security
//! Pseudonyms are keyed functions of a secret of the organisation: without it nobody can tell whether one belongs to a
//! person that they guess, which a hash of an identifier could not prevent. Reports hold pseudonyms, documents and
//! numbers, and no identifier.

mod age;
mod batch;
mod bills;
mod config;
mod documents;
mod pseudonym;
mod report;
mod run;
mod subjects;

pub use config::{IngestConfig, IngestError, Storage};
pub use pseudonym::{PseudonymKey, RecordName, Scope};
pub use report::{DocumentMade, IngestReport, Outcome, Refused, Tally};
pub use run::Ingestor;
pub use subjects::SubjectNote;

#[cfg(test)]
mod tests;
