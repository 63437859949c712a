//! Tables of organisations' keys (OK) and of evidence (EV).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::ORGANISATIONS;
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const OWN_KEYS_SIGN: Guard =
    Guard { name: "own_recovery_key_or_two_signers", group: Group::Role, check: check::own_keys_sign };
const USAGE: Guard = Guard { name: "usage_of_the_old_key", group: Group::Object, check: check::usage };
const VALIDATOR: Guard =
    Guard { name: "a_validator_replaces_the_key_it_votes_with", group: Group::Object, check: check::validator_key };
const WINDOW: Guard = Guard { name: "window_valid", group: Group::Content, check: check::window };
const FRESH: Guard = Guard { name: "new_key_fresh_and_possessed", group: Group::Cross, check: check::fresh_key };
const ROOM: Guard = Guard { name: "key_list_has_room", group: Group::Cross, check: check::room };
const PAIR: Guard = Guard { name: "pair_conflicts_and_verifies", group: Group::Content, check: check::pair_verifies };
const EVIDENCE_ROOM: Guard = Guard { name: "evidence_list_has_room", group: Group::Cross, check: check::evidence_room };

/// Keys of organisations. The object is the key that ends, or, where none does, the one that begins.
pub const KEYS: &[Row] = &[
    Row {
        id: RowId(*b"OK", 1),
        from: &[State::New],
        event: EventName::RotateKey,
        actors: ORGANISATIONS,
        to: State::Live,
        guards: &[OWN_KEYS_SIGN, VALIDATOR, WINDOW, FRESH, ROOM],
        effect: Effect { text: "the new key is registered", apply: execute::rotate },
    },
    Row {
        id: RowId(*b"OK", 2),
        from: &[State::Live, State::Expired],
        event: EventName::RotateKey,
        actors: ORGANISATIONS,
        to: State::Revoked,
        guards: &[OWN_KEYS_SIGN, USAGE, VALIDATOR, WINDOW, FRESH, ROOM],
        effect: Effect {
            text: "the old key ends now, the new key is registered; a validator votes with it two heights later",
            apply: execute::rotate,
        },
    },
];

/// Evidence that a validator signed two conflicting messages.
pub const EVIDENCE: &[Row] = &[Row {
    id: RowId(*b"EV", 1),
    from: &[State::New],
    event: EventName::SubmitEvidence,
    actors: ORGANISATIONS,
    to: State::Recorded,
    guards: &[PAIR, EVIDENCE_ROOM],
    effect: Effect { text: "the pair is kept for the regulators", apply: execute::record_evidence },
}];
