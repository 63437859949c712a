//! What goes into the host and what comes out of it.

use assent_types::key::{PublicKey, Signature};
use assent_types::validator::{CommitCertificate, Equivocation, ProposalPayload, VotePayload};
use assent_types::{BlockHash, ChainId, Height, OrgId};

use crate::message::Message;
use crate::timeouts::{TimeoutId, TimeoutsMs};
use crate::wal::WalEntry;

/// What stays the same for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The chain; messages of others are ignored.
    pub chain: ChainId,
    /// The organisation whose VALIDATE keys the signer holds; `None` follows and never votes.
    pub me: Option<OrgId>,
    /// How long each step waits.
    pub timeouts: TimeoutsMs,
}

/// Holds VALIDATE keys: during a rotation the one that ends and the one that begins. Called synchronously: the
/// algorithm goes on with the signature. `None` says that the signer does not hold the key, and stops the node.
pub trait Signer {
    /// Signs a vote with the key that the validators of its height name for this organisation.
    fn sign_vote(&self, key: &PublicKey, vote: &VotePayload) -> Option<Signature>;

    /// Signs a proposal with the key that the validators of its height name for this organisation.
    fn sign_proposal(&self, key: &PublicKey, proposal: &ProposalPayload) -> Option<Signature>;
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A message from an authenticated peer.
    Message {
        /// The peer, which need not be the signer.
        from: OrgId,
        /// The message.
        message: Message,
        /// Whether [`Message::signatures_valid`] was true for it under the validators of its height. `false` is always
        /// safe; `true` must be true.
        verified: bool,
    },
    /// A timer fired. Void ones are ignored.
    Timeout(TimeoutId),
    /// The answer to [`Effect::GetBlock`]. The body must be durable, or in the same sync as what follows.
    Propose {
        /// Height asked for.
        height: Height,
        /// Round asked for.
        round: u32,
        /// The block.
        block: BlockHash,
    },
    /// A body is here, decoded, executed and judged. The body must be durable, or in the same sync as what follows.
    ///
    /// `valid` is false only for what every correct node finds invalid. Untimely is not invalid: see
    /// [`Host::must_judge`](crate::Host::must_judge). May be fed again; repeats of what the algorithm kept are ignored.
    Judged {
        /// Height of the block.
        height: Height,
        /// Round in which it was proposed.
        round: u32,
        /// Its proposer.
        proposer: OrgId,
        /// The block.
        block: BlockHash,
        /// The verdict.
        valid: bool,
    },
    /// A certificate of the current height from block sync. [`Effect::ValidateSynced`] or [`Effect::SyncRejected`]
    /// follows, or [`Effect::Decided`] at once when the block was already judged.
    Synced {
        /// The peer that sent it.
        from: OrgId,
        /// The certificate.
        certificate: CommitCertificate,
    },
    /// The answer to [`Effect::ValidateSynced`]. An invalid block under a valid certificate stops the node.
    SyncedJudged {
        /// The certificate of the effect.
        certificate: CommitCertificate,
        /// The proposer of the effect.
        proposer: OrgId,
        /// The block whose body was judged.
        block: BlockHash,
        /// The verdict.
        valid: bool,
    },
}

/// Something to do. Effects are carried out in the order in which they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Append to the write-ahead log.
    Append(WalEntry),
    /// Make everything appended so far durable before anything that follows. A failure stops the node.
    Sync,
    /// Send to every validator.
    Broadcast(Message),
    /// Set a timer; it is answered by [`Input::Timeout`].
    SetTimeout {
        /// Its name.
        id: TimeoutId,
        /// When it fires, from now.
        after_ms: u64,
    },
    /// The timer is void. Optional to carry out: void timers are ignored.
    CancelTimeout(TimeoutId),
    /// Every timer set so far is void. Optional to carry out.
    CancelAllTimeouts,
    /// This node proposes: answer with [`Input::Propose`]. Comes at most once for a height and round in the life of
    /// the process.
    GetBlock {
        /// Height to propose for.
        height: Height,
        /// Round to propose in.
        round: u32,
    },
    /// Send the body of this block again.
    Restream {
        /// Height of the block.
        height: Height,
        /// Round in which it is proposed.
        round: u32,
        /// The block.
        block: BlockHash,
        /// Its proposer in that round.
        proposer: OrgId,
    },
    /// The certificate is good: validate the body of its block and answer with [`Input::SyncedJudged`].
    ValidateSynced {
        /// The certificate.
        certificate: CommitCertificate,
        /// The proposer of its round.
        proposer: OrgId,
    },
    /// The certificate of [`Input::Synced`] was of no use.
    SyncRejected {
        /// Who sent it.
        from: OrgId,
        /// Its height.
        height: Height,
        /// Whether the certificate itself is bad: then the peer is to blame, otherwise this node.
        permanent: bool,
    },
    /// The block is final. Commit block and certificate durably, and tell nobody before. Comes after every other effect
    /// of its step but [`Effect::Finalized`].
    Decided {
        /// The proof.
        certificate: CommitCertificate,
    },
    /// The height is over. Its log may be dropped when the block is durable; everything but
    /// [`Host::start_height`](crate::Host::start_height) and messages of the next height is ignored from here on.
    Finalized {
        /// The height.
        height: Height,
        /// Conflicting messages seen in it, at most three pairs for each validator and kind.
        evidence: Vec<Equivocation>,
    },
    /// Stop the process now and show this text. The host does nothing any more.
    Halt(String),
}

/// What the host does with a message, judged by chain and height alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is of the current height.
    Current,
    /// It is of the next height and kept within the sender's quota until that height starts. While the host waits, a
    /// message whose signatures verify is a reason to start.
    Next,
    /// It is of a height that is over here: the sender needs the block and certificate of that height.
    Behind,
    /// It is of a later height: this node needs block sync.
    Ahead,
    /// It is of another chain.
    Foreign,
}
