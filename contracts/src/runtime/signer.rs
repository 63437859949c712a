//! Whose key signed, and whether it may.

use assent_types::action::Action;
use assent_types::key::{KeyUsage, PublicKey};
use assent_types::org::{Org, OrgStatus, Role};
use assent_types::subject::KeyOwner;
use assent_types::{ErrorCode, KeyId, Millis, OrgId, Sp};

use super::call::Call;
use super::state::{self, Found, ReadError, StateRead};
use super::table::{Actor, Check, Stop, ensure};

/// What the ledger knows of a key at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Nothing.
    Unknown,
    /// Revoked, replaced, or outside its window.
    Dead {
        /// Whose it was.
        owner: KeyOwner,
    },
    /// In force.
    Live {
        /// The public key.
        key: PublicKey,
        /// Whose it is.
        owner: KeyOwner,
        /// Its usage; persons' keys have none and only sign transactions and requests.
        usage: Option<KeyUsage>,
    },
}

/// What the state says of a key at an instant. The status of the owning organisation is not looked at.
///
/// # Errors
///
/// If the state cannot be read.
pub fn key_state(state: &dyn StateRead, id: &KeyId, at: Millis) -> Result<KeyState, ReadError> {
    let Some(entry) = state::key(state, *id)? else { return Ok(KeyState::Unknown) };
    let owner = entry.owner;
    let usage = match owner {
        KeyOwner::Org(org) => {
            let Some(org) = state::org(state, org)? else { return Ok(KeyState::Dead { owner }) };
            match org.keys.iter().find(|record| record.key == entry.key) {
                Some(record) if record.is_live(at) => Some(record.usage),
                _ => return Ok(KeyState::Dead { owner }),
            }
        }
        KeyOwner::Subject(_) | KeyOwner::Proxy if entry.revoked_at.is_some_and(|revoked| revoked <= at) => {
            return Ok(KeyState::Dead { owner });
        }
        KeyOwner::Subject(_) | KeyOwner::Proxy => None,
    };
    Ok(KeyState::Live { key: entry.key, owner, usage })
}

/// Whether the action is a statement of a service that runs by itself: a node, a custodian's agent, a key service.
fn is_receipt(action: &Action) -> bool {
    matches!(
        action,
        Action::SubmitEvidence(_)
            | Action::StoreReceipt(_)
            | Action::AcceptShare(_)
            | Action::CompleteRepair(_)
            | Action::KeyReleaseReceipt(_)
            | Action::ShardServed(_)
            | Action::AckAccess(_)
            | Action::AckFail(_)
            | Action::DestroyAttest(_)
            | Action::FileLogRoot(_)
            | Action::ProvePossession(_)
    )
}

/// The resolved signer of a transaction.
pub(crate) struct Signer {
    pub(crate) key: KeyId,
    pub(crate) owner: KeyOwner,
    pub(crate) usage: Option<KeyUsage>,
    /// The organisation, if it is an organisation's key.
    pub(crate) org: Option<Found<Org>>,
}

impl Signer {
    /// Resolves a key in force: E104 if unknown, E201 if not in force.
    pub(crate) fn resolve(state: &dyn StateRead, id: &KeyId, at: Millis) -> Result<Self, Stop> {
        match key_state(state, id, at)? {
            KeyState::Unknown => Err(ErrorCode::BadSignature.into()),
            KeyState::Dead { .. } => Err(ErrorCode::KeyUsage.into()),
            KeyState::Live { owner, usage, .. } => {
                let org = match owner {
                    KeyOwner::Org(org) => state::org(state, org)?,
                    KeyOwner::Subject(_) | KeyOwner::Proxy => None,
                };
                Ok(Self { key: *id, owner, usage, org })
            }
        }
    }

    /// Whether this key may sign this action: E201 for its usage, E202 for its organisation's status.
    ///
    /// A suspended organisation may still take disclosures back, rotate its keys and report misbehaviour; one that is
    /// pending or has withdrawn may do nothing.
    pub(crate) fn authorise(&self, action: &Action, at: Millis) -> Check {
        let usage_allows = match self.usage {
            None | Some(KeyUsage::SignTx) => true,
            Some(KeyUsage::Recovery) => matches!(action, Action::RotateKey(_)),
            Some(KeyUsage::Receipt) => is_receipt(action),
            Some(KeyUsage::Validate | KeyUsage::Node | KeyUsage::Encrypt | KeyUsage::Cosign) => false,
        };
        ensure(usage_allows, ErrorCode::KeyUsage)?;
        let Some(org) = &self.org else { return Ok(()) };
        let exempt = action.is_protected() && matches!(org.status, OrgStatus::Suspended { .. });
        ensure(org.is_active(at) || exempt, ErrorCode::OrgStatus)
    }

    /// The organisation whose key it is.
    pub(crate) fn org_id(&self) -> Option<OrgId> {
        match self.owner {
            KeyOwner::Org(org) => Some(org),
            KeyOwner::Subject(_) | KeyOwner::Proxy => None,
        }
    }

    /// As whom the signer acts where an action makes no claim of its own.
    pub(crate) fn actors(&self) -> Vec<Actor> {
        match (&self.org, self.owner) {
            (Some(org), _) => org.roles.codes().map(Actor::Role).collect(),
            (None, KeyOwner::Subject(_)) => vec![Actor::Role(Role::Subject)],
            (None, _) => vec![Actor::Role(Role::Guardian)],
        }
    }
}

/// The organisations that co-signed with a live signing key other than the signer's, each in good standing.
///
/// Further co-signatures are verified with the transaction and have no effect.
pub(crate) fn cosigning_orgs(call: &Call<'_, '_>) -> Result<Vec<OrgId>, Stop> {
    let mut orgs = Vec::new();
    for cosignature in &call.transaction().cosignatures {
        if cosignature.signer == call.signer().key {
            continue;
        }
        let KeyState::Live { owner: KeyOwner::Org(id), usage: Some(KeyUsage::SignTx), .. } =
            key_state(call.view, &cosignature.signer, call.now())?
        else {
            continue;
        };
        if state::org(call.view, id)?.is_some_and(|org| org.is_active(call.now())) {
            orgs.push(id);
        }
    }
    Ok(orgs)
}

/// The subjects whose keys in force co-signed.
pub(crate) fn cosigning_subjects(call: &Call<'_, '_>) -> Result<Vec<Sp>, Stop> {
    let mut subjects = Vec::new();
    for cosignature in &call.transaction().cosignatures {
        if let KeyState::Live { owner: KeyOwner::Subject(sp), .. } =
            key_state(call.view, &cosignature.signer, call.now())?
        {
            subjects.push(sp);
        }
    }
    Ok(subjects)
}
