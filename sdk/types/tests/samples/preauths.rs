//! Samples of eligibility, preauthorisations and guarantees of payment.

use assent_types::action::Action;
use assent_types::claim::*;
use assent_types::consent::{Categories, Category};
use assent_types::eligibility::*;
use assent_types::guarantee::*;
use assent_types::money::{Currency, Money};
use assent_types::preauth::*;
use assent_types::state::{PreauthParams, Record, StateKey};
use assent_types::*;

use super::{hash, list, set};

const CASE: CaseId = CaseId(hash(30));
const QUESTION: EligibilityId = EligibilityId(hash(60));
const PREAUTH: PreauthId = PreauthId(hash(37));
const GUARANTEE: GuaranteeId = GuaranteeId(hash(38));
const VALIDITY: Validity = Validity { from: Millis(11), to: Millis(12) };
const HUMAN: DecisionMode = DecisionMode::Human { adjudicator: hash(44) };

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

pub(super) fn params() -> PreauthParams {
    PreauthParams {
        eligibility_answer_ms: 1,
        eligibility_valid_ms: 2,
        stat_ms: 3,
        normal_ms: 4,
        deferred_ms: 5,
        pend_ms: 6,
        info_rounds_max: 7,
        valid_max_ms: 8,
        offer_ms: 9,
        runoff_ms: 10,
    }
}

fn terms() -> PreauthTerms {
    PreauthTerms {
        priority: PreauthPriority::Stat,
        service: ServicePeriod { first: Month(671), last: Month(672), day_commit: hash(33) },
        codes: set(vec![CodeRef { system: 1, version: 2 }]),
        item_root: hash(61),
        item_count: 4,
        amount: hkd(1_000),
        attachments: set(vec![AnchorId(hash(40))]),
    }
}

fn questions() -> Vec<Action> {
    vec![
        Action::CheckEligibility(CheckEligibility {
            case: CASE,
            kind: EligibilityKind::Predetermination,
            purposes: EligibilityPurposes::of(&[EligibilityPurpose::Benefits, EligibilityPurpose::Validation]),
            service: Month(672),
        }),
        Action::AnswerEligible(AnswerEligible { eligibility: QUESTION, band: BenefitBand::Low, valid_to: Millis(9) }),
        Action::AnswerNotEligible(AnswerNotEligible { eligibility: QUESTION, reason: IneligibleReason::OutOfNetwork }),
        Action::AnswerError(AnswerError { eligibility: QUESTION, error: EligibilityError::MemberId }),
    ]
}

fn requests() -> Vec<Action> {
    let reasons = AdjReasons::of(&[AdjReason::OverCap]);
    vec![
        Action::RequestPreauth(Box::new(RequestPreauth {
            case: CASE,
            terms: terms(),
            prior: Some(PreauthId(hash(62))),
        })),
        Action::PendPreauth(PendPreauth { preauth: PREAUTH, asked: Categories::of(&[Category::Lab]) }),
        Action::SupplyPreauthInfo(Box::new(SupplyPreauthInfo {
            preauth: PREAUTH,
            attachments: set(vec![AnchorId(hash(41))]),
        })),
        Action::ApprovePreauth(Box::new(ApprovePreauth {
            preauth: PREAUTH,
            mode: HUMAN,
            approved: hkd(1_000),
            validity: VALIDITY,
            outcome_root: hash(63),
        })),
        Action::ApprovePreauthPartial(Box::new(ApprovePreauthPartial {
            preauth: PREAUTH,
            mode: DecisionMode::Auto,
            approved: hkd(900),
            reasons,
            validity: VALIDITY,
            outcome_root: hash(63),
        })),
        Action::DenyPreauth(DenyPreauth { preauth: PREAUTH, mode: HUMAN, reasons, outcome_root: hash(63) }),
        Action::AmendPreauth(Box::new(AmendPreauth { preauth: PREAUTH, version: 2, terms: terms() })),
        Action::CancelPreauth(CancelPreauth {
            preauth: PREAUTH,
            capacity: Capacity::Proxy { mandate: MandateId(hash(13)) },
        }),
        Action::ReplacePreauth(ReplacePreauth { preauth: PREAUTH, child: PreauthId(hash(64)) }),
        Action::VoidPreauth(VoidPreauth { preauth: PREAUTH, reason: VoidReason::Duplicate, notice: hash(65) }),
    ]
}

pub(super) fn actions() -> Vec<Action> {
    let guarantee = GUARANTEE;
    let ground = CancelGround::Discharged { evidence: hash(66) };
    let guarantees = vec![
        Action::OfferGuarantee(OfferGuarantee {
            case: CASE,
            preauth: Some(PREAUTH),
            amount: hkd(800),
            exp: Millis(12),
        }),
        Action::AcceptGuarantee(AcceptGuarantee { guarantee }),
        Action::DeclineGuarantee(DeclineGuarantee { guarantee }),
        Action::CancelGuarantee(CancelGuarantee { guarantee, ground }),
        Action::OrderCancelGuarantee(OrderCancelGuarantee { guarantee, order: hash(67) }),
    ];
    [questions(), requests(), guarantees].concat()
}

fn eligibility() -> Eligibility {
    Eligibility {
        id: QUESTION,
        case: CASE,
        subject: Sp(hash(1)),
        insurer: OrgId(3),
        provider: OrgId(1),
        requested_by: OrgId(8),
        kind: EligibilityKind::Verification,
        purposes: EligibilityPurposes::all(),
        service: Month(672),
        requested_at: Millis(5),
        answer: Some(EligibilityAnswer::Eligible { band: BenefitBand::Unlimited, valid_to: Millis(9) }),
        due: Some(Millis(9)),
        status: EligibilityStatus::Eligible,
    }
}

fn preauth() -> Preauth {
    let decision = PreauthDecision {
        by: OrgId(3),
        mode: HUMAN,
        reasons: AdjReasons::of(&[AdjReason::ExcludedService]),
        outcome_root: hash(63),
        validity: Some(VALIDITY),
        at: Millis(6),
    };
    Preauth {
        id: PREAUTH,
        case: CASE,
        subject: Sp(hash(1)),
        insurer: OrgId(3),
        provider: OrgId(1),
        version: 2,
        terms: terms(),
        requested_by: OrgId(1),
        requested_at: Millis(5),
        prior: Some(PreauthId(hash(62))),
        generation: 1,
        asked: Categories::of(&[Category::Lab]),
        info_rounds: 1,
        paused_ms: Some(7),
        decision: Some(decision),
        approved: hkd(900),
        buckets: Buckets { remaining: hkd(400), reserved: hkd(300), consumed: hkd(150), lapsed: hkd(50) },
        guarantees: list(vec![GUARANTEE]),
        claims: list(vec![PreauthUse {
            claim: ClaimId(hash(39)),
            consumed: hkd(150),
            status: ClaimStatus::PartApproved,
        }]),
        voided: Some(VoidReason::FraudFinding),
        replaced_by: Some(PreauthId(hash(64))),
        due: Some(Millis(8)),
        status: PreauthStatus::Partial,
    }
}

fn guarantee() -> Guarantee {
    Guarantee {
        id: GUARANTEE,
        case: CASE,
        subject: Sp(hash(1)),
        insurer: OrgId(3),
        provider: OrgId(1),
        preauth: Some(PREAUTH),
        amount: hkd(800),
        reserved: hkd(300),
        offered_at: Millis(6),
        exp: Millis(12),
        claim: Some(ClaimId(hash(39))),
        cancelled: Some(CancelGround::Agreed),
        order: Some(hash(67)),
        due: Some(Millis(13)),
        status: GuaranteeStatus::Called,
    }
}

pub(super) fn records() -> Vec<(StateKey, Record)> {
    vec![
        (StateKey::Eligibility(QUESTION), Record::Eligibility(eligibility())),
        (StateKey::Preauth(PREAUTH), Record::Preauth(Box::new(preauth()))),
        (StateKey::Guarantee(GUARANTEE), Record::Guarantee(guarantee())),
    ]
}
