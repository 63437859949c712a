//! Marks in a trace of system calls.
//!
//! With `ASSENT_TRACE_MARKS=1` the driver writes a line to standard error right before it hands an own vote to the
//! sockets, and right after a block became durable. `scripts/check-syncs` runs a node under strace and checks that each
//! mark comes after the sync that justifies it.

use std::io::Write;

use assent_consensus::Message;
use assent_replica::io::{Channel, CommitNotice, Output, PeerMessage};
use assent_types::ids::OrgId;

/// Writes marks, if asked to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    on: bool,
    me: OrgId,
}

impl Marks {
    pub(super) fn from_env(me: OrgId) -> Self {
        Self { on: std::env::var_os("ASSENT_TRACE_MARKS").is_some_and(|value| value == "1"), me }
    }

    /// Marks an own vote that is about to leave.
    pub(super) fn before(self, output: &Output) {
        if !self.on {
            return;
        }
        let (Output::Send { channel: Channel::Consensus, bytes, .. }
        | Output::Broadcast { channel: Channel::Consensus, bytes }) = output
        else {
            return;
        };
        let Ok(PeerMessage::Consensus(message)) = PeerMessage::from_bytes(bytes) else { return };
        if let Ok(Message::Vote(signed)) = Message::from_bytes(&message)
            && signed.vote.voter == self.me
        {
            let vote = signed.vote;
            line(&format!("MARK vote height={} round={} step={:?}\n", vote.height, vote.round, vote.step));
        }
    }

    /// Marks a durable block.
    pub(super) fn committed(self, notice: &CommitNotice) {
        if self.on {
            line(&format!("MARK block height={}\n", notice.height));
        }
    }
}

/// One write, so that it is one line of the trace.
fn line(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
