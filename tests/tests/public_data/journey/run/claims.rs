//! Claims: asked about, billed, filed, decided and paid.

use assent_client::claims::{ClaimDraft, ClaimLine, LineOutcome, commit, outcome_root, share_out};
use assent_fhir::claims::{
    ClaimAnswer, EligibilityQuestion, EligibilityReply, Explanation, FiledClaim, PaymentRecord, answer_from_fhir,
    answer_to_fhir, claim_from_fhir, claim_to_fhir, eligibility_question_from_fhir, eligibility_question_to_fhir,
    eligibility_reply_from_fhir, eligibility_reply_to_fhir, explanation_from_fhir, explanation_to_fhir,
    payment_from_fhir, payment_to_fhir,
};
use assent_fhir::ingest::{self, Attachment, ClaimUse};
use assent_genesis::sample::{HONG_KONG_HOSPITAL, SETTLEMENT_BANK};
use assent_types::action::Action;
use assent_types::bill::{BillKey, RegisterBill};
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::*;
use assent_types::consent::Grantor;
use assent_types::eligibility::*;
use assent_types::settlement::{BankAccept, BankPaid, PayeeAck, PurposeCode, Settlement, settlement_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::{BillNullifier, CaseId, ClaimId, Currency, List, Money};

use super::super::compare;
use super::Journey;
use crate::ledger::{DAY_MS, signing};

fn money(amount: ingest::Amount) -> Money {
    Money::new(Currency::from_code(amount.currency).unwrap(), amount.minor)
}

impl Journey<'_> {
    /// Takes a claim through to its payment, if there is a statement that says what was paid.
    pub(super) fn claim(&mut self, position: usize) {
        let claim = self.ingest.claims[position].clone();
        let Some(bill) = claim.bill.filter(|_| claim.use_code == ClaimUse::Claim) else {
            return self.tally.left_open("Claim.bill");
        };
        let Some(nullifier) = self.registered(bill) else { return };
        let Some(case) = self.case(&claim) else { return };
        self.eligibility(case, &claim);
        let Some(id) = self.filed(case, nullifier, &claim) else { return };
        let written = self.written(id);
        let source = compare::resource(&self.source, claim.entry);
        compare::claim(source, &written, self.tally);
        if self.insurer(Action::AcceptClaim(AcceptClaim { claim: id })).is_none() {
            return;
        }
        let statement = self.ingest.statements.iter().find(|statement| statement.claim == Some(position)).cloned();
        match statement.and_then(|statement| Some((statement.entry, money(statement.payment?)))) {
            Some((entry, paid)) if !paid.is_zero() && paid.minor <= claim.billed.minor => {
                self.decided_and_paid(id, nullifier, paid, entry);
            }
            Some(_) => self.tally.left_open("ExplanationOfBenefit.payment of nothing or of more than was billed"),
            None => self.tally.left_open("ExplanationOfBenefit.payment"),
        }
    }

    fn registered(&mut self, position: usize) -> Option<BillNullifier> {
        let bill = &self.ingest.bills[position];
        let key = BillKey::from_bytes([0x6b; 32]);
        let nullifier = key.nullifier(bill.issuer, bill.id.expose().as_bytes());
        let register = RegisterBill { nullifier, issuer: bill.issuer, total: money(bill.total), attestation: None };
        self.hospital(Action::RegisterBill(register)).map(|_| nullifier)
    }

    /// The patient opens a case, under which the hospital may ask and claim.
    fn case(&mut self, claim: &ingest::Claim) -> Option<CaseId> {
        let Some(person) = self.patients.of(&claim.patient, &self.ingest) else {
            self.tally.left_open("Claim.patient");
            return None;
        };
        let (subject, seed) = (person.sp, person.key.seed());
        let open = OpenCase {
            subject,
            insurer: claim.insurer,
            provider: claim.provider,
            plan_commit: commit(self.salt(), "plan", claim.plan.as_str()),
            capability: Some(Capability {
                ops: CaseOps::of(&[CaseOp::Eligibility, CaseOp::Claim]),
                cap: money(claim.billed),
            }),
            exp: self.ledger.time.plus(60 * DAY_MS),
            grantor: Grantor::Subject,
            evidence: None,
        };
        let key = assent_types::key::SecretKey::from_seed(&seed);
        self.act(&key, Action::OpenCase(Box::new(open))).map(|tx| case_id_of(&tx))
    }

    /// The hospital asks whether the plan covers, and the insurer says so, both as FHIR resources.
    fn eligibility(&mut self, case: CaseId, claim: &ingest::Claim) {
        let purposes = EligibilityPurposes::of(&[EligibilityPurpose::Validation, EligibilityPurpose::Benefits]);
        let (kind, service) = (EligibilityKind::Verification, claim.service.0.month());
        let asked = Action::CheckEligibility(CheckEligibility { case, kind, purposes, service });
        let Some(id) = self.hospital(asked.clone()).map(|tx| eligibility_id_of(&tx)) else { return };
        let question = EligibilityQuestion::of(&self.question(id));
        let written = eligibility_question_to_fhir(&question, &self.mapping).unwrap();
        let read = eligibility_question_from_fhir(&written, &self.mapping).unwrap();
        assert_eq!((read.action(), &read), (asked, &question));
        self.tally.equal("CoverageEligibilityRequest");

        let valid_to = self.ledger.time.plus(DAY_MS / 2);
        let answer = EligibilityAnswer::Eligible { band: BenefitBand::High, valid_to };
        let mut reply = EligibilityReply::of(&self.question(id), self.ledger.time);
        (reply.answer, reply.status) = (Some(answer), None);
        let written = eligibility_reply_to_fhir(&reply, &self.mapping).unwrap();
        let said = eligibility_reply_from_fhir(&written, &self.mapping).unwrap().action().unwrap();
        if self.insurer(said).is_some() {
            assert_eq!(self.question(id).answer, Some(answer));
            self.tally.equal("CoverageEligibilityResponse");
        }
    }

    fn question(&self, id: assent_types::EligibilityId) -> Eligibility {
        match self.ledger.record(StateKey::Eligibility(id)) {
            Some(Record::Eligibility(found)) => found,
            other => panic!("no question: {other:?}"),
        }
    }

    fn filed(&mut self, case: CaseId, bill: BillNullifier, claim: &ingest::Claim) -> Option<ClaimId> {
        let billed = money(claim.billed);
        let lines = claim.lines.iter().map(|line| ClaimLine {
            sequence: line.sequence,
            codes: line.codes.iter().map(|code| format!("{}|{}", code.system, code.code)).collect(),
            minor: line.minor,
        });
        let attached = claim.attachments.iter().filter_map(|attachment| match attachment {
            Attachment::Listed(document) => self.anchors[*document],
            Attachment::Outside(_) => None,
        });
        let draft = ClaimDraft {
            case,
            payee: Payee::Provider,
            service: claim.service,
            service_line: ServiceLine::Other,
            benefit: BenefitKind::Indemnity,
            cob_declared: false,
            bills: vec![bill],
            lines: lines.collect(),
            codes: Vec::new(),
            preauth: None,
            guarantee: None,
            code_map: None,
            fx: None,
            related: None,
            attachments: attached.collect(),
            amounts: Amounts {
                billed,
                claimed: billed,
                subject_share: Money::zero(billed.ccy),
                other_payers: List::default(),
            },
        };
        let (terms, _) = draft.commit(self.salt()).unwrap();
        let submit = SubmitClaim { terms, capacity: Capacity::Organisation };
        self.hospital(Action::SubmitClaim(Box::new(submit))).map(|tx| claim_id_of(&tx))
    }

    /// The claim's record as FHIR, which reads back to the same.
    fn written(&self, id: ClaimId) -> serde_json::Value {
        let filed = FiledClaim::of(&self.claim_record(id));
        let written = claim_to_fhir(&filed, &self.mapping).unwrap();
        assert_eq!(claim_from_fhir(&written, &self.mapping).unwrap(), filed);
        serde_json::from_str(&written).unwrap()
    }

    fn claim_record(&self, id: ClaimId) -> Claim {
        match self.ledger.record(StateKey::Claim(id)) {
            Some(Record::Claim(claim)) => *claim,
            other => panic!("no claim: {other:?}"),
        }
    }

    /// The insurer approves and pays what the statement says, and the hospital has it.
    fn decided_and_paid(&mut self, claim: ClaimId, bill: BillNullifier, paid: Money, statement: usize) {
        let claimed = self.claim_record(claim).terms.amounts.claimed;
        let award = share_out(paid, &[(bill, claimed)]).unwrap();
        let mode = DecisionMode::Human { adjudicator: self.salt() };
        let reasons = AdjReasons::of(&[AdjReason::Deductible]);
        let whole = paid == claimed;
        let outcome = LineOutcome { sequence: 0, approved: paid.minor, reasons };
        let outcome_root = outcome_root(self.salt(), &[outcome]);
        let decision = if whole {
            Action::ApproveClaim(Box::new(ApproveClaim { claim, mode, award, outcome_root }))
        } else {
            Action::ApprovePartial(Box::new(ApprovePartial { claim, mode, award, reasons, outcome_root }))
        };
        if self.insurer(decision).is_none() {
            return;
        }
        let instruct =
            InstructPayment { claim, amount: paid, bank: SETTLEMENT_BANK, purpose: PurposeCode::HospitalCare };
        let Some(tx) = self.insurer(Action::InstructPayment(instruct)) else { return };
        let settlement = settlement_id_of(&tx);
        let bank = signing(SETTLEMENT_BANK);
        let value_day = assent_types::Day(u32::try_from(self.ledger.time.0 / DAY_MS).unwrap());
        let bank_ref = self.salt();
        let steps = [
            (&bank, Action::BankAccept(BankAccept { settlement })),
            (&bank, Action::BankPaid(BankPaid { settlement, amount: paid, value_day, bank_ref })),
            (&signing(HONG_KONG_HOSPITAL), Action::PayeeAck(PayeeAck { settlement, capacity: Capacity::Organisation })),
        ];
        for (signer, action) in steps {
            self.act(signer, action).unwrap();
        }
        let Some(Record::Settlement(settlement)) = self.ledger.record(StateKey::Settlement(settlement)) else {
            panic!("no settlement")
        };
        self.payment_compared(claim, &settlement, statement);
    }

    fn payment_compared(&mut self, claim: ClaimId, settlement: &Settlement, statement: usize) {
        let claim = self.claim_record(claim);
        let answer = ClaimAnswer::of(&claim, Some(settlement));
        let answer_text = answer_to_fhir(&answer, &self.mapping).unwrap();
        assert_eq!(answer_from_fhir(&answer_text, &self.mapping).unwrap(), answer);
        let payment = PaymentRecord::of(settlement, &claim).unwrap();
        let notice_text = payment_to_fhir(&payment, &self.mapping).unwrap();
        assert_eq!(payment_from_fhir(&notice_text, &self.mapping).unwrap(), payment);
        let explanation = Explanation::of(&claim, Some(settlement));
        let explanation_text = explanation_to_fhir(&explanation, &self.mapping).unwrap();
        assert_eq!(explanation_from_fhir(&explanation_text, &self.mapping).unwrap(), explanation);
        let value = |text: &str| serde_json::from_str(text).unwrap();
        let paid = compare::Paid {
            answer: value(&answer_text),
            explanation: value(&explanation_text),
            notice: value(&notice_text),
        };
        compare::payment(compare::resource(&self.source, statement), &paid, self.tally);
    }
}
