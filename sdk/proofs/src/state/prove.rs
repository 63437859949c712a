use assent_types::{Hash32, List};

use super::node::{Node, NodeReader, Part, StateError, StoredKey, nibble, node_key, part, part_hash, read, read_root};
use super::proof::{NeighbourLeaf, PLACEHOLDER, StateProof, value_hash};

/// The value of a key, if it has one, and the proof of its presence or absence.
pub type ValueAndProof = (Option<Vec<u8>>, StateProof);

/// The value of a key at a version, if it has one, and the proof of its presence or absence.
///
/// Reads one node for each nibble of the path. The caller keeps the version from being pruned meanwhile; a missing
/// node is an error, never a panic.
pub fn prove<R: NodeReader>(
    reader: &R,
    version: u64,
    key_hash: &Hash32,
) -> Result<ValueAndProof, StateError<R::Error>> {
    let mut siblings = Vec::new();
    let mut node = read_root(reader, version)?;
    let mut depth = 0;
    let leaf = loop {
        let children = match node {
            Node::Leaf { key_hash, value_hash } => break Some(NeighbourLeaf { key_hash, value_hash }),
            Node::Inner(children) => children,
        };
        let at = || StoredKey(node_key(version, (0..depth).map(|index| nibble(key_hash, index))));
        if depth == 64 {
            return Err(StateError::Corrupt(at(), "inner node below the last nibble"));
        }
        let Some(index) = descend(&children, usize::from(nibble(key_hash, depth)), &mut siblings) else { break None };
        let Some(child) = children[usize::from(index)] else { break None };
        // The only leaf of a part may stand under another nibble than the key's.
        let mut path: Vec<u8> = (0..depth).map(|index| nibble(key_hash, index)).collect();
        path.push(index);
        let below = read(reader, &node_key(child.version, path.into_iter()))?;
        if below.hash() != child.hash || matches!(below, Node::Leaf { .. }) != child.leaves.is_none() {
            return Err(StateError::Corrupt(at(), "child is not what its parent says"));
        }
        node = below;
        depth += 1;
    };
    siblings.reverse();
    let siblings = siblings.into_iter().map(|hash| (hash != PLACEHOLDER).then_some(hash)).collect();
    let siblings = List::new(siblings);
    assert!(siblings.is_ok(), "64 nibbles have 256 bits");
    let siblings = siblings.unwrap_or_default();
    let Some(leaf) = leaf.filter(|leaf| leaf.key_hash == *key_hash) else {
        return Ok((None, StateProof { neighbour: leaf, siblings }));
    };
    let stored = reader.value(key_hash, version).map_err(StateError::Reader)?;
    let value = stored.map(|(_, value)| value).filter(|value| value_hash(value) == leaf.value_hash);
    let value =
        value.ok_or_else(|| StateError::Corrupt(StoredKey(key_hash.0.to_vec()), "value is not what its leaf says"))?;
    Ok((Some(value), StateProof { neighbour: None, siblings }))
}

/// Walks the four levels of an inner node towards a nibble, collecting the sibling of each level from the top. Returns
/// the child to go on with, or `None` if the nibble's part is empty.
fn descend(children: &[Option<super::node::Child>; 16], nibble: usize, siblings: &mut Vec<Hash32>) -> Option<u8> {
    for width in [8, 4, 2, 1] {
        let start = nibble & !(width - 1);
        siblings.push(part_hash(children, start ^ width, width));
        match part(children, start, width) {
            Part::Empty => return None,
            Part::Only(index) => return Some(index),
            Part::Many => {}
        }
    }
    None
}
