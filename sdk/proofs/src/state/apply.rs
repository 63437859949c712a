use assent_types::Hash32;

use super::node::{Child, Node, NodeReader, StateError, StoredKey, encode, key_at, nibble, read, read_root, root_key};
use super::proof::value_hash;

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
    /// Nodes that later versions do not use: version since which, and encoded key, ascending. A node created at v and
    /// stale since s may go once no retained version lies in [v, s).
    pub stale: Vec<(u64, Vec<u8>)>,
}

/// Builds the version after `parent` (`None`: version 0) from writes to distinct keys.
///
/// Nothing is written: the caller stores the update, and may read through an overlay of updates that are not stored
/// yet. Every node on the path of a written key is read once, whatever the number of writes below it.
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
    let mut leaves: Vec<Leaf> =
        writes.iter().map(|(key, value)| Leaf { key: *key, value: value_hash(value) }).collect();
    leaves.sort_unstable_by_key(|leaf| leaf.key);
    if let Some(twice) = leaves.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(StateError::DuplicateKey(twice[0].key));
    }
    let (version, old_root) = match parent {
        None => (0, None),
        Some(parent) => {
            // A missing root must not pass for an empty tree: that would silently drop every key.
            let root = read_root(reader, parent)?;
            let version = parent.checked_add(1).filter(|version| *version != u64::MAX);
            (version.ok_or(StateError::Version(parent))?, Some((root_key(parent), root)))
        }
    };
    let mut update = Update { reader, version, nodes: Vec::new(), stale: Vec::new() };
    let root = match old_root {
        None => update.create(0, &leaves)?,
        Some((key, node)) => update.replace(key, node, 0, &leaves)?,
    };
    let Update { mut nodes, mut stale, .. } = update;
    nodes.sort_unstable();
    stale.sort_unstable();
    Ok(StateUpdate { version, root: root.hash, nodes, values: writes.to_vec(), stale })
}

/// A leaf that stands in the new version: hashes of key and value.
#[derive(Clone, Copy)]
struct Leaf {
    key: Hash32,
    value: Hash32,
}

/// The version being built. `depth` is the number of nibbles above a node; its leaves share that many.
struct Update<'a, R: NodeReader> {
    reader: &'a R,
    version: u64,
    nodes: Vec<(Vec<u8>, Vec<u8>)>,
    stale: Vec<(u64, Vec<u8>)>,
}

impl<R: NodeReader> Update<'_, R> {
    /// Puts leaves, ascending and at least one, below a node of an older version.
    fn replace(
        &mut self,
        key: Vec<u8>,
        node: Node,
        depth: usize,
        leaves: &[Leaf],
    ) -> Result<Child, StateError<R::Error>> {
        let mut children = match node {
            Node::Leaf { key_hash, value_hash } => {
                self.stale.push((self.version, key));
                let Err(place) = leaves.binary_search_by_key(&key_hash, |leaf| leaf.key) else {
                    return self.create(depth, leaves);
                };
                let mut all = leaves.to_vec();
                all.insert(place, Leaf { key: key_hash, value: value_hash });
                return self.create(depth, &all);
            }
            Node::Inner(_) if depth == NIBBLES => {
                return Err(StateError::Corrupt(StoredKey(key), "inner node below the last nibble"));
            }
            Node::Inner(children) => children,
        };
        self.stale.push((self.version, key));
        for group in leaves.chunk_by(|a, b| nibble(&a.key, depth) == nibble(&b.key, depth)) {
            let slot = &mut children[usize::from(nibble(&group[0].key, depth))];
            *slot = Some(match slot {
                Some(child) => {
                    let key = key_at(child.version, &group[0].key, depth + 1);
                    let below = read(self.reader, &key)?;
                    self.replace(key, below, depth + 1, group)?
                }
                None => self.create(depth + 1, group)?,
            });
        }
        self.put(depth, &leaves[0].key, &Node::Inner(children))
    }

    /// Builds a subtree of leaves, ascending and at least one, where nothing stood.
    fn create(&mut self, depth: usize, leaves: &[Leaf]) -> Result<Child, StateError<R::Error>> {
        if let [leaf] = leaves {
            return self.put(depth, &leaf.key, &Node::Leaf { key_hash: leaf.key, value_hash: leaf.value });
        }
        let mut children = Box::new([None; 16]);
        for group in leaves.chunk_by(|a, b| nibble(&a.key, depth) == nibble(&b.key, depth)) {
            children[usize::from(nibble(&group[0].key, depth))] = Some(self.create(depth + 1, group)?);
        }
        self.put(depth, &leaves[0].key, &Node::Inner(children))
    }

    /// Keeps a node of the new version that stands above a key.
    fn put(&mut self, depth: usize, below: &Hash32, node: &Node) -> Result<Child, StateError<R::Error>> {
        let key = key_at(self.version, below, depth);
        let leaves =
            match node {
                Node::Leaf { .. } => None,
                Node::Inner(children) => {
                    let counts = children.iter().flatten().map(|child| child.leaves.unwrap_or(1));
                    let total = counts.into_iter().try_fold(0u64, u64::checked_add);
                    Some(total.ok_or_else(|| {
                        StateError::Corrupt(StoredKey(key.clone()), "more leaves than can be counted")
                    })?)
                }
            };
        self.nodes.push((key, encode(node, self.version)));
        Ok(Child { hash: node.hash(), version: self.version, leaves })
    }
}

/// Nibbles of a key hash.
const NIBBLES: usize = 64;
