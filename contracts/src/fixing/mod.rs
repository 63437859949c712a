//! Fixings of exchange rates: published by designated oracles, never changed, withdrawn for later locks only.
//!
//! Neither payer nor payee fixes the rate. A claim that is paid in another currency than its bills' says when its rate is
//! taken: at the end of the services it names a fixing of their last month; at the decision or the instruction the ledger
//! takes the latest. What is converted is rounded once, half to even, and what rounding leaves is booked to the payer.

pub(crate) mod check;
pub(crate) mod execute;
pub(crate) mod lock;
pub mod transitions;

#[cfg(test)]
mod tests;
