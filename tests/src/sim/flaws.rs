//! Transition tables with a rule left out, to show that the checkers notice.

use assent_contracts::{EventName, Row, tables};
use assent_types::receipt::RowId;

use super::plan::Flaw;

/// The tables under a flaw.
pub(super) fn flawed(flaw: Flaw) -> Vec<Vec<Row>> {
    let keeps = |row: &Row| match flaw {
        Flaw::Permit => row.event != EventName::ConsentChanged,
        Flaw::Deadline => row.id != RowId(*b"AC", 12),
        _ => true,
    };
    let changed = |row: &Row| match flaw {
        Flaw::Permit => without(row, "still_permitted"),
        Flaw::Receipts => without(row, "own_shards_with_anchored_roots"),
        Flaw::Parts => without(row, "own_key_parts_once"),
        Flaw::Spread => without(row, "shards_spread_after_it"),
        Flaw::Shares => without(row, "shares_add_up"),
        Flaw::Payable => without(row, "amount_is_payable"),
        Flaw::Attachments => without(row, "documents_permitted"),
        Flaw::Justification if row.id == RowId(*b"RV", 2) => without(row, "requester_signs"),
        Flaw::Nothing | Flaw::BelievesCustodians | Flaw::Deadline | Flaw::Justification => *row,
    };
    tables().iter().map(|table| table.iter().filter(|row| keeps(row)).map(changed).collect()).collect()
}

/// A row without one of its guards. Its other guards are kept for as long as the program runs, as those of every row.
fn without(row: &Row, guard: &str) -> Row {
    let guards = row.guards.iter().copied().filter(|one| one.name != guard).collect::<Vec<_>>();
    Row { guards: if guards.len() == row.guards.len() { row.guards } else { guards.leak() }, ..*row }
}
