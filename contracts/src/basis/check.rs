//! Guards of transfer bases.

use assent_types::action::Action;
use assent_types::consent::{BasisStatus, TransferBasis};
use assent_types::governance::RegisterBasis;
use assent_types::limits::BASES_MAX;
use assent_types::org::{Org, Role};
use assent_types::place::Place;
use assent_types::state::ChainClass;
use assent_types::{BasisId, ErrorCode, Hash32, Millis, OrgId};

use crate::access::border::kind_fits_places;
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::cosigning_orgs;
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, State, Stop, ensure};

/// State of a basis: one whose end or filing deadline has passed is over.
pub(super) fn state_at(basis: &TransferBasis, at: Millis) -> State {
    let overdue = basis.exp <= at || (!basis.filed && basis.filing_deadline <= at);
    match basis.status {
        BasisStatus::Revoked => State::Revoked,
        BasisStatus::Active if overdue => State::Expired,
        BasisStatus::Active => State::Active,
    }
}

/// The basis that the action names, if it is there.
fn named(call: &Call<'_, '_>) -> Result<Option<TransferBasis>, Stop> {
    let (exporter, id): (OrgId, BasisId) = match call.action() {
        Action::FileBasis(file) => (file.exporter, file.basis),
        Action::EndBasis(end) => (end.exporter, end.basis),
        _ => return Ok(None),
    };
    let bases = state::bases(call.view, exporter)?;
    Ok(bases.and_then(|bases| bases.iter().find(|basis| basis.id == id).cloned()))
}

/// Reads the state of the named basis: E905 if it is unknown.
pub(crate) fn state_of(call: &Call<'_, '_>) -> Result<State, Stop> {
    let basis = named(call)?.ok_or(Stop::Refused(ErrorCode::NotFound))?;
    Ok(state_at(&basis, call.now()))
}

fn exporter_of(action: &Action) -> OrgId {
    match action {
        Action::RegisterBasis(register) => register.exporter,
        Action::FileBasis(file) => file.exporter,
        Action::EndBasis(end) => end.exporter,
        other => unreachable!("{} names no basis", other.name()),
    }
}

/// Whether an organisation is a regulator of the exporter's jurisdiction. On a test chain any regulator may stand in for one
/// that has no seat.
fn is_its_regulator(call: &Call<'_, '_>, org: &Org, exporter: &Org) -> Result<bool, Stop> {
    if !org.roles.has(Role::Regulator) {
        return Ok(false);
    }
    if org.jurisdiction() == exporter.jurisdiction() {
        return Ok(true);
    }
    let electorate = crate::governance::Electorate::of(call.view, call.now())?;
    let own = electorate.electors(&crate::governance::Requirement::Regulator(exporter.jurisdiction()));
    Ok(call.params.chain_class == ChainClass::Test && own.contains(&org.id))
}

fn exporter(call: &Call<'_, '_>) -> Result<Found<Org>, Stop> {
    state::org(call.view, exporter_of(call.action()))?.ok_or(Stop::Refused(ErrorCode::NotFound))
}

/// E203 unless the exporter signs, and a regulator of its jurisdiction co-signs.
pub(super) fn exporter_and_regulator(call: &Call<'_, '_>) -> Check {
    let exporter = exporter(call)?;
    ensure(call.signer().org_id() == Some(exporter.id), ErrorCode::Role)?;
    for id in cosigning_orgs(call)? {
        let Some(org) = state::org(call.view, id)? else { continue };
        if is_its_regulator(call, &org, &exporter)? {
            return Ok(());
        }
    }
    Err(ErrorCode::Role.into())
}

/// E203 unless the exporter, the importer or a regulator of the exporter's jurisdiction signs.
pub(super) fn party_or_regulator(call: &Call<'_, '_>) -> Check {
    let exporter = exporter(call)?;
    let Some(signer) = &call.signer().org else { return Err(ErrorCode::Role.into()) };
    let importer = named(call)?.map(|basis| basis.importer);
    let party = signer.id == exporter.id || Some(signer.id) == importer;
    ensure(party || is_its_regulator(call, signer, &exporter)?, ErrorCode::Role)
}

fn registered<'c>(call: &'c Call<'_, '_>) -> &'c RegisterBasis {
    payload!(call, RegisterBasis)
}

/// E303 for a window that is none or over, or a filing deadline that has passed; E304 for an empty axis.
pub(super) fn terms(call: &Call<'_, '_>) -> Check {
    let (register, now) = (registered(call), call.now());
    let in_time = register.filing.is_some() || now < register.filing_deadline;
    ensure(register.effective < register.exp && now < register.exp && in_time, ErrorCode::Window)?;
    let empty = register.from.is_empty() || register.to.is_empty() || register.categories.is_empty();
    ensure(!empty, ErrorCode::EmptyAxis)
}

/// E209 without an impact assessment, or with a filing that names nothing.
pub(super) fn assessed(call: &Call<'_, '_>) -> Check {
    let register = registered(call);
    ensure(register.pia_ref != Hash32::ZERO && register.filing != Some(Hash32::ZERO), ErrorCode::Proposal)
}

/// E306 unless both parties are active, differ, and have a seat or facility in their places.
pub(super) fn parties(call: &Call<'_, '_>) -> Check {
    let register = registered(call);
    ensure(register.exporter != register.importer, ErrorCode::BasisPlace)?;
    for (id, places) in [(register.exporter, &register.from), (register.importer, &register.to)] {
        let org = state::org(call.view, id)?.filter(|org| org.is_active(call.now()));
        let is_there = org.is_some_and(|org| {
            org.seat.is_in(places) || org.facilities.iter().any(|facility| facility.place.is_in(places))
        });
        ensure(is_there, ErrorCode::BasisPlace)?;
    }
    Ok(())
}

/// E306 unless the kind is accepted, carries data between all its places, and between the seats of its parties.
pub(super) fn kind(call: &Call<'_, '_>) -> Check {
    let register = registered(call);
    let fits = |from: &Place, to: &Place| kind_fits_places(&call.params, register.kind, from, to);
    let everywhere = register.from.iter().all(|from| register.to.iter().all(|to| fits(from, to)));
    let seats = (state::org(call.view, register.exporter)?, state::org(call.view, register.importer)?);
    let between = seats.0.zip(seats.1).is_some_and(|(exporter, importer)| fits(&exporter.seat, &importer.seat));
    ensure(everywhere && between, ErrorCode::BasisPlace)
}

/// E903 if the exporter has as many bases as it can have.
pub(super) fn room(call: &Call<'_, '_>) -> Check {
    let count = state::bases(call.view, registered(call).exporter)?.map_or(0, |bases| bases.len());
    ensure(count < BASES_MAX, ErrorCode::Limit)
}

/// E607 if it is filed already.
pub(super) fn unfiled(call: &Call<'_, '_>) -> Check {
    ensure(named(call)?.is_some_and(|basis| !basis.filed), ErrorCode::State)
}

/// E209 for a filing that names nothing.
pub(super) fn filing_named(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, FileBasis).filing != Hash32::ZERO, ErrorCode::Proposal)
}
