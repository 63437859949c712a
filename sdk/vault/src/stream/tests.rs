use assent_types::Hash32;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::codec::Coding;
use crate::envelope::{ContentCheck, Dek, DocumentType, ManifestError, ObjectNonce};
use crate::geometry::{Geometry, STRIPE_BYTES_DEFAULT};
use crate::tree::{ShardIndex, StripeIndex, TreeError};

/// What n custodians hold of a document.
#[derive(Clone)]
struct Stored {
    sealed: Sealed,
    /// By shard and column.
    columns: Vec<Vec<Vec<u8>>>,
    indexes: Vec<ShardIndex>,
    stripes: StripeIndex,
}

fn dek() -> Dek {
    Dek::new([7; 32])
}

fn upload(geometry: Geometry, length: usize) -> Upload {
    Upload {
        geometry,
        nonce: ObjectNonce([9; 32]),
        document_type: DocumentType::new("http://loinc.org|11506-3").unwrap(),
        length: length as u64,
    }
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

fn store(sealer: &mut Sealer, mut content: &[u8], step: usize) -> Result<Stored, SealError> {
    let coding = sealer.geometry().coding();
    let mut columns = vec![vec![Vec::new(); coding.columns()]; coding.n()];
    let (mut indexes, mut stripes) = (vec![ShardIndex::default(); coding.n()], StripeIndex::default());
    loop {
        let (mut part, rest) = content.split_at(content.len().min(step));
        content = rest;
        while let Some(stripe) = sealer.push(&mut part)? {
            for (shard, (columns, index)) in columns.iter_mut().zip(&mut indexes).enumerate() {
                let chunks = columns.iter_mut().enumerate();
                chunks.for_each(|(at, bytes): (usize, &mut Vec<u8>)| bytes.extend_from_slice(stripe.chunk(shard, at)));
                index.push(stripe.chunk_roots(shard)).unwrap();
            }
            stripes.push(stripe.leaf()).unwrap();
        }
        if content.is_empty() {
            break;
        }
    }
    let sealed = sealer.sealed()?;
    Ok(Stored { sealed, columns, indexes, stripes })
}

fn seal(geometry: Geometry, content: &[u8]) -> Stored {
    let mut sealer = Sealer::new(upload(geometry, content.len()), &dek()).unwrap();
    store(&mut sealer, content, 1000).unwrap()
}

impl Stored {
    fn geometry(&self) -> Geometry {
        self.sealed.roots.geometry
    }

    fn chunk(&self, shard: usize, column: usize, stripe: u32) -> &[u8] {
        let range = self.geometry().chunk_range(stripe);
        &self.columns[shard][column][range.start as usize..range.end as usize]
    }

    fn stripe(&self, shard: usize, stripe: u32) -> ShardStripe<'_> {
        let chunks = (0..self.columns[shard].len()).map(|column| self.chunk(shard, column, stripe)).collect();
        ShardStripe { shard, chunks }
    }

    fn opener(&self) -> Opener {
        let mut opener = Opener::new(self.sealed.roots.clone(), &dek(), self.stripes.clone()).unwrap();
        for (shard, index) in self.indexes.iter().enumerate() {
            opener.admit(shard, index.clone()).unwrap();
        }
        opener
    }

    fn read_stripe(&self, opener: &Opener, stripe: u32, shards: &[usize]) -> Result<Opened, OpenError> {
        self.read_into(opener, stripe, shards, &mut Zeroizing::default())
    }

    fn read_into(
        &self,
        opener: &Opener,
        stripe: u32,
        shards: &[usize],
        plaintext: &mut Zeroizing<Vec<u8>>,
    ) -> Result<Opened, OpenError> {
        let given: Vec<ShardStripe<'_>> = shards.iter().map(|shard| self.stripe(*shard, stripe)).collect();
        let opened = opener.open(stripe, &given, plaintext);
        assert_eq!(plaintext.is_empty(), opened.is_err());
        opened
    }

    fn read(&self, shards: &[usize]) -> Result<Vec<u8>, OpenError> {
        let opener = self.opener();
        let last = self.geometry().stripes() - 1;
        let mut plaintext = Zeroizing::default();
        self.read_into(&opener, last, shards, &mut plaintext)?;
        let manifest = opener.manifest(&plaintext)?;
        assert_eq!(manifest, self.sealed.manifest);
        let mut check = ContentCheck::new(&manifest.salt);
        let mut content = Vec::new();
        for stripe in 0..=last {
            self.read_into(&opener, stripe, shards, &mut plaintext)?;
            let part = &plaintext[opener.content(&manifest, stripe)];
            check.update(part);
            content.extend_from_slice(part);
        }
        check.compare(&manifest)?;
        Ok(content)
    }

    /// Rebuilds a shard; gives its columns, its index and the bytes that were read.
    fn rebuild(&self, lost: usize, available: &[usize]) -> Result<(Vec<Vec<u8>>, ShardIndex, u64), RebuildError> {
        let mut rebuilder = Rebuilder::new(self.sealed.roots.clone(), lost, available)?;
        for shard in available {
            rebuilder.admit(*shard, self.indexes[*shard].clone())?;
        }
        let mut columns = vec![Vec::new(); self.geometry().coding().columns()];
        for stripe in 0..self.geometry().stripes() {
            assert_eq!(rebuilder.next_stripe(), stripe);
            let reads = rebuilder.reads().to_vec();
            let chunks: Vec<&[u8]> = reads.iter().map(|id| self.chunk(id.shard, id.column, stripe)).collect();
            let made = rebuilder.push(&chunks)?;
            columns.iter_mut().zip(made).for_each(|(column, chunk)| column.extend_from_slice(chunk));
        }
        let read = rebuilder.bytes_read();
        Ok((columns, rebuilder.finish()?, read))
    }

    fn damage(&mut self, shard: usize, column: usize, at: usize) {
        self.columns[shard][column][at] ^= 1;
    }
}

fn small(coding: Coding, length: usize) -> Geometry {
    Geometry::fit(coding, length as u64, 8192).unwrap_or_else(|_| Geometry::fit(coding, length as u64, 32_768).unwrap())
}

fn subsets(n: usize, k: usize) -> Vec<Vec<usize>> {
    let chosen = |mask: &u32| mask.count_ones() as usize == k;
    (0..1u32 << n).filter(chosen).map(|mask| (0..n).filter(|at| mask >> at & 1 == 1).collect()).collect()
}

#[test]
fn every_pair_of_shards_reads_back() {
    let content = content(30_000);
    let stored = seal(small(Coding::PILOT, content.len()), &content);
    assert!(stored.geometry().stripes() > 3);
    for shards in subsets(4, 2) {
        assert!(stored.read(&shards).unwrap() == content, "shards {shards:?}");
    }
}

#[test]
fn every_code_reads_back_from_its_last_shards_and_repairs_its_first() {
    for coding in Coding::ALL {
        let content = content(100_000);
        let stored = seal(small(coding, content.len()), &content);
        let last: Vec<usize> = (coding.losses_max()..coding.n()).collect();
        assert!(stored.read(&last).unwrap() == content, "{coding:?}");
        let (columns, ..) = stored.rebuild(0, &(1..coding.n()).collect::<Vec<_>>()).unwrap();
        assert!(columns == stored.columns[0], "{coding:?}");
    }
}

#[test]
fn a_lost_shard_is_rebuilt_to_the_byte_from_three_quarters_of_the_document() {
    let content = content(50_000);
    let stored = seal(small(Coding::PILOT, content.len()), &content);
    let ciphertext = u64::from(stored.geometry().stripe_bytes()) * u64::from(stored.geometry().stripes());
    for lost in 0..4 {
        let helpers: Vec<usize> = (0..4).filter(|shard| *shard != lost).collect();
        let (columns, index, read) = stored.rebuild(lost, &helpers).unwrap();
        assert!(columns == stored.columns[lost], "shard {lost}");
        assert_eq!(index, stored.indexes[lost]);
        assert_eq!(read * 1000, ciphertext * 750, "bytes read for shard {lost}");
    }
    // With a second one down, k whole shards are read.
    let (columns, _, read) = stored.rebuild(1, &[0, 3]).unwrap();
    assert!(columns == stored.columns[1]);
    assert_eq!(read, ciphertext);
}

#[test]
fn a_healthy_read_decodes_nothing_and_a_degraded_one_says_what() {
    let stored = seal(small(Coding::PILOT, 9_000), &content(9_000));
    let opener = stored.opener();
    assert_eq!(stored.read_stripe(&opener, 0, &[0, 1, 2, 3]).unwrap().decoded, Vec::<usize>::new());
    assert_eq!(stored.read_stripe(&opener, 0, &[3, 1]).unwrap().decoded, [0]);
}

#[test]
fn polluted_chunks_are_named_and_read_around() {
    let content = content(20_000);
    let mut stored = seal(small(Coding::PILOT, content.len()), &content);
    let bytes = stored.geometry().chunk_bytes();
    stored.damage(1, 2, bytes + 3);
    let culprit = Culprit { shard: 1, column: 2, stripe: 1 };
    let opener = stored.opener();
    let opened = stored.read_stripe(&opener, 1, &[0, 1, 2]).unwrap();
    assert_eq!((opened.culprits, opened.decoded), (vec![culprit], vec![1]));
    assert!(stored.read(&[0, 1, 2]).unwrap() == content);
    let error = stored.read_stripe(&opener, 1, &[1, 2]).unwrap_err();
    let expected =
        OpenError::TooFew { stripe: 1, good: vec![2], missing: vec![0, 3], culprits: vec![culprit], needed: 2 };
    assert_eq!(error, expected);
    // Other stripes are not touched by it.
    assert!(stored.read_stripe(&opener, 0, &[1, 2]).is_ok());
    // Column 2 of helper 1 is read for the repair of shard 0 in column 2: planes with digit 0 equal to 0.
    let polluted = stored.rebuild(0, &[1, 2, 3]).unwrap_err();
    assert_eq!(polluted, RebuildError::Polluted(vec![culprit]));
}

#[test]
fn truncated_swapped_and_replayed_chunks_are_named() {
    let stored = seal(small(Coding::PILOT, 20_000), &content(20_000));
    let other = {
        let mut other = upload(stored.geometry(), 20_000);
        other.nonce = ObjectNonce([10; 32]);
        store(&mut Sealer::new(other, &dek()).unwrap(), &content(20_000), 4096).unwrap()
    };
    let opener = stored.opener();
    let named = |given: ShardStripe<'_>, column: usize| {
        let shard = given.shard;
        let error = opener.open(1, &[given, stored.stripe(3, 1)], &mut Zeroizing::default()).unwrap_err();
        let culprits = vec![Culprit { shard, column, stripe: 1 }];
        let missing = (0..3).filter(|one| *one != shard).collect();
        assert_eq!(error, OpenError::TooFew { stripe: 1, good: vec![3], missing, culprits, needed: 2 });
    };
    let mut truncated = stored.stripe(2, 1);
    truncated.chunks[3] = &truncated.chunks[3][1..];
    named(truncated, 3);
    let mut short = stored.stripe(2, 1);
    short.chunks.pop();
    named(short, 3);
    let mut swapped = stored.stripe(0, 1);
    swapped.chunks.swap(1, 2);
    named(swapped, 1);
    named(ShardStripe { shard: 0, ..stored.stripe(1, 1) }, 0);
    named(stored.stripe(0, 2), 0);
    named(other.stripe(0, 1), 0);
    // The same shard twice counts once, and what does not exist blames nobody.
    let twice = opener.open(1, &[stored.stripe(3, 1), stored.stripe(3, 1)], &mut Zeroizing::default()).unwrap_err();
    assert!(matches!(twice, OpenError::TooFew { good, .. } if good == [3]));
    let range = TreeError::Range { what: "stripe", number: u64::from(stored.geometry().stripes()) };
    let error = opener.open(stored.geometry().stripes(), &[], &mut Zeroizing::default()).unwrap_err();
    assert_eq!(error, OpenError::Tree { shard: None, error: range });
}

#[test]
fn foreign_indexes_keys_and_roots_are_refused() {
    let stored = seal(small(Coding::PILOT, 5_000), &content(5_000));
    let mut opener = stored.opener();
    let wrong = opener.admit(0, stored.indexes[1].clone()).unwrap_err();
    let expected = OpenError::Tree { shard: Some(0), error: TreeError::Root { what: "index of the shard" } };
    assert_eq!(wrong, expected);
    assert!(matches!(opener.admit(4, stored.indexes[1].clone()), Err(OpenError::Tree { shard: Some(4), .. })));
    assert!(matches!(opener.admit(1, ShardIndex::default()), Err(OpenError::Tree { shard: Some(1), .. })));
    let roots = stored.sealed.roots.clone();
    let other_key = Opener::new(roots.clone(), &Dek::new([8; 32]), stored.stripes.clone());
    assert_eq!(other_key.err(), Some(OpenError::Key));
    let mut swapped = roots.clone();
    swapped.shard_roots.swap(0, 1);
    assert!(matches!(Opener::new(swapped, &dek(), stored.stripes.clone()), Err(OpenError::Tree { shard: None, .. })));
    let mut other_ct = roots;
    other_ct.ct_root = Hash32::ZERO;
    assert!(matches!(Opener::new(other_ct, &dek(), stored.stripes.clone()), Err(OpenError::Tree { shard: None, .. })));
}

#[test]
fn an_inconsistent_upload_is_told_from_a_bad_custodian() {
    // Shard 3 of one document, anchored by its uploader beside shards 0 to 2 of another under the same key.
    let geometry = small(Coding::PILOT, 3_000);
    let (mut stored, other) = (seal(geometry, &content(3_000)), seal(geometry, &vec![1; 3_000]));
    stored.columns[3] = other.columns[3].clone();
    stored.indexes[3] = other.indexes[3].clone();
    let roots = &mut stored.sealed.roots;
    roots.shard_roots[3] = other.sealed.roots.shard_roots[3];
    roots.object_root = crate::tree::object_root(&geometry, &roots.shard_roots);
    assert!(stored.read(&[0, 1]).is_ok());
    assert_eq!(stored.read(&[0, 3]).unwrap_err(), OpenError::Inconsistent { stripe: 0, used: vec![0, 3] });
    assert_eq!(stored.rebuild(3, &[0, 1, 2]).unwrap_err(), RebuildError::Inconsistent);
}

#[test]
fn too_few_helpers_and_unfinished_repairs_are_refused() {
    let stored = seal(small(Coding::PILOT, 5_000), &content(5_000));
    let error = stored.rebuild(0, &[2]).unwrap_err();
    assert_eq!(error.to_string(), "1 shards are too few, 2 are needed; missing: shards [0, 1, 3]");
    let rebuilder = Rebuilder::new(stored.sealed.roots.clone(), 0, &[1, 2, 3]).unwrap();
    let expected = stored.geometry().stripes();
    assert_eq!(rebuilder.finish().unwrap_err(), RebuildError::Unfinished { found: 0, expected });
    let mut rebuilder = Rebuilder::new(stored.sealed.roots.clone(), 0, &[1, 2, 3]).unwrap();
    assert_eq!(rebuilder.push(&[]).err(), Some(RebuildError::Chunks { found: 0, expected: 6 }));
    // A helper whose index was not admitted proves nothing.
    let reads = rebuilder.reads().to_vec();
    let chunks: Vec<&[u8]> = reads.iter().map(|id| stored.chunk(id.shard, id.column, 0)).collect();
    assert!(matches!(rebuilder.push(&chunks).err(), Some(RebuildError::Polluted(culprits)) if culprits.len() == 6));
}

#[test]
fn content_must_be_as_long_as_announced() {
    let geometry = small(Coding::PILOT, 1_000);
    let mut sealer = Sealer::new(upload(geometry, 1_000), &dek()).unwrap();
    assert_eq!(sealer.push(&mut &content(1_001)[..]).err(), Some(SealError::TooMuch(1_000)));
    assert!(sealer.push(&mut &content(999)[..]).unwrap().is_none());
    assert_eq!(sealer.sealed().unwrap_err(), SealError::TooLittle { received: 999, announced: 1_000 });
    let max = geometry.content_bytes_max();
    let long = Sealer::new(upload(geometry, max as usize + 1), &dek()).err();
    assert_eq!(long, Some(SealError::Length { length: max + 1, max }));
}

#[test]
fn a_resumed_upload_gives_the_same_bytes_or_nothing() {
    let bytes = content(20_000);
    let geometry = small(Coding::PILOT, bytes.len());
    let first = seal(geometry, &bytes);
    let journal = first.stripes.leaves()[..2].to_vec();
    let mut sealer = Sealer::resume(upload(geometry, bytes.len()), &dek(), journal.clone()).unwrap();
    let second = store(&mut sealer, &bytes, 777).unwrap();
    assert_eq!(second.sealed, first.sealed);
    assert!(second.columns == first.columns);
    let mut changed = bytes.clone();
    changed[geometry.segment_bytes() as usize] ^= 1;
    let mut sealer = Sealer::resume(upload(geometry, bytes.len()), &dek(), journal).unwrap();
    assert_eq!(store(&mut sealer, &changed, 777).err(), Some(SealError::Changed { stripe: 1 }));
    let long = vec![Hash32::ZERO; geometry.stripes() as usize + 1];
    let refused = Sealer::resume(upload(geometry, bytes.len()), &dek(), long).err();
    assert!(matches!(refused, Some(SealError::Journal { .. })));
}

#[test]
fn a_small_document_is_stored_small() {
    let geometry = Geometry::fit(Coding::PILOT, 10_000, STRIPE_BYTES_DEFAULT).unwrap();
    assert_eq!((geometry.stripes(), geometry.size_units()), (1, 3));
    assert!(geometry.shard_bytes() * 4 < 26_000, "{geometry:?}");
    assert!(seal(geometry, &content(10_000)).read(&[2, 3]).unwrap() == content(10_000));
}

#[test]
fn debug_output_of_documents_has_no_content() {
    let stored = seal(small(Coding::PILOT, 100), &content(100));
    let shown = format!("{:?}", stored.sealed);
    assert!(shown.contains("Manifest(secret)") && !shown.contains("loinc"), "{shown}");
}

#[test]
fn a_manifest_that_lies_about_its_length_is_refused() {
    let stored = seal(small(Coding::PILOT, 100), &content(100));
    let opener = stored.opener();
    let mut last = Zeroizing::default();
    stored.read_into(&opener, 0, &[0, 1], &mut last).unwrap();
    let mut manifest = opener.manifest(&last).unwrap();
    manifest.length = u64::MAX;
    let at = last.len() - 256;
    last[at..].copy_from_slice(&manifest.to_bytes());
    let max = stored.geometry().content_bytes_max();
    let expected = OpenError::Manifest(ManifestError::Length { length: u64::MAX, max });
    assert_eq!(opener.manifest(&last).unwrap_err(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_length_in_any_pieces_reads_back(
        length in prop_oneof![0usize..600, 3_500usize..9_000, 0usize..40_000],
        step in 1usize..9_000,
        bound in 512u32..10_000,
        seed: u8,
    ) {
        let geometry = Geometry::fit(Coding::PILOT, length as u64, bound).unwrap();
        let bytes: Vec<u8> = content(length).iter().map(|byte| byte ^ seed).collect();
        let mut sealer = Sealer::new(upload(geometry, length), &dek()).unwrap();
        let stored = store(&mut sealer, &bytes, step).unwrap();
        prop_assert!(stored.read(&[0, 1]).unwrap() == bytes);
        prop_assert!(stored.read(&[1, 2]).unwrap() == bytes);
    }
}

#[test]
fn lengths_around_segments_read_back() {
    let segment = Geometry::new(Coding::PILOT, 4096, 3).unwrap().segment_bytes() as usize;
    for length in [0, 1, segment - 257, segment - 256, segment - 255, segment - 1, segment, segment + 1, 2 * segment] {
        let geometry = Geometry::new(Coding::PILOT, 4096, 3).unwrap();
        let bytes = content(length);
        assert!(seal(geometry, &bytes).read(&[1, 3]).unwrap() == bytes, "{length} bytes");
    }
}
