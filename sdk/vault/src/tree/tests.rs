use assent_proofs::log::{node_hash, root_of};
use assent_types::{Hash32, decode, encode};
use proptest::prelude::*;

use super::*;
use crate::codec::Coding;
use crate::geometry::Geometry;

/// A shard of arbitrary bytes, by column, and its index.
fn shard(geometry: &Geometry) -> (Vec<Vec<u8>>, ShardIndex, Hash32) {
    let coding = geometry.coding();
    let columns: Vec<Vec<u8>> = (0..coding.columns())
        .map(|column| (0..geometry.column_bytes()).map(|at| (at * 13 + column as u64 * 7 + at / 509) as u8).collect())
        .collect();
    let (mut index, mut roots) = (ShardIndex::default(), ColumnRoots::new(geometry));
    for stripe in 0..geometry.stripes() {
        let of_stripe: Vec<Hash32> = columns.iter().map(|column| chunk_root(part(geometry, column, stripe))).collect();
        index.push(&of_stripe).unwrap();
        roots.push(&of_stripe);
    }
    let root = roots.shard_root(geometry);
    (columns, index, root)
}

fn part<'a>(geometry: &Geometry, column: &'a [u8], stripe: u32) -> &'a [u8] {
    let range = geometry.chunk_range(stripe);
    &column[range.start as usize..range.end as usize]
}

fn block<'a>(geometry: &Geometry, column: &'a [u8], id: BlockId) -> &'a [u8] {
    part(geometry, column, id.stripe).chunks(4096).nth(id.block).unwrap()
}

/// 3 stripes whose chunks have two full blocks and a short one.
fn geometry() -> Geometry {
    let geometry = Geometry::new(Coding::PILOT, 8 * (4096 * 2 + 64), 40).unwrap();
    assert_eq!((geometry.stripes(), geometry.chunk_blocks()), (3, 3));
    geometry
}

#[test]
fn every_block_proves_and_no_other_bytes_or_place_do() {
    let geometry = geometry();
    let (columns, index, root) = shard(&geometry);
    let checked = index.check(&geometry, 2, &root).unwrap();
    for (column, bytes) in columns.iter().enumerate() {
        for stripe in 0..3 {
            for number in 0..3 {
                let id = BlockId { column, stripe, block: number };
                let proof = checked.prove(id, part(&geometry, bytes, stripe)).unwrap();
                let block = block(&geometry, bytes, id);
                let verify = |id, bytes: &[u8]| proof.verify(&geometry, 2, &root, id, bytes);
                assert_eq!(verify(id, block), Ok(()));
                let mut flipped = block.to_vec();
                flipped[0] ^= 1;
                assert!(matches!(verify(id, &flipped), Err(TreeError::Path { shard: 2, level: "chunk", .. })));
                let elsewhere = BlockId { stripe: (stripe + 1) % 3, ..id };
                assert!(matches!(verify(elsewhere, block), Err(TreeError::Path { level: "column", .. })));
                let elsewhere = BlockId { column: (column + 1) % 4, ..id };
                assert!(matches!(verify(elsewhere, block), Err(TreeError::Path { level: "shard", .. })));
                assert!(verify(BlockId { block: 3, ..id }, block).is_err());
                assert!(matches!(verify(id, &block[1..]), Err(TreeError::Count { .. })));
            }
        }
    }
}

#[test]
fn no_byte_of_a_proof_is_free() {
    let geometry = geometry();
    let (columns, index, root) = shard(&geometry);
    let checked = index.check(&geometry, 0, &root).unwrap();
    let id = BlockId { column: 1, stripe: 1, block: 1 };
    let chunk = part(&geometry, &columns[1], 1);
    let proof = checked.prove(id, chunk).unwrap();
    let encoded = encode(&proof);
    for at in 0..encoded.len() {
        for bit in 0..8 {
            let mut forged = encoded.clone();
            forged[at] ^= 1 << bit;
            let Ok(forged) = decode::<BlockProof>(&forged) else { continue };
            let verdict = forged.verify(&geometry, 0, &root, id, &chunk[4096..8192]);
            assert!(verdict.is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn sizes_are_bound_beside_roots() {
    let geometry = geometry();
    let (columns, index, root) = shard(&geometry);
    let checked = index.clone().check(&geometry, 0, &root).unwrap();
    let id = BlockId { column: 0, stripe: 0, block: 0 };
    let proof = checked.prove(id, part(&geometry, &columns[0], 0)).unwrap();
    let longer = Geometry::new(Coding::PILOT, geometry.stripe_bytes(), 50).unwrap();
    let block = block(&geometry, &columns[0], id);
    assert!(proof.verify(&longer, 0, &root, id, block).is_err());
    assert!(matches!(index.check(&longer, 0, &root), Err(TreeError::Count { .. })));
    let roots = [root; 4];
    assert_ne!(object_root(&geometry, &roots), object_root(&longer, &roots));
}

#[test]
fn an_index_proves_nothing_of_other_chunks() {
    let geometry = geometry();
    let (columns, index, root) = shard(&geometry);
    let mut other = index.clone();
    other = {
        let mut bytes = encode(&other);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        other = decode(&bytes).unwrap();
        other
    };
    assert!(matches!(other.check(&geometry, 0, &root), Err(TreeError::Root { .. })));
    let checked = index.check(&geometry, 0, &root).unwrap();
    let mut chunk = part(&geometry, &columns[0], 0).to_vec();
    chunk[5000] ^= 1;
    assert!(!checked.is_chunk(0, 0, &chunk) && !checked.is_chunk(4, 0, &chunk) && !checked.is_chunk(0, 3, &chunk));
    let id = BlockId { column: 0, stripe: 0, block: 0 };
    assert!(matches!(checked.prove(id, &chunk), Err(TreeError::Root { what: "chunk" })));
}

#[test]
fn paths_are_those_of_the_history_log() {
    let leaves: Vec<Hash32> = (0..3u8).map(|n| Hash32([n; 32])).collect();
    let path: assent_types::List<Hash32, 4> = path(&leaves, 2).unwrap();
    assert_eq!(path.to_vec(), [node_hash(&leaves[0], &leaves[1])]);
}

proptest! {
    #[test]
    fn paths_of_any_size_verify(size in 1usize..1200, seed: u64) {
        let leaves: Vec<Hash32> = (0..size).map(|n| chunk_root(&(n as u64 ^ seed).to_le_bytes())).collect();
        let at = (seed % size as u64) as usize;
        let path: assent_types::List<Hash32, 32> = path(&leaves, at as u64).unwrap();
        let verdict =
            assent_proofs::log::verify_inclusion(&leaves[at], at as u64, size as u64, &path, &root_of(&leaves));
        prop_assert!(verdict.is_ok());
    }

    #[test]
    fn any_fitting_geometry_holds_its_document(length in 0u64..20_000_000, bound in 512u32..5_000_000, which in 0usize..4) {
        let coding = Coding::ALL[which];
        if let Ok(geometry) = Geometry::fit(coding, length, bound) {
            prop_assert!(geometry.content_bytes_max() >= length);
            prop_assert!(geometry.stripe_bytes() <= bound);
            prop_assert_eq!(geometry.chunk_bytes() * coding.data_columns(), geometry.stripe_bytes() as usize);
            prop_assert_eq!(geometry.chunk_bytes() % 64, 0);
            prop_assert_eq!(decode::<Geometry>(&encode(&geometry)).unwrap(), geometry);
            // Little is padding: a unit, the rounding of a stripe to columns, and the tags.
            let step = coding.data_columns() as u64 * 64;
            let most = length + 256 + 4096 + u64::from(geometry.stripes() + 1) * (step + 16) + step;
            prop_assert!(geometry.content_bytes_max() <= most, "{:?}", geometry);
        }
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    use crate::geometry::{GeometryError, SIZE_UNITS_MAX};
    assert!(matches!(Geometry::fit(Coding::PILOT, u64::MAX, 1 << 20), Err(GeometryError::Length { .. })));
    assert!(matches!(Geometry::fit(Coding::PILOT, 10, 511), Err(GeometryError::Stripe { .. })));
    assert!(matches!(Geometry::fit(Coding::PILOT, 60 << 30, 4096), Err(GeometryError::Stripes { .. })));
    assert!(matches!(Geometry::new(Coding::PILOT, 1 << 20, 0), Err(GeometryError::Units(0))));
    assert!(matches!(Geometry::new(Coding::PILOT, 1 << 20, SIZE_UNITS_MAX + 1), Err(GeometryError::Units(_))));
    assert!(matches!(Geometry::new(Coding::LASTING, 1 << 20, 1), Err(GeometryError::Stripe { .. })));
    assert!(decode::<Geometry>(&[4, 2, 0, 0, 16, 0, 0, 0, 0, 0]).is_err());
    assert!(decode::<Geometry>(&[5, 2, 0, 0, 16, 0, 1, 0, 0, 0]).is_err());
    let usual = Geometry::fit(Coding::PILOT, 64 << 20, 1 << 20).unwrap();
    assert!(usual.stripes() == 65 && usual.stripe_bytes() > 1_000_000, "{usual:?}");
}
