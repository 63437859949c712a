//! Drives the replica: inputs in, write-ahead log, one sync, then sends, jobs and answers.
//!
//! One thread orders ([`ordering`]); a small pool runs jobs and a thread of its own writes blocks ([`pool`]); the rest
//! of the process speaks to them through a [`NodeHandle`].

mod handle;
mod inbox;

pub use handle::{COMMITS_BUFFERED_MAX, HeadView, NodeGone, NodeHandle, SUBMISSIONS_QUEUED_MAX};
