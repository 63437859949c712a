use assent_types::{ChainId, Hash32, OrgId, decode, encode};
use proptest::prelude::*;

use super::*;
use crate::envelope::{Dek, EntropySeed, ObjectNonce};

const NONCE: ObjectNonce = ObjectNonce([9; 32]);

fn seed(n: u8) -> EntropySeed {
    EntropySeed::new([n; 32])
}

fn holder_key() -> HolderKey {
    HolderKey::new(std::array::from_fn(|at| at as u8 * 5 + 1))
}

fn shared(threshold: u8, total: u8) -> SharedKey {
    split(&holder_key(), &NONCE, threshold, total, seed(3)).unwrap()
}

fn given(shares: &[KeyShare]) -> Result<[u8; 32], ShareError> {
    let total = shares.first().map_or((1, 1), |share| (share.threshold(), share.total()));
    combine(shares, &NONCE, &shared(total.0, total.1).share_root).map(|key| *key.expose())
}

#[test]
fn any_t_shares_give_the_key_and_fewer_do_not() {
    for (threshold, total) in [(1, 1), (1, 3), (2, 3), (3, 5), (16, 16)] {
        let shared = shared(threshold, total);
        assert_eq!(shared.shares.len(), usize::from(total));
        for first in 0..=usize::from(total - threshold) {
            let some = &shared.shares[first..first + usize::from(threshold)];
            assert_eq!(given(some).unwrap(), *holder_key().expose(), "{threshold} of {total} from {first}");
            let fewer = given(&some[1..]);
            let (found, needed) = (usize::from(threshold) - 1, usize::from(threshold));
            assert_eq!(fewer, Err(ShareError::TooFew { found, needed: if found == 0 { 1 } else { needed } }));
        }
        assert_eq!(given(&shared.shares).unwrap(), *holder_key().expose());
    }
}

#[test]
fn a_share_of_several_says_nothing_alone() {
    // With the same randomness but another key, one share of two is another one; with another constant it could be any.
    let one = shared(2, 3);
    assert!(one.shares.iter().all(|share| encode(share)[35..67] != *holder_key().expose()));
    let others = split(&holder_key(), &NONCE, 2, 3, seed(4)).unwrap();
    assert_ne!(encode(&one.shares[0])[35..67], encode(&others.shares[0])[35..67]);
}

#[test]
fn bad_repeated_and_foreign_shares_are_named() {
    let shares = shared(2, 3).shares;
    let repeated = given(&[shares[1].clone(), shares[1].clone()]);
    assert_eq!(repeated, Err(ShareError::Repeated { index: 2 }));
    let bytes = encode(&shares[2]);
    for at in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[at] ^= 1;
        let Ok(forged) = decode::<KeyShare>(&forged) else { continue };
        assert_eq!(
            forged.verify(&NONCE, &shared(2, 3).share_root),
            Err(ShareError::NotAnchored { index: forged.index() }),
            "byte {at}"
        );
    }
    let other_object = shares[0].verify(&ObjectNonce([1; 32]), &shared(2, 3).share_root);
    assert_eq!(other_object, Err(ShareError::NotAnchored { index: 1 }));
    assert!(matches!(split(&holder_key(), &NONCE, 0, 3, seed(1)), Err(ShareError::Policy { .. })));
    assert!(matches!(split(&holder_key(), &NONCE, 4, 3, seed(1)), Err(ShareError::Policy { .. })));
    assert!(matches!(split(&holder_key(), &NONCE, 1, 17, seed(1)), Err(ShareError::Policy { .. })));
}

#[test]
fn a_cheating_dealer_is_noticed_when_there_are_shares_to_spare() {
    // Shares of two different keys, anchored under one root.
    let mut dealt = shared(2, 3);
    let other = split(&HolderKey::new([8; 32]), &NONCE, 2, 3, seed(5)).unwrap();
    dealt.shares[2] = other.shares[2].clone();
    let root = super::share::anchor(&mut dealt.shares, &NONCE).unwrap();
    assert!(combine(&dealt.shares[..2], &NONCE, &root).is_ok());
    let error = combine(&dealt.shares, &NONCE, &root).unwrap_err();
    assert_eq!(error, ShareError::Inconsistent { index: 3 });
}

#[test]
fn a_wrapped_key_needs_both_halves_its_object_and_its_commitment() {
    let (dek, controller) = (Dek::new([7; 32]), ControllerKey::new([1; 32]));
    let wrapped = dek.wrap(&controller, &holder_key(), &NONCE);
    let anchored = dek.commitment(&NONCE);
    let open = |controller: &ControllerKey, holders: &HolderKey, nonce: &ObjectNonce| {
        wrapped.unwrap_dek(controller, holders, nonce, &anchored).map(|key| *key.expose())
    };
    assert_eq!(open(&controller, &holder_key(), &NONCE), Ok([7; 32]));
    let wrong = Err(UnwrapError::Halves);
    assert_eq!(open(&ControllerKey::new([2; 32]), &holder_key(), &NONCE), wrong);
    assert_eq!(open(&controller, &HolderKey::new([2; 32]), &NONCE), wrong);
    assert_eq!(open(&controller, &holder_key(), &ObjectNonce([8; 32])), wrong);
    let other = Dek::new([6; 32]).commitment(&NONCE);
    assert_eq!(wrapped.unwrap_dek(&controller, &holder_key(), &NONCE, &other).unwrap_err(), UnwrapError::Halves);
}

fn context() -> ReleaseContext {
    ReleaseContext {
        chain: ChainId(Hash32([1; 32])),
        session: Hash32([2; 32]),
        anchor: Hash32([3; 32]),
        keyset_epoch: 4,
        holder: OrgId(5),
        part: KeyPart::Share(2),
        requester: OrgId(6),
    }
}

#[test]
fn a_release_opens_for_its_session_and_nothing_else() {
    let secret = SessionSecret::new([11; 32]);
    let share = &shared(2, 3).shares[1];
    let release = context().release_share(share, &secret.public(), seed(1)).unwrap();
    let opened = context().open_share(&release, &secret).unwrap();
    assert_eq!(encode(&opened), encode(share));
    assert_eq!(opened.verify(&NONCE, &shared(2, 3).share_root), Ok(()));
    let closed = ReleaseError::Open { holder: OrgId(5) };
    let base = context();
    let others = [
        ReleaseContext { chain: ChainId(Hash32([9; 32])), ..base },
        ReleaseContext { session: Hash32([9; 32]), ..base },
        ReleaseContext { anchor: Hash32([9; 32]), ..base },
        ReleaseContext { keyset_epoch: 5, ..base },
        ReleaseContext { part: KeyPart::Share(1), ..base },
        ReleaseContext { part: KeyPart::Controller, ..base },
        ReleaseContext { requester: OrgId(7), ..base },
    ];
    for other in others {
        assert_eq!(other.open_share(&release, &secret).err(), Some(closed), "{other:?}");
    }
    let other = ReleaseContext { holder: OrgId(9), ..base };
    assert_eq!(other.open_share(&release, &secret).err(), Some(ReleaseError::Open { holder: OrgId(9) }));
    assert_eq!(base.open_share(&release, &SessionSecret::new([12; 32])).err(), Some(closed));
    let wrong_part = base.release_share(&shared(2, 3).shares[0], &secret.public(), seed(1));
    assert_eq!(wrong_part.err(), Some(ReleaseError::Part { holder: OrgId(5) }));
    let weak = base.release_share(share, &SessionPublic([0; 32]), seed(1));
    assert_eq!(weak.err(), Some(ReleaseError::PublicKey));
}

#[test]
fn the_controllers_key_is_released_as_such_only() {
    let (secret, key) = (SessionSecret::new([11; 32]), ControllerKey::new([21; 32]));
    let context = ReleaseContext { part: KeyPart::Controller, ..context() };
    let release = context.release_controller_key(&key, &secret.public(), seed(2)).unwrap();
    assert_eq!(*context.open_controller_key(&release, &secret).unwrap().expose(), [21; 32]);
    assert_eq!(context.open_share(&release, &secret).err(), Some(ReleaseError::Part { holder: OrgId(5) }));
    let again = context.release_controller_key(&key, &secret.public(), seed(3)).unwrap();
    assert_ne!(release.hash(), again.hash());
    let share = ReleaseContext { part: KeyPart::Share(2), ..context };
    assert!(share.release_controller_key(&key, &secret.public(), seed(2)).is_err());
}

proptest! {
    #[test]
    fn no_bit_of_a_release_is_free(at in 0usize..84, bit in 0u8..8) {
        let secret = SessionSecret::new([11; 32]);
        let context = ReleaseContext { part: KeyPart::Controller, ..context() };
        let release = context.release_controller_key(&ControllerKey::new([21; 32]), &secret.public(), seed(2)).unwrap();
        let mut bytes = encode(&release);
        prop_assert_eq!(bytes.len(), 32 + 4 + 48);
        bytes[at] ^= 1 << bit;
        if let Ok(forged) = decode::<Release>(&bytes) {
            // The top bit of an X25519 point is ignored (RFC 7748 §5), but HPKE hashes the point as it was sent.
            prop_assert!(context.open_controller_key(&forged, &secret).is_err());
        }
    }
}

#[test]
fn key_pairs_are_those_of_rfc_9180() {
    // Appendix A.1.1: ikmR and pkRm of DHKEM(X25519, HKDF-SHA256).
    let mut ikm = [0; 32];
    hex::decode_to_slice("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037", &mut ikm).unwrap();
    let public = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
    assert_eq!(hex::encode(SessionSecret::new(ikm).public().0), public);
}

#[test]
fn opening_is_that_of_rfc_9180() {
    use hpke::{Deserializable, Kem, OpModeR, aead::AesGcm128, kdf::HkdfSha256, kem::X25519HkdfSha256};
    // Appendix A.1.1, sequence number 0. The suite differs from ours in the size of the AES key alone.
    let bytes = |text: &str| hex::decode(text).unwrap();
    let (private, _) =
        X25519HkdfSha256::derive_keypair(&bytes("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037"));
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&bytes(
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    ))
    .unwrap();
    let opened = hpke::single_shot_open::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapsulated,
        &bytes("4f6465206f6e2061204772656369616e2055726e"),
        &bytes(concat!(
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9",
            "6d8770ac83d07bea87e13c512a",
        )),
        &bytes("436f756e742d30"),
    );
    assert_eq!(opened.unwrap(), b"Beauty is truth, truth beauty");
}

#[test]
fn debug_output_of_shares_has_no_secret() {
    let shown = format!("{:?} {:?}", shared(1, 1).shares[0], SessionSecret::new([0xAB; 32]));
    assert!(shown.contains("ShareValue(secret)") && shown.contains("SessionSecret(secret)"), "{shown}");
    let value = holder_key();
    assert!(!shown.contains(&format!("{:?}", &value.expose()[..4]).replace(['[', ']'], "")), "{shown}");
    assert_eq!(
        format!("{:?} {:?}", holder_key(), ControllerKey::new([1; 32])),
        "HolderKey(secret) ControllerKey(secret)"
    );
}
