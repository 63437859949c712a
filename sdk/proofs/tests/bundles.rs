//! Bundles of every kind are accepted, and no byte of them can be changed.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use assent_proofs::bundle::{Bundle, Claim, Proven, TrustedSet, VerifyError};
use assent_proofs::state::prove;
use assent_proofs::testing::{TestChain, subject_record};
use assent_types::state::{Record, StateKey};
use assent_types::{DecodeError, ErrorCode, Height, OrgId, encode};
use sha2::{Digest, Sha256};

fn keys() -> Vec<StateKey> {
    vec![subject_record(7).0, subject_record(900).0, StateKey::Validators]
}

/// One bundle of each kind, about a header after the validators changed.
fn bundles(chain: &TestChain) -> Vec<(&'static str, Bundle)> {
    vec![
        ("finality", chain.bundle(9, Claim::Finality)),
        ("receipt", chain.bundle(9, chain.receipt_claim(6, 2, 9, true))),
        ("opening", chain.bundle(9, chain.opened_claim(6, 0, 9, |event| event.parties.contains(&OrgId(3))))),
        ("header", chain.bundle(9, chain.header_claim(2, 9))),
        ("state", chain.bundle(9, chain.state_claim(&keys(), 9))),
        ("consistency", chain.bundle(9, chain.consistency_claim(3, 9))),
    ]
}

#[test]
fn every_kind_is_accepted() {
    let chain = TestChain::standard();
    let trusted = chain.genesis.chain_id();
    for (kind, bundle) in bundles(&chain) {
        let bytes = bundle.to_bytes();
        let verified = Bundle::verify(&bytes, trusted).unwrap();
        println!("{kind}: {} bytes", bytes.len());
        assert_eq!(verified.header, chain.block(9).header);
        assert_eq!(verified.changes, [Height(4)]);
        assert_eq!((verified.signed.power, verified.signed.total, verified.signed.validators), (30, 40, 4));
        assert!(verified.signed.signers.contains(&OrgId(5)), "the new validator signed");
        match (kind, verified.proven) {
            ("finality", Proven::Finality) => {}
            ("receipt", Proven::Receipt { receipt, details, .. }) => {
                assert_eq!(receipt.error(), Some(ErrorCode::BasisPlace));
                assert_eq!(details, Some(chain.block(6).receipts[2].1.open(|_| true)));
            }
            ("opening", Proven::Receipt { details: Some(details), .. }) => {
                let all = &chain.block(6).receipts[0].1.events;
                let shown: Vec<_> = details.events.iter().map(|opened| opened.event.clone()).collect();
                assert_eq!((&shown[..], details.count, details.is_whole()), (&all[2..4], 5, false));
            }
            ("header", Proven::Header(header)) => assert_eq!(header, chain.block(2).header),
            ("state", Proven::State(items)) => {
                assert!(items.windows(2).all(|pair| pair[0].key < pair[1].key));
                for item in items {
                    match item.value.map(|value| value.record) {
                        Some(Record::Subject(subject)) => assert_eq!(item.key, StateKey::Subject(subject.sp)),
                        Some(Record::Validators(sets)) => assert_eq!(sets.next, chain.block(10).validators),
                        None => assert_eq!(item.key, subject_record(900).0),
                        other => panic!("{other:?}"),
                    }
                }
            }
            ("consistency", Proven::Consistency { older, signed }) => {
                assert_eq!(older, chain.block(3).header);
                assert!(!signed.signers.contains(&OrgId(5)), "the old validators signed");
            }
            (kind, other) => panic!("{kind}: {other:?}"),
        }
    }
}

#[test]
fn every_height_and_receipt_verifies() {
    let chain = TestChain::standard();
    let trusted = chain.genesis.chain_id();
    for at in 1..=chain.height() {
        for height in 1..=at {
            for index in 0..5 {
                let bundle = chain.bundle(at, chain.receipt_claim(height, index, at, index % 2 == 0));
                Bundle::verify(&bundle.to_bytes(), trusted).unwrap();
            }
            if height < at {
                for claim in [chain.header_claim(height, at), chain.consistency_claim(height, at)] {
                    Bundle::verify(&chain.bundle(at, claim).to_bytes(), trusted).unwrap();
                }
            }
        }
        for index in 0..60 {
            let key = subject_record(index).0;
            let claim = chain.state_claim(&[key], at);
            let verified = Bundle::verify(&chain.bundle(at, claim).to_bytes(), trusted).unwrap();
            let Proven::State(items) = verified.proven else { panic!("not a state claim") };
            assert_eq!(items[0].value.is_some(), (4..4 * (at + 1)).contains(&index), "subject {index} at {at}");
        }
    }
}

/// Puts the right checksum behind changed bytes, as a forger would.
fn reseal(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - 32;
    let check = Sha256::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&check);
    bytes
}

/// Checks that flipping a bit is refused with the old checksum, and with a new one proves at most that a key is absent
/// which really is. Returns whether it proved that.
fn flip(chain: &TestChain, kind: &str, bytes: &[u8], bit: usize) -> bool {
    let trusted = chain.genesis.chain_id();
    let mut forged = bytes.to_vec();
    forged[bit / 8] ^= 1 << (bit % 8);
    assert!(Bundle::verify(&forged, trusted).is_err(), "{kind}: bit {bit} is free");
    if bit / 8 >= bytes.len() - 32 {
        return false;
    }
    let Ok(verified) = Bundle::verify(&reseal(forged), trusted) else { return false };
    let Proven::State(items) = verified.proven else { panic!("{kind}: bit {bit} is free") };
    for item in items {
        let (value, _) = prove(&chain.nodes, verified.header.height.0, &item.key.hash()).unwrap();
        assert_eq!(value, item.value.map(|value| encode(&value)), "{kind}: bit {bit} proves what is not so");
    }
    true
}

/// Every byte with one bit flipped, and every cut and extension, is refused.
#[test]
fn no_byte_is_free() {
    let chain = TestChain::standard();
    let trusted = chain.genesis.chain_id();
    for (kind, bundle) in bundles(&chain) {
        let bytes = bundle.to_bytes();
        let mut others = 0;
        for position in 0..bytes.len() {
            others += usize::from(flip(&chain, kind, &bytes, position * 8 + position % 8));
            assert!(Bundle::verify(&bytes[..position], trusted).is_err(), "{kind}: cut at {position}");
            if position > 32 {
                assert!(
                    Bundle::verify(&reseal(bytes[..position].to_vec()), trusted).is_err(),
                    "{kind}: cut {position}"
                );
            }
        }
        let mut long = bytes.clone();
        long.insert(bytes.len() - 32, 0);
        let refused = Bundle::verify(&reseal(long.clone()), trusted);
        assert!(matches!(refused, Err(VerifyError::Decode(DecodeError { code: ErrorCode::Decode, .. }))));
        long.push(0);
        assert!(matches!(Bundle::verify(&long, trusted), Err(VerifyError::Decode(_))));
        assert!(others <= 32, "only the 32 bytes of the absent key can become another absent key");
        println!("{kind}: {} changed bytes refused, resealed ones proved {others} other absent keys", bytes.len());
    }
}

/// For the smallest bundle, every single bit.
#[test]
fn no_bit_is_free() {
    let chain = TestChain::standard();
    let bytes = chain.bundle(2, Claim::Finality).to_bytes();
    for bit in 0..bytes.len() * 8 {
        assert!(!flip(&chain, "finality", &bytes, bit));
    }
}

/// A client that keeps the trusted set verifies what a bundle proves, without the path from genesis.
#[test]
fn a_light_client_advances() {
    let chain = TestChain::standard();
    let first = TrustedSet::genesis(chain.genesis.chain_id(), &chain.genesis).unwrap();
    assert!(first.verify(&chain.finality(4)).is_ok());
    assert!(first.verify(&chain.finality(5)).is_err(), "the set changed at height 5");
    let path = chain.path(10);
    let second = first.advance(&path[0]).unwrap();
    assert_eq!((path.len(), second.from()), (1, Height(5)));
    assert!(second.verify(&chain.finality(10)).is_ok());
    assert!(second.verify(&chain.finality(4)).is_err(), "an old header under the new set");
    let pinned = TrustedSet::pinned(chain.genesis.chain_id(), Height(5), second.set().clone());
    assert_eq!(pinned, second);
}
