use std::ops::Range;

use assent_types::Hash32;
use zeroize::{Zeroize, Zeroizing};

use super::Culprit;
use crate::codec::{Clay, Codec, ColumnId, Plan, PlanError};
use crate::envelope::{Dek, DocumentKeys, Manifest, ManifestError, SegmentCipher, SegmentError};
use crate::geometry::{Geometry, MANIFEST_BYTES};
use crate::tree::{CheckedIndex, CheckedStripes, Roots, ShardIndex, StripeIndex, TreeError, chunk_root, stripe_leaf};

/// Chunks that a custodian gave for one stripe.
#[derive(Clone)]
pub struct ShardStripe<'a> {
    /// Which shard.
    pub shard: usize,
    /// All its chunks, one for each column.
    pub chunks: Vec<&'a [u8]>,
}

/// How a stripe was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Chunks that were not the anchored ones. The stripe was read without them.
    pub culprits: Vec<Culprit>,
    /// Data shards that had to be decoded; none in a healthy read.
    pub decoded: Vec<usize>,
}

/// Why nothing is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key is not the anchored one.
    #[error("this key is not the one that was anchored for the document")]
    Key,
    /// Roots or an index that do not match the anchor.
    #[error("shard {shard:?}: {error}")]
    Tree {
        /// Which shard's, if it was one's.
        shard: Option<usize>,
        /// What is wrong.
        error: TreeError,
    },
    /// Too few good shards of a stripe.
    #[error(
        "stripe {stripe}: good shards {good:?} are too few, {needed} are needed; missing: {missing:?}; polluted: {culprits:?}"
    )]
    TooFew {
        /// Which stripe.
        stripe: u32,
        /// Shards whose chunks are the anchored ones.
        good: Vec<usize>,
        /// Shards that were not given.
        missing: Vec<usize>,
        /// Chunks that were given, and wrong.
        culprits: Vec<Culprit>,
        /// How many are needed.
        needed: usize,
    },
    /// Good shards do not decode to the anchored ciphertext: whoever uploaded them anchored shards that do not fit each
    /// other.
    #[error(
        "stripe {stripe}: anchored shards {used:?} do not decode to the anchored ciphertext: the upload was inconsistent"
    )]
    Inconsistent {
        /// Which stripe.
        stripe: u32,
        /// Shards that were used.
        used: Vec<usize>,
    },
    /// The anchored ciphertext does not decrypt.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// What was decrypted is no document.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// Reads a document, whole or in part, from any k shards.
pub struct Opener {
    roots: Roots,
    codec: Clay,
    cipher: SegmentCipher,
    stripes: CheckedStripes,
    indexes: Vec<Option<CheckedIndex>>,
}

impl Opener {
    /// Starts to read what an anchor names. The stripes' leaves may come from anybody.
    ///
    /// # Errors
    ///
    /// [`OpenError::Key`] and [`OpenError::Tree`].
    pub fn new(roots: Roots, dek: &Dek, stripes: StripeIndex) -> Result<Self, OpenError> {
        let tree = |error| OpenError::Tree { shard: None, error };
        roots.check().map_err(tree)?;
        let keys = DocumentKeys::derive(dek, &roots.nonce);
        if keys.commitment != roots.key_commitment {
            return Err(OpenError::Key);
        }
        let coding = roots.geometry.coding();
        Ok(Self {
            codec: Clay::new(coding),
            cipher: SegmentCipher::new(&keys, &roots.nonce, &roots.geometry),
            stripes: stripes.check(&roots).map_err(tree)?,
            indexes: vec![None; coding.n()],
            roots,
        })
    }

    /// Takes the index of a shard, after which its chunks can be used.
    ///
    /// # Errors
    ///
    /// [`OpenError::Tree`] names the shard.
    pub fn admit(&mut self, shard: usize, index: ShardIndex) -> Result<(), OpenError> {
        let tree = |error| OpenError::Tree { shard: Some(shard), error };
        let root = self.roots.shard(shard).map_err(tree)?;
        let checked = index.check(&self.roots.geometry, shard, root).map_err(tree)?;
        self.indexes[shard] = Some(checked);
        Ok(())
    }

    /// The geometry of the document.
    pub fn geometry(&self) -> &Geometry {
        &self.roots.geometry
    }

    /// Reads a stripe into a buffer, which then holds the plaintext of its segment, or nothing if there is an error;
    /// [`Opener::content`] says which part of it is content. Use one buffer for many stripes. Shards are tried in the order given until k good ones are found, so data shards belong first.
    ///
    /// # Errors
    ///
    /// [`OpenError::TooFew`] names what is missing and what was wrong, [`OpenError::Inconsistent`] and
    /// [`OpenError::Segment`] blame the upload.
    pub fn open(
        &self,
        stripe: u32,
        shards: &[ShardStripe<'_>],
        plaintext: &mut Zeroizing<Vec<u8>>,
    ) -> Result<Opened, OpenError> {
        let opened = self.decrypt(stripe, shards, plaintext);
        if opened.is_err() {
            plaintext.zeroize();
        }
        opened
    }

    fn decrypt(&self, stripe: u32, shards: &[ShardStripe<'_>], buffer: &mut Vec<u8>) -> Result<Opened, OpenError> {
        // A stripe that does not exist is nobody's fault but the caller's.
        let leaf = self.stripes.leaf(stripe).map_err(|error| OpenError::Tree { shard: None, error })?;
        let (good, culprits) = self.sort(stripe, shards)?;
        let used: Vec<usize> = good.iter().map(|shard| shard.shard).collect();
        let plan = self.codec.decode(&used).map_err(|error| self.too_few(stripe, &used, shards, &culprits, &error))?;
        let geometry = &self.roots.geometry;
        buffer.resize(geometry.stripe_bytes() as usize, 0);
        let mut leaf_roots = self.copy_good(stripe, &good, buffer);
        decode_into(&plan, &good, geometry, buffer, &mut leaf_roots);
        if stripe_leaf(&leaf_roots) != *leaf {
            return Err(OpenError::Inconsistent { stripe, used });
        }
        let bytes = self.cipher.open(stripe, buffer)?.len();
        buffer.truncate(bytes);
        let decoded = (0..geometry.coding().k()).filter(|shard| !used.contains(shard)).collect();
        Ok(Opened { culprits, decoded })
    }

    /// The manifest, from the plaintext of the last stripe. Read that one first.
    ///
    /// # Errors
    ///
    /// [`OpenError::Manifest`].
    pub fn manifest(&self, last: &[u8]) -> Result<Manifest, OpenError> {
        let format = || ManifestError::Format("shorter than a manifest".to_owned());
        let at = last.len().checked_sub(MANIFEST_BYTES as usize).ok_or_else(format)?;
        let manifest = Manifest::from_bytes(&last[at..])?;
        let (length, max) = (manifest.length, self.roots.geometry.content_bytes_max());
        if length > max {
            return Err(ManifestError::Length { length, max }.into());
        }
        Ok(manifest)
    }

    /// Which part of a stripe's plaintext is content.
    pub fn content(&self, manifest: &Manifest, stripe: u32) -> Range<usize> {
        let segment = u64::from(self.roots.geometry.segment_bytes());
        let left = manifest.length.saturating_sub(u64::from(stripe) * segment);
        0..usize::try_from(left.min(segment)).unwrap_or_default()
    }

    /// The first k good shards, and the chunks that are wrong among those that were tried.
    fn sort<'a, 's>(
        &self,
        stripe: u32,
        shards: &'s [ShardStripe<'a>],
    ) -> Result<(Vec<&'s ShardStripe<'a>>, Vec<Culprit>), OpenError> {
        let coding = self.roots.geometry.coding();
        let (mut good, mut culprits): (Vec<&ShardStripe<'a>>, _) = (Vec::new(), Vec::new());
        for given in shards {
            if good.len() == coding.k() {
                break;
            }
            let shard = given.shard;
            self.roots.shard(shard).map_err(|error| OpenError::Tree { shard: Some(shard), error })?;
            let Some(index) = &self.indexes[shard] else { continue };
            if good.iter().any(|other| other.shard == shard) {
                continue;
            }
            let is_good =
                |column: usize| given.chunks.get(column).is_some_and(|chunk| index.is_chunk(column, stripe, chunk));
            match (0..coding.columns()).find(|column| !is_good(*column)) {
                None => good.push(given),
                Some(column) => culprits.push(Culprit { shard, column, stripe }),
            }
        }
        // Data shards first, as plans expect them.
        good.sort_by_key(|given| given.shard);
        Ok((good, culprits))
    }

    fn too_few(
        &self,
        stripe: u32,
        good: &[usize],
        shards: &[ShardStripe<'_>],
        culprits: &[Culprit],
        error: &PlanError,
    ) -> OpenError {
        let given = |shard: &usize| shards.iter().any(|given| given.shard == *shard && self.indexes[*shard].is_some());
        let missing = (0..self.roots.geometry.coding().n()).filter(|shard| !given(shard)).collect();
        let needed = match error {
            PlanError::TooFew { needed, .. } => *needed,
            PlanError::Shard(_) => self.roots.geometry.coding().k(),
        };
        OpenError::TooFew { stripe, good: good.to_vec(), missing, culprits: culprits.to_vec(), needed }
    }

    /// Puts the data shards that are there in their places, and gives the chunk roots of the stripe, those of missing
    /// shards still empty.
    fn copy_good(&self, stripe: u32, good: &[&ShardStripe<'_>], ciphertext: &mut [u8]) -> Vec<Hash32> {
        let geometry = &self.roots.geometry;
        let (columns, bytes) = (geometry.coding().columns(), geometry.chunk_bytes());
        let mut roots = vec![Hash32::ZERO; geometry.coding().data_columns()];
        for given in good.iter().filter(|given| given.shard < geometry.coding().k()) {
            for (column, chunk) in given.chunks.iter().enumerate().take(columns) {
                let at = given.shard * columns + column;
                ciphertext[at * bytes..][..bytes].copy_from_slice(chunk);
                let known = self.indexes[given.shard].as_ref().and_then(|index| index.chunk_root(column, stripe).ok());
                roots[at] = known.copied().unwrap_or_default();
            }
        }
        roots
    }
}

/// Decodes the data shards that are missing into their places, and hashes them.
fn decode_into(
    plan: &Plan,
    good: &[&ShardStripe<'_>],
    geometry: &Geometry,
    ciphertext: &mut [u8],
    roots: &mut [Hash32],
) {
    if plan.outputs().is_empty() {
        return;
    }
    let (columns, bytes) = (geometry.coding().columns(), geometry.chunk_bytes());
    let chunk_of = |id: &ColumnId| {
        let given = good.iter().find(|given| given.shard == id.shard);
        given.and_then(|given| given.chunks.get(id.column)).copied().unwrap_or_default()
    };
    let inputs: Vec<&[u8]> = plan.inputs().iter().map(chunk_of).collect();
    let is_output = |at: usize| plan.outputs().contains(&ColumnId { shard: at / columns, column: at % columns });
    let places = ciphertext.chunks_mut(bytes).enumerate().filter(|(at, _)| is_output(*at));
    // The plan's outputs ascend, as the places do.
    let (at, mut outputs): (Vec<usize>, Vec<&mut [u8]>) = places.unzip();
    plan.program().run(&inputs, &mut outputs);
    at.into_iter().zip(outputs).for_each(|(at, chunk)| roots[at] = chunk_root(chunk));
}
