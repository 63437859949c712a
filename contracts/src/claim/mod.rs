//! Cases, bills and claims: opened, registered, filed, held, reviewed, decided, paid.
//!
//! A claim cites bills that its provider registered. Every bill carries the ledger of what insurers have approved on it:
//! double insurance is lawful, more than the bill is not, so an approval allocates its shares and the sum of indemnities
//! never exceeds the total. Fixed benefits are listed and not summed.
//!
//! A deadline that passes moves work forward and leaves a flag; it never denies. Whoever acts on a claim whose deadline
//! has passed unswept finds it moved on already, with the same times that a punctual sweep would have written.
//!
//! # Guards of filing and deciding, and what they wait for
//!
//! In force: the submitter's authority, insurer and provider active and licensed at the time of service, bills
//! registered by the provider and in one currency, the balance of amounts and of lines, currency and limits, the filing
//! period, documents, duplicates, preauthorisation and guarantee; the decider is another than the submitter, approved at most what is claimed and what
//! bills have left, what the preauthorisation has left, reasons,
//! among them those that a guarantee rules out, mode of decision.
//!
//! Waiting for records of later versions: code systems and maps live at the time of service, exchange rates (such claims
//! get E108), delegations of administrators (E204 until they exist), and the
//! history of an organisation's status, of which the present one counts.

pub(crate) mod case;
pub(crate) mod check;
pub(crate) mod decide;
pub(crate) mod execute;
pub(crate) mod ledger;
pub(crate) mod object;
pub mod transitions;

#[cfg(test)]
mod tests;
