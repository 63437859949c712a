//! Which validators decide which height.
//!
//! In the state after height h, the record [`Validators`] holds the set of h+1 (`next`) and that of h+2 (`after_next`).
//! Executing h moves the sets on by one height and lets the block's own changes replace `after_next`; so a change
//! decided at h applies at h+2. While both sets are equal nothing moves and nothing is written. Genesis writes its
//! set as both: it decides heights 1 and 2.

use assent_types::key::PublicKey;
use assent_types::state::{Record, StateKey, Validators};
use assent_types::validator::{Validator, ValidatorSet};
use assent_types::{ErrorCode, OrgId};

use super::overlay::Overlay;
use super::state::{self, ReadError, StateRead};
use super::table::{Check, Stop};

/// The sets of the two heights after a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpcomingValidators {
    /// Validators of the next height.
    pub next: ValidatorSet,
    /// Validators of the height after that.
    pub after_next: ValidatorSet,
}

/// The validators of the two heights after this state: of the block to build, and what its header names as the
/// next validators.
///
/// # Errors
///
/// If the state cannot be read or has no validators.
pub fn upcoming_validators(state: &dyn StateRead) -> Result<UpcomingValidators, ReadError> {
    let record = state::validators(state)?;
    Ok(UpcomingValidators { next: record.next.clone(), after_next: record.after_next.clone() })
}

/// Moves the sets on by one height.
pub(crate) fn shift(view: &mut Overlay<'_>) -> Result<(), ReadError> {
    let record = state::validators(view)?;
    if record.next != record.after_next {
        let after_next = record.after_next.clone();
        view.put(StateKey::Validators, Record::Validators(Validators { next: after_next.clone(), after_next }));
    }
    Ok(())
}

/// Gives a validator a new key from the height after next on. An organisation that is no validator is left alone.
pub(crate) fn replace_key(view: &mut Overlay<'_>, org: OrgId, key: PublicKey) -> Check {
    let record = state::validators(view)?;
    if record.after_next.by_org(org).is_none() {
        return Ok(());
    }
    let changed = with_key(&record, org, key)?;
    view.put(StateKey::Validators, Record::Validators(changed));
    Ok(())
}

/// The validators to come, where one votes with another key from the height after next on.
pub(crate) fn with_key(record: &Validators, org: OrgId, key: PublicKey) -> Result<Validators, Stop> {
    let validators = record.after_next.validators();
    let replaced: Vec<Validator> = validators
        .iter()
        .map(|validator| if validator.org == org { Validator { key, ..*validator } } else { *validator })
        .collect();
    // Keys are registered once, so only a key of an earlier rotation of this block could be shared; it is refused.
    let after_next = ValidatorSet::new(replaced).map_err(|_| ErrorCode::KeyExists)?;
    Ok(Validators { next: record.next.clone(), after_next })
}
