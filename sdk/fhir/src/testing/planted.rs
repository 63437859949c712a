//! What names the patients of a Bundle.

use crate::error::FhirError;
use crate::ingest::BUNDLE_BOUNDS;
use crate::json::Json;

/// Kind of a text that names a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlantedKind {
    /// A value of an identifier.
    Identifier,
    /// A name, or a part of one.
    Name,
    /// A telephone number, a mail address or the like.
    Telecom,
    /// A line of an address, or an address as text.
    AddressLine,
}

/// A text that names a patient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    /// What it is.
    pub kind: PlantedKind,
    /// The text as it stands in the Bundle.
    pub text: String,
}

/// Every text that names a Patient of a Bundle, wherever in it the Patient stands; sorted and without repeats.
///
/// Short names (`Li`) occur by chance in any binary file: a scan chooses by length.
///
/// # Errors
/// E712 where the text is not strict JSON within the bounds of a Bundle.
pub fn planted_identifiers(json: &str) -> Result<Vec<Planted>, FhirError> {
    let mut found = Vec::new();
    collect(&Json::parse(json, &BUNDLE_BOUNDS)?, &mut found);
    found.sort();
    found.dedup();
    Ok(found)
}

fn collect(json: &Json, found: &mut Vec<Planted>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(fields) => {
            if fields.get("resourceType") == Some(&Json::Text("Patient".to_owned())) {
                let wanted = [
                    ("identifier", "value", PlantedKind::Identifier),
                    ("name", "family", PlantedKind::Name),
                    ("name", "given", PlantedKind::Name),
                    ("name", "text", PlantedKind::Name),
                    ("telecom", "value", PlantedKind::Telecom),
                    ("address", "line", PlantedKind::AddressLine),
                    ("address", "text", PlantedKind::AddressLine),
                ];
                for (list, name, kind) in wanted {
                    let elements = fields.get(list).map_or(&[][..], items);
                    for element in elements {
                        let Json::Object(element) = element else { continue };
                        texts(element.get(name), kind, found);
                    }
                }
            }
            fields.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}

fn items(json: &Json) -> &[Json] {
    if let Json::Array(items) = json { items } else { &[] }
}

fn texts(json: Option<&Json>, kind: PlantedKind, found: &mut Vec<Planted>) {
    match json {
        Some(Json::Text(text)) => found.push(Planted { kind, text: text.clone() }),
        Some(Json::Array(items)) => items.iter().for_each(|item| texts(Some(item), kind, found)),
        _ => {}
    }
}
