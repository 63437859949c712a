//! Tables of subjects (SU) and of mandates (MD).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::{APP, HOS, INS, REG, SUB};
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const ENROLMENT: Guard = Guard { name: "assurance_level_known", group: Group::Content, check: check::enrolment };
const FRESH: Guard = Guard { name: "key_fresh_and_possessed", group: Group::Cross, check: check::fresh_key };
const SELF: Guard = Guard { name: "subject_signs", group: Group::Role, check: check::subject_signs };
const ROTATED_FRESH: Guard =
    Guard { name: "new_key_fresh_and_possessed", group: Group::Cross, check: check::fresh_rotated_key };
const AUTHORITY: Guard = Guard {
    name: "subject_and_verifier_or_verifier_of_a_substitute",
    group: Group::Role,
    check: check::mandate_signed,
};
const PRIORITY: Guard = Guard { name: "no_higher_priority", group: Group::Content, check: check::priority };
const TERMS: Guard = Guard { name: "window_and_axes_valid", group: Group::Content, check: check::mandate_terms };
const CAPACITY: Guard = Guard { name: "capacity_or_its_lack_shown", group: Group::Content, check: check::capacity };
const PROXY_KEY: Guard = Guard { name: "proxy_key_possessed", group: Group::Cross, check: check::proxy_key };
const PROXY_LIMIT: Guard = Guard { name: "proxy_serves_few_subjects", group: Group::Cross, check: check::proxy_limit };
const REVOKER: Guard = Guard { name: "subject_or_verifier_signs", group: Group::Role, check: check::may_revoke };

const ROLLERS: Guard =
    Guard { name: "both_subjects_sign_or_two_organisations_attest", group: Group::Role, check: check::may_roll_over };
const ENROLLER: Guard = Guard { name: "enroller_signs", group: Group::Role, check: check::enroller_signs };
const OLDER: Guard = Guard { name: "age_band_above_the_last", group: Group::Content, check: check::older };

/// Subjects. The object is the pseudonym.
pub const SUBJECTS: &[Row] = &[
    Row {
        id: RowId(*b"SU", 1),
        from: &[State::New],
        event: EventName::RegisterSubject,
        actors: &[HOS, INS, APP],
        to: State::Registered,
        guards: &[ENROLMENT, FRESH],
        effect: Effect { text: "pseudonym and key are registered", apply: execute::register },
    },
    Row {
        id: RowId(*b"SU", 2),
        from: &[State::Registered],
        event: EventName::RotateSubjectKey,
        actors: &[SUB],
        to: State::Registered,
        guards: &[SELF, ROTATED_FRESH],
        effect: Effect { text: "the old key ends now, the new key is registered", apply: execute::rotate },
    },
    Row {
        id: RowId(*b"SU", 3),
        from: &[State::Registered],
        event: EventName::RolloverPseudonym,
        actors: &[SUB, HOS, INS, APP],
        to: State::Registered,
        guards: &[ROLLERS],
        effect: Effect { text: "the old pseudonym leads to the new one", apply: execute::roll_over },
    },
    Row {
        id: RowId(*b"SU", 4),
        from: &[State::Registered],
        event: EventName::UpdateAgeBand,
        actors: &[HOS, INS, APP],
        to: State::Registered,
        guards: &[ENROLLER, OLDER],
        effect: Effect { text: "no parent decides for a subject of age", apply: execute::grow_up },
    },
];

/// Mandates.
pub const MANDATES: &[Row] = &[
    Row {
        id: RowId(*b"MD", 1),
        from: &[State::New],
        event: EventName::GrantMandate,
        actors: &[SUB, HOS, REG],
        to: State::Live,
        guards: &[AUTHORITY, PRIORITY, TERMS, CAPACITY, PROXY_KEY, PROXY_LIMIT],
        effect: Effect { text: "the proxy may act within the mandate", apply: execute::grant_mandate },
    },
    Row {
        id: RowId(*b"MD", 2),
        from: &[State::Live],
        event: EventName::RevokeMandate,
        actors: &[SUB, HOS, REG, APP],
        to: State::Revoked,
        guards: &[REVOKER],
        effect: Effect {
            text: "the proxy may act no more; consents given under the mandate stay",
            apply: execute::revoke_mandate,
        },
    },
];
