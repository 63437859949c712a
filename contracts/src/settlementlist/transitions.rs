//! The table of settlement lists (DL).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::HOS;
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const ISSUER: Guard = Guard { name: "issuer_signs", group: Group::Role, check: check::issuer };
const STANDS: Guard = Guard { name: "bill_stands", group: Group::Object, check: check::bill_stands };
const FEES: Guard = Guard { name: "fees_add_up_to_the_bill", group: Group::Content, check: check::fees };
const DOCUMENT: Guard = Guard { name: "own_active_document", group: Group::Cross, check: check::document };
const NEXT: Guard = Guard { name: "next_version_of_the_document", group: Group::Cross, check: check::next_version };
const EDITIONS: Guard = Guard { name: "editions_live_at_discharge", group: Group::Cross, check: check::editions };

/// Settlement lists.
pub const LISTS: &[Row] = &[
    Row {
        id: RowId(*b"DL", 1),
        from: &[State::New],
        event: EventName::FileSettlementList,
        actors: &[HOS],
        to: State::Recorded,
        guards: &[ISSUER, STANDS, FEES, DOCUMENT, EDITIONS],
        effect: Effect { text: "the bill has a list", apply: execute::file },
    },
    Row {
        id: RowId(*b"DL", 2),
        from: &[State::Recorded],
        event: EventName::FileSettlementList,
        actors: &[HOS],
        to: State::Recorded,
        guards: &[ISSUER, STANDS, FEES, DOCUMENT, NEXT, EDITIONS],
        effect: Effect { text: "the list is corrected; the version before stays in its history", apply: execute::file },
    },
];
