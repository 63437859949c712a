//! Random walks over cases, bills, claims and payments, with consents and documents that come and go.

use assent_types::action::{Action, RevokeConsent};
use assent_types::batch::{BatchDetail, BatchSettlements};
use assent_types::bill::BillKey;
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase};
use assent_types::claim::*;
use assent_types::consent::Grantor;
use assent_types::key::SecretKey;
use assent_types::limits::CLAIM_ATTACHMENTS_MAX;
use assent_types::settlement::{Direction, PayeeAck, SettlementStatus};
use assent_types::state::{ClaimParams, StateKey};
use assent_types::tx::Transaction;
use assent_types::*;

use super::walk::Walking;
use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::*;
use crate::{BlockOutcome, Table};

const SUBJECTS: u32 = 3;
const INSURERS: [OrgId; 2] = [INSURER, INSURER2];

/// What a bill says before it becomes a nullifier; none of it may be found on the ledger.
pub(super) fn bill_number(n: u32) -> String {
    format!("044001900111-{n:08}")
}

/// Deadlines that pass before anybody acts should not be rare.
fn shorten(params: &mut ClaimParams) {
    params.dup_hold_ms = 2 * DAY_MS;
    params.adjudicate_ms = 3 * DAY_MS;
    params.appeal_ms = 6 * DAY_MS;
    params.pay_ms = 3 * DAY_MS;
    params.bank_ms = 2 * DAY_MS;
    params.payee_ack_ms = 2 * DAY_MS;
    let course = &mut params.course;
    course.info_ms = 2 * DAY_MS;
    course.consent_hold_ms = 8 * DAY_MS;
    course.appeal_decide_ms = 2 * DAY_MS;
    course.clawback_ms = 8 * DAY_MS;
    course.dispute_ms = 2 * DAY_MS;
}

/// The number of a claim's subject.
fn subject_of(claim: &Claim) -> u32 {
    (1..=SUBJECTS).find(|n| sp(*n) == claim.subject).unwrap()
}

/// A walk: a world, and what its transactions may refer to.
pub(super) struct ClaimWalk {
    pub(super) world: World,
    rng: Rng,
    key: BillKey,
    /// Bills with their totals.
    bills: Vec<(BillNullifier, u64)>,
    cases: Vec<CaseId>,
    claims: Vec<ClaimId>,
    documents: Vec<AnchorId>,
    consents: Vec<(u32, ConsentId)>,
    next_bill: u32,
}

impl ClaimWalk {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::with_subjects(SUBJECTS);
        // Holds that end before anybody resolves them should not be rare.
        world.change_params(|params| shorten(&mut params.claims));
        let documents = [1, 1, 2, 2].map(|n| world.document(n)).to_vec();
        let consents = [1, 2].map(|n| (n, world.grant(n, claim_terms(n, SZH)))).to_vec();
        let key = BillKey::from_bytes([0x6b; 32]);
        Self {
            world,
            rng: Rng(seed),
            key,
            bills: Vec::new(),
            cases: Vec::new(),
            claims: Vec::new(),
            documents,
            consents,
            next_bill: 1,
        }
    }

    /// Somebody's key in one of the capacities in which a claim's side acts.
    fn side(&mut self, claim: &Claim) -> (SecretKey, Capacity) {
        if matches!(claim.terms.payee, Payee::Subject { .. }) || self.rng.one_in(4) {
            (subject_key(subject_of(claim)), Capacity::Subject)
        } else {
            (signing(HKH), Capacity::Organisation)
        }
    }

    fn subject(&mut self) -> u32 {
        1 + u32::try_from(self.rng.below(u64::from(SUBJECTS))).unwrap()
    }

    /// Mostly the key that fits.
    fn or_another(&mut self, key: SecretKey) -> SecretKey {
        if self.rng.one_in(12) { signing(*self.rng.pick(&[SZH, HKH, INSURER, INSURER2, BANK])) } else { key }
    }

    /// Mostly the amount, sometimes one more or less.
    fn about(&mut self, amount: u64) -> u64 {
        match self.rng.below(12) {
            0 => amount + 1,
            1 => amount.saturating_sub(1),
            _ => amount,
        }
    }

    fn open(&mut self) -> (SecretKey, Action) {
        let n = self.subject();
        let cap = Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: hkd(1_000 + self.rng.below(20_000)) };
        let open = OpenCase {
            capability: (!self.rng.one_in(6)).then_some(cap),
            exp: self.world.time.plus(self.rng.below(80 * DAY_MS)),
            ..open_case(n, *self.rng.pick(&INSURERS))
        };
        let key = self.or_another(subject_key(n));
        (key, Action::OpenCase(Box::new(open)))
    }

    fn register(&mut self) -> (SecretKey, Action) {
        let n = self.next_bill;
        self.next_bill += u32::from(!self.rng.one_in(6));
        let nullifier = self.key.nullifier(HKH, bill_number(n).as_bytes());
        let total = 100 + self.rng.below(2_000);
        let register = bill::RegisterBill { nullifier, issuer: HKH, total: hkd(total), attestation: None };
        (self.or_another(signing(HKH)), Action::RegisterBill(register))
    }

    fn file(&mut self) -> Option<(SecretKey, Action)> {
        let case = *self.cases.get(self.rng.index(self.cases.len().max(1)))?;
        // Bills of late, so that insurers meet on them.
        let late = &self.bills[self.bills.len().saturating_sub(4)..];
        if late.is_empty() {
            return None;
        }
        let late = late.to_vec();
        let chosen = self.rng.some_of(&late, 2);
        let total: u64 = chosen.iter().map(|(_, total)| total).sum();
        let billed = if self.rng.one_in(3) { total } else { 1 + self.rng.below(total) };
        let mut terms = claim_terms_of(case, &[], hkd(billed));
        terms.bills = Set::new(chosen.into_iter().map(|(bill, _)| bill)).unwrap();
        terms.cob_declared = self.rng.one_in(2);
        if self.rng.one_in(4) {
            terms.amounts.subject_share = hkd(billed / 4);
            let claimed = self.about(billed - billed / 4);
            terms.amounts.claimed = hkd(claimed);
        }
        if self.rng.one_in(6) {
            terms.benefit = BenefitKind::FixedBenefit;
        }
        if self.rng.one_in(4) && !self.claims.is_empty() {
            let relation = *self.rng.pick(&[Relation::Correction, Relation::Correction, Relation::Associated]);
            terms.related = Some(RelatedClaim { claim: *self.rng.pick(&self.claims), relation });
        }
        let subject = self.world.case_record(case).subject;
        let own: Vec<AnchorId> =
            self.documents.iter().copied().filter(|id| self.world.anchor(*id).body.subject == subject).collect();
        if self.rng.one_in(2) {
            let from = if own.is_empty() || self.rng.one_in(6) { self.documents.clone() } else { own };
            let documents = self.rng.some_of(&from, 2);
            terms.attachments = Set::<_, CLAIM_ATTACHMENTS_MAX>::new(documents).unwrap();
        }
        let n = (1..=SUBJECTS).find(|n| sp(*n) == subject)?;
        if self.rng.one_in(4) {
            terms.fx = in_cny(*self.rng.pick(&[LockPoint::Decision, LockPoint::Instruction]));
        }
        let (key, capacity) = if self.rng.one_in(3) {
            terms.payee = Payee::Subject { commit: Hash32([0x5a; 32]) };
            (subject_key(n), Capacity::Subject)
        } else {
            (signing(HKH), Capacity::Organisation)
        };
        Some((self.or_another(key), submit(terms, capacity)))
    }

    /// An award that shares an amount out over the bills as far as they go, now and then further. Sometimes a little
    /// more or less is approved than the shares add up to.
    fn award_of(&mut self, claim: &Claim, mut rest: u64) -> Award {
        let mut shares = Vec::new();
        for bill in &claim.terms.bills {
            let record = crate::runtime::state::bill(&self.world.state, *bill, claim.provider).unwrap().unwrap();
            let own = record.claims.iter().find(|listed| listed.claim == claim.id);
            let held = own.map_or(0, |listed| listed.amount.minor + listed.clawed.minor);
            let left = (record.total.minor + held).saturating_sub(record.allocated.minor);
            let share = if self.rng.one_in(10) { rest } else { rest.min(left) };
            rest -= share;
            shares.push(share);
        }
        let bills: Vec<BillNullifier> = claim.terms.bills.to_vec();
        let mut award = award(&bills, &shares);
        award.approved = hkd(self.about(award.approved.minor));
        award
    }

    fn approval(&mut self, claim: &Claim) -> Action {
        let claimed = claim.terms.amounts.claimed.minor;
        let part = self.rng.one_in(2);
        let amount = if part { self.part(claim) } else { claimed };
        let award = self.award_of(claim, amount);
        if part { approve_part(claim.id, award) } else { approve(claim.id, award) }
    }

    /// Something between what was approved before and what is claimed, now and then less.
    fn part(&mut self, claim: &Claim) -> u64 {
        let (before, claimed) = (claim.approved_total.minor, claim.terms.amounts.claimed.minor);
        if self.rng.one_in(8) { self.rng.below(claimed) } else { before + self.rng.below(claimed - before + 1) }
    }

    /// What would come next for a claim, mostly.
    fn step(&mut self) -> Option<Transaction> {
        let mut id = *self.claims.get(self.rng.index(self.claims.len().max(1)))?;
        // One on which something can still be done, if the first draws find one.
        for _ in 0..8 {
            if !self.world.claim(id).status.is_terminal() {
                break;
            }
            id = *self.rng.pick(&self.claims);
        }
        let claim = self.world.claim(id);
        if claim.status == ClaimStatus::DupHold {
            return if self.rng.one_in(2) { None } else { Some(self.resolve(&claim)) };
        }
        let (key, action) = match claim.status {
            ClaimStatus::Submitted | ClaimStatus::InReview if self.rng.one_in(20) => self.withdrawal(&claim),
            ClaimStatus::Submitted if self.rng.one_in(4) => {
                let reason = *self.rng.pick(RejectReason::ALL);
                (signing(claim.insurer), Action::RejectClaim(RejectClaim { claim: id, reason }))
            }
            ClaimStatus::Submitted => (signing(claim.insurer), accept(id)),
            ClaimStatus::InReview | ClaimStatus::InfoRequested | ClaimStatus::ConsentHold => self.review(&claim)?,
            ClaimStatus::PayInstructed => self.bank(&claim)?,
            _ => self.afterwards(&claim)?,
        };
        let key = self.or_another(key);
        Some(self.world.tx(&key, action))
    }

    fn withdrawal(&mut self, claim: &Claim) -> (SecretKey, Action) {
        let (key, capacity) = self.side(claim);
        (key, withdraw(claim.id, capacity))
    }

    /// A step of a review: a decision, or what it waits for.
    fn review(&mut self, claim: &Claim) -> Option<(SecretKey, Action)> {
        let (id, insurer) = (claim.id, signing(claim.insurer));
        let own = |id: &AnchorId| self.world.anchor(*id).body.subject == claim.subject;
        let own: Vec<AnchorId> = self.documents.iter().copied().filter(own).collect();
        let of_subject = !own.is_empty();
        let document = *self.rng.pick(if of_subject { &own } else { &self.documents });
        Some(match claim.status {
            ClaimStatus::InReview => match self.rng.below(10) {
                0 | 1 => (insurer, request_info(id)),
                2 | 3 if of_subject => (insurer, gap(id, &[document])),
                4 => (insurer, deny(id)),
                _ => (insurer, self.approval(claim)),
            },
            // Often nobody answers.
            _ if self.rng.one_in(3) => return None,
            ClaimStatus::InfoRequested if self.rng.one_in(4) => (signing(HKH), gap(id, &[document])),
            ClaimStatus::InfoRequested => (signing(HKH), link(id, &[document])),
            ClaimStatus::ConsentHold if self.world.book(subject_of(claim), SZH).live.is_empty() => {
                let mut terms = claim_terms(subject_of(claim), SZH);
                (terms.nbf, terms.exp) = (START, Some(self.world.time.plus(20 * DAY_MS)));
                (subject_key(subject_of(claim)), grant_action(terms, Grantor::Subject))
            }
            _ => (subject_key(subject_of(claim)), resume(id, Capacity::Subject)),
        })
    }

    /// A step after a decision: appeals, payments, clawbacks.
    fn afterwards(&mut self, claim: &Claim) -> Option<(SecretKey, Action)> {
        let (id, insurer) = (claim.id, signing(claim.insurer));
        Some(match claim.status {
            ClaimStatus::Approved | ClaimStatus::PartApproved => match self.rng.below(10) {
                0 => self.withdrawal(claim),
                1 | 2 => (subject_key(subject_of(claim)), appeal(id, Capacity::Subject)),
                _ => {
                    let payable = claim.payable().map_or(1, |money| money.minor);
                    (insurer, instruct(id, hkd(self.about(payable))))
                }
            },
            ClaimStatus::Denied if self.rng.one_in(2) => return None,
            ClaimStatus::Denied => (subject_key(subject_of(claim)), appeal(id, Capacity::Subject)),
            ClaimStatus::Appealed => self.ruling(claim)?,
            ClaimStatus::Settled => match self.rng.below(10) {
                0..4 => (subject_key(subject_of(claim)), appeal(id, Capacity::Subject)),
                4..7 => {
                    let amount = if self.rng.one_in(2) { claim.settled_net.minor } else { 1 + self.rng.below(300) };
                    (insurer, clawback(id, self.standing(claim, amount)))
                }
                7 => (signing(REGULATOR), reopen(id)),
                _ => return None,
            },
            ClaimStatus::ClosedDenied if self.rng.one_in(2) => (signing(REGULATOR), reopen(id)),
            ClaimStatus::ClawbackPending => self.paying_back(claim)?,
            _ => return None,
        })
    }

    /// Shares of an amount over what the bills still allocate to the claim.
    fn standing(&mut self, claim: &Claim, mut rest: u64) -> Award {
        let mut shares = Vec::new();
        for bill in &claim.terms.bills {
            let record = crate::runtime::state::bill(&self.world.state, *bill, claim.provider).unwrap().unwrap();
            let own = record.claims.iter().find(|listed| listed.claim == claim.id);
            let share = rest.min(own.map_or(0, |listed| listed.amount.minor));
            rest -= share;
            shares.push(share);
        }
        award(&claim.terms.bills, &shares)
    }

    fn ruling(&mut self, claim: &Claim) -> Option<(SecretKey, Action)> {
        if self.rng.one_in(3) {
            return None;
        }
        let insurers = claim.course.appeal.is_some_and(|appeal| appeal.level == APPEAL_LEVEL_INSURER);
        let outcome = match self.rng.below(4) {
            0 => AppealOutcome::Full(self.award_of(claim, claim.terms.amounts.claimed.minor)),
            1 if claim.approved_total.is_zero() => upheld(),
            2 if !claim.approved_total.is_zero() => raised(self.award_of(claim, claim.approved_total.minor)),
            _ => {
                let part = self.part(claim);
                raised(self.award_of(claim, part))
            }
        };
        let mut decide = decide_appeal(claim.id, outcome);
        if let Action::DecideAppeal(decide) = &mut decide
            && claim.appeals > 1
        {
            decide.mode = DecisionMode::Human { adjudicator: Hash32([0xaf; 32]) };
        }
        Some((signing(if insurers { claim.insurer } else { REGULATOR }), decide))
    }

    fn paying_back(&mut self, claim: &Claim) -> Option<(SecretKey, Action)> {
        if claim.course.clawback.as_ref().is_some_and(|clawback| clawback.in_flight) {
            return self.bank(claim);
        }
        let (key, capacity) = match claim.terms.payee {
            Payee::Subject { .. } => (subject_key(subject_of(claim)), Capacity::Subject),
            _ => (signing(HKH), Capacity::Organisation),
        };
        Some(match self.rng.below(6) {
            0 => (key, contest(claim.id)),
            1 => (signing(REGULATOR), order_clawback(claim.id)),
            2 => return None,
            _ => (key, agree(claim.id, capacity)),
        })
    }

    /// Clears or confirms a duplicate, with somebody who may know.
    fn resolve(&mut self, claim: &Claim) -> Transaction {
        let action = if self.rng.one_in(3) {
            let evidence = Hash32([0xe5; 32]);
            Action::ConfirmDuplicate(ConfirmDuplicate { claim: claim.id, evidence })
        } else {
            Action::ClearDuplicate(ClearDuplicate { claim: claim.id })
        };
        let other = INSURERS.into_iter().find(|other| *other != claim.insurer).unwrap_or(INSURER);
        let subject = (1..=SUBJECTS).find(|n| sp(*n) == claim.subject).unwrap();
        let with = match self.rng.below(4) {
            0 => vec![subject_key(subject)],
            1 => vec![signing(HKH)],
            2 => vec![signing(other)],
            _ => Vec::new(),
        };
        self.world.cosigned(&signing(claim.insurer), action, &with.iter().collect::<Vec<_>>())
    }

    /// What the bank or whoever is paid does next.
    fn bank(&mut self, claim: &Claim) -> Option<(SecretKey, Action)> {
        let settlement = self.world.settlement(claim.settlement?);
        let (bank, id) = (signing(BANK), settlement.id);
        let paid_back = settlement.direction == Direction::Clawback;
        let (payee, capacity) = match claim.terms.payee {
            _ if paid_back => (signing(claim.insurer), Capacity::Organisation),
            Payee::Subject { .. } => (subject_key(subject_of(claim)), Capacity::Subject),
            _ => (signing(HKH), Capacity::Organisation),
        };
        Some(match settlement.status {
            SettlementStatus::Instructed if !paid_back && self.rng.one_in(12) => {
                let details = List::new(vec![BatchDetail { settlement: id, amount: settlement.amount }]).unwrap();
                let (payer, total) = (claim.insurer, settlement.amount);
                let batch = BatchSettlements { payer, payee: HKH, details, total };
                (signing(payer), Action::BatchSettlements(Box::new(batch)))
            }
            SettlementStatus::Instructed if self.rng.one_in(8) => {
                let own = Capacity::Organisation;
                (signing(if paid_back { HKH } else { claim.insurer }), recall(id, own))
            }
            SettlementStatus::Instructed | SettlementStatus::BankAccepted if self.rng.one_in(6) => return None,
            SettlementStatus::Instructed | SettlementStatus::BankAccepted if self.rng.one_in(6) => {
                (bank, bank_fail(id))
            }
            SettlementStatus::Instructed => (bank, bank_accept(id)),
            SettlementStatus::BankAccepted => {
                let payout = settlement.payout();
                (bank, paid(id, Money::new(payout.ccy, self.about(payout.minor))))
            }
            SettlementStatus::PayeeDisputed if self.rng.one_in(3) => return None,
            SettlementStatus::PayeeDisputed => (signing(REGULATOR), resolve(id, self.rng.one_in(2), Some(ORDER))),
            // Half of the payees say nothing.
            _ if self.rng.one_in(2) => return None,
            _ if self.rng.one_in(4) => (payee, dispute(id, capacity)),
            _ => (payee, Action::PayeeAck(PayeeAck { settlement: id, capacity })),
        })
    }

    /// A bill ends, or the rate of the day is fixed.
    fn registers(&mut self) -> Option<(SecretKey, Action)> {
        if !self.rng.one_in(6) {
            let (num, now) = (9_000 + self.rng.below(400), self.world.time);
            return Some((signing(ORACLE), publish(fixing(num, now))));
        }
        let (nullifier, total) = *self.bills.get(self.rng.index(self.bills.len().max(1)))?;
        if self.rng.one_in(2) {
            return Some((signing(HKH), Action::VoidBill(bill::VoidBill { nullifier, issuer: HKH })));
        }
        let n = self.next_bill;
        self.next_bill += 1;
        let new = self.key.nullifier(HKH, bill_number(n).as_bytes());
        let by = bill::RegisterBill { nullifier: new, issuer: HKH, total: hkd(total), attestation: None };
        let replace = bill::ReplaceBill { nullifier, by, explanation: Hash32::ZERO };
        Some((signing(HKH), Action::ReplaceBill(replace)))
    }

    /// A consent for claims begins or ends, or a document is taken back.
    fn disclose(&mut self) -> (SecretKey, Action) {
        if self.rng.one_in(20) {
            return (signing(SZH), retract_action(*self.rng.pick(&self.documents)));
        }
        if !self.consents.is_empty() && self.rng.one_in(3) {
            let (n, consent) = *self.rng.pick(&self.consents);
            let revoke = RevokeConsent { target: target(n, SZH, consent), grantor: Grantor::Subject, evidence: None };
            return (subject_key(n), Action::RevokeConsent(revoke));
        }
        let n = self.subject();
        let mut terms = claim_terms(n, SZH);
        terms.nbf = START;
        terms.exp = Some(self.world.time.plus(self.rng.below(40 * DAY_MS)));
        (subject_key(n), grant_action(terms, Grantor::Subject))
    }

    fn next_tx(&mut self) -> Option<Transaction> {
        let (key, action) = match self.rng.below(24) {
            0 => self.open(),
            1 | 2 => self.register(),
            3..=7 => self.file()?,
            8 => self.disclose(),
            9 => self.registers()?,
            _ => return self.step(),
        };
        Some(self.world.tx(&key, action))
    }
}

impl Walking for ClaimWalk {
    fn world(&self) -> &World {
        &self.world
    }

    fn next_block(&mut self) -> Vec<Transaction> {
        if self.rng.one_in(4) {
            self.world.time = self.world.time.plus(self.rng.below(4 * DAY_MS));
        }
        (0..self.rng.below(26)).filter_map(|_| self.next_tx()).collect()
    }

    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let outcome = self.world.run_with(tables, txs);
        for key in outcome.writes.keys() {
            match key {
                StateKey::Case(id) if !self.cases.contains(id) => self.cases.push(*id),
                StateKey::Claim(id) if !self.claims.contains(id) => self.claims.push(*id),
                StateKey::Bill(nullifier, HKH) => {
                    let bill = crate::runtime::state::bill(&self.world.state, *nullifier, HKH).unwrap().unwrap();
                    let known = self.bills.iter().any(|(bill, _)| bill == nullifier);
                    match bill.status {
                        bill::BillStatus::Registered if known => {}
                        bill::BillStatus::Registered => self.bills.push((*nullifier, bill.total.minor)),
                        // Now and then a claim on a bill that has ended is filed too.
                        _ if nullifier.0.0[0] % 8 == 0 => {}
                        _ => self.bills.retain(|(bill, _)| bill != nullifier),
                    }
                }
                _ => {}
            }
        }
        for entry in &outcome.log_entries {
            let n = u32::from_le_bytes(entry.subject.0.0[..4].try_into().unwrap());
            if !self.consents.iter().any(|(_, id)| *id == entry.consent) {
                self.consents.push((n, entry.consent));
            }
        }
        outcome
    }
}
