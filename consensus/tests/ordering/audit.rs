//! What must hold whatever happens. Broken rules are collected, so that a test can expect one.

use std::collections::BTreeMap;

use assent_consensus::Message;
use assent_types::validator::{CommitCertificate, Equivocation, ValidatorSet, VoteStep};
use assent_types::{BlockHash, ChainId, Height, OrgId};

/// A vote's or proposal's place, and what was said there. A proposal has no step.
type Place = (OrgId, Height, u32, Option<VoteStep>);

/// Watches every node from outside.
#[derive(Debug, Default)]
pub struct Audit {
    said: BTreeMap<Place, (Option<BlockHash>, Option<u32>)>,
    decided: BTreeMap<Height, BlockHash>,
    /// Organisations whose equivocation is expected.
    pub byzantine: Vec<OrgId>,
    /// Culprits of the evidence seen.
    pub convicted: Vec<OrgId>,
    pub broken: Vec<String>,
}

impl Audit {
    /// An audit that expects these organisations to equivocate.
    pub fn new(byzantine: Vec<OrgId>) -> Self {
        Self { byzantine, ..Self::default() }
    }

    /// A message leaves a node; `logged` tells whether its synced log has it.
    pub fn sent(&mut self, by: OrgId, message: &Message, logged: bool) {
        if self.byzantine.contains(&by) || message.sender() != Some(by) {
            return;
        }
        let (place, said) = match message {
            Message::Vote(signed) => {
                let vote = &signed.vote;
                ((by, vote.height, vote.round, Some(vote.step)), (vote.block, None))
            }
            Message::Proposal(signed) => {
                let proposal = &signed.proposal;
                ((by, proposal.height, proposal.round, None), (Some(proposal.block), proposal.pol_round))
            }
            Message::PolkaCertificate(_) | Message::RoundCertificate(_) => return,
        };
        let first = *self.said.entry(place).or_insert(said);
        if first != said {
            self.broken.push(format!("double sign at {place:?}: {first:?} and {said:?}"));
        }
        if !logged {
            self.broken.push(format!("sent before its log was synced: {place:?}"));
        }
    }

    /// A node decides.
    pub fn decided(&mut self, by: OrgId, chain: ChainId, certificate: &CommitCertificate, validators: &ValidatorSet) {
        if let Err(error) = certificate.verify(chain, validators) {
            self.broken.push(format!("{by} decides height {} on a bad certificate: {error}", certificate.height));
        }
        let first = *self.decided.entry(certificate.height).or_insert(certificate.block);
        if first != certificate.block {
            self.broken
                .push(format!("disagreement at height {}: {first} and {}", certificate.height, certificate.block));
        }
    }

    /// A node reports evidence.
    pub fn evidence(&mut self, chain: ChainId, evidence: &Equivocation, validators: &ValidatorSet) {
        let (_, _, culprit) = evidence.subject();
        let key = validators.by_org(culprit).map(|validator| validator.key);
        if !key.is_some_and(|key| evidence.verify(chain, &key)) {
            self.broken.push(format!("evidence that does not verify: {evidence:?}"));
        }
        if !self.byzantine.contains(&culprit) {
            self.broken.push(format!("evidence against an honest validator: {evidence:?}"));
        }
        self.convicted.push(culprit);
    }

    /// Whether any rule was broken in this way.
    pub fn has(&self, text: &str) -> bool {
        self.broken.iter().any(|broken| broken.contains(text))
    }
}
