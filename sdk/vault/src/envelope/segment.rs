use assent_types::encode;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::keys::{DocumentKeys, ObjectNonce};
use crate::geometry::{Geometry, TAG_BYTES};

/// Version of the segments' format.
const SEGMENT_FORMAT: u8 = 1;

/// AES-256-GCM in STREAM, keys by HKDF-SHA256.
const SUITE: u8 = 1;

/// Encrypts and decrypts the segments of one document.
pub(crate) struct SegmentCipher {
    key: LessSafeKey,
    prefix: zeroize::Zeroizing<[u8; 7]>,
    aad: Vec<u8>,
    segments: u32,
}

/// A segment that does not decrypt: not this object's, not this place's, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("segment {0} was not encrypted under this key for this object and place, or was changed")]
pub struct SegmentError(pub u32);

impl SegmentCipher {
    pub(crate) fn new(keys: &DocumentKeys, nonce: &ObjectNonce, geometry: &Geometry) -> Self {
        let Ok(key) = UnboundKey::new(&AES_256_GCM, keys.segment.as_slice()) else {
            unreachable!("a key of AES-256 has 32 bytes")
        };
        let aad = encode(&(nonce, SEGMENT_FORMAT, SUITE, geometry.segment_bytes()));
        Self { key: LessSafeKey::new(key), prefix: keys.prefix.clone(), aad, segments: geometry.stripes() }
    }

    /// Nonce of a segment: prefix, counter (BE32), flag of the last one.
    fn nonce(&self, segment: u32) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(self.prefix.as_slice());
        nonce[7..11].copy_from_slice(&segment.to_be_bytes());
        nonce[11] = u8::from(segment + 1 == self.segments);
        Nonce::assume_unique_for_key(nonce)
    }

    /// Encrypts a segment in place; the last 16 bytes of the buffer become its tag.
    pub(crate) fn seal(&self, segment: u32, stripe: &mut [u8]) {
        assert!(segment < self.segments, "a document has the segments of its geometry");
        let (plaintext, tag) = stripe.split_at_mut(stripe.len() - TAG_BYTES as usize);
        let sealed = self.key.seal_in_place_separate_tag(self.nonce(segment), Aad::from(&self.aad), plaintext);
        assert!(sealed.is_ok(), "AES-GCM refuses only what is longer than any segment");
        if let Ok(made) = sealed {
            tag.copy_from_slice(made.as_ref());
        }
    }

    /// Decrypts a segment in place and gives its plaintext.
    pub(crate) fn open<'a>(&self, segment: u32, stripe: &'a mut [u8]) -> Result<&'a mut [u8], SegmentError> {
        if segment >= self.segments {
            return Err(SegmentError(segment));
        }
        let opened = self.key.open_in_place(self.nonce(segment), Aad::from(&self.aad), stripe);
        opened.map_err(|_| SegmentError(segment))
    }
}
