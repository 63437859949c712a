//! Effects of transfer bases.

use assent_types::ErrorCode;
use assent_types::consent::{BasisStatus, TransferBasis};
use assent_types::governance::basis_id_of;
use assent_types::state::{Bases, Record, StateKey};
use assent_types::{BasisId, Hash32, OrgId};

use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row};

fn put(call: &mut Call<'_, '_>, row: &Row, exporter: OrgId, bases: Bases, changed: &TransferBasis) {
    call.emit(row, changed.id.0, None, &[exporter, changed.importer]);
    call.view.put(StateKey::Bases(exporter), Record::Bases(bases));
}

/// TB-01: the basis is there.
pub(super) fn register(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let register = payload!(call, RegisterBasis);
    let basis = TransferBasis {
        id: basis_id_of(&call.tx),
        kind: register.kind,
        exporter: register.exporter,
        importer: register.importer,
        from: register.from.clone(),
        to: register.to.clone(),
        categories: register.categories,
        filing_ref: register.filing.unwrap_or(Hash32::ZERO),
        effective: register.effective,
        filing_deadline: register.filing_deadline,
        filed: register.filing.is_some(),
        pia_ref: register.pia_ref,
        exp: register.exp,
        status: BasisStatus::Active,
    };
    let known = state::bases(call.view, register.exporter)?;
    let mut bases: Bases = known.map(|bases| (*bases).clone()).unwrap_or_default();
    bases.push(basis.clone()).map_err(|_| ErrorCode::Limit)?;
    put(call, row, register.exporter, bases, &basis);
    Ok(())
}

/// Changes a basis that was found when its state was read.
fn change(
    call: &mut Call<'_, '_>,
    row: &Row,
    (exporter, id): (OrgId, BasisId),
    change: impl FnOnce(&mut TransferBasis),
) -> Check {
    let Some(bases) = state::bases(call.view, exporter)? else { return Err(ErrorCode::NotFound.into()) };
    let mut bases = (*bases).clone();
    let basis = bases.as_mut_slice().iter_mut().find(|basis| basis.id == id).ok_or(ErrorCode::NotFound)?;
    change(basis);
    let basis = basis.clone();
    put(call, row, exporter, bases, &basis);
    Ok(())
}

/// TB-02: the basis was filed.
pub(super) fn file(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let file = payload!(call, FileBasis);
    change(call, row, (file.exporter, file.basis), |basis| {
        basis.filed = true;
        basis.filing_ref = file.filing;
    })
}

/// TB-03: the basis is over.
pub(super) fn end(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let end = payload!(call, EndBasis);
    change(call, row, (end.exporter, end.basis), |basis| basis.status = BasisStatus::Revoked)
}
