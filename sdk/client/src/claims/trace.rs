use std::collections::BTreeSet;

use assent_types::bill::Bill;
use assent_types::case::Case;
use assent_types::claim::Claim;
use assent_types::error::ErrorCode;
use assent_types::fixing::Fixing;
use assent_types::guarantee::Guarantee;
use assent_types::preauth::Preauth;
use assent_types::receipt::{Event, RowId};
use assent_types::settlement::Settlement;
use assent_types::state::{Record, StateKey, StateValue};
use assent_types::{ClaimId, FixingId, Hash32, Height, PreauthId, SettlementId};

use crate::client::Client;
use crate::error::ClientError;
use crate::events::Cursor;
use crate::steps::ProvenStep;
use crate::verified::{ProvenState, unproven};

/// The row with which a payment begins.
const INSTRUCTED: RowId = RowId(*b"ST", 1);
/// The row by which a claim code opens a case.
const REDEEMED: RowId = RowId(*b"CC", 1);

/// A claim from bill to bank reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimTrace {
    /// The claim.
    pub claim: Claim,
    /// Its case.
    pub case: Option<Case>,
    /// Its bills, as far as the caller may read them.
    pub bills: Vec<Bill>,
    /// The preauthorisation that it cites, and those that have replaced it since.
    pub preauths: Vec<Preauth>,
    /// The guarantee of payment that it calls.
    pub guarantee: Option<Guarantee>,
    /// Its payments and clawbacks, oldest first.
    pub settlements: Vec<Settlement>,
    /// The fixings by which they were converted.
    pub fixings: Vec<Fixing>,
    /// What fired, in the order of the chain.
    pub steps: Vec<ProvenStep>,
    /// Height of the state in which the records stand.
    pub height: Height,
    /// The encoded proof of claim, case, guarantee and payments.
    pub state: Vec<u8>,
}

/// Traces a claim by its records and the receipts of the chain from a cursor on.
///
/// Every receipt is proven, and that none between two of them was left out; that the last one on the claim is what wrote
/// the proven record shows that the trace does not end early. It begins where the cursor stands: take
/// [`Cursor::START`] unless the claim is known to be younger.
///
/// # Errors
/// E902 for who is no party, E905 for no claim; [`ClientError::Unproven`] for an answer that leaves something out.
pub async fn trace(client: &Client, claim: ClaimId, from: Cursor) -> Result<ClaimTrace, ClientError> {
    let state = client.get(&[StateKey::Claim(claim)]).await?;
    let Some((found, written_by)) = claim_of(&state) else {
        return Err(ClientError::Refused { code: ErrorCode::NotFound, detail: format!("there is no claim {claim}") });
    };
    let mut objects: BTreeSet<Hash32> = [claim.0, found.terms.case.0].into();
    objects.extend(found.terms.bills.iter().map(|bill| bill.0));
    objects.extend(found.terms.attachments.iter().map(|anchor| anchor.0));
    objects.extend(found.terms.guarantee.map(|guarantee| guarantee.0));
    objects.extend(found.course.fixing.map(|fixing| fixing.0));
    let preauths = preauths(client, &found).await?;
    objects.extend(preauths.iter().map(|preauth| preauth.id.0));
    let steps = steps(client, &found, objects, from, state.height).await?;
    let last = steps.iter().rev().find(|step| step.object == claim.0).map(|step| step.receipt.tx);
    if last != Some(written_by) {
        return Err(unproven(client.node_url(), "the last receipt on the claim is not what wrote its record"));
    }
    let records = records(client, &found, &steps).await?;
    let (case, settlements) = (case_of(&records, &found), settlements_of(&records, &steps));
    let guarantee = guarantee_of(&records, &found);
    let fixings = fixings(client, &settlements).await?;
    let bills = bills(client, &found).await?;
    Ok(ClaimTrace {
        claim: found,
        case,
        bills,
        preauths,
        guarantee,
        settlements,
        fixings,
        steps,
        height: records.height,
        state: records.bundle,
    })
}

fn value<'a>(state: &'a ProvenState, key: &StateKey) -> Option<&'a StateValue> {
    state.value(key).flatten()
}

fn claim_of(state: &ProvenState) -> Option<(Claim, assent_types::TxHash)> {
    state.values.iter().find_map(|(_, value)| match value.as_ref() {
        Some(StateValue { record: Record::Claim(claim), written_by, .. }) => Some(((**claim).clone(), *written_by)),
        _ => None,
    })
}

/// The payments among the objects of the steps, oldest first.
fn paid_by(steps: &[ProvenStep]) -> Vec<SettlementId> {
    let mut ids = Vec::new();
    for step in steps.iter().filter(|step| step.row.0 == *b"ST") {
        let id = SettlementId(step.object);
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Claim, case, guarantee and payments, in one state.
async fn records(client: &Client, claim: &Claim, steps: &[ProvenStep]) -> Result<ProvenState, ClientError> {
    let mut keys = vec![StateKey::Claim(claim.id), StateKey::Case(claim.terms.case)];
    keys.extend(claim.terms.guarantee.map(StateKey::Guarantee));
    keys.extend(paid_by(steps).into_iter().map(StateKey::Settlement));
    client.get(&keys).await
}

/// The preauthorisation that a claim cites, and its replacements one after the other: the ledger bounds how many.
async fn preauths(client: &Client, claim: &Claim) -> Result<Vec<Preauth>, ClientError> {
    let (mut found, mut next): (Vec<Preauth>, Option<PreauthId>) = (Vec::new(), claim.terms.preauth);
    while let Some(id) = next {
        let key = StateKey::Preauth(id);
        let state = client.get(&[key]).await?;
        let Some(Record::Preauth(preauth)) = value(&state, &key).map(|value| &value.record) else {
            return Err(unproven(client.node_url(), "a preauthorisation that the claim rests on is not there"));
        };
        if found.iter().any(|known| known.id == id) {
            return Err(unproven(client.node_url(), "preauthorisations replace each other in a circle"));
        }
        next = preauth.replaced_by;
        found.push((**preauth).clone());
    }
    Ok(found)
}

/// The fixings that the payments cite, each once.
async fn fixings(client: &Client, settlements: &[Settlement]) -> Result<Vec<Fixing>, ClientError> {
    let cited: BTreeSet<FixingId> = settlements.iter().filter_map(|settlement| Some(settlement.fx?.fixing)).collect();
    if cited.is_empty() {
        return Ok(Vec::new());
    }
    let state = client.get(&cited.into_iter().map(StateKey::Fixing).collect::<Vec<_>>()).await?;
    let fixing = |(_, value): &(StateKey, Option<StateValue>)| match value.as_ref().map(|value| &value.record) {
        Some(Record::Fixing(fixing)) => Some((**fixing).clone()),
        _ => None,
    };
    Ok(state.values.iter().filter_map(fixing).collect())
}

fn case_of(state: &ProvenState, claim: &Claim) -> Option<Case> {
    match value(state, &StateKey::Case(claim.terms.case)).map(|value| &value.record) {
        Some(Record::Case(case)) => Some(case.clone()),
        _ => None,
    }
}

fn guarantee_of(state: &ProvenState, claim: &Claim) -> Option<Guarantee> {
    match value(state, &StateKey::Guarantee(claim.terms.guarantee?)).map(|value| &value.record) {
        Some(Record::Guarantee(guarantee)) => Some(guarantee.clone()),
        _ => None,
    }
}

fn settlements_of(state: &ProvenState, steps: &[ProvenStep]) -> Vec<Settlement> {
    let record = |id| match value(state, &StateKey::Settlement(id)).map(|value| &value.record) {
        Some(Record::Settlement(settlement)) => Some(settlement.clone()),
        _ => None,
    };
    paid_by(steps).into_iter().filter_map(record).collect()
}

/// The bills; none for a caller that may not read them, as the subject.
async fn bills(client: &Client, claim: &Claim) -> Result<Vec<Bill>, ClientError> {
    let keys: Vec<StateKey> = claim.terms.bills.iter().map(|bill| StateKey::Bill(*bill, claim.provider)).collect();
    let state = match client.get(&keys).await {
        Err(ClientError::Refused { code: ErrorCode::Acl, .. }) => return Ok(Vec::new()),
        state => state?,
    };
    let bill = |(_, value): &(StateKey, Option<StateValue>)| match value.as_ref().map(|value| &value.record) {
        Some(Record::Bill(bill)) => Some((**bill).clone()),
        _ => None,
    };
    Ok(state.values.iter().filter_map(bill).collect())
}

/// What fired on these objects up to a height. A payment is known by beginning (ST-01) in one receipt with the claim, which
/// a transaction leaves; the receipt of a sweep may tell of several claims. A claim code is known by opening the case.
async fn steps(
    client: &Client,
    claim: &Claim,
    mut objects: BTreeSet<Hash32>,
    from: Cursor,
    until: Height,
) -> Result<Vec<ProvenStep>, ClientError> {
    let wanted = |events: &[&Event]| {
        for (own, row) in [(claim.id.0, INSTRUCTED), (claim.terms.case.0, REDEEMED)] {
            if events.iter().any(|event| event.object == own) {
                objects.extend(events.iter().filter(|event| event.row == row).map(|event| event.object));
            }
        }
        events.iter().copied().filter(|event| objects.contains(&event.object)).cloned().collect()
    };
    crate::steps::steps(client, from, until, wanted).await
}
