//! Executes ordered transactions. Pure and deterministic: no clock, no randomness, no floating point, no input or
//! output. Whatever is read comes through [`StateRead`], whatever changes is in [`BlockOutcome`].
//!
//! - [`runtime`]: dispatch by transition tables, the overlay that undoes failed transactions, receipts, the sweeper of
//!   deadlines.
//! - [`org`], [`subject`], [`consent`], [`claim`], [`settlement`], [`settlementlist`], [`fixing`], [`codesystem`], [`delegation`]: one
//!   contract each, with its table, checks and effects.
//! - [`eligibility`], [`preauth`], [`guarantee`]: what insurer and provider settle before a claim.
//! - [`governance`]: proposals, votes, emergency measures; [`basis`]: legal bases of transfers across a border.
//! - [`document`]: keysets, documents, custody and repairs; what custodians may store and serve.
//! - [`session`]: links of pseudonyms, and access sessions from the request to the acknowledgement.
//! - [`review`]: what follows when the glass was broken, and how organisations stand.
//! - [`anomaly`]: what the ledger itself notices.
//! - [`possession`]: whether custodians still hold their shards.
//! - [`erasure`]: what keeps a document, and how it goes. [`oversight`]: log roots, look-ups, recognition of results.
//! - [`access`]: the decision function, over the state of a node or over records that a client has seen proven.
//! - [`defaults`]: parameters with values, and the records of the first state.
//!
//! # Order of errors
//!
//! A refused transaction leaves a receipt with one number. Checks run in the fixed order envelope, signer, role, object
//! state, content, cross-object; the first group that refuses reports, and inside a group the smallest number.

pub mod access;
pub mod anomaly;
pub mod basis;
pub mod claim;
pub mod claimcode;
pub mod codesystem;
pub mod consent;
pub mod defaults;
pub mod delegation;
pub mod document;
pub mod eligibility;
pub mod erasure;
pub mod fixing;
pub mod governance;
pub mod guarantee;
pub mod org;
pub mod oversight;
pub mod possession;
pub mod preauth;
pub mod review;
pub mod runtime;
pub mod session;
pub mod settlement;
pub mod settlementlist;
pub mod subject;

#[cfg(test)]
mod properties;
#[cfg(any(test, feature = "testing"))]
#[cfg_attr(not(test), allow(dead_code, reason = "a bench takes a few of what tests are made of"))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "what tests and benches are made of fails them")]
pub mod testing;

pub use access::{decision_keys, permit};
pub use defaults::{GenesisState, GenesisStateError, ParamError, check_params, default_params, genesis_writes};
pub use governance::{
    Electorate, Holder, JURISDICTIONS_MIN, ORG_POWER_PERCENT_MAX, PowerProblem, Requirement, Standing, VALIDATORS_MIN,
    earliest, payload_writes, power_problems, standings,
};
pub use org::record::{OrgProblem, check_org};
pub use runtime::block::{BlockContext, BlockOutcome, dry_run, execute_block, execute_block_with, execute_hashed};
pub use runtime::diagram::diagrams_text;
pub use runtime::envelope::{Envelope, envelope};
pub use runtime::memory::MemoryState;
pub use runtime::signer::{KeyState, key_state};
pub use runtime::state::{Deadline, ReadError, StateRead, deadlines_of};
pub use runtime::table::{Actor, EventName, Row, State, Table, tables, tables_text};
pub use runtime::validators::{UpcomingValidators, upcoming_validators};
