//! How many persons' documents leave the jurisdiction of their controller in a year.
//!
//! Of fewer than 10,000 persons a year, sensitive information may leave the Mainland under a standard contract or a
//! certification; of more, a security assessment is needed (Provisions on Promoting and Regulating Cross-Border Data
//! Flows, 2024, arts. 7 and 8). Everything here is about health, and so sensitive. The count is exact: each pseudonym's
//! own leaf remembers the year in which it was counted last.

use assent_types::access::Asked;
use assent_types::anomaly::{AnomalyKind, Exports};
use assent_types::session::Session;
use assent_types::state::{Record, StateKey};
use assent_types::{Hash32, Millis};

use super::book;
use crate::anomaly::activity::day_of;
use crate::anomaly::{Noted, note};
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};

/// The calendar year (UTC).
fn year_of(at: Millis) -> u16 {
    u16::try_from(day_of(at).to_date().0).unwrap_or(u16::MAX)
}

/// Counts a session that is released, if it is delivered outside the jurisdiction of its controller. AN-11 when the
/// persons of this year reach four fifths of the threshold, and when they reach it.
pub(super) fn count(call: &mut Call<'_, '_>, session: &Session) -> Check {
    let (subject, controller) = (session.subject, session.request.controller);
    let home = state::org(call.view, controller)?
        .ok_or_else(|| Stop::from(state::ReadError("the controller of a session is not there".into())))?;
    let Asked::Documents { deliver_to, .. } = &session.request.asked else { return Ok(()) };
    if deliver_to.jur == home.jurisdiction() {
        return Ok(());
    }
    let year = year_of(call.now());
    let mut exports: Exports = state::exports(call.view, controller, year)?.map(|exports| *exports).unwrap_or_default();
    exports.sessions = exports.sessions.saturating_add(1);
    let first = book::read(call, subject, controller)?.exported != Some(year);
    if first {
        exports.subjects = exports.subjects.saturating_add(1);
        book::remember(call, subject, controller, |book| book.exported = Some(year))?;
    }
    call.view.put(StateKey::Exports(controller, year), Record::Exports(exports));
    let threshold = call.params.access.export_subjects;
    let near = threshold - threshold / 5;
    if first && (exports.subjects == near || exports.subjects == threshold) {
        // The object is the controller's record of that year.
        let mut object = Hash32::ZERO;
        object.0[..4].copy_from_slice(&controller.0.to_le_bytes());
        object.0[4..6].copy_from_slice(&year.to_le_bytes());
        note(call, Noted { kind: AnomalyKind::ExportVolume, of: Some(controller), object, subject: None })?;
    }
    Ok(())
}
