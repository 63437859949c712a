//! Governance: who votes on what, what a proposal may change, and what regulators may stop in an emergency.
//!
//! - [`class`]: chambers and classes of proposals.
//! - [`payload`]: everything that a proposal may do.
//! - [`params`]: governed parameters by name.
//! - [`proposal`]: proposals, votes and the register of them.
//! - [`halt`]: emergency measures.
//! - [`acts`]: the actions.

pub mod acts;
pub mod class;
pub mod halt;
pub mod params;
pub mod payload;
pub mod proposal;

pub use acts::{
    EndBasis, FileBasis, ImposeEmergency, Lift, Propose, Ratify, RegisterBasis, Vote, basis_id_of, proposal_id_of,
};
pub use class::{Chamber, Class};
pub use halt::{Bar, Halts, Measure, Target};
pub use params::{DurationParam, GovernanceParams, ParamChange};
pub use payload::{
    Accredit, AccreditationRef, AddOrg, AddValidator, DesignateBank, DesignateFxo, LiftMeasure, MinimisationChange,
    MinimisationLimit, Payload, RemoveOrg, RemoveValidator, RenewAccreditation, ReplaceKey, RevokeAccreditation,
    SetBasisKind, SetGbaPlaces, SetValidatorPower, Upgrade,
};
pub use proposal::{CastVote, Emergency, Governance, Matter, PowerEpoch, Proposal, ProposalStatus, Tally};
