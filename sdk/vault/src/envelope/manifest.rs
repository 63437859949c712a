use std::fmt;

use assent_types::hash::{Hasher, Tag};
use assent_types::{Hash32, Text, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::geometry::MANIFEST_BYTES;

/// Type of a document: a code with its system, such as a LOINC code. It is encrypted with the document.
pub type DocumentType = Text<96>;

/// What only readers of a document learn of it. It is the end of the plaintext, so it is encrypted, coded and proven with it.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// What kind of document this is.
    pub document_type: DocumentType,
    /// Bytes of its content.
    pub length: u64,
    /// Salt of the commitment.
    pub salt: [u8; 32],
    /// Hash of salt and content, by which the content can be recognised outside the vault.
    pub commitment: Hash32,
}

/// Why what was decrypted is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not the canonical encoding of a manifest with its padding.
    #[error("the end of the document is no manifest: {0}")]
    Format(String),
    /// A length that does not fit the size on the chain.
    #[error("a content of {length} bytes does not fit a document of at most {max}")]
    Length {
        /// Bytes that the manifest states.
        length: u64,
        /// Most bytes that fit.
        max: u64,
    },
    /// The content is not what its commitment says.
    #[error("the content does not hash to the commitment in its manifest")]
    Content,
}

impl Manifest {
    /// The manifest as the last bytes of the plaintext: its encoding behind its length, then zeros.
    pub fn to_bytes(&self) -> [u8; MANIFEST_BYTES as usize] {
        let encoded = encode(self);
        let mut bytes = [0; MANIFEST_BYTES as usize];
        // The longest manifest has 4 + 96 + 8 + 32 + 32 bytes.
        bytes[0] = u8::try_from(encoded.len()).unwrap_or(u8::MAX);
        bytes[1..=encoded.len()].copy_from_slice(&encoded);
        bytes
    }

    /// Reads the manifest at the end of a plaintext.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Format`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        let format = |what: &str| ManifestError::Format(what.to_owned());
        if bytes.len() != MANIFEST_BYTES as usize {
            return Err(format("wrong length"));
        }
        let (length, rest) = bytes.split_first().ok_or_else(|| format("nothing"))?;
        let (encoded, padding) =
            rest.split_at_checked(usize::from(*length)).ok_or_else(|| format("longer than its room"))?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(format("padding is not zero"));
        }
        decode(encoded).map_err(|error| ManifestError::Format(error.to_string()))
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Manifest(secret)")
    }
}

/// Computes a content commitment, or checks it while content is read.
#[derive(Clone)]
pub struct ContentCheck(Hasher);

impl ContentCheck {
    /// Starts with the salt of the document.
    pub fn new(salt: &[u8; 32]) -> Self {
        let mut hasher = Hasher::new(Tag::VaultDocument);
        hasher.update(salt);
        Self(hasher)
    }

    /// Adds content, in order.
    pub fn update(&mut self, content: &[u8]) {
        self.0.update(content);
    }

    /// The commitment to all content.
    pub fn finish(self) -> Hash32 {
        self.0.finish()
    }

    /// Compares all content with the commitment of a manifest.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Content`].
    pub fn compare(self, manifest: &Manifest) -> Result<(), ManifestError> {
        if self.finish() == manifest.commitment { Ok(()) } else { Err(ManifestError::Content) }
    }
}
