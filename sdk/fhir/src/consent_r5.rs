//! FHIR R5 Consent in and out of the ledger's terms, by way of the same elements of R4.
//!
//! R5 moves permit and deny from the provisions to `decision`, the base that provisions except, level by level. So a permit
//! of the ledger is `decision` deny with one provision. A dissent from part of the data is `decision` permit with one
//! provision, and as it permits nothing by itself, it carries the modifier extension `dissent`: a reader that does not
//! know it must refuse the resource, as FHIR asks, rather than take the rest as permitted. Without that extension,
//! `decision` permit permits what the policy's defaults say, as an opt-in of R4 does.

use assent_types::consent::{Consent, ConsentKind, ConsentTerms, Purpose};

use crate::codes::{ACT_CODE, ACT_REASON, CONSENT_KIND, CONSENT_SCOPE, EXTENSION_BASE, RESOURCE_TYPES};
use crate::datatypes::{read_resource, write_resource};
use crate::element::elements;
use crate::error::FhirError;
use crate::export;
use crate::extensions::own;
use crate::import::{ConsentDraft, Intent, from_resource};
use crate::mapping::Mapping;
use crate::model::{
    Actor, Coding, Concept, Data, Extension, ExtensionValue, Period, Policy, Provision, Reference, Resource,
};

const DISSENT: &str = "dissent";

elements! {
    /// A provision, which excepts what is around it.
    ProvisionR5 {
        many extension: Vec<Extension> = "extension",
        optional period: Option<Period> = "period",
        many actor: Vec<Actor> = "actor",
        many action: Vec<Concept> = "action",
        many security_label: Vec<Coding> = "securityLabel",
        many purpose: Vec<Coding> = "purpose",
        many document_type: Vec<Coding> = "documentType",
        many resource_type: Vec<Coding> = "resourceType",
        many code: Vec<Concept> = "code",
        optional data_period: Option<Period> = "dataPeriod",
        many data: Vec<Data> = "data",
        many provision: Vec<ProvisionR5> = "provision",
    } ignores &["id"]
}

elements! {
    /// The resource.
    ConsentR5 {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        many modifier: Vec<Extension> = "modifierExtension",
        required status: String = "status",
        many category: Vec<Concept> = "category",
        required subject: Reference = "subject",
        optional date: Option<String> = "date",
        optional period: Option<Period> = "period",
        many grantor: Vec<Reference> = "grantor",
        required controller: Vec<Reference> = "controller",
        optional policy: Option<Policy> = "policyBasis",
        required decision: String = "decision",
        many provision: Vec<ProvisionR5> = "provision",
    } ignores &["meta", "language", "text", "identifier", "sourceAttachment", "sourceReference"]
}

/// Reads an R5 Consent; as [`crate::consent_from_fhir`] reads one of R4.
///
/// # Errors
/// E711, E712 and E713 with the element's path in R5.
pub fn consent_from_fhir_r5(json: &str, mapping: &Mapping) -> Result<ConsentDraft, FhirError> {
    let resource: ConsentR5 = read_resource(json, "Consent")?;
    let resource_types = resource.provision.first().map_or(0, |provision| provision.resource_type.len());
    let in_r5 = |error: FhirError| FhirError { path: path_in_r5(&error.path, resource_types), ..error };
    from_resource(to_r4(resource)?, mapping).map_err(in_r5)
}

/// Writes terms as an R5 Consent (JSON) that [`consent_from_fhir_r5`] reads back to the same terms.
///
/// # Errors
/// Those of [`crate::terms_to_fhir`].
pub fn terms_to_fhir_r5(terms: &ConsentTerms, intent: Intent, mapping: &Mapping) -> Result<String, FhirError> {
    let status = match intent {
        Intent::Propose => "draft",
        Intent::Grant => "active",
    };
    write_resource(&of_r4(export::resource(terms, status, mapping)?), "Consent")
}

/// Writes a consent of the ledger as an R5 Consent (JSON), with its identifier, status and date.
///
/// # Errors
/// Those of [`crate::terms_to_fhir`].
pub fn consent_to_fhir_r5(consent: &Consent, mapping: &Mapping) -> Result<String, FhirError> {
    let mut resource = export::of_record(consent, mapping)?;
    resource.status = match resource.status.as_str() {
        "proposed" => "draft".to_owned(),
        "rejected" => "not-done".to_owned(),
        _ => resource.status,
    };
    write_resource(&of_r4(resource), "Consent")
}

fn of_r4(resource: Resource) -> ConsentR5 {
    let denies = resource.provision.effect.as_deref() == Some("deny");
    let date = resource.date_time.and_then(|text| text.split('T').next().map(str::to_owned));
    ConsentR5 {
        id: resource.id,
        extension: resource.extension,
        modifier: if denies { vec![own(DISSENT, ExtensionValue::Boolean(true))] } else { Vec::new() },
        status: resource.status,
        category: resource.category,
        subject: resource.patient,
        date,
        period: None,
        grantor: resource.performer,
        controller: resource.organization,
        policy: resource.policy.into_iter().next(),
        decision: if denies { "permit" } else { "deny" }.to_owned(),
        provision: vec![provision_of_r4(resource.provision)],
    }
}

fn provision_of_r4(provision: Provision) -> ProvisionR5 {
    let (resource_type, document_type) =
        provision.class.into_iter().partition(|coding: &Coding| coding.system == RESOURCE_TYPES);
    ProvisionR5 {
        extension: provision.extension,
        period: provision.period,
        actor: provision.actor,
        action: provision.action,
        security_label: provision.security_label,
        purpose: provision.purpose,
        document_type,
        resource_type,
        code: provision.code,
        data_period: provision.data_period,
        data: provision.data,
        provision: provision.provision.into_iter().map(provision_of_r4).collect(),
    }
}

/// A provision as R4 writes it; what is inside excepts it, level by level.
fn provision_to_r4(provision: ProvisionR5, permits: bool) -> Provision {
    let mut class = provision.resource_type;
    class.extend(provision.document_type);
    Provision {
        extension: provision.extension,
        effect: Some(if permits { "permit" } else { "deny" }.to_owned()),
        period: provision.period,
        actor: provision.actor,
        action: provision.action,
        security_label: provision.security_label,
        purpose: provision.purpose,
        class,
        code: provision.code,
        data_period: provision.data_period,
        data: provision.data,
        provision: provision.provision.into_iter().map(|inner| provision_to_r4(inner, !permits)).collect(),
    }
}

fn is_dissent(modifiers: &[Extension]) -> Result<bool, FhirError> {
    match modifiers {
        [] => Ok(false),
        [one] if one.url.strip_prefix(EXTENSION_BASE) == Some(DISSENT) => match one.value {
            Some(ExtensionValue::Boolean(value)) => Ok(value),
            _ => Err(FhirError::invalid("Consent.modifierExtension[0]", "expected valueBoolean")),
        },
        _ => {
            let problem = "it may change the meaning of everything else; remove it";
            Err(FhirError::unsupported("Consent.modifierExtension[0]", problem))
        }
    }
}

fn to_r4(resource: ConsentR5) -> Result<Resource, FhirError> {
    let dissent = is_dissent(&resource.modifier)?;
    let status = match resource.status.as_str() {
        "not-done" => "rejected".to_owned(),
        "unknown" => return Err(FhirError::unsupported("Consent.status", "say whether it is in force")),
        _ => resource.status,
    };
    let mut provisions = resource.provision;
    if provisions.len() > 1 {
        let problem = "several provisions are several consents; write one resource for each";
        return Err(FhirError::unsupported("Consent.provision[1]", problem));
    }
    let provision = provisions.pop();
    let (provision, rule) = decided(&resource.decision, dissent, provision)?;
    let research = Concept::new(CONSENT_KIND, ConsentKind::Research.code());
    let scope = if resource.category.contains(&research) { "research" } else { "patient-privacy" };
    Ok(Resource {
        resource_type: "Consent".to_owned(),
        id: resource.id,
        extension: resource.extension,
        status,
        scope: Concept::new(CONSENT_SCOPE, scope),
        category: resource.category,
        patient: resource.subject,
        date_time: resource.date,
        performer: resource.grantor,
        organization: resource.controller,
        policy: resource.policy.into_iter().collect(),
        policy_rule: rule.map(|rule| Concept::new(ACT_CODE, rule)),
        provision: with_period(provision, resource.period)?,
    })
}

/// The root provision of R4, and its base policy.
fn decided(
    decision: &str,
    dissent: bool,
    provision: Option<ProvisionR5>,
) -> Result<(Provision, Option<&'static str>), FhirError> {
    Ok(match (decision, dissent, provision) {
        ("deny", false, Some(exception)) if is_break_glass(&exception) => {
            let exception = provision_to_r4(exception, true);
            let root =
                Provision { effect: Some("deny".to_owned()), provision: vec![exception], ..Provision::default() };
            (root, None)
        }
        ("deny", false, Some(provision)) => (provision_to_r4(provision, true), None),
        ("deny", false, None) => (Provision::default(), Some("OPTOUT")),
        ("permit", true, Some(provision)) => (provision_to_r4(provision, false), None),
        ("permit", false, Some(provision)) => (provision_to_r4(provision, false), Some("OPTIN")),
        ("permit", false, None) => (Provision { effect: Some("permit".to_owned()), ..Provision::default() }, None),
        ("deny" | "permit", true, _) => {
            let problem = "a dissent is a decision permit with one provision that is denied";
            return Err(FhirError::invalid("Consent.modifierExtension[0]", problem));
        }
        _ => return Err(FhirError::invalid("Consent.decision", "neither permit nor deny")),
    })
}

/// Whether a provision excepts nothing but breaking the glass.
fn is_break_glass(provision: &ProvisionR5) -> bool {
    provision.purpose == [Coding::new(ACT_REASON, Purpose::Btg.code())]
        && provision.security_label.is_empty()
        && provision.provision.is_empty()
}

/// R5 may state the period of the whole consent.
fn with_period(provision: Provision, period: Option<Period>) -> Result<Provision, FhirError> {
    match (&provision.period, period) {
        (_, None) => Ok(provision),
        (None, period) => Ok(Provision { period, ..provision }),
        (Some(_), Some(_)) => {
            let problem = "a period stands both here and in the provision; give one of them";
            Err(FhirError::unsupported("Consent.period", problem))
        }
    }
}

/// The path of an element in R5, of which the first `resource_types` classes are resource types.
fn path_in_r5(path: &str, resource_types: usize) -> String {
    const NAMES: [(&str, &str); 7] = [
        ("Consent.patient", "Consent.subject"),
        ("Consent.organization", "Consent.controller"),
        ("Consent.performer", "Consent.grantor"),
        ("Consent.policy[0]", "Consent.policyBasis"),
        ("Consent.policyRule", "Consent.decision"),
        ("Consent.dateTime", "Consent.date"),
        ("Consent.provision", "Consent.provision[0]"),
    ];
    let renamed = NAMES.iter().find_map(|(from, to)| path.strip_prefix(from).map(|rest| format!("{to}{rest}")));
    let path = renamed.unwrap_or_else(|| path.to_owned());
    let Some((before, after)) = path.split_once(".class[") else { return path };
    let (index, rest) = after.split_once(']').unwrap_or((after, ""));
    match index.parse::<usize>() {
        Ok(index) if index < resource_types => format!("{before}.resourceType[{index}]{rest}"),
        Ok(index) => format!("{before}.documentType[{}]{rest}", index - resource_types),
        Err(_) => path,
    }
}
