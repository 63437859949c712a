//! Signatures: batches agree with single checks on every input, and strict checks refuse what is not canonical.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod samples;

use std::fmt::Debug;
use std::marker::PhantomData;

use assent_types::Hash32;
use assent_types::hash::{Tag, tagged, tagged_value};
use assent_types::key::{PublicKey, SecretKey, Signature, SignatureCheck, Suite};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

/// The 14 encodings of points of small order that decompress under ZIP-215, six of them not canonical.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut encodings: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|point| point.compress().0).collect();
    let mut prime = [0xff; 32];
    (prime[0], prime[31]) = (0xed, 0x7f);
    for low in [0, 1u8] {
        // y = p + low, with either sign, and y = low with the sign that x = 0 does not have.
        let mut y = prime;
        y[0] += low;
        let mut signed = y;
        signed[31] |= 0x80;
        encodings.extend([y, signed]);
    }
    for y in [
        {
            let mut one = [0; 32];
            one[0] = 1;
            one
        },
        {
            let mut minus_one = prime;
            minus_one[0] -= 1;
            minus_one
        },
    ] {
        let mut signed = y;
        signed[31] |= 0x80;
        encodings.push(signed);
    }
    encodings.sort_unstable();
    encodings.dedup();
    encodings
}

/// A signature under a key with a torsion component: the equation holds only after multiplying by the cofactor, unless
/// the challenge happens to cancel the component.
fn with_torsion(index: u64) -> SignatureCheck {
    let scalar = |text: &str| {
        let wide: [u8; 64] = Sha512::digest(format!("{text} {index}")).into();
        Scalar::from_bytes_mod_order_wide(&wide)
    };
    let torsion = EIGHT_TORSION[1 + (index % 7) as usize];
    let (secret, nonce) = (scalar("key"), scalar("nonce"));
    let key = (ED25519_BASEPOINT_POINT * secret + torsion).compress().0;
    let commitment = (ED25519_BASEPOINT_POINT * nonce).compress().0;
    let digest = tagged_value(Tag::Evidence, &index);
    let mut hasher = Sha512::new();
    hasher.update(commitment);
    hasher.update(key);
    hasher.update(digest.0);
    let challenge: [u8; 64] = hasher.finalize().into();
    let response = nonce + Scalar::from_bytes_mod_order_wide(&challenge) * secret;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&commitment);
    signature[32..].copy_from_slice(response.as_bytes());
    SignatureCheck { key: PublicKey { suite: Suite::S1, bytes: key }, digest, signature: Signature(signature) }
}

/// Every pair of small-order key and commitment with S = 0: ZIP-215 accepts all of them for any message.
fn of_small_order() -> Vec<SignatureCheck> {
    let encodings = small_order_encodings();
    let check = |(key, commitment): (&[u8; 32], &[u8; 32])| {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(commitment);
        let key = PublicKey { suite: Suite::S1, bytes: *key };
        SignatureCheck { key, digest: Hash32([7; 32]), signature: Signature(signature) }
    };
    encodings.iter().flat_map(|key| encodings.iter().map(move |commitment| (key, commitment))).map(check).collect()
}

fn honest() -> Vec<SignatureCheck> {
    let tx = samples::transaction();
    let keys = [1, 2, 3].map(samples::public);
    tx.signature_checks(|id| keys.iter().find(|key| key.id() == *id).copied()).unwrap()
}

fn add_order(signature: &mut Signature) {
    const L: [u8; 16] =
        [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14];
    let order: Vec<u8> = L.into_iter().chain([0; 15]).chain([0x10]).collect();
    let mut carry = 0;
    for (byte, add) in signature.0[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

#[test]
fn batches_agree_with_single_checks() {
    let crafted: Vec<SignatureCheck> = (0..64).map(with_torsion).collect();
    let small = of_small_order();
    assert_eq!(small.len(), 14 * 14);
    let good: Vec<SignatureCheck> = [honest(), crafted, small].concat();
    assert!(good.iter().all(SignatureCheck::verify), "ZIP-215 accepts each");
    assert!(SignatureCheck::verify_batch(&good), "and all of them");
    assert!(SignatureCheck::verify_batch(&[]));
    // A bad one among them, at any place and of any kind, fails the batch as it fails alone.
    let mut seed = 17u64;
    for kind in 0..4 {
        for _ in 0..8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = (seed >> 33) as usize % good.len();
            let mut bad = good.clone();
            match kind {
                0 => bad[place].digest = Hash32([place.to_le_bytes()[0]; 32]),
                1 => bad[place].signature.0[63] ^= 0x20,
                2 => add_order(&mut bad[place].signature),
                _ => bad[place].key = samples::public(99),
            }
            // The equation of a small-order signature does not depend on the message.
            let alone = bad[place].verify();
            assert_eq!(SignatureCheck::verify_batch(&bad), alone, "seed 17, kind {kind}, place {place}");
            let neighbours = &bad[place.saturating_sub(3)..(place + 2).min(bad.len())];
            assert_eq!(SignatureCheck::verify_batch(neighbours), alone, "other neighbours change nothing");
        }
    }
}

#[test]
fn strict_checks_refuse_small_order_and_a_second_scalar() {
    for check in of_small_order() {
        assert!(!check.key.is_valid());
        assert!(!check.key.verify_token(b"anything", &check.signature));
        assert!(!check.key.verify_possession(&Hash32::ZERO, &check.signature));
    }
    let key = samples::secret(1);
    let mut signature = key.sign_token(b"input");
    assert!(key.public().is_valid() && key.public().verify_token(b"input", &signature));
    // The same equation with S + L, which lax verifiers accept.
    add_order(&mut signature);
    assert!(!key.public().verify_token(b"input", &signature));
    let digest = tagged(Tag::ApiToken, b"input");
    assert!(!SignatureCheck { key: key.public(), digest, signature }.verify(), "nor does ZIP-215");
    // A commitment of small order under an honest key.
    for commitment in small_order_encodings() {
        let mut signature = key.sign_token(b"input");
        signature.0[..32].copy_from_slice(&commitment);
        assert!(!key.public().verify_token(b"input", &signature));
    }
}

/// A signature for one purpose is none for another.
#[test]
fn purposes_are_separate() {
    let key = samples::secret(1);
    let public = key.public();
    let input = Hash32([5; 32]);
    let (token, possession) = (key.sign_token(&input.0), key.sign_possession(&input));
    assert!(public.verify_token(&input.0, &token) && public.verify_possession(&input, &possession));
    assert!(!public.verify_token(&input.0, &possession) && !public.verify_possession(&input, &token));
    assert!(!samples::public(2).verify_token(&input.0, &token));
}

/// RFC 8032 §7.1, test 1: the key pair.
#[test]
fn keys_follow_rfc_8032() {
    let seed: Hash32 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60".parse().unwrap();
    let key = SecretKey::from_seed(&seed.0);
    let public = "S1:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(key.public().to_string(), public);
    assert_eq!(public.parse(), Ok(key.public()));
    assert_eq!(*key.seed(), seed.0);
    for text in ["", "S1", "S2:00", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"] {
        assert!(text.parse::<PublicKey>().is_err(), "{text:?}");
    }
}

struct Probe<T>(PhantomData<T>);

trait NotDebug {
    const DEBUG: bool = false;
}

impl<T> NotDebug for Probe<T> {}

impl<T: Debug> Probe<T> {
    const DEBUG: bool = true;
}

/// A secret key has no debug output that could reach a log.
#[test]
fn secret_keys_have_no_debug_output() {
    const { assert!(!<Probe<SecretKey>>::DEBUG) };
    const { assert!(<Probe<PublicKey>>::DEBUG, "the probe can tell") };
}
