//! The table of claim codes (CC).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::consent;
use crate::runtime::table::actors::{GDN, HOS, SUB, SYS};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const GRANTED: Guard = Guard { name: "subject_or_proxy_signed_the_code", group: Group::Role, check: check::granted };
const WINDOW: Guard = Guard { name: "code_in_its_window", group: Group::Content, check: check::window };
const AUDIENCE: Guard = Guard { name: "provider_matches", group: Group::Content, check: check::audience };
const PRESENTED: Guard = Guard { name: "presented_here_by_its_holder", group: Group::Content, check: check::presented };
const DISCLOSES: Guard =
    Guard { name: "consent_to_the_insurer_for_claims", group: Group::Content, check: check::discloses };
const CAP: Guard = Guard { name: "cap_within_limit", group: Group::Content, check: check::cap };
const PARTIES: Guard = Guard { name: "insurer_and_provider", group: Group::Cross, check: check::parties };

const CODES: Guard = Guard { name: "codes_known", group: Group::Content, check: consent::check::codes };
const TERMS_WINDOW: Guard = Guard { name: "window_valid", group: Group::Content, check: consent::check::window };
const AXES: Guard = Guard { name: "axes_not_empty", group: Group::Content, check: consent::check::axes };
const SEPARATE: Guard =
    Guard { name: "separate_consents_complete", group: Group::Content, check: consent::check::separate };
const BASIS: Guard = Guard { name: "basis_covers_places", group: Group::Content, check: consent::check::basis_places };
const ROOM: Guard = Guard { name: "live_consents_bounded", group: Group::Cross, check: consent::check::room };

const REVOKER: Guard = Guard { name: "subject_or_proxy", group: Group::Role, check: check::revoker };
const CLOSER: Guard = Guard { name: "provider_subject_or_proxy", group: Group::Party, check: check::closer };
const NOT_LIVE: Guard =
    Guard { name: "no_live_claim_preauthorisation_or_guarantee", group: Group::Cross, check: check::nothing_live };

/// Claim codes.
pub const CLAIM_CODES: &[Row] = &[
    Row {
        id: RowId(*b"CC", 1),
        from: &[State::New],
        event: EventName::RedeemClaimCode,
        actors: &[HOS],
        to: State::Redeemed,
        guards: &[
            GRANTED,
            WINDOW,
            AUDIENCE,
            PRESENTED,
            DISCLOSES,
            CAP,
            CODES,
            TERMS_WINDOW,
            AXES,
            SEPARATE,
            BASIS,
            ROOM,
            PARTIES,
        ],
        effect: Effect { text: "code spent; CS-01, CN-02, and SL-01 for two pseudonyms", apply: execute::redeem },
    },
    Row {
        id: RowId(*b"CC", 2),
        from: &[State::New],
        event: EventName::RevokeClaimCode,
        actors: &[SUB, GDN],
        to: State::RevokedUnused,
        guards: &[REVOKER],
        effect: Effect { text: "code spent", apply: execute::revoke },
    },
    Row {
        id: RowId(*b"CC", 3),
        from: &[State::Redeemed],
        event: EventName::CloseCase,
        actors: &[SUB, GDN, HOS],
        to: State::CaseClosed,
        guards: &[CLOSER, NOT_LIVE],
        effect: Effect { text: "case over; CN-07", apply: execute::close },
    },
    Row {
        id: RowId(*b"CC", 4),
        from: &[State::Redeemed],
        event: EventName::Sweep,
        actors: &[SYS],
        to: State::CaseExpired,
        guards: &[],
        effect: Effect { text: "no claim or guarantee is live; case and consent are over", apply: execute::expire },
    },
];
