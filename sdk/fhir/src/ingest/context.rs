//! Reading a whole Bundle.

use std::collections::BTreeMap;

use assent_types::{Day, Month, OrgId};

use super::bundle::{BOUNDS, Entries};
use super::documents::Evidence;
use super::model::{Ingest, PatientRef, Private, ServiceDate};
use super::reference::{Resolved, Target};
use super::scenario::Scenario;
use super::view::View;
use super::{claims, documents, parties, statements};
use crate::date::calendar_days;
use crate::error::FhirError;
use crate::json::Json;

/// Types that are accepted only as parts of documents.
pub(super) const PARTS: [&str; 3] = ["Observation", "Media", "Binary"];

/// Reads a Bundle, or a single resource.
///
/// Never panics: the text is bounded in size ([`super::BUNDLE_BYTES_MAX`]), entries ([`super::ENTRIES_MAX`]), values
/// ([`super::VALUES_MAX`]) and depth ([`crate::DEPTH_MAX`] for each resource).
///
/// # Errors
/// E711 for a kind of Bundle that does not hand over resources, E712 where the text is no valid Bundle. Faults of single
/// resources stand in [`Ingest::summary`].
pub fn read(json: &str, scenario: &Scenario) -> Result<Ingest, FhirError> {
    let root = Json::parse(json, &BOUNDS)?;
    let (entries, refused) = Entries::of(&root)?;
    let mut context = Context {
        entries: &entries,
        scenario,
        out: Ingest::default(),
        patients: BTreeMap::new(),
        evidence: Evidence::default(),
        claims: BTreeMap::new(),
        bills: BTreeMap::new(),
    };
    for (number, error) in refused {
        context.out.summary.refuse(number, "Bundle", error);
    }
    context.each(&["Patient"], parties::patient);
    context.each(&["Organization"], parties::organization);
    context.each(&["DiagnosticReport", "DocumentReference"], documents::document);
    context.each(&["Claim"], claims::claim);
    context.each(&["ExplanationOfBenefit"], statements::statement);
    context.count_the_rest();
    Ok(context.out)
}

/// What has been read so far.
pub(super) struct Context<'a> {
    pub(super) entries: &'a Entries<'a>,
    pub(super) scenario: &'a Scenario,
    pub(super) out: Ingest,
    /// Positions of accepted patients by entry.
    pub(super) patients: BTreeMap<usize, usize>,
    pub(super) evidence: Evidence,
    /// Positions of accepted claims by entry.
    pub(super) claims: BTreeMap<usize, usize>,
    /// Positions of bills by issuer and number.
    pub(super) bills: BTreeMap<(OrgId, String), usize>,
}

/// Types that are read as themselves.
const READ: [&str; 6] =
    ["Patient", "Organization", "DiagnosticReport", "DocumentReference", "Claim", "ExplanationOfBenefit"];

impl<'a> Context<'a> {
    /// Reads every entry of these types. A reader changes the context only once nothing can fail any more.
    fn each(&mut self, kinds: &[&str], read: fn(&mut Self, usize, &View<'a>) -> Result<(), FhirError>) {
        let entries = self.entries;
        for (number, entry) in entries.list.iter().enumerate() {
            let Some(entry) = entry.as_ref().filter(|entry| kinds.contains(&entry.kind)) else { continue };
            match read(self, number, &entry.resource) {
                Ok(()) => self.out.summary.accept(entry.kind),
                Err(error) => self.out.summary.refuse(number, entry.kind, error),
            }
        }
    }

    fn count_the_rest(&mut self) {
        for (number, entry) in self.entries.list.iter().enumerate() {
            let Some(entry) = entry else { continue };
            if READ.contains(&entry.kind) {
                continue;
            }
            if PARTS.contains(&entry.kind) && self.evidence.is_part(number) {
                self.out.summary.accept(entry.kind);
            } else {
                self.out.summary.ignore(entry.kind);
            }
        }
    }

    /// The patient of a resource.
    pub(super) fn patient(&self, from: usize, view: &View<'a>, name: &str) -> Result<Subject<'a>, FhirError> {
        let problem = "say whose it is";
        let reference = view.object(name)?.ok_or_else(|| view.missing(name, problem))?;
        let foreign = || view.unsupported(name, "not a Patient");
        match self.entries.resolve(from, &reference)? {
            Resolved::Inside(Target::Entry(number)) => {
                let kind = self.entries.entry(number).map(|entry| entry.kind);
                let position = self.patients.get(&number).copied();
                match (kind, position) {
                    (Some("Patient"), Some(position)) => Ok(Subject::Known(PatientRef::Listed(position))),
                    (Some("Patient"), None) => Err(view.invalid(name, "the Patient was refused")),
                    _ => Err(foreign()),
                }
            }
            Resolved::Inside(Target::Contained(json)) => {
                let resource = View::new(json, view.at("contained"))?;
                if super::bundle::resource_type(&resource)? != "Patient" {
                    return Err(foreign());
                }
                Ok(Subject::Contained(json))
            }
            Resolved::Outside(outside) if outside.kind.as_deref().is_none_or(|kind| kind == "Patient") => {
                Ok(Subject::Known(PatientRef::Outside(Private::new(outside.key().to_owned()))))
            }
            Resolved::Outside(_) => Err(foreign()),
        }
    }

    /// An organisation that a resource names, as the scenario numbers it; `None` if the resource names none.
    pub(super) fn organization(&self, from: usize, view: &View<'a>, name: &str) -> Result<Option<Found>, FhirError> {
        let Some(reference) = view.object(name)? else { return Ok(None) };
        if !reference.has("reference") && !reference.has("identifier") {
            // A display text alone is for people to read; it names nothing.
            return Ok(None);
        }
        let resolved = self.entries.resolve(from, &reference)?;
        let named = parties::named(self.entries, &resolved, &reference)?;
        Ok(Some(Found { org: self.scenario.organization(&named) }))
    }

    /// The day or month of service that a `dateTime` names, after the scenario's shift.
    pub(super) fn service_date(&self, text: &str, path: &str) -> Result<ServiceDate, FhirError> {
        let days = calendar_days(text).ok_or_else(|| FhirError::invalid(path, "not a FHIR date or dateTime"))?;
        let (first, next) = days;
        let length = next - first;
        if length > 31 {
            return Err(FhirError::missing(path, "give at least the month"));
        }
        let shift = self.scenario.service_shift_days.unwrap_or(0);
        if length > 1 && shift != 0 {
            return Err(FhirError::unsupported(path, "a month cannot be moved by days; give the day"));
        }
        let outside = || FhirError::unsupported(path, "not between 1970 and 9999 after the scenario's shift");
        let day = first.checked_add(shift).and_then(|day| u32::try_from(day).ok()).map(Day);
        let day = day.filter(|day| *day < Month::MAX.next().first_day()).ok_or_else(outside)?;
        Ok(ServiceDate { month: month_of(day), day: (length == 1).then_some(day) })
    }

    /// The exact day of service that a `dateTime` names.
    pub(super) fn service_day(&self, text: &str, path: &str) -> Result<Day, FhirError> {
        let date = self.service_date(text, path)?;
        date.day.ok_or_else(|| FhirError::missing(path, "give the day"))
    }
}

/// An organisation that a resource names.
pub(super) struct Found {
    /// Its number, if the scenario has one for it.
    pub(super) org: Option<OrgId>,
}

/// Whose a resource is, before it is accepted.
#[derive(Clone, Debug)]
pub(super) enum Subject<'a> {
    Known(PatientRef),
    /// A Patient inside the resource.
    Contained(&'a Json),
}

impl Subject<'_> {
    /// Whether both are the same, as far as the Bundle tells.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => one == other,
            (Self::Contained(one), Self::Contained(other)) => one == other,
            _ => false,
        }
    }
}

pub(super) fn month_of(day: Day) -> Month {
    let (year, month, _) = day.to_date();
    Month((year - 1970) * 12 + month - 1)
}
