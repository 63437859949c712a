//! Loading guarantees of payment, and the effects of their rows.

use assent_types::action::Action;
use assent_types::case::Case;
use assent_types::claim::{Claim, ServicePeriod};
use assent_types::guarantee::{Guarantee, GuaranteeStatus, OfferGuarantee, guarantee_id_of};
use assent_types::preauth::Preauth;
use assent_types::state::{Record, StateKey};
use assent_types::{ClaimId, ErrorCode, GuaranteeId, Money};

use crate::claim::case;
use crate::claim::open::{Change, count_live};
use crate::preauth::execute::settle;
use crate::preauth::ledger::{release, reserve};
use crate::preauth::object::head_of;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::{cause, caused_row, sweep_row};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, EventName, Row, State, Stop};

/// A guarantee with its surroundings.
pub(crate) struct GuaranteeObject {
    pub(crate) case: Found<Case>,
    /// A copy that effects change and write back; `None` for a new one.
    pub(crate) guarantee: Option<Guarantee>,
    /// A copy of the preauthorisation on which it rests, or of the last that replaced it.
    pub(crate) preauth: Option<Preauth>,
    /// The claim that calls it.
    pub(crate) claim: Option<(ClaimId, ServicePeriod)>,
}

impl Call<'_, '_> {
    pub(crate) fn guarantee_object(&self) -> &GuaranteeObject {
        match &self.object {
            Object::Guarantee(object) => object,
            _ => unreachable!("rows of guarantees fire with one loaded"),
        }
    }

    fn take_guarantee_object(&mut self) -> GuaranteeObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Guarantee(object) => *object,
            _ => unreachable!("rows of guarantees fire with one loaded"),
        }
    }
}

/// Reads the case and the preauthorisation of an offer: E905 if either is unknown.
pub(crate) fn load_new(call: &Call<'_, '_>, offer: &OfferGuarantee) -> Result<(State, Object), Stop> {
    let case = case::load(call, offer.case)?;
    let preauth = match offer.preauth {
        Some(id) => Some((*head_of(call.view, id)?.ok_or(ErrorCode::NotFound)?).clone()),
        None => None,
    };
    let object = GuaranteeObject { case, guarantee: None, preauth, claim: None };
    Ok((State::New, Object::Guarantee(Box::new(object))))
}

/// Reads a guarantee: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: GuaranteeId) -> Result<(State, Object), Stop> {
    let guarantee = state::guarantee(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    let object = object_of(call, (*guarantee).clone())?;
    Ok((guarantee.status.into(), Object::Guarantee(Box::new(object))))
}

fn object_of(call: &Call<'_, '_>, guarantee: Guarantee) -> Result<GuaranteeObject, Stop> {
    let missing = |what: &str| state::ReadError(format!("the {what} of guarantee {} is not there", guarantee.id));
    let case = state::case(call.view, guarantee.case)?.ok_or_else(|| missing("case"))?;
    let preauth = match guarantee.preauth {
        Some(id) => Some((*head_of(call.view, id)?.ok_or_else(|| missing("preauthorisation"))?).clone()),
        None => None,
    };
    Ok(GuaranteeObject { case, guarantee: Some(guarantee), preauth, claim: None })
}

fn status_of(state: State) -> GuaranteeStatus {
    match GuaranteeStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of guarantees lead to states of guarantees"),
    }
}

/// Writes a guarantee.
pub(crate) fn put(call: &mut Call<'_, '_>, guarantee: Guarantee) -> Check {
    let was = state::guarantee(call.view, guarantee.id)?.is_some_and(|before| !before.status.is_terminal());
    count_live(call, guarantee.case, Change { was, is: !guarantee.status.is_terminal() })?;
    call.view.put(StateKey::Guarantee(guarantee.id), Record::Guarantee(guarantee));
    Ok(())
}

/// Leaves the row's event and writes the guarantee.
fn emit(call: &mut Call<'_, '_>, row: &Row, guarantee: Guarantee) -> Check {
    call.emit(row, guarantee.id.0, Some(guarantee.subject), &[guarantee.insurer, guarantee.provider]);
    put(call, guarantee)
}

/// GP-01: the amount is set aside.
pub(super) fn offer(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let offer = payload!(call, OfferGuarantee);
    let object = call.take_guarantee_object();
    let id = guarantee_id_of(&call.tx);
    let mut reserved = Money::zero(offer.amount.ccy);
    if let Some(mut preauth) = object.preauth {
        reserve(&mut preauth, id, offer.amount)?;
        reserved = offer.amount;
        settle(call, preauth)?;
    }
    let guarantee = Guarantee {
        id,
        case: object.case.id,
        subject: object.case.subject,
        insurer: object.case.insurer,
        provider: object.case.provider,
        preauth: offer.preauth,
        amount: offer.amount,
        reserved,
        offered_at: call.now(),
        exp: offer.exp,
        claim: None,
        cancelled: None,
        order: None,
        due: Some(call.now().plus(call.params.preauth.offer_ms)),
        status: status_of(row.to),
    };
    let mut case = (*object.case).clone();
    case.guarantees = case.guarantees.checked_add(1).ok_or(ErrorCode::Limit)?;
    crate::claim::execute::put_case(call, case);
    emit(call, row, guarantee)
}

fn take(call: &mut Call<'_, '_>) -> (Guarantee, GuaranteeObject) {
    let mut object = call.take_guarantee_object();
    match object.guarantee.take() {
        Some(guarantee) => (guarantee, object),
        None => unreachable!("only an offer has none yet"),
    }
}

/// GP-02: a claim may call it until some time after its end.
pub(super) fn accept(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let (mut guarantee, _) = take(call);
    guarantee.due = Some(guarantee.exp.plus(call.params.preauth.runoff_ms));
    guarantee.status = status_of(row.to);
    emit(call, row, guarantee)
}

/// GP-03, GP-04, GP-10, GP-11, GP-12: nothing was used, all is given back.
pub(super) fn end(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let action = call.source.as_ref().map(|source| &source.transaction.body.action);
    let (cancelled, order) = match (row.event, action) {
        (EventName::CancelGuarantee, Some(Action::CancelGuarantee(cancel))) => (Some(cancel.ground), None),
        (EventName::OrderCancelGuarantee, Some(Action::OrderCancelGuarantee(order))) => (None, Some(order.order)),
        _ => (None, None),
    };
    let (mut guarantee, object) = take(call);
    let mut preauth = object.preauth;
    if let Some(preauth) = &mut preauth {
        release(preauth, &mut guarantee)?;
    }
    guarantee.cancelled = cancelled;
    guarantee.order = order;
    guarantee.due = None;
    guarantee.status = status_of(row.to);
    emit(call, row, guarantee)?;
    match preauth {
        Some(preauth) => settle(call, preauth),
        None => Ok(()),
    }
}

/// GP-08: it is the claim's from now on.
pub(super) fn called(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let (mut guarantee, object) = take(call);
    guarantee.claim = object.claim.map(|(claim, _)| claim);
    guarantee.due = None;
    guarantee.status = status_of(row.to);
    emit(call, row, guarantee)
}

/// GP-09: it has served; whoever causes it has released what it did not use.
pub(super) fn close(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let (mut guarantee, _) = take(call);
    guarantee.status = status_of(row.to);
    emit(call, row, guarantee)
}

/// A claim calls its guarantee. Returns it as it is then.
pub(crate) fn cause_call(call: &mut Call<'_, '_>, guarantee: Guarantee, claim: &Claim) -> Result<Guarantee, Stop> {
    let (id, from) = (guarantee.id, guarantee.status.into());
    let mut object = object_of(call, guarantee)?;
    object.claim = Some((claim.id, claim.terms.service));
    call.object = Object::Guarantee(Box::new(object));
    cause(call, EventName::CallGuarantee, from)?;
    let called = state::guarantee(call.view, id)?;
    Ok((*called.ok_or_else(|| state::ReadError(format!("guarantee {id} is not there")))?).clone())
}

/// Closes a guarantee that has served, and gives back to its preauthorisation what it did not use.
pub(crate) fn cause_close(call: &mut Call<'_, '_>, mut guarantee: Guarantee, preauth: Option<&mut Preauth>) -> Check {
    let Some(row) = caused_row(call.tables, EventName::CloseGuarantee, guarantee.status.into()) else {
        return put(call, guarantee);
    };
    if let Some(preauth) = preauth {
        release(preauth, &mut guarantee)?;
    }
    call.object = Object::Guarantee(Box::new(object_of(call, guarantee)?));
    (row.effect.apply)(call, &row)
}

/// Sweeps a guarantee whose time has passed. False if it has not, or no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: GuaranteeId) -> Result<bool, Stop> {
    let Some(guarantee) = state::guarantee(call.view, id)? else { return Ok(false) };
    if guarantee.due.is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    let Some(row) = sweep_row(call.tables, *b"GP", guarantee.status.into()) else { return Ok(false) };
    let object = object_of(call, (*guarantee).clone())?;
    call.object = Object::Guarantee(Box::new(object));
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
