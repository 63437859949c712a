//! Checks that hold the shape of the project: paths, crates, budgets, invariants, rules, words.
//!
//! Every checker is a function over plain inputs that returns the faults it finds, so that its own test can show it a
//! seeded fault. `tests/tests/architecture.rs` applies all of them to the tree.

pub mod crates;
pub mod files;
pub mod format;
pub mod invariants;
pub mod map;
pub mod pure;
pub mod rules;
pub mod tree;
pub mod verbs;
pub mod words;
