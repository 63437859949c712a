//! Cases, bills and claims: opened, registered, filed, held, reviewed, decided, paid.
//!
//! A claim cites bills that its provider registered. Every bill carries the ledger of what insurers have approved on it:
//! double insurance is lawful, more than the bill is not, so an approval allocates its shares and the sum of indemnities
//! never exceeds the total. Fixed benefits are listed and not summed.
//!
//! A deadline that passes moves work forward or names whoever missed it, and leaves a flag; it never denies. Whoever acts
//! on a claim whose deadline has passed unswept finds it moved on already, with the same times that a punctual sweep would
//! have written.
//!
//! A decision may be appealed against, first to the insurer, then to a regulator, and never gets worse by it. What was paid
//! comes back only by a clawback that the payee agrees to or a regulator orders, and is not paid again.
//!
//! # Guards of filing and deciding, and what they wait for
//!
//! In force: the submitter's authority, insurer and provider active and licensed at the time of service, bills
//! registered by the provider and in one currency, the balance of amounts and of lines, currency and limits, the filing
//! period, documents, duplicates, code systems and their map at the time of service, the currency and rate of payment,
//! preauthorisation and guarantee; the decider is another than the submitter, approved at most what is claimed, what bills
//! and the preauthorisation have left and never less than before, reasons, among them those that a guarantee rules out,
//! mode of decision. Administrators act by delegation of whom they act for.
//!
//! Waiting for records of later versions: the history of an organisation's status, of which the present one counts. That a
//! consent is missing (CL-07) is said by a party; the ledger does not look through all claims when a consent ends.

mod appeal;
pub(crate) mod case;
pub(crate) mod catchup;
pub(crate) mod check;
pub(crate) mod clawback;
pub(crate) mod close;
pub(crate) mod decide;
pub(crate) mod execute;
mod inform;
pub(crate) mod ledger;
pub(crate) mod object;
pub(crate) mod open;
pub mod transitions;

#[cfg(test)]
mod course_tests;
#[cfg(test)]
mod tests;
