//! From an R4 ClaimResponse to what an insurer says of a claim.

use assent_types::claim::{AdjReason, AdjReasons, BillShare, DecisionMode, RejectReason};
use assent_types::ids::{GuaranteeId, PreauthId};
use assent_types::{BillNullifier, ClaimId, ErrorCode, Hash32, Money};

use super::answer::{ClaimAnswer, ClaimOutcome, DecidedClaim, PaidClaim};
use super::model::{Adjudication, ClaimResponse, Total};
use crate::codes::{
    ADJUDICATION, ADJUDICATION_OWN, ADJUDICATION_REASON, CLAIM, FUNDS_RESERVE, PAYMENT_SORT, REJECT_REASON,
};
use crate::datatypes::{OpenConcept, read_day, read_instant, read_resource};
use crate::error::FhirError;
use crate::extensions::{Extensions, Found, code, hash, money, text_code};
use crate::import::organization;
use crate::mapping::Mapping;

const ROOT: &str = "ClaimResponse";

/// Reads an R4 ClaimResponse, of this crate or of an insurer's system whose claims the mapping lists.
///
/// # Errors
/// E711 for what an answer on the ledger cannot say, E712 where the resource is not valid, E713 where an element, or an
/// entry of the mapping, is missing; E701 to E703 for amounts, E704 for a claim that is not the sum of what is approved
/// and disallowed; each with the element's path.
pub fn answer_from_fhir(json: &str, mapping: &Mapping) -> Result<ClaimAnswer, FhirError> {
    answer_of(&read_resource(json, ROOT)?, mapping)
}

/// What the elements of an answer say.
pub(super) fn answer_of(resource: &ClaimResponse, mapping: &Mapping) -> Result<ClaimAnswer, FhirError> {
    let withdrawn = resource.head.is_cancelled("claim")?;
    let insurer = organization(&resource.head.insurer, "ClaimResponse.insurer", mapping)?;
    let request = resource.request.as_ref();
    let request = request.ok_or_else(|| FhirError::missing("ClaimResponse.request", "name the claim"))?;
    let mut extensions = Extensions::of(&resource.head.extension, ROOT);
    let status = extensions.optional("claim-status")?.map(|found| code(&found)).transpose()?;
    let guarantee = extensions.optional("guarantee")?.map(|found| hash(&found).map(GuaranteeId)).transpose()?;
    let decision = extensions.optional("decision")?.map(|found| decision(&found)).transpose()?;
    extensions.finish()?;
    let totals = Totals::read(&resource.head.total)?;
    let provider = resource.requestor.as_ref();
    let answer = ClaimAnswer {
        claim: ClaimId(mapping.object(request, CLAIM, "ClaimResponse.request")?),
        created: read_instant(&resource.head.created, mapping.offset_minutes(), "ClaimResponse.created")?,
        subject: mapping.patient(&resource.head.patient, insurer, "ClaimResponse.patient")?,
        insurer,
        provider: provider.map(|of| organization(of, "ClaimResponse.requestor", mapping)).transpose()?,
        outcome: outcome(&resource.head.outcome)?,
        withdrawn,
        billed: totals.submitted,
        claimed: totals.eligible,
        subject_share: totals.copay,
        approved: totals.benefit,
        disallowed: totals.disallowed,
        reasons: reasons(&resource.head.adjudication)?,
        decision,
        rejected: rejected(resource)?,
        preauth: preauth(resource)?,
        guarantee,
        paid: paid(resource)?,
        status,
    };
    reserved(resource.head.reserve.as_ref(), answer.guarantee.is_some())?;
    Ok(answer)
}

pub(super) fn outcome(code: &str) -> Result<ClaimOutcome, FhirError> {
    match code {
        "queued" => Ok(ClaimOutcome::Queued),
        "partial" => Ok(ClaimOutcome::Partial),
        "complete" => Ok(ClaimOutcome::Complete),
        "error" => Ok(ClaimOutcome::Error),
        _ => Err(FhirError::invalid("ClaimResponse.outcome", "neither queued, partial, complete nor error")),
    }
}

#[derive(Default)]
pub(super) struct Totals {
    pub(super) submitted: Option<Money>,
    pub(super) eligible: Option<Money>,
    pub(super) copay: Option<Money>,
    pub(super) benefit: Option<Money>,
    pub(super) disallowed: Option<Money>,
}

impl Totals {
    pub(super) fn read(list: &[Total]) -> Result<Self, FhirError> {
        let mut totals = Self::default();
        for (index, total) in list.iter().enumerate() {
            let path = format!("ClaimResponse.total[{index}]");
            let category = format!("{path}.category");
            let is_own =
                total.category.coding.first().and_then(|coding| coding.system.as_deref()) == Some(ADJUDICATION_OWN);
            let system = if is_own { ADJUDICATION_OWN } else { ADJUDICATION };
            let slot = match (is_own, total.category.code(system, &category)?) {
                (false, "submitted") => &mut totals.submitted,
                (false, "eligible") => &mut totals.eligible,
                (false, "copay") => &mut totals.copay,
                (false, "benefit") => &mut totals.benefit,
                (true, "disallowed") => &mut totals.disallowed,
                _ => return Err(FhirError::unsupported(category, "the ledger keeps no sum of this category")),
            };
            if slot.replace(total.amount.read(&format!("{path}.amount"))?).is_some() {
                return Err(FhirError::invalid(category, "given twice"));
            }
        }
        totals.check()?;
        Ok(totals)
    }

    /// What is claimed is approved or disallowed, to the last cent.
    fn check(&self) -> Result<(), FhirError> {
        let (Some(eligible), Some(benefit), Some(disallowed)) = (self.eligible, self.benefit, self.disallowed) else {
            return Ok(());
        };
        if benefit.plus(disallowed) == Ok(eligible) {
            return Ok(());
        }
        let problem = "approved and disallowed are not what is claimed".to_owned();
        Err(FhirError { code: ErrorCode::Unbalanced, path: "ClaimResponse.total".to_owned(), problem })
    }
}

pub(super) fn reasons(list: &[Adjudication]) -> Result<AdjReasons, FhirError> {
    let mut reasons = AdjReasons::EMPTY;
    for (index, adjudication) in list.iter().enumerate() {
        let path = format!("ClaimResponse.adjudication[{index}]");
        let category = format!("{path}.category");
        if adjudication.category.code(ADJUDICATION_OWN, &category)? != "disallowed" {
            return Err(FhirError::unsupported(category, "only reasons of what was disallowed are kept"));
        }
        let coding = adjudication.reason.coding();
        let reason = (coding.system == ADJUDICATION_REASON).then(|| AdjReason::from_code(&coding.code)).flatten();
        reasons = reasons.with(reason.ok_or_else(|| {
            FhirError::unsupported(format!("{path}.reason"), format!("{} is no reason of the ledger", coding.token()))
        })?);
    }
    Ok(reasons)
}

fn rejected(resource: &ClaimResponse) -> Result<Option<RejectReason>, FhirError> {
    let error = match resource.error.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(FhirError::unsupported("ClaimResponse.error[1]", "a claim is returned for one reason")),
    };
    let coding = error.code.coding();
    let reason = (coding.system == REJECT_REASON).then(|| RejectReason::from_code(&coding.code)).flatten();
    reason.map(Some).ok_or_else(|| {
        FhirError::unsupported("ClaimResponse.error[0].code", format!("{} is no reason of the ledger", coding.token()))
    })
}

fn preauth(resource: &ClaimResponse) -> Result<Option<PreauthId>, FhirError> {
    let problem = "not the identifier of a preauthorisation on the ledger";
    let read = |text: &String| {
        text.parse().map(PreauthId).map_err(|_| FhirError::unsupported("ClaimResponse.preAuthRef", problem))
    };
    resource.preauth.as_ref().map(read).transpose()
}

fn paid(resource: &ClaimResponse) -> Result<Option<PaidClaim>, FhirError> {
    let Some(payment) = &resource.payment else { return Ok(None) };
    let complete = match payment.kind.code(PAYMENT_SORT, "ClaimResponse.payment.type")? {
        "complete" => true,
        "partial" => false,
        _ => return Err(FhirError::unsupported("ClaimResponse.payment.type", "neither complete nor partial")),
    };
    Ok(Some(PaidClaim {
        amount: payment.amount.read("ClaimResponse.payment.amount")?,
        day: payment.date.as_ref().map(|date| read_day(date, "ClaimResponse.payment.date")).transpose()?,
        complete,
    }))
}

/// Funds are reserved exactly by a guarantee, for the provider that accepts it.
pub(super) fn reserved(reserve: Option<&OpenConcept>, guaranteed: bool) -> Result<(), FhirError> {
    let path = "ClaimResponse.fundsReserve";
    match (reserve, guaranteed) {
        (None, false) => Ok(()),
        (Some(reserve), true) if reserve.code(FUNDS_RESERVE, path)? == "provider" => Ok(()),
        (Some(_), true) => Err(FhirError::unsupported(path, "a guarantee is given to the provider of the case")),
        _ => Err(FhirError::missing(path, "funds are reserved by a guarantee; name both or none")),
    }
}

pub(super) fn decision(found: &Found<'_>) -> Result<DecidedClaim, FhirError> {
    let mut parts = Extensions::parts(found);
    let kind = parts.required("mode")?;
    let person: Option<Hash32> = parts.optional("person")?.map(|found| hash(&found)).transpose()?;
    let mode = match (text_code(&kind)?, person) {
        ("human", Some(adjudicator)) => DecisionMode::Human { adjudicator },
        ("auto", None) => DecisionMode::Auto,
        ("auto-reviewed", Some(reviewer)) => DecisionMode::AutoReviewed { reviewer },
        _ => return Err(FhirError::invalid(kind.0, "expected auto alone, or human or auto-reviewed with a person")),
    };
    let outcome_root = hash(&parts.required("outcome-root")?)?;
    let mut shares = Vec::new();
    for found in parts.many("share") {
        let mut parts = Extensions::parts(&found);
        shares.push(BillShare {
            bill: BillNullifier(hash(&parts.required("bill")?)?),
            amount: money(&parts.required("amount")?)?,
        });
        parts.finish()?;
    }
    parts.finish()?;
    Ok(DecidedClaim { mode, shares, outcome_root })
}
