//! Samples of cases, bills, claims and settlements, with optional parts both ways.

use assent_types::action::Action;
use assent_types::anomaly::Exports;
use assent_types::bill::{Allocation, Bill, BillFlags, BillStatus, RegisterBill};
use assent_types::case::{Capability, Case, CaseOp, CaseOps, OpenCase};
use assent_types::claim::{
    AcceptClaim, AdjDecision, AdjReason, AdjReasons, Amounts, ApproveClaim, ApprovePartial, Award, BenefitKind,
    BillShare, Capacity, Claim, ClaimFlag, ClaimFlags, ClaimStatus, ClaimTerms, ClearDuplicate, CodeRef,
    ConfirmDuplicate, Course, DecisionMode, DenyClaim, FxLock, InstructPayment, LineHeader, LockPoint, OtherPayer,
    Payee, PayerKind, RejectClaim, RejectReason, RelatedClaim, Relation, ServiceLine, ServicePeriod, SubmitClaim,
    Submitter,
};
use assent_types::consent::Grantor;
use assent_types::settlement::{
    BankAccept, BankFail, BankPaid, Direction, FailReason, PayeeAck, Payment, PurposeCode, Settlement, SettlementStatus,
};
use assent_types::settlement_list::{Fee, FeeClass, FileSettlementList, ListHeader, ListPart, SettlementList};
use assent_types::state::{Record, StateKey};
use assent_types::{
    AnchorId, AssignmentId, BillNullifier, CaseId, ClaimId, CodeMapId, Currency, Day, FixingId, GuaranteeId, List,
    MandateId, Millis, Money, Month, OrgId, PreauthId, Set, SettlementId, Sp,
};

use super::samples::hash;

const CLAIM: ClaimId = ClaimId(hash(40));
const BILL: BillNullifier = BillNullifier(hash(41));
const CASE: CaseId = CaseId(hash(42));
const SETTLEMENT: SettlementId = SettlementId(hash(43));

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

fn award(approved: u64) -> Award {
    let share = BillShare { bill: BILL, amount: hkd(approved) };
    Award { approved: hkd(approved), shares: List::new(vec![share]).unwrap_or_default() }
}

/// A claim with no optional part.
fn bare_terms() -> ClaimTerms {
    ClaimTerms {
        case: CASE,
        payee: Payee::Provider,
        service: ServicePeriod { first: Month(671), last: Month(672), day_commit: hash(44) },
        service_line: ServiceLine::Basic,
        benefit: BenefitKind::FixedBenefit,
        cob_declared: false,
        bills: Set::new([BILL]).unwrap_or_default(),
        lines: LineHeader { root: hash(45), count: 3, total: hkd(1_000) },
        codes: Set::default(),
        code_map: None,
        preauth: None,
        guarantee: None,
        related: None,
        attachments: Set::default(),
        amounts: Amounts {
            billed: hkd(1_000),
            claimed: hkd(1_000),
            subject_share: hkd(0),
            other_payers: List::default(),
        },
        fx: None,
    }
}

/// A claim with every optional part.
fn full_terms() -> ClaimTerms {
    let payer = OtherPayer { kind: PayerKind::Ehcv, amount: hkd(200) };
    ClaimTerms {
        payee: Payee::Advance { assignment: AssignmentId(hash(46)) },
        cob_declared: true,
        codes: Set::new([CodeRef { system: 1, version: 2 }]).unwrap_or_default(),
        code_map: Some(CodeMapId(hash(47))),
        preauth: Some(PreauthId(hash(48))),
        guarantee: Some(GuaranteeId(hash(49))),
        related: Some(RelatedClaim { claim: CLAIM, relation: Relation::Correction }),
        attachments: Set::new([AnchorId(hash(50)), AnchorId(hash(51))]).unwrap_or_default(),
        amounts: Amounts {
            claimed: hkd(700),
            subject_share: hkd(100),
            other_payers: List::new(vec![payer]).unwrap_or_default(),
            ..bare_terms().amounts
        },
        fx: Some(FxLock { ccy: Currency::Cny, at: LockPoint::ServiceEnd, fixing: Some(FixingId(hash(52))) }),
        ..bare_terms()
    }
}

/// One of every action, and claims filed in each capacity.
/// A settlement list as it is filed.
fn settlement_list() -> FileSettlementList {
    let part = |byte| ListPart { root: hash(byte), fields: 31, signed: hash(byte + 1) };
    let fee = |class, minor| Fee { class, amount: hkd(minor) };
    FileSettlementList {
        bill: BillNullifier(hash(31)),
        issuer: OrgId(1),
        header: ListHeader {
            anchor: AnchorId(hash(34)),
            basic: part(70),
            treatment: part(72),
            fees: part(74),
            chronic: Some(part(76)),
            classes: List::new(vec![fee(FeeClass::Bed, 600), fee(FeeClass::Surgery, 400)]).unwrap_or_default(),
            diagnosis: CodeRef { system: 1, version: 2 },
            grouper: CodeRef { system: 3, version: 4 },
            discharged: Month(670),
        },
    }
}

pub(super) fn actions() -> Vec<Action> {
    let mode = DecisionMode::Human { adjudicator: hash(53) };
    let submit = |terms, capacity| Action::SubmitClaim(Box::new(SubmitClaim { terms, capacity }));
    let open = |capability| {
        Action::OpenCase(Box::new(OpenCase {
            subject: Sp(hash(4)),
            insurer: OrgId(3),
            provider: OrgId(1),
            plan_commit: hash(54),
            capability,
            exp: Millis(9),
            grantor: Grantor::Subject,
            evidence: None,
        }))
    };
    vec![
        open(None),
        open(Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(5_000) })),
        Action::RegisterBill(RegisterBill { nullifier: BILL, issuer: OrgId(1), total: hkd(1_000), attestation: None }),
        submit(bare_terms(), Capacity::Organisation),
        submit(bare_terms(), Capacity::Subject),
        submit(full_terms(), Capacity::Proxy { mandate: MandateId(hash(11)) }),
        Action::AcceptClaim(AcceptClaim { claim: CLAIM }),
        Action::RejectClaim(RejectClaim { claim: CLAIM, reason: RejectReason::Relational }),
        Action::ClearDuplicate(ClearDuplicate { claim: CLAIM }),
        Action::ConfirmDuplicate(ConfirmDuplicate { claim: CLAIM, evidence: hash(55) }),
        Action::ApproveClaim(Box::new(ApproveClaim { claim: CLAIM, mode, award: award(700), outcome_root: hash(56) })),
        Action::ApprovePartial(Box::new(ApprovePartial {
            claim: CLAIM,
            mode: DecisionMode::AutoReviewed { reviewer: hash(53) },
            award: award(600),
            reasons: AdjReasons::of(&[AdjReason::OverCap]),
            outcome_root: hash(56),
        })),
        Action::DenyClaim(DenyClaim {
            claim: CLAIM,
            mode: DecisionMode::Auto,
            reasons: AdjReasons::all(),
            outcome_root: hash(56),
        }),
        Action::FileSettlementList(Box::new(settlement_list())),
        Action::InstructPayment(InstructPayment {
            claim: CLAIM,
            amount: hkd(700),
            bank: OrgId(7),
            purpose: PurposeCode::HospitalCare,
        }),
        Action::BankAccept(BankAccept { settlement: SETTLEMENT }),
        Action::BankFail(BankFail { settlement: SETTLEMENT, reason: FailReason::ClosedAccount }),
        Action::BankPaid(BankPaid {
            settlement: SETTLEMENT,
            amount: hkd(700),
            value_day: Day(20_500),
            bank_ref: hash(57),
        }),
        Action::PayeeAck(PayeeAck { settlement: SETTLEMENT, capacity: Capacity::Organisation }),
    ]
}

fn claim(terms: ClaimTerms, decision: Option<AdjDecision>) -> Claim {
    Claim {
        id: CLAIM,
        seq: 2,
        subject: Sp(hash(4)),
        insurer: OrgId(3),
        provider: OrgId(1),
        terms,
        submitted_by: Submitter::Org(OrgId(1)),
        submitted_at: Millis(5),
        decision: decision.clone(),
        rejected: None,
        approved_total: hkd(600),
        settled_net: hkd(500),
        clawed_back: hkd(0),
        appeals: 0,
        info_rounds: 0,
        settlement: Some(SETTLEMENT),
        flags: ClaimFlags::of(&[ClaimFlag::AckMissed]),
        due: Some(Millis(7)),
        course: if decision.is_some() { super::course::course() } else { Course::default() },
        status: ClaimStatus::PayInstructed,
    }
}

/// One record of every kind, and a claim before its decision.
pub(super) fn records() -> Vec<(StateKey, Record)> {
    let decision = AdjDecision {
        by: OrgId(3),
        mode: DecisionMode::Human { adjudicator: hash(53) },
        approved: hkd(600),
        disallowed: hkd(100),
        reasons: AdjReasons::of(&[AdjReason::Deductible]),
        shares: award(600).shares,
        outcome_root: hash(56),
        at: Millis(6),
    };
    let allocation = Allocation {
        claim: CLAIM,
        insurer: OrgId(3),
        benefit: BenefitKind::Indemnity,
        amount: hkd(600),
        clawed: hkd(0),
    };
    let bill = Bill {
        nullifier: BILL,
        issuer: OrgId(1),
        total: hkd(1_000),
        allocated: hkd(600),
        claims: List::new(vec![allocation]).unwrap_or_default(),
        attestation: Some(hash(58)),
        registered_at: Millis(3),
        status: BillStatus::Registered,
        replaced_by: None,
        flags: BillFlags::EMPTY,
    };
    let case = Case {
        id: CASE,
        subject: Sp(hash(4)),
        insurer: OrgId(3),
        provider: OrgId(1),
        plan_commit: hash(54),
        opened_by: Grantor::Subject,
        code: Some(assent_types::ClaimCodeId(hash(61))),
        capability: Some(Capability { ops: CaseOps::all(), cap: hkd(5_000) }),
        claimed: Some(hkd(700)),
        claims: 2,
        preauths: 3,
        guarantees: 4,
        live: 5,
        duplicates: 1,
        opened_at: Millis(2),
        exp: Millis(9),
    };
    let settlement = Settlement {
        id: SETTLEMENT,
        claim: CLAIM,
        direction: Direction::Pay,
        payer: OrgId(3),
        payee: Payee::Subject { commit: hash(59) },
        bank: OrgId(7),
        amount: hkd(600),
        fx: Some(super::course::conversion()),
        purpose: PurposeCode::InsuranceClaim,
        instructed_by: Submitter::Org(OrgId(3)),
        instructed_at: Millis(7),
        paid: Some(Payment { amount: hkd(600), value_day: Day(20_500), bank_ref: hash(57), at: Millis(8) }),
        failed: None,
        deemed: true,
        due: Some(Millis(9)),
        ended_at: None,
        batch: None,
        breaches: 0,
        order: None,
        status: SettlementStatus::Paid,
    };
    let list = SettlementList { header: settlement_list().header, versions: 2, filed_at: Millis(8) };
    vec![
        (StateKey::SettlementList(BillNullifier(hash(31)), OrgId(1)), Record::SettlementList(Box::new(list))),
        (StateKey::OpenRequests(OrgId(3), Sp(hash(4))), Record::OpenRequests(2)),
        (StateKey::Exports(OrgId(1), 2026), Record::Exports(Exports { sessions: 3, subjects: 2 })),
        (StateKey::Case(CASE), Record::Case(case)),
        (StateKey::Bill(BILL, OrgId(1)), Record::Bill(Box::new(bill))),
        (StateKey::Claim(CLAIM), Record::Claim(Box::new(claim(bare_terms(), None)))),
        (StateKey::Claim(CLAIM), Record::Claim(Box::new(claim(full_terms(), Some(decision))))),
        (StateKey::Settlement(SETTLEMENT), Record::Settlement(settlement)),
    ]
}
