//! The table of governance (GV).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{CUS, HOS, INS, KEY, PSO, REG, SYS, TPA};
use crate::runtime::table::{Actor, Effect, EventName, Group, Guard, Row, State};

const GOOD_STANDING: Guard = Guard { name: "in_good_standing", group: Group::Role, check: check::good_standing };
const VOTER: Guard = Guard { name: "voter_in_good_standing", group: Group::Role, check: check::voter };
const MAY_PROPOSE: Guard =
    Guard { name: "sits_in_a_chamber_that_decides_or_is_concerned", group: Group::Role, check: check::may_propose };
const VALID: Guard = Guard { name: "payload_valid_now", group: Group::Cross, check: check::payload_valid };
const ROOM: Guard = Guard { name: "open_proposals_bounded", group: Group::Cross, check: check::room };
const SEAT: Guard = Guard { name: "sits_in_a_chamber_that_decides", group: Group::Party, check: check::seat };
const ONE_VOTE: Guard = Guard { name: "not_the_same_vote_again", group: Group::Object, check: check::one_vote };
const ENOUGH: Guard =
    Guard { name: "threshold_of_class_over_active_members", group: Group::Cross, check: check::enough };
const OUT_OF_REACH: Guard =
    Guard { name: "remaining_votes_cannot_reach_it", group: Group::Cross, check: check::out_of_reach };
const STILL_VALID: Guard =
    Guard { name: "payload_still_valid", group: Group::Choice, check: check::payload_still_valid };
const NOT_VALID: Guard =
    Guard { name: "payload_no_longer_valid", group: Group::Choice, check: check::payload_no_longer_valid };
const TARGET: Guard = Guard { name: "target_exists_and_is_not_stopped", group: Group::Content, check: check::target };
const QUORUM: Guard =
    Guard { name: "one_own_regulator_or_two_for_a_halt", group: Group::Cross, check: check::emergency_quorum };
const NOT_BARRED: Guard = Guard { name: "not_barred", group: Group::Cross, check: check::not_barred };
const MEASURE_ROOM: Guard = Guard { name: "measures_bounded", group: Group::Cross, check: check::measure_room };
const HEARD: Guard = Guard { name: "suspended_organisation_heard", group: Group::Content, check: check::heard };
const VOTES: Guard =
    Guard { name: "votes_of_a_removal_or_of_a_parameter", group: Group::Cross, check: check::ratifiable };
const IMPOSER: Guard = Guard { name: "imposer_signs", group: Group::Party, check: check::imposer };

/// Whoever may have a seat.
const SEATED: &[Actor] = &[REG, HOS, INS, TPA, CUS, KEY, PSO];

/// Proposals and emergencies.
pub const PROPOSALS: &[Row] = &[
    Row {
        id: RowId(*b"GV", 1),
        from: &[State::New],
        event: EventName::Propose,
        actors: SEATED,
        to: State::Open,
        guards: &[GOOD_STANDING, MAY_PROPOSE, VALID, ROOM],
        effect: Effect { text: "open for votes until it expires", apply: execute::propose },
    },
    Row {
        id: RowId(*b"GV", 2),
        from: &[State::Open],
        event: EventName::Vote,
        actors: SEATED,
        to: State::Open,
        guards: &[VOTER, SEAT, ONE_VOTE],
        effect: Effect { text: "vote recorded or changed; GV-03 or GV-04 once it decides", apply: execute::vote },
    },
    Row {
        id: RowId(*b"GV", 3),
        from: &[State::Open],
        event: EventName::ThresholdMet,
        actors: &[SYS],
        to: State::Approved,
        guards: &[ENOUGH],
        effect: Effect { text: "executed after the delay of its class", apply: execute::approve },
    },
    Row {
        id: RowId(*b"GV", 4),
        from: &[State::Open],
        event: EventName::ThresholdImpossible,
        actors: &[SYS],
        to: State::Rejected,
        guards: &[OUT_OF_REACH],
        effect: Effect { text: "closed", apply: execute::close },
    },
    Row {
        id: RowId(*b"GV", 5),
        from: &[State::Open],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Expired,
        guards: &[],
        effect: Effect { text: "closed", apply: execute::close },
    },
    Row {
        id: RowId(*b"GV", 6),
        from: &[State::Approved],
        event: EventName::Execute,
        actors: &[SYS],
        to: State::Executed,
        guards: &[STILL_VALID],
        effect: Effect { text: "payload applied", apply: execute::execute },
    },
    Row {
        id: RowId(*b"GV", 7),
        from: &[State::Approved],
        event: EventName::Execute,
        actors: &[SYS],
        to: State::Rejected,
        guards: &[NOT_VALID],
        effect: Effect { text: "closed; the error's number is recorded", apply: execute::refuse },
    },
    Row {
        id: RowId(*b"GV", 8),
        from: &[State::New],
        event: EventName::ImposeEmergency,
        actors: &[REG],
        to: State::EmergencyInForce,
        guards: &[GOOD_STANDING, TARGET, QUORUM, NOT_BARRED, MEASURE_ROOM],
        effect: Effect { text: "in force at once, until it lapses", apply: execute::impose },
    },
    Row {
        id: RowId(*b"GV", 9),
        from: &[State::EmergencyInForce],
        event: EventName::Ratify,
        actors: &[REG],
        to: State::Ratified,
        guards: &[GOOD_STANDING, HEARD, VOTES],
        effect: Effect { text: "in force until a proposal lifts it", apply: execute::ratify },
    },
    Row {
        id: RowId(*b"GV", 10),
        from: &[State::EmergencyInForce],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::EmergencyLapsed,
        guards: &[],
        effect: Effect { text: "undone; its imposers are barred from it for a while", apply: execute::lapse },
    },
    Row {
        id: RowId(*b"GV", 11),
        from: &[State::EmergencyInForce],
        event: EventName::Lift,
        actors: &[REG],
        to: State::EmergencyLapsed,
        guards: &[GOOD_STANDING, IMPOSER],
        effect: Effect { text: "undone; its imposers are barred from it for a while", apply: execute::lapse },
    },
    Row {
        id: RowId(*b"GV", 12),
        from: &[State::EmergencyInForce],
        event: EventName::Vote,
        actors: SEATED,
        to: State::EmergencyInForce,
        guards: &[VOTER, SEAT, ONE_VOTE],
        effect: Effect { text: "vote on its ratification recorded or changed", apply: execute::vote_to_ratify },
    },
];
