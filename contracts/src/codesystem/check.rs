//! Guards on code systems and maps, and on claims that cite them.

use std::collections::BTreeSet;

use assent_types::claim::ClaimTerms;
use assent_types::{ErrorCode, Hash32, OrgId};

use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

/// The organisations other than the signer's that co-sign, each once.
pub(super) fn reviewers(call: &Call<'_, '_>) -> Result<Vec<OrgId>, Stop> {
    let own = call.signer().org_id();
    let others: BTreeSet<OrgId> = cosigning_orgs(call)?.into_iter().filter(|id| Some(*id) != own).collect();
    Ok(others.into_iter().collect())
}

/// E203 unless reviewers of two jurisdictions co-sign.
pub(super) fn reviewed(call: &Call<'_, '_>) -> Check {
    let mut jurisdictions = BTreeSet::new();
    for id in reviewers(call)? {
        jurisdictions.extend(state::org(call.view, id)?.map(|org| org.jurisdiction()));
    }
    ensure(jurisdictions.len() >= 2, ErrorCode::Role)
}

/// E303 for a window that ends before it begins, E707 without content.
pub(super) fn system(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterCodeSystem);
    ensure(register.effective_to.is_none_or(|end| register.effective_from < end), ErrorCode::Window)?;
    ensure(register.content != Hash32::ZERO, ErrorCode::CodeVersion)
}

/// E303 for a map that takes effect too soon, E707 without content or rows, or from a version to itself.
pub(super) fn map(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterCodeMap);
    let from = call.now().plus(call.params.claims.course.code_map_notice_ms);
    ensure(from <= register.effective, ErrorCode::Window)?;
    let sound = register.content != Hash32::ZERO && register.rows > 0 && register.src != register.dst;
    ensure(sound, ErrorCode::CodeVersion)
}

/// E707 unless both versions are registered.
pub(super) fn versions(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterCodeMap);
    for version in [register.src, register.dst] {
        ensure(state::code_system(call.view, version)?.is_some(), ErrorCode::CodeVersion)?;
    }
    Ok(())
}

/// E707 for a map back: a many-to-one map the other way is registered, or this one is many-to-one and there is one.
pub(super) fn not_back(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterCodeMap);
    let Some(back) = state::code_maps(call.view, register.dst, register.src)? else { return Ok(()) };
    ensure(!register.many_to_one && back.iter().all(|entry| !entry.many_to_one), ErrorCode::CodeVersion)
}

/// E303 for a map that would not take effect after the one before, E107 for one too many of its pair.
pub(super) fn after(call: &Call<'_, '_>) -> Check {
    let register = payload!(call, RegisterCodeMap);
    let Some(maps) = state::code_maps(call.view, register.src, register.dst)? else { return Ok(()) };
    ensure(maps.iter().all(|entry| entry.effective < register.effective), ErrorCode::Window)?;
    ensure(maps.len() < assent_types::limits::CODE_MAPS_MAX, ErrorCode::TooLarge)
}

// Claims ------------------------------------------------------------------------------------------------------------

/// E707 unless every version that a claim cites was live at some time of the services, whose months are taken whole.
pub(crate) fn systems_live(call: &Call<'_, '_>, terms: &ClaimTerms) -> Check {
    for version in &terms.codes {
        let system = state::code_system(call.view, *version)?;
        let live = system.is_some_and(|system| system.is_live_in(terms.service.start(), terms.service.end()));
        ensure(live, ErrorCode::CodeVersion)?;
    }
    Ok(())
}

/// E707 unless the map that a claim cites leads from one version that it lists to another, and was the one of its pair at
/// some time of the services. The claim lists the source too, as nothing that was mapped can be mapped back.
pub(crate) fn map_in_force(call: &Call<'_, '_>, terms: &ClaimTerms) -> Check {
    let Some(id) = terms.code_map else { return Ok(()) };
    let map = state::code_map(call.view, id)?.ok_or(ErrorCode::CodeVersion)?;
    let cited = terms.codes.contains(&map.src) && terms.codes.contains(&map.dst);
    ensure(cited, ErrorCode::CodeVersion)?;
    let maps = state::code_maps(call.view, map.src, map.dst)?.ok_or(ErrorCode::CodeVersion)?;
    let mut ends = maps.iter().skip(1).map(|next| Some(next.effective)).chain([None]);
    let in_force = maps.iter().any(|entry| {
        let end = ends.next().flatten();
        entry.map == id && entry.effective < terms.service.end() && end.is_none_or(|end| terms.service.start() < end)
    });
    ensure(in_force, ErrorCode::CodeVersion)
}
