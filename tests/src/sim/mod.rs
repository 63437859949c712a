//! Whole nodes in one process, on virtual time: the production replica with a model of network, disk and clock.
//!
//! Everything that happens follows from one seed. A seed that finds a fault can be run again ([`run`]) and gives the
//! same events: their running hash is the trace. Faults: lost and delayed messages, partitions, crashes between any two
//! outputs of a step, crashes of all nodes at once, logs torn anywhere after their last sync, lost logs and databases,
//! slow work, clock skew, validators that equivocate or withhold bodies. Validators' keys change and a member without a
//! vote joins late. Checkers look after every event; [`check`] says at what.

pub mod byzantine;
pub mod check;
mod faults;
pub mod keys;
pub mod node;
pub mod plan;
pub mod rng;
pub mod workload;
pub mod world;

pub use plan::{Broken, Plan};
pub use world::{Counts, Outcome, run};
