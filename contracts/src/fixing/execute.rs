//! Loading fixings, and the effects of their rows.

use assent_types::fixing::{Fixing, FixingPair, fixing_id_of, pair_of};
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, FixingId};

use super::check::countersigner;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

/// Reads a fixing: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: FixingId) -> Result<(State, Object), Stop> {
    let fixing = state::fixing(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    let from = if fixing.withdrawn_at.is_some() { State::Revoked } else { State::Live };
    Ok((from, Object::Fixing(fixing)))
}

/// FX-01: keeps the fixing as the latest of its pair.
pub(super) fn publish(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let publish = payload!(call, PublishFixing);
    let Some(publisher) = call.signer().org_id() else { unreachable!("an oracle publishes") };
    let fixing = Fixing {
        id: fixing_id_of(&call.tx),
        base: publish.base,
        quote: publish.quote,
        num: publish.num,
        den: publish.den,
        source: publish.source.clone(),
        fixing_day: publish.fixing_day,
        valid_from: publish.valid_from,
        valid_to: publish.valid_to,
        publisher,
        countersigned_by: countersigner(call)?,
        published_at: call.now(),
        withdrawn_at: None,
    };
    let (one, other) = pair_of(fixing.base, fixing.quote);
    let pair = FixingPair { base: fixing.base, quote: fixing.quote, latest: fixing.id };
    call.view.put(StateKey::FixingPair(one, other), Record::FixingPair(pair));
    put(call, row, fixing);
    Ok(())
}

/// FX-02: keeps when it was withdrawn.
pub(super) fn withdraw(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let fixing = Fixing { withdrawn_at: Some(call.now()), ..call.fixing().clone() };
    put(call, row, fixing);
    Ok(())
}

fn put(call: &mut Call<'_, '_>, row: &Row, fixing: Fixing) {
    let parties: Vec<_> = [fixing.publisher].into_iter().chain(fixing.countersigned_by).collect();
    call.emit(row, fixing.id.0, None, &parties);
    call.view.put(StateKey::Fixing(fixing.id), Record::Fixing(Box::new(fixing)));
}
