//! The interface for applications: gRPC over TLS, every call but health and reflection authenticated.
//!
//! # Security
//! A call passes the `gate` before its body is read: rate of the connection, token, rate of the key, calls in
//! progress. What it may see is decided in `reader`. Every queue and buffer is bounded by `limits`.

mod auth;
mod events;
mod gate;
mod incoming;
mod inquiries;
mod ledger;
mod limits;
mod node;
mod prover;
mod rate;
pub mod reader;
mod refusal;
mod server;
mod service;
mod waiters;

pub(crate) use auth::{Authenticator, Members, no_reader};
pub(crate) use gate::Authenticated;
pub use limits::ApiLimits;
pub(crate) use refusal::{refuse, refuse_bytes, refuse_with};
pub use server::{ApiError, ApiServer, serve};
pub(crate) use service::open;
