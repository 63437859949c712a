//! Changes of the validator set by proposals. They act two heights later, as every change of the set does.

use std::collections::BTreeMap;

use assent_types::governance::{AddValidator, RemoveValidator, SetValidatorPower};
use assent_types::key::KeyUsage;
use assent_types::state::{ChainClass, Record, StateKey, Validators};
use assent_types::validator::{Validator, ValidatorSet};
use assent_types::{ErrorCode, OrgId};

use super::plan::Writes;
use super::power::{Holder, account, is_gradual, power_problems};
use crate::runtime::block::BlockContext;
use crate::runtime::state::{self, StateRead};
use crate::runtime::table::{Stop, ensure};

/// E209 unless the organisation is active and no validator; E201 unless the key is its live VALIDATE key and it has a
/// NODE key.
pub(super) fn add(ctx: &BlockContext, state: &dyn StateRead, add: &AddValidator) -> Result<Writes, Stop> {
    let org = state::org(state, add.org)?.ok_or(ErrorCode::NotFound)?;
    ensure(org.is_active(ctx.time), ErrorCode::OrgStatus)?;
    let votes = org.live_keys(KeyUsage::Validate, ctx.time).any(|record| record.key == add.key);
    ensure(votes && org.live_keys(KeyUsage::Node, ctx.time).next().is_some(), ErrorCode::KeyUsage)?;
    change(ctx, state, add.org, |current| {
        ensure(current.is_none(), ErrorCode::Proposal)?;
        Ok(Some(Validator { org: add.org, power: add.power, key: add.key }))
    })
}

/// E209 unless the organisation validates with another power.
pub(super) fn set_power(ctx: &BlockContext, state: &dyn StateRead, set: &SetValidatorPower) -> Result<Writes, Stop> {
    change(ctx, state, set.org, |current| match current {
        Some(validator) if validator.power != set.power => Ok(Some(Validator { power: set.power, ..*validator })),
        _ => Err(ErrorCode::Proposal.into()),
    })
}

/// E209 unless the organisation validates.
pub(super) fn remove(ctx: &BlockContext, state: &dyn StateRead, remove: &RemoveValidator) -> Result<Writes, Stop> {
    change(ctx, state, remove.org, |current| {
        ensure(current.is_some(), ErrorCode::Proposal)?;
        Ok(None)
    })
}

/// The set with one validator changed, and the epoch's account of it. E207 if the limits of power are not kept; a test
/// chain has none, but every set has a validator and every validator a power.
fn change(
    ctx: &BlockContext,
    state: &dyn StateRead,
    org: OrgId,
    change: impl FnOnce(Option<&Validator>) -> Result<Option<Validator>, Stop>,
) -> Result<Writes, Stop> {
    let sets = state::validators(state)?;
    let current = sets.after_next.by_org(org);
    let changed = change(current)?;
    let mut validators: BTreeMap<OrgId, Validator> =
        sets.after_next.validators().iter().map(|validator| (validator.org, *validator)).collect();
    match changed {
        Some(validator) => validators.insert(org, validator),
        None => validators.remove(&org),
    };
    let after_next =
        ValidatorSet::new(validators.into_values().collect()).map_err(|_| Stop::Refused(ErrorCode::PowerCap))?;

    let params = state::params(state)?;
    let mut register = (*state::governance(state)?).clone();
    let power = |validator: Option<&Validator>| validator.map_or(0, |validator| validator.power);
    let number = ctx.time.0 / params.governance.epoch_ms.max(1);
    let difference = power(changed.as_ref()).abs_diff(power(current));
    register.epoch = account(&register.epoch, number, sets.after_next.total_power(), difference);
    if params.chain_class == ChainClass::Production {
        let mut holders = Vec::new();
        for validator in after_next.validators() {
            let org = state::org(state, validator.org)?;
            holders.push(Holder::new(validator, org.as_deref()));
        }
        ensure(power_problems(&holders).is_empty() && is_gradual(&register.epoch), ErrorCode::PowerCap)?;
    }
    Ok(vec![
        (StateKey::Validators, Record::Validators(Validators { next: sets.next.clone(), after_next })),
        (StateKey::Governance, Record::Governance(Box::new(register))),
    ])
}
