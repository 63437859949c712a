//! Random walks over eligibility, preauthorisations, guarantees and the claims that cite them.

use assent_types::action::Action;
use assent_types::claim::*;
use assent_types::eligibility::*;
use assent_types::guarantee::*;
use assent_types::key::SecretKey;
use assent_types::preauth::*;
use assent_types::settlement::{Direction, SettlementStatus};
use assent_types::state::StateKey;
use assent_types::tx::Transaction;
use assent_types::*;

use super::walk::Walking;
use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::preauths::*;
use crate::testing::*;
use crate::{BlockOutcome, Table};

const SUBJECTS: u32 = 2;

/// A walk: a world, and what its transactions may refer to.
pub(super) struct PreauthWalk {
    pub(super) world: World,
    rng: Rng,
    cases: Vec<(u32, CaseId)>,
    documents: Vec<AnchorId>,
    questions: Vec<EligibilityId>,
    preauths: Vec<PreauthId>,
    guarantees: Vec<GuaranteeId>,
    claims: Vec<ClaimId>,
    next_bill: u32,
}

impl PreauthWalk {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::with_subjects(SUBJECTS);
        // Ends by time should not be rare.
        world.change_params(|params| {
            params.preauth.runoff_ms = 3 * DAY_MS;
            params.claims.appeal_ms = 3 * DAY_MS;
        });
        // An administrator acts for the insurer, and mostly not for the provider.
        world.act(&signing(INSURER), delegate(delegation(INSURER)));
        let documents = (1..=SUBJECTS).map(|n| world.document(n)).collect();
        let mut cases = Vec::new();
        for n in 1..=SUBJECTS {
            world.grant(n, claim_terms(n, SZH));
            cases.push((n, world.full_case(n, INSURER)));
        }
        cases.push((1, world.full_case(1, INSURER)));
        Self {
            world,
            rng: Rng(seed),
            cases,
            documents,
            questions: Vec::new(),
            preauths: Vec::new(),
            guarantees: Vec::new(),
            claims: Vec::new(),
            next_bill: 1,
        }
    }

    /// Mostly the key that fits.
    fn or_another(&mut self, key: SecretKey) -> SecretKey {
        if self.rng.one_in(12) {
            signing(*self.rng.pick(&[SZH, HKH, INSURER, INSURER2, REGULATOR, ADMINISTRATOR]))
        } else {
            key
        }
    }

    /// Mostly the amount, sometimes one more or less.
    fn about(&mut self, amount: u64) -> u64 {
        match self.rng.below(12) {
            0 => amount + 1,
            1 => amount.saturating_sub(1),
            _ => amount,
        }
    }

    fn case(&mut self) -> (u32, CaseId) {
        *self.rng.pick(&self.cases)
    }

    /// One of the last few, so that acts meet on it.
    fn late<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let late = &all[all.len().saturating_sub(6)..];
        if late.is_empty() { None } else { Some(*self.rng.pick(late)) }
    }

    fn days(&mut self, most: u64) -> Millis {
        self.world.time.plus(self.rng.below(most * DAY_MS))
    }

    // Eligibility --------------------------------------------------------------------------------------------------

    fn question(&mut self) -> Option<(SecretKey, Action)> {
        if self.rng.one_in(3) {
            let (_, case) = self.case();
            return Some((signing(HKH), check_action(case)));
        }
        let eligibility = self.late(&self.questions.clone())?;
        let action = match self.rng.below(6) {
            0 => Action::AnswerNotEligible(AnswerNotEligible { eligibility, reason: IneligibleReason::Inactive }),
            1 => Action::AnswerError(AnswerError { eligibility, error: EligibilityError::Unavailable }),
            _ => eligible(eligibility, self.days(1)),
        };
        Some((signing(INSURER), action))
    }

    // Preauthorisations --------------------------------------------------------------------------------------------

    fn request(&mut self) -> (SecretKey, Action) {
        let (n, case) = self.case();
        let mut terms = preauth_terms(1 + self.rng.below(3_000));
        terms.priority = *self.rng.pick(PreauthPriority::ALL);
        if self.rng.one_in(3) {
            let document = self.documents[usize::try_from(n).unwrap() - 1];
            terms.attachments = Set::new([document]).unwrap();
        }
        terms.service.last = Month(MONTH.0 + u32::from(self.rng.one_in(2)));
        let preauths = self.preauths.clone();
        let prior = if self.rng.one_in(3) { self.late(&preauths) } else { None };
        (signing(HKH), request_action(case, terms, prior))
    }

    /// What may come next for a preauthorisation.
    fn authorise(&mut self) -> Option<(SecretKey, Action)> {
        let id = self.late(&self.preauths.clone())?;
        let preauth = self.world.preauth(id);
        let (insurer, provider) = (signing(INSURER), signing(HKH));
        Some(match preauth.status {
            PreauthStatus::Requested => match self.rng.below(12) {
                0 => (insurer, pend_action(id)),
                1 => (insurer, deny_preauth(id)),
                2 => (provider, amend_action(id, preauth.version + 1, preauth_terms(1 + self.rng.below(3_000)))),
                3 => (provider, cancel_preauth(id, Capacity::Organisation)),
                4 | 5 => return None,
                6 | 7 => (insurer, self.approval(&preauth, true)),
                _ => (insurer, self.approval(&preauth, false)),
            },
            PreauthStatus::Pended => match self.rng.below(4) {
                0 => return None,
                1 => (provider, amend_action(id, preauth.version + 1, preauth_terms(1 + self.rng.below(3_000)))),
                _ => {
                    let n = if preauth.subject == sp(1) { 0 } else { 1 };
                    (provider, supply_action(id, &[self.documents[n]]))
                }
            },
            _ => match self.rng.below(8) {
                0 => (provider, cancel_preauth(id, Capacity::Organisation)),
                1 => (insurer, void_action(id)),
                _ => {
                    let children: Vec<PreauthId> = self.preauths.clone();
                    let mut children = children.into_iter().map(|id| self.world.preauth(id));
                    let child = children.find(|child| child.prior == Some(id) && child.status.is_live())?;
                    (insurer, replace_action(id, child.id))
                }
            },
        })
    }

    fn approval(&mut self, preauth: &Preauth, part: bool) -> Action {
        let requested = preauth.terms.amount.minor;
        let validity = Validity { from: START, to: self.days(25) };
        if part {
            let approved = self.rng.below(requested + 1);
            let Action::ApprovePreauthPartial(mut action) = approve_preauth_part(preauth.id, approved) else {
                unreachable!()
            };
            action.validity = validity;
            return Action::ApprovePreauthPartial(action);
        }
        let approved = self.about(requested);
        let Action::ApprovePreauth(mut action) = approve_preauth(preauth.id, approved) else { unreachable!() };
        action.validity = validity;
        Action::ApprovePreauth(action)
    }

    // Guarantees ---------------------------------------------------------------------------------------------------

    fn offer(&mut self) -> Option<(SecretKey, Action)> {
        let id = self.late(&self.preauths.clone())?;
        let preauth = self.world.preauth(id);
        let remaining = preauth.buckets.remaining.minor;
        let amount = if self.rng.one_in(2) { self.about(remaining) } else { 1 + self.rng.below(remaining + 1) };
        let cited = (!self.rng.one_in(8)).then_some(preauth.id);
        let exp = self.days(6);
        let offer = OfferGuarantee { case: preauth.case, preauth: cited, amount: hkd(amount), exp };
        Some((signing(INSURER), Action::OfferGuarantee(offer)))
    }

    fn guarantee(&mut self) -> Option<Transaction> {
        let id = self.late(&self.guarantees.clone())?;
        let provider = signing(HKH);
        let (key, action) = match self.world.guarantee(id).status {
            GuaranteeStatus::Offered => match self.rng.below(5) {
                0 => (provider, decline_action(id)),
                1 => return None,
                _ => (provider, accept_guarantee(id)),
            },
            _ => match self.rng.below(12) {
                0 => (provider, discharge_action(id)),
                1 => (signing(REGULATOR), order_cancel(id)),
                2 => {
                    let agreed = CancelGuarantee { guarantee: id, ground: CancelGround::Agreed };
                    let key = if self.rng.one_in(2) { signing(INSURER) } else { provider };
                    let with = if self.rng.one_in(2) { vec![signing(INSURER)] } else { Vec::new() };
                    let with: Vec<&SecretKey> = with.iter().collect();
                    return Some(self.world.cosigned(&key, Action::CancelGuarantee(agreed), &with));
                }
                _ => return None,
            },
        };
        let key = self.or_another(key);
        Some(self.world.tx(&key, action))
    }

    // Claims -------------------------------------------------------------------------------------------------------

    /// A bill and a claim on it that cites a preauthorisation, and its guarantee if one is accepted.
    fn file(&mut self) -> Option<Vec<Transaction>> {
        let id = self.late(&self.preauths.clone())?;
        let preauth = self.world.preauth(id);
        let accepted: Vec<GuaranteeId> = self
            .guarantees
            .iter()
            .rev()
            .take(3)
            .copied()
            .filter(|id| self.world.guarantee(*id).status == GuaranteeStatus::Accepted)
            .collect();
        let guarantee = if accepted.is_empty() || self.rng.one_in(4) { None } else { Some(*self.rng.pick(&accepted)) };
        let (case, cited) = match guarantee.map(|id| self.world.guarantee(id)) {
            Some(guarantee) => (guarantee.case, guarantee.preauth),
            None => (preauth.case, Some(preauth.id)),
        };
        let most = preauth.approved.minor.max(1);
        let amount = if self.rng.one_in(3) { most } else { 1 + self.rng.below(most) };
        let bill = self.next_bill;
        self.next_bill += 1;
        let terms = ClaimTerms { preauth: cited, guarantee, ..claim_terms_of(case, &[bill], hkd(amount)) };
        let register = self.world.tx(&signing(HKH), register_bill(bill, hkd(amount)));
        let key = self.or_another(signing(HKH));
        Some(vec![register, self.world.tx(&key, submit(terms, Capacity::Organisation))])
    }

    /// What would come next for a claim, mostly.
    fn step(&mut self) -> Option<(SecretKey, Action)> {
        let id = self.late(&self.claims.clone())?;
        let claim = self.world.claim(id);
        let insurer = signing(if self.rng.one_in(4) { ADMINISTRATOR } else { INSURER });
        if self.rng.one_in(16) {
            return Some((signing(HKH), withdraw(id, Capacity::Organisation)));
        }
        let reject = RejectClaim { claim: claim.id, reason: RejectReason::MissingInformation };
        Some(match claim.status {
            ClaimStatus::Submitted if self.rng.one_in(6) => (insurer, Action::RejectClaim(reject)),
            ClaimStatus::Submitted => (insurer, accept(claim.id)),
            ClaimStatus::InReview if self.rng.one_in(5) => {
                let allowed: Vec<AdjReason> = guaranteed_denials().codes().collect();
                let reasons = if self.rng.one_in(2) { AdjReason::ALL } else { &allowed };
                let reason = *self.rng.pick(reasons);
                let (reasons, outcome_root) = (AdjReasons::of(&[reason]), Hash32([1; 32]));
                (insurer, Action::DenyClaim(DenyClaim { claim: claim.id, mode: HUMAN, reasons, outcome_root }))
            }
            ClaimStatus::InReview => {
                let claimed = claim.terms.amounts.claimed.minor;
                let part = self.rng.one_in(3);
                let amount = if part { self.rng.below(claimed) } else { claimed };
                let award = award(&claim.terms.bills, &[amount]);
                (insurer, if part { approve_part(claim.id, award) } else { approve(claim.id, award) })
            }
            ClaimStatus::Approved | ClaimStatus::PartApproved => {
                (insurer, instruct(claim.id, claim.payable().unwrap()))
            }
            ClaimStatus::PayInstructed => self.bank(&claim)?,
            ClaimStatus::Denied => (signing(HKH), appeal(claim.id, Capacity::Organisation)),
            ClaimStatus::Settled => match self.rng.below(5) {
                0 => (signing(HKH), appeal(claim.id, Capacity::Organisation)),
                1 => (signing(REGULATOR), reopen(claim.id)),
                2 => {
                    let settled = claim.settled_net.minor;
                    let amount = if self.rng.one_in(2) { settled } else { 1 + self.rng.below(settled.max(1)) };
                    (signing(INSURER), clawback(claim.id, award(&claim.terms.bills, &[amount])))
                }
                _ => return None,
            },
            ClaimStatus::ClosedDenied => (signing(REGULATOR), reopen(claim.id)),
            ClaimStatus::Appealed => self.decide_appeal(&claim),
            ClaimStatus::ClawbackPending if claim.deadline().is_none() => self.bank(&claim)?,
            ClaimStatus::ClawbackPending => (signing(HKH), agree(claim.id, Capacity::Organisation)),
            _ => return None,
        })
    }

    /// What would decide an appeal: everything, a part that is mostly above what was approved before, or nothing.
    fn decide_appeal(&mut self, claim: &Claim) -> (SecretKey, Action) {
        let level = claim.course.appeal.map(|appeal| appeal.level);
        let decider = if level == Some(APPEAL_LEVEL_INSURER) { INSURER } else { REGULATOR };
        let (before, claimed) = (claim.approved_total.minor, claim.terms.amounts.claimed.minor);
        let outcome = match self.rng.below(4) {
            0 => upheld(),
            1 | 2 => {
                let amount = before + self.rng.below(claimed - before + 1);
                raised(award(&claim.terms.bills, &[self.about(amount)]))
            }
            _ => AppealOutcome::Full(award(&claim.terms.bills, &[claimed])),
        };
        (signing(decider), decide_appeal(claim.id, outcome))
    }

    fn bank(&mut self, claim: &Claim) -> Option<(SecretKey, Action)> {
        let settlement = self.world.settlement(claim.settlement?);
        let bank = signing(BANK);
        Some(match settlement.status {
            SettlementStatus::Instructed if self.rng.one_in(5) => (bank, bank_fail(settlement.id)),
            SettlementStatus::Instructed => (bank, bank_accept(settlement.id)),
            SettlementStatus::BankAccepted => (bank, paid(settlement.id, settlement.amount)),
            // Some payees say nothing.
            _ if self.rng.one_in(3) => return None,
            _ if settlement.direction == Direction::Clawback => (signing(INSURER), ack(settlement.id)),
            _ => (signing(HKH), ack(settlement.id)),
        })
    }

    fn next_txs(&mut self) -> Option<Vec<Transaction>> {
        let (key, action) = match self.rng.below(20) {
            0 => self.question()?,
            1 | 2 => self.request(),
            3..=6 => self.authorise()?,
            7 | 8 => self.offer()?,
            9..=11 => return self.guarantee().map(|tx| vec![tx]),
            12 | 13 => return self.file(),
            _ => self.step()?,
        };
        let key = self.or_another(key);
        Some(vec![self.world.tx(&key, action)])
    }
}

impl Walking for PreauthWalk {
    fn world(&self) -> &World {
        &self.world
    }

    fn next_block(&mut self) -> Vec<Transaction> {
        if self.rng.one_in(3) {
            self.world.time = self.world.time.plus(self.rng.below(3 * DAY_MS));
        }
        (0..self.rng.below(26)).filter_map(|_| self.next_txs()).flatten().collect()
    }

    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let outcome = self.world.run_with(tables, txs);
        for key in outcome.writes.keys() {
            match key {
                StateKey::Eligibility(id) if !self.questions.contains(id) => self.questions.push(*id),
                StateKey::Preauth(id) if !self.preauths.contains(id) => self.preauths.push(*id),
                StateKey::Guarantee(id) if !self.guarantees.contains(id) => self.guarantees.push(*id),
                StateKey::Claim(id) if !self.claims.contains(id) => self.claims.push(*id),
                _ => {}
            }
        }
        outcome
    }
}
