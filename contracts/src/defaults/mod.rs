//! Parameters with values, and the records of the first state.
//!
//! Legal rules are parameters, so that correcting one is a change of a record and not of code.

mod genesis;
mod matrices;
mod params;
mod rules;

#[cfg(test)]
mod tests;

pub use genesis::{GenesisState, GenesisStateError, genesis_writes};
pub use params::default_params;
pub use rules::{ParamError, check_params};
