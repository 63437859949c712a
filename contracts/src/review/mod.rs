//! Reviews of broken glass (RV), and how organisations stand as ones that ask for access.
//!
//! Access without a consent in an emergency is permitted at once. It opens a review in the same transaction: the subject
//! has to be told, the requester has to justify it, a regulator decides. An organisation that owes a justification past
//! its time may not break the glass until it gives it; a violation bars it for longer.

pub(crate) mod check;
pub(crate) mod execute;
pub(crate) mod standing;
pub mod transitions;

#[cfg(test)]
mod tests;
