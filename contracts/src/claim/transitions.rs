//! The tables of cases (CS), bills (BI) and claims (CL).

use assent_types::receipt::RowId;

use super::{appeal, check, clawback, close, decide, execute, inform};
use crate::preauth::draw;
use crate::runtime::table::actors::{ADV, GDN, HOS, INS, REG, SUB, SYS, TPA};
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

const ENDING_ISSUER: Guard = Guard { name: "issuer_signs", group: Group::Party, check: check::ending_issuer };
const UNCITED: Guard = Guard { name: "no_claim_cites_it", group: Group::Object, check: check::uncited };
const REPLACEMENT: Guard =
    Guard { name: "new_total_within_limit_and_explained", group: Group::Content, check: check::replacement };

/// Bills.
pub const BILLS: &[Row] = &[
    Row {
        id: RowId(*b"BI", 1),
        from: &[State::New],
        event: EventName::RegisterBill,
        actors: &[HOS],
        to: State::Registered,
        guards: &[ISSUER, BILL_TOTAL],
        effect: Effect { text: "allocated := 0", apply: execute::register_bill },
    },
    Row {
        id: RowId(*b"BI", 2),
        from: &[State::Registered],
        event: EventName::VoidBill,
        actors: &[HOS],
        to: State::Voided,
        guards: &[ENDING_ISSUER, UNCITED],
        effect: Effect { text: "flagged if a payment had been instructed", apply: execute::void_bill },
    },
    Row {
        id: RowId(*b"BI", 3),
        from: &[State::Registered],
        event: EventName::ReplaceBill,
        actors: &[HOS],
        to: State::Replaced,
        guards: &[ENDING_ISSUER, UNCITED, REPLACEMENT],
        effect: Effect {
            text: "the new bill is registered; flagged if a payment had been instructed",
            apply: execute::replace_bill,
        },
    },
];

const SUBMITTER: Guard = Guard { name: "submitter_authorised", group: Group::Party, check: check::submitter };
const UNSHARED: Guard =
    Guard { name: "bills_unshared_or_coordination_declared", group: Group::Choice, check: check::unshared };
const SHARED: Guard =
    Guard { name: "bill_shared_and_coordination_undeclared", group: Group::Choice, check: check::shared };
const CASE_OPEN: Guard = Guard { name: "case_open", group: Group::Object, check: check::case_open };
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

const ASSIGNED: Guard = Guard { name: "assigned_to_payee", group: Group::Cross, check: check::assigned };
const RATE: Guard = Guard { name: "currency_and_rate_of_payment", group: Group::Cross, check: check::rate };
const CODES: Guard = Guard { name: "code_versions_live_and_map_in_force", group: Group::Cross, check: check::codes };

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

const NOT_LOWERED: Guard =
    Guard { name: "not_below_approved_before", group: Group::Content, check: decide::not_lowered };
const LOCKED: Guard = Guard { name: "rate_in_force", group: Group::Cross, check: decide::rate };
const MAPPED: Guard = Guard { name: "code_map_in_force", group: Group::Cross, check: decide::code_map };

const ROUNDS: Guard = Guard { name: "rounds_left", group: Group::Object, check: inform::rounds };
const MINIMAL: Guard = Guard { name: "within_minimisation_matrix", group: Group::Content, check: inform::minimal };
const EITHER_SIDE: Guard =
    Guard { name: "insurer_or_provider_of_claim", group: Group::Party, check: inform::insurer_or_provider };
const GAP: Guard = Guard { name: "a_consent_is_missing", group: Group::Cross, check: inform::gap };
const INFORMANT: Guard =
    Guard { name: "provider_subject_or_proxy_of_claim", group: Group::Party, check: inform::informant };
const LINK_ROOM: Guard = Guard { name: "documents_bounded", group: Group::Content, check: inform::link_room };
const LINKABLE: Guard = Guard { name: "documents_permitted", group: Group::Cross, check: inform::linkable };
const CONSENTED: Guard = Guard { name: "needed_documents_permitted", group: Group::Cross, check: inform::consented };

const APPELLANT: Guard =
    Guard { name: "subject_proxy_or_provider_with_authority", group: Group::Party, check: appeal::appellant };
const APPEAL_WINDOW: Guard = Guard { name: "in_window_and_number", group: Group::Object, check: appeal::window };
const AGAINST_PART: Guard =
    Guard { name: "something_disallowed_nothing_clawed_back", group: Group::Object, check: appeal::against_part };
const LEVEL: Guard = Guard { name: "decider_of_level", group: Group::Party, check: appeal::level };
const ANOTHER_PERSON: Guard =
    Guard { name: "another_person_than_before", group: Group::Object, check: appeal::another_person };
const BY_PERSON: Guard = Guard { name: "decided_by_a_person", group: Group::Content, check: appeal::by_person };
const RAISED_IN_PART: Guard =
    Guard { name: "not_below_before_and_less_than_claimed", group: Group::Content, check: appeal::in_part };
const NOTHING_BEFORE: Guard =
    Guard { name: "nothing_approved_before", group: Group::Content, check: appeal::nothing_before };
const APPEAL_REASONS: Guard = Guard { name: "reasons_given", group: Group::Content, check: appeal::reasons };

const INSURER_ITSELF: Guard =
    Guard { name: "insurer_of_claim_itself", group: Group::Party, check: clawback::insurer_itself };
const SETTLED_ENOUGH: Guard = Guard { name: "settled_and_in_window", group: Group::Content, check: clawback::within };
const CLAWED_SHARES: Guard =
    Guard { name: "shares_add_up_and_are_allocated", group: Group::Content, check: clawback::shares };
const CLAIMS_PAYEE: Guard = Guard { name: "payee_of_claim", group: Group::Party, check: clawback::payee };
const NOT_IN_FLIGHT: Guard =
    Guard { name: "clawback_not_being_paid", group: Group::Object, check: clawback::not_in_flight };
const REGULATOR: Guard = Guard { name: "regulator_signs", group: Group::Role, check: clawback::regulator };
const ORDERED: Guard = Guard { name: "order_given", group: Group::Content, check: close::ordered };
const CITABLE: Guard = Guard { name: "bills_can_be_cited_again", group: Group::Cross, check: close::citable };
const WITHDRAWER: Guard = Guard { name: "who_filed_or_subject", group: Group::Party, check: close::withdrawer };
const UNSETTLED: Guard = Guard { name: "nothing_settled", group: Group::Object, check: close::unsettled };

const FILING: [Guard; 18] = [
    SUBMITTER,
    CASE_OPEN,
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
    ASSIGNED,
    RATE,
    CODES,
    UNDERTAKINGS,
];

/// The guards of filing with the one that tells the two rows apart.
const fn filing(choice: Guard) -> [Guard; 19] {
    let mut guards = [choice; 19];
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
        effect: Effect {
            text: "BILL_COLLISION; bills cite it; held until cleared or the hold ends",
            apply: execute::submit,
        },
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
        effect: Effect { text: "deemed accepted, ACK_MISSED; decision due", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 6),
        from: &[State::InReview],
        event: EventName::RequestInfo,
        actors: &[INS, TPA],
        to: State::InfoRequested,
        guards: &[INSURER, ROUNDS, MINIMAL],
        effect: Effect { text: "time to decide stands still; information due", apply: inform::request },
    },
    Row {
        id: RowId(*b"CL", 7),
        from: &[State::InReview, State::InfoRequested],
        event: EventName::ConsentGap,
        actors: &[HOS, INS, TPA],
        to: State::ConsentHold,
        guards: &[EITHER_SIDE, GAP],
        effect: Effect {
            text: "time to decide stands still; held until the consent is there or the hold ends",
            apply: inform::hold,
        },
    },
    Row {
        id: RowId(*b"CL", 8),
        from: &[State::InfoRequested],
        event: EventName::LinkAttachments,
        actors: &[HOS, TPA, SUB, GDN],
        to: State::InReview,
        guards: &[INFORMANT, LINK_ROOM, LINKABLE],
        effect: Effect { text: "documents linked; time to decide goes on", apply: inform::link },
    },
    Row {
        id: RowId(*b"CL", 9),
        from: &[State::InfoRequested],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::InReview,
        guards: &[],
        effect: Effect { text: "INFO_TIMEOUT; time to decide goes on", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 10),
        from: &[State::ConsentHold],
        event: EventName::ResumeWithConsent,
        actors: &[SUB, GDN, HOS],
        to: State::InReview,
        guards: &[INFORMANT, CONSENTED],
        effect: Effect { text: "time to decide goes on", apply: inform::resume_review },
    },
    Row {
        id: RowId(*b"CL", 11),
        from: &[State::ConsentHold],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::InReview,
        guards: &[],
        effect: Effect { text: "CONSENT_MISSING; time to decide goes on", apply: close::move_on },
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
        effect: Effect { text: "DUP_UNRESOLVED for the regulators; decision due", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 15),
        from: &[State::InReview],
        event: EventName::ApproveClaim,
        actors: &[INS, TPA],
        to: State::Approved,
        guards: &[INSURER, DECIDER, IN_FULL, NOT_LOWERED, SHARES, BILLS_HOLD, LOCKED, MAPPED, WITHIN_PREAUTH],
        effect: Effect {
            text: "bills allocated; payment due; CL-29 if nothing is left to pay",
            apply: execute::approve,
        },
    },
    Row {
        id: RowId(*b"CL", 16),
        from: &[State::InReview],
        event: EventName::ApprovePartial,
        actors: &[INS, TPA],
        to: State::PartApproved,
        guards: &[
            INSURER,
            DECIDER,
            IN_PART,
            NOT_LOWERED,
            SHARES,
            REASONS,
            GUARANTEED,
            BILLS_HOLD,
            LOCKED,
            MAPPED,
            WITHIN_PREAUTH,
        ],
        effect: Effect {
            text: "bills allocated; payment due; CL-29 if nothing is left to pay",
            apply: execute::approve,
        },
    },
    Row {
        id: RowId(*b"CL", 17),
        from: &[State::InReview],
        event: EventName::DenyClaim,
        actors: &[INS, TPA],
        to: State::Denied,
        guards: &[INSURER, DECIDER, NOT_LOWERED, REASONS, GUARANTEED, REVIEWED],
        effect: Effect { text: "appeal window opens", apply: execute::deny },
    },
    Row {
        id: RowId(*b"CL", 18),
        from: &[State::InReview],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::InReview,
        guards: &[],
        effect: Effect { text: "DEADLINE_MISSED, counted up to three times", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 19),
        from: &[State::PartApproved, State::Denied],
        event: EventName::FileAppeal,
        actors: &[SUB, GDN, HOS],
        to: State::Appealed,
        guards: &[APPELLANT, APPEAL_WINDOW],
        effect: Effect {
            text: "decision of the insurer due, of a regulator from the second appeal on",
            apply: appeal::file,
        },
    },
    Row {
        id: RowId(*b"CL", 20),
        from: &[State::Settled],
        event: EventName::FileAppeal,
        actors: &[SUB, GDN, HOS],
        to: State::Appealed,
        guards: &[APPELLANT, APPEAL_WINDOW, AGAINST_PART],
        effect: Effect { text: "as CL-19; what is settled stays", apply: appeal::file },
    },
    Row {
        id: RowId(*b"CL", 21),
        from: &[State::Appealed],
        event: EventName::DecideAppealFull,
        actors: &[INS, REG],
        to: State::Approved,
        guards: &[
            LEVEL,
            DECIDER,
            ANOTHER_PERSON,
            BY_PERSON,
            IN_FULL,
            SHARES,
            BILLS_HOLD,
            LOCKED,
            MAPPED,
            WITHIN_PREAUTH,
        ],
        effect: Effect {
            text: "difference allocated; payment due; CL-29 if nothing is left to pay",
            apply: appeal::decide,
        },
    },
    Row {
        id: RowId(*b"CL", 22),
        from: &[State::Appealed],
        event: EventName::DecideAppealPart,
        actors: &[INS, REG],
        to: State::PartApproved,
        guards: &[
            LEVEL,
            DECIDER,
            ANOTHER_PERSON,
            BY_PERSON,
            RAISED_IN_PART,
            SHARES,
            APPEAL_REASONS,
            GUARANTEED,
            BILLS_HOLD,
            LOCKED,
            MAPPED,
            WITHIN_PREAUTH,
        ],
        effect: Effect {
            text: "difference allocated; payment due; CL-29 if nothing is left to pay",
            apply: appeal::decide,
        },
    },
    Row {
        id: RowId(*b"CL", 23),
        from: &[State::Appealed],
        event: EventName::DecideAppealDeny,
        actors: &[INS, REG],
        to: State::Denied,
        guards: &[LEVEL, DECIDER, ANOTHER_PERSON, BY_PERSON, NOTHING_BEFORE, APPEAL_REASONS, GUARANTEED],
        effect: Effect { text: "appeal window opens", apply: appeal::decide },
    },
    Row {
        id: RowId(*b"CL", 24),
        from: &[State::Appealed],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Appealed,
        guards: &[],
        effect: Effect {
            text: "DEADLINE_MISSED; from the insurer the appeal goes on to a regulator",
            apply: close::move_on,
        },
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
        id: RowId(*b"CL", 26),
        from: &[State::Approved, State::PartApproved],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Decided,
        guards: &[],
        effect: Effect { text: "DEADLINE_MISSED, once", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 27),
        from: &[State::PayInstructed],
        event: EventName::PaymentDone,
        actors: &[SYS],
        to: State::Settled,
        guards: &[],
        effect: Effect { text: "settled_net += amount; clawback window opens", apply: execute::payment_done },
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
    Row {
        id: RowId(*b"CL", 29),
        from: &[State::Approved, State::PartApproved],
        event: EventName::AlreadyPaid,
        actors: &[SYS],
        to: State::Settled,
        guards: &[],
        effect: Effect { text: "nothing is left to pay", apply: execute::already_paid },
    },
    Row {
        id: RowId(*b"CL", 30),
        from: &[State::Settled, State::ClosedDenied],
        event: EventName::ReopenClaim,
        actors: &[REG],
        to: State::InReview,
        guards: &[REGULATOR, ORDERED, CITABLE],
        effect: Effect { text: "REOPENED; bills cite it; decision due", apply: close::reopen },
    },
    Row {
        id: RowId(*b"CL", 31),
        from: &[State::Settled],
        event: EventName::RequestClawback,
        actors: &[INS],
        to: State::ClawbackPending,
        guards: &[INSURER_ITSELF, SETTLED_ENOUGH, CLAWED_SHARES],
        effect: Effect { text: "payee's answer due", apply: clawback::request },
    },
    Row {
        id: RowId(*b"CL", 32),
        from: &[State::ClawbackPending],
        event: EventName::AgreeClawback,
        actors: &[HOS, SUB, GDN, ADV],
        to: State::ClawbackPending,
        guards: &[CLAIMS_PAYEE, NOT_IN_FLIGHT],
        effect: Effect { text: "ST-01", apply: clawback::pay_back },
    },
    Row {
        id: RowId(*b"CL", 33),
        from: &[State::ClawbackPending],
        event: EventName::ContestClawback,
        actors: &[HOS, SUB, GDN, ADV],
        to: State::Settled,
        guards: &[CLAIMS_PAYEE, NOT_IN_FLIGHT],
        effect: Effect { text: "CLAWBACK_CONTESTED", apply: clawback::contest },
    },
    Row {
        id: RowId(*b"CL", 34),
        from: &[State::ClawbackPending],
        event: EventName::ClawbackDone,
        actors: &[SYS],
        to: State::Reversed,
        guards: &[],
        effect: Effect { text: "settled_net down, clawed_back up; bills released", apply: clawback::paid_back },
    },
    Row {
        id: RowId(*b"CL", 35),
        from: &[State::ClawbackPending],
        event: EventName::ClawbackPartDone,
        actors: &[SYS],
        to: State::Settled,
        guards: &[],
        effect: Effect { text: "settled_net down, clawed_back up; allocation reduced", apply: clawback::paid_back },
    },
    Row {
        id: RowId(*b"CL", 36),
        from: &[State::ClawbackPending],
        event: EventName::OrderClawback,
        actors: &[REG],
        to: State::ClawbackPending,
        guards: &[REGULATOR, NOT_IN_FLIGHT, ORDERED],
        effect: Effect { text: "ST-01", apply: clawback::pay_back },
    },
    Row {
        id: RowId(*b"CL", 37),
        from: &[State::ClawbackPending],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Settled,
        guards: &[],
        effect: Effect { text: "the request lapses", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 38),
        from: &[
            State::Submitted,
            State::DupHold,
            State::InReview,
            State::InfoRequested,
            State::ConsentHold,
            State::Approved,
            State::PartApproved,
        ],
        event: EventName::WithdrawClaim,
        actors: &[SUB, GDN, HOS],
        to: State::Withdrawn,
        guards: &[WITHDRAWER, UNSETTLED],
        effect: Effect { text: "bills and capability released", apply: close::withdraw },
    },
    Row {
        id: RowId(*b"CL", 39),
        from: &[State::Denied],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::ClosedDenied,
        guards: &[],
        effect: Effect { text: "bills released", apply: close::close_denied },
    },
    Row {
        id: RowId(*b"CL", 40),
        from: &[State::Settled],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::ClosedPaid,
        guards: &[],
        effect: Effect { text: "final", apply: close::move_on },
    },
    Row {
        id: RowId(*b"CL", 41),
        from: &[State::ClawbackPending],
        event: EventName::ClawbackFailed,
        actors: &[SYS],
        to: State::ClawbackPending,
        guards: &[],
        effect: Effect { text: "the clawback waits again", apply: clawback::not_paid_back },
    },
];
