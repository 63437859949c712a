//! The tables of cases (CS), bills (BI) and claims (CL).

use assent_types::receipt::RowId;

use super::{check, decide, execute};
use crate::preauth::draw;
use crate::runtime::table::actors::{ADV, GDN, HOS, INS, SUB, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const OPENER: Guard = Guard { name: "subject_proxy_or_attesting_provider", group: Group::Role, check: check::opener };
const CASE_WINDOW: Guard = Guard { name: "window_valid", group: Group::Content, check: check::case_window };
const CASE_CAP: Guard = Guard { name: "cap_within_limit", group: Group::Content, check: check::case_cap };
const CASE_PARTIES: Guard = Guard { name: "insurer_and_provider", group: Group::Cross, check: check::case_parties };

/// Cases.
pub const CASES: &[Row] = &[Row {
    id: RowId(*b"CS", 1),
    from: &[State::New],
    event: EventName::OpenCase,
    actors: &[SUB, GDN, HOS],
    to: State::Open,
    guards: &[OPENER, CASE_WINDOW, CASE_CAP, CASE_PARTIES],
    effect: Effect { text: "claims may be filed under it", apply: execute::open_case },
}];

const ISSUER: Guard = Guard { name: "issuer_is_provider", group: Group::Role, check: check::issuer };
const BILL_TOTAL: Guard = Guard { name: "total_within_limit", group: Group::Content, check: check::bill_total };

/// Bills.
pub const BILLS: &[Row] = &[Row {
    id: RowId(*b"BI", 1),
    from: &[State::New],
    event: EventName::RegisterBill,
    actors: &[HOS],
    to: State::Registered,
    guards: &[ISSUER, BILL_TOTAL],
    effect: Effect { text: "allocated := 0", apply: execute::register_bill },
}];

const SUBMITTER: Guard = Guard { name: "submitter_authorised", group: Group::Party, check: check::submitter };
const UNSHARED: Guard =
    Guard { name: "bills_unshared_or_coordination_declared", group: Group::Choice, check: check::unshared };
const SHARED: Guard =
    Guard { name: "bill_shared_and_coordination_undeclared", group: Group::Choice, check: check::shared };
const CASE_OPEN: Guard = Guard { name: "case_open", group: Group::Object, check: check::case_open };
const PARTS: Guard = Guard { name: "known_parts_only", group: Group::Content, check: check::known_parts };
const CURRENCY: Guard = Guard { name: "one_currency", group: Group::Content, check: check::one_currency };
const LIMITS: Guard = Guard { name: "amounts_within_limit", group: Group::Content, check: check::limits };
const BALANCED: Guard = Guard { name: "amounts_balance", group: Group::Content, check: check::balanced };
const LINES: Guard = Guard { name: "lines_add_up", group: Group::Content, check: check::lines };
const LINE_OF_SERVICE: Guard =
    Guard { name: "no_basic_insurance_in_international_service", group: Group::Content, check: check::service_line };
const FILED: Guard = Guard { name: "filed_in_time", group: Group::Content, check: check::filed_in_time };
const LICENSED: Guard =
    Guard { name: "insurer_and_provider_active_and_licensed", group: Group::Cross, check: check::licensed };
const BILLS_STAND: Guard = Guard { name: "bills_registered_by_provider", group: Group::Cross, check: check::bills };
const UNCLAIMED: Guard =
    Guard { name: "no_claim_of_insurer_on_bills_or_correction", group: Group::Cross, check: check::unclaimed };
const BILL_ROOM: Guard = Guard { name: "claims_on_bill_bounded", group: Group::Cross, check: check::bill_room };
const ATTACHED: Guard = Guard { name: "documents_permitted", group: Group::Cross, check: check::attachments };
const CAPABILITY: Guard = Guard { name: "within_capability", group: Group::Cross, check: check::capability };

const INSURER: Guard = Guard { name: "insurer_of_claim", group: Group::Party, check: check::insurer };
const RETURNABLE: Guard = Guard { name: "reason_not_duplicate", group: Group::Content, check: check::returnable };
const CLEARED: Guard = Guard { name: "other_insurers_or_subject_co-sign", group: Group::Cross, check: check::cleared };
const BILL_LEFT: Guard = Guard { name: "a_bill_has_something_left", group: Group::Cross, check: check::bill_left };
const EVIDENT: Guard = Guard { name: "evidence_present", group: Group::Content, check: check::evident };
const CONFIRMED: Guard =
    Guard { name: "issuer_or_other_insurer_co-signs", group: Group::Cross, check: check::confirmed };

const DECIDER: Guard = Guard { name: "decider_not_submitter", group: Group::Object, check: decide::decider };
const IN_FULL: Guard = Guard { name: "approved_as_claimed", group: Group::Content, check: decide::in_full };
const IN_PART: Guard = Guard { name: "approved_less_than_claimed", group: Group::Content, check: decide::in_part };
const SHARES: Guard = Guard { name: "shares_add_up", group: Group::Content, check: decide::shares };
const REASONS: Guard = Guard { name: "reasons_given", group: Group::Content, check: decide::reasons };
const REVIEWED: Guard = Guard { name: "denied_by_a_person", group: Group::Content, check: decide::reviewed };
const BILLS_HOLD: Guard = Guard { name: "bills_not_exceeded", group: Group::Cross, check: decide::bills_hold };
const GUARANTEED: Guard =
    Guard { name: "reasons_allowed_under_guarantee", group: Group::Content, check: decide::reasons_guaranteed };
const WITHIN_PREAUTH: Guard =
    Guard { name: "within_preauthorisation", group: Group::Cross, check: decide::within_preauth };
const UNDERTAKINGS: Guard = Guard { name: "preauthorisation_and_guarantee_fit", group: Group::Cross, check: draw::fit };
const PAYABLE: Guard = Guard { name: "amount_is_payable", group: Group::Content, check: decide::payable };

const FILING: [Guard; 16] = [
    SUBMITTER,
    CASE_OPEN,
    PARTS,
    CURRENCY,
    LIMITS,
    BALANCED,
    LINES,
    LINE_OF_SERVICE,
    FILED,
    LICENSED,
    BILLS_STAND,
    UNCLAIMED,
    BILL_ROOM,
    ATTACHED,
    CAPABILITY,
    UNDERTAKINGS,
];

/// The guards of filing with the one that tells the two rows apart.
const fn filing(choice: Guard) -> [Guard; 17] {
    let mut guards = [choice; 17];
    let mut index = 0;
    while index < FILING.len() {
        guards[index + 1] = FILING[index];
        index += 1;
    }
    guards
}

const FILING_UNSHARED: &[Guard] = &filing(UNSHARED);
const FILING_SHARED: &[Guard] = &filing(SHARED);

/// Claims.
pub const CLAIMS: &[Row] = &[
    Row {
        id: RowId(*b"CL", 1),
        from: &[State::New],
        event: EventName::SubmitClaim,
        actors: &[HOS, TPA, SUB, GDN],
        to: State::Submitted,
        guards: FILING_UNSHARED,
        effect: Effect { text: "bills cite it; acknowledgement due", apply: execute::submit },
    },
    Row {
        id: RowId(*b"CL", 2),
        from: &[State::New],
        event: EventName::SubmitClaim,
        actors: &[HOS, TPA, SUB, GDN],
        to: State::DupHold,
        guards: FILING_SHARED,
        effect: Effect { text: "bills cite it; held until cleared or the hold ends", apply: execute::submit },
    },
    Row {
        id: RowId(*b"CL", 3),
        from: &[State::Submitted],
        event: EventName::AcceptClaim,
        actors: &[INS, TPA],
        to: State::InReview,
        guards: &[INSURER],
        effect: Effect { text: "decision due", apply: execute::accept },
    },
    Row {
        id: RowId(*b"CL", 4),
        from: &[State::Submitted],
        event: EventName::RejectClaim,
        actors: &[INS, TPA],
        to: State::Rejected,
        guards: &[INSURER, RETURNABLE],
        effect: Effect { text: "bills released; no decision on coverage", apply: execute::reject },
    },
    Row {
        id: RowId(*b"CL", 5),
        from: &[State::Submitted],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::InReview,
        guards: &[],
        effect: Effect { text: "deemed accepted, ACK_MISSED; decision due", apply: execute::move_on },
    },
    Row {
        id: RowId(*b"CL", 12),
        from: &[State::DupHold],
        event: EventName::ClearDuplicate,
        actors: &[INS, TPA],
        to: State::InReview,
        guards: &[INSURER, CLEARED, BILL_LEFT],
        effect: Effect { text: "decision due", apply: execute::clear },
    },
    Row {
        id: RowId(*b"CL", 13),
        from: &[State::DupHold],
        event: EventName::ConfirmDuplicate,
        actors: &[INS],
        to: State::Rejected,
        guards: &[INSURER, EVIDENT, CONFIRMED],
        effect: Effect { text: "bills released; the case counts a duplicate", apply: execute::confirm },
    },
    Row {
        id: RowId(*b"CL", 14),
        from: &[State::DupHold],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::InReview,
        guards: &[],
        effect: Effect { text: "DUP_UNRESOLVED for the regulators; decision due", apply: execute::move_on },
    },
    Row {
        id: RowId(*b"CL", 15),
        from: &[State::InReview],
        event: EventName::ApproveClaim,
        actors: &[INS, TPA],
        to: State::Approved,
        guards: &[INSURER, DECIDER, IN_FULL, SHARES, BILLS_HOLD, WITHIN_PREAUTH],
        effect: Effect { text: "bills allocated; payment due", apply: execute::approve },
    },
    Row {
        id: RowId(*b"CL", 16),
        from: &[State::InReview],
        event: EventName::ApprovePartial,
        actors: &[INS, TPA],
        to: State::PartApproved,
        guards: &[INSURER, DECIDER, IN_PART, SHARES, REASONS, GUARANTEED, BILLS_HOLD, WITHIN_PREAUTH],
        effect: Effect { text: "bills allocated; payment due", apply: execute::approve },
    },
    Row {
        id: RowId(*b"CL", 17),
        from: &[State::InReview],
        event: EventName::DenyClaim,
        actors: &[INS, TPA],
        to: State::Denied,
        guards: &[INSURER, DECIDER, REASONS, GUARANTEED, REVIEWED],
        effect: Effect { text: "appeal window opens", apply: execute::deny },
    },
    Row {
        id: RowId(*b"CL", 25),
        from: &[State::Approved, State::PartApproved],
        event: EventName::InstructPayment,
        actors: &[INS, TPA, ADV],
        to: State::PayInstructed,
        guards: &[INSURER, PAYABLE],
        effect: Effect { text: "ST-01", apply: execute::instruct },
    },
    Row {
        id: RowId(*b"CL", 27),
        from: &[State::PayInstructed],
        event: EventName::PaymentDone,
        actors: &[SYS],
        to: State::Settled,
        guards: &[],
        effect: Effect { text: "settled_net += amount", apply: execute::payment_done },
    },
    Row {
        id: RowId(*b"CL", 28),
        from: &[State::PayInstructed],
        event: EventName::PaymentFailed,
        actors: &[SYS],
        to: State::Decided,
        guards: &[],
        effect: Effect { text: "back to Approved or PartApproved; payment due again", apply: execute::payment_failed },
    },
];
