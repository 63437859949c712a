//! The table of challenges of possession (PV).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{AUD, CUS, REG, SYS};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const KEPT: Guard = Guard { name: "shard_kept_by_another", group: Group::Object, check: check::kept };
const CUSTODIAN: Guard = Guard { name: "custodian_answers", group: Group::Party, check: check::custodian };
const IN_TIME: Guard = Guard { name: "in_time", group: Group::Object, check: check::in_time };
const STILL: Guard = Guard { name: "shard_not_destroyed", group: Group::Object, check: check::not_destroyed };
const DRAWN: Guard = Guard { name: "stripe_as_drawn", group: Group::Content, check: check::stripe };
const AUDITOR: Guard = Guard { name: "auditor_that_asked", group: Group::Party, check: check::auditor };
const HELD: Guard = Guard { name: "found_held", group: Group::Choice, check: check::held };
const NOT_HELD: Guard = Guard { name: "found_not_held", group: Group::Choice, check: check::not_held };

/// Challenges of possession.
pub const CHALLENGES: &[Row] = &[
    Row {
        id: RowId(*b"PV", 1),
        from: &[State::New],
        event: EventName::OpenChallenge,
        actors: &[AUD, REG],
        to: State::Open,
        guards: &[KEPT],
        effect: Effect { text: "a stripe is drawn; answer due", apply: execute::open },
    },
    Row {
        id: RowId(*b"PV", 2),
        from: &[State::Open],
        event: EventName::ProvePossession,
        actors: &[CUS],
        to: State::Submitted,
        guards: &[CUSTODIAN, IN_TIME, STILL, DRAWN],
        effect: Effect { text: "the answer's hash is kept", apply: execute::answer },
    },
    Row {
        id: RowId(*b"PV", 3),
        from: &[State::Submitted],
        event: EventName::JudgePossession,
        actors: &[AUD, REG],
        to: State::Upheld,
        guards: &[HELD, AUDITOR],
        effect: Effect { text: "closed", apply: execute::judge },
    },
    Row {
        id: RowId(*b"PV", 4),
        from: &[State::Submitted],
        event: EventName::JudgePossession,
        actors: &[AUD, REG],
        to: State::Violation,
        guards: &[NOT_HELD, AUDITOR],
        effect: Effect { text: "AN-06 of the custodian", apply: execute::judge },
    },
    Row {
        id: RowId(*b"PV", 5),
        from: &[State::Open],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Overdue,
        guards: &[],
        effect: Effect { text: "AN-14 of the custodian", apply: execute::overdue },
    },
];
