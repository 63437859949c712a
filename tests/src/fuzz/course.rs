//! Samples of what happens to claims after filing, of fixings, code systems, delegations and assignments.

use assent_types::action::Action;
use assent_types::batch::{BatchDetail, BatchSettlements, SettlementBatch};
use assent_types::bill::{RegisterBill, ReplaceBill, VoidBill};
use assent_types::claim::*;
use assent_types::codesystem::{CodeMap, CodeSystem, MapEntry, RegisterCodeMap, RegisterCodeSystem};
use assent_types::consent::{Categories, Category};
use assent_types::delegation::*;
use assent_types::fixing::{Conversion, Fixing, FixingPair, PublishFixing, WithdrawFixing};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::settlement::*;
use assent_types::state::{Record, StateKey};
use assent_types::*;

use super::samples::hash;

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

fn appeal() -> Appeal {
    Appeal { level: 1, filed_at: Millis(6), grounds: hash(70), approved_before: hkd(600) }
}

fn clawed() -> Clawback {
    Clawback {
        reason: ClawbackReason::FraudFinding,
        amount: hkd(50),
        shares: shares(),
        requested_at: Millis(8),
        in_flight: true,
        order: Some(hash(71)),
    }
}

fn shares() -> List<BillShare, 32> {
    list(vec![BillShare { bill: BillNullifier(hash(31)), amount: hkd(50) }])
}

fn list<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    List::new(items).unwrap_or_default()
}

fn set<T: Ord, const MAX: usize>(items: Vec<T>) -> Set<T, MAX> {
    Set::new(items).unwrap_or_default()
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text.to_owned()).unwrap_or_default()
}

/// A course with every optional part.
pub(super) fn course() -> Course {
    Course {
        paused_ms: Some(5),
        breaches: 1,
        asked: Categories::of(&[Category::Lab]),
        needed: set(vec![AnchorId(hash(72))]),
        linked: set(vec![AnchorId(hash(73))]),
        appeal_until: Some(Millis(20)),
        clawback_until: Some(Millis(21)),
        appeal: Some(appeal()),
        clawback: Some(clawed()),
        fixing: Some(FixingId(hash(42))),
        reopened: Some(hash(71)),
    }
}

/// An amount in another currency.
pub(super) fn conversion() -> Conversion {
    let amount = Money::new(Currency::Cny, 552);
    Conversion { fixing: FixingId(hash(42)), amount, residual: -3_600, parts: 10_000 }
}

fn places() -> PlaceSet {
    set(vec![Place::whole(Jurisdiction::Cn), Place::city(Jurisdiction::Hk, 1)])
}

/// One of every act after filing.
pub(super) fn actions() -> Vec<Action> {
    let (claim, settlement) = (ClaimId(hash(39)), SettlementId(hash(43)));
    let (capacity, purpose, bank) = (Capacity::Organisation, PurposeCode::InsuranceClaim, OrgId(7));
    let anchors = set(vec![AnchorId(hash(72))]);
    let mode = DecisionMode::Human { adjudicator: hash(44) };
    let share = BillShare { bill: BillNullifier(hash(31)), amount: hkd(700) };
    let award = Award { approved: hkd(700), shares: list(vec![share]) };
    let reasons = AdjReasons::of(&[AdjReason::OverCap]);
    let decide = |outcome| {
        let outcome_root = hash(48);
        Action::DecideAppeal(Box::new(DecideAppeal { claim, mode, outcome, outcome_root }))
    };
    let resolve = |resolution, order| Action::ResolvePayment(ResolvePayment { settlement, resolution, order });
    let by = RegisterBill { nullifier: BillNullifier(hash(34)), issuer: OrgId(1), total: hkd(900), attestation: None };
    vec![
        Action::RequestInfo(RequestInfo { claim, categories: Categories::of(&[Category::Lab]) }),
        Action::ConsentGap(ConsentGap { claim, needed: anchors.clone() }),
        Action::LinkAttachments(LinkAttachments { claim, anchors, capacity }),
        Action::ResumeWithConsent(ResumeWithConsent { claim, capacity }),
        Action::FileAppeal(FileAppeal { claim, grounds: hash(70), capacity: Capacity::Subject }),
        decide(AppealOutcome::Full(award.clone())),
        decide(AppealOutcome::Part(award, reasons)),
        decide(AppealOutcome::Deny(reasons)),
        Action::RequestClawback(Box::new(RequestClawback {
            claim,
            reason: ClawbackReason::Duplicate,
            amount: hkd(50),
            shares: shares(),
        })),
        Action::AgreeClawback(AgreeClawback { claim, bank, purpose, capacity }),
        Action::ContestClawback(ContestClawback { claim, grounds: hash(70), capacity }),
        Action::OrderClawback(OrderClawback { claim, order: hash(71), bank, purpose }),
        Action::WithdrawClaim(WithdrawClaim { claim, capacity }),
        Action::ReopenClaim(ReopenClaim { claim, order: hash(71) }),
        Action::RecallPayment(RecallPayment { settlement, capacity }),
        Action::DisputePayment(DisputePayment { settlement, grounds: hash(70), capacity }),
        resolve(Resolution::Paid { value_day: Day(20_500), bank_ref: hash(49) }, None),
        resolve(Resolution::Failed { reason: FailReason::NotSpecified }, Some(hash(71))),
        Action::BatchSettlements(Box::new(BatchSettlements {
            payer: OrgId(3),
            payee: OrgId(1),
            details: list(vec![BatchDetail { settlement, amount: hkd(600) }]),
            total: hkd(600),
        })),
        Action::VoidBill(VoidBill { nullifier: BillNullifier(hash(31)), issuer: OrgId(1) }),
        Action::ReplaceBill(ReplaceBill { nullifier: BillNullifier(hash(31)), by, explanation: hash(74) }),
        Action::PublishFixing(Box::new(PublishFixing {
            base: Currency::Hkd,
            quote: Currency::Cny,
            num: 9_200,
            den: 10_000,
            source: text("central parity"),
            fixing_day: Day(20_500),
            valid_from: Millis(1),
            valid_to: Millis(2),
        })),
        Action::WithdrawFixing(WithdrawFixing { fixing: FixingId(hash(42)) }),
        Action::RegisterCodeSystem(Box::new(RegisterCodeSystem {
            system: SRC,
            name: text("ICD-10"),
            version: text("2.0"),
            publisher: text("NHSA"),
            content: hash(75),
            effective_from: Millis(1),
            effective_to: Some(Millis(2)),
            licence: text("open"),
        })),
        Action::RegisterCodeMap(Box::new(RegisterCodeMap {
            src: SRC,
            dst: DST,
            content: hash(76),
            rows: 35_590,
            many_to_one: true,
            effective: Millis(3),
        })),
        Action::GrantDelegation(Box::new(GrantDelegation {
            principal: OrgId(3),
            delegate: OrgId(23),
            ops: DelegationOps::of(&[DelegationOp::Decide]),
            per_decision_limit: hkd(10_000),
            places: places(),
            nbf: Millis(1),
            exp: Millis(2),
        })),
        Action::RevokeDelegation(RevokeDelegation { principal: OrgId(3), delegate: OrgId(23) }),
        Action::AssignBenefit(AssignBenefit { case: CaseId(hash(30)), payer: OrgId(44), capacity }),
        Action::ReleaseAssignment(ReleaseAssignment { assignment: AssignmentId(hash(77)) }),
    ]
}

const SRC: CodeRef = CodeRef { system: 1, version: 2 };
const DST: CodeRef = CodeRef { system: 2, version: 1 };

/// One record of every kind that goes with them.
pub(super) fn records() -> Vec<(StateKey, Record)> {
    let fixing = Fixing {
        id: FixingId(hash(42)),
        base: Currency::Hkd,
        quote: Currency::Cny,
        num: 9_200,
        den: 10_000,
        source: text("central parity"),
        fixing_day: Day(20_500),
        valid_from: Millis(1),
        valid_to: Millis(2),
        publisher: OrgId(41),
        countersigned_by: Some(OrgId(42)),
        published_at: Millis(1),
        withdrawn_at: Some(Millis(2)),
    };
    let pair = FixingPair { base: Currency::Hkd, quote: Currency::Cny, latest: fixing.id };
    let system = CodeSystem {
        system: SRC,
        name: text("ICD-10"),
        version: text("2.0"),
        publisher: text("NHSA"),
        content: hash(75),
        effective_from: Millis(1),
        effective_to: Some(Millis(2)),
        licence: text("open"),
        registered_by: OrgId(43),
        reviewed_by: list(vec![OrgId(2), OrgId(4)]),
    };
    let map = CodeMap {
        id: CodeMapId(hash(36)),
        src: SRC,
        dst: DST,
        content: hash(76),
        rows: 35_590,
        many_to_one: true,
        effective: Millis(3),
        registered_by: OrgId(43),
        reviewed_by: list(vec![OrgId(2), OrgId(4)]),
    };
    let entry = MapEntry { map: map.id, effective: map.effective, many_to_one: map.many_to_one };
    let delegation = Delegation {
        principal: OrgId(3),
        delegate: OrgId(23),
        ops: DelegationOps::of(&[DelegationOp::Decide, DelegationOp::Pay]),
        per_decision_limit: hkd(10_000),
        places: places(),
        nbf: Millis(1),
        exp: Millis(2),
        revoked_at: Some(Millis(2)),
    };
    let assignment = Assignment {
        id: AssignmentId(hash(77)),
        case: CaseId(hash(30)),
        subject: Sp(hash(1)),
        payer: OrgId(44),
        assigned_at: Millis(1),
        released_at: Some(Millis(2)),
    };
    let batch = SettlementBatch {
        id: BatchId(hash(55)),
        payer: OrgId(3),
        payee: OrgId(1),
        currency: Currency::Hkd,
        details: list(vec![BatchDetail { settlement: SettlementId(hash(43)), amount: hkd(600) }]),
        total: hkd(600),
        at: Millis(9),
    };
    vec![
        (StateKey::Fixing(fixing.id), Record::Fixing(Box::new(fixing))),
        (StateKey::FixingPair(Currency::Cny, Currency::Hkd), Record::FixingPair(pair)),
        (StateKey::CodeSystem(SRC), Record::CodeSystem(Box::new(system))),
        (StateKey::CodeMap(map.id), Record::CodeMap(Box::new(map))),
        (StateKey::CodeMaps(SRC, DST), Record::CodeMaps(list(vec![entry]))),
        (StateKey::Delegation(OrgId(3), OrgId(23)), Record::Delegation(Box::new(delegation))),
        (StateKey::Assignment(assignment.id), Record::Assignment(assignment)),
        (StateKey::Batch(batch.id), Record::Batch(Box::new(batch))),
    ]
}
