//! Who let a deadline pass (AN-14).

use assent_types::anomaly::AnomalyKind;
use assent_types::claim::Claim;
use assent_types::settlement::Settlement;
use assent_types::{Hash32, OrgId, Sp};

use super::{Noted, note};
use crate::runtime::call::Call;
use crate::runtime::table::{Check, Row};

/// Files that an organisation, or the regulators where none is named, let a deadline of an object pass.
pub(crate) fn missed(call: &mut Call<'_, '_>, of: Option<OrgId>, object: Hash32, subject: Sp) -> Check {
    note(call, Noted { kind: AnomalyKind::DeadlineMissed, of, object, subject: Some(subject) })
}

/// The same for a row by which the sweeper moved a claim on, which is as it was before: its insurer, or the regulators
/// for an appeal that went on to them. Other rows end what somebody might have done and had no need to.
pub(crate) fn of_claim(call: &mut Call<'_, '_>, row: &Row, before: &Claim) -> Check {
    let escalated = before.course.appeal.is_some_and(|appeal| appeal.level > 1);
    let of = match row.id.1 {
        5 | 18 | 26 => Some(before.insurer),
        24 => (!escalated).then_some(before.insurer),
        _ => return Ok(()),
    };
    missed(call, of, before.id.0, before.subject)
}

/// The same for a payment: its bank, and the regulators once they have not resolved a dispute either.
pub(crate) fn of_settlement(call: &mut Call<'_, '_>, row: &Row, before: &Settlement, subject: Sp) -> Check {
    if !matches!(row.id.1, 11..=13) {
        return Ok(());
    }
    missed(call, Some(before.bank), before.id.0, subject)?;
    if row.id.1 == 13 { missed(call, None, before.id.0, subject) } else { Ok(()) }
}
