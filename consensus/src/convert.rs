//! Between the core's types and the signed formats.

use assent_types::codec::List;
use assent_types::limits::VALIDATORS_MAX;
use assent_types::validator::{CommitCertificate, CommitSignature, VoteStep};
use assent_types::{BlockHash, ChainId};
use malachite_types as mt;
use malachite_types::{NilOrVal, Round, RoundCertificateType, VoteType};

use crate::context::{Address, CoreHeight, Ctx, Proposal, Vote, number};
use crate::message::{PolkaCertificate, RoundCertificate, RoundKind, RoundVote, SignedProposal, SignedVote};

pub(crate) type CoreVote = mt::SignedVote<Ctx>;
pub(crate) type CoreProposal = mt::SignedProposal<Ctx>;
pub(crate) type CorePolka = mt::PolkaCertificate<Ctx>;
pub(crate) type CoreRound = mt::RoundCertificate<Ctx>;
pub(crate) type CoreCommit = mt::CommitCertificate<Ctx>;
pub(crate) type CoreExtended = mt::ExtendedCommitCertificate<Ctx>;

pub(crate) fn vote_to_core(signed: &SignedVote) -> CoreVote {
    CoreVote::new(Vote::from_payload(&signed.vote), signed.signature)
}

pub(crate) fn vote_from_core(signed: &CoreVote) -> SignedVote {
    SignedVote { vote: signed.message.payload(), signature: signed.signature }
}

pub(crate) fn proposal_to_core(signed: &SignedProposal) -> CoreProposal {
    CoreProposal::new(Proposal::from_payload(&signed.proposal), signed.signature)
}

pub(crate) fn proposal_from_core(signed: &CoreProposal) -> SignedProposal {
    SignedProposal { proposal: signed.message.payload(), signature: signed.signature }
}

pub(crate) fn polka_to_core(polka: &PolkaCertificate) -> CorePolka {
    CorePolka {
        height: CoreHeight(polka.height),
        round: Round::new(polka.round),
        value_id: polka.block,
        polka_signatures: polka
            .signatures
            .iter()
            .map(|one| mt::PolkaSignature::new(Address(one.voter), one.signature))
            .collect(),
    }
}

pub(crate) fn polka_from_core(chain: ChainId, polka: &CorePolka) -> PolkaCertificate {
    PolkaCertificate {
        chain,
        height: polka.height.0,
        round: number(polka.round),
        block: polka.value_id,
        signatures: commit_signatures(polka.polka_signatures.iter().map(|one| (one.address, one.signature))),
    }
}

pub(crate) fn round_to_core(round: &RoundCertificate) -> CoreRound {
    CoreRound {
        height: CoreHeight(round.height),
        round: Round::new(round.round),
        cert_type: match round.kind {
            RoundKind::Skip => RoundCertificateType::Skip,
            RoundKind::Precommit => RoundCertificateType::Precommit,
        },
        round_signatures: round
            .votes
            .iter()
            .map(|one| mt::RoundSignature {
                vote_type: match one.step {
                    VoteStep::Prevote => VoteType::Prevote,
                    VoteStep::Precommit => VoteType::Precommit,
                },
                value_id: one.block.map_or(NilOrVal::Nil, NilOrVal::Val),
                address: Address(one.voter),
                signature: one.signature,
            })
            .collect(),
    }
}

pub(crate) fn round_from_core(chain: ChainId, round: &CoreRound) -> RoundCertificate {
    let mut votes: Vec<RoundVote> = round
        .round_signatures
        .iter()
        .map(|one| RoundVote {
            voter: one.address.0,
            step: match one.vote_type {
                VoteType::Prevote => VoteStep::Prevote,
                VoteType::Precommit => VoteStep::Precommit,
            },
            block: block(&one.value_id),
            signature: one.signature,
        })
        .collect();
    votes.sort_unstable_by_key(|vote| vote.voter);
    RoundCertificate {
        chain,
        height: round.height.0,
        round: number(round.round),
        kind: match round.cert_type {
            RoundCertificateType::Skip => RoundKind::Skip,
            RoundCertificateType::Precommit => RoundKind::Precommit,
        },
        votes: bounded(votes),
    }
}

pub(crate) fn commit_from_core(commit: &CoreCommit) -> CommitCertificate {
    CommitCertificate {
        height: commit.height.0,
        round: number(commit.round),
        block: commit.value_id,
        signatures: commit_signatures(commit.commit_signatures.iter().map(|one| (one.address, one.signature))),
    }
}

pub(crate) fn commit_to_core(commit: &CommitCertificate) -> CoreExtended {
    CoreExtended {
        height: CoreHeight(commit.height),
        round: Round::new(commit.round),
        value_id: commit.block,
        commit_signatures: commit
            .signatures
            .iter()
            .map(|one| mt::ExtendedCommitSignature::new(Address(one.voter), one.signature, None))
            .collect(),
    }
}

fn block(value: &NilOrVal<BlockHash>) -> Option<BlockHash> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(block) => Some(*block),
    }
}

fn commit_signatures(
    signatures: impl Iterator<Item = (Address, assent_types::key::Signature)>,
) -> List<CommitSignature, VALIDATORS_MAX> {
    let mut all: Vec<_> =
        signatures.map(|(address, signature)| CommitSignature { voter: address.0, signature }).collect();
    all.sort_unstable_by_key(|one| one.voter);
    bounded(all)
}

fn bounded<T: std::fmt::Debug>(items: Vec<T>) -> List<T, VALIDATORS_MAX> {
    let list = List::new(items);
    assert!(list.is_ok(), "the core keeps one vote of each validator, and a set holds at most {VALIDATORS_MAX}");
    list.unwrap_or_default()
}
