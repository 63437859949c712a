//! Guarantees of payment: offered by the insurer, accepted by the provider, called by one claim, closed when that is
//! paid or over.
//!
//! An accepted guarantee ends by its claim, by the provider's act, by a regulator's order or by time, never by the
//! insurer alone. What it reserves of a preauthorisation is free again when it ends, as far as no decision has consumed
//! it. An increase of the amount is another guarantee.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
