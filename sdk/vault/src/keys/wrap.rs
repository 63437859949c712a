use assent_types::encode;
use borsh::{BorshDeserialize, BorshSerialize};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::envelope::{Dek, KeyCommitment, ObjectNonce, hkdf, secret};

secret! {
    /// k1: the half of the wrapping key that the controller's key service keeps.
    pub ControllerKey;
    /// k2: the half that is shared among key holders. Whoever uploads forgets it afterwards.
    pub HolderKey;
}

/// Version of the wrapping.
const WRAP_FORMAT: u8 = 1;

/// A DEK under its wrapping key: useless without both halves, and still never stored on the chain or in backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WrappedDek([u8; 48]);

/// Why a DEK is not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The halves are not those that wrapped it, or it belongs to another object.
    #[error("the key does not unwrap: a half of the wrapping key is wrong, or it is for another object")]
    Halves,
    /// It unwraps to another key than the anchored one.
    #[error("the unwrapped key is not the one that was anchored")]
    Commitment,
}

impl Dek {
    /// Wraps this key for an object. A pair of halves wraps one key only, which is why the nonce may be constant.
    pub fn wrap(&self, controller: &ControllerKey, holders: &HolderKey, nonce: &ObjectNonce) -> WrappedDek {
        let mut wrapped = [0; 48];
        let (key, tag) = wrapped.split_at_mut(32);
        key.copy_from_slice(self.expose());
        let made = wrapping_key(controller, holders, nonce).seal_in_place_separate_tag(
            Nonce::assume_unique_for_key([0; 12]),
            Aad::from(aad(nonce, &self.commitment(nonce))),
            key,
        );
        assert!(made.is_ok(), "AES-GCM encrypts 32 bytes");
        if let Ok(made) = made {
            tag.copy_from_slice(made.as_ref());
        }
        WrappedDek(wrapped)
    }
}

impl WrappedDek {
    /// Unwraps the DEK of an object and compares it with the anchored commitment.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`].
    pub fn unwrap_dek(
        &self,
        controller: &ControllerKey,
        holders: &HolderKey,
        nonce: &ObjectNonce,
        anchored: &KeyCommitment,
    ) -> Result<Dek, UnwrapError> {
        let mut buffer = Zeroizing::new(self.0);
        let opened = wrapping_key(controller, holders, nonce).open_in_place(
            Nonce::assume_unique_for_key([0; 12]),
            Aad::from(aad(nonce, anchored)),
            buffer.as_mut(),
        );
        let key: &[u8] = opened.map_err(|_| UnwrapError::Halves)?;
        let dek = Dek::new(key.try_into().map_err(|_| UnwrapError::Halves)?);
        // AES-GCM alone does not say under which key something was encrypted; the commitment does.
        if dek.commitment(nonce) == *anchored { Ok(dek) } else { Err(UnwrapError::Commitment) }
    }
}

fn aad(nonce: &ObjectNonce, commitment: &KeyCommitment) -> Vec<u8> {
    encode(&(nonce, WRAP_FORMAT, commitment))
}

fn wrapping_key(controller: &ControllerKey, holders: &HolderKey, nonce: &ObjectNonce) -> LessSafeKey {
    let mut halves = Zeroizing::new([0; 64]);
    halves[..32].copy_from_slice(controller.expose());
    halves[32..].copy_from_slice(holders.expose());
    let key = hkdf::<32>(&nonce.0, halves.as_slice(), "assent/vault/wrapping-key/1");
    let Ok(key) = UnboundKey::new(&AES_256_GCM, key.as_slice()) else { unreachable!("a key of AES-256 has 32 bytes") };
    LessSafeKey::new(key)
}
