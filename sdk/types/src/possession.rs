//! Challenges of possession: whether a custodian still holds a shard that it said it keeps.
//!
//! The ledger draws which stripe is asked for, so that nobody can prepare for it. The answer itself is data and goes to the
//! auditor; the ledger keeps its hash, in time or not at all, and what the auditor found.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::codes;
use crate::hash::{Tag, tagged_value};
use crate::ids::{AnchorId, BlockHash, ChallengeId, Hash32, Millis, OrgId, TxHash};

codes! {
    /// Status of a challenge.
    ChallengeStatus {
        /// An answer is awaited.
        Open = 1 "Open",
        /// Answered; the auditor has yet to judge.
        Submitted = 2 "Submitted",
        /// The auditor found the shard held.
        Upheld = 3 "Upheld",
        /// The auditor found that the answer shows no possession.
        Violation = 4 "Violation",
        /// Not answered in time.
        Overdue = 5 "Overdue",
    }
}

/// Asks the custodian of a shard for a stripe of it (PV-01); signed by the auditor that will judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct OpenChallenge {
    /// The document.
    pub anchor: AnchorId,
    /// The shard, by index.
    pub shard: u8,
}

/// Answers a challenge (PV-02); signed by the custodian. The chunk itself, with its path to the anchored root of the
/// shard, goes to the auditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ProvePossession {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The stripe that is answered for: the one that was drawn.
    pub stripe: u32,
    /// Hash over the challenge and the chunk with its path.
    pub answer: Hash32,
}

/// Says what an answer shows (PV-03, PV-04); signed by the auditor that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct JudgePossession {
    /// The challenge.
    pub challenge: ChallengeId,
    /// Whether the chunk leads to the anchored root, and its hash is the one on the ledger.
    pub held: bool,
}

/// A challenge as the ledger keeps it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Challenge {
    /// Its identifier.
    pub id: ChallengeId,
    /// The document.
    pub anchor: AnchorId,
    /// The shard.
    pub shard: u8,
    /// Who has to answer.
    pub custodian: OrgId,
    /// Who asked, and judges.
    pub auditor: OrgId,
    /// The stripe that was drawn.
    pub stripe: u32,
    /// When it was opened.
    pub opened_at: Millis,
    /// First instant at which the answer is late, while it is awaited.
    pub due: Option<Millis>,
    /// What was answered.
    pub answer: Option<Hash32>,
    /// Status.
    pub status: ChallengeStatus,
}

/// The identifier of the challenge that a transaction opens.
pub fn challenge_id_of(tx: &TxHash) -> ChallengeId {
    ChallengeId(tagged_value(Tag::Challenge, tx))
}

/// The stripe that a challenge asks for, of as many as the shard has. It depends on the block before the one in which the
/// challenge stands, which is not known when the challenge is signed.
pub fn stripe_of(challenge: ChallengeId, before: &BlockHash, stripes: u32) -> u32 {
    let drawn = tagged_value(Tag::ChallengeStripe, &(challenge, before));
    let mut first = [0; 8];
    first.copy_from_slice(&drawn.0[..8]);
    // Of 64 bits, the remainder by a number of 32 favours no stripe noticeably.
    u32::try_from(u64::from_le_bytes(first) % u64::from(stripes.max(1))).unwrap_or(0)
}
