//! What a resource's references and policies mean here.

use assent_types::codec::Set;
use assent_types::consent::{
    Categories, ConsentKind, DataActions, EvidenceRef, Grantees, Obligations, PolicyRef, Purpose, SeparateConsents,
    XBorder,
};
use assent_types::limits::PURPOSES_MAX;
use assent_types::place::PlaceSet;
use assent_types::{Hash32, OrgId, Sp};

use crate::codes::{LINEAGE, ORGANIZATION, PSEUDONYM};
use crate::error::FhirError;
use crate::model::Reference;

/// How references and policies of resources resolve. Lists are searched from the front.
///
/// References are listed by their text (`Patient/p1`) or, for logical references, as `system|value`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Patients and their pseudonyms.
    pub patients: Vec<PatientEntry>,
    /// Organisations.
    pub organizations: Vec<OrganizationEntry>,
    /// Documents that a consent may name.
    pub documents: Vec<DocumentEntry>,
    /// Claims, cases, payments and other objects of the ledger that resources of other systems refer to.
    pub objects: Vec<ObjectEntry>,
    /// Groups of users who may break the glass, as resources refer to them. On the ledger roles decide who may.
    pub break_glass_groups: Vec<String>,
    /// Policies and what they say where a resource is silent.
    pub policies: Vec<PolicyEntry>,
    /// What holds where both resource and policy are silent.
    pub defaults: Defaults,
    /// Distance from UTC of dates without a time of day, in minutes; `None` for +08:00, the time of all three
    /// jurisdictions.
    pub utc_offset_minutes: Option<i16>,
}

/// A patient's pseudonym with one controller.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientEntry {
    /// How resources refer to the patient.
    pub reference: String,
    /// The controller.
    pub controller: OrgId,
    /// The patient's pseudonym with this controller.
    pub sp: Sp,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationEntry {
    /// How resources refer to it.
    pub reference: String,
    /// Its number.
    pub org: OrgId,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentEntry {
    /// How resources refer to it.
    pub reference: String,
    /// Its lineage on the ledger.
    pub lineage: Hash32,
}

/// An object of the ledger, whatever it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectEntry {
    /// How resources refer to it.
    pub reference: String,
    /// Its identifier.
    pub id: Hash32,
}

/// A policy that the parties have agreed on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEntry {
    /// Its `policy.uri`, or its `policyRule` as `system|code`.
    pub name: String,
    /// Hashes of its text and notice.
    pub policy: PolicyRef,
    /// What it says where a resource is silent.
    #[serde(default)]
    pub defaults: Defaults,
}

/// What holds where a resource is silent; `None` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// Kind.
    pub kind: Option<ConsentKind>,
    /// To whom: the community that the policy speaks of.
    pub grantees: Option<Grantees>,
    /// For which purposes.
    pub purposes: Option<Set<Purpose, PURPOSES_MAX>>,
    /// Which actions.
    pub actions: Option<DataActions>,
    /// Which categories.
    pub categories: Option<Categories>,
    /// Highest grade of a permit.
    pub max_grade: Option<u8>,
    /// Where the data may be delivered.
    pub places: Option<PlaceSet>,
    /// Separate consents that the signed form contains.
    pub separate: Option<SeparateConsents>,
    /// Transfers across the border that the signed form contains.
    pub xborder: Option<XBorder>,
    /// Obligations.
    pub obligations: Option<Obligations>,
    /// Longest retention by the recipient, in days.
    pub retention_days: Option<u32>,
    /// Evidence of the act that the resource stands for.
    pub evidence: Option<EvidenceRef>,
}

impl Defaults {
    /// These defaults, completed by others.
    pub(crate) fn or(&self, other: &Self) -> Self {
        Self {
            kind: self.kind.or(other.kind),
            grantees: self.grantees.clone().or_else(|| other.grantees.clone()),
            purposes: self.purposes.clone().or_else(|| other.purposes.clone()),
            actions: self.actions.or(other.actions),
            categories: self.categories.or(other.categories),
            max_grade: self.max_grade.or(other.max_grade),
            places: self.places.clone().or_else(|| other.places.clone()),
            separate: self.separate.or(other.separate),
            xborder: self.xborder.clone().or_else(|| other.xborder.clone()),
            obligations: self.obligations.or(other.obligations),
            retention_days: self.retention_days.or(other.retention_days),
            evidence: self.evidence.or(other.evidence),
        }
    }
}

impl Mapping {
    pub(crate) fn offset_minutes(&self) -> i32 {
        self.utc_offset_minutes.map_or(480, i32::from)
    }

    pub(crate) fn subject(&self, reference: &Reference, controller: OrgId) -> Option<Sp> {
        if let Some(value) = own_identifier(reference, PSEUDONYM) {
            return value.parse().ok();
        }
        let key = reference.key();
        let entry = self.patients.iter().find(|entry| entry.reference == key && entry.controller == controller)?;
        Some(entry.sp)
    }

    pub(crate) fn organization(&self, reference: &Reference) -> Option<OrgId> {
        if let Some(value) = own_identifier(reference, ORGANIZATION) {
            return value.parse().ok();
        }
        let key = reference.key();
        self.organizations.iter().find(|entry| entry.reference == key).map(|entry| entry.org)
    }

    pub(crate) fn document(&self, reference: &Reference) -> Option<Hash32> {
        if let Some(value) = own_identifier(reference, LINEAGE) {
            return value.parse().ok();
        }
        let key = reference.key();
        self.documents.iter().find(|entry| entry.reference == key).map(|entry| entry.lineage)
    }

    /// The object of the ledger that a reference names: by an identifier of this system, or as listed.
    pub(crate) fn object(&self, reference: &Reference, system: &str, path: &str) -> Result<Hash32, FhirError> {
        let key = reference.key();
        match self.objects.iter().find(|entry| entry.reference == key) {
            Some(entry) => Ok(entry.id),
            None => identified(reference, system, path),
        }
    }

    /// The pseudonym of a patient, required.
    pub(crate) fn patient(&self, reference: &Reference, scope: OrgId, path: &str) -> Result<Sp, FhirError> {
        let problem = || format!("no pseudonym of this patient with organisation {scope}; add it to the mapping");
        self.subject(reference, scope).ok_or_else(|| FhirError::missing(path, problem()))
    }

    pub(crate) fn policy(&self, name: &str) -> Option<&PolicyEntry> {
        self.policies.iter().find(|entry| entry.name == name)
    }

    /// A reference that reads back to this subject.
    pub(crate) fn reference_to_subject(&self, sp: Sp, controller: OrgId) -> Reference {
        let listed = self.patients.iter().find(|entry| entry.sp == sp && entry.controller == controller);
        let reference = listed.map(|entry| Reference::of_key(&entry.reference));
        reference
            .filter(|reference| self.subject(reference, controller) == Some(sp))
            .unwrap_or_else(|| Reference::identifier(PSEUDONYM, sp.to_string()))
    }

    /// A reference that reads back to this organisation.
    pub(crate) fn reference_to_organization(&self, org: OrgId) -> Reference {
        let listed = self.organizations.iter().find(|entry| entry.org == org);
        let reference = listed.map(|entry| Reference::of_key(&entry.reference));
        reference
            .filter(|reference| self.organization(reference) == Some(org))
            .unwrap_or_else(|| Reference::identifier(ORGANIZATION, org.to_string()))
    }

    /// A reference that reads back to this document.
    pub(crate) fn reference_to_document(&self, lineage: Hash32) -> Reference {
        let listed = self.documents.iter().find(|entry| entry.lineage == lineage);
        let reference = listed.map(|entry| Reference::of_key(&entry.reference));
        reference
            .filter(|reference| self.document(reference) == Some(lineage))
            .unwrap_or_else(|| Reference::identifier(LINEAGE, lineage.to_string()))
    }
}

pub(crate) fn own_identifier<'a>(reference: &'a Reference, system: &str) -> Option<&'a str> {
    let identifier = reference.identifier.as_ref().filter(|identifier| identifier.system == system)?;
    Some(&identifier.value)
}

/// The hash in a logical reference of this system.
pub(crate) fn identified(reference: &Reference, system: &str, path: &str) -> Result<Hash32, FhirError> {
    let value = own_identifier(reference, system);
    let value = value.ok_or_else(|| FhirError::missing(path, format!("expected an identifier of {system}")))?;
    value.parse().map_err(|_| FhirError::invalid(format!("{path}.identifier.value"), "expected 64 hexadecimal digits"))
}
