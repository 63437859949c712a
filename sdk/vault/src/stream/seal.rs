use assent_proofs::log::Frontier;
use assent_types::Hash32;
use zeroize::Zeroize;

use crate::codec::{Clay, Codec};
use crate::envelope::{
    ContentCheck, Dek, DocumentKeys, DocumentType, KeyCommitment, Manifest, ObjectNonce, SegmentCipher,
};
use crate::geometry::{Geometry, MANIFEST_BYTES};
use crate::tree::{ColumnRoots, Roots, chunk_root, object_root, stripe_leaf};

/// What is sealed, before its content comes.
#[derive(Clone)]
pub struct Upload {
    /// Parameters and size; see [`Geometry::fit`].
    pub geometry: Geometry,
    /// Fresh random name of this version.
    pub nonce: ObjectNonce,
    /// Type of the document.
    pub document_type: DocumentType,
    /// Bytes of the content, exactly.
    pub length: u64,
}

/// Why a document is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A length that does not fit the geometry.
    #[error("{length} bytes do not fit a geometry for at most {max}")]
    Length {
        /// Bytes announced.
        length: u64,
        /// Most bytes that fit.
        max: u64,
    },
    /// More content than was announced.
    #[error("more content than the {0} bytes that were announced")]
    TooMuch(u64),
    /// The upload ended before its content did.
    #[error("the content ended after {received} of {announced} bytes")]
    TooLittle {
        /// Bytes received.
        received: u64,
        /// Bytes announced.
        announced: u64,
    },
    /// Content that differs from what was sealed under this key before. Nothing of it was encrypted for anybody to see:
    /// take a new key and a new object nonce.
    #[error("stripe {stripe} differs from what was sealed under this key before; start again with a new key and nonce")]
    Changed {
        /// Which stripe.
        stripe: u32,
    },
    /// More stripes in the journal than the document has.
    #[error("a journal of {found} stripes for a document of {stripes}")]
    Journal {
        /// Stripes in the journal.
        found: u64,
        /// Stripes of the document.
        stripes: u32,
    },
}

/// Seals a document: content in, stripes of shards out, roots at the end.
pub struct Sealer {
    upload: Upload,
    codec: Clay,
    cipher: SegmentCipher,
    commitment: KeyCommitment,
    salt: [u8; 32],
    content: ContentCheck,
    received: u64,
    stripe: u32,
    /// Leaves of stripes that were sealed under this key before.
    journal: Vec<Hash32>,
    data: Vec<u8>,
    filled: usize,
    parity: Vec<u8>,
    chunk_roots: Vec<Hash32>,
    shards: Vec<ColumnRoots>,
    ciphertext: Frontier,
}

/// A stripe, ready to be sent to its custodians.
#[derive(Clone, Copy)]
pub struct SealedStripe<'a> {
    geometry: &'a Geometry,
    number: u32,
    leaf: Hash32,
    data: &'a [u8],
    parity: &'a [u8],
    chunk_roots: &'a [Hash32],
}

/// What is known of a document when all of it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What to anchor.
    pub roots: Roots,
    /// What readers will find at its end.
    pub manifest: Manifest,
}

impl Sealer {
    /// Starts a document under a key of its own.
    ///
    /// # Errors
    ///
    /// [`SealError::Length`].
    ///
    /// # Security
    ///
    /// A key that may have sealed anything before goes to [`Sealer::resume`].
    pub fn new(upload: Upload, dek: &Dek) -> Result<Self, SealError> {
        Self::resume(upload, dek, Vec::new())
    }

    /// Starts a document again whose upload broke off, from its beginning. The journal holds the
    /// [leaf](SealedStripe::leaf) of every stripe that was given out before. Equal content gives equal stripes, which may be
    /// sent again or not; at the first difference, sealing stops, because to encrypt different content under the same
    /// nonce would reveal both.
    ///
    /// # Errors
    ///
    /// [`SealError::Length`] and [`SealError::Journal`].
    pub fn resume(upload: Upload, dek: &Dek, journal: Vec<Hash32>) -> Result<Self, SealError> {
        let geometry = upload.geometry;
        let (length, max) = (upload.length, geometry.content_bytes_max());
        if length > max {
            return Err(SealError::Length { length, max });
        }
        let stripes = geometry.stripes();
        if journal.len() as u64 > u64::from(stripes) {
            return Err(SealError::Journal { found: journal.len() as u64, stripes });
        }
        let keys = DocumentKeys::derive(dek, &upload.nonce);
        let coding = geometry.coding();
        let stripe_bytes = geometry.stripe_bytes() as usize;
        Ok(Self {
            codec: Clay::new(coding),
            cipher: SegmentCipher::new(&keys, &upload.nonce, &geometry),
            commitment: keys.commitment,
            salt: *keys.salt,
            content: ContentCheck::new(&keys.salt),
            received: 0,
            stripe: 0,
            journal,
            data: vec![0; stripe_bytes],
            filled: 0,
            parity: vec![0; geometry.chunk_bytes() * coding.losses_max() * coding.columns()],
            chunk_roots: Vec::with_capacity(coding.n() * coding.columns()),
            shards: vec![ColumnRoots::new(&geometry); coding.n()],
            ciphertext: Frontier::new(),
            upload,
        })
    }

    /// The geometry of the document.
    pub fn geometry(&self) -> &Geometry {
        &self.upload.geometry
    }

    /// Takes content until a stripe is full, and gives that stripe; `content` becomes what was not taken. After the last
    /// content it also gives the stripes that hold padding and manifest. `None` asks for more content, or says that all is
    /// sealed.
    ///
    /// ```
    /// # use assent_vault::{SealError, SealedStripe, Sealer};
    /// # fn seal(mut sealer: Sealer, mut content: &[u8], send: impl Fn(SealedStripe)) -> Result<(), SealError> {
    /// while let Some(stripe) = sealer.push(&mut content)? {
    ///     send(stripe);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SealError::TooMuch`]; [`SealError::Changed`] when resuming. The sealer is of no use afterwards.
    pub fn push(&mut self, content: &mut &[u8]) -> Result<Option<SealedStripe<'_>>, SealError> {
        if content.len() as u64 > self.upload.length - self.received {
            return Err(SealError::TooMuch(self.upload.length));
        }
        let segment = self.upload.geometry.segment_bytes() as usize;
        let (taken, rest) = content.split_at(content.len().min(segment - self.filled));
        *content = rest;
        self.data[self.filled..self.filled + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        self.received += taken.len() as u64;
        self.content.update(taken);
        let is_complete = self.received == self.upload.length;
        if self.stripe == self.upload.geometry.stripes() || (self.filled < segment && !is_complete) {
            return Ok(None);
        }
        self.data[self.filled..].fill(0);
        if self.stripe + 1 == self.upload.geometry.stripes() {
            // The geometry leaves room for the manifest behind the content.
            let at = segment - MANIFEST_BYTES as usize;
            let manifest = self.manifest();
            self.data[at..segment].copy_from_slice(&manifest.to_bytes());
        }
        self.seal().map(Some)
    }

    /// The roots of a document that is sealed to its end.
    ///
    /// # Errors
    ///
    /// [`SealError::TooLittle`].
    pub fn sealed(&self) -> Result<Sealed, SealError> {
        let (received, announced) = (self.received, self.upload.length);
        if self.stripe < self.upload.geometry.stripes() {
            return Err(SealError::TooLittle { received, announced });
        }
        let geometry = self.upload.geometry;
        let shard_roots: Vec<Hash32> = self.shards.iter().map(|shard| shard.shard_root(&geometry)).collect();
        let manifest = self.manifest();
        let roots = Roots {
            geometry,
            nonce: self.upload.nonce,
            object_root: object_root(&geometry, &shard_roots),
            shard_roots,
            ct_root: self.ciphertext.root(),
            key_commitment: self.commitment,
        };
        Ok(Sealed { roots, manifest })
    }

    /// The manifest over the content so far, which is all of it when this is called.
    fn manifest(&self) -> Manifest {
        let Upload { document_type, length, .. } = &self.upload;
        let commitment = self.content.clone().finish();
        Manifest { document_type: document_type.clone(), length: *length, salt: self.salt, commitment }
    }

    /// Encrypts, codes and hashes the stripe that was filled.
    fn seal(&mut self) -> Result<SealedStripe<'_>, SealError> {
        let geometry = &self.upload.geometry;
        let chunk_bytes = geometry.chunk_bytes();
        let number = self.stripe;
        self.cipher.seal(number, &mut self.data);
        self.chunk_roots.clear();
        self.chunk_roots.extend(self.data.chunks(chunk_bytes).map(chunk_root));
        let leaf = stripe_leaf(&self.chunk_roots);
        if self.journal.get(number as usize).is_some_and(|before| *before != leaf) {
            self.data.zeroize();
            return Err(SealError::Changed { stripe: number });
        }
        let inputs: Vec<&[u8]> = self.data.chunks(chunk_bytes).collect();
        let mut outputs: Vec<&mut [u8]> = self.parity.chunks_mut(chunk_bytes).collect();
        self.codec.encode().program().run(&inputs, &mut outputs);
        self.chunk_roots.extend(self.parity.chunks(chunk_bytes).map(chunk_root));
        let columns = geometry.coding().columns();
        let of_shards = self.chunk_roots.chunks(columns);
        self.shards.iter_mut().zip(of_shards).for_each(|(shard, roots)| shard.push(roots));
        self.ciphertext.push(leaf);
        self.stripe += 1;
        self.filled = 0;
        Ok(SealedStripe {
            geometry,
            number,
            leaf,
            data: &self.data,
            parity: &self.parity,
            chunk_roots: &self.chunk_roots,
        })
    }
}

impl<'a> SealedStripe<'a> {
    /// Number of the stripe.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Leaf of the stripe in the ciphertext's tree. Journal it, and sync the journal, before any chunk leaves: with it an
    /// upload can be [resumed](Sealer::resume) under the same key.
    pub fn leaf(&self) -> Hash32 {
        self.leaf
    }

    /// A chunk: to be stored in its column at [`Geometry::chunk_range`].
    ///
    /// # Panics
    ///
    /// If there is no such shard or column.
    pub fn chunk(&self, shard: usize, column: usize) -> &'a [u8] {
        let coding = self.geometry.coding();
        assert!(shard < coding.n() && column < coding.columns(), "a shard and column of the code");
        let at = (shard * coding.columns() + column) * self.geometry.chunk_bytes();
        let (bytes, at) = match at.checked_sub(self.data.len()) {
            None => (self.data, at),
            Some(at) => (self.parity, at),
        };
        &bytes[at..at + self.geometry.chunk_bytes()]
    }

    /// Roots of a shard's chunks, for its [index](crate::tree::ShardIndex).
    ///
    /// # Panics
    ///
    /// If there is no such shard.
    pub fn chunk_roots(&self, shard: usize) -> &'a [Hash32] {
        let columns = self.geometry.coding().columns();
        &self.chunk_roots[shard * columns..][..columns]
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        // May hold content that was not sealed yet.
        self.data.zeroize();
    }
}
