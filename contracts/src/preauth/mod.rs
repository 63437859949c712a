//! Preauthorisations: asked for, pended, decided, amended, replaced, drawn from and ended.
//!
//! What was approved is always remaining, reserved, consumed or lapsed. An offer of a guarantee reserves; a decision on a
//! claim consumes, what its guarantee has reserved first; the end of a guarantee gives back what it did not use; the end
//! of the preauthorisation lapses what remains. A withdrawn claim gives back what it consumed. A replaced
//! preauthorisation hands over what rests on it, and whoever cites it means its successor.
//!
//! A preauthorisation does not expire while a guarantee on it is open or a claim that cites it is undecided, and an
//! appeal may draw on what has lapsed: time alone takes nothing from a service that was authorised.
//!
//! # What the guards do not see
//!
//! Code systems are checked when a claim cites them, not here. Plans are not in clear: whether a plan needs a
//! preauthorisation is the insurer's to say when it decides.

pub(crate) mod check;
pub(crate) mod draw;
pub(crate) mod execute;
pub(crate) mod ledger;
pub(crate) mod object;
pub(crate) mod overdue;
pub mod transitions;

#[cfg(test)]
mod course_tests;
#[cfg(test)]
mod tests;
