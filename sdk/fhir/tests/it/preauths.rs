//! Preauthorisations and their answers as FHIR resources, and back.

use assent_fhir::Mapping;
use assent_fhir::claims::{
    PreauthAnswer, PreauthQuestion, preauth_answer_from_fhir, preauth_answer_to_fhir, preauth_from_fhir,
    preauth_to_fhir,
};
use assent_types::claim::{AdjReason, AdjReasons, CodeRef, ServicePeriod};
use assent_types::consent::{Categories, Category};
use assent_types::preauth::*;
use assent_types::{
    AnchorId, CaseId, Currency, ErrorCode, GuaranteeId, List, Millis, Money, Month, OrgId, PreauthId, Set, Sp,
};
use serde_json::json;

use crate::as_golden;
use crate::claims::{Change, mode, money, refused};
use crate::rng::Rng;

const CASES: usize = 1_000;

fn terms(rng: &mut Rng) -> PreauthTerms {
    let (ccy, first) = (rng.one(Currency::ALL), Month(rng.below(90_000) as u32));
    let codes: Vec<CodeRef> =
        (0..rng.below(3)).map(|system| CodeRef { system: system as u32, version: rng.next() as u32 }).collect();
    let attachments: Vec<AnchorId> = (0..rng.below(4)).map(|_| AnchorId(rng.hash())).collect();
    PreauthTerms {
        priority: rng.one(PreauthPriority::ALL),
        service: ServicePeriod { first, last: Month(first.0 + rng.below(3) as u32), day_commit: rng.hash() },
        codes: Set::new(codes).unwrap(),
        item_root: rng.hash(),
        item_count: rng.next() as u16,
        amount: money(rng, ccy),
        attachments: Set::new(attachments).unwrap(),
    }
}

/// A preauthorisation that was decided in any way, or not yet.
fn preauth(rng: &mut Rng) -> Preauth {
    let terms = terms(rng);
    let (amount, at) = (terms.amount, rng.next() % 200_000_000_000_000);
    let part = Money::new(amount.ccy, if amount.minor == 0 { 0 } else { rng.next() % amount.minor });
    let approved = rng.one(&[amount, part, Money::zero(amount.ccy)]);
    let decision = rng.maybe(|rng| PreauthDecision {
        by: OrgId(3),
        mode: mode(rng),
        reasons: AdjReasons::of(&rng.some(AdjReason::ALL)),
        outcome_root: rng.hash(),
        validity: (!approved.is_zero()).then_some(Validity { from: Millis(at), to: Millis(at + 1) }),
        at: Millis(at),
    });
    let guarantees: Vec<GuaranteeId> = (0..rng.below(3)).map(|_| GuaranteeId(rng.hash())).collect();
    Preauth {
        id: PreauthId(rng.hash()),
        case: CaseId(rng.hash()),
        subject: Sp(rng.hash()),
        insurer: OrgId(rng.below(9) as u32),
        provider: OrgId(rng.below(9) as u32),
        version: 1 + rng.below(3) as u32,
        terms,
        requested_by: OrgId(2),
        requested_at: Millis(at),
        prior: rng.maybe(|rng| PreauthId(rng.hash())),
        generation: 0,
        asked: Categories::of(&rng.at_least_one(Category::ALL)),
        info_rounds: 0,
        paused_ms: None,
        approved: if decision.is_some() { approved } else { Money::zero(amount.ccy) },
        buckets: Buckets::free(approved),
        decision,
        guarantees: List::new(guarantees).unwrap(),
        claims: List::default(),
        voided: None,
        replaced_by: None,
        due: None,
        status: rng.one(PreauthStatus::ALL),
    }
}

#[test]
fn preauthorisations_and_their_answers_read_back() {
    let mut rng = Rng::from_env();
    for case in 0..CASES {
        let record = preauth(&mut rng);
        let mapping = Mapping { utc_offset_minutes: rng.maybe(|rng| rng.one(&[0, 480, -300])), ..Mapping::default() };
        let question = PreauthQuestion::of(&record);
        let text = preauth_to_fhir(&question, &mapping).unwrap();
        assert_eq!(preauth_from_fhir(&text, &mapping).as_ref(), Ok(&question), "case {case}\n{text}");
        let answer = PreauthAnswer::of(&record);
        let text = preauth_answer_to_fhir(&answer, &mapping).unwrap();
        assert_eq!(preauth_answer_from_fhir(&text, &mapping).as_ref(), Ok(&answer), "case {case}\n{text}");
    }
}

/// One that was decided, with small amounts that a JSON reader of the test keeps as they are.
fn small(approved: u64) -> Preauth {
    let mut rng = Rng(5);
    let mut record = preauth(&mut rng);
    while record.decision.is_none() {
        record = preauth(&mut rng);
    }
    let hkd = |minor| Money::new(Currency::Hkd, minor);
    (record.terms.amount, record.approved) = (hkd(600_000), hkd(approved));
    let decision = record.decision.as_mut().unwrap();
    decision.reasons = AdjReasons::of(&[AdjReason::Deductible]);
    let validity = Validity { from: Millis(1_780_000_000_000), to: Millis(1_790_000_000_000) };
    decision.validity = (approved > 0).then_some(validity);
    decision.at = Millis(1_780_000_000_000);
    record.status = PreauthStatus::Partial;
    record.guarantees = List::new(vec![GuaranteeId(rng.hash())]).unwrap();
    record.prior = Some(PreauthId(rng.hash()));
    record
}

#[test]
fn questions_and_answers_become_acts() {
    let name = |record: &Preauth| PreauthAnswer::of(record).action().map(|act| act.name()).map_err(|e| e.code);
    for (approved, expected) in [(600_000, "ApprovePreauth"), (599_999, "ApprovePreauthPartial"), (0, "DenyPreauth")] {
        assert_eq!(name(&small(approved)), Ok(expected));
    }
    assert_eq!(name(&Preauth { status: PreauthStatus::Pended, ..small(0) }), Ok("PendPreauth"));
    let nothing = Preauth { status: PreauthStatus::Pended, asked: Categories::EMPTY, ..small(0) };
    assert_eq!(name(&nothing), Err(ErrorCode::FhirMissing));
    for status in [PreauthStatus::Voided, PreauthStatus::Cancelled] {
        assert_eq!(name(&Preauth { status, ..small(1) }), Err(ErrorCode::FhirUnsupported));
    }
    let asked = Preauth { status: PreauthStatus::Requested, decision: None, ..small(0) };
    assert_eq!(name(&asked), Err(ErrorCode::FhirUnsupported));

    let act = |record: &Preauth| PreauthQuestion::of(record).action().map(|act| act.name()).map_err(|e| e.code);
    assert_eq!(act(&Preauth { version: 1, ..small(0) }), Ok("RequestPreauth"));
    assert_eq!(act(&Preauth { version: 2, ..small(0) }), Ok("AmendPreauth"));
    assert_eq!(act(&Preauth { status: PreauthStatus::Cancelled, ..small(0) }), Err(ErrorCode::FhirUnsupported));
}

#[test]
fn what_a_preauthorisation_cannot_say_is_refused_at_its_element() {
    let mapping = Mapping::default();
    let record = small(560_000);
    let text = preauth_to_fhir(&PreauthQuestion::of(&record), &mapping).unwrap();
    let changes: [Change; 9] = [
        ("/use", "claim".into(), "E711 Claim.use"),
        ("/status", "draft".into(), "E711 Claim.status"),
        ("/priority/coding/0/code", "soon".into(), "E712 Claim.priority"),
        ("/total/value", 1.234.into(), "E702 Claim.total.value"),
        ("/total/currency", "EUR".into(), "E701 Claim.total.currency"),
        ("/related/0/relationship/coding/0/code", "associated".into(), "E711 Claim.related[0].relationship"),
        ("/insurance/0/preAuthRef", json!(["PA-1"]), "E711 Claim.insurance[0].preAuthRef"),
        ("/item", json!([{ "sequence": 1 }]), "E711 Claim.item"),
        ("/payee", json!({ "type": {} }), "E711 Claim.payee"),
    ];
    refused(&text, &changes, |text| preauth_from_fhir(text, &mapping));
    let text = preauth_answer_to_fhir(&PreauthAnswer::of(&record), &mapping).unwrap();
    let changes: [Change; 9] = [
        ("/use", "claim".into(), "E711 ClaimResponse.use"),
        ("/outcome", "maybe".into(), "E712 ClaimResponse.outcome"),
        ("/preAuthRef", "PA-1".into(), "E711 ClaimResponse.preAuthRef"),
        ("/preAuthPeriod", json!({ "start": "2026" }), "E713 ClaimResponse.preAuthPeriod.end"),
        ("/preAuthPeriod", json!({ "start": "2027", "end": "2026" }), "E712 ClaimResponse.preAuthPeriod"),
        ("/total/1/amount/value", 5600.01.into(), "E704 ClaimResponse.total"),
        ("/total/1/category/coding/0/code", "copay".into(), "E711 ClaimResponse.total"),
        ("/fundsReserve/coding/0/code", "patient".into(), "E711 ClaimResponse.fundsReserve"),
        ("/payment", json!({ "amount": {} }), "E711 ClaimResponse.payment"),
    ];
    refused(&text, &changes, |text| preauth_answer_from_fhir(text, &mapping));
}

#[test]
fn the_golden_preauthorisations_are_what_is_written() {
    let mapping = Mapping::default();
    let pended = Preauth { status: PreauthStatus::Pended, decision: None, guarantees: List::default(), ..small(0) };
    let answer = |record: &Preauth| preauth_answer_to_fhir(&PreauthAnswer::of(record), &mapping).unwrap();
    let lines = [
        preauth_to_fhir(&PreauthQuestion::of(&small(560_000)), &mapping).unwrap(),
        answer(&small(560_000)),
        answer(&pended),
    ];
    as_golden("preauths.ndjson", &(lines.join("\n") + "\n"));
}
