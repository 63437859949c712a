//! DiagnosticReports and DocumentReferences with what they cite.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::consent::Category;

use super::bundle::{BOUNDS, BUNDLE_BYTES_MAX, Entries};
use super::classify;
use super::context::{Context, PARTS, Subject};
use super::model::{Code, Document, DocumentKind, PatientRef, ServiceDate};
use super::reference::{Resolved, Target};
use super::view::View;
use crate::error::FhirError;
use crate::json::{Json, write_text};

/// Most resources of one document.
pub const PARTS_MAX: usize = 4_096;
/// Most resources over all documents of a Bundle: a resource that many cite is a part of each.
const PARTS_TOTAL_MAX: usize = 500_000;
/// Most citations that are followed in a Bundle.
const CITATIONS_TOTAL_MAX: usize = 2_000_000;
/// Bytes over all documents of a Bundle beyond which no further one is written.
const BYTES_TOTAL_MAX: usize = 4 * BUNDLE_BYTES_MAX;

/// Which document holds which entry, and how much all documents take.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Position of the first document that holds this entry.
    documents: BTreeMap<usize, usize>,
    parts: usize,
    citations: usize,
    bytes: usize,
}

impl Evidence {
    pub(super) fn document_of(&self, entry: usize) -> Option<usize> {
        self.documents.get(&entry).copied()
    }

    pub(super) fn is_part(&self, entry: usize) -> bool {
        self.documents.contains_key(&entry)
    }
}

/// The canonical form of a JSON text: keys sorted, no white space, strings escaped as RFC 8785 does, numbers as they are
/// written. [`Document::bytes`] are their own canonical form.
///
/// # Errors
/// E712 where the text is not strict JSON within the bounds of a Bundle.
pub fn canonical_json(text: &str) -> Result<String, FhirError> {
    let mut out = String::new();
    Json::parse(text, &BOUNDS)?.write(&mut out);
    Ok(out)
}

pub(super) fn document<'a>(context: &mut Context<'a>, number: usize, view: &View<'a>) -> Result<(), FhirError> {
    if view.required_text("status")? == "entered-in-error" {
        return Err(view.unsupported("status", "it says that it should not exist; leave it out"));
    }
    let is_report = view.path() == "DiagnosticReport";
    let subject = context.patient(number, view, "subject")?;
    let whose = context.checked(number, &subject, view)?;
    let service = if is_report { report_date(context, view)? } else { reference_date(context, view)? };
    let codes = if is_report { view.codes("code")? } else { view.codes("type")? };
    let categories = view.codes_of_many("category")?;
    let parts = context.parts(number, view, &subject)?;
    if !is_report && parts.len() == 1 && !has_data(view)? {
        // What a reference leads to outside is not in our hands: there is nothing to anchor.
        return Err(view.missing("content[0].attachment", "the content is not in the Bundle"));
    }
    let kind = if is_report { DocumentKind::DiagnosticReport } else { DocumentKind::DocumentReference };
    let all: Vec<&Code> = categories.iter().chain(&codes).collect();
    let category = classify::category(kind, &all);
    let draft = context.draft(number, kind, service, codes, category, &parts)?;
    let patient = context.listed(whose);
    context.add(draft.of(patient), &parts);
    Ok(())
}

/// When the examination was made; else when the report was issued.
fn report_date(context: &Context<'_>, view: &View<'_>) -> Result<ServiceDate, FhirError> {
    let period = view.object("effectivePeriod")?;
    let start = period.as_ref().map_or(Ok(None), |period| period.text("start"))?;
    let dated = [("effectiveDateTime", view.text("effectiveDateTime")?), ("effectivePeriod.start", start)];
    let issued = [("issued", view.text("issued")?)];
    first_date(context, view, dated.into_iter().chain(issued), "effectiveDateTime")
}

/// When the service that is documented began; else the date of the reference.
fn reference_date(context: &Context<'_>, view: &View<'_>) -> Result<ServiceDate, FhirError> {
    let period = view.object("context")?.map_or(Ok(None), |of| of.object("period"))?;
    let start = period.as_ref().map_or(Ok(None), |period| period.text("start"))?;
    first_date(context, view, [("context.period.start", start), ("date", view.text("date")?)], "date")
}

fn first_date<'a>(
    context: &Context<'_>,
    view: &View<'_>,
    dates: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    asked: &str,
) -> Result<ServiceDate, FhirError> {
    let found = dates.into_iter().find_map(|(name, text)| text.map(|text| (name, text)));
    let (name, text) = found.ok_or_else(|| view.missing(asked, "say when the service was given"))?;
    context.service_date(text, &view.at(name))
}

fn has_data(view: &View<'_>) -> Result<bool, FhirError> {
    for content in view.objects("content")? {
        if content.object("attachment")?.is_some_and(|attachment| attachment.has("data")) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A document that lacks its patient only.
pub(super) struct Draft {
    entry: usize,
    kind: DocumentKind,
    service: ServiceDate,
    codes: Vec<Code>,
    category: Category,
    grade: u8,
    bytes: Vec<u8>,
    parts: usize,
}

impl Draft {
    pub(super) fn of(self, patient: PatientRef) -> Document {
        let Self { entry, kind, service, codes, category, grade, bytes, parts } = self;
        Document { entry, kind, patient, service, codes, category, grade, bytes, parts }
    }
}

impl<'a> Context<'a> {
    /// Writes a document. It counts against the bounds of the Bundle even if its resource is refused later, so that the
    /// work is bounded as well.
    pub(super) fn draft(
        &mut self,
        entry: usize,
        kind: DocumentKind,
        service: ServiceDate,
        codes: Vec<Code>,
        category: Category,
        parts: &[usize],
    ) -> Result<Draft, FhirError> {
        self.evidence.parts += parts.len();
        if self.evidence.bytes > BYTES_TOTAL_MAX || self.evidence.parts > PARTS_TOTAL_MAX {
            let path = self.entries.entry(entry).map_or("Bundle", |entry| entry.kind);
            return Err(FhirError::invalid(path, "the documents of this Bundle are too large together; split it"));
        }
        let mut grade = 0;
        for part in parts.iter().filter_map(|part| self.entries.entry(*part)) {
            grade = grade.max(classify::grade(&part.resource)?);
        }
        let bytes = collection(self.entries, parts);
        self.evidence.bytes += bytes.len();
        Ok(Draft { entry, kind, service, codes, category, grade, bytes, parts: parts.len() })
    }

    /// Takes over a document; nothing can fail any more. Returns its position.
    pub(super) fn add(&mut self, document: Document, parts: &[usize]) -> usize {
        let position = self.out.documents.len();
        for part in parts {
            self.evidence.documents.entry(*part).or_insert(position);
        }
        self.out.documents.push(document);
        position
    }

    /// The entry and the entries that it cites, directly or through others, each once, in the order of citation.
    ///
    /// # Security
    /// A part of somebody else would be disclosed with this document, so it is refused.
    fn parts(&mut self, number: usize, view: &View<'a>, subject: &Subject<'a>) -> Result<Vec<usize>, FhirError> {
        let mut parts = vec![number];
        let mut seen = BTreeSet::from([number]);
        // For each part the element of the document through which it was reached.
        let mut waiting = self.cited(number, view)?;
        waiting.reverse();
        while let Some((part, path)) = waiting.pop() {
            if !seen.insert(part) {
                continue;
            }
            if parts.len() == PARTS_MAX {
                return Err(FhirError::invalid(path, format!("more than {PARTS_MAX} parts")));
            }
            let entries = self.entries;
            let Some(entry) = entries.entry(part) else { continue };
            if !self.belongs(part, &entry.resource, subject) {
                return Err(FhirError::invalid(path, "cites a resource of another subject"));
            }
            parts.push(part);
            let cited = self.cited(part, &entry.resource)?;
            waiting.extend(cited.into_iter().rev().map(|(part, _)| (part, path.clone())));
        }
        Ok(parts)
    }

    /// Whether a part says nothing of its subject, or that it is this one.
    fn belongs(&self, number: usize, part: &View<'a>, subject: &Subject<'a>) -> bool {
        match part.object("subject") {
            Ok(Some(stated)) if stated.has("reference") || stated.has("identifier") => {
                self.patient(number, part, "subject").is_ok_and(|stated| stated.is(subject))
            }
            Ok(_) => true,
            Err(_) => false,
        }
    }

    /// The parts that a resource cites itself, with the citing elements.
    fn cited(&mut self, from: usize, view: &View<'a>) -> Result<Vec<(usize, String)>, FhirError> {
        let mut references = Vec::new();
        let mut attachments = Vec::new();
        match view.path() {
            "DiagnosticReport" => {
                references.extend(view.objects("result")?);
                for media in view.objects("media")? {
                    references.extend(media.object("link")?);
                }
                attachments.extend(view.objects("presentedForm")?);
            }
            "DocumentReference" => {
                for content in view.objects("content")? {
                    attachments.extend(content.object("attachment")?);
                }
            }
            "Observation" => {
                references.extend(view.objects("hasMember")?);
                references.extend(view.objects("derivedFrom")?);
            }
            "Media" => attachments.extend(view.object("content")?),
            _ => {}
        }
        self.evidence.citations += references.len() + attachments.len();
        if self.evidence.citations > CITATIONS_TOTAL_MAX {
            return Err(FhirError::invalid(view.path(), "too many citations in this Bundle; split it"));
        }
        let mut cited = Vec::new();
        for reference in references.iter().filter(|one| one.has("reference") || one.has("identifier")) {
            if let Resolved::Inside(Target::Entry(number)) = self.entries.resolve(from, reference)? {
                cited.push((number, reference.path().to_owned()));
            }
        }
        for attachment in &attachments {
            let number = attachment.text("url")?.and_then(|url| self.entries.resolve_url(from, url));
            cited.extend(number.map(|number| (number, attachment.path().to_owned())));
        }
        cited.retain(|(number, _)| self.entries.entry(*number).is_some_and(|entry| PARTS.contains(&entry.kind)));
        Ok(cited)
    }
}

/// A collection Bundle of these entries in canonical form.
fn collection(entries: &Entries<'_>, parts: &[usize]) -> Vec<u8> {
    let mut out = String::from("{\"entry\":[");
    for (index, part) in parts.iter().enumerate() {
        let Some(entry) = entries.entry(*part) else { continue };
        out.push_str(if index == 0 { "{" } else { ",{" });
        if let Some(url) = entry.full_url {
            out.push_str("\"fullUrl\":");
            write_text(url, &mut out);
            out.push(',');
        }
        out.push_str("\"resource\":");
        entry.resource.json().write(&mut out);
        out.push('}');
    }
    out.push_str("],\"resourceType\":\"Bundle\",\"type\":\"collection\"}");
    out.into_bytes()
}
