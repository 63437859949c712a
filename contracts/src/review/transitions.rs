//! The table of reviews (RV). A regulator that lets its own time pass is an anomaly, not a row: the review stays where
//! it is.

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{HOS, INS, REG, SYS};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const REQUESTER: Guard = Guard { name: "requester_signs", group: Group::Party, check: check::requester_signs };
const JUSTIFIED: Guard = Guard { name: "clinician_and_evidence_named", group: Group::Content, check: check::justified };
const NOTIFIER: Guard =
    Guard { name: "requester_or_controller_signs", group: Group::Party, check: check::notifier_signs };
const NOTICE: Guard = Guard { name: "notice_named,_given_once", group: Group::Content, check: check::notice };
const IMPARTIAL: Guard = Guard { name: "regulator_is_no_party", group: Group::Party, check: check::impartial };
const ORDER: Guard = Guard { name: "decision_named", group: Group::Content, check: check::order };
const UPHOLDS: Guard = Guard { name: "finding_justified", group: Group::Choice, check: check::upholds };
const CONDEMNS: Guard = Guard { name: "finding_of_a_violation", group: Group::Choice, check: check::condemns };

/// Reviews of broken glass. The object is the session.
pub const REVIEWS: &[Row] = &[
    Row {
        id: RowId(*b"RV", 1),
        from: &[State::New],
        event: EventName::BtgGranted,
        actors: &[SYS],
        to: State::Due,
        guards: &[],
        effect: Effect { text: "justification and notice to the subject due", apply: execute::open },
    },
    Row {
        id: RowId(*b"RV", 2),
        from: &[State::Due, State::Overdue],
        event: EventName::SubmitJustification,
        actors: &[HOS],
        to: State::Submitted,
        guards: &[REQUESTER, JUSTIFIED],
        effect: Effect { text: "decision due; the requester may break the glass again", apply: execute::justify },
    },
    Row {
        id: RowId(*b"RV", 3),
        from: &[State::Submitted],
        event: EventName::DecideReview,
        actors: &[REG],
        to: State::Upheld,
        guards: &[IMPARTIAL, UPHOLDS, ORDER],
        effect: Effect { text: "closed", apply: execute::decide },
    },
    Row {
        id: RowId(*b"RV", 4),
        from: &[State::Submitted],
        event: EventName::DecideReview,
        actors: &[REG],
        to: State::Violation,
        guards: &[IMPARTIAL, CONDEMNS, ORDER],
        effect: Effect { text: "barred from breaking the glass for a time", apply: execute::decide },
    },
    Row {
        id: RowId(*b"RV", 5),
        from: &[State::Due],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Overdue,
        guards: &[],
        effect: Effect { text: "AN-01; barred from breaking the glass until justified", apply: execute::overdue },
    },
    Row {
        id: RowId(*b"RV", 6),
        from: &[State::Overdue],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Violation,
        guards: &[],
        effect: Effect { text: "finding NO_REVIEW; barred for a time", apply: execute::no_review },
    },
    Row {
        id: RowId(*b"RV", 8),
        from: &[State::Due],
        event: EventName::NotifySubject,
        actors: &[HOS, INS],
        to: State::Due,
        guards: &[NOTIFIER, NOTICE],
        effect: Effect { text: "the subject was told", apply: execute::notify },
    },
    Row {
        id: RowId(*b"RV", 9),
        from: &[State::Submitted],
        event: EventName::NotifySubject,
        actors: &[HOS, INS],
        to: State::Submitted,
        guards: &[NOTIFIER, NOTICE],
        effect: Effect { text: "the subject was told", apply: execute::notify },
    },
    Row {
        id: RowId(*b"RV", 10),
        from: &[State::Overdue],
        event: EventName::NotifySubject,
        actors: &[HOS, INS],
        to: State::Overdue,
        guards: &[NOTIFIER, NOTICE],
        effect: Effect { text: "the subject was told", apply: execute::notify },
    },
];
