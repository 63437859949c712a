//! Keys of a simulated network.

use std::collections::BTreeMap;

use assent_consensus::Signer;
use assent_genesis::sample::OrgKeys;
use assent_replica::NodeSigner;
use assent_replica::ledger::head::Head;
use assent_types::ids::{Height, OrgId};
use assent_types::key::{KeyUsage, PublicKey, SecretKey, Signature};
use assent_types::validator::{ProposalPayload, VotePayload};

/// The keys of one organisation as its node uses them.
pub struct Keys {
    /// The keys of genesis.
    pub of_genesis: OrgKeys,
    /// Every VALIDATE key that it ever had made.
    validate: Vec<SecretKey>,
    /// The key that the validators of a height name for it.
    at: BTreeMap<Height, PublicKey>,
}

impl Keys {
    /// Keys as genesis has them.
    pub fn new(of_genesis: OrgKeys) -> Self {
        let validate = of_genesis.key(KeyUsage::Validate).map(|key| SecretKey::from_seed(&key.seed()));
        Self { of_genesis, validate: validate.into_iter().collect(), at: BTreeMap::new() }
    }

    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.of_genesis.org
    }

    /// Another VALIDATE key, to be used once the validators of a height name it.
    pub fn add_validate(&mut self, key: SecretKey) {
        self.validate.push(key);
    }

    /// Learns which key counts at the two heights after a head.
    pub fn follow(&mut self, head: &Head) {
        let me = self.org();
        self.at.clear();
        let next = head.height.next();
        for (height, set) in [(next, &head.next_validators), (next.next(), &head.after_next_validators)] {
            self.at.extend(set.by_org(me).map(|validator| (height, validator.key)));
        }
    }

    /// The VALIDATE key of a height.
    ///
    /// # Panics
    /// If the organisation does not validate at this height: its node must not sign.
    pub fn validate_at(&self, height: Height) -> &SecretKey {
        let public = self.at.get(&height);
        let key = self.validate.iter().find(|key| public == Some(&key.public()));
        let Some(key) = key else { panic!("organisation {} must not sign at height {height}", self.org()) };
        key
    }
}

impl Signer for Keys {
    fn sign_vote(&self, vote: &VotePayload) -> Signature {
        vote.sign(self.validate_at(vote.height))
    }

    fn sign_proposal(&self, proposal: &ProposalPayload) -> Signature {
        proposal.sign(self.validate_at(proposal.height))
    }
}

impl NodeSigner for Keys {
    fn service_key(&self) -> Option<&SecretKey> {
        self.of_genesis.key(KeyUsage::Receipt)
    }
}
