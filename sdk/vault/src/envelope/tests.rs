use aead_stream::{EncryptorBE32, aead::Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use assent_types::encode;
use proptest::prelude::*;

use super::*;
use crate::codec::Coding;
use crate::geometry::Geometry;

const NONCE: ObjectNonce = ObjectNonce([9; 32]);

fn dek() -> Dek {
    Dek::new([7; 32])
}

/// At least 4 stripes of 1 KiB.
fn geometry() -> Geometry {
    Geometry::new(Coding::PILOT, 1024, 1).unwrap()
}

fn cipher() -> SegmentCipher {
    SegmentCipher::new(&DocumentKeys::derive(&dek(), &NONCE), &NONCE, &geometry())
}

fn plain(segment: u32) -> Vec<u8> {
    (0..1024u32).map(|at| (at * 3 + segment * 77) as u8).collect()
}

#[test]
fn hkdf_is_that_of_rfc_5869() {
    // Appendix A.3: salt and info are empty.
    let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
    assert_eq!(hex::encode(hkdf::<42>(&[], &[0x0b; 22], "").as_slice()), expected);
}

#[test]
fn segments_are_those_of_an_independent_stream() {
    let keys = DocumentKeys::derive(&dek(), &NONCE);
    let aead = Aes256Gcm::new(&(*keys.segment).into());
    let mut oracle: EncryptorBE32<Aes256Gcm> = EncryptorBE32::from_aead(aead, &(*keys.prefix).into());
    let aad = encode(&(NONCE, 1u8, 1u8, 1008u32));
    let (cipher, last) = (cipher(), geometry().stripes() - 1);
    let sealed = |segment: u32| {
        let mut stripe = plain(segment);
        cipher.seal(segment, &mut stripe);
        stripe
    };
    for segment in 0..last {
        let plain = plain(segment);
        let made = oracle.encrypt_next(Payload { msg: &plain[..1008], aad: &aad }).unwrap();
        assert_eq!(sealed(segment), made, "segment {segment}");
    }
    let plain = plain(last);
    assert_eq!(sealed(last), oracle.encrypt_last(Payload { msg: &plain[..1008], aad: &aad }).unwrap());
}

#[test]
fn segments_cut_off_moved_repeated_or_taken_from_elsewhere_are_refused() {
    let (cipher, stripes) = (cipher(), geometry().stripes());
    let sealed = |segment: u32| {
        let mut stripe = plain(segment);
        cipher.seal(segment, &mut stripe);
        stripe
    };
    for segment in 0..stripes {
        for place in 0..stripes {
            let opened = cipher.open(place, &mut sealed(segment)).map(|plain| plain.to_vec());
            assert_eq!(opened.is_ok(), place == segment, "segment {segment} at {place}");
        }
        assert_eq!(cipher.open(stripes, &mut sealed(segment)), Err(SegmentError(stripes)));
    }
    // The end of a document is not the middle of a longer one, and a document that was cut off does not end.
    let longer = Geometry::new(Coding::PILOT, 1024, 2).unwrap();
    let of = |nonce: &ObjectNonce, geometry: &Geometry| {
        SegmentCipher::new(&DocumentKeys::derive(&dek(), nonce), nonce, geometry)
    };
    assert!(of(&NONCE, &longer).open(stripes - 1, &mut sealed(stripes - 1)).is_err());
    let mut middle = plain(stripes - 1);
    of(&NONCE, &longer).seal(stripes - 1, &mut middle);
    assert!(cipher.open(stripes - 1, &mut middle).is_err());
    assert!(of(&NONCE, &longer).open(0, &mut sealed(0)).is_ok());
    let other_size = Geometry::new(Coding::PILOT, 1536, 2).unwrap();
    assert!(of(&NONCE, &other_size).open(0, &mut sealed(0)).is_err());
    assert!(of(&ObjectNonce([8; 32]), &geometry()).open(0, &mut sealed(0)).is_err());
}

proptest! {
    #[test]
    fn no_bit_of_a_segment_is_free(at in 0usize..1024, bit in 0u8..8) {
        let mut stripe = plain(1);
        cipher().seal(1, &mut stripe);
        stripe[at] ^= 1 << bit;
        prop_assert_eq!(cipher().open(1, &mut stripe), Err(SegmentError(1)));
    }
}

#[test]
fn what_is_derived_depends_on_key_and_object_and_is_all_different() {
    let derive = |key: u8, nonce: u8| DocumentKeys::derive(&Dek::new([key; 32]), &ObjectNonce([nonce; 32]));
    let base = derive(1, 1);
    for other in [derive(2, 1), derive(1, 2)] {
        assert_ne!(*base.segment, *other.segment);
        assert_ne!(*base.salt, *other.salt);
        assert_ne!(base.commitment, other.commitment);
    }
    assert_ne!(*base.segment, *base.salt);
    assert_ne!(*base.segment, base.commitment.0);
    assert_eq!(base.commitment, derive(1, 1).commitment);
}

#[test]
fn a_manifest_has_one_form() {
    let manifest = Manifest {
        document_type: DocumentType::new("x".repeat(96)).unwrap(),
        length: 5,
        salt: [3; 32],
        commitment: assent_types::Hash32([4; 32]),
    };
    let bytes = manifest.to_bytes();
    assert_eq!(Manifest::from_bytes(&bytes).unwrap(), manifest);
    let mut padded = bytes;
    padded[255] = 1;
    assert!(matches!(Manifest::from_bytes(&padded), Err(ManifestError::Format(_))));
    let mut longer = bytes;
    longer[0] += 1;
    assert!(matches!(Manifest::from_bytes(&longer), Err(ManifestError::Format(_))));
    assert!(Manifest::from_bytes(&bytes[1..]).is_err() && Manifest::from_bytes(&[]).is_err());
}

#[test]
fn a_commitment_needs_the_salt_and_all_content() {
    let commit = |salt: u8, parts: &[&[u8]]| {
        let mut check = ContentCheck::new(&[salt; 32]);
        parts.iter().for_each(|part| check.update(part));
        check.finish()
    };
    assert_eq!(commit(1, &[b"ab", b"c"]), commit(1, &[b"abc"]));
    assert_ne!(commit(1, &[b"abc"]), commit(2, &[b"abc"]));
    assert_ne!(commit(1, &[b"abc"]), commit(1, &[b"ab"]));
}

#[test]
fn debug_output_of_the_vaults_keys_has_no_secret() {
    let shown = format!("{:?} {:?}", Dek::new([0xAB; 32]), EntropySeed::new([0xAB; 32]));
    assert_eq!(shown, "Dek(secret) EntropySeed(secret)");
}

#[test]
fn entropy_never_repeats_and_depends_on_its_seed() {
    let draws = |seed: u8| {
        let mut entropy = Entropy::new(EntropySeed::new([seed; 32]));
        [*entropy.draw(), *entropy.draw()]
    };
    let (one, other) = (draws(1), draws(2));
    assert!(one[0] != one[1] && one[0] != other[0] && one == draws(1));
}
