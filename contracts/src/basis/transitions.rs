//! The table of transfer bases (TB).

use assent_types::receipt::RowId;

use super::{check, execute};
use crate::runtime::table::actors::ORGANISATIONS;
use crate::runtime::table::{Effect, EventName, Group, Guard, Row, State};

const EXPORTER: Guard = Guard {
    name: "exporter_signs_and_its_regulator_agrees",
    group: Group::Party,
    check: check::exporter_and_regulator,
};
const PARTY: Guard =
    Guard { name: "exporter_importer_or_regulator_signs", group: Group::Party, check: check::party_or_regulator };
const TERMS: Guard = Guard { name: "window_and_axes_valid", group: Group::Content, check: check::terms };
const ASSESSED: Guard = Guard { name: "impact_assessed", group: Group::Content, check: check::assessed };
const PARTIES: Guard = Guard { name: "parties_are_in_its_places", group: Group::Cross, check: check::parties };
const KIND: Guard = Guard { name: "kind_accepted_and_covers_places", group: Group::Cross, check: check::kind };
const ROOM: Guard = Guard { name: "bases_bounded", group: Group::Cross, check: check::room };
const UNFILED: Guard = Guard { name: "not_filed_yet", group: Group::Object, check: check::unfiled };
const REFERENCE: Guard = Guard { name: "filing_named", group: Group::Content, check: check::filing_named };

/// Transfer bases.
pub const BASES: &[Row] = &[
    Row {
        id: RowId(*b"TB", 1),
        from: &[State::New],
        event: EventName::RegisterBasis,
        actors: ORGANISATIONS,
        to: State::Active,
        guards: &[EXPORTER, TERMS, ASSESSED, PARTIES, KIND, ROOM],
        effect: Effect {
            text: "carries transfers from its effect on, filed or until its deadline",
            apply: execute::register,
        },
    },
    Row {
        id: RowId(*b"TB", 2),
        from: &[State::Active],
        event: EventName::FileBasis,
        actors: ORGANISATIONS,
        to: State::Active,
        guards: &[EXPORTER, UNFILED, REFERENCE],
        effect: Effect { text: "filed", apply: execute::file },
    },
    Row {
        id: RowId(*b"TB", 3),
        from: &[State::Active, State::Expired],
        event: EventName::EndBasis,
        actors: ORGANISATIONS,
        to: State::Revoked,
        guards: &[PARTY],
        effect: Effect { text: "carries nothing any more", apply: execute::end },
    },
];
