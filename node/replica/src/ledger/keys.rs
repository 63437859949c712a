//! Keys of the columns. Numbers are big-endian, so that byte order is numeric order.

use assent_types::ids::{Hash32, Height, KeyId, Millis, OrgId, Sp};
use assent_types::state::StateKey;

use assent_contracts::Deadline;

/// Meta: version of the layout.
pub const META_FORMAT: &[u8] = b"format";
/// Meta: the head.
pub const META_HEAD: &[u8] = b"head";
/// Meta: the genesis header.
pub const META_GENESIS: &[u8] = b"genesis";

/// Blocks, Commits, SetChanges.
pub fn height(height: Height) -> [u8; 8] {
    height.0.to_be_bytes()
}

/// Reads back a height key.
pub fn height_of(key: &[u8]) -> Option<Height> {
    key.try_into().ok().map(|bytes| Height(u64::from_be_bytes(bytes)))
}

/// Receipts.
pub fn receipt(height: Height, index: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&height.0.to_be_bytes());
    key[8..].copy_from_slice(&index.to_be_bytes());
    key
}

/// Tiles of the history log.
pub fn tile(level: u8, index: u64) -> [u8; 9] {
    let mut key = [0; 9];
    key[0] = level;
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

/// Replaced values of the state tree: newest version first.
pub fn value(key_hash: &Hash32, version: u64) -> [u8; 40] {
    let mut key = [0; 40];
    key[..32].copy_from_slice(&key_hash.0);
    key[32..].copy_from_slice(&(!version).to_be_bytes());
    key
}

/// What stands under a key hash in Latest: the version, big-endian, and the value.
pub fn latest(version: u64, value: &[u8]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(8 + value.len());
    entry.extend_from_slice(&version.to_be_bytes());
    entry.extend_from_slice(value);
    entry
}

/// Stale nodes, by the version since which they are.
pub fn stale(since: u64, node: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(8 + node.len());
    key.extend_from_slice(&since.to_be_bytes());
    key.extend_from_slice(node);
    key
}

/// Consent log or access log of a subject with a controller.
pub fn subject_log(subject: &Sp, controller: OrgId, seq: u64) -> [u8; 44] {
    let mut key = [0; 44];
    key[..32].copy_from_slice(&subject.0.0);
    key[32..36].copy_from_slice(&controller.0.to_be_bytes());
    key[36..].copy_from_slice(&seq.to_be_bytes());
    key
}

/// Deadlines: time, then state key in its canonical order, then id.
pub fn deadline(deadline: &Deadline) -> Vec<u8> {
    let mut key = deadline.at.0.to_be_bytes().to_vec();
    key.extend_from_slice(&deadline_rank(&deadline.key));
    key.extend_from_slice(&deadline.id.0);
    key
}

/// Bytes of a state key that sort as the key does: numbers big-endian.
fn deadline_rank(key: &StateKey) -> Vec<u8> {
    let mut bytes = assent_types::encode(key);
    // The only numbers in state keys are organisation ids at the end.
    if let StateKey::Consents(_, org)
    | StateKey::Org(org)
    | StateKey::Bases(org)
    | StateKey::Misbehaviour(org)
    | StateKey::Accesses(_, org)
    | StateKey::Bill(_, org) = key
    {
        let end = bytes.len() - 4;
        bytes[end..].copy_from_slice(&org.0.to_be_bytes());
    }
    bytes
}

/// Memory of idempotency keys.
pub fn memory(signer: &KeyId, idempotency: &[u8; 16]) -> [u8; 48] {
    let mut key = [0; 48];
    key[..32].copy_from_slice(&signer.0.0);
    key[32..].copy_from_slice(idempotency);
    key
}

/// Memory by time of inclusion.
pub fn memory_by_time(time: Millis, signer: &KeyId, idempotency: &[u8; 16]) -> [u8; 56] {
    let mut key = [0; 56];
    key[..8].copy_from_slice(&time.0.to_be_bytes());
    key[8..].copy_from_slice(&memory(signer, idempotency));
    key
}
