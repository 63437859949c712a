//! Loading documents for their events.

use assent_types::document::{Anchor, AnchorBody, Keyset};
use assent_types::{AnchorId, ErrorCode, KeysetId, OrgId};

use crate::runtime::call::{Call, DocumentObject, Object};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{State, Stop, ensure};

fn keyset(call: &Call<'_, '_>, id: KeysetId) -> Result<Found<Keyset>, Stop> {
    state::keyset(call.view, id)?.ok_or_else(|| ErrorCode::NotFound.into())
}

fn object(
    call: &Call<'_, '_>,
    anchor: Option<Found<Anchor>>,
    controller: OrgId,
    keys: KeysetId,
) -> Result<Object, Stop> {
    let Some(controller) = state::org(call.view, controller)? else { return Err(ErrorCode::NotFound.into()) };
    Ok(Object::Document(Box::new(DocumentObject { anchor, controller, keyset: keyset(call, keys)?, retention: None })))
}

/// Loads the surroundings of a new version, with the version before if it names one that exists: E210 for an unknown
/// subject, E905 for an unknown controller or keyset.
pub(crate) fn new(call: &Call<'_, '_>, body: &AnchorBody) -> Result<(State, Object), Stop> {
    ensure(state::subject(call.view, body.subject)?.is_some(), ErrorCode::Subject)?;
    let before = match body.prev {
        Some(prev) => state::anchor(call.view, prev)?,
        None => None,
    };
    Ok((State::New, object(call, before, body.controller, body.keyset)?))
}

fn found(call: &Call<'_, '_>, id: AnchorId) -> Result<Found<Anchor>, Stop> {
    state::anchor(call.view, id)?.ok_or_else(|| ErrorCode::NotFound.into())
}

/// Loads a document in its effective state; E905 if there is none.
pub(crate) fn existing(call: &Call<'_, '_>, id: AnchorId) -> Result<(State, Object), Stop> {
    let anchor = found(call, id)?;
    let from = State::from(anchor.effective_status(call.now()));
    let (controller, keys) = (anchor.body.controller, anchor.body.keyset);
    Ok((from, object(call, Some(anchor), controller, keys)?))
}

/// Loads a document for the repair of one of its shards, and says whether a repair is open.
pub(crate) fn repair(call: &Call<'_, '_>, id: AnchorId, shard: u8) -> Result<(State, Object), Stop> {
    let (_, object) = existing(call, id)?;
    let open = found(call, id)?.repair_of(shard).is_some();
    Ok((if open { State::Ordered } else { State::New }, object))
}
