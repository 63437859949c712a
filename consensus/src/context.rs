//! The types with which the core is instantiated. All of them stay inside this crate.

use std::fmt;
use std::sync::Arc;

use assent_types::key::{PublicKey, Signature};
use assent_types::validator::{self, ProposalPayload, ValidatorSet, VotePayload, VoteStep};
use assent_types::{BlockHash, ChainId, Height, OrgId};
use malachite_types as mt;
use malachite_types::{NilOrVal, Round, SignedExtension, VoteType};

/// The proposer of a height and round: validators take turns in the order of the set, whatever their power.
///
/// # Rule [ORD-3]
/// A function of set, height and round alone, so that every node names the same proposer.
pub fn proposer(validators: &ValidatorSet, height: Height, round: u32) -> OrgId {
    let all = validators.validators();
    all[turn(height, round, all.len())].org
}

fn turn(height: Height, round: u32, count: usize) -> usize {
    let turn = height.0.wrapping_add(u64::from(round)) % count as u64;
    #[allow(clippy::cast_possible_truncation, reason = "a remainder of a number of validators")]
    let index = turn as usize;
    index
}

/// The chain, which enters every signed payload.
#[derive(Clone, Debug)]
pub(crate) struct Ctx {
    pub(crate) chain: ChainId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address(pub(crate) OrgId);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl mt::Address for Address {}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CoreHeight(pub(crate) Height);

impl fmt::Display for CoreHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl mt::Height for CoreHeight {
    const ZERO: Self = Self(Height(0));
    const INITIAL: Self = Self(Height(1));

    fn increment_by(&self, n: u64) -> Self {
        Self(Height(self.0.0.saturating_add(n)))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.0.checked_sub(n).map(|height| Self(Height(height)))
    }

    fn as_u64(&self) -> u64 {
        self.0.0
    }
}

/// The value agreed on: the hash of a block. Bodies travel apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(pub(crate) BlockHash);

impl mt::Value for Value {
    type Id = BlockHash;

    fn id(&self) -> BlockHash {
        self.0
    }
}

/// Signatures are made and checked by the named methods of the payloads; the core only carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scheme;

impl mt::SigningScheme for Scheme {
    type DecodingError = &'static str;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, &'static str> {
        bytes.try_into().map(Signature).map_err(|_| "a signature has 64 bytes")
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, &'static str> {
        assent_types::decode(bytes).map_err(|_| "not an encoded public key")
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        assent_types::encode(key)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub(crate) chain: ChainId,
    pub(crate) step: VoteType,
    pub(crate) height: CoreHeight,
    pub(crate) round: Round,
    pub(crate) block: NilOrVal<BlockHash>,
    pub(crate) voter: Address,
}

impl Vote {
    /// What is signed.
    ///
    /// # Rule [ORD-2]
    /// The chain is part of it and extensions are not: the core may compare votes without them.
    pub(crate) fn payload(&self) -> VotePayload {
        VotePayload {
            chain: self.chain,
            step: match self.step {
                VoteType::Prevote => VoteStep::Prevote,
                VoteType::Precommit => VoteStep::Precommit,
            },
            height: self.height.0,
            round: number(self.round),
            block: match self.block {
                NilOrVal::Nil => None,
                NilOrVal::Val(block) => Some(block),
            },
            voter: self.voter.0,
        }
    }

    pub(crate) fn from_payload(vote: &VotePayload) -> Self {
        Self {
            chain: vote.chain,
            step: match vote.step {
                VoteStep::Prevote => VoteType::Prevote,
                VoteStep::Precommit => VoteType::Precommit,
            },
            height: CoreHeight(vote.height),
            round: Round::new(vote.round),
            block: vote.block.map_or(NilOrVal::Nil, NilOrVal::Val),
            voter: Address(vote.voter),
        }
    }
}

impl mt::Vote<Ctx> for Vote {
    fn height(&self) -> CoreHeight {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockHash> {
        &self.block
    }

    fn take_value(self) -> NilOrVal<BlockHash> {
        self.block
    }

    fn vote_type(&self) -> VoteType {
        self.step
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }

    fn extension(&self) -> Option<&SignedExtension<Ctx>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Ctx>> {
        None
    }

    fn extend(self, _extension: SignedExtension<Ctx>) -> Self {
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) chain: ChainId,
    pub(crate) height: CoreHeight,
    pub(crate) round: Round,
    pub(crate) value: Value,
    pub(crate) pol_round: Round,
    pub(crate) proposer: Address,
}

impl Proposal {
    /// What is signed.
    pub(crate) fn payload(&self) -> ProposalPayload {
        ProposalPayload {
            chain: self.chain,
            height: self.height.0,
            round: number(self.round),
            block: self.value.0,
            pol_round: self.pol_round.as_u32(),
            proposer: self.proposer.0,
        }
    }

    pub(crate) fn from_payload(proposal: &ProposalPayload) -> Self {
        Self {
            chain: proposal.chain,
            height: CoreHeight(proposal.height),
            round: Round::new(proposal.round),
            value: Value(proposal.block),
            pol_round: Round::from(proposal.pol_round),
            proposer: Address(proposal.proposer),
        }
    }
}

impl mt::Proposal<Ctx> for Proposal {
    fn height(&self) -> CoreHeight {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Value {
        &self.value
    }

    fn take_value(self) -> Value {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

/// Required by the trait and never made: bodies do not pass through the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoPart;

impl mt::ProposalPart<Ctx> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    address: Address,
    inner: validator::Validator,
}

impl mt::Validator<Ctx> for Member {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.inner.key
    }

    fn voting_power(&self) -> u64 {
        self.inner.power
    }
}

/// The validators of one height. Shared, because the core clones the set at every height and certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members(Arc<[Member]>);

impl Members {
    pub(crate) fn new(validators: &ValidatorSet) -> Self {
        Self(validators.validators().iter().map(|v| Member { address: Address(v.org), inner: *v }).collect())
    }
}

impl mt::ValidatorSet<Ctx> for Members {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0.iter().map(|member| member.inner.power).sum()
    }

    fn get_by_address(&self, address: &Address) -> Option<&Member> {
        // A validator set ascends strictly by organisation.
        let index = self.0.binary_search_by_key(address, |member| member.address).ok()?;
        self.0.get(index)
    }

    fn get_by_index(&self, index: usize) -> Option<&Member> {
        self.0.get(index)
    }
}

impl mt::Context for Ctx {
    type Address = Address;
    type Height = CoreHeight;
    type ProposalPart = NoPart;
    type Proposal = Proposal;
    type Validator = Member;
    type ValidatorSet = Members;
    type Timeouts = mt::LinearTimeouts;
    type Value = Value;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Scheme;

    fn select_proposer<'a>(&self, validators: &'a Members, height: CoreHeight, round: Round) -> &'a Member {
        &validators.0[turn(height.0, number(round), validators.0.len())]
    }

    fn new_proposal(
        &self,
        height: CoreHeight,
        round: Round,
        value: Value,
        pol_round: Round,
        address: Address,
    ) -> Proposal {
        Proposal { chain: self.chain, height, round, value, pol_round, proposer: address }
    }

    fn new_prevote(&self, height: CoreHeight, round: Round, block: NilOrVal<BlockHash>, address: Address) -> Vote {
        Vote { chain: self.chain, step: VoteType::Prevote, height, round, block, voter: address }
    }

    fn new_precommit(&self, height: CoreHeight, round: Round, block: NilOrVal<BlockHash>, address: Address) -> Vote {
        Vote { chain: self.chain, step: VoteType::Precommit, height, round, block, voter: address }
    }
}

/// The number of a round. The core gives messages no undefined round; one that had it would be signed as round
/// `u32::MAX`, in which nobody ever votes.
pub(crate) fn number(round: Round) -> u32 {
    round.as_u32().unwrap_or(u32::MAX)
}
