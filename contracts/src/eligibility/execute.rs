//! Loading questions of eligibility, and the effects of their rows.

use assent_types::action::Action;
use assent_types::case::Case;
use assent_types::eligibility::{
    CheckEligibility, Eligibility, EligibilityAnswer, EligibilityStatus, eligibility_id_of,
};
use assent_types::state::{Record, StateKey};
use assent_types::{EligibilityId, ErrorCode};

use crate::anomaly::deadline;
use crate::claim::case;
use crate::claim::open::{Change, count_requests};
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::sweep_row;
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, Row, State, Stop};

/// A question with its case.
pub(crate) struct EligibilityObject {
    pub(crate) case: Found<Case>,
    /// A copy that effects change and write back; `None` for a new one.
    pub(crate) eligibility: Option<Eligibility>,
}

impl Call<'_, '_> {
    pub(crate) fn eligibility_object(&self) -> &EligibilityObject {
        match &self.object {
            Object::Eligibility(object) => object,
            _ => unreachable!("rows of eligibility fire with a question loaded"),
        }
    }

    fn take_eligibility_object(&mut self) -> EligibilityObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Eligibility(object) => *object,
            _ => unreachable!("rows of eligibility fire with a question loaded"),
        }
    }
}

/// Reads the case of a new question: E905 if it is unknown.
pub(crate) fn load_new(call: &Call<'_, '_>, check: &CheckEligibility) -> Result<(State, Object), Stop> {
    let case = case::load(call, check.case)?;
    Ok((State::New, Object::Eligibility(Box::new(EligibilityObject { case, eligibility: None }))))
}

/// Reads a question and its case: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: EligibilityId) -> Result<(State, Object), Stop> {
    let object = read(call, id)?.ok_or(ErrorCode::NotFound)?;
    let from = object.eligibility.as_ref().map_or(State::New, |eligibility| eligibility.status.into());
    Ok((from, Object::Eligibility(Box::new(object))))
}

fn read(call: &Call<'_, '_>, id: EligibilityId) -> Result<Option<EligibilityObject>, Stop> {
    let Some(eligibility) = state::eligibility(call.view, id)? else { return Ok(None) };
    let case = state::case(call.view, eligibility.case)?
        .ok_or_else(|| state::ReadError(format!("the case of question {id} is not there")))?;
    Ok(Some(EligibilityObject { case, eligibility: Some((*eligibility).clone()) }))
}

fn status_of(state: State) -> EligibilityStatus {
    match EligibilityStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of eligibility lead to states of eligibility"),
    }
}

fn put(call: &mut Call<'_, '_>, row: &Row, eligibility: Eligibility) -> Check {
    let parties = [eligibility.insurer, eligibility.provider, eligibility.requested_by];
    call.emit(row, eligibility.id.0, Some(eligibility.subject), &parties);
    let was = state::eligibility(call.view, eligibility.id)?.is_some_and(|before| !before.status.is_terminal());
    let change = Change { was, is: !eligibility.status.is_terminal() };
    count_requests(call, (eligibility.insurer, eligibility.subject), change)?;
    call.view.put(StateKey::Eligibility(eligibility.id), Record::Eligibility(eligibility));
    Ok(())
}

/// EL-01: keeps the question.
pub(super) fn ask(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let check = payload!(call, CheckEligibility);
    let Some(requested_by) = call.signer().org_id() else { unreachable!("an organisation asks") };
    let case = call.take_eligibility_object().case;
    let eligibility = Eligibility {
        id: eligibility_id_of(&call.tx),
        case: case.id,
        subject: case.subject,
        insurer: case.insurer,
        provider: case.provider,
        requested_by,
        kind: check.kind,
        purposes: check.purposes,
        service: check.service,
        requested_at: call.now(),
        answer: None,
        due: Some(call.now().plus(call.params.preauth.eligibility_answer_ms)),
        status: status_of(row.to),
    };
    put(call, row, eligibility)
}

fn take(call: &mut Call<'_, '_>) -> Eligibility {
    match call.take_eligibility_object().eligibility {
        Some(eligibility) => eligibility,
        None => unreachable!("answers have a question"),
    }
}

/// EL-02, EL-03, EL-04: keeps the answer. One that says yes holds for a time.
pub(super) fn answer(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let answer = match call.action() {
        Action::AnswerEligible(yes) => EligibilityAnswer::Eligible { band: yes.band, valid_to: yes.valid_to },
        Action::AnswerNotEligible(no) => EligibilityAnswer::NotEligible { reason: no.reason },
        Action::AnswerError(none) => EligibilityAnswer::Error { error: none.error },
        other => unreachable!("{} answers nothing", other.name()),
    };
    let mut eligibility = take(call);
    eligibility.due = match answer {
        EligibilityAnswer::Eligible { valid_to, .. } => Some(valid_to),
        _ => None,
    };
    eligibility.answer = Some(answer);
    eligibility.status = status_of(row.to);
    put(call, row, eligibility)
}

/// EL-05, EL-06: its time has passed.
pub(super) fn end(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut eligibility = take(call);
    eligibility.due = None;
    eligibility.status = status_of(row.to);
    put(call, row, eligibility)
}

/// Sweeps a question whose time has passed. False if it has not, or no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: EligibilityId) -> Result<bool, Stop> {
    let Some(object) = read(call, id)? else { return Ok(false) };
    let Some(eligibility) = &object.eligibility else { return Ok(false) };
    if eligibility.due.is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    let Some(row) = sweep_row(call.tables, *b"EL", eligibility.status.into()) else { return Ok(false) };
    let unanswered = eligibility.answer.is_none();
    let (insurer, id, subject) = (eligibility.insurer, eligibility.id.0, eligibility.subject);
    call.object = Object::Eligibility(Box::new(object));
    (row.effect.apply)(call, &row)?;
    if unanswered {
        deadline::missed(call, Some(insurer), id, subject)?;
    }
    Ok(true)
}
