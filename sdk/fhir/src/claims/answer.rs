//! What became of a claim, and from it to an R4 ClaimResponse.

use assent_types::action::Action;
use assent_types::claim::{
    AcceptClaim, AdjReason, AdjReasons, ApproveClaim, ApprovePartial, Award, BillShare, Claim, ClaimStatus,
    DecisionMode, DenyClaim, RejectClaim, RejectReason,
};
use assent_types::ids::{GuaranteeId, PreauthId};
use assent_types::settlement::Settlement;
use assent_types::{ClaimId, Day, Hash32, List, Millis, Money, OrgId, Sp};

use super::model::{Adjudication, AnswerHead, ClaimResponse, Payment, ProcessingError, Total};
use crate::codes::{
    ADJUDICATION, ADJUDICATION_OWN, ADJUDICATION_REASON, CLAIM, CLAIM_TYPE, FUNDS_RESERVE, PAYMENT_SORT, REJECT_REASON,
};
use crate::datatypes::{Amount, OpenConcept, day_text, instant, reference_to, write_resource};
use crate::error::FhirError;
use crate::extensions::{code_value, money_value, own, own_parts, part, text_value};
use crate::mapping::Mapping;
use crate::model::{Concept, Extension};

/// How far the processing of a claim is (FHIR RemittanceOutcome).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// Filed, not yet acknowledged.
    Queued,
    /// Acknowledged or held, not decided; also while an appeal runs.
    Partial,
    /// Decided.
    Complete,
    /// Returned unprocessed.
    Error,
}

impl ClaimOutcome {
    /// FHIR's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Partial => "partial",
            Self::Complete => "complete",
            Self::Error => "error",
        }
    }
}

/// What a decision adds to its amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedClaim {
    /// How it was decided.
    pub mode: DecisionMode,
    /// What is approved of each bill.
    pub shares: Vec<BillShare>,
    /// Root over the salted outcomes of the lines.
    pub outcome_root: Hash32,
}

/// What was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidClaim {
    /// How much.
    pub amount: Money,
    /// Value date.
    pub day: Option<Day>,
    /// Whether it is all that was approved.
    pub complete: bool,
}

/// What an insurer says of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimAnswer {
    /// Which claim.
    pub claim: ClaimId,
    /// When it was said.
    pub created: Millis,
    /// Whose claim.
    pub subject: Sp,
    /// Who says it.
    pub insurer: OrgId,
    /// The provider, if the resource names it.
    pub provider: Option<OrgId>,
    /// How far it is.
    pub outcome: ClaimOutcome,
    /// Whether the claim was withdrawn.
    pub withdrawn: bool,
    /// What was billed.
    pub billed: Option<Money>,
    /// What is claimed of it.
    pub claimed: Option<Money>,
    /// What the subject bears.
    pub subject_share: Option<Money>,
    /// What is approved.
    pub approved: Option<Money>,
    /// The rest of what is claimed.
    pub disallowed: Option<Money>,
    /// Why the rest was disallowed.
    pub reasons: AdjReasons,
    /// How it was decided, if the resource says so.
    pub decision: Option<DecidedClaim>,
    /// Why it was not processed.
    pub rejected: Option<RejectReason>,
    /// The preauthorisation on which it rests.
    pub preauth: Option<PreauthId>,
    /// The guarantee that reserves funds for it.
    pub guarantee: Option<GuaranteeId>,
    /// What was paid, and not clawed back.
    pub paid: Option<PaidClaim>,
    /// The status on the ledger.
    pub status: Option<ClaimStatus>,
}

impl ClaimAnswer {
    /// What the ledger says of a claim; the settlement gives the value date.
    pub fn of(claim: &Claim, settlement: Option<&Settlement>) -> Self {
        let decision = claim.decision.as_ref();
        let amounts = &claim.terms.amounts;
        let day = settlement.filter(|settlement| settlement.claim == claim.id).and_then(|settlement| settlement.paid);
        let paid = (!claim.settled_net.is_zero()).then(|| PaidClaim {
            amount: claim.settled_net,
            day: day.map(|paid| paid.value_day),
            complete: claim.settled_net == claim.approved_total,
        });
        Self {
            claim: claim.id,
            created: decision.map_or(claim.submitted_at, |decision| decision.at),
            subject: claim.subject,
            insurer: claim.insurer,
            provider: Some(claim.provider),
            outcome: outcome(claim),
            withdrawn: claim.status == ClaimStatus::Withdrawn,
            billed: Some(amounts.billed),
            claimed: Some(amounts.claimed),
            subject_share: Some(amounts.subject_share),
            approved: decision.map(|decision| decision.approved),
            disallowed: decision.map(|decision| decision.disallowed),
            reasons: decision.map_or(AdjReasons::EMPTY, |decision| decision.reasons),
            decision: decision.map(|decision| DecidedClaim {
                mode: decision.mode,
                shares: decision.shares.to_vec(),
                outcome_root: decision.outcome_root,
            }),
            rejected: claim.rejected,
            preauth: claim.terms.preauth,
            guarantee: claim.terms.guarantee,
            paid,
            status: Some(claim.status),
        }
    }

    /// The act by which an insurer puts its answer on the ledger: acknowledgement, return, approval or denial.
    ///
    /// # Errors
    /// E713 where the ledger asks for more than the answer says; E711 for what is no act: an answer underway, a claim
    /// that was withdrawn.
    pub fn action(&self) -> Result<Action, FhirError> {
        let claim = self.claim;
        if self.withdrawn {
            return Err(FhirError::unsupported("ClaimResponse.status", "a claim is withdrawn by who filed it"));
        }
        match (self.outcome, self.rejected) {
            (ClaimOutcome::Queued, None) => Ok(Action::AcceptClaim(AcceptClaim { claim })),
            (ClaimOutcome::Error, Some(reason)) => Ok(Action::RejectClaim(RejectClaim { claim, reason })),
            (ClaimOutcome::Complete, None) => self.decide(),
            (ClaimOutcome::Error, None) => {
                Err(FhirError::missing("ClaimResponse.error", "say why the claim was not processed"))
            }
            _ => Err(FhirError::unsupported("ClaimResponse.outcome", "nothing is decided yet")),
        }
    }

    fn decide(&self) -> Result<Action, FhirError> {
        let missing = |element: &str| FhirError::missing(element, "the ledger asks for it");
        let approved = self.approved.ok_or_else(|| missing("ClaimResponse.total(benefit)"))?;
        let disallowed = self.disallowed.ok_or_else(|| missing("ClaimResponse.total(disallowed)"))?;
        let decided = self.decision.clone().ok_or_else(|| missing("ClaimResponse.extension(decision)"))?;
        let (claim, mode, outcome_root, reasons) = (self.claim, decided.mode, decided.outcome_root, self.reasons);
        if approved.is_zero() {
            return Ok(Action::DenyClaim(DenyClaim { claim, mode, reasons, outcome_root }));
        }
        let shares = List::new(decided.shares)
            .map_err(|error| FhirError::unsupported("ClaimResponse.extension(decision)", format!("shares: {error}")))?;
        let award = Award { approved, shares };
        Ok(if disallowed.is_zero() {
            Action::ApproveClaim(Box::new(ApproveClaim { claim, mode, award, outcome_root }))
        } else {
            Action::ApprovePartial(Box::new(ApprovePartial { claim, mode, award, reasons, outcome_root }))
        })
    }
}

fn outcome(claim: &Claim) -> ClaimOutcome {
    match claim.status {
        ClaimStatus::Submitted => ClaimOutcome::Queued,
        ClaimStatus::Rejected => ClaimOutcome::Error,
        ClaimStatus::DupHold
        | ClaimStatus::InReview
        | ClaimStatus::InfoRequested
        | ClaimStatus::ConsentHold
        | ClaimStatus::Appealed => ClaimOutcome::Partial,
        ClaimStatus::Withdrawn if claim.decision.is_none() => ClaimOutcome::Queued,
        _ => ClaimOutcome::Complete,
    }
}

/// Writes an answer as an R4 ClaimResponse (JSON) that [`super::answer_from_fhir`] reads back.
///
/// # Errors
/// E711 for instants and days that FHIR cannot write.
pub fn answer_to_fhir(answer: &ClaimAnswer, mapping: &Mapping) -> Result<String, FhirError> {
    write_resource(&response(answer, mapping)?, "ClaimResponse")
}

/// The elements of an answer.
pub(super) fn response(answer: &ClaimAnswer, mapping: &Mapping) -> Result<ClaimResponse, FhirError> {
    let totals = [
        total(ADJUDICATION, "submitted", answer.billed),
        total(ADJUDICATION, "eligible", answer.claimed),
        total(ADJUDICATION, "copay", answer.subject_share),
        total(ADJUDICATION, "benefit", answer.approved),
        total(ADJUDICATION_OWN, "disallowed", answer.disallowed),
    ];
    let error = |reason: RejectReason| ProcessingError { code: Concept::new(REJECT_REASON, reason.code()) };
    let head = AnswerHead {
        id: None,
        extension: extensions(answer),
        status: if answer.withdrawn { "cancelled" } else { "active" }.to_owned(),
        kind: OpenConcept::new(CLAIM_TYPE, "institutional"),
        use_code: "claim".to_owned(),
        patient: mapping.reference_to_subject(answer.subject, answer.insurer),
        created: instant(answer.created, "ClaimResponse.created")?,
        insurer: mapping.reference_to_organization(answer.insurer),
        outcome: answer.outcome.code().to_owned(),
        adjudication: answer.reasons.codes().map(adjudication).collect(),
        total: totals.into_iter().flatten().collect(),
        reserve: answer.guarantee.map(|_| OpenConcept::new(FUNDS_RESERVE, "provider")),
    };
    Ok(ClaimResponse {
        head,
        requestor: answer.provider.map(|provider| mapping.reference_to_organization(provider)),
        request: Some(reference_to(CLAIM, answer.claim)),
        preauth: answer.preauth.map(|preauth| preauth.to_string()),
        payment: answer.paid.map(payment).transpose()?,
        error: answer.rejected.into_iter().map(error).collect(),
    })
}

fn payment(paid: PaidClaim) -> Result<Payment, FhirError> {
    Ok(Payment {
        kind: OpenConcept::new(PAYMENT_SORT, if paid.complete { "complete" } else { "partial" }),
        date: paid.day.map(|day| day_text(day, "ClaimResponse.payment.date")).transpose()?,
        amount: Amount::of(paid.amount),
    })
}

fn extensions(answer: &ClaimAnswer) -> Vec<Extension> {
    let mut all = Vec::new();
    all.extend(answer.status.map(|status| own("claim-status", code_value(status.code()))));
    all.extend(answer.guarantee.map(|guarantee| own("guarantee", text_value(guarantee))));
    all.extend(answer.decision.as_ref().map(|decision| {
        let mut parts = decision_parts(decision.mode, decision.outcome_root);
        parts.extend(decision.shares.iter().map(|share| {
            let parts = vec![part("bill", text_value(share.bill)), part("amount", money_value(share.amount))];
            Extension::complex("share", parts)
        }));
        own_parts("decision", parts)
    }));
    all
}

/// How something was decided.
pub(super) fn decision_parts(mode: DecisionMode, outcome_root: Hash32) -> Vec<Extension> {
    let (mode, person) = match mode {
        DecisionMode::Human { adjudicator } => ("human", Some(adjudicator)),
        DecisionMode::Auto => ("auto", None),
        DecisionMode::AutoReviewed { reviewer } => ("auto-reviewed", Some(reviewer)),
    };
    let mut parts = vec![part("mode", code_value(mode))];
    parts.extend(person.map(|person| part("person", text_value(person))));
    parts.push(part("outcome-root", text_value(outcome_root)));
    parts
}

/// Why an amount was disallowed.
pub(super) fn adjudication(reason: AdjReason) -> Adjudication {
    Adjudication {
        category: OpenConcept::new(ADJUDICATION_OWN, "disallowed"),
        reason: Concept::new(ADJUDICATION_REASON, reason.code()),
    }
}

/// A sum of one category.
pub(super) fn total(system: &str, code: &str, amount: Option<Money>) -> Option<Total> {
    amount.map(|amount| Total { category: OpenConcept::new(system, code), amount: Amount::of(amount) })
}
