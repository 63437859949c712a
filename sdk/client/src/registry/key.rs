use std::path::Path;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use super::RegistryError;
use super::secret;
use crate::builder;

/// Bytes that sealing adds: nonce and tag.
pub(super) const SEAL_BYTES: usize = NONCE_LEN + 16;

/// The key of a registry. It has no debug output and is wiped when dropped.
pub struct RegistryKey {
    seal: SealKey,
    names: hmac::Key,
}

/// A key that seals with random nonces: fewer than 2^32 times, as NIST SP 800-38D bounds it.
pub(super) struct SealKey(LessSafeKey);

impl SealKey {
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        match UnboundKey::new(&AES_256_GCM, bytes) {
            Ok(key) => Self(LessSafeKey::new(key)),
            Err(_) => unreachable!("AES-256 takes every key of 32 bytes"),
        }
    }

    /// Nonce and ciphertext of a plaintext under these associated data.
    pub(super) fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, RegistryError> {
        let nonce: [u8; NONCE_LEN] = builder::random().map_err(|_| RegistryError::Randomness)?;
        let mut sealed = Vec::with_capacity(plain.len() + SEAL_BYTES);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut sealed[NONCE_LEN..]);
        sealed.extend_from_slice(tag.map_err(|_| RegistryError::Randomness)?.as_ref());
        Ok(sealed)
    }

    /// The plaintext, if it was sealed under this key and these associated data.
    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, Aad::from(aad), &mut buffer).ok()?.len();
        buffer.truncate(plain);
        Some(buffer)
    }
}

impl RegistryKey {
    /// Draws a key and writes its file, see [`secret::generate`].
    ///
    /// # Errors
    /// The disk's, or no randomness.
    pub fn generate(path: &Path) -> Result<(), RegistryError> {
        secret::generate(path)
    }

    /// Reads a key file, see [`secret::load`].
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn load(path: &Path) -> Result<Self, RegistryError> {
        secret::load(path).map(|key| Self::from_bytes(&key))
    }

    /// A key from its bytes.
    pub fn from_bytes(key: &[u8; 32]) -> Self {
        // The same secret under two algorithms: HMAC of a label makes two independent keys of it (NIST SP 800-108).
        let secret = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derive = |label: &[u8]| -> Zeroizing<[u8; 32]> {
            let mut out = Zeroizing::new([0; 32]);
            out.copy_from_slice(hmac::sign(&secret, label).as_ref());
            out
        };
        let seal = SealKey::new(&derive(b"assent/registry/seal/1"));
        Self { seal, names: hmac::Key::new(hmac::HMAC_SHA256, derive(b"assent/registry/names/1").as_slice()) }
    }

    /// The file name of an entry.
    pub(super) fn name(&self, kind: u8, name: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.names);
        context.update(&[kind]);
        context.update(name);
        hex::encode(context.sign().as_ref())
    }

    pub(super) fn seal(&self) -> &SealKey {
        &self.seal
    }
}
