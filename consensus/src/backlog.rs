//! Messages of the next height.

use std::collections::BTreeMap;

use assent_types::OrgId;
use assent_types::limits::VALIDATORS_MAX;

use crate::limits::{BACKLOG_CERTIFICATES_MAX, BACKLOG_MESSAGES_MAX};
use crate::message::Message;

/// What peers said about the next height before this node started it.
///
/// # Rule [ORD-13]
/// Signatures of these messages cannot be checked yet, so each authenticated sender has a quota of its own and nobody
/// can crowd out another. Heights further ahead are not kept at all: they are answered by block sync.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    senders: BTreeMap<OrgId, Quota>,
}

#[derive(Debug, Default)]
struct Quota {
    messages: Vec<(Message, bool)>,
    certificates: usize,
}

impl Backlog {
    /// Keeps a message if its sender has room.
    pub(crate) fn push(&mut self, from: OrgId, message: Message, verified: bool) -> bool {
        if self.senders.len() >= VALIDATORS_MAX && !self.senders.contains_key(&from) {
            return false;
        }
        let quota = self.senders.entry(from).or_default();
        if quota.messages.iter().any(|(known, _)| *known == message) {
            return true;
        }
        match message {
            Message::Vote(_) | Message::Proposal(_) => {
                if quota.messages.len() - quota.certificates >= BACKLOG_MESSAGES_MAX {
                    return false;
                }
            }
            Message::PolkaCertificate(_) | Message::RoundCertificate(_) => {
                if quota.certificates >= BACKLOG_CERTIFICATES_MAX {
                    return false;
                }
                quota.certificates += 1;
            }
        }
        quota.messages.push((message, verified));
        true
    }

    /// Takes everything, ordered by sender and arrival.
    pub(crate) fn take(&mut self) -> Vec<(OrgId, Message, bool)> {
        std::mem::take(&mut self.senders)
            .into_iter()
            .flat_map(|(from, quota)| quota.messages.into_iter().map(move |(message, known)| (from, message, known)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use assent_types::key::Signature;
    use assent_types::validator::{VotePayload, VoteStep};
    use assent_types::{ChainId, Height};

    use super::*;
    use crate::message::SignedVote;

    fn vote(round: u32) -> Message {
        let vote = VotePayload {
            chain: ChainId::default(),
            step: VoteStep::Prevote,
            height: Height(2),
            round,
            block: None,
            voter: OrgId(1),
        };
        Message::Vote(SignedVote { vote, signature: Signature([0; 64]) })
    }

    #[test]
    fn ord_13_one_sender_cannot_crowd_out_another() {
        let mut backlog = Backlog::default();
        for round in 0..1_000 {
            backlog.push(OrgId(9), vote(round), false);
            backlog.push(OrgId(9), vote(0), false);
        }
        assert!(backlog.push(OrgId(1), vote(0), false));
        let kept = backlog.take();
        assert_eq!(kept.len(), BACKLOG_MESSAGES_MAX + 1);
        assert_eq!(kept[0].0, OrgId(1), "in the order of the senders, so that replay is the same everywhere");
        assert!(backlog.take().is_empty());
    }

    #[test]
    fn ord_13_the_number_of_senders_is_bounded() {
        let mut backlog = Backlog::default();
        let kept = (0..1_000).filter(|org| backlog.push(OrgId(*org), vote(0), false)).count();
        assert_eq!(kept, VALIDATORS_MAX);
    }
}
