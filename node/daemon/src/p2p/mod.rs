//! Node-to-node transport: a full mesh of authenticated members over libp2p (TCP, Noise, Yamux).
//!
//! Every pair of nodes keeps one connection with three long-lived streams each way, one for each
//! [`Channel`](assent_replica::io::Channel), so that bulk never delays votes. A frame is a big-endian `u32` length and
//! that many bytes.
//!
//! # Security
//! - A node's transport identity is its organisation's NODE key. Connections of keys that are neither in the ledger nor
//!   among the configured bootstrap peers are closed as soon as the Noise handshake has named them ([`Network`]).
//! - Only configured addresses are dialled.
//! - What a peer may send is bounded in size ([`limits::frame_bytes_max`]), in rate ([`limits::Limits`]) and by permits
//!   for what the ordering thread has not taken yet: a member that sends too much slows itself down or is disconnected,
//!   and is refused for a while.
//! - What is queued for a peer is bounded; a peer that does not read is disconnected.

mod core;
pub mod frame;
pub mod limits;
mod links;
mod network;
mod rate;
mod session;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use links::PeerInfo;
pub use network::{Deliver, DialTarget, Network, NetworkError, P2pConfig, peer_id};
