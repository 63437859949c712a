//! The table of consents (CN).
//!
//! A patient without a key revokes through a hospital or app that attests the will; both are therefore actors of CN-06
//! beside the subject and its proxies.

use assent_types::receipt::RowId;

use super::{authority, check, execute};
use crate::runtime::table::actors::{APP, GDN, HOS, INS, REG, RES, SUB, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const GRANTOR: Guard = Guard { name: "grantor_authority", group: Group::Role, check: authority::may_grant };
const AMENDER: Guard = Guard { name: "subject_or_proxy", group: Group::Role, check: authority::may_amend };
const REJECTER: Guard = Guard { name: "subject_or_proxy", group: Group::Role, check: authority::may_reject };
const REVOKER: Guard = Guard { name: "signature_or_attested", group: Group::Role, check: authority::may_revoke };
const AS_PROPOSED: Guard = Guard { name: "terms_as_proposed", group: Group::Object, check: check::as_proposed };
const LINEAGE: Guard = Guard { name: "same_subject_and_controller", group: Group::Object, check: check::same_lineage };
const CODES: Guard = Guard { name: "codes_known", group: Group::Content, check: check::codes };
const WINDOW: Guard = Guard { name: "window_valid", group: Group::Content, check: check::window };
const AXES: Guard = Guard { name: "axes_not_empty", group: Group::Content, check: check::axes };
const SEPARATE: Guard = Guard { name: "separate_consents_complete", group: Group::Content, check: check::separate };
const BASIS: Guard = Guard { name: "basis_covers_places", group: Group::Content, check: check::basis_places };
const WIDEN: Guard = Guard { name: "proxy_narrows_or_may_widen", group: Group::Cross, check: authority::may_widen };
const ROOM: Guard = Guard { name: "live_consents_bounded", group: Group::Cross, check: check::room };

const ORDER: Guard = Guard { name: "order,_permit,_bounded_duration", group: Group::Content, check: check::suspension };
const LIFTING: Guard = Guard { name: "order", group: Group::Content, check: check::resumption };
const MARKERS: Guard =
    Guard { name: "attester_and_a_second_organisation", group: Group::Object, check: authority::may_mark };
const ERROR: Guard = Guard { name: "evidence_of_the_error", group: Group::Content, check: check::error_shown };

/// Consents.
pub const CONSENTS: &[Row] = &[
    Row {
        id: RowId(*b"CN", 1),
        from: &[State::New],
        event: EventName::ProposeConsent,
        actors: &[HOS, INS, TPA, APP, RES],
        to: State::Proposed,
        guards: &[CODES, WINDOW, AXES, ROOM],
        effect: Effect { text: "none on access", apply: execute::propose },
    },
    Row {
        id: RowId(*b"CN", 2),
        from: &[State::New, State::Proposed],
        event: EventName::GrantConsent,
        actors: &[SUB, GDN, HOS],
        to: State::Active,
        guards: &[GRANTOR, AS_PROPOSED, CODES, WINDOW, AXES, SEPARATE, BASIS, ROOM],
        effect: Effect { text: "epoch+1", apply: execute::grant },
    },
    Row {
        id: RowId(*b"CN", 3),
        from: &[State::Proposed],
        event: EventName::RejectConsent,
        actors: &[SUB, GDN],
        to: State::Rejected,
        guards: &[REJECTER],
        effect: Effect { text: "closed", apply: execute::close },
    },
    Row {
        id: RowId(*b"CN", 4),
        from: &[State::Proposed],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Lapsed,
        guards: &[],
        effect: Effect { text: "closed", apply: execute::close },
    },
    Row {
        id: RowId(*b"CN", 5),
        from: &[State::Active],
        event: EventName::AmendConsent,
        actors: &[SUB, GDN],
        to: State::Superseded,
        guards: &[AMENDER, LINEAGE, CODES, WINDOW, AXES, SEPARATE, BASIS, WIDEN],
        effect: Effect { text: "new record Active; epoch+1", apply: execute::amend },
    },
    Row {
        id: RowId(*b"CN", 6),
        from: &[State::Active, State::Suspended],
        event: EventName::RevokeConsent,
        actors: &[SUB, GDN, HOS, APP],
        to: State::Revoked,
        guards: &[REVOKER],
        effect: Effect { text: "epoch+1", apply: execute::close },
    },
    Row {
        id: RowId(*b"CN", 7),
        from: &[State::Active, State::Suspended],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Expired,
        guards: &[],
        effect: Effect { text: "epoch+1", apply: execute::close },
    },
    Row {
        id: RowId(*b"CN", 8),
        from: &[State::Active],
        event: EventName::UseCounted,
        actors: &[SYS],
        to: State::Exhausted,
        guards: &[],
        effect: Effect { text: "epoch+1", apply: execute::close },
    },
    Row {
        id: RowId(*b"CN", 9),
        from: &[State::Active],
        event: EventName::SuspendConsent,
        actors: &[REG],
        to: State::Suspended,
        guards: &[ORDER],
        effect: Effect { text: "epoch+1; open sessions cancelled", apply: execute::rest },
    },
    Row {
        id: RowId(*b"CN", 10),
        from: &[State::Suspended],
        event: EventName::ResumeConsent,
        actors: &[REG],
        to: State::Active,
        guards: &[LIFTING],
        effect: Effect { text: "epoch+1", apply: execute::rest },
    },
    Row {
        id: RowId(*b"CN", 11),
        from: &[State::Active, State::Suspended],
        event: EventName::MarkInError,
        actors: &[HOS, REG],
        to: State::EnteredInError,
        guards: &[MARKERS, ERROR],
        effect: Effect { text: "epoch+1; what rested on it is for breach review", apply: execute::close },
    },
    Row {
        id: RowId(*b"CN", 12),
        from: &[State::Suspended],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Active,
        guards: &[],
        effect: Effect { text: "epoch+1; the suspension is over", apply: execute::rest },
    },
];
