//! Effects of log roots, look-ups and recognitions.

use assent_types::anomaly::AnomalyKind;
use assent_types::limits::{LOG_ROOTS_MAX, RECOGNITIONS_MAX};
use assent_types::oversight::{
    LogRoot, LogRoots, Lookup, Recognition, RecognitionOutcome, RecognitionTally, Recognitions,
};
use assent_types::state::{Record, StateKey};
use assent_types::{Day, ErrorCode, Hash32, List, Millis, OrgId};

use super::check;
use crate::anomaly::activity::DAY_MS;
use crate::anomaly::{Noted, note};
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

/// How an organisation is named as the object of an anomaly of its own.
fn object_of(org: OrgId) -> Hash32 {
    let mut bytes = [0; 32];
    bytes[28..].copy_from_slice(&org.0.to_be_bytes());
    Hash32(bytes)
}

/// The latest of a list, within its bound.
fn latest<T, const MAX: usize>(mut items: Vec<T>, most: usize) -> Result<List<T, MAX>, Stop> {
    let kept = items.split_off(items.len().saturating_sub(most));
    List::new(kept).map_err(|_| Stop::from(ErrorCode::Limit))
}

/// First instant at which the root of the day after is missing.
fn next_due(day: Day, grace_ms: u64) -> Millis {
    check::end_of(Day(day.0.saturating_add(1))).plus(grace_ms)
}

/// LR-01: the root of a day. A gap or fewer entries than before are an anomaly.
pub(super) fn file_log_root(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let file = payload!(call, FileLogRoot);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let before: LogRoots = state::log_roots(call.view, org)?.map(|roots| (*roots).clone()).unwrap_or_default();
    let last = before.days.last().copied();
    let odd = last.is_some_and(|last| file.count < last.count || file.day.0 > last.day.0.saturating_add(1));
    let mut days = before.days.into_vec();
    days.push(LogRoot { day: file.day, root: file.root, count: file.count });
    let due = Some(next_due(file.day, call.params.access.log_root_ms));
    let roots = LogRoots { days: latest(days, LOG_ROOTS_MAX)?, due };
    call.view.put(StateKey::LogRoots(org), Record::LogRoots(roots));
    call.emit(row, file.root, None, &[org]);
    if odd {
        note(call, Noted { kind: AnomalyKind::LogRoot, of: Some(org), object: object_of(org), subject: None })?;
    }
    Ok(())
}

/// Files that an organisation's root is missing, and looks again when the next one is. False if it is not time yet.
pub(crate) fn sweep(call: &mut Call<'_, '_>, org: OrgId) -> Result<bool, Stop> {
    let Some(found) = state::log_roots(call.view, org)? else { return Ok(false) };
    let mut roots = (*found).clone();
    let now = call.now();
    let Some(due) = roots.due.filter(|due| *due <= now) else { return Ok(false) };
    let days = now.0.saturating_sub(due.0) / DAY_MS + 1;
    roots.due = Some(due.plus(days.saturating_mul(DAY_MS)));
    call.view.put(StateKey::LogRoots(org), Record::LogRoots(roots));
    note(call, Noted { kind: AnomalyKind::LogRoot, of: Some(org), object: object_of(org), subject: None })?;
    Ok(true)
}

/// LL-01: the regulator's right, which the other regulators see.
pub(super) fn look_up(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let lookup = payload!(call, LawfulLookup);
    let Some(org) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let before = state::lookup(call.view, org, lookup.subject)?.map_or(0, |before| before.count);
    let (basis, at, until, count) = (lookup.basis, call.now(), lookup.until, before.saturating_add(1));
    let record = Lookup { basis, at, until, count };
    call.view.put(StateKey::Lookup(org, lookup.subject), Record::Lookup(record));
    call.emit(row, call.tx.0, None, &[org]);
    Ok(())
}

/// The document of a recognition; E905 if there is none.
pub(crate) fn load(call: &Call<'_, '_>, anchor: assent_types::AnchorId) -> Result<(State, Object), Stop> {
    let (_, object) = crate::document::load::existing(call, anchor)?;
    Ok((State::New, object))
}

/// RE-01: the decision on a result, counted by provider.
pub(super) fn recognise(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let record = payload!(call, RecordRecognition);
    let Some(by) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let Some(anchor) = call.document_object().anchor.clone() else { return Err(ErrorCode::NotFound.into()) };
    let recognisable = check::is_recognisable(call, &anchor, record.valid_until)?;
    let (test, outcome, reason, at) = (record.test, record.outcome, record.reason, call.now());
    let decided = Recognition { by, test, outcome, reason, recognisable, at };
    let before: Recognitions =
        state::recognitions(call.view, anchor.id)?.map(|before| (*before).clone()).unwrap_or_default();
    let mut all = before.into_vec();
    all.push(decided);
    let all = latest(all, RECOGNITIONS_MAX)?;
    call.view.put(StateKey::Recognitions(anchor.id), Record::Recognitions(all));
    let mut tally: RecognitionTally = state::recognition_tally(call.view, by)?.map(|tally| *tally).unwrap_or_default();
    match outcome {
        RecognitionOutcome::Accepted => tally.accepted = tally.accepted.saturating_add(1),
        RecognitionOutcome::Repeated => {
            tally.repeated = tally.repeated.saturating_add(1);
            let although = tally.repeated_although_recognisable.saturating_add(u64::from(recognisable));
            tally.repeated_although_recognisable = although;
        }
    }
    call.view.put(StateKey::RecognitionTally(by), Record::RecognitionTally(tally));
    call.emit(row, anchor.id.0, Some(anchor.body.subject), &[anchor.body.controller, anchor.body.author]);
    Ok(())
}
