//! Cases, bills, claims and payments of the small world: the Hong Kong hospital bills, two Hong Kong insurers insure.

use assent_types::action::Action;
use assent_types::bill::{Bill, RegisterBill};
use assent_types::case::{Capability, Case, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::*;
use assent_types::consent::Grantor;
use assent_types::key::SecretKey;
use assent_types::settlement::*;
use assent_types::*;

use super::{BANK, DAY_MS, HKH, START, World, signing, sp, subject_key};
use crate::runtime::state;

/// The month of [`START`].
pub(crate) const MONTH: Month = Month(646);

pub(crate) fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

pub(crate) fn nullifier(n: u32) -> BillNullifier {
    let mut bytes = [0xb1; 32];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    BillNullifier(Hash32(bytes))
}

pub(crate) fn bills(numbers: &[u32]) -> Set<BillNullifier, { limits::CLAIM_BILLS_MAX }> {
    Set::new(numbers.iter().map(|n| nullifier(*n))).unwrap()
}

/// Opens a case of subject `n` at the Hong Kong hospital, which may claim up to 1,000,000.
pub(crate) fn open_case(n: u32, insurer: OrgId) -> OpenCase {
    OpenCase {
        subject: sp(n),
        insurer,
        provider: HKH,
        plan_commit: Hash32([0x91; 32]),
        capability: Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(1_000_000) }),
        exp: START.plus(60 * DAY_MS),
        grantor: Grantor::Subject,
        evidence: None,
    }
}

pub(crate) fn register_bill(n: u32, total: Money) -> Action {
    Action::RegisterBill(RegisterBill { nullifier: nullifier(n), issuer: HKH, total, attestation: None })
}

/// A claim of all that was billed.
pub(crate) fn claim_terms_of(case: CaseId, numbers: &[u32], billed: Money) -> ClaimTerms {
    ClaimTerms {
        case,
        payee: Payee::Provider,
        service: ServicePeriod { first: MONTH, last: MONTH, day_commit: Hash32([0xda; 32]) },
        service_line: ServiceLine::Vhis,
        benefit: BenefitKind::Indemnity,
        cob_declared: false,
        bills: bills(numbers),
        lines: LineHeader { root: Hash32([0x11; 32]), count: 2, total: billed },
        codes: Set::default(),
        code_map: None,
        preauth: None,
        guarantee: None,
        related: None,
        attachments: Set::default(),
        amounts: Amounts {
            billed,
            claimed: billed,
            subject_share: Money::zero(billed.ccy),
            other_payers: List::default(),
        },
        fx: None,
    }
}

pub(crate) fn submit(terms: ClaimTerms, capacity: Capacity) -> Action {
    Action::SubmitClaim(Box::new(SubmitClaim { terms, capacity }))
}

/// An approval that gives each bill, in the claim's order, its share.
pub(crate) fn award(bills: &[BillNullifier], amounts: &[u64]) -> Award {
    assert_eq!(bills.len(), amounts.len());
    let shares = bills.iter().zip(amounts).map(|(bill, amount)| BillShare { bill: *bill, amount: hkd(*amount) });
    Award { approved: hkd(amounts.iter().sum()), shares: List::new(shares.collect()).unwrap() }
}

pub(crate) const HUMAN: DecisionMode = DecisionMode::Human { adjudicator: Hash32([0xad; 32]) };

pub(crate) fn approve(claim: ClaimId, award: Award) -> Action {
    Action::ApproveClaim(Box::new(ApproveClaim { claim, mode: HUMAN, award, outcome_root: Hash32([1; 32]) }))
}

pub(crate) fn approve_part(claim: ClaimId, award: Award) -> Action {
    let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::OverCap]), Hash32([1; 32]));
    Action::ApprovePartial(Box::new(ApprovePartial { claim, mode: HUMAN, award, reasons, outcome_root }))
}

pub(crate) fn deny(claim: ClaimId) -> Action {
    let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::NotCovered]), Hash32([1; 32]));
    Action::DenyClaim(DenyClaim { claim, mode: HUMAN, reasons, outcome_root })
}

pub(crate) fn instruct(claim: ClaimId, amount: Money) -> Action {
    Action::InstructPayment(InstructPayment { claim, amount, bank: BANK, purpose: PurposeCode::HospitalCare })
}

pub(crate) fn paid(settlement: SettlementId, amount: Money) -> Action {
    Action::BankPaid(BankPaid { settlement, amount, value_day: Day(19_700), bank_ref: Hash32([0xba; 32]) })
}

pub(crate) fn ack(settlement: SettlementId) -> Action {
    Action::PayeeAck(PayeeAck { settlement, capacity: Capacity::Organisation })
}

pub(crate) fn accept(claim: ClaimId) -> Action {
    Action::AcceptClaim(AcceptClaim { claim })
}

pub(crate) fn bank_accept(settlement: SettlementId) -> Action {
    Action::BankAccept(BankAccept { settlement })
}

pub(crate) fn bank_fail(settlement: SettlementId) -> Action {
    Action::BankFail(BankFail { settlement, reason: FailReason::ClosedAccount })
}

impl World {
    /// Runs an act that must succeed, and returns its transaction.
    pub(crate) fn act(&mut self, signer: &SecretKey, action: Action) -> TxHash {
        let tx = self.tx(signer, action);
        assert_eq!(self.send(&tx), Ok(()), "{}", tx.body.action.name());
        tx.hash()
    }

    /// A case of the subject.
    pub(crate) fn case(&mut self, n: u32, insurer: OrgId) -> CaseId {
        case_id_of(&self.act(&subject_key(n), Action::OpenCase(Box::new(open_case(n, insurer)))))
    }

    /// A bill of the Hong Kong hospital.
    pub(crate) fn bill(&mut self, n: u32, total: u64) {
        self.act(&signing(HKH), register_bill(n, hkd(total)));
    }

    /// A claim, filed by the hospital.
    pub(crate) fn file(&mut self, terms: ClaimTerms) -> ClaimId {
        claim_id_of(&self.act(&signing(HKH), submit(terms, Capacity::Organisation)))
    }

    /// A claim under review for all of bill 1, of 1,000: its case, its insurer's, and itself.
    pub(crate) fn in_review(&mut self, insurer: OrgId) -> ClaimId {
        let case = self.case(1, insurer);
        if state::bill(&self.state, nullifier(1), HKH).unwrap().is_none() {
            self.bill(1, 1_000);
        }
        let terms = ClaimTerms { cob_declared: true, ..claim_terms_of(case, &[1], hkd(1_000)) };
        let claim = self.file(terms);
        self.act(&signing(insurer), accept(claim));
        claim
    }

    /// A settlement that was instructed for all of an approved claim.
    pub(crate) fn instructed(&mut self, insurer: OrgId) -> (ClaimId, SettlementId) {
        let claim = self.in_review(insurer);
        self.act(&signing(insurer), approve(claim, award(&[nullifier(1)], &[1_000])));
        let tx = self.act(&signing(insurer), instruct(claim, hkd(1_000)));
        (claim, settlement_id_of(&tx))
    }

    /// A settlement that the bank has paid.
    pub(crate) fn bank_paid(&mut self, insurer: OrgId) -> (ClaimId, SettlementId) {
        let (claim, settlement) = self.instructed(insurer);
        self.act(&signing(BANK), bank_accept(settlement));
        self.act(&signing(BANK), paid(settlement, hkd(1_000)));
        (claim, settlement)
    }

    pub(crate) fn claim(&self, id: ClaimId) -> Claim {
        (*state::claim(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn bill_record(&self, n: u32) -> Bill {
        (*state::bill(&self.state, nullifier(n), HKH).unwrap().unwrap()).clone()
    }

    pub(crate) fn case_record(&self, id: CaseId) -> Case {
        (*state::case(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn settlement(&self, id: SettlementId) -> Settlement {
        (*state::settlement(&self.state, id).unwrap().unwrap()).clone()
    }
}
