//! What one provision says, axis by axis.

use assent_types::codec::Set;
use assent_types::consent::{Categories, Category, DataActions, Effect, Grantees, Label, LabelRule, Labels, Purpose};
use assent_types::limits::{INSTANCES_MAX, PURPOSES_MAX};
use assent_types::place::PlaceSet;
use assent_types::{Day, Hash32, Millis, OrgId};

use crate::codes::{
    ACT_CODE, ACT_REASON, CATEGORY, CONFIDENTIALITY, PARTICIPATION, RESOURCE_TYPES, action_of, category_of_resource,
    grade_of,
};
use crate::date::{date_range, interval};
use crate::error::FhirError;
use crate::extensions::Extensions;
use crate::mapping::Mapping;
use crate::model::{Coding, Period, Provision, Reference};

/// What a provision says; `None` where it is silent.
#[derive(Clone, Default)]
pub(crate) struct Axes {
    pub(crate) grantees: Option<Grantees>,
    pub(crate) purposes: Option<Set<Purpose, PURPOSES_MAX>>,
    pub(crate) actions: Option<DataActions>,
    pub(crate) categories: Option<Categories>,
    pub(crate) max_grade: Option<u8>,
    pub(crate) labels: Option<LabelRule>,
    pub(crate) data_period: Option<(Day, Day)>,
    pub(crate) instances: Option<Set<Hash32, INSTANCES_MAX>>,
    pub(crate) places: Option<PlaceSet>,
    pub(crate) window: Option<(Millis, Option<Millis>)>,
}

impl Axes {
    /// An exception inherits what it does not say itself.
    pub(crate) fn or(self, parent: &Self) -> Self {
        Self {
            grantees: self.grantees.or_else(|| parent.grantees.clone()),
            purposes: self.purposes.or_else(|| parent.purposes.clone()),
            actions: self.actions.or(parent.actions),
            categories: self.categories.or(parent.categories),
            max_grade: self.max_grade.or(parent.max_grade),
            labels: self.labels.or(parent.labels),
            data_period: self.data_period.or(parent.data_period),
            instances: self.instances.or_else(|| parent.instances.clone()),
            places: self.places.or_else(|| parent.places.clone()),
            window: self.window.or(parent.window),
        }
    }

    /// Whether nothing but the time of the rule itself is said.
    pub(crate) fn is_unconditional(&self) -> bool {
        let Self {
            grantees,
            purposes,
            actions,
            categories,
            max_grade,
            labels,
            data_period,
            instances,
            places,
            window: _,
        } = self;
        grantees.is_none()
            && purposes.is_none()
            && actions.is_none()
            && categories.is_none()
            && max_grade.is_none()
            && labels.is_none()
            && data_period.is_none()
            && instances.is_none()
            && places.is_none()
    }

    pub(crate) fn read(
        provision: &Provision,
        effect: Effect,
        path: &str,
        controller: OrgId,
        mapping: &Mapping,
    ) -> Result<Self, FhirError> {
        let mut extensions = Extensions::of(&provision.extension, path);
        let (max_grade, labels) = security(provision, effect, path, &mut extensions)?;
        let axes = Self {
            grantees: grantees(provision, path, controller, mapping, &mut extensions)?,
            purposes: purposes(&provision.purpose, path)?,
            actions: actions(provision, path)?,
            categories: categories(provision, path)?,
            max_grade,
            labels,
            data_period: data_period(provision.data_period.as_ref(), path)?,
            instances: instances(provision, path, mapping)?,
            places: extensions.places()?,
            window: window(provision.period.as_ref(), path, mapping)?,
        };
        extensions.finish()?;
        Ok(axes)
    }
}

fn bounded<T: Ord, const MAX: usize>(items: Vec<T>, path: &str) -> Result<Set<T, MAX>, FhirError> {
    Set::new(items).map_err(|error| FhirError::unsupported(path, error.to_string()))
}

fn grantees(
    provision: &Provision,
    path: &str,
    controller: OrgId,
    mapping: &Mapping,
    extensions: &mut Extensions<'_>,
) -> Result<Option<Grantees>, FhirError> {
    let mut orgs = Vec::new();
    for (index, actor) in provision.actor.iter().enumerate() {
        let path = format!("{path}.actor[{index}]");
        let role = actor.role.coding();
        let code = if role.system == PARTICIPATION { role.code.as_str() } else { "" };
        match code {
            "IRCP" | "PRCP" => orgs.push(organization(&actor.reference, &format!("{path}.reference"), mapping)?),
            // The custodian is the controller of the consent; it is no recipient.
            "CST" if mapping.organization(&actor.reference) == Some(controller) => {}
            "CST" => {
                let problem = "another custodian than Consent.organization; one consent speaks of one controller";
                return Err(FhirError::unsupported(format!("{path}.reference"), problem));
            }
            _ => {
                let problem = format!("{} is neither a recipient (IRCP, PRCP) nor the custodian (CST)", role.token());
                return Err(FhirError::unsupported(format!("{path}.role"), problem));
            }
        }
    }
    let roles = extensions.roles()?;
    let excluded = extensions.excluded()?.into_iter().map(|(path, reference)| organization(reference, &path, mapping));
    let excluded: Vec<OrgId> = excluded.collect::<Result<_, _>>()?;
    if orgs.is_empty() && roles.is_empty() && excluded.is_empty() {
        return Ok(None);
    }
    let actor_path = format!("{path}.actor");
    Ok(Some(Grantees {
        orgs: bounded(orgs, &actor_path)?,
        roles: bounded(roles, &actor_path)?,
        excluded: bounded(excluded, &actor_path)?,
    }))
}

pub(crate) fn organization(reference: &Reference, path: &str, mapping: &Mapping) -> Result<OrgId, FhirError> {
    if let Some(org) = mapping.organization(reference) {
        return Ok(org);
    }
    match reference.resource_type() {
        Some(kind) if kind != "Organization" && !kind.contains(':') => {
            let problem = format!("the ledger knows organisations, not a {kind}; name the organisation");
            Err(FhirError::unsupported(path, problem))
        }
        _ => {
            let problem = format!("{:?} is no organisation of the mapping; add it", reference.key());
            Err(FhirError::missing(path, problem))
        }
    }
}

fn purposes(codings: &[Coding], path: &str) -> Result<Option<Set<Purpose, PURPOSES_MAX>>, FhirError> {
    let read = |(index, coding): (usize, &Coding)| {
        let purpose = (coding.system == ACT_REASON).then(|| Purpose::from_code(&coding.code)).flatten();
        purpose.ok_or_else(|| {
            let problem = format!("{} is no purpose of the ledger", coding.token());
            FhirError::unsupported(format!("{path}.purpose[{index}]"), problem)
        })
    };
    let purposes: Vec<Purpose> = codings.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    if purposes.is_empty() { Ok(None) } else { bounded(purposes, path).map(Some) }
}

fn actions(provision: &Provision, path: &str) -> Result<Option<DataActions>, FhirError> {
    let mut actions = DataActions::EMPTY;
    for (index, concept) in provision.action.iter().enumerate() {
        let coding = concept.coding();
        let action = action_of(&coding.system, &coding.code).ok_or_else(|| {
            let problem = format!("{} is no action of the ledger", coding.token());
            FhirError::unsupported(format!("{path}.action[{index}]"), problem)
        })?;
        actions = actions.with(action);
    }
    Ok((!actions.is_empty()).then_some(actions))
}

fn categories(provision: &Provision, path: &str) -> Result<Option<Categories>, FhirError> {
    if !provision.class.is_empty() && !provision.code.is_empty() {
        let problem =
            "only data of a class and with a code is meant, which no set of categories says; give one of them";
        return Err(FhirError::unsupported(format!("{path}.code"), problem));
    }
    let classes = provision.class.iter().enumerate().map(|(index, coding)| (format!("{path}.class[{index}]"), coding));
    let codes = provision.code.iter().enumerate();
    let codes = codes.map(|(index, concept)| (format!("{path}.code[{index}]"), concept.coding()));
    let mut categories = Categories::EMPTY;
    for (path, coding) in classes.chain(codes) {
        let category = match coding.system.as_str() {
            CATEGORY => Category::from_code(&coding.code),
            RESOURCE_TYPES => category_of_resource(&coding.code),
            _ => None,
        };
        let problem = || format!("{} is not the same as a category of the ledger", coding.token());
        categories = categories.with(category.ok_or_else(|| FhirError::unsupported(path, problem()))?);
    }
    Ok((!categories.is_empty()).then_some(categories))
}

/// Grade and labels. A permit reaches up to a grade; a dissent covers every grade and label, because labelled data is
/// not visible as such on the ledger.
fn security(
    provision: &Provision,
    effect: Effect,
    path: &str,
    extensions: &mut Extensions<'_>,
) -> Result<(Option<u8>, Option<LabelRule>), FhirError> {
    let (extension_grade, extension_rule) = (extensions.max_grade()?, extensions.label_rule()?);
    let mut grade = None;
    let mut labels = Labels::EMPTY;
    for (index, coding) in provision.security_label.iter().enumerate() {
        let path = format!("{path}.securityLabel[{index}]");
        if effect == Effect::Deny {
            let problem = "a dissent from labelled data alone cannot be expressed; dissent from the categories";
            return Err(FhirError::unsupported(path, problem));
        }
        let unknown = || FhirError::unsupported(path.as_str(), format!("{} is no label of the ledger", coding.token()));
        match coding.system.as_str() {
            CONFIDENTIALITY => grade = grade.max(Some(grade_of(&coding.code).ok_or_else(unknown)?)),
            ACT_CODE => labels = labels.with(Label::from_code(&coding.code).ok_or_else(unknown)?),
            _ => return Err(unknown()),
        }
    }
    if (grade.is_some() && extension_grade.is_some()) || (!labels.is_empty() && extension_rule.is_some()) {
        let problem = "stands both here and in an extension; give one of them";
        return Err(FhirError::unsupported(format!("{path}.securityLabel"), problem));
    }
    let rule = (!labels.is_empty()).then_some(LabelRule::AllowList(labels));
    Ok((grade.or(extension_grade), rule.or(extension_rule)))
}

/// Service dates, whole days. The end day is included in FHIR and excluded on the ledger.
fn data_period(period: Option<&Period>, path: &str) -> Result<Option<(Day, Day)>, FhirError> {
    let Some(period) = period else { return Ok(None) };
    let path = format!("{path}.dataPeriod");
    let read = |text: Option<&String>, name: &str| {
        let path = format!("{path}.{name}");
        let text = text.ok_or_else(|| FhirError::missing(path.as_str(), "give both ends of the service dates"))?;
        if text.contains('T') {
            return Err(FhirError::unsupported(path, "service dates are whole days; leave the time of day out"));
        }
        let (first, next) = date_range(text)
            .ok_or_else(|| FhirError::invalid(path.as_str(), format!("{text:?} is not a FHIR date")))?;
        let days = u32::try_from(first).ok().zip(u32::try_from(next).ok());
        days.ok_or_else(|| FhirError::unsupported(path, "service dates begin with 1970"))
    };
    let (start, _) = read(period.start.as_ref(), "start")?;
    let (_, end) = read(period.end.as_ref(), "end")?;
    if start >= end {
        return Err(FhirError::invalid(path, "the end lies before the start"));
    }
    Ok(Some((Day(start), Day(end))))
}

fn instances(
    provision: &Provision,
    path: &str,
    mapping: &Mapping,
) -> Result<Option<Set<Hash32, INSTANCES_MAX>>, FhirError> {
    let mut instances = Vec::new();
    for (index, data) in provision.data.iter().enumerate() {
        let path = format!("{path}.data[{index}]");
        if data.meaning != "instance" {
            let problem = format!("{:?} data cannot be found by the ledger; name the instances", data.meaning);
            return Err(FhirError::unsupported(format!("{path}.meaning"), problem));
        }
        let lineage = mapping.document(&data.reference).ok_or_else(|| {
            let problem = format!("{:?} is no document of the mapping; add it", data.reference.key());
            FhirError::missing(format!("{path}.reference"), problem)
        })?;
        instances.push(lineage);
    }
    if instances.is_empty() { Ok(None) } else { bounded(instances, &format!("{path}.data")).map(Some) }
}

fn window(
    period: Option<&Period>,
    path: &str,
    mapping: &Mapping,
) -> Result<Option<(Millis, Option<Millis>)>, FhirError> {
    let Some(period) = period else { return Ok(None) };
    let path = format!("{path}.period");
    let offset = mapping.offset_minutes();
    let start_path = format!("{path}.start");
    let start = period.start.as_ref().map(|text| interval(text, offset, &start_path)).transpose()?;
    let end_path = format!("{path}.end");
    let end = period.end.as_ref().map(|text| interval(text, offset, &end_path)).transpose()?;
    // No block is older than 1970, so an earlier start says the same as the first instant.
    let nbf = start.map_or(0, |start| u64::try_from(start.start_ms).unwrap_or(0));
    let exp = end.map(|end| u64::try_from(end.end_ms)).transpose();
    let exp = exp.map_err(|_| FhirError::unsupported(end_path, "ended before 1970"))?;
    if exp.is_some_and(|exp| exp <= nbf) {
        return Err(FhirError::invalid(path, "the end lies before the start"));
    }
    Ok(Some((Millis(nbf), exp.map(Millis))))
}
