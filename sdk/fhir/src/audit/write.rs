//! From an event of the trail to an AuditEvent.

use assent_types::access::Reason;

use super::model::{
    AUTHORIZER, AUTHZ_SUBTYPE, Agent, AuditEvent, CLIENT, CUSTODIAN, DESTINATION, ENTITY_TYPE, Entity, LIFECYCLE,
    Network, OBJECT_ROLE, PROFILES, ROLE_CLASS, SECURITY_ROLE, SOURCE, SOURCE_TYPE, Source,
};
use super::{AuditKind, AuditRecord};
use crate::codes::{
    ACT_REASON, ANCHOR, CHAIN, CONSENT, CONSENT_BOOK, DICOM, KEY, PARTICIPATION, RESOURCE_TYPES, SNOMED, TRANSACTION,
    USER, USER_ROLE,
};
use crate::datatypes::{Meta, instant, reference_to, write_resource};
use crate::error::FhirError;
use crate::extensions::{own, text_value};
use crate::mapping::Mapping;
use crate::model::{Coding, Concept, ExtensionValue, Reference};

/// Writes an event of the trail as an AuditEvent (JSON) of its pattern. [`super::audit_from_fhir`] reads it back.
///
/// # Errors
/// E711 for an instant that FHIR cannot write.
pub fn audit_to_fhir(record: &AuditRecord, mapping: &Mapping) -> Result<String, FhirError> {
    let writer = Writer { record, mapping };
    let (pattern, kind, action, subtype, source_type) = match record.kind {
        AuditKind::Decided { .. } => ("AuthZconsent", "110113", "E", Coding::new(AUTHZ_SUBTYPE, "AuthZ-Consent"), "6"),
        AuditKind::Served => ("PrivacyDisclosure.Source", "110106", "R", Coding::new(LIFECYCLE, "disclose"), "4"),
        AuditKind::Acknowledged => {
            ("PrivacyDisclosure.Recipient", "110107", "C", Coding::new(LIFECYCLE, "disclose"), "4")
        }
    };
    let (outcome, outcome_desc) = match &record.kind {
        AuditKind::Decided { reasons, .. } if !reasons.is_empty() => {
            let reasons: Vec<&str> = reasons.iter().map(|reason: &Reason| reason.code()).collect();
            ("8", Some(reasons.join(", ")))
        }
        _ => ("0", None),
    };
    let event = AuditEvent {
        id: Some(record.tx.to_string()),
        meta: Some(Meta { profile: vec![format!("{PROFILES}{pattern}")] }),
        extension: writer.extensions(),
        kind: Coding::new(DICOM, kind),
        subtype: vec![subtype],
        action: action.to_owned(),
        recorded: instant(record.at, "AuditEvent.recorded")?,
        outcome: outcome.to_owned(),
        outcome_desc,
        purpose: vec![Concept::new(ACT_REASON, record.purpose.code())],
        agent: writer.agents(),
        source: Source { observer: writer.observer(), kind: vec![Coding::new(SOURCE_TYPE, source_type)] },
        entity: writer.entities(),
    };
    write_resource(&event, "AuditEvent")
}

struct Writer<'a> {
    record: &'a AuditRecord,
    mapping: &'a Mapping,
}

impl Writer<'_> {
    fn extensions(&self) -> Vec<crate::model::Extension> {
        let record = self.record;
        let mut all = vec![
            own("session", text_value(record.session)),
            own("transaction", ExtensionValue::Reference(reference_to(TRANSACTION, record.tx))),
            own("chain", text_value(record.chain)),
        ];
        if matches!(record.kind, AuditKind::Decided { .. }) {
            all.extend(record.anchors.iter().map(|anchor| own("document", text_value(anchor))));
        }
        all
    }

    fn subject(&self) -> Reference {
        self.mapping.reference_to_subject(self.record.subject, self.record.controller)
    }

    fn org(&self, org: assent_types::OrgId) -> Reference {
        self.mapping.reference_to_organization(org)
    }

    /// Who recorded it: BALP asks that this is the authorization server, the source and the recipient, in this order.
    fn observer(&self) -> Reference {
        match self.record.kind {
            AuditKind::Decided { .. } => reference_to(CHAIN, self.record.chain),
            AuditKind::Served => self.org(self.record.actor_org),
            AuditKind::Acknowledged => self.org(self.record.requester),
        }
    }

    /// The ledger knows keys, not addresses: the key is where a signer is in the network (network type 5, URI).
    fn at_key(&self) -> Option<Network> {
        Some(Network { address: format!("{KEY}/{}", self.record.actor), kind: "5".to_owned() })
    }

    /// A member of the network whose key did not sign this event.
    fn at_org(org: assent_types::OrgId) -> Option<Network> {
        Some(Network { address: format!("{}/{org}", crate::codes::ORGANIZATION), kind: "5".to_owned() })
    }

    fn agents(&self) -> Vec<Agent> {
        let record = self.record;
        let agent = |kind: Concept, who: Reference, network: Option<Network>| Agent {
            kind,
            role: Vec::new(),
            who,
            requestor: false,
            network,
            purpose: Vec::new(),
        };
        let user = Agent {
            role: vec![Concept::new(USER_ROLE, record.user_role.code())],
            requestor: true,
            purpose: vec![Concept::new(ACT_REASON, record.purpose.code())],
            ..agent(Concept::new(PARTICIPATION, "IRCP"), reference_to(USER, record.user_ref), None)
        };
        let custodian = agent(Concept::new(SNOMED, CUSTODIAN), self.org(record.controller), None);
        if matches!(record.kind, AuditKind::Decided { .. }) {
            let key = reference_to(KEY, record.actor);
            return vec![
                agent(Concept::new(DICOM, CLIENT), key, self.at_key()),
                user,
                agent(Concept::new(ROLE_CLASS, "PROV"), self.org(record.requester), None),
                agent(Concept::new(SECURITY_ROLE, "authserver"), self.observer(), None),
                custodian,
            ];
        }
        let (source, recipient) = match record.kind {
            AuditKind::Served => (
                agent(Concept::new(DICOM, SOURCE), self.org(record.actor_org), self.at_key()),
                Self::at_org(record.requester),
            ),
            // The shards came from several custodians; the controller answers for them.
            _ => (
                agent(Concept::new(DICOM, SOURCE), self.org(record.controller), Self::at_org(record.controller)),
                self.at_key(),
            ),
        };
        vec![
            source,
            agent(Concept::new(DICOM, DESTINATION), self.org(record.requester), recipient),
            user,
            custodian,
            agent(Concept::new(SNOMED, AUTHORIZER), self.subject(), None),
        ]
    }

    fn entities(&self) -> Vec<Entity> {
        let record = self.record;
        let patient = Entity {
            what: self.subject(),
            kind: Coding::new(ENTITY_TYPE, "1"),
            role: Some(Coding::new(OBJECT_ROLE, "1")),
        };
        let consent = |what| Entity { what, kind: Coding::new(RESOURCE_TYPES, "Consent"), role: None };
        let document = |anchor| Entity {
            what: reference_to(ANCHOR, anchor),
            kind: Coding::new(ENTITY_TYPE, "2"),
            role: Some(Coding::new(OBJECT_ROLE, "3")),
        };
        let rest: Vec<Entity> = match &record.kind {
            AuditKind::Decided { basis, .. } if basis.is_empty() => {
                let book = format!("{}/{}", record.subject, record.controller);
                vec![consent(reference_to(CONSENT_BOOK, book))]
            }
            AuditKind::Decided { basis, .. } => {
                basis.iter().map(|basis| consent(reference_to(CONSENT, basis))).collect()
            }
            _ => record.anchors.iter().map(document).collect(),
        };
        std::iter::once(patient).chain(rest).collect()
    }
}
