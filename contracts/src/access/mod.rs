//! The decision function: may this organisation have this data now, and if not, why not.
//!
//! Denied unless permitted, and any dissent overrides (XACML 3.0, deny-overrides within deny-unless-permit). Every
//! gate runs and every reason is collected, so that no two readers of one state can differ in why. A permit needs, for
//! each descriptor or document, one consent that covers it on every axis: consents are never put together. A dissent fires on any
//! overlap.
//!
//! A request describes data or names documents. Documents have a gate of their own, and are judged by what their anchors
//! say; sessions are for documents only.
//!
//! The function reads only the records of [`decision_keys`], so a client that has them proven can run it again.

pub(crate) mod border;
pub(crate) mod cover;
mod documents;
pub(crate) mod glass;
pub mod permit;
pub mod purpose;

#[cfg(test)]
mod tests;

pub use permit::{decision_keys, permit};
