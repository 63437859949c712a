//! Eligibility, preauthorisations and guarantees of the small world.

use assent_types::action::Action;
use assent_types::case::{Capability, CaseOps, OpenCase, case_id_of};
use assent_types::claim::*;
use assent_types::consent::{Categories, Category};
use assent_types::eligibility::*;
use assent_types::guarantee::*;
use assent_types::preauth::*;
use assent_types::tx::Transaction;
use assent_types::*;

use super::claims::*;
use super::{DAY_MS, HKH, INSURER, REGULATOR, START, SZH, World, claim_terms, signing, subject_key};
use crate::runtime::state;

/// A case under which the provider may do everything, up to 1,000,000.
pub(crate) fn full_case(n: u32, insurer: OrgId) -> OpenCase {
    let capability = Some(Capability { ops: CaseOps::all(), cap: hkd(1_000_000) });
    OpenCase { capability, ..open_case(n, insurer) }
}

pub(crate) fn check_action(case: CaseId) -> Action {
    Action::CheckEligibility(CheckEligibility {
        case,
        kind: EligibilityKind::Verification,
        purposes: EligibilityPurposes::of(&[EligibilityPurpose::Benefits]),
        service: MONTH,
    })
}

pub(crate) fn eligible(eligibility: EligibilityId, valid_to: Millis) -> Action {
    Action::AnswerEligible(AnswerEligible { eligibility, band: BenefitBand::High, valid_to })
}

/// A request of this amount for services of this month, without documents.
pub(crate) fn preauth_terms(amount: u64) -> PreauthTerms {
    PreauthTerms {
        priority: PreauthPriority::Normal,
        service: ServicePeriod { first: MONTH, last: MONTH, day_commit: Hash32([0xda; 32]) },
        codes: Set::new([CodeRef { system: 1, version: 1 }]).unwrap(),
        item_root: Hash32([0x12; 32]),
        item_count: 1,
        amount: hkd(amount),
        attachments: Set::default(),
    }
}

pub(crate) fn request_action(case: CaseId, terms: PreauthTerms, prior: Option<PreauthId>) -> Action {
    Action::RequestPreauth(Box::new(RequestPreauth { case, terms, prior }))
}

pub(crate) fn pend_action(preauth: PreauthId) -> Action {
    let asked = Categories::of(&[Category::Diagnosis]);
    Action::PendPreauth(PendPreauth { preauth, asked })
}

pub(crate) fn supply_action(preauth: PreauthId, documents: &[AnchorId]) -> Action {
    let attachments = Set::new(documents.iter().copied()).unwrap();
    Action::SupplyPreauthInfo(Box::new(SupplyPreauthInfo { preauth, attachments }))
}

/// Sixty days from the first block on.
pub(crate) fn validity() -> Validity {
    Validity { from: START, to: START.plus(60 * DAY_MS) }
}

pub(crate) fn approve_preauth(preauth: PreauthId, amount: u64) -> Action {
    Action::ApprovePreauth(Box::new(ApprovePreauth {
        preauth,
        mode: HUMAN,
        approved: hkd(amount),
        validity: validity(),
        outcome_root: Hash32([2; 32]),
    }))
}

pub(crate) fn approve_preauth_part(preauth: PreauthId, amount: u64) -> Action {
    Action::ApprovePreauthPartial(Box::new(ApprovePreauthPartial {
        preauth,
        mode: HUMAN,
        approved: hkd(amount),
        reasons: AdjReasons::of(&[AdjReason::OverCap]),
        validity: validity(),
        outcome_root: Hash32([2; 32]),
    }))
}

pub(crate) fn deny_preauth(preauth: PreauthId) -> Action {
    let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::NotNecessary]), Hash32([2; 32]));
    Action::DenyPreauth(DenyPreauth { preauth, mode: HUMAN, reasons, outcome_root })
}

pub(crate) fn amend_action(preauth: PreauthId, version: u32, terms: PreauthTerms) -> Action {
    Action::AmendPreauth(Box::new(AmendPreauth { preauth, version, terms }))
}

pub(crate) fn cancel_preauth(preauth: PreauthId, capacity: Capacity) -> Action {
    Action::CancelPreauth(CancelPreauth { preauth, capacity })
}

pub(crate) fn replace_action(preauth: PreauthId, child: PreauthId) -> Action {
    Action::ReplacePreauth(ReplacePreauth { preauth, child })
}

pub(crate) fn void_action(preauth: PreauthId) -> Action {
    let (reason, notice) = (VoidReason::CoverageTerminated, Hash32([3; 32]));
    Action::VoidPreauth(VoidPreauth { preauth, reason, notice })
}

/// An offer of thirty days.
pub(crate) fn offer_action(case: CaseId, preauth: Option<PreauthId>, amount: u64) -> Action {
    Action::OfferGuarantee(OfferGuarantee { case, preauth, amount: hkd(amount), exp: START.plus(30 * DAY_MS) })
}

pub(crate) fn accept_guarantee(guarantee: GuaranteeId) -> Action {
    Action::AcceptGuarantee(AcceptGuarantee { guarantee })
}

pub(crate) fn decline_action(guarantee: GuaranteeId) -> Action {
    Action::DeclineGuarantee(DeclineGuarantee { guarantee })
}

pub(crate) fn discharge_action(guarantee: GuaranteeId) -> Action {
    let ground = CancelGround::Discharged { evidence: Hash32([4; 32]) };
    Action::CancelGuarantee(CancelGuarantee { guarantee, ground })
}

pub(crate) fn order_cancel(guarantee: GuaranteeId) -> Action {
    Action::OrderCancelGuarantee(OrderCancelGuarantee { guarantee, order: Hash32([5; 32]) })
}

/// The buckets as numbers: remaining, reserved, consumed, lapsed.
pub(crate) fn amounts(preauth: &Preauth) -> [u64; 4] {
    let buckets = &preauth.buckets;
    [buckets.remaining, buckets.reserved, buckets.consumed, buckets.lapsed].map(|money| money.minor)
}

impl World {
    /// A case of the subject under which the provider may do everything.
    pub(crate) fn full_case(&mut self, n: u32, insurer: OrgId) -> CaseId {
        case_id_of(&self.act(&subject_key(n), Action::OpenCase(Box::new(full_case(n, insurer)))))
    }

    /// A question that the provider asked.
    pub(crate) fn asked(&mut self, case: CaseId) -> EligibilityId {
        eligibility_id_of(&self.act(&signing(HKH), check_action(case)))
    }

    /// A request of the provider.
    pub(crate) fn requested(&mut self, case: CaseId, amount: u64) -> PreauthId {
        preauth_id_of(&self.act(&signing(HKH), request_action(case, preauth_terms(amount), None)))
    }

    /// A preauthorisation of all that was asked for.
    pub(crate) fn authorised(&mut self, case: CaseId, amount: u64) -> PreauthId {
        let preauth = self.requested(case, amount);
        self.act(&signing(INSURER), approve_preauth(preauth, amount));
        preauth
    }

    /// An approved preauthorisation that is meant to replace another.
    pub(crate) fn successor(&mut self, case: CaseId, amount: u64, prior: PreauthId) -> PreauthId {
        let request = request_action(case, preauth_terms(amount), Some(prior));
        let child = preauth_id_of(&self.act(&signing(HKH), request));
        self.act(&signing(INSURER), approve_preauth(child, amount));
        child
    }

    /// A guarantee that the insurer offered.
    pub(crate) fn offered(&mut self, case: CaseId, preauth: Option<PreauthId>, amount: u64) -> GuaranteeId {
        guarantee_id_of(&self.act(&signing(INSURER), offer_action(case, preauth, amount)))
    }

    /// A guarantee that the provider accepted.
    pub(crate) fn guaranteed(&mut self, case: CaseId, preauth: Option<PreauthId>, amount: u64) -> GuaranteeId {
        let guarantee = self.offered(case, preauth, amount);
        self.act(&signing(HKH), accept_guarantee(guarantee));
        guarantee
    }

    /// A claim on a new bill of this amount under preauthorisation and guarantee, in review.
    pub(crate) fn claimed(
        &mut self,
        case: CaseId,
        bill: u32,
        amount: u64,
        preauth: Option<PreauthId>,
        guarantee: Option<GuaranteeId>,
    ) -> ClaimId {
        self.bill(bill, amount);
        let claim = self.file(ClaimTerms { preauth, guarantee, ..claim_terms_of(case, &[bill], hkd(amount)) });
        self.act(&signing(INSURER), accept(claim));
        claim
    }

    pub(crate) fn eligibility(&self, id: EligibilityId) -> Eligibility {
        (*state::eligibility(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn preauth(&self, id: PreauthId) -> Preauth {
        (*state::preauth(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn guarantee(&self, id: GuaranteeId) -> Guarantee {
        (*state::guarantee(&self.state, id).unwrap().unwrap()).clone()
    }
}

/// A world and what fires this row of eligibility, preauthorisations or guarantees: a transaction, or time that has
/// passed.
pub(crate) fn firing_preauths(id: &str) -> (World, Vec<Transaction>) {
    let mut world = World::with_subjects(1);
    let case = world.full_case(1, INSURER);
    match &id[..2] {
        "EL" => firing_eligibility(world, case, id),
        "PA" => firing_preauth(world, case, id),
        _ => firing_guarantee(world, case, id),
    }
}

fn firing_eligibility(mut world: World, case: CaseId, id: &str) -> (World, Vec<Transaction>) {
    if id == "EL-01" {
        let tx = world.tx(&signing(HKH), check_action(case));
        return (world, vec![tx]);
    }
    let eligibility = world.asked(case);
    let yes = eligible(eligibility, world.time.plus(DAY_MS / 2));
    let action = match id {
        "EL-02" => yes,
        "EL-03" => {
            let reason = IneligibleReason::WaitingPeriod;
            Action::AnswerNotEligible(AnswerNotEligible { eligibility, reason })
        }
        "EL-04" => Action::AnswerError(AnswerError { eligibility, error: EligibilityError::NotFound }),
        _ => {
            if id == "EL-06" {
                world.act(&signing(INSURER), yes);
            }
            world.time = world.time.plus(DAY_MS);
            return (world, Vec::new());
        }
    };
    let tx = world.tx(&signing(INSURER), action);
    (world, vec![tx])
}

fn firing_preauth(mut world: World, case: CaseId, id: &str) -> (World, Vec<Transaction>) {
    let (provider, insurer) = (signing(HKH), signing(INSURER));
    let tx = match id {
        "PA-01" => world.tx(&provider, request_action(case, preauth_terms(1_000), None)),
        "PA-02" | "PA-04" | "PA-05" | "PA-06" | "PA-07" | "PA-10" => {
            let preauth = world.requested(case, 1_000);
            match id {
                "PA-02" => world.tx(&insurer, pend_action(preauth)),
                "PA-04" => world.tx(&insurer, approve_preauth(preauth, 1_000)),
                "PA-05" => world.tx(&insurer, approve_preauth_part(preauth, 700)),
                "PA-06" => world.tx(&insurer, deny_preauth(preauth)),
                "PA-07" => world.tx(&provider, amend_action(preauth, 2, preauth_terms(900))),
                _ => {
                    world.time = world.time.plus(4 * DAY_MS);
                    return (world, Vec::new());
                }
            }
        }
        "PA-03" | "PA-11" => {
            let document = world.document(1);
            world.grant(1, claim_terms(1, SZH));
            let preauth = world.requested(case, 1_000);
            world.act(&insurer, pend_action(preauth));
            if id == "PA-11" {
                world.time = world.time.plus(6 * DAY_MS);
                return (world, Vec::new());
            }
            world.tx(&provider, supply_action(preauth, &[document]))
        }
        _ => {
            let preauth = world.authorised(case, 1_000);
            match id {
                "PA-08" => world.tx(&provider, cancel_preauth(preauth, Capacity::Organisation)),
                "PA-09" => {
                    let child = world.successor(case, 1_500, preauth);
                    world.tx(&insurer, replace_action(preauth, child))
                }
                "PA-12" => {
                    world.time = world.time.plus(70 * DAY_MS);
                    return (world, Vec::new());
                }
                "PA-13" => {
                    let claim = world.claimed(case, 1, 1_000, Some(preauth), None);
                    world.tx(&insurer, approve(claim, award(&[nullifier(1)], &[1_000])))
                }
                "PA-14" => world.tx(&insurer, void_action(preauth)),
                other => panic!("no transaction for {other}"),
            }
        }
    };
    (world, vec![tx])
}

fn firing_guarantee(mut world: World, case: CaseId, id: &str) -> (World, Vec<Transaction>) {
    let (provider, insurer) = (signing(HKH), signing(INSURER));
    let preauth = world.authorised(case, 1_000);
    let tx = match id {
        "GP-01" => world.tx(&insurer, offer_action(case, Some(preauth), 800)),
        "GP-02" | "GP-03" | "GP-04" => {
            let guarantee = world.offered(case, Some(preauth), 800);
            match id {
                "GP-02" => world.tx(&provider, accept_guarantee(guarantee)),
                "GP-03" => world.tx(&provider, decline_action(guarantee)),
                _ => {
                    world.time = world.time.plus(2 * DAY_MS);
                    return (world, Vec::new());
                }
            }
        }
        _ => {
            let guarantee = world.guaranteed(case, Some(preauth), 800);
            match id {
                "GP-08" => {
                    world.bill(1, 500);
                    let terms = claim_terms_of(case, &[1], hkd(500));
                    let terms = ClaimTerms { preauth: Some(preauth), guarantee: Some(guarantee), ..terms };
                    world.tx(&provider, submit(terms, Capacity::Organisation))
                }
                "GP-09" => {
                    let terms = claim_terms_of(case, &[1], hkd(500));
                    world.bill(1, 500);
                    let terms = ClaimTerms { preauth: Some(preauth), guarantee: Some(guarantee), ..terms };
                    let claim = world.file(terms);
                    let reason = RejectReason::Unprocessable;
                    world.tx(&insurer, Action::RejectClaim(RejectClaim { claim, reason }))
                }
                "GP-10" => world.tx(&provider, discharge_action(guarantee)),
                "GP-11" => world.tx(&signing(REGULATOR), order_cancel(guarantee)),
                "GP-12" => {
                    world.time = world.time.plus(61 * DAY_MS);
                    return (world, Vec::new());
                }
                other => panic!("no transaction for {other}"),
            }
        }
    };
    (world, vec![tx])
}
