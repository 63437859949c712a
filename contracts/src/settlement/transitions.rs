//! The tables of settlements (ST) and their batches (SB).

use assent_types::receipt::RowId;

use super::{batch, check, execute};
use crate::runtime::table::actors::{ADV, BNK, GDN, HOS, INS, REG, SUB, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const ONE_LIVE: Guard = Guard { name: "no_other_payment_under_way", group: Group::Object, check: check::one_live };
const NOT_HALTED: Guard = Guard { name: "payments_not_halted", group: Group::Object, check: check::not_halted };
const DESIGNATED: Guard = Guard { name: "bank_designated_for_currency", group: Group::Cross, check: check::designated };
const BANK: Guard = Guard { name: "bank_of_settlement", group: Group::Party, check: check::bank };
const EXACT: Guard = Guard { name: "paid_as_instructed", group: Group::Content, check: check::exact };
const PAYEE: Guard = Guard { name: "payee", group: Group::Party, check: check::payee };
const CONVERTIBLE: Guard = Guard { name: "rate_in_force", group: Group::Cross, check: check::convertible };
const INSTRUCTOR: Guard = Guard { name: "instructing_party", group: Group::Party, check: check::instructor };
const RESOLVER: Guard = Guard { name: "bank_of_settlement_or_regulator", group: Group::Party, check: check::resolver };
const AGREED: Guard = Guard { name: "other_side_co-signs_or_order", group: Group::Cross, check: check::agreed };

/// Settlements.
pub const SETTLEMENTS: &[Row] = &[
    Row {
        id: RowId(*b"ST", 1),
        from: &[State::New],
        event: EventName::Instruct,
        actors: &[INS, TPA, ADV, HOS, SUB, GDN, REG],
        to: State::Instructed,
        guards: &[ONE_LIVE, NOT_HALTED, CONVERTIBLE, DESIGNATED],
        effect: Effect { text: "bank's answer due", apply: execute::instruct },
    },
    Row {
        id: RowId(*b"ST", 2),
        from: &[State::Instructed],
        event: EventName::BankAccept,
        actors: &[BNK],
        to: State::BankAccepted,
        guards: &[BANK, NOT_HALTED, DESIGNATED],
        effect: Effect { text: "payment due", apply: execute::accept },
    },
    Row {
        id: RowId(*b"ST", 3),
        from: &[State::Instructed],
        event: EventName::RecallPayment,
        actors: &[INS, TPA, ADV, HOS, SUB, GDN],
        to: State::Recalled,
        guards: &[INSTRUCTOR],
        effect: Effect { text: "CL-28 or CL-41", apply: execute::end },
    },
    Row {
        id: RowId(*b"ST", 4),
        from: &[State::Instructed, State::BankAccepted],
        event: EventName::BankFail,
        actors: &[BNK],
        to: State::Failed,
        guards: &[BANK],
        effect: Effect { text: "CL-28 or CL-41", apply: execute::end },
    },
    Row {
        id: RowId(*b"ST", 5),
        from: &[State::BankAccepted],
        event: EventName::BankPaid,
        actors: &[BNK],
        to: State::Paid,
        guards: &[BANK, EXACT],
        effect: Effect { text: "acknowledgement due", apply: execute::paid },
    },
    Row {
        id: RowId(*b"ST", 6),
        from: &[State::Paid],
        event: EventName::PayeeAck,
        actors: &[HOS, SUB, GDN, ADV, INS],
        to: State::Acked,
        guards: &[PAYEE],
        effect: Effect { text: "CL-27, CL-34 or CL-35", apply: execute::end },
    },
    Row {
        id: RowId(*b"ST", 7),
        from: &[State::Paid],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Acked,
        guards: &[],
        effect: Effect { text: "deemed acknowledged; CL-27, CL-34 or CL-35", apply: execute::move_on },
    },
    Row {
        id: RowId(*b"ST", 8),
        from: &[State::Paid],
        event: EventName::DisputePayment,
        actors: &[HOS, SUB, GDN, ADV, INS],
        to: State::PayeeDisputed,
        guards: &[PAYEE],
        effect: Effect { text: "resolution due", apply: execute::dispute },
    },
    Row {
        id: RowId(*b"ST", 9),
        from: &[State::PayeeDisputed],
        event: EventName::ResolvePaid,
        actors: &[BNK, REG],
        to: State::Acked,
        guards: &[RESOLVER, AGREED],
        effect: Effect { text: "CL-27, CL-34 or CL-35", apply: execute::end },
    },
    Row {
        id: RowId(*b"ST", 10),
        from: &[State::PayeeDisputed],
        event: EventName::ResolveFailed,
        actors: &[BNK, REG],
        to: State::Failed,
        guards: &[RESOLVER, AGREED],
        effect: Effect { text: "CL-28 or CL-41", apply: execute::end },
    },
    Row {
        id: RowId(*b"ST", 11),
        from: &[State::Instructed],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Failed,
        guards: &[],
        effect: Effect { text: "missed by the bank; CL-28 or CL-41", apply: execute::move_on },
    },
    Row {
        id: RowId(*b"ST", 12),
        from: &[State::BankAccepted],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::PayeeDisputed,
        guards: &[],
        effect: Effect { text: "missed by the bank; resolution due", apply: execute::move_on },
    },
    Row {
        id: RowId(*b"ST", 13),
        from: &[State::PayeeDisputed],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::PayeeDisputed,
        guards: &[],
        effect: Effect { text: "missed by bank and regulator", apply: execute::move_on },
    },
];

const PAYER: Guard = Guard { name: "payer_of_all", group: Group::Party, check: batch::payer };
const UNBATCHED: Guard = Guard { name: "in_no_batch_yet", group: Group::Object, check: batch::unbatched };
const ADDS_UP: Guard = Guard { name: "details_add_up", group: Group::Content, check: batch::adds_up };

/// Batches.
pub const BATCHES: &[Row] = &[Row {
    id: RowId(*b"SB", 1),
    from: &[State::New],
    event: EventName::BatchSettlements,
    actors: &[INS, TPA, ADV],
    to: State::Recorded,
    guards: &[PAYER, UNBATCHED, ADDS_UP],
    effect: Effect { text: "each settlement is in this batch and in no other", apply: batch::put_together },
}];
