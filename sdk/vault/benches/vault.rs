//! What the vault costs, as ratios to SHA-256 of the same run: each subject is timed in turns with it, and the median of
//! the ratios is printed. A ratio of 2.00 is twice as many bytes a second.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a bench measures time and stops where it fails"
)]

use std::hint::black_box;
use std::time::Instant;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use assent_vault::codec::{Clay, Codec, Coding, Plan};
use assent_vault::envelope::{Dek, DocumentType, ObjectNonce};
use assent_vault::gf::Tier;
use assent_vault::tree::{ShardIndex, StripeIndex};
use assent_vault::{Geometry, Opener, Rebuilder, STRIPE_BYTES_DEFAULT, Sealed, Sealer, ShardStripe, Upload};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const ROUNDS: usize = 21;

const DOCUMENT_BYTES: usize = 8 << 20;

/// Times a subject in turns with SHA-256 and prints the median ratio. `bytes` is what the subject works on.
fn ratio(name: &str, bytes: usize, mut subject: impl FnMut()) {
    let input = vec![1; bytes];
    let mut ratios: Vec<(u128, u128)> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(Sha256::digest(black_box(&input)));
            let yardstick = start.elapsed().as_nanos();
            let start = Instant::now();
            subject();
            (yardstick * 100 / start.elapsed().as_nanos().max(1), yardstick)
        })
        .collect();
    ratios.sort_unstable();
    let (hundredths, yardstick) = ratios[ROUNDS / 2];
    let mebibytes = (bytes as u128 * 1_000_000_000 / yardstick.max(1)) >> 20;
    println!("{name:<44} {:>3}.{:02} × SHA-256 ({mebibytes} MiB/s)", hundredths / 100, hundredths % 100);
}

fn run(plan: &Plan, tier: Tier, inputs: &[Vec<u8>], outputs: &mut [Vec<u8>]) {
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let mut outputs: Vec<&mut [u8]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    plan.program().run_on(tier, &inputs, &mut outputs);
}

/// The plan over columns that make `bytes` together.
fn plan(name: &str, plan: &Plan, tier: Tier, column_bytes: usize, bytes: usize) {
    let inputs: Vec<Vec<u8>> = (0..plan.inputs().len()).map(|at| vec![at as u8 + 1; column_bytes]).collect();
    let mut outputs = vec![vec![0; column_bytes]; plan.outputs().len()];
    ratio(name, bytes, || run(plan, tier, &inputs, &mut outputs));
}

fn kernels() {
    for coding in Coding::ALL {
        let codec = Clay::new(coding);
        let column = (1 << 20) / coding.data_columns() / 64 * 64;
        let bytes = column * coding.data_columns();
        for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
            plan(&format!("codec::encode/code={coding:?}/tier={tier:?}"), codec.encode(), tier, column, bytes);
        }
        let parity: Vec<usize> = (coding.losses_max()..coding.n()).collect();
        let decode = codec.decode(&parity).unwrap();
        plan(&format!("codec::decode/code={coding:?}"), &decode, Tier::best(), column, bytes);
        let repair = codec.repair(0, &(0..coding.n()).collect::<Vec<_>>()).unwrap();
        plan(&format!("codec::repair/code={coding:?}"), &repair, Tier::best(), column, bytes);
    }
}

fn encryption() {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let mut buffer = vec![3; 1 << 20];
    ratio("aes-256-gcm/library=ring", buffer.len(), || {
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut buffer).unwrap();
        black_box(tag.as_ref());
    });
    let aead = Aes256Gcm::new(&[7; 32].into());
    ratio("aes-256-gcm/library=aes-gcm", buffer.len(), || {
        let tag = aead.encrypt_inout_detached(&[0; 12].into(), &[], buffer.as_mut_slice().into()).unwrap();
        black_box(tag);
    });
}

struct Stored {
    sealed: Sealed,
    columns: Vec<Vec<Vec<u8>>>,
    indexes: Vec<ShardIndex>,
    stripes: StripeIndex,
}

fn upload() -> Upload {
    let length = DOCUMENT_BYTES as u64;
    Upload {
        geometry: Geometry::fit(Coding::PILOT, length, STRIPE_BYTES_DEFAULT).unwrap(),
        nonce: ObjectNonce([9; 32]),
        document_type: DocumentType::new("bench").unwrap(),
        length,
    }
}

fn put(content: &[u8]) -> Sealed {
    let mut sealer = Sealer::new(upload(), &Dek::new([7; 32])).unwrap();
    let mut rest = content;
    while let Some(stripe) = sealer.push(&mut rest).unwrap() {
        black_box(stripe.chunk(3, 3));
    }
    sealer.sealed().unwrap()
}

fn store(content: &[u8]) -> Stored {
    let mut sealer = Sealer::new(upload(), &Dek::new([7; 32])).unwrap();
    let mut columns = vec![vec![Vec::new(); 4]; 4];
    let (mut indexes, mut stripes) = (vec![ShardIndex::default(); 4], StripeIndex::default());
    let mut rest = content;
    while let Some(stripe) = sealer.push(&mut rest).unwrap() {
        for (shard, (columns, index)) in columns.iter_mut().zip(&mut indexes).enumerate() {
            let chunks = columns.iter_mut().enumerate();
            chunks.for_each(|(column, bytes): (usize, &mut Vec<u8>)| {
                bytes.extend_from_slice(stripe.chunk(shard, column))
            });
            index.push(stripe.chunk_roots(shard)).unwrap();
        }
        stripes.push(stripe.leaf()).unwrap();
    }
    Stored { sealed: sealer.sealed().unwrap(), columns, indexes, stripes }
}

impl Stored {
    fn chunk(&self, shard: usize, column: usize, stripe: u32) -> &[u8] {
        let range = self.sealed.roots.geometry.chunk_range(stripe);
        &self.columns[shard][column][range.start as usize..range.end as usize]
    }

    fn get(&self, shards: &[usize]) {
        let mut opener = Opener::new(self.sealed.roots.clone(), &Dek::new([7; 32]), self.stripes.clone()).unwrap();
        for shard in shards {
            opener.admit(*shard, self.indexes[*shard].clone()).unwrap();
        }
        let mut plaintext = Zeroizing::default();
        for stripe in 0..self.sealed.roots.geometry.stripes() {
            let given = |shard: &usize| {
                let chunks = (0..4).map(|column| self.chunk(*shard, column, stripe)).collect();
                ShardStripe { shard: *shard, chunks }
            };
            let given: Vec<ShardStripe<'_>> = shards.iter().map(given).collect();
            black_box(opener.open(stripe, &given, &mut plaintext).unwrap());
        }
    }

    fn repair(&self, lost: usize) {
        let helpers: Vec<usize> = (0..4).filter(|shard| *shard != lost).collect();
        let mut rebuilder = Rebuilder::new(self.sealed.roots.clone(), lost, &helpers).unwrap();
        for shard in &helpers {
            rebuilder.admit(*shard, self.indexes[*shard].clone()).unwrap();
        }
        let reads = rebuilder.reads().to_vec();
        for stripe in 0..self.sealed.roots.geometry.stripes() {
            let chunks: Vec<&[u8]> = reads.iter().map(|id| self.chunk(id.shard, id.column, stripe)).collect();
            black_box(rebuilder.push(&chunks).unwrap().count());
        }
        black_box(rebuilder.finish().unwrap());
    }
}

fn main() {
    kernels();
    encryption();
    let content: Vec<u8> = (0..DOCUMENT_BYTES).map(|at| (at * 31) as u8).collect();
    let stored = store(&content);
    // Against one pass of SHA-256 over all shards, which are twice the document.
    ratio("put/code=(4, 2)/of=shards", 2 * DOCUMENT_BYTES, || {
        black_box(put(&content));
    });
    ratio("get/shards=0,1/of=document", DOCUMENT_BYTES, || stored.get(&[0, 1]));
    ratio("get/shards=2,3/of=document", DOCUMENT_BYTES, || stored.get(&[2, 3]));
    ratio("repair/of=document", DOCUMENT_BYTES, || stored.repair(0));
}
