use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

use super::secret::{Dek, hkdf};

/// Random name of one version of a document, part of whatever is encrypted for it. Never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct ObjectNonce(pub [u8; 32]);

/// Commitment to a DEK: derived from it, and says nothing about it. It stands in the anchor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct KeyCommitment(pub [u8; 32]);

/// What a DEK is good for.
pub(crate) struct DocumentKeys {
    /// Key of the segments.
    pub(crate) segment: Zeroizing<[u8; 32]>,
    /// First bytes of the segments' nonces.
    pub(crate) prefix: Zeroizing<[u8; 7]>,
    /// Salt of the content commitment.
    pub(crate) salt: Zeroizing<[u8; 32]>,
    /// Commitment to the key.
    pub(crate) commitment: KeyCommitment,
}

impl DocumentKeys {
    /// Derives everything from the DEK. It is a function of its arguments, so that an upload can be resumed.
    pub(crate) fn derive(dek: &Dek, nonce: &ObjectNonce) -> Self {
        Self {
            segment: hkdf(&nonce.0, dek.expose(), "assent/vault/segment-key/1"),
            prefix: hkdf(&nonce.0, dek.expose(), "assent/vault/segment-nonce/1"),
            salt: hkdf(&nonce.0, dek.expose(), "assent/vault/content-salt/1"),
            commitment: dek.commitment(nonce),
        }
    }
}

impl Dek {
    /// The commitment to this key for an object.
    pub fn commitment(&self, nonce: &ObjectNonce) -> KeyCommitment {
        KeyCommitment(*hkdf(&nonce.0, self.expose(), "assent/vault/key-commitment/1"))
    }
}

fn debug(f: &mut fmt::Formatter<'_>, bytes: &[u8; 32]) -> fmt::Result {
    bytes.iter().take(6).try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Debug for ObjectNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, &self.0)
    }
}

impl fmt::Debug for KeyCommitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, &self.0)
    }
}
