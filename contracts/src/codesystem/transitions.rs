//! The table of code systems and maps (CM).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::COD;
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const REVIEWED: Guard =
    Guard { name: "reviewers_of_two_jurisdictions_co-sign", group: Group::Role, check: check::reviewed };
const SYSTEM: Guard = Guard { name: "content_and_window_valid", group: Group::Content, check: check::system };
const MAP: Guard = Guard { name: "content_and_notice_valid", group: Group::Content, check: check::map };
const VERSIONS: Guard = Guard { name: "both_versions_registered", group: Group::Cross, check: check::versions };
const NOT_BACK: Guard = Guard { name: "no_map_back", group: Group::Cross, check: check::not_back };
const AFTER: Guard = Guard { name: "after_the_map_before", group: Group::Cross, check: check::after };

/// Code systems and maps.
pub const CODES: &[Row] = &[
    Row {
        id: RowId(*b"CM", 1),
        from: &[State::New],
        event: EventName::RegisterCodeSystem,
        actors: &[COD],
        to: State::Registered,
        guards: &[REVIEWED, SYSTEM],
        effect: Effect { text: "claims may cite the version", apply: execute::register_system },
    },
    Row {
        id: RowId(*b"CM", 2),
        from: &[State::New],
        event: EventName::RegisterCodeMap,
        actors: &[COD],
        to: State::Registered,
        guards: &[REVIEWED, MAP, VERSIONS, NOT_BACK, AFTER],
        effect: Effect {
            text: "in force from its time on, in the place of the one before",
            apply: execute::register_map,
        },
    },
];
