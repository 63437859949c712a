//! Keys of a simulated network.

use assent_consensus::Signer;
use assent_genesis::sample::OrgKeys;
use assent_replica::NodeSigner;
use assent_types::key::{KeyUsage, SecretKey, Signature};
use assent_types::validator::{ProposalPayload, VotePayload};

/// The keys of one organisation as its node uses them.
pub struct Keys(pub OrgKeys);

impl Keys {
    /// The key of a usage.
    ///
    /// # Panics
    /// If the organisation has none: the network was set up wrongly.
    pub fn key(&self, usage: KeyUsage) -> &SecretKey {
        let Some(key) = self.0.key(usage) else { panic!("organisation {} has no {usage} key", self.0.org) };
        key
    }
}

impl Signer for Keys {
    fn sign_vote(&self, vote: &VotePayload) -> Signature {
        vote.sign(self.key(KeyUsage::Validate))
    }

    fn sign_proposal(&self, proposal: &ProposalPayload) -> Signature {
        proposal.sign(self.key(KeyUsage::Validate))
    }
}

impl NodeSigner for Keys {
    fn service_key(&self) -> Option<&SecretKey> {
        self.0.key(KeyUsage::Receipt)
    }
}
