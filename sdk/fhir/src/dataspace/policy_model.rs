//! The parts of an ODRL policy in a message of the Dataspace Protocol that the ledger uses.

use assent_types::{ConsentId, Hash32};
use serde::{Serialize, Serializer};

use crate::codes::BASE;
use crate::element::{Element, elements};
use crate::error::FhirError;
use crate::json::Json;
use crate::model::{Coding, Extension};

/// The context of messages, which gives ODRL's terms their meaning.
const CONTEXT: &str = "https://w3id.org/dspace/2025/1/context.jsonld";

/// The ledger's terms beside ODRL's own.
pub(super) const PROFILE: &str = "https://assent.example/fhir/odrl";
pub(super) const CATEGORY: &str = "https://assent.example/fhir/odrl#category";
pub(super) const ACTION: &str = "https://assent.example/fhir/odrl#action";
pub(super) const SECURITY_LABEL: &str = "https://assent.example/fhir/odrl#securityLabel";
pub(super) const SERVICE_DATE: &str = "https://assent.example/fhir/odrl#serviceDate";
pub(super) const DOCUMENT: &str = "https://assent.example/fhir/odrl#document";
/// Obligations that HL7 has no code for.
pub(super) const OBLIGATION: &str = "https://assent.example/fhir/CodeSystem/obligation";

/// The context. Another one could give every term another meaning, so none is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context;

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [CONTEXT].serialize(serializer)
    }
}

impl Element for Context {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        match Texts::read(json, path)? {
            Texts::One(one) if one == CONTEXT => Ok(Self),
            Texts::Many(many) if many == [CONTEXT] => Ok(Self),
            _ => Err(FhirError::unsupported(path, format!("expected {CONTEXT} alone"))),
        }
    }
}

/// One text or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Element for Texts {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        match json {
            Json::Array(_) => Vec::read(json, path).map(Self::Many),
            _ => String::read(json, path).map(Self::One),
        }
    }
}

elements! {
    /// What has to be so.
    Constraint {
        required left: String = "leftOperand",
        required operator: String = "operator",
        required right: Texts = "rightOperand",
    } ignores &["@type", "@id"]
}

elements! {
    /// What has to be done.
    Duty {
        required action: String = "action",
        many constraint: Vec<Constraint> = "constraint",
    } ignores &["@type", "@id"]
}

elements! {
    /// A permission or prohibition.
    RuleElement {
        required action: String = "action",
        many constraint: Vec<Constraint> = "constraint",
        many duty: Vec<Duty> = "duty",
    } ignores &["@type", "@id"]
}

elements! {
    /// Extensions of Consent, of its policy and of its provision.
    FhirParts {
        many consent: Vec<Extension> = "consent",
        many policy: Vec<Extension> = "policy",
        many provision: Vec<Extension> = "provision",
    } ignores &[]
}

elements! {
    /// A value that JSON-LD leaves as it is.
    Literal {
        required kind: String = "@type",
        required value: FhirParts = "@value",
    } ignores &[]
}

elements! {
    /// The policy.
    OdrlPolicy {
        required context: Context = "@context",
        required kind: String = "@type",
        optional id: Option<String> = "@id",
        optional profile: Option<Texts> = "profile",
        optional conflict: Option<String> = "conflict",
        required target: String = "target",
        required assigner: String = "assigner",
        required assignee: String = "assignee",
        optional timestamp: Option<String> = "timestamp",
        many permission: Vec<RuleElement> = "permission",
        many prohibition: Vec<RuleElement> = "prohibition",
        optional consent_kind: Option<String> = "https://assent.example/fhir/odrl#kind",
        optional policy: Option<String> = "https://assent.example/fhir/odrl#policy",
        optional fhir: Option<Literal> = "https://assent.example/fhir/odrl#fhir",
    } ignores &[]
}

/// A consent as an IRI.
pub(super) fn consent_iri(consent: ConsentId) -> String {
    format!("{BASE}Consent/{consent}")
}

/// The consent of an IRI.
pub(super) fn consent_of(iri: &str, path: &str) -> Result<ConsentId, FhirError> {
    let hash = iri.strip_prefix(BASE).and_then(|rest| rest.strip_prefix("Consent/"));
    let consent = hash.and_then(|hash| hash.parse::<Hash32>().ok()).map(ConsentId);
    consent.ok_or_else(|| FhirError::unsupported(path, format!("expected {BASE}Consent/ and an identifier")))
}

/// A code as an IRI.
pub(super) fn code_iri(coding: &Coding) -> String {
    format!("{}#{}", coding.system, coding.code)
}

/// The code of an IRI.
pub(super) fn coding_of(iri: &str, path: &str) -> Result<Coding, FhirError> {
    let parts = iri.rsplit_once('#').filter(|(system, code)| !system.is_empty() && !code.is_empty());
    let (system, code) = parts.ok_or_else(|| FhirError::unsupported(path, "expected a code system, # and a code"))?;
    Ok(Coding::new(system, code))
}
