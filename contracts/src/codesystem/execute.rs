//! Loading code systems and maps, and the effects of their rows.

use assent_types::claim::CodeRef;
use assent_types::codesystem::{CodeMap, CodeSystem, MapEntry, code_map_id_of};
use assent_types::limits::REVIEWERS_MAX;
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, List, OrgId};

use super::check::reviewers;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop, ensure};

/// E707 if the version is registered already.
pub(crate) fn load_system(call: &Call<'_, '_>, system: CodeRef) -> Result<(State, Object), Stop> {
    ensure(state::code_system(call.view, system)?.is_none(), ErrorCode::CodeVersion)?;
    Ok((State::New, Object::None))
}

fn registered_by(call: &Call<'_, '_>) -> Result<(OrgId, List<OrgId, REVIEWERS_MAX>), Stop> {
    let Some(by) = call.signer().org_id() else { unreachable!("a code authority registers") };
    let reviewed_by = match List::new(reviewers(call)?) {
        Ok(reviewers) => reviewers,
        Err(_) => unreachable!("there are at most as many reviewers as co-signatures"),
    };
    Ok((by, reviewed_by))
}

/// CM-01: keeps the version.
pub(super) fn register_system(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let register = payload!(call, RegisterCodeSystem);
    let (by, reviewed_by) = registered_by(call)?;
    let system = CodeSystem {
        system: register.system,
        name: register.name.clone(),
        version: register.version.clone(),
        publisher: register.publisher.clone(),
        content: register.content,
        effective_from: register.effective_from,
        effective_to: register.effective_to,
        licence: register.licence.clone(),
        registered_by: by,
        reviewed_by,
    };
    call.emit(row, StateKey::CodeSystem(system.system).hash(), None, &system.reviewed_by);
    call.view.put(StateKey::CodeSystem(system.system), Record::CodeSystem(Box::new(system)));
    Ok(())
}

/// CM-02: keeps the map, and lists it in its pair.
pub(super) fn register_map(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let register = payload!(call, RegisterCodeMap);
    let (by, reviewed_by) = registered_by(call)?;
    let map = CodeMap {
        id: code_map_id_of(&call.tx),
        src: register.src,
        dst: register.dst,
        content: register.content,
        rows: register.rows,
        many_to_one: register.many_to_one,
        effective: register.effective,
        registered_by: by,
        reviewed_by,
    };
    let before = state::code_maps(call.view, map.src, map.dst)?;
    let mut maps = before.map(|maps| (*maps).clone()).unwrap_or_default();
    let entry = MapEntry { map: map.id, effective: map.effective, many_to_one: map.many_to_one };
    maps.push(entry).map_err(|_| ErrorCode::TooLarge)?;
    call.emit(row, map.id.0, None, &map.reviewed_by);
    call.view.put(StateKey::CodeMaps(map.src, map.dst), Record::CodeMaps(maps));
    call.view.put(StateKey::CodeMap(map.id), Record::CodeMap(Box::new(map)));
    Ok(())
}
