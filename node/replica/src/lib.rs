//! One whole node without input or output: mempool, ordering, execution, block sync, admission.
//!
//! [`Replica::step`] takes the own clock and one [`Input`] and answers with [`Output`]s; nothing else happens. The
//! daemon drives it with sockets and disks, the simulator with a model of both; neither makes a protocol decision.
//!
//! # Life of a block
//!
//! A transaction passes [`ledger::admit`] and waits in the [`mempool`]. The proposer of a round builds a block of what
//! waits ([`jobs::Job::Build`]), pushes the body to all peers and proposes its hash. A validator decodes and executes
//! the body on an overlay of its parent's state before it prevotes. Once more than two thirds precommitted, block,
//! certificate, receipts and state are written in one synced batch ([`jobs::Job::Commit`]); only then anybody is told.
//!
//! # Correctness
//!
//! One block is in progress at a time: the next height starts when the commit is durable, so every job runs over a
//! snapshot of the head.

mod bodies;
pub mod config;
pub mod io;
pub mod jobs;
pub mod ledger;
pub mod mempool;
mod replica;
pub mod status;
pub mod storage;

pub use config::{Config, Pacing};
pub use io::{Channel, CommitNotice, Input, Output, PeerMessage};
pub use replica::{BootError, LogEntry, NodeSigner, Replica};
pub use status::Status;
