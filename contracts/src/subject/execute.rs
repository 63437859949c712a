//! Effects of subjects and mandates.

use assent_types::ErrorCode;
use assent_types::anomaly::AnomalyKind;
use assent_types::codec::Set;
use assent_types::key::PublicKey;
use assent_types::oversight::Rollover;
use assent_types::state::{Record, StateKey};
use assent_types::subject::{KeyEntry, KeyOwner, Mandate, Subject, mandate_id_of};

use super::check;
use crate::anomaly::{Noted, note};
use crate::runtime::call::{Call, payload};
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State};

fn put_key(call: &mut Call<'_, '_>, key: PublicKey, owner: KeyOwner) {
    let entry = KeyEntry { key, owner, revoked_at: None, proxy_for: Set::default() };
    call.view.put(StateKey::Key(key.id()), Record::Key(entry));
}

/// Writes the subject and its key.
pub(super) fn register(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let register = payload!(call, RegisterSubject);
    let Some(enrolled_by) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let subject = Subject {
        sp: register.sp,
        key: register.key,
        loa: register.loa,
        enrolled_by,
        attest: register.attest,
        age_band: register.age_band,
        majority_at: None,
        registered_at: call.now(),
    };
    call.view.put(StateKey::Subject(register.sp), Record::Subject(subject));
    put_key(call, register.key, KeyOwner::Subject(register.sp));
    call.emit(row, register.sp.0, Some(register.sp), &[]);
    Ok(())
}

/// Ends the subject's key and writes the new one.
pub(super) fn rotate(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let rotate = payload!(call, RotateSubjectKey);
    let Some(found) = state::subject(call.view, rotate.sp)? else { return Err(ErrorCode::Subject.into()) };
    let mut subject = (*found).clone();
    if let Some(old) = state::key(call.view, subject.key.id())? {
        let ended = KeyEntry { revoked_at: Some(call.now()), ..(*old).clone() };
        call.view.put(StateKey::Key(subject.key.id()), Record::Key(ended));
    }
    subject.key = rotate.new;
    call.view.put(StateKey::Subject(rotate.sp), Record::Subject(subject));
    put_key(call, rotate.new, KeyOwner::Subject(rotate.sp));
    call.emit(row, rotate.sp.0, Some(rotate.sp), &[found.enrolled_by]);
    Ok(())
}

/// SU-03: the old pseudonym leads to the new one. What is kept under the old one stays there.
pub(super) fn roll_over(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let rollover = payload!(call, RolloverPseudonym);
    let record = Rollover { new: rollover.new, at: call.now() };
    call.view.put(StateKey::Rollover(rollover.old), Record::Rollover(record));
    call.emit(row, rollover.old.0, Some(rollover.old), &[]);
    Ok(())
}

/// SU-04: the subject is older. From when it is of age, no parent decides for it.
pub(super) fn grow_up(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let update = payload!(call, UpdateAgeBand);
    let Some(found) = state::subject(call.view, update.sp)? else { return Err(ErrorCode::Subject.into()) };
    let mut subject = (*found).clone();
    let under_age = check::is_under_age_at_home(call, &subject)?;
    subject.age_band = update.age_band;
    subject.attest = update.attest;
    if under_age && !check::is_under_age_at_home(call, &subject)? {
        subject.majority_at = Some(call.now());
    }
    call.view.put(StateKey::Subject(update.sp), Record::Subject(subject));
    call.emit(row, update.sp.0, Some(update.sp), &[found.enrolled_by]);
    Ok(())
}

/// Writes the mandate, and the proxy's key with one more subject. Subjects are never taken off a proxy's key again, so
/// the limit holds over the key's whole life. AN-12 at the first subject above the usual number.
pub(super) fn grant_mandate(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let grant = payload!(call, GrantMandate);
    let terms = &grant.terms;
    let id = mandate_id_of(&call.tx);
    let mut served = vec![terms.subject];
    if let Some(entry) = state::key(call.view, terms.proxy.id())? {
        served.extend(entry.proxy_for.iter().copied());
    }
    let before = served.len() - 1;
    let proxy_for = Set::new(served).map_err(|_| ErrorCode::Mandate)?;
    let unusual = usize::try_from(call.params.access.proxy_subjects).is_ok_and(|usual| usual == before)
        && proxy_for.len() > before;
    let entry = KeyEntry { key: terms.proxy, owner: KeyOwner::Proxy, revoked_at: None, proxy_for };
    call.view.put(StateKey::Key(terms.proxy.id()), Record::Key(entry));
    let mandate = Mandate {
        id,
        terms: terms.clone(),
        subject_signed: call.signer().org.is_none(),
        verified_by: grant.verified_by,
        revoked_at: None,
    };
    call.view.put(StateKey::Mandate(id), Record::Mandate(Box::new(mandate)));
    call.emit(row, id.0, Some(terms.subject), &[grant.verified_by]);
    if !unusual {
        return Ok(());
    }
    let (of, subject) = (Some(grant.verified_by), Some(terms.subject));
    note(call, Noted { kind: AnomalyKind::ProxySubjects, of, object: terms.proxy.id().0, subject })
}

/// Ends the mandate.
pub(super) fn revoke_mandate(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let revoke = payload!(call, RevokeMandate);
    let Some(found) = state::mandate(call.view, revoke.mandate)? else { return Err(ErrorCode::Mandate.into()) };
    let mut mandate = (*found).clone();
    if row.to == State::Revoked {
        mandate.revoked_at = Some(call.now());
    }
    let verified_by = mandate.verified_by;
    call.view.put(StateKey::Mandate(revoke.mandate), Record::Mandate(Box::new(mandate)));
    call.emit(row, revoke.mandate.0, Some(revoke.subject), &[verified_by]);
    Ok(())
}
