//! What the ledger notices in sessions and files as anomalies.

use assent_types::OrgId;
use assent_types::anomaly::AnomalyKind;
use assent_types::consent::{Grantor, Purpose};
use assent_types::org::Role;
use assent_types::session::Session;

use super::book;
use crate::access::purpose::is_kind_of;
use crate::anomaly::{Noted, activity, note};
use crate::claim::open::requests;
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};

/// How soon after a denial a permit on a consent attested meanwhile is remarkable, in milliseconds.
const SOON_MS: u64 = 60_000;

/// Files an anomaly of a session.
pub(super) fn of_session(call: &mut Call<'_, '_>, kind: AnomalyKind, session: &Session, of: Option<OrgId>) -> Check {
    note(call, Noted { kind, of, object: session.id.0, subject: Some(session.subject) })
}

/// What is noticed when access is permitted: AN-03, AN-08, AN-13.
pub(super) fn permitted(call: &mut Call<'_, '_>, session: &Session) -> Check {
    let requester = session.request.requester;
    activity::permitted(call, requester, session.request.user_ref, session.id.0, session.subject)?;
    if lacks_request(call, session)? {
        of_session(call, AnomalyKind::NoOpenCase, session, Some(requester))?;
    }
    if follows_denial(call, session)? {
        of_session(call, AnomalyKind::DeniedThenPermitted, session, Some(requester))?;
    }
    Ok(())
}

/// Whether an insurer has access for payment without an open question of eligibility, preauthorisation or claim of this
/// subject with it.
fn lacks_request(call: &Call<'_, '_>, session: &Session) -> Result<bool, Stop> {
    let request = &session.request;
    let Some(requester) = state::org(call.view, request.requester)? else { return Ok(false) };
    if !requester.roles.has(Role::Insurer) || !is_kind_of(Purpose::Hpaymt, request.purpose) {
        return Ok(false);
    }
    // The subject is known to the insurer by the pseudonym of the request, or by that of the documents.
    let of_request = requests(call, request.requester, request.subject)?;
    Ok(of_request == 0 && requests(call, request.requester, session.subject)? == 0)
}

/// Whether the requester was denied a moment ago, and is permitted on a consent that an organisation attested since.
fn follows_denial(call: &Call<'_, '_>, session: &Session) -> Result<bool, Stop> {
    let (subject, controller) = (session.subject, session.request.controller);
    let Some((who, at)) = book::read(call, subject, controller)?.denied else { return Ok(false) };
    if who != session.request.requester || at.plus(SOON_MS) < call.now() {
        return Ok(false);
    }
    let book = state::consents(call.view, subject, controller)?;
    let attested_since = |consent: &assent_types::consent::Consent| {
        session.decision.basis.contains(&consent.id)
            && matches!(consent.grantor, Some(Grantor::OrgAttested { .. }))
            && consent.granted_at.is_some_and(|granted| at <= granted)
    };
    Ok(book.is_some_and(|book| book.live.iter().any(attested_since)))
}
