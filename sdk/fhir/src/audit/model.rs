//! The elements of an R4 AuditEvent that the patterns use, and their codes.

use crate::datatypes::Meta;
use crate::element::elements;
use crate::model::{Coding, Concept, Extension, Reference};

pub(super) const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
pub(super) const AUTHZ_SUBTYPE: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType";
pub(super) const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
pub(super) const ROLE_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleClass";
pub(super) const SECURITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/extra-security-role-type";
pub(super) const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
pub(super) const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
pub(super) const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";

/// DICOM 110150 Application.
pub(super) const CLIENT: &str = "110150";
/// DICOM 110153 Source Role ID.
pub(super) const SOURCE: &str = "110153";
/// DICOM 110152 Destination Role ID.
pub(super) const DESTINATION: &str = "110152";
/// SNOMED CT 159541003 Record keeping/library clerk.
pub(super) const CUSTODIAN: &str = "159541003";
/// SNOMED CT 429577009 Patient advocate.
pub(super) const AUTHORIZER: &str = "429577009";

elements! {
    /// Where on a network an agent was.
    Network {
        required address: String = "address",
        required kind: String = "type",
    } ignores &["id", "extension"]
}

elements! {
    /// Who took part.
    Agent {
        required kind: Concept = "type",
        many role: Vec<Concept> = "role",
        required who: Reference = "who",
        required requestor: bool = "requestor",
        optional network: Option<Network> = "network",
        many purpose: Vec<Concept> = "purposeOfUse",
    } ignores &["id", "extension"]
}

elements! {
    /// Who recorded the event.
    Source {
        required observer: Reference = "observer",
        many kind: Vec<Coding> = "type",
    } ignores &["id", "extension", "site"]
}

elements! {
    /// What it was about.
    Entity {
        required what: Reference = "what",
        required kind: Coding = "type",
        optional role: Option<Coding> = "role",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource.
    AuditEvent {
        optional id: Option<String> = "id",
        optional meta: Option<Meta> = "meta",
        many extension: Vec<Extension> = "extension",
        required kind: Coding = "type",
        required subtype: Vec<Coding> = "subtype",
        required action: String = "action",
        required recorded: String = "recorded",
        required outcome: String = "outcome",
        optional outcome_desc: Option<String> = "outcomeDesc",
        required purpose: Vec<Concept> = "purposeOfEvent",
        required agent: Vec<Agent> = "agent",
        required source: Source = "source",
        required entity: Vec<Entity> = "entity",
    } ignores &["language", "text"]
}
