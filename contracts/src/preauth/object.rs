//! Reading preauthorisations.

use assent_types::case::Case;
use assent_types::limits::PREAUTH_GENERATIONS_MAX;
use assent_types::preauth::{Preauth, PreauthStatus, ReplacePreauth, RequestPreauth};
use assent_types::{ErrorCode, PreauthId};

use crate::claim::case;
use crate::runtime::call::{Call, Object};
use crate::runtime::state::{self, Found, ReadError, StateRead};
use crate::runtime::table::{State, Stop};

/// A preauthorisation with its surroundings.
pub(crate) struct PreauthObject {
    pub(crate) case: Found<Case>,
    /// A copy that effects change and write back; `None` for a new one.
    pub(crate) preauth: Option<Preauth>,
    /// The one that a new one is meant to replace, or the one that takes its place.
    pub(crate) other: Option<Preauth>,
}

impl Call<'_, '_> {
    pub(crate) fn preauth_object(&self) -> &PreauthObject {
        match &self.object {
            Object::Preauth(object) => object,
            _ => unreachable!("rows of preauthorisations fire with one loaded"),
        }
    }

    /// The preauthorisation that is loaded.
    pub(crate) fn preauth(&self) -> &Preauth {
        match &self.preauth_object().preauth {
            Some(preauth) => preauth,
            None => unreachable!("only a request has none yet"),
        }
    }

    /// Takes the object, for an effect to change and write back.
    pub(crate) fn take_preauth_object(&mut self) -> PreauthObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Preauth(object) => *object,
            _ => unreachable!("rows of preauthorisations fire with one loaded"),
        }
    }
}

/// Reads the case of a new request and what it is meant to replace: E905 if either is unknown.
pub(crate) fn load_new(call: &Call<'_, '_>, request: &RequestPreauth) -> Result<(State, Object), Stop> {
    let case = case::load(call, request.case)?;
    let other = request.prior.map(|prior| known(call.view, prior)).transpose()?;
    Ok((State::New, Object::Preauth(Box::new(PreauthObject { case, preauth: None, other }))))
}

/// Reads a preauthorisation: E905 if it is unknown.
pub(crate) fn load(call: &Call<'_, '_>, id: PreauthId) -> Result<(State, Object), Stop> {
    let object = object_of(call, known(call.view, id)?, None)?;
    Ok((object.preauth.as_ref().map_or(State::New, |preauth| preauth.status.into()), Object::Preauth(Box::new(object))))
}

/// Reads a preauthorisation and the one that takes its place: E905 if either is unknown.
pub(crate) fn load_both(call: &Call<'_, '_>, replace: &ReplacePreauth) -> Result<(State, Object), Stop> {
    let other = known(call.view, replace.child)?;
    let object = object_of(call, known(call.view, replace.preauth)?, Some(other))?;
    Ok((object.preauth.as_ref().map_or(State::New, |preauth| preauth.status.into()), Object::Preauth(Box::new(object))))
}

fn known(state: &dyn StateRead, id: PreauthId) -> Result<Preauth, Stop> {
    Ok((*state::preauth(state, id)?.ok_or(ErrorCode::NotFound)?).clone())
}

/// A preauthorisation with its case, as it is stored.
pub(crate) fn object_of(
    call: &Call<'_, '_>,
    preauth: Preauth,
    other: Option<Preauth>,
) -> Result<PreauthObject, ReadError> {
    let case = state::case(call.view, preauth.case)?
        .ok_or_else(|| ReadError(format!("the case of preauthorisation {} is not there", preauth.id)))?;
    Ok(PreauthObject { case, preauth: Some(preauth), other })
}

/// Who is meant by a citation: the preauthorisation itself, or the last of those that replaced it. `None` if there is
/// none of this name.
pub(crate) fn head_of(state: &dyn StateRead, cited: PreauthId) -> Result<Option<Found<Preauth>>, ReadError> {
    let Some(mut head) = state::preauth(state, cited)? else { return Ok(None) };
    for _ in 0..=PREAUTH_GENERATIONS_MAX {
        let Some(next) = head.replaced_by else { return Ok(Some(head)) };
        head = state::preauth(state, next)?
            .ok_or_else(|| ReadError(format!("the successor of preauthorisation {} is not there", head.id)))?;
    }
    Err(ReadError(format!("preauthorisation {cited} was replaced too often")))
}

/// The status that a row of preauthorisations leads to.
pub(crate) fn status_of(state: State) -> PreauthStatus {
    match PreauthStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of preauthorisations lead to states of preauthorisations"),
    }
}
