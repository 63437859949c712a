//! The keys with which a node signs by itself.

use assent_consensus::Signer;
use assent_replica::NodeSigner;
use assent_types::key::{SecretKey, Signature};
use assent_types::validator::{ProposalPayload, VotePayload};

/// Keys read from files, held in memory.
///
/// A node without a VALIDATE key follows: its organisation is no validator, or its replica would ask for signatures
/// and every honest node would refuse them.
pub struct FileSigner {
    validate: Option<SecretKey>,
    service: Option<SecretKey>,
}

impl FileSigner {
    /// A signer with these keys.
    pub fn new(validate: Option<SecretKey>, service: Option<SecretKey>) -> Self {
        Self { validate, service }
    }

    /// The VALIDATE key's public half, to compare with the ledger's.
    pub fn validate_public(&self) -> Option<assent_types::key::PublicKey> {
        self.validate.as_ref().map(SecretKey::public)
    }
}

/// What a node without a key gives: bytes that no key verifies.
const NO_SIGNATURE: Signature = Signature([0; 64]);

impl Signer for FileSigner {
    fn sign_vote(&self, vote: &VotePayload) -> Signature {
        self.validate.as_ref().map_or(NO_SIGNATURE, |key| vote.sign(key))
    }

    fn sign_proposal(&self, proposal: &ProposalPayload) -> Signature {
        self.validate.as_ref().map_or(NO_SIGNATURE, |key| proposal.sign(key))
    }
}

impl NodeSigner for FileSigner {
    fn service_key(&self) -> Option<&SecretKey> {
        self.service.as_ref()
    }
}
