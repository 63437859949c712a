//! Claims: a hospital bills, files with one insurer or two, and a bank pays.

use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::{
    AcceptClaim, AdjReason, AdjReasons, Amounts, ApproveClaim, ApprovePartial, Award, BenefitKind, BillShare, Capacity,
    Claim, ClaimStatus, ClaimTerms, ClearDuplicate, ConfirmDuplicate, DecisionMode, DenyClaim, InstructPayment,
    LineHeader, Payee, RejectClaim, RejectReason, ServiceLine, ServicePeriod, SubmitClaim, claim_id_of,
};
use assent_types::codec::{List, Set};
use assent_types::consent::Grantor;
use assent_types::document::DocumentStatus;
use assent_types::ids::{AnchorId, BillNullifier, CaseId, ClaimId, Day, Hash32, Month, OrgId};
use assent_types::money::{Currency, Money};
use assent_types::settlement::{
    BankAccept, BankFail, BankPaid, FailReason, PayeeAck, PurposeCode, Resolution, ResolvePayment, SettlementStatus,
};
use assent_types::state::{Record, StateKey};

use super::patients::set;
use super::{Clients, INSURER, PROVIDER, View, Views, Who, part_of};
use crate::sim::rng::Rng;

/// January 2027, in which a simulation takes place.
const MONTH: Month = Month(684);
/// Life of a case, in milliseconds.
const CASE_MS: u64 = 86_400_000;

/// The claims on one bill: each with its insurer.
pub(super) struct Dispute {
    total: u64,
    /// One claim, or two of different insurers.
    filings: Vec<Filing>,
    /// Turn after which the bill is registered.
    after: u64,
}

struct Filing {
    /// Whether it is filed with the second insurer.
    second: bool,
    claimed: u64,
    coordinated: bool,
    /// Whether the document is attached, and whether without waiting for a consent.
    attach: Option<bool>,
    claim: Option<ClaimId>,
    /// What the insurer does: drawn from 0 to 99.
    temper: u64,
}

impl Dispute {
    /// Bill and claims of a story.
    pub(super) fn draw(rng: &mut Rng, strict: bool) -> Self {
        let total = rng.between(100, 1_000_000);
        let mut filing = |second: bool| Filing {
            second,
            claimed: if strict { total } else { rng.between(1, total) },
            coordinated: rng.chance(400),
            attach: if strict { Some(false) } else { rng.chance(500).then(|| rng.chance(400)) },
            claim: None,
            temper: if strict { 99 } else { rng.below(100) },
        };
        let mut filings = vec![filing(false)];
        if !strict {
            filings.push(filing(true));
        }
        Self { total, filings, after: if strict { 0 } else { rng.between(2, 20) } }
    }

    /// What is not settled yet.
    pub(super) fn unsettled(&self, view: &View) -> Option<String> {
        let claim = self.filings.first()?.claim.and_then(|id| view.claim(id));
        match claim {
            Some(claim) if claim.status == ClaimStatus::Settled => None,
            Some(claim) => Some(claim.status.to_string()),
            None => Some("not filed".to_owned()),
        }
    }
}

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

const HUMAN: DecisionMode = DecisionMode::Human { adjudicator: Hash32([0xad; 32]) };
const OUTCOME: Hash32 = Hash32([1; 32]);

impl Clients {
    pub(super) fn claim(&mut self, views: &Views, story: usize) {
        let provider = Who::Org(PROVIDER);
        let sp = self.stories[story].sp;
        let Some(view) = self.view(views, PROVIDER) else { return };
        if view.record(&StateKey::Subject(sp)).is_none() || self.stories[story].dispute.after > self.stories[story].age
        {
            return;
        }
        let nullifier = BillNullifier(part_of(sp.0, 100));
        let total = hkd(self.stories[story].dispute.total);
        if !self.is_done(provider, "bill", nullifier.0) {
            let bill = RegisterBill { nullifier, issuer: PROVIDER, total, attestation: None };
            self.want(provider, "bill", nullifier.0, Action::RegisterBill(bill));
            return;
        }
        for index in 0..self.stories[story].dispute.filings.len() {
            let filing = &self.stories[story].dispute.filings[index];
            let insurer = if filing.second { self.cast.second_insurer } else { INSURER };
            let object = part_of(sp.0, 200 + index as u64);
            let case = self.open_case(story, object, insurer);
            let Some(case) = case else { continue };
            let known = self.stories[story].dispute.filings[index].claim.and_then(|id| view.claim(id));
            match known {
                None => self.file(view, story, index, (object, case, nullifier)),
                Some(claim) => {
                    let temper = self.stories[story].dispute.filings[index].temper;
                    self.handle(views, &claim, temper, nullifier);
                }
            }
        }
    }

    /// The case with an insurer, once it is open.
    fn open_case(&mut self, story: usize, object: Hash32, insurer: OrgId) -> Option<CaseId> {
        let who = Who::Patient(story);
        let done = self.is_done(who, "case", object);
        let open = OpenCase {
            subject: self.stories[story].sp,
            insurer,
            provider: PROVIDER,
            plan_commit: Hash32([0x91; 32]),
            capability: Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(10_000_000) }),
            exp: self.now.plus(CASE_MS),
            grantor: Grantor::Subject,
            evidence: None,
        };
        let tx = self.want(who, "case", object, Action::OpenCase(Box::new(open)));
        done.then(|| case_id_of(&tx))
    }

    /// Files a claim; some cite a document that they may not.
    fn file(
        &mut self,
        view: &View,
        story: usize,
        index: usize,
        (object, case, nullifier): (Hash32, CaseId, BillNullifier),
    ) {
        let filing = &self.stories[story].dispute.filings[index];
        let (claimed, coordinated, attach, second) = (filing.claimed, filing.coordinated, filing.attach, filing.second);
        let sp = self.stories[story].sp;
        let anchor = self.stories[story].anchor.and_then(|id| view.anchor(id));
        let ready = !second
            && anchor.as_ref().is_some_and(|anchor| anchor.status == DocumentStatus::Active)
            && self.is_done(Who::Patient(story), "permit-claim", sp.0);
        let attached = match (attach, &anchor) {
            (Some(boldly), Some(anchor)) if boldly || ready => Some(anchor.id),
            (Some(false), _) if self.stories[story].strict => return,
            _ => None,
        };
        let terms = terms(case, nullifier, claimed, coordinated, attached);
        let submit = SubmitClaim { terms, capacity: Capacity::Organisation };
        let tx = self.want(Who::Org(PROVIDER), "file", object, Action::SubmitClaim(Box::new(submit)));
        self.stories[story].dispute.filings[index].claim = Some(claim_id_of(&tx));
    }

    fn handle(&mut self, views: &Views, claim: &Claim, temper: u64, nullifier: BillNullifier) {
        let insurer = Who::Org(claim.insurer);
        let (id, object) = (claim.id, claim.id.0);
        match claim.status {
            ClaimStatus::Submitted if temper < 5 => {
                let reject = RejectClaim { claim: id, reason: RejectReason::Relational };
                self.want(insurer, "reject", object, Action::RejectClaim(reject));
            }
            // Some insurers do not answer, and the ledger goes on without them.
            ClaimStatus::Submitted if temper < 15 => {}
            ClaimStatus::Submitted => {
                self.want(insurer, "accept-claim", object, Action::AcceptClaim(AcceptClaim { claim: id }));
            }
            ClaimStatus::DupHold if temper < 30 => {
                let confirm = ConfirmDuplicate { claim: id, evidence: Hash32([0xe5; 32]) };
                let with = [Who::Org(PROVIDER)];
                self.wish(insurer, "confirm", object, Action::ConfirmDuplicate(confirm), &with, false);
            }
            ClaimStatus::DupHold if temper < 60 => {}
            ClaimStatus::DupHold => {
                let other = if claim.insurer == INSURER { self.cast.second_insurer } else { INSURER };
                let clear = Action::ClearDuplicate(ClearDuplicate { claim: id });
                self.wish(insurer, "clear", object, clear, &[Who::Org(other)], false);
            }
            ClaimStatus::InReview => self.decide(views, claim, temper, nullifier),
            ClaimStatus::Approved | ClaimStatus::PartApproved => {
                let Ok(amount) = claim.payable() else { return };
                let instruct = |minor| {
                    let (bank, purpose) = (self.cast.bank, PurposeCode::HospitalCare);
                    Action::InstructPayment(InstructPayment { claim: id, amount: hkd(minor), bank, purpose })
                };
                let (more, exact) = (instruct(amount.minor + 1), instruct(amount.minor));
                if self.is_mischievous(temper.is_multiple_of(4)) {
                    self.lie(insurer, "instruct-more", object, more);
                }
                let failures = claim.settlement.map_or(object, |settlement| settlement.0);
                self.want(insurer, "instruct", part_of(failures, 1), exact);
            }
            ClaimStatus::PayInstructed => self.pay(views, claim, temper),
            ClaimStatus::Settled if self.is_mischievous(temper.is_multiple_of(3)) => {
                // To be paid again for what was paid.
                let amount = claim.approved_total;
                let (bank, purpose) = (self.cast.bank, PurposeCode::HospitalCare);
                let again = Action::InstructPayment(InstructPayment { claim: id, amount, bank, purpose });
                self.lie(insurer, "instruct-again", object, again);
            }
            _ => {}
        }
    }

    fn decide(&mut self, views: &Views, claim: &Claim, temper: u64, nullifier: BillNullifier) {
        let insurer = Who::Org(claim.insurer);
        let (id, object, claimed) = (claim.id, claim.id.0, claim.terms.amounts.claimed.minor);
        let Some(view) = self.view(views, claim.insurer) else { return };
        let left = match view.record(&StateKey::Bill(nullifier, PROVIDER)) {
            Some(Record::Bill(bill)) => bill.headroom().map_or(0, |left| left.minor),
            _ => return,
        };
        let award = |approved: u64, share: u64| Award {
            approved: hkd(approved),
            shares: match List::new(vec![BillShare { bill: nullifier, amount: hkd(share) }]) {
                Ok(shares) => shares,
                Err(error) => panic!("one share fits: {error}"),
            },
        };
        if self.is_mischievous(temper % 5 == 1) && claimed > 1 {
            let award = award(claimed, claimed - 1);
            let bad = ApproveClaim { claim: id, mode: HUMAN, award, outcome_root: OUTCOME };
            self.lie(insurer, "approve-unshared", object, Action::ApproveClaim(Box::new(bad)));
        }
        let approved = if (15..45).contains(&temper) { claimed / 2 } else { claimed }.min(left);
        let reasons = AdjReasons::of(&[AdjReason::OverCap]);
        let action = if (45..52).contains(&temper) || approved == 0 {
            Action::DenyClaim(DenyClaim { claim: id, mode: HUMAN, reasons, outcome_root: OUTCOME })
        } else if approved == claimed {
            let award = award(claimed, claimed);
            Action::ApproveClaim(Box::new(ApproveClaim { claim: id, mode: HUMAN, award, outcome_root: OUTCOME }))
        } else {
            let award = award(approved, approved);
            let part = ApprovePartial { claim: id, mode: HUMAN, award, reasons, outcome_root: OUTCOME };
            Action::ApprovePartial(Box::new(part))
        };
        self.want(insurer, "decide", object, action);
    }

    fn pay(&mut self, views: &Views, claim: &Claim, temper: u64) {
        let bank = Who::Org(self.cast.bank);
        let Some(view) = self.view(views, self.cast.bank) else { return };
        let Some(settlement) = claim.settlement.and_then(|id| view.settlement(id)) else { return };
        let (id, object, amount) = (settlement.id, settlement.id.0, settlement.amount);
        let fails = object.0[0] % 100 < 20 && temper < 99;
        let report = |amount| {
            let (value_day, bank_ref) = (Day(20_833), Hash32([0xba; 32]));
            Action::BankPaid(BankPaid { settlement: id, amount, value_day, bank_ref })
        };
        match settlement.status {
            SettlementStatus::Instructed | SettlementStatus::BankAccepted if fails => {
                let fail = BankFail { settlement: id, reason: FailReason::ClosedAccount };
                self.want(bank, "fail", object, Action::BankFail(fail));
            }
            SettlementStatus::Instructed => {
                self.want(bank, "bank-accept", object, Action::BankAccept(BankAccept { settlement: id }));
            }
            SettlementStatus::BankAccepted => {
                if self.is_mischievous(temper % 6 == 2) {
                    self.lie(bank, "pay-less", object, report(hkd(amount.minor.saturating_sub(1))));
                }
                self.want(bank, "paid", object, report(amount));
            }
            // Some payees do not answer, and the ledger goes on without them.
            SettlementStatus::Paid if temper % 4 != 1 => {
                let ack = PayeeAck { settlement: id, capacity: Capacity::Organisation };
                self.want(Who::Org(PROVIDER), "received", object, Action::PayeeAck(ack));
            }
            // The bank was late (ST-12): it and the payer agree that nothing was paid.
            SettlementStatus::PayeeDisputed => {
                let resolution = Resolution::Failed { reason: FailReason::ClosedAccount };
                let resolve = Action::ResolvePayment(ResolvePayment { settlement: id, resolution, order: None });
                self.wish(bank, "resolve", object, resolve, &[Who::Org(claim.insurer)], false);
            }
            _ => {}
        }
    }
}

/// A claim of a part of a bill; the patient bears the rest.
fn terms(
    case: CaseId,
    bill: BillNullifier,
    claimed: u64,
    cob_declared: bool,
    attached: Option<AnchorId>,
) -> ClaimTerms {
    let (billed, subject_share) = (claimed + claimed / 3, claimed / 3);
    ClaimTerms {
        case,
        payee: Payee::Provider,
        service: ServicePeriod { first: MONTH, last: MONTH, day_commit: Hash32([0xda; 32]) },
        service_line: ServiceLine::Vhis,
        benefit: BenefitKind::Indemnity,
        cob_declared,
        bills: set([bill]),
        lines: LineHeader { root: Hash32([0x11; 32]), count: 2, total: hkd(billed) },
        codes: Set::default(),
        code_map: None,
        preauth: None,
        guarantee: None,
        related: None,
        attachments: attached.map_or_else(Set::default, |id| set([id])),
        amounts: Amounts {
            billed: hkd(billed),
            claimed: hkd(claimed),
            subject_share: hkd(subject_share),
            other_payers: List::default(),
        },
        fx: None,
    }
}
