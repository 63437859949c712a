//! Asynchronous client of the ledger.
//!
//! [`Client`] submits transactions, waits until they are final, reads state and receipts, asks for decisions and
//! follows events. Whatever a node answers is verified against the chain id before it is returned; nothing else is
//! trusted. Several nodes may be named: a call that fails in transport goes to the next one, and because every
//! transaction carries an idempotency key and an expiry, repeating it is always safe and its outcome is never unknown.
//!
//! [`token`] holds the tokens that authenticate calls, for client and node alike; [`builder`] makes transactions.
//! [`vault`] stores and reads documents, [`claims`] makes and traces claims,
//! [`ingest`] takes FHIR Bundles over, [`registry`] keeps what must stay private, and [`qr`] shows claim codes.

pub mod builder;
mod changes;
pub mod claims;
mod client;
mod credentials;
mod error;
mod events;
pub mod ingest;
mod nodes;
pub mod qr;
pub mod registry;
mod steps;
pub mod token;
mod trail;
pub mod vault;
mod verified;

pub use changes::Changes;
pub use client::{Answer, Client, default_expiry};
pub use error::{ClientError, error_number};
pub use events::{Cursor, EventItem, EventStream, Proofs};
pub use nodes::{Config, Endpoint, now_ms};
pub use steps::ProvenStep;
pub use trail::{AccessTrail, access_trail};
pub use verified::{FinalReceipt, ProvenState, Verifier};
