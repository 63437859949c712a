//! The last check before a key signs and before a message leaves.

use std::collections::BTreeMap;

use assent_types::BlockHash;
use assent_types::validator::{ProposalPayload, VotePayload, VoteStep};

/// What this validator said at one height, as far as the log knows. Each height has a new one.
///
/// # Rule [ORD-5]
/// One vote per round and step, one proposal per round, whatever the core asks for: a second, different one stops the
/// node before the key is used.
///
/// # Rule [ORD-4]
/// An own message leaves only after its entry was appended and the log was synced.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    votes: BTreeMap<(VoteStep, u32), Option<BlockHash>>,
    proposals: BTreeMap<u32, (BlockHash, Option<u32>)>,
    /// Whether entries were appended since the last sync.
    unsynced: bool,
}

impl Guard {
    /// Whether the vote may be signed: nothing else was said in its place.
    pub(crate) fn may_vote(&self, vote: &VotePayload) -> Result<(), String> {
        match self.votes.get(&(vote.step, vote.round)) {
            Some(said) if *said != vote.block => Err(format!(
                "{:?} of height {} round {} was {said:?} and shall now be {:?}: this validator would sign twice",
                vote.step, vote.height, vote.round, vote.block
            )),
            _ => Ok(()),
        }
    }

    /// Whether the proposal may be signed.
    pub(crate) fn may_propose(&self, proposal: &ProposalPayload) -> Result<(), String> {
        match self.proposals.get(&proposal.round) {
            Some(said) if *said != (proposal.block, proposal.pol_round) => Err(format!(
                "the proposal of height {} round {} was {said:?} and shall now be {:?}: this validator would sign twice",
                proposal.height,
                proposal.round,
                (proposal.block, proposal.pol_round)
            )),
            _ => Ok(()),
        }
    }

    /// Whether the log has this vote.
    pub(crate) fn has_vote(&self, vote: &VotePayload) -> bool {
        self.votes.get(&(vote.step, vote.round)) == Some(&vote.block)
    }

    /// Whether the log has this proposal.
    pub(crate) fn has_proposal(&self, proposal: &ProposalPayload) -> bool {
        self.proposals.get(&proposal.round) == Some(&(proposal.block, proposal.pol_round))
    }

    /// Whether the log has any own proposal of the round.
    pub(crate) fn has_proposed(&self, round: u32) -> bool {
        self.proposals.contains_key(&round)
    }

    /// Notes that an own vote entered the log.
    ///
    /// # Errors
    /// A sentence, when another one is there: the key is used by a second process, or the log was lost.
    pub(crate) fn log_vote(&mut self, vote: &VotePayload) -> Result<(), String> {
        self.may_vote(vote)?;
        self.votes.insert((vote.step, vote.round), vote.block);
        Ok(())
    }

    /// Notes that an own proposal entered the log.
    ///
    /// # Errors
    /// As for votes.
    pub(crate) fn log_proposal(&mut self, proposal: &ProposalPayload) -> Result<(), String> {
        self.may_propose(proposal)?;
        self.proposals.insert(proposal.round, (proposal.block, proposal.pol_round));
        Ok(())
    }

    /// Notes an append; the next publication needs a sync.
    pub(crate) fn appended(&mut self) {
        self.unsynced = true;
    }

    /// Whether a sync is due; after the call it no longer is.
    pub(crate) fn take_unsynced(&mut self) -> bool {
        std::mem::take(&mut self.unsynced)
    }

    /// Whether everything appended is synced.
    pub(crate) fn is_synced(&self) -> bool {
        !self.unsynced
    }
}

#[cfg(test)]
mod tests {
    use assent_types::{ChainId, Hash32, Height, OrgId};

    use super::*;

    fn vote(block: Option<u8>) -> VotePayload {
        VotePayload {
            chain: ChainId::default(),
            step: VoteStep::Precommit,
            height: Height(4),
            round: 1,
            block: block.map(|byte| BlockHash(Hash32([byte; 32]))),
            voter: OrgId(1),
        }
    }

    #[test]
    fn ord_5_a_second_different_vote_is_refused() {
        let mut guard = Guard::default();
        assert_eq!(guard.may_vote(&vote(Some(1))), Ok(()));
        assert_eq!(guard.log_vote(&vote(Some(1))), Ok(()));
        assert_eq!(guard.may_vote(&vote(Some(1))), Ok(()), "the same vote may be repeated");
        assert!(guard.may_vote(&vote(Some(2))).is_err());
        assert!(guard.may_vote(&vote(None)).is_err());
        assert!(guard.log_vote(&vote(None)).is_err());
        let later = VotePayload { round: 2, ..vote(None) };
        assert_eq!(guard.may_vote(&later), Ok(()), "another round is another place");
    }

    #[test]
    fn ord_5_a_second_different_proposal_is_refused() {
        let proposal = |byte, pol_round| ProposalPayload {
            chain: ChainId::default(),
            height: Height(4),
            round: 3,
            block: BlockHash(Hash32([byte; 32])),
            pol_round,
            proposer: OrgId(1),
        };
        let mut guard = Guard::default();
        assert_eq!(guard.log_proposal(&proposal(1, None)), Ok(()));
        assert_eq!(guard.log_proposal(&proposal(1, None)), Ok(()));
        assert!(guard.may_propose(&proposal(2, None)).is_err());
        assert!(guard.may_propose(&proposal(1, Some(2))).is_err(), "another proof of lock is another proposal");
        assert!(guard.has_proposed(3) && !guard.has_proposed(4));
    }

    #[test]
    fn ord_4_a_sync_is_due_once_after_appends() {
        let mut guard = Guard::default();
        assert!(guard.is_synced() && !guard.take_unsynced());
        guard.appended();
        guard.appended();
        assert!(!guard.is_synced());
        assert!(guard.take_unsynced());
        assert!(guard.is_synced() && !guard.take_unsynced());
    }
}
