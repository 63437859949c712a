use assent_proofs::testing::TestChain;
use assent_types::OrgId;
use assent_types::ids::Hash32;

use super::*;

/// A verifier that has seen nothing yet, and one that remembers the beginning of the bundles of height 8.
fn verifiers(chain: &TestChain) -> [Verifier; 2] {
    let id = chain.genesis.chain_id();
    let warm = Verifier::new(id);
    let seen = chain.bundle(8, chain.receipt_claim(8, 0, 8, true)).to_bytes();
    warm.any_receipt("node", &seen).unwrap();
    assert_eq!(warm.beginnings.lock().unwrap().len(), 1);
    [Verifier::new(id), warm]
}

#[test]
fn receipts_are_accepted_first_and_later() {
    let chain = TestChain::standard();
    for verifier in verifiers(&chain) {
        for open in [true, false] {
            let bundle = chain.bundle(8, chain.receipt_claim(8, 3, 8, open));
            let (receipt, details) = chain.block(8).receipts[3].clone();
            let found = verifier.receipt("node", &bundle.to_bytes(), &receipt.tx).unwrap();
            assert_eq!((found.receipt, found.details), (receipt, open.then(|| details.open(|_| true))));
        }
    }
}

#[test]
fn a_receipt_of_another_transaction_is_refused() {
    let chain = TestChain::standard();
    let bundle = chain.bundle(8, chain.receipt_claim(8, 3, 8, true)).to_bytes();
    let other = chain.block(8).receipts[2].0.tx;
    for verifier in verifiers(&chain) {
        assert!(matches!(verifier.receipt("node", &bundle, &other), Err(ClientError::Unproven { .. })));
    }
}

#[test]
fn forged_claims_are_refused_first_and_later() {
    let chain = TestChain::standard();
    let claim = |change: &dyn Fn(&mut LogReceipt)| {
        let Claim::Receipt(mut claim) = chain.receipt_claim(8, 3, 8, true) else { panic!("a receipt") };
        change(&mut claim);
        chain.bundle(8, Claim::Receipt(claim)).to_bytes()
    };
    let forged = [
        claim(&|claim| claim.receipt.code ^= 1),
        claim(&|claim| claim.receipt.tx.0.0[0] ^= 1),
        claim(&|claim| claim.receipt.format += 1),
        claim(&|claim| claim.receipt.height = Height(7)),
        claim(&|claim| claim.receipt.time = Millis(claim.receipt.time.0 + 1)),
        claim(&|claim| claim.index += 1),
        claim(&|claim| claim.index = u64::MAX),
        claim(&|claim| claim.proof.as_mut_slice()[0] = Hash32([7; 32])),
        claim(&|claim| claim.details.as_mut().unwrap().salt = Hash32([7; 32])),
        // Another height's receipt under this height's header, a bundle of another kind, a damaged one.
        chain.bundle(8, chain.receipt_claim(9, 0, 9, true)).to_bytes(),
        chain.bundle(8, Claim::Finality).to_bytes(),
        claim(&|_| ())[..200].to_vec(),
    ];
    for (which, verifier) in verifiers(&chain).iter().enumerate() {
        assert!(verifier.any_receipt("node", &claim(&|_| ())).is_ok(), "the claim itself is good");
        for (number, bundle) in forged.iter().enumerate() {
            assert!(verifier.any_receipt("node", bundle).is_err(), "forgery {number}, verifier {which}");
        }
    }
}

#[test]
fn a_bundle_is_known_only_if_all_but_its_claim_is_the_same() {
    let chain = TestChain::standard();
    let [_, warm] = verifiers(&chain);
    let mut stripped = chain.bundle(8, chain.receipt_claim(8, 3, 8, true));
    stripped.path = Default::default();
    assert!(warm.any_receipt("node", &stripped.to_bytes()).is_err(), "a bundle that nobody else could verify");
    let mut weakened = chain.bundle(8, chain.receipt_claim(8, 3, 8, true));
    let mut signatures = weakened.finality.certificate.signatures.into_vec();
    signatures.pop();
    weakened.finality.certificate.signatures = assent_types::List::new(signatures).unwrap();
    assert!(warm.any_receipt("node", &weakened.to_bytes()).is_err());
}

#[test]
fn another_chain_is_refused() {
    let chain = TestChain::standard();
    let bundle = chain.bundle(8, chain.receipt_claim(8, 3, 8, true)).to_bytes();
    assert!(Verifier::new(ChainId(Hash32([1; 32]))).any_receipt("node", &bundle).is_err());
}

#[test]
fn state_must_be_of_the_keys_that_were_asked_for() {
    let chain = TestChain::standard();
    let verifier = Verifier::new(chain.genesis.chain_id());
    let keys = [StateKey::Validators, StateKey::Org(OrgId(9))];
    let bundle = chain.bundle(8, chain.state_claim(&keys, 8)).to_bytes();
    let state = verifier.state("node", &bundle, &keys).unwrap();
    assert_eq!(state.height, Height(8));
    assert!(state.value(&keys[0]).unwrap().is_some(), "present");
    assert_eq!(state.value(&keys[1]), Some(None), "proven absent");
    assert_eq!(state.value(&StateKey::Params), None, "nothing is proven about it");
    assert!(verifier.state("node", &bundle, &keys[..1]).is_err());
    assert!(verifier.state("node", &bundle, &[StateKey::Params]).is_err());
}

#[test]
fn memory_of_beginnings_is_bounded() {
    let chain = TestChain::standard();
    let verifier = Verifier::new(chain.genesis.chain_id());
    for _ in 0..3 {
        for height in 1..=10 {
            for at in height..=10 {
                let bundle = chain.bundle(at, chain.receipt_claim(height, 0, at, false)).to_bytes();
                verifier.any_receipt("node", &bundle).unwrap();
            }
        }
    }
    assert!(verifier.beginnings.lock().unwrap().len() <= BEGINNINGS_REMEMBERED);
}
