//! What custodian agents and key services share: their view of the ledger, their configuration and their life.
//!
//! An agent trusts no node. What it does follows from records that nodes prove to it, no older than
//! two minutes and never older than what it has seen before.

mod config;
mod erase;
mod follow;
mod ledger;
mod run;

pub use config::LedgerSection;
pub(crate) use config::{load_toml, resolve};
pub(crate) use erase::Erasing;
pub(crate) use follow::{ERASED, Follow, Follower, every};
pub(crate) use ledger::{AgentLedger, ids, refuse_client};
pub use run::AgentError;
pub(crate) use run::{Agent, run_agents};
