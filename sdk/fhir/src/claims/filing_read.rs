//! From an R4 Claim to a claim.

use assent_types::claim::{
    Amounts, ClaimTerms, CodeRef, FxLock, LineHeader, OtherPayer, Payee, RelatedClaim, Relation, ServicePeriod,
    Submitter,
};
use assent_types::ids::{AssignmentId, CodeMapId, FixingId, GuaranteeId, PreauthId};
use assent_types::{AnchorId, BillNullifier, CaseId, ClaimId, List, OrgId, Set};

use super::filing::{FiledClaim, relation_system};
use super::model::{ClaimResource, PayeeElement, SupportingInfo};
use super::payment::ASSIGNMENT;
use crate::codes::{ANCHOR, CASE, CLAIM, INFORMATION_CATEGORY, PAYEE_TYPE};
use crate::datatypes::{read_instant, read_month, read_resource};
use crate::error::FhirError;
use crate::extensions::{Extensions, code, flag, hash, money, number, reference};
use crate::import::organization;
use crate::mapping::{Mapping, identified};
use crate::model::Period;

const ROOT: &str = "Claim";

/// Reads an R4 Claim that [`super::claim_to_fhir`] has written. Claims of other systems, which know neither case nor
/// bills of the ledger, are read by [`crate::ingest`].
///
/// # Errors
/// E711 for what a claim of the ledger cannot say, E712 where the resource is not valid, E713 where an element, or an
/// entry of the mapping, is missing; E701 to E703 for amounts; each with the element's path.
pub fn claim_from_fhir(json: &str, mapping: &Mapping) -> Result<FiledClaim, FhirError> {
    let resource: ClaimResource = read_resource(json, ROOT)?;
    if resource.head.use_code != "claim" {
        return Err(FhirError::unsupported("Claim.use", "only a claim for payment is read here"));
    }
    let withdrawn = match resource.head.status.as_str() {
        "active" => false,
        "cancelled" => true,
        _ => return Err(FhirError::unsupported("Claim.status", "a claim on the ledger is active or cancelled")),
    };
    let insurer = organization(&resource.head.insurer, "Claim.insurer", mapping)?;
    let provider = organization(&resource.head.provider, "Claim.provider", mapping)?;
    let id = resource.identifier.iter().find(|identifier| identifier.system == CLAIM);
    let id = id.ok_or_else(|| FhirError::missing("Claim.identifier", "give the claim's identifier"))?;
    let id = id.value.parse().map(ClaimId).map_err(|_| FhirError::invalid("Claim.identifier", "not an identifier"))?;
    let mut extensions = Extensions::of(&resource.head.extension, ROOT);
    let submitted_by = submitter(&mut extensions, mapping)?;
    let terms = terms(&resource, &mut extensions, provider, mapping)?;
    extensions.finish()?;
    Ok(FiledClaim {
        id,
        created: read_instant(&resource.head.created, mapping.offset_minutes(), "Claim.created")?,
        withdrawn,
        subject: mapping.patient(&resource.head.patient, insurer, "Claim.patient")?,
        insurer,
        provider,
        submitted_by,
        terms,
    })
}

fn submitter(extensions: &mut Extensions<'_>, mapping: &Mapping) -> Result<Submitter, FhirError> {
    if extensions.optional("submitted-by-subject")?.is_some() {
        return Ok(Submitter::Subject);
    }
    let found = extensions.required("submitted-by")?;
    organization(reference(&found)?, &found.0, mapping).map(Submitter::Org)
}

fn terms(
    resource: &ClaimResource,
    extensions: &mut Extensions<'_>,
    provider: OrgId,
    mapping: &Mapping,
) -> Result<ClaimTerms, FhirError> {
    let [insurance] = resource.head.insurance.as_slice() else {
        return Err(FhirError::unsupported("Claim.insurance", "a claim is filed under one case"));
    };
    let case = CaseId(identified(&insurance.coverage, CASE, "Claim.insurance[0].coverage")?);
    let preauth = match insurance.preauth.as_slice() {
        [] => None,
        [one] => {
            let path = "Claim.insurance[0].preAuthRef[0]";
            Some(PreauthId(one.parse().map_err(|_| FhirError::invalid(path, "not an identifier of the ledger"))?))
        }
        _ => return Err(FhirError::unsupported("Claim.insurance[0].preAuthRef", "a claim uses one preauthorisation")),
    };
    let bills: Vec<BillNullifier> =
        extensions.many("bill").iter().map(|found| hash(found).map(BillNullifier)).collect::<Result<_, _>>()?;
    let codes: Vec<CodeRef> = extensions.many("code-system").iter().map(code_ref).collect::<Result<_, _>>()?;
    let optional_hash =
        |extensions: &mut Extensions<'_>, name: &str| extensions.optional(name)?.map(|found| hash(&found)).transpose();
    Ok(ClaimTerms {
        case,
        payee: payee(&resource.payee, provider, mapping)?,
        service: service(&resource.head.billable, extensions)?,
        service_line: code(&extensions.required("service-line")?)?,
        benefit: code(&extensions.required("benefit")?)?,
        cob_declared: flag(&extensions.required("cob-declared")?)?,
        bills: bounded(bills, "Claim.extension(bill)")?,
        lines: lines(extensions)?,
        codes: bounded(codes, "Claim.extension(code-system)")?,
        code_map: optional_hash(extensions, "code-map")?.map(CodeMapId),
        preauth,
        guarantee: optional_hash(extensions, "guarantee")?.map(GuaranteeId),
        related: related(resource, mapping)?,
        attachments: attachments(&resource.head.supporting, mapping)?,
        amounts: amounts(resource, extensions)?,
        fx: fx(extensions)?,
    })
}

/// A set without repeats: the ledger would refuse them.
pub(super) fn bounded<T: Ord, const MAX: usize>(items: Vec<T>, path: &str) -> Result<Set<T, MAX>, FhirError> {
    Set::new(items).map_err(|error| FhirError::unsupported(path, error.to_string()))
}

fn payee(element: &PayeeElement, provider: OrgId, mapping: &Mapping) -> Result<Payee, FhirError> {
    let path = "Claim.payee";
    let mut extensions = Extensions::of(&element.extension, path);
    let coding = element.kind.coding();
    let party = element.party.as_ref().ok_or_else(|| FhirError::missing("Claim.payee.party", "name who is paid"))?;
    let payee = match (coding.system.as_str(), coding.code.as_str()) {
        (PAYEE_TYPE, "provider") if mapping.organization(party) == Some(provider) => Payee::Provider,
        (PAYEE_TYPE, "provider") => {
            return Err(FhirError::unsupported("Claim.payee.party", "another provider than Claim.provider"));
        }
        (PAYEE_TYPE, "subscriber") => Payee::Subject { commit: hash(&extensions.required("payee-account")?)? },
        (PAYEE_TYPE, "other") => {
            Payee::Advance { assignment: AssignmentId(identified(party, ASSIGNMENT, "Claim.payee.party")?) }
        }
        _ => return Err(FhirError::unsupported("Claim.payee.type", format!("{} is no payee", coding.token()))),
    };
    extensions.finish()?;
    Ok(payee)
}

pub(super) fn service(billable: &Period, extensions: &mut Extensions<'_>) -> Result<ServicePeriod, FhirError> {
    let month = |text: &Option<String>, name: &str| {
        let path = format!("Claim.billablePeriod.{name}");
        let text = text.as_ref().ok_or_else(|| FhirError::missing(path.as_str(), "give both ends"))?;
        read_month(text, &path)
    };
    Ok(ServicePeriod {
        first: month(&billable.start, "start")?,
        last: month(&billable.end, "end")?,
        day_commit: hash(&extensions.required("service-days")?)?,
    })
}

fn lines(extensions: &mut Extensions<'_>) -> Result<LineHeader, FhirError> {
    let found = extensions.required("lines")?;
    let mut parts = Extensions::parts(&found);
    let count = parts.required("count")?;
    let header = LineHeader {
        root: hash(&parts.required("root")?)?,
        count: u16::try_from(number(&count)?).map_err(|_| FhirError::invalid(count.0, "too many lines"))?,
        total: money(&parts.required("total")?)?,
    };
    parts.finish()?;
    Ok(header)
}

pub(super) fn code_ref(found: &crate::extensions::Found<'_>) -> Result<CodeRef, FhirError> {
    let mut parts = Extensions::parts(found);
    let read = CodeRef { system: number(&parts.required("system")?)?, version: number(&parts.required("version")?)? };
    parts.finish()?;
    Ok(read)
}

fn related(resource: &ClaimResource, mapping: &Mapping) -> Result<Option<RelatedClaim>, FhirError> {
    let related = match resource.head.related.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(FhirError::unsupported("Claim.related[1]", "a claim relates to one earlier claim")),
    };
    let coding = related.relationship.coding();
    let relation = Relation::from_code(&coding.code).filter(|relation| coding.system == relation_system(*relation));
    let relation = relation.ok_or_else(|| {
        FhirError::unsupported("Claim.related[0].relationship", format!("{} is no relation", coding.token()))
    })?;
    let claim = ClaimId(mapping.object(&related.claim, CLAIM, "Claim.related[0].claim")?);
    Ok(Some(RelatedClaim { claim, relation }))
}

pub(super) fn attachments<const MAX: usize>(
    supporting: &[SupportingInfo],
    mapping: &Mapping,
) -> Result<Set<AnchorId, MAX>, FhirError> {
    let mut anchors = Vec::new();
    for (index, info) in supporting.iter().enumerate() {
        let path = format!("Claim.supportingInfo[{index}]");
        let category = info.category.coding();
        if category.system != INFORMATION_CATEGORY || category.code != "attachment" {
            let problem = "the ledger knows documents as attachments only";
            return Err(FhirError::unsupported(format!("{path}.category"), problem));
        }
        anchors.push(AnchorId(mapping.object(&info.value, ANCHOR, &format!("{path}.valueReference"))?));
    }
    bounded(anchors, "Claim.supportingInfo")
}

fn amounts(resource: &ClaimResource, extensions: &mut Extensions<'_>) -> Result<Amounts, FhirError> {
    let mut payers = Vec::new();
    for found in extensions.many("other-payer") {
        let mut parts = Extensions::parts(&found);
        payers.push(OtherPayer { kind: code(&parts.required("kind")?)?, amount: money(&parts.required("amount")?)? });
        parts.finish()?;
    }
    Ok(Amounts {
        billed: resource.head.total.read("Claim.total")?,
        claimed: money(&extensions.required("claimed")?)?,
        subject_share: money(&extensions.required("subject-share")?)?,
        other_payers: List::new(payers)
            .map_err(|error| FhirError::unsupported("Claim.extension(other-payer)", error.to_string()))?,
    })
}

fn fx(extensions: &mut Extensions<'_>) -> Result<Option<FxLock>, FhirError> {
    let Some(found) = extensions.optional("exchange-rate")? else { return Ok(None) };
    let mut parts = Extensions::parts(&found);
    let fixing = parts.optional("fixing")?.as_ref().map(hash).transpose()?.map(FixingId);
    let lock = FxLock { ccy: code(&parts.required("currency")?)?, at: code(&parts.required("at")?)?, fixing };
    parts.finish()?;
    Ok(Some(lock))
}
