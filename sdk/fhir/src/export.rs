//! From the ledger's terms to a FHIR Consent.

use assent_types::consent::{
    Consent, ConsentKind, ConsentStatus, ConsentTerms, Effect, EvidenceRef, Grantor, LabelRule, Labels, XBorder,
};
use assent_types::place::{Place, PlaceSet};
use assent_types::{Day, Millis};

use crate::codes::{
    ACT_CODE, ACT_REASON, CATEGORY, CONFIDENTIALITY, CONSENT_KIND, CONSENT_SCOPE, PARTICIPATION, POLICY_BASE,
    confidentiality_of, place_text, system_of_action,
};
use crate::date::{date_text, instant_text};
use crate::error::FhirError;
use crate::extensions::{code_value as code, own, own_parts, part, text_value as hash};
use crate::import::Intent;
use crate::mapping::Mapping;
use crate::model::{
    Actor, Coding, Concept, Data, Extension, ExtensionValue, Period, Policy, Provision, Reference, Resource,
};

/// Writes terms as a resource that [`crate::consent_from_fhir`] reads back to the same terms with the same mapping, or
/// with none.
///
/// # Errors
/// E713 for an empty axis, E711 for a value outside what FHIR can say; the ledger refuses such terms too.
pub fn terms_to_fhir(terms: &ConsentTerms, intent: Intent, mapping: &Mapping) -> Result<serde_json::Value, FhirError> {
    let status = match intent {
        Intent::Propose => "proposed",
        Intent::Grant => "active",
    };
    to_json(&resource(terms, status, mapping)?)
}

/// Writes a consent of the ledger with its identifier, status and time. An ended consent is never left out; it is
/// `inactive`, `rejected` or `entered-in-error`.
///
/// # Errors
/// Those of [`terms_to_fhir`].
pub fn consent_to_fhir(consent: &Consent, mapping: &Mapping) -> Result<serde_json::Value, FhirError> {
    to_json(&of_record(consent, mapping)?)
}

/// The resource of a consent of the ledger.
pub(crate) fn of_record(consent: &Consent, mapping: &Mapping) -> Result<Resource, FhirError> {
    let status = match consent.status {
        ConsentStatus::Proposed => "proposed",
        ConsentStatus::Active => "active",
        ConsentStatus::Suspended
        | ConsentStatus::Superseded
        | ConsentStatus::Revoked
        | ConsentStatus::Expired
        | ConsentStatus::Exhausted => "inactive",
        ConsentStatus::Rejected | ConsentStatus::Lapsed => "rejected",
        ConsentStatus::EnteredInError => "entered-in-error",
    };
    let mut resource = resource(&consent.terms, status, mapping)?;
    resource.id = Some(consent.id.to_string());
    resource.date_time = Some(instant(consent.granted_at.unwrap_or(consent.created_at), "Consent.dateTime")?);
    if consent.grantor == Some(Grantor::Subject) {
        resource.performer = vec![resource.patient.clone()];
    }
    Ok(resource)
}

fn to_json(resource: &Resource) -> Result<serde_json::Value, FhirError> {
    serde_json::to_value(resource).map_err(|error| FhirError::invalid("Consent", error.to_string()))
}

pub(crate) fn resource(terms: &ConsentTerms, status: &str, mapping: &Mapping) -> Result<Resource, FhirError> {
    let scope = if terms.kind == ConsentKind::Research { "research" } else { "patient-privacy" };
    Ok(Resource {
        resource_type: "Consent".to_owned(),
        id: None,
        extension: root_extensions(terms),
        status: status.to_owned(),
        scope: Concept::new(CONSENT_SCOPE, scope),
        category: vec![Concept::new(CONSENT_KIND, terms.kind.code())],
        patient: mapping.reference_to_subject(terms.subject, terms.controller),
        date_time: None,
        performer: Vec::new(),
        organization: vec![mapping.reference_to_organization(terms.controller)],
        policy: vec![policy(terms, mapping)],
        policy_rule: None,
        provision: provision(terms, mapping)?,
    })
}

/// A policy of the mapping by its URI, any other one by its hash; the notice always stands beside it.
fn policy(terms: &ConsentTerms, mapping: &Mapping) -> Policy {
    let is_same = |entry: &&crate::mapping::PolicyEntry| {
        // A name with a bar is a `policyRule`, and the first entry of a name hides the others.
        let first = mapping.policy(&entry.name).is_some_and(|first| first.policy == terms.policy);
        entry.policy == terms.policy && first && !entry.name.contains('|')
    };
    let listed = mapping.policies.iter().find(is_same).map(|entry| entry.name.clone());
    let uri = listed.unwrap_or_else(|| format!("{POLICY_BASE}{}", terms.policy.policy));
    Policy { extension: vec![own("policy-notice", hash(terms.policy.notice))], uri }
}

fn provision(terms: &ConsentTerms, mapping: &Mapping) -> Result<Provision, FhirError> {
    const PATH: &str = "Consent.provision";
    let empty_axes = [
        (
            "actor",
            terms.grantees.orgs.is_empty() && terms.grantees.roles.is_empty() && terms.grantees.excluded.is_empty(),
        ),
        ("purpose", terms.purposes.is_empty()),
        ("action", terms.actions.is_empty()),
        ("class", terms.categories.is_empty()),
        ("extension(place)", terms.places.is_empty()),
        ("data", terms.instances.as_ref().is_some_and(|instances| instances.is_empty())),
    ];
    if let Some((axis, _)) = empty_axes.into_iter().find(|(_, is_empty)| *is_empty) {
        return Err(FhirError::missing(format!("{PATH}.{axis}"), "the terms leave it empty"));
    }
    let recipient = |reference| Actor { role: Concept::new(PARTICIPATION, "IRCP"), reference };
    let orgs = terms.grantees.orgs.iter();
    let actions = terms.actions.codes();
    let instances = terms.instances.iter().flatten();
    let (security_label, label_extensions) = security(terms)?;
    let mut extension: Vec<Extension> = places(&terms.places);
    extension.extend(label_extensions);
    extension.extend(grantee_extensions(terms, mapping));
    Ok(Provision {
        extension,
        effect: Some(terms.effect.code().to_owned()),
        period: period(terms)?,
        actor: orgs.map(|org| recipient(mapping.reference_to_organization(*org))).collect(),
        action: actions.map(|action| Concept::new(system_of_action(action), action.code())).collect(),
        security_label,
        purpose: terms.purposes.iter().map(|purpose| Coding::new(ACT_REASON, purpose.code())).collect(),
        class: terms.categories.codes().map(|category| Coding::new(CATEGORY, category.code())).collect(),
        code: Vec::new(),
        data_period: terms.data_period.map(data_period).transpose()?,
        data: instances.map(|lineage| instance(mapping.reference_to_document(*lineage))).collect(),
        provision: Vec::new(),
    })
}

fn instance(reference: Reference) -> Data {
    Data { meaning: "instance".to_owned(), reference }
}

/// Grade and labels: as security labels where FHIR means the same, else as extensions.
fn security(terms: &ConsentTerms) -> Result<(Vec<Coding>, Vec<Extension>), FhirError> {
    let confidentiality = confidentiality_of(terms.max_grade).ok_or_else(|| {
        FhirError::unsupported("Consent.provision.securityLabel", format!("grade {} is not 1 to 5", terms.max_grade))
    })?;
    let (mut labels, mut extensions) = (Vec::new(), Vec::new());
    match terms.effect {
        Effect::Permit => labels.push(Coding::new(CONFIDENTIALITY, confidentiality)),
        Effect::Deny => extensions.push(own("max-grade", ExtensionValue::Number(terms.max_grade.into()))),
    }
    match (terms.effect, terms.labels) {
        (_, LabelRule::NoneRestricted) => {}
        (Effect::Permit, LabelRule::AllowList(allowed)) if !allowed.is_empty() => {
            labels.extend(allowed.codes().map(|label| Coding::new(ACT_CODE, label.code())));
        }
        (_, LabelRule::AllowList(allowed)) => extensions.push(label_rule("allow-list", allowed)),
        (_, LabelRule::AnyExcept(excepted)) => extensions.push(label_rule("any-except", excepted)),
    }
    Ok((labels, extensions))
}

fn label_rule(kind: &str, labels: Labels) -> Extension {
    let labels = labels.codes().map(|label| part("label", code(label.code())));
    let parts = std::iter::once(part("kind", code(kind))).chain(labels);
    own_parts("label-rule", parts.collect())
}

fn grantee_extensions(terms: &ConsentTerms, mapping: &Mapping) -> Vec<Extension> {
    let roles = terms.grantees.roles.iter().map(|selector| {
        let mut parts = vec![part("role", code(selector.role.code()))];
        parts.extend(place_parts(&selector.places));
        parts.extend(selector.accreditation.map(|kind| part("accreditation", code(kind.code()))));
        own_parts("grantee-role", parts)
    });
    let excluded = terms.grantees.excluded.iter();
    let excluded =
        excluded.map(|org| own("excluded", ExtensionValue::Reference(mapping.reference_to_organization(*org))));
    roles.chain(excluded).collect()
}

fn root_extensions(terms: &ConsentTerms) -> Vec<Extension> {
    // Whatever is not said below is not so, whatever a reader's mapping has as defaults.
    let mut all = vec![own("complete", ExtensionValue::Boolean(true))];
    all.extend(terms.separate.codes().map(|bit| own("separate-consent", code(bit.code()))));
    all.extend(terms.xborder.as_ref().map(xborder));
    all.push(own_parts("evidence", evidence_parts(&terms.evidence)));
    all.push(own("redisclosure", code(terms.redisclosure.code())));
    all.extend(terms.obligations.codes().map(|obligation| own("obligation", code(obligation.code()))));
    all.extend(terms.retention_days.map(|days| own("retention-days", ExtensionValue::Number(days))));
    all.push(own("break-glass", code(terms.break_glass.code())));
    let mut limits = Vec::new();
    limits.extend(terms.limits.max_uses.map(|max| part("max-uses", ExtensionValue::Number(max))));
    if let Some((count, window_ms)) = terms.limits.rate {
        limits.push(part("rate-count", ExtensionValue::Number(count)));
        limits.push(part("rate-window-ms", ExtensionValue::Text(window_ms.to_string())));
    }
    if terms.limits.per_access_confirm {
        limits.push(part("per-access-confirm", ExtensionValue::Boolean(true)));
    }
    if !limits.is_empty() {
        all.push(own_parts("limits", limits));
    }
    all
}

fn xborder(xborder: &XBorder) -> Extension {
    let mut parts: Vec<Extension> = place_parts(&xborder.to).collect();
    parts.extend(xborder.basis_kinds.codes().map(|kind| part("basis-kind", code(kind.code()))));
    parts.push(part("notice", hash(xborder.notice)));
    parts.push(Extension::complex("evidence", evidence_parts(&xborder.evidence)));
    own_parts("xborder", parts)
}

fn evidence_parts(evidence: &EvidenceRef) -> Vec<Extension> {
    let mut parts = vec![part("kind", code(evidence.kind.code())), part("hash", hash(evidence.hash))];
    parts.extend(evidence.timestamp.map(|timestamp| part("timestamp", hash(timestamp))));
    parts.push(part("mutually-recognised", ExtensionValue::Boolean(evidence.mutually_recognised)));
    parts
}

fn period(terms: &ConsentTerms) -> Result<Option<Period>, FhirError> {
    let end = terms.exp.map(|exp| {
        const PATH: &str = "Consent.provision.period.end";
        // The end of a FHIR period is included.
        let last = exp.0.checked_sub(1).ok_or_else(|| FhirError::unsupported(PATH, "ended before 1970"))?;
        instant(Millis(last), PATH)
    });
    let end = end.transpose()?;
    let start = (terms.nbf != Millis(0)).then(|| instant(terms.nbf, "Consent.provision.period.start"));
    let start = start.transpose()?;
    Ok((start.is_some() || end.is_some()).then_some(Period { start, end }))
}

fn instant(at: Millis, path: &str) -> Result<String, FhirError> {
    instant_text(at).ok_or_else(|| FhirError::unsupported(path, "lies after the year 9999"))
}

fn data_period((start, end): (Day, Day)) -> Result<Period, FhirError> {
    let last_day = Day::from_date(9999, 12, 31).unwrap_or_default();
    if start >= end || end.0 > last_day.0 + 1 {
        return Err(FhirError::unsupported("Consent.provision.dataPeriod", "no period of days up to the year 9999"));
    }
    Ok(Period { start: Some(date_text(start)), end: Some(date_text(Day(end.0 - 1))) })
}

fn places(places: &PlaceSet) -> Vec<Extension> {
    places.iter().map(|place| own("place", place_value(place))).collect()
}

fn place_parts(places: &PlaceSet) -> impl Iterator<Item = Extension> {
    places.iter().map(|place| part("place", place_value(place)))
}

fn place_value(place: &Place) -> ExtensionValue {
    ExtensionValue::Text(place_text(place))
}
