//! Preauthorisations as R4 Claims with use `preauthorization`, and back (HL7 Da Vinci PAS).

use assent_types::action::Action;
use assent_types::claim::Relation;
use assent_types::preauth::{AmendPreauth, Preauth, PreauthPriority, PreauthStatus, PreauthTerms, RequestPreauth};
use assent_types::{CaseId, Millis, OrgId, PreauthId, Sp};

use super::filing::{code_systems, supporting};
use super::filing_read::{attachments, bounded, code_ref, service};
use super::model::{ClaimHead, Insurance, PreauthClaim, Related};
use crate::codes::{CASE, CLAIM_TYPE, PREAUTH, PRIORITY, RELATED_CLAIM};
use crate::datatypes::{
    Amount, OpenConcept, instant, month_text, read_instant, read_resource, reference_to, write_resource,
};
use crate::error::FhirError;
use crate::extensions::{Extensions, hash, number, own, own_parts, part, text_value};
use crate::import::organization;
use crate::mapping::Mapping;
use crate::model::{Concept, ExtensionValue, Identifier, Period};

const ROOT: &str = "Claim";

/// A preauthorisation as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreauthQuestion {
    /// Its identifier, once it is on the ledger.
    pub id: Option<PreauthId>,
    /// Version of its terms, from 1.
    pub version: u32,
    /// When it was asked for first.
    pub created: Millis,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The case.
    pub case: CaseId,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider.
    pub provider: OrgId,
    /// What is asked for.
    pub terms: PreauthTerms,
    /// The one that it is meant to replace.
    pub prior: Option<PreauthId>,
}

impl PreauthQuestion {
    /// A preauthorisation of the ledger as it was asked for.
    pub fn of(preauth: &Preauth) -> Self {
        Self {
            id: Some(preauth.id),
            version: preauth.version,
            created: preauth.requested_at,
            cancelled: preauth.status == PreauthStatus::Cancelled,
            case: preauth.case,
            subject: preauth.subject,
            insurer: preauth.insurer,
            provider: preauth.provider,
            terms: preauth.terms.clone(),
            prior: preauth.prior,
        }
    }

    /// The act by which it comes to the ledger: it is asked for (PA-01), or a later version of it is (PA-07).
    ///
    /// # Errors
    /// E711 for one that was cancelled: who asked cancels it on the ledger.
    pub fn action(&self) -> Result<Action, FhirError> {
        if self.cancelled {
            return Err(FhirError::unsupported("Claim.status", "a preauthorisation is cancelled by who asked for it"));
        }
        let terms = self.terms.clone();
        Ok(match self.id {
            Some(preauth) if self.version > 1 => {
                Action::AmendPreauth(Box::new(AmendPreauth { preauth, version: self.version, terms }))
            }
            _ => Action::RequestPreauth(Box::new(RequestPreauth { case: self.case, terms, prior: self.prior })),
        })
    }
}

/// Writes a preauthorisation as an R4 Claim (JSON) that [`preauth_from_fhir`] reads back.
///
/// # Errors
/// E711 for months and instants that FHIR cannot write.
pub fn preauth_to_fhir(question: &PreauthQuestion, mapping: &Mapping) -> Result<String, FhirError> {
    let terms = &question.terms;
    let month = |month, name: &str| month_text(month, &format!("Claim.billablePeriod.{name}"));
    let mut extension = vec![
        own("version", ExtensionValue::Number(question.version)),
        own("service-days", text_value(terms.service.day_commit)),
        own_parts(
            "items",
            vec![
                part("root", text_value(terms.item_root)),
                part("count", ExtensionValue::Number(terms.item_count.into())),
            ],
        ),
    ];
    extension.extend(code_systems(&terms.codes));
    let identifier = |id: PreauthId| Identifier { system: PREAUTH.to_owned(), value: id.to_string() };
    let related = |prior: PreauthId| Related {
        claim: reference_to(PREAUTH, prior),
        relationship: Concept::new(RELATED_CLAIM, Relation::Prior.code()),
    };
    let head = ClaimHead {
        id: question.id.map(|id| id.to_string()),
        extension,
        status: if question.cancelled { "cancelled" } else { "active" }.to_owned(),
        kind: Concept::new(CLAIM_TYPE, "institutional"),
        use_code: "preauthorization".to_owned(),
        patient: mapping.reference_to_subject(question.subject, question.insurer),
        billable: Period {
            start: Some(month(terms.service.first, "start")?),
            end: Some(month(terms.service.last, "end")?),
        },
        created: instant(question.created, "Claim.created")?,
        insurer: mapping.reference_to_organization(question.insurer),
        provider: mapping.reference_to_organization(question.provider),
        related: question.prior.map(related).into_iter().collect(),
        supporting: supporting(&terms.attachments),
        insurance: vec![Insurance {
            sequence: 1,
            focal: true,
            coverage: reference_to(CASE, question.case),
            preauth: Vec::new(),
        }],
        total: Amount::of(terms.amount),
    };
    let resource = PreauthClaim {
        head,
        identifier: question.id.map(identifier).into_iter().collect(),
        priority: OpenConcept::new(PRIORITY, terms.priority.code()),
    };
    write_resource(&resource, ROOT)
}

/// Reads an R4 Claim with use `preauthorization`, of this crate or of another system whose coverages the mapping lists as
/// cases.
///
/// # Errors
/// E711 for what a preauthorisation of the ledger cannot say, such as items, which belong into what the root commits to;
/// E712 where the resource is not valid, E713 where an element, or an entry of the mapping, is missing; E701 to E703 for
/// amounts; each with the element's path.
pub fn preauth_from_fhir(json: &str, mapping: &Mapping) -> Result<PreauthQuestion, FhirError> {
    let resource: PreauthClaim = read_resource(json, ROOT)?;
    if resource.head.use_code != "preauthorization" {
        return Err(FhirError::unsupported("Claim.use", "only a preauthorisation is read here"));
    }
    let cancelled = match resource.head.status.as_str() {
        "active" => false,
        "cancelled" => true,
        _ => return Err(FhirError::unsupported("Claim.status", "a preauthorisation is active or cancelled")),
    };
    let insurer = organization(&resource.head.insurer, "Claim.insurer", mapping)?;
    let mut extensions = Extensions::of(&resource.head.extension, ROOT);
    let version = extensions.optional("version")?.map(|found| number(&found)).transpose()?.unwrap_or(1);
    let terms = terms(&resource, &mut extensions, mapping)?;
    extensions.finish()?;
    let id = resource.identifier.iter().find(|identifier| identifier.system == PREAUTH);
    let invalid = |_| FhirError::invalid("Claim.identifier", "not an identifier of the ledger");
    let [insurance] = resource.head.insurance.as_slice() else {
        return Err(FhirError::unsupported("Claim.insurance", "a preauthorisation is asked for under one case"));
    };
    if !insurance.preauth.is_empty() {
        let problem = "a preauthorisation rests on no other one; name one that it replaces as prior";
        return Err(FhirError::unsupported("Claim.insurance[0].preAuthRef", problem));
    }
    Ok(PreauthQuestion {
        id: id.map(|id| id.value.parse().map(PreauthId).map_err(invalid)).transpose()?,
        version,
        created: read_instant(&resource.head.created, mapping.offset_minutes(), "Claim.created")?,
        cancelled,
        case: CaseId(mapping.object(&insurance.coverage, CASE, "Claim.insurance[0].coverage")?),
        subject: mapping.patient(&resource.head.patient, insurer, "Claim.patient")?,
        insurer,
        provider: organization(&resource.head.provider, "Claim.provider", mapping)?,
        terms,
        prior: prior(&resource, mapping)?,
    })
}

fn terms(
    resource: &PreauthClaim,
    extensions: &mut Extensions<'_>,
    mapping: &Mapping,
) -> Result<PreauthTerms, FhirError> {
    let code = resource.priority.code(PRIORITY, "Claim.priority")?;
    let priority = PreauthPriority::from_code(code);
    let priority = priority.ok_or_else(|| FhirError::invalid("Claim.priority", "neither stat, normal nor deferred"))?;
    let items = extensions.required("items")?;
    let mut parts = Extensions::parts(&items);
    let (root, count) = (hash(&parts.required("root")?)?, parts.required("count")?);
    parts.finish()?;
    let codes = extensions.many("code-system").iter().map(code_ref).collect::<Result<_, _>>()?;
    Ok(PreauthTerms {
        priority,
        service: service(&resource.head.billable, extensions)?,
        codes: bounded(codes, "Claim.extension(code-system)")?,
        item_root: root,
        item_count: u16::try_from(number(&count)?).map_err(|_| FhirError::invalid(count.0, "too many items"))?,
        amount: resource.head.total.read("Claim.total")?,
        attachments: attachments(&resource.head.supporting, mapping)?,
    })
}

fn prior(resource: &PreauthClaim, mapping: &Mapping) -> Result<Option<PreauthId>, FhirError> {
    let related = match resource.head.related.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(FhirError::unsupported("Claim.related[1]", "a preauthorisation replaces one earlier one")),
    };
    let coding = related.relationship.coding();
    if coding.system != RELATED_CLAIM || coding.code != Relation::Prior.code() {
        let problem = format!("{} is not how preauthorisations relate", coding.token());
        return Err(FhirError::unsupported("Claim.related[0].relationship", problem));
    }
    mapping.object(&related.claim, PREAUTH, "Claim.related[0].claim").map(|id| Some(PreauthId(id)))
}
