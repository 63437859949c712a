//! Whole nodes in one process, on virtual time: the production replica with a model of network, disk and clock.
//!
//! Everything that happens follows from one seed. A seed that finds a fault can be run again ([`run`]) and gives the
//! same events: their running hash is the trace. Faults: lost and delayed messages, partitions, crashes between any two
//! outputs of a step, crashes of all nodes at once, logs torn anywhere after their last sync, lost logs and databases,
//! slow work, clock skew, validators that equivocate or withhold bodies. Validators' keys change and a member without a
//! vote joins late. Clients live with documents, accesses and claims ([`clients`]),
//! and some of them lie, stall or crash too. Checkers look after every event: [`check`] says at what, and [`model`]
//! computes again what the ledger must have done.

pub mod byzantine;
pub mod check;
pub mod clients;
pub mod document;
mod faults;
mod flaws;
pub mod keys;
pub mod model;
pub mod node;
pub mod outbox;
pub mod plan;
pub mod replay;
pub mod rng;
pub mod workload;
pub mod world;

pub use plan::{Broken, Flaw, Plan};
pub use world::{Counts, Outcome, run};
