//! What references lead to (FHIR R4, "Resolving references in Bundles").

use super::bundle::Entries;
use super::view::View;
use crate::error::FhirError;
use crate::json::Json;

/// What a reference leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// An entry of the Bundle.
    Entry(usize),
    /// A resource inside the one that refers to it.
    Contained(&'a Json),
}

/// Where a reference leads: to a target, or out of the Bundle.
#[derive(Clone, Debug)]
pub(super) enum Resolved<'a> {
    Inside(Target<'a>),
    Outside(Outside),
}

/// A resource that the Bundle does not hold.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Outside {
    /// Its type, if the reference tells.
    pub(super) kind: Option<String>,
    /// The reference as written; empty if it is an identifier alone.
    pub(super) reference: String,
    /// `system|value`; empty if it is a reference by URL.
    pub(super) identifier: String,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Outside {
    /// The reference, or else the identifier.
    pub(super) fn key(&self) -> &str {
        if self.identifier.is_empty() { &self.reference } else { &self.identifier }
    }
}

impl<'a> Entries<'a> {
    /// Resolves a `Reference` element of the resource in entry `from`.
    ///
    /// An identifier names something only where no reference by URL stands beside it.
    pub(super) fn resolve(&self, from: usize, reference: &View<'a>) -> Result<Resolved<'a>, FhirError> {
        if let Some(text) = reference.text("reference")? {
            return self.resolve_text(from, text, reference);
        }
        let kind = reference.text("type")?.map(str::to_owned);
        let Some(identifier) = reference.object("identifier")? else {
            return Err(FhirError::missing(reference.path(), "give a reference or an identifier"));
        };
        let (system, value) = (identifier.text("system")?.unwrap_or_default(), identifier.required_text("value")?);
        let found = self.by_identifier(kind.as_deref(), system, value);
        let outside = || Outside { kind, reference: String::new(), identifier: format!("{system}|{value}") };
        only_one(&found, reference).map(|found| inside_or(found, outside))
    }

    fn resolve_text(&self, from: usize, text: &str, at: &View<'a>) -> Result<Resolved<'a>, FhirError> {
        if let Some(id) = text.strip_prefix('#') {
            return self.contained(from, id, at).map(Resolved::Inside);
        }
        let outside = |kind: Option<&str>| Outside {
            kind: kind.map(str::to_owned),
            reference: text.to_owned(),
            identifier: String::new(),
        };
        if text.starts_with("urn:") {
            let found = self.by_url(text).map(|number| Resolved::Inside(Target::Entry(number)));
            return found.ok_or_else(|| at.invalid("reference", "no entry of the Bundle has this full URL"));
        }
        if let Some((kind, query)) = text.split_once('?') {
            return self.conditional(kind, query, at);
        }
        let (plain, version) = text.split_once("/_history/").map_or((text, None), |(plain, v)| (plain, Some(v)));
        let mut segments = plain.rsplit('/');
        let (id, kind) = (segments.next().unwrap_or_default(), segments.next());
        let Some(kind) = kind.filter(|kind| !kind.is_empty() && !id.is_empty()) else {
            return Err(at.invalid("reference", "not a type with an id, a URL or a fragment"));
        };
        let found = self.by_address(from, plain, kind, id, at)?;
        let fits = |number: &usize| {
            version.is_none_or(|version| self.entry(*number).is_some_and(|entry| entry.version == Some(version)))
        };
        Ok(inside_or(found.filter(fits), || outside(Some(kind))))
    }

    /// A URL finds the entry of this full URL. A relative reference is completed by the base of the entry it stands in;
    /// where that one has none, as with `urn:uuid` names, it finds the only resource of this type and id.
    fn by_address(
        &self,
        from: usize,
        plain: &str,
        kind: &str,
        id: &str,
        at: &View<'a>,
    ) -> Result<Option<usize>, FhirError> {
        if plain.contains("://") {
            return Ok(self.by_url(plain));
        }
        let full_url = self.entry(from).and_then(|entry| entry.full_url);
        if let Some(base) = full_url.and_then(base_of) {
            return Ok(self.by_url(&format!("{base}{plain}")));
        }
        only_one(self.by_id(kind, id), at)
    }

    /// A search for one resource by identifier, as transactions use it: `Organization?identifier=system|value`.
    fn conditional(&self, kind: &str, query: &str, at: &View<'a>) -> Result<Resolved<'a>, FhirError> {
        let value = query.strip_prefix("identifier=").filter(|value| !value.contains('&'));
        let value =
            value.ok_or_else(|| at.unsupported("reference", "only a search by one identifier is understood"))?;
        let value = percent_decoded(value).ok_or_else(|| at.invalid("reference", "not a valid search"))?;
        let (system, value) = value.split_once('|').unwrap_or(("", &value));
        let found = only_one(&self.by_identifier(Some(kind), system, value), at)?;
        let outside = || Outside {
            kind: Some(kind.to_owned()),
            reference: String::new(),
            identifier: format!("{system}|{value}"),
        };
        Ok(inside_or(found, outside))
    }

    fn contained(&self, from: usize, id: &str, at: &View<'a>) -> Result<Target<'a>, FhirError> {
        if id.is_empty() {
            return Ok(Target::Entry(from));
        }
        match self.entry(from).map_or(Ok(Vec::new()), |entry| entry.resource.contained(id))?.as_slice() {
            [resource] => Ok(Target::Contained(resource)),
            [] => Err(at.invalid("reference", "no contained resource has this id")),
            _ => Err(at.invalid("reference", "two contained resources have this id")),
        }
    }

    /// The entry that an attachment's URL names, if the Bundle holds it.
    pub(super) fn resolve_url(&self, from: usize, url: &str) -> Option<usize> {
        if url.contains(':') {
            return self.by_url(url);
        }
        let (kind, id) = url.split_once('/')?;
        let base = self.entry(from).and_then(|entry| entry.full_url).and_then(base_of);
        match (base, self.by_id(kind, id)) {
            (Some(base), _) => self.by_url(&format!("{base}{url}")),
            (None, [number]) => Some(*number),
            (None, _) => None,
        }
    }
}

fn inside_or<'a>(found: Option<usize>, outside: impl FnOnce() -> Outside) -> Resolved<'a> {
    found.map_or_else(|| Resolved::Outside(outside()), |number| Resolved::Inside(Target::Entry(number)))
}

fn only_one(found: &[usize], at: &View<'_>) -> Result<Option<usize>, FhirError> {
    match found {
        [] => Ok(None),
        [number] => Ok(Some(*number)),
        _ => Err(FhirError::invalid(at.path(), "several entries fit this reference")),
    }
}

/// The base of a RESTful full URL, with its last slash: `https://host/fhir/` of `https://host/fhir/Patient/1`.
fn base_of(full_url: &str) -> Option<&str> {
    let end = full_url.rfind('/')?;
    let start = full_url.get(..end)?.rfind('/')?;
    full_url.contains("://").then(|| &full_url[..=start])
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}
