//! The table of preauthorisations (PA).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{GDN, HOS, INS, SUB, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const PROVIDER: Guard = Guard { name: "provider_of_case", group: Group::Party, check: check::provider };
const INSURER: Guard = Guard { name: "insurer_of_case", group: Group::Party, check: check::insurer };
const INSURER_ITSELF: Guard =
    Guard { name: "insurer_of_case_itself", group: Group::Party, check: check::insurer_itself };
const HOLDER: Guard = Guard { name: "provider_subject_or_proxy", group: Group::Party, check: check::holder };
const CASE_OPEN: Guard = Guard { name: "case_open", group: Group::Object, check: check::case_open };
const AMOUNT: Guard = Guard { name: "amount_within_limit", group: Group::Content, check: check::amount };
const SERVICE: Guard = Guard { name: "services_to_come", group: Group::Content, check: check::service };
const ITEMS: Guard = Guard { name: "items_named", group: Group::Content, check: check::items };
const LICENSED: Guard =
    Guard { name: "insurer_and_provider_active_and_licensed", group: Group::Cross, check: check::licensed };
const LAWFUL: Guard =
    Guard { name: "capability_co-signature_or_documents", group: Group::Cross, check: check::asked_lawfully };
const ATTACHED: Guard = Guard { name: "documents_permitted", group: Group::Cross, check: check::attachments };
const PRIOR: Guard = Guard { name: "prior_of_same_parties", group: Group::Cross, check: check::prior };
const ROUNDS: Guard = Guard { name: "rounds_left", group: Group::Object, check: check::rounds };
const MINIMAL: Guard = Guard { name: "within_minimisation_matrix", group: Group::Content, check: check::minimal };
const SUPPLIED: Guard = Guard { name: "documents_supplied", group: Group::Content, check: check::supplied };
const IN_FULL: Guard = Guard { name: "approved_as_requested", group: Group::Content, check: check::in_full };
const IN_PART: Guard = Guard { name: "approved_less_than_requested", group: Group::Content, check: check::in_part };
const VALIDITY: Guard = Guard { name: "validity_within_limit", group: Group::Content, check: check::validity };
const REASONS: Guard = Guard { name: "reasons_given", group: Group::Content, check: check::reasons };
const REVIEWED: Guard = Guard { name: "denied_by_a_person", group: Group::Content, check: check::reviewed };
const VERSION: Guard = Guard { name: "next_version", group: Group::Content, check: check::version };
const FREE: Guard = Guard { name: "no_open_guarantee_or_claim", group: Group::Object, check: check::free };
const UNUSED: Guard = Guard { name: "no_guarantee_and_no_claim", group: Group::Object, check: check::unused };
const NOTICE: Guard = Guard { name: "notice_given", group: Group::Content, check: check::notice };
const CHILD: Guard = Guard { name: "approved_child", group: Group::Cross, check: check::child };
const CHILD_ROOM: Guard = Guard { name: "child_covers_what_is_in_use", group: Group::Cross, check: check::child_room };

/// Preauthorisations before their decision.
const REQUESTS: [Row; 7] = [
    Row {
        id: RowId(*b"PA", 1),
        from: &[State::New],
        event: EventName::RequestPreauth,
        actors: &[HOS, TPA],
        to: State::Requested,
        guards: &[PROVIDER, CASE_OPEN, AMOUNT, SERVICE, ITEMS, LICENSED, LAWFUL, ATTACHED, PRIOR],
        effect: Effect { text: "answer due by priority", apply: execute::request },
    },
    Row {
        id: RowId(*b"PA", 2),
        from: &[State::Requested],
        event: EventName::PendPreauth,
        actors: &[INS, TPA],
        to: State::Pended,
        guards: &[INSURER, ROUNDS, MINIMAL],
        effect: Effect { text: "clock paused; information due", apply: execute::pend },
    },
    Row {
        id: RowId(*b"PA", 3),
        from: &[State::Pended],
        event: EventName::SupplyPreauthInfo,
        actors: &[HOS, TPA],
        to: State::Requested,
        guards: &[PROVIDER, SUPPLIED, ATTACHED],
        effect: Effect { text: "documents attached; clock resumes", apply: execute::supply },
    },
    Row {
        id: RowId(*b"PA", 4),
        from: &[State::Requested],
        event: EventName::ApprovePreauth,
        actors: &[INS, TPA],
        to: State::Approved,
        guards: &[INSURER, IN_FULL, VALIDITY],
        effect: Effect { text: "remaining := approved", apply: execute::approve },
    },
    Row {
        id: RowId(*b"PA", 5),
        from: &[State::Requested],
        event: EventName::ApprovePreauthPartial,
        actors: &[INS, TPA],
        to: State::Partial,
        guards: &[INSURER, IN_PART, VALIDITY, REASONS],
        effect: Effect { text: "remaining := approved", apply: execute::approve },
    },
    Row {
        id: RowId(*b"PA", 6),
        from: &[State::Requested],
        event: EventName::DenyPreauth,
        actors: &[INS, TPA],
        to: State::Denied,
        guards: &[INSURER, REASONS, REVIEWED],
        effect: Effect { text: "closed; a new request is a new one", apply: execute::deny },
    },
    Row {
        id: RowId(*b"PA", 7),
        from: &[State::Requested, State::Pended],
        event: EventName::AmendPreauth,
        actors: &[HOS, TPA],
        to: State::Requested,
        guards: &[PROVIDER, AMOUNT, SERVICE, ITEMS, VERSION, LAWFUL, ATTACHED],
        effect: Effect { text: "version+1; answer due by priority", apply: execute::amend },
    },
];

/// Their ends.
const ENDS: [Row; 7] = [
    Row {
        id: RowId(*b"PA", 8),
        from: &[State::Requested, State::Pended, State::Approved, State::Partial],
        event: EventName::CancelPreauth,
        actors: &[HOS, SUB, GDN],
        to: State::Cancelled,
        guards: &[HOLDER, FREE],
        effect: Effect { text: "remaining to lapsed", apply: execute::end },
    },
    Row {
        id: RowId(*b"PA", 9),
        from: &[State::Approved, State::Partial],
        event: EventName::ReplacePreauth,
        actors: &[INS, TPA],
        to: State::Superseded,
        guards: &[INSURER, CHILD, CHILD_ROOM],
        effect: Effect { text: "what rests on it moves to the child; rest to lapsed", apply: execute::replace },
    },
    Row {
        id: RowId(*b"PA", 10),
        from: &[State::Requested],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Lapsed,
        guards: &[],
        effect: Effect { text: "not answered in time", apply: execute::end },
    },
    Row {
        id: RowId(*b"PA", 11),
        from: &[State::Pended],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Lapsed,
        guards: &[],
        effect: Effect { text: "information not supplied in time", apply: execute::end },
    },
    Row {
        id: RowId(*b"PA", 12),
        from: &[State::Approved, State::Partial],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Expired,
        guards: &[],
        effect: Effect { text: "remaining to lapsed", apply: execute::end },
    },
    Row {
        id: RowId(*b"PA", 13),
        from: &[State::Approved, State::Partial],
        event: EventName::Consume,
        actors: &[SYS],
        to: State::Consumed,
        guards: &[],
        effect: Effect { text: "closed", apply: execute::end },
    },
    Row {
        id: RowId(*b"PA", 14),
        from: &[State::Approved, State::Partial],
        event: EventName::VoidPreauth,
        actors: &[INS],
        to: State::Voided,
        guards: &[INSURER_ITSELF, UNUSED, NOTICE],
        effect: Effect { text: "remaining to lapsed", apply: execute::end },
    },
];

/// Preauthorisations.
pub const PREAUTHS: &[Row] = &{
    let mut rows = [REQUESTS[0]; REQUESTS.len() + ENDS.len()];
    let mut index = 0;
    while index < rows.len() {
        rows[index] = if index < REQUESTS.len() { REQUESTS[index] } else { ENDS[index - REQUESTS.len()] };
        index += 1;
    }
    rows
};
