//! Documents: storing, reading and repairing them with custodians and key services.
//!
//! [`Vault`] drives the whole of it. Storing seals a file, anchors it, hands the parts of its key to those who keep them,
//! uploads its shards, and forgets the key. Reading asks the ledger for a session, collects the released key parts, reads
//! enough shards, checks everything against the anchor and acknowledges. Nothing that an agent says is believed: shards are
//! checked against anchored roots, key parts against anchored commitments, and whoever gave something wrong is named.

mod access;
mod anchors;
mod audit;
mod confirm;
mod custodians;
mod error;
mod get;
mod journal;
mod key_services;
mod link;
mod parts;
mod put;
mod rebuild;
mod runs;
mod shards;
mod upload;
mod workflow;

pub use access::Collected;
pub use anchors::{geometry_of, roots_of};
pub use audit::{Finding, audit};
pub use confirm::ToConfirm;
pub use custodians::{Custodian, Custodians, Description, Right, RunRef, ShardRef};
pub use error::{Fault, ShardFault, VaultError};
pub use get::Retrieved;
pub use key_services::{KeyService, KeyServices};
pub use parts::{Deposit, ReleasedPart};
pub use put::{DocumentNote, NewDocument, Prepared, Source, Stored};
pub use rebuild::{RebuildSink, Rebuilt, rebuild};
pub use runs::Runs;
pub use workflow::{NoProgress, Progress, Repaired, Vault, VaultConfig};
