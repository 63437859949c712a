use std::fmt;

use assent_types::Hash32;

use super::proof::{PLACEHOLDER, leaf_hash, node_hash};

/// Where nodes and values are read from.
pub trait NodeReader {
    /// What may go wrong in the storage.
    type Error: fmt::Debug + fmt::Display;

    /// The node with this encoded key. Keys start with the version, big-endian, and ascend with it.
    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The newest value of a key whose version is at most `max_version`, with its version.
    fn value(&self, key_hash: &Hash32, max_version: u64) -> Result<Option<(u64, Vec<u8>)>, Self::Error>;
}

/// Why the state cannot be read or updated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError<E: fmt::Debug + fmt::Display> {
    /// The storage failed.
    #[error("reading the state failed: {0}")]
    Reader(E),
    /// There is no root of this version: it was never written, or it was pruned.
    #[error("the state of version {0} is not stored")]
    MissingRoot(u64),
    /// A node below an existing root is missing.
    #[error("node {0} of the state is missing")]
    MissingNode(StoredKey),
    /// A stored node or value is not what its parent says.
    #[error("entry {0} of the state is corrupt: {1}")]
    Corrupt(StoredKey, &'static str),
    /// Nothing to write: a version must change something, or it would have no root of its own.
    #[error("a version of the state needs at least one write")]
    Empty,
    /// Two writes to one key.
    #[error("two writes to the key with hash {0}")]
    DuplicateKey(Hash32),
    /// The largest version is reserved.
    #[error("version {0} cannot have a successor")]
    Version(u64),
}

/// Encoded key of a node, or hash of a value's key, for error messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey(pub Vec<u8>);

impl fmt::Display for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Key of a node: version (8 bytes, big-endian), number of nibbles, nibbles packed with the first one high.
pub(super) fn node_key(version: u64, nibbles: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut key = Vec::with_capacity(41);
    key.extend_from_slice(&version.to_be_bytes());
    key.push(0);
    for nibble in nibbles {
        if key[8].is_multiple_of(2) {
            key.push(nibble << 4);
        } else if let Some(last) = key.last_mut() {
            *last |= nibble;
        }
        key[8] += 1;
    }
    key
}

/// Key of the node that stands `depth` nibbles down the path to a key hash.
pub(super) fn key_at(version: u64, key_hash: &Hash32, depth: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(41);
    key.extend_from_slice(&version.to_be_bytes());
    // A path has at most 64 nibbles.
    key.push(u8::try_from(depth).unwrap_or(u8::MAX));
    key.extend_from_slice(&key_hash.0[..depth.div_ceil(2)]);
    if let (false, Some(last)) = (depth.is_multiple_of(2), key.last_mut()) {
        *last &= 0xf0;
    }
    key
}

/// Key of the root of a version.
pub(super) fn root_key(version: u64) -> Vec<u8> {
    node_key(version, std::iter::empty())
}

/// Nibble `index` of a key hash.
pub(super) fn nibble(hash: &Hash32, index: usize) -> u8 {
    let byte = hash.0[index / 2];
    if index.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

/// A child of an inner node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(super) hash: Hash32,
    pub(super) version: u64,
    /// Number of leaves below; `None` for a leaf.
    pub(super) leaves: Option<u64>,
}

/// A stored node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Leaf { key_hash: Hash32, value_hash: Hash32 },
    Inner(Box<[Option<Child>; 16]>),
}

const TAG_LEAF: u8 = 1;
const TAG_INNER: u8 = 2;

/// Encodes a node. Leaf: tag, key hash, value hash. Inner: tag, bitmap of children, bitmap of those that are leaves (both
/// little-endian), then for each child its hash, how many versions older than the node it is, and the number of its
/// leaves unless it is one (both LEB128).
pub(crate) fn encode(node: &Node, version: u64) -> Vec<u8> {
    match node {
        Node::Leaf { key_hash, value_hash } => {
            let mut bytes = Vec::with_capacity(65);
            bytes.push(TAG_LEAF);
            bytes.extend_from_slice(&key_hash.0);
            bytes.extend_from_slice(&value_hash.0);
            bytes
        }
        Node::Inner(children) => {
            let mut bytes = Vec::with_capacity(5 + 16 * 40);
            let (present, leaves) = bitmaps(children);
            bytes.push(TAG_INNER);
            bytes.extend_from_slice(&present.to_le_bytes());
            bytes.extend_from_slice(&leaves.to_le_bytes());
            for child in children.iter().flatten() {
                bytes.extend_from_slice(&child.hash.0);
                push_varint(&mut bytes, version - child.version);
                if let Some(leaves) = child.leaves {
                    push_varint(&mut bytes, leaves);
                }
            }
            bytes
        }
    }
}

/// Decodes a node stored under a key, and checks that it may stand there.
pub(crate) fn decode(key: &[u8], bytes: &[u8]) -> Result<Node, &'static str> {
    let Some((version, path)) = key.split_first_chunk::<8>() else { return Err("short key") };
    let version = u64::from_be_bytes(*version);
    let mut input = bytes;
    let node = match take::<1>(&mut input)? {
        [TAG_LEAF] => {
            let key_hash = Hash32(take(&mut input)?);
            let nibbles = usize::from(path.first().copied().unwrap_or(0));
            if nibbles > 64 || (0..nibbles).any(|index| nibble(&key_hash, index) != path_nibble(path, index)) {
                return Err("leaf outside its path");
            }
            Node::Leaf { key_hash, value_hash: Hash32(take(&mut input)?) }
        }
        [TAG_INNER] => decode_inner(version, &mut input)?,
        _ => return Err("unknown tag"),
    };
    if input.is_empty() { Ok(node) } else { Err("trailing bytes") }
}

fn path_nibble(path: &[u8], index: usize) -> u8 {
    let byte = path.get(1 + index / 2).copied().unwrap_or(0);
    if index.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

fn decode_inner(version: u64, input: &mut &[u8]) -> Result<Node, &'static str> {
    let present = u16::from_le_bytes(take(input)?);
    let leaves = u16::from_le_bytes(take(input)?);
    if leaves & !present != 0 {
        return Err("leaf that is no child");
    }
    if present == 0 || (present.count_ones() == 1 && leaves != 0) {
        return Err("too few children");
    }
    let mut children = Box::new([None; 16]);
    for (index, slot) in children.iter_mut().enumerate() {
        if present >> index & 1 == 0 {
            continue;
        }
        let hash = Hash32(take(input)?);
        let version = version.checked_sub(take_varint(input)?).ok_or("child newer than its parent")?;
        let leaves = if leaves >> index & 1 == 1 { None } else { Some(take_varint(input)?) };
        *slot = Some(Child { hash, version, leaves });
    }
    Ok(Node::Inner(children))
}

fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (head, rest) = input.split_first_chunk::<N>().ok_or("truncated")?;
    *input = rest;
    Ok(*head)
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

fn take_varint(input: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = take(input)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            let minimal = byte != 0 || shift == 0;
            return if minimal && (shift < 63 || byte == 1) { Ok(value) } else { Err("number not in its one form") };
        }
    }
    Err("number too long")
}

/// Bitmaps of the children of an inner node, and of those that are leaves.
pub(super) fn bitmaps(children: &[Option<Child>; 16]) -> (u16, u16) {
    let mut present = 0;
    let mut leaves = 0;
    for (index, child) in children.iter().enumerate() {
        if let Some(child) = child {
            present |= 1 << index;
            leaves |= u16::from(child.leaves.is_none()) << index;
        }
    }
    (present, leaves)
}

/// What stands in the part of an inner node from `start` with `width` children.
pub(super) enum Part {
    Empty,
    /// One child that stands for the whole part: its index.
    Only(u8),
    Many,
}

/// Finds what stands in a part: a part of one child, or with a single leaf, is that child.
pub(super) fn part(children: &[Option<Child>; 16], start: usize, width: usize) -> Part {
    let mut only = None;
    let mut count = 0;
    for (index, child) in (0u8..).zip(children).skip(start).take(width) {
        if let Some(child) = child {
            count += 1;
            only = Some((index, child));
        }
    }
    match only {
        None => Part::Empty,
        Some((index, child)) if width == 1 || (count == 1 && child.leaves.is_none()) => Part::Only(index),
        Some(_) => Part::Many,
    }
}

/// Hash of an inner node: its parts joined from the bottom up, so that each is looked at once.
fn inner_hash(children: &[Option<Child>; 16]) -> Hash32 {
    /// A part that stands for itself by its hash: nothing, a single leaf, or anything else.
    #[derive(Clone, Copy)]
    enum Joined {
        Empty,
        Leaf(Hash32),
        Many(Hash32),
    }
    let of_child = |child: &Option<Child>| match child {
        None => Joined::Empty,
        Some(Child { hash, leaves: None, .. }) => Joined::Leaf(*hash),
        Some(Child { hash, .. }) => Joined::Many(*hash),
    };
    let hash_of = |part: Joined| match part {
        Joined::Empty => PLACEHOLDER,
        Joined::Leaf(hash) | Joined::Many(hash) => hash,
    };
    let mut parts = children.each_ref().map(of_child);
    let mut width = parts.len();
    while width > 1 {
        width /= 2;
        for index in 0..width {
            parts[index] = match (parts[2 * index], parts[2 * index + 1]) {
                (only, Joined::Empty) | (Joined::Empty, only) if !matches!(only, Joined::Many(_)) => only,
                (left, right) => Joined::Many(node_hash(&hash_of(left), &hash_of(right))),
            };
        }
    }
    hash_of(parts[0])
}

/// Hash of a part of an inner node.
pub(super) fn part_hash(children: &[Option<Child>; 16], start: usize, width: usize) -> Hash32 {
    match part(children, start, width) {
        Part::Empty => PLACEHOLDER,
        Part::Only(index) => children[usize::from(index)].map_or(PLACEHOLDER, |child| child.hash),
        Part::Many => {
            let half = width / 2;
            node_hash(&part_hash(children, start, half), &part_hash(children, start + half, half))
        }
    }
}

impl Node {
    pub(super) fn hash(&self) -> Hash32 {
        match self {
            Self::Leaf { key_hash, value_hash } => leaf_hash(key_hash, value_hash),
            Self::Inner(children) => inner_hash(children),
        }
    }
}

/// Reads a node that must exist.
pub(super) fn read<R: NodeReader>(reader: &R, key: &[u8]) -> Result<Node, StateError<R::Error>> {
    match reader.node(key).map_err(StateError::Reader)? {
        Some(bytes) => decode(key, &bytes).map_err(|reason| StateError::Corrupt(StoredKey(key.to_vec()), reason)),
        None => Err(StateError::MissingNode(StoredKey(key.to_vec()))),
    }
}

/// Reads the root node of a version.
pub(super) fn read_root<R: NodeReader>(reader: &R, version: u64) -> Result<Node, StateError<R::Error>> {
    read(reader, &root_key(version)).map_err(|error| match error {
        StateError::MissingNode(_) => StateError::MissingRoot(version),
        other => other,
    })
}

/// Root hash of a version.
pub fn root<R: NodeReader>(reader: &R, version: u64) -> Result<Hash32, StateError<R::Error>> {
    read_root(reader, version).map(|node| node.hash())
}
