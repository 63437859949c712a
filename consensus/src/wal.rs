//! Entries of the write-ahead log.
//!
//! The caller stores them: one record per entry, in order, checksummed, and dropped when the block of their height is
//! durable. A record that does not decode is a disk fault and the caller stops.

use assent_types::codec::DecodeError;
use assent_types::{BlockHash, ErrorCode, Height, OrgId, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};
use malachite_core::{Input, ProposedValue};
use malachite_types::{Round, TimeoutKind, Validity, ValueOrigin};

use crate::context::{Address, CoreHeight, Ctx, Value, number};
use crate::convert;
use crate::limits::WAL_ENTRY_BYTES_MAX;
use crate::message::{PolkaCertificate, SignedProposal, SignedVote};
use crate::timeouts::TimeoutStep;

/// One input of the algorithm that must survive a crash, because votes were derived from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum WalEntry {
    /// A verified vote, own or of a peer.
    Vote(SignedVote) = 1,
    /// A verified proposal, own or of a peer.
    Proposal(SignedProposal) = 2,
    /// A timer that fired. Never [`TimeoutStep::Rebroadcast`].
    Timeout {
        /// Height of the timer.
        height: Height,
        /// Round of the timer.
        round: u32,
        /// What it waited for.
        step: TimeoutStep,
    } = 3,
    /// A block whose body is here, executed and judged. The body must be durable no later than this entry.
    ProposedValue {
        /// Height of the block.
        height: Height,
        /// Round in which it was proposed.
        round: u32,
        /// Round of its proof of lock, if the proposal had one.
        valid_round: Option<u32>,
        /// Who proposed it.
        proposer: OrgId,
        /// The block.
        block: BlockHash,
        /// The verdict.
        valid: bool,
    } = 4,
    /// A verified polka of a peer.
    PolkaCertificate(PolkaCertificate) = 5,
}

impl WalEntry {
    /// The height to which the entry belongs.
    pub fn height(&self) -> Height {
        match self {
            Self::Vote(signed) => signed.vote.height,
            Self::Proposal(signed) => signed.proposal.height,
            Self::Timeout { height, .. } | Self::ProposedValue { height, .. } => *height,
            Self::PolkaCertificate(polka) => polka.height,
        }
    }

    /// The block that must be at hand to replay this entry.
    pub fn body(&self) -> Option<BlockHash> {
        match self {
            Self::ProposedValue { block, .. } => Some(*block),
            _ => None,
        }
    }

    /// Decodes one record.
    ///
    /// # Errors
    /// E101, E107 or E108 for anything but the canonical encoding of an entry.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > WAL_ENTRY_BYTES_MAX {
            let detail = format!("log entry of {} bytes, at most {WAL_ENTRY_BYTES_MAX}", bytes.len());
            return Err(DecodeError::new(ErrorCode::TooLarge, detail));
        }
        decode(bytes)
    }

    /// The canonical encoding, at most [`WAL_ENTRY_BYTES_MAX`] bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The entry for an input of the core.
    ///
    /// # Errors
    /// A sentence, for an input that the core never logs.
    pub(crate) fn from_core(
        chain: assent_types::ChainId,
        height: CoreHeight,
        input: &Input<Ctx>,
    ) -> Result<Self, String> {
        match input {
            Input::Vote(vote) => Ok(Self::Vote(convert::vote_from_core(vote))),
            Input::Proposal(proposal) => Ok(Self::Proposal(convert::proposal_from_core(proposal))),
            Input::PolkaCertificate(polka) => Ok(Self::PolkaCertificate(convert::polka_from_core(chain, polka))),
            Input::TimeoutElapsed(timeout) => {
                let step = match timeout.kind {
                    TimeoutKind::Propose => TimeoutStep::Propose,
                    TimeoutKind::Prevote => TimeoutStep::Prevote,
                    TimeoutKind::Precommit => TimeoutStep::Precommit,
                    TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => {
                        return Err(format!("the core logs a {:?} timeout", timeout.kind));
                    }
                };
                Ok(Self::Timeout { height: height.0, round: number(timeout.round), step })
            }
            Input::ProposedValue(value, _) => Ok(Self::ProposedValue {
                height: value.height.0,
                round: number(value.round),
                valid_round: value.valid_round.as_u32(),
                proposer: value.proposer.0,
                block: value.value.0,
                valid: value.validity.is_valid(),
            }),
            Input::StartHeight(..) | Input::RoundCertificate(_) | Input::Propose(_) | Input::SyncValueResponse(_) => {
                Err(format!("the core logs {input:?}"))
            }
        }
    }

    /// The input that replays this entry.
    pub(crate) fn to_core(&self) -> Input<Ctx> {
        match self {
            Self::Vote(vote) => Input::Vote(convert::vote_to_core(vote)),
            Self::Proposal(proposal) => Input::Proposal(convert::proposal_to_core(proposal)),
            Self::Timeout { round, step, .. } => Input::TimeoutElapsed(step.to_core(*round)),
            Self::ProposedValue { height, round, valid_round, proposer, block, valid } => Input::ProposedValue(
                ProposedValue {
                    height: CoreHeight(*height),
                    round: Round::new(*round),
                    valid_round: Round::from(*valid_round),
                    proposer: Address(*proposer),
                    value: Value(*block),
                    validity: Validity::from_bool(*valid),
                },
                // The origin is not logged: the core takes replayed values as its own, and a sync decision needs its
                // certificate again.
                ValueOrigin::Consensus,
            ),
            Self::PolkaCertificate(polka) => Input::PolkaCertificate(convert::polka_to_core(polka)),
        }
    }
}
