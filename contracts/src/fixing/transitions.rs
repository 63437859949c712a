//! The table of fixings (FX).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{FXO, REG};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const DESIGNATED: Guard = Guard { name: "oracle_designated_for_pair", group: Group::Role, check: check::designated };
const TERMS: Guard = Guard { name: "rate_within_limits", group: Group::Content, check: check::terms };
const WINDOW: Guard = Guard { name: "window_valid", group: Group::Content, check: check::window };
const ONE_WAY: Guard = Guard { name: "pair_quoted_one_way", group: Group::Cross, check: check::one_way };
const BAND: Guard =
    Guard { name: "within_band_or_counter-signed", group: Group::Cross, check: check::within_band_or_countersigned };
const PUBLISHER: Guard = Guard { name: "publisher_or_regulator", group: Group::Party, check: check::publisher };

/// Fixings.
pub const FIXINGS: &[Row] = &[
    Row {
        id: RowId(*b"FX", 1),
        from: &[State::New],
        event: EventName::PublishFixing,
        actors: &[FXO],
        to: State::Live,
        guards: &[DESIGNATED, TERMS, WINDOW, ONE_WAY, BAND],
        effect: Effect { text: "the latest of its pair", apply: execute::publish },
    },
    Row {
        id: RowId(*b"FX", 2),
        from: &[State::Live],
        event: EventName::WithdrawFixing,
        actors: &[FXO, REG],
        to: State::Revoked,
        guards: &[PUBLISHER],
        effect: Effect { text: "later locks cannot take it; earlier ones stay", apply: execute::withdraw },
    },
];
