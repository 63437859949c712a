//! Governed parameters by name.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{Set, codes};
use crate::consent::BasisKinds;
use crate::money::Currency;
use crate::place::Jurisdiction;
use crate::state::Params;

/// Governed parameters of governance itself. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovernanceParams {
    /// How long a proposal is open for votes.
    pub vote_ms: u64,
    /// How long approved parameters and designations wait (P_timelock).
    pub timelock_ms: u64,
    /// How long an approved removal waits.
    pub removal_ms: u64,
    /// How long an approved protocol upgrade waits.
    pub upgrade_ms: u64,
    /// How long an emergency measure lasts, and its imposer is barred from it afterwards (P_emergency).
    pub emergency_ms: u64,
    /// Length of an epoch, at whose beginnings the power of validators changes. Epochs begin at its multiples.
    pub epoch_ms: u64,
    /// Kinds of transfer basis that are accepted.
    pub basis_kinds: BasisKinds,
}

/// Declares the durations: name in JSON, and field of [`Params`].
macro_rules! durations {
    ($($(#[$doc:meta])* $variant:ident = $tag:literal $text:literal $($field:ident).+,)+) => {
        codes! {
            /// A governed duration; its code is its name in the genesis document.
            DurationParam {
                $($(#[$doc])* $variant = $tag $text,)+
            }
        }

        impl DurationParam {
            /// Its value, in milliseconds.
            pub fn get(self, params: &Params) -> u64 {
                match self { $(Self::$variant => params.$($field).+,)+ }
            }

            /// Sets it, in milliseconds. Whether the value is allowed is the contracts' to say.
            pub fn set(self, params: &mut Params, value_ms: u64) {
                match self { $(Self::$variant => params.$($field).+ = value_ms,)+ }
            }
        }
    };
}

durations! {
    /// See [`Params::proposal_ttl_ms`].
    ProposalTtl = 1 "proposal_ttl_ms" proposal_ttl_ms,
    /// See [`Params::decision_ttl_ms`].
    DecisionTtl = 2 "decision_ttl_ms" decision_ttl_ms,
    /// See [`Params::store_ttl_ms`].
    StoreTtl = 3 "store_ttl_ms" store_ttl_ms,
    /// See [`Params::serve_ttl_ms`].
    ServeTtl = 4 "serve_ttl_ms" serve_ttl_ms,
    /// See [`Params::ack_ttl_ms`].
    AckTtl = 5 "ack_ttl_ms" ack_ttl_ms,
    /// See [`GovernanceParams::vote_ms`].
    GovernanceVote = 16 "governance.vote_ms" governance.vote_ms,
    /// See [`GovernanceParams::timelock_ms`].
    GovernanceTimelock = 17 "governance.timelock_ms" governance.timelock_ms,
    /// See [`GovernanceParams::removal_ms`].
    GovernanceRemoval = 18 "governance.removal_ms" governance.removal_ms,
    /// See [`GovernanceParams::upgrade_ms`].
    GovernanceUpgrade = 19 "governance.upgrade_ms" governance.upgrade_ms,
    /// See [`GovernanceParams::emergency_ms`].
    GovernanceEmergency = 20 "governance.emergency_ms" governance.emergency_ms,
    /// See [`GovernanceParams::epoch_ms`].
    GovernanceEpoch = 21 "governance.epoch_ms" governance.epoch_ms,
    /// See [`crate::state::ClaimParams::case_max_ms`].
    ClaimsCaseMax = 32 "claims.case_max_ms" claims.case_max_ms,
    /// See [`crate::state::ClaimParams::file_ms`].
    ClaimsFile = 33 "claims.file_ms" claims.file_ms,
    /// See [`crate::state::ClaimParams::ack_ms`].
    ClaimsAck = 34 "claims.ack_ms" claims.ack_ms,
    /// See [`crate::state::ClaimParams::dup_hold_ms`].
    ClaimsDupHold = 35 "claims.dup_hold_ms" claims.dup_hold_ms,
    /// See [`crate::state::ClaimParams::adjudicate_ms`].
    ClaimsAdjudicate = 36 "claims.adjudicate_ms" claims.adjudicate_ms,
    /// See [`crate::state::ClaimParams::appeal_ms`].
    ClaimsAppeal = 37 "claims.appeal_ms" claims.appeal_ms,
    /// See [`crate::state::ClaimParams::pay_ms`].
    ClaimsPay = 38 "claims.pay_ms" claims.pay_ms,
    /// See [`crate::state::ClaimParams::bank_ms`].
    ClaimsBank = 39 "claims.bank_ms" claims.bank_ms,
    /// See [`crate::state::ClaimParams::payee_ack_ms`].
    ClaimsPayeeAck = 40 "claims.payee_ack_ms" claims.payee_ack_ms,
    /// See [`crate::state::PreauthParams::eligibility_answer_ms`].
    EligibilityAnswer = 48 "preauth.eligibility_answer_ms" preauth.eligibility_answer_ms,
    /// See [`crate::state::PreauthParams::eligibility_valid_ms`].
    EligibilityValid = 49 "preauth.eligibility_valid_ms" preauth.eligibility_valid_ms,
    /// See [`crate::state::PreauthParams::stat_ms`].
    PreauthStat = 50 "preauth.stat_ms" preauth.stat_ms,
    /// See [`crate::state::PreauthParams::normal_ms`].
    PreauthNormal = 51 "preauth.normal_ms" preauth.normal_ms,
    /// See [`crate::state::PreauthParams::deferred_ms`].
    PreauthDeferred = 52 "preauth.deferred_ms" preauth.deferred_ms,
    /// See [`crate::state::PreauthParams::pend_ms`].
    PreauthPend = 53 "preauth.pend_ms" preauth.pend_ms,
    /// See [`crate::state::PreauthParams::valid_max_ms`].
    PreauthValidMax = 54 "preauth.valid_max_ms" preauth.valid_max_ms,
    /// See [`crate::state::PreauthParams::offer_ms`].
    GuaranteeOffer = 55 "preauth.offer_ms" preauth.offer_ms,
    /// See [`crate::state::PreauthParams::runoff_ms`].
    GuaranteeRunoff = 56 "preauth.runoff_ms" preauth.runoff_ms,
    /// See [`crate::claim::CourseParams::info_ms`].
    CourseInfo = 64 "claims.course.info_ms" claims.course.info_ms,
    /// See [`crate::claim::CourseParams::consent_hold_ms`].
    CourseConsentHold = 65 "claims.course.consent_hold_ms" claims.course.consent_hold_ms,
    /// See [`crate::claim::CourseParams::appeal_decide_ms`].
    CourseAppealDecide = 66 "claims.course.appeal_decide_ms" claims.course.appeal_decide_ms,
    /// See [`crate::claim::CourseParams::clawback_ms`].
    CourseClawback = 67 "claims.course.clawback_ms" claims.course.clawback_ms,
    /// See [`crate::claim::CourseParams::dispute_ms`].
    CourseDispute = 68 "claims.course.dispute_ms" claims.course.dispute_ms,
    /// See [`crate::claim::CourseParams::fx_stale_ms`].
    CourseFxStale = 69 "claims.course.fx_stale_ms" claims.course.fx_stale_ms,
    /// See [`crate::claim::CourseParams::code_map_notice_ms`].
    CourseCodeMapNotice = 70 "claims.course.code_map_notice_ms" claims.course.code_map_notice_ms,
    /// See [`crate::state::AccessParams::confirm_ttl_ms`].
    AccessConfirmTtl = 80 "access.confirm_ttl_ms" access.confirm_ttl_ms,
    /// See [`crate::state::AccessParams::dispute_ms`].
    AccessDispute = 81 "access.dispute_ms" access.dispute_ms,
    /// See [`crate::state::AccessParams::erase_ms`].
    AccessErase = 82 "access.erase_ms" access.erase_ms,
    /// See [`crate::state::AccessParams::glass_bar_ms`].
    AccessGlassBar = 83 "access.glass_bar_ms" access.glass_bar_ms,
    /// See [`crate::state::AccessParams::glass_notify_ms`].
    AccessGlassNotify = 84 "access.glass_notify_ms" access.glass_notify_ms,
    /// See [`crate::state::AccessParams::glass_review_ms`].
    AccessGlassReview = 85 "access.glass_review_ms" access.glass_review_ms,
    /// See [`crate::state::AccessParams::log_root_ms`].
    AccessLogRoot = 86 "access.log_root_ms" access.log_root_ms,
    /// See [`crate::state::AccessParams::lookup_max_ms`].
    AccessLookupMax = 87 "access.lookup_max_ms" access.lookup_max_ms,
    /// See [`crate::state::AccessParams::majority_grace_ms`].
    AccessMajorityGrace = 88 "access.majority_grace_ms" access.majority_grace_ms,
    /// See [`crate::state::AccessParams::retry_ttl_ms`].
    AccessRetryTtl = 89 "access.retry_ttl_ms" access.retry_ttl_ms,
    /// See [`crate::state::AccessParams::suspension_max_ms`].
    AccessSuspensionMax = 90 "access.suspension_max_ms" access.suspension_max_ms,
    /// See [`crate::state::AccessParams::possession_ms`].
    AccessPossession = 91 "access.possession_ms" access.possession_ms,
    /// See [`crate::claim_code::ClaimCodeParams::drift_ms`].
    ClaimCodeDrift = 96 "claim_codes.drift_ms" claim_codes.drift_ms,
    /// See [`crate::claim_code::ClaimCodeParams::ttl_ms`].
    ClaimCodeTtl = 97 "claim_codes.ttl_ms" claim_codes.ttl_ms,
}

/// One parameter with its new value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ParamChange {
    /// A duration.
    Duration {
        /// Which.
        param: DurationParam,
        /// Its value, in milliseconds.
        value_ms: u64,
    } = 1,
    /// Most deadlines swept in one block.
    SweepMax(u32) = 2,
    /// The largest single amount, in minor units.
    AmountMax(u64) = 3,
    /// Age of self-consent.
    SelfConsentAge {
        /// Where.
        jurisdiction: Jurisdiction,
        /// In years.
        years: u8,
    } = 4,
    /// Currencies of bills, claims and payments.
    Currencies(Set<Currency, 8>) = 5,
}

impl ParamChange {
    /// Sets the parameter. Whether the value is allowed is the contracts' to say.
    pub fn apply(&self, params: &mut Params) {
        match self {
            Self::Duration { param, value_ms } => param.set(params, *value_ms),
            Self::SweepMax(value) => params.sweep_max = *value,
            Self::AmountMax(value) => params.claims.amount_max = *value,
            Self::SelfConsentAge { jurisdiction, years } => {
                params.self_consent_age[match jurisdiction {
                    Jurisdiction::Cn => 0,
                    Jurisdiction::Hk => 1,
                    Jurisdiction::Mo => 2,
                }] = *years;
            }
            Self::Currencies(currencies) => params.claims.currencies = currencies.clone(),
        }
    }

    /// Name of the parameter, as the genesis document spells it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Duration { param, .. } => param.code(),
            Self::SweepMax(_) => "sweep_max",
            Self::AmountMax(_) => "claims.amount_max",
            Self::SelfConsentAge { .. } => "self_consent_age",
            Self::Currencies(_) => "claims.currencies",
        }
    }
}
