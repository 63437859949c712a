//! The table of settlements (ST).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{ADV, BNK, GDN, HOS, INS, SUB, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const ONE_LIVE: Guard = Guard { name: "no_other_payment_under_way", group: Group::Object, check: check::one_live };
const NOT_HALTED: Guard = Guard { name: "payments_not_halted", group: Group::Object, check: check::not_halted };
const DESIGNATED: Guard = Guard { name: "bank_designated_for_currency", group: Group::Cross, check: check::designated };
const BANK: Guard = Guard { name: "bank_of_settlement", group: Group::Party, check: check::bank };
const EXACT: Guard = Guard { name: "paid_as_instructed", group: Group::Content, check: check::exact };
const PAYEE: Guard = Guard { name: "payee", group: Group::Party, check: check::payee };

/// Settlements.
pub const SETTLEMENTS: &[Row] = &[
    Row {
        id: RowId(*b"ST", 1),
        from: &[State::New],
        event: EventName::Instruct,
        actors: &[INS, TPA, ADV],
        to: State::Instructed,
        guards: &[ONE_LIVE, NOT_HALTED, DESIGNATED],
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
        id: RowId(*b"ST", 4),
        from: &[State::Instructed, State::BankAccepted],
        event: EventName::BankFail,
        actors: &[BNK],
        to: State::Failed,
        guards: &[BANK],
        effect: Effect { text: "CL-28", apply: execute::fail },
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
        effect: Effect { text: "CL-27", apply: execute::acknowledge },
    },
    Row {
        id: RowId(*b"ST", 7),
        from: &[State::Paid],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Acked,
        guards: &[],
        effect: Effect { text: "deemed acknowledged; CL-27", apply: execute::acknowledge },
    },
];
