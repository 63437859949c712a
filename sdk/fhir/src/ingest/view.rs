//! Reading elements of a resource that is kept whole: what is not asked for stays as it is.

use std::collections::BTreeMap;

use super::model::Code;
use crate::error::FhirError;
use crate::json::Json;

/// Most resources inside one.
const CONTAINED_MAX: usize = 256;

/// An object with its path.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    json: &'a Json,
    fields: &'a BTreeMap<String, Json>,
    path: String,
}

impl<'a> View<'a> {
    pub(super) fn new(json: &'a Json, path: impl Into<String>) -> Result<Self, FhirError> {
        let path = path.into();
        match json {
            Json::Object(fields) => Ok(Self { json, fields, path }),
            other => Err(FhirError::invalid(path, format!("expected an object, found {}", other.kind()))),
        }
    }

    pub(super) const fn json(&self) -> &'a Json {
        self.json
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    pub(super) fn missing(&self, name: &str, problem: &str) -> FhirError {
        FhirError::missing(self.at(name), problem)
    }

    pub(super) fn invalid(&self, name: &str, problem: &str) -> FhirError {
        FhirError::invalid(self.at(name), problem)
    }

    pub(super) fn unsupported(&self, name: &str, problem: &str) -> FhirError {
        FhirError::unsupported(self.at(name), problem)
    }

    fn expected(&self, name: &str, what: &str, found: &Json) -> FhirError {
        FhirError::invalid(self.at(name), format!("expected {what}, found {}", found.kind()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, FhirError> {
        match self.fields.get(name) {
            None => Ok(None),
            Some(Json::Text(text)) if text.is_empty() => Err(self.invalid(name, "a string may not be empty")),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.expected(name, "a string", other)),
        }
    }

    pub(super) fn required_text(&self, name: &str) -> Result<&'a str, FhirError> {
        self.text(name)?.ok_or_else(|| self.missing(name, "this element is required"))
    }

    /// A number as it is written.
    pub(super) fn number(&self, name: &str) -> Result<Option<&'a str>, FhirError> {
        match self.fields.get(name) {
            None => Ok(None),
            Some(Json::Number(text)) => Ok(Some(text)),
            Some(other) => Err(self.expected(name, "a number", other)),
        }
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, FhirError> {
        self.fields.get(name).map(|json| Self::new(json, self.at(name))).transpose()
    }

    fn array(&self, name: &str) -> Result<&'a [Json], FhirError> {
        match self.fields.get(name) {
            None => Ok(&[]),
            Some(Json::Array(items)) => Ok(items),
            Some(other) => Err(self.expected(name, "an array", other)),
        }
    }

    /// The objects of an array; absent is none.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, FhirError> {
        let items = self.array(name)?.iter().enumerate();
        items.map(|(index, item)| Self::new(item, format!("{}[{index}]", self.at(name)))).collect()
    }

    /// The resources inside this one that have an id. An id that is no text fits none.
    pub(super) fn contained(&self, id: &str) -> Result<Vec<&'a Json>, FhirError> {
        let contained = self.array("contained")?;
        if contained.len() > CONTAINED_MAX {
            return Err(self.invalid("contained", &format!("more than {CONTAINED_MAX} resources")));
        }
        let has_id = |json: &&Json| match json {
            Json::Object(fields) => matches!(fields.get("id"), Some(Json::Text(own)) if own == id),
            _ => false,
        };
        Ok(contained.iter().filter(has_id).collect())
    }

    /// The codes of a concept; absent is none. A coding without a code, or a concept that is text alone, has none.
    pub(super) fn codes(&self, name: &str) -> Result<Vec<Code>, FhirError> {
        self.object(name)?.map_or(Ok(Vec::new()), |concept| concept.codings("coding"))
    }

    /// The codes of several concepts.
    pub(super) fn codes_of_many(&self, name: &str) -> Result<Vec<Code>, FhirError> {
        let concepts = self.objects(name)?;
        let codes: Vec<Vec<Code>> =
            concepts.iter().map(|concept| concept.codings("coding")).collect::<Result<_, _>>()?;
        Ok(codes.concat())
    }

    /// The codes of a list of codings.
    pub(super) fn codings(&self, name: &str) -> Result<Vec<Code>, FhirError> {
        let mut codes = Vec::new();
        for coding in self.objects(name)? {
            let system = coding.text("system")?.unwrap_or_default().to_owned();
            codes.extend(coding.text("code")?.map(|code| Code { system, code: code.to_owned() }));
        }
        Ok(codes)
    }

    /// Refuses what may change the meaning of everything else in this element.
    pub(super) fn refuse_modifiers(&self) -> Result<(), FhirError> {
        for name in ["modifierExtension", "implicitRules"] {
            if self.has(name) {
                return Err(self.unsupported(name, "it may change the meaning of everything else; remove it"));
            }
        }
        Ok(())
    }
}
