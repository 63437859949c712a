//! Guards of settlement lists.

use std::collections::BTreeSet;

use assent_types::ErrorCode;
use assent_types::bill::{Bill, BillStatus};
use assent_types::document::DocumentStatus;
use assent_types::settlement_list::FileSettlementList;

use crate::runtime::call::{Call, payload};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, Stop, ensure};

fn filed<'a>(call: &Call<'a, '_>) -> &'a FileSettlementList {
    payload!(call, FileSettlementList)
}

/// E618 unless the bill's issuer signs.
pub(super) fn issuer(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(filed(call).issuer), ErrorCode::BillIssuer)
}

fn bill(call: &Call<'_, '_>) -> Result<Found<Bill>, Stop> {
    let filed = filed(call);
    state::bill(call.view, filed.bill, filed.issuer)?.ok_or_else(|| ErrorCode::Bill.into())
}

/// E601 unless the bill is registered and was neither voided nor replaced.
pub(super) fn bill_stands(call: &Call<'_, '_>) -> Check {
    ensure(bill(call)?.status == BillStatus::Registered, ErrorCode::Bill)
}

/// E620 unless the fees, each class once, add up to the bill's total; E701 and E703 for what is no sum in its currency.
pub(super) fn fees(call: &Call<'_, '_>) -> Check {
    let (header, total) = (&filed(call).header, bill(call)?.total);
    let classes: BTreeSet<_> = header.classes.iter().map(|fee| fee.class).collect();
    let sum = header.fee_total(total)?;
    ensure(sum == total && classes.len() == header.classes.len(), ErrorCode::FeeTotal)
}

/// E405 unless the issuer is the author of the document, E408 unless it is active.
pub(super) fn document(call: &Call<'_, '_>) -> Check {
    let filed = filed(call);
    let anchor = state::anchor(call.view, filed.header.anchor)?.ok_or(ErrorCode::NotAuthor)?;
    ensure(anchor.body.author == filed.issuer, ErrorCode::NotAuthor)?;
    ensure(anchor.effective_status(call.now()) == DocumentStatus::Active, ErrorCode::DocumentState)
}

/// E404 unless the document is the version after that of the list before.
pub(super) fn next_version(call: &Call<'_, '_>) -> Check {
    let filed = filed(call);
    let before = state::settlement_list(call.view, filed.bill, filed.issuer)?;
    let anchor = state::anchor(call.view, filed.header.anchor)?;
    let prev = anchor.and_then(|anchor| anchor.body.prev);
    ensure(prev.is_some() && prev == before.map(|before| before.header.anchor), ErrorCode::Lineage)
}

/// E707 unless the editions of diagnosis and grouper were live in the month of discharge.
pub(super) fn editions(call: &Call<'_, '_>) -> Check {
    let header = &filed(call).header;
    let month = header.discharged;
    let (from, to) = (month.first_day().start(), month.next().first_day().start());
    for edition in [header.diagnosis, header.grouper] {
        let system = state::code_system(call.view, edition)?;
        ensure(system.is_some_and(|system| system.is_live_in(from, to)), ErrorCode::CodeVersion)?;
    }
    Ok(())
}
