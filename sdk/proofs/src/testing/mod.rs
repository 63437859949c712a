//! For tests of this and other crates: stores in memory, and a small finalised chain to make proofs of.
//!
//! Everything is a function of its arguments; keys are derived from fixed seeds and protect nothing.

#![allow(clippy::unwrap_used, reason = "test code may panic on what its own tests rule out")]

mod chain;
mod memory;

pub use chain::{BlockInput, TestBlock, TestChain, certify, subject_record, test_key};
pub use memory::{MemNodes, MemTiles, reencode_node};
