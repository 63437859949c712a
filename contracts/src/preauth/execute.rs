//! Effects of the rows of preauthorisations.

use assent_types::action::Action;
use assent_types::claim::{AdjReasons, DecisionMode};
use assent_types::consent::Categories;
use assent_types::preauth::{
    Buckets, Preauth, PreauthDecision, PreauthPriority, PreauthStatus, PreauthTerms, Validity, preauth_id_of,
};
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, Hash32, List, Millis, Money, PreauthId, Set};

use super::ledger;
use super::object::{object_of, status_of};
use crate::anomaly::deadline;
use crate::claim::open::{Change, count_requests};
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{caused_row, sweep_row};
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, Row, Stop};

fn put(call: &mut Call<'_, '_>, preauth: Preauth) -> Check {
    let was = state::preauth(call.view, preauth.id)?.is_some_and(|before| !before.status.is_terminal());
    let change = Change { was, is: !preauth.status.is_terminal() };
    count_requests(call, (preauth.insurer, preauth.subject), change)?;
    call.view.put(StateKey::Preauth(preauth.id), Record::Preauth(Box::new(preauth)));
    Ok(())
}

/// Leaves the row's event and writes the preauthorisation.
fn emit(call: &mut Call<'_, '_>, row: &Row, preauth: Preauth) -> Check {
    call.emit(row, preauth.id.0, Some(preauth.subject), &[preauth.insurer, preauth.provider]);
    put(call, preauth)
}

fn take(call: &mut Call<'_, '_>) -> Preauth {
    match call.take_preauth_object().preauth {
        Some(preauth) => preauth,
        None => unreachable!("only a request has none yet"),
    }
}

// Requests ---------------------------------------------------------------------------------------------------------

/// By when an answer is due.
fn answer_due(call: &Call<'_, '_>, terms: &PreauthTerms) -> Option<Millis> {
    let params = &call.params.preauth;
    let wait_ms = match terms.priority {
        PreauthPriority::Stat => params.stat_ms,
        PreauthPriority::Normal => params.normal_ms,
        PreauthPriority::Deferred => params.deferred_ms,
    };
    Some(call.now().plus(wait_ms))
}

/// PA-01: keeps the request.
pub(super) fn request(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let request = payload!(call, RequestPreauth);
    let Some(requested_by) = call.signer().org_id() else { unreachable!("an organisation asks") };
    let object = call.take_preauth_object();
    let nothing = Money::zero(request.terms.amount.ccy);
    let preauth = Preauth {
        id: preauth_id_of(&call.tx),
        case: object.case.id,
        subject: object.case.subject,
        insurer: object.case.insurer,
        provider: object.case.provider,
        version: 1,
        terms: request.terms.clone(),
        requested_by,
        requested_at: call.now(),
        prior: request.prior,
        generation: object.other.map_or(0, |prior| prior.generation.saturating_add(1)),
        asked: Categories::EMPTY,
        info_rounds: 0,
        paused_ms: None,
        decision: None,
        approved: nothing,
        buckets: Buckets::free(nothing),
        guarantees: List::default(),
        claims: List::default(),
        voided: None,
        replaced_by: None,
        due: answer_due(call, &request.terms),
        status: status_of(row.to),
    };
    let mut case = (*object.case).clone();
    case.preauths = case.preauths.checked_add(1).ok_or(ErrorCode::Limit)?;
    crate::claim::execute::put_case(call, case);
    emit(call, row, preauth)
}

/// PA-07: the request is another one, with the time to answer from the beginning.
pub(super) fn amend(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let amend = payload!(call, AmendPreauth);
    let mut preauth = take(call);
    preauth.version = amend.version;
    preauth.terms = amend.terms.clone();
    let nothing = Money::zero(amend.terms.amount.ccy);
    (preauth.approved, preauth.buckets) = (nothing, Buckets::free(nothing));
    preauth.paused_ms = None;
    preauth.due = answer_due(call, &amend.terms);
    preauth.status = status_of(row.to);
    emit(call, row, preauth)
}

/// PA-02: what is left of the time to answer is kept for later.
pub(super) fn pend(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let asked = payload!(call, PendPreauth).asked;
    let mut preauth = take(call);
    preauth.asked = asked;
    preauth.info_rounds = preauth.info_rounds.saturating_add(1);
    preauth.paused_ms = preauth.due.map(|due| due.0.saturating_sub(call.now().0));
    preauth.due = Some(call.now().plus(call.params.preauth.pend_ms));
    preauth.status = status_of(row.to);
    emit(call, row, preauth)
}

/// PA-03: the documents join those of the request.
pub(super) fn supply(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let supplied = &payload!(call, SupplyPreauthInfo).attachments;
    let mut preauth = take(call);
    let all = preauth.terms.attachments.iter().chain(supplied).copied();
    preauth.terms.attachments = Set::new(all).map_err(|_| ErrorCode::Limit)?;
    preauth.due = preauth.paused_ms.take().map(|left| call.now().plus(left));
    preauth.status = status_of(row.to);
    emit(call, row, preauth)
}

// Decisions --------------------------------------------------------------------------------------------------------

/// What a decision says.
struct Decided {
    mode: DecisionMode,
    reasons: AdjReasons,
    outcome_root: Hash32,
    approval: Option<(Money, Validity)>,
}

/// PA-04, PA-05: all that is approved is free.
pub(super) fn approve(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let decided = match call.action() {
        Action::ApprovePreauth(whole) => Decided {
            mode: whole.mode,
            reasons: AdjReasons::EMPTY,
            outcome_root: whole.outcome_root,
            approval: Some((whole.approved, whole.validity)),
        },
        Action::ApprovePreauthPartial(part) => Decided {
            mode: part.mode,
            reasons: part.reasons,
            outcome_root: part.outcome_root,
            approval: Some((part.approved, part.validity)),
        },
        other => unreachable!("{} approves nothing", other.name()),
    };
    decide(call, row, &decided)
}

/// PA-06: nothing is approved, for good.
pub(super) fn deny(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let deny = payload!(call, DenyPreauth);
    let decided = Decided { mode: deny.mode, reasons: deny.reasons, outcome_root: deny.outcome_root, approval: None };
    decide(call, row, &decided)
}

fn decide(call: &mut Call<'_, '_>, row: &Row, decided: &Decided) -> Check {
    let Some(by) = call.signer().org_id() else { unreachable!("an insurer decides") };
    let mut preauth = take(call);
    if let Some((approved, _)) = decided.approval {
        (preauth.approved, preauth.buckets) = (approved, Buckets::free(approved));
    }
    preauth.decision = Some(PreauthDecision {
        by,
        mode: decided.mode,
        reasons: decided.reasons,
        outcome_root: decided.outcome_root,
        validity: decided.approval.map(|(_, validity)| validity),
        at: call.now(),
    });
    preauth.due = None;
    preauth.status = status_of(row.to);
    emit(call, row, preauth)
}

// Ends -------------------------------------------------------------------------------------------------------------

/// PA-08, PA-10 to PA-14: what remains lapses.
pub(super) fn end(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let voided = match (row.event, call.source.as_ref().map(|source| &source.transaction.body.action)) {
        (EventName::VoidPreauth, Some(Action::VoidPreauth(void))) => Some(void.reason),
        _ => None,
    };
    let mut preauth = take(call);
    ledger::lapse(&mut preauth)?;
    preauth.voided = voided;
    preauth.paused_ms = None;
    preauth.due = None;
    preauth.status = status_of(row.to);
    emit(call, row, preauth)
}

/// PA-09: guarantees and claims rest on the child from now on.
pub(super) fn replace(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let object = call.take_preauth_object();
    let (Some(mut parent), Some(mut child)) = (object.preauth, object.other) else {
        unreachable!("a replacement is loaded with both")
    };
    ledger::hand_over(&mut parent, &mut child)?;
    parent.replaced_by = Some(child.id);
    parent.status = status_of(row.to);
    emit(call, row, parent)?;
    settle(call, child)
}

/// Writes a preauthorisation whose buckets have moved, and closes it if all of it is consumed (PA-13).
pub(crate) fn settle(call: &mut Call<'_, '_>, preauth: Preauth) -> Check {
    let spent = preauth.status.is_live() && preauth.buckets.remaining.is_zero() && preauth.is_idle();
    let row = caused_row(call.tables, EventName::Consume, preauth.status.into()).filter(|_| spent);
    put(call, preauth.clone())?;
    let Some(row) = row else { return Ok(()) };
    call.object = Object::Preauth(Box::new(object_of(call, preauth, None)?));
    (row.effect.apply)(call, &row)
}

/// Sweeps a preauthorisation whose time has passed. False if it has not, or no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: PreauthId) -> Result<bool, Stop> {
    let Some(preauth) = state::preauth(call.view, id)? else { return Ok(false) };
    if preauth.deadline().is_none_or(|at| call.now() < at) {
        return Ok(false);
    }
    let Some(row) = sweep_row(call.tables, *b"PA", preauth.status.into()) else { return Ok(false) };
    call.object = Object::Preauth(Box::new(object_of(call, (*preauth).clone(), None)?));
    (row.effect.apply)(call, &row)?;
    // Nobody has to supply information, or to use what was approved.
    if preauth.status == PreauthStatus::Requested {
        deadline::missed(call, Some(preauth.insurer), preauth.id.0, preauth.subject)?;
    }
    Ok(true)
}
