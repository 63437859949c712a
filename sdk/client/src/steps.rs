use assent_types::ids::Height;
use assent_types::receipt::{Event, Receipt, RowId};
use assent_types::{Hash32, KeyId, OrgId};

use crate::client::Client;
use crate::error::ClientError;
use crate::events::{Cursor, Proofs};

/// A row that fired, with the proof of the receipt that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenStep {
    /// The row.
    pub row: RowId,
    /// The object: a document, session, case, bill, claim or payment.
    pub object: Hash32,
    /// Organisations that are party to it.
    pub parties: Vec<OrgId>,
    /// The key that signed; `None` for a sweep.
    pub signer: Option<KeyId>,
    /// The receipt, proven.
    pub receipt: Receipt,
    /// The encoded proof of the receipt. Steps of one receipt have the same.
    pub bundle: Vec<u8>,
}

/// What fired from a cursor on up to a height, as far as `wanted` takes it out of a receipt's events.
///
/// Every receipt is proven, and that none between two of them was left out.
pub(crate) async fn steps(
    client: &Client,
    from: Cursor,
    until: Height,
    mut wanted: impl FnMut(&[Event]) -> Vec<Event>,
) -> Result<Vec<ProvenStep>, ClientError> {
    let mut steps = Vec::new();
    let mut stream = client.events(from, Proofs::Verified);
    while let Some(item) = stream.next_or_caught_up().await? {
        if item.receipt.height > until {
            break;
        }
        let Some(details) = &item.details else { continue };
        for event in wanted(&details.events) {
            steps.push(ProvenStep {
                row: event.row,
                object: event.object,
                parties: event.parties.to_vec(),
                signer: details.signer,
                receipt: item.receipt.clone(),
                bundle: item.bundle.clone().unwrap_or_default(),
            });
        }
    }
    Ok(steps)
}
