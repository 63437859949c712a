//! Erasure codes that need little to repair: from the k·α data columns of a stripe to the α columns of each of n shards.
//!
//! A code with the parameters (n, k) keeps α columns of each stripe on each of n custodians. Any k of them give the
//! stripe back, and a lost shard is made again from parts of the n−1 others. What a code does is linear, so it is
//! asked for [`Plan`]s: which columns to read, which come out, and the matrix between.

mod clay;
mod coding;
mod plan;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "values in tests are small, and a test panics where it fails"
)]
mod tests;

pub use clay::Clay;
pub use coding::{Coding, CodingError};
pub use plan::{Codec, ColumnId, Plan, PlanError};
