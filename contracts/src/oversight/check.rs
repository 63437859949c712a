//! Guards of log roots, look-ups and recognitions.

use assent_types::document::{Anchor, DocumentStatus};
use assent_types::org::AccreditationKind;
use assent_types::oversight::RecognitionOutcome;
use assent_types::{Day, ErrorCode, Hash32, Millis};

use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Stop, ensure};

/// The first instant after a day.
pub(super) fn end_of(day: Day) -> Millis {
    Day(day.0.saturating_add(1)).start()
}

/// E511 unless the day is over and later than that of the last root.
pub(super) fn day(call: &Call<'_, '_>) -> Check {
    let file = payload!(call, FileLogRoot);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let last = state::log_roots(call.view, org)?.and_then(|roots| roots.days.last().copied());
    let later = last.is_none_or(|last| last.day < file.day);
    ensure(later && end_of(file.day) <= call.now() && file.root != Hash32::ZERO, ErrorCode::LogRoot)
}

/// E901 without a basis or an end within the limit.
pub(super) fn lookup(call: &Call<'_, '_>) -> Check {
    let lookup = payload!(call, LawfulLookup);
    let limit = call.now().plus(call.params.access.lookup_max_ms);
    let bounded = call.now() < lookup.until && lookup.until <= limit;
    ensure(bounded && lookup.basis != Hash32::ZERO, ErrorCode::NoLookup)
}

/// E411 unless a reason is given exactly if the test was repeated.
pub(super) fn reason(call: &Call<'_, '_>) -> Check {
    let record = payload!(call, RecordRecognition);
    let repeated = record.outcome == RecognitionOutcome::Repeated;
    ensure(repeated == record.reason.is_some() && record.test != Hash32::ZERO, ErrorCode::Recognition)
}

/// Whether a result can be relied on: an active document, still valid, of a laboratory that was accredited in the month
/// of the test.
pub(super) fn is_recognisable(call: &Call<'_, '_>, anchor: &Anchor, valid_until: Millis) -> Result<bool, Stop> {
    let tested = anchor.body.service_month.first_day().start();
    let accredited = state::org(call.view, anchor.body.author)?
        .is_some_and(|author| author.is_accredited(AccreditationKind::Iso15189Lab, &author.seat, tested));
    let active = anchor.effective_status(call.now()) == DocumentStatus::Active;
    Ok(accredited && active && call.now() < valid_until)
}

/// E411 if a result was accepted that cannot be relied on.
pub(super) fn accepted_is_recognisable(call: &Call<'_, '_>) -> Check {
    let record = payload!(call, RecordRecognition);
    let Some(anchor) = &call.document_object().anchor else { return Err(ErrorCode::NotFound.into()) };
    let recognisable = is_recognisable(call, anchor, record.valid_until)?;
    ensure(record.outcome == RecognitionOutcome::Repeated || recognisable, ErrorCode::Recognition)
}
