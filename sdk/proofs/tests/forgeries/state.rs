use assent_proofs::ProofError as E;
use assent_proofs::bundle::{Bundle, Claim, ClaimError as C, State, StateItem, VerifyError as V};
use assent_proofs::state::{NeighbourLeaf, StateProof, prove, value_hash};
use assent_proofs::testing::{BlockInput, TestChain, subject_record};
use assent_types::state::{StateKey, StateValue};
use assent_types::{Bytes, DecodeError, ErrorCode, Hash32, List, OrgId, TxHash, decode, encode};

use super::{Forgery, body, byte_forgeries, edit, forgeries, seal};

const PLACEHOLDER: Hash32 = Hash32(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");

fn state_of(bundle: &mut Bundle) -> &mut State {
    match &mut bundle.claim {
        Claim::State(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn item(bundle: &mut Bundle, index: usize) -> &mut StateItem {
    &mut state_of(bundle).items.as_mut_slice()[index]
}

fn set_value(bundle: &mut Bundle, change: impl FnOnce(&mut Vec<u8>)) {
    let item = item(bundle, 0);
    let mut value = item.value.as_ref().map_or_else(Vec::new, |value| value.to_vec());
    change(&mut value);
    item.value = Some(Bytes::new(value).unwrap());
}

fn siblings(bundle: &mut Bundle, index: usize, change: impl FnOnce(&mut Vec<Option<Hash32>>)) {
    edit(&mut item(bundle, index).proof.siblings, change);
}

/// Replaces item 0 by the claim for another key, keeping the other item.
fn with_item(chain: &TestChain, bundle: &mut Bundle, key: StateKey, at: u64) {
    let (value, proof) = prove(&chain.nodes, at, &key.hash()).unwrap();
    *item(bundle, 0) = StateItem::new(key, value, proof).unwrap();
}

/// A bundle about a chain whose validators stored a value as it is under the key of subject 500.
fn with_stored(chain: &TestChain, bundle: &mut Bundle, key: StateKey, value: Vec<u8>) {
    // The chain must have the trusted id, so it continues the standard one.
    let mut chain = chain.clone();
    chain.push(BlockInput { raw: vec![(key.hash(), value)], ..Default::default() });
    *bundle = chain.bundle(chain.height(), chain.state_claim(&[key], chain.height()));
}

/// Forgeries of presence: items `Validators` (0) and subject 7 (1), at height 9.
pub(crate) fn presence() -> Vec<Forgery> {
    let mut all = forgeries! {
        "a bit of the value", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            set_value(b, |value| value[40] ^= 1);
        "value cut", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| set_value(b, |v| v.truncate(v.len() - 1));
        "value extended", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| set_value(b, |v| v.push(0));
        "value empty", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| set_value(b, Vec::clear);
        "value of another key", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| {
            let other = item(b, 1).value.clone();
            item(b, 0).value = other;
        };
        "value and proof of another key", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| {
            let other = item(b, 1).clone();
            item(b, 0).value = other.value;
            item(b, 0).proof = other.proof;
        };
        "value rewritten by another transaction", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            set_value(b, |bytes| {
                let mut value: StateValue = decode(bytes).unwrap();
                value.written_by = TxHash(Hash32::ZERO);
                *bytes = encode(&value);
            });
        "another key", V::Claim(C::State { index: 1, error: E::Root { .. } }) => |_, b|
            item(b, 1).key = subject_record(8).0;
        "value and proof of an older height", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            with_item(c, b, StateKey::Validators, 3);
        "value and proof of a later height", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            with_item(c, b, StateKey::Validators, 10);
        "under the header of another height", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            b.finality = c.finality(8);
        "present key claimed absent", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            item(b, 0).value = None;
        "present key claimed absent beside itself", V::Claim(C::State { index: 0, error: E::Present }) => |_, b| {
            let value = item(b, 0).value.take().unwrap();
            let key_hash = item(b, 0).key.hash();
            item(b, 0).proof.neighbour = Some(NeighbourLeaf { key_hash, value_hash: value_hash(&value) });
        };
        "present key with a neighbour", V::Claim(C::State { index: 0, error: E::NonCanonical }) => |_, b| {
            let neighbour = NeighbourLeaf { key_hash: Hash32::ZERO, value_hash: Hash32::ZERO };
            item(b, 0).proof.neighbour = Some(neighbour);
        };
        "lowest sibling dropped", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| *s = s.split_off(1));
        "highest sibling dropped", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| s.truncate(s.len() - 1));
        "all siblings dropped", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, Vec::clear);
        "an empty sibling more", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| s.insert(0, None));
        "256 siblings", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| s.resize(256, None));
        "siblings in reverse", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| s.reverse());
        "a sibling emptied", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| *s.last_mut().unwrap() = None);
        "a sibling zeroed", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| *s.last_mut().unwrap() = Some(Hash32::ZERO));
        "an empty sibling spelled out", V::Claim(C::State { index: 0, error: E::NonCanonical }) => |_, b|
            siblings(b, 0, |s| s.insert(0, Some(PLACEHOLDER)));
        "no item", V::Claim(C::Items) => |_, b| edit(&mut state_of(b).items, Vec::clear);
        "an item twice", V::Claim(C::Items) => |_, b|
            edit(&mut state_of(b).items, |items| items.insert(0, items[0].clone()));
        "items in reverse", V::Claim(C::Items) => |_, b| edit(&mut state_of(b).items, |items| items.reverse());
        "stored value that names another key", V::Claim(C::Value { index: 0, .. }) => |c, b| {
            let (key, record) = subject_record(500);
            let value = StateValue { key: subject_record(7).0, written_by: TxHash::default(), record };
            with_stored(c, b, key, encode(&value));
        };
        "stored record of another kind", V::Claim(C::Value { index: 0, .. }) => |c, b| {
            let (_, record) = subject_record(500);
            let key = StateKey::Org(OrgId(1));
            with_stored(c, b, key, encode(&StateValue { key, written_by: TxHash::default(), record }));
        };
        "stored value with a trailing byte", V::Claim(C::Value { index: 0, .. }) => |c, b| {
            let (key, record) = subject_record(500);
            let mut value = encode(&StateValue { key, written_by: TxHash::default(), record });
            value.push(0);
            with_stored(c, b, key, value);
        };
        "stored value that is none", V::Claim(C::Value { index: 0, .. }) => |c, b|
            with_stored(c, b, subject_record(500).0, vec![]);
    };
    all.extend(byte_forgeries! {
        "items over their bound", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            let claim = borsh::to_vec(&b.claim).unwrap().len();
            let mut body = body(b);
            let at = body.len() - claim + 1;
            body[at..at + 4].copy_from_slice(&257u32.to_le_bytes());
            seal(body)
        };
    });
    all
}

/// Two absent subjects at a height, in the order of their keys: the first in an empty place, the other beside a leaf.
pub(crate) fn absent_keys(chain: &TestChain, at: u64) -> [StateKey; 2] {
    let proof = |key: &StateKey| prove(&chain.nodes, at, &key.hash()).unwrap().1;
    let keys = || (100..400).map(|index| subject_record(index).0);
    let beside = keys().filter(|key| proof(key).neighbour.is_some()).max().unwrap();
    let empty = keys().filter(|key| proof(key).neighbour.is_none()).min().unwrap();
    assert!(empty < beside);
    [empty, beside]
}

/// The claim that a present key is absent, by a path cut `levels` from the bottom.
fn cut_path(chain: &TestChain, bundle: &mut Bundle, levels: usize) {
    let key = subject_record(7).0;
    let (_, proof) = prove(&chain.nodes, 9, &key.hash()).unwrap();
    let kept = proof.siblings[levels..].to_vec();
    let proof = StateProof { neighbour: None, siblings: List::new(kept).unwrap() };
    edit(&mut state_of(bundle).items, |items| *items = vec![StateItem { key, value: None, proof }]);
}

/// Forgeries of absence: of one subject in an empty place (0) and one beside a leaf (1), at height 9.
pub(crate) fn absence() -> Vec<Forgery> {
    forgeries! {
        "absence of a present key, path cut", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            cut_path(c, b, 1);
        "absence of a present key, path cut high", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            cut_path(c, b, 4);
        "absence of a present key, full path", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            cut_path(c, b, 0);
        "absence of a present key beside itself", V::Claim(C::State { error: E::Present, .. }) => |c, b| {
            let key = subject_record(7).0;
            let (value, mut proof) = prove(&c.nodes, 9, &key.hash()).unwrap();
            proof.neighbour = Some(NeighbourLeaf { key_hash: key.hash(), value_hash: value_hash(&value.unwrap()) });
            edit(&mut state_of(b).items, |items| *items = vec![StateItem { key, value: None, proof }]);
        };
        "absence of a present key beside another's leaf", V::Claim(C::State { error: E::Neighbour, .. }) => |c, b| {
            let (key, other) = (subject_record(7).0, subject_record(8).0);
            let (value, mut proof) = prove(&c.nodes, 9, &other.hash()).unwrap();
            proof.neighbour = Some(NeighbourLeaf { key_hash: other.hash(), value_hash: value_hash(&value.unwrap()) });
            edit(&mut state_of(b).items, |items| *items = vec![StateItem { key, value: None, proof }]);
        };
        "absence before the key was written", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b| {
            let key = subject_record(30).0;
            let (value, proof) = prove(&c.nodes, 3, &key.hash()).unwrap();
            assert!(value.is_none());
            edit(&mut state_of(b).items, |items| *items = vec![StateItem { key, value: None, proof }]);
        };
        "absence at a later height", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b| {
            let key = item(b, 0).key;
            with_item(c, b, key, 10);
        };
        "under the header of another height", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |c, b|
            b.finality = c.finality(8);
        "an absent key claimed present", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| {
            let (key, record) = (item(b, 0).key, subject_record(7).1);
            let value = encode(&StateValue { key, written_by: TxHash::default(), record });
            item(b, 0).value = Some(Bytes::new(value).unwrap());
        };
        "an absent key claimed present and empty", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            item(b, 0).value = Some(Bytes::default());
        "an absent key beside a leaf claimed present", V::Claim(C::State { index: 1, error: E::NonCanonical }) => |_, b|
            item(b, 1).value = Some(Bytes::default());
        "proofs of two absent keys exchanged", V::Claim(C::State { index: 0, .. }) => |_, b| {
            let other = item(b, 1).proof.clone();
            item(b, 1).proof = std::mem::replace(&mut item(b, 0).proof, other);
        };
        "another key of a neighbour", V::Claim(C::State { index: 1, error: E::Root { .. } }) => |_, b|
            item(b, 1).proof.neighbour.as_mut().unwrap().key_hash.0[31] ^= 1;
        "another value of a neighbour", V::Claim(C::State { index: 1, error: E::Root { .. } }) => |_, b|
            item(b, 1).proof.neighbour.as_mut().unwrap().value_hash = Hash32::ZERO;
        "a neighbour hidden", V::Claim(C::State { index: 1, error: E::Root { .. } }) => |_, b|
            item(b, 1).proof.neighbour = None;
        "a neighbour invented", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b| {
            let mut key_hash = item(b, 0).key.hash();
            key_hash.0[31] ^= 1;
            item(b, 0).proof.neighbour = Some(NeighbourLeaf { key_hash, value_hash: Hash32::ZERO });
        };
        "a neighbour from elsewhere", V::Claim(C::State { index: 1, error: E::Neighbour }) => |_, b| {
            let neighbour = item(b, 1).proof.neighbour.as_mut().unwrap();
            neighbour.key_hash.0[0] ^= 0x80;
        };
        "lowest sibling dropped", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| *s = s.split_off(1));
        "highest sibling dropped", V::Claim(C::State { index: 1, error: E::Root { .. } }) => |_, b|
            siblings(b, 1, |s| s.truncate(s.len() - 1));
        "an empty sibling more", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| s.insert(0, None));
        "256 siblings", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| s.resize(256, None));
        "siblings in reverse", V::Claim(C::State { index: 1, error: E::Root { .. } }) => |_, b|
            siblings(b, 1, |s| s.reverse());
        "a sibling emptied", V::Claim(C::State { index: 0, error: E::Root { .. } }) => |_, b|
            siblings(b, 0, |s| *s.last_mut().unwrap() = None);
        "an empty sibling spelled out", V::Claim(C::State { index: 0, error: E::NonCanonical }) => |_, b|
            siblings(b, 0, |s| s.insert(0, Some(PLACEHOLDER)));
        "no item", V::Claim(C::Items) => |_, b| edit(&mut state_of(b).items, Vec::clear);
        "items in reverse", V::Claim(C::Items) => |_, b| edit(&mut state_of(b).items, |items| items.reverse());
    }
}
