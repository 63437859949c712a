//! The entries of a Bundle and how they are found.

use std::collections::BTreeMap;

use super::view::View;
use crate::error::FhirError;
use crate::json::{Bounds, DEPTH_MAX, Json};

/// Largest Bundle that is read, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most entries of a Bundle.
pub const ENTRIES_MAX: usize = 50_000;
/// Most JSON values of a Bundle: objects, arrays and scalars. At about a hundred bytes each beside their text, they
/// take at most some 200 MB of memory.
pub const VALUES_MAX: usize = 2_000_000;

/// What a Bundle may take. Three levels stand around its resources: Bundle, list of entries, entry.
pub(crate) const BOUNDS: Bounds =
    Bounds { root: "Bundle", bytes_max: BUNDLE_BYTES_MAX, depth_max: DEPTH_MAX + 3, values_max: VALUES_MAX };

/// Bundle types whose entries are resources that somebody hands over. A history or a response says something else.
const TYPES: [&str; 5] = ["transaction", "batch", "collection", "searchset", "document"];

/// An entry with a resource.
pub(super) struct Entry<'a> {
    pub(super) full_url: Option<&'a str>,
    pub(super) kind: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) resource: View<'a>,
}

/// The entries of a Bundle, by number, and the names under which references may find them. `None` is an entry that is
/// refused as such.
pub(super) struct Entries<'a> {
    pub(super) list: Vec<Option<Entry<'a>>>,
    by_url: BTreeMap<&'a str, usize>,
    /// By type, then by id.
    by_id: BTreeMap<&'a str, BTreeMap<&'a str, Vec<usize>>>,
    by_identifier: BTreeMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Entries<'a> {
    /// The entries of a Bundle, or a single resource as the one entry. Entries that are refused as such are given with
    /// their errors.
    pub(super) fn of(root: &'a Json) -> Result<(Self, Vec<(usize, FhirError)>), FhirError> {
        let bundle = View::new(root, "Bundle")?;
        let mut entries =
            Self { list: Vec::new(), by_url: BTreeMap::new(), by_id: BTreeMap::new(), by_identifier: BTreeMap::new() };
        if resource_type(&bundle)? != "Bundle" {
            let entry = Entry::of(None, &bundle)?;
            entries.add(Some(entry))?;
            return Ok((entries, Vec::new()));
        }
        bundle.refuse_modifiers()?;
        let bundle_type = bundle.required_text("type")?;
        if !TYPES.contains(&bundle_type) {
            return Err(bundle.unsupported("type", "not a transaction, batch, collection, searchset or document"));
        }
        let listed = bundle.objects("entry")?;
        if listed.len() > ENTRIES_MAX {
            return Err(bundle.invalid("entry", &format!("more than {ENTRIES_MAX} entries")));
        }
        let mut refused = Vec::new();
        for (number, view) in listed.iter().enumerate() {
            match read_entry(view) {
                Ok(entry) => entries.add(Some(entry))?,
                Err(error) => {
                    refused.push((number, error));
                    entries.add(None)?;
                }
            }
        }
        let first = entries.list.first().and_then(Option::as_ref).map(|entry| entry.kind);
        if bundle_type == "document" && first != Some("Composition") {
            return Err(bundle.invalid("entry[0]", "a document begins with its Composition"));
        }
        Ok((entries, refused))
    }

    fn add(&mut self, entry: Option<Entry<'a>>) -> Result<(), FhirError> {
        let number = self.list.len();
        if let Some(entry) = &entry {
            // Two resources of one name: which one is meant cannot be told.
            if entry.full_url.is_some_and(|url| self.by_url.insert(url, number).is_some()) {
                let path = format!("Bundle.entry[{number}].fullUrl");
                return Err(FhirError::invalid(path, "stands on two entries"));
            }
            if let Some(id) = entry.id {
                self.by_id.entry(entry.kind).or_default().entry(id).or_default().push(number);
            }
            if matches!(entry.kind, "Patient" | "Organization" | "Practitioner") {
                // What is wrong with an identifier is said when its resource is read.
                for identifier in entry.resource.objects("identifier").unwrap_or_default() {
                    if let (Ok(system), Ok(Some(value))) = (identifier.text("system"), identifier.text("value")) {
                        let found = self.by_identifier.entry((system.unwrap_or_default(), value)).or_default();
                        // Entries come in order: a repeat would be the last one.
                        if found.last() != Some(&number) {
                            found.push(number);
                        }
                    }
                }
            }
        }
        self.list.push(entry);
        Ok(())
    }

    pub(super) fn entry(&self, number: usize) -> Option<&Entry<'a>> {
        self.list.get(number).and_then(Option::as_ref)
    }

    pub(super) fn by_url(&self, url: &str) -> Option<usize> {
        self.by_url.get(url).copied()
    }

    pub(super) fn by_id(&self, kind: &str, id: &str) -> &[usize] {
        self.by_id.get(kind).and_then(|ids| ids.get(id)).map_or(&[], Vec::as_slice)
    }

    /// Entries of a type with an identifier; any type if none is given.
    pub(super) fn by_identifier(&self, kind: Option<&str>, system: &str, value: &str) -> Vec<usize> {
        let found = self.by_identifier.get(&(system, value)).map_or(&[][..], Vec::as_slice);
        let fits =
            |number: &&usize| self.entry(**number).is_some_and(|entry| kind.is_none_or(|kind| kind == entry.kind));
        found.iter().filter(fits).copied().collect()
    }
}

impl<'a> Entry<'a> {
    fn of(full_url: Option<&'a str>, resource: &View<'a>) -> Result<Self, FhirError> {
        let kind = resource_type(resource)?;
        let version = resource.object("meta")?.map_or(Ok(None), |meta| meta.text("versionId"))?;
        let id = resource.text("id")?;
        // From here on paths begin with the type, as FHIR writes them.
        Ok(Self { full_url, kind, id, version, resource: View::new(resource.json(), kind)? })
    }
}

fn read_entry<'a>(view: &View<'a>) -> Result<Entry<'a>, FhirError> {
    let full_url = view.text("fullUrl")?;
    let resource = view.object("resource")?;
    let resource = resource.ok_or_else(|| view.missing("resource", "only resources that are handed over are read"))?;
    if let Some(request) = view.object("request")?
        && !matches!(request.required_text("method")?, "POST" | "PUT")
    {
        return Err(request.unsupported("method", "only resources that are handed over are read: POST or PUT"));
    }
    Entry::of(full_url, &resource)
}

/// The type of a resource. It appears in paths and counts, so nothing but a name may stand there.
pub(super) fn resource_type<'a>(resource: &View<'a>) -> Result<&'a str, FhirError> {
    let text = resource.required_text("resourceType")?;
    let is_name = text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_name { Ok(text) } else { Err(resource.invalid("resourceType", "not a resource type")) }
}
