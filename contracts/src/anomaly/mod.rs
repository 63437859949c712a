//! Anomalies (AN): what the ledger itself notices and files for the regulators, by kind and organisation.
//!
//! An anomaly is an event of its own row, so that nobody can leave one out, and an entry of the list that regulators
//! read. One rule files every deadline that somebody lets pass: the object stays as it is, and the one who has to act is
//! named once.

pub(crate) mod activity;
pub(crate) mod deadline;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;

pub(crate) use execute::{Noted, note};
