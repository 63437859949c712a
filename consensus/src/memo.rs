//! Signatures that were already verified.

use std::collections::BTreeMap;

use assent_types::key::{PublicKey, Signature};

use crate::limits::MEMO_MAX;
use crate::message::Signed;

/// Signatures known to be good at this height. Each height has a new memo.
///
/// # Rule [ORD-15]
/// An entry names key, payload and signature, so that a remembered signature is never taken for another message's.
/// Only verified or own signatures enter; a full memo costs time and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    good: BTreeMap<Signature, (PublicKey, Signed)>,
}

impl Memo {
    /// Remembers a signature that was verified, or made, by the caller.
    pub(crate) fn insert(&mut self, key: PublicKey, signed: Signed, signature: Signature) {
        if self.good.len() < MEMO_MAX {
            self.good.insert(signature, (key, signed));
        }
    }

    /// Whether the signature is good.
    pub(crate) fn check(&mut self, key: &PublicKey, signed: Signed, signature: &Signature) -> bool {
        if self.good.get(signature) == Some(&(*key, signed)) {
            return true;
        }
        let good = signed.verify(key, signature);
        if good {
            self.insert(*key, signed, *signature);
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use assent_types::key::SecretKey;
    use assent_types::validator::{VotePayload, VoteStep};
    use assent_types::{ChainId, Height, OrgId};

    use super::*;

    #[test]
    fn ord_15_a_remembered_signature_is_bound_to_key_and_payload() {
        let vote = |round| VotePayload {
            chain: ChainId::default(),
            step: VoteStep::Prevote,
            height: Height(1),
            round,
            block: None,
            voter: OrgId(1),
        };
        let key = SecretKey::from_seed(&[1; 32]);
        let other = SecretKey::from_seed(&[2; 32]);
        let signature = vote(0).sign(&key);
        let mut memo = Memo::default();
        assert!(memo.check(&key.public(), Signed::Vote(vote(0)), &signature));
        assert_eq!(memo.good.len(), 1);
        assert!(!memo.check(&key.public(), Signed::Vote(vote(1)), &signature), "another payload");
        assert!(!memo.check(&other.public(), Signed::Vote(vote(0)), &signature), "another key");
        assert_eq!(memo.good.len(), 1, "bad signatures are not remembered");
        // A memo that believed whatever was inserted would now be caught: the entry is wrong on purpose.
        memo.insert(key.public(), Signed::Vote(vote(2)), signature);
        assert!(memo.check(&key.public(), Signed::Vote(vote(2)), &signature), "the memo answers without verifying");
    }
}
