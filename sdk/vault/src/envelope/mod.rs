//! Envelope encryption: one random key for each version of a document.
//!
//! The data encryption key (DEK) never encrypts: HKDF (RFC 5869) derives from it the key of the segments, the prefix of
//! their nonces, the salt of the content commitment, and a commitment to the key that is anchored, because AES-GCM
//! alone does not bind a ciphertext to one key. Segments are encrypted with AES-256-GCM in the STREAM construction
//! (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015): a counter and a flag for the last segment are part of each
//! nonce, so that segments that are cut off, reordered, repeated or taken from elsewhere are refused, and each can be
//! opened by itself.
//!
//! # Security
//!
//! A DEK belongs to one object nonce and one plaintext. Sealing again what was sealed before gives the same bytes; sealing
//! anything else under the same DEK would use nonces twice, which [`crate::Sealer`] refuses when it is told what went
//! before. Keys are wiped from memory when dropped, except for the round keys that the AES-GCM library holds.

mod keys;
mod manifest;
mod secret;
mod segment;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "values in tests are small, and a test panics where it fails"
)]
mod tests;

pub(crate) use keys::DocumentKeys;
pub use keys::{KeyCommitment, ObjectNonce};
pub use manifest::{ContentCheck, DocumentType, Manifest, ManifestError};
pub(crate) use secret::secret;
pub use secret::{Dek, EntropySeed};
pub(crate) use secret::{Entropy, hkdf};
pub(crate) use segment::SegmentCipher;
pub use segment::SegmentError;
