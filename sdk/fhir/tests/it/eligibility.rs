//! Questions of eligibility and their answers as FHIR resources, and back.

use assent_fhir::Mapping;
use assent_fhir::claims::{
    EligibilityQuestion, EligibilityReply, eligibility_question_from_fhir, eligibility_question_to_fhir,
    eligibility_reply_from_fhir, eligibility_reply_to_fhir,
};
use assent_types::eligibility::*;
use assent_types::{CaseId, EligibilityId, ErrorCode, Millis, Month, OrgId, Sp};
use serde_json::{Value, json};

use crate::as_golden;
use crate::claims::{Change, refused};
use crate::rng::Rng;

const CASES: usize = 1_000;

/// A question in one status, with the answer that such a status has.
fn eligibility(rng: &mut Rng, status: EligibilityStatus) -> Eligibility {
    let at = rng.next() % 200_000_000_000_000;
    let answer = match status {
        EligibilityStatus::Requested | EligibilityStatus::Lapsed => None,
        EligibilityStatus::Eligible | EligibilityStatus::Stale => {
            Some(EligibilityAnswer::Eligible { band: rng.one(BenefitBand::ALL), valid_to: Millis(at + 1) })
        }
        EligibilityStatus::NotEligible => {
            Some(EligibilityAnswer::NotEligible { reason: rng.one(IneligibleReason::ALL) })
        }
        EligibilityStatus::ErrorResponse => Some(EligibilityAnswer::Error { error: rng.one(EligibilityError::ALL) }),
    };
    Eligibility {
        id: EligibilityId(rng.hash()),
        case: CaseId(rng.hash()),
        subject: Sp(rng.hash()),
        insurer: OrgId(rng.below(3) as u32),
        provider: OrgId(rng.below(3) as u32),
        requested_by: OrgId(rng.below(3) as u32),
        kind: rng.one(EligibilityKind::ALL),
        purposes: EligibilityPurposes::of(&rng.at_least_one(EligibilityPurpose::ALL)),
        service: Month(rng.below(90_000) as u32),
        requested_at: Millis(at),
        answer,
        due: None,
        status,
    }
}

#[test]
fn questions_of_eligibility_and_their_answers_read_back() {
    let mut rng = Rng::from_env();
    for case in 0..CASES {
        let status = rng.one(EligibilityStatus::ALL);
        let record = eligibility(&mut rng, status);
        let mapping = Mapping { utc_offset_minutes: rng.maybe(|rng| rng.one(&[0, 480, -300])), ..Mapping::default() };
        let question = EligibilityQuestion::of(&record);
        let text = eligibility_question_to_fhir(&question, &mapping).unwrap();
        assert_eq!(eligibility_question_from_fhir(&text, &mapping).as_ref(), Ok(&question), "case {case}\n{text}");
        let reply = EligibilityReply::of(&record, Millis(record.requested_at.0 + rng.next() % 1_000));
        let text = eligibility_reply_to_fhir(&reply, &mapping).unwrap();
        assert_eq!(eligibility_reply_from_fhir(&text, &mapping).as_ref(), Ok(&reply), "case {case}\n{text}");
        // Exactly one other status goes with each kind of answer.
        let other = rng.one(EligibilityStatus::ALL);
        let agrees = eligibility(&mut rng, other).answer.map(|answer| std::mem::discriminant(&answer))
            == record.answer.map(|answer| std::mem::discriminant(&answer));
        let text = text.replace(&format!("\"{status}\""), &format!("\"{other}\""));
        assert_eq!(eligibility_reply_from_fhir(&text, &mapping).is_ok(), agrees, "case {case}\n{text}");
    }
}

#[test]
fn every_status_has_its_outcome_and_its_act() {
    let mut rng = Rng(3);
    for status in EligibilityStatus::ALL {
        let record = eligibility(&mut rng, *status);
        assert_eq!(EligibilityQuestion::of(&record).action().name(), "CheckEligibility");
        let (outcome, act) = match record.answer {
            None => ("queued", Err(ErrorCode::FhirUnsupported)),
            Some(EligibilityAnswer::Eligible { .. }) => ("complete", Ok("AnswerEligible")),
            Some(EligibilityAnswer::NotEligible { .. }) => ("complete", Ok("AnswerNotEligible")),
            Some(EligibilityAnswer::Error { .. }) => ("error", Ok("AnswerError")),
        };
        let reply = EligibilityReply::of(&record, record.requested_at);
        assert_eq!(reply.action().map(|action| action.name()).map_err(|error| error.code), act, "{status}");
        let text = eligibility_reply_to_fhir(&reply, &Mapping::default()).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["outcome"], outcome, "{status}");
    }
    // Only a plan that is not in force is said to be so.
    for reason in IneligibleReason::ALL {
        let mut record = eligibility(&mut rng, EligibilityStatus::NotEligible);
        record.answer = Some(EligibilityAnswer::NotEligible { reason: *reason });
        let reply = EligibilityReply::of(&record, record.requested_at);
        let written: Value =
            serde_json::from_str(&eligibility_reply_to_fhir(&reply, &Mapping::default()).unwrap()).unwrap();
        assert_eq!(written["insurance"][0]["inforce"], *reason != IneligibleReason::Inactive, "{reason}");
    }
}

fn answered() -> Eligibility {
    let mut record = eligibility(&mut Rng(8), EligibilityStatus::Eligible);
    record.answer =
        Some(EligibilityAnswer::Eligible { band: BenefitBand::Medium, valid_to: Millis(1_790_000_000_000) });
    (record.insurer, record.provider, record.requested_by) = (OrgId(3), OrgId(2), OrgId(6));
    record
}

#[test]
fn what_eligibility_cannot_say_is_refused_at_its_element() {
    let mapping = Mapping::default();
    let text = eligibility_question_to_fhir(&EligibilityQuestion::of(&answered()), &mapping).unwrap();
    let changes: [Change; 9] = [
        ("/status", "cancelled".into(), "E711 CoverageEligibilityRequest.status"),
        ("/purpose", json!(["money"]), "E712 CoverageEligibilityRequest.purpose[0]"),
        ("/purpose", json!(["benefits", "benefits"]), "E712 CoverageEligibilityRequest.purpose[1]"),
        ("/servicedDate", "2026".into(), "E711 CoverageEligibilityRequest.servicedDate"),
        ("/servicedPeriod", json!({ "start": "2026-01-01" }), "E711 CoverageEligibilityRequest.servicedPeriod"),
        ("/item", json!([{ "category": {} }]), "E711 CoverageEligibilityRequest.item"),
        (
            "/insurance/0/businessArrangement",
            "x".into(),
            "E711 CoverageEligibilityRequest.insurance[0].businessArrangement",
        ),
        (
            "/insurance/0/coverage",
            json!({ "reference": "Coverage/1" }),
            "E713 CoverageEligibilityRequest.insurance[0].coverage",
        ),
        ("/patient", json!({ "reference": "Patient/1" }), "E713 CoverageEligibilityRequest.patient"),
    ];
    refused(&text, &changes, |text| eligibility_question_from_fhir(text, &mapping));
    let text = eligibility_reply_to_fhir(&EligibilityReply::of(&answered(), Millis(0)), &mapping).unwrap();
    let changes: [Change; 9] = [
        ("/outcome", "maybe".into(), "E712 CoverageEligibilityResponse.outcome"),
        ("/outcome", "partial".into(), "E711 CoverageEligibilityResponse.outcome"),
        ("/outcome", "queued".into(), "E712 CoverageEligibilityResponse.outcome"),
        ("/outcome", "error".into(), "E712 CoverageEligibilityResponse.outcome"),
        ("/insurance/0/inforce", false.into(), "E712 CoverageEligibilityResponse.insurance[0].inforce"),
        ("/insurance/0/item", json!([{ "benefit": [] }]), "E711 CoverageEligibilityResponse.insurance[0].item"),
        (
            "/insurance/0/extension",
            json!([{ "url": "http://x" }]),
            "E713 CoverageEligibilityResponse.insurance[0].extension",
        ),
        (
            "/insurance/0/benefitPeriod",
            json!({ "start": "2026" }),
            "E711 CoverageEligibilityResponse.insurance[0].benefitPeriod.start",
        ),
        ("/preAuthRef", "PA-1".into(), "E711 CoverageEligibilityResponse.preAuthRef"),
    ];
    refused(&text, &changes, |text| eligibility_reply_from_fhir(text, &mapping));
    let fault = Eligibility {
        answer: Some(EligibilityAnswer::Error { error: EligibilityError::NotFound }),
        status: EligibilityStatus::ErrorResponse,
        ..answered()
    };
    let text = eligibility_reply_to_fhir(&EligibilityReply::of(&fault, Millis(0)), &mapping).unwrap();
    let changes: [Change; 3] = [
        ("/error/0/code/coding/0/code", "41".into(), "E711 CoverageEligibilityResponse.error[0].code"),
        ("/error/0/code/coding/0/system", "http://x".into(), "E711 CoverageEligibilityResponse.error[0].code"),
        ("/insurance/0/inforce", true.into(), "E713 CoverageEligibilityResponse.insurance[0].extension"),
    ];
    refused(&text, &changes, |text| eligibility_reply_from_fhir(text, &mapping));
}

#[test]
fn the_golden_questions_and_answers_are_what_is_written() {
    let mapping = Mapping::default();
    let asked = Eligibility { kind: EligibilityKind::Verification, requested_by: OrgId(2), ..answered() };
    let refused = Eligibility {
        answer: Some(EligibilityAnswer::NotEligible { reason: IneligibleReason::OutOfNetwork }),
        status: EligibilityStatus::NotEligible,
        ..answered()
    };
    let fault = Eligibility {
        answer: Some(EligibilityAnswer::Error { error: EligibilityError::Unavailable }),
        status: EligibilityStatus::ErrorResponse,
        ..answered()
    };
    let at = Millis(1_780_000_000_000);
    let reply = |record: &Eligibility| eligibility_reply_to_fhir(&EligibilityReply::of(record, at), &mapping).unwrap();
    let lines = [
        eligibility_question_to_fhir(&EligibilityQuestion::of(&asked), &mapping).unwrap(),
        eligibility_question_to_fhir(&EligibilityQuestion::of(&answered()), &mapping).unwrap(),
        reply(&answered()),
        reply(&refused),
        reply(&fault),
    ];
    as_golden("eligibility.ndjson", &(lines.join("\n") + "\n"));
}
