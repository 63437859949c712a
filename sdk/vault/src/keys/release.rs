use assent_types::hash::{Tag, tagged_value};
use assent_types::{Bytes, ChainId, Hash32, OrgId, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal_with_rng};
use zeroize::Zeroizing;

use super::{ControllerKey, KeyShare};
use crate::envelope::{Entropy, EntropySeed, secret};

/// Domain of the HPKE `info`.
const INFO: &str = "assent/vault/release-info/1";

/// KEM, KDF and AEAD by their numbers in RFC 9180 §7: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
const SUITE: (u16, u16, u16) = (0x0020, 0x0001, 0x0002);

/// Most bytes of a released part in ciphertext.
const CIPHERTEXT_BYTES_MAX: usize = 512;

secret! {
    /// The requester's fresh secret key for one session.
    pub SessionSecret;
}

/// The requester's fresh public key for one session: an X25519 point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct SessionPublic(pub [u8; 32]);

/// Which part of the wrapping key is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum KeyPart {
    /// k1, by the controller.
    Controller,
    /// A share of k2 by its number, by a key holder.
    Share(u8),
}

/// What a release is for. All of it is bound into the encryption: a release that is shown for anything else does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReleaseContext {
    /// The chain.
    pub chain: ChainId,
    /// The session on it.
    pub session: Hash32,
    /// The anchor of the document.
    pub anchor: Hash32,
    /// How often the keyset has changed.
    pub keyset_epoch: u64,
    /// Who releases.
    pub holder: OrgId,
    /// What is released.
    pub part: KeyPart,
    /// To whom.
    pub requester: OrgId,
}

/// A part of the wrapping key, encrypted to one session's key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Release {
    encapsulated: [u8; 32],
    ciphertext: Bytes<CIPHERTEXT_BYTES_MAX>,
}

/// Why a part is not released, or a release does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The requester's key is no usable point.
    #[error("the session's public key is not usable")]
    PublicKey,
    /// It is for another session, object, holder, part or key, or was changed.
    #[error("holder {holder}: the release does not open for this session, object and part")]
    Open {
        /// Who released it.
        holder: OrgId,
    },
    /// What it holds is another part than the context names.
    #[error("holder {holder}: another part of the key was given than was named")]
    Part {
        /// Who released it.
        holder: OrgId,
    },
}

impl SessionSecret {
    /// The public key (RFC 9180 §7.1.3 derives the pair from these 32 random bytes).
    pub fn public(&self) -> SessionPublic {
        SessionPublic(X25519HkdfSha256::derive_keypair(self.expose()).1.to_bytes().into())
    }
}

impl ReleaseContext {
    /// The HPKE `info`.
    fn info(&self) -> Vec<u8> {
        encode(&(INFO, SUITE, self))
    }

    /// Encrypts a share to the requester. The seed is 32 fresh random bytes.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::Part`] if the context names another part, [`ReleaseError::PublicKey`].
    pub fn release_share(
        &self,
        share: &KeyShare,
        requester: &SessionPublic,
        seed: EntropySeed,
    ) -> Result<Release, ReleaseError> {
        if self.part != KeyPart::Share(share.index()) {
            return Err(ReleaseError::Part { holder: self.holder });
        }
        self.seal(&Zeroizing::new(encode(share)), requester, seed)
    }

    /// Encrypts k1 to the requester. The seed is 32 fresh random bytes.
    ///
    /// # Errors
    ///
    /// As [`ReleaseContext::release_share`].
    pub fn release_controller_key(
        &self,
        key: &ControllerKey,
        requester: &SessionPublic,
        seed: EntropySeed,
    ) -> Result<Release, ReleaseError> {
        if self.part != KeyPart::Controller {
            return Err(ReleaseError::Part { holder: self.holder });
        }
        self.seal(key.expose(), requester, seed)
    }

    /// Opens a share. It is still to be [verified](KeyShare::verify) against the anchor.
    ///
    /// # Errors
    ///
    /// [`ReleaseError::Open`] and [`ReleaseError::Part`] name the holder.
    pub fn open_share(&self, release: &Release, secret: &SessionSecret) -> Result<KeyShare, ReleaseError> {
        let wrong_part = ReleaseError::Part { holder: self.holder };
        let share: KeyShare = decode(&self.open(release, secret)?).map_err(|_| wrong_part)?;
        if self.part == KeyPart::Share(share.index()) { Ok(share) } else { Err(wrong_part) }
    }

    /// Opens k1.
    ///
    /// # Errors
    ///
    /// As [`ReleaseContext::open_share`].
    pub fn open_controller_key(
        &self,
        release: &Release,
        secret: &SessionSecret,
    ) -> Result<ControllerKey, ReleaseError> {
        let wrong_part = ReleaseError::Part { holder: self.holder };
        let opened = self.open(release, secret)?;
        if self.part != KeyPart::Controller {
            return Err(wrong_part);
        }
        Ok(ControllerKey::new(opened.as_slice().try_into().map_err(|_| wrong_part)?))
    }

    fn seal(&self, part: &[u8], requester: &SessionPublic, seed: EntropySeed) -> Result<Release, ReleaseError> {
        let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&requester.0);
        let public = public.map_err(|_| ReleaseError::PublicKey)?;
        let (encapsulated, ciphertext) = single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            &self.info(),
            part,
            &[],
            &mut Entropy::new(seed),
        )
        .map_err(|_| ReleaseError::PublicKey)?;
        let ciphertext = Bytes::new(ciphertext).map_err(|_| ReleaseError::Part { holder: self.holder })?;
        Ok(Release { encapsulated: encapsulated.to_bytes().into(), ciphertext })
    }

    fn open(&self, release: &Release, secret: &SessionSecret) -> Result<Zeroizing<Vec<u8>>, ReleaseError> {
        let closed = ReleaseError::Open { holder: self.holder };
        let (private, _) = X25519HkdfSha256::derive_keypair(secret.expose());
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&release.encapsulated);
        let opened = single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &encapsulated.map_err(|_| closed)?,
            &self.info(),
            &release.ciphertext,
            &[],
        );
        opened.map(Zeroizing::new).map_err(|_| closed)
    }
}

impl Release {
    /// What a receipt of this release commits to.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::VaultRelease, self)
    }
}
