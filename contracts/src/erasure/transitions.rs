//! Tables of the erasure of documents (DO) and of holds (HO).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{CUS, GDN, HOS, INS, KEY, REG, SUB, SYS};
use crate::runtime::table::{Actor, Effect, EventName, Group, Guard, Row, State};

const ASKS: Guard =
    Guard { name: "subject,_proxy,_controller_or_regulator", group: Group::Role, check: check::may_request };
const WITHDRAWS: Guard = Guard { name: "subject_or_proxy", group: Group::Role, check: check::may_withdraw };
const CONTROLLER: Guard = Guard { name: "controller_signs", group: Group::Role, check: check::controller_approves };
const FREE: Guard =
    Guard { name: "retention_over,_no_hold,_no_open_claim", group: Group::Cross, check: check::nothing_keeps };
const HEAD: Guard = Guard { name: "was_the_head_and_active", group: Group::Object, check: check::was_head };
const NOT_ORDERED: Guard = Guard { name: "not_ordered", group: Group::Object, check: check::not_ordered };
const ORDER: Guard = Guard { name: "order", group: Group::Content, check: check::order };
const LAST: Guard = Guard {
    name: "n-t+1_shares,_n-k+1_shards,_controller's_key_and_salts",
    group: Group::Choice,
    check: check::destroys_enough,
};
const MORE: Guard = Guard { name: "more_is_awaited", group: Group::Choice, check: check::awaits_more };
const OWN: Guard = Guard { name: "own_parts_once", group: Group::Content, check: check::destroys_own };
const HOLDER: Guard = Guard { name: "controller_or_regulator", group: Group::Role, check: check::may_hold };
const HELD: Guard = Guard { name: "evidence,_holds_bounded", group: Group::Content, check: check::hold };
const THERE: Guard = Guard { name: "document_not_to_be_erased", group: Group::Object, check: check::there };
const PLACER: Guard = Guard { name: "who_placed_it", group: Group::Party, check: check::placed };

/// Who may attest to have destroyed something.
const DESTROYERS: &[Actor] = &[KEY, CUS, HOS, INS];

/// Erasure of documents. The object is one version.
pub const ERASURE: &[Row] = &[
    Row {
        id: RowId(*b"DO", 6),
        from: &[State::Active, State::Superseded, State::Retracted],
        event: EventName::RequestErasure,
        actors: &[SUB, GDN, REG, HOS, INS],
        to: State::Restricted,
        guards: &[ASKS],
        effect: Effect { text: "for HLEGAL and HCOMPL only; open sessions cancelled", apply: execute::request },
    },
    Row {
        id: RowId(*b"DO", 7),
        from: &[State::Active, State::Superseded, State::Retracted],
        event: EventName::ApproveErasure,
        actors: &[HOS, INS],
        to: State::ErasurePending,
        guards: &[CONTROLLER, FREE],
        effect: Effect { text: "key parts, shards and salts to be destroyed; deadline", apply: execute::approve },
    },
    Row {
        id: RowId(*b"DO", 8),
        from: &[State::Restricted],
        event: EventName::ApproveErasure,
        actors: &[HOS, INS],
        to: State::ErasurePending,
        guards: &[CONTROLLER, FREE],
        effect: Effect { text: "as DO-07", apply: execute::approve },
    },
    Row {
        id: RowId(*b"DO", 9),
        from: &[State::Restricted],
        event: EventName::WithdrawErasure,
        actors: &[SUB, GDN],
        to: State::Active,
        guards: &[WITHDRAWS, HEAD, NOT_ORDERED],
        effect: Effect { text: "as before the request", apply: execute::restore },
    },
    Row {
        id: RowId(*b"DO", 10),
        from: &[State::ErasurePending],
        event: EventName::DestroyAttest,
        actors: DESTROYERS,
        to: State::Tombstoned,
        guards: &[LAST, OWN],
        effect: Effect { text: "a tombstone is left", apply: execute::bury },
    },
    Row {
        id: RowId(*b"DO", 12),
        from: &[State::Restricted],
        event: EventName::LiftRestriction,
        actors: &[REG],
        to: State::Active,
        guards: &[HEAD, ORDER],
        effect: Effect { text: "as before the request", apply: execute::restore },
    },
    Row {
        id: RowId(*b"DO", 18),
        from: &[State::ErasurePending],
        event: EventName::DestroyAttest,
        actors: DESTROYERS,
        to: State::ErasurePending,
        guards: &[MORE, OWN],
        effect: Effect { text: "recorded", apply: execute::attest },
    },
    Row {
        id: RowId(*b"DO", 19),
        from: &[State::Restricted],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::ErasurePending,
        guards: &[],
        effect: Effect { text: "retention is over and nothing else keeps it: as DO-07", apply: execute::approve },
    },
];

/// Holds against erasure. The object is the document.
pub const HOLDS: &[Row] = &[
    Row {
        id: RowId(*b"HO", 1),
        from: &[State::New],
        event: EventName::PlaceHold,
        actors: &[HOS, INS, REG],
        to: State::Live,
        guards: &[HOLDER, THERE, HELD],
        effect: Effect { text: "no erasure is approved", apply: execute::hold },
    },
    Row {
        id: RowId(*b"HO", 2),
        from: &[State::Live],
        event: EventName::ReleaseHold,
        actors: &[HOS, INS, REG],
        to: State::Lifted,
        guards: &[PLACER],
        effect: Effect { text: "the hold is over", apply: execute::release },
    },
];
