//! Inputs 58 to 63: appeals, payments, clawbacks, withdrawals, and what international service may not have.

use assent_types::action::RotateKey;
use assent_types::action::possession_of;
use assent_types::claim::{
    AdjReason, AdjReasons, AppealOutcome, ApprovePartial, Award, BillShare, ClawbackReason, DecideAppeal, DenyClaim,
    FileAppeal, InstructPayment, OtherPayer, PayerKind, RequestClawback, WithdrawClaim,
};
use assent_types::key::KeyUsage;
use assent_types::settlement::{BankAccept, BankPaid, PayeeAck, PurposeCode, settlement_id_of};
use assent_types::state::{Record, StateKey};

use super::*;
use crate::network::blocks_until;

const REGULATOR: OrgId = OrgId(4);
const BANK: OrgId = OrgId(7);
const FIRST: DecisionMode = DecisionMode::Human { adjudicator: Hash32([3; 32]) };
const OTHER: DecisionMode = DecisionMode::Human { adjudicator: Hash32([5; 32]) };

/// Claims that are left alone until it is too late.
pub(super) struct Late {
    denied: ClaimId,
    settled: ClaimId,
    settled_bill: u8,
}

pub(super) fn award(bill: u8, minor: u64) -> Award {
    let share = BillShare { bill: BillNullifier(Hash32([bill; 32])), amount: hkd(minor) };
    Award { approved: hkd(minor), shares: List::new(vec![share]).unwrap() }
}

fn deny(claim: ClaimId) -> Action {
    let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::NotCovered]), Hash32([4; 32]));
    Action::DenyClaim(DenyClaim { claim, mode: FIRST, reasons, outcome_root })
}

fn appeal(claim: ClaimId) -> Action {
    Action::FileAppeal(FileAppeal { claim, grounds: Hash32([6; 32]), capacity: Capacity::Subject })
}

fn decide(claim: ClaimId, mode: DecisionMode, outcome: AppealOutcome) -> Action {
    Action::DecideAppeal(Box::new(DecideAppeal { claim, mode, outcome, outcome_root: Hash32([7; 32]) }))
}

fn upheld() -> AppealOutcome {
    AppealOutcome::Deny(AdjReasons::of(&[AdjReason::NotCovered]))
}

fn instruct(claim: ClaimId, minor: u64) -> Action {
    Action::InstructPayment(InstructPayment {
        claim,
        amount: hkd(minor),
        bank: BANK,
        purpose: PurposeCode::HospitalCare,
    })
}

fn clawback(claim: ClaimId, bill: u8, minor: u64) -> Action {
    let Award { approved, shares } = award(bill, minor);
    let reason = ClawbackReason::PriorOverpayment;
    Action::RequestClawback(Box::new(RequestClawback { claim, reason, amount: approved, shares }))
}

impl World<'_> {
    /// A claim of 1,000 on a new bill, in review.
    async fn claimed(&self, case: CaseId, bill: u8) -> ClaimId {
        self.done(HOSPITAL, self.bill(bill, hkd(1_000))).await;
        self.in_review(INSURER, self.terms(case, bill, hkd(1_000))).await
    }

    /// The bank gets another signing key: its first one has been replaced before.
    async fn bank(&self) -> SecretKey {
        let new = SecretKey::from_seed(&assent_client::builder::random().unwrap());
        let rotate = RotateKey {
            org: BANK,
            old: None,
            new: new.public(),
            usage: KeyUsage::SignTx,
            nbf: Millis(0),
            exp: Millis(u64::MAX),
            possession: new.sign_possession(&possession_of(self.network.chain, &new.public(), &BANK)),
        };
        execute(&self.client, &self.network.key(BANK, "recovery"), Action::RotateKey(rotate)).await;
        new
    }

    /// Pays what was approved on a claim.
    async fn paid(&self, bank: &SecretKey, claim: ClaimId, minor: u64) {
        let settlement = settlement_id_of(&self.done(INSURER, instruct(claim, minor)).await);
        execute(&self.client, bank, Action::BankAccept(BankAccept { settlement })).await;
        let today = Day(u32::try_from(assent_client::now_ms() / DAY_MS).unwrap());
        let (amount, bank_ref) = (hkd(minor), Hash32([8; 32]));
        let paid = BankPaid { settlement, amount, value_day: today, bank_ref };
        execute(&self.client, bank, Action::BankPaid(paid)).await;
        let ack = PayeeAck { settlement, capacity: Capacity::Organisation };
        self.done(HOSPITAL, Action::PayeeAck(ack)).await;
    }

    /// A claim of which 600 was approved.
    async fn in_part(&self, case: CaseId, bill: u8) -> ClaimId {
        let claim = self.claimed(case, bill).await;
        let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::OverCap]), Hash32([4; 32]));
        let part = ApprovePartial { claim, mode: FIRST, award: award(bill, 600), reasons, outcome_root };
        self.done(INSURER, Action::ApprovePartial(Box::new(part))).await;
        claim
    }

    pub(super) async fn early(&self) -> Late {
        let case = self.case(INSURER).await;
        let denied = self.claimed(case, 0xd0).await;
        self.done(INSURER, deny(denied)).await;
        let settled_bill = 0xd1;
        let settled = self.claimed(case, settled_bill).await;
        self.done(INSURER, self.approve(settled, settled_bill, hkd(1_000))).await;
        let bank = self.bank().await;
        self.paid(&bank, settled, 1_000).await;
        Late { denied, settled, settled_bill }
    }

    pub(super) async fn course(&self) {
        let case = self.case(INSURER).await;
        self.appeals(case).await;
        self.payments(case).await;
        self.clawbacks(case).await;
        self.international(case).await;
    }

    async fn by_patient(&self, action: Action) {
        execute(&self.client, &self.patient.key, action).await;
    }

    async fn appeals(&self, case: CaseId) {
        let claim = self.claimed(case, 0xd2).await;
        self.done(INSURER, deny(claim)).await;
        self.by_patient(appeal(claim)).await;
        let same = decide(claim, FIRST, upheld());
        self.refused(INSURER, same, ErrorCode::Appeal, 58, "appeal decided by the first adjudicator").await;
        self.done(INSURER, decide(claim, OTHER, upheld())).await;
        self.by_patient(appeal(claim)).await;
        let third = DecisionMode::Human { adjudicator: Hash32([9; 32]) };
        self.done(REGULATOR, decide(claim, third, upheld())).await;
        let key = &self.patient.key;
        refuse(&self.client, key, appeal(claim), ErrorCode::Appeal, 58, "one appeal too many").await;

        let claim = self.in_part(case, 0xd3).await;
        self.by_patient(appeal(claim)).await;
        let lower = AppealOutcome::Part(award(0xd3, 599), AdjReasons::of(&[AdjReason::OverCap]));
        let (lower, none) = (decide(claim, OTHER, lower), decide(claim, OTHER, upheld()));
        self.refused(INSURER, lower, ErrorCode::Reformatio, 59, "appeal that lowers what was approved").await;
        self.refused(INSURER, none, ErrorCode::Reformatio, 59, "appeal that takes all of it back").await;
    }

    async fn payments(&self, case: CaseId) {
        let claim = self.in_part(case, 0xd4).await;
        let code = ErrorCode::PayAmount;
        self.refused(INSURER, instruct(claim, 599), code, 61, "payment of less than was approved").await;
        self.refused(INSURER, instruct(claim, 601), code, 61, "payment of more than was approved").await;
        self.done(INSURER, instruct(claim, 600)).await;
        let again = instruct(claim, 600);
        self.refused(INSURER, again, ErrorCode::SettlementLive, 61, "second payment while one is under way").await;
        let withdraw = Action::WithdrawClaim(WithdrawClaim { claim, capacity: Capacity::Organisation });
        self.refused(HOSPITAL, withdraw, ErrorCode::State, 63, "withdrawal with a payment under way").await;
    }

    async fn clawbacks(&self, case: CaseId) {
        let claim = self.in_part(case, 0xd5).await;
        let bank = self.bank().await;
        self.paid(&bank, claim, 600).await;
        let code = ErrorCode::Clawback;
        self.refused(INSURER, clawback(claim, 0xd5, 601), code, 62, "clawback of more than was settled").await;
        self.by_patient(appeal(claim)).await;
        self.refused(INSURER, clawback(claim, 0xd5, 100), code, 62, "clawback while an appeal is open").await;
    }

    async fn international(&self, case: CaseId) {
        self.done(HOSPITAL, self.bill(0xd6, hkd(1_000))).await;
        let mut terms = self.terms(case, 0xd6, hkd(1_000));
        terms.service_line = ServiceLine::International;
        terms.amounts.claimed = hkd(700);
        let basic = OtherPayer { kind: PayerKind::Bmi, amount: hkd(300) };
        terms.amounts.other_payers = List::new(vec![basic]).unwrap();
        let input = "international service with a share of basic medical insurance";
        self.refused(HOSPITAL, self.submit(terms), ErrorCode::BmiNotAllowed, 60, input).await;
    }

    /// The windows of the two early claims are over.
    pub(super) async fn too_late(&self, late: &Late) {
        let insurer = self.network.client(INSURER);
        for claim in [late.denied, late.settled] {
            let key = StateKey::Claim(claim);
            let state = insurer.get(&[key]).await.unwrap();
            let due = match state.value(&key).flatten().map(|value| &value.record) {
                Some(Record::Claim(claim)) => claim.due,
                other => panic!("the claim is {other:?}"),
            };
            // Without a deadline the sweeper has closed it already.
            if let Some(due) = due {
                blocks_until(self.network, &self.client, HOSPITAL, due).await;
            }
        }
        let (key, denied) = (&self.patient.key, late.denied);
        refuse(&self.client, key, appeal(denied), ErrorCode::Appeal, 58, "appeal after the window").await;
        let back = clawback(late.settled, late.settled_bill, 100);
        self.refused(INSURER, back, ErrorCode::Clawback, 62, "clawback after the window").await;
    }
}
