//! From terms to an ODRL policy, by way of the elements of an R4 Consent.

use assent_types::consent::{Consent, ConsentTerms, Obligation};

use super::policy_model::{
    ACTION, CATEGORY, Constraint, Context, DOCUMENT, Duty, FhirParts, Literal, OBLIGATION, OdrlPolicy, PROFILE,
    RuleElement, SECURITY_LABEL, SERVICE_DATE, Texts, code_iri, consent_iri,
};
use crate::codes::{ACT_CODE, EXTENSION_BASE};
use crate::error::FhirError;
use crate::export;
use crate::import::Intent;
use crate::mapping::Mapping;
use crate::model::{Coding, Extension, ExtensionValue, Period, Provision, Resource};

/// Writes terms as an ODRL Offer, or the Agreement on them (JSON-LD), that [`super::consent_from_odrl`] reads back to the
/// same terms.
///
/// # Errors
/// E711 for a consent to several organisations, or to all of a role: a contract has two parties; those of
/// [`crate::terms_to_fhir`].
pub fn terms_to_odrl(terms: &ConsentTerms, intent: Intent, mapping: &Mapping) -> Result<String, FhirError> {
    let status = match intent {
        Intent::Propose => "proposed",
        Intent::Grant => "active",
    };
    write(export::resource(terms, status, mapping)?, None)
}

/// Writes a consent of the ledger that is proposed or active, with its identifier, as the Offer or Agreement that it is.
///
/// # Errors
/// E711 for one that is suspended or over, of which only the negotiation has a state; those of [`terms_to_odrl`].
pub fn consent_to_odrl(consent: &Consent, mapping: &Mapping) -> Result<String, FhirError> {
    write(export::of_record(consent, mapping)?, Some(consent_iri(consent.id)))
}

fn write(resource: Resource, id: Option<String>) -> Result<String, FhirError> {
    let policy = of_r4(resource, id)?;
    serde_json::to_string(&policy).map_err(|error| FhirError::invalid("policy", error.to_string()))
}

fn of_r4(resource: Resource, id: Option<String>) -> Result<OdrlPolicy, FhirError> {
    let (kind, timestamp) = match resource.status.as_str() {
        "proposed" => ("Offer", None),
        "active" => ("Agreement", resource.date_time),
        _ => {
            return Err(FhirError::unsupported("policy.@type", "what is over, or rests, is no offer and no agreement"));
        }
    };
    let missing = |element: &str| FhirError::missing(format!("policy.{element}"), "the terms leave it empty");
    let provision = resource.provision;
    let [assignee] = provision.actor.as_slice() else {
        return Err(FhirError::unsupported("policy.assignee", "a contract is with one organisation"));
    };
    let assignee = assignee.reference.iri();
    let permits = provision.effect.as_deref() == Some("permit");
    // A prohibition has no duties (ODRL Information Model 2.2, 2.6): a dissent keeps its own as extensions.
    let (duties, consent) = resource.extension.into_iter().partition(|one| permits && duty(one).is_some());
    let duties: Vec<Extension> = duties;
    let duty = duties.iter().filter_map(duty).collect();
    let (constraint, left) = constraints(provision)?;
    let rule = vec![RuleElement { action: "use".to_owned(), constraint, duty }];
    let (permission, prohibition) = if permits { (rule, Vec::new()) } else { (Vec::new(), rule) };
    let policy = resource.policy.into_iter().next().ok_or_else(|| missing("policy"))?;
    let fhir = FhirParts { consent, policy: policy.extension, provision: left };
    Ok(OdrlPolicy {
        context: Context,
        kind: kind.to_owned(),
        id,
        profile: Some(Texts::One(PROFILE.to_owned())),
        conflict: Some("prohibit".to_owned()),
        target: resource.patient.iri(),
        assigner: resource.organization.first().ok_or_else(|| missing("assigner"))?.iri(),
        assignee,
        timestamp,
        permission,
        prohibition,
        consent_kind: resource.category.first().map(|category| category.coding().code.clone()),
        policy: Some(policy.uri),
        fhir: Some(Literal { kind: "@json".to_owned(), value: fhir }),
    })
}

/// An own extension of Consent that ODRL has a duty for.
fn duty(extension: &Extension) -> Option<Duty> {
    match (extension.url.strip_prefix(EXTENSION_BASE)?, &extension.value) {
        ("obligation", Some(ExtensionValue::Code(code))) => {
            let own = [Obligation::NotifySubject, Obligation::Review].iter().any(|own| own.code() == code);
            let system = if own { OBLIGATION } else { ACT_CODE };
            Some(Duty { action: code_iri(&Coding::new(system, code)), constraint: Vec::new() })
        }
        ("retention-days", Some(ExtensionValue::Number(days))) => Some(Duty {
            action: "delete".to_owned(),
            constraint: vec![compared("elapsedTime", "eq", format!("P{days}D"))],
        }),
        _ => None,
    }
}

fn compared(left: &str, operator: &str, right: String) -> Constraint {
    Constraint { left: left.to_owned(), operator: operator.to_owned(), right: Texts::One(right) }
}

/// A constraint to one of these; none if there is nothing to choose from.
fn one_of(left: &str, of: Vec<String>) -> Option<Constraint> {
    let operator = "isAnyOf".to_owned();
    (!of.is_empty()).then(|| Constraint { left: left.to_owned(), operator, right: Texts::Many(of) })
}

fn within(left: &str, period: Option<Period>) -> impl Iterator<Item = Constraint> {
    let (start, end) = period.map_or((None, None), |period| (period.start, period.end));
    let start = start.map(|start| compared(left, "gteq", start));
    start.into_iter().chain(end.map(|end| compared(left, "lteq", end)))
}

/// The constraints of a provision, and its extensions that are none.
fn constraints(provision: Provision) -> Result<(Vec<Constraint>, Vec<Extension>), FhirError> {
    let (mut places, mut left) = (Vec::new(), Vec::new());
    for extension in provision.extension {
        match (extension.url.strip_prefix(EXTENSION_BASE), &extension.value) {
            (Some("place"), Some(ExtensionValue::Text(place))) => places.push(place.clone()),
            (Some("grantee-role" | "excluded"), _) => {
                return Err(FhirError::unsupported("policy.assignee", "a contract is with one organisation"));
            }
            _ => left.push(extension),
        }
    }
    let codes = |codings: &[Coding]| codings.iter().map(code_iri).collect();
    let mut all = Vec::new();
    all.extend(one_of("purpose", codes(&provision.purpose)));
    all.extend(one_of(ACTION, provision.action.iter().map(|action| code_iri(action.coding())).collect()));
    all.extend(one_of(CATEGORY, codes(&provision.class)));
    all.extend(one_of(SECURITY_LABEL, codes(&provision.security_label)));
    all.extend(one_of(DOCUMENT, provision.data.iter().map(|data| data.reference.iri()).collect()));
    all.extend(one_of("spatial", places));
    all.extend(within("dateTime", provision.period));
    all.extend(within(SERVICE_DATE, provision.data_period));
    Ok((all, left))
}
