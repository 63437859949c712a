//! What an insurer explains to the insured, as an R4 ExplanationOfBenefit, and back: the answer to a claim, with its case
//! and the months of its services.

use assent_types::claim::Claim;
use assent_types::settlement::Settlement;
use assent_types::{CaseId, Month};

use super::answer::{ClaimAnswer, ClaimOutcome, response};
use super::answer_read::answer_of;
use super::eligibility_model::AskedInsurance;
use super::model::{AnswerHead, ClaimResponse, Payment};
use crate::codes::CASE;
use crate::datatypes::{month_text, read_month, read_resource, reference_to, write_resource};
use crate::element::elements;
use crate::error::FhirError;
use crate::mapping::Mapping;
use crate::model::{Period, Reference};

const ROOT: &str = "ExplanationOfBenefit";

elements! {
    /// The resource.
    ExplanationOfBenefit {
        part head: AnswerHead = "",
        required billable: Period = "billablePeriod",
        required provider: Reference = "provider",
        required claim: Reference = "claim",
        many preauth: Vec<String> = "preAuthRef",
        required insurance: Vec<AskedInsurance> = "insurance",
        optional payment: Option<Payment> = "payment",
    } ignores &["enterer"]
}

/// An explanation of benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What was answered.
    pub answer: ClaimAnswer,
    /// The claim's case.
    pub case: CaseId,
    /// First month of the services.
    pub first: Month,
    /// Last month of the services.
    pub last: Month,
}

impl Explanation {
    /// What the ledger says of a claim; the settlement gives the value date.
    pub fn of(claim: &Claim, settlement: Option<&Settlement>) -> Self {
        let service = &claim.terms.service;
        let answer = ClaimAnswer::of(claim, settlement);
        Self { answer, case: claim.terms.case, first: service.first, last: service.last }
    }
}

fn unprocessed() -> FhirError {
    let problem = "a claim that was returned unprocessed has an answer and no explanation of benefit";
    FhirError::unsupported(format!("{ROOT}.outcome"), problem)
}

/// Writes an explanation as an R4 ExplanationOfBenefit (JSON) that [`explanation_from_fhir`] reads back.
///
/// # Errors
/// E711 for months, days and instants that FHIR cannot write, and for a claim that was returned unprocessed; E713 for an
/// answer that names no provider.
pub fn explanation_to_fhir(explanation: &Explanation, mapping: &Mapping) -> Result<String, FhirError> {
    let month = |month, name: &str| month_text(month, &format!("{ROOT}.billablePeriod.{name}"));
    let response = response(&explanation.answer, mapping).map_err(moved)?;
    if explanation.answer.outcome == ClaimOutcome::Error || !response.error.is_empty() {
        return Err(unprocessed());
    }
    let missing = || FhirError::missing(format!("{ROOT}.provider"), "name who gave the services");
    let reference = |request: Option<Reference>| request.ok_or_else(missing);
    let resource = ExplanationOfBenefit {
        head: response.head,
        billable: Period {
            start: Some(month(explanation.first, "start")?),
            end: Some(month(explanation.last, "end")?),
        },
        provider: reference(response.requestor)?,
        claim: reference(response.request)?,
        preauth: response.preauth.into_iter().collect(),
        insurance: vec![AskedInsurance { focal: Some(true), coverage: reference_to(CASE, explanation.case) }],
        payment: response.payment,
    };
    write_resource(&resource, ROOT)
}

/// Reads an R4 ExplanationOfBenefit of this crate, or of an insurer's system whose claims and coverages the mapping lists.
/// Those of other systems, which know neither, are taken over as documents by [`crate::ingest`].
///
/// # Errors
/// E711 for what an explanation of the ledger cannot say, E712 where the resource is not valid, E713 where an element, or
/// an entry of the mapping, is missing; E701 to E704 for amounts; each with the element's path.
pub fn explanation_from_fhir(json: &str, mapping: &Mapping) -> Result<Explanation, FhirError> {
    let resource: ExplanationOfBenefit = read_resource(json, ROOT)?;
    if resource.head.outcome == "error" {
        return Err(unprocessed());
    }
    let [insurance] = resource.insurance.as_slice() else {
        return Err(FhirError::unsupported(format!("{ROOT}.insurance"), "a claim is filed under one case"));
    };
    if resource.preauth.len() > 1 {
        return Err(FhirError::unsupported(format!("{ROOT}.preAuthRef[1]"), "a claim uses one preauthorisation"));
    }
    let month = |text: &Option<String>, name: &str| {
        let path = format!("{ROOT}.billablePeriod.{name}");
        let text = text.as_ref().ok_or_else(|| FhirError::missing(path.as_str(), "give both ends"))?;
        read_month(text, &path)
    };
    let (first, last) = (month(&resource.billable.start, "start")?, month(&resource.billable.end, "end")?);
    let case = mapping.object(&insurance.coverage, CASE, "ExplanationOfBenefit.insurance[0].coverage")?;
    let response = ClaimResponse {
        head: resource.head,
        requestor: Some(resource.provider),
        request: Some(resource.claim),
        preauth: resource.preauth.into_iter().next(),
        payment: resource.payment,
        error: Vec::new(),
    };
    let answer = answer_of(&response, mapping).map_err(moved)?;
    Ok(Explanation { answer, case: CaseId(case), first, last })
}

/// An error of the answer, at the element that stands for it here.
fn moved(error: FhirError) -> FhirError {
    let path = match error.path.as_str() {
        "ClaimResponse.requestor" => format!("{ROOT}.provider"),
        "ClaimResponse.request" => format!("{ROOT}.claim"),
        "ClaimResponse.preAuthRef" => format!("{ROOT}.preAuthRef[0]"),
        path => path.replacen("ClaimResponse", ROOT, 1),
    };
    FhirError { path, ..error }
}
