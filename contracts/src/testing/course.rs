//! What happens to claims of the small world after filing: appeals, clawbacks, fixings, code systems, delegations.

use assent_types::action::Action;
use assent_types::claim::*;
use assent_types::codesystem::{RegisterCodeMap, RegisterCodeSystem};
use assent_types::consent::{Categories, Category};
use assent_types::delegation::*;
use assent_types::fixing::{PublishFixing, fixing_id_of};
use assent_types::settlement::*;
use assent_types::*;

use super::claims::*;
use super::{
    ADMINISTRATOR, ADVANCER, BANK, CODER, DAY_MS, HKH, INSURER, ORACLE, REGULATOR, START, World, everywhere, signing,
    subject_key,
};

/// The day of [`START`].
pub(crate) const TODAY: Day = Day(19_675);
/// Somebody else than [`HUMAN`].
pub(crate) const OTHER: DecisionMode = DecisionMode::Human { adjudicator: Hash32([0xae; 32]) };
pub(crate) const ORDER: Hash32 = Hash32([0x0d; 32]);

pub(crate) fn request_info(claim: ClaimId) -> Action {
    Action::RequestInfo(RequestInfo { claim, categories: Categories::of(&[Category::Lab]) })
}

pub(crate) fn link(claim: ClaimId, anchors: &[AnchorId]) -> Action {
    let anchors = Set::new(anchors.iter().copied()).unwrap();
    Action::LinkAttachments(LinkAttachments { claim, anchors, capacity: Capacity::Organisation })
}

pub(crate) fn gap(claim: ClaimId, anchors: &[AnchorId]) -> Action {
    Action::ConsentGap(ConsentGap { claim, needed: Set::new(anchors.iter().copied()).unwrap() })
}

pub(crate) fn resume(claim: ClaimId, capacity: Capacity) -> Action {
    Action::ResumeWithConsent(ResumeWithConsent { claim, capacity })
}

pub(crate) fn appeal(claim: ClaimId, capacity: Capacity) -> Action {
    Action::FileAppeal(FileAppeal { claim, grounds: Hash32([0x96; 32]), capacity })
}

pub(crate) fn decide_appeal(claim: ClaimId, outcome: AppealOutcome) -> Action {
    let decide = DecideAppeal { claim, mode: OTHER, outcome, outcome_root: Hash32([2; 32]) };
    Action::DecideAppeal(Box::new(decide))
}

pub(crate) fn raised(award: Award) -> AppealOutcome {
    AppealOutcome::Part(award, AdjReasons::of(&[AdjReason::OverCap]))
}

pub(crate) fn upheld() -> AppealOutcome {
    AppealOutcome::Deny(AdjReasons::of(&[AdjReason::NotCovered]))
}

pub(crate) fn clawback(claim: ClaimId, award: Award) -> Action {
    let (amount, shares) = (award.approved, award.shares);
    let reason = ClawbackReason::PriorOverpayment;
    Action::RequestClawback(Box::new(RequestClawback { claim, reason, amount, shares }))
}

pub(crate) fn agree(claim: ClaimId, capacity: Capacity) -> Action {
    Action::AgreeClawback(AgreeClawback { claim, bank: BANK, purpose: PurposeCode::InsuranceClaim, capacity })
}

pub(crate) fn contest(claim: ClaimId) -> Action {
    let (grounds, capacity) = (Hash32([0xc0; 32]), Capacity::Organisation);
    Action::ContestClawback(ContestClawback { claim, grounds, capacity })
}

pub(crate) fn order_clawback(claim: ClaimId) -> Action {
    let purpose = PurposeCode::InsuranceClaim;
    Action::OrderClawback(OrderClawback { claim, order: ORDER, bank: BANK, purpose })
}

pub(crate) fn withdraw(claim: ClaimId, capacity: Capacity) -> Action {
    Action::WithdrawClaim(WithdrawClaim { claim, capacity })
}

pub(crate) fn reopen(claim: ClaimId) -> Action {
    Action::ReopenClaim(ReopenClaim { claim, order: ORDER })
}

pub(crate) fn recall(settlement: SettlementId, capacity: Capacity) -> Action {
    Action::RecallPayment(RecallPayment { settlement, capacity })
}

pub(crate) fn dispute(settlement: SettlementId, capacity: Capacity) -> Action {
    Action::DisputePayment(DisputePayment { settlement, grounds: Hash32([0xd1; 32]), capacity })
}

pub(crate) fn resolve(settlement: SettlementId, paid: bool, order: Option<Hash32>) -> Action {
    let resolution = if paid {
        Resolution::Paid { value_day: TODAY, bank_ref: Hash32([0xba; 32]) }
    } else {
        Resolution::Failed { reason: FailReason::NotSpecified }
    };
    Action::ResolvePayment(ResolvePayment { settlement, resolution, order })
}

/// One Hong Kong dollar costs `num / 10,000` renminbi.
pub(crate) fn fixing(num: u64, at: Millis) -> PublishFixing {
    PublishFixing {
        base: Currency::Hkd,
        quote: Currency::Cny,
        num,
        den: 10_000,
        source: Text::new("central parity".to_owned()).unwrap(),
        fixing_day: Day(u32::try_from(at.0 / DAY_MS).unwrap()),
        valid_from: at,
        valid_to: at.plus(2 * DAY_MS),
    }
}

pub(crate) fn publish(fixing: PublishFixing) -> Action {
    Action::PublishFixing(Box::new(fixing))
}

/// Paid in renminbi, at the rate of this point.
pub(crate) fn in_cny(at: LockPoint) -> Option<FxLock> {
    Some(FxLock { ccy: Currency::Cny, at, fixing: None })
}

pub(crate) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text.to_owned()).unwrap()
}

pub(crate) fn code_system(system: u32, version: u32) -> RegisterCodeSystem {
    RegisterCodeSystem {
        system: CodeRef { system, version },
        name: text("ICD-10 医保版"),
        version: text("2.0"),
        publisher: text("NHSA"),
        content: Hash32([0xc5; 32]),
        effective_from: Millis(0),
        effective_to: None,
        licence: text("open"),
    }
}

pub(crate) fn code_map(src: CodeRef, dst: CodeRef, effective: Millis) -> RegisterCodeMap {
    RegisterCodeMap { src, dst, content: Hash32([0xc6; 32]), rows: 35_590, many_to_one: true, effective }
}

/// The insurer delegates everything up to 10,000, everywhere.
pub(crate) fn delegation(principal: OrgId) -> GrantDelegation {
    GrantDelegation {
        principal,
        delegate: ADMINISTRATOR,
        ops: DelegationOps::all(),
        per_decision_limit: hkd(10_000),
        places: everywhere(),
        nbf: START,
        exp: START.plus(400 * DAY_MS),
    }
}

pub(crate) fn delegate(grant: GrantDelegation) -> Action {
    Action::GrantDelegation(Box::new(grant))
}

impl World {
    /// Runs an act that must succeed, co-signed, and returns its transaction.
    pub(crate) fn act_cosigned(&mut self, signer: OrgId, action: Action, with: &[OrgId]) -> TxHash {
        let keys: Vec<_> = with.iter().map(|org| signing(*org)).collect();
        let tx = self.cosigned(&signing(signer), action, &keys.iter().collect::<Vec<_>>());
        assert_eq!(self.send(&tx), Ok(()), "{}", tx.body.action.name());
        tx.hash()
    }

    /// Publishes a fixing of now.
    pub(crate) fn fix(&mut self, num: u64) -> FixingId {
        let action = publish(fixing(num, self.time));
        fixing_id_of(&self.act(&signing(ORACLE), action))
    }

    /// Registers a version of a code system.
    pub(crate) fn code_system(&mut self, system: u32, version: u32) -> CodeRef {
        let action = Action::RegisterCodeSystem(Box::new(code_system(system, version)));
        self.act_cosigned(CODER, action, &[REGULATOR, HKH]);
        CodeRef { system, version }
    }

    /// A claim of 1,000 that the insurer denied.
    pub(crate) fn denied(&mut self) -> ClaimId {
        let claim = self.in_review(INSURER);
        self.act(&signing(INSURER), deny(claim));
        claim
    }

    /// A claim of 1,000 of which a part was approved.
    pub(crate) fn part_approved(&mut self, approved: u64) -> ClaimId {
        let claim = self.in_review(INSURER);
        self.act(&signing(INSURER), approve_part(claim, award(&[nullifier(1)], &[approved])));
        claim
    }

    /// Pays what is payable on a claim, in the currency of the bills.
    pub(crate) fn pay(&mut self, claim: ClaimId) -> SettlementId {
        let amount = self.claim(claim).payable().unwrap();
        let settlement = settlement_id_of(&self.act(&signing(INSURER), instruct(claim, amount)));
        self.settle(settlement);
        settlement
    }

    /// The bank pays, and the provider has it.
    pub(crate) fn settle(&mut self, settlement: SettlementId) {
        let record = self.settlement(settlement);
        self.act(&signing(BANK), bank_accept(settlement));
        self.act(&signing(BANK), paid(settlement, record.payout()));
        let payee = if record.direction == Direction::Pay { HKH } else { INSURER };
        self.act(&signing(payee), ack(settlement));
    }

    /// A claim of 1,000 that was paid, all of it or a part.
    pub(crate) fn settled(&mut self, approved: u64) -> ClaimId {
        let claim = self.in_review(INSURER);
        let award = award(&[nullifier(1)], &[approved]);
        let decision = if approved == 1_000 { approve(claim, award) } else { approve_part(claim, award) };
        self.act(&signing(INSURER), decision);
        self.pay(claim);
        claim
    }

    /// A paid claim of which the insurer wants an amount back.
    pub(crate) fn clawed(&mut self, amount: u64) -> ClaimId {
        let claim = self.settled(1_000);
        self.act(&signing(INSURER), clawback(claim, award(&[nullifier(1)], &[amount])));
        claim
    }

    /// The same, agreed to by the payee.
    pub(crate) fn paying_back(&mut self, amount: u64) -> (ClaimId, SettlementId) {
        let claim = self.clawed(amount);
        let tx = self.act(&signing(HKH), agree(claim, Capacity::Organisation));
        (claim, settlement_id_of(&tx))
    }

    /// An assignment of a case to the advance payer.
    pub(crate) fn assign(&mut self, n: u32, case: CaseId) -> AssignmentId {
        let assign = AssignBenefit { case, payer: ADVANCER, capacity: Capacity::Subject };
        let tx = self.cosigned(&subject_key(n), Action::AssignBenefit(assign), &[&signing(ADVANCER)]);
        assert_eq!(self.send(&tx), Ok(()));
        assignment_id_of(&tx.hash())
    }

    /// Lets time pass to an instant, and the sweeper work.
    pub(crate) fn at(&mut self, at: Millis) {
        self.time = at;
        self.run(&[]);
    }
}
