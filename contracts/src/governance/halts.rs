//! What emergency measures stop, and how they are kept.

use assent_types::access::AccessRequest;
use assent_types::governance::{Bar, Emergency, Halts, Measure, Proposal, Target};
use assent_types::org::{Org, OrgStatus};
use assent_types::place::Jurisdiction;
use assent_types::state::{Record, StateKey};
use assent_types::{List, Millis, OrgId, Set};

use super::check::emergency_of;
use super::plan::{org_write, restored};
use crate::runtime::call::Call;
use crate::runtime::state::{self, ReadError, StateRead};
use crate::runtime::table::Check;

/// The record of emergency measures; before the first one there is none.
pub(crate) fn halts_of(state: &dyn StateRead) -> Result<Halts, ReadError> {
    Ok(state::halts(state)?.map(|halts| (*halts).clone()).unwrap_or_default())
}

/// Whether a measure stops a request for access: breaking the glass, delivery to its facility, or, if it crosses out of
/// `crosses_from`, the border or the basis that it names.
pub(crate) fn stop_access(
    halts: &Halts,
    request: &AccessRequest,
    crosses_from: Option<Jurisdiction>,
    at: Millis,
) -> bool {
    let facility = Target::Facility { org: request.requester, facility: request.facility };
    let glass = request.purpose == assent_types::consent::Purpose::Btg && halts.stops(&Target::BreakGlass, at);
    let border = crosses_from.is_some_and(|from| {
        let on_basis = request
            .xborder_basis
            .is_some_and(|basis| halts.stops(&Target::Basis { exporter: request.controller, basis }, at));
        on_basis || halts.stops_outbound(from, at)
    });
    glass || border || halts.stops(&facility, at)
}

/// A bounded list whose room was checked when the measure was imposed.
fn kept<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    match List::new(items) {
        Ok(list) => list,
        Err(_) => unreachable!("a measure is imposed only while there is room for it and for the bar that it leaves"),
    }
}

fn put(call: &mut Call<'_, '_>, measures: Vec<Measure>, bars: Vec<Bar>) {
    let now = call.now();
    let bars = bars.into_iter().filter(|bar| now < bar.until).collect();
    let halts = Halts { measures: kept(measures), bars: kept(bars) };
    call.view.put(StateKey::Halts, Record::Halts(halts));
}

/// Puts a measure into force.
pub(super) fn impose(call: &mut Call<'_, '_>, proposal: &Proposal) -> Check {
    let emergency = emergency_of(proposal);
    let (mut measures, bars) = lists(halts_of(call.view)?);
    measures.push(Measure {
        proposal: proposal.id,
        target: emergency.target,
        by: emergency.by.clone(),
        until: Some(emergency.ends),
    });
    put(call, measures, bars);
    suspend(call, proposal.by, emergency, emergency.ends)
}

/// Suspends the organisation at which the measure is aimed, if it is aimed at one.
fn suspend(call: &mut Call<'_, '_>, by: OrgId, emergency: &Emergency, until: Millis) -> Check {
    let Target::Org(id) = emergency.target else { return Ok(()) };
    let Some(org) = state::org(call.view, id)? else { return Ok(()) };
    if org.status == OrgStatus::Withdrawn {
        return Ok(());
    }
    let status = OrgStatus::Suspended { until, by, order: emergency.order };
    let (key, record) = org_write(Org { status, ..(*org).clone() });
    call.view.put(key, record);
    Ok(())
}

/// Keeps a measure without end.
pub(super) fn ratify(call: &mut Call<'_, '_>, proposal: &Proposal) -> Check {
    let (mut measures, bars) = lists(halts_of(call.view)?);
    measures.iter_mut().filter(|measure| measure.proposal == proposal.id).for_each(|measure| measure.until = None);
    put(call, measures, bars);
    suspend(call, proposal.by, emergency_of(proposal), Millis(u64::MAX))
}

/// Undoes a measure that ended at an instant, and bars its imposers.
pub(super) fn undo(call: &mut Call<'_, '_>, proposal: &Proposal, ended: Millis) -> Check {
    let emergency = emergency_of(proposal);
    let (mut measures, mut bars) = lists(halts_of(call.view)?);
    measures.retain(|measure| measure.proposal != proposal.id);
    let until = ended.plus(call.params.governance.emergency_ms);
    bars.push(Bar { target: emergency.target, by: Set::clone(&emergency.by), until });
    put(call, measures, bars);
    let Target::Org(id) = emergency.target else { return Ok(()) };
    let Some(org) = state::org(call.view, id)? else { return Ok(()) };
    // Another regulator may have suspended it again since.
    let own = OrgStatus::Suspended { until: emergency.ends, by: proposal.by, order: emergency.order };
    if let Some(org) = restored(&org).filter(|_| org.status == own) {
        let (key, record) = org_write(org);
        call.view.put(key, record);
    }
    Ok(())
}

fn lists(halts: Halts) -> (Vec<Measure>, Vec<Bar>) {
    (halts.measures.into_vec(), halts.bars.into_vec())
}
