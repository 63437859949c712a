//! The table of anomalies (AN). A row's number is that of the kind.

use assent_types::anomaly::AnomalyKind;
use assent_types::receipt::RowId;

use super::execute;
use crate::runtime::table::actors::SYS;
use crate::runtime::table::{Effect, EventName, Row, State};

const fn row(kind: AnomalyKind, text: &'static str) -> Row {
    Row {
        id: RowId(*b"AN", kind as u8),
        from: &[State::New],
        event: EventName::AnomalyNoticed,
        actors: &[SYS],
        to: State::Noticed,
        guards: &[],
        effect: Effect { text, apply: execute::file },
    }
}

/// Anomalies. The object is the one in which it was noticed.
pub const ANOMALIES: &[Row] = &[
    row(AnomalyKind::GlassUnreviewed, "broken glass not justified or not decided in time"),
    row(AnomalyKind::GlassRate, "more broken glass in a day than usual"),
    row(AnomalyKind::PermitRate, "more accesses of one person in a day than usual"),
    row(AnomalyKind::NotServed, "key released, nothing delivered"),
    row(AnomalyKind::NotAcknowledged, "delivered, not acknowledged"),
    row(AnomalyKind::Integrity, "what was delivered could not be read in the end"),
    row(AnomalyKind::LogRoot, "daily log root missing or counting fewer entries"),
    row(AnomalyKind::NoOpenCase, "access for payment with no open question, preauthorisation or claim"),
    row(AnomalyKind::ErasureOverdue, "erasure not carried out in time"),
    row(AnomalyKind::AttestRate, "more consents attested by one clerk in a day than usual"),
    row(AnomalyKind::ExportVolume, "documents of many persons left the jurisdiction in a year"),
    row(AnomalyKind::ProxySubjects, "one proxy's key acts for more subjects than usual"),
    row(AnomalyKind::DeniedThenPermitted, "denied, then permitted on a consent attested meanwhile"),
    row(AnomalyKind::DeadlineMissed, "a deadline passed, once"),
    row(AnomalyKind::BillCollision, "a bill claimed at a second insurer without saying so"),
    row(AnomalyKind::BillVoided, "a bill voided or replaced after a payment was instructed"),
];
