//! Samples of cases, bills, claims and settlements.

use assent_types::action::Action;
use assent_types::anomaly::Exports;
use assent_types::bill::{Allocation, Bill, BillFlag, BillFlags, BillStatus, RegisterBill};
use assent_types::case::{Capability, Case, CaseOp, CaseOps, OpenCase};
use assent_types::claim::*;
use assent_types::consent::{AttestMethod, Grantor};
use assent_types::money::{Currency, Money};
use assent_types::settlement::*;
use assent_types::settlement_list::*;
use assent_types::state::{BankDesignation, ClaimParams, Record, StateKey};
use assent_types::*;

use super::{evidence, hash, list, set};

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

fn award(approved: u64) -> Award {
    let shares = vec![BillShare { bill: BillNullifier(hash(31)), amount: hkd(approved) }];
    Award { approved: hkd(approved), shares: list(shares) }
}

pub(super) fn params() -> ClaimParams {
    ClaimParams {
        case_max_ms: 1,
        file_ms: 2,
        ack_ms: 3,
        dup_hold_ms: 4,
        adjudicate_ms: 5,
        appeal_ms: 6,
        pay_ms: 7,
        bank_ms: 8,
        payee_ack_ms: 9,
        amount_max: 1_000_000_000_000,
        currencies: set(vec![Currency::Cny, Currency::Hkd]),
        banks: set(vec![BankDesignation { ccy: Currency::Hkd, bank: OrgId(7) }]),
        course: super::course::params(),
    }
}

fn terms() -> ClaimTerms {
    ClaimTerms {
        case: CaseId(hash(30)),
        payee: Payee::Subject { commit: hash(32) },
        service: ServicePeriod { first: Month(671), last: Month(672), day_commit: hash(33) },
        service_line: ServiceLine::International,
        benefit: BenefitKind::Indemnity,
        cob_declared: true,
        bills: set(vec![BillNullifier(hash(31)), BillNullifier(hash(34))]),
        lines: LineHeader { root: hash(35), count: 3, total: hkd(1_000) },
        codes: set(vec![CodeRef { system: 1, version: 2 }]),
        code_map: Some(CodeMapId(hash(36))),
        preauth: Some(PreauthId(hash(37))),
        guarantee: Some(GuaranteeId(hash(38))),
        related: Some(RelatedClaim { claim: ClaimId(hash(39)), relation: Relation::Correction }),
        attachments: set(vec![AnchorId(hash(40)), AnchorId(hash(41))]),
        amounts: Amounts {
            billed: hkd(1_000),
            claimed: hkd(700),
            subject_share: hkd(100),
            other_payers: list(vec![OtherPayer { kind: PayerKind::Ehcv, amount: hkd(200) }]),
        },
        fx: Some(FxLock { ccy: Currency::Cny, at: LockPoint::ServiceEnd, fixing: Some(FixingId(hash(42))) }),
    }
}

pub(super) fn actions() -> Vec<Action> {
    let (claim, settlement) = (ClaimId(hash(39)), SettlementId(hash(43)));
    let human = DecisionMode::Human { adjudicator: hash(44) };
    vec![
        Action::OpenCase(Box::new(OpenCase {
            subject: Sp(hash(1)),
            insurer: OrgId(3),
            provider: OrgId(1),
            plan_commit: hash(45),
            capability: Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(5_000) }),
            exp: Millis(1_790_000_000_000),
            grantor: Grantor::OrgAttested { org: OrgId(1), method: AttestMethod::Otp, clerk: hash(14) },
            evidence: Some(evidence()),
        })),
        Action::RegisterBill(RegisterBill {
            nullifier: BillNullifier(hash(31)),
            issuer: OrgId(1),
            total: hkd(1_000),
            attestation: Some(hash(46)),
        }),
        Action::SubmitClaim(Box::new(SubmitClaim {
            terms: terms(),
            capacity: Capacity::Proxy { mandate: MandateId(hash(13)) },
        })),
        Action::AcceptClaim(AcceptClaim { claim }),
        Action::RejectClaim(RejectClaim { claim, reason: RejectReason::MissingInformation }),
        Action::ClearDuplicate(ClearDuplicate { claim }),
        Action::ConfirmDuplicate(ConfirmDuplicate { claim, evidence: hash(47) }),
        Action::ApproveClaim(Box::new(ApproveClaim { claim, mode: human, award: award(700), outcome_root: hash(48) })),
        Action::ApprovePartial(Box::new(ApprovePartial {
            claim,
            mode: DecisionMode::AutoReviewed { reviewer: hash(44) },
            award: award(600),
            reasons: AdjReasons::of(&[AdjReason::OverCap]),
            outcome_root: hash(48),
        })),
        Action::DenyClaim(DenyClaim {
            claim,
            mode: DecisionMode::Auto,
            reasons: AdjReasons::of(&[AdjReason::NotCovered, AdjReason::FraudFinding]),
            outcome_root: hash(48),
        }),
        Action::FileSettlementList(Box::new(settlement_list())),
        Action::InstructPayment(InstructPayment {
            claim,
            amount: hkd(700),
            bank: OrgId(7),
            purpose: PurposeCode::HospitalCare,
        }),
        Action::BankAccept(BankAccept { settlement }),
        Action::BankFail(BankFail { settlement, reason: FailReason::ClosedAccount }),
        Action::BankPaid(BankPaid { settlement, amount: hkd(700), value_day: Day(20_500), bank_ref: hash(49) }),
        Action::PayeeAck(PayeeAck { settlement, capacity: Capacity::Organisation }),
    ]
}

fn claim() -> Claim {
    let decision = AdjDecision {
        by: OrgId(3),
        mode: DecisionMode::Human { adjudicator: hash(44) },
        approved: hkd(600),
        disallowed: hkd(100),
        reasons: AdjReasons::of(&[AdjReason::Deductible]),
        shares: award(600).shares,
        outcome_root: hash(48),
        at: Millis(6),
    };
    Claim {
        id: ClaimId(hash(39)),
        seq: 2,
        subject: Sp(hash(1)),
        insurer: OrgId(3),
        provider: OrgId(1),
        terms: terms(),
        submitted_by: Submitter::Org(OrgId(1)),
        submitted_at: Millis(5),
        decision: Some(decision),
        rejected: Some(RejectReason::Duplicate),
        approved_total: hkd(600),
        settled_net: hkd(500),
        clawed_back: hkd(50),
        appeals: 1,
        info_rounds: 2,
        settlement: Some(SettlementId(hash(43))),
        flags: ClaimFlags::of(&[ClaimFlag::AckMissed]),
        due: Some(Millis(7)),
        course: super::course::course(),
        status: ClaimStatus::PayInstructed,
    }
}

fn bill() -> Bill {
    let allocation = Allocation {
        claim: ClaimId(hash(39)),
        insurer: OrgId(3),
        benefit: BenefitKind::Indemnity,
        amount: hkd(600),
        clawed: hkd(50),
    };
    Bill {
        nullifier: BillNullifier(hash(31)),
        issuer: OrgId(1),
        total: hkd(1_000),
        allocated: hkd(600),
        claims: list(vec![allocation]),
        attestation: Some(hash(46)),
        registered_at: Millis(3),
        status: BillStatus::Registered,
        replaced_by: Some(BillNullifier(hash(34))),
        flags: BillFlags::of(&[BillFlag::PaymentRequested]),
    }
}

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
            classes: list(vec![fee(FeeClass::Bed, 600), fee(FeeClass::Surgery, 400)]),
            diagnosis: CodeRef { system: 1, version: 2 },
            grouper: CodeRef { system: 3, version: 4 },
            discharged: Month(670),
        },
    }
}

fn case() -> Case {
    Case {
        id: CaseId(hash(30)),
        subject: Sp(hash(1)),
        insurer: OrgId(3),
        provider: OrgId(1),
        plan_commit: hash(45),
        opened_by: Grantor::Subject,
        code: Some(ClaimCodeId(hash(68))),
        capability: Some(Capability { ops: CaseOps::of(&[CaseOp::Claim, CaseOp::Disclose]), cap: hkd(5_000) }),
        claimed: Some(hkd(700)),
        claims: 2,
        preauths: 3,
        guarantees: 4,
        live: 5,
        duplicates: 1,
        opened_at: Millis(2),
        exp: Millis(9),
    }
}

fn settlement() -> Settlement {
    Settlement {
        id: SettlementId(hash(43)),
        claim: ClaimId(hash(39)),
        direction: Direction::Pay,
        payer: OrgId(3),
        payee: Payee::Provider,
        bank: OrgId(7),
        amount: hkd(600),
        fx: Some(super::course::conversion()),
        purpose: PurposeCode::InsuranceClaim,
        instructed_by: Submitter::Org(OrgId(3)),
        instructed_at: Millis(7),
        paid: Some(Payment { amount: hkd(600), value_day: Day(20_500), bank_ref: hash(49), at: Millis(8) }),
        failed: Some(FailReason::NotSpecified),
        deemed: true,
        due: Some(Millis(9)),
        ended_at: Some(Millis(10)),
        batch: Some(BatchId(hash(55))),
        breaches: 1,
        order: Some(hash(56)),
        status: SettlementStatus::Paid,
    }
}

pub(super) fn records() -> Vec<(StateKey, Record)> {
    vec![
        (StateKey::Case(CaseId(hash(30))), Record::Case(case())),
        (StateKey::Bill(BillNullifier(hash(31)), OrgId(1)), Record::Bill(Box::new(bill()))),
        (StateKey::Claim(ClaimId(hash(39))), Record::Claim(Box::new(claim()))),
        (StateKey::Settlement(SettlementId(hash(43))), Record::Settlement(settlement())),
        (
            StateKey::SettlementList(BillNullifier(hash(31)), OrgId(1)),
            Record::SettlementList(Box::new(SettlementList {
                header: settlement_list().header,
                versions: 2,
                filed_at: Millis(8),
            })),
        ),
        (StateKey::OpenRequests(OrgId(3), Sp(hash(1))), Record::OpenRequests(2)),
        (StateKey::Exports(OrgId(1), 2026), Record::Exports(Exports { sessions: 3, subjects: 2 })),
    ]
}
