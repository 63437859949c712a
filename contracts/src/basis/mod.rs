//! Legal bases of transfers across a border: registered and filed by the exporter with a regulator's co-signature, and
//! ended by whoever has a part in them.
//!
//! A basis takes effect with an impact assessment only (PIPL art. 55), and ends by itself when it is not filed in time. Its
//! end stops every release that is not final yet, as the decision is made again at each.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
