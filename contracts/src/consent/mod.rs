//! Consents: proposed, granted, amended, revoked, rejected, lapsed, expired.
//!
//! All consents of one subject with one controller are one record, the book. An ordinary act writes that one record.
//! The book also carries the head of the subject's consent log, to which every act appends; so the log is complete by
//! the record that decisions read.

pub(crate) mod authority;
pub(crate) mod book;
pub(crate) mod check;
pub(crate) mod execute;
pub(crate) mod narrow;
pub mod transitions;

#[cfg(test)]
mod tests;
