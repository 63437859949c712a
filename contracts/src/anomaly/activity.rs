//! What one person of an organisation does in a day.

use assent_types::anomaly::{Activity, AnomalyKind};
use assent_types::state::{Record, StateKey};
use assent_types::{Day, Hash32, Millis, OrgId, Sp};

use super::{Noted, note};
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};

/// A day of block time, in milliseconds.
pub(crate) const DAY_MS: u64 = 86_400_000;

/// The day of an instant (UTC).
pub(crate) fn day_of(at: Millis) -> Day {
    Day(u32::try_from(at.0 / DAY_MS).unwrap_or(u32::MAX))
}

fn today(call: &Call<'_, '_>, org: OrgId, person: Hash32) -> Result<Activity, Stop> {
    let day = day_of(call.now());
    let before = state::activity(call.view, org, person)?.map(|activity| *activity).filter(|before| before.day == day);
    Ok(before.unwrap_or(Activity { day, ..Activity::default() }))
}

fn write(call: &mut Call<'_, '_>, org: OrgId, person: Hash32, activity: Activity) {
    call.view.put(StateKey::Activity(org, person), Record::Activity(activity));
}

/// Counts an access that a person was permitted; AN-03 at the first one above the day's usual number.
pub(crate) fn permitted(call: &mut Call<'_, '_>, org: OrgId, person: Hash32, object: Hash32, subject: Sp) -> Check {
    let mut activity = today(call, org, person)?;
    activity.permits = activity.permits.saturating_add(1);
    write(call, org, person, activity);
    if activity.permits == call.params.access.permit_rate.saturating_add(1) {
        note(call, Noted { kind: AnomalyKind::PermitRate, of: Some(org), object, subject: Some(subject) })?;
    }
    Ok(())
}

/// Counts a consent that a clerk attested; AN-10 at the first one above the day's usual number.
pub(crate) fn attested(call: &mut Call<'_, '_>, org: OrgId, clerk: Hash32, object: Hash32, subject: Sp) -> Check {
    let mut activity = today(call, org, clerk)?;
    activity.attested = activity.attested.saturating_add(1);
    write(call, org, clerk, activity);
    if activity.attested == call.params.access.attest_rate.saturating_add(1) {
        note(call, Noted { kind: AnomalyKind::AttestRate, of: Some(org), object, subject: Some(subject) })?;
    }
    Ok(())
}
