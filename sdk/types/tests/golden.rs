//! Encodings are frozen: one value of each top-level type against committed bytes and hashes.
//!
//! `ASSENT_GOLDEN=write cargo test -p assent-types --test golden` rewrites the file. Doing so approves a change of the
//! wire format, which needs a new format number and an entry in the change log.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod samples;

use std::fmt::{Debug, Write as _};
use std::path::Path;

use assent_types::{Hash32, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};

#[derive(Default)]
struct Golden {
    text: String,
    flips: u64,
    other: u64,
}

impl Golden {
    /// Records a value, and checks that its encoding is the only one.
    fn value<T>(&mut self, name: &str, value: &T, hash: Option<Hash32>)
    where
        T: BorshSerialize + BorshDeserialize + PartialEq + Debug,
    {
        let bytes = encode(value);
        assert_eq!(decode::<T>(&bytes).as_ref(), Ok(value), "{name}");
        let hash = hash.map_or_else(|| "-".to_owned(), |hash| hash.to_string());
        writeln!(self.text, "{name} {hash} {}", hex::encode(&bytes)).unwrap();
        self.only_encoding::<T>(name, &bytes);
    }

    /// Whatever bytes decode, encode to themselves; prefixes and extensions never decode.
    fn only_encoding<T: BorshSerialize + BorshDeserialize>(&mut self, name: &str, bytes: &[u8]) {
        for len in 0..bytes.len() {
            assert!(decode::<T>(&bytes[..len]).is_err(), "{name} cut to {len} bytes decodes");
        }
        for byte in [0, 1, 0xff] {
            assert!(decode::<T>(&[bytes, &[byte]].concat()).is_err(), "{name} with a trailing byte decodes");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            self.flips += 1;
            if let Ok(value) = decode::<T>(&flipped) {
                self.other += 1;
                assert_eq!(encode(&value), flipped, "{name}: two encodings of one value");
            }
        }
    }
}

fn golden() -> Golden {
    let mut golden = Golden::default();
    for action in samples::actions() {
        golden.value(&format!("action.{}", action.name()), &action, None);
    }
    let tx = samples::transaction();
    golden.value("transaction", &tx, Some(tx.hash().0));
    golden.value("transaction.body", &tx.body, None);
    let header = samples::header();
    golden.value("header", &header, Some(header.hash().0));
    golden.value("block", &samples::block(), None);
    let receipt = samples::receipt();
    golden.value("receipt", &receipt, Some(receipt.hash()));
    let details = samples::details();
    golden.value("receipt.details", &details, Some(details.hash()));
    let opening = details.open(|event| event.subject == details.events[1].subject);
    golden.value("receipt.opening", &opening, opening.hash());
    let validators = samples::validators();
    golden.value("validators", &validators, Some(validators.hash()));
    let certificate = samples::certificate();
    assert_eq!(certificate.verify(header.chain, &validators), Ok(()));
    golden.value("certificate", &certificate, None);
    golden.value("equivocation", &samples::equivocation(), None);
    let genesis = samples::genesis();
    golden.value("genesis", &genesis, Some(genesis.chain_id().0));
    for value in samples::values() {
        let name = format!("{:?}", value.key);
        let name = name.split('(').next().unwrap().to_owned();
        golden.value(&format!("state.{name}"), &value, Some(value.key.hash()));
    }
    golden.value("consent.log", &samples::log_entry(), None);
    golden.value("access.log", &samples::access_entry(), None);
    golden.value("access.request", &samples::access_request(), None);
    golden.value("access.request.documents", &samples::documents_request(), None);
    golden.value("access.decision", &samples::decision(), None);
    golden.value("signature", &samples::sample_signature(), None);
    golden.value("key", &samples::public(1), Some(samples::public(1).id().0));
    golden
}

#[test]
fn encodings_are_frozen() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt");
    let golden = golden();
    println!("{} bits flipped, {} of them other values", golden.flips, golden.other);
    assert!(golden.flips > golden.other && golden.other > 0);
    if std::env::var("ASSENT_GOLDEN").is_ok_and(|mode| mode == "write") {
        std::fs::write(&path, &golden.text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let (committed, current): (Vec<_>, Vec<_>) = (committed.lines().collect(), golden.text.lines().collect());
    for (committed, current) in committed.iter().zip(&current) {
        assert_eq!(committed, current);
    }
    assert_eq!(committed.len(), current.len(), "values were added or removed");
}
