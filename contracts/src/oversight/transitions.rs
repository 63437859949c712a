//! Tables of log roots (LR), lawful look-ups (LL) and recognitions (RE).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{HOS, ORGANISATIONS, REG};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const DAY: Guard = Guard { name: "day_over,_after_the_last", group: Group::Content, check: check::day };
const BASIS: Guard = Guard { name: "basis,_bounded_duration", group: Group::Content, check: check::lookup };
const REASON: Guard = Guard { name: "reason_exactly_if_repeated", group: Group::Content, check: check::reason };
const VALID: Guard =
    Guard { name: "accepted_only_if_recognisable", group: Group::Cross, check: check::accepted_is_recognisable };

/// Log roots, look-ups and recognitions.
pub const OVERSIGHT: &[Row] = &[
    Row {
        id: RowId(*b"LR", 1),
        from: &[State::New],
        event: EventName::FileLogRoot,
        actors: ORGANISATIONS,
        to: State::Recorded,
        guards: &[DAY],
        effect: Effect { text: "next root due; AN-07 for a gap or fewer entries", apply: execute::file_log_root },
    },
    Row {
        id: RowId(*b"LL", 1),
        from: &[State::New],
        event: EventName::LawfulLookup,
        actors: &[REG],
        to: State::Recorded,
        guards: &[BASIS],
        effect: Effect { text: "the regulator may read what is kept under the pseudonym", apply: execute::look_up },
    },
    Row {
        id: RowId(*b"RE", 1),
        from: &[State::New],
        event: EventName::RecordRecognition,
        actors: &[HOS],
        to: State::Recorded,
        guards: &[REASON, VALID],
        effect: Effect { text: "counted by provider", apply: execute::recognise },
    },
];
