//! Governance: proposals, votes, and emergency measures of the regulators.
//!
//! A proposal has a class, and the class says who has to agree ([`Electorate`], [`Requirement`]) and how long what was
//! approved waits. Votes are counted over the organisations that are in good standing at that moment. What a proposal
//! does is one pure function of the state (`plan`): it is checked when the proposal is made and again when it is
//! executed, and what it returns is what is written.
//!
//! An emergency measure acts at once and lapses. It is an ordinary measure only once two chambers or all of them agree;
//! the votes are cast while it is in force. Nothing that takes disclosure back, rotates keys or governs is ever stopped.
//!
//! Not recorded, and so not checked here: affiliation between organisations, and the remit of a regulator. The advisory
//! chamber of patients' representatives and changes of the pseudonym operators come with those records.

pub(crate) mod check;
pub(crate) mod execute;
pub(crate) mod halts;
mod matrices;
pub(crate) mod plan;
pub mod power;
pub mod tally;
pub mod transitions;
mod validators;

#[cfg(test)]
mod tests;

pub use plan::payload_writes;
pub use power::{Holder, JURISDICTIONS_MIN, ORG_POWER_PERCENT_MAX, PowerProblem, VALIDATORS_MIN, power_problems};
pub use tally::{Electorate, Requirement, Seat, Standing, earliest, standings};
