//! Documents of a simulation: sealed, read and rebuilt with the vault, in memory.

use std::collections::BTreeMap;

use assent_proofs::log::root_of;
use assent_types::consent::Category;
use assent_types::document::{AeadSuite, AnchorBody, Coding as AnchorCoding, Grade, HashSuite, Residency};
use assent_types::ids::{KeysetId, ObjectNonce as AnchorNonce};
use assent_types::{Hash32, List, Month, OrgId, Sp};
use assent_vault::codec::Coding;
use assent_vault::envelope::{Dek, DocumentType, EntropySeed, ObjectNonce};
use assent_vault::keys::{ControllerKey, HolderKey, KeyShare, SharedKey, WrappedDek, split};
use assent_vault::tree::{Roots, ShardIndex, StripeIndex, chunk_root, object_root, shard_root};
use assent_vault::{Geometry, OpenError, Opener, RebuildError, Rebuilder, Sealed, Sealer, ShardStripe, Upload};

/// Largest stripe of a simulated document, in bytes: several stripes even of a small one.
const STRIPE_BYTES_MAX: u32 = 4_096;

/// What one custodian has of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its columns.
    pub columns: Vec<Vec<u8>>,
    /// The roots of its chunks.
    pub index: ShardIndex,
}

/// A sealed document, with all that its author has before it forgets the keys.
pub struct Document {
    /// What was sealed.
    pub content: Vec<u8>,
    /// What is anchored.
    pub sealed: Sealed,
    /// By index.
    pub shards: Vec<Shard>,
    /// Leaves of the stripes, which anybody may have.
    pub stripes: StripeIndex,
    /// The key under both halves.
    pub wrapped: WrappedDek,
    /// The controller's half.
    pub controller: ControllerKey,
    /// The key holders' half.
    pub shared: SharedKey,
}

impl Document {
    /// Seals content; every random byte comes from `seed`.
    pub fn seal(content: Vec<u8>, threshold: u8, holders: u8, mut seed: impl FnMut() -> [u8; 32]) -> Self {
        let nonce = ObjectNonce(seed());
        let (dek, controller, half) = (Dek::new(seed()), ControllerKey::new(seed()), HolderKey::new(seed()));
        let geometry = within(Geometry::fit(Coding::PILOT, content.len() as u64, STRIPE_BYTES_MAX));
        let document_type = within(DocumentType::new("http://loinc.org|11502-2"));
        let upload = Upload { geometry, nonce, document_type, length: content.len() as u64 };
        let mut sealer = within(Sealer::new(upload, &dek));
        let coding = geometry.coding();
        let empty = Shard { columns: vec![Vec::new(); coding.columns()], index: ShardIndex::default() };
        let (mut shards, mut stripes) = (vec![empty; coding.n()], StripeIndex::default());
        let mut rest = &content[..];
        while let Some(stripe) = within(sealer.push(&mut rest)) {
            for (number, shard) in shards.iter_mut().enumerate() {
                let columns = shard.columns.iter_mut().enumerate();
                columns.for_each(|(column, bytes)| bytes.extend_from_slice(stripe.chunk(number, column)));
                within(shard.index.push(stripe.chunk_roots(number)));
            }
            within(stripes.push(stripe.leaf()));
        }
        let sealed = within(sealer.sealed());
        let wrapped = dek.wrap(&controller, &half, &nonce);
        let shared = within(split(&half, &nonce, threshold, holders, EntropySeed::new(seed())));
        Self { content, sealed, shards, stripes, wrapped, controller, shared }
    }

    /// Its anchor, as that of a laboratory report of a hospital's.
    pub fn body(&self, controller: OrgId, subject: Sp, keyset: KeysetId) -> AnchorBody {
        let roots = &self.sealed.roots;
        let coding = roots.geometry.coding();
        let small = |number: usize| u8::try_from(number).unwrap_or_default();
        AnchorBody {
            nonce: AnchorNonce(Hash32(roots.nonce.0)),
            hash: HashSuite::Sha256,
            aead: Some(AeadSuite::Aes256GcmStream),
            coding: AnchorCoding::Clay {
                k: small(coding.k()),
                n: small(coding.n()),
                stripe_bytes: roots.geometry.stripe_bytes(),
            },
            object_root: roots.object_root,
            shard_roots: within(List::new(roots.shard_roots.clone())),
            ct_root: roots.ct_root,
            key_commitment: Hash32(roots.key_commitment.0),
            share_root: self.shared.share_root,
            size_4k: roots.geometry.size_units(),
            subject,
            controller,
            author: controller,
            category: Category::Lab,
            grade: Grade::Clear(3),
            important: false,
            service_month: Month(680),
            day_commit: Hash32([0x26; 32]),
            content_commit: Hash32([0x27; 32]),
            manifest_commit: Hash32([0x28; 32]),
            keyset,
            residency: Residency::default(),
            retention_until: None,
            version: 1,
            prev: None,
        }
    }
}

/// Content is small and parameters are the author's own, so nothing here fails.
fn within<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("a simulated document keeps the vault's bounds: {error}"),
    }
}

impl Shard {
    /// The chunks of one stripe.
    fn stripe(&self, roots: &Roots, shard: usize, stripe: u32) -> ShardStripe<'_> {
        let chunks = (0..self.columns.len()).map(|column| self.chunk(roots, column, stripe)).collect();
        ShardStripe { shard, chunks }
    }

    /// One chunk; nothing where the column is too short.
    fn chunk(&self, roots: &Roots, column: usize, stripe: u32) -> &[u8] {
        let range = roots.geometry.chunk_range(stripe);
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        let range = start.unwrap_or(usize::MAX)..end.unwrap_or(usize::MAX);
        self.columns.get(column).and_then(|bytes| bytes.get(range)).unwrap_or_default()
    }

    /// Whether every byte is what was anchored: what a custodian checks before it says that it stores a shard.
    pub fn is_anchored(&self, roots: &Roots, shard: usize) -> bool {
        let Ok(root) = roots.shard(shard) else { return false };
        let Ok(index) = self.index.clone().check(&roots.geometry, shard, root) else { return false };
        (0..roots.geometry.stripes()).all(|stripe| {
            (0..self.columns.len()).all(|column| index.is_chunk(column, stripe, self.chunk(roots, column, stripe)))
        })
    }

    /// The same with one byte changed; with `honest_index`, the index still is that of the anchored shard.
    pub fn polluted(&self, roots: &Roots, at: usize, honest_index: bool) -> Self {
        let mut bad = self.clone();
        let column = at % bad.columns.len();
        let at = at % bad.columns[column].len();
        bad.columns[column][at] ^= 1;
        if !honest_index {
            bad.index = bad.own_index(roots);
        }
        bad
    }

    /// The index that these bytes have, anchored or not.
    fn own_index(&self, roots: &Roots) -> ShardIndex {
        let mut index = ShardIndex::default();
        for stripe in 0..roots.geometry.stripes() {
            let of_column = |column| chunk_root(self.chunk(roots, column, stripe));
            let chunk_roots: Vec<Hash32> = (0..self.columns.len()).map(of_column).collect();
            within(index.push(&chunk_roots));
        }
        index
    }

    /// The root that these bytes have, anchored or not.
    fn own_root(&self, roots: &Roots) -> Hash32 {
        let of_column = |column: usize| {
            let chunks = (0..roots.geometry.stripes()).map(|stripe| chunk_root(self.chunk(roots, column, stripe)));
            root_of(&chunks.collect::<Vec<Hash32>>())
        };
        shard_root(&roots.geometry, &(0..self.columns.len()).map(of_column).collect::<Vec<Hash32>>())
    }
}

/// What a reader made of the shards that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The content; shards that were not the anchored ones are named.
    Content(Vec<u8>, Vec<usize>),
    /// Too few good ones; those that were not the anchored ones are named.
    TooFew(Vec<usize>),
    /// The upload is blamed.
    Upload,
}

/// Reads a document from what custodians gave.
pub fn read(roots: &Roots, dek: &Dek, stripes: &StripeIndex, given: &BTreeMap<usize, Shard>) -> Reading {
    let Ok(mut opener) = Opener::new(roots.clone(), dek, stripes.clone()) else { return Reading::Upload };
    let mut culprits: Vec<usize> = Vec::new();
    for (shard, bytes) in given {
        if opener.admit(*shard, bytes.index.clone()).is_err() {
            culprits.push(*shard);
        }
    }
    let (mut content, last) = (Vec::new(), roots.geometry.stripes() - 1);
    let (mut manifest, mut plaintext) = (None, zeroize::Zeroizing::new(Vec::new()));
    for stripe in [last].into_iter().chain(0..=last) {
        let of_stripe: Vec<ShardStripe<'_>> =
            given.iter().map(|(shard, bytes)| bytes.stripe(roots, *shard, stripe)).collect();
        let opened = match opener.open(stripe, &of_stripe, &mut plaintext) {
            Ok(opened) => opened,
            Err(OpenError::TooFew { culprits: found, .. }) => {
                culprits.extend(found.iter().map(|culprit| culprit.shard));
                return Reading::TooFew(culprits);
            }
            Err(_) => return Reading::Upload,
        };
        culprits.extend(opened.culprits.iter().map(|culprit| culprit.shard));
        match &manifest {
            None => match opener.manifest(&plaintext) {
                Ok(found) => manifest = Some(found),
                Err(_) => return Reading::Upload,
            },
            Some(manifest) => content.extend_from_slice(&plaintext[opener.content(manifest, stripe)]),
        }
    }
    culprits.sort_unstable();
    culprits.dedup();
    Reading::Content(content, culprits)
}

/// The roots as a reader would have them who believes custodians instead of the anchor.
pub fn believed(roots: &Roots, given: &BTreeMap<usize, Shard>) -> Roots {
    let mut believed = roots.clone();
    for (shard, bytes) in given {
        if let Some(root) = believed.shard_roots.get_mut(*shard) {
            *root = bytes.own_root(roots);
        }
    }
    believed.object_root = object_root(&believed.geometry, &believed.shard_roots);
    believed
}

/// Rebuilds a shard from others; the error names helpers whose bytes were not the anchored ones.
pub fn rebuild(roots: &Roots, lost: usize, given: &BTreeMap<usize, Shard>) -> Result<Shard, Vec<usize>> {
    let available: Vec<usize> = given.keys().copied().collect();
    let mut rebuilder = Rebuilder::new(roots.clone(), lost, &available).map_err(|_| Vec::new())?;
    for (shard, bytes) in given {
        rebuilder.admit(*shard, bytes.index.clone()).map_err(|_| vec![*shard])?;
    }
    let reads = rebuilder.reads().to_vec();
    let mut columns = vec![Vec::new(); roots.geometry.coding().columns()];
    for stripe in 0..roots.geometry.stripes() {
        let chunk = |shard: &usize, column| given.get(shard).map(|bytes| bytes.chunk(roots, column, stripe));
        let chunks: Vec<&[u8]> = reads.iter().map(|id| chunk(&id.shard, id.column).unwrap_or_default()).collect();
        let made = rebuilder.push(&chunks).map_err(|error| match error {
            RebuildError::Polluted(culprits) => culprits.iter().map(|culprit| culprit.shard).collect(),
            _ => Vec::new(),
        })?;
        columns.iter_mut().zip(made).for_each(|(column, chunk)| column.extend_from_slice(chunk));
    }
    let index = rebuilder.finish().map_err(|_| Vec::new())?;
    Ok(Shard { columns, index })
}

/// A share as its holder keeps it.
pub fn share_of(document: &Document, number: u8) -> Option<&KeyShare> {
    document.shared.shares.get(usize::from(number))
}
