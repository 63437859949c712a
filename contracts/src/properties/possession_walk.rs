//! Challenges of possession in walks of documents.

use assent_types::key::SecretKey;
use assent_types::possession::{Challenge, ChallengeStatus};
use assent_types::{AnchorId, ChallengeId};

use crate::runtime::state;
use crate::testing::lists::*;
use crate::testing::*;

/// What comes next for a challenge that is not over, or a new one. Some of those that answer take their time.
pub(super) fn challenging(
    rng: &mut Rng,
    world: &World,
    stored: &[AnchorId],
    challenges: &[ChallengeId],
) -> Option<(SecretKey, assent_types::action::Action)> {
    let record = |id: &ChallengeId| state::challenge(&world.state, *id).unwrap().map(|found| *found);
    let is_live = |found: &Challenge| matches!(found.status, ChallengeStatus::Open | ChallengeStatus::Submitted);
    let live: Vec<Challenge> = challenges.iter().filter_map(record).filter(is_live).collect();
    if live.is_empty() || rng.one_in(3) {
        let anchor = *stored.get(rng.index(stored.len().max(1)))?;
        let shard = u8::try_from(rng.below(5)).unwrap();
        let auditor = if rng.one_in(8) { SZH } else { REGULATOR };
        return Some((signing(auditor), challenge_action(anchor, shard)));
    }
    let challenge = rng.pick(&live);
    if challenge.status == ChallengeStatus::Submitted {
        let auditor = if rng.one_in(8) { SZH } else { challenge.auditor };
        return Some((signing(auditor), verdict(challenge.id, rng.one_in(2))));
    }
    if rng.one_in(2) {
        return None;
    }
    let custodian = if rng.one_in(8) { *rng.pick(&KEEPERS) } else { challenge.custodian };
    let stripe = challenge.stripe + u32::from(rng.one_in(8));
    Some((receipts(custodian), proof(challenge.id, stripe)))
}
