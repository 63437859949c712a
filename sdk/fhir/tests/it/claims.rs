//! Claims, answers and payments as FHIR resources, and back.

use assent_fhir::Mapping;
use assent_fhir::claims::{
    ClaimAnswer, ClaimOutcome, Explanation, FiledClaim, PaymentRecord, Remittance, answer_from_fhir, answer_to_fhir,
    claim_from_fhir, claim_to_fhir, explanation_from_fhir, explanation_to_fhir, payment_from_fhir, payment_to_fhir,
    remittance_from_fhir, remittance_to_fhir,
};
use assent_types::claim::*;
use assent_types::ids::{AssignmentId, CodeMapId, FixingId, GuaranteeId, PreauthId};
use assent_types::settlement::{Direction, Payment, PurposeCode, Settlement, SettlementStatus};
use assent_types::{
    AnchorId, BillNullifier, CaseId, ClaimId, Currency, Day, ErrorCode, List, Millis, Money, Month, OrgId, Set,
    SettlementId, Sp,
};
use serde_json::Value;

use crate::as_golden;
use crate::rng::Rng;

const CASES: usize = 1_000;

pub(crate) fn money(rng: &mut Rng, ccy: Currency) -> Money {
    Money::new(ccy, rng.next() >> rng.below(64))
}

fn payee(rng: &mut Rng) -> Payee {
    match rng.below(3) {
        0 => Payee::Provider,
        1 => Payee::Subject { commit: rng.hash() },
        _ => Payee::Advance { assignment: AssignmentId(rng.hash()) },
    }
}

fn terms(rng: &mut Rng, ccy: Currency) -> ClaimTerms {
    let first = Month(rng.below(90_000) as u32);
    let bills: Vec<BillNullifier> = (0..1 + rng.below(3)).map(|_| BillNullifier(rng.hash())).collect();
    let codes: Vec<CodeRef> =
        (0..rng.below(3)).map(|system| CodeRef { system: system as u32, version: rng.next() as u32 }).collect();
    let attachments: Vec<AnchorId> = (0..rng.below(4)).map(|_| AnchorId(rng.hash())).collect();
    let payers: Vec<OtherPayer> =
        (0..rng.below(4)).map(|_| OtherPayer { kind: rng.one(PayerKind::ALL), amount: money(rng, ccy) }).collect();
    ClaimTerms {
        case: CaseId(rng.hash()),
        payee: payee(rng),
        service: ServicePeriod { first, last: Month(first.0 + rng.below(3) as u32), day_commit: rng.hash() },
        service_line: rng.one(ServiceLine::ALL),
        benefit: rng.one(BenefitKind::ALL),
        cob_declared: rng.flag(),
        bills: Set::new(bills).unwrap(),
        lines: LineHeader { root: rng.hash(), count: rng.next() as u16, total: money(rng, ccy) },
        codes: Set::new(codes).unwrap(),
        code_map: rng.maybe(|rng| CodeMapId(rng.hash())),
        preauth: rng.maybe(|rng| PreauthId(rng.hash())),
        guarantee: rng.maybe(|rng| GuaranteeId(rng.hash())),
        related: rng.maybe(|rng| RelatedClaim { claim: ClaimId(rng.hash()), relation: rng.one(Relation::ALL) }),
        attachments: Set::new(attachments).unwrap(),
        amounts: Amounts {
            billed: money(rng, ccy),
            claimed: money(rng, ccy),
            subject_share: money(rng, ccy),
            other_payers: List::new(payers).unwrap(),
        },
        fx: rng.maybe(|rng| FxLock {
            ccy: rng.one(Currency::ALL),
            at: rng.one(LockPoint::ALL),
            fixing: rng.maybe(|rng| FixingId(rng.hash())),
        }),
    }
}

pub(crate) fn mode(rng: &mut Rng) -> DecisionMode {
    match rng.below(3) {
        0 => DecisionMode::Human { adjudicator: rng.hash() },
        1 => DecisionMode::Auto,
        _ => DecisionMode::AutoReviewed { reviewer: rng.hash() },
    }
}

fn claim(rng: &mut Rng) -> Claim {
    let ccy = rng.one(Currency::ALL);
    let terms = terms(rng, ccy);
    let claimed = terms.amounts.claimed;
    let approved = Money::new(ccy, if claimed.minor == 0 { 0 } else { rng.next() % claimed.minor });
    let shares: Vec<BillShare> =
        terms.bills.iter().map(|bill| BillShare { bill: *bill, amount: money(rng, ccy) }).collect();
    let decision = rng.maybe(|rng| AdjDecision {
        by: OrgId(3),
        mode: mode(rng),
        approved,
        disallowed: claimed.minus(approved).unwrap(),
        reasons: AdjReasons::of(&rng.some(AdjReason::ALL)),
        shares: List::new(shares).unwrap(),
        outcome_root: rng.hash(),
        at: Millis(rng.next() % 200_000_000_000_000),
    });
    let status = rng.one(ClaimStatus::ALL);
    Claim {
        id: ClaimId(rng.hash()),
        seq: 1,
        subject: Sp(rng.hash()),
        insurer: OrgId(rng.below(9) as u32),
        provider: OrgId(rng.below(9) as u32),
        terms,
        submitted_by: if rng.flag() { Submitter::Subject } else { Submitter::Org(OrgId(rng.below(9) as u32)) },
        submitted_at: Millis(rng.next() % 200_000_000_000_000),
        approved_total: decision.as_ref().map_or(Money::zero(ccy), |decision| decision.approved),
        settled_net: if decision.is_some() && rng.flag() { money(rng, ccy) } else { Money::zero(ccy) },
        clawed_back: Money::zero(ccy),
        decision,
        rejected: rng.maybe(|rng| rng.one(RejectReason::ALL)),
        appeals: 0,
        info_rounds: 0,
        settlement: None,
        flags: ClaimFlags::EMPTY,
        due: None,
        course: Course::default(),
        status,
    }
}

fn settlement(rng: &mut Rng, claim: &Claim) -> Settlement {
    let amount = money(rng, claim.terms.amounts.claimed.ccy);
    Settlement {
        id: SettlementId(rng.hash()),
        claim: claim.id,
        direction: rng.one(Direction::ALL),
        payer: claim.insurer,
        payee: claim.terms.payee,
        bank: OrgId(rng.below(9) as u32),
        amount,
        fx: None,
        purpose: PurposeCode::InsuranceClaim,
        instructed_by: Submitter::Org(claim.insurer),
        instructed_at: Millis(1),
        paid: Some(Payment {
            amount,
            value_day: Day(rng.below(2_000_000) as u32),
            bank_ref: rng.hash(),
            at: Millis(rng.next() % 200_000_000_000_000),
        }),
        failed: None,
        deemed: rng.flag(),
        due: None,
        ended_at: None,
        batch: None,
        breaches: 0,
        order: None,
        status: rng.one(&[SettlementStatus::Paid, SettlementStatus::PayeeDisputed, SettlementStatus::Acked]),
    }
}

#[test]
fn claims_answers_and_payments_read_back() {
    let mut rng = Rng::from_env();
    for case in 0..CASES {
        let claim = claim(&mut rng);
        let settlement = settlement(&mut rng, &claim);
        let mapping = Mapping { utc_offset_minutes: rng.maybe(|rng| rng.one(&[0, 480, -300])), ..Mapping::default() };
        let filed = FiledClaim::of(&claim);
        let text = claim_to_fhir(&filed, &mapping).unwrap();
        assert_eq!(claim_from_fhir(&text, &mapping).as_ref(), Ok(&filed), "case {case}\n{text}");
        let answer = ClaimAnswer::of(&claim, Some(&settlement));
        let text = answer_to_fhir(&answer, &mapping).unwrap();
        assert_eq!(answer_from_fhir(&text, &mapping).as_ref(), Ok(&answer), "case {case}\n{text}");
        let explanation = Explanation::of(&claim, Some(&settlement));
        match explanation_to_fhir(&explanation, &mapping) {
            Ok(text) => {
                assert_eq!(explanation_from_fhir(&text, &mapping).as_ref(), Ok(&explanation), "case {case}\n{text}")
            }
            Err(error) => assert!(answer.rejected.is_some() || answer.outcome == ClaimOutcome::Error, "{error}"),
        }
        let payment = PaymentRecord::of(&settlement, &claim).unwrap();
        let text = payment_to_fhir(&payment, &mapping).unwrap();
        assert_eq!(payment_from_fhir(&text, &mapping).as_ref(), Ok(&payment), "case {case}\n{text}");
    }
}

#[test]
fn remittances_read_back_and_add_up() {
    let mut rng = Rng::from_env();
    for case in 0..200 {
        let claim = claim(&mut rng);
        let mut settlements: Vec<Settlement> = (0..1 + rng.below(5)).map(|_| settlement(&mut rng, &claim)).collect();
        for settlement in &mut settlements {
            let paid = settlement.paid.as_mut().unwrap();
            paid.amount.minor >>= 3;
        }
        let remittance = Remittance::of(claim.insurer, Millis(1_790_000_000_000), &settlements).unwrap();
        let text = remittance_to_fhir(&remittance, &Mapping::default()).unwrap();
        assert_eq!(remittance_from_fhir(&text, &Mapping::default()).as_ref(), Ok(&remittance), "case {case}\n{text}");
        // One cent less is noticed.
        let (total, negative) = remittance.total().unwrap();
        let (before, after) = (total, Money::new(total.ccy, total.minor.wrapping_add(1)));
        let written = |money: Money| {
            let text = money.to_string();
            format!(
                "\"paymentAmount\":{{\"value\":{}{}",
                if negative && !money.is_zero() { "-" } else { "" },
                text.split(' ').next().unwrap()
            )
        };
        let changed = text.replace(&written(before), &written(after));
        assert_ne!(changed, text, "case {case}\n{text}");
        assert_eq!(remittance_from_fhir(&changed, &Mapping::default()).unwrap_err().code, ErrorCode::Unbalanced);
    }
}

/// The outcome that FHIR gives each status.
#[test]
fn every_status_has_its_outcome() {
    let mut rng = Rng(3);
    for status in ClaimStatus::ALL {
        let claim = Claim { status: *status, decision: None, ..claim(&mut rng) };
        let expected = match status.code() {
            "Submitted" | "Withdrawn" => ClaimOutcome::Queued,
            "DupHold" | "InReview" | "InfoRequested" | "ConsentHold" | "Appealed" => ClaimOutcome::Partial,
            "Rejected" => ClaimOutcome::Error,
            _ => ClaimOutcome::Complete,
        };
        let answer = ClaimAnswer::of(&claim, None);
        assert_eq!(answer.outcome, expected, "{status}");
        let text = answer_to_fhir(&answer, &Mapping::default()).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["outcome"], expected.code());
        assert_eq!(written["status"], if status.code() == "Withdrawn" { "cancelled" } else { "active" });
    }
}

/// An insurer's answer becomes the act that puts it on the ledger.
#[test]
fn answers_and_notices_become_acts() {
    let mut rng = Rng(4);
    let mut claim = claim(&mut rng);
    while claim.decision.is_none() || claim.terms.amounts.claimed.minor < 10 {
        claim = self::claim(&mut rng);
    }
    claim.rejected = None;
    let name = |claim: &Claim| ClaimAnswer::of(claim, None).action().map(|action| action.name()).map_err(|e| e.code);
    claim.status = ClaimStatus::PartApproved;
    let (claimed, zero) = (claim.terms.amounts.claimed, Money::zero(claim.terms.amounts.claimed.ccy));
    for (approved, expected) in
        [(claimed, "ApproveClaim"), (Money::new(claimed.ccy, claimed.minor - 1), "ApprovePartial"), (zero, "DenyClaim")]
    {
        let decision = claim.decision.as_mut().unwrap();
        (decision.approved, decision.disallowed) = (approved, claimed.minus(approved).unwrap());
        assert_eq!(name(&claim), Ok(expected));
    }
    claim.status = ClaimStatus::InReview;
    assert_eq!(name(&claim), Err(ErrorCode::FhirUnsupported));
    claim.decision = None;
    claim.status = ClaimStatus::Approved;
    assert_eq!(name(&claim), Err(ErrorCode::FhirMissing));
    claim.status = ClaimStatus::Withdrawn;
    assert_eq!(name(&claim), Err(ErrorCode::FhirUnsupported));
    claim.status = ClaimStatus::Submitted;
    assert_eq!(name(&claim), Ok("AcceptClaim"));
    (claim.status, claim.rejected) = (ClaimStatus::Rejected, Some(RejectReason::MissingInformation));
    assert_eq!(name(&claim), Ok("RejectClaim"));
    claim.rejected = None;
    assert_eq!(name(&claim), Err(ErrorCode::FhirMissing));

    let mut settlement = settlement(&mut rng, &claim);
    settlement.deemed = false;
    for (status, expected) in [
        (SettlementStatus::Paid, Ok("BankPaid")),
        (SettlementStatus::Acked, Ok("PayeeAck")),
        (SettlementStatus::PayeeDisputed, Err(ErrorCode::FhirUnsupported)),
    ] {
        settlement.status = status;
        let payment = PaymentRecord::of(&settlement, &claim).unwrap();
        let action = payment.action(Capacity::Organisation);
        assert_eq!(action.map(|action| action.name()).map_err(|error| error.code), expected);
    }
    settlement.paid = None;
    let error = PaymentRecord::of(&settlement, &claim).unwrap_err();
    assert_eq!(error.path, "PaymentNotice.paymentStatus");
}

/// Pointer to an element, its new value, and the expected refusal.
pub(crate) type Change = (&'static str, Value, &'static str);

pub(crate) fn refused<T: std::fmt::Debug>(
    text: &str,
    changes: &[Change],
    read: impl Fn(&str) -> Result<T, assent_fhir::FhirError>,
) {
    for (pointer, value, expected) in changes {
        let mut resource: Value = serde_json::from_str(text).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { &mut resource } else { resource.pointer_mut(parent).unwrap() };
        parent.as_object_mut().unwrap().insert((*name).to_owned(), value.clone());
        let error = read(&resource.to_string()).unwrap_err();
        assert_eq!(format!("E{} {}", error.code.number(), error.path), *expected, "{pointer}");
    }
}

/// A decided claim with small amounts, which a JSON reader of the test keeps as they are.
fn small(rng: &mut Rng) -> (Claim, Settlement) {
    let mut claim = claim(rng);
    while claim.decision.is_none() {
        claim = self::claim(rng);
    }
    let money = |minor| Money::new(Currency::Hkd, minor);
    claim.terms.amounts = Amounts {
        billed: money(650_050),
        claimed: money(600_000),
        subject_share: money(50_050),
        other_payers: List::default(),
    };
    claim.terms.lines.total = money(650_050);
    let decision = claim.decision.as_mut().unwrap();
    (decision.approved, decision.disallowed) = (money(560_000), money(40_000));
    decision.reasons = AdjReasons::of(&[AdjReason::Deductible]);
    decision.shares = List::new(vec![BillShare { bill: claim.terms.bills[0], amount: money(560_000) }]).unwrap();
    (claim.approved_total, claim.settled_net) = (money(560_000), money(560_000));
    claim.status = ClaimStatus::Settled;
    claim.rejected = None;
    claim.terms.payee = Payee::Provider;
    let mut settlement = settlement(rng, &claim);
    (settlement.direction, settlement.deemed) = (Direction::Pay, false);
    settlement.status = SettlementStatus::Acked;
    settlement.paid.as_mut().unwrap().amount = money(560_000);
    (claim, settlement)
}

#[test]
fn what_a_claim_cannot_say_is_refused_at_its_element() {
    let (claim, settlement) = small(&mut Rng(8));
    let mapping = Mapping::default();
    let text = claim_to_fhir(&FiledClaim::of(&claim), &mapping).unwrap();
    let changes: [Change; 8] = [
        ("/use", "preauthorization".into(), "E711 Claim.use"),
        ("/status", "draft".into(), "E711 Claim.status"),
        ("/total/value", 1.234.into(), "E702 Claim.total.value"),
        ("/total/currency", "EUR".into(), "E701 Claim.total.currency"),
        ("/payee/type/coding/0/code", "clergy".into(), "E711 Claim.payee.type"),
        ("/billablePeriod/end", "2026".into(), "E711 Claim.billablePeriod.end"),
        ("/item", serde_json::json!([{ "sequence": 1 }]), "E711 Claim.item"),
        ("/implicitRules", "http://x".into(), "E711 Claim.implicitRules"),
    ];
    refused(&text, &changes, |text| claim_from_fhir(text, &mapping));
    let text = answer_to_fhir(&ClaimAnswer::of(&claim, Some(&settlement)), &mapping).unwrap();
    let changes: [Change; 7] = [
        ("/outcome", "maybe".into(), "E712 ClaimResponse.outcome"),
        ("/use", "predetermination".into(), "E711 ClaimResponse.use"),
        ("/total/3/amount/value", 5600.01.into(), "E704 ClaimResponse.total"),
        ("/total/3/category/coding/0/code", "deductible".into(), "E711 ClaimResponse.total[3].category"),
        ("/adjudication/0/reason/coding/0/code", "ar002".into(), "E711 ClaimResponse.adjudication[0].reason"),
        ("/payment/adjustment", serde_json::json!({ "value": 1 }), "E711 ClaimResponse.payment.adjustment"),
        ("/preAuthRef", "PA-1".into(), "E711 ClaimResponse.preAuthRef"),
    ];
    refused(&text, &changes, |text| answer_from_fhir(text, &mapping));
    let text = explanation_to_fhir(&Explanation::of(&claim, Some(&settlement)), &mapping).unwrap();
    let changes: [Change; 6] = [
        ("/outcome", "error".into(), "E711 ExplanationOfBenefit.outcome"),
        ("/claim", serde_json::json!({ "reference": "Claim/1" }), "E713 ExplanationOfBenefit.claim"),
        ("/provider", serde_json::json!({ "reference": "Organization/x" }), "E713 ExplanationOfBenefit.provider"),
        ("/total/3/amount/value", 5600.01.into(), "E704 ExplanationOfBenefit.total"),
        ("/preAuthRef", serde_json::json!(["PA-1", "PA-2"]), "E711 ExplanationOfBenefit.preAuthRef[1]"),
        ("/accident", serde_json::json!({ "date": "2026" }), "E711 ExplanationOfBenefit.accident"),
    ];
    refused(&text, &changes, |text| explanation_from_fhir(text, &mapping));
    let text = payment_to_fhir(&PaymentRecord::of(&settlement, &claim).unwrap(), &mapping).unwrap();
    let changes: [Change; 4] = [
        ("/status", "entered-in-error".into(), "E711 PaymentNotice.status"),
        ("/paymentStatus/coding/0/code", "lost".into(), "E711 PaymentNotice.paymentStatus"),
        ("/amount/value", (-1).into(), "E711 PaymentNotice.amount.value"),
        ("/paymentDate", "2026-08".into(), "E711 PaymentNotice.paymentDate"),
    ];
    refused(&text, &changes, |text| payment_from_fhir(text, &mapping));
}

#[test]
fn the_golden_claims_are_what_is_written() {
    let (claim, settlement) = small(&mut Rng(9));
    let mapping = Mapping::default();
    let remittance =
        Remittance::of(claim.insurer, Millis(1_790_000_000_000), std::slice::from_ref(&settlement)).unwrap();
    let lines = [
        claim_to_fhir(&FiledClaim::of(&claim), &mapping).unwrap(),
        answer_to_fhir(&ClaimAnswer::of(&claim, Some(&settlement)), &mapping).unwrap(),
        payment_to_fhir(&PaymentRecord::of(&settlement, &claim).unwrap(), &mapping).unwrap(),
        remittance_to_fhir(&remittance, &mapping).unwrap(),
        explanation_to_fhir(&Explanation::of(&claim, Some(&settlement)), &mapping).unwrap(),
    ];
    as_golden("claims.ndjson", &(lines.join("\n") + "\n"));
}
