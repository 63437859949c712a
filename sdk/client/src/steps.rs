use assent_proofs::bundle::{Bundle, Claim};
use assent_types::ids::Height;
use assent_types::receipt::{Event, Receipt, RowId};
use assent_types::{Hash32, KeyId, OrgId};

use crate::client::Client;
use crate::error::ClientError;
use crate::events::{Cursor, Proofs};
use crate::verified::unproven;

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
/// Every receipt is proven, and that none between two of them was left out. The proofs that are returned open what was
/// wanted and nothing else: they are made to be shown to others, who need not learn what else the caller may see.
pub(crate) async fn steps(
    client: &Client,
    from: Cursor,
    until: Height,
    mut wanted: impl FnMut(&[&Event]) -> Vec<Event>,
) -> Result<Vec<ProvenStep>, ClientError> {
    let mut steps = Vec::new();
    let mut stream = client.events(from, Proofs::Verified);
    while let Some(item) = stream.next_or_caught_up().await? {
        if item.receipt.height > until {
            break;
        }
        let Some(details) = &item.details else { continue };
        let events = wanted(&details.events.iter().map(|opened| &opened.event).collect::<Vec<_>>());
        if events.is_empty() {
            continue;
        }
        let bundle = narrowed(client, item.bundle.as_deref().unwrap_or_default(), &events)?;
        steps.extend(events.into_iter().map(|event| ProvenStep {
            row: event.row,
            object: event.object,
            parties: event.parties.into_vec(),
            signer: details.signer,
            receipt: item.receipt.clone(),
            bundle: bundle.clone(),
        }));
    }
    Ok(steps)
}

/// The proof of a receipt with these events opened, of those that it opens.
fn narrowed(client: &Client, bundle: &[u8], events: &[Event]) -> Result<Vec<u8>, ClientError> {
    let mut bundle = Bundle::from_bytes(bundle).map_err(|error| unproven(client.node_url(), error))?;
    if let Claim::Receipt(claim) = &mut bundle.claim {
        claim.details = claim.details.as_ref().and_then(|details| details.narrowed(|event| events.contains(event)));
    }
    Ok(bundle.to_bytes())
}
