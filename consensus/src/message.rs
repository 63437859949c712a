//! What validators send each other about the order of blocks.
//!
//! # Security
//! These bytes come from other organisations: [`Message::from_bytes`] bounds the length before it decodes, every list
//! has a bound in its type, and certificates name their voters in strictly ascending order.

use assent_types::codec::{DecodeError, List};
use assent_types::key::{PublicKey, Signature};
use assent_types::limits::VALIDATORS_MAX;
use assent_types::validator::{CommitSignature, ProposalPayload, ValidatorSet, VotePayload, VoteStep};
use assent_types::{BlockHash, ChainId, Height, OrgId, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::limits::MESSAGE_BYTES_MAX;

/// A vote with its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct SignedVote {
    /// What is signed.
    pub vote: VotePayload,
    /// The voter's signature.
    pub signature: Signature,
}

/// A proposal with its signature. The block itself travels apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct SignedProposal {
    /// What is signed.
    pub proposal: ProposalPayload,
    /// The proposer's signature.
    pub signature: Signature,
}

/// Prevotes of more than two thirds of the power for one block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct PolkaCertificate {
    /// The chain.
    pub chain: ChainId,
    /// Height of the prevotes.
    pub height: Height,
    /// Round of the prevotes.
    pub round: u32,
    /// The block.
    pub block: BlockHash,
    /// The prevotes, strictly ascending by voter.
    pub signatures: List<CommitSignature, VALIDATORS_MAX>,
}

/// Why a round may be entered or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RoundKind {
    /// More than one third voted in this round: it may be entered.
    Skip = 1,
    /// More than two thirds precommitted in this round: it may be left.
    Precommit = 2,
}

/// One vote of a round certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct RoundVote {
    /// The voter.
    pub voter: OrgId,
    /// Prevote or precommit.
    pub step: VoteStep,
    /// The block, or `None` for a nil vote.
    pub block: Option<BlockHash>,
    /// The voter's signature.
    pub signature: Signature,
}

/// Votes that justify entering or leaving a round.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RoundCertificate {
    /// The chain.
    pub chain: ChainId,
    /// Height of the votes.
    pub height: Height,
    /// Round of the votes.
    pub round: u32,
    /// What they justify.
    pub kind: RoundKind,
    /// The votes, strictly ascending by voter: one for each.
    pub votes: List<RoundVote, VALIDATORS_MAX>,
}

/// Anything one validator tells another about the order of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Message {
    /// A vote.
    Vote(SignedVote) = 1,
    /// A proposal.
    Proposal(SignedProposal) = 2,
    /// A polka, for those who missed some of its prevotes.
    PolkaCertificate(PolkaCertificate) = 3,
    /// Votes that justify a round.
    RoundCertificate(RoundCertificate) = 4,
}

/// Why bytes are no message. All of these are permanent: an honest peer never sends such bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`MESSAGE_BYTES_MAX`].
    #[error("a message of {0} bytes, at most {MESSAGE_BYTES_MAX}")]
    TooLong(usize),
    /// Not the canonical encoding of a message.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// Voters of a certificate do not ascend strictly, or there are none.
    #[error("a certificate names its voters in strictly ascending order, and at least one")]
    Voters,
}

/// One signature of a message: who signed what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signed {
    /// A vote.
    Vote(VotePayload),
    /// A proposal.
    Proposal(ProposalPayload),
}

impl Signed {
    pub(crate) fn signer(&self) -> OrgId {
        match self {
            Self::Vote(vote) => vote.voter,
            Self::Proposal(proposal) => proposal.proposer,
        }
    }

    pub(crate) fn verify(&self, key: &PublicKey, signature: &Signature) -> bool {
        match self {
            Self::Vote(vote) => vote.verify(key, signature),
            Self::Proposal(proposal) => proposal.verify(key, signature),
        }
    }
}

impl PolkaCertificate {
    fn vote(&self, voter: OrgId) -> VotePayload {
        VotePayload {
            chain: self.chain,
            step: VoteStep::Prevote,
            height: self.height,
            round: self.round,
            block: Some(self.block),
            voter,
        }
    }
}

impl RoundCertificate {
    fn vote(&self, vote: &RoundVote) -> VotePayload {
        VotePayload {
            chain: self.chain,
            step: vote.step,
            height: self.height,
            round: self.round,
            block: vote.block,
            voter: vote.voter,
        }
    }
}

impl Message {
    /// Decodes a message of a peer.
    ///
    /// # Rule [ORD-14]
    /// Bounded, canonical, one vote for each voter of a certificate.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(MessageError::TooLong(bytes.len()));
        }
        let message: Self = decode(bytes)?;
        let ascending = match &message {
            Self::Vote(_) | Self::Proposal(_) => true,
            Self::PolkaCertificate(polka) => ascends(polka.signatures.iter().map(|one| one.voter)),
            Self::RoundCertificate(round) => ascends(round.votes.iter().map(|one| one.voter)),
        };
        if ascending { Ok(message) } else { Err(MessageError::Voters) }
    }

    /// The canonical encoding, at most [`MESSAGE_BYTES_MAX`] bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The chain it is signed for.
    pub fn chain(&self) -> ChainId {
        match self {
            Self::Vote(signed) => signed.vote.chain,
            Self::Proposal(signed) => signed.proposal.chain,
            Self::PolkaCertificate(polka) => polka.chain,
            Self::RoundCertificate(round) => round.chain,
        }
    }

    /// The height it is about.
    pub fn height(&self) -> Height {
        match self {
            Self::Vote(signed) => signed.vote.height,
            Self::Proposal(signed) => signed.proposal.height,
            Self::PolkaCertificate(polka) => polka.height,
            Self::RoundCertificate(round) => round.height,
        }
    }

    /// The round it is about.
    pub fn round(&self) -> u32 {
        match self {
            Self::Vote(signed) => signed.vote.round,
            Self::Proposal(signed) => signed.proposal.round,
            Self::PolkaCertificate(polka) => polka.round,
            Self::RoundCertificate(round) => round.round,
        }
    }

    /// Who signed it; `None` for certificates, which carry many signatures. The peer that delivers a message may be
    /// another one.
    pub fn sender(&self) -> Option<OrgId> {
        match self {
            Self::Vote(signed) => Some(signed.vote.voter),
            Self::Proposal(signed) => Some(signed.proposal.proposer),
            Self::PolkaCertificate(_) | Self::RoundCertificate(_) => None,
        }
    }

    /// Whether every signature is that of a validator of this set, which must be the set of the message's height, and
    /// verifies. Powers are not added up here. Callable from any thread, for
    /// [`Input::Message`](crate::Input::Message)'s `verified`.
    pub fn signatures_valid(&self, chain: ChainId, validators: &ValidatorSet) -> bool {
        self.chain() == chain
            && self.signatures().iter().all(|(signed, signature)| {
                validators.by_org(signed.signer()).is_some_and(|validator| signed.verify(&validator.key, signature))
            })
    }

    /// Everything that is signed in it.
    pub(crate) fn signatures(&self) -> Vec<(Signed, Signature)> {
        match self {
            Self::Vote(signed) => vec![(Signed::Vote(signed.vote), signed.signature)],
            Self::Proposal(signed) => vec![(Signed::Proposal(signed.proposal), signed.signature)],
            Self::PolkaCertificate(polka) => {
                polka.signatures.iter().map(|one| (Signed::Vote(polka.vote(one.voter)), one.signature)).collect()
            }
            Self::RoundCertificate(round) => {
                round.votes.iter().map(|one| (Signed::Vote(round.vote(one)), one.signature)).collect()
            }
        }
    }
}

fn ascends(voters: impl Iterator<Item = OrgId>) -> bool {
    let mut last = None;
    for voter in voters {
        if last.is_some_and(|last| last >= voter) {
            return false;
        }
        last = Some(voter);
    }
    last.is_some()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
