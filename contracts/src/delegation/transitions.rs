//! The tables of delegations (DE) and assignments (AG).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{ADV, GDN, HOS, INS, SUB, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const PRINCIPAL: Guard = Guard { name: "principal_signs", group: Group::Role, check: check::principal };
const AXES: Guard = Guard { name: "window_and_axes_valid", group: Group::Content, check: check::axes };
const DELEGATE: Guard = Guard { name: "delegate_active", group: Group::Cross, check: check::delegate };
const EITHER: Guard = Guard { name: "principal_or_delegate_signs", group: Group::Role, check: check::either };

/// Delegations.
pub const DELEGATIONS: &[Row] = &[
    Row {
        id: RowId(*b"DE", 1),
        from: &[State::New, State::Revoked, State::Expired],
        event: EventName::GrantDelegation,
        actors: &[INS, HOS],
        to: State::Live,
        guards: &[PRINCIPAL, AXES, DELEGATE],
        effect: Effect { text: "the delegate may act within it", apply: execute::grant },
    },
    Row {
        id: RowId(*b"DE", 2),
        from: &[State::Live],
        event: EventName::RevokeDelegation,
        actors: &[INS, HOS, TPA, ADV],
        to: State::Revoked,
        guards: &[EITHER],
        effect: Effect { text: "the delegate may act no more", apply: execute::revoke },
    },
];

const ASSIGNER: Guard =
    Guard { name: "subject_proxy_or_capable_provider", group: Group::Party, check: check::assigner };
const CASE_OPEN: Guard = Guard { name: "case_open", group: Group::Object, check: check::case_open };
const ACCEPTED: Guard = Guard { name: "advance_payer_co-signs", group: Group::Cross, check: check::accepted };
const HOLDER: Guard = Guard { name: "advance_payer_signs", group: Group::Party, check: check::holder };

/// Assignments.
pub const ASSIGNMENTS: &[Row] = &[
    Row {
        id: RowId(*b"AG", 1),
        from: &[State::New],
        event: EventName::AssignBenefit,
        actors: &[SUB, GDN, HOS],
        to: State::Live,
        guards: &[ASSIGNER, CASE_OPEN, ACCEPTED],
        effect: Effect { text: "claims of the case may pay the advance payer", apply: execute::assign },
    },
    Row {
        id: RowId(*b"AG", 2),
        from: &[State::Live],
        event: EventName::ReleaseAssignment,
        actors: &[ADV],
        to: State::Revoked,
        guards: &[HOLDER],
        effect: Effect { text: "later claims cannot name it", apply: execute::release },
    },
];
