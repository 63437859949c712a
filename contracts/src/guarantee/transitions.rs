//! The table of guarantees of payment (GP).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{HOS, INS, REG, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const INSURER: Guard = Guard { name: "insurer_of_case", group: Group::Party, check: check::insurer };
const PROVIDER: Guard = Guard { name: "provider_of_case", group: Group::Party, check: check::provider };
const CASE_OPEN: Guard = Guard { name: "case_open", group: Group::Object, check: check::case_open };
const AMOUNT: Guard = Guard { name: "amount_within_limit", group: Group::Content, check: check::amount };
const WINDOW: Guard = Guard { name: "window_valid", group: Group::Content, check: check::window };
const LICENSED: Guard =
    Guard { name: "insurer_and_provider_active_and_licensed", group: Group::Cross, check: check::licensed };
const COVERED: Guard = Guard { name: "preauthorisation_covers_it", group: Group::Cross, check: check::covered };
const ALLOWED: Guard = Guard { name: "capability_or_co-signature", group: Group::Cross, check: check::allowed };
const BEGUN: Guard = Guard { name: "services_begin_before_its_end", group: Group::Cross, check: check::begun };
const AGREED: Guard =
    Guard { name: "insurer_co-signs_or_patient_discharged", group: Group::Cross, check: check::agreed };
const GROUND: Guard = Guard { name: "evidence_present", group: Group::Content, check: check::evident };
const ORDER: Guard = Guard { name: "order_present", group: Group::Content, check: check::order };

/// Guarantees of payment.
pub const GUARANTEES: &[Row] = &[
    Row {
        id: RowId(*b"GP", 1),
        from: &[State::New],
        event: EventName::OfferGuarantee,
        actors: &[INS, TPA],
        to: State::Offered,
        guards: &[INSURER, CASE_OPEN, AMOUNT, WINDOW, LICENSED, COVERED],
        effect: Effect { text: "reserved; acceptance due", apply: execute::offer },
    },
    Row {
        id: RowId(*b"GP", 2),
        from: &[State::Offered],
        event: EventName::AcceptGuarantee,
        actors: &[HOS],
        to: State::Accepted,
        guards: &[PROVIDER, ALLOWED],
        effect: Effect { text: "no deposit up to the amount", apply: execute::accept },
    },
    Row {
        id: RowId(*b"GP", 3),
        from: &[State::Offered],
        event: EventName::DeclineGuarantee,
        actors: &[HOS],
        to: State::Declined,
        guards: &[PROVIDER],
        effect: Effect { text: "released", apply: execute::end },
    },
    Row {
        id: RowId(*b"GP", 4),
        from: &[State::Offered],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Declined,
        guards: &[],
        effect: Effect { text: "released", apply: execute::end },
    },
    Row {
        id: RowId(*b"GP", 8),
        from: &[State::Accepted],
        event: EventName::CallGuarantee,
        actors: &[HOS, TPA],
        to: State::Called,
        guards: &[BEGUN],
        effect: Effect { text: "bound to the claim", apply: execute::called },
    },
    Row {
        id: RowId(*b"GP", 9),
        from: &[State::Called],
        event: EventName::CloseGuarantee,
        actors: &[SYS],
        to: State::Closed,
        guards: &[],
        effect: Effect { text: "unused released", apply: execute::close },
    },
    Row {
        id: RowId(*b"GP", 10),
        from: &[State::Accepted],
        event: EventName::CancelGuarantee,
        actors: &[HOS],
        to: State::Cancelled,
        guards: &[PROVIDER, GROUND, AGREED],
        effect: Effect { text: "released", apply: execute::end },
    },
    Row {
        id: RowId(*b"GP", 11),
        from: &[State::Accepted],
        event: EventName::OrderCancelGuarantee,
        actors: &[REG],
        to: State::Cancelled,
        guards: &[ORDER],
        effect: Effect { text: "released", apply: execute::end },
    },
    Row {
        id: RowId(*b"GP", 12),
        from: &[State::Accepted],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::ExpiredUnused,
        guards: &[],
        effect: Effect { text: "released", apply: execute::end },
    },
];
