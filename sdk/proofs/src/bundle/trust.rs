use assent_types::block::{BLOCK_FORMAT, Header};
use assent_types::genesis::{GENESIS_FORMAT, GenesisHeader};
use assent_types::validator::ValidatorSet;
use assent_types::{ChainId, Hash32, Height, OrgId};

use super::{Finality, FinalityError, PathError, SetChange, VerifyError};

/// Validators that are trusted from a height on: what a light client keeps.
///
/// It starts from the genesis header, or from a set pinned out of band, and advances over changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedSet {
    chain: ChainId,
    from: Height,
    hash: Hash32,
    set: ValidatorSet,
}

/// Who signed a final header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Round in which it was decided.
    pub round: u32,
    /// The signers, ascending.
    pub signers: Vec<OrgId>,
    /// Their power.
    pub power: u64,
    /// Power of the whole set.
    pub total: u64,
    /// Number of validators.
    pub validators: usize,
}

impl TrustedSet {
    /// The validators that a genesis header names, if it hashes to the trusted chain id.
    pub fn genesis(chain: ChainId, genesis: &GenesisHeader) -> Result<Self, VerifyError> {
        let found = genesis.chain_id();
        if found != chain {
            return Err(VerifyError::Genesis { found });
        }
        if genesis.format != GENESIS_FORMAT {
            return Err(VerifyError::GenesisFormat(genesis.format));
        }
        Ok(Self::pinned(chain, Height(1), genesis.validators.clone()))
    }

    /// Validators that the caller trusts from a height on.
    pub fn pinned(chain: ChainId, from: Height, set: ValidatorSet) -> Self {
        Self { chain, from, hash: set.hash(), set }
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    /// First height of these validators.
    pub fn from(&self) -> Height {
        self.from
    }

    /// The validators.
    pub fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// Checks that a header is final by these validators.
    ///
    /// # Rule [PRF-1]
    pub fn verify(&self, finality: &Finality) -> Result<Signed, FinalityError> {
        let Finality { header, certificate } = finality;
        self.check_header(header)?;
        if certificate.height != header.height || certificate.block != header.hash() {
            return Err(FinalityError::Block);
        }
        certificate.verify(self.chain, &self.set)?;
        let signers: Vec<OrgId> = certificate.signatures.iter().map(|signature| signature.voter).collect();
        let power = signers.iter().filter_map(|org| self.set.by_org(*org)).map(|validator| validator.power).sum();
        Ok(Signed {
            round: certificate.round,
            signers,
            power,
            total: self.set.total_power(),
            validators: self.set.validators().len(),
        })
    }

    fn check_header(&self, header: &Header) -> Result<(), FinalityError> {
        if header.format != BLOCK_FORMAT {
            return Err(FinalityError::Format(header.format));
        }
        if header.chain != self.chain {
            return Err(FinalityError::Chain(header.chain));
        }
        if header.height < self.from {
            return Err(FinalityError::Height { from: self.from, found: header.height });
        }
        if header.validators != self.hash {
            return Err(FinalityError::Validators { expected: self.hash, found: header.validators });
        }
        Ok(())
    }

    /// The validators after a change.
    ///
    /// # Rule [PRF-2]
    pub fn advance(&self, change: &SetChange) -> Result<Self, PathError> {
        self.verify(&change.finality)?;
        let header = &change.finality.header;
        if header.next_validators == self.hash {
            return Err(PathError::NoChange);
        }
        let found = change.validators.hash();
        if found != header.next_validators {
            return Err(PathError::Set { expected: header.next_validators, found });
        }
        // A final header of the largest height has no successor.
        let from = Height(header.height.0.saturating_add(1));
        Ok(Self { chain: self.chain, from, hash: found, set: change.validators.clone() })
    }
}
