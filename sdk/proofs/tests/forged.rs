//! Forged bundles of every kind of claim, each refused with the error that names its fault.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics where it fails")]

mod forgeries;

use assent_proofs::bundle::{Bundle, Claim, VerifyError};
use assent_proofs::testing::{TestChain, subject_record};
use assent_types::hash::{Tag, tagged_value};
use assent_types::key::SignatureCheck;
use assent_types::state::StateKey;
use forgeries::{
    Forgery, absence, certificates, consistency, earlier, opening, opening_bundle, presence, receipt, shared,
};

/// Applies every forgery to a fresh copy of a valid bundle and checks the error.
fn refuse(kind: &str, chain: &TestChain, valid: &Bundle, forgeries: &[Forgery]) -> usize {
    let trusted = chain.genesis.chain_id();
    Bundle::verify(&valid.to_bytes(), trusted).unwrap();
    let mut wrong = Vec::new();
    for Forgery { name, expected, forge } in forgeries {
        let mut forged = valid.clone();
        let bytes = forge(chain, &mut forged).unwrap_or_else(|| forged.to_bytes());
        assert_ne!(bytes, valid.to_bytes(), "forged {kind}: {name} changes nothing");
        match Bundle::verify(&bytes, trusted) {
            Ok(_) => wrong.push(format!("{name}: accepted")),
            Err(error) if expected(&error) => {}
            Err(error) => wrong.push(format!("{name}: refused for another reason: {error:?}")),
        }
    }
    assert!(wrong.is_empty(), "forged {kind}:\n{}", wrong.join("\n"));
    forgeries.len()
}

/// Prints the counts of one kind and holds them above twenty.
fn report(kind: &str, chain: &TestChain, valid: &Bundle, own: &[Forgery]) {
    let about_claim = refuse(kind, chain, valid, own);
    let about_finality = refuse(kind, chain, valid, &shared());
    println!("forged {kind}: {about_claim} refused, and {about_finality} with forged finality");
    assert!(about_claim >= 20, "{about_claim} forgeries of {kind}");
}

#[test]
fn forged_finality_is_refused() {
    let chain = TestChain::standard();
    let valid = chain.bundle(9, Claim::Finality);
    let count = refuse("finality", &chain, &valid, &shared());
    println!("forged finality: {count} refused");
    assert!(count >= 20);
}

#[test]
fn forged_receipts_are_refused() {
    let chain = TestChain::standard();
    report("receipt", &chain, &chain.bundle(9, chain.receipt_claim(6, 0, 9, true)), &receipt());
}

#[test]
fn forged_openings_are_refused() {
    let chain = TestChain::standard();
    report("opening", &chain, &opening_bundle(&chain), &opening());
}

#[test]
fn forged_earlier_headers_are_refused() {
    let chain = TestChain::standard();
    report("header", &chain, &chain.bundle(9, chain.header_claim(3, 9)), &earlier());
}

#[test]
fn forged_presence_is_refused() {
    let chain = TestChain::standard();
    let claim = chain.state_claim(&[subject_record(7).0, StateKey::Validators], 9);
    report("presence", &chain, &chain.bundle(9, claim), &presence());
}

#[test]
fn forged_absence_is_refused() {
    let chain = TestChain::standard();
    let valid = forgeries::absent_keys(&chain, 9);
    report("absence", &chain, &chain.bundle(9, chain.state_claim(&valid, 9)), &absence());
}

#[test]
fn forged_consistency_is_refused() {
    let chain = TestChain::standard();
    report("consistency", &chain, &chain.bundle(9, chain.consistency_claim(3, 9)), &consistency());
}

/// Signatures that lax verifiers accept, by a validator whose key is of small order.
#[test]
fn lax_signatures_are_refused() {
    for (name, chain, bundle) in certificates() {
        let signature = bundle.finality.certificate.signatures.last().unwrap();
        let payload = bundle.finality.certificate.precommit(chain, signature.voter);
        let check = SignatureCheck {
            key: bundle.genesis.validators.by_org(signature.voter).unwrap().key,
            digest: tagged_value(Tag::Vote, &payload),
            signature: signature.signature,
        };
        assert!(check.verify(), "{name}: the rules of ZIP-215 accept it");
        let error = Bundle::verify(&bundle.to_bytes(), chain).expect_err(name);
        assert!(matches!(error, VerifyError::Finality(_)), "{name}: {error:?}");
    }
}
