//! Proof bundles: files that anybody may hand to anybody.

use assent_proofs::bundle::{Bundle, Claim};
use assent_proofs::testing::{TestChain, subject_record};
use assent_types::state::StateKey;
use sha2::{Digest, Sha256};

use super::super::{Answer, canonical};
use super::{Corpus, Entry, binary, numbered};

pub(super) const TARGETS: &[Entry] = &[
    (binary("bundle", bundle), || numbered(bundles().iter().map(Bundle::to_bytes))),
    (binary("bundle-body", bundle_body), bundle_body_corpus),
];

/// A bundle that decodes must also survive verification, whatever it claims.
fn bundle(input: &[u8]) -> Answer {
    canonical(input, Bundle::from_bytes, |bundle| {
        let _ = bundle.clone().check(bundle.chain);
        bundle.to_bytes()
    })
}

/// The same without its checksum, which is put right after every mutation: otherwise nothing else would be reached.
fn bundle_body(input: &[u8]) -> Answer {
    let check = Sha256::digest(input);
    bundle(&[input, check.as_slice()].concat())
}

/// One bundle of each kind from a chain whose validators changed.
fn bundles() -> Vec<Bundle> {
    let chain = TestChain::standard();
    let keys = [subject_record(7).0, subject_record(900).0, StateKey::Validators];
    let claims = [
        Claim::Finality,
        chain.receipt_claim(6, 2, 9, true),
        chain.header_claim(2, 9),
        chain.state_claim(&keys, 9),
        chain.consistency_claim(3, 9),
    ];
    claims.into_iter().map(|claim| chain.bundle(9, claim)).collect()
}

fn bundle_body_corpus() -> Corpus {
    numbered(bundles().iter().map(|bundle| {
        let mut bytes = bundle.to_bytes();
        bytes.truncate(bytes.len() - 32);
        bytes
    }))
}
