//! Guards of challenges.

use assent_types::ErrorCode;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::erasure::Destroyed;
use assent_types::possession::Challenge;

use crate::runtime::call::{Call, payload};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, Stop, ensure};

/// The document that a challenge is opened for: E905 if there is none.
pub(super) fn document(call: &Call<'_, '_>) -> Result<Found<Anchor>, Stop> {
    let open = payload!(call, OpenChallenge);
    state::anchor(call.view, open.anchor)?.ok_or_else(|| ErrorCode::NotFound.into())
}

fn challenge<'o>(call: &'o Call<'_, '_>) -> &'o Challenge {
    call.challenge()
}

/// E408 unless the document is active or superseded, E505 unless another than the auditor says that it keeps the shard.
pub(super) fn kept(call: &Call<'_, '_>) -> Check {
    let anchor = document(call)?;
    let status = anchor.effective_status(call.now());
    ensure(matches!(status, DocumentStatus::Active | DocumentStatus::Superseded), ErrorCode::DocumentState)?;
    let custody = anchor.custody.get(usize::from(payload!(call, OpenChallenge).shard));
    let kept = custody.is_some_and(|held| held.stored_at.is_some() && Some(held.custodian) != call.signer().org_id());
    ensure(kept, ErrorCode::Shard)
}

/// E203 unless the custodian that was asked signs.
pub(super) fn custodian(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(challenge(call).custodian), ErrorCode::Role)
}

/// E203 unless the auditor that asked signs.
pub(super) fn auditor(call: &Call<'_, '_>) -> Check {
    ensure(call.signer().org_id() == Some(challenge(call).auditor), ErrorCode::Role)
}

/// E407 once the time to answer is over.
pub(super) fn in_time(call: &Call<'_, '_>) -> Check {
    ensure(challenge(call).due.is_some_and(|due| call.now() < due), ErrorCode::Possession)
}

/// E407 if the custodian has attested that it destroyed the shard, or the document is gone.
pub(super) fn not_destroyed(call: &Call<'_, '_>) -> Check {
    let challenge = challenge(call);
    ensure(state::anchor(call.view, challenge.anchor)?.is_some(), ErrorCode::Possession)?;
    let retention = state::retention(call.view, challenge.anchor)?;
    let destroyed = retention.is_some_and(|retention| {
        let own = |attested: &assent_types::erasure::Attestation| {
            attested.by == challenge.custodian && attested.destroyed == Destroyed::Shard(challenge.shard)
        };
        retention.attestations.iter().any(own)
    });
    ensure(!destroyed, ErrorCode::Possession)
}

/// E407 for another stripe than the one that was drawn.
pub(super) fn stripe(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, ProvePossession).stripe == challenge(call).stripe, ErrorCode::Possession)
}

/// The choice of PV-03.
pub(super) fn held(call: &Call<'_, '_>) -> Check {
    ensure(payload!(call, JudgePossession).held, ErrorCode::State)
}

/// The choice of PV-04.
pub(super) fn not_held(call: &Call<'_, '_>) -> Check {
    ensure(!payload!(call, JudgePossession).held, ErrorCode::State)
}
