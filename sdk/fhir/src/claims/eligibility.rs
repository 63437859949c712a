//! Questions of eligibility as R4 CoverageEligibilityRequests, their answers as CoverageEligibilityResponses, and back.

use assent_types::action::Action;
use assent_types::eligibility::{
    AnswerEligible, AnswerError, AnswerNotEligible, CheckEligibility, Eligibility, EligibilityAnswer, EligibilityKind,
    EligibilityPurposes, EligibilityStatus, IneligibleReason,
};
use assent_types::{CaseId, EligibilityId, Millis, Month, OrgId, Sp};

use super::eligibility_model::{
    AnsweredInsurance, AskedInsurance, EligibilityFault, EligibilityHead, EligibilityRequest, EligibilityResponse,
};
use crate::codes::{CASE, ELIGIBILITY, ELIGIBILITY_REJECT};
use crate::datatypes::{instant, month_text, reference_to, write_resource};
use crate::error::FhirError;
use crate::extensions::{code_value, own};
use crate::mapping::Mapping;
use crate::model::{Concept, ExtensionValue, Identifier, Period};

/// A question of eligibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EligibilityQuestion {
    /// Its identifier, once it is on the ledger.
    pub id: Option<EligibilityId>,
    /// When it was asked.
    pub created: Millis,
    /// The case under which it is asked.
    pub case: CaseId,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider, if the resource names it.
    pub provider: Option<OrgId>,
    /// Who asks, if the resource says that it is another than the provider.
    pub requested_by: Option<OrgId>,
    /// What kind of answer is wanted.
    pub kind: EligibilityKind,
    /// What is asked.
    pub purposes: EligibilityPurposes,
    /// Month of the planned service.
    pub service: Month,
}

impl EligibilityQuestion {
    /// A question of the ledger as it was asked.
    pub fn of(eligibility: &Eligibility) -> Self {
        let other = eligibility.requested_by != eligibility.provider;
        Self {
            id: Some(eligibility.id),
            created: eligibility.requested_at,
            case: eligibility.case,
            subject: eligibility.subject,
            insurer: eligibility.insurer,
            provider: Some(eligibility.provider),
            requested_by: other.then_some(eligibility.requested_by),
            kind: eligibility.kind,
            purposes: eligibility.purposes,
            service: eligibility.service,
        }
    }

    /// The act by which the question comes to the ledger (EL-01).
    pub fn action(&self) -> Action {
        let (case, kind, purposes, service) = (self.case, self.kind, self.purposes, self.service);
        Action::CheckEligibility(CheckEligibility { case, kind, purposes, service })
    }
}

/// What an insurer says to a question of eligibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EligibilityReply {
    /// To which question.
    pub eligibility: EligibilityId,
    /// When it was said.
    pub created: Millis,
    /// The case, if the resource names it.
    pub case: Option<CaseId>,
    /// Whose coverage.
    pub subject: Sp,
    /// Who says it.
    pub insurer: OrgId,
    /// Who asked, if the resource names it.
    pub requested_by: Option<OrgId>,
    /// What was asked.
    pub purposes: EligibilityPurposes,
    /// Month of the planned service, if the resource names it.
    pub service: Option<Month>,
    /// The answer; `None` while there is none.
    pub answer: Option<EligibilityAnswer>,
    /// The status on the ledger, which tells what no longer holds and what was not answered in time.
    pub status: Option<EligibilityStatus>,
}

impl EligibilityReply {
    /// What the ledger says of a question, as of `created`: the record does not keep when it was answered.
    pub fn of(eligibility: &Eligibility, created: Millis) -> Self {
        Self {
            eligibility: eligibility.id,
            created,
            case: Some(eligibility.case),
            subject: eligibility.subject,
            insurer: eligibility.insurer,
            requested_by: Some(eligibility.requested_by),
            purposes: eligibility.purposes,
            service: Some(eligibility.service),
            answer: eligibility.answer,
            status: Some(eligibility.status),
        }
    }

    /// The act by which an insurer puts its answer on the ledger (EL-02 to EL-04).
    ///
    /// # Errors
    /// E711 where nothing is answered yet.
    pub fn action(&self) -> Result<Action, FhirError> {
        let eligibility = self.eligibility;
        match self.answer {
            Some(EligibilityAnswer::Eligible { band, valid_to }) => {
                Ok(Action::AnswerEligible(AnswerEligible { eligibility, band, valid_to }))
            }
            Some(EligibilityAnswer::NotEligible { reason }) => {
                Ok(Action::AnswerNotEligible(AnswerNotEligible { eligibility, reason }))
            }
            Some(EligibilityAnswer::Error { error }) => Ok(Action::AnswerError(AnswerError { eligibility, error })),
            None => {
                let problem = "nothing is answered yet";
                Err(FhirError::unsupported("CoverageEligibilityResponse.outcome", problem))
            }
        }
    }
}

fn purposes(purposes: EligibilityPurposes) -> Vec<String> {
    purposes.codes().map(|purpose| purpose.code().to_owned()).collect()
}

/// Writes a question as an R4 CoverageEligibilityRequest (JSON).
/// [`super::eligibility_question_from_fhir`] reads it back.
///
/// # Errors
/// E711 for months and instants that FHIR cannot write.
pub fn eligibility_question_to_fhir(question: &EligibilityQuestion, mapping: &Mapping) -> Result<String, FhirError> {
    const ROOT: &str = "CoverageEligibilityRequest";
    let mut extension = Vec::new();
    if question.kind != EligibilityKind::Verification {
        extension.push(own("eligibility-kind", code_value(question.kind.code())));
    }
    extension.extend(
        question
            .requested_by
            .map(|org| own("requested-by", ExtensionValue::Reference(mapping.reference_to_organization(org)))),
    );
    let identifier = |id: EligibilityId| Identifier { system: ELIGIBILITY.to_owned(), value: id.to_string() };
    let head = EligibilityHead {
        id: question.id.map(|id| id.to_string()),
        extension,
        status: "active".to_owned(),
        purpose: purposes(question.purposes),
        patient: mapping.reference_to_subject(question.subject, question.insurer),
        serviced: Some(month_text(question.service, "CoverageEligibilityRequest.servicedDate")?),
        created: instant(question.created, "CoverageEligibilityRequest.created")?,
        insurer: mapping.reference_to_organization(question.insurer),
    };
    let resource = EligibilityRequest {
        head,
        identifier: question.id.map(identifier).into_iter().collect(),
        provider: question.provider.map(|org| mapping.reference_to_organization(org)),
        insurance: vec![AskedInsurance { focal: Some(true), coverage: reference_to(CASE, question.case) }],
    };
    write_resource(&resource, ROOT)
}

/// Writes an answer as an R4 CoverageEligibilityResponse (JSON) that [`super::eligibility_reply_from_fhir`] reads back.
///
/// # Errors
/// E711 for months and instants that FHIR cannot write, and for an answer without a case to say it of.
pub fn eligibility_reply_to_fhir(reply: &EligibilityReply, mapping: &Mapping) -> Result<String, FhirError> {
    const ROOT: &str = "CoverageEligibilityResponse";
    let month = |month| month_text(month, "CoverageEligibilityResponse.servicedDate");
    let (error, outcome) = match reply.answer {
        Some(EligibilityAnswer::Error { error }) => (Some(error), "error"),
        Some(_) => (None, "complete"),
        None => (None, "queued"),
    };
    let head = EligibilityHead {
        id: None,
        extension: reply
            .status
            .map(|status| own("eligibility-status", code_value(status.code())))
            .into_iter()
            .collect(),
        status: "active".to_owned(),
        purpose: purposes(reply.purposes),
        patient: mapping.reference_to_subject(reply.subject, reply.insurer),
        serviced: reply.service.map(month).transpose()?,
        created: instant(reply.created, "CoverageEligibilityResponse.created")?,
        insurer: mapping.reference_to_organization(reply.insurer),
    };
    let resource = EligibilityResponse {
        head,
        requestor: reply.requested_by.map(|org| mapping.reference_to_organization(org)),
        request: reference_to(ELIGIBILITY, reply.eligibility),
        outcome: outcome.to_owned(),
        insurance: insurance(reply)?.into_iter().collect(),
        error: error
            .map(|error| EligibilityFault { code: Concept::new(ELIGIBILITY_REJECT, error.code()) })
            .into_iter()
            .collect(),
    };
    write_resource(&resource, ROOT)
}

/// What is said of the case's coverage: whether it is in force, and what that means for the question.
fn insurance(reply: &EligibilityReply) -> Result<Option<AnsweredInsurance>, FhirError> {
    const PATH: &str = "CoverageEligibilityResponse.insurance";
    let (inforce, extension, period) = match reply.answer {
        Some(EligibilityAnswer::Eligible { band, valid_to }) => {
            let path = "CoverageEligibilityResponse.insurance[0].benefitPeriod.end";
            // FHIR's ends belong to the period, the ledger's do not.
            let last = valid_to.0.checked_sub(1).map(Millis);
            let last = last.ok_or_else(|| FhirError::unsupported(path, "ends before it begins"))?;
            let period = Period { start: None, end: Some(instant(last, path)?) };
            (Some(true), vec![own("benefit-band", code_value(band.code()))], Some(period))
        }
        Some(EligibilityAnswer::NotEligible { reason }) => {
            let extension = vec![own("ineligible-reason", code_value(reason.code()))];
            (Some(reason != IneligibleReason::Inactive), extension, None)
        }
        Some(EligibilityAnswer::Error { .. }) | None => (None, Vec::new(), None),
    };
    match reply.case {
        Some(case) => Ok(Some(AnsweredInsurance { extension, coverage: reference_to(CASE, case), inforce, period })),
        None if inforce.is_some() => Err(FhirError::unsupported(PATH, "an answer is given under a case")),
        None => Ok(None),
    }
}
