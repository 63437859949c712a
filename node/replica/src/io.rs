//! What goes into a node and what comes out of it: inputs, outputs, jobs and the messages between peers.
//!
//! A driver (the daemon or a simulator) feeds [`Input`]s to [`crate::Replica::step`] and carries out the [`Output`]s in
//! order, with one rule: everything appended to the write-ahead log before a [`Output::WalSync`] must be durable before
//! any output after it is carried out. A driver may therefore drain several inputs, sync once, and then send.

use std::sync::Arc;

use assent_consensus::{MESSAGE_BYTES_MAX, Message};
use assent_types::codec::{Bytes, DecodeError, List, decode, encode};
use assent_types::error::ErrorCode;
use assent_types::ids::{BlockHash, Height, Millis, OrgId, TxHash};
use assent_types::limits::{BODY_BYTES_MAX, TX_BYTES_MAX};
use assent_types::receipt::{Receipt, ReceiptDetails};
use assent_types::tx::Transaction;
use assent_types::validator::CommitCertificate;
use borsh::{BorshDeserialize, BorshSerialize};

use crate::jobs::{Job, JobResult};

/// Largest encoded peer message, in bytes: a block or a page of blocks with certificates, and framing.
pub const PEER_MESSAGE_BYTES_MAX: usize = BODY_BYTES_MAX + 64 * 1024;

/// Most transactions in one gossip message.
pub const GOSSIP_TXS_MAX: usize = 1024;

/// Most blocks in one page of block sync; the page also keeps within [`PEER_MESSAGE_BYTES_MAX`].
pub const SYNC_BLOCKS_MAX: usize = 64;

/// Kind of traffic; each has a stream and queues of its own, so that bulk never delays votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Votes, proposals, status.
    Consensus,
    /// Transactions.
    Transactions,
    /// Block bodies and block sync.
    Bulk,
}

/// A block with the certificate that makes it final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FinalBlock {
    /// Encoded [`assent_types::block::Block`].
    pub block: Bytes<BODY_BYTES_MAX>,
    /// Its certificate.
    pub certificate: CommitCertificate,
}

/// What peers say to each other.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PeerMessage {
    /// An encoded [`Message`] about the order of blocks.
    Consensus(Bytes<MESSAGE_BYTES_MAX>) = 1,
    /// The sender's head.
    Status {
        /// Height of its last final block.
        height: Height,
    } = 2,
    /// Transactions for the mempool.
    Transactions(List<Bytes<TX_BYTES_MAX>, GOSSIP_TXS_MAX>) = 3,
    /// A block body for a round.
    Body {
        /// The round for which it is proposed.
        round: u32,
        /// Encoded [`assent_types::block::Block`].
        block: Bytes<BODY_BYTES_MAX>,
    } = 4,
    /// Asks for a body.
    BodyRequest {
        /// Height of the block.
        height: Height,
        /// The block.
        block: BlockHash,
    } = 5,
    /// Asks for final blocks from a height on.
    SyncRequest {
        /// First height wanted.
        from: Height,
    } = 6,
    /// Final blocks in ascending order; empty if the sender has none from there on.
    SyncResponse(List<FinalBlock, SYNC_BLOCKS_MAX>) = 7,
}

impl PeerMessage {
    /// Wraps an ordering message.
    pub fn ordering(message: &Message) -> Self {
        Self::Consensus(Bytes::new(message.to_bytes()).unwrap_or_default())
    }

    /// Decodes a message within its bounds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > PEER_MESSAGE_BYTES_MAX {
            let detail = format!("message of {} bytes, at most {PEER_MESSAGE_BYTES_MAX}", bytes.len());
            return Err(DecodeError::new(ErrorCode::TooLarge, detail));
        }
        decode(bytes)
    }

    /// The canonical encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The stream on which it travels.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Consensus(_) | Self::Status { .. } => Channel::Consensus,
            Self::Transactions(_) => Channel::Transactions,
            Self::Body { .. } | Self::BodyRequest { .. } | Self::SyncRequest { .. } | Self::SyncResponse(_) => {
                Channel::Bulk
            }
        }
    }
}

/// What happens to a node.
#[derive(Debug)]
pub enum Input {
    /// The time has come for which the node asked ([`crate::Replica::next_wake`]).
    Tick,
    /// A member's node is connected and authenticated.
    PeerUp(OrgId),
    /// The connection is gone.
    PeerDown(OrgId),
    /// A message from an authenticated peer, not yet decoded.
    Peer {
        /// The member that sent it.
        from: OrgId,
        /// The encoded [`PeerMessage`].
        bytes: Vec<u8>,
    },
    /// A client submits a transaction.
    Submit {
        /// Chosen by the driver, named in the [`Output::Answer`].
        ticket: u64,
        /// The member whose client submits it. The quota is that of the signer's organisation, whoever submits.
        member: OrgId,
        /// The encoded transaction.
        tx: Vec<u8>,
    },
    /// A job is done.
    Done {
        /// The job's number.
        id: u64,
        /// What came of it.
        result: JobResult,
    },
}

/// What a node wants done.
#[derive(Debug)]
pub enum Output {
    /// Append an entry to the write-ahead log.
    WalAppend(Vec<u8>),
    /// Make the write-ahead log durable before anything that follows.
    WalSync,
    /// Empty the write-ahead log: the block it was for is durable. Needs no sync of its own.
    WalReset,
    /// Send to one peer, if connected.
    Send {
        /// To whom.
        to: OrgId,
        /// On which stream.
        channel: Channel,
        /// The encoded [`PeerMessage`].
        bytes: Arc<Vec<u8>>,
    },
    /// Send to every connected peer.
    Broadcast {
        /// On which stream.
        channel: Channel,
        /// The encoded [`PeerMessage`].
        bytes: Arc<Vec<u8>>,
    },
    /// Close the connection to a peer that broke the protocol.
    Disconnect {
        /// Whom.
        peer: OrgId,
        /// Why, for the log.
        reason: String,
    },
    /// Run a job over a snapshot taken now and answer with [`Input::Done`].
    Job {
        /// The job's number.
        id: u64,
        /// What to do.
        job: Job,
    },
    /// Answers a submission.
    Answer {
        /// Of the submission.
        ticket: u64,
        /// Admitted (or known already), or refused with a numbered error.
        result: Result<TxHash, ErrorCode>,
    },
    /// A block is durable.
    Committed(Arc<CommitNotice>),
    /// The node must stop: its disk failed or something impossible happened.
    Halt(String),
}

/// What became final with one block.
#[derive(Clone, Debug)]
pub struct CommitNotice {
    /// Height of the block.
    pub height: Height,
    /// Its time.
    pub time: Millis,
    /// The block.
    pub block: BlockHash,
    /// Round in which it was decided.
    pub round: u32,
    /// Its transactions, in order.
    pub txs: Vec<Arc<Transaction>>,
    /// Its receipts, in order; a sweep's follows the transactions'.
    pub receipts: Vec<(Receipt, ReceiptDetails)>,
}
