//! Loading claim codes, and the effects of their rows.

use assent_types::case::{Capability, Case, case_id_of};
use assent_types::claim_code::{ClaimCodeStatus, Nonce, RedeemClaimCode, Redeemed, RevokeClaimCode, SpentClaimCode};
use assent_types::consent::consent_id_of;
use assent_types::session::SubjectLink;
use assent_types::state::{Record, StateKey};
use assent_types::{ClaimCodeId, ErrorCode, Money, OrgId, Sp};

use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{caused_row, sweep_row};
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, State, Stop, ensure};
use crate::{claim, consent, session};

fn state_of(status: ClaimCodeStatus) -> State {
    match status {
        ClaimCodeStatus::Redeemed => State::Redeemed,
        ClaimCodeStatus::RevokedUnused => State::RevokedUnused,
        ClaimCodeStatus::CaseClosed => State::CaseClosed,
        ClaimCodeStatus::CaseExpired => State::CaseExpired,
    }
}

fn status_of(state: State) -> ClaimCodeStatus {
    match ClaimCodeStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of claim codes lead to states of claim codes"),
    }
}

/// E804 if the code, or another of the subject with its nonce, was spent.
fn unspent(call: &Call<'_, '_>, id: ClaimCodeId, subject: Sp, nonce: Nonce) -> Check {
    let code = state::claim_code(call.view, id)?;
    let used = state::claim_code_nonce(call.view, subject, nonce)?;
    ensure(code.is_none() && used.is_none(), ErrorCode::CodeSpent)
}

/// Checks that the code is unspent (E804) and its subject known (E210), and reads the consents to which it adds one.
pub(crate) fn load_redeem(call: &Call<'_, '_>, redeem: &RedeemClaimCode) -> Result<(State, Object), Stop> {
    let body = &redeem.code.body;
    unspent(call, body.id(), body.subject, body.nonce)?;
    ensure(state::subject(call.view, body.subject)?.is_some(), ErrorCode::Subject)?;
    consent::execute::load_new(call, &body.disclose, None)
}

/// Checks that the code is unspent: E804.
pub(crate) fn load_revoke(call: &Call<'_, '_>, revoke: &RevokeClaimCode) -> Result<(State, Object), Stop> {
    unspent(call, revoke.id(), revoke.subject, revoke.nonce)?;
    Ok((State::New, Object::None))
}

/// Reads a code that was spent: E905 for one that was not. To whoever acts, one whose case has reached its end is over.
pub(crate) fn load_spent(call: &Call<'_, '_>, id: ClaimCodeId) -> Result<(State, Object), Stop> {
    let code = state::claim_code(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    let waits = code.status == ClaimCodeStatus::Redeemed && !code.is_closable(call.now());
    let from = if waits { State::CaseExpired } else { state_of(code.status) };
    Ok((from, Object::ClaimCode((*code).clone())))
}

/// Keeps a code as spent, and its nonce with it.
fn spend(call: &mut Call<'_, '_>, row: &Row, nonce: Nonce, code: SpentClaimCode, parties: &[OrgId]) {
    call.emit(row, code.id.0, Some(code.subject), parties);
    call.view.put(StateKey::ClaimCodeNonce(code.subject, nonce), Record::ClaimCodeNonce(code.id));
    call.view.put(StateKey::ClaimCode(code.id), Record::ClaimCode(code));
}

/// The row of an event that redeeming causes; E607 where a table does not have it.
fn caused(call: &Call<'_, '_>, event: EventName) -> Result<Row, Stop> {
    caused_row(call.tables, event, State::New).ok_or_else(|| ErrorCode::State.into())
}

/// CC-01: the code is spent, its case opened, its consent granted, its pseudonyms linked.
pub(super) fn redeem(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let redeem = payload!(call, RedeemClaimCode);
    let (body, presentation) = (&redeem.code.body, &redeem.presentation);
    let (case, consent_subject) = (case_id_of(&call.tx), body.disclose.subject);
    let redeemed = Redeemed {
        provider: presentation.provider,
        facility: presentation.facility,
        case,
        insurer: body.insurer,
        consent_subject,
        controller: body.disclose.controller,
        consent: consent_id_of(&call.tx),
        case_exp: body.case_exp,
    };
    let code = SpentClaimCode {
        id: body.id(),
        subject: body.subject,
        redeemed: Some(redeemed),
        spent_at: call.now(),
        due: Some(body.case_exp),
        status: status_of(row.to),
    };
    spend(call, row, body.nonce, code, &[body.insurer, presentation.provider]);
    let opens = caused(call, EventName::OpenCase)?;
    let opened = Case {
        id: case,
        subject: body.subject,
        insurer: body.insurer,
        provider: presentation.provider,
        plan_commit: body.plan_commit,
        opened_by: redeem.code.case_grant.grantor,
        code: Some(body.id()),
        capability: Some(Capability { ops: body.ops, cap: body.cap }),
        claimed: Some(Money::zero(body.cap.ccy)),
        claims: 0,
        preauths: 0,
        guarantees: 0,
        live: 0,
        duplicates: 0,
        opened_at: call.now(),
        exp: body.case_exp,
    };
    claim::execute::keep_new_case(call, &opens, opened);
    let grants = caused(call, EventName::GrantConsent)?;
    let grantor = redeem.code.consent_grant.unwrap_or(redeem.code.case_grant).grantor;
    consent::execute::grant_new(call, &grants, &body.disclose, grantor)?;
    if let Some(link) = SubjectLink::new(body.subject, consent_subject) {
        let links = caused(call, EventName::LinkSubjects)?;
        session::execute::keep_link(call, &links, case, link)?;
    }
    Ok(())
}

/// CC-02: the code is worth nothing any more.
pub(super) fn revoke(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let revoke = payload!(call, RevokeClaimCode);
    let code = SpentClaimCode {
        id: revoke.id(),
        subject: revoke.subject,
        redeemed: None,
        spent_at: call.now(),
        due: None,
        status: status_of(row.to),
    };
    spend(call, row, revoke.nonce, code, &[]);
    Ok(())
}

/// Writes a code in the state to which a row leads, and leaves its event.
fn move_on(call: &mut Call<'_, '_>, row: &Row, mut code: SpentClaimCode) {
    (code.status, code.due) = (status_of(row.to), None);
    let parties: Vec<OrgId> = code.redeemed.iter().flat_map(|redeemed| [redeemed.insurer, redeemed.provider]).collect();
    call.emit(row, code.id.0, Some(code.subject), &parties);
    call.view.put(StateKey::ClaimCode(code.id), Record::ClaimCode(code));
}

/// CC-03: nothing more is filed under the case, and the consent has ended.
pub(super) fn close(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let code = call.take_claim_code();
    let Some(redeemed) = code.redeemed else { unreachable!("a code in state Redeemed was redeemed") };
    move_on(call, row, code);
    let case = state::case(call.view, redeemed.case)?;
    let mut case = (*case.ok_or_else(|| state::ReadError("the case of a redeemed code is not there".into()))?).clone();
    case.exp = case.exp.min(call.now());
    call.view.put(StateKey::Case(case.id), Record::Case(case));
    consent::execute::expire(call, redeemed.consent_subject, redeemed.controller, redeemed.consent)
}

/// A claim or guarantee of the code's case is live, or none is: the code ends with its case in the one case, and waits in
/// the other.
pub(crate) fn wait(call: &mut Call<'_, '_>, id: ClaimCodeId, waits: bool) -> Check {
    let code = state::claim_code(call.view, id)?;
    let code = code.ok_or_else(|| state::ReadError("the code of a case is not there".into()))?;
    let Some(redeemed) = code.redeemed.filter(|_| code.status == ClaimCodeStatus::Redeemed) else { return Ok(()) };
    let due = (!waits).then_some(redeemed.case_exp);
    if code.due != due {
        call.view.put(StateKey::ClaimCode(id), Record::ClaimCode(SpentClaimCode { due, ..(*code).clone() }));
    }
    Ok(())
}

/// CC-04: the case is over by its own end, nothing under it is live, and the consent has ended, which it does no later.
pub(super) fn expire(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let code = call.take_claim_code();
    move_on(call, row, code);
    Ok(())
}

/// Sweeps one code whose case has ended, with nothing live under it. False if no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: ClaimCodeId) -> Result<bool, Stop> {
    let Some(code) = state::claim_code(call.view, id)? else { return Ok(false) };
    let over = code.due.is_some_and(|deadline| deadline <= call.now());
    let Some(row) = sweep_row(call.tables, *b"CC", state_of(code.status)).filter(|_| over) else { return Ok(false) };
    call.object = Object::ClaimCode((*code).clone());
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
