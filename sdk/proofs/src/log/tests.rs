use assent_types::Hash32;
use proptest::prelude::*;
use rs_merkle::{Hasher, MerkleProof, MerkleTree};

use super::*;
use crate::ProofError;
use crate::testing::MemTiles;

fn leaves(count: u64) -> Vec<Hash32> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

fn log(count: u64) -> MemTiles {
    let mut tiles = MemTiles::default();
    tiles.append(&leaves(count)).unwrap();
    tiles
}

/// MTH of RFC 9162 §2.1.1, word for word.
fn naive_root(leaves: &[Hash32]) -> Hash32 {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

/// PATH of RFC 9162 §2.1.3.1, word for word.
fn naive_path(m: usize, leaves: &[Hash32]) -> Vec<Hash32> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut path, last) = if m < k {
        (naive_path(m, &leaves[..k]), naive_root(&leaves[k..]))
    } else {
        (naive_path(m - k, &leaves[k..]), naive_root(&leaves[..k]))
    };
    path.push(last);
    path
}

/// SUBPROOF of RFC 9162 §2.1.4.1, word for word.
fn naive_subproof(m: usize, leaves: &[Hash32], complete: bool) -> Vec<Hash32> {
    if m == leaves.len() {
        return if complete { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut proof, last) = if m <= k {
        (naive_subproof(m, &leaves[..k], complete), naive_root(&leaves[k..]))
    } else {
        (naive_subproof(m - k, &leaves[k..], false), naive_root(&leaves[..k]))
    };
    proof.push(last);
    proof
}

/// The published vectors of Certificate Transparency (certificate-transparency-go, `testonly/reference.go`).
#[test]
fn published_roots() {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let hashes: Vec<Hash32> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(root_of(&hashes[..size]).to_string(), *root, "size {size}");
    }
}

#[test]
fn every_small_inclusion_proof_matches_the_definition_and_nothing_else_verifies() {
    let all = leaves(70);
    let tiles = log(70);
    for size in 1..=70u64 {
        let root = naive_root(&all[..size as usize]);
        assert_eq!(root_at(&tiles, size).unwrap(), root);
        for index in 0..size {
            let leaf = &all[index as usize];
            let proof = prove_inclusion(&tiles, index, size).unwrap();
            assert_eq!(proof, naive_path(index as usize, &all[..size as usize]));
            verify_inclusion(leaf, index, size, &proof, &root).unwrap();
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf, other, size, &proof, &root).is_err());
            }
            assert!(verify_inclusion(&leaf_hash(b"other"), index, size, &proof, &root).is_err());
            let mut long = proof.clone();
            long.push(Hash32::ZERO);
            assert!(verify_inclusion(leaf, index, size, &long, &root).is_err());
            if let Some((_, short)) = proof.split_last() {
                assert!(verify_inclusion(leaf, index, size, short, &root).is_err());
            }
        }
    }
}

#[test]
fn every_small_consistency_proof_matches_the_definition_and_nothing_else_verifies() {
    let all = leaves(72);
    let tiles = log(72);
    let roots: Vec<Hash32> = (0..=72).map(|size| naive_root(&all[..size])).collect();
    let mut checked = 0;
    for new in 0..=72u64 {
        let new_root = &roots[new as usize];
        for old in 0..=new {
            let old_root = &roots[old as usize];
            let proof = prove_consistency(&tiles, old, new).unwrap();
            if old > 0 {
                assert_eq!(proof, naive_subproof(old as usize, &all[..new as usize], true), "{old} of {new}");
            }
            verify_consistency(old, old_root, new, new_root, &proof).unwrap();
            checked += 1;
            let mut long = proof.clone();
            long.push(Hash32::ZERO);
            assert!(verify_consistency(old, old_root, new, new_root, &long).is_err());
            if let Some((_, short)) = proof.split_last() {
                assert!(verify_consistency(old, old_root, new, new_root, short).is_err());
            }
            for other in (1..new).filter(|other| *other != old && old > 0) {
                assert!(verify_consistency(other, old_root, new, new_root, &proof).is_err(), "{other} as {old}");
            }
            if old != new {
                assert!(verify_consistency(old, new_root, new, new_root, &proof).is_err());
                assert!(verify_consistency(old, old_root, new, old_root, &proof).is_err() || old == 0);
            }
        }
    }
    assert_eq!(checked, 73 * 74 / 2);
}

/// A root does not bind the size of its tree: this is why a header signs both.
#[test]
fn a_root_alone_does_not_bind_the_size() {
    let all = leaves(5);
    let root = root_of(&all);
    let proof = prove_inclusion(&log(5), 4, 5).unwrap();
    let accepted: Vec<(u64, u64)> = (1..64)
        .flat_map(|size| (0..size).map(move |index| (index, size)))
        .filter(|(index, size)| verify_inclusion(&all[4], *index, *size, &proof, &root).is_ok())
        .collect();
    assert!(accepted.contains(&(4, 5)));
    assert!(accepted.len() > 1, "other sizes verify too: {accepted:?}");
}

#[test]
fn huge_sizes_and_long_proofs_are_refused_at_once() {
    let leaf = leaf_hash(b"x");
    for size in [SIZE_MAX + 1, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX / 2 + 2, u64::MAX - 1, u64::MAX] {
        for index in [0, 1, size / 2, size - 1] {
            assert_eq!(verify_inclusion(&leaf, index, size, &[leaf; 3], &leaf), Err(ProofError::Size(size)));
            assert_eq!(verify_consistency(index, &leaf, size, &leaf, &[leaf; 3]), Err(ProofError::Size(size)));
        }
        assert!(matches!(root_at(&MemTiles::default(), size), Err(LogError::Size(_))));
        assert!(matches!(append(&MemTiles::default(), size, &[leaf]), Err(LogError::Size(_))));
        assert!(matches!(Frontier::from_parts(size, vec![leaf; 64]), Err(FrontierError::Size(_))));
    }
    // The largest size is still walked, and within its bound of work.
    let proof = vec![leaf; 62];
    assert!(matches!(verify_inclusion(&leaf, 7, SIZE_MAX, &proof, &leaf), Err(ProofError::Root { .. })));
    let long = vec![leaf; PROOF_MAX + 1];
    assert_eq!(verify_inclusion(&leaf, 0, 5, &long, &leaf), Err(ProofError::Length { found: PROOF_MAX + 1 }));
    assert_eq!(verify_consistency(1, &leaf, 5, &leaf, &long), Err(ProofError::Length { found: PROOF_MAX + 1 }));
}

/// The bytes of two child hashes are no leaf: domains of leaves and nodes differ.
#[test]
fn an_inner_node_is_no_leaf() {
    let all = leaves(4);
    let root = root_of(&all);
    let node_bytes = [all[0].0, all[1].0].concat();
    let right = node_hash(&all[2], &all[3]);
    assert_eq!(root, node_hash(&node_hash(&all[0], &all[1]), &right));
    assert!(verify_inclusion(&leaf_hash(&node_bytes), 0, 2, &[right], &root).is_err());
}

#[test]
fn missing_and_short_tiles_are_errors() {
    let mut tiles = log(700);
    assert_eq!(append(&MemTiles::default(), 700, &leaves(1)), Err(LogError::Tile { level: 0, index: 2 }));
    tiles.tiles.get_mut(&(0, 2)).unwrap().truncate(32 * 100);
    assert_eq!(prove_inclusion(&tiles, 699, 700), Err(LogError::Tile { level: 0, index: 2 }));
    assert!(prove_inclusion(&tiles, 3, 512).is_ok(), "an older size does not need the short part");
    assert_eq!(prove_inclusion(&tiles, 5, 5), Err(LogError::Range { index: 5, size: 5 }));
    assert_eq!(prove_consistency(&tiles, 6, 5), Err(LogError::Range { index: 6, size: 5 }));
}

#[test]
fn a_frontier_needs_a_peak_for_every_bit() {
    assert!(matches!(Frontier::from_parts(5, vec![Hash32::ZERO]), Err(FrontierError::Peaks { count: 5, peaks: 1 })));
    let mut frontier = Frontier::new();
    for (index, leaf) in leaves(300).into_iter().enumerate() {
        assert_eq!(frontier.count(), index as u64);
        frontier = Frontier::from_parts(frontier.count(), frontier.into_peaks()).unwrap();
        frontier.push(leaf);
    }
    assert_eq!(frontier.root(), naive_root(&leaves(300)));
}

/// Domain-separating hasher for the oracle; without one rs_merkle takes inner nodes for leaves.
#[derive(Clone)]
struct Separated;

impl Hasher for Separated {
    type Hash = [u8; 32];

    fn hash(data: &[u8]) -> [u8; 32] {
        leaf_hash(data).0
    }

    fn concat_and_hash(left: &[u8; 32], right: Option<&[u8; 32]>) -> [u8; 32] {
        right.map_or(*left, |right| node_hash(&Hash32(*left), &Hash32(*right)).0)
    }
}

fn splits(total: u64, cuts: &[u64]) -> Vec<u64> {
    let mut bounds: Vec<u64> = cuts.iter().map(|cut| cut % (total + 1)).chain([0, total]).collect();
    bounds.sort_unstable();
    bounds.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Appending in any portions gives the oracle's root and proofs, at every size on the way.
    #[test]
    fn agrees_with_rs_merkle(
        total in 1u64..3_000,
        cuts in proptest::collection::vec(any::<u64>(), 0..6),
        picks in proptest::collection::vec(any::<u64>(), 4),
    ) {
        let all = leaves(total);
        let raw: Vec<[u8; 32]> = all.iter().map(|hash| hash.0).collect();
        let mut tiles = MemTiles::default();
        for portion in splits(total, &cuts) {
            let start = tiles.size as usize;
            let appended = tiles.append(&all[start..start + portion as usize]).unwrap();
            if appended.size > 0 {
                let oracle = MerkleTree::<Separated>::from_leaves(&raw[..appended.size as usize]);
                prop_assert_eq!(Some(appended.root.0), oracle.root());
                prop_assert_eq!(appended.frontier.root(), appended.root);
                let parts = Frontier::from_parts(appended.size, appended.frontier.peaks().to_vec());
                prop_assert_eq!(parts.unwrap(), appended.frontier);
            }
        }
        prop_assert_eq!(tiles.tiles.len() as u64, total.div_ceil(256) + (total >> 8).div_ceil(256));
        let oracle = MerkleTree::<Separated>::from_leaves(&raw);
        let root = root_at(&tiles, total).unwrap();
        for pick in picks {
            let index = pick % total;
            let proof = prove_inclusion(&tiles, index, total).unwrap();
            let theirs = oracle.proof(&[index as usize]);
            let hashes: Vec<[u8; 32]> = proof.iter().map(|hash| hash.0).collect();
            prop_assert_eq!(&hashes, theirs.proof_hashes());
            let theirs = MerkleProof::<Separated>::new(hashes);
            prop_assert!(theirs.verify(root.0, &[index as usize], &[raw[index as usize]], total as usize));
            prop_assert!(verify_inclusion(&all[index as usize], index, total, &proof, &root).is_ok());
            let old = pick % (total + 1);
            let old_root = root_at(&tiles, old).unwrap();
            let proof = prove_consistency(&tiles, old, total).unwrap();
            prop_assert!(verify_consistency(old, &old_root, total, &root, &proof).is_ok());
        }
    }

    /// No input makes a verifier panic or loop, and no random proof is accepted.
    #[test]
    fn arbitrary_proofs_are_refused(
        index in any::<u64>(),
        size in any::<u64>(),
        proof in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<Hash32> = proof.into_iter().map(Hash32).collect();
        let root = leaf_hash(b"root");
        prop_assert!(verify_inclusion(&leaf_hash(b"x"), index, size, &proof, &root).is_err());
        prop_assert!(verify_consistency(index, &leaf_hash(b"x"), size, &root, &proof).is_err());
    }
}

/// Three levels of tiles, in portions that cross their borders.
#[test]
fn tiles_of_three_levels() {
    let all = leaves(70_000);
    let mut tiles = MemTiles::default();
    for portion in all.chunks(9_999) {
        tiles.append(portion).unwrap();
    }
    let root = root_of(&all);
    assert_eq!(root_at(&tiles, 70_000).unwrap(), root);
    assert_eq!(tiles.tiles[&(2, 0)].len(), 32, "one complete subtree of 65,536 leaves");
    for index in [0, 255, 256, 65_535, 65_536, 69_999] {
        let proof = prove_inclusion(&tiles, index, 70_000).unwrap();
        verify_inclusion(&all[index as usize], index, 70_000, &proof, &root).unwrap();
    }
    for old in [1, 256, 40_000, 65_536, 65_537, 69_999] {
        let proof = prove_consistency(&tiles, old, 70_000).unwrap();
        verify_consistency(old, &root_of(&all[..old as usize]), 70_000, &root, &proof).unwrap();
    }
}
