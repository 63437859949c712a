//! Guards on questions of eligibility and their answers.

use assent_types::ErrorCode;
use assent_types::access::UserRole;
use assent_types::case::CaseOp;
use assent_types::consent::{Category, Purpose};
use assent_types::delegation::DelegationOp;
use assent_types::org::Role;

use crate::access::permit::{Probe, probe_data};
use crate::claim::case;
use crate::delegation::check::acts_for;
use crate::runtime::call::{Call, payload};
use crate::runtime::table::{Check, ensure};

/// The grade of coverage data that an answer discloses (GB/T 39725): the most that membership is administered on.
const COVERAGE_GRADE: u8 = 3;

/// The case's provider asks, or its administrator (E202 to E205), or an app in the subject's name.
pub(super) fn asker(call: &Call<'_, '_>) -> Check {
    let app = call.signer().org.as_ref().is_some_and(|org| org.roles.has(Role::App));
    let parties = case::parties(&call.eligibility_object().case);
    if app { Ok(()) } else { acts_for(call, parties.provider_by(DelegationOp::Eligibility), None) }
}

/// The case's insurer answers, or its administrator: E202 to E205.
pub(super) fn insurer(call: &Call<'_, '_>) -> Check {
    let parties = case::parties(&call.eligibility_object().case);
    acts_for(call, parties.insurer_by(DelegationOp::Eligibility), None)
}

/// E805 if the case is over.
pub(super) fn case_open(call: &Call<'_, '_>) -> Check {
    case::open(call, &call.eligibility_object().case)
}

/// E304 unless something is asked.
pub(super) fn purposes(call: &Call<'_, '_>) -> Check {
    ensure(!payload!(call, CheckEligibility).purposes.is_empty(), ErrorCode::EmptyAxis)
}

/// E202 or E205 unless insurer and provider may agree on coverage.
pub(super) fn licensed(call: &Call<'_, '_>) -> Check {
    case::parties_licensed(call, &call.eligibility_object().case)
}

/// E805 unless the subject lets the signer ask: by the case's capability, by a co-signature, or by a consent under which
/// the signer could have coverage data from the insurer for verification of eligibility.
pub(super) fn asked_lawfully(call: &Call<'_, '_>) -> Check {
    let case = &call.eligibility_object().case;
    if case::is_allowed(call, case, (CaseOp::Eligibility, DelegationOp::Eligibility), None)? {
        return Ok(());
    }
    let Some(requester) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let probed = Probe {
        requester,
        user_role: UserRole::BillingClerk,
        subject: case.subject,
        case: case.id,
        purpose: Purpose::Eligver,
    };
    let data = (Category::Coverage, COVERAGE_GRADE, payload!(call, CheckEligibility).service);
    ensure(probe_data(&probed, case.insurer, data, call.view, call.now())?, ErrorCode::Capability)
}

/// E303 unless the answer ends in the future and not too late.
pub(super) fn validity(call: &Call<'_, '_>) -> Check {
    let valid_to = payload!(call, AnswerEligible).valid_to;
    let latest = call.now().plus(call.params.preauth.eligibility_valid_ms);
    ensure(call.now() < valid_to && valid_to <= latest, ErrorCode::Window)
}
