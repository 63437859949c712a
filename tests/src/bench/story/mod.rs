//! What a document, an access and a claim cost, from the command that a person gives to its answer.
//!
//! Every step is a run of `assent` with the configuration of the member whose step it is, against four nodes, the four
//! custodians of the documents, and the key service of their controller. Starting the program is part of the time. What
//! is read back is compared with what was stored, and a claim counts when the ledger says that it is settled.

mod claim;
mod documents;
mod meter;
mod report;
mod run;
mod world;

pub(super) use run::measure;
