use std::cell::RefCell;
use std::collections::BTreeSet;

use assent_types::Hash32;
use borsh::BorshDeserialize;
use jmt::storage::{LeafNode, Node as TreeNode, NodeKey, TreeReader};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, SimpleHasher, Version};
use sha2::{Digest, Sha256};

use super::node::{Child, Node, NodeReader, StateError, StoredKey, bitmaps, decode, encode, node_key, read_root};

/// Result of [`apply`]: what the caller writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateUpdate {
    /// The new version.
    pub version: u64,
    /// Its root.
    pub root: Hash32,
    /// New nodes, ascending by encoded key.
    pub nodes: Vec<(Vec<u8>, Vec<u8>)>,
    /// New values by key hash, all of the new version, in the order of the writes.
    pub values: Vec<(Hash32, Vec<u8>)>,
    /// Nodes that later versions do not use: version since which, and encoded key. A node created at v and stale since
    /// s may go once no retained version lies in [v, s).
    pub stale: Vec<(u64, Vec<u8>)>,
}

/// Builds the version after `parent` (`None`: version 0) from writes to distinct keys.
///
/// Nothing is written: the caller stores the update, and may read through an overlay of updates that are not stored
/// yet.
///
/// # Errors
///
/// No writes, two writes to a key, a parent whose root is not stored, a missing or corrupt node.
pub fn apply<R: NodeReader>(
    reader: &R,
    parent: Option<u64>,
    writes: &[(Hash32, Vec<u8>)],
) -> Result<StateUpdate, StateError<R::Error>> {
    if writes.is_empty() {
        return Err(StateError::Empty);
    }
    let mut keys = BTreeSet::new();
    for (key_hash, _) in writes {
        if !keys.insert(key_hash) {
            return Err(StateError::DuplicateKey(*key_hash));
        }
    }
    let version = match parent {
        None => 0,
        Some(parent) => {
            // The tree itself would take a missing root for an empty tree and silently drop every key.
            read_root(reader, parent)?;
            parent.checked_add(1).filter(|version| *version != u64::MAX).ok_or(StateError::Version(parent))?
        }
    };
    let adapter = Adapter { reader, parent, error: RefCell::new(None) };
    let set = writes.iter().map(|(key_hash, value)| (KeyHash(key_hash.0), value.clone())).collect();
    let built = JellyfishMerkleTree::<_, Sha256Hasher>::new(&adapter).batch_put_value_sets(vec![set], None, version);
    let (roots, batch) = match built {
        Ok(built) => built,
        Err(error) => {
            let own = adapter.error.into_inner();
            return Err(own.unwrap_or_else(|| StateError::Tree(error.to_string())));
        }
    };
    let nodes = batch.node_batch.nodes().iter().map(|(key, node)| {
        let stored = from_tree(node).ok_or_else(|| StateError::Tree("a node cannot be stored".into()))?;
        Ok((encode_key(key), encode(&stored, key.version())))
    });
    let root = roots.first().ok_or_else(|| StateError::Tree("no root".into()))?;
    Ok(StateUpdate {
        version,
        root: Hash32(root.0),
        nodes: nodes.collect::<Result<_, StateError<R::Error>>>()?,
        values: writes.to_vec(),
        stale: batch
            .stale_node_index_batch
            .iter()
            .map(|stale| (stale.stale_since_version, encode_key(&stale.node_key)))
            .collect(),
    })
}

fn encode_key(key: &NodeKey) -> Vec<u8> {
    node_key(key.version(), key.nibble_path().nibbles().map(u8::from))
}

/// SHA-256 as the tree wants it.
struct Sha256Hasher(Sha256);

impl SimpleHasher for Sha256Hasher {
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

/// Reads stored nodes for the tree, and keeps the first error with its type.
struct Adapter<'a, R: NodeReader> {
    reader: &'a R,
    parent: Option<u64>,
    error: RefCell<Option<StateError<R::Error>>>,
}

impl<R: NodeReader> Adapter<'_, R> {
    fn read(&self, node_key: &NodeKey) -> Result<Option<TreeNode>, StateError<R::Error>> {
        let key = encode_key(node_key);
        let Some(bytes) = self.reader.node(&key).map_err(StateError::Reader)? else {
            // Below an existing root every node that is asked for must exist.
            return Err(StateError::MissingNode(StoredKey(key)));
        };
        let tree_node = decode(&key, &bytes).and_then(|node| to_tree(&node).ok_or("not a node of the tree"));
        tree_node.map(Some).map_err(|reason| StateError::Corrupt(StoredKey(key), reason))
    }
}

impl<R: NodeReader> TreeReader for Adapter<'_, R> {
    fn get_node_option(&self, node_key: &NodeKey) -> anyhow::Result<Option<TreeNode>> {
        // Version 0 starts from nothing, whatever is stored.
        if self.parent.is_none() {
            return Ok(None);
        }
        self.read(node_key).map_err(|error| {
            let text = error.to_string();
            self.error.borrow_mut().get_or_insert(error);
            anyhow::Error::msg(text)
        })
    }

    fn get_value_option(&self, _: Version, _: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        Ok(None)
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

const TREE_LEAF: u8 = 2;
const TREE_INNER: u8 = 1;

/// The tree's node, made through its borsh encoding because it has no other public constructor.
fn to_tree(node: &Node) -> Option<TreeNode> {
    let mut bytes = Vec::with_capacity(17 + 16 * 50);
    match node {
        Node::Leaf { key_hash, value_hash } => {
            bytes.push(TREE_LEAF);
            bytes.extend_from_slice(&key_hash.0);
            bytes.extend_from_slice(&value_hash.0);
        }
        Node::Inner(children) => {
            bytes.push(TREE_INNER);
            let mut total = 0u64;
            for child in children.iter() {
                bytes.push(u8::from(child.is_some()));
                let Some(child) = child else { continue };
                bytes.extend_from_slice(&child.hash.0);
                bytes.extend_from_slice(&child.version.to_le_bytes());
                bytes.push(u8::from(child.leaves.is_some()));
                if let Some(leaves) = child.leaves {
                    bytes.extend_from_slice(&leaves.to_le_bytes());
                }
                total = total.checked_add(child.leaves.unwrap_or(1))?;
            }
            bytes.extend_from_slice(&u64::from(bitmaps(children).0.count_ones()).to_le_bytes());
            bytes.extend_from_slice(&total.to_le_bytes());
        }
    }
    TreeNode::try_from_slice(&bytes).ok()
}

/// The stored form of a tree's node; `None` for the null node, which a tree that is never empty does not have.
fn from_tree(node: &TreeNode) -> Option<Node> {
    match node {
        TreeNode::Null => None,
        TreeNode::Leaf(_) => {
            let bytes: [u8; 65] = borsh::to_vec(node).ok()?.try_into().ok()?;
            let (key_hash, value_hash) = bytes[1..].split_first_chunk::<32>()?;
            Some(Node::Leaf { key_hash: Hash32(*key_hash), value_hash: Hash32(value_hash.try_into().ok()?) })
        }
        TreeNode::Internal(inner) => {
            let mut children = Box::new([None; 16]);
            for (nibble, child) in inner.children_sorted() {
                let leaves = if child.is_leaf() { None } else { Some(child.leaf_count() as u64) };
                children[usize::from(u8::from(nibble))] =
                    Some(Child { hash: Hash32(child.hash), version: child.version, leaves });
            }
            Some(Node::Inner(children))
        }
    }
}
