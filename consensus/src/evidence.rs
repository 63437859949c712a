//! From the core's record of misbehaviour to evidence that anybody can check.

use std::collections::BTreeSet;

use assent_types::validator::Equivocation;
use malachite_core::MisbehaviorEvidence;

use crate::context::Ctx;
use crate::convert::{proposal_from_core, vote_from_core};

/// The conflicting pairs of one height, each with the lesser message first, without repeats, in a fixed order.
///
/// # Rule [ORD-18]
/// Every node that saw a pair writes it in the same bytes.
pub(crate) fn equivocations(evidence: &MisbehaviorEvidence<Ctx>) -> Vec<Equivocation> {
    let mut votes = BTreeSet::new();
    for (_, pairs) in evidence.votes.iter() {
        for (a, b) in pairs {
            let (a, b) = (vote_from_core(a), vote_from_core(b));
            let (a, b) = ((a.vote, a.signature), (b.vote, b.signature));
            if a.0.block != b.0.block {
                votes.insert(if a.0.block < b.0.block { (a, b) } else { (b, a) });
            }
        }
    }
    let mut proposals = BTreeSet::new();
    for (_, pairs) in evidence.proposals.iter() {
        for (a, b) in pairs {
            let (a, b) = (proposal_from_core(a), proposal_from_core(b));
            let (a, b) = ((a.proposal, a.signature), (b.proposal, b.signature));
            let place = |p: &assent_types::validator::ProposalPayload| (p.block, p.pol_round);
            if place(&a.0) != place(&b.0) {
                proposals.insert(if place(&a.0) < place(&b.0) { (a, b) } else { (b, a) });
            }
        }
    }
    votes
        .into_iter()
        .map(|(first, second)| Equivocation::Votes { first, second })
        .chain(proposals.into_iter().map(|(first, second)| Equivocation::Proposals { first, second }))
        .collect()
}
