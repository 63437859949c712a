//! Loading and effects of settlement lists.

use assent_types::settlement_list::{FileSettlementList, SettlementList};
use assent_types::state::{Record, StateKey};

use crate::runtime::call::{Call, Object, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

/// Whether the bill has a list.
pub(crate) fn load(call: &Call<'_, '_>, filed: &FileSettlementList) -> Result<(State, Object), Stop> {
    let known = state::settlement_list(call.view, filed.bill, filed.issuer)?.is_some();
    Ok((if known { State::Recorded } else { State::New }, Object::None))
}

/// DL-01, DL-02: the list is what the header says.
pub(super) fn file(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let filed = payload!(call, FileSettlementList);
    let before = state::settlement_list(call.view, filed.bill, filed.issuer)?.map_or(0, |before| before.versions);
    let list =
        SettlementList { header: filed.header.clone(), versions: before.saturating_add(1), filed_at: call.now() };
    call.emit(row, filed.bill.0, None, &[filed.issuer]);
    call.view.put(StateKey::SettlementList(filed.bill, filed.issuer), Record::SettlementList(Box::new(list)));
    Ok(())
}
