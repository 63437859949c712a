//! The keys with which a node signs by itself.

use assent_consensus::Signer;
use assent_replica::NodeSigner;
use assent_types::key::{PublicKey, SecretKey, Signature};
use assent_types::validator::{ProposalPayload, VotePayload};

/// Keys read from files, held in memory. A node without VALIDATE keys follows.
pub struct FileSigner {
    validate: Vec<SecretKey>,
    service: Option<SecretKey>,
}

impl FileSigner {
    /// A signer with these keys: two VALIDATE keys during a rotation, one otherwise.
    pub fn new(validate: Vec<SecretKey>, service: Option<SecretKey>) -> Self {
        Self { validate, service }
    }

    /// The VALIDATE key with this public half.
    pub fn validate(&self, public: &PublicKey) -> Option<&SecretKey> {
        self.validate.iter().find(|key| key.public() == *public)
    }

    /// Whether there is any VALIDATE key.
    pub fn validates(&self) -> bool {
        !self.validate.is_empty()
    }
}

impl Signer for FileSigner {
    fn sign_vote(&self, key: &PublicKey, vote: &VotePayload) -> Option<Signature> {
        self.validate(key).map(|key| vote.sign(key))
    }

    fn sign_proposal(&self, key: &PublicKey, proposal: &ProposalPayload) -> Option<Signature> {
        self.validate(key).map(|key| proposal.sign(key))
    }
}

impl NodeSigner for FileSigner {
    fn service_key(&self) -> Option<&SecretKey> {
        self.service.as_ref()
    }
}
