//! Validators, votes and the commit certificate that makes a block final.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{DecodeError, List};
use crate::error::ErrorCode;
use crate::hash::{Tag, tagged_value};
use crate::ids::{BlockHash, ChainId, Hash32, Height, OrgId};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::limits::{POWER_MAX, VALIDATORS_MAX};

/// One validator: an organisation with voting power.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// The organisation; also the consensus address.
    pub org: OrgId,
    /// Voting power, 1 to [`POWER_MAX`].
    pub power: u64,
    /// Its VALIDATE key.
    pub key: PublicKey,
}

/// The validators of one height, strictly ascending by organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, serde::Serialize)]
pub struct ValidatorSet(List<Validator, VALIDATORS_MAX>);

/// Why validators do not form a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// No validator.
    #[error("a validator set needs at least one validator")]
    Empty,
    /// More than [`VALIDATORS_MAX`].
    #[error("more than {VALIDATORS_MAX} validators")]
    TooMany,
    /// Not strictly ascending by organisation.
    #[error("validators must ascend strictly by organisation")]
    Order,
    /// A power outside 1 to [`POWER_MAX`].
    #[error("validator {0} needs a power of 1 to {POWER_MAX}")]
    Power(OrgId),
    /// Two validators with one key.
    #[error("validator {0} shares its key with another")]
    SharedKey(OrgId),
}

impl ValidatorSet {
    /// A set, if it keeps the rules.
    pub fn new(validators: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        if validators.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        for (index, validator) in validators.iter().enumerate() {
            if index > 0 && validators[index - 1].org >= validator.org {
                return Err(ValidatorSetError::Order);
            }
            if validator.power == 0 || validator.power > POWER_MAX {
                return Err(ValidatorSetError::Power(validator.org));
            }
            if validators[..index].iter().any(|other| other.key == validator.key) {
                return Err(ValidatorSetError::SharedKey(validator.org));
            }
        }
        List::new(validators).map(Self).map_err(|_| ValidatorSetError::TooMany)
    }

    /// The validators, ascending by organisation.
    pub fn validators(&self) -> &[Validator] {
        &self.0
    }

    /// The validator of an organisation.
    pub fn by_org(&self, org: OrgId) -> Option<&Validator> {
        let index = self.0.binary_search_by_key(&org, |validator| validator.org).ok()?;
        self.0.get(index)
    }

    /// Sum of all powers; cannot overflow by the bounds of the parts.
    pub fn total_power(&self) -> u64 {
        self.0.iter().map(|validator| validator.power).sum()
    }

    /// Whether this power is strictly more than two thirds of the total.
    pub fn is_quorum(&self, power: u64) -> bool {
        u128::from(power) * 3 > u128::from(self.total_power()) * 2
    }

    /// Hash that headers carry.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::ValidatorSet, self)
    }
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let list = List::<Validator, VALIDATORS_MAX>::deserialize_reader(reader)?;
        Self::new(list.into_vec())
            .map_err(|error| DecodeError::new(ErrorCode::NonCanonical, error.to_string()).into_io())
    }
}

/// Step of a vote in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum VoteStep {
    /// First step: the proposal is acceptable.
    Prevote = 1,
    /// Second step: more than two thirds prevoted for it.
    Precommit = 2,
}

/// What a validator signs as a vote. The chain id is part of it, so a vote is worth nothing elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct VotePayload {
    /// The chain.
    pub chain: ChainId,
    /// Prevote or precommit.
    pub step: VoteStep,
    /// Height voted on.
    pub height: Height,
    /// Round, from 0.
    pub round: u32,
    /// The block, or `None` for a nil vote.
    pub block: Option<BlockHash>,
    /// The voter.
    pub voter: OrgId,
}

/// What a validator signs as a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct ProposalPayload {
    /// The chain.
    pub chain: ChainId,
    /// Height proposed for.
    pub height: Height,
    /// Round, from 0.
    pub round: u32,
    /// The block.
    pub block: BlockHash,
    /// Round of the proof of lock, if the block had a polka before.
    pub pol_round: Option<u32>,
    /// The proposer.
    pub proposer: OrgId,
}

macro_rules! signed_payload {
    ($payload:ident, $tag:expr) => {
        impl $payload {
            fn digest(&self) -> Hash32 {
                tagged_value($tag, self)
            }

            /// Signs with a VALIDATE key.
            pub fn sign(&self, key: &SecretKey) -> Signature {
                key.sign(&self.digest())
            }

            /// Verifies strictly (RFC 8032, canonical, no small order).
            pub fn verify(&self, key: &PublicKey, signature: &Signature) -> bool {
                key.verify_strict(&self.digest(), signature)
            }
        }
    };
}

signed_payload!(VotePayload, Tag::Vote);
signed_payload!(ProposalPayload, Tag::Proposal);

/// One precommit of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct CommitSignature {
    /// The voter.
    pub voter: OrgId,
    /// Its signature over the precommit.
    pub signature: Signature,
}

/// Proof that a block is final: precommits of more than two thirds of the power.
///
/// Many subsets of the precommits are valid for one block, so a certificate is never hashed into anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct CommitCertificate {
    /// Height decided.
    pub height: Height,
    /// Round in which it was decided.
    pub round: u32,
    /// The block.
    pub block: BlockHash,
    /// Precommits, strictly ascending by voter.
    pub signatures: List<CommitSignature, VALIDATORS_MAX>,
}

/// Why a certificate proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Voters do not ascend strictly.
    #[error("voters do not ascend strictly")]
    Order,
    /// A voter outside the validator set.
    #[error("organisation {0} is no validator of this height")]
    Stranger(OrgId),
    /// A signature that does not verify.
    #[error("the signature of organisation {0} does not verify")]
    Signature(OrgId),
    /// Not more than two thirds.
    #[error("power {signed} of {total} is not more than two thirds")]
    Power {
        /// Power that signed.
        signed: u64,
        /// Power of the whole set.
        total: u64,
    },
}

impl CommitCertificate {
    /// The precommit that a voter must have signed.
    pub fn precommit(&self, chain: ChainId, voter: OrgId) -> VotePayload {
        VotePayload {
            chain,
            step: VoteStep::Precommit,
            height: self.height,
            round: self.round,
            block: Some(self.block),
            voter,
        }
    }

    /// Checks the certificate against the validators of its height.
    pub fn verify(&self, chain: ChainId, validators: &ValidatorSet) -> Result<(), CertificateError> {
        let mut signed = 0;
        let mut last = None;
        for CommitSignature { voter, signature } in &self.signatures {
            if last.is_some_and(|last| last >= *voter) {
                return Err(CertificateError::Order);
            }
            last = Some(*voter);
            let validator = validators.by_org(*voter).ok_or(CertificateError::Stranger(*voter))?;
            if !self.precommit(chain, *voter).verify(&validator.key, signature) {
                return Err(CertificateError::Signature(*voter));
            }
            signed += validator.power;
        }
        if validators.is_quorum(signed) {
            Ok(())
        } else {
            Err(CertificateError::Power { signed, total: validators.total_power() })
        }
    }
}

/// Proof that a validator signed two different messages of one height, round and step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Equivocation {
    /// Two votes.
    Votes {
        /// One vote.
        first: (VotePayload, Signature),
        /// The other, greater than the first.
        second: (VotePayload, Signature),
    },
    /// Two proposals.
    Proposals {
        /// One proposal.
        first: (ProposalPayload, Signature),
        /// The other, greater than the first.
        second: (ProposalPayload, Signature),
    },
}

impl Equivocation {
    /// Height, round and culprit.
    pub fn subject(&self) -> (Height, u32, OrgId) {
        match self {
            Self::Votes { first: (vote, _), .. } => (vote.height, vote.round, vote.voter),
            Self::Proposals { first: (proposal, _), .. } => (proposal.height, proposal.round, proposal.proposer),
        }
    }

    /// Whether both messages are of one place, conflict, and verify under the validator's key of that height.
    pub fn verify(&self, chain: ChainId, key: &PublicKey) -> bool {
        match self {
            Self::Votes { first: (a, a_sig), second: (b, b_sig) } => {
                a.chain == chain
                    && b.chain == chain
                    && (a.step, a.height, a.round, a.voter) == (b.step, b.height, b.round, b.voter)
                    && a.block < b.block
                    && a.verify(key, a_sig)
                    && b.verify(key, b_sig)
            }
            Self::Proposals { first: (a, a_sig), second: (b, b_sig) } => {
                a.chain == chain
                    && b.chain == chain
                    && (a.height, a.round, a.proposer) == (b.height, b.round, b.proposer)
                    && (a.block, a.pol_round) < (b.block, b.pol_round)
                    && a.verify(key, a_sig)
                    && b.verify(key, b_sig)
            }
        }
    }
}
