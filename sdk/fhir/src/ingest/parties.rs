//! Patients and organisations.

use super::bundle::Entries;
use super::context::{Context, Subject};
use super::model::{Identifier, Organization, Patient, PatientRef, Private};
use super::reference::{Resolved, Target};
use super::scenario::Named;
use super::view::View;
use crate::date::date_range;
use crate::error::FhirError;

pub(super) fn patient<'a>(context: &mut Context<'a>, number: usize, view: &View<'a>) -> Result<(), FhirError> {
    let patient = read_patient(number, reference_to(context.entries, number), view)?;
    context.patients.insert(number, context.out.patients.len());
    context.out.patients.push(patient);
    Ok(())
}

fn read_patient(entry: usize, reference: Option<String>, view: &View<'_>) -> Result<Patient, FhirError> {
    let mut identifiers = Vec::new();
    for identifier in view.objects("identifier")? {
        // An identifier without a value says only who would give one.
        let Some(value) = identifier.text("value")? else { continue };
        let types = identifier.codes("type")?;
        identifiers.push(Identifier {
            system: identifier.text("system")?.map(str::to_owned),
            type_code: types.into_iter().next().map(|code| code.code),
            value: Private::new(value.to_owned()),
        });
    }
    let birth_date = view.text("birthDate")?;
    if birth_date.is_some_and(|text| date_range(text).is_none()) {
        return Err(view.invalid("birthDate", "not a FHIR date"));
    }
    let birth_date = birth_date.map(|text| Private::new(text.to_owned()));
    Ok(Patient { entry, reference: reference.map(Private::new), identifiers, birth_date })
}

impl<'a> Context<'a> {
    /// Reads the patient, so that nothing can fail when [`Context::listed`] takes it over.
    pub(super) fn checked(&self, from: usize, subject: &Subject<'a>, view: &View<'a>) -> Result<Whose, FhirError> {
        match subject {
            Subject::Known(known) => Ok(Whose::Known(known.clone())),
            Subject::Contained(json) => {
                let view = View::new(json, view.at("contained"))?;
                read_patient(from, None, &view).map(Whose::Contained)
            }
        }
    }

    /// The reference to the patient of an accepted resource.
    pub(super) fn listed(&mut self, whose: Whose) -> PatientRef {
        match whose {
            Whose::Known(known) => known,
            Whose::Contained(patient) => {
                self.out.patients.push(patient);
                PatientRef::Listed(self.out.patients.len() - 1)
            }
        }
    }
}

/// Whose an accepted resource is.
pub(super) enum Whose {
    Known(PatientRef),
    Contained(Patient),
}

pub(super) fn organization<'a>(context: &mut Context<'a>, number: usize, view: &View<'a>) -> Result<(), FhirError> {
    let named = named_entry(context.entries, number, view)?;
    let org = context.scenario.organization(&named);
    context.out.organizations.push(Organization { entry: number, name: named.name, org });
    Ok(())
}

/// The names under which a scenario may list what a reference leads to.
pub(super) fn named<'a>(
    entries: &Entries<'a>,
    resolved: &Resolved<'a>,
    reference: &View<'a>,
) -> Result<Named, FhirError> {
    let mut named = match resolved {
        Resolved::Inside(Target::Entry(number)) => match entries.entry(*number) {
            Some(entry) => named_entry(entries, *number, &entry.resource)?,
            None => Named::default(),
        },
        Resolved::Inside(Target::Contained(json)) => own_names(&View::new(json, reference.at("contained"))?)?,
        Resolved::Outside(outside) => {
            let mut named = Named::default();
            named.references.extend((!outside.reference.is_empty()).then(|| outside.reference.clone()));
            named.identifiers.extend((!outside.identifier.is_empty()).then(|| outside.identifier.clone()));
            named
        }
    };
    if let Some(text) = reference.text("reference")?.filter(|text| !text.starts_with('#')) {
        named.references.push(text.to_owned());
    }
    Ok(named)
}

fn named_entry(entries: &Entries<'_>, number: usize, view: &View<'_>) -> Result<Named, FhirError> {
    let mut named = own_names(view)?;
    if let Some(entry) = entries.entry(number) {
        named.references.extend(entry.full_url.map(str::to_owned));
        named.references.extend(entry.id.map(|id| format!("{}/{id}", entry.kind)));
    }
    Ok(named)
}

fn own_names(view: &View<'_>) -> Result<Named, FhirError> {
    let mut identifiers = Vec::new();
    for identifier in view.objects("identifier")? {
        let system = identifier.text("system")?.unwrap_or_default();
        identifiers.extend(identifier.text("value")?.map(|value| format!("{system}|{value}")));
    }
    // A person's name is a list; only an organisation's is a text.
    let is_organization = view.text("resourceType")? == Some("Organization");
    let name = if is_organization { view.text("name")?.map(str::to_owned) } else { None };
    Ok(Named { references: Vec::new(), identifiers, name })
}

/// How resources refer to an entry.
pub(super) fn reference_to(entries: &Entries<'_>, number: usize) -> Option<String> {
    let entry = entries.entry(number)?;
    let by_id = || entry.id.map(|id| format!("{}/{id}", entry.kind));
    entry.full_url.map(str::to_owned).or_else(by_id)
}
