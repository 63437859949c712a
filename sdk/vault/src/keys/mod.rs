//! Who can decrypt: the DEK is wrapped by a key that nobody has alone.
//!
//! The wrapping key comes from two halves by HKDF: k1 stays with the controller's key service, k2 is shared t-of-n among
//! key holders (Shamir, *How to Share a Secret*, CACM 1979) against an anchored root. For each session, the controller
//! and t holders encrypt their parts to the requester's fresh key (HPKE, RFC 9180). Destroying n−t+1 shares, or k1, destroys
//! the document.

mod release;
mod share;
mod wrap;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "values in tests are small, and a test panics where it fails"
)]
mod tests;

pub use release::{KeyPart, Release, ReleaseContext, ReleaseError, SessionPublic, SessionSecret};
pub use share::{HOLDERS_MAX, KeyShare, ShareError, SharedKey, combine, split};
pub use wrap::{ControllerKey, HolderKey, UnwrapError, WrappedDek};
