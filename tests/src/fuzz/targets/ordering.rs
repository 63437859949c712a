//! What peers say to each other, and what a node reads back from its write-ahead log.

use assent_consensus::{
    Message, PolkaCertificate, RoundCertificate, RoundKind, RoundVote, SignedProposal, SignedVote, TimeoutStep,
    WalEntry,
};
use assent_replica::PeerMessage;
use assent_replica::io::FinalBlock;
use assent_types::validator::{CommitCertificate, Equivocation, VotePayload, VoteStep};
use assent_types::{Bytes, Height, List, OrgId};

use super::super::{Answer, canonical, samples};
use super::{Corpus, Entry, binary, many};

pub(super) const TARGETS: &[Entry] = &[
    (binary("ordering-message", message), || many(&messages())),
    (binary("ordering-log-entry", log_entry), || many(&log_entries())),
    (binary("peer-message", peer_message), peer_message_corpus),
];

/// A message that decodes must also survive the check of its signatures.
fn message(input: &[u8]) -> Answer {
    let validators = samples::validators();
    canonical(input, Message::from_bytes, |message| {
        let _ = (message.height(), message.round(), message.sender());
        let known = message.signatures_valid(samples::CHAIN, &validators);
        assert!(!known || message.chain() == samples::CHAIN, "a message of another chain verifies");
        message.to_bytes()
    })
}

fn log_entry(input: &[u8]) -> Answer {
    canonical(input, WalEntry::from_bytes, |entry| {
        let _ = (entry.height(), entry.body());
        entry.to_bytes()
    })
}

fn peer_message(input: &[u8]) -> Answer {
    canonical(input, PeerMessage::from_bytes, |message| {
        let _ = message.channel();
        message.to_bytes()
    })
}

fn votes() -> Vec<SignedVote> {
    let pairs = [samples::votes(), samples::proposals()];
    let both = pairs.into_iter().filter_map(|pair| match pair {
        Equivocation::Votes { first, second } => Some([first, second]),
        Equivocation::Proposals { .. } => None,
    });
    both.flatten().map(|(vote, signature)| SignedVote { vote, signature }).collect()
}

fn proposals() -> Vec<SignedProposal> {
    match samples::proposals() {
        Equivocation::Proposals { first, second } => {
            [first, second].map(|(proposal, signature)| SignedProposal { proposal, signature }).into()
        }
        Equivocation::Votes { .. } => Vec::new(),
    }
}

fn polka() -> PolkaCertificate {
    let CommitCertificate { height, round, block, signatures } = samples::certificate();
    PolkaCertificate { chain: samples::CHAIN, height, round, block, signatures }
}

fn round_certificate(kind: RoundKind) -> RoundCertificate {
    let (chain, height, round, step) = (samples::CHAIN, Height(7), 3, VoteStep::Precommit);
    let vote = |n: u8| {
        let voter = OrgId(n.into());
        let payload = VotePayload { chain, step, height, round, block: None, voter };
        RoundVote { voter, step, block: None, signature: payload.sign(&samples::key(n)) }
    };
    let votes = List::new((1..=3).map(vote).collect()).unwrap_or_default();
    RoundCertificate { chain, height, round, kind, votes }
}

fn messages() -> Vec<Message> {
    let mut messages: Vec<Message> = votes().into_iter().map(Message::Vote).collect();
    messages.extend(proposals().into_iter().map(Message::Proposal));
    messages.push(Message::PolkaCertificate(polka()));
    messages
        .extend([RoundKind::Skip, RoundKind::Precommit].map(|kind| Message::RoundCertificate(round_certificate(kind))));
    messages
}

pub(super) fn log_entries() -> Vec<WalEntry> {
    let (height, round, block) = (Height(7), 2, samples::header(0).hash());
    let mut entries: Vec<WalEntry> = votes().into_iter().map(WalEntry::Vote).collect();
    entries.extend(proposals().into_iter().map(WalEntry::Proposal));
    entries.push(WalEntry::Timeout { height, round, step: TimeoutStep::Precommit });
    entries.push(WalEntry::ProposedValue {
        height,
        round,
        valid_round: Some(1),
        proposer: OrgId(1),
        block,
        valid: true,
    });
    entries.push(WalEntry::PolkaCertificate(polka()));
    entries
}

fn peer_message_corpus() -> Corpus {
    let txs = samples::transactions();
    let Some(block) = samples::block(&txs[..2]) else { return Corpus::new() };
    let hash = block.header.hash();
    let bytes = || Bytes::new(block.to_bytes()).unwrap_or_default();
    let gossip = txs.iter().take(2).filter_map(|tx| Bytes::new(tx.to_bytes()).ok()).collect();
    let last = FinalBlock { block: bytes(), certificate: samples::certificate() };
    let ordering = messages().into_iter().take(1).map(|message| message.to_bytes());
    let mut all: Vec<PeerMessage> =
        ordering.filter_map(|bytes| Bytes::new(bytes).ok()).map(PeerMessage::Consensus).collect();
    all.extend([
        PeerMessage::Status { height: Height(7) },
        PeerMessage::Transactions(List::new(gossip).unwrap_or_default()),
        PeerMessage::Body { round: 2, block: bytes() },
        PeerMessage::BodyRequest { height: Height(7), block: hash },
        PeerMessage::SyncRequest { from: Height(3) },
        PeerMessage::SyncResponse(List::new(vec![last]).unwrap_or_default()),
    ]);
    many(&all)
}
