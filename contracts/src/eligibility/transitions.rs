//! The table of eligibility (EL).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{APP, HOS, INS, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const ASKER: Guard = Guard { name: "provider_or_app_asks", group: Group::Party, check: check::asker };
const CASE_OPEN: Guard = Guard { name: "case_open", group: Group::Object, check: check::case_open };
const PURPOSES: Guard = Guard { name: "purposes_named", group: Group::Content, check: check::purposes };
const LICENSED: Guard =
    Guard { name: "insurer_and_provider_active_and_licensed", group: Group::Cross, check: check::licensed };
const LAWFUL: Guard =
    Guard { name: "capability_co-signature_or_permit", group: Group::Cross, check: check::asked_lawfully };
const INSURER: Guard = Guard { name: "insurer_of_case", group: Group::Party, check: check::insurer };
const SHORT: Guard = Guard { name: "validity_within_limit", group: Group::Content, check: check::validity };

/// Questions of eligibility.
pub const ELIGIBILITY: &[Row] = &[
    Row {
        id: RowId(*b"EL", 1),
        from: &[State::New],
        event: EventName::CheckEligibility,
        actors: &[HOS, TPA, APP],
        to: State::Requested,
        guards: &[ASKER, CASE_OPEN, PURPOSES, LICENSED, LAWFUL],
        effect: Effect { text: "answer due", apply: execute::ask },
    },
    Row {
        id: RowId(*b"EL", 2),
        from: &[State::Requested],
        event: EventName::AnswerEligible,
        actors: &[INS, TPA],
        to: State::Eligible,
        guards: &[INSURER, SHORT],
        effect: Effect { text: "holds until its end", apply: execute::answer },
    },
    Row {
        id: RowId(*b"EL", 3),
        from: &[State::Requested],
        event: EventName::AnswerNotEligible,
        actors: &[INS, TPA],
        to: State::NotEligible,
        guards: &[INSURER],
        effect: Effect { text: "closed", apply: execute::answer },
    },
    Row {
        id: RowId(*b"EL", 4),
        from: &[State::Requested],
        event: EventName::AnswerError,
        actors: &[INS, TPA],
        to: State::ErrorResponse,
        guards: &[INSURER],
        effect: Effect { text: "closed", apply: execute::answer },
    },
    Row {
        id: RowId(*b"EL", 5),
        from: &[State::Requested],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Lapsed,
        guards: &[],
        effect: Effect { text: "not answered in time", apply: execute::end },
    },
    Row {
        id: RowId(*b"EL", 6),
        from: &[State::Eligible],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Stale,
        guards: &[],
        effect: Effect { text: "the answer holds no more", apply: execute::end },
    },
];
