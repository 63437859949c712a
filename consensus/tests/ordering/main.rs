//! The ordering layer in a simulated network: seeded faults, and an audit that must be able to fail.

#![allow(unreachable_pub, missing_docs, reason = "the modules of a test are its own")]
#![allow(clippy::expect_used, reason = "a test may fail")]
#![allow(clippy::cast_possible_truncation, reason = "a simulation has few nodes and short chains")]

mod audit;
mod faults;
mod host;
mod node;
mod rng;
mod rules;
mod schedule;
mod world;
