//! What became of a preauthorisation, as an R4 ClaimResponse with use `preauthorization`, and back.

use assent_types::action::Action;
use assent_types::claim::{AdjReasons, DecisionMode};
use assent_types::consent::{Categories, Category};
use assent_types::preauth::{
    ApprovePreauth, ApprovePreauthPartial, DenyPreauth, PendPreauth, Preauth, PreauthStatus, Validity,
};
use assent_types::{GuaranteeId, Hash32, Millis, Money, OrgId, PreauthId, Sp};

use super::answer::{ClaimOutcome, adjudication, decision_parts, total};
use super::answer_read::{Totals, decision, outcome, reasons, reserved};
use super::model::{AnswerHead, PreauthResponse};
use crate::codes::{ADJUDICATION, ADJUDICATION_OWN, CLAIM_TYPE, FUNDS_RESERVE, PREAUTH};
use crate::datatypes::{OpenConcept, instant, read_instant, read_resource, reference_to, write_resource};
use crate::date::interval;
use crate::error::FhirError;
use crate::extensions::{Extensions, code, code_value, hash, own, own_parts, text_value};
use crate::import::organization;
use crate::mapping::Mapping;
use crate::model::Period;

const ROOT: &str = "ClaimResponse";

/// How a preauthorisation was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecidedPreauth {
    /// How.
    pub mode: DecisionMode,
    /// Root over the salted outcomes of the items.
    pub outcome_root: Hash32,
}

/// What an insurer says of a preauthorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreauthAnswer {
    /// Of which.
    pub preauth: PreauthId,
    /// When it was said.
    pub created: Millis,
    /// For whom.
    pub subject: Sp,
    /// Who says it.
    pub insurer: OrgId,
    /// The provider, if the resource names it.
    pub provider: Option<OrgId>,
    /// How far it is: `queued` once asked for, `partial` while information is awaited, `complete` once decided.
    pub outcome: ClaimOutcome,
    /// Whether it was cancelled or voided.
    pub cancelled: bool,
    /// What was asked for.
    pub requested: Option<Money>,
    /// What is approved of it.
    pub approved: Option<Money>,
    /// The rest of it.
    pub disallowed: Option<Money>,
    /// Why the rest was not approved.
    pub reasons: AdjReasons,
    /// How it was decided, if the resource says so.
    pub decision: Option<DecidedPreauth>,
    /// For which services it holds.
    pub validity: Option<Validity>,
    /// Categories of the documents that are awaited.
    pub asked: Categories,
    /// Guarantees of payment that set something of it aside.
    pub guarantees: Vec<GuaranteeId>,
    /// The status on the ledger.
    pub status: Option<PreauthStatus>,
}

impl PreauthAnswer {
    /// What the ledger says of a preauthorisation.
    pub fn of(preauth: &Preauth) -> Self {
        let decided = preauth.decision.as_ref();
        let requested = preauth.terms.amount;
        Self {
            preauth: preauth.id,
            created: decided.map_or(preauth.requested_at, |decision| decision.at),
            subject: preauth.subject,
            insurer: preauth.insurer,
            provider: Some(preauth.provider),
            outcome: match (preauth.status, decided) {
                (PreauthStatus::Pended, _) => ClaimOutcome::Partial,
                (_, Some(_)) => ClaimOutcome::Complete,
                (_, None) => ClaimOutcome::Queued,
            },
            cancelled: matches!(preauth.status, PreauthStatus::Cancelled | PreauthStatus::Voided),
            requested: Some(requested),
            approved: decided.map(|_| preauth.approved),
            // Nobody approves more than was asked for.
            disallowed: decided.and_then(|_| requested.minus(preauth.approved).ok()),
            reasons: decided.map_or(AdjReasons::EMPTY, |decision| decision.reasons),
            decision: decided
                .map(|decision| DecidedPreauth { mode: decision.mode, outcome_root: decision.outcome_root }),
            validity: preauth.validity(),
            asked: if preauth.status == PreauthStatus::Pended { preauth.asked } else { Categories::EMPTY },
            guarantees: preauth.guarantees.to_vec(),
            status: Some(preauth.status),
        }
    }

    /// The act by which an insurer puts its answer on the ledger: it asks for information (PA-02), approves all or a part,
    /// or denies (PA-04 to PA-06).
    ///
    /// # Errors
    /// E713 where the ledger asks for more than the answer says; E711 for what is no act: one that is only queued, or that
    /// was cancelled or voided.
    pub fn action(&self) -> Result<Action, FhirError> {
        let preauth = self.preauth;
        let missing = |element: &str| FhirError::missing(element, "the ledger asks for it");
        match self.outcome {
            _ if self.cancelled => {
                Err(FhirError::unsupported("ClaimResponse.status", "nothing is answered by a cancellation"))
            }
            ClaimOutcome::Partial if self.asked.is_empty() => Err(missing("ClaimResponse.extension(asked-category)")),
            ClaimOutcome::Partial => Ok(Action::PendPreauth(PendPreauth { preauth, asked: self.asked })),
            ClaimOutcome::Complete => self.decide(),
            ClaimOutcome::Queued | ClaimOutcome::Error => {
                Err(FhirError::unsupported("ClaimResponse.outcome", "nothing is decided yet"))
            }
        }
    }

    fn decide(&self) -> Result<Action, FhirError> {
        let missing = |element: &str| FhirError::missing(element, "the ledger asks for it");
        let (preauth, reasons) = (self.preauth, self.reasons);
        let approved = self.approved.ok_or_else(|| missing("ClaimResponse.total(benefit)"))?;
        let disallowed = self.disallowed.ok_or_else(|| missing("ClaimResponse.total(disallowed)"))?;
        let DecidedPreauth { mode, outcome_root } =
            self.decision.ok_or_else(|| missing("ClaimResponse.extension(decision)"))?;
        if approved.is_zero() {
            return Ok(Action::DenyPreauth(DenyPreauth { preauth, mode, reasons, outcome_root }));
        }
        let validity = self.validity.ok_or_else(|| missing("ClaimResponse.preAuthPeriod"))?;
        Ok(if disallowed.is_zero() {
            Action::ApprovePreauth(Box::new(ApprovePreauth { preauth, mode, approved, validity, outcome_root }))
        } else {
            let part = ApprovePreauthPartial { preauth, mode, approved, reasons, validity, outcome_root };
            Action::ApprovePreauthPartial(Box::new(part))
        })
    }
}

/// Writes an answer as an R4 ClaimResponse (JSON) that [`preauth_answer_from_fhir`] reads back.
///
/// # Errors
/// E711 for instants that FHIR cannot write.
pub fn preauth_answer_to_fhir(answer: &PreauthAnswer, mapping: &Mapping) -> Result<String, FhirError> {
    let mut extension = Vec::new();
    extension.extend(answer.status.map(|status| own("preauthorisation-status", code_value(status.code()))));
    extension.extend(answer.asked.codes().map(|category: Category| own("asked-category", code_value(category.code()))));
    extension.extend(answer.guarantees.iter().map(|guarantee| own("guarantee", text_value(guarantee))));
    let parts = |decided: DecidedPreauth| own_parts("decision", decision_parts(decided.mode, decided.outcome_root));
    extension.extend(answer.decision.map(parts));
    let totals = [
        total(ADJUDICATION, "eligible", answer.requested),
        total(ADJUDICATION, "benefit", answer.approved),
        total(ADJUDICATION_OWN, "disallowed", answer.disallowed),
    ];
    let head = AnswerHead {
        id: None,
        extension,
        status: if answer.cancelled { "cancelled" } else { "active" }.to_owned(),
        kind: OpenConcept::new(CLAIM_TYPE, "institutional"),
        use_code: "preauthorization".to_owned(),
        patient: mapping.reference_to_subject(answer.subject, answer.insurer),
        created: instant(answer.created, "ClaimResponse.created")?,
        insurer: mapping.reference_to_organization(answer.insurer),
        outcome: answer.outcome.code().to_owned(),
        adjudication: answer.reasons.codes().map(adjudication).collect(),
        total: totals.into_iter().flatten().collect(),
        reserve: (!answer.guarantees.is_empty()).then(|| OpenConcept::new(FUNDS_RESERVE, "provider")),
    };
    let resource = PreauthResponse {
        head,
        requestor: answer.provider.map(|provider| mapping.reference_to_organization(provider)),
        request: reference_to(PREAUTH, answer.preauth),
        reference: answer.validity.map(|_| answer.preauth.to_string()),
        period: answer.validity.map(period).transpose()?,
    };
    write_resource(&resource, ROOT)
}

/// FHIR's ends belong to the period, the ledger's do not.
fn period(validity: Validity) -> Result<Period, FhirError> {
    let path = "ClaimResponse.preAuthPeriod.end";
    let last = validity.to.0.checked_sub(1).map(Millis);
    let last = last.ok_or_else(|| FhirError::unsupported(path, "ends before it begins"))?;
    let start = instant(validity.from, "ClaimResponse.preAuthPeriod.start")?;
    Ok(Period { start: Some(start), end: Some(instant(last, path)?) })
}

/// Reads an R4 ClaimResponse with use `preauthorization`, of this crate or of an insurer's system whose requests the
/// mapping lists.
///
/// # Errors
/// E711 for what an answer on the ledger cannot say, E712 where the resource is not valid, E713 where an element, or an
/// entry of the mapping, is missing; E701 to E704 for amounts; each with the element's path.
pub fn preauth_answer_from_fhir(json: &str, mapping: &Mapping) -> Result<PreauthAnswer, FhirError> {
    let resource: PreauthResponse = read_resource(json, ROOT)?;
    let cancelled = resource.head.is_cancelled("preauthorization")?;
    let insurer = organization(&resource.head.insurer, "ClaimResponse.insurer", mapping)?;
    let mut extensions = Extensions::of(&resource.head.extension, ROOT);
    let status = extensions.optional("preauthorisation-status")?.map(|found| code(&found)).transpose()?;
    let mut asked = Categories::EMPTY;
    for found in extensions.many("asked-category") {
        asked = asked.with(code(&found)?);
    }
    let guarantees = extensions.many("guarantee");
    let guarantees = guarantees.iter().map(|found| hash(found).map(GuaranteeId)).collect::<Result<Vec<_>, _>>()?;
    let decided = extensions.optional("decision")?.map(|found| decision(&found)).transpose()?;
    extensions.finish()?;
    if decided.as_ref().is_some_and(|decided| !decided.shares.is_empty()) {
        let problem = "a preauthorisation has no bills to share";
        return Err(FhirError::unsupported("ClaimResponse.extension(decision)", problem));
    }
    let totals = Totals::read(&resource.head.total)?;
    if totals.submitted.is_some() || totals.copay.is_some() {
        let problem = "a preauthorisation knows what is asked for, approved and disallowed";
        return Err(FhirError::unsupported("ClaimResponse.total", problem));
    }
    let preauth = PreauthId(mapping.object(&resource.request, PREAUTH, "ClaimResponse.request")?);
    let answer = PreauthAnswer {
        preauth,
        created: read_instant(&resource.head.created, mapping.offset_minutes(), "ClaimResponse.created")?,
        subject: mapping.patient(&resource.head.patient, insurer, "ClaimResponse.patient")?,
        insurer,
        provider: resource
            .requestor
            .as_ref()
            .map(|of| organization(of, "ClaimResponse.requestor", mapping))
            .transpose()?,
        outcome: outcome(&resource.head.outcome)?,
        cancelled,
        requested: totals.eligible,
        approved: totals.benefit,
        disallowed: totals.disallowed,
        reasons: reasons(&resource.head.adjudication)?,
        decision: decided.map(|decided| DecidedPreauth { mode: decided.mode, outcome_root: decided.outcome_root }),
        validity: resource.period.as_ref().map(|period| validity(period, mapping)).transpose()?,
        asked,
        guarantees,
        status,
    };
    agreeing(&resource, &answer)?;
    Ok(answer)
}

fn validity(period: &Period, mapping: &Mapping) -> Result<Validity, FhirError> {
    let end = |text: &Option<String>, name: &str| {
        let path = format!("ClaimResponse.preAuthPeriod.{name}");
        let text = text.as_ref().ok_or_else(|| FhirError::missing(path.as_str(), "give both ends"))?;
        let interval = interval(text, mapping.offset_minutes(), &path)?;
        let at = if name == "start" { interval.start_ms } else { interval.end_ms };
        u64::try_from(at).map(Millis).map_err(|_| FhirError::unsupported(path, "lies before 1970"))
    };
    let (from, to) = (end(&period.start, "start")?, end(&period.end, "end")?);
    if to <= from {
        return Err(FhirError::invalid("ClaimResponse.preAuthPeriod", "the end lies before the start"));
    }
    Ok(Validity { from, to })
}

/// The number under which it is approved is its identifier and comes with a period, and funds are reserved exactly by
/// guarantees.
fn agreeing(resource: &PreauthResponse, answer: &PreauthAnswer) -> Result<(), FhirError> {
    let number = answer.preauth.to_string();
    if resource.reference.as_ref().is_some_and(|reference| *reference != number) {
        let problem = "on the ledger it is the identifier of the preauthorisation";
        return Err(FhirError::unsupported("ClaimResponse.preAuthRef", problem));
    }
    if resource.reference.is_some() != answer.validity.is_some() {
        let problem = "what is approved has a number and a period; name both or none";
        return Err(FhirError::missing("ClaimResponse.preAuthPeriod", problem));
    }
    reserved(resource.head.reserve.as_ref(), !answer.guarantees.is_empty())
}
