//! Challenges of possession: whether a custodian still holds a shard that it said it keeps.
//!
//! The ledger draws which stripe is asked for, so that nobody can prepare for it. The answer itself is data and goes to the
//! auditor; the ledger keeps its hash, in time or not at all, and what the auditor found.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::codes;
use crate::hash::{Hasher, Tag, tagged_value};
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

/// Answers a challenge (PV-02); signed by the custodian. The auditor fetches the chunks themselves, with what leads from
/// them to the anchored root of the shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ProvePossession {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The stripe that is answered for: the one that was drawn.
    pub stripe: u32,
    /// [`answer_of`] the chunks of that stripe.
    pub answer: Hash32,
}

/// Says what an answer shows (PV-03, PV-04); signed by the auditor that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct JudgePossession {
    /// The challenge.
    pub challenge: ChallengeId,
    /// Whether the chunks lead to the anchored root, and their hash is the one on the ledger.
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

impl Challenge {
    /// Whether this custodian has to answer, at this instant.
    pub fn awaits(&self, custodian: OrgId, at: Millis) -> bool {
        self.status == ChallengeStatus::Open && self.custodian == custodian && self.due.is_some_and(|due| at < due)
    }

    /// Whether this auditor has yet to judge what was answered.
    pub fn is_judged_by(&self, auditor: OrgId) -> bool {
        self.status == ChallengeStatus::Submitted && self.auditor == auditor
    }
}

/// What a custodian answers: a hash over the challenge and then the chunks that its shard has of the drawn stripe, in the
/// order of its columns. The challenge comes first, so that nothing shorter than the chunks themselves suffices to answer.
pub fn answer_of<'a>(challenge: ChallengeId, chunks: impl IntoIterator<Item = &'a [u8]>) -> Hash32 {
    let mut hasher = Hasher::new(Tag::ChallengeAnswer);
    hasher.update(&challenge.0.0);
    for chunk in chunks {
        // All chunks of a document have one length, which its anchor says.
        hasher.update(chunk);
    }
    hasher.finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_depends_on_the_challenge_and_on_every_byte_of_the_chunks() {
        let of =
            |challenge: u8, chunks: &[&[u8]]| answer_of(ChallengeId(Hash32([challenge; 32])), chunks.iter().copied());
        let answer = of(1, &[b"first", b"other"]);
        assert_eq!(of(1, &[b"first", b"other"]), answer);
        assert_ne!(of(2, &[b"first", b"other"]), answer, "another challenge");
        assert_ne!(of(1, &[b"other", b"first"]), answer, "another order");
        assert_ne!(of(1, &[b"first", b"otheR"]), answer, "another byte");
        assert_ne!(of(1, &[b"first"]), answer, "a column less");
    }

    #[test]
    fn an_answer_is_awaited_in_time_and_judged_once() {
        let challenge = Challenge {
            id: ChallengeId(Hash32([1; 32])),
            anchor: AnchorId(Hash32([2; 32])),
            shard: 0,
            custodian: OrgId(1),
            auditor: OrgId(2),
            stripe: 0,
            opened_at: Millis(0),
            due: Some(Millis(10)),
            answer: None,
            status: ChallengeStatus::Open,
        };
        assert!(challenge.awaits(OrgId(1), Millis(9)));
        assert!(!challenge.awaits(OrgId(1), Millis(10)) && !challenge.awaits(OrgId(2), Millis(9)));
        let answered = Challenge { due: None, status: ChallengeStatus::Submitted, ..challenge };
        assert!(answered.is_judged_by(OrgId(2)) && !answered.is_judged_by(OrgId(1)));
        assert!(!answered.awaits(OrgId(1), Millis(9)) && !challenge.is_judged_by(OrgId(2)));
        let judged = Challenge { status: ChallengeStatus::Upheld, ..answered };
        assert!(!judged.is_judged_by(OrgId(2)));
    }
}
