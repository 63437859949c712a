//! Guards on opening cases, registering bills, and filing and holding claims.

use assent_types::action::Action;
use assent_types::bill::{Bill, BillStatus};
use assent_types::case::CaseOp;
use assent_types::claim::{
    BenefitKind, Capacity, Claim, ClaimTerms, Payee, PayerKind, RejectReason, Relation, ServiceLine, ServicePeriod,
};
use assent_types::consent::{Grantor, Purpose};
use assent_types::delegation::DelegationOp;
use assent_types::limits::BILL_CLAIMS_MAX;
use assent_types::org::{Org, Role};
use assent_types::subject::{KeyOwner, MandateOp};
use assent_types::{ErrorCode, Hash32, Money, OrgId, Sp};

use super::case::{documents_permitted, insurers_probe};
use crate::codesystem;
use crate::consent::authority;
use crate::delegation::check::{Acting, acts_for};
use crate::fixing::lock;
use crate::runtime::call::{Call, payload};
use crate::runtime::signer::{cosigning_orgs, cosigning_subjects};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, ensure};

// Who acts ---------------------------------------------------------------------------------------------------------

/// The organisations between which an act on a claim lies.
#[derive(Clone, Copy)]
pub(crate) struct ClaimParties {
    pub(crate) insurer: OrgId,
    pub(crate) provider: OrgId,
}

impl ClaimParties {
    /// An act of the insurer's.
    pub(crate) fn insurer_by(self, op: DelegationOp) -> Acting {
        Acting { principal: self.insurer, counterparty: self.provider, provider: self.provider, op }
    }

    /// An act of the provider's.
    pub(crate) fn provider_by(self, op: DelegationOp) -> Acting {
        Acting { principal: self.provider, counterparty: self.insurer, provider: self.provider, op }
    }
}

pub(crate) fn claim_parties(claim: &Claim) -> ClaimParties {
    ClaimParties { insurer: claim.insurer, provider: claim.provider }
}

/// E203 unless the organisation itself signs.
pub(crate) fn no_delegate(call: &Call<'_, '_>, party: OrgId) -> Check {
    ensure(call.signer().org_id() == Some(party), ErrorCode::Role)
}

/// The subject signs (E309), or a proxy by a mandate that lists claims (E301).
pub(crate) fn person_signs(call: &Call<'_, '_>, subject: Sp, capacity: Capacity) -> Check {
    match capacity {
        Capacity::Subject => authority::subject_signs(call, subject),
        Capacity::Proxy { mandate } => authority::mandate_for(call, mandate, subject, MandateOp::Claim).map(|_| ()),
        Capacity::Organisation => Err(ErrorCode::Role.into()),
    }
}

/// The subject or a proxy opens the case (E301, E309), or its provider attests the subject's will (E203) with evidence
/// that it cannot make by itself (E309), as it gains by the case.
pub(super) fn opener(call: &Call<'_, '_>) -> Check {
    let open = payload!(call, OpenCase);
    let Grantor::OrgAttested { org, method, .. } = &open.grantor else {
        return authority::subject_or_proxy(call, open.subject, &open.grantor, MandateOp::Claim);
    };
    ensure(*org == open.provider, ErrorCode::Role)?;
    ensure(call.signer().owner == KeyOwner::Org(*org), ErrorCode::NotGrantor)?;
    let Some(evidence) = open.evidence.as_ref().filter(|evidence| authority::is_present(evidence)) else {
        return Err(ErrorCode::NotGrantor.into());
    };
    ensure(authority::from_outside(call, *org, *method, evidence)?, ErrorCode::NotGrantor)
}

/// E618 unless the provider registers its own bill.
pub(super) fn issuer(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(payload!(call, RegisterBill).issuer), ErrorCode::BillIssuer)
}

/// The case's provider, its subject or a proxy files: E203, E204, E301 or E309.
pub(super) fn submitter(call: &Call<'_, '_>) -> Check {
    let capacity = payload!(call, SubmitClaim).capacity;
    let case = &call.filing().case;
    match capacity {
        Capacity::Organisation => {
            let parties = ClaimParties { insurer: case.insurer, provider: case.provider };
            acts_for(call, parties.provider_by(DelegationOp::File), Some(terms(call).amounts.claimed))
        }
        person => person_signs(call, case.subject, person),
    }
}

/// The claim's insurer acts, or its administrator: E202 to E205.
pub(super) fn insurer(call: &Call<'_, '_>) -> Check {
    let (op, amount) = match call.action() {
        Action::ApproveClaim(approve) => (DelegationOp::Decide, Some(approve.award.approved)),
        Action::ApprovePartial(approve) => (DelegationOp::Decide, Some(approve.award.approved)),
        Action::DenyClaim(_) => (DelegationOp::Decide, None),
        Action::InstructPayment(instruct) => (DelegationOp::Pay, Some(instruct.amount)),
        _ => (DelegationOp::Handle, None),
    };
    acts_for(call, claim_parties(&call.claim_object().claim).insurer_by(op), amount)
}

/// E618 unless the issuer itself ends its bill.
pub(super) fn ending_issuer(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(call.bill().issuer), ErrorCode::BillIssuer)
}

/// E607 while a claim cites the bill, or something is allocated on it.
pub(super) fn uncited(call: &Call<'_, '_>) -> Check {
    let bill = call.bill();
    ensure(bill.claims.is_empty() && bill.allocated.is_zero(), ErrorCode::State)
}

/// E701 or E703 for a total that is no amount; E623 for another total than before that nothing explains.
pub(super) fn replacement(call: &Call<'_, '_>) -> Check {
    let replace = payload!(call, ReplaceBill);
    is_amount(call, replace.by.total)?;
    ensure(replace.by.total == call.bill().total || replace.explanation != Hash32::ZERO, ErrorCode::Reason)
}

// Cases and bills --------------------------------------------------------------------------------------------------

/// E303 unless the case ends in the future and not too late.
pub(super) fn case_window(call: &Call<'_, '_>) -> Check {
    let exp = payload!(call, OpenCase).exp;
    ensure(call.now() < exp && exp <= call.now().plus(call.params.claims.case_max_ms), ErrorCode::Window)
}

/// A currency of this network (E701), above nothing and within the limit (E703).
pub(crate) fn is_amount(call: &Call<'_, '_>, amount: Money) -> Check {
    let params = &call.params.claims;
    ensure(params.currencies.contains(&amount.ccy), ErrorCode::Currency)?;
    ensure(!amount.is_zero() && amount.minor <= params.amount_max, ErrorCode::AmountOverflow)
}

/// E701 or E703 for a cap that is no amount.
pub(super) fn case_cap(call: &Call<'_, '_>) -> Check {
    payload!(call, OpenCase).capability.map_or(Ok(()), |capability| is_amount(call, capability.cap))
}

/// The named insurer insures and the named provider treats (E203), and both are active (E202).
pub(super) fn case_parties(call: &Call<'_, '_>) -> Check {
    let open = payload!(call, OpenCase);
    parties_active(call, open.insurer, open.provider)
}

/// The same for a case that is opened otherwise.
pub(crate) fn parties_active(call: &Call<'_, '_>, insurer: OrgId, provider: OrgId) -> Check {
    for (id, role) in [(insurer, Role::Insurer), (provider, Role::Hospital)] {
        let org = known_org(call, id)?;
        ensure(org.is_active(call.now()), ErrorCode::OrgStatus)?;
        ensure(org.roles.has(role), ErrorCode::Role)?;
    }
    Ok(())
}

/// E701 or E703 for a total that is no amount.
pub(super) fn bill_total(call: &Call<'_, '_>) -> Check {
    is_amount(call, payload!(call, RegisterBill).total)
}

pub(crate) fn known_org(call: &Call<'_, '_>, id: OrgId) -> Result<Found<Org>, crate::runtime::table::Stop> {
    state::org(call.view, id)?.ok_or_else(|| ErrorCode::NotFound.into())
}

// What a claim says ------------------------------------------------------------------------------------------------

fn terms<'a>(call: &Call<'a, '_>) -> &'a ClaimTerms {
    &payload!(call, SubmitClaim).terms
}

/// E805 if the case is over.
pub(super) fn case_open(call: &Call<'_, '_>) -> Check {
    ensure(call.filing().case.is_open(call.now()), ErrorCode::Capability)
}

/// E805 unless the advance payer that is to be paid holds a live assignment of this case.
pub(super) fn assigned(call: &Call<'_, '_>) -> Check {
    let Payee::Advance { assignment } = terms(call).payee else { return Ok(()) };
    let found = state::assignment(call.view, assignment)?;
    let live = found.is_some_and(|found| found.case == call.filing().case.id && found.released_at.is_none());
    ensure(live, ErrorCode::Capability)
}

/// E701 or E705 for a currency of payment or a rate that cannot be.
pub(super) fn rate(call: &Call<'_, '_>) -> Check {
    let case = &call.filing().case;
    lock::at_filing(call, terms(call), [case.insurer, case.provider])
}

/// E707 unless the code systems that are cited were live at the time of service, and their map is in force.
pub(super) fn codes(call: &Call<'_, '_>) -> Check {
    codesystem::check::systems_live(call, terms(call))?;
    codesystem::check::map_in_force(call, terms(call))
}

/// E701 unless all amounts are in one currency of this network.
pub(super) fn one_currency(call: &Call<'_, '_>) -> Check {
    let terms = terms(call);
    let ccy = terms.amounts.billed.ccy;
    let same = terms.amounts.all().chain([terms.lines.total]).all(|amount| amount.ccy == ccy);
    ensure(same && call.params.claims.currencies.contains(&ccy), ErrorCode::Currency)
}

/// E703 for a claim of nothing, or an amount above the limit.
pub(super) fn limits(call: &Call<'_, '_>) -> Check {
    let amounts = &terms(call).amounts;
    let within = amounts.all().all(|amount| amount.minor <= call.params.claims.amount_max);
    ensure(within && !amounts.claimed.is_zero(), ErrorCode::AmountOverflow)
}

/// E704 unless what is claimed and what others bear is what was billed.
pub(super) fn balanced(call: &Call<'_, '_>) -> Check {
    let amounts = &terms(call).amounts;
    ensure(amounts.borne()? == amounts.billed, ErrorCode::Unbalanced)
}

/// E704 unless there are lines, and their sum is what was billed.
pub(super) fn lines(call: &Call<'_, '_>) -> Check {
    let terms = terms(call);
    ensure(terms.lines.count > 0 && terms.lines.total == terms.amounts.billed, ErrorCode::Unbalanced)
}

/// E614 for a share of basic medical insurance in an international service.
pub(super) fn service_line(call: &Call<'_, '_>) -> Check {
    let terms = terms(call);
    let basic = |kind, amount: Money| kind == PayerKind::Bmi && !amount.is_zero();
    let shared = terms.amounts.other_payers.iter().any(|payer| basic(payer.kind, payer.amount));
    ensure(terms.service_line != ServiceLine::International || !shared, ErrorCode::BmiNotAllowed)
}

/// E621 unless the services have begun, in order, and the filing period after them runs.
pub(super) fn filed_in_time(call: &Call<'_, '_>) -> Check {
    let service = &terms(call).service;
    let in_order = service.first <= service.last && service.start() <= call.now();
    let in_time = call.now() < service.end().plus(call.params.claims.file_ms);
    ensure(in_order && in_time, ErrorCode::FilingWindow)
}

// What a claim cites -----------------------------------------------------------------------------------------------

/// Whether the accreditations that the parameters ask of this role for this purpose at the organisation's seat were live
/// at some time of the services. Days are not in clear, so the months are taken whole.
fn is_licensed(call: &Call<'_, '_>, org: &Org, role: Role, purpose: Purpose, service: &ServicePeriod) -> bool {
    let until = service.end().min(call.now().plus(1));
    call.params
        .accreditations
        .iter()
        .filter(|rule| (rule.role, rule.purpose, rule.jurisdiction) == (role, purpose, org.seat.jur))
        .all(|rule| {
            org.accreditations.iter().any(|held| {
                let end = held.revoked_at.map_or(held.exp, |revoked| revoked.min(held.exp));
                rule.any_of.contains(&held.kind)
                    && org.seat.is_in(&held.scope)
                    && held.nbf < until
                    && service.start() < end
            })
        })
}

/// Insurer and provider are active (E202), and were licensed when the services were rendered (E205).
pub(super) fn licensed(call: &Call<'_, '_>) -> Check {
    let case = &call.filing().case;
    let roles = [(case.insurer, Role::Insurer, Purpose::Clmattch), (case.provider, Role::Hospital, Purpose::Hpaymt)];
    for (id, role, purpose) in roles {
        let org = known_org(call, id)?;
        ensure(org.is_active(call.now()), ErrorCode::OrgStatus)?;
        ensure(is_licensed(call, &org, role, purpose, &terms(call).service), ErrorCode::NotLicensed)?;
    }
    Ok(())
}

fn known_bills<'o>(call: &'o Call<'_, '_>) -> impl Iterator<Item = &'o Bill> {
    call.filing().bills.iter().flatten().map(|bill| &**bill)
}

/// E601 unless there are bills and the provider registered each; E701 for one in another currency.
pub(super) fn bills(call: &Call<'_, '_>) -> Check {
    let filing = call.filing();
    let stands = |bill: &Option<Found<Bill>>| bill.as_ref().is_some_and(|bill| bill.status == BillStatus::Registered);
    ensure(!filing.bills.is_empty() && filing.bills.iter().all(stands), ErrorCode::Bill)?;
    let ccy = terms(call).amounts.billed.ccy;
    ensure(known_bills(call).all(|bill| bill.total.ccy == ccy), ErrorCode::Currency)
}

/// E602 if the insurer has a claim on a bill already, unless this one corrects it; and for a correction of a claim of
/// others.
pub(super) fn unclaimed(call: &Call<'_, '_>) -> Check {
    let filing = call.filing();
    let case = &filing.case;
    let own = filing.related.as_ref().is_none_or(|related| {
        (related.insurer, related.provider, related.subject) == (case.insurer, case.provider, case.subject)
    });
    let corrected = terms(call).related.filter(|related| related.relation == Relation::Correction);
    let free = known_bills(call)
        .flat_map(|bill| bill.claims.iter())
        .filter(|allocation| allocation.insurer == case.insurer)
        .all(|allocation| corrected.is_some_and(|related| related.claim == allocation.claim));
    ensure(own && free, ErrorCode::Duplicate)
}

/// E622 if too many claims cite a bill.
pub(super) fn bill_room(call: &Call<'_, '_>) -> Check {
    ensure(known_bills(call).all(|bill| bill.claims.len() < BILL_CLAIMS_MAX), ErrorCode::BillClaims)
}

/// E610 for a document that may not support the claim: unknown, not active, of another subject than the case's and not
/// linked with it in the case, or one that the insurer could not have for claims in this very block.
pub(super) fn attachments(call: &Call<'_, '_>) -> Check {
    let case = &call.filing().case;
    let asked = insurers_probe(case.insurer, (case.subject, case.id), Purpose::Clmattch);
    documents_permitted(call, &asked, &terms(call).attachments)
}

/// E805 unless what an organisation files is within the capability that the subject gave.
pub(super) fn capability(call: &Call<'_, '_>) -> Check {
    if payload!(call, SubmitClaim).capacity != Capacity::Organisation {
        return Ok(());
    }
    let (case, claimed) = (&call.filing().case, terms(call).amounts.claimed);
    let Some(capability) = case.capability.filter(|capability| capability.ops.has(CaseOp::Claim)) else {
        return Err(ErrorCode::Capability.into());
    };
    let before = case.claimed.unwrap_or(Money::zero(capability.cap.ccy));
    let within = before.plus(claimed).is_ok_and(|sum| sum <= capability.cap);
    ensure(within && claimed.ccy == capability.cap.ccy, ErrorCode::Capability)
}

// Duplicates -------------------------------------------------------------------------------------------------------

/// Whether another insurer has a claim on a bill, and nobody was told to share it.
fn is_shared_undeclared(call: &Call<'_, '_>) -> bool {
    let insurer = call.filing().case.insurer;
    let shared = known_bills(call).flat_map(|bill| bill.claims.iter()).any(|other| other.insurer != insurer);
    shared && !terms(call).cob_declared
}

/// Chooses the row of claims that share no bill, or say so.
pub(super) fn unshared(call: &Call<'_, '_>) -> Check {
    ensure(!is_shared_undeclared(call), ErrorCode::State)
}

/// Chooses the row of claims that share a bill and do not say so.
pub(super) fn shared(call: &Call<'_, '_>) -> Check {
    ensure(is_shared_undeclared(call), ErrorCode::State)
}

/// E108 for a return as a duplicate, which takes a confirmation.
pub(super) fn returnable(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, RejectClaim).reason != RejectReason::Duplicate, ErrorCode::UnknownCode)
}

/// The other insurers with a claim on a bill of the claim.
fn other_insurers(call: &Call<'_, '_>) -> Vec<OrgId> {
    let object = call.claim_object();
    let listed = object.bills.iter().flat_map(|bill| bill.claims.iter()).map(|allocation| allocation.insurer);
    listed.filter(|insurer| *insurer != object.claim.insurer).collect()
}

/// E203 unless every other insurer with a claim on a bill co-signs, or the subject.
pub(super) fn cleared(call: &Call<'_, '_>) -> Check {
    let cosigning = cosigning_orgs(call)?;
    let insurers = other_insurers(call).iter().all(|insurer| cosigning.contains(insurer));
    ensure(insurers || cosigning_subjects(call)?.contains(&call.claim_object().claim.subject), ErrorCode::Role)
}

/// E603 if the others have used the bills up: nothing could be approved.
pub(super) fn bill_left(call: &Call<'_, '_>) -> Check {
    let object = call.claim_object();
    if object.claim.terms.benefit == BenefitKind::FixedBenefit {
        return Ok(());
    }
    ensure(object.bills.iter().any(|bill| bill.allocated < bill.total), ErrorCode::OverAllocated)
}

/// E623 without evidence.
pub(super) fn evident(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, ConfirmDuplicate).evidence != Hash32::ZERO, ErrorCode::Reason)
}

/// E203 unless the issuer of the bills or another insurer with a claim on one co-signs.
pub(super) fn confirmed(call: &Call<'_, '_>) -> Check {
    let cosigning = cosigning_orgs(call)?;
    let provider = call.claim_object().claim.provider;
    let known = other_insurers(call).iter().chain([&provider]).any(|org| cosigning.contains(org));
    ensure(known, ErrorCode::Role)
}
