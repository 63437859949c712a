use assent_types::ids::Height;
use assent_types::state::{Record, StateKey};
use assent_types::{OrgId, Sp};

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
    /// Height up to which the trail is complete.
    pub height: Height,
    /// The encoded proof of the head of the access log at that height: it counts its entries.
    pub head: Vec<u8>,
}

/// The access trail of a subject with a controller, for the subject, the controller and regulators.
///
/// It is complete: the ledger appends one entry to the access log for every row that fires on a session, the proven head
/// of the log counts the entries, and the trail has as many proven rows. Whoever holds its proofs can count again.
///
/// # Errors
/// E902 for who may not read it; [`ClientError::Unproven`] for an answer that leaves something out.
pub async fn access_trail(client: &Client, subject: Sp, controller: OrgId) -> Result<AccessTrail, ClientError> {
    let key = StateKey::Accesses(subject, controller);
    let state = client.get(&[key]).await?;
    let count = match state.value(&key).flatten().map(|value| &value.record) {
        Some(Record::Accesses(book)) => book.log.count,
        _ => 0,
    };
    let of_trail = |event: &assent_types::receipt::Event| {
        event.row.0 == *b"AC" && event.subject == Some(subject) && event.parties.contains(&controller)
    };
    let steps = steps(client, Cursor::START, state.height, |events| {
        events.iter().filter(|event| of_trail(event)).cloned().collect()
    })
    .await?;
    if steps.len() as u64 != count {
        let reason = format!("{} of {count} entries of the access log are in the history", steps.len());
        return Err(unproven(client.node_url(), reason));
    }
    Ok(AccessTrail { subject, controller, steps, height: state.height, head: state.bundle })
}
