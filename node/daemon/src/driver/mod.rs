//! Drives the replica: inputs in, write-ahead log, one sync, then sends, jobs and answers.
//!
//! One thread orders (`ordering`); a small pool runs jobs and a thread of its own writes blocks (`pool`); the rest of
//! the process speaks to them through a [`NodeHandle`]. No protocol decision is made here: a simulator drives the same
//! replica.

mod handle;
mod inbox;
mod marks;
mod ordering;
mod pool;
mod start;

pub use handle::{COMMITS_BUFFERED_MAX, HeadView, NodeGone, NodeHandle, SUBMISSIONS_QUEUED_MAX};
pub use inbox::Inbox;
pub use ordering::{Exit, Outward};
pub use start::{Driver, DriverError, Parts, start};
