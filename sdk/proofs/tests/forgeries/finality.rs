use assent_proofs::bundle::{Bundle, Claim, Finality, FinalityError as F, PathError as P, SetChange, VerifyError as V};
use assent_proofs::testing::{BlockInput, TestChain, certify, test_key};
use assent_types::key::{PublicKey, Signature, Suite};
use assent_types::validator::{
    CertificateError as Cert, CommitSignature, Validator, ValidatorSet, VotePayload, VoteStep,
};
use assent_types::{BlockHash, ChainId, DecodeError, ErrorCode, Hash32, Height, Millis, OrgId, Text};

use super::{Forgery, body, byte_forgeries, edit, forgeries, seal};

/// Order of the prime-order subgroup, little-endian (RFC 8032 §5.1).
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Encoding of the neutral point, of order 1.
const NEUTRAL: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// The same scalar plus L: a second signature for lax verifiers.
fn add_order(signature: &mut Signature) {
    let mut carry = 0;
    for (byte, add) in signature.0[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

fn signatures(bundle: &mut Bundle, change: impl FnOnce(&mut Vec<CommitSignature>)) {
    edit(&mut bundle.finality.certificate.signatures, change);
}

/// Replaces the first signature by one over a changed payload, by the right key.
fn resign(bundle: &mut Bundle, change: impl FnOnce(&mut VotePayload)) {
    let certificate = &mut bundle.finality.certificate;
    let voter = certificate.signatures[0].voter;
    let mut payload = certificate.precommit(bundle.chain, voter);
    change(&mut payload);
    certificate.signatures.as_mut_slice()[0].signature = payload.sign(&test_key(voter));
}

/// Signs the header that the bundle has now with these keys.
fn sign(bundle: &mut Bundle, signers: &[u32]) {
    let signers: Vec<OrgId> = signers.iter().copied().map(OrgId).collect();
    bundle.finality.certificate = certify(&bundle.finality.header, 0, &signers);
}

fn change(bundle: &mut Bundle) -> &mut SetChange {
    &mut bundle.path.as_mut_slice()[0]
}

/// A chain that differs from the standard one in its name only.
fn other_chain() -> TestChain {
    let genesis = TestChain::genesis().genesis;
    let mut other = TestChain::with_validators(genesis.validators, "another chain");
    for _ in 0..9 {
        other.push(BlockInput { receipts: 5, ..Default::default() });
    }
    other
}

fn votes() -> Vec<Forgery> {
    forgeries! {
        "signatures of two voters swapped", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b| signatures(b, |s| {
            let first = s[0].signature;
            s[0].signature = s[1].signature;
            s[1].signature = first;
        });
        "voters in reverse", V::Finality(F::Certificate(Cert::Order)) => |_, b| signatures(b, |s| s.reverse());
        "a voter twice", V::Finality(F::Certificate(Cert::Order)) => |_, b| signatures(b, |s| s.insert(0, s[0]));
        "a voter dropped", V::Finality(F::Certificate(Cert::Power { signed: 20, total: 40 })) => |_, b|
            signatures(b, |s| s.truncate(s.len() - 1));
        "no voter", V::Finality(F::Certificate(Cert::Power { signed: 0, .. })) => |_, b| signatures(b, |s| s.clear());
        "a stranger votes", V::Finality(F::Certificate(Cert::Stranger(OrgId(9)))) => |_, b| signatures(b, |s|
            s.push(CommitSignature { voter: OrgId(9), signature: s[0].signature }));
        "a removed validator votes", V::Finality(F::Certificate(Cert::Stranger(OrgId(4)))) => |_, b|
            sign(b, &[1, 2, 3, 4]);
        "another voter named", V::Finality(F::Certificate(Cert::Signature(OrgId(2)))) => |_, b|
            signatures(b, |s| s[1].voter = OrgId(2));
        "another round", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b| b.finality.certificate.round += 1;
        "certificate of the next height", V::Finality(F::Block) => |_, b| b.finality.certificate.height.0 += 1;
        "certificate of another block", V::Finality(F::Block) => |c, b|
            b.finality.certificate = c.block(8).certificate.clone();
        "certificate names no block of ours", V::Finality(F::Block) => |_, b|
            b.finality.certificate.block = BlockHash(Hash32::ZERO);
        "a nil precommit", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b| resign(b, |p| p.block = None);
        "a prevote", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b| resign(b, |p| p.step = VoteStep::Prevote);
        "a precommit of another height", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            resign(b, |p| p.height.0 -= 1);
        "a precommit of another round", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            resign(b, |p| p.round += 1);
        "a precommit of another chain", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            resign(b, |p| p.chain = ChainId(Hash32::ZERO));
        "a precommit in another voter's name", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            resign(b, |p| p.voter = OrgId(2));
        "a scalar above the group order", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            signatures(b, |s| add_order(&mut s[0].signature));
        "a commitment of small order", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            signatures(b, |s| s[0].signature.0[..32].copy_from_slice(&NEUTRAL));
        "a signature of zeros", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b|
            signatures(b, |s| s[0].signature = Signature([0; 64]));
    }
}

fn headers() -> Vec<Forgery> {
    forgeries! {
        "another time", V::Finality(F::Block) => |_, b| b.finality.header.time = Millis(1);
        "another state root", V::Finality(F::Block) => |_, b| b.finality.header.state_root = Hash32::ZERO;
        "another log root", V::Finality(F::Block) => |_, b| b.finality.header.log_root = Hash32::ZERO;
        "log one entry longer", V::Finality(F::Block) => |_, b| b.finality.header.log_size += 1;
        "log one entry shorter", V::Finality(F::Block) => |_, b| b.finality.header.log_size -= 1;
        "another parent", V::Finality(F::Block) => |_, b| b.finality.header.previous = BlockHash(Hash32::ZERO);
        "other next validators", V::Finality(F::Block) => |_, b| b.finality.header.next_validators = Hash32::ZERO;
        "another version", V::Finality(F::Block) => |_, b| b.finality.header.app_version += 1;
        "another proposer", V::Finality(F::Block) => |_, b| b.finality.header.proposer = OrgId(2);
        "changed header, certificate pointed at it", V::Finality(F::Certificate(Cert::Signature(_))) => |_, b| {
            b.finality.header.state_root = Hash32::ZERO;
            b.finality.certificate.block = b.finality.header.hash();
        };
        "changed header, signed by half the power", V::Finality(F::Certificate(Cert::Power { .. })) => |_, b| {
            b.finality.header.state_root = Hash32::ZERO;
            sign(b, &[1, 5]);
        };
        "header of another chain", V::Finality(F::Chain(_)) => |_, b| {
            b.finality.header.chain = ChainId(Hash32::ZERO);
            sign(b, &[1, 2, 3]);
        };
        "header of an unknown format", V::Finality(F::Format(2)) => |_, b| {
            b.finality.header.format = 2;
            sign(b, &[1, 2, 3]);
        };
        "header names the old validators", V::Finality(F::Validators { .. }) => |c, b| {
            b.finality.header.validators = c.genesis.validators.hash();
            sign(b, &[1, 2, 3]);
        };
        "stale header", V::Finality(F::Height { .. }) => |c, b| b.finality = c.finality(3);
        "height moved before the change", V::Finality(F::Height { .. }) => |_, b| {
            b.finality.header.height = Height(4);
            sign(b, &[1, 2, 3]);
        };
    }
}

fn paths() -> Vec<Forgery> {
    forgeries! {
        "path leaves the change out", V::Finality(F::Validators { .. }) => |_, b| edit(&mut b.path, Vec::clear);
        "change twice", V::Path { index: 1, error: P::Finality(F::Height { .. }) } => |_, b|
            edit(&mut b.path, |path| path.push(path[0].clone()));
        "change to a set of the forger's", V::Path { index: 0, error: P::Set { .. } } => |_, b| {
            let mut set = change(b).validators.validators().to_vec();
            set[3].key = test_key(OrgId(77)).public();
            change(b).validators = ValidatorSet::new(set).unwrap();
        };
        "change with other powers", V::Path { index: 0, error: P::Set { .. } } => |_, b| {
            let mut set = change(b).validators.validators().to_vec();
            set[0].power = 1_000;
            change(b).validators = ValidatorSet::new(set).unwrap();
        };
        "change that keeps the set", V::Path { index: 0, error: P::NoChange } => |c, b|
            edit(&mut b.path, |path| path.insert(0, SetChange {
                finality: c.finality(2),
                validators: c.genesis.validators.clone(),
            }));
        "change below quorum", V::Path { index: 0, error: P::Finality(F::Certificate(Cert::Power { .. })) } => |_, b|
            edit(&mut change(b).finality.certificate.signatures, |signatures| signatures.truncate(signatures.len() - 1));
        "change signed by the new set", V::Path { index: 0, error: P::Finality(F::Certificate(Cert::Stranger(_))) } =>
            |_, b| {
                let header = change(b).finality.header.clone();
                change(b).finality.certificate = certify(&header, 0, &[OrgId(1), OrgId(2), OrgId(5)]);
            };
        "change announced by a header of the forger's",
            V::Path { index: 0, error: P::Finality(F::Certificate(Cert::Power { .. })) } => |_, b| {
                let set = ValidatorSet::new(vec![Validator { org: OrgId(77), power: 1, key: test_key(OrgId(77)).public() }]);
                let mut header = change(b).finality.header.clone();
                header.next_validators = set.as_ref().unwrap().hash();
                let certificate = certify(&header, 0, &[OrgId(1), OrgId(2)]);
                *change(b) = SetChange { finality: Finality { header, certificate }, validators: set.unwrap() };
            };
        "change of another chain", V::Path { index: 0, error: P::Finality(F::Chain(_)) } => |_, b|
            change(b).finality = other_chain().finality(4);
        "change with another header", V::Path { index: 0, error: P::Finality(F::Block) } => |c, b|
            change(b).finality.header = c.block(3).header.clone();
        "chain id of another chain", V::Chain { .. } => |_, b| b.chain = ChainId(Hash32::ZERO);
        "bundle of another chain", V::Chain { .. } => |_, b| *b = other_chain().bundle(9, Claim::Finality);
        "genesis of another chain", V::Genesis { .. } => |_, b| b.genesis = other_chain().genesis;
        "genesis renamed", V::Genesis { .. } => |_, b| b.genesis.name = Text::new("renamed").unwrap();
        "genesis with the forger's validators", V::Genesis { .. } => |_, b| {
            let validator = Validator { org: OrgId(1), power: 1, key: test_key(OrgId(77)).public() };
            b.genesis.validators = ValidatorSet::new(vec![validator]).unwrap();
        };
        "another magic", V::Decode(DecodeError { code: ErrorCode::UnknownCode, .. }) => |_, b| b.format[14] = b'2';
    }
}

fn encodings() -> Vec<Forgery> {
    /// Where the length of the path stands.
    fn path_at(bundle: &Bundle) -> usize {
        15 + 32 + borsh::to_vec(&bundle.genesis).unwrap().len()
    }
    byte_forgeries! {
        "trailing byte", V::Decode(DecodeError { code: ErrorCode::Decode, .. }) => |_, b| seal([body(b), vec![0]].concat());
        "cut by a byte", V::Decode(DecodeError { code: ErrorCode::Decode, .. }) => |_, b| {
            let body = body(b);
            seal(body[..body.len() - 1].to_vec())
        };
        "empty file", V::Decode(DecodeError { code: ErrorCode::UnknownCode, .. }) => |_, _b| vec![];
        "magic only", V::Decode(DecodeError { code: ErrorCode::Decode, .. }) => |_, b| b.to_bytes()[..15].to_vec();
        "old checksum", V::Decode(DecodeError { code: ErrorCode::Decode, .. }) => |_, b| {
            let mut bytes = b.to_bytes();
            bytes[60] ^= 1;
            bytes
        };
        "path of four thousand million", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            let at = path_at(b);
            let mut body = body(b);
            body[at..at + 4].copy_from_slice(&[0xff; 4]);
            seal(body)
        };
        "path one over its bound", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            let at = path_at(b);
            let mut body = body(b);
            body[at..at + 4].copy_from_slice(&1025u32.to_le_bytes());
            seal(body)
        };
        "path longer than the file", V::Decode(DecodeError { code: ErrorCode::Decode | ErrorCode::NonCanonical
            | ErrorCode::TooLarge | ErrorCode::UnknownCode, .. }) => |_, b| {
            let at = path_at(b);
            let mut body = body(b);
            body[at..at + 4].copy_from_slice(&2u32.to_le_bytes());
            seal(body)
        };
        "unknown claim", V::Decode(DecodeError { code: ErrorCode::UnknownCode, .. }) => |_, b| {
            let claim = borsh::to_vec(&b.claim).unwrap().len();
            let mut body = body(b);
            let at = body.len() - claim;
            body[at] = 99;
            seal(body)
        };
        "over the size bound", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            let mut bytes = b.to_bytes();
            bytes.resize(32 * 1024 * 1024 + 1, 0);
            bytes
        };
    }
}

/// Forgeries of finality, path, genesis and encoding, for bundles of every kind.
pub(crate) fn shared() -> Vec<Forgery> {
    votes().into_iter().chain(headers()).chain(paths()).chain(encodings()).collect()
}

/// Certificates that a validator with a key of small order can make without knowing any secret.
pub(crate) fn certificates() -> Vec<(&'static str, ChainId, Bundle)> {
    // With A and R of small order and S = 0, lax verification accepts any message.
    let mut lax = Signature([0; 64]);
    lax.0[..32].copy_from_slice(&NEUTRAL);
    let weak = PublicKey { suite: Suite::S1, bytes: NEUTRAL };
    let validator = |org: u32, key| Validator { org: OrgId(org), power: 10, key };
    let honest = |org: u32| validator(org, test_key(OrgId(org)).public());
    let set = ValidatorSet::new(vec![honest(1), honest(2), honest(3), validator(4, weak)]).unwrap();
    let mut chain = TestChain::with_validators(set, "weak key");
    chain.push(BlockInput::default());
    let mut bundle = chain.bundle(1, Claim::Finality);
    bundle.finality.certificate = certify(&bundle.finality.header, 0, &[OrgId(1), OrgId(2)]);
    signatures(&mut bundle, |s| s.push(CommitSignature { voter: OrgId(4), signature: lax }));
    vec![("key, commitment and scalar of small order", chain.genesis.chain_id(), bundle)]
}
