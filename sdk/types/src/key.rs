//! Keys and signatures, one named signing and verifying method per purpose.
//!
//! Transactions follow ZIP-215, under which batch and single verification agree; votes, certificates and tokens use
//! the strict rules of `ed25519-dalek`. Both are RFC 8032 Ed25519 for honest signers.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::Signer as _;
use sha2::{Digest, Sha256};

use crate::codec::codes;
use crate::hash::{Tag, tagged, tagged_value};
use crate::ids::{ClaimCodeId, Hash32, KeyId};

codes! {
    /// Suite of a key: signature, hash and AEAD algorithms.
    Suite {
        /// Ed25519, SHA-256, AES-256-GCM.
        S1 = 1 "S1",
    }
}

codes! {
    /// What a key may be used for.
    KeyUsage {
        /// Sign transactions.
        SignTx = 1 "SIGN_TX",
        /// Sign receipts and evidence as a service of the organisation.
        Receipt = 2 "RECEIPT",
        /// Sign votes and proposals.
        Validate = 3 "VALIDATE",
        /// Rotate the organisation's keys.
        Recovery = 4 "RECOVERY",
        /// Authenticate the node to its peers.
        Node = 5 "NODE",
        /// Receive HPKE ciphertexts.
        Encrypt = 6 "ENCRYPT",
        /// Co-sign checkpoints.
        Cosign = 7 "COSIGN",
    }
}

/// A public key with its suite.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PublicKey {
    /// Algorithms of the key.
    pub suite: Suite,
    /// Encoded point.
    pub bytes: [u8; 32],
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

/// A secret signing key. It has no debug output and is wiped when dropped.
pub struct SecretKey(ed25519_dalek::SigningKey);

impl PublicKey {
    /// The key's identifier.
    pub fn id(&self) -> KeyId {
        KeyId(tagged_value(Tag::Key, self))
    }

    /// Whether this is a usable public key: a canonical point that is not of small order.
    pub fn is_valid(&self) -> bool {
        ed25519_dalek::VerifyingKey::from_bytes(&self.bytes).is_ok_and(|key| !key.is_weak())
    }

    /// Strict verification, for votes, certificates, tokens and proofs of possession.
    pub(crate) fn verify_strict(&self, digest: &Hash32, signature: &Signature) -> bool {
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&self.bytes) else { return false };
        key.verify_strict(&digest.0, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
    }

    /// Verifies a token's signature over its signing input (RFC 7515, EdDSA of RFC 8037).
    pub fn verify_token(&self, signing_input: &[u8], signature: &Signature) -> bool {
        self.verify_strict(&tagged(Tag::ApiToken, signing_input), signature)
    }

    /// Verifies that the holder of this key asked for it to be registered for `purpose`.
    pub fn verify_possession(&self, purpose: &Hash32, signature: &Signature) -> bool {
        self.verify_strict(&tagged(Tag::Possession, &purpose.0), signature)
    }

    /// Verifies that the holder of this key granted a claim code.
    pub fn verify_claim_code(&self, code: &ClaimCodeId, signature: &Signature) -> bool {
        self.verify_strict(&tagged(Tag::ClaimCodeGrant, &code.0.0), signature)
    }

    /// Verifies a presentation; the digest already names its purpose.
    pub(crate) fn verify_presentation(&self, digest: &Hash32, signature: &Signature) -> bool {
        self.verify_strict(digest, signature)
    }

    /// Whether a signature confirms what [`crate::session::confirmation_of`] names.
    pub fn verify_confirmation(&self, confirmed: &Hash32, signature: &Signature) -> bool {
        self.verify_strict(confirmed, signature)
    }
}

impl SecretKey {
    /// The key with this seed (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, for writing a key file only.
    pub fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey { suite: Suite::S1, bytes: self.0.verifying_key().to_bytes() }
    }

    pub(crate) fn sign(&self, digest: &Hash32) -> Signature {
        Signature(self.0.sign(&digest.0).to_bytes())
    }

    /// Signs the signing input of a token.
    pub fn sign_token(&self, signing_input: &[u8]) -> Signature {
        self.sign(&tagged(Tag::ApiToken, signing_input))
    }

    /// Shows possession of this key for its registration; see [`PublicKey::verify_possession`].
    pub fn sign_possession(&self, purpose: &Hash32) -> Signature {
        self.sign(&tagged(Tag::Possession, &purpose.0))
    }

    /// Grants a claim code.
    pub fn sign_claim_code(&self, code: &ClaimCodeId) -> Signature {
        self.sign(&tagged(Tag::ClaimCodeGrant, &code.0.0))
    }

    /// Signs a presentation; the digest already names its purpose.
    pub(crate) fn sign_presentation(&self, digest: &Hash32) -> Signature {
        self.sign(digest)
    }

    /// Confirms one request for access; see [`crate::session::confirmation_of`].
    pub fn sign_confirmation(&self, confirmed: &Hash32) -> Signature {
        self.sign(confirmed)
    }
}

/// One signature of a transaction to check under ZIP-215.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureCheck {
    /// Key under which it must verify.
    pub key: PublicKey,
    /// What was signed.
    pub digest: Hash32,
    /// The signature.
    pub signature: Signature,
}

impl SignatureCheck {
    fn item(&self) -> ed25519_zebra::batch::Item {
        let key = ed25519_zebra::VerificationKeyBytes::from(self.key.bytes);
        let signature = ed25519_zebra::Signature::from_bytes(&self.signature.0);
        ed25519_zebra::batch::Item::from((key, signature, &self.digest.0))
    }

    /// Verifies this signature alone.
    pub fn verify(&self) -> bool {
        self.item().verify_single().is_ok()
    }

    /// Verifies all of them at once; true exactly if each one verifies alone (ZIP-215).
    pub fn verify_batch(checks: &[Self]) -> bool {
        if let [check] = checks {
            return check.verify();
        }
        let mut batch = ed25519_zebra::batch::Verifier::new();
        let mut seed = Sha256::new();
        for check in checks {
            seed.update(check.key.bytes);
            seed.update(check.digest.0);
            seed.update(check.signature.0);
            batch.queue(check.item());
        }
        batch.verify(BatchCoefficients { seed: seed.finalize().into(), counter: 0 }).is_ok()
    }
}

/// Coefficients of a batch, derived from the whole batch: nobody can choose signatures after them.
struct BatchCoefficients {
    seed: [u8; 32],
    counter: u64,
}

impl rand_core::RngCore for BatchCoefficients {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for chunk in dest.chunks_mut(32) {
            let mut hasher = Sha256::new();
            hasher.update(self.seed);
            hasher.update(self.counter.to_le_bytes());
            self.counter += 1;
            chunk.copy_from_slice(&hasher.finalize()[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl rand_core::CryptoRng for BatchCoefficients {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.suite, hex::encode(&self.bytes[..6]))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.suite, hex::encode(self.bytes))
    }
}

/// Text that is not a suite and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a public key as S1:<64 hexadecimal digits>")]
pub struct KeyTextError;

impl std::str::FromStr for PublicKey {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let (suite, digits) = text.split_once(':').ok_or(KeyTextError)?;
        let suite = Suite::from_code(suite).ok_or(KeyTextError)?;
        let bytes: Hash32 = digits.parse().map_err(|_| KeyTextError)?;
        Ok(Self { suite, bytes: bytes.0 })
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0[..6]))
    }
}

impl serde::Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> serde::Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        hex::decode_to_slice(text.as_bytes(), &mut bytes)
            .map_err(|_| serde::de::Error::custom("expected 128 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}
