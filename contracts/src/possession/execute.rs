//! Loading and effects of challenges.

use assent_types::anomaly::AnomalyKind;
use assent_types::possession::{Challenge, ChallengeStatus, challenge_id_of, stripe_of};
use assent_types::state::{Record, StateKey};
use assent_types::{ChallengeId, ErrorCode};

use super::check;
use crate::anomaly::{Noted, note};
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::dispatch::sweep_row;
use crate::runtime::state;
use crate::runtime::table::{Check, Row, State, Stop};

fn status_of(state: State) -> ChallengeStatus {
    match ChallengeStatus::from_code(state.name()) {
        Some(status) => status,
        None => unreachable!("rows of challenges lead to states of challenges"),
    }
}

/// Reads a challenge: E905 if there is none.
pub(crate) fn load(call: &Call<'_, '_>, id: ChallengeId) -> Result<(State, Object), Stop> {
    let challenge = *state::challenge(call.view, id)?.ok_or(ErrorCode::NotFound)?;
    Ok((challenge.status.into(), Object::Challenge(challenge)))
}

fn put(call: &mut Call<'_, '_>, row: &Row, mut challenge: Challenge) {
    challenge.status = status_of(row.to);
    call.emit(row, challenge.id.0, None, &[challenge.auditor, challenge.custodian]);
    call.view.put(StateKey::Challenge(challenge.id), Record::Challenge(challenge));
}

/// PV-01: draws the stripe.
pub(super) fn open(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let open = payload!(call, OpenChallenge);
    let anchor = check::document(call)?;
    let custody = anchor.custody.get(usize::from(open.shard)).ok_or(ErrorCode::Shard)?;
    let Some(auditor) = call.signer().org_id() else { return Err(ErrorCode::Role.into()) };
    let id = challenge_id_of(&call.tx);
    let challenge = Challenge {
        id,
        anchor: open.anchor,
        shard: open.shard,
        custodian: custody.custodian,
        auditor,
        stripe: stripe_of(id, &call.ctx.previous, anchor.body.coding.stripes(anchor.body.size_4k)),
        opened_at: call.now(),
        due: Some(call.now().plus(call.params.access.possession_ms)),
        answer: None,
        status: ChallengeStatus::Open,
    };
    put(call, row, challenge);
    Ok(())
}

/// PV-02: keeps what was answered.
pub(super) fn answer(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let answer = payload!(call, ProvePossession).answer;
    let challenge = Challenge { due: None, answer: Some(answer), ..*call.challenge() };
    put(call, row, challenge);
    Ok(())
}

/// PV-03, PV-04: keeps what the auditor found. AN-06 where the shard is not held.
pub(super) fn judge(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let challenge = *call.challenge();
    put(call, row, challenge);
    if row.to == State::Violation { noticed(call, AnomalyKind::Integrity, &challenge) } else { Ok(()) }
}

/// PV-05: nobody answered.
pub(super) fn overdue(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let challenge = Challenge { due: None, ..*call.challenge() };
    put(call, row, challenge);
    noticed(call, AnomalyKind::DeadlineMissed, &challenge)
}

fn noticed(call: &mut Call<'_, '_>, kind: AnomalyKind, challenge: &Challenge) -> Check {
    note(call, Noted { kind, of: Some(challenge.custodian), object: challenge.id.0, subject: None })
}

/// Sweeps a challenge whose answer is late. False if it is not, or no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, id: ChallengeId) -> Result<bool, Stop> {
    let Some(challenge) = state::challenge(call.view, id)?.map(|challenge| *challenge) else { return Ok(false) };
    if challenge.due.is_none_or(|due| call.now() < due) {
        return Ok(false);
    }
    let Some(row) = sweep_row(call.tables, *b"PV", challenge.status.into()) else { return Ok(false) };
    call.object = Object::Challenge(challenge);
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
