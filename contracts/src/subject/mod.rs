//! Subjects under pseudonyms, and the mandates by which proxies act for them.
//!
//! A substitute (parent, guardian, court appointee, family member or co-resident, provider who gives care) decides for
//! a person who cannot: the subject is under the age of self-consent where it is enrolled, or a time-stamped capacity
//! statement is the mandate's evidence. An agent (attorney, caregiver, family assisting someone of 65 or more) acts for
//! a capable person, who signs the mandate.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
