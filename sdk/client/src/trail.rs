use std::collections::{BTreeMap, BTreeSet};

use assent_proto::limits::KEYS_MAX;
use assent_types::ids::Height;
use assent_types::receipt::Event;
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};
use assent_types::{OrgId, SessionId, Sp};

use crate::client::Client;
use crate::error::ClientError;
use crate::events::Cursor;
use crate::steps::{ProvenStep, steps};
use crate::verified::unproven;

/// Every access to the documents of a subject with a controller, denials included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTrail {
    /// The subject.
    pub subject: Sp,
    /// The controller.
    pub controller: OrgId,
    /// What fired on their sessions, in the order of the chain.
    pub steps: Vec<ProvenStep>,
    /// The sessions: who asked, for what, and the decision with its reasons.
    pub sessions: BTreeMap<SessionId, Session>,
    /// Height up to which the trail is complete.
    pub height: Height,
    /// The encoded proof of the head of the access log at that height: it counts its entries.
    pub head: Vec<u8>,
    /// The encoded proofs of the sessions.
    pub session_proofs: Vec<Vec<u8>>,
}

/// The access trail of a subject with a controller, for the subject, the controller and regulators.
///
/// It is complete: the ledger appends one entry to the access log for every row that fires on a session, the proven head
/// of the log counts the entries, and the trail has as many proven rows. Whoever holds its proofs can count again.
///
/// # Errors
/// E901 for a regulator without a look-up of the subject, E902 for who may not read it; [`ClientError::Unproven`] for an answer that leaves something out.
pub async fn access_trail(client: &Client, subject: Sp, controller: OrgId) -> Result<AccessTrail, ClientError> {
    let key = StateKey::Accesses(subject, controller);
    let state = client.get(&[key]).await?;
    let count = match state.value(&key).flatten().map(|value| &value.record) {
        Some(Record::Accesses(book)) => book.log.count,
        _ => 0,
    };
    // An organisation may be party to a session with another controller; only the session tells.
    let may_be =
        |event: &Event| event.row.0 == *b"AC" && event.subject == Some(subject) && event.parties.contains(&controller);
    let found = steps(client, Cursor::START, state.height, |events| {
        events.iter().copied().filter(|event| may_be(event)).cloned().collect()
    });
    let mut steps = found.await?;
    let (mut sessions, session_proofs) = sessions(client, &steps).await?;
    sessions.retain(|_, session| session.subject == subject && session.request.controller == controller);
    steps.retain(|step| sessions.contains_key(&SessionId(step.object)));
    if steps.len() as u64 != count {
        let reason = format!("{} of {count} entries of the access log are in the history", steps.len());
        return Err(unproven(client.node_url(), reason));
    }
    let (height, head) = (state.height, state.bundle);
    Ok(AccessTrail { subject, controller, steps, sessions, height, head, session_proofs })
}

/// The sessions of steps, and their proofs.
async fn sessions(
    client: &Client,
    steps: &[ProvenStep],
) -> Result<(BTreeMap<SessionId, Session>, Vec<Vec<u8>>), ClientError> {
    let ids: BTreeSet<StateKey> = steps.iter().map(|step| StateKey::Session(SessionId(step.object))).collect();
    let ids: Vec<StateKey> = ids.into_iter().collect();
    let (mut sessions, mut proofs) = (BTreeMap::new(), Vec::new());
    for keys in ids.chunks(KEYS_MAX) {
        let state = client.get(keys).await?;
        for (_, value) in state.values {
            if let Some(Record::Session(session)) = value.map(|value| value.record) {
                sessions.insert(session.id, *session);
            }
        }
        proofs.push(state.bundle);
    }
    Ok((sessions, proofs))
}
