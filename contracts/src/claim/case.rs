//! What guards ask of a case and of its parties, whatever is done under it.

use assent_types::access::UserRole;
use assent_types::case::{Case, CaseOp};
use assent_types::consent::Purpose;
use assent_types::delegation::DelegationOp;
use assent_types::document::DocumentStatus;
use assent_types::org::{Org, Role};
use assent_types::{AnchorId, CaseId, ErrorCode, Money, OrgId, Sp};

use super::check::{ClaimParties, known_org};
use crate::access::permit::{Probe, probe};
use crate::delegation::check::is_acting;
use crate::runtime::call::Call;
use crate::runtime::signer::cosigning_subjects;
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, Stop, ensure};

/// Reads a case: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: CaseId) -> Result<Found<Case>, Stop> {
    state::case(call.view, id)?.ok_or_else(|| ErrorCode::NotFound.into())
}

/// E805 if the case is over.
pub(crate) fn open(call: &Call<'_, '_>, case: &Case) -> Check {
    ensure(case.is_open(call.now()), ErrorCode::Capability)
}

/// The organisations between which what is done under a case lies.
pub(crate) fn parties(case: &Case) -> ClaimParties {
    ClaimParties { insurer: case.insurer, provider: case.provider }
}

/// Whether the subject lets the provider do this: by the case's capability, which whoever acts in the provider's name
/// uses too, up to its cap where an amount is given, or by a co-signature.
pub(crate) fn is_allowed(
    call: &Call<'_, '_>,
    case: &Case,
    (op, delegated): (CaseOp, DelegationOp),
    amount: Option<Money>,
) -> Result<bool, Stop> {
    let by_capability = is_acting(call, parties(case).provider_by(delegated), amount)?
        && case.capability.is_some_and(|capability| {
            let within = amount.is_none_or(|amount| amount.ccy == capability.cap.ccy && amount <= capability.cap);
            capability.ops.has(op) && within
        });
    Ok(by_capability || cosigning_subjects(call)?.contains(&case.subject))
}

/// Whether the organisation holds, at its seat and now, every accreditation that the parameters ask of this role for this
/// purpose.
fn is_licensed(call: &Call<'_, '_>, org: &Org, role: Role, purpose: Purpose) -> bool {
    call.params
        .accreditations
        .iter()
        .filter(|rule| (rule.role, rule.purpose, rule.jurisdiction) == (role, purpose, org.seat.jur))
        .all(|rule| rule.any_of.iter().any(|kind| org.is_accredited(*kind, &org.seat, call.now())))
}

/// Insurer and provider are active (E202) and licensed now to agree on coverage (E205).
pub(crate) fn parties_licensed(call: &Call<'_, '_>, case: &Case) -> Check {
    for (id, role) in [(case.insurer, Role::Insurer), (case.provider, Role::Hospital)] {
        let org = known_org(call, id)?;
        ensure(org.is_active(call.now()), ErrorCode::OrgStatus)?;
        ensure(is_licensed(call, &org, role, Purpose::Covauth), ErrorCode::NotLicensed)?;
    }
    Ok(())
}

/// What an insurer asks about documents of a case, as a medical assessor of its own would.
pub(crate) fn insurers_probe(insurer: OrgId, (subject, case): (Sp, CaseId), purpose: Purpose) -> Probe {
    Probe { requester: insurer, user_role: UserRole::MedicalAssessor, subject, case, purpose }
}

/// E610 for a document that may not support a claim or a request: unknown, not active, of another subject than the
/// case's and not linked with it in the case, or one that who asks could not have for the purpose in this very block.
pub(crate) fn documents_permitted(call: &Call<'_, '_>, asked: &Probe, documents: &[AnchorId]) -> Check {
    for id in documents {
        let anchor = state::anchor(call.view, *id)?;
        let active = anchor.filter(|anchor| anchor.effective_status(call.now()) == DocumentStatus::Active);
        let Some(document) = active else { return Err(ErrorCode::AttachConsent.into()) };
        ensure(probe(asked, &document, call.view, call.now())?, ErrorCode::AttachConsent)?;
    }
    Ok(())
}
