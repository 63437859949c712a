//! Ordering: a host around the Tendermint state machine of `arc-malachitebft-core-consensus`.
//!
//! The algorithm (Buchman, Kwon, Milosevic: "The latest gossip on BFT consensus", arXiv:1807.04938) is not ours. This
//! crate supplies everything that the algorithm leaves open: which bytes are signed, what is written to the log before
//! what is sent, which signatures were already checked, what a peer's message may look like, and what stops the node.
//! It orders opaque block hashes and never sees a transaction.
//!
//! [`Host`] is one state machine without input or output: [`Input`]s go in, [`Effect`]s come out in the order in
//! which the caller must carry them out. Nothing here reads a clock, draws randomness, or holds a key: timers are
//! effects, and signing is the caller's [`Signer`].
//!
//! The rules `[ORD-1]` to `[ORD-20]` of `spec/ordering.md` say what is required of the core and what the host adds;
//! each is named where the code keeps it and in the test that can break it.

mod backlog;
mod certificate;
mod context;
mod convert;
mod effects;
mod evidence;
mod guard;
mod host;
mod interface;
mod limits;
mod memo;
mod message;
mod status;
mod timeouts;
mod wal;

pub use context::proposer;
pub use host::Host;
pub use interface::{Config, Disposition, Effect, Input, Signer};
pub use limits::{BACKLOG_CERTIFICATES_MAX, BACKLOG_MESSAGES_MAX, MESSAGE_BYTES_MAX, WAL_ENTRY_BYTES_MAX};
pub use message::{
    Message, MessageError, PolkaCertificate, RoundCertificate, RoundKind, RoundVote, SignedProposal, SignedVote,
};
pub use status::{Phase, Status, Step, VoteSeen};
pub use timeouts::{TimeoutId, TimeoutStep, TimeoutsMs};
pub use wal::WalEntry;
