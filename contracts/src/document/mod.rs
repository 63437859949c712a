//! Documents: anchored, stored by custodians, corrected, retracted, repaired; and the key holders behind them.
//!
//! A document is encrypted, then coded into shards. Its author anchors roots and commitments first; custodians and key
//! holders then say what they keep, and the document is active once all key holders and all custodians but at most one
//! did. The missing shard is an open repair. No act of a subject or requester is needed for any of it, and nothing of it
//! gives access: that is what sessions are for.
//!
//! [`custody`] says what a custodian or key holder may do off chain. Agents call it over records that they have seen
//! proven, so that they and the ledger agree by code.

pub(crate) mod check;
pub mod custody;
pub(crate) mod execute;
pub(crate) mod load;
pub(crate) mod placement;
pub mod transitions;

#[cfg(test)]
mod tests;

pub use custody::{may_help, may_release, may_repair, may_send_share, may_serve, may_store};
