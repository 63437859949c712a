//! From an AuditEvent of one of the patterns to an event of the trail.

use assent_types::access::{Reason, UserRole};
use assent_types::consent::Purpose;
use assent_types::{AnchorId, ConsentId, Hash32, KeyId, OrgId, SessionId, Sp, TxHash};

use super::model::{
    AUTHORIZER, AUTHZ_SUBTYPE, Agent, AuditEvent, CLIENT, CUSTODIAN, DESTINATION, ENTITY_TYPE, Entity, LIFECYCLE,
    OBJECT_ROLE, ROLE_CLASS, SECURITY_ROLE, SOURCE,
};
use super::{AuditKind, AuditRecord};
use crate::codes::{
    ACT_REASON, ANCHOR, CHAIN, CONSENT, CONSENT_BOOK, DICOM, KEY, PARTICIPATION, RESOURCE_TYPES, SNOMED, TRANSACTION,
    USER, USER_ROLE,
};
use crate::datatypes::{expect_coding, read_instant, read_resource};
use crate::error::FhirError;
use crate::extensions::{Extensions, hash, reference};
use crate::import::organization;
use crate::mapping::{Mapping, identified, own_identifier};
use crate::model::{Coding, Concept};

const ROOT: &str = "AuditEvent";

/// Reads an AuditEvent that [`super::audit_to_fhir`] has written.
///
/// # Errors
/// E711 for an event of another pattern and for whatever a trail cannot say, E712 where the resource is not valid or
/// contradicts itself, E713 where an element, or an entry of the mapping, is missing; each with the element's path.
pub fn audit_from_fhir(json: &str, mapping: &Mapping) -> Result<AuditRecord, FhirError> {
    let event: AuditEvent = read_resource(json, ROOT)?;
    let pattern = Pattern::of(&event)?;
    let mut extensions = Extensions::of(&event.extension, ROOT);
    let session = SessionId(hash(&extensions.required("session")?)?);
    let chain = assent_types::ChainId(hash(&extensions.required("chain")?)?);
    let transaction = extensions.required("transaction")?;
    let tx = TxHash(identified(reference(&transaction)?, TRANSACTION, &transaction.0)?);
    let asked: Vec<AnchorId> =
        extensions.many("document").iter().map(|found| hash(found).map(AnchorId)).collect::<Result<_, _>>()?;
    extensions.finish()?;
    let agents = Agents::read(&event, pattern, mapping)?;
    let entities = Entities::read(&event.entity, pattern, agents.controller, mapping)?;
    let kind = match pattern {
        Pattern::Decision => decided(&event, entities.basis)?,
        Pattern::Source => AuditKind::Served,
        Pattern::Recipient => AuditKind::Acknowledged,
    };
    if pattern != Pattern::Decision && event.outcome != "0" {
        return Err(FhirError::unsupported("AuditEvent.outcome", "only what succeeded is on the ledger"));
    }
    let observer = match pattern {
        Pattern::Decision => identified(&event.source.observer, CHAIN, "AuditEvent.source.observer")? == chain.0,
        Pattern::Source => mapping.organization(&event.source.observer) == Some(agents.actor_org),
        Pattern::Recipient => mapping.organization(&event.source.observer) == Some(agents.requester),
    };
    if !observer {
        return Err(FhirError::invalid("AuditEvent.source.observer", "the pattern asks for another observer"));
    }
    let [purpose] = event.purpose.as_slice() else {
        return Err(FhirError::unsupported("AuditEvent.purposeOfEvent", "one access has one purpose"));
    };
    Ok(AuditRecord {
        chain,
        tx,
        at: read_instant(&event.recorded, 0, "AuditEvent.recorded")?,
        session,
        kind,
        actor: agents.actor,
        actor_org: agents.actor_org,
        requester: agents.requester,
        user_ref: agents.user_ref,
        user_role: agents.user_role,
        subject: entities.subject,
        controller: agents.controller,
        purpose: purpose_of(purpose, "AuditEvent.purposeOfEvent[0]")?,
        anchors: if pattern == Pattern::Decision { asked } else { entities.anchors },
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Decision,
    Source,
    Recipient,
}

impl Pattern {
    fn of(event: &AuditEvent) -> Result<Self, FhirError> {
        let (pattern, system, code, action) = match (event.kind.system.as_str(), event.kind.code.as_str()) {
            (DICOM, "110113") => (Self::Decision, AUTHZ_SUBTYPE, "AuthZ-Consent", "E"),
            (DICOM, "110106") => (Self::Source, LIFECYCLE, "disclose", "R"),
            (DICOM, "110107") => (Self::Recipient, LIFECYCLE, "disclose", "C"),
            _ => {
                let problem = format!("{} is neither a decision nor a disclosure", event.kind.token());
                return Err(FhirError::unsupported("AuditEvent.type", problem));
            }
        };
        let [subtype] = event.subtype.as_slice() else {
            return Err(FhirError::unsupported("AuditEvent.subtype", "one subtype is understood"));
        };
        expect_coding(subtype, system, code, "AuditEvent.subtype[0]")?;
        if event.action != action {
            return Err(FhirError::invalid("AuditEvent.action", format!("the pattern asks for {action}")));
        }
        Ok(pattern)
    }
}

fn decided(event: &AuditEvent, basis: Vec<ConsentId>) -> Result<AuditKind, FhirError> {
    let path = "AuditEvent.outcomeDesc";
    let read = |text: &str| {
        let reason = Reason::from_code(text);
        reason.ok_or_else(|| FhirError::unsupported(path, "expected reasons of the ledger, such as D40, D44"))
    };
    let reasons: Vec<Reason> = match &event.outcome_desc {
        Some(text) => text.split(", ").map(read).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    match event.outcome.as_str() {
        "0" if reasons.is_empty() && !basis.is_empty() => Ok(AuditKind::Decided { reasons, basis }),
        "8" if !reasons.is_empty() && basis.is_empty() => Ok(AuditKind::Decided { reasons, basis }),
        "0" | "8" => {
            let problem = "a permit has a consent and no reasons, a denial has reasons and rests on no consent";
            Err(FhirError::invalid("AuditEvent.outcome", problem))
        }
        _ => Err(FhirError::unsupported("AuditEvent.outcome", "a decision is 0 or 8")),
    }
}

/// Who took part, by the kinds of the pattern.
struct Agents {
    actor: KeyId,
    actor_org: OrgId,
    requester: OrgId,
    user_ref: Hash32,
    user_role: UserRole,
    controller: OrgId,
}

impl Agents {
    fn read(event: &AuditEvent, pattern: Pattern, mapping: &Mapping) -> Result<Self, FhirError> {
        let mut slots = Slots::of(&event.agent);
        let (custodian_path, custodian) = slots.take(SNOMED, CUSTODIAN)?;
        let controller = organization(&custodian.who, &format!("{custodian_path}.who"), mapping)?;
        let (user_path, user) = slots.take(PARTICIPATION, "IRCP")?;
        let user_ref = identified(&user.who, USER, &format!("{user_path}.who"))?;
        let [role] = user.role.as_slice() else {
            return Err(FhirError::missing(format!("{user_path}.role"), "give the one role of the user"));
        };
        let role = role.coding();
        let user_role = (role.system == USER_ROLE).then(|| UserRole::from_code(&role.code)).flatten();
        let user_role = user_role.ok_or_else(|| {
            FhirError::unsupported(format!("{user_path}.role[0]"), format!("{} is no role of the ledger", role.token()))
        })?;
        let (actor, actor_org, requester) = match pattern {
            Pattern::Decision => {
                let (path, client) = slots.take(DICOM, CLIENT)?;
                let actor = KeyId(identified(&client.who, KEY, &format!("{path}.who"))?);
                let (path, org) = slots.take(ROLE_CLASS, "PROV")?;
                let requester = organization(&org.who, &format!("{path}.who"), mapping)?;
                let (path, server) = slots.take(SECURITY_ROLE, "authserver")?;
                if server.who != event.source.observer {
                    let problem = "the pattern asks that the observer decides";
                    return Err(FhirError::invalid(format!("{path}.who"), problem));
                }
                (actor, requester, requester)
            }
            Pattern::Source | Pattern::Recipient => {
                let (source_path, source) = slots.take(DICOM, SOURCE)?;
                let (path, recipient) = slots.take(DICOM, DESTINATION)?;
                slots.take(SNOMED, AUTHORIZER)?;
                let from = organization(&source.who, &format!("{source_path}.who"), mapping)?;
                let requester = organization(&recipient.who, &format!("{path}.who"), mapping)?;
                if pattern == Pattern::Source {
                    (key_of(source, &source_path)?, from, requester)
                } else {
                    (key_of(recipient, &path)?, requester, requester)
                }
            }
        };
        slots.finish()?;
        Ok(Self { actor, actor_org, requester, user_ref, user_role, controller })
    }
}

/// The key by which an agent is known in the network.
fn key_of(agent: &Agent, path: &str) -> Result<KeyId, FhirError> {
    let path = format!("{path}.network.address");
    let network = agent.network.as_ref().ok_or_else(|| FhirError::missing(path.as_str(), "give the key"))?;
    let key = network.address.strip_prefix(KEY).and_then(|rest| rest.strip_prefix('/')?.parse().ok());
    key.ok_or_else(|| FhirError::unsupported(path, "expected the URI of a key of the ledger"))
}

/// Agents by their kind, each taken once.
struct Slots<'a>(Vec<(String, &'a Agent)>);

impl<'a> Slots<'a> {
    fn of(agents: &'a [Agent]) -> Self {
        let named = agents.iter().enumerate();
        Self(named.map(|(index, agent)| (format!("AuditEvent.agent[{index}]"), agent)).collect())
    }

    fn take(&mut self, system: &str, code: &str) -> Result<(String, &'a Agent), FhirError> {
        let is_it = |agent: &Agent| agent.kind.coding().system == system && agent.kind.coding().code == code;
        let position = self.0.iter().position(|(_, agent)| is_it(agent));
        let position = position.ok_or_else(|| {
            FhirError::missing("AuditEvent.agent", format!("the pattern asks for an agent {system}|{code}"))
        })?;
        Ok(self.0.remove(position))
    }

    fn finish(self) -> Result<(), FhirError> {
        match self.0.into_iter().next() {
            Some((path, _)) => Err(FhirError::unsupported(path, "the ledger knows no such agent; remove it")),
            None => Ok(()),
        }
    }
}

struct Entities {
    subject: Sp,
    basis: Vec<ConsentId>,
    anchors: Vec<AnchorId>,
}

impl Entities {
    fn read(list: &[Entity], pattern: Pattern, controller: OrgId, mapping: &Mapping) -> Result<Self, FhirError> {
        let mut subject = None;
        let (mut basis, mut anchors) = (Vec::new(), Vec::new());
        for (index, entity) in list.iter().enumerate() {
            let path = format!("AuditEvent.entity[{index}].what");
            let decision = pattern == Pattern::Decision;
            let role = |code: &str| entity.role.as_ref() == Some(&Coding::new(OBJECT_ROLE, code));
            match (entity.kind.system.as_str(), entity.kind.code.as_str()) {
                (ENTITY_TYPE, "1") if role("1") && subject.is_none() => {
                    let found = mapping.subject(&entity.what, controller);
                    subject = Some(found.ok_or_else(|| FhirError::missing(path, "no pseudonym of this patient"))?);
                }
                (RESOURCE_TYPES, "Consent") if decision => {
                    if own_identifier(&entity.what, CONSENT_BOOK).is_none() {
                        basis.push(ConsentId(identified(&entity.what, CONSENT, &path)?));
                    }
                }
                (ENTITY_TYPE, "2") if !decision && role("3") => {
                    anchors.push(AnchorId(identified(&entity.what, ANCHOR, &path)?));
                }
                _ => {
                    let problem = "neither the one patient nor what the pattern names";
                    return Err(FhirError::unsupported(format!("AuditEvent.entity[{index}]"), problem));
                }
            }
        }
        let subject = subject.ok_or_else(|| FhirError::missing("AuditEvent.entity", "name the patient"))?;
        Ok(Self { subject, basis, anchors })
    }
}

fn purpose_of(concept: &Concept, path: &str) -> Result<Purpose, FhirError> {
    let coding = concept.coding();
    let purpose = (coding.system == ACT_REASON).then(|| Purpose::from_code(&coding.code)).flatten();
    purpose.ok_or_else(|| FhirError::unsupported(path, format!("{} is no purpose of the ledger", coding.token())))
}
