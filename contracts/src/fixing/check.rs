//! Guards on fixings.

use assent_types::claim::OracleDesignation;
use assent_types::fixing::PublishFixing;
use assent_types::limits::FX_TERM_MAX;
use assent_types::org::Role;
use assent_types::{ErrorCode, OrgId};

use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

fn published<'a>(call: &Call<'a, '_>) -> &'a PublishFixing {
    payload!(call, PublishFixing)
}

/// E203 unless the signer is designated for the pair in this direction.
pub(super) fn designated(call: &Call<'_, '_>) -> Check {
    let publish = published(call);
    let named = |oracle| {
        let designation = OracleDesignation { base: publish.base, quote: publish.quote, oracle };
        call.params.claims.course.oracles.contains(&designation)
    };
    ensure(call.signer().org_id().is_some_and(named), ErrorCode::Role)
}

/// E701 for one currency twice, or one that is not settled here; E705 for a term that is nothing or above 10^12.
pub(super) fn terms(call: &Call<'_, '_>) -> Check {
    let publish = published(call);
    let settled = |ccy| call.params.claims.currencies.contains(ccy);
    let two = publish.base != publish.quote && settled(&publish.base) && settled(&publish.quote);
    ensure(two, ErrorCode::Currency)?;
    ensure([publish.num, publish.den].iter().all(|term| (1..=FX_TERM_MAX).contains(term)), ErrorCode::Fx)
}

/// E303 for a window that ends before it begins or has ended, or a day that has not begun.
pub(super) fn window(call: &Call<'_, '_>) -> Check {
    let publish = published(call);
    let in_order = publish.valid_from < publish.valid_to && call.now() < publish.valid_to;
    ensure(in_order && publish.fixing_day.start() <= call.now(), ErrorCode::Window)
}

/// E705 if the pair is quoted the other way round.
pub(super) fn one_way(call: &Call<'_, '_>) -> Check {
    let publish = published(call);
    let pair = state::fixing_pair(call.view, publish.base, publish.quote)?;
    ensure(pair.is_none_or(|pair| pair.base == publish.base), ErrorCode::Fx)
}

/// The other oracle or regulator that co-signs.
pub(super) fn countersigner(call: &Call<'_, '_>) -> Result<Option<OrgId>, Stop> {
    for id in cosigning_orgs(call)? {
        let other = call.signer().org_id() != Some(id);
        let may = state::org(call.view, id)?
            .is_some_and(|org| org.roles.has(Role::FxOracle) || org.roles.has(Role::Regulator));
        if other && may {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// E706 for a move beyond the band against the fixing before that no other oracle or regulator counter-signs.
pub(super) fn within_band_or_countersigned(call: &Call<'_, '_>) -> Check {
    let publish = published(call);
    let Some(pair) = state::fixing_pair(call.view, publish.base, publish.quote)? else { return Ok(()) };
    let Some(before) = state::fixing(call.view, pair.latest)? else { return Ok(()) };
    let beyond = before.is_beyond(publish.num, publish.den, call.params.claims.course.fx_band_bp);
    ensure(!beyond || countersigner(call)?.is_some(), ErrorCode::FxBand)
}

/// E203 unless its publisher withdraws it, or a regulator.
pub(super) fn publisher(call: &Call<'_, '_>) -> Check {
    let signer = call.signer();
    let regulator = signer.org.as_ref().is_some_and(|org| org.roles.has(Role::Regulator));
    ensure(regulator || signer.org_id() == Some(call.fixing().publisher), ErrorCode::Role)
}
