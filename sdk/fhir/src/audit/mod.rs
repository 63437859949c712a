//! The access trail as AuditEvents: IHE Basic Audit Log Patterns (BALP) 1.1.4 over FHIR R4.
//!
//! | Row of a session | Pattern | Event |
//! |---|---|---|
//! | AC-01, AC-02 (decision) | AuthZ-Consent | DICOM 110113 Security Alert, subtype AuthZ-Consent, outcome 0 or 8 with the reasons |
//! | AC-05, AC-21, AC-22 (ShardServed) | PrivacyDisclosure.Source | DICOM 110106 Export, subtype disclose |
//! | AC-06, AC-14 (AckAccess) | PrivacyDisclosure.Recipient | DICOM 110107 Import, subtype disclose |
//! | any other | none: E711 | |
//!
//! The pattern of a decision closes its list of entities, so the documents that were asked for stand in the extension
//! `document`. A denial that rests on no consent names the book of consents that was searched in vain.

mod model;
mod read;
mod write;

use assent_types::access::{Reason, UserRole};
use assent_types::consent::Purpose;
use assent_types::receipt::RowId;
use assent_types::session::Session;
use assent_types::{AnchorId, ChainId, ConsentId, Hash32, KeyId, Millis, OrgId, SessionId, Sp, TxHash};

pub use read::audit_from_fhir;
pub use write::audit_to_fhir;

use crate::error::FhirError;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditKind {
    /// Access was decided.
    Decided {
        /// Every reason of a denial, ascending; empty for a permit.
        reasons: Vec<Reason>,
        /// The consents on which a permit rests, each once, in the order of the documents.
        basis: Vec<ConsentId>,
    },
    /// A custodian delivered shards.
    Served,
    /// The requester read the documents.
    Acknowledged,
}

/// One event of an access trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The ledger on which it stands.
    pub chain: ChainId,
    /// The transaction.
    pub tx: TxHash,
    /// Time of its block.
    pub at: Millis,
    /// The session.
    pub session: SessionId,
    /// What happened.
    pub kind: AuditKind,
    /// The key that signed.
    pub actor: KeyId,
    /// Whose key that is: the requester's, or the custodian's that served.
    pub actor_org: OrgId,
    /// Who asked.
    pub requester: OrgId,
    /// The person, as a keyed hash that only the organisation can open.
    pub user_ref: Hash32,
    /// The person's role.
    pub user_role: UserRole,
    /// Whose documents.
    pub subject: Sp,
    /// Who controls them.
    pub controller: OrgId,
    /// For which purpose.
    pub purpose: Purpose,
    /// The documents.
    pub anchors: Vec<AnchorId>,
}

/// A row that fired on a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedRow {
    /// The row.
    pub row: RowId,
    /// The transaction.
    pub tx: TxHash,
    /// Time of the block.
    pub at: Millis,
    /// The key that signed, and whose it is; `None` for the sweeper.
    pub actor: Option<(KeyId, OrgId)>,
}

impl AuditRecord {
    /// The event that a row on a session is.
    ///
    /// # Errors
    /// E711 for a row that no pattern of BALP describes: releases of key parts, cancellations, deadlines.
    pub fn of(chain: ChainId, session: &Session, fired: &AuditedRow) -> Result<Self, FhirError> {
        let unsupported = || FhirError::unsupported("AuditEvent.type", format!("{} follows no pattern", fired.row));
        let kind = match fired.row {
            RowId([b'A', b'C'], 1 | 2) => {
                let mut basis: Vec<ConsentId> = Vec::new();
                for consent in &session.decision.basis {
                    if !basis.contains(consent) {
                        basis.push(*consent);
                    }
                }
                AuditKind::Decided { reasons: session.decision.reasons.to_vec(), basis }
            }
            RowId([b'A', b'C'], 5 | 21 | 22) => AuditKind::Served,
            RowId([b'A', b'C'], 6 | 14) => AuditKind::Acknowledged,
            _ => return Err(unsupported()),
        };
        let (actor, actor_org) = fired.actor.ok_or_else(unsupported)?;
        let request = &session.request;
        Ok(Self {
            chain,
            tx: fired.tx,
            at: fired.at,
            session: session.id,
            kind,
            actor,
            actor_org,
            requester: request.requester,
            user_ref: request.user_ref,
            user_role: request.user_role,
            subject: session.subject,
            controller: request.controller,
            purpose: request.purpose,
            anchors: session.anchors().to_vec(),
        })
    }
}
