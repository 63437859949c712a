//! Parameters with values.

use assent_types::claim::CourseParams;
use assent_types::claim_code::ClaimCodeParams;
use assent_types::consent::{BasisKinds, SeparateConsent, SeparateConsents};
use assent_types::governance::GovernanceParams;
use assent_types::limits::{PLACES_MAX, SWEEP_MAX};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::state::{AccessParams, ChainClass, ClaimParams, Params, PreauthParams, SeparateConsentRule};
use assent_types::{Currency, List, Set};

use super::matrices;

const MINUTE_MS: u64 = 60 * 1000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// The nine Mainland cities of the Guangdong–Hong Kong–Macao Greater Bay Area (GB/T 2260): Guangzhou, Shenzhen, Zhuhai,
/// Foshan, Jiangmen, Zhaoqing, Huizhou, Dongguan, Zhongshan.
const GBA_CITIES: [u32; 9] = [4401, 4403, 4404, 4406, 4407, 4412, 4413, 4419, 4420];

const _: () = assert!(GBA_CITIES.len() < PLACES_MAX);

/// Places of the GBA standard contract between the Mainland and another jurisdiction.
fn gba(other: Jurisdiction) -> PlaceSet {
    let cities = GBA_CITIES.iter().map(|city| Place::city(Jurisdiction::Cn, *city));
    match PlaceSet::new(cities.chain([Place::whole(other)])) {
        Ok(places) => places,
        Err(_) => unreachable!("nine cities and a jurisdiction fit into a set"),
    }
}

pub(super) fn list<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    match List::new(items) {
        Ok(list) => list,
        Err(_) => unreachable!("the default parameters are within their bounds, as a test shows"),
    }
}

/// Parameters with which a new chain starts.
///
/// - Decisions may be relied on for 15 minutes, proposals are open for 30 days, a block sweeps 10,000 deadlines.
/// - An anchored document waits one hour for its shards; a released session is served within 30 minutes and
///   acknowledged within a day.
/// - A Mainland controller needs the separate consents of PIPL articles 29 (sensitive information), 23 (provision to
///   another handler) and 39 (abroad).
/// - Votes run for 30 days; what was approved waits 7 days; an emergency lasts 72 hours.
/// - A claim code lives for 15 minutes, and is presented within two minutes of the block that redeems it.
/// - Ages of self-consent: 14 on the Mainland (PIPL article 31), 16 in Hong Kong (eHealth), 18 in Macao.
pub fn default_params(chain_class: ChainClass) -> Params {
    Params {
        chain_class,
        proposal_ttl_ms: 30 * DAY_MS,
        decision_ttl_ms: 15 * MINUTE_MS,
        store_ttl_ms: 60 * MINUTE_MS,
        serve_ttl_ms: 30 * MINUTE_MS,
        ack_ttl_ms: DAY_MS,
        self_consent_age: [14, 16, 18],
        minimisation: list(matrices::minimisation(chain_class)),
        separate_consents: list(vec![SeparateConsentRule {
            jurisdiction: Jurisdiction::Cn,
            always: SeparateConsents::of(&[SeparateConsent::Sens]),
            provision: SeparateConsents::of(&[SeparateConsent::Prov]),
            outside: SeparateConsents::of(&[SeparateConsent::Xb]),
        }]),
        accreditations: list(matrices::accreditations()),
        user_categories: list(matrices::user_categories()),
        gba_hk: gba(Jurisdiction::Hk),
        gba_mo: gba(Jurisdiction::Mo),
        sweep_max: match u32::try_from(SWEEP_MAX) {
            Ok(max) => max,
            Err(_) => unreachable!("the bound is 10,000"),
        },
        claims: claims(),
        preauth: preauth(),
        governance: governance(),
        claim_codes: ClaimCodeParams { ttl_ms: 15 * MINUTE_MS, drift_ms: 2 * MINUTE_MS },
        access: access(),
    }
}

/// Access, its review, and erasure.
///
/// - Broken glass is told to the subject within a day and justified within three; a violation bars for 30 days.
/// - What could not be read is delivered again within two hours, three times at most; a dispute is decided within 15 days.
/// - An erasure takes 15 days at most; a parent's consents go on for 180 days after the child came of age.
fn access() -> AccessParams {
    AccessParams {
        suspension_max_ms: 90 * DAY_MS,
        confirm_ttl_ms: 10 * MINUTE_MS,
        glass_review_ms: 3 * DAY_MS,
        glass_notify_ms: DAY_MS,
        glass_bar_ms: 30 * DAY_MS,
        glass_rate: 20,
        permit_rate: 200,
        attest_rate: 40,
        retry_ttl_ms: 120 * MINUTE_MS,
        serve_retries: 3,
        dispute_ms: 15 * DAY_MS,
        erase_ms: 15 * DAY_MS,
        majority_grace_ms: 180 * DAY_MS,
        log_root_ms: DAY_MS,
        lookup_max_ms: 30 * DAY_MS,
        possession_ms: DAY_MS,
        proxy_subjects: 3,
        export_subjects: 10_000,
    }
}

/// What comes before a claim.
fn preauth() -> PreauthParams {
    PreauthParams {
        eligibility_answer_ms: 15 * MINUTE_MS,
        eligibility_valid_ms: DAY_MS,
        stat_ms: DAY_MS,
        normal_ms: 3 * DAY_MS,
        deferred_ms: 7 * DAY_MS,
        pend_ms: 5 * DAY_MS,
        info_rounds_max: 3,
        valid_max_ms: 90 * DAY_MS,
        offer_ms: DAY_MS,
        runoff_ms: 30 * DAY_MS,
    }
}

/// Claims: no bank and no oracle is designated until the network names one.
fn claims() -> ClaimParams {
    ClaimParams {
        case_max_ms: 90 * DAY_MS,
        file_ms: 180 * DAY_MS,
        ack_ms: 2 * DAY_MS,
        dup_hold_ms: 10 * DAY_MS,
        adjudicate_ms: 15 * DAY_MS,
        appeal_ms: 60 * DAY_MS,
        pay_ms: 10 * DAY_MS,
        bank_ms: 5 * DAY_MS,
        payee_ack_ms: 3 * DAY_MS,
        amount_max: 1_000_000_000_000,
        currencies: match Set::new(Currency::ALL.iter().copied()) {
            Ok(currencies) => currencies,
            Err(_) => unreachable!("four currencies fit into a set"),
        },
        banks: Set::default(),
        course: CourseParams {
            info_ms: 14 * DAY_MS,
            info_rounds_max: 3,
            consent_hold_ms: 30 * DAY_MS,
            appeal_decide_ms: 30 * DAY_MS,
            appeals_max: 2,
            clawback_ms: 730 * DAY_MS,
            dispute_ms: 15 * DAY_MS,
            fx_stale_ms: 4 * DAY_MS,
            fx_band_bp: 500,
            code_map_notice_ms: 30 * DAY_MS,
            oracles: Set::default(),
        },
    }
}

/// Governance: every kind of basis is accepted, and no oracle is designated until the network names one.
fn governance() -> GovernanceParams {
    GovernanceParams {
        vote_ms: 30 * DAY_MS,
        timelock_ms: 7 * DAY_MS,
        removal_ms: 7 * DAY_MS,
        upgrade_ms: 7 * DAY_MS,
        emergency_ms: 3 * DAY_MS,
        epoch_ms: DAY_MS,
        basis_kinds: BasisKinds::all(),
    }
}
