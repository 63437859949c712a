use assent_types::ErrorCode;
use assent_types::key::SecretKey;

use super::*;
use crate::limits::WAL_ENTRY_BYTES_MAX;
use crate::timeouts::TimeoutStep;
use crate::wal::WalEntry;

fn vote(org: u32) -> SignedVote {
    let vote = VotePayload {
        chain: ChainId::default(),
        step: VoteStep::Prevote,
        height: Height(3),
        round: 2,
        block: Some(BlockHash::default()),
        voter: OrgId(org),
    };
    SignedVote { vote, signature: vote.sign(&SecretKey::from_seed(&[1; 32])) }
}

fn proposal() -> SignedProposal {
    let proposal = ProposalPayload {
        chain: ChainId::default(),
        height: Height(3),
        round: 2,
        block: BlockHash::default(),
        pol_round: Some(1),
        proposer: OrgId(1),
    };
    SignedProposal { proposal, signature: proposal.sign(&SecretKey::from_seed(&[1; 32])) }
}

fn polka(voters: impl IntoIterator<Item = u32>) -> PolkaCertificate {
    let all = voters.into_iter().map(|org| CommitSignature { voter: OrgId(org), signature: Signature([1; 64]) });
    PolkaCertificate {
        chain: ChainId::default(),
        height: Height(3),
        round: 2,
        block: BlockHash::default(),
        signatures: List::new(all.collect()).expect("within the bound"),
    }
}

fn round(voters: impl IntoIterator<Item = u32>) -> RoundCertificate {
    let all = voters.into_iter().map(|org| RoundVote {
        voter: OrgId(org),
        step: VoteStep::Precommit,
        block: Some(BlockHash::default()),
        signature: Signature([1; 64]),
    });
    RoundCertificate {
        chain: ChainId::default(),
        height: Height(3),
        round: 2,
        kind: RoundKind::Precommit,
        votes: List::new(all.collect()).expect("within the bound"),
    }
}

fn all() -> Vec<Message> {
    vec![
        Message::Vote(vote(1)),
        Message::Proposal(proposal()),
        Message::PolkaCertificate(polka(0..128)),
        Message::RoundCertificate(round(0..128)),
    ]
}

#[test]
fn ord_14_the_largest_messages_fit_and_come_back() {
    for message in all() {
        let bytes = message.to_bytes();
        assert!(bytes.len() <= MESSAGE_BYTES_MAX, "{} bytes", bytes.len());
        assert_eq!(Message::from_bytes(&bytes), Ok(message.clone()));
        assert_eq!((message.height(), message.round(), message.chain()), (Height(3), 2, ChainId::default()));
    }
}

#[test]
fn ord_14_no_other_bytes_are_a_message() {
    for message in all() {
        let bytes = message.to_bytes();
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            assert!(Message::from_bytes(&bytes[..cut]).is_err());
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(matches!(Message::from_bytes(&longer), Err(MessageError::Decode(_))));
        let mut other = bytes;
        other[0] = 9;
        let refused = Message::from_bytes(&other);
        assert!(
            matches!(&refused, Err(MessageError::Decode(error)) if error.code == ErrorCode::UnknownCode),
            "{refused:?}"
        );
    }
    assert_eq!(Message::from_bytes(&vec![0; MESSAGE_BYTES_MAX + 1]), Err(MessageError::TooLong(MESSAGE_BYTES_MAX + 1)));
}

#[test]
fn ord_14_a_certificate_names_each_voter_once_in_order() {
    for voters in [vec![], vec![2, 1], vec![1, 1]] {
        let bytes = Message::PolkaCertificate(polka(voters.clone())).to_bytes();
        assert_eq!(Message::from_bytes(&bytes), Err(MessageError::Voters));
        let bytes = Message::RoundCertificate(round(voters)).to_bytes();
        assert_eq!(Message::from_bytes(&bytes), Err(MessageError::Voters));
    }
}

#[test]
fn ord_14_a_claimed_length_costs_no_memory() {
    let mut bytes = Message::PolkaCertificate(polka([1])).to_bytes();
    let at = bytes.len() - 68 - 4;
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let refused = Message::from_bytes(&bytes);
    assert!(matches!(&refused, Err(MessageError::Decode(error)) if error.code == ErrorCode::TooLarge), "{refused:?}");
}

#[test]
fn log_entries_come_back() {
    let entries = [
        WalEntry::Vote(vote(1)),
        WalEntry::Proposal(proposal()),
        WalEntry::Timeout { height: Height(3), round: 2, step: TimeoutStep::Precommit },
        WalEntry::ProposedValue {
            height: Height(3),
            round: 2,
            valid_round: None,
            proposer: OrgId(1),
            block: BlockHash::default(),
            valid: true,
        },
        WalEntry::PolkaCertificate(polka(0..128)),
    ];
    for entry in entries {
        let bytes = entry.to_bytes();
        assert!(bytes.len() <= WAL_ENTRY_BYTES_MAX);
        assert_eq!(WalEntry::from_bytes(&bytes), Ok(entry.clone()));
        assert_eq!(entry.height(), Height(3));
        assert!(WalEntry::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
}
