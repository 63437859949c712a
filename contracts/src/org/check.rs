//! Guards of organisations' keys and of evidence.

use assent_types::ErrorCode;
use assent_types::action::{RotateKey, possession_of};
use assent_types::key::{KeyUsage, PublicKey};
use assent_types::limits::ORG_KEYS_MAX;
use assent_types::org::{KeyRecord, Org};
use assent_types::validator::Equivocation;

use crate::runtime::call::{Call, payload};
use crate::runtime::signer::{KeyState, key_state as state_of_key};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, State, Stop, ensure};
use assent_types::subject::KeyOwner;

/// Most proofs of misbehaviour kept of one validator.
const EVIDENCE_MAX: usize = 16;

/// The signer's organisation. Guards run after the signer was found to be an organisation's key.
pub(super) fn own_org<'c>(call: &'c Call<'_, '_>) -> &'c Found<Org> {
    match &call.signer().org {
        Some(org) => org,
        None => unreachable!("only organisations are actors of these rows"),
    }
}

fn old_key<'c>(call: &'c Call<'_, '_>, rotate: &RotateKey) -> Option<&'c KeyRecord> {
    let old = rotate.old?;
    own_org(call).keys.iter().find(|record| record.id() == old)
}

/// E203 unless the recovery key signs, or a signing key with another of the same organisation as co-signer.
pub(super) fn own_keys_sign(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateKey);
    let signer = call.signer();
    ensure(signer.org_id() == Some(rotate.org), ErrorCode::Role)?;
    if signer.usage == Some(KeyUsage::Recovery) {
        return Ok(());
    }
    for cosignature in &call.transaction().cosignatures {
        let KeyState::Live { owner, usage, .. } = state_of_key(call.view, &cosignature.signer, call.now())? else {
            continue;
        };
        if cosignature.signer != signer.key && owner == KeyOwner::Org(rotate.org) && usage == Some(KeyUsage::SignTx) {
            return Ok(());
        }
    }
    Err(ErrorCode::Role.into())
}

/// State of the key that ends; a key that is not the organisation's is in no state from which a row leads.
pub(crate) fn key_state(call: &Call<'_, '_>, rotate: &RotateKey) -> Result<State, Stop> {
    if rotate.old.is_none() {
        return Ok(State::New);
    }
    let Some(record) = old_key(call, rotate) else { return Err(ErrorCode::NotHead.into()) };
    if record.revoked_at.is_some() {
        return Ok(State::Revoked);
    }
    Ok(if call.now() < record.exp { State::Live } else { State::Expired })
}

/// E201 unless the new key has the usage of the old one.
pub(super) fn usage(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateKey);
    ensure(old_key(call, rotate).is_some_and(|old| old.usage == rotate.usage), ErrorCode::KeyUsage)
}

/// E201 if a validator names another VALIDATE key than the one it will vote with, or adds one beside it.
pub(super) fn validator_key(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateKey);
    if rotate.usage != KeyUsage::Validate {
        return Ok(());
    }
    let validators = state::validators(call.view)?;
    let Some(validator) = validators.after_next.by_org(rotate.org) else { return Ok(()) };
    ensure(rotate.old == Some(validator.key.id()), ErrorCode::KeyUsage)
}

/// E303 unless the new key's window is one and lies ahead. A validator's key has to be in force at once.
pub(super) fn window(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateKey);
    let in_time = rotate.usage != KeyUsage::Validate || rotate.nbf <= call.now();
    ensure(rotate.nbf < rotate.exp && call.now() < rotate.exp && in_time, ErrorCode::Window)
}

/// E212 unless the key is valid, unknown to the ledger, and its holder asked for it to be registered.
pub(super) fn fresh_key(call: &Call<'_, '_>) -> Check {
    let rotate = payload!(call, RotateKey);
    let asked = possession_of(call.ctx.chain, &rotate.new, &rotate.org);
    ensure(rotate.new.is_valid() && rotate.new.verify_possession(&asked, &rotate.possession), ErrorCode::KeyExists)?;
    ensure(state::key(call.view, rotate.new.id())?.is_none(), ErrorCode::KeyExists)
}

/// E903 if the organisation has as many keys as it can have.
pub(super) fn room(call: &Call<'_, '_>) -> Check {
    ensure(own_org(call).keys.len() < ORG_KEYS_MAX, ErrorCode::Limit)
}

/// Whether two pairs prove the same offence: one height, round and step.
fn same_offence(a: &Equivocation, b: &Equivocation) -> bool {
    match (a, b) {
        (Equivocation::Votes { first: (a, _), .. }, Equivocation::Votes { first: (b, _), .. }) => {
            (a.height, a.round, a.step) == (b.height, b.round, b.step)
        }
        (Equivocation::Proposals { first: (a, _), .. }, Equivocation::Proposals { first: (b, _), .. }) => {
            (a.height, a.round) == (b.height, b.round)
        }
        _ => false,
    }
}

/// Whether the offence is recorded already, whatever pair proves it.
pub(crate) fn evidence_state(call: &Call<'_, '_>, pair: &Equivocation) -> Result<State, Stop> {
    let (_, _, culprit) = pair.subject();
    let known = state::misbehaviour(call.view, culprit)?;
    let recorded = known.is_some_and(|list| list.iter().any(|other| same_offence(other, pair)));
    Ok(if recorded { State::Recorded } else { State::New })
}

/// E907 unless the pair conflicts and verifies under a key with which the organisation votes or voted. Which of its
/// keys was in the set of that height does not matter: none may sign two messages of one place.
pub(super) fn pair_verifies(call: &Call<'_, '_>) -> Check {
    let pair = &payload!(call, SubmitEvidence).pair;
    let (_, _, culprit) = pair.subject();
    let Some(org) = state::org(call.view, culprit)? else { return Err(ErrorCode::BadRequest.into()) };
    let verifies = |key: &PublicKey| pair.verify(call.ctx.chain, key);
    let guilty = org.keys.iter().any(|record| record.usage == KeyUsage::Validate && verifies(&record.key));
    ensure(guilty, ErrorCode::BadRequest)
}

/// E903 if enough is known of this validator.
pub(super) fn evidence_room(call: &Call<'_, '_>) -> Check {
    let (_, _, culprit) = payload!(call, SubmitEvidence).pair.subject();
    let count = state::misbehaviour(call.view, culprit)?.map_or(0, |list| list.len());
    ensure(count < EVIDENCE_MAX, ErrorCode::Limit)
}
