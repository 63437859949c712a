//! Keys of a simulated network.

use assent_consensus::{SignedVote, Signer};
use assent_genesis::sample::OrgKeys;
use assent_replica::NodeSigner;
use assent_types::ids::OrgId;
use assent_types::key::{KeyUsage, PublicKey, SecretKey, Signature};
use assent_types::validator::{ProposalPayload, VotePayload};

/// The keys of one organisation as its node uses them.
pub struct Keys {
    /// The keys of genesis.
    pub of_genesis: OrgKeys,
    /// Every VALIDATE key that it ever had made.
    validate: Vec<SecretKey>,
}

impl Keys {
    /// Keys as genesis has them.
    pub fn new(of_genesis: OrgKeys) -> Self {
        let validate = of_genesis.key(KeyUsage::Validate).map(|key| SecretKey::from_seed(&key.seed()));
        Self { of_genesis, validate: validate.into_iter().collect() }
    }

    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.of_genesis.org
    }

    /// Another VALIDATE key, for the heights whose validators name it.
    pub fn add_validate(&mut self, key: SecretKey) {
        self.validate.push(key);
    }

    /// The VALIDATE key with this public half.
    pub fn validate(&self, public: &PublicKey) -> Option<&SecretKey> {
        self.validate.iter().find(|key| key.public() == *public)
    }

    /// The VALIDATE key that made an own vote.
    pub fn of_vote(&self, signed: &SignedVote) -> Option<&SecretKey> {
        self.validate.iter().find(|key| signed.vote.verify(&key.public(), &signed.signature))
    }
}

impl Signer for Keys {
    fn sign_vote(&self, key: &PublicKey, vote: &VotePayload) -> Option<Signature> {
        self.validate(key).map(|key| vote.sign(key))
    }

    fn sign_proposal(&self, key: &PublicKey, proposal: &ProposalPayload) -> Option<Signature> {
        self.validate(key).map(|key| proposal.sign(key))
    }
}

impl NodeSigner for Keys {
    fn service_key(&self) -> Option<&SecretKey> {
        self.of_genesis.key(KeyUsage::Receipt)
    }
}
