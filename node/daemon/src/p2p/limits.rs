//! Every bound of the transport.
//!
//! Worst case for one peer with the default limits: queued outward 4 + 24 + 24 MiB, inward 1 + 8 + 9 MiB and one frame
//! in the making on each stream (4.1 MiB each), and Yamux windows, which grow with what this node reads.

use std::time::Duration;

use assent_replica::io::{Channel, PEER_MESSAGE_BYTES_MAX};

/// Largest frame on the stream of votes, in bytes.
pub const CONSENSUS_FRAME_BYTES_MAX: usize = 64 * 1024;

/// Streams that one connection may hold: three each way, ping each way, and some being replaced.
pub const STREAMS_MAX: usize = 24;

/// Inbound connections whose handshake is not done.
pub const HANDSHAKES_MAX: u32 = 128;

/// Connections altogether.
pub const CONNECTIONS_MAX: u32 = 512;

/// What each queued frame counts in addition to its length, so that empty frames are not free.
pub const FRAME_OVERHEAD_BYTES: usize = 256;

/// Largest frame on a stream, in bytes.
pub const fn frame_bytes_max(channel: Channel) -> usize {
    match channel {
        Channel::Consensus => CONSENSUS_FRAME_BYTES_MAX,
        Channel::Transactions | Channel::Bulk => PEER_MESSAGE_BYTES_MAX,
    }
}

/// Bounds of one channel to and from one peer.
#[derive(Clone, Copy, Debug)]
pub struct ChannelLimits {
    /// Bytes queued for the peer; above that it is disconnected as a slow reader.
    pub outward_bytes_max: usize,
    /// Bytes received and not yet taken by the ordering thread; above that the peer's stream is not read.
    pub inward_bytes_max: u32,
    /// Frames that the peer may send in a second; twice as many in a burst.
    pub frames_per_second: u64,
    /// Bytes that the peer may send in a second; twice as many in a burst.
    pub bytes_per_second: u64,
}

/// Bounds and times of the transport.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the stream of votes.
    pub consensus: ChannelLimits,
    /// Of the stream of transactions.
    pub transactions: ChannelLimits,
    /// Of the stream of bodies and block sync.
    pub bulk: ChannelLimits,
    /// First wait before a bootstrap peer is dialled again; doubles up to [`Self::redial_max`].
    pub redial_min: Duration,
    /// Longest wait before a bootstrap peer is dialled again.
    pub redial_max: Duration,
    /// For how long a peer that broke the protocol is refused.
    pub refusal: Duration,
    /// Time for a handshake, for opening streams, and for answering a ping.
    pub patience: Duration,
}

impl Limits {
    /// Bounds of a channel.
    pub const fn channel(&self, channel: Channel) -> &ChannelLimits {
        match channel {
            Channel::Consensus => &self.consensus,
            Channel::Transactions => &self.transactions,
            Channel::Bulk => &self.bulk,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            consensus: ChannelLimits {
                outward_bytes_max: 4 << 20,
                inward_bytes_max: 1 << 20,
                frames_per_second: 4_000,
                bytes_per_second: 16 << 20,
            },
            transactions: ChannelLimits {
                outward_bytes_max: 24 << 20,
                inward_bytes_max: 8 << 20,
                frames_per_second: 8_000,
                bytes_per_second: 64 << 20,
            },
            bulk: ChannelLimits {
                outward_bytes_max: 24 << 20,
                inward_bytes_max: 9 << 20,
                frames_per_second: 2_000,
                bytes_per_second: 256 << 20,
            },
            redial_min: Duration::from_millis(250),
            redial_max: Duration::from_secs(10),
            refusal: Duration::from_secs(10),
            patience: Duration::from_secs(10),
        }
    }
}

const _: () = assert!(assent_consensus::MESSAGE_BYTES_MAX + 64 <= CONSENSUS_FRAME_BYTES_MAX);
const _: () = assert!(PEER_MESSAGE_BYTES_MAX + FRAME_OVERHEAD_BYTES <= 8 << 20);
