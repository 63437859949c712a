//! Effects of organisations' keys and of evidence.

use assent_types::ErrorCode;
use assent_types::key::KeyUsage;
use assent_types::org::KeyRecord;
use assent_types::state::{Misbehaviour, Record, StateKey};
use assent_types::subject::{KeyEntry, KeyOwner};

use super::check::own_org;
use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State};
use crate::runtime::validators;

/// Registers the new key and, on the row that leads to Revoked, ends the old one.
pub(super) fn rotate(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let rotate = payload!(call, RotateKey);
    let now = call.now();
    let mut org = (**own_org(call)).clone();
    if row.to == State::Revoked {
        let old = org.keys.as_mut_slice().iter_mut().find(|record| Some(record.id()) == rotate.old);
        assert!(old.is_some(), "the old key was found when its state was read");
        if let Some(old) = old {
            old.revoked_at = Some(now);
        }
    }
    let new = KeyRecord { key: rotate.new, usage: rotate.usage, nbf: rotate.nbf, exp: rotate.exp, revoked_at: None };
    org.keys.push(new).map_err(|_| ErrorCode::Limit)?;
    let entry =
        KeyEntry { key: rotate.new, owner: KeyOwner::Org(rotate.org), revoked_at: None, proxy_for: Default::default() };
    call.view.put(StateKey::Org(rotate.org), Record::Org(Box::new(org)));
    call.view.put(StateKey::Key(rotate.new.id()), Record::Key(entry));
    if rotate.usage == KeyUsage::Validate {
        validators::replace_key(call.view, rotate.org, rotate.new)?;
    }
    call.emit(row, rotate.old.unwrap_or(rotate.new.id()).0, None, &[rotate.org]);
    Ok(())
}

/// Keeps the pair.
pub(super) fn record_evidence(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let pair = payload!(call, SubmitEvidence).pair;
    let (_, _, culprit) = pair.subject();
    let mut list: Misbehaviour =
        state::misbehaviour(call.view, culprit)?.map(|list| (*list).clone()).unwrap_or_default();
    list.push(pair).map_err(|_| ErrorCode::Limit)?;
    call.view.put(StateKey::Misbehaviour(culprit), Record::Misbehaviour(list));
    let object = StateKey::Misbehaviour(culprit).hash();
    call.emit(row, object, None, &[culprit]);
    Ok(())
}
