//! Tables of keysets (KS), documents (DO) and repairs of shards (SR).
//!
//! A document becomes active by whatever it waits for last, a shard or a key holder; and a version is superseded by the
//! ledger itself, when the next one is active.

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{APP, CUS, HOS, INS, KEY, SYS, TPA};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const CONTROLLER: Guard = Guard { name: "controller_signs", group: Group::Role, check: check::controller_signs };
const HOLDERS: Guard = Guard {
    name: "holders_agree,_one_in_the_controller's_jurisdiction,_threshold_within_reach",
    group: Group::Content,
    check: check::keyset,
};
const AUTHOR: Guard = Guard { name: "author_signs", group: Group::Role, check: check::author_signs };
const CODES: Guard = Guard { name: "grade_and_month_known", group: Group::Content, check: check::codes };
const ENCRYPTED: Guard = Guard { name: "encrypted", group: Group::Content, check: check::encrypted };
const CODING: Guard = Guard { name: "code_listed_and_shards_spread", group: Group::Content, check: check::coding };
const DISJOINT: Guard = Guard { name: "no_custodian_holds_keys", group: Group::Cross, check: check::disjoint };
const KEYSET: Guard = Guard { name: "keyset_of_the_controller", group: Group::Cross, check: check::keyset_fits };
const BASIS: Guard = Guard { name: "basis_covers_places", group: Group::Cross, check: check::basis };
const DEPOSIT: Guard = Guard { name: "own_document_or_deposit_consent", group: Group::Cross, check: check::deposit };
const FIRST: Guard = Guard { name: "first_version", group: Group::Object, check: check::first_version };
const NEXT: Guard = Guard { name: "next_version_of_the_head", group: Group::Object, check: check::next_version };
const STORES: Guard = Guard { name: "own_shards_with_anchored_roots", group: Group::Content, check: check::stores_own };
const ACCEPTS: Guard = Guard { name: "own_share_once", group: Group::Content, check: check::accepts_own };
const COMPLETES: Guard =
    Guard { name: "every_holder_and_all_shards_but_at_most_one", group: Group::Choice, check: check::completes };
const AWAITS: Guard = Guard { name: "more_is_awaited", group: Group::Choice, check: check::awaits_more };
const RETRACTS: Guard = Guard { name: "author_signs", group: Group::Role, check: check::author_retracts };
const ORDERS: Guard =
    Guard { name: "controller,_or_the_custodian_itself", group: Group::Role, check: check::may_order };
const REPAIRABLE: Guard =
    Guard { name: "document_active_or_superseded", group: Group::Object, check: check::repairable };
const SPREAD: Guard = Guard { name: "shards_spread_after_it", group: Group::Content, check: check::repaired_spread };
const FITS: Guard =
    Guard { name: "no_key_holder,_basis_covers_places", group: Group::Cross, check: check::repaired_fits };
const REPAIRS: Guard =
    Guard { name: "named_custodian,_anchored_root", group: Group::Content, check: check::repairs_own };

const STILL_SPREAD: Guard =
    Guard { name: "shards_spread_once_it_is_moved", group: Group::Cross, check: check::still_spread };

/// Sets of key holders.
pub const KEYSETS: &[Row] = &[Row {
    id: RowId(*b"KS", 1),
    from: &[State::New],
    event: EventName::RegisterKeyset,
    actors: &[HOS, INS],
    to: State::Live,
    guards: &[CONTROLLER, HOLDERS],
    effect: Effect { text: "documents of the controller may name it", apply: execute::register_keyset },
}];

/// Documents. The object is one version.
pub const DOCUMENTS: &[Row] = &[
    Row {
        id: RowId(*b"DO", 1),
        from: &[State::New],
        event: EventName::AnchorDocument,
        actors: &[HOS, INS, TPA, APP],
        to: State::Pending,
        guards: &[AUTHOR, FIRST, CODES, ENCRYPTED, CODING, DISJOINT, KEYSET, BASIS, DEPOSIT],
        effect: Effect { text: "custodians and key holders may store", apply: execute::anchor },
    },
    Row {
        id: RowId(*b"DO", 2),
        from: &[State::Pending],
        event: EventName::StoreReceipt,
        actors: &[CUS],
        to: State::Active,
        guards: &[COMPLETES, STORES],
        effect: Effect { text: "a missing shard is an open repair", apply: execute::store },
    },
    Row {
        id: RowId(*b"DO", 3),
        from: &[State::Pending],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::Abandoned,
        guards: &[],
        effect: Effect { text: "custodians delete", apply: execute::abandon },
    },
    Row {
        id: RowId(*b"DO", 4),
        from: &[State::New],
        event: EventName::AnchorCorrection,
        actors: &[HOS, INS, TPA],
        to: State::Pending,
        guards: &[AUTHOR, NEXT, CODES, ENCRYPTED, CODING, DISJOINT, KEYSET, BASIS, DEPOSIT],
        effect: Effect {
            text: "as DO-01; the version before stays the head until this one is active",
            apply: execute::correct,
        },
    },
    Row {
        id: RowId(*b"DO", 5),
        from: &[State::Active, State::Superseded],
        event: EventName::RetractDocument,
        actors: &[HOS, INS],
        to: State::Retracted,
        guards: &[RETRACTS],
        effect: Effect { text: "open sessions for it are cancelled", apply: execute::retract },
    },
    Row {
        id: RowId(*b"DO", 13),
        from: &[State::Active],
        event: EventName::SuccessorActive,
        actors: &[SYS],
        to: State::Superseded,
        guards: &[],
        effect: Effect { text: "no longer the head", apply: execute::superseded },
    },
    Row {
        id: RowId(*b"DO", 14),
        from: &[State::Pending],
        event: EventName::StoreReceipt,
        actors: &[CUS],
        to: State::Pending,
        guards: &[AWAITS, STORES],
        effect: Effect { text: "its shards are stored", apply: execute::store },
    },
    Row {
        id: RowId(*b"DO", 15),
        from: &[State::Pending],
        event: EventName::AcceptShare,
        actors: &[KEY],
        to: State::Active,
        guards: &[COMPLETES, ACCEPTS],
        effect: Effect { text: "as DO-02", apply: execute::accept },
    },
    Row {
        id: RowId(*b"DO", 16),
        from: &[State::Pending],
        event: EventName::AcceptShare,
        actors: &[KEY],
        to: State::Pending,
        guards: &[AWAITS, ACCEPTS],
        effect: Effect { text: "the holder keeps its share", apply: execute::accept },
    },
    Row {
        id: RowId(*b"DO", 17),
        from: &[State::Active],
        event: EventName::StoreReceipt,
        actors: &[CUS],
        to: State::Active,
        guards: &[STORES],
        effect: Effect { text: "the shard is not missing any more", apply: execute::store },
    },
];

/// Repairs of shards.
pub const REPAIRS_OF_SHARDS: &[Row] = &[
    Row {
        id: RowId(*b"SR", 1),
        from: &[State::New, State::Ordered],
        event: EventName::OrderRepair,
        actors: &[HOS, INS, CUS],
        to: State::Ordered,
        guards: &[ORDERS, REPAIRABLE, SPREAD, FITS],
        effect: Effect { text: "the named custodian may read from the others", apply: execute::order_repair },
    },
    Row {
        id: RowId(*b"SR", 2),
        from: &[State::Ordered],
        event: EventName::CompleteRepair,
        actors: &[CUS],
        to: State::Completed,
        guards: &[REPAIRABLE, REPAIRS, STILL_SPREAD],
        effect: Effect { text: "it keeps the shard from now on", apply: execute::complete_repair },
    },
];
