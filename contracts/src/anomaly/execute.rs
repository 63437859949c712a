//! Filing anomalies.

use assent_types::anomaly::{Anomalies, Anomaly, AnomalyKind};
use assent_types::limits::ANOMALIES_MAX;
use assent_types::receipt::RowId;
use assent_types::state::{Record, StateKey};
use assent_types::{Hash32, List, OrgId, Sp};

use crate::runtime::call::{Call, Object};
use crate::runtime::state;
use crate::runtime::table::{Check, Row};

/// What was noticed, and of whom; of nobody in particular where the regulators have to share it out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    pub(crate) kind: AnomalyKind,
    pub(crate) of: Option<OrgId>,
    pub(crate) object: Hash32,
    pub(crate) subject: Option<Sp>,
}

/// Files an anomaly by its row. Without its row nothing is filed. The loaded object stays.
pub(crate) fn note(call: &mut Call<'_, '_>, noted: Noted) -> Check {
    let id = RowId(*b"AN", noted.kind as u8);
    let Some(row) = call.tables.iter().flat_map(|table| table.iter()).find(|row| row.id == id).copied() else {
        return Ok(());
    };
    let before = std::mem::replace(&mut call.object, Object::Noted(noted));
    (row.effect.apply)(call, &row)?;
    call.object = before;
    Ok(())
}

/// AN-01 to AN-16: the event, and the entry of the list.
pub(super) fn file(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let noted = call.noted();
    let mut list: Anomalies =
        state::anomalies(call.view, noted.kind, noted.of)?.map(|list| (*list).clone()).unwrap_or_default();
    list.count = list.count.saturating_add(1);
    let mut latest = std::mem::take(&mut list.latest).into_vec();
    latest.push(Anomaly { object: noted.object, height: call.ctx.height, at: call.now() });
    let kept = latest.split_off(latest.len().saturating_sub(ANOMALIES_MAX));
    list.latest = match List::new(kept) {
        Ok(kept) => kept,
        Err(_) => unreachable!("the oldest ones were left out"),
    };
    call.view.put(StateKey::Anomalies(noted.kind, noted.of), Record::Anomalies(Box::new(list)));
    let parties: Vec<OrgId> = noted.of.into_iter().collect();
    call.emit(row, noted.object, noted.subject, &parties);
    Ok(())
}
