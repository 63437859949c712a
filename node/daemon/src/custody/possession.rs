//! Answering challenges of possession (PV-02).

use std::sync::PoisonError;

use assent_client::vault::ShardRef;
use assent_proto::v1;
use assent_types::action::Action;
use assent_types::ids::{ChallengeId, Hash32};
use assent_types::possession::{Challenge, ProvePossession, answer_of};
use assent_types::receipt::RowId;
use assent_types::state::{Record, StateKey};
use tonic::Status;

use super::custodian::Custodian;
use super::rights::Placed;
use super::upload::columns;

/// The row that opens a challenge.
pub(super) const CHALLENGED: RowId = RowId(*b"PV", 1);

impl Custodian {
    /// Answers a challenge that awaits an answer of this custodian, from what lies in the store now. What cannot be read or
    /// is damaged is no answer: the challenge stays open, and is tried again for as long as it does.
    pub(super) async fn answer(&self, id: ChallengeId) -> Result<(), Status> {
        let key = StateKey::Challenge(id);
        let view = self.ledger.read(&[key]).await?;
        let challenge = match view.record(&key) {
            Some(Record::Challenge(challenge)) if challenge.awaits(self.ledger.org, view.at) => challenge,
            _ => {
                self.settled(id);
                return Ok(());
            }
        };
        let (placed, _) = self.find(ShardRef { anchor: challenge.anchor, shard: challenge.shard }).await?;
        let answer = match self.drawn(challenge, &placed).await {
            Ok(answer) => answer,
            Err(status) => {
                let Challenge { anchor, shard, stripe, .. } = challenge;
                tracing::error!(%anchor, shard, stripe, error = status.message(), "a challenge cannot be answered");
                self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
                return Ok(());
            }
        };
        let prove = ProvePossession { challenge: id, stripe: challenge.stripe, answer };
        self.ledger.execute(Action::ProvePossession(prove)).await?;
        self.metrics.challenges_answered.inc();
        self.settled(id);
        Ok(())
    }

    fn settled(&self, id: ChallengeId) {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// The answer over the chunks of the drawn stripe, each of which is the anchored one.
    async fn drawn(&self, challenge: &Challenge, placed: &Placed) -> Result<Hash32, Status> {
        let mut chunks = Vec::new();
        for column in columns(placed) {
            chunks.push(self.stored(placed, &v1::Run { column, first: challenge.stripe, count: 1 }).await?);
        }
        Ok(answer_of(challenge.id, chunks.iter().map(AsRef::as_ref)))
    }

    /// Tries once more what could not be answered.
    pub(super) async fn answer_again(&self) {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for id in unanswered {
            if let Err(status) = self.answer(id).await {
                tracing::warn!(challenge = %id, error = status.message(), "a challenge was not answered");
            }
        }
    }
}
