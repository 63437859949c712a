use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;

use assent_types::{Hash32, List, decode, encode};
use jmt::storage::{LeafNode, Node as TreeNode, NodeKey, TreeReader, TreeUpdateBatch};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, SimpleHasher, Version};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::ProofError;
use crate::testing::MemNodes;

fn key(index: u64) -> Hash32 {
    Hash32(Sha256::digest(index.to_be_bytes()).into())
}

fn value(index: u64) -> Vec<u8> {
    format!("value {index}").into_bytes()
}

fn writes(range: std::ops::Range<u64>) -> Vec<(Hash32, Vec<u8>)> {
    range.map(|index| (key(index), value(index))).collect()
}

/// Reader for the bare tree, to show its hazards and as an oracle.
#[derive(Default)]
struct Bare {
    nodes: BTreeMap<NodeKey, TreeNode>,
    values: BTreeMap<KeyHash, OwnedValue>,
}

struct Sha(Sha256);

impl SimpleHasher for Sha {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl TreeReader for Bare {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<TreeNode>> {
        Ok(self.nodes.get(key).cloned())
    }

    fn get_value_option(&self, _: Version, key: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        Ok(self.values.get(&key).cloned())
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

impl Bare {
    fn tree(&self) -> JellyfishMerkleTree<'_, Self, Sha> {
        JellyfishMerkleTree::new(self)
    }

    fn write(&mut self, batch: &TreeUpdateBatch) {
        self.nodes.extend(batch.node_batch.nodes().iter().map(|(key, node)| (key.clone(), node.clone())));
        let values = batch.node_batch.values().iter();
        self.values.extend(values.map(|((_, key), value)| (*key, value.clone().unwrap())));
    }

    /// What [`apply`] must give.
    fn apply(&mut self, version: u64, writes: &[(Hash32, Vec<u8>)]) -> StateUpdate {
        let set = writes.iter().map(|(key, value)| (KeyHash(key.0), value.clone())).collect();
        let (roots, batch) = self.tree().batch_put_value_sets(vec![set], None, version).unwrap();
        self.write(&batch);
        let stored = |(key, node)| (encoded(key), node::encode(&from_tree(node), key.version()));
        let mut nodes: Vec<_> = batch.node_batch.nodes().iter().map(stored).collect();
        nodes.sort();
        let stale = batch.stale_node_index_batch.iter();
        let mut stale: Vec<_> = stale.map(|old| (old.stale_since_version, encoded(&old.node_key))).collect();
        stale.sort();
        StateUpdate { version, root: Hash32(roots[0].0), nodes, values: writes.to_vec(), stale }
    }
}

fn encoded(key: &NodeKey) -> Vec<u8> {
    node::node_key(key.version(), key.nibble_path().nibbles().map(u8::from))
}

/// The stored form of a bare tree's node.
fn from_tree(node: &TreeNode) -> node::Node {
    match node {
        TreeNode::Null => panic!("a tree with a key has no null node"),
        TreeNode::Leaf(_) => {
            let bytes: [u8; 65] = borsh::to_vec(node).unwrap().try_into().unwrap();
            let (key_hash, value_hash) = bytes[1..].split_first_chunk::<32>().unwrap();
            node::Node::Leaf { key_hash: Hash32(*key_hash), value_hash: Hash32(value_hash.try_into().unwrap()) }
        }
        TreeNode::Internal(inner) => {
            let mut children = Box::new([None; 16]);
            for (nibble, child) in inner.children_sorted() {
                let leaves = if child.is_leaf() { None } else { Some(child.leaf_count() as u64) };
                children[usize::from(u8::from(nibble))] =
                    Some(node::Child { hash: Hash32(child.hash), version: child.version, leaves });
            }
            node::Node::Inner(children)
        }
    }
}

/// Runs a closure that is expected to panic without printing the panic.
fn panics<T>(run: impl FnOnce() -> T + std::panic::UnwindSafe) -> bool {
    catch_unwind(run).is_err()
}

/// Hazard: with a missing parent root the bare tree silently drops every key.
#[test]
fn a_missing_parent_root_is_refused() {
    let mut bare = Bare::default();
    bare.apply(0, &writes(0..1_000));
    let one = vec![(KeyHash(key(5_000).0), Some(b"x".to_vec()))];
    let (lossy, _) = bare.tree().put_value_set(one.clone(), 7).unwrap();
    let (alone, _) = Bare::default().tree().put_value_set(one, 0).unwrap();
    assert!(lossy == alone, "the bare tree lost a thousand keys without an error");

    let mut nodes = MemNodes::default();
    nodes.apply(None, &writes(0..1_000)).unwrap();
    let update = apply(&nodes, Some(6), &writes(5_000..5_001));
    assert_eq!(update, Err(StateError::MissingRoot(6)));
    nodes.nodes.retain(|key, _| key[8] != 0);
    assert_eq!(apply(&nodes, Some(0), &writes(5_000..5_001)), Err(StateError::MissingRoot(0)));
    assert_eq!(root(&nodes, 0), Err(StateError::MissingRoot(0)));
    assert_eq!(prove(&nodes, 0, &key(1)), Err(StateError::MissingRoot(0)));
}

/// Hazard: the bare tree panics on an empty set.
#[test]
fn an_empty_set_is_refused() {
    assert!(panics(|| Bare::default().tree().batch_put_value_sets(vec![vec![]], None, 0).is_ok()));
    assert_eq!(apply(&MemNodes::default(), None, &[]), Err(StateError::Empty));
}

/// Hazard: the bare tree's proofs panic when a node beside the path is missing. Here any set of missing nodes gives a
/// proof that verifies, or an error.
#[test]
fn proofs_over_missing_nodes_never_panic() {
    let mut bare = Bare::default();
    bare.apply(0, &writes(0..40));
    bare.nodes.retain(|key, _| key.nibble_path().num_nibbles() == 0);
    let tree = std::panic::AssertUnwindSafe(&bare);
    let panicked = panics(move || (0..40).for_each(|index| drop(tree.tree().get_with_proof(KeyHash(key(index).0), 0))));
    assert!(panicked, "the bare tree no longer panics: the wrapper may be simplified");

    let mut full = MemNodes::default();
    let update = full.apply(None, &writes(0..300)).unwrap();
    let mut refused = 0;
    for missing in full.nodes.keys().skip(1) {
        let mut nodes = full.clone();
        nodes.nodes.remove(missing);
        for index in 0..40 {
            match prove(&nodes, 0, &key(index)) {
                Ok((value, proof)) => proof.verify(&update.root, &key(index), value.as_deref()).unwrap(),
                Err(StateError::MissingNode(StoredKey(key))) => {
                    assert_eq!(key, *missing);
                    refused += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
        let update = apply(&nodes, Some(0), &writes(0..40));
        assert!(matches!(update, Ok(_) | Err(StateError::MissingNode(_))), "{update:?}");
    }
    assert!(refused > 40);
}

/// Hazard: of two writes to one key the bare tree keeps one without saying so.
#[test]
fn duplicate_keys_are_refused_and_the_null_key_is_a_key() {
    let twice = vec![(key(1), value(1)), (key(2), value(2)), (key(1), value(3))];
    assert_eq!(apply(&MemNodes::default(), None, &twice), Err(StateError::DuplicateKey(key(1))));
    let mut nodes = MemNodes::default();
    let update = nodes.apply(None, &[(Hash32::ZERO, Vec::new()), (key(1), value(1))]).unwrap();
    let (found, proof) = prove(&nodes, 0, &Hash32::ZERO).unwrap();
    assert_eq!(found, Some(Vec::new()), "an empty value is present");
    proof.verify(&update.root, &Hash32::ZERO, Some(&[])).unwrap();
    assert!(proof.verify(&update.root, &Hash32::ZERO, None).is_err());
}

#[test]
fn the_reserved_version_is_refused() {
    let mut nodes = MemNodes::default();
    nodes.apply(None, &writes(0..3)).unwrap();
    for parent in [u64::MAX - 1, u64::MAX] {
        let mut root = nodes.nodes.clone();
        let bytes = nodes.nodes[&node::root_key(0)].clone();
        root.insert(node::root_key(parent), bytes);
        let nodes = MemNodes { nodes: root, values: nodes.values.clone() };
        assert_eq!(apply(&nodes, Some(parent), &writes(0..1)), Err(StateError::Version(parent)));
    }
}

/// Every stored node with any one byte changed, or cut short, gives an error or a refused proof, never a panic.
#[test]
fn corrupt_nodes_never_panic_and_never_prove() {
    let mut full = MemNodes::default();
    let first = full.apply(None, &writes(0..60)).unwrap();
    let keys: Vec<Vec<u8>> = full.nodes.keys().cloned().collect();
    for stored in keys {
        let len = full.nodes[&stored].len();
        for position in 0..len {
            let mut nodes = full.clone();
            let bytes = nodes.nodes.get_mut(&stored).unwrap();
            bytes[position] ^= 1 << (position % 8);
            if position % 7 == 0 {
                bytes.truncate(position);
            }
            for index in [0, 7, 61] {
                if let Ok((value, proof)) = prove(&nodes, 0, &key(index)) {
                    let honest = value == (index < 60).then(|| self::value(index));
                    let verdict = proof.verify(&first.root, &key(index), value.as_deref());
                    assert!(verdict.is_err() || honest, "a corrupt node proved something false");
                }
            }
            let _ = apply(&nodes, Some(0), &writes(0..5));
        }
    }
}

#[test]
fn nodes_survive_their_encoding() {
    let mut nodes = MemNodes::default();
    nodes.apply(None, &writes(0..500)).unwrap();
    nodes.apply(Some(0), &writes(400..900)).unwrap();
    let mut inner = 0;
    for (stored, bytes) in &nodes.nodes {
        let version = u64::from_be_bytes(*stored.first_chunk().unwrap());
        let decoded = node::decode(stored, bytes).unwrap();
        assert_eq!(&node::encode(&decoded, version), bytes);
        inner += usize::from(matches!(decoded, node::Node::Inner(_)));
    }
    assert!(inner > 50);
}

/// Replays stale entries: what is stale since v is unreachable from v on, and nothing else goes.
#[test]
fn stale_nodes_are_exactly_those_that_later_versions_do_not_use() {
    let mut nodes = MemNodes::default();
    nodes.apply(None, &writes(0..200)).unwrap();
    let update = nodes.apply(Some(0), &writes(100..300)).unwrap();
    assert!(!update.stale.is_empty());
    for (since, stored) in &update.stale {
        assert_eq!(*since, 1);
        assert!(nodes.nodes.remove(stored).is_some());
    }
    for index in 0..320 {
        let (value, proof) = prove(&nodes, 1, &key(index)).unwrap();
        assert_eq!(value.is_some(), index < 300);
        proof.verify(&update.root, &key(index), value.as_deref()).unwrap();
    }
    assert_eq!(root(&nodes, 0), Err(StateError::MissingRoot(0)), "the old root was among them");
}

#[test]
fn proofs_hold_for_their_version_only() {
    let mut nodes = MemNodes::default();
    let old = nodes.apply(None, &writes(0..100)).unwrap();
    let new = nodes.apply(Some(0), &[(key(5), b"changed".to_vec()), (key(100), value(100))]).unwrap();
    let (before, old_proof) = prove(&nodes, 0, &key(5)).unwrap();
    assert_eq!(before, Some(value(5)));
    old_proof.verify(&old.root, &key(5), before.as_deref()).unwrap();
    assert!(old_proof.verify(&new.root, &key(5), before.as_deref()).is_err());
    let (absent, proof) = prove(&nodes, 0, &key(100)).unwrap();
    assert_eq!(absent, None);
    proof.verify(&old.root, &key(100), None).unwrap();
    assert!(proof.verify(&new.root, &key(100), None).is_err());
}

#[test]
fn forged_state_proofs_are_refused() {
    let mut nodes = MemNodes::default();
    let root = nodes.apply(None, &writes(0..100)).unwrap().root;
    let (found, present) = prove(&nodes, 0, &key(3)).unwrap();
    let found = found.unwrap();
    // An absent key beside a neighbour, and one in an empty place.
    let beside = (100..).find(|index| prove(&nodes, 0, &key(*index)).unwrap().1.neighbour.is_some()).unwrap();
    let absent = prove(&nodes, 0, &key(beside)).unwrap().1;
    let empty = (100..).find(|index| prove(&nodes, 0, &key(*index)).unwrap().1.neighbour.is_none()).unwrap();
    prove(&nodes, 0, &key(empty)).unwrap().1.verify(&root, &key(empty), None).unwrap();
    absent.verify(&root, &key(beside), None).unwrap();
    present.verify(&root, &key(3), Some(&found)).unwrap();

    assert!(present.verify(&root, &key(3), None).is_err(), "presence is no absence");
    assert!(present.verify(&root, &key(3), Some(b"other")).is_err());
    assert!(present.verify(&root, &key(4), Some(&found)).is_err());
    let neighbour = NeighbourLeaf { key_hash: key(3), value_hash: value_hash(&found) };
    let posing = StateProof { neighbour: Some(neighbour), siblings: present.siblings.clone() };
    assert_eq!(posing.verify(&root, &key(3), None), Err(ProofError::Present));
    assert_eq!(posing.verify(&root, &key(3), Some(&found)), Err(ProofError::NonCanonical));
    assert_eq!(posing.verify(&root, &key(empty), None), Err(ProofError::Neighbour));

    // An inner node shown as an empty place, by cutting the path.
    let mut cut = present.siblings.to_vec();
    cut.remove(0);
    let cut = StateProof { neighbour: None, siblings: List::new(cut).unwrap() };
    assert!(cut.verify(&root, &key(3), None).is_err());
    assert!(cut.verify(&root, &key(3), Some(&found)).is_err());

    // The placeholder spelled out would be a second encoding of the same proof.
    let mut spelled = absent.siblings.to_vec();
    if let Some(sibling) = spelled.iter_mut().find(|sibling| sibling.is_none()) {
        *sibling = Some(proof::PLACEHOLDER);
        let spelled = StateProof { neighbour: absent.neighbour, siblings: List::new(spelled).unwrap() };
        assert_eq!(spelled.verify(&root, &key(beside), None), Err(ProofError::NonCanonical));
    }

    // Any flipped bit of an encoded proof.
    for (proof, key_hash, value) in [(&present, key(3), Some(found.as_slice())), (&absent, key(beside), None)] {
        let bytes = encode(proof);
        for position in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[position / 8] ^= 1 << (position % 8);
            if let Ok(forged) = decode::<StateProof>(&forged) {
                assert!(forged.verify(&root, &key_hash, value).is_err(), "bit {position}");
            }
        }
    }
}

/// Many keys at once, as blocks write them: dense nodes, replaced leaves and split ones.
#[test]
fn large_updates_are_those_of_the_bare_tree() {
    let mut nodes = MemNodes::default();
    let mut bare = Bare::default();
    for (version, range) in [0..5_000, 2_500..4_000, 4_900..4_901, 3_000..9_000].into_iter().enumerate() {
        let version = version as u64;
        let update = nodes.apply(version.checked_sub(1), &writes(range.clone())).unwrap();
        assert!(update == bare.apply(version, &writes(range)), "version {version}");
    }
    let mut other = nodes.apply(Some(3), &writes(7..8)).unwrap();
    other.stale.pop();
    assert!(other != bare.apply(4, &writes(7..8)), "the comparison sees a forgotten stale node");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Everything stored, roots and proofs agree with the bare tree over several versions; keys crowd into few prefixes so that paths get
    /// deep.
    #[test]
    fn agrees_with_the_bare_tree(
        versions in proptest::collection::vec(proptest::collection::vec((0u8..4, 0u8..32, any::<u8>()), 1..60), 1..5),
        probes in proptest::collection::vec((0u8..5, 0u8..40), 20),
    ) {
        let crowded = |(prefix, tail): (u8, u8)| {
            let mut bytes = [0xa5; 32];
            bytes[0] = prefix;
            bytes[usize::from(prefix) * 7 + 1] = tail;
            Hash32(bytes)
        };
        let mut nodes = MemNodes::default();
        let mut bare = Bare::default();
        let mut head = (0, Hash32::ZERO);
        for (version, entries) in versions.into_iter().enumerate() {
            let version = version as u64;
            let mut seen = BTreeSet::new();
            let writes: Vec<(Hash32, Vec<u8>)> = entries
                .into_iter()
                .map(|(prefix, tail, value)| (crowded((prefix, tail)), vec![value]))
                .filter(|(key, _)| seen.insert(*key))
                .collect();
            let update = nodes.apply(version.checked_sub(1), &writes).unwrap();
            prop_assert_eq!(&update, &bare.apply(version, &writes), "nodes, stale nodes and root");
            prop_assert_eq!(root(&nodes, version).unwrap(), update.root);
            head = (version, update.root);
        }
        for probe in probes {
            let key = crowded(probe);
            let (value, proof) = prove(&nodes, head.0, &key).unwrap();
            let (theirs, their_proof) = bare.tree().get_with_proof(KeyHash(key.0), head.0).unwrap();
            prop_assert_eq!(&value, &theirs);
            prop_assert!(their_proof.verify(jmt::RootHash(head.1.0), KeyHash(key.0), theirs).is_ok());
            prop_assert!(proof.verify(&head.1, &key, value.as_deref()).is_ok());
            prop_assert!(proof.verify(&head.1, &key, value.is_none().then_some(b"".as_slice())).is_err());
            prop_assert_eq!(decode::<StateProof>(&encode(&proof)).unwrap(), proof);
        }
    }
}
