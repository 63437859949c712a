//! Governed parameters of a claim's course after filing.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::Set;
use crate::ids::OrgId;
use crate::limits::ORACLES_MAX;
use crate::money::Currency;

/// Governed parameters of a claim's course after filing, of exchange rates and of code maps. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseParams {
    /// How long a claim waits for information (CL info).
    pub info_ms: u64,
    /// How often an insurer may ask for information on one claim (P_info_rounds).
    pub info_rounds_max: u8,
    /// How long a claim waits for a consent (consent hold).
    pub consent_hold_ms: u64,
    /// How long each level has to decide an appeal (appeal decide).
    pub appeal_decide_ms: u64,
    /// How many appeals a claim may see (P_max_appeals).
    pub appeals_max: u8,
    /// How long after a payment it may be clawed back (P_clawback).
    pub clawback_ms: u64,
    /// How long a disputed payment may stay unresolved, and a clawback unanswered (P_dispute).
    pub dispute_ms: u64,
    /// How long after its day a fixing may still be used (P_fx_stale).
    pub fx_stale_ms: u64,
    /// The largest move between two fixings that one oracle may publish alone, in hundredths of a percent (P_fx_band).
    pub fx_band_bp: u32,
    /// How long before it takes effect a code map is registered.
    pub code_map_notice_ms: u64,
    /// Who fixes which exchange rate.
    pub oracles: Set<OracleDesignation, ORACLES_MAX>,
}

/// An oracle that fixes a pair: what one unit of `base` costs in `quote`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct OracleDesignation {
    /// The currency that is priced.
    pub base: Currency,
    /// The currency of the price.
    pub quote: Currency,
    /// The oracle.
    pub oracle: OrgId,
}
