//! The elements of an R4 Consent that the ledger uses, typed.

use serde::Serialize;

use crate::codes::EXTENSION_BASE;
use crate::datatypes::Amount;
use crate::element::{Element, Object};
use crate::error::FhirError;
use crate::json::Json;

/// A code of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Coding {
    pub(crate) system: String,
    pub(crate) code: String,
}

impl Coding {
    pub(crate) fn new(system: &str, code: &str) -> Self {
        Self { system: system.to_owned(), code: code.to_owned() }
    }

    /// The form `system|code`.
    pub(crate) fn token(&self) -> String {
        format!("{}|{}", self.system, self.code)
    }
}

impl Element for Coding {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let coding = Self { system: object.required("system")?, code: object.required("code")? };
        object.ignore(&["id", "display", "version", "userSelected", "extension"]);
        object.finish()?;
        Ok(coding)
    }
}

/// A concept; the ledger needs exactly one code for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Concept {
    pub(crate) coding: [Coding; 1],
}

impl Concept {
    pub(crate) fn new(system: &str, code: &str) -> Self {
        Self { coding: [Coding::new(system, code)] }
    }

    pub(crate) fn coding(&self) -> &Coding {
        &self.coding[0]
    }
}

impl Element for Concept {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let coding: Vec<Coding> = object.required("coding")?;
        object.ignore(&["id", "text", "extension"]);
        object.finish()?;
        let [coding] = <[Coding; 1]>::try_from(coding).map_err(|_| {
            FhirError::unsupported(format!("{path}.coding"), "several codes for one concept; give the one that holds")
        })?;
        Ok(Self { coding: [coding] })
    }
}

/// A business identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Identifier {
    pub(crate) system: String,
    pub(crate) value: String,
}

impl Element for Identifier {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let identifier = Self { system: object.required("system")?, value: object.required("value")? };
        object.ignore(&["id", "use", "type", "period", "assigner", "extension"]);
        object.finish()?;
        Ok(identifier)
    }
}

/// A reference, by URL or by identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reference {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<Identifier>,
}

impl Reference {
    /// The reference that a [`crate::Mapping`] lists in this form; see [`Reference::key`].
    pub(crate) fn of_key(key: &str) -> Self {
        match key.rsplit_once('|') {
            Some((system, value)) => Self::identifier(system, value.to_owned()),
            None => Self { reference: Some(key.to_owned()), identifier: None },
        }
    }

    pub(crate) fn identifier(system: &str, value: String) -> Self {
        let identifier = Identifier { system: system.to_owned(), value };
        Self { reference: None, identifier: Some(identifier) }
    }

    /// The form under which a [`crate::Mapping`] lists it: the URL, or `system|value`.
    pub(crate) fn key(&self) -> String {
        match (&self.reference, &self.identifier) {
            (Some(reference), _) => reference.clone(),
            (None, Some(identifier)) => format!("{}|{}", identifier.system, identifier.value),
            (None, None) => String::new(),
        }
    }

    /// The same as one IRI: the URL, or `system%7Cvalue`, a token as it stands in a URL.
    pub(crate) fn iri(&self) -> String {
        match (&self.reference, &self.identifier) {
            (None, Some(identifier)) => format!("{}%7C{}", identifier.system, identifier.value),
            _ => self.key(),
        }
    }

    /// The reference of an IRI; see [`Reference::iri`].
    pub(crate) fn of_iri(iri: &str) -> Self {
        match iri.rsplit_once("%7C") {
            Some((system, value)) => Self::identifier(system, value.to_owned()),
            None => Self { reference: Some(iri.to_owned()), identifier: None },
        }
    }

    /// The resource type, if the URL is relative.
    pub(crate) fn resource_type(&self) -> Option<&str> {
        self.reference.as_deref().and_then(|reference| reference.split_once('/')).map(|(kind, _)| kind)
    }
}

impl Element for Reference {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let reference = Self { reference: object.optional("reference")?, identifier: object.optional("identifier")? };
        object.ignore(&["id", "type", "display", "extension"]);
        object.finish()?;
        match (&reference.reference, &reference.identifier) {
            (None, None) => Err(FhirError::missing(path, "give a reference or an identifier")),
            (Some(_), Some(_)) => {
                // Both might name different things, and then the ledger would have to choose.
                Err(FhirError::unsupported(path, "give either a reference or an identifier"))
            }
            _ => Ok(reference),
        }
    }
}

/// A period as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Period {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<String>,
}

impl Element for Period {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let period = Self { start: object.optional("start")?, end: object.optional("end")? };
        object.ignore(&["id", "extension"]);
        object.finish()?;
        Ok(period)
    }
}

/// Value of an extension of the ledger's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum ExtensionValue {
    #[serde(rename = "valueCode")]
    Code(String),
    #[serde(rename = "valueString")]
    Text(String),
    #[serde(rename = "valueBoolean")]
    Boolean(bool),
    #[serde(rename = "valueUnsignedInt")]
    Number(u32),
    #[serde(rename = "valueReference")]
    Reference(Reference),
    #[serde(rename = "valueMoney")]
    Money(Amount),
}

/// An extension. Of a foreign one only the URL is kept: FHIR lets readers pass over extensions that are no modifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Extension {
    pub(crate) url: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<ExtensionValue>,
    #[serde(rename = "extension", skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Extension>,
}

impl Extension {
    pub(crate) fn simple(url: impl Into<String>, value: ExtensionValue) -> Self {
        Self { url: url.into(), value: Some(value), parts: Vec::new() }
    }

    pub(crate) fn complex(url: impl Into<String>, parts: Vec<Self>) -> Self {
        Self { url: url.into(), value: None, parts }
    }

    pub(crate) fn is_own(&self) -> bool {
        self.url.starts_with(EXTENSION_BASE)
    }

    fn read_part(json: Json, path: &str, inside: bool) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let url: String = object.required("url")?;
        if !inside && !url.starts_with(EXTENSION_BASE) {
            return Ok(Self { url, value: None, parts: Vec::new() });
        }
        let mut values = Vec::new();
        values.extend(object.optional("valueCode")?.map(ExtensionValue::Code));
        values.extend(object.optional("valueString")?.map(ExtensionValue::Text));
        values.extend(object.optional("valueBoolean")?.map(ExtensionValue::Boolean));
        values.extend(object.optional("valueUnsignedInt")?.map(ExtensionValue::Number));
        values.extend(object.optional("valueReference")?.map(ExtensionValue::Reference));
        values.extend(object.optional("valueMoney")?.map(ExtensionValue::Money));
        let parts: Vec<Part> = object.many("extension")?;
        object.ignore(&["id"]);
        object.finish()?;
        if values.len() + usize::from(!parts.is_empty()) != 1 {
            return Err(FhirError::invalid(path, "an extension has one value, or parts"));
        }
        Ok(Self { url, value: values.pop(), parts: parts.into_iter().map(|part| part.0).collect() })
    }
}

impl Element for Extension {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        Self::read_part(json, path, false)
    }
}

/// A part of an own extension; its URL is a plain name.
struct Part(Extension);

impl Element for Part {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        Extension::read_part(json, path, true).map(Self)
    }
}

/// A policy by URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Policy {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) extension: Vec<Extension>,
    pub(crate) uri: String,
}

impl Element for Policy {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let policy = Self { extension: object.many("extension")?, uri: object.required("uri")? };
        // The authority that enforces a policy does not change what the policy says.
        object.ignore(&["id", "authority"]);
        object.finish()?;
        Ok(policy)
    }
}

/// Who is permitted or denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Actor {
    pub(crate) role: Concept,
    pub(crate) reference: Reference,
}

impl Element for Actor {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let actor = Self { role: object.required("role")?, reference: object.required("reference")? };
        object.ignore(&["id", "extension"]);
        object.finish()?;
        Ok(actor)
    }
}

/// Data named one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Data {
    pub(crate) meaning: String,
    pub(crate) reference: Reference,
}

impl Element for Data {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let data = Self { meaning: object.required("meaning")?, reference: object.required("reference")? };
        object.ignore(&["id", "extension"]);
        object.finish()?;
        Ok(data)
    }
}

/// A provision: a rule, or an exception to one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provision {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) extension: Vec<Extension>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) actor: Vec<Actor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) action: Vec<Concept>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) security_label: Vec<Coding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) purpose: Vec<Coding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) class: Vec<Coding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) code: Vec<Concept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_period: Option<Period>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) data: Vec<Data>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) provision: Vec<Provision>,
}

impl Element for Provision {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let provision = Self {
            extension: object.many("extension")?,
            effect: object.optional("type")?,
            period: object.optional("period")?,
            actor: object.many("actor")?,
            action: object.many("action")?,
            security_label: object.many("securityLabel")?,
            purpose: object.many("purpose")?,
            class: object.many("class")?,
            code: object.many("code")?,
            data_period: object.optional("dataPeriod")?,
            data: object.many("data")?,
            provision: object.many("provision")?,
        };
        object.ignore(&["id"]);
        object.finish()?;
        Ok(provision)
    }
}

/// The resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource {
    pub(crate) resource_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) extension: Vec<Extension>,
    pub(crate) status: String,
    pub(crate) scope: Concept,
    pub(crate) category: Vec<Concept>,
    pub(crate) patient: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) date_time: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) performer: Vec<Reference>,
    pub(crate) organization: Vec<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) policy: Vec<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy_rule: Option<Concept>,
    pub(crate) provision: Provision,
}

impl Element for Resource {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        let mut object = Object::new(json, path)?;
        let resource_type: String = object.required("resourceType")?;
        if resource_type != "Consent" {
            return Err(FhirError::unsupported("resourceType", format!("{resource_type:?} is not Consent")));
        }
        let resource = Self {
            resource_type,
            id: object.optional("id")?,
            extension: object.many("extension")?,
            status: object.required("status")?,
            scope: object.required("scope")?,
            category: object.required("category")?,
            patient: object.required("patient")?,
            date_time: object.optional("dateTime")?,
            performer: object.many("performer")?,
            organization: object.required("organization")?,
            policy: object.many("policy")?,
            policy_rule: object.optional("policyRule")?,
            provision: object.required("provision")?,
        };
        // Narrative, metadata, business identifiers and the signed source stay off the ledger.
        object.ignore(&["meta", "language", "text", "identifier"]);
        object.ignore(&["sourceAttachment", "sourceReference"]);
        object.finish()?;
        Ok(resource)
    }
}
