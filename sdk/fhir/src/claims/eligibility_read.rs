//! From R4 CoverageEligibilityRequests and CoverageEligibilityResponses to questions of eligibility and their answers.

use assent_types::eligibility::{
    EligibilityAnswer, EligibilityError, EligibilityKind, EligibilityPurpose, EligibilityPurposes, EligibilityStatus,
    IneligibleReason,
};
use assent_types::{CaseId, EligibilityId, Millis, OrgId};

use super::eligibility::{EligibilityQuestion, EligibilityReply};
use super::eligibility_model::{AnsweredInsurance, EligibilityFault, EligibilityRequest, EligibilityResponse};
use crate::codes::{CASE, ELIGIBILITY, ELIGIBILITY_REJECT};
use crate::datatypes::{read_instant, read_month, read_resource};
use crate::date::interval;
use crate::error::FhirError;
use crate::extensions::{Extensions, code, reference};
use crate::import::organization;
use crate::mapping::Mapping;
use crate::model::{Period, Reference};

/// Reads an R4 CoverageEligibilityRequest, of this crate or of a system whose coverages the mapping lists as cases.
///
/// # Errors
/// E711 for what a question on the ledger cannot say, such as items; E712 where the resource is not valid, E713 where an
/// element, or an entry of the mapping, is missing; each with the element's path.
pub fn eligibility_question_from_fhir(json: &str, mapping: &Mapping) -> Result<EligibilityQuestion, FhirError> {
    const ROOT: &str = "CoverageEligibilityRequest";
    let resource: EligibilityRequest = read_resource(json, ROOT)?;
    if resource.head.status != "active" {
        return Err(FhirError::unsupported(format!("{ROOT}.status"), "a question on the ledger is not taken back"));
    }
    let [insurance] = resource.insurance.as_slice() else {
        return Err(FhirError::unsupported(format!("{ROOT}.insurance"), "a question is asked under one case"));
    };
    let insurer = organization(&resource.head.insurer, "CoverageEligibilityRequest.insurer", mapping)?;
    let mut extensions = Extensions::of(&resource.head.extension, ROOT);
    let kind = extensions.optional("eligibility-kind")?.map(|found| code(&found)).transpose()?;
    let requested_by = extensions.optional("requested-by")?;
    let requested_by = requested_by.map(|found| organization(reference(&found)?, &found.0, mapping)).transpose()?;
    extensions.finish()?;
    let path = "CoverageEligibilityRequest.servicedDate";
    let serviced =
        resource.head.serviced.ok_or_else(|| FhirError::missing(path, "name the month of the planned service"))?;
    let id = resource.identifier.iter().find(|identifier| identifier.system == ELIGIBILITY);
    let invalid = |_| FhirError::invalid("CoverageEligibilityRequest.identifier", "not an identifier of the ledger");
    Ok(EligibilityQuestion {
        id: id.map(|id| id.value.parse().map(EligibilityId).map_err(invalid)).transpose()?,
        created: read_instant(&resource.head.created, mapping.offset_minutes(), "CoverageEligibilityRequest.created")?,
        case: case(&insurance.coverage, "CoverageEligibilityRequest.insurance[0].coverage", mapping)?,
        subject: mapping.patient(&resource.head.patient, insurer, "CoverageEligibilityRequest.patient")?,
        insurer,
        provider: optional_org(resource.provider.as_ref(), "CoverageEligibilityRequest.provider", mapping)?,
        requested_by,
        kind: kind.unwrap_or(EligibilityKind::Verification),
        purposes: purposes(&resource.head.purpose, ROOT)?,
        service: read_month(&serviced, path)?,
    })
}

/// Reads an R4 CoverageEligibilityResponse of this crate, or of an insurer's system whose requests the mapping lists.
///
/// # Errors
/// E711 for what an answer on the ledger cannot say, such as amounts of benefits; E712 where the resource is not valid or
/// its outcome contradicts what it says, E713 where an element, or an entry of the mapping, is missing; each with the
/// element's path.
pub fn eligibility_reply_from_fhir(json: &str, mapping: &Mapping) -> Result<EligibilityReply, FhirError> {
    const ROOT: &str = "CoverageEligibilityResponse";
    let resource: EligibilityResponse = read_resource(json, ROOT)?;
    if resource.head.status != "active" {
        return Err(FhirError::unsupported(format!("{ROOT}.status"), "an answer on the ledger is not taken back"));
    }
    let insurer = organization(&resource.head.insurer, "CoverageEligibilityResponse.insurer", mapping)?;
    let mut extensions = Extensions::of(&resource.head.extension, ROOT);
    let status = extensions.optional("eligibility-status")?.map(|found| code(&found)).transpose()?;
    extensions.finish()?;
    let insurance = match resource.insurance.as_slice() {
        [] => None,
        [one] => Some(one),
        _ => return Err(FhirError::unsupported(format!("{ROOT}.insurance"), "an answer speaks of one case")),
    };
    let month = |text: &String| read_month(text, "CoverageEligibilityResponse.servicedDate");
    let case =
        |one: &AnsweredInsurance| case(&one.coverage, "CoverageEligibilityResponse.insurance[0].coverage", mapping);
    let request = mapping.object(&resource.request, ELIGIBILITY, "CoverageEligibilityResponse.request")?;
    Ok(EligibilityReply {
        eligibility: EligibilityId(request),
        created: read_instant(&resource.head.created, mapping.offset_minutes(), "CoverageEligibilityResponse.created")?,
        case: insurance.map(case).transpose()?,
        subject: mapping.patient(&resource.head.patient, insurer, "CoverageEligibilityResponse.patient")?,
        insurer,
        requested_by: optional_org(resource.requestor.as_ref(), "CoverageEligibilityResponse.requestor", mapping)?,
        purposes: purposes(&resource.head.purpose, ROOT)?,
        service: resource.head.serviced.as_ref().map(month).transpose()?,
        answer: agreeing(answer(&resource, insurance, mapping)?, status)?,
        status,
    })
}

/// The answer, if the status that is given with it is one of such an answer.
fn agreeing(
    answer: Option<EligibilityAnswer>,
    status: Option<EligibilityStatus>,
) -> Result<Option<EligibilityAnswer>, FhirError> {
    use EligibilityStatus::{Eligible, ErrorResponse, Lapsed, NotEligible, Requested, Stale};
    let agrees = match status {
        None => true,
        Some(Requested | Lapsed) => answer.is_none(),
        Some(Eligible | Stale) => matches!(answer, Some(EligibilityAnswer::Eligible { .. })),
        Some(NotEligible) => matches!(answer, Some(EligibilityAnswer::NotEligible { .. })),
        Some(ErrorResponse) => matches!(answer, Some(EligibilityAnswer::Error { .. })),
    };
    if agrees {
        return Ok(answer);
    }
    let path = "CoverageEligibilityResponse.extension(eligibility-status)";
    Err(FhirError::invalid(path, "contradicts what is answered"))
}

fn optional_org(reference: Option<&Reference>, path: &str, mapping: &Mapping) -> Result<Option<OrgId>, FhirError> {
    reference.map(|reference| organization(reference, path, mapping)).transpose()
}

fn case(coverage: &Reference, path: &str, mapping: &Mapping) -> Result<CaseId, FhirError> {
    mapping.object(coverage, CASE, path).map(CaseId)
}

fn purposes(codes: &[String], root: &str) -> Result<EligibilityPurposes, FhirError> {
    if codes.is_empty() {
        return Err(FhirError::missing(format!("{root}.purpose"), "say what is asked"));
    }
    let mut purposes = EligibilityPurposes::EMPTY;
    for (index, code) in codes.iter().enumerate() {
        let path = format!("{root}.purpose[{index}]");
        let purpose = EligibilityPurpose::from_code(code)
            .ok_or_else(|| FhirError::invalid(path.as_str(), format!("{code:?} is no EligibilityRequestPurpose")))?;
        if purposes.has(purpose) {
            return Err(FhirError::invalid(path, "given twice"));
        }
        purposes = purposes.with(purpose);
    }
    Ok(purposes)
}

/// What was answered, if the outcome and what is said of the coverage agree.
fn answer(
    resource: &EligibilityResponse,
    insurance: Option<&AnsweredInsurance>,
    mapping: &Mapping,
) -> Result<Option<EligibilityAnswer>, FhirError> {
    const OUTCOME: &str = "CoverageEligibilityResponse.outcome";
    let said = match insurance {
        Some(insurance) => coverage(insurance, mapping)?,
        None => None,
    };
    match (resource.outcome.as_str(), resource.error.as_slice(), said) {
        ("complete", [], Some(answer)) => Ok(Some(answer)),
        ("complete", [], None) => {
            let problem = "say whether the coverage is in force";
            Err(FhirError::missing("CoverageEligibilityResponse.insurance[0].inforce", problem))
        }
        ("error", [fault], None) => Ok(Some(EligibilityAnswer::Error { error: reject(fault)? })),
        ("error", [], None) => {
            Err(FhirError::missing("CoverageEligibilityResponse.error", "say why there is no answer"))
        }
        ("error", _, None) => {
            Err(FhirError::unsupported("CoverageEligibilityResponse.error[1]", "the ledger keeps one reason"))
        }
        ("queued", [], None) => Ok(None),
        ("partial", ..) => Err(FhirError::unsupported(OUTCOME, "an answer on the ledger is whole or not there")),
        ("complete" | "error" | "queued", ..) => Err(FhirError::invalid(OUTCOME, "contradicts what is answered")),
        _ => Err(FhirError::invalid(OUTCOME, "not a RemittanceOutcome")),
    }
}

/// What is said of the coverage: nothing, that it covers, or that it does not and why.
fn coverage(insurance: &AnsweredInsurance, mapping: &Mapping) -> Result<Option<EligibilityAnswer>, FhirError> {
    const PATH: &str = "CoverageEligibilityResponse.insurance[0]";
    let mut extensions = Extensions::of(&insurance.extension, PATH);
    let band = extensions.optional("benefit-band")?.map(|found| code(&found)).transpose()?;
    let reason = extensions.optional("ineligible-reason")?;
    let reason = reason.map(|found| code::<IneligibleReason>(&found)).transpose()?;
    extensions.finish()?;
    let end = insurance.period.as_ref().map(|period| valid_to(period, mapping)).transpose()?;
    let invalid = |problem: &str| Err(FhirError::invalid(format!("{PATH}.inforce"), problem));
    match (insurance.inforce, reason, band, end) {
        (Some(true), None, Some(band), Some(valid_to)) => Ok(Some(EligibilityAnswer::Eligible { band, valid_to })),
        (Some(true), None, None, _) => {
            let problem = "the ledger needs the band of what is left: an extension benefit-band, or ineligible-reason";
            Err(FhirError::missing(format!("{PATH}.extension"), problem))
        }
        (Some(true), None, Some(_), None) => {
            Err(FhirError::missing(format!("{PATH}.benefitPeriod.end"), "say until when the answer holds"))
        }
        (Some(inforce), Some(reason), None, None) if inforce != (reason == IneligibleReason::Inactive) => {
            Ok(Some(EligibilityAnswer::NotEligible { reason }))
        }
        (Some(false), None, None, None) => {
            Ok(Some(EligibilityAnswer::NotEligible { reason: IneligibleReason::Inactive }))
        }
        (None, None, None, None) => Ok(None),
        (None, ..) => invalid("an answer says whether the coverage is in force"),
        _ => invalid("contradicts the rest of the answer"),
    }
}

/// First instant after the period, of which the ledger does not keep a start.
fn valid_to(period: &Period, mapping: &Mapping) -> Result<Millis, FhirError> {
    const PATH: &str = "CoverageEligibilityResponse.insurance[0].benefitPeriod";
    if period.start.is_some() {
        return Err(FhirError::unsupported(format!("{PATH}.start"), "an answer holds from when it is given"));
    }
    let path = format!("{PATH}.end");
    let end =
        period.end.as_ref().ok_or_else(|| FhirError::missing(path.as_str(), "say until when the answer holds"))?;
    let end = interval(end, mapping.offset_minutes(), &path)?.end_ms;
    u64::try_from(end).map(Millis).map_err(|_| FhirError::unsupported(path, "lies before 1970"))
}

fn reject(fault: &EligibilityFault) -> Result<EligibilityError, FhirError> {
    let coding = fault.code.coding();
    let error = EligibilityError::from_code(&coding.code).filter(|_| coding.system == ELIGIBILITY_REJECT);
    error.ok_or_else(|| {
        let problem = format!("{} is none of the reject reasons that the ledger keeps", coding.token());
        FhirError::unsupported("CoverageEligibilityResponse.error[0].code", problem)
    })
}
