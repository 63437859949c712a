//! Acting in another's name: delegations of insurers and providers to administrators and advance payers, and assignments
//! of benefits to advance payers.
//!
//! A delegate acts for one side of a claim only, up to a limit for each act, for services rendered in the named places, and
//! with the licence that handling claims there takes.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
