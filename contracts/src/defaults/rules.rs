//! The rules of the parameters: a genesis document keeps them, and so does every proposal that changes one.

use std::collections::BTreeSet;

use assent_types::claim::OracleDesignation;
use assent_types::claim_code::ClaimCodeParams;
use assent_types::consent::{Purpose, SeparateConsents};
use assent_types::governance::GovernanceParams;
use assent_types::limits::{AMOUNT_MAX, SWEEP_MAX};
use assent_types::place::{Jurisdiction, PlaceSet};
use assent_types::state::{AccessParams, ChainClass, ClaimParams, Params, PreauthParams};

/// Why parameters are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{param}: {problem}")]
pub struct ParamError {
    /// Name of the parameter.
    pub param: &'static str,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// Longest duration that a parameter may name: 400 days.
const DURATION_MAX_MS: u64 = 400 * 86_400_000;
/// Longest duration of claims, which end years after the services: ten years.
const CLAIM_DURATION_MAX_MS: u64 = 3_653 * 86_400_000;
/// Longest life of a claim code: a day. A code is meant to be shown at once.
const CODE_DURATION_MAX_MS: u64 = 86_400_000;
/// Highest age of self-consent; civil majority everywhere is 18, so a higher number is a mistake.
const SELF_CONSENT_AGE_MAX: u8 = 18;

/// Checks the values of all parameters.
///
/// # Errors
///
/// [`ParamError`] names the first parameter that is outside its bounds, with what to write instead.
pub fn check_params(params: &Params) -> Result<(), ParamError> {
    for (param, value) in [
        ("proposal_ttl_ms", params.proposal_ttl_ms),
        ("decision_ttl_ms", params.decision_ttl_ms),
        ("store_ttl_ms", params.store_ttl_ms),
        ("serve_ttl_ms", params.serve_ttl_ms),
        ("ack_ttl_ms", params.ack_ttl_ms),
    ] {
        if value == 0 || value > DURATION_MAX_MS {
            return Err(error(param, format!("give 1 to {DURATION_MAX_MS} milliseconds")));
        }
    }
    if params.self_consent_age.iter().any(|age| !(1..=SELF_CONSENT_AGE_MAX).contains(age)) {
        return Err(error("self_consent_age", format!("give 1 to {SELF_CONSENT_AGE_MAX} years for CN, HK and MO")));
    }
    if params.sweep_max == 0 || params.sweep_max as usize > SWEEP_MAX {
        return Err(error("sweep_max", format!("give 1 to {SWEEP_MAX}")));
    }
    claims(&params.claims)?;
    preauth(&params.preauth)?;
    governance(&params.governance)?;
    claim_codes(&params.claim_codes)?;
    access(&params.access)?;
    minimisation(params)?;
    separate_consents(params)?;
    accreditations(params)?;
    unique("user_categories", params.user_categories.iter().map(|rule| rule.user_role))?;
    places("gba_hk", &params.gba_hk, Jurisdiction::Hk)?;
    places("gba_mo", &params.gba_mo, Jurisdiction::Mo)
}

fn claims(params: &ClaimParams) -> Result<(), ParamError> {
    let durations = [
        ("claims.case_max_ms", params.case_max_ms),
        ("claims.file_ms", params.file_ms),
        ("claims.ack_ms", params.ack_ms),
        ("claims.dup_hold_ms", params.dup_hold_ms),
        ("claims.adjudicate_ms", params.adjudicate_ms),
        ("claims.appeal_ms", params.appeal_ms),
        ("claims.pay_ms", params.pay_ms),
        ("claims.bank_ms", params.bank_ms),
        ("claims.payee_ack_ms", params.payee_ack_ms),
        ("claims.course.info_ms", params.course.info_ms),
        ("claims.course.consent_hold_ms", params.course.consent_hold_ms),
        ("claims.course.appeal_decide_ms", params.course.appeal_decide_ms),
        ("claims.course.clawback_ms", params.course.clawback_ms),
        ("claims.course.dispute_ms", params.course.dispute_ms),
        ("claims.course.fx_stale_ms", params.course.fx_stale_ms),
        ("claims.course.code_map_notice_ms", params.course.code_map_notice_ms),
    ];
    for (param, value) in durations {
        if value == 0 || value > CLAIM_DURATION_MAX_MS {
            return Err(error(param, format!("give 1 to {CLAIM_DURATION_MAX_MS} milliseconds")));
        }
    }
    if params.amount_max == 0 || params.amount_max > AMOUNT_MAX {
        return Err(error("claims.amount_max", format!("give 1 to {AMOUNT_MAX} minor units")));
    }
    if let Some(unknown) = params.banks.iter().find(|designation| !params.currencies.contains(&designation.ccy)) {
        return Err(error("claims.banks", format!("{} is not among claims.currencies; add it", unknown.ccy)));
    }
    let sound = |oracle: &OracleDesignation| {
        let settled = [oracle.base, oracle.quote].iter().all(|ccy| params.currencies.contains(ccy));
        oracle.base != oracle.quote && settled
    };
    if !params.course.oracles.iter().all(sound) {
        return Err(error("claims.course.oracles", "name two different currencies of claims.currencies for each"));
    }
    Ok(())
}

fn preauth(params: &PreauthParams) -> Result<(), ParamError> {
    let durations = [
        ("preauth.eligibility_answer_ms", params.eligibility_answer_ms),
        ("preauth.eligibility_valid_ms", params.eligibility_valid_ms),
        ("preauth.stat_ms", params.stat_ms),
        ("preauth.normal_ms", params.normal_ms),
        ("preauth.deferred_ms", params.deferred_ms),
        ("preauth.pend_ms", params.pend_ms),
        ("preauth.valid_max_ms", params.valid_max_ms),
        ("preauth.offer_ms", params.offer_ms),
        ("preauth.runoff_ms", params.runoff_ms),
    ];
    for (param, value) in durations {
        if value == 0 || value > CLAIM_DURATION_MAX_MS {
            return Err(error(param, format!("give 1 to {CLAIM_DURATION_MAX_MS} milliseconds")));
        }
    }
    if params.info_rounds_max == 0 {
        return Err(error("preauth.info_rounds_max", "let insurers ask at least once"));
    }
    Ok(())
}

fn claim_codes(params: &ClaimCodeParams) -> Result<(), ParamError> {
    for (param, value) in [("claim_codes.ttl_ms", params.ttl_ms), ("claim_codes.drift_ms", params.drift_ms)] {
        if value == 0 || value > CODE_DURATION_MAX_MS {
            return Err(error(param, format!("give 1 to {CODE_DURATION_MAX_MS} milliseconds")));
        }
    }
    Ok(())
}

fn access(params: &AccessParams) -> Result<(), ParamError> {
    let durations = [
        ("access.suspension_max_ms", params.suspension_max_ms),
        ("access.confirm_ttl_ms", params.confirm_ttl_ms),
        ("access.glass_review_ms", params.glass_review_ms),
        ("access.glass_notify_ms", params.glass_notify_ms),
        ("access.glass_bar_ms", params.glass_bar_ms),
        ("access.retry_ttl_ms", params.retry_ttl_ms),
        ("access.dispute_ms", params.dispute_ms),
        ("access.erase_ms", params.erase_ms),
        ("access.majority_grace_ms", params.majority_grace_ms),
        ("access.log_root_ms", params.log_root_ms),
        ("access.lookup_max_ms", params.lookup_max_ms),
        ("access.possession_ms", params.possession_ms),
    ];
    for (param, value) in durations {
        if value == 0 || value > DURATION_MAX_MS {
            return Err(error(param, format!("give 1 to {DURATION_MAX_MS} milliseconds")));
        }
    }
    if params.export_subjects == 0 {
        return Err(error("access.export_subjects", "let documents of one person leave at least"));
    }
    Ok(())
}

/// Longest period of governance: 90 days, so that a mistaken value can still be corrected.
const GOVERNANCE_DURATION_MAX_MS: u64 = 90 * 86_400_000;

fn governance(params: &GovernanceParams) -> Result<(), ParamError> {
    for (param, value) in [
        ("governance.vote_ms", params.vote_ms),
        ("governance.timelock_ms", params.timelock_ms),
        ("governance.removal_ms", params.removal_ms),
        ("governance.upgrade_ms", params.upgrade_ms),
        ("governance.emergency_ms", params.emergency_ms),
        ("governance.epoch_ms", params.epoch_ms),
    ] {
        if value == 0 || value > GOVERNANCE_DURATION_MAX_MS {
            return Err(error(param, format!("give 1 to {GOVERNANCE_DURATION_MAX_MS} milliseconds")));
        }
    }
    Ok(())
}

fn error(param: &'static str, problem: impl Into<String>) -> ParamError {
    ParamError { param, problem: problem.into() }
}

fn unique<T: Ord + std::fmt::Debug>(param: &'static str, keys: impl IntoIterator<Item = T>) -> Result<(), ParamError> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if seen.contains(&key) {
            return Err(error(param, format!("two rules for {key:?}; keep one")));
        }
        seen.insert(key);
    }
    Ok(())
}

fn minimisation(params: &Params) -> Result<(), ParamError> {
    const PARAM: &str = "minimisation";
    unique(PARAM, params.minimisation.iter().map(|rule| (rule.role, rule.purpose)))?;
    for rule in &params.minimisation {
        if !(1..=5).contains(&rule.max_grade) {
            return Err(error(PARAM, format!("{} {}: max_grade is 1 to 5", rule.role, rule.purpose)));
        }
        if rule.categories.is_empty() {
            let problem = format!("{} {}: name a category, or leave the rule out", rule.role, rule.purpose);
            return Err(error(PARAM, problem));
        }
        if rule.purpose == Purpose::Htest && params.chain_class == ChainClass::Production {
            return Err(error(PARAM, "HTEST is for test chains; remove the rule"));
        }
    }
    Ok(())
}

fn separate_consents(params: &Params) -> Result<(), ParamError> {
    const PARAM: &str = "separate_consents";
    unique(PARAM, params.separate_consents.iter().map(|rule| rule.jurisdiction))?;
    let mainland = params.separate_consents.iter().find(|rule| rule.jurisdiction == Jurisdiction::Cn);
    if mainland.is_none_or(|rule| rule.always == SeparateConsents::EMPTY || rule.outside == SeparateConsents::EMPTY) {
        return Err(error(PARAM, "the Mainland needs separate consents always and outside (PIPL art. 29 and 39)"));
    }
    Ok(())
}

fn accreditations(params: &Params) -> Result<(), ParamError> {
    const PARAM: &str = "accreditations";
    unique(PARAM, params.accreditations.iter().map(|rule| (rule.role, rule.purpose, rule.jurisdiction)))?;
    match params.accreditations.iter().find(|rule| rule.any_of.is_empty()) {
        Some(rule) => Err(error(PARAM, format!("{} {}: name an accreditation", rule.role, rule.purpose))),
        None => Ok(()),
    }
}

/// The places of a GBA standard contract: cities of the Mainland by code, and one other jurisdiction.
fn places(param: &'static str, places: &PlaceSet, other: Jurisdiction) -> Result<(), ParamError> {
    if places.iter().any(|place| place.jur != Jurisdiction::Cn && place.jur != other) {
        return Err(error(param, format!("only Mainland cities and {other}")));
    }
    if places.iter().any(|place| place.jur == Jurisdiction::Cn && place.city == 0) {
        return Err(error(param, "name the Mainland cities one by one"));
    }
    Ok(())
}
