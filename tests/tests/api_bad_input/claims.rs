//! Inputs 13, 14, 47 to 50, 56, 58 to 70 and 77: bills, claims, their course, amounts and rates.

mod course;
mod delegates;
mod rates;

use assent_client::Client;
use assent_client::claims::{ClaimDraft, ClaimLine, commit, share_out};
use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::{
    AcceptClaim, Amounts, ApproveClaim, BenefitKind, Capacity, ClaimTerms, DecisionMode, Payee, ServiceLine,
    SubmitClaim, claim_id_of,
};
use assent_types::consent::Grantor;
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::{BillNullifier, CaseId, ClaimId, Currency, Day, Hash32, List, Millis, Money, OrgId, TxHash};
use serde_json::Value;

use crate::network::{Network, Patient, execute, register};
use crate::{answered, refuse};

const HOSPITAL: OrgId = OrgId(2);
const INSURER: OrgId = OrgId(3);
const SECOND: OrgId = OrgId(5);
const DAY_MS: u64 = 86_400_000;

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

pub(crate) struct World<'a> {
    network: &'a Network,
    client: Client,
    patient: Patient,
}

pub(crate) async fn run(network: &Network) {
    let client = network.client(HOSPITAL);
    let patient = register(network, &client, HOSPITAL).await;
    let world = World::new(network, client, patient);
    let late = world.early().await;
    world.bills().await;
    world.claims().await;
    world.amounts().await;
    world.imports();
    world.course().await;
    world.rates().await;
    world.delegates().await;
    world.too_late(&late).await;
}

impl<'a> World<'a> {
    pub(crate) fn new(network: &'a Network, client: Client, patient: Patient) -> Self {
        Self { network, client, patient }
    }
}

impl World<'_> {
    fn key(&self, org: OrgId) -> SecretKey {
        self.network.key(org, "sign-tx")
    }

    /// A case of the patient under which the hospital may claim.
    fn case_terms(&self, insurer: OrgId) -> OpenCase {
        OpenCase {
            subject: self.patient.sp,
            insurer,
            provider: HOSPITAL,
            plan_commit: commit(Hash32([1; 32]), "plan", "a plan"),
            capability: Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(1_000_000) }),
            exp: Millis(assent_client::now_ms() + 30 * DAY_MS),
            grantor: Grantor::Subject,
            evidence: None,
        }
    }

    pub(crate) async fn case(&self, insurer: OrgId) -> CaseId {
        let open = self.case_terms(insurer);
        let receipt = execute(&self.client, &self.patient.key, Action::OpenCase(Box::new(open))).await;
        case_id_of(&receipt.receipt.tx)
    }

    pub(crate) fn bill(&self, byte: u8, total: Money) -> Action {
        let nullifier = BillNullifier(Hash32([byte; 32]));
        Action::RegisterBill(RegisterBill { nullifier, issuer: HOSPITAL, total, attestation: None })
    }

    /// A claim of all of a bill, as it should be.
    pub(crate) fn terms(&self, case: CaseId, bill: u8, billed: Money) -> ClaimTerms {
        let today = Day(u32::try_from(assent_client::now_ms() / DAY_MS).unwrap());
        let draft = ClaimDraft {
            case,
            payee: Payee::Provider,
            service: (today, today),
            service_line: ServiceLine::Other,
            benefit: BenefitKind::Indemnity,
            cob_declared: true,
            bills: vec![BillNullifier(Hash32([bill; 32]))],
            lines: vec![ClaimLine { sequence: 1, codes: Vec::new(), minor: billed.minor }],
            codes: Vec::new(),
            preauth: None,
            guarantee: None,
            code_map: None,
            fx: None,
            related: None,
            attachments: Vec::new(),
            amounts: Amounts {
                billed,
                claimed: billed,
                subject_share: Money::zero(billed.ccy),
                other_payers: List::default(),
            },
        };
        draft.commit(Hash32([2; 32])).unwrap().0
    }

    pub(crate) fn submit(&self, terms: ClaimTerms) -> Action {
        Action::SubmitClaim(Box::new(SubmitClaim { terms, capacity: Capacity::Organisation }))
    }

    /// Files a claim and lets its insurer accept it.
    async fn in_review(&self, insurer: OrgId, terms: ClaimTerms) -> ClaimId {
        let filed = execute(&self.client, &self.key(HOSPITAL), self.submit(terms)).await;
        let claim = claim_id_of(&filed.receipt.tx);
        execute(&self.client, &self.key(insurer), Action::AcceptClaim(AcceptClaim { claim })).await;
        claim
    }

    fn approve(&self, claim: ClaimId, bill: u8, approved: Money) -> Action {
        let award = share_out(approved, &[(BillNullifier(Hash32([bill; 32])), approved)]).unwrap();
        let mode = DecisionMode::Human { adjudicator: Hash32([3; 32]) };
        Action::ApproveClaim(Box::new(ApproveClaim { claim, mode, award, outcome_root: Hash32([4; 32]) }))
    }

    async fn done(&self, org: OrgId, action: Action) -> TxHash {
        execute(&self.client, &self.key(org), action).await.receipt.tx
    }

    async fn refused(&self, org: OrgId, action: Action, code: ErrorCode, number: u32, input: &str) {
        refuse(&self.client, &self.key(org), action, code, number, input).await;
    }

    async fn bills(&self) {
        let bill = || self.bill(0xb1, hkd(1_000));
        self.refused(OrgId(1), bill(), ErrorCode::BillIssuer, 77, "bill registered by another provider").await;
        execute(&self.client, &self.key(HOSPITAL), bill()).await;
        self.refused(HOSPITAL, bill(), ErrorCode::Nullifier, 77, "nullifier that is in use").await;
    }

    async fn claims(&self) {
        let (case, second) = (self.case(INSURER).await, self.case(SECOND).await);
        let unregistered = self.submit(self.terms(case, 0xb0, hkd(1_000)));
        self.refused(HOSPITAL, unregistered, ErrorCode::Bill, 47, "claim on an unregistered bill").await;
        let claim = self.in_review(INSURER, self.terms(case, 0xb1, hkd(1_000))).await;
        let again = self.submit(self.terms(case, 0xb1, hkd(1_000)));
        self.refused(HOSPITAL, again, ErrorCode::Duplicate, 48, "the same insurer and bill, no correction").await;
        let too_much = self.approve(claim, 0xb1, hkd(1_001));
        self.refused(INSURER, too_much, ErrorCode::OverClaimed, 50, "approval above what is claimed").await;
        execute(&self.client, &self.key(INSURER), self.approve(claim, 0xb1, hkd(1_000))).await;
        let other = self.in_review(SECOND, self.terms(second, 0xb1, hkd(1_000))).await;
        let beyond = self.approve(other, 0xb1, hkd(1_000));
        self.refused(SECOND, beyond, ErrorCode::OverAllocated, 49, "approvals above the bill's total").await;
    }

    async fn amounts(&self) {
        execute(&self.client, &self.key(HOSPITAL), self.bill(0xb2, hkd(500))).await;
        let case = self.case(INSURER).await;
        let changed = |change: &dyn Fn(&mut ClaimTerms)| {
            let mut terms = self.terms(case, 0xb2, hkd(500));
            change(&mut terms);
            self.submit(terms)
        };
        let mixed = changed(&|terms| terms.amounts.subject_share = Money::zero(Currency::Usd));
        self.refused(HOSPITAL, mixed, ErrorCode::Currency, 64, "two currencies in one claim").await;
        let other = self.submit(self.terms(case, 0xb2, Money::new(Currency::Cny, 500)));
        self.refused(HOSPITAL, other, ErrorCode::Currency, 64, "claim in another currency than the bill").await;
        let most = self.bill(0xb3, hkd(u64::MAX));
        self.refused(HOSPITAL, most, ErrorCode::AmountOverflow, 66, "bill above the largest amount").await;
        let overflow = changed(&|terms| terms.amounts.subject_share = hkd(u64::MAX));
        self.refused(HOSPITAL, overflow, ErrorCode::AmountOverflow, 66, "amounts whose sum does not fit").await;
        let unbalanced = changed(&|terms| terms.amounts.claimed = hkd(499));
        self.refused(HOSPITAL, unbalanced, ErrorCode::Unbalanced, 67, "amounts that do not add up").await;
        let lines = changed(&|terms| terms.lines.total = hkd(499));
        self.refused(HOSPITAL, lines, ErrorCode::Unbalanced, 67, "lines that do not add up").await;
    }

    /// Amounts are read exactly, or not at all: nothing is sent.
    fn imports(&self) {
        let number = self.network.dir().join("bill-number");
        std::fs::write(&number, "BILL-7").unwrap();
        for (total, code, of, input) in [
            ("125.4567 USD", ErrorCode::Precision, 65, "amount with more decimals than its currency"),
            ("125.45 XTS", ErrorCode::Currency, 64, "unknown currency"),
            ("99999999999999999999.00 USD", ErrorCode::AmountOverflow, 66, "amount that does not fit"),
        ] {
            let args = ["bill", "register", "--number", number.to_str().unwrap(), "--total", total];
            let output = self.network.cli_command("hongkong-hospital", &args).output().unwrap();
            let said: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((output.status.code(), &said["error"]["number"]), (Some(1), &code.number().into()), "{input}");
            answered(of, input, code);
        }
    }
}
