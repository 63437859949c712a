use std::fmt;

use assent_fhir::ingest::{Patient, Private};
use assent_types::{Hash32, OrgId, Sp};
use ring::hmac;
use zeroize::Zeroizing;

/// Epoch of the pseudonyms: it would be raised with the secret behind them.
const EPOCH: u32 = 1;

/// What a pseudonym is for. Pseudonyms of one person in two scopes have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For documents of this controller.
    Controller(OrgId),
    /// For dealings with this insurer.
    Insurer(OrgId),
}

/// What a subject's record is found by. It names a person and has no debug output.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordName(Vec<u8>);

impl RecordName {
    /// A record number of a namespace: it means the same person wherever it stands.
    pub fn number(system: &str, value: &str) -> Self {
        let mut name = vec![1];
        name.extend_from_slice(system.trim().as_bytes());
        name.push(b'|');
        name.extend_from_slice(value.trim().as_bytes());
        Self(name)
    }

    /// A name that means something in one Bundle only.
    pub fn local(bundle: Hash32, name: &str) -> Self {
        let mut bytes = vec![2];
        bytes.extend_from_slice(&bundle.0);
        bytes.extend_from_slice(name.as_bytes());
        Self(bytes)
    }

    /// The record of a patient: the medical record number (MR of HL7 v2 table 0203), else the first identifier that has
    /// a namespace, else what the Bundle calls the patient.
    pub fn of(patient: &Patient, bundle: Hash32) -> Self {
        let spaced =
            || patient.identifiers.iter().filter_map(|found| found.system.as_ref().map(|system| (system, found)));
        let record = spaced().find(|(_, found)| found.type_code.as_deref() == Some("MR")).or_else(|| spaced().next());
        match (record, &patient.reference) {
            (Some((system, found)), _) => Self::number(system, found.value.expose()),
            (None, Some(reference)) => Self::of_reference(reference, bundle),
            (None, None) => Self::local(bundle, &format!("entry {}", patient.entry)),
        }
    }

    /// The record of a patient whom the Bundle only refers to, by a URL, `system|value`, or `Patient/` and an id. The
    /// last means something in its Bundle only.
    pub fn of_reference(reference: &Private, bundle: Hash32) -> Self {
        match reference.expose().split_once('|') {
            Some((system, value)) if !system.is_empty() => Self::number(system, value),
            None if reference.expose().contains(':') => Self::number("", reference.expose()),
            _ => Self::local(bundle, reference.expose()),
        }
    }

    /// The name under which the private registry keeps the record.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordName(..)")
    }
}

/// The secret of an organisation behind its pseudonyms. It has no debug output and is wiped when dropped.
pub struct PseudonymKey(hmac::Key);

impl PseudonymKey {
    /// The key of these bytes, which must be drawn at random.
    pub fn new(secret: &Zeroizing<[u8; 32]>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()))
    }

    /// The pseudonym of a record in a scope: HMAC-SHA-256 (RFC 2104) in two steps, so that what is common to all scopes
    /// of a person never leaves this function.
    pub fn pseudonym(&self, record: &RecordName, scope: Scope) -> Sp {
        let mut root = hmac::Context::with_key(&self.0);
        root.update(b"assent/pseudonym/person/1");
        root.update(&record.0);
        let root = hmac::Key::new(hmac::HMAC_SHA256, root.sign().as_ref());
        let (kind, counterparty) = match scope {
            Scope::Controller(org) => (1_u8, org),
            Scope::Insurer(org) => (2, org),
        };
        let mut scoped = hmac::Context::with_key(&root);
        scoped.update(b"assent/pseudonym/scope/1");
        scoped.update(&EPOCH.to_le_bytes());
        scoped.update(&[kind]);
        scoped.update(&counterparty.0.to_le_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(scoped.sign().as_ref());
        Sp(Hash32(bytes))
    }
}
