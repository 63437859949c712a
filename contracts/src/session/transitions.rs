//! Tables of links between pseudonyms (SL) and of access sessions (AC).
//!
//! A receipt that completes what is awaited moves the session on; others are recorded and leave it where it is.

use assent_types::receipt::RowId;

use super::{check, dispute, execute};
use crate::runtime::table::actors::{BNK, CUS, HOS, INS, KEY, REG, RES, SUB, SYS, TPA};
use crate::runtime::table::{Actor, Effect, EventName, Group, Guard, Row, State};

const LINKER: Guard =
    Guard { name: "both_subjects_sign_or_an_enroller_attests", group: Group::Role, check: check::may_link };
const LINK_ROOM: Guard = Guard { name: "links_bounded", group: Group::Cross, check: check::link_room };
const REQUESTER: Guard = Guard { name: "requester_signs", group: Group::Role, check: check::requester_signs };
const PERMIT: Guard =
    Guard { name: "permit()_=_Permit,_not_btg", group: Group::Choice, check: check::permitted_by_consent };
const GLASS: Guard = Guard { name: "permit()_=_Permit_and_btg", group: Group::Choice, check: check::permitted };
const DENY: Guard = Guard { name: "permit()_=_Deny", group: Group::Choice, check: check::denied };
const ROOM: Guard = Guard { name: "open_sessions_and_parties_bounded", group: Group::Cross, check: check::room };
const STILL: Guard = Guard { name: "permit()_again_=_Permit", group: Group::Object, check: check::still_permitted };
const PARTS: Guard = Guard { name: "own_key_parts_once", group: Group::Content, check: check::releases_own };
const ALL_PARTS: Guard = Guard {
    name: "controller_and_threshold_of_other_holders_for_every_document",
    group: Group::Choice,
    check: check::releases_all,
};
const SOME_PARTS: Guard = Guard { name: "more_is_awaited", group: Group::Choice, check: check::awaits_parts };
const SHARDS: Guard = Guard { name: "own_shards_once,_in_time", group: Group::Content, check: check::serves_own };
const ALL_SHARDS: Guard = Guard { name: "k_shards_of_every_document", group: Group::Choice, check: check::serves_all };
const SOME_SHARDS: Guard = Guard { name: "more_is_awaited", group: Group::Choice, check: check::awaits_shards };
const ACKS: Guard = Guard { name: "requester_signs", group: Group::Role, check: check::requester_acks };

const FAILS: Guard = Guard { name: "requester_signs", group: Group::Role, check: check::requester_fails };
const RETRIES: Guard = Guard { name: "retries_left", group: Group::Object, check: check::retries_left };
const UNREAD: Guard = Guard { name: "not_failed_to_read", group: Group::Object, check: check::unread };
const IMPARTIAL: Guard = Guard { name: "regulator_is_no_party", group: Group::Party, check: check::impartial };
const FINDING: Guard =
    Guard { name: "decision_named,_fault_with_its_party", group: Group::Content, check: check::finding };

/// Who may ask: organisations. Subjects and proxies read through one.
const REQUESTERS: &[Actor] = &[HOS, INS, TPA, RES, REG, BNK];
/// Who holds key parts: key holders, and controllers.
const HOLDERS: &[Actor] = &[KEY, HOS, INS];

/// Links of pseudonyms. The object is the case.
pub const LINKS: &[Row] = &[Row {
    id: RowId(*b"SL", 1),
    from: &[State::New],
    event: EventName::LinkSubjects,
    actors: &[SUB, HOS, INS],
    to: State::Linked,
    guards: &[LINKER, LINK_ROOM],
    effect: Effect { text: "one person's in this case", apply: execute::link },
}];

/// Access sessions.
pub const SESSIONS: &[Row] = &[
    Row {
        id: RowId(*b"AC", 1),
        from: &[State::New],
        event: EventName::RequestAccess,
        actors: REQUESTERS,
        to: State::Permitted,
        guards: &[REQUESTER, PERMIT, ROOM],
        effect: Effect { text: "decision recorded; uses reserved", apply: execute::request },
    },
    Row {
        id: RowId(*b"AC", 2),
        from: &[State::New],
        event: EventName::RequestAccess,
        actors: REQUESTERS,
        to: State::Denied,
        guards: &[REQUESTER, DENY],
        effect: Effect { text: "decision recorded", apply: execute::request },
    },
    Row {
        id: RowId(*b"AC", 3),
        from: &[State::New],
        event: EventName::RequestAccess,
        actors: REQUESTERS,
        to: State::BtgPermitted,
        guards: &[REQUESTER, GLASS, ROOM],
        effect: Effect { text: "decision recorded; RV-01; notice to the subject due", apply: execute::request },
    },
    Row {
        id: RowId(*b"AC", 4),
        from: &[State::Permitted, State::BtgPermitted],
        event: EventName::KeyReleaseReceipt,
        actors: HOLDERS,
        to: State::KeyReleased,
        guards: &[ALL_PARTS, STILL, PARTS],
        effect: Effect { text: "uses counted; key parts may leave", apply: execute::release },
    },
    Row {
        id: RowId(*b"AC", 5),
        from: &[State::KeyReleased],
        event: EventName::ShardServed,
        actors: &[CUS],
        to: State::Served,
        guards: &[ALL_SHARDS, SHARDS],
        effect: Effect { text: "acknowledgement awaited", apply: execute::serve },
    },
    Row {
        id: RowId(*b"AC", 6),
        from: &[State::Served],
        event: EventName::AckAccess,
        actors: REQUESTERS,
        to: State::Acked,
        guards: &[ACKS],
        effect: Effect { text: "closed", apply: execute::acknowledge },
    },
    Row {
        id: RowId(*b"AC", 7),
        from: &[State::Served],
        event: EventName::AckFail,
        actors: REQUESTERS,
        to: State::AckFailed,
        guards: &[FAILS],
        effect: Effect { text: "shards awaited once more", apply: dispute::fail },
    },
    Row {
        id: RowId(*b"AC", 8),
        from: &[State::AckFailed],
        event: EventName::ShardServed,
        actors: &[CUS],
        to: State::Served,
        guards: &[ALL_SHARDS, RETRIES, STILL, SHARDS],
        effect: Effect { text: "acknowledgement awaited", apply: dispute::serve_again },
    },
    Row {
        id: RowId(*b"AC", 9),
        from: &[State::AckFailed],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Disputed,
        guards: &[],
        effect: Effect { text: "AN-06; decision due", apply: dispute::give_up },
    },
    Row {
        id: RowId(*b"AC", 10),
        from: &[State::Permitted, State::BtgPermitted],
        event: EventName::ConsentChanged,
        actors: &[SYS],
        to: State::Cancelled,
        guards: &[],
        effect: Effect { text: "reserved uses given back", apply: execute::close },
    },
    Row {
        id: RowId(*b"AC", 11),
        from: &[State::Permitted, State::BtgPermitted],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Expired,
        guards: &[],
        effect: Effect { text: "reserved uses given back", apply: execute::close },
    },
    Row {
        id: RowId(*b"AC", 12),
        from: &[State::KeyReleased],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Expired,
        guards: &[],
        effect: Effect { text: "AN-04 key released, not delivered", apply: execute::close },
    },
    Row {
        id: RowId(*b"AC", 13),
        from: &[State::Served],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::AckOverdue,
        guards: &[],
        effect: Effect { text: "AN-05 delivered, not acknowledged", apply: dispute::silence },
    },
    Row {
        id: RowId(*b"AC", 14),
        from: &[State::AckOverdue],
        event: EventName::AckAccess,
        actors: REQUESTERS,
        to: State::Acked,
        guards: &[ACKS],
        effect: Effect { text: "closed late", apply: execute::acknowledge },
    },
    Row {
        id: RowId(*b"AC", 15),
        from: &[State::AckOverdue],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Disputed,
        guards: &[],
        effect: Effect {
            text: "requester barred from new requests of that controller, except for treatment",
            apply: dispute::bar,
        },
    },
    Row {
        id: RowId(*b"AC", 16),
        from: &[State::Disputed],
        event: EventName::ResolveDispute,
        actors: &[REG],
        to: State::Resolved,
        guards: &[IMPARTIAL, FINDING],
        effect: Effect { text: "finding recorded; the bar is lifted", apply: dispute::resolve },
    },
    Row {
        id: RowId(*b"AC", 18),
        from: &[State::Permitted],
        event: EventName::KeyReleaseReceipt,
        actors: HOLDERS,
        to: State::Permitted,
        guards: &[SOME_PARTS, STILL, PARTS],
        effect: Effect { text: "recorded", apply: execute::release_part },
    },
    Row {
        id: RowId(*b"AC", 19),
        from: &[State::KeyReleased],
        event: EventName::KeyReleaseReceipt,
        actors: HOLDERS,
        to: State::KeyReleased,
        guards: &[PARTS],
        effect: Effect { text: "recorded; flagged if not permitted any more", apply: execute::release_late },
    },
    Row {
        id: RowId(*b"AC", 20),
        from: &[State::Served],
        event: EventName::KeyReleaseReceipt,
        actors: HOLDERS,
        to: State::Served,
        guards: &[PARTS],
        effect: Effect { text: "recorded; flagged if not permitted any more", apply: execute::release_late },
    },
    Row {
        id: RowId(*b"AC", 21),
        from: &[State::KeyReleased],
        event: EventName::ShardServed,
        actors: &[CUS],
        to: State::KeyReleased,
        guards: &[SOME_SHARDS, SHARDS],
        effect: Effect { text: "recorded", apply: execute::serve_part },
    },
    Row {
        id: RowId(*b"AC", 22),
        from: &[State::Served],
        event: EventName::ShardServed,
        actors: &[CUS],
        to: State::Served,
        guards: &[SHARDS],
        effect: Effect { text: "recorded", apply: execute::serve_part },
    },
    Row {
        id: RowId(*b"AC", 23),
        from: &[State::Disputed],
        event: EventName::AckAccess,
        actors: REQUESTERS,
        to: State::Acked,
        guards: &[ACKS, UNREAD],
        effect: Effect { text: "closed late; the bar is lifted", apply: execute::acknowledge },
    },
    Row {
        id: RowId(*b"AC", 24),
        from: &[State::BtgPermitted],
        event: EventName::KeyReleaseReceipt,
        actors: HOLDERS,
        to: State::BtgPermitted,
        guards: &[SOME_PARTS, STILL, PARTS],
        effect: Effect { text: "recorded", apply: execute::release_part },
    },
    Row {
        id: RowId(*b"AC", 25),
        from: &[State::AckFailed],
        event: EventName::ShardServed,
        actors: &[CUS],
        to: State::AckFailed,
        guards: &[SOME_SHARDS, RETRIES, SHARDS],
        effect: Effect { text: "recorded", apply: execute::serve_part },
    },
];
